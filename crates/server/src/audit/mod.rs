//! Where the journal goes besides its files: sinks, and how they are declared.
//!
//! The files are the durable record and the spool of every sink: a sink reads them behind its
//! cursor, which is kept on disk. So nothing of it is on the way of a call, memory is bounded,
//! and a sink that was away gets everything, some of it perhaps twice.

pub mod settings;
mod sink;
mod syslog;
mod webhook;

pub use settings::{AuditArgs, AuditConfig, SinkSettings, SyslogProtocol};
pub use sink::{SinkCounters, Sinks};
