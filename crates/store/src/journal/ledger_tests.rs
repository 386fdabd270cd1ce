//! A journal that is sealed, and everything that can be done to its files.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use serde_json::json;

use super::{
    ledger::{Files, LedgerFault, LedgerFaultKind, LedgerSummary, verify_ledger},
    proof::{Proof, ProofError, Wanted, check_proof, prove_consistency, prove_inclusion},
    sealer::{Notary, PUBLIC_KEYS, Pace},
    tests::eventually,
    *,
};
use crate::testing::Scratch;

const INSTALLATION: &str = "11111111-2222-4333-8444-555555555555";

fn check(kind: NoteKeyKind, key: &[u8], text: &[u8], signature: &[u8]) -> bool {
    let key = UnparsedPublicKey::new(&ED25519, key);
    kind == NoteKeyKind::Ed25519 && key.verify(text, signature).is_ok()
}

/// Seeds of pairs of keys, the oldest first; others may be added while it works.
#[derive(Clone)]
struct Keys(Arc<Mutex<Vec<u8>>>);

impl Keys {
    fn new(seeds: &[u8]) -> Self {
        Self(Arc::new(Mutex::new(seeds.to_vec())))
    }

    fn add(&self, seed: u8) {
        self.0.lock().unwrap().push(seed);
    }

    fn trusted(&self) -> TrustedKeys {
        let keys = self.signers().into_iter().flat_map(|signer| signer.keys);
        TrustedKeys::new(keys.collect(), check)
    }
}

fn pair(seed: u8) -> Ed25519KeyPair {
    Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).unwrap()
}

fn key(seed: u8) -> NoteKey {
    NoteKey {
        name: origin(INSTALLATION),
        kind: NoteKeyKind::Ed25519,
        public_key: pair(seed).public_key().as_ref().to_vec(),
    }
}

fn signed(seed: u8, text: &str) -> Vec<NoteSignature> {
    let signature = pair(seed).sign(text.as_bytes()).as_ref().to_vec();
    vec![NoteSignature::by(&key(seed), signature)]
}

fn trusting(seed: u8) -> TrustedKeys {
    TrustedKeys::new(vec![key(seed)], check)
}

impl Notary for Keys {
    fn installation(&self) -> &str {
        INSTALLATION
    }

    fn now(&self) -> String {
        "2026-11-25T22:30:00Z".to_owned()
    }

    fn signers(&self) -> Vec<Signer> {
        let seeds = self.0.lock().unwrap();
        let signer = |seed: &u8| Signer {
            version: u32::from(*seed),
            keys: vec![key(*seed)],
        };
        seeds.iter().map(signer).collect()
    }

    fn newest(&self) -> u32 {
        self.0.lock().unwrap().last().copied().unwrap().into()
    }

    fn check(&self) -> CheckSignature {
        check
    }

