//! What every back end promises, asked of each of them.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "a test fails where it goes wrong"
)]

mod common;

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use common::Scratch;
use proptest::prelude::*;
use strongroom_store::backend::{COMMIT_BYTES, KEY_BYTES, SCAN_ROWS, VALUE_BYTES};
use strongroom_store::{
    Backend, Embedded, KeyRange, Memory, Page, Precondition, Revision, StoreError, Write,
};

/// A back end to put through the suite, and what must live as long as it does.
struct Subject {
    backend: Arc<dyn Backend>,
    _folder: Option<Scratch>,
}

fn memory() -> Subject {
    Subject {
        backend: Arc::new(Memory::new()),
        _folder: None,
    }
}

fn embedded() -> Subject {
    let folder = Scratch::new();
    let backend = Arc::new(Embedded::open(&folder.path().join("store.sqlite")).unwrap());
    Subject {
        backend,
        _folder: Some(folder),
    }
}

/// Runs each promise against each back end.
macro_rules! promises {
    ($($name:ident)*) => {
        mod on_memory {
            $(#[tokio::test] async fn $name() { super::$name(&super::memory()).await; })*
        }
        mod on_embedded {
            $(#[tokio::test] async fn $name() { super::$name(&super::embedded()).await; })*
        }
    };
}

promises! {
    a_row_is_read_as_it_was_written
    revisions_grow_with_every_change_and_only_then
    preconditions_hold_or_nothing_happens
    a_commit_happens_whole
    a_range_comes_in_key_order_and_in_pages
    limits_are_refused_before_anything_happens
    a_watch_tells_every_later_change_once_and_in_order
    a_watch_from_before_the_kept_history_is_refused
    of_racing_commits_exactly_one_wins_each_round
    a_change_is_known_to_readers_and_watchers_when_its_commit_returns
}

async fn get(backend: &dyn Backend, key: &[u8]) -> Option<(Bytes, Revision)> {
    let row = backend.get(key).await.unwrap()?;
    assert_eq!(row.key, key);
    Some((row.value, row.revision))
}

async fn put(backend: &dyn Backend, key: &[u8], value: &'static [u8]) -> Revision {
    backend
        .commit(Vec::new(), vec![Write::put(key, value)])
        .await
        .unwrap()
}

async fn keys(backend: &dyn Backend, range: KeyRange, limit: usize) -> (Vec<Vec<u8>>, bool) {
    let Page { rows, more } = backend.scan(range, limit).await.unwrap();
    (rows.into_iter().map(|row| row.key).collect(), more)
}

async fn a_row_is_read_as_it_was_written(subject: &Subject) {
    let backend = &*subject.backend;
    assert_eq!(get(backend, b"a").await, None);
    for value in [&b"one"[..], b"", b"\x00\xff"] {
        let value = Bytes::from_static(value);
        let write = Write::put(b"a", value.clone());
        let revision = backend.commit(Vec::new(), vec![write]).await.unwrap();
        assert_eq!(get(backend, b"a").await, Some((value, revision)));
    }
    backend
        .commit(Vec::new(), vec![Write::delete(b"a")])
        .await
        .unwrap();
    assert_eq!(get(backend, b"a").await, None);
}

async fn revisions_grow_with_every_change_and_only_then(subject: &Subject) {
    let backend = &*subject.backend;
    assert_eq!(backend.revision(), 0);
    let first = put(backend, b"a", b"1").await;
    let second = put(backend, b"b", b"1").await;
    // The same value again is a change: its revision is what others compare with.
    let third = put(backend, b"a", b"1").await;
    assert!(0 < first && first < second && second < third);
    assert_eq!(get(backend, b"b").await.unwrap().1, second);
    assert_eq!(get(backend, b"a").await.unwrap().1, third);

    let nothing = backend.commit(Vec::new(), Vec::new()).await.unwrap();
    let absent = vec![Write::delete(b"never there")];
    let still_nothing = backend.commit(Vec::new(), absent).await.unwrap();
    assert_eq!((nothing, still_nothing), (third, third));
    let removed = vec![Write::delete(b"b")];
    assert!(backend.commit(Vec::new(), removed).await.unwrap() > third);
}

async fn preconditions_hold_or_nothing_happens(subject: &Subject) {
    let backend = &*subject.backend;
    let revision = put(backend, b"a", b"1").await;
    let check = async |conditions: Vec<Precondition>, conflict: Option<&[u8]>| {
        let before = backend.revision();
        let writes = vec![Write::put(b"new", &b"x"[..]), Write::delete(b"other")];
        let answer = backend.commit(conditions, writes).await;
        match conflict {
            None => {
                answer.unwrap();
                let gone = vec![Write::delete(b"new")];
                backend.commit(Vec::new(), gone).await.unwrap();
            }
            Some(key) => {
                let key = key.to_vec();
                assert_eq!(answer, Err(StoreError::Conflict { key }));
                assert_eq!(get(backend, b"new").await, None);
                assert_eq!(backend.revision(), before);
            }
        }
    };
    check(vec![Precondition::unchanged(b"a", revision)], None).await;
    check(vec![Precondition::absent(b"b")], None).await;
    check(vec![Precondition::absent(b"a")], Some(b"a")).await;
    check(vec![Precondition::unchanged(b"b", revision)], Some(b"b")).await;
    check(
        vec![Precondition::unchanged(b"a", revision + 1)],
        Some(b"a"),
    )
    .await;
    let first_that_fails = vec![
        Precondition::unchanged(b"a", revision),
        Precondition::unchanged(b"c", 1),
        Precondition::absent(b"a"),
    ];
    check(first_that_fails, Some(b"c")).await;

    // Without writes, a commit is a question about several rows at one moment.
    let question = vec![Precondition::unchanged(b"a", revision)];
    assert!(backend.commit(question, Vec::new()).await.is_ok());
    put(backend, b"a", b"2").await;
    let question = vec![Precondition::unchanged(b"a", revision)];
    assert!(backend.commit(question, Vec::new()).await.is_err());
}

async fn a_commit_happens_whole(subject: &Subject) {
    let backend = &*subject.backend;
    put(backend, b"old", b"1").await;
    let writes = vec![
        Write::put(b"a", &b"1"[..]),
        Write::put(b"b", &b"2"[..]),
        Write::delete(b"old"),
    ];
    let revision = backend.commit(Vec::new(), writes).await.unwrap();
    let page = backend.scan(KeyRange::all(), 10).await.unwrap();
    let rows: Vec<_> = page
        .rows
        .iter()
        .map(|row| (&row.key[..], row.revision))
        .collect();
    assert_eq!(rows, [(&b"a"[..], revision), (b"b", revision)]);
}

async fn a_range_comes_in_key_order_and_in_pages(subject: &Subject) {
    let backend = &*subject.backend;
    let all: [&[u8]; 7] = [b"a", b"a/", b"a/1", b"a/2", b"a0", b"b", b"\xff\xff"];
    for key in [5, 2, 0, 6, 3, 1, 4] {
        put(backend, all[key], b"v").await;
    }
    assert_eq!(
        keys(backend, KeyRange::all(), 100).await,
        (owned(&all), false)
    );
    let inside = KeyRange::prefix(b"a/".to_vec());
    assert_eq!(keys(backend, inside.clone(), 9).await.0, owned(&all[1..4]));
    assert_eq!(
        keys(backend, inside.clone(), 2).await,
        (owned(&all[1..3]), true)
    );
    assert_eq!(
        keys(backend, inside.clone(), 3).await,
        (owned(&all[1..4]), false)
    );
    assert_eq!(keys(backend, inside.clone(), 0).await, (Vec::new(), true));
    let rest = inside.clone().after(b"a/1");
    assert_eq!(keys(backend, rest, 9).await, (owned(&all[3..4]), false));
    let done = inside.after(b"a/2");
    assert_eq!(keys(backend, done, 9).await, (Vec::new(), false));
    let between = KeyRange::between(&b"a/"[..], &b"a0"[..]);
    assert_eq!(keys(backend, between, 9).await.0, owned(&all[1..4]));
    let none = KeyRange::between(&b"b"[..], &b"a"[..]);
    assert_eq!(keys(backend, none, 9).await, (Vec::new(), false));
    let last = KeyRange::prefix(b"\xff".to_vec());
    assert_eq!(
        keys(backend, last, usize::MAX).await,
        (owned(&all[6..]), false)
    );
}

fn owned(keys: &[&[u8]]) -> Vec<Vec<u8>> {
    keys.iter().map(|key| key.to_vec()).collect()
}

async fn limits_are_refused_before_anything_happens(subject: &Subject) {
    let backend = &*subject.backend;
    let put_one = |key: usize, value: usize| vec![Write::put(vec![b'k'; key], vec![0; value])];
    let many = |count: usize| -> Vec<Write> {
        let key = |number: usize| number.to_string().into_bytes();
        (0..count)
            .map(|number| Write::put(key(number), &b""[..]))
            .collect()
    };
    let conditions = |count: usize| vec![Precondition::absent(b"x"); count];

    let fits = async |conditions, writes| {
        backend.commit(conditions, writes).await.unwrap();
    };
    fits(Vec::new(), put_one(KEY_BYTES, VALUE_BYTES)).await;
    fits(conditions(128), many(128)).await;
    let before = (
        backend.revision(),
        keys(backend, KeyRange::all(), SCAN_ROWS).await,
    );

    let refused = async |conditions, writes| {
        let answer = backend.commit(conditions, writes).await;
        assert!(
            matches!(answer, Err(StoreError::Limit { .. })),
            "{answer:?}"
        );
    };
    refused(Vec::new(), put_one(KEY_BYTES + 1, 1)).await;
    refused(Vec::new(), put_one(0, 1)).await;
    refused(Vec::new(), put_one(1, VALUE_BYTES + 1)).await;
    refused(Vec::new(), many(129)).await;
    refused(conditions(129), many(1)).await;
    refused(vec![Precondition::absent(Vec::new())], Vec::new()).await;
    refused(
        vec![Precondition::absent(vec![0; KEY_BYTES + 1])],
        Vec::new(),
    )
    .await;
    let halves = [b"a", b"b"].map(|key| Write::put(key, vec![0; COMMIT_BYTES / 2]));
    refused(Vec::new(), halves.to_vec()).await;
    let twice = vec![Write::put(b"x", &b"1"[..]), Write::delete(b"x")];
    refused(Vec::new(), twice).await;
    let after = (
        backend.revision(),
        keys(backend, KeyRange::all(), SCAN_ROWS).await,
    );
    assert_eq!(before, after);
}

async fn a_watch_tells_every_later_change_once_and_in_order(subject: &Subject) {
    let backend = &*subject.backend;
    let before = backend.revision();
    put(backend, b"a", b"1").await;
    let known = put(backend, b"a", b"2").await;
    let mut from_start = backend.watch(before).unwrap();
    let mut from_known = backend.watch(known).unwrap();
    let writes = vec![
        Write::put(b"b", &b"3"[..]),
        Write::delete(b"a"),
        Write::delete(b"never there"),
    ];
    let last = backend.commit(Vec::new(), writes).await.unwrap();
    let expected = vec![
        (b"b".to_vec(), Some(Bytes::from_static(b"3"))),
        (b"a".to_vec(), None),
    ];

    let change = from_known.next().await.unwrap();
    assert_eq!((change.revision, change.changes), (last, expected));
    let mut revisions = Vec::new();
    for _ in 0..3 {
        revisions.push(from_start.next().await.unwrap().revision);
    }
    assert_eq!(revisions, [known - 1, known, last]);

    // Nothing more comes until something happens, and then it comes.
    let waiting = tokio::spawn(async move { from_known.next().await.unwrap().revision });
    tokio::task::yield_now().await;
    assert!(!waiting.is_finished());
    let later = put(backend, b"c", b"4").await;
    assert_eq!(waiting.await.unwrap(), later);
}

async fn a_watch_from_before_the_kept_history_is_refused(subject: &Subject) {
    let backend = &*subject.backend;
    let start = backend.revision();
    let mut slow = backend.watch(start).unwrap();
    let value = Bytes::from(vec![7; VALUE_BYTES / 4]);
    for _ in 0..6 {
        let write = Write::put(b"a", value.clone());
        backend.commit(Vec::new(), vec![write]).await.unwrap();
    }
    assert!(matches!(backend.watch(start), Err(StoreError::Compacted)));
    assert_eq!(slow.next().await, Err(StoreError::Compacted));
    assert!(backend.watch(backend.revision()).is_ok());
}

async fn of_racing_commits_exactly_one_wins_each_round(subject: &Subject) {
    const CALLERS: u64 = 16;
    const ROUNDS: u64 = 10;
    let mut callers = tokio::task::JoinSet::new();
    for _ in 0..CALLERS {
        let backend = Arc::clone(&subject.backend);
        callers.spawn(async move {
            let mut won = 0;
            while won < ROUNDS {
                let row = backend.get(b"counter").await.unwrap();
                let count = row.as_ref().map_or(0, |row| {
                    std::str::from_utf8(&row.value)
                        .unwrap()
                        .parse::<u64>()
                        .unwrap()
                });
                let condition = Precondition {
                    key: b"counter".to_vec(),
                    expected: row.map(|row| row.revision),
                };
                let write = Write::put(b"counter", (count + 1).to_string());
                match backend.commit(vec![condition], vec![write]).await {
                    Ok(_) => won += 1,
                    Err(StoreError::Conflict { .. }) => tokio::task::yield_now().await,
                    Err(error) => panic!("{error}"),
                }
            }
        });
    }
    callers.join_all().await;
    let (value, _) = get(&*subject.backend, b"counter").await.unwrap();
    assert_eq!(value, (CALLERS * ROUNDS).to_string());
}

async fn a_change_is_known_to_readers_and_watchers_when_its_commit_returns(subject: &Subject) {
    let backend = &*subject.backend;
    for _ in 0..50 {
        let mut watch = backend.watch(backend.revision()).unwrap();
        let revision = put(backend, b"a", b"1").await;
        assert_eq!(backend.revision(), revision);
        assert_eq!(get(backend, b"a").await.unwrap().1, revision);
        // Polled once, without waiting.
        let mut next = std::pin::pin!(watch.next());
        let known = std::future::poll_fn(|context| {
            std::task::Poll::Ready(Future::poll(next.as_mut(), context))
        });
        assert!(
            matches!(known.await, std::task::Poll::Ready(Ok(change)) if change.revision == revision)
        );
    }
}

#[tokio::test]
async fn a_watch_ends_when_the_store_is_closed() {
    for subject in [memory(), embedded()] {
        let mut watch = subject.backend.watch(0).unwrap();
        let last = put(&*subject.backend, b"a", b"1").await;
        drop(subject);
        assert_eq!(watch.next().await.unwrap().revision, last);
        assert_eq!(watch.next().await, Err(StoreError::Closed));
    }
}

/// One step of a random history.
#[derive(Clone, Debug)]
enum Step {
    Commit {
        conditions: Vec<(u8, Condition)>,
        writes: BTreeMap<u8, Option<u8>>,
    },
    Scan {
        start: u8,
        end: Option<u8>,
        limit: usize,
    },
    Reopen,
}

#[derive(Clone, Copy, Debug)]
enum Condition {
    Absent,
    AsItIs,
    AtRevision(Revision),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let condition = prop_oneof![
        Just(Condition::Absent),
        Just(Condition::AsItIs),
        (0..20_u64).prop_map(Condition::AtRevision),
    ];
    let key = 0..8_u8;
    let commit = (
        prop::collection::vec((key.clone(), condition), 0..3),
        prop::collection::btree_map(key.clone(), prop::option::weighted(0.7, any::<u8>()), 0..4),
    )
        .prop_map(|(conditions, writes)| Step::Commit { conditions, writes });
    let scan = (key.clone(), prop::option::of(key), 0..10_usize)
        .prop_map(|(start, end, limit)| Step::Scan { start, end, limit });
    prop::collection::vec(
        prop_oneof![6 => commit, 3 => scan, 1 => Just(Step::Reopen)],
        1..40,
    )
}

type Model = BTreeMap<Vec<u8>, (Bytes, Revision)>;

/// Plays a history on a back end and on a map, and compares every answer.
async fn agrees_with_a_map(
    steps: Vec<Step>,
    mut backend: Arc<dyn Backend>,
    reopen: impl Fn(Arc<dyn Backend>) -> Arc<dyn Backend>,
) {
    let mut model = Model::new();
    let mut revision: Revision = 0;
    for step in steps {
        match step {
            Step::Commit { conditions, writes } => {
                let current = |key: u8| model.get(&vec![key]).map(|row| row.1);
                let conditions: Vec<_> = conditions
                    .into_iter()
                    .map(|(key, condition)| Precondition {
                        key: vec![key],
                        expected: match condition {
                            Condition::Absent => None,
                            Condition::AsItIs => current(key),
                            Condition::AtRevision(revision) => Some(revision),
                        },
                    })
                    .collect();
                let fails = conditions
                    .iter()
                    .find(|condition| {
                        model.get(&condition.key).map(|row| row.1) != condition.expected
                    })
                    .map(|condition| condition.key.clone());
                let list = writes.iter().map(|(key, value)| match value {
                    Some(value) => Write::put([*key], vec![*value]),
                    None => Write::delete([*key]),
                });
                let answer = backend.commit(conditions, list.collect()).await;
                if let Some(key) = fails {
                    assert_eq!(answer, Err(StoreError::Conflict { key }));
                    continue;
                }
                let changes = writes
                    .iter()
                    .any(|(key, value)| value.is_some() || model.contains_key(&vec![*key]));
                revision += u64::from(changes);
                assert_eq!(answer, Ok(revision));
                for (key, value) in writes {
                    match value {
                        Some(value) => {
                            model.insert(vec![key], (Bytes::from(vec![value]), revision));
                        }
                        None => {
                            model.remove(&vec![key]);
                        }
                    }
                }
            }
            Step::Scan { start, end, limit } => {
                let range = match end {
                    Some(end) => KeyRange::between([start], [end]),
                    None => KeyRange::all().after(&[start]),
                };
                let inside = |key: &[u8]| match end {
                    Some(end) => key >= &[start][..] && key < &[end][..],
                    None => key > &[start][..],
                };
                let all: Vec<_> = model.iter().filter(|(key, _)| inside(key)).collect();
                let page = backend.scan(range, limit).await.unwrap();
                assert_eq!(page.more, all.len() > limit);
                let expected = all.into_iter().take(limit);
                let found = page
                    .rows
                    .iter()
                    .map(|row| (&row.key, (&row.value, row.revision)));
                assert!(found.eq(expected.map(|(key, row)| (key, (&row.0, row.1)))));
            }
            Step::Reopen => backend = reopen(backend),
        }
        assert_eq!(backend.revision(), revision);
    }
}

fn block_on(future: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(future);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn memory_agrees_with_a_map(steps in steps()) {
        block_on(agrees_with_a_map(steps, Arc::new(Memory::new()), |backend| backend));
    }

    #[test]
    fn embedded_agrees_with_a_map_and_so_it_does_when_reopened(steps in steps()) {
        let folder = Scratch::new();
        let path = folder.path().join("store.sqlite");
        let open = || -> Arc<dyn Backend> { Arc::new(Embedded::open(&path).unwrap()) };
        block_on(agrees_with_a_map(steps, open(), |backend| {
            drop(backend);
            open()
        }));
    }
}
