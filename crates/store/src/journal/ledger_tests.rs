//! A journal that is sealed, and everything that can be done to its files.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use serde_json::json;

use super::{
    ledger::{Files, LedgerFault, LedgerFaultKind, LedgerSummary, verify_ledger},
    proof::{Proof, ProofError, check_proof, prove_consistency, prove_inclusion},
    sealer::{Notary, PUBLIC_KEYS, Pace},
    *,
};
use crate::testing::Scratch;

const INSTALLATION: &str = "11111111-2222-4333-8444-555555555555";

fn check(kind: NoteKeyKind, key: &[u8], text: &[u8], signature: &[u8]) -> bool {
    let key = UnparsedPublicKey::new(&ED25519, key);
    kind == NoteKeyKind::Ed25519 && key.verify(text, signature).is_ok()
}

struct Signer(Ed25519KeyPair);

impl Signer {
    fn new(seed: u8) -> Self {
        Self(Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).unwrap())
    }

    fn key(&self) -> NoteKey {
        NoteKey {
            name: origin(INSTALLATION),
            kind: NoteKeyKind::Ed25519,
            public_key: self.0.public_key().as_ref().to_vec(),
        }
    }
}

impl Notary for Signer {
    fn installation(&self) -> &str {
        INSTALLATION
    }

    fn now(&self) -> String {
        "2026-11-25T22:30:00Z".to_owned()
    }

    fn keys(&self) -> TrustedKeys {
        TrustedKeys::new(vec![self.key()], check)
    }

    fn sign(&self, text: &str) -> Result<Vec<NoteSignature>, String> {
        let signature = self.0.sign(text.as_bytes()).as_ref().to_vec();
        Ok(vec![NoteSignature::by(&self.key(), signature)])
    }
}

/// Files of some ten lines each, and a checkpoint only when it is asked for.
fn settings() -> JournalSettings {
    JournalSettings {
        file_bytes: 2000,
        pace: Pace {
            every: Duration::from_hours(1),
            entries: u64::MAX,
        },
        ..JournalSettings::of(Durability::Strict)
    }
}

fn sealed(dir: &Path) -> Journal {
    let journal = Journal::open_as(dir, settings()).unwrap();
    journal.seal(Box::new(Signer::new(1))).unwrap();
    journal
}

async fn write(journal: &Journal, count: u64) {
    for _ in 0..count {
        let number = journal.head().0 + 1;
        let row = json!({"key": format!("row/{}", number % 7), "tag": "ab".repeat(32), "version": number});
        let mut body = json!({"eventID": format!("event-{number}"), "eventName": "Encrypt"});
        if number.is_multiple_of(3) {
            body["rows"] = json!([row]);
        }
        let body = EntryBytes::from_value(&body).unwrap();
        if number.is_multiple_of(3) {
            journal.append_outbox(number, body);
        } else {
            journal.append(body).await.unwrap();
        }
    }
    journal.flush().await.unwrap();
}

fn verify(dir: &Path) -> Result<LedgerSummary, LedgerFault> {
    let trusted = Signer::new(1).keys();
    verify_ledger(&Files::of_folder(dir).unwrap(), &trusted, &[])
}

/// A journal of 30 lines in several files, with checkpoints of 9, 20 and 25 lines and at the ends
/// of files, and five lines that are not sealed.
async fn example(dir: &Path) {
    let journal = sealed(dir);
    for count in [9, 11, 5] {
        write(&journal, count).await;
        journal.checkpoint().await.unwrap();
    }
    drop(journal);
    let journal = Journal::open_as(dir, settings()).unwrap();
    write(&journal, 5).await;
}

fn copy(from: &Path) -> Scratch {
    let scratch = Scratch::new();
    for item in fs::read_dir(from).unwrap() {
        let path = item.unwrap().path();
        fs::copy(&path, scratch.path().join(path.file_name().unwrap())).unwrap();
    }
    scratch
}

/// Lines, each with its file.
type Placed = Vec<(PathBuf, String)>;

/// All lines.
fn lines(dir: &Path) -> Placed {
    let mut all = Vec::new();
    for (_, path) in medium::list(dir).unwrap() {
        for line in fs::read_to_string(&path).unwrap().split_inclusive('\n') {
            all.push((path.clone(), line.to_owned()));
        }
    }
    all
}

