// Written from model/kms-2014-11-01.json by xtask/src/codegen/model_mod.rs (`cargo xtask codegen`).
// What differs from the model is a line in model/overlay.toml. Do not edit.

//! What the service model says, as Rust: operations, their inputs and outputs, enums and errors.

pub mod enums;
pub mod errors;
pub mod operations;
pub mod shapes;