    fn sign(&self, version: u32, text: &str) -> Result<Vec<NoteSignature>, String> {
        Ok(signed(u8::try_from(version).unwrap(), text))
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
    sealed_by(dir, &Keys::new(&[1]))
}

fn sealed_by(dir: &Path, keys: &Keys) -> Journal {
    let journal = Journal::open_as(dir, settings()).unwrap();
    journal.seal(Box::new(keys.clone())).unwrap();
    journal
}

/// A record, which tells of a row if its number is a multiple of three.
fn record(number: u64) -> EntryBytes {
    let row =
        json!({"key": format!("row/{}", number % 7), "tag": "ab".repeat(32), "version": number});
    let mut body = json!({"eventID": format!("event-{number}"), "eventName": "Encrypt"});
    if number.is_multiple_of(3) {
        body["rows"] = json!([row]);
    }
    EntryBytes::from_value(&body).unwrap()
}

/// Appends a record, in the way of its kind.
async fn append(journal: &Journal, number: u64) -> Result<(), JournalError> {
    if number.is_multiple_of(3) {
        journal.append_outbox(number, record(number));
        return Ok(());
    }
    journal.append(record(number)).await.map(drop)
}

async fn write(journal: &Journal, count: u64) {
    for _ in 0..count {
        append(journal, journal.head().0 + 1).await.unwrap();
    }
    journal.flush().await.unwrap();
}

fn verify(dir: &Path) -> Result<LedgerSummary, LedgerFault> {
    let trusted = trusting(1);
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
        trusting(1).keys()
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
    for at in 0..good.len() {
        let mut bad = good.clone();
        bad[at] ^= 0x02;
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
    kept.note.signatures = signed(2, &kept.note.text);
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
    let trusted = trusting(1);
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
    let trusted = trusting(1);
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
    let trusted = trusting(1);
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
            let trusted = trusting(1);
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
        journal.seal(Box::new(Keys::new(&[1]))).unwrap_err()
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
        journal.seal(Box::new(Keys::new(&[1]))).unwrap();
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
    journal.seal(Box::new(Keys::new(&[1]))).unwrap();
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
    let trusted = trusting(1);
    let dir = scratch.path();
    let prove = |seq: Seq, size| prove_inclusion(dir, Wanted::Number(seq), size);
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
            handovers,
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
            handovers: handovers.clone(),
        };
        assert_eq!(check_proof(&altered, &trusted), Err(ProofError::Wrong));
        let moved = Proof::Inclusion {
            line,
            index: (index + 1) % 25,
            size,
            hashes,
            checkpoint,
            handovers,
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
        let proof = prove_consistency(dir, first, size).unwrap();
        assert_eq!(check_proof(&proof, &trusted).unwrap().size, size);
        let others = trusting(2);
        assert!(matches!(
            check_proof(&proof, &others),
            Err(ProofError::Forged(_))
        ));
    }
    assert!(prove_consistency(dir, 25, 9).is_err());
    let named = |line: &[u8]| {
        let line: serde_json::Value = serde_json::from_slice(line).unwrap();
        line["eventID"] == "event-7"
    };
    let found = prove_inclusion(dir, Wanted::Line(&named), None);
    assert_eq!(found, prove(7, None));
    let found = prove_inclusion(dir, Wanted::Line(&|_| false), None);
    assert_eq!(found, Err(ProofError::NoRecord));
    // A record that was altered is not proven.
    let mut all = lines(scratch.path());
    all[3].1 = all[3].1.replace("event-4", "event-5");
    put_lines(scratch.path(), &all);
    assert_eq!(prove(4, None), Err(ProofError::Unsound(25)));
    // What stands in checkpoints is proven without it.
    let proof = prove_consistency(dir, 9, 25).unwrap();
    assert_eq!(check_proof(&proof, &trusted).unwrap().size, 25);
    all[23].1 = all[23].1.replace("event-24", "event-25");
    put_lines(scratch.path(), &all);
    assert_eq!(prove(23, None), Err(ProofError::Unsound(25)));
}

/// The example, going on under other keys: they hand over at 31 lines, and again at 41.
async fn handed_over(dir: &Path) -> Keys {
    example(dir).await;
    let keys = Keys::new(&[1]);
    let journal = sealed_by(dir, &keys);
    for seed in [2, 3] {
        keys.add(seed);
        write(&journal, 1).await;
        journal.checkpoint().await.unwrap();
        write(&journal, 9).await;
        journal.checkpoint().await.unwrap();
    }
    keys
}

/// The checkpoints, each with its file and line.
fn checkpoints(dir: &Path) -> Vec<(Place, Kept)> {
    let mut all = Vec::new();
    let files = Files::of_folder(dir).unwrap();
    files
        .each_checkpoint(|place, _, kept| {
            all.push((place, kept.unwrap()));
            Ok::<_, io::Error>(())
        })
        .unwrap();
    all
}

/// Puts another checkpoint in the place of the one of that size.
fn put_checkpoint(dir: &Path, size: Seq, change: impl Fn(&mut Kept)) {
    let all = checkpoints(dir);
    let (place, _) = all
        .iter()
        .find(|(_, kept)| kept.checkpoint.size == size)
        .unwrap();
    let mut text = Vec::new();
    for (other, kept) in all.iter().filter(|(other, _)| other.file == place.file) {
        let mut kept = kept.clone();
        if other == place {
            change(&mut kept);
        }
        text.extend(kept.line().unwrap());
    }
    fs::write(&place.file, text).unwrap();
}

/// Has a checkpoint say something else, signed by other keys.
fn say(seed: u8, change: impl Fn(&mut Checkpoint)) -> impl Fn(&mut Kept) {
    move |kept| {
        change(&mut kept.checkpoint);
        kept.note.text = kept.checkpoint.text();
        kept.note.signatures = signed(seed, &kept.note.text);
    }
}

#[tokio::test]
async fn whoever_trusts_the_first_keys_is_led_to_all_others() {
    let scratch = Scratch::new();
    let dir = scratch.path();
    let keys = handed_over(dir).await;
    let handed: Vec<_> = checkpoints(dir)
        .into_iter()
        .filter(|(_, kept)| !kept.checkpoint.next.is_empty())
        .map(|(_, kept)| (kept.checkpoint.size, kept.checkpoint.next))
        .collect();
    assert_eq!(handed, [(31, vec![key(2)]), (41, vec![key(3)])]);
    assert_eq!(verify(dir).unwrap().sealed(), 50);
    // The file of keys says which of them signs what, and verifies as well.
    let told = fs::read_to_string(dir.join(PUBLIC_KEYS)).unwrap();
    let terms: Vec<_> = told
        .lines()
        .filter_map(|line| line.split(' ').nth(1))
        .collect();
    assert_eq!(terms, ["1-31", "32-41", "42-"]);
    let told = TrustedKeys::parse(&told, check).unwrap();
    let pairs: Vec<_> = keys.signers().into_iter().map(|pair| pair.keys).collect();
    assert_eq!(told.keys(), public_keys(dir, &pairs, check).unwrap().keys());
    let by = |trusted: &TrustedKeys| verify_ledger(&Files::of_folder(dir).unwrap(), trusted, &[]);
    assert!(by(&told).is_ok());
    assert!(by(&keys.trusted()).is_ok());
    // Later keys alone do not vouch for what was before them.
    for seed in [2, 3] {
        assert_eq!(
            by(&trusting(seed)).unwrap_err().kind,
            LedgerFaultKind::Forged
        );
    }
    // Proofs bring the hand-overs along.
    let all = checkpoints(dir);
    for (_, kept) in &all {
        let size = kept.checkpoint.size;
        let inclusion = prove_inclusion(dir, Wanted::Number(5.min(size)), Some(size)).unwrap();
        let consistency = prove_consistency(dir, 9, size).unwrap();
        for proof in [inclusion, consistency] {
            assert_eq!(check_proof(&proof, &trusting(1)).unwrap().size, size);
            assert_eq!(check_proof(&proof, &told).unwrap().size, size);
        }
    }
    let mut proof = prove_inclusion(dir, Wanted::Number(5), None).unwrap();
    let Proof::Inclusion { handovers, .. } = &mut proof else {
        panic!("another kind of proof");
    };
    assert_eq!(handovers.len(), 2);
    handovers.remove(0);
    assert!(matches!(
        check_proof(&proof, &trusting(1)),
        Err(ProofError::Forged(_))
    ));
    assert!(check_proof(&proof, &trusting(3)).is_ok());
    // A checkpoint that somebody kept is held against the keys of its time.
    for (_, kept) in &all {
        let kept = [(PathBuf::from("kept"), kept.note.clone())];
        let files = Files::of_folder(dir).unwrap();
        assert!(verify_ledger(&files, &trusting(1), &kept).is_ok());
    }
}

#[tokio::test]
async fn a_hand_over_that_is_forged_or_gone_is_named() {
    let scratch = Scratch::new();
    let keys = handed_over(scratch.path()).await;
    let told = fs::read_to_string(scratch.path().join(PUBLIC_KEYS)).unwrap();
    let told = TrustedKeys::parse(&told, check).unwrap();
    let spoilt = |size, change: &dyn Fn(&mut Kept), trusted: &TrustedKeys| {
        let copied = copy(scratch.path());
        put_checkpoint(copied.path(), size, change);
        let files = Files::of_folder(copied.path()).unwrap();
        verify_ledger(&files, trusted, &[]).map_err(|fault| (fault.kind, fault.seq))
    };
    let forged = |size| Err((LedgerFaultKind::Forged, size));
    let to = |seed: u8| move |checkpoint: &mut Checkpoint| checkpoint.next = vec![key(seed)];
    for trusted in [&trusting(1), &told, &keys.trusted()] {
        // Signed by the keys that it names, or by those of a stranger.
        assert_eq!(spoilt(31, &say(2, to(2)), &trusting(1)), forged(31));
        assert_eq!(spoilt(31, &say(9, to(9)), trusted), forged(31));
        // Signed with the keys that go, long after they went.
        assert_eq!(spoilt(50, &say(1, |_| {}), trusted), forged(50));
        assert_eq!(spoilt(50, &say(2, to(2)), trusted), forged(50));
        // To other keys than those that signed what comes behind.
        let found = spoilt(31, &say(1, to(9)), trusted).map(|summary| summary.sealed());
        assert!(
            matches!(found, Err((LedgerFaultKind::Forged, size)) if size > 31)
                || trusted.keys() == told.keys()
        );
        // Not handed over at all.
        let silent = say(1, |checkpoint| checkpoint.next.clear());
        let found = spoilt(31, &silent, &trusting(1));
        assert!(matches!(found, Err((LedgerFaultKind::Forged, size)) if size > 31));
    }
    // To keys of another name.
    let other = say(1, |checkpoint| {
        checkpoint.next = vec![NoteKey {
            name: "somebody".to_owned(),
            ..key(2)
        }];
    });
    assert_eq!(spoilt(31, &other, &trusting(1)), forged(31));
    // Whoever stole the first keys writes the journal anew from line 20 on, and hands over to
    // keys of their own. Whoever has the terms is not taken in.
    let copied = copy(scratch.path());
    let dir = copied.path();
    put_checkpoint(dir, 20, say(1, to(9)));
    for (_, kept) in checkpoints(dir) {
        let size = kept.checkpoint.size;
        if size > 20 {
            put_checkpoint(dir, size, say(9, |checkpoint| checkpoint.next.clear()));
        }
    }
    let by = |trusted: &TrustedKeys| verify_ledger(&Files::of_folder(dir).unwrap(), trusted, &[]);
    assert!(by(&trusting(1)).is_ok());
    assert_eq!(by(&told).unwrap_err().kind, LedgerFaultKind::Forged);
}

#[tokio::test]
async fn the_next_process_ends_a_hand_over_that_was_not_made() {
    let scratch = Scratch::new();
    let dir = scratch.path();
    example(dir).await;
    // The keys were made, and the process ended before a checkpoint said so.
    let keys = Keys::new(&[1, 2]);
    let journal = sealed_by(dir, &keys);
    write(&journal, 3).await;
    drop(journal);
    let journal = sealed_by(dir, &keys);
    write(&journal, 3).await;
    drop(journal);
    let told: Vec<_> = checkpoints(dir)
        .into_iter()
        .filter(|(_, kept)| kept.checkpoint.size > 25)
        .map(|(_, kept)| kept.checkpoint)
        .collect();
    assert!(!told[0].next.is_empty());
    let since = told[0].size;
    assert!(
        told[1..]
            .iter()
            .all(|one| one.next.is_empty() && one.handover == Some(since))
    );
    assert_eq!(verify(dir).unwrap().sealed(), 36);
    // Keys that the installation does not have are not taken over.
    let journal = Journal::open_as(dir, settings()).unwrap();
    assert!(journal.seal(Box::new(Keys::new(&[1]))).is_err());
    drop(journal);
    let copied = copy(dir);
    put_checkpoint(
        copied.path(),
        36,
        say(2, |checkpoint| checkpoint.next = vec![key(9)]),
    );
    let journal = Journal::open_as(copied.path(), settings()).unwrap();
    let error = journal.seal(Box::new(keys)).unwrap_err().to_string();
    assert!(
        error.contains("keys that this installation does not have"),
        "{error}"
    );
}

#[tokio::test]
async fn proofs_read_what_they_need_and_no_more() {
    let scratch = Scratch::new();
    example(scratch.path()).await;
    let dir = scratch.path();
    let expected = |seq| prove_inclusion(dir, Wanted::Number(seq), None).unwrap();
    let proofs: Vec<_> = (1..=25).map(expected).collect();
    // Of the files that hold neither the record nor what no checkpoint before it knows, nothing is
    // read.
    let files = medium::list(dir).unwrap();
    let spoilt = copy(dir);
    let (first, path) = &files[0];
    fs::write(spoilt.path().join(path.file_name().unwrap()), "").unwrap();
    let second = files[1].0;
    assert!(*first == 1 && second <= 20, "{files:?}");
    for seq in 21..=25 {
        let proof = prove_inclusion(spoilt.path(), Wanted::Number(seq), None);
        assert_eq!(
            proof.as_ref(),
            Ok(&proofs[usize::try_from(seq).unwrap() - 1])
        );
    }
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
        head = digest(line);
        range.push(tree::leaf_hash(&head));
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
        handover: None,
        next: Vec::new(),
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

#[tokio::test]
async fn a_look_back_begins_in_the_file_of_its_time() {
    let scratch = Scratch::new();
    let dir = scratch.path();
    example(dir).await;
    let files = medium::list(dir).unwrap();
    let number = |line: &serde_json::Value| line["seq"].as_u64().unwrap();
    for wanted in 1..=30 {
        let before = |line: &serde_json::Value| number(line) < wanted;
        let lines = read_back_to(dir, &before).unwrap();
        let read: Vec<_> = lines.map(|line| line.unwrap().0).collect();
        let begins = files.iter().rfind(|(first, _)| *first < wanted);
        let begins = begins.map_or(1, |(first, _)| *first);
        assert_eq!(read, (begins..=30).collect::<Vec<_>>(), "{wanted}");
    }
    // A file whose beginning cannot be read is not passed over.
    let (first, path) = &files[1];
    let text = fs::read_to_string(path).unwrap();
    fs::write(path, text.replacen('{', "[", 1)).unwrap();
    let mut lines = read_back_to(dir, &|line| number(line) < *first + 1).unwrap();
    let fault = lines.find_map(Result::err).unwrap();
    assert_eq!(fault.seq, *first);
}

/// Only what is verified against keys from elsewhere counts: the file of keys beside the journal
/// can say what it likes, and is written anew by the next process.
#[tokio::test]
async fn the_file_of_keys_beside_the_journal_proves_nothing_and_is_mended() {
    let scratch = Scratch::new();
    let dir = scratch.path();
    example(dir).await;
    let path = dir.join(PUBLIC_KEYS);
    let good = fs::read(&path).unwrap();
    for at in 0..good.len() - 1 {
        let mut bad = good.clone();
        bad[at] ^= 0x02;
        fs::write(&path, &bad).unwrap();
        assert!(verify(dir).is_ok());
        // Whoever trusts that file nevertheless is told, unless it reads as it was.
        let text = String::from_utf8_lossy(&bad);
        if let Ok(keys) = TrustedKeys::parse(&text, check) {
            let found = verify_ledger(&Files::of_folder(dir).unwrap(), &keys, &[]);
            assert!(found.is_err(), "{at}");
        }
    }
    drop(sealed(dir));
    assert_eq!(fs::read(&path).unwrap(), good);
}

// ---- what is sealed is what was written, and not what can be read ----

/// Files whose syncs fail when told to, and then lose what was not synced.
#[derive(Clone)]
struct Failing {
    dir: PathBuf,
    fails: Arc<AtomicBool>,
}

struct FailingFile {
    file: Arc<dyn Segment>,
    path: PathBuf,
    synced: Mutex<u64>,
    fails: Arc<AtomicBool>,
}

impl Failing {
    fn journal(&self, durability: Durability) -> Journal {
        let settings = JournalSettings {
            durability,
            ..settings()
        };
        let segment = Medium::create(self, 1).unwrap();
        let medium = Box::new(self.clone());
        let end = Mark::default();
        let mut journal = Journal::start(medium, segment, settings, None, end).unwrap();
        journal.dir = Some(self.dir.clone());
        journal.seal(Box::new(Keys::new(&[1]))).unwrap();
        journal
    }
}

impl Medium for Failing {
    fn create(&self, first_seq: u64) -> io::Result<Arc<dyn Segment>> {
        let folder = Folder {
            dir: self.dir.clone(),
        };
        Ok(Arc::new(FailingFile {
            file: folder.create(first_seq)?,
            path: medium::file_path(&self.dir, first_seq),
            synced: Mutex::default(),
            fails: Arc::clone(&self.fails),
        }))
    }
}

impl Segment for FailingFile {
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.file.write_at(bytes, offset)
    }

    fn truncate(&self, length: u64) -> io::Result<()> {
        self.file.truncate(length)
    }

    fn sync(&self) -> io::Result<()> {
        let length = fs::metadata(&self.path)?.len();
        let mut synced = self.synced.lock().unwrap();
        if self.fails.load(Ordering::SeqCst) {
            let lost = usize::try_from(length - *synced).unwrap();
            self.file.write_at(&vec![0; lost], *synced)?;
            return Err(io::Error::other("the disk is broken"));
        }
        self.file.sync()?;
        *synced = length;
        Ok(())
    }
}

/// The newest checkpoint vouches for every line, and the fold is that of all lines.
fn is_sealed_and_folded(dir: &Path, lines: Seq) {
    let summary = verify(dir).unwrap();
    assert_eq!((summary.last, summary.unsealed()), (lines, 0));
    let (since, from) = fold_since(dir, &summary.newest.unwrap()).unwrap();
    assert_eq!(since, fold(dir).unwrap());
    assert!(from > 0);
}

#[tokio::test]
async fn lines_that_were_written_again_are_sealed_as_they_stand() {
    for durability in [Durability::Strict, Durability::Relaxed] {
        let scratch = Scratch::new();
        let disk = Failing {
            dir: scratch.path().to_path_buf(),
            fails: Arc::default(),
        };
        let journal = disk.journal(durability);
        let mut number = 0;
        for round in 0..6 {
            for _ in 0..5 {
                number += 1;
                append(&journal, number).await.unwrap();
            }
            if round % 2 == 0 {
                journal.checkpoint().await.unwrap();
            }
            disk.fails.store(true, Ordering::SeqCst);
            for _ in 0..5 {
                number += 1;
                // Under strict these are refused, and their numbers are those of other lines.
                let _ = append(&journal, number).await;
            }
            assert!(journal.flush().await.is_err());
            disk.fails.store(false, Ordering::SeqCst);
            eventually(|| journal.check().is_ok()).await;
        }
        let last = journal.head().0;
        assert!(last < number || durability == Durability::Relaxed);
        let (checkpoint, sealed) = (journal.checkpoint().await, journal.sealed());
        assert_eq!((checkpoint, sealed), (Ok(()), last));
        drop(journal);
        assert!(medium::list(scratch.path()).unwrap().len() > 2);
        is_sealed_and_folded(scratch.path(), last);
    }
}

#[tokio::test]
async fn lines_that_were_forgotten_are_read_back() {
    let scratch = Scratch::new();
    let journal = sealed(scratch.path());
    for round in 0..30 {
        write(&journal, 3).await;
        if round % 3 == 1 {
            let mut state = journal.shared.lock();
            let next = state.written().seq + 1;
            state.sealing.unsealed.begin(next);
        }
        if round % 7 == 6 {
            journal.checkpoint().await.unwrap();
        }
    }
    drop(journal);
    is_sealed_and_folded(scratch.path(), 90);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_many_write_at_once_is_sealed_and_folded_over_files_and_restarts() {
    let scratch = Scratch::new();
    for start in 0..3 {
        let settings = JournalSettings {
            durability: Durability::Relaxed,
            pace: Pace {
                every: Duration::from_millis(20),
                entries: 40,
            },
            ..settings()
        };
        let journal = Journal::open_as(scratch.path(), settings).unwrap();
        journal.seal(Box::new(Keys::new(&[1]))).unwrap();
        let journal = Arc::new(journal);
        let mut tasks = tokio::task::JoinSet::new();
        for task in 0..8 {
            let journal = Arc::clone(&journal);
            tasks.spawn(async move {
                for number in 0..40 {
                    let number = 320 * start + 40 * task + number;
                    append(&journal, number).await.unwrap();
                    if number % 11 == 0 {
                        journal.flush().await.unwrap();
                    }
                }
            });
        }
        tasks.join_all().await;
        drop(journal);
        is_sealed_and_folded(scratch.path(), 320 * (start + 1));
        // Lines that the next process finds, and that nothing vouches for.
        if start == 1 {
            let (_, path) = checkpoint::list(scratch.path()).unwrap().pop().unwrap();
            let text = fs::read_to_string(&path).unwrap();
            let kept = text.lines().count().saturating_sub(1);
            let kept: String = text.split_inclusive('\n').take(kept).collect();
            fs::write(&path, kept).unwrap();
        }
    }
    assert!(medium::list(scratch.path()).unwrap().len() > 5);
}

#[tokio::test]
async fn a_line_that_is_altered_before_it_is_sealed_is_sealed_as_it_was_written() {
    for (event, folds) in [("event-2", true), ("event-6", false)] {
        let scratch = Scratch::new();
        let settings = JournalSettings {
            file_bytes: 1 << 20,
            ..settings()
        };
        let journal = Journal::open_as(scratch.path(), settings).unwrap();
        journal.seal(Box::new(Keys::new(&[1]))).unwrap();
        // The first one wakes whoever seals; the others wait for more.
        write(&journal, 1).await;
        eventually(|| journal.shared.lock().sealing.unsealed.is_empty()).await;
        write(&journal, 7).await;
        let path = medium::file_path(scratch.path(), 1);
        let written = fs::read_to_string(&path).unwrap();
        let mut range = tree::Range::default();
        for line in written.lines() {
            range.push(tree::leaf_hash(&digest(line.as_bytes())));
        }
        let other = event.replace("event", "Event");
        fs::write(&path, written.replace(event, &other)).unwrap();
        journal.checkpoint().await.unwrap();
        drop(journal);
        let (_, newest) = newest_checkpoint(scratch.path()).unwrap().unwrap();
        let checkpoint = newest.unwrap().checkpoint;
        assert_eq!((checkpoint.size, checkpoint.root), (8, range.root()));
        // A change that was altered is none that is folded.
        assert_eq!(checkpoint.fold.is_some(), folds);
        let fault = verify(scratch.path()).unwrap_err();
        assert_eq!(fault.kind, LedgerFaultKind::Altered);
        assert_eq!(format!("event-{}", fault.seq), event);
        fs::write(&path, written).unwrap();
        assert!(verify(scratch.path()).is_ok());
    }
}