fn put_lines(dir: &Path, lines: &[(PathBuf, String)]) {
    for (_, path) in medium::list(dir).unwrap() {
        let here: String = lines
            .iter()
            .filter(|(of, _)| of.file_name() == path.file_name())
            .map(|(_, line)| line.as_str())
            .collect();
        fs::write(path, here).unwrap();
    }
}

/// Writes lines anew from one on, so that their chain holds again.
fn chain_again(lines: &mut [(PathBuf, String)], from: usize) {
    for at in from.max(1)..lines.len() {
        let before = digest(lines[at - 1].1.trim_end().as_bytes());
        let start = lines[at].1.find("prev_hash\":\"").unwrap() + 12;
        lines[at]
            .1
            .replace_range(start..start + 64, &note::hex(&before));
    }
}

#[tokio::test]
async fn a_journal_as_it_was_written_verifies() {
    let scratch = Scratch::new();
    example(scratch.path()).await;
    let summary = verify(scratch.path()).unwrap();
    assert_eq!((summary.first, summary.last), (1, 30));
    assert_eq!((summary.sealed(), summary.unsealed()), (25, 5));
    let files = medium::list(scratch.path()).unwrap();
    assert!(files.len() > 2, "{files:?}");
    // Each file that was closed while it was sealed ends in a checkpoint.
    let mut sizes = Vec::new();
    let ledger = Files::of_folder(scratch.path()).unwrap();
    ledger
        .each_checkpoint(|_, _, kept| {
            sizes.push(kept.unwrap().checkpoint.size);
            Ok::<_, io::Error>(())
        })
        .unwrap();
    assert!(sizes.is_sorted() && [9, 20, 25].iter().all(|size| sizes.contains(size)));
    for (first, _) in &files[1..] {
        assert!(*first > 25 || sizes.contains(&(first - 1)), "{sizes:?}");
    }
    let keys = fs::read_to_string(scratch.path().join(PUBLIC_KEYS)).unwrap();
    assert_eq!(
        TrustedKeys::parse(&keys, check).unwrap().keys(),
        [Signer::new(1).key()]
    );
}

#[tokio::test]
async fn every_flipped_byte_is_found_where_it_is() {
    let scratch = Scratch::new();
    example(scratch.path()).await;
    let all = lines(scratch.path());
    let mut seq = 0;
    for (_, path) in medium::list(scratch.path()).unwrap() {
        let good = fs::read(&path).unwrap();
        for at in 0..good.len() {
            let line = seq + 1 + good[..at].iter().filter(|byte| **byte == b'\n').count() as u64;
            let mut bad = good.clone();
            bad[at] ^= 0x04;
            fs::write(&path, &bad).unwrap();
            let found = verify(scratch.path());
            if line == 30 {
                // Nothing vouches for the last line, which no checkpoint knows; if it does not
                // continue the one before, either may have been altered.
                if let Err(fault) = found {
                    assert_eq!(fault.kind, LedgerFaultKind::Altered);
                    assert!(fault.seq >= 29, "{fault}");
                }
                continue;
            }
            let fault = found.unwrap_err();
            assert_eq!(
                (fault.kind, fault.seq),
                (LedgerFaultKind::Altered, line),
                "{at}: {fault}"
            );
            assert_eq!(fault.file, all[usize::try_from(line).unwrap() - 1].0);
        }
        seq += good.iter().filter(|byte| **byte == b'\n').count() as u64;
        fs::write(&path, &good).unwrap();
    }
    assert!(verify(scratch.path()).is_ok());
}

