//! The program itself, run as an operator runs it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    reason = "a test fails where it goes wrong"
)]

mod clock;
mod init;
mod program;
mod seals;
mod seed;
mod settings;
mod store;
