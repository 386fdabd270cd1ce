//! Syslog: RFC 5424 over UDP (RFC 5426), TCP (RFC 6587, octets counted) and TLS (RFC 5425).
//!
//! A record is one message of the facility *log audit* (13), severity *informational*; its text
//! is the line of the journal. A checkpoint is a message with the MSGID `Checkpoint`. Syslog acknowledges nothing. Over a connection that the other side
//! closed, the last batch is sent again on the next one; over UDP what is lost is lost.

use std::{io, sync::Arc};

use rustls::pki_types::ServerName;
use serde::Deserialize;
use strongroom_store::journal::{Lines, Told};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::{TcpStream, UdpSocket},
};
use tokio_rustls::TlsConnector;

use super::{
    settings::{SinkSettings, SyslogProtocol},
    sink::NotDelivered,
};
use crate::custom_key_stores::{SettingsError, client_tls};

/// Facility 13, severity 6. RFC 5424, 6.2.1.
const PRIORITY: u8 = 13 * 8 + 6;
/// What fits into a datagram. Longer messages are cut, as RFC 5426, 3.1, allows.
const DATAGRAM_BYTES: usize = 65_000;
/// Characters of a MSGID at most. RFC 5424, 6.
const MSGID_BYTES: usize = 32;

trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

enum Connection {
    Datagrams(UdpSocket),
    Stream(Box<dyn Stream>),
}

/// A syslog collector.
pub(super) struct Syslog {
    address: String,
    protocol: SyslogProtocol,
    tls: Option<(TlsConnector, ServerName<'static>)>,
    host: String,
    connection: Option<Connection>,
}

impl Syslog {
    pub(super) fn new(settings: &SinkSettings) -> Result<Self, SettingsError> {
        let wrong = |what: &str| SettingsError::Wrong {
            place: format!("the audit sink {:?}", settings.name),
            what: what.to_owned(),
        };
        let address = settings.address.clone().unwrap_or_default();
        let Some((host, _)) = address.rsplit_once(':') else {
            return Err(wrong("an address is host and port, as in 10.0.0.9:6514"));
        };
        let protocol = settings.protocol.unwrap_or(SyslogProtocol::Udp);
        let tls = if protocol == SyslogProtocol::Tls {
            let host = host.trim_start_matches('[').trim_end_matches(']');
            let name = settings.server_name.as_deref().unwrap_or(host).to_owned();
            let name = ServerName::try_from(name)
                .map_err(|_| wrong("`server_name` is not the name of a server"))?;
            Some((client_tls(settings.ca.as_deref())?, name))
        } else {
            None
        };
        Ok(Self {
            address,
            protocol,
            tls,
            host: host_name(),
            connection: None,
        })
    }

    pub(super) fn reset(&mut self) {
        self.connection = None;
    }

    pub(super) async fn deliver(&mut self, lines: &Arc<Lines>) -> Result<(), NotDelivered> {
        let host = self.host.clone();
        let messages = lines.iter().map(|(_, line)| message(&host, line));
        self.send(messages).await
    }

    pub(super) async fn deliver_checkpoint(&mut self, told: &Told) -> Result<(), NotDelivered> {
        let text = told.line.strip_suffix(b"\n").unwrap_or(&told.line);
        let message = written(&self.host, &told.time, "Checkpoint", text);
        self.send(std::iter::once(message)).await
    }

    async fn send(
        &mut self,
        messages: impl Iterator<Item = Vec<u8>> + Send,
    ) -> Result<(), NotDelivered> {
        if let Some(Connection::Stream(stream)) = &mut self.connection
            && is_closed(stream).await
        {
            // What was written last may not have been read.
            self.connection = None;
            return Err(NotDelivered {
                what: "the collector closed the connection".to_owned(),
                before_too: true,
            });
        }
        let fresh = self.connection.is_none();
        let connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.connect().await?,
        };
        let connection = self.connection.insert(connection);
        match connection {
            Connection::Datagrams(socket) => {
                for mut message in messages {
                    message.truncate(DATAGRAM_BYTES);
                    socket.send(&message).await?;
                }
            }
            Connection::Stream(stream) => {
                let mut bytes = Vec::new();
                for message in messages {
                    bytes.extend_from_slice(format!("{} ", message.len()).as_bytes());
                    bytes.extend_from_slice(&message);
                }
                let written = async {
                    stream.write_all(&bytes).await?;
                    stream.flush().await
                };
                written.await.map_err(|error: io::Error| NotDelivered {
                    what: error.to_string(),
                    before_too: !fresh,
                })?;
            }
        }
        Ok(())
    }