#[tokio::test]
async fn records_that_are_gone_moved_or_there_twice_are_named() {
    let scratch = Scratch::new();
    example(scratch.path()).await;
    let all = lines(scratch.path());
    let check = |change: &dyn Fn(&mut Placed), kind, seq| {
        let copied = copy(scratch.path());
        let mut changed = all.clone();
        change(&mut changed);
        put_lines(copied.path(), &changed);
        let fault = verify(copied.path()).unwrap_err();
        assert_eq!((fault.kind, fault.seq), (kind, seq), "{fault}");
    };
    use LedgerFaultKind::{Altered, CutOff, Missing, Reordered, Repeated};
    for at in 1..29 {
        let seq = at as u64 + 1;
        check(&|lines| drop(lines.remove(at)), Missing, seq);
        check(&|lines| lines.insert(at, lines[at].clone()), Repeated, seq);
        if lines(scratch.path())[at].0 == all[at - 1].0 {
            check(
                &|lines| {
                    let text = lines[at].1.clone();
                    lines[at].1 = std::mem::replace(&mut lines[at - 1].1, text);
                },
                Reordered,
                seq - 1,
            );
        }
    }
    let swap_far = |lines: &mut Placed| {
        let text = lines[4].1.clone();
        lines[4].1 = std::mem::replace(&mut lines[22].1, text);
    };
    check(&swap_far, Reordered, 5);
    // Cut off below the newest checkpoint.
    for left in [24, 20, 9, 1] {
        check(&|lines| lines.truncate(left), CutOff, left as u64 + 1);
    }
    check(
        &|lines| {
            lines.truncate(24);
            lines[23].1.truncate(20);
        },
        CutOff,
        24,
    );
    // An altered record, and the whole chain behind it written anew.
    for (at, first) in [(3, 1), (8, 1), (9, 10), (24, 21)] {
        let rewrite = |lines: &mut Placed| {
            lines[at].1 = lines[at].1.replace("Encrypt", "Decrypt");
            chain_again(lines, at + 1);
        };
        let copied = copy(scratch.path());
        let mut changed = all.clone();
        rewrite(&mut changed);
        put_lines(copied.path(), &changed);
        let fault = verify(copied.path()).unwrap_err();
        assert_eq!(fault.kind, Altered);
        assert!(
            (first..=at as u64 + 1).contains(&fault.seq),
            "{at}: {fault}"
        );
    }
}

#[tokio::test]
async fn whole_files_that_are_gone_or_swapped_are_named() {
    let scratch = Scratch::new();
    example(scratch.path()).await;
    let files = medium::list(scratch.path()).unwrap();
    for (first, path) in files.iter().take(files.len() - 1) {
        let copied = copy(scratch.path());
        fs::remove_file(copied.path().join(path.file_name().unwrap())).unwrap();
        let fault = verify(copied.path()).unwrap_err();
        assert_eq!(
            (fault.kind, fault.seq),
            (LedgerFaultKind::Missing, *first),
            "{fault}"
        );
    }
    let copied = copy(scratch.path());
    let place = |at: usize| copied.path().join(files[at].1.file_name().unwrap());
    let first = fs::read(place(0)).unwrap();
    fs::write(place(0), fs::read(place(1)).unwrap()).unwrap();
    fs::write(place(1), first).unwrap();
    let fault = verify(copied.path()).unwrap_err();
    assert_eq!(
        (fault.kind, fault.seq),
        (LedgerFaultKind::Reordered, 1),
        "{fault}"
    );

    // Both files of a number gone: the checkpoints do not follow each other.
    let copied = copy(scratch.path());
    let (first, path) = &files[1];
    fs::remove_file(copied.path().join(path.file_name().unwrap())).unwrap();
    fs::remove_file(checkpoint::file_path(copied.path(), *first)).unwrap();
    let fault = verify(copied.path()).unwrap_err();
    assert_eq!(fault.kind, LedgerFaultKind::Missing, "{fault}");
    // All checkpoints gone.
    let copied = copy(scratch.path());
    for (_, path) in checkpoint::list(copied.path()).unwrap() {
        fs::remove_file(path).unwrap();
    }
    let fault = verify(copied.path()).unwrap_err();
    assert_eq!(fault.kind, LedgerFaultKind::Unsealed, "{fault}");
}

