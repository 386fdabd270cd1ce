//! Strongroom: a key management service that speaks the AWS KMS API.

pub mod admin;
pub mod audit;
pub mod cli;
pub mod clock;
pub mod commands;
pub mod config;
pub mod custom_key_stores;
pub mod door;
pub mod http;
pub mod metrics;
mod outgoing;
pub mod seal_source;
pub mod seed;
pub mod sts;
pub mod telemetry;
pub mod tls;
pub mod wire;
