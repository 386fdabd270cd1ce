//! A process that commits is killed at any moment: what it was told is there, and nothing is
//! half there.
//!
//! The killed process is this program again. Four writers in it commit as fast as the store
//! lets them and say on standard output what was acknowledged. Each commit moves the rows of its
//! writer and one row that all of them share, so that what is left of a commit that came only in
//! part would show.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test fails where it goes wrong"
)]

mod common;

use std::{
    io::{BufRead as _, BufReader, Write as _},
    path::Path,
    process::{Command, Stdio},
    sync::Arc,
    time::{Duration, Instant, SystemTime},
};

use common::Scratch;
use strongroom_store::{Backend, Embedded, KeyRange, Precondition, Revision, StoreError, Write};

/// How often the process is killed, unless time runs out first.
const ROUNDS: usize = 60;
const TIME: Duration = Duration::from_secs(25);
const WRITERS: usize = 4;
/// How many entries of its log a writer keeps.
const KEPT: u64 = 24;
const SHARED: &str = "shared";

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [_, "commit-until-killed", path] => commit_until_killed(Path::new(path)),
        // What the harness of other tests would answer to those who ask what there is to run.
        [_, ref options @ ..] if options.contains(&"--list") => {
            println!("killed_at_any_moment: test");
        }
        _ => killed_at_any_moment(),
    }
}

fn killed_at_any_moment() {
    let folder = Scratch::new();
    let path = folder.path().join("store.sqlite");
    let begun = Instant::now();
    let mut random = u64::from(SystemTime::UNIX_EPOCH.elapsed().unwrap().subsec_nanos()) | 1;
    let mut acknowledged = [0; WRITERS];
    let (mut revision, mut rounds, mut commits) = (0, 0, 0);
    while rounds < ROUNDS && begun.elapsed() < TIME {
        // xorshift: any moment will do, and which one is printed when it fails.
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let alive = Duration::from_micros(random % 120_000);
        let told = run_and_kill(&path, alive);
        for (writer, number, at) in &told {
            assert!(*number > acknowledged[*writer], "told twice");
            acknowledged[*writer] = *number;
            revision = revision.max(*at);
        }
        commits += told.len();
        rounds += 1;
        let at = format!("round {rounds}, killed after {alive:?}");
        acknowledged = check(&path, acknowledged, revision, &at);
    }
    assert!(rounds >= 5, "only {rounds} rounds in {TIME:?}");
    assert!(commits > rounds * WRITERS, "hardly any commits: {commits}");
    println!("killed_at_any_moment: ok, {rounds} rounds, {commits} commits");
}

/// Starts the process, kills it a while after its first commit, and gives what it said: which
/// writer was acknowledged which number at which revision.
fn run_and_kill(path: &Path, alive: Duration) -> Vec<(usize, u64, Revision)> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .arg("commit-until-killed")
        .arg(path)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(child.stdout.take().unwrap());
    let mut first = String::new();
    said.read_line(&mut first).unwrap();
    let reading = std::thread::spawn(move || {
        let mut lines = vec![first];
        // The last line may have been cut off in the middle; nobody was told then.
        while let Some(line) = next_whole_line(&mut said) {
            lines.push(line);
        }
        lines
    });
    std::thread::sleep(alive);
    child.kill().unwrap();
    let ended = child.wait().unwrap();
    assert_eq!(ended.code(), None, "it ended by itself");
    let parse = |line: &String| {
        let mut numbers = line
            .split_whitespace()
            .map(|part| part.parse::<u64>().unwrap());
        let writer = usize::try_from(numbers.next().unwrap()).unwrap();
        (writer, numbers.next().unwrap(), numbers.next().unwrap())
    };
    reading.join().unwrap().iter().map(parse).collect()
}

fn next_whole_line(said: &mut impl std::io::BufRead) -> Option<String> {
    let mut line = String::new();
    said.read_line(&mut line).unwrap();
    line.ends_with('\n').then_some(line)
}