#[tokio::test]
async fn checkpoints_that_were_touched_are_named() {
    let scratch = Scratch::new();
    example(scratch.path()).await;
    let (_, path) = checkpoint::list(scratch.path()).unwrap().remove(0);
    let good = fs::read(&path).unwrap();
    for at in (0..good.len()).step_by(7) {
        let mut bad = good.clone();
        bad[at] ^= 1;
        fs::write(&path, &bad).unwrap();
        let fault = verify(scratch.path()).unwrap_err();
        assert!(
            matches!(
                fault.kind,
                LedgerFaultKind::Forged | LedgerFaultKind::Missing
            ),
            "{at}: {fault}"
        );
        assert_eq!(fault.file, path);
    }
    // Somebody else's signature.
    let text = String::from_utf8(good.clone()).unwrap();
    let first = text.lines().next().unwrap();
    let mut kept = Kept::parse(first.as_bytes()).unwrap();
    kept.note.signatures = Signer::new(2).sign(&kept.note.text).unwrap();
    let forged = kept.line().unwrap();
    fs::write(&path, [&forged[..], &good[first.len() + 1..]].concat()).unwrap();
    let fault = verify(scratch.path()).unwrap_err();
    assert_eq!(
        (fault.kind, fault.seq, fault.line),
        (LedgerFaultKind::Forged, 9, 1),
        "{fault}"
    );
    // One of them is gone from the middle.
    fs::write(&path, &good[first.len() + 1..]).unwrap();
    let fault = verify(scratch.path()).unwrap_err();
    assert_eq!(
        (fault.kind, fault.seq),
        (LedgerFaultKind::Missing, 9),
        "{fault}"
    );
    fs::write(&path, [&good[..], first.as_bytes(), b"\n"].concat()).unwrap();
    let fault = verify(scratch.path()).unwrap_err();
    assert!(
        matches!(
            fault.kind,
            LedgerFaultKind::Reordered | LedgerFaultKind::Missing
        ),
        "{fault}"
    );
}

#[tokio::test]
async fn what_was_rolled_back_shows_to_whoever_kept_a_checkpoint() {
    let scratch = Scratch::new();
    example(scratch.path()).await;
    let (_, newest) = newest_checkpoint(scratch.path()).unwrap().unwrap();
    let witnessed = [(PathBuf::from("kept"), newest.unwrap().note)];
    let trusted = Signer::new(1).keys();
    let with = |dir: &Path| verify_ledger(&Files::of_folder(dir).unwrap(), &trusted, &witnessed);
    assert!(with(scratch.path()).is_ok());
    // The journal of an earlier day, complete with its checkpoints.
    let earlier = Scratch::new();
    let journal = sealed(earlier.path());
    write(&journal, 9).await;
    drop(journal);
    assert!(verify(earlier.path()).is_ok());
    let fault = with(earlier.path()).unwrap_err();
    assert_eq!(
        (fault.kind, fault.seq),
        (LedgerFaultKind::CutOff, 10),
        "{fault}"
    );
    // Written anew by whoever has the key.
    let journal = sealed(earlier.path());
    write(&journal, 1).await;
    let body = EntryBytes::from_value(&json!({"eventID": "another"})).unwrap();
    journal.append(body).await.unwrap();
    write(&journal, 14).await;
    drop(journal);
    assert!(verify(earlier.path()).is_ok());
    let fault = with(earlier.path()).unwrap_err();
    assert_eq!(fault.kind, LedgerFaultKind::Forged, "{fault}");
}

#[tokio::test]
async fn a_part_of_a_journal_verifies_from_the_checkpoint_before_it() {
    let scratch = Scratch::new();
    example(scratch.path()).await;
    let journals = medium::list(scratch.path()).unwrap();
    let checkpoints = checkpoint::list(scratch.path()).unwrap();
    let paths = |from: usize, sealed_from: usize| {
        let journals = journals[from..].iter();
        journals
            .chain(&checkpoints[sealed_from..])
            .map(|(_, path)| path.clone())
            .collect::<Vec<_>>()
    };
    let trusted = Signer::new(1).keys();
    let verify = |paths| verify_ledger(&Files::named(paths).unwrap(), &trusted, &[]);
    let summary = verify(paths(1, 0)).unwrap();
    assert_eq!((summary.first, summary.last), (journals[1].0, 30));
    let fault = verify(paths(1, 1)).unwrap_err();
    assert_eq!(
        (fault.kind, fault.seq),
        (LedgerFaultKind::Missing, 1),
        "{fault}"
    );
    assert!(Files::named(vec![PathBuf::from("public-keys")]).is_err());
}

/// Everything that a sink that began at the beginning is told, in its order: every checkpoint
/// behind the lines that it vouches for.
fn told(dir: &Path, upto: Seq) -> Vec<(bool, Seq, Vec<u8>)> {
    let mut all = Vec::new();
    let mut checkpoints = CheckpointFollower::after(dir, 0);
    let mut follower = Follower::from(dir, 1);
    while let Some(lines) = follower.read(upto, 700).unwrap() {
        for (seq, line) in lines.iter() {
            all.push((false, seq, [line, b"\n"].concat()));
        }
        while let Some(told) = checkpoints.next(follower.next() - 1).unwrap() {
            assert_eq!(told.time, "2026-11-25T22:30:00Z");
            all.push((true, told.size, told.line));
        }
    }
    all
}

