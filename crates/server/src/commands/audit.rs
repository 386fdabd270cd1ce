//! `strongroom audit`: what the journal proves, told from files and public keys alone.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde::Deserialize;
use serde_json::json;
use strongroom_kms::verifies_checkpoint;
use strongroom_store::journal::{
    Files, Note, Proof, TrustedKeys, Wanted, check_proof, journal_folder, prove_consistency,
    prove_inclusion, verify_ledger,
};

use super::{
    Failure,
    house::{self, House},
    print, seal, show,
};
use crate::{
    admin::{self, Request},
    cli::{AuditCommand, JournalFiles, Output},
    seal_source::SealSource,
};

pub(super) fn run(command: AuditCommand) -> Result<(), Failure> {
    match command {
        AuditCommand::Verify {
            journal,
            public_key,
            checkpoint,
            output,
        } => verify(journal, &public_key, &checkpoint, output),
        AuditCommand::Prove {
            dir,
            seq,
            request_id,
            event_id,
            consistency,
            size,
        } => {
            let dir = journal_folder(dir);
            let ids = WantedIds {
                request_id,
                event_id,
            };
            let proof = match (consistency.as_deref(), seq) {
                (Some([first, size]), _) => prove_consistency(&dir, *first, *size)?,
                (_, Some(seq)) => prove_inclusion(&dir, Wanted::Number(seq), size)?,
                _ => prove_inclusion(&dir, Wanted::Line(&|line| ids.are_of(line)), size)?,
            };
            print(&format!("{}\n", serde_json::to_string_pretty(&proof)?));
            Ok(())
        }
        AuditCommand::CheckProof {
            proof,
            public_key,
            output,
        } => check(&proof, &public_key, output),
        AuditCommand::RotateSigner { folder, seal } => {
            seal::carry_out(&folder, Request::AuditSignerRotate, &seal)
        }
        AuditCommand::PublicKeys { data_dir, seal } => public_keys(&data_dir, &seal),
    }
}

fn read(path: &Path) -> Result<String, Failure> {
    fs::read_to_string(path).map_err(|error| {
        let path = path.display();
        Failure::new(format_args!("{path} cannot be read: {error}"))
    })
}

fn trusted(paths: &[PathBuf]) -> Result<TrustedKeys, Failure> {
    let mut keys = Vec::new();
    for path in paths {
        let text = read(path)?;
        let parsed = TrustedKeys::parse(&text, verifies_checkpoint).map_err(|(line, what)| {
            let path = path.display();
            match line {
                0 => Failure::new(format_args!("{path}: {what}")),
                line => Failure::new(format_args!("{path}, line {line}: {what}")),
            }
        })?;
        keys.extend_from_slice(parsed.keys());
    }
    Ok(TrustedKeys::with_terms(keys, verifies_checkpoint))
}

/// A checkpoint that was kept elsewhere: the note itself, or a line of a file of checkpoints.
fn witnessed(path: &Path) -> Result<(PathBuf, Note), Failure> {
    #[derive(Deserialize)]
    struct Line {
        note: String,
    }
    let text = read(path)?;
    let last = text
        .lines()
        .rfind(|line| !line.is_empty())
        .unwrap_or_default();
    let note = match serde_json::from_str::<Line>(last) {
        Ok(line) => Note::parse(&line.note),
        Err(_) => Note::parse(&text),
    };
    let note = note.map_err(|what| {
        let path = path.display();
        Failure::new(format_args!("{path} is not a checkpoint: {what}"))
    })?;
    Ok((path.to_owned(), note))
}

