//! Process hygiene: what the whole process does so that no secret leaves it sideways.
#![expect(
    unsafe_code,
    reason = "prctl, setrlimit, signal, mlockall and sched_setattr have no safe interface; each block says why it is sound"
)]

/// What was achieved. The server decides what it can do without.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Hardening {
    /// No core dump, no attaching by the same user, `/proc/self` readable by root only.
    pub not_dumpable: bool,
    /// The limit on core files is zero.
    pub no_core_files: bool,
    /// No program started from here gains privileges.
    pub no_new_privileges: bool,
    /// A file that may not grow any more is an error, and not the end of the process.
    pub full_files_are_errors: bool,
    /// Every page of the process stays in memory once it is used.
    pub all_memory_locked: bool,
    /// Some swap is on, so that pages which are not locked may reach a disk.
    pub swap_on: bool,
}

/// Hardens this process. Called once, before any secret is read and before threads start.
///
/// Nothing here fails: what the system refuses is reported.
#[must_use]
pub fn harden() -> Hardening {
    Hardening {
        swap_on: swap_is_on(),
        ..harden_memory()
    }
}

impl Hardening {
    /// Keeps every page of this process in memory once it is used, as far as that is possible:
    /// only where the limit allows any amount, because under a smaller limit a later allocation
    /// would fail.
    #[must_use]
    pub fn with_memory_locked(self) -> Self {
        Self {
            all_memory_locked: lock_all_memory(),
            ..self
        }
    }
}

/// Lets this thread give way to others: it gets less time by its niceness, up to 19, and what
/// it gets in pieces of a tenth of a millisecond, so that whoever has something short to do waits
/// no longer than that for its processor. False where the system cannot do it.
///
/// Linux: sched(7), "The nice value"; sched_setattr(2). Before Linux 6.12 the pieces are the
/// system's.
#[must_use]
pub fn give_way(niceness: i32) -> bool {
    give_way_on_this_system(niceness)
}

#[cfg(target_os = "linux")]
fn give_way_on_this_system(niceness: i32) -> bool {
    let attributes = libc::sched_attr {
        size: size_of::<libc::sched_attr>().try_into().unwrap_or_default(),
        sched_policy: 0, // SCHED_OTHER
        sched_flags: 0,
        sched_nice: niceness,
        sched_priority: 0,
        sched_runtime: 100_000,
        sched_deadline: 0,
        sched_period: 0,
    };
    // SAFETY: the call reads as many bytes as `size` says, which is the structure, sets
    // attributes of this thread (number zero), and keeps no pointer.
    let done = unsafe { libc::syscall(libc::SYS_sched_setattr, 0, &raw const attributes, 0) };
    done == 0
}

#[cfg(not(target_os = "linux"))]
fn give_way_on_this_system(_niceness: i32) -> bool {
    false
}

/// Whether some swap is on. Unknown counts as on.
#[must_use]
pub fn swap_is_on() -> bool {
    // The first line is a heading; each one after it is an area.
    std::fs::read_to_string("/proc/swaps").map_or(true, |swaps| swaps.lines().count() > 1)
}

#[cfg(target_os = "linux")]
fn harden_memory() -> Hardening {
    let none = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: these set attributes of this process, read only the values and the one structure
    // passed to them, and touch no memory of ours. No handler is installed: the signal is
    // ignored.
    unsafe {
        Hardening {
            not_dumpable: libc::prctl(libc::PR_SET_DUMPABLE, 0, 0, 0, 0) == 0,
            no_core_files: libc::setrlimit(libc::RLIMIT_CORE, &raw const none) == 0,
            no_new_privileges: libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0,
            full_files_are_errors: libc::signal(libc::SIGXFSZ, libc::SIG_IGN) != libc::SIG_ERR,
            ..Hardening::default()
        }
    }
}

#[cfg(target_os = "linux")]
fn lock_all_memory() -> bool {
    // SAFETY: sets an attribute of this process and touches no memory of ours.
    any_memory_may_be_locked()
        && unsafe { libc::mlockall(libc::MCL_CURRENT | libc::MCL_FUTURE | libc::MCL_ONFAULT) == 0 }
}

#[cfg(not(target_os = "linux"))]
fn lock_all_memory() -> bool {
    false
}

/// Systems that this module does not know are left as they are.
#[cfg(not(target_os = "linux"))]
fn harden_memory() -> Hardening {
    Hardening::default()
}

/// Raises the limit on locked memory as far as it goes, and tells whether that is without end.
#[cfg(target_os = "linux")]
fn any_memory_may_be_locked() -> bool {
    let mut limit = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: writes to and then reads from the one structure that is passed.
    unsafe {
        if libc::getrlimit(libc::RLIMIT_MEMLOCK, &raw mut limit) != 0 {
            return false;
        }
        limit.rlim_cur = limit.rlim_max;
        libc::setrlimit(libc::RLIMIT_MEMLOCK, &raw const limit);
    }
    limit.rlim_max == libc::RLIM_INFINITY || has_capability_ipc_lock()
}

/// Whether the process may lock memory beyond its limit. Linux: capabilities(7), `CAP_IPC_LOCK`.
#[cfg(target_os = "linux")]
fn has_capability_ipc_lock() -> bool {
    const CAP_IPC_LOCK: u64 = 1 << 14;
    std::fs::read_to_string("/proc/self/status")
        .ok()
        .and_then(|status| {
            let line = status
                .lines()
                .find_map(|line| line.strip_prefix("CapEff:"))?;
            u64::from_str_radix(line.trim(), 16).ok()
        })
        .is_some_and(|effective| effective & CAP_IPC_LOCK != 0)
}
