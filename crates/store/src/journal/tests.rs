//! The journal as a whole, on real files and on a disk that fails when told to.

use std::collections::VecDeque;
use std::fs;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use serde_json::{Value, json};

use super::*;
use crate::backend::{Backend, Write};
use crate::memory::Memory;
use crate::testing::Scratch;

fn body(value: &Value) -> EntryBytes {
    EntryBytes::from_value(value).unwrap()
}

fn numbered(number: u64) -> EntryBytes {
    body(&json!({ "n": number }))
}

fn strict(dir: &Path) -> Journal {
    Journal::open(dir, Durability::Strict).unwrap()
}

/// The journal as the values of `n`, after checking its chain.
fn numbers(dir: &Path) -> Vec<u64> {
    let lines = verify_chain(dir).map(|line| line.unwrap().bytes);
    lines
        .map(|line| {
            serde_json::from_slice::<Value>(&line).unwrap()["n"]
                .as_u64()
                .unwrap()
        })
        .collect()
}

/// The bytes of all files in order.
fn bytes(dir: &Path) -> Vec<u8> {
    let files = medium::list(dir).unwrap();
    files
        .iter()
        .flat_map(|(_, path)| fs::read(path).unwrap())
        .collect()
}

#[tokio::test]
async fn lines_form_a_chain_drawn_to_the_byte() {
    let folder = Scratch::new();
    let journal = strict(folder.path());
    assert_eq!(journal.head(), (0, [0; 32]));
    assert_eq!(journal.append(body(&json!({"a": 1, "z": 2}))).await, Ok(1));
    journal.append_outbox(0x1f, body(&json!({"b": 1})));
    assert_eq!(journal.append(body(&json!({}))).await, Ok(3));
    let head = journal.head();
    drop(journal);

    // The hashes are those of `printf %s LINE | sha256sum`.
    let zeros = "0".repeat(64);
    let first = format!(r#"{{"a":1,"prev_hash":"{zeros}","seq":1,"z":2}}"#);
    let hash = "be98630fafd4571f809c7fa68968a253c7cdb9eb7bb3b9703f14f03734b67138";
    let second = format!(r#"{{"b":1,"outbox":"000000000000001f","prev_hash":"{hash}","seq":2}}"#);
    let hash = "6026bd8b0f2408f002c78fe3b814224f58e36ca34bd51dceb281b0106b4bde41";
    let third = format!(r#"{{"prev_hash":"{hash}","seq":3}}"#);
    let path = folder.path().join("0000000000000001.jsonl");
    assert_eq!(
        fs::read_to_string(path).unwrap(),
        format!("{first}\n{second}\n{third}\n")
    );
    let summary = ChainSummary {
        last_seq: head.0,
        head: head.1,
    };
    assert_eq!(summarize_chain(folder.path()), Ok(summary));
    let read: Vec<_> = read(folder.path()).map(Result::unwrap).collect();
    assert_eq!(
        read.iter().map(|(seq, _)| *seq).collect::<Vec<_>>(),
        [1, 2, 3]
    );
    assert_eq!(read[1].1["b"], 1);
}

#[tokio::test]
async fn a_journal_goes_on_where_it_ended_and_in_the_next_file_when_one_is_full() {
    let folder = Scratch::new();
    for round in 0..5 {
        let journal = Journal::open_with(folder.path(), Durability::Strict, 1000).unwrap();
        assert_eq!(journal.torn(), None);
        for number in 0..10 {
            journal.append(numbered(round * 10 + number)).await.unwrap();
        }
    }
    assert_eq!(numbers(folder.path()), (0..50).collect::<Vec<_>>());
    let files = medium::list(folder.path()).unwrap();
    assert!(files.len() > 3);
    for (first_seq, path) in files {
        let text = fs::read_to_string(path).unwrap();
        assert!(text.len() < 1300);
        if let Some(line) = text.lines().next() {
            let line: Value = serde_json::from_str(line).unwrap();
            assert_eq!(line["seq"], first_seq);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_appends_share_syncs_and_none_is_lost() {
    let folder = Scratch::new();
    let journal = Arc::new(strict(folder.path()));
    let mut tasks = tokio::task::JoinSet::new();
    for task in 0..50 {
        let journal = Arc::clone(&journal);
        tasks.spawn(async move {
            for number in 0..20 {
                journal.append(numbered(task * 20 + number)).await.unwrap();
            }
        });
    }
    tasks.join_all().await;
    drop(journal);
    let mut found = numbers(folder.path());
    found.sort_unstable();
    assert_eq!(found, (0..1000).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_journal_in_memory_chains_like_any_other() {
    let (journal, log) = Journal::in_memory().unwrap();
    assert_eq!(journal.append(numbered(1)).await, Ok(1));
    assert_eq!(journal.append(numbered(2)).await, Ok(2));
    journal.flush().await.unwrap();
    let lines = log.lines();
    assert_eq!(lines.len(), 2);
    let hash = state::hash(lines[0].as_bytes());
    assert_eq!(
        reader::Own::parse(lines[1].as_bytes()).unwrap().prev_hash,
        hash
    );
}

// ---- a disk that fails ----

/// A disk that keeps what was written apart from what was synced.
#[derive(Clone, Default)]
struct Disk {
    written: Arc<Mutex<Vec<u8>>>,
    synced: Arc<Mutex<Vec<u8>>>,
    /// Room for so many bytes.
    room: Arc<AtomicU64>,
    cannot_truncate: Arc<AtomicBool>,
    cannot_sync: Arc<AtomicBool>,
    /// Each sync waits for one of these, if the gate is closed.
    gate: Arc<(Mutex<Option<VecDeque<()>>>, Condvar)>,
    syncs: Arc<AtomicU64>,
}

impl Disk {
    fn new() -> Self {
        let disk = Self::default();
        disk.room.store(u64::MAX, Ordering::SeqCst);
        disk
    }

    fn journal(&self, durability: Durability) -> Journal {
        let (medium, segment) = (Box::new(self.clone()), Arc::new(self.clone()));
        let settings = JournalSettings {
            file_bytes: u64::MAX,
            ..JournalSettings::of(durability)
        };
        Journal::start(medium, segment, settings, None, Mark::default()).unwrap()
    }

    fn written(&self) -> Vec<u64> {
        Self::numbers(&self.written)
    }

    fn synced(&self) -> Vec<u64> {
        Self::numbers(&self.synced)
    }

    /// The values of `n`, after checking that the lines are whole and form a chain.
    fn numbers(bytes: &Mutex<Vec<u8>>) -> Vec<u64> {
        let bytes = bytes.lock().unwrap();
        let mut last = (0, [0; 32]);
        let lines = bytes.split_inclusive(|byte| *byte == b'\n').map(|line| {
            let text = line.strip_suffix(b"\n").expect("a line is not whole");
            let own = reader::Own::parse(text).unwrap();
            assert_eq!((own.seq, own.prev_hash), (last.0 + 1, last.1));
            last = (own.seq, state::hash(text));
            serde_json::from_slice::<Value>(text).unwrap()["n"]
                .as_u64()
                .unwrap()
        });
        lines.collect()
    }

    fn close_gate(&self) {
        *self.gate.0.lock().unwrap() = Some(VecDeque::new());
    }

    fn let_one_through(&self) {
        self.gate.0.lock().unwrap().as_mut().unwrap().push_back(());
        self.gate.1.notify_all();
    }

    fn open_gate(&self) {
        *self.gate.0.lock().unwrap() = None;
        self.gate.1.notify_all();
    }
}

impl Medium for Disk {
    fn create(&self, _: u64) -> io::Result<Arc<dyn Segment>> {
        unreachable!("these journals have one file")
    }
}

impl Segment for Disk {
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        let mut written = self.written.lock().unwrap();
        let offset = usize::try_from(offset).unwrap();
        assert!(offset <= written.len(), "the journal left a hole");
        written.truncate(offset);
        let room = usize::try_from(self.room.load(Ordering::SeqCst)).unwrap();
        let fits = room.saturating_sub(offset).min(bytes.len());
        written.extend_from_slice(&bytes[..fits]);
        if fits < bytes.len() {
            return Err(io::ErrorKind::StorageFull.into());
        }
        Ok(())
    }

    fn truncate(&self, length: u64) -> io::Result<()> {
        if self.cannot_truncate.load(Ordering::SeqCst) {
            return Err(io::ErrorKind::ReadOnlyFilesystem.into());
        }
        let length = usize::try_from(length).unwrap();
        self.written.lock().unwrap().truncate(length);
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        let mut gate = self.gate.0.lock().unwrap();
        while gate
            .as_mut()
            .is_some_and(|passes| passes.pop_front().is_none())
        {
            gate = self.gate.1.wait(gate).unwrap();
        }
        drop(gate);
        self.syncs.fetch_add(1, Ordering::SeqCst);
        let written = self.written.lock().unwrap().clone();
        if self.cannot_sync.load(Ordering::SeqCst) {
            // As a kernel does: what could not be written is dropped and called clean.
            let synced = self.synced.lock().unwrap().len();
            self.written.lock().unwrap()[synced..].fill(0);
            return Err(io::Error::other("the disk is broken"));
        }
        *self.synced.lock().unwrap() = written;
        Ok(())
    }
}

pub(super) async fn eventually(mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while !holds() {
        assert!(Instant::now() < deadline, "it did not come about in time");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

#[tokio::test]
async fn a_line_that_does_not_fit_leaves_nothing_and_the_next_one_goes_on() {
    for durability in [Durability::Strict, Durability::Relaxed] {
        let disk = Disk::new();
        let journal = disk.journal(durability);
        journal.append(numbered(1)).await.unwrap();
        disk.room.store(130, Ordering::SeqCst);
        for _ in 0..3 {
            let refused = journal.append(numbered(2)).await;
            assert!(matches!(refused, Err(JournalError::Unavailable { .. })));
            assert_eq!(disk.written(), [1]);
        }
        disk.room.store(u64::MAX, Ordering::SeqCst);
        assert_eq!(journal.append(numbered(3)).await, Ok(2));
        drop(journal);
        assert_eq!(disk.synced(), [1, 3]);
    }
}

#[tokio::test]
async fn below_the_reserve_no_call_is_recorded_and_what_is_safe_elsewhere_is() {
    for durability in [Durability::Strict, Durability::Relaxed] {
        let folder = Scratch::new();
        let settings = JournalSettings {
            reserve_percent: 100,
            ..JournalSettings::of(durability)
        };
        let journal = Journal::open_as(folder.path(), settings).unwrap();
        let refused = Err(JournalError::Reserve { percent: 100 });
        let (first, second) =
            tokio::join!(journal.append(numbered(1)), journal.append(numbered(2)));
        assert_eq!((first, second), (refused.clone(), refused));
        journal.append_outbox(3, numbered(3));
        drop(journal);
        assert_eq!(numbers(folder.path()), [3]);
    }
}

#[tokio::test]
async fn half_a_line_that_cannot_be_cut_off_stops_the_journal_until_it_can() {
    let disk = Disk::new();
    let journal = disk.journal(Durability::Relaxed);
    journal.append(numbered(1)).await.unwrap();
    disk.room.store(130, Ordering::SeqCst);
    disk.cannot_truncate.store(true, Ordering::SeqCst);
    assert!(journal.append(numbered(2)).await.is_err());
    disk.room.store(u64::MAX, Ordering::SeqCst);
    assert!(journal.append(numbered(3)).await.is_err());
    assert!(journal.check().is_err());
    disk.cannot_truncate.store(false, Ordering::SeqCst);
    journal.check().unwrap();
    assert_eq!(journal.append(numbered(4)).await, Ok(2));
    drop(journal);
    assert_eq!(disk.synced(), [1, 4]);
}

#[tokio::test]
async fn a_failed_sync_refuses_who_waits_and_keeps_what_was_answered_for() {
    let disk = Disk::new();
    let journal = disk.journal(Durability::Strict);
    journal.append(numbered(1)).await.unwrap();
    disk.close_gate();
    disk.cannot_sync.store(true, Ordering::SeqCst);
    let waiting = async { tokio::join!(journal.append(numbered(2)), journal.append(numbered(4))) };
    let release = async {
        journal.append_outbox(3, numbered(3));
        disk.open_gate();
    };
    let ((second, fourth), ()) = tokio::join!(waiting, release);
    assert!(second.is_err() && fourth.is_err());
    assert!(journal.check().is_err());
    assert!(journal.append(numbered(5)).await.is_err());

    disk.cannot_sync.store(false, Ordering::SeqCst);
    assert_eq!(journal.append(numbered(6)).await, Ok(3));
    journal.check().unwrap();
    assert_eq!(disk.synced(), [1, 3, 6]);
    let outbox = journal.synced_outbox();
    assert_eq!(outbox, [SyncedOutbox { id: 3, seq: 2 }]);
}

#[tokio::test]
async fn relaxed_lines_survive_a_failed_sync_and_are_refused_until_one_succeeds() {
    let disk = Disk::new();
    let journal = disk.journal(Durability::Relaxed);
    disk.cannot_sync.store(true, Ordering::SeqCst);
    journal.append(numbered(1)).await.unwrap();
    journal.append(numbered(2)).await.unwrap();
    eventually(|| journal.check().is_err()).await;
    assert!(journal.append(numbered(3)).await.is_err());
    assert!(journal.flush().await.is_err());
    disk.cannot_sync.store(false, Ordering::SeqCst);
    eventually(|| journal.check().is_ok()).await;
    assert_eq!(disk.synced(), [1, 2]);
    assert_eq!(journal.append(numbered(4)).await, Ok(3));
}

#[tokio::test]
async fn lines_of_before_and_during_a_sync_that_fails_are_written_again_in_order() {
    let disk = Disk::new();
    let journal = disk.journal(Durability::Relaxed);
    journal.append(numbered(1)).await.unwrap();
    journal.flush().await.unwrap();
    disk.close_gate();
    journal.append(numbered(2)).await.unwrap();
    journal.append_outbox(7, numbered(3));
    journal
        .append(body(&json!({ "n": 4, "zone": "z" })))
        .await
        .unwrap();
    eventually(|| journal.shared.lock().syncing.is_some()).await;
    journal.append_outbox(8, body(&json!({ "a": 1, "n": 5 })));
    journal.append(numbered(6)).await.unwrap();
    disk.cannot_sync.store(true, Ordering::SeqCst);
    disk.open_gate();
    eventually(|| journal.check().is_err()).await;
    assert_eq!(disk.synced(), [1]);
    // Again and again, as long as it fails.
    tokio::time::sleep(3 * RELAXED_SYNC).await;
    disk.cannot_sync.store(false, Ordering::SeqCst);
    eventually(|| journal.check().is_ok()).await;
    assert_eq!(disk.synced(), [1, 2, 3, 4, 5, 6]);
    let lines = disk.synced.lock().unwrap().clone();
    let outbox = |line: &[u8]| reader::Own::parse(line).unwrap().outbox;
    let lines: Vec<_> = lines.split(|byte| *byte == b'\n').collect();
    let ids: Vec<_> = lines[..6].iter().map(|line| outbox(line)).collect();
    assert_eq!(ids, [None, None, Some(7), None, Some(8), None]);
    let due = [(7, 3), (8, 5)].map(|(id, seq)| SyncedOutbox { id, seq });
    assert_eq!(journal.synced_outbox(), due);
    assert_eq!(journal.shared.unsynced_bytes.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn relaxed_lines_are_synced_within_the_promised_time_by_themselves() {
    let disk = Disk::new();
    let journal = disk.journal(Durability::Relaxed);
    for round in 1..4 {
        let begin = Instant::now();
        journal.append(numbered(round)).await.unwrap();
        assert!(disk.synced().len() < usize::try_from(round).unwrap());
        eventually(|| disk.synced().len() == usize::try_from(round).unwrap()).await;
        assert!(begin.elapsed() < Duration::from_secs(1));
    }
    assert_eq!(
        disk.syncs.load(Ordering::SeqCst),
        3,
        "an idle journal syncs nothing"
    );
    drop(journal);
}

#[tokio::test]
async fn what_gathers_during_one_sync_is_served_by_the_next() {
    let disk = Disk::new();
    let journal = disk.journal(Durability::Strict);
    disk.close_gate();
    let mut appends: Vec<_> = (0..20)
        .map(|number| Box::pin(journal.append(numbered(number))))
        .collect();
    // Polled in turn, so that all are written while the first sync is held.
    for append in &mut appends {
        let poll = std::future::poll_fn(|context| {
            std::task::Poll::Ready(Future::poll(append.as_mut(), context).is_pending())
        });
        assert!(poll.await, "a strict append returned before any sync");
    }
    disk.let_one_through();
    disk.let_one_through();
    for append in appends {
        append.await.unwrap();
    }
    assert!(disk.syncs.load(Ordering::SeqCst) <= 2);
    disk.open_gate();
}

#[tokio::test]
async fn flush_returns_when_everything_is_safe() {
    let disk = Disk::new();
    let journal = disk.journal(Durability::Relaxed);
    journal.flush().await.unwrap();
    for number in 0..3 {
        journal.append(numbered(number)).await.unwrap();
    }
    journal.flush().await.unwrap();
    assert_eq!(disk.synced(), [0, 1, 2]);
}

// ---- the outbox ----

async fn commit_record(store: &Memory, id: u64) -> EntryBytes {
    let record = numbered(id);
    let row = Write::put(outbox_key(id), record.as_bytes().to_vec());
    let change = Write::put(format!("row/{id}"), &b"x"[..]);
    store.commit(Vec::new(), vec![row, change]).await.unwrap();
    record
}

async fn left_in_outbox(store: &Memory) -> usize {
    let range = crate::KeyRange::prefix(OUTBOX_PREFIX);
    store.scan(range, 10_000).await.unwrap().rows.len()
}

#[tokio::test]
async fn records_leave_the_outbox_once_their_lines_are_safe() {
    let folder = Scratch::new();
    let store = Memory::new();
    let journal = Journal::open(folder.path(), Durability::Relaxed).unwrap();
    for id in 0..300 {
        let record = commit_record(&store, id).await;
        journal.append_outbox(id, record);
    }
    let mut cleared = 0;
    while cleared < 300 {
        journal.outbox_synced().await;
        cleared += journal.clear_outbox(&store).await.unwrap();
    }
    assert_eq!(left_in_outbox(&store).await, 0);
    let note = store.get(OUTBOX_CLEARED).await.unwrap().unwrap();
    assert_eq!(note.value[..], 300_u64.to_be_bytes());
    assert_eq!(numbers(folder.path()), (0..300).collect::<Vec<_>>());
}

#[tokio::test]
async fn what_a_crash_left_uncopied_is_copied_once_and_in_order() {
    let folder = Scratch::new();
    let store = Memory::new();
    let journal = strict(folder.path());
    let copy_and_clear = [1, 2];
    let copy_only = [4, 7];
    let neither = [9, 3, 5];
    for id in copy_and_clear {
        journal.append_outbox(id, commit_record(&store, id).await);
    }
    journal.flush().await.unwrap();
    journal.clear_outbox(&store).await.unwrap();
    for id in copy_only {
        journal.append_outbox(id, commit_record(&store, id).await);
    }
    for id in neither {
        commit_record(&store, id).await;
    }
    drop(journal);

    let journal = strict(folder.path());
    assert_eq!(journal.reconcile(&store).await.unwrap(), 3);
    assert_eq!(left_in_outbox(&store).await, 0);
    assert_eq!(numbers(folder.path()), [1, 2, 4, 7, 3, 5, 9]);
    assert_eq!(journal.reconcile(&store).await.unwrap(), 0);
    // Nothing is due any more, and what comes now is cleared as usual.
    assert_eq!(journal.clear_outbox(&store).await.unwrap(), 0);
    journal.append_outbox(11, commit_record(&store, 11).await);
    journal.flush().await.unwrap();
    assert_eq!(journal.clear_outbox(&store).await.unwrap(), 1);
    drop(journal);
    assert_eq!(strict(folder.path()).reconcile(&store).await.unwrap(), 0);
    assert_eq!(numbers(folder.path()), [1, 2, 4, 7, 3, 5, 9, 11]);
}

#[tokio::test]
async fn a_record_in_a_torn_tail_is_copied_again() {
    let folder = Scratch::new();
    let store = Memory::new();
    let journal = strict(folder.path());
    for id in [1, 2] {
        journal.append_outbox(id, commit_record(&store, id).await);
    }
    drop(journal);
    let path = folder.path().join("0000000000000001.jsonl");
    let whole = fs::read(&path).unwrap();
    fs::write(&path, &whole[..whole.len() - 9]).unwrap();
    let journal = strict(folder.path());
    assert_eq!(journal.torn().unwrap().seq, 2);
    assert_eq!(journal.reconcile(&store).await.unwrap(), 1);
    assert_eq!(fs::read(&path).unwrap(), whole);
}

#[tokio::test]
async fn many_records_are_reconciled_in_batches() {
    let folder = Scratch::new();
    let store = Memory::new();
    for id in 0..2500 {
        commit_record(&store, id).await;
    }
    let journal = strict(folder.path());
    assert_eq!(journal.reconcile(&store).await.unwrap(), 2500);
    assert_eq!(left_in_outbox(&store).await, 0);
    assert_eq!(numbers(folder.path()), (0..2500).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_record_that_is_not_genuine_is_named_and_nothing_is_copied() {
    let folder = Scratch::new();
    let store = Memory::new();
    let journal = strict(folder.path());
    let check = async |key: Vec<u8>, value: &'static [u8], expected: &str| {
        let put = vec![Write::put(key.clone(), value)];
        store.commit(Vec::new(), put).await.unwrap();
        let refused = journal.reconcile(&store).await.unwrap_err().to_string();
        assert!(refused.contains(expected), "{refused}");
        store
            .commit(Vec::new(), vec![Write::delete(key)])
            .await
            .unwrap();
    };
    check(
        b"outbox/x".to_vec(),
        b"{}",
        "`outbox/x` is corrupt: it is not the key",
    )
    .await;
    check(
        outbox_key(1),
        b"{",
        "`outbox/0000000000000001` is corrupt: an entry must be",
    )
    .await;
    assert!(numbers(folder.path()).is_empty());

    let record = commit_record(&store, 1).await;
    let refuse = |row: &crate::Row| Err(StoreError::corrupt(&row.key, "its tag"));
    let refused = journal.reconcile_with(&store, &refuse).await;
    assert!(matches!(
        refused,
        Err(JournalError::Outbox(StoreError::Corrupt { .. }))
    ));
    let unwrap = |_: &crate::Row| Ok(bytes::Bytes::copy_from_slice(record.as_bytes()));
    assert_eq!(journal.reconcile_with(&store, &unwrap).await, Ok(1));
}

#[tokio::test]
async fn rows_that_could_not_be_removed_stay_due() {
    let folder = Scratch::new();
    let journal = strict(folder.path());
    let store = Memory::new();
    journal.append_outbox(1, commit_record(&store, 1).await);
    journal.flush().await.unwrap();
    let due = journal.synced_outbox();
    journal.shared.lock().return_synced_outbox(due);
    journal.append_outbox(2, commit_record(&store, 2).await);
    journal.flush().await.unwrap();
    assert_eq!(journal.clear_outbox(&store).await, Ok(2));
    assert_eq!(left_in_outbox(&store).await, 0);
}

// ---- damage ----

/// A sound journal of 40 lines in several files.
async fn sound() -> Scratch {
    let folder = Scratch::new();
    let journal = Journal::open_with(folder.path(), Durability::Strict, 1500).unwrap();
    for number in 0..40 {
        journal.append(numbered(1000 + number)).await.unwrap();
    }
    drop(journal);
    folder
}

/// Rewrites the lines of one file.
fn edit(path: &Path, change: impl FnOnce(&mut Vec<String>)) {
    let text = fs::read_to_string(path).unwrap();
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    change(&mut lines);
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    fs::write(path, text).unwrap();
}

fn first_fault(dir: &Path) -> (Seq, ChainFaultKind) {
    let fault = verify_chain(dir)
        .find_map(Result::err)
        .expect("no fault was found");
    (fault.seq, fault.kind)
}

#[tokio::test]
async fn the_first_line_that_is_not_as_written_is_named() {
    use ChainFaultKind::{Altered, Missing, Reordered};
    // The second file, its lines counted from 0; `base` is the number of the first of them.
    let check = async |change: fn(&mut Vec<String>), at: Seq, kind| {
        let folder = sound().await;
        let (base, path) = medium::list(folder.path()).unwrap().swap_remove(1);
        edit(&path, change);
        assert_eq!(first_fault(folder.path()), (base + at, kind));
    };
    check(
        |lines| lines[2] = lines[2].replace("\"n\":1", "\"n\":9"),
        2,
        Altered,
    )
    .await;
    check(
        |lines| lines[2] = lines[2].replace("hash\":\"", "hash\":\"0"),
        2,
        Altered,
    )
    .await;
    check(|lines| lines[2].truncate(20), 2, Altered).await;
    check(|lines| lines[2].clear(), 2, Altered).await;
    check(|lines| drop(lines.remove(2)), 2, Missing).await;
    check(|lines| drop(lines.drain(2..5)), 2, Missing).await;
    check(|lines| drop(lines.remove(0)), 0, Missing).await;
    check(|lines| lines.swap(2, 3), 2, Reordered).await;
    check(|lines| lines.insert(4, lines[2].clone()), 4, Reordered).await;
    // A digit of the previous hash, exchanged for another one.
    let other_hash = |lines: &mut Vec<String>| {
        let at = lines[2].find("hash\":\"").unwrap() + 7;
        let digit = if &lines[2][at..=at] == "0" { "1" } else { "0" };
        lines[2].replace_range(at..=at, digit);
    };
    check(other_hash, 2, Altered).await;
    let other_number = |lines: &mut Vec<String>| {
        let at = lines[2].find("\"seq\":").unwrap() + 6;
        lines[2].insert(at, '1');
    };
    check(other_number, 2, Altered).await;
}

#[tokio::test]
async fn a_file_that_is_gone_is_found() {
    let folder = sound().await;
    let files = medium::list(folder.path()).unwrap();
    fs::remove_file(&files[1].1).unwrap();
    assert_eq!(
        first_fault(folder.path()),
        (files[1].0, ChainFaultKind::Missing)
    );
    let folder = sound().await;
    fs::remove_file(&medium::list(folder.path()).unwrap()[0].1).unwrap();
    assert_eq!(first_fault(folder.path()), (1, ChainFaultKind::Missing));
}

#[tokio::test]
async fn no_folder_is_an_unreadable_journal_and_not_an_empty_one() {
    let folder = Scratch::new();
    let (seq, kind) = first_fault(&folder.path().join("none"));
    assert!(matches!((seq, kind), (1, ChainFaultKind::Unreadable(_))));
}

#[tokio::test]
async fn a_tail_cut_anywhere_leaves_the_lines_before_it() {
    let folder = Scratch::new();
    let journal = strict(folder.path());
    for number in 0..3 {
        journal.append(numbered(number)).await.unwrap();
    }
    drop(journal);
    let path = folder.path().join("0000000000000001.jsonl");
    let whole = fs::read(&path).unwrap();
    for cut in 0..whole.len() {
        fs::write(&path, &whole[..cut]).unwrap();
        let lines = whole[..cut].iter().filter(|byte| **byte == b'\n').count();
        let ends_whole = cut == 0 || whole[cut - 1] == b'\n';
        let journal = strict(folder.path());
        assert_eq!(journal.torn().is_none(), ends_whole);
        assert_eq!(journal.append(numbered(99)).await, Ok(lines as Seq + 1));
        drop(journal);
        let mut expected: Vec<u64> = (0..lines as u64).collect();
        expected.push(99);
        assert_eq!(numbers(folder.path()), expected);
    }
}

#[tokio::test]
async fn a_garbled_byte_in_the_tail_is_cut_off_refused_or_found_but_never_passed_over() {
    let folder = Scratch::new();
    let journal = strict(folder.path());
    for number in 0..3 {
        journal.append(numbered(number)).await.unwrap();
    }
    drop(journal);
    let path = folder.path().join("0000000000000001.jsonl");
    let whole = fs::read(&path).unwrap();
    let last_line = whole[..whole.len() - 1]
        .iter()
        .rposition(|byte| *byte == b'\n')
        .unwrap()
        + 1;
    for at in 0..whole.len() {
        // A different kind of damage at each byte of a run, so that all kinds meet all members.
        let mut garbled = whole.clone();
        garbled[at] = match at % 3 {
            0 => 0,
            1 => b'\n',
            _ => whole[at] ^ 1,
        };
        if garbled == whole {
            continue;
        }
        fs::write(&path, &garbled).unwrap();
        match Journal::open(folder.path(), Durability::Strict) {
            Err(error) => assert!(matches!(error, JournalError::Altered { .. }), "{error}"),
            Ok(journal) if journal.torn().is_some() => {
                // What is left is a sound beginning.
                let left = fs::read(&path).unwrap();
                assert!(whole.starts_with(&left));
                assert!(left.len() <= at, "byte {at} is still there");
            }
            // Only a checkpoint can vouch for the last line.
            Ok(_) => assert!(at >= last_line, "byte {at} was passed over"),
        }
    }
}

#[tokio::test]
async fn blocks_that_were_never_written_are_cut_off_and_kept_aside() {
    let folder = Scratch::new();
    let journal = strict(folder.path());
    for number in 0..2000 {
        journal.append_outbox(number, numbered(number));
    }
    drop(journal);
    let path = folder.path().join("0000000000000001.jsonl");
    let mut bytes = fs::read(&path).unwrap();
    let hole = bytes.len() - 20_000;
    bytes[hole..hole + 4096].fill(0);
    fs::write(&path, &bytes).unwrap();

    let journal = strict(folder.path());
    let torn = journal.torn().unwrap().clone();
    assert_eq!(torn.file, path);
    let kept = fs::read(torn.kept_in.unwrap()).unwrap();
    assert_eq!(kept.len() as u64, torn.bytes);
    assert!(bytes.ends_with(&kept));
    assert_eq!(journal.head().0 + 1, torn.seq);
    drop(journal);
    let left = numbers(folder.path());
    assert_eq!(left, (0..left.len() as u64).collect::<Vec<_>>());
    assert!(left.len() > 1800);
}

#[tokio::test]
async fn a_hole_too_far_from_the_end_for_a_crash_is_refused() {
    let folder = Scratch::new();
    let journal = Journal::open(folder.path(), Durability::Relaxed).unwrap();
    let filler = "x".repeat(100_000);
    for _ in 0..200 {
        journal.append(body(&json!({ "f": filler }))).await.unwrap();
    }
    drop(journal);
    let path = folder.path().join("0000000000000001.jsonl");
    let mut bytes = fs::read(&path).unwrap();
    bytes[150_000] = 0;
    // Far enough in front of the window to be none of its business, the hole is for
    // `verify_chain` to find.
    fs::write(&path, &bytes).unwrap();
    strict(folder.path());
    assert_eq!(first_fault(folder.path()), (2, ChainFaultKind::Altered));
    // Without a sound line in the window the search goes on until it finds the hole.
    let ends: Vec<usize> = (0..bytes.len()).filter(|at| bytes[*at] == b'\n').collect();
    for end in &ends[2..] {
        bytes[end - 1] = b'x';
    }
    fs::write(&path, &bytes).unwrap();
    let refused = Journal::open(folder.path(), Durability::Strict)
        .map(drop)
        .unwrap_err();
    assert!(
        matches!(&refused, JournalError::Altered { line: 2, .. }),
        "{refused}"
    );
}

#[tokio::test]
async fn a_crash_between_beginning_a_file_and_writing_to_it_is_harmless() {
    let folder = sound().await;
    fs::write(folder.path().join(format!("{:016}.jsonl", 41)), "").unwrap();
    let journal = strict(folder.path());
    assert_eq!(journal.append(numbered(7)).await, Ok(41));
    drop(journal);
    assert_eq!(numbers(folder.path()).len(), 41);

    // The file before it must be whole, though: it was synced first.
    let folder = sound().await;
    fs::write(folder.path().join(format!("{:016}.jsonl", 42)), "").unwrap();
    let refused = Journal::open(folder.path(), Durability::Strict).map(drop);
    assert!(
        matches!(refused, Err(JournalError::Altered { .. })),
        "{refused:?}"
    );
}

#[tokio::test]
async fn a_reader_starts_in_the_file_that_has_the_line() {
    let folder = sound().await;
    let files = medium::list(folder.path()).unwrap();
    for (first, _) in &files {
        for (seq, expected) in [(*first, *first), (*first + 1, *first)] {
            let mut lines = reader::RawLines::of(folder.path(), seq);
            let line = lines.next().unwrap().unwrap();
            assert_eq!(reader::Own::parse(&line.bytes).unwrap().seq, expected);
        }
    }
    assert_eq!(
        bytes(folder.path())
            .iter()
            .filter(|byte| **byte == b'\n')
            .count(),
        40
    );
}

// ---- a disk that does not answer ----

/// Long enough that nothing but a closed gate is waited for so long.
const SHORT: Duration = Duration::from_millis(300);

fn impatient(disk: &Disk, durability: Durability) -> Journal {
    let settings = JournalSettings {
        patience: SHORT,
        ..JournalSettings::of(durability)
    };
    let (medium, segment) = (Box::new(disk.clone()), Arc::new(disk.clone()));
    Journal::start(medium, segment, settings, None, Mark::default()).unwrap()
}

#[tokio::test]
async fn a_line_that_is_waited_for_in_vain_is_there_and_no_others_are_taken() {
    let disk = Disk::new();
    let journal = impatient(&disk, Durability::Strict);
    journal.append(numbered(1)).await.unwrap();
    disk.close_gate();
    let timed_out = JournalError::TimedOut { patience: SHORT };
    assert_eq!(journal.append(numbered(2)).await, Err(timed_out));
    eventually(|| journal.check().is_err()).await;
    let stalled = JournalError::Stalled { patience: SHORT };
    for _ in 0..100 {
        let begun = Instant::now();
        assert_eq!(journal.append(numbered(9)).await, Err(stalled.clone()));
        assert!(begun.elapsed() < SHORT);
    }
    assert_eq!(journal.check(), Err(stalled));
    journal.append_unawaited(numbered(3));
    disk.open_gate();
    eventually(|| journal.check().is_ok()).await;
    assert_eq!(journal.append(numbered(4)).await, Ok(4));
    assert_eq!(disk.synced(), [1, 2, 3, 4]);
}

#[tokio::test]
async fn lines_that_need_no_sync_are_taken_until_one_has_taken_too_long() {
    let disk = Disk::new();
    let journal = impatient(&disk, Durability::Relaxed);
    disk.close_gate();
    journal.append(numbered(1)).await.unwrap();
    journal.append(numbered(2)).await.unwrap();
    eventually(|| journal.check().is_err()).await;
    let stalled = JournalError::Stalled { patience: SHORT };
    assert_eq!(journal.append(numbered(9)).await, Err(stalled));
    // What is safe elsewhere is taken always.
    journal.append_outbox(7, numbered(3));
    disk.open_gate();
    eventually(|| journal.check().is_ok()).await;
    journal.append(numbered(4)).await.unwrap();
    journal.flush().await.unwrap();
    assert_eq!(disk.synced(), [1, 2, 3, 4]);
}
