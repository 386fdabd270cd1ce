//! The program itself, run as an operator runs it.

mod clock;
mod init;
mod program;
mod seals;
mod seed;
mod settings;
mod store;
