//! `strongroom store verify`: every row of the store against the journal.
//!
//! A row shows by its tag that this installation wrote it; the journal shows which rows ought to
//! exist, and in which edition (custody §2.10). Rows under `custody/` are not tagged: they are
//! wrapped keys, which the journal knows by a digest, and which are checked by opening them too.

use std::{collections::HashMap, path::Path, sync::Arc};

use serde_json::json;
use strongroom_kms::{RowKind, Service};
use strongroom_store::{
    Backend, Row, StoreError,
    backend::key_text,
    envelope::{HEADER_BYTES, TAG_BYTES},
    journal::{self, ChainFaultKind, Fault, Finding, Fold, RowMark, Seq},
};
use tokio::{runtime::Handle, task::block_in_place};

use super::{
    Failure,
    house::{self, House},
    print, show,
};
use crate::{
    cli::{Output, StoreCommand},
    seal_source::SealSource,
};

pub(super) fn run(command: StoreCommand) -> Result<(), Failure> {
    let StoreCommand::Verify { folder, seal, full } = command;
    house::self_test()?;
    let house = House::enter(&folder.data_dir)?;
    let runtime = house::runtime()?;
    let (findings, from) = runtime.block_on(async {
        // On a thread of the runtime, where waiting within a check is allowed.
        tokio::spawn(verify(house, seal, full)).await?
    })?;
    if folder.output == Output::Json {
        let all: Vec<_> = findings
            .iter()
            .map(|finding| json!({ "row": finding.row, "fault": finding.fault, "what": finding.what }))
            .collect();
        show(
            &json!({ "clean": all.is_empty(), "findings": all, "folded_from": from + 1 }),
            Output::Json,
        );
    } else if findings.is_empty() {
        print("clean: every row is as the journal says\n");
    } else {
        for finding in &findings {
            print(&format!("{}: {}\n", finding.row, finding.what));
        }
    }
    match findings.len() {
        0 => Ok(()),
        count => Err(Failure::new(format_args!(
            "{count} of the rows in {} are not as they ought to be; restore the store from a \
             backup",
            folder.data_dir.display()
        ))),
    }
}

/// A row that is not as it ought to be.
struct Named {
    row: String,
    fault: &'static str,
    what: String,
}

impl From<Finding> for Named {
    fn from(finding: Finding) -> Self {
        let fault = match finding.fault {
            Fault::Missing => "missing",
            Fault::Forged => "forged",
            Fault::Revived => "revived",
            Fault::RolledBack => "rolled-back",
            Fault::Corrupt(_) => "corrupt",
        };
        Self {
            row: key_text(&finding.key),
            fault,
            what: finding.fault.to_string(),
        }
    }
}

/// What differs, and the line after which the journal was read.
async fn verify(
    house: House,
    seals: Vec<SealSource>,
    full: bool,
) -> Result<(Vec<Named>, Seq), Failure> {
    // Opening brings the journal up to date with the store's outbox.
    let (_, service) = house.desk(&seals).await?;
    let (fold, from) = fold(&service, &house.folder.journal_dir(), full)?;
    let mut findings = Vec::new();
    let unsound: HashMap<String, String> = service.check_custody().await?.into_iter().collect();
    let judge = |row: &Row| match RowKind::of(&row.key) {
        RowKind::Record => judge(&service, row).map(Some),
        RowKind::WrappedKey => match unsound.get(&key_text(&row.key)) {
            Some(what) => Err(StoreError::corrupt(&row.key, what)),
            None => Ok(fold.untagged(&row.key, &row.value)),
        },
        RowKind::Mark => Ok(None),
    };
    let backend: &Arc<dyn Backend> = &house.backend;
    journal::compare(&fold, backend.as_ref(), &judge, &mut |finding| {
        findings.push(Named::from(finding));
    })
    .await?;
    Ok((findings, from))
}

/// The rows that ought to exist: from the fold that the newest checkpoint speaks of, where it is
/// there, and the lines since; or from all lines. When the service was opened, the checkpoint was
/// held against the keys of the installation, and here is again.
fn fold(service: &Service, dir: &Path, full: bool) -> Result<(Fold, Seq), Failure> {
    if !full
        && let Some((place, Ok(newest))) = journal::newest_checkpoint(dir)?
        && newest.checkpoint.fold.is_some()
    {
        let (keys, size) = (service.audit_keys()?, newest.checkpoint.size);
        keys.verify(&newest.note, size).map_err(|what| {
            let file = place.file.display();
            Failure::new(format_args!("{file}, line {}: {what}", place.line))
        })?;
        match journal::fold_since(dir, &newest.checkpoint) {
            Ok(folded) => return Ok(folded),
            Err(fault) if matches!(fault.kind, ChainFaultKind::Unreadable(_)) => {
                tracing::warn!(%fault, "the whole journal is read instead");
            }
            Err(fault) => return Err(fault.into()),
        }
    }
    Ok((journal::fold(dir)?, 0))
}

/// The edition of a record whose tag fits.
fn judge(service: &Arc<Service>, row: &Row) -> Result<RowMark, StoreError> {
    let corrupt = |what: &str| StoreError::corrupt(&row.key, what);
    let name = std::str::from_utf8(&row.key).map_err(|_| corrupt("its key is not text"))?;
    let checked =
        block_in_place(|| Handle::current().block_on(service.check_row(name, &row.value)));
    checked.map_err(|error| StoreError::corrupt(&row.key, error))?;
    // The tag fits, so the frame is the one that `envelope` draws.
    let short = || corrupt("it is shorter than its frame");
    let header = row.value.first_chunk::<HEADER_BYTES>().ok_or_else(short)?;
    let [_, v0, v1, v2, v3, v4, v5, v6, v7, ..] = *header;
    let tag = row.value.last_chunk::<TAG_BYTES>().ok_or_else(short)?;
    let version = u64::from_be_bytes([v0, v1, v2, v3, v4, v5, v6, v7]);
    Ok(RowMark { version, tag: *tag })
}
