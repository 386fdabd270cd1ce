//! The smallest HTTP client that can drive a server hard: one connection, one request at a
//! time, no allocation worth speaking of.

use std::{io, net::SocketAddr};

use serde_json::Value;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::sign::Signer;

/// A keep-alive connection that signs what it sends.
pub struct Client {
    stream: TcpStream,
    host: String,
    signer: Signer,
    request: Vec<u8>,
    answer: Vec<u8>,
}

impl Client {
    /// Connects.
    ///
    /// # Errors
    /// When the server does not accept.
    pub async fn connect(address: SocketAddr, signer: Signer) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            host: address.to_string(),
            signer,
            request: Vec::new(),
            answer: Vec::new(),
        })
    }

    /// Makes a call and gives the body of its answer.
    ///
    /// # Errors
    /// When the connection breaks or the answer is not 200; then with its text.
    pub async fn call(&mut self, operation: &str, body: &[u8]) -> io::Result<&[u8]> {
        self.signer
            .write(&mut self.request, &self.host, operation, body);
        self.stream.write_all(&self.request).await?;
        self.answer.clear();
        let (ok, body) = loop {
            if self.stream.read_buf(&mut self.answer).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            match split(&self.answer) {
                Some((status, body)) if body.end <= self.answer.len() => {
                    break (status == b"200", body);
                }
                _ => {}
            }
        };
        let body = self.answer.get(body).unwrap_or_default();
        if ok {
            return Ok(body);
        }
        let text = String::from_utf8_lossy(body);
        Err(io::Error::other(format!("{operation}: {text}")))
    }

    /// Makes a call and reads its answer as JSON.
    ///
    /// # Errors
    /// As for [`call`](Self::call), and when the answer is not JSON.
    pub async fn json(&mut self, operation: &str, body: &Value) -> io::Result<Value> {
        let body = body.to_string();
        let answer = self.call(operation, body.as_bytes()).await?;
        if answer.is_empty() {
            return Ok(Value::Null);
        }
        Ok(serde_json::from_slice(answer)?)
    }
}

/// The status of an answer whose head is complete, and where its body is or will be.
fn split(answer: &[u8]) -> Option<(&[u8], std::ops::Range<usize>)> {
    let head_end = answer.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head = answer.get(..head_end)?;
    let status = head.get(9..12)?;
    let length = head.split(|byte| *byte == b'\n').find_map(|line| {
        let (name, value) = line.split_at_checked(15)?;
        let value = value.trim_ascii();
        name.eq_ignore_ascii_case(b"content-length:")
            .then(|| std::str::from_utf8(value).ok()?.parse::<usize>().ok())?
    })?;
    Some((status, head_end + 4..head_end + 4 + length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_cut_into_status_and_body() {
        let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nDate: x\r\n\r\n{}";
        let (status, body) = split(answer).unwrap();
        assert_eq!((status, &answer[body]), (&b"200"[..], &b"{}"[..]));
        assert!(split(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n").is_none());
        let (_, body) = split(b"HTTP/1.1 400 Bad\r\ncontent-length: 10\r\n\r\n").unwrap();
        assert_eq!(body, 40..50);
    }
}
