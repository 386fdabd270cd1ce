//! What the service model says, as Rust. Written by `cargo xtask codegen`; do not edit.

pub mod enums {}
pub mod errors {}
pub mod operations {}
pub mod shapes {}