    async fn connect(&mut self) -> io::Result<Connection> {
        if self.protocol == SyslogProtocol::Udp {
            let mut last = io::Error::other("it names no address");
            for address in tokio::net::lookup_host(&self.address).await? {
                let any = if address.is_ipv4() {
                    "0.0.0.0:0"
                } else {
                    "[::]:0"
                };
                let socket = UdpSocket::bind(any).await?;
                match socket.connect(address).await {
                    Ok(()) => return Ok(Connection::Datagrams(socket)),
                    Err(error) => last = error,
                }
            }
            return Err(last);
        }
        let stream = TcpStream::connect(&self.address).await?;
        Ok(match &self.tls {
            None => Connection::Stream(Box::new(stream)),
            Some((tls, name)) => {
                let stream = tls.connect(name.clone(), stream).await?;
                Connection::Stream(Box::new(stream))
            }
        })
    }
}

/// Whether the other side closed, or said something, which no collector does.
async fn is_closed(stream: &mut Box<dyn Stream>) -> bool {
    let mut byte = [0];
    let read = std::pin::pin!(stream.read(&mut byte));
    // Nothing to read is the good case: the future is asked once.
    let waker = std::task::Waker::noop();
    let mut context = std::task::Context::from_waker(waker);
    read.poll(&mut context).is_ready()
}

/// A record as a message.
fn message(host: &str, line: &[u8]) -> Vec<u8> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Head<'a> {
        #[serde(borrow, default)]
        event_name: std::borrow::Cow<'a, str>,
        #[serde(borrow, default)]
        event_time: std::borrow::Cow<'a, str>,
    }
    let head: Option<Head<'_>> = serde_json::from_slice(line).ok();
    let printable = |text: &str, most: usize| {
        let text: String = text
            .chars()
            .filter(char::is_ascii_graphic)
            .take(most)
            .collect();
        if text.is_empty() {
            "-".to_owned()
        } else {
            text
        }
    };
    let (name, time) = head.map_or_else(
        || ("-".to_owned(), "-".to_owned()),
        |head| {
            (
                printable(&head.event_name, MSGID_BYTES),
                printable(&head.event_time, 32),
            )
        },
    );
    written(host, &time, &name, line)
}

/// A message with this text.
fn written(host: &str, time: &str, name: &str, text: &[u8]) -> Vec<u8> {
    let process = std::process::id();
    let mut message =
        format!("<{PRIORITY}>1 {time} {host} strongroom {process} {name} - ").into_bytes();
    message.extend_from_slice(text);
    message
}

/// The name of this machine, as a message tells it.
fn host_name() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let name: String = name
        .chars()
        .filter(char::is_ascii_graphic)
        .take(255)
        .collect();
    if name.is_empty() {
        "-".to_owned()
    } else {
        name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_one_message() {
        let line = br#"{"eventName":"GenerateDataKeyPairWithoutPlaintext","eventTime":"2026-11-25T22:30:00Z","seq":3}"#;
        let text = String::from_utf8(message("here", line)).unwrap();
        let process = std::process::id();
        assert_eq!(
            text,
            format!(
                "<110>1 2026-11-25T22:30:00Z here strongroom {process} \
                 GenerateDataKeyPairWithoutPlaint - {}",
                String::from_utf8_lossy(line)
            )
        );
        assert!(message("here", b"{}").starts_with(b"<110>1 - here strongroom "));
        assert!(!host_name().contains(' '));
    }
}