/// Opens what was left and looks at every row. Gives how far each writer came.
fn check(
    path: &Path,
    acknowledged: [u64; WRITERS],
    revision: Revision,
    at: &str,
) -> [u64; WRITERS] {
    let store = Embedded::open(path).unwrap();
    assert!(store.revision() >= revision, "{at}: the store went back");
    runtime().block_on(async {
        let mut found = [0; WRITERS];
        let mut rows = 0;
        for (writer, found) in found.iter_mut().enumerate() {
            let here = number(&store, &format!("writer/{writer}/here")).await;
            let there = number(&store, &format!("writer/{writer}/there")).await;
            assert_eq!(here, there, "{at}: half a commit of writer {writer}");
            let told = acknowledged[writer];
            // One commit may have been made that nobody was told of any more.
            assert!(
                (told..=told + 1).contains(&here),
                "{at}: {here}, not {told} of {writer}"
            );
            let log = KeyRange::prefix(format!("writer/{writer}/log/"));
            let log = store.scan(log, 1000).await.unwrap().rows;
            let expected: Vec<Vec<u8>> = (here.saturating_sub(KEPT) + 1..=here)
                .map(|number| log_key(writer, number).into_bytes())
                .collect();
            let kept: Vec<Vec<u8>> = log.into_iter().map(|row| row.key).collect();
            assert_eq!(kept, expected, "{at}: the log of writer {writer}");
            rows += kept.len() + if here == 0 { 0 } else { 2 };
            *found = here;
        }
        let shared = number(&store, SHARED).await;
        assert_eq!(
            shared,
            found.iter().sum::<u64>(),
            "{at}: what all of them count"
        );
        let all = store
            .scan(KeyRange::all(), 10_000)
            .await
            .unwrap()
            .rows
            .len();
        assert_eq!(all, rows + usize::from(shared > 0), "{at}: rows of nobody");
        found
    })
}

fn commit_until_killed(path: &Path) {
    let store = Arc::new(Embedded::open(path).unwrap());
    runtime().block_on(async {
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| tokio::spawn(write(writer, Arc::clone(&store))))
            .collect();
        for writer in writers {
            writer.await.unwrap();
        }
    });
}

async fn write(writer: usize, store: Arc<Embedded>) {
    let here = format!("writer/{writer}/here");
    let there = format!("writer/{writer}/there");
    loop {
        let number = number(&store, &here).await + 1;
        let shared = store.get(SHARED.as_bytes()).await.unwrap();
        let count = shared.as_ref().map_or(0, |row| read(&row.value)) + 1;
        let judged = Precondition {
            key: SHARED.into(),
            expected: shared.map(|row| row.revision),
        };
        let value = |number: u64| number.to_be_bytes().to_vec();
        let mut writes = vec![
            Write::put(here.as_bytes(), value(number)),
            Write::put(SHARED, value(count)),
            Write::put(log_key(writer, number), vec![7; 300]),
            Write::put(there.as_bytes(), value(number)),
        ];
        if let Some(old) = number.checked_sub(KEPT).filter(|old| *old > 0) {
            writes.push(Write::delete(log_key(writer, old)));
        }
        match store.commit(vec![judged], writes).await {
            Ok(revision) => {
                // One write of a short line to a pipe is whole or not there.
                let line = format!("{writer} {number} {revision}\n");
                std::io::stdout().write_all(line.as_bytes()).unwrap();
            }
            Err(StoreError::Conflict { .. }) => {}
            Err(error) => panic!("{error}"),
        }
    }
}

fn log_key(writer: usize, number: u64) -> String {
    format!("writer/{writer}/log/{number:012}")
}

async fn number(store: &Embedded, key: &str) -> u64 {
    let row = store.get(key.as_bytes()).await.unwrap();
    row.map_or(0, |row| read(&row.value))
}

fn read(value: &[u8]) -> u64 {
    u64::from_be_bytes(value.try_into().unwrap())
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap()
}
