// Written from model/kms-2014-11-01.json by xtask/src/codegen/wire_mod.rs (`cargo xtask codegen`).
// What differs from the model is a line in model/overlay.toml. Do not edit.

//! Decoders and encoders of all operations.

pub(crate) mod decode;
pub(crate) mod encode;
