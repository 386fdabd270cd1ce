//! What the process uses, by the names that Prometheus's own clients give it.
//!
//! Linux: proc_pid_stat(5). Elsewhere there is no such table, and these lines are absent.

use std::time::Duration;

use super::sheet::{
    Kind::{Counter, Gauge},
    Sheet,
};
use crate::http::open_files_limit;

/// What `/proc/self/stat` says, in ticks and pages.
#[derive(Debug, PartialEq, Eq)]
struct Stat {
    cpu_ticks: u64,
    threads: u64,
    virtual_bytes: u64,
    resident_pages: u64,
}

impl Stat {
    /// Reads the line. The name of the program stands in brackets and may have any characters.
    fn parse(line: &str) -> Option<Self> {
        let (_, after) = line.rsplit_once(')')?;
        let fields: Vec<&str> = after.split_whitespace().collect();
        // The first field after the name is the third of the manual page.
        let field = |number: usize| fields.get(number - 3)?.parse::<u64>().ok();
        Some(Self {
            cpu_ticks: field(14)?.checked_add(field(15)?)?,
            threads: field(20)?,
            virtual_bytes: field(23)?,
            resident_pages: field(24)?,
        })
    }
}

pub(super) fn write(sheet: &mut Sheet<'_>, started: f64) {
    let name = "process_start_time_seconds";
    sheet.single(name, Gauge, "When the process began to serve.", started);
    let line = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    if let Some(stat) = Stat::parse(&line) {
        let ticks = rustix::param::clock_ticks_per_second().max(1);
        let rest = stat.cpu_ticks % ticks * 1_000_000_000 / ticks;
        let used = Duration::from_secs(stat.cpu_ticks / ticks) + Duration::from_nanos(rest);
        sheet.single(
            "process_cpu_seconds_total",
            Counter,
            "Processor time, of the system too.",
            used.as_secs_f64(),
        );
        let page_bytes = u64::try_from(rustix::param::page_size()).unwrap_or(4096);
        sheet.single(
            "process_resident_memory_bytes",
            Gauge,
            "Memory that is resident.",
            stat.resident_pages.saturating_mul(page_bytes),
        );
        sheet.single(
            "process_virtual_memory_bytes",
            Gauge,
            "Memory that is mapped.",
            stat.virtual_bytes,
        );
        sheet.single("process_threads", Gauge, "Threads.", stat.threads);
    }
    if let Ok(files) = std::fs::read_dir("/proc/self/fd") {
        // One of them is the folder that is being read.
        let open = files.count().saturating_sub(1);
        sheet.single("process_open_fds", Gauge, "Files that are open.", open);
    }
    if let Some(most) = open_files_limit() {
        let name = "process_max_fds";
        sheet.single(name, Gauge, "Files that may be open.", most);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_the_process_is_read_whatever_its_name_is() {
        let line = "7 (a) b (c) S 1 7 7 0 -1 4194304 9 0 0 0 150 25 0 0 20 0 6 0 999 5000 42 1";
        let expected = Stat {
            cpu_ticks: 175,
            threads: 6,
            virtual_bytes: 5000,
            resident_pages: 42,
        };
        assert_eq!(Stat::parse(line), Some(expected));
        assert_eq!(Stat::parse("7 (a) S 1"), None);
    }
}