fn verify(
    journal: JournalFiles,
    public_keys: &[PathBuf],
    checkpoints: &[PathBuf],
    output: Output,
) -> Result<(), Failure> {
    let trusted = trusted(public_keys)?;
    let witnessed: Vec<_> = checkpoints
        .iter()
        .map(|path| witnessed(path))
        .collect::<Result<_, _>>()?;
    let sorted_out = match journal.dir {
        Some(dir) => Ok(Files::of_folder(&journal_folder(dir))?),
        None if !journal.collected.is_empty() => Files::collected(journal.collected),
        None => Ok(Files::named(journal.files).map_err(|path| {
            let path = path.display();
            Failure::usage(format_args!(
                "{path} has the name of neither a journal file nor one of checkpoints"
            ))
        })?),
    };
    let verified = sorted_out.and_then(|files| verify_ledger(&files, &trusted, &witnessed));
    match verified {
        Ok(summary) => {
            let newest = summary.newest.as_ref();
            if output == Output::Json {
                let answer = json!({
                    "sound": true,
                    "first": summary.first,
                    "last": summary.last,
                    "sealed": summary.sealed(),
                    "unsealed": summary.unsealed(),
                    "checkpoints": summary.checkpoints,
                    "newest_checkpoint_time": newest.map(|newest| &newest.time),
                    "torn": summary.torn,
                });
                show(&answer, Output::Json);
                return Ok(());
            }
            let (first, last) = (summary.first, summary.last);
            let mut text = match newest {
                None => "sound: there are no records\n".to_owned(),
                Some(newest) => format!(
                    "sound: records {first} to {last} are as they were written; {} checkpoints \
                     vouch for the first {}, the newest of {}\n",
                    summary.checkpoints, newest.size, newest.time
                ),
            };
            if summary.unsealed() > 0 {
                text += &format!(
                    "unsealed: the last {} records are chained, and nothing shows whether more \
                     came after them\n",
                    summary.unsealed()
                );
            }
            if summary.torn {
                text += "torn: a line behind them is not complete, as a crash leaves it\n";
            }
            print(&text);
            Ok(())
        }
        Err(fault) => {
            if output == Output::Json {
                let answer = json!({
                    "sound": false,
                    "fault": fault.kind.name(),
                    "seq": fault.seq,
                    "file": fault.file,
                    "line": fault.line,
                    "what": fault.what,
                });
                show(&answer, Output::Json);
            }
            Err(Failure::new(fault))
        }
    }
}

/// The record that is to be proven, by what it has been called.
struct WantedIds {
    request_id: Option<String>,
    event_id: Option<String>,
}

impl WantedIds {
    fn are_of(&self, line: &[u8]) -> bool {
        #[derive(Deserialize)]
        struct Ids<'a> {
            #[serde(rename = "requestID", borrow, default)]
            request_id: std::borrow::Cow<'a, str>,
            #[serde(rename = "eventID", borrow, default)]
            event_id: std::borrow::Cow<'a, str>,
        }
        // Most lines are of other calls, and need not be parsed.
        let ids = [&self.request_id, &self.event_id].into_iter().flatten();
        let text = std::str::from_utf8(line).unwrap_or_default();
        if !ids.into_iter().any(|id| text.contains(id.as_str())) {
            return false;
        }
        let Ok(ids) = serde_json::from_slice::<Ids<'_>>(line) else {
            return false;
        };
        let is = |wanted: &Option<String>, id: &str| wanted.as_deref() == Some(id);
        is(&self.request_id, &ids.request_id) || is(&self.event_id, &ids.event_id)
    }
}

fn check(path: &Path, public_keys: &[PathBuf], output: Output) -> Result<(), Failure> {
    let trusted = trusted(public_keys)?;
    let name = path.display();
    let proof: Proof = serde_json::from_str(&read(path)?)
        .map_err(|error| Failure::new(format_args!("{name} is not a proof: {error}")))?;
    let checkpoint = check_proof(&proof, &trusted)
        .map_err(|error| Failure::new(format_args!("{name}: {error}")))?;
    let (kind, what) = match &proof {
        Proof::Inclusion { index, .. } => (
            "inclusion",
            format!("the record is number {}", index.saturating_add(1)),
        ),
        Proof::Consistency { first_size, .. } => (
            "consistency",
            format!("the first {first_size} records are still the same"),
        ),
    };
    if output == Output::Json {
        let answer = json!({
            "holds": true,
            "kind": kind,
            "size": checkpoint.size,
            "installation": checkpoint.installation,
            "time": checkpoint.time,
        });
        show(&answer, Output::Json);
    } else {
        print(&format!(
            "holds: {what} among the {} of the checkpoint of {} (installation {})\n",
            checkpoint.size, checkpoint.time, checkpoint.installation
        ));
    }
    Ok(())
}

fn public_keys(data_dir: &Path, seals: &[SealSource]) -> Result<(), Failure> {
    let request = Request::AuditPublicKeys;
    let answer = match admin::ask(data_dir, &request).map_err(Failure::new)? {
        Some(answer) => answer,
        None => {
            house::self_test()?;
            let house = House::enter(data_dir)?;
            house::runtime()?.block_on(async {
                let (desk, _) = house.desk(seals).await?;
                desk.perform(request).await.map_err(Failure::new)
            })?
        }
    };
    let keys: Vec<String> = serde_json::from_value(answer)?;
    print(
        &keys
            .iter()
            .map(|key| format!("{key}\n"))
            .collect::<String>(),
    );
    Ok(())
}
