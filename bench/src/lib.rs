//! What Strongroom costs, beside what HTTP alone costs.
//!
//! A figure of one machine says little; a ratio of two figures, taken in turns in the same run,
//! says more. Everything here runs on the loopback interface and ends by itself.

pub mod bare;
pub mod child;
pub mod client;
pub mod crowd;
pub mod doorman;
pub mod rounds;
pub mod sign;