#[tokio::test]
async fn what_a_collector_was_sent_verifies_in_any_order_and_from_any_checkpoint() {
    let scratch = Scratch::new();
    example(scratch.path()).await;
    let all = told(scratch.path(), 30);
    let sizes: Vec<Seq> = all
        .iter()
        .filter(|told| told.0)
        .map(|told| told.1)
        .collect();
    let whole = verify(scratch.path()).unwrap();
    assert_eq!(sizes.len() as u64, whole.checkpoints);
    assert!(sizes.is_sorted());
    let bytes = |told: &[&(bool, Seq, Vec<u8>)]| {
        let lines = told.iter().map(|(_, _, line)| line.as_slice());
        lines.collect::<Vec<_>>().concat()
    };
    let collector = Scratch::new();
    let trusted = Signer::new(1).keys();
    let verify = |files: &[Vec<u8>]| {
        let mut paths = Vec::new();
        for (number, bytes) in files.iter().enumerate() {
            let path = collector.path().join(format!("spool-{number}"));
            fs::write(&path, bytes).unwrap();
            paths.push(path);
        }
        Files::collected(paths).and_then(|files| verify_ledger(&files, &trusted, &[]))
    };
    let every: Vec<_> = all.iter().collect();
    let backwards: Vec<_> = all.iter().rev().collect();
    let twice = bytes(&[every.as_slice(), backwards.as_slice()].concat());
    for files in [
        vec![bytes(&every)],
        vec![bytes(&backwards)],
        vec![twice],
        vec![bytes(&every[20..]), Vec::new(), bytes(&every[..25])],
        // The last line is still being written.
        vec![[bytes(&every), b"{\"seq\":31".to_vec()].concat()],
    ] {
        assert_eq!(verify(&files).unwrap(), whole);
    }
    // From each checkpoint on, and not without it.
    for (at, size) in sizes.iter().enumerate().filter(|(_, size)| **size < 30) {
        let behind = |told: &&&(bool, Seq, Vec<u8>)| told.1 > *size || (told.0 && told.1 == *size);
        let part: Vec<_> = every.iter().filter(behind).copied().collect();
        let summary = verify(&[bytes(&part)]).unwrap();
        assert_eq!((summary.first, summary.last), (size + 1, 30));
        assert_eq!(summary.checkpoints, (sizes.len() - at) as u64);
        let part: Vec<_> = part.into_iter().filter(|told| told.1 > *size).collect();
        let fault = verify(&[bytes(&part)]).unwrap_err();
        assert_eq!(
            (fault.kind, fault.seq),
            (LedgerFaultKind::Missing, 1),
            "{fault}"
        );
    }
    // Each line that is left out is missed, but for the last ones, which nothing vouches for, and
    // the first checkpoint, behind which a part could have begun.
    let ends = [sizes[0], whole.sealed()];
    for (at, (is_checkpoint, seq, _)) in all.iter().enumerate() {
        let mut part = every.clone();
        part.remove(at);
        let verified = verify(&[bytes(&part)]);
        match verified {
            Err(fault) => assert_eq!(fault.seq, *seq, "{fault}"),
            Ok(summary) => assert!(
                (!is_checkpoint && *seq == 30) || (*is_checkpoint && ends.contains(seq)),
                "{summary:?}"
            ),
        }
    }
    // Somebody who writes a line anew contradicts what was sent before.
    let line = String::from_utf8(all[3].2.clone()).unwrap();
    let other = line.replace("Encrypt", "Decrypt").into_bytes();
    let fault = verify(&[bytes(&every), other]).unwrap_err();
    assert_eq!(
        (fault.kind, fault.seq),
        (LedgerFaultKind::Altered, 4),
        "{fault}"
    );
    assert!(fault.file.ends_with("spool-1"), "{fault}");
}

