// Written from model/kms-2014-11-01.json by xtask/src/codegen/audit_mod.rs (`cargo xtask codegen`).
// What differs from the model is a line in model/overlay.toml. Do not edit.

//! What the entry of each operation records.

pub(super) mod members;
