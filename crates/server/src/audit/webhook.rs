//! A webhook: batches of records by POST, signed.
//!
//! The body is the lines of the journal, as `application/x-ndjson`. The header
//! `X-Strongroom-Signature: t=<seconds>,v1=<hex>` is HMAC-SHA-256 over the time, a full stop and
//! the body. Whatever answers 2xx took the batch; anything else gets it again.
//!
//! A checkpoint is a request of its own: its line, with the number of records that it vouches for
//! in `X-Strongroom-Checkpoint` and no numbers of records.

use std::{path::Path, sync::Arc};

use bytes::Bytes;
use hyper::{
    HeaderMap,
    header::{self, HeaderName, HeaderValue},
};
use strongroom_crypto::DeliveryKey;
use strongroom_model::{Clock as _, SecretText};
use strongroom_store::journal::{Lines, Seq};
use zeroize::Zeroizing;

use super::{settings::SinkSettings, sink::NotDelivered};
use crate::{custom_key_stores::SettingsError, door::WallClock, outgoing::Recipient};

/// Bytes of an answer that are read; nothing in it matters.
const ANSWER_BYTES: usize = 16 << 10;
/// Bytes of a secret, at least and at most. Ours.
const SECRET_BYTES: std::ops::RangeInclusive<usize> = 16..=1024;

const FIRST_SEQ: HeaderName = HeaderName::from_static("x-strongroom-first-seq");
const LAST_SEQ: HeaderName = HeaderName::from_static("x-strongroom-last-seq");
const CHECKPOINT: HeaderName = HeaderName::from_static("x-strongroom-checkpoint");
const SIGNATURE: HeaderName = HeaderName::from_static("x-strongroom-signature");

/// An HTTP server that takes records.
pub(super) struct Webhook {
    recipient: Recipient,
    key: DeliveryKey,
}

impl Webhook {
    pub(super) fn new(settings: &SinkSettings) -> Result<Self, SettingsError> {
        let url = settings.url.as_deref().unwrap_or_default();
        let place = format!("the audit sink {:?}", settings.name);
        let secret = settings.secret_file.as_deref().unwrap_or(Path::new(""));
        Ok(Self {
            recipient: Recipient::at(url, settings.ca.as_deref(), ANSWER_BYTES, &place)?,
            key: read_secret(secret)?,
        })
    }

    pub(super) fn reset(&mut self) {
        self.recipient.reset();
    }

    pub(super) async fn deliver(&mut self, lines: &Arc<Lines>) -> Result<(), NotDelivered> {
        let mut body = Vec::new();
        let (mut first, mut last) = (0, 0);
        for (seq, line) in lines.iter() {
            if first == 0 {
                first = seq;
            }
            last = seq;
            body.extend_from_slice(line);
            body.push(b'\n');
        }
        let headers = [(FIRST_SEQ, first.into()), (LAST_SEQ, last.into())];
        self.post(headers.into_iter().collect(), body).await
    }

    /// Delivers a checkpoint as it stands in its file, with its newline.
    pub(super) async fn deliver_checkpoint(
        &mut self,
        size: Seq,
        line: &[u8],
    ) -> Result<(), NotDelivered> {
        let headers = [(CHECKPOINT, size.into())];
        self.post(headers.into_iter().collect(), line.to_vec())
            .await
    }

    async fn post(&mut self, mut headers: HeaderMap, body: Vec<u8>) -> Result<(), NotDelivered> {
        let time = WallClock.now().as_millis().div_euclid(1000).to_string();
        let signature = format!("t={time},v1={}", self.key.sign(&time, &body));
        headers.insert(SIGNATURE, signature.parse()?);
        let lines = HeaderValue::from_static("application/x-ndjson");
        headers.insert(header::CONTENT_TYPE, lines);
        let answer = self.recipient.post(headers, Bytes::from(body)).await?;
        if answer.status.is_success() {
            Ok(())
        } else {
            let status = answer.status;
            Err(NotDelivered::from(format!("it answered {status}")))
        }
    }
}

/// Reads the secret of a webhook: what stands in the file, without a newline at its end.
fn read_secret(path: &Path) -> Result<DeliveryKey, SettingsError> {
    let text = std::fs::read_to_string(path).map(Zeroizing::new);
    let text = text.map_err(|cause| SettingsError::File {
        path: path.to_owned(),
        cause,
    })?;
    let text = text.trim_end_matches(['\n', '\r']);
    if !SECRET_BYTES.contains(&text.len()) {
        return Err(SettingsError::Wrong {
            place: path.display().to_string(),
            what: "the secret of a webhook has 16 to 1024 bytes".to_owned(),
        });
    }
    Ok(DeliveryKey::new(&SecretText::new(text.to_owned())))
}