#[tokio::test]
async fn checkpoints_are_followed_from_any_place_across_files() {
    let scratch = Scratch::new();
    example(scratch.path()).await;
    let all: Vec<Seq> = told(scratch.path(), 30)
        .into_iter()
        .filter_map(|(is_checkpoint, size, _)| is_checkpoint.then_some(size))
        .collect();
    for after in 0..=30 {
        let mut follower = CheckpointFollower::after(scratch.path(), after);
        let mut seen = Vec::new();
        for upto in 0..=30 {
            while let Some(told) = follower.next(upto).unwrap() {
                assert!(told.size <= upto);
                seen.push(told.size);
            }
        }
        let expected: Vec<Seq> = all.iter().copied().filter(|size| *size > after).collect();
        assert_eq!(seen, expected, "after {after}");
    }
    // One that comes later is found by whoever waits for it.
    let mut follower = CheckpointFollower::after(scratch.path(), 30);
    assert_eq!(follower.next(u64::MAX).unwrap(), None);
    let journal = sealed(scratch.path());
    write(&journal, 3).await;
    let mut vouched = journal.vouched();
    journal.checkpoint().await.unwrap();
    vouched.wait_for(|size| *size == 33).await.unwrap();
    let mut last = None;
    while let Some(told) = follower.next(u64::MAX).unwrap() {
        last = Some(told.size);
    }
    assert_eq!(last, Some(33));
}

proptest::proptest! {
    #[test]
    fn any_bytes_are_sorted_out_or_refused(bytes: Vec<u8>, text in "(\\{\"(seq|note)\":[0-9a-f\"]{0,9}\n?){0,4}") {
        let scratch = Scratch::new();
        let path = scratch.path().join("spool");
        for bytes in [bytes.as_slice(), text.as_bytes()] {
            fs::write(&path, bytes).unwrap();
            let trusted = Signer::new(1).keys();
            let files = Files::collected(vec![path.clone()]);
            let _ = files.and_then(|files| verify_ledger(&files, &trusted, &[]));
        }
    }
}

#[tokio::test]
async fn the_next_process_goes_on_from_the_newest_checkpoint() {
    let scratch = Scratch::new();
    example(scratch.path()).await;
    let journal = sealed(scratch.path());
    assert_eq!(journal.sealed(), 25);
    journal.checkpoint().await.unwrap();
    assert_eq!(journal.sealed(), 30);
    drop(journal);
    assert_eq!(verify(scratch.path()).unwrap().unsealed(), 0);

    let refuse = |change: &dyn Fn(&Path)| {
        let copied = copy(scratch.path());
        change(copied.path());
        let journal = Journal::open_as(copied.path(), settings()).unwrap();
        journal.seal(Box::new(Signer::new(1))).unwrap_err()
    };
    let all = lines(scratch.path());
    let cut = refuse(&|dir| put_lines(dir, &all[..29]));
    assert!(
        matches!(
            cut,
            JournalError::CutOff {
                last: 29,
                sealed: 30,
                ..
            }
        ),
        "{cut}"
    );
    let mut changed = all.clone();
    changed[29].1 = changed[29].1.replace("event-30", "event-31");
    let altered = refuse(&|dir| put_lines(dir, &changed));
    assert!(
        altered
            .to_string()
            .contains("line 30 of the journal is not the one"),
        "{altered}"
    );
    let (_, path) = checkpoint::list(scratch.path()).unwrap().pop().unwrap();
    let forged = refuse(&|dir| {
        let text = fs::read_to_string(&path)
            .unwrap()
            .replace("22:30:00Z", "22:30:01Z");
        fs::write(dir.join(path.file_name().unwrap()), text).unwrap();
    });
    assert!(
        forged
            .to_string()
            .contains("no trusted Ed25519 key has signed it"),
        "{forged}"
    );
}

#[tokio::test]
async fn an_old_journal_without_checkpoints_is_sealed_from_its_first_line_on() {
    let scratch = Scratch::new();
    let journal = Journal::open_as(scratch.path(), settings()).unwrap();
    write(&journal, 40).await;
    drop(journal);
    let journal = sealed(scratch.path());
    write(&journal, 2).await;
    drop(journal);
    let summary = verify(scratch.path()).unwrap();
    assert_eq!((summary.last, summary.unsealed()), (42, 0));
}

#[tokio::test]
async fn checkpoints_come_by_number_and_by_time() {
    let wait = async |pace: Pace, lines: u64| {
        let scratch = Scratch::new();
        let settings = JournalSettings { pace, ..settings() };
        let journal = Journal::open_as(scratch.path(), settings).unwrap();
        journal.seal(Box::new(Signer::new(1))).unwrap();
        write(&journal, lines).await;
        for _ in 0..200 {
            if journal.sealed() == lines {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("{} of {lines} lines are sealed", journal.sealed());
    };
    let every = Duration::from_hours(1);
    wait(Pace { every, entries: 3 }, 3).await;
    let every = Duration::from_millis(300);
    wait(
        Pace {
            every,
            entries: u64::MAX,
        },
        2,
    )
    .await;
}

#[tokio::test]
async fn a_file_is_closed_when_it_is_old_and_has_a_line() {
    let scratch = Scratch::new();
    let settings = JournalSettings {
        file_age: Some(Duration::ZERO),
        file_bytes: 1 << 20,
        ..settings()
    };
    let journal = Journal::open_as(scratch.path(), settings).unwrap();
    journal.seal(Box::new(Signer::new(1))).unwrap();
    write(&journal, 2).await;
    drop(journal);
    let numbers: Vec<_> = medium::list(scratch.path()).unwrap();
    let numbers: Vec<_> = numbers.iter().map(|(first, _)| *first).collect();
    assert_eq!(numbers, [1, 2, 3]);
    assert_eq!(verify(scratch.path()).unwrap().unsealed(), 0);
}

#[tokio::test]
async fn the_fold_of_a_checkpoint_and_the_lines_since_are_the_whole_fold() {
    let scratch = Scratch::new();
    for _ in 0..3 {
        let journal = sealed(scratch.path());
        write(&journal, 13).await;
        drop(journal);
        // Unsealed lines, some of them not even read back by the next process.
        let journal = Journal::open_as(scratch.path(), settings()).unwrap();
        write(&journal, 4).await;
        drop(journal);
        let (_, newest) = newest_checkpoint(scratch.path()).unwrap().unwrap();
        let (since, from) = fold_since(scratch.path(), &newest.unwrap().checkpoint).unwrap();
        let whole = fold(scratch.path()).unwrap();
        assert_eq!(since, whole);
        assert!(from > 0);
    }
    // Too few lines for another fold.
    for count in [0, 2] {
        let journal = sealed(scratch.path());
        write(&journal, count).await;
        drop(journal);
    }
    let (_, newest) = newest_checkpoint(scratch.path()).unwrap().unwrap();
    let checkpoint = newest.unwrap().checkpoint;
    let mark = checkpoint.fold.unwrap();
    assert!(mark.size < checkpoint.size);
    let refuse = |change: &dyn Fn(&Path)| {
        let copied = copy(scratch.path());
        change(copied.path());
        fold_since(copied.path(), &checkpoint).unwrap_err().kind
    };
    let all = lines(scratch.path());
    let sealed = usize::try_from(checkpoint.size).unwrap();
    assert_eq!(
        refuse(&|dir| put_lines(dir, &all[..sealed - 1])),
        ChainFaultKind::CutOff
    );
    let mut rewritten = all.clone();
    rewritten[sealed - 1].1 = rewritten[sealed - 1].1.replace("Encrypt", "Decrypt");
    chain_again(&mut rewritten, sealed);
    assert_eq!(
        refuse(&|dir| put_lines(dir, &rewritten)),
        ChainFaultKind::NotSealed
    );
    let gone = refuse(&|dir| fs::remove_file(snapshot::file_path(dir, mark.size)).unwrap());
    assert!(matches!(gone, ChainFaultKind::Unreadable(_)));
    // A fold that was altered is not gone on from; the next is made of all lines.
    let copied = copy(scratch.path());
    let path = snapshot::file_path(copied.path(), mark.size);
    fs::write(
        &path,
        fs::read_to_string(&path).unwrap().replace("abab", "acac"),
    )
    .unwrap();
    for _ in 0..3 {
        let journal = self::sealed(copied.path());
        write(&journal, 13).await;
        drop(journal);
    }
    let (_, newest) = newest_checkpoint(copied.path()).unwrap().unwrap();
    let (since, _) = fold_since(copied.path(), &newest.unwrap().checkpoint).unwrap();
    assert_eq!(since, fold(copied.path()).unwrap());
}

#[tokio::test]
async fn proofs_of_every_record_and_every_pair_of_checkpoints_hold() {
    let scratch = Scratch::new();
    example(scratch.path()).await;
    let files = Files::of_folder(scratch.path()).unwrap();
    let trusted = Signer::new(1).keys();
    let prove = |seq: Seq, size| prove_inclusion(&files, |found, _| found == seq, size);
    for seq in 1..=25 {
        let proof = prove(seq, None).unwrap();
        assert_eq!(check_proof(&proof, &trusted).unwrap().size, 25);
        let text = serde_json::to_string(&proof).unwrap();
        assert_eq!(serde_json::from_str::<Proof>(&text).unwrap(), proof);
        let Proof::Inclusion {
            line,
            index,
            size,
            hashes,
            checkpoint,
        } = proof
        else {
            panic!("another kind of proof");
        };
        let altered = Proof::Inclusion {
            line: line.replace("event-", "Event-"),
            index,
            size,
            hashes: hashes.clone(),
            checkpoint: checkpoint.clone(),
        };
        assert_eq!(check_proof(&altered, &trusted), Err(ProofError::Wrong));
        let moved = Proof::Inclusion {
            line,
            index: (index + 1) % 25,
            size,
            hashes,
            checkpoint,
        };
        assert!(check_proof(&moved, &trusted).is_err());
    }
    assert_eq!(
        check_proof(&prove(5, Some(9)).unwrap(), &trusted)
            .unwrap()
            .size,
        9
    );
    assert_eq!(prove(26, None), Err(ProofError::NotSealed(26)));
    assert_eq!(prove(10, Some(9)), Err(ProofError::NotSealed(10)));
    assert_eq!(prove(31, None), Err(ProofError::NoRecord));
    assert_eq!(prove(1, Some(8)), Err(ProofError::NoCheckpoint(8)));
    for (first, size) in [(9, 20), (9, 25), (20, 25), (25, 25)] {
        let proof = prove_consistency(&files, first, size).unwrap();
        assert_eq!(check_proof(&proof, &trusted).unwrap().size, size);
        let others = Signer::new(2).keys();
        assert!(matches!(
            check_proof(&proof, &others),
            Err(ProofError::Forged(_))
        ));
    }
    assert!(prove_consistency(&files, 25, 9).is_err());
    // A journal that was altered proves nothing.
    let mut all = lines(scratch.path());
    all[3].1 = all[3].1.replace("event-4", "event-5");
    put_lines(scratch.path(), &all);
    assert_eq!(prove(4, None), Err(ProofError::Unsound(25)));
    assert_eq!(
        prove_consistency(&files, 9, 25),
        Err(ProofError::Unsound(25))
    );
}

/// What another implementation wrote: `crates/crypto/tests/checkpoints.py`.
#[test]
fn the_checkpoint_of_another_implementation_is_read_and_its_tree_is_ours() {
    let text = include_str!("../../../crypto/tests/vectors/checkpoint-v1.json");
    let vector: serde_json::Value = serde_json::from_str(text).unwrap();
    let line = json!({"note": vector["note"], "range": vector["range"]}).to_string();
    let kept = Kept::parse(line.as_bytes()).unwrap();
    assert_eq!(kept.line().unwrap(), format!("{line}\n").as_bytes());
    let mut range = tree::Range::default();
    let mut head = Hash::default();
    for line in vector["lines"].as_array().unwrap() {
        let line = line.as_str().unwrap().as_bytes();
        range.push(tree::leaf_hash(line));
        head = digest(line);
    }
    let expected = Checkpoint {
        installation: "cluster-1".to_owned(),
        size: 7,
        root: range.root(),
        head,
        previous: 4,
        time: "2026-11-25T22:30:00Z".to_owned(),
        fold: Some(FoldMark {
            size: 4,
            digest: digest(b"a fold"),
        }),
    };
    assert_eq!((&kept.checkpoint, &kept.range), (&expected, &range));
    assert_eq!(kept.note.text, expected.text());
    let keys = vector["public_keys"].as_array().unwrap();
    for (key, signature) in keys.iter().zip(&kept.note.signatures) {
        let key = NoteKey::parse(key.as_str().unwrap()).unwrap();
        assert_eq!((&key.name, key.id()), (&signature.name, signature.key_id));
        assert_eq!(key.name, origin("cluster-1"));
    }
}
