//! What `harden` says it did, asked of the kernel. A file of its own, because it changes the
//! process it runs in.
#![cfg(target_os = "linux")]

use strongroom_crypto::{harden, memory_status};

#[test]
fn a_hardened_process_leaves_no_core_gains_no_privileges_and_bears_full_files() {
    // Privileges belong to a thread and are inherited, so this asks about the calling one.
    let status_field = |name: &str| {
        let status = std::fs::read_to_string("/proc/thread-self/status").unwrap();
        let line = status.lines().find(|line| line.starts_with(name)).unwrap();
        line.trim_start_matches(name).trim().to_owned()
    };

    let report = harden().with_memory_locked();
    assert!(report.not_dumpable);
    assert!(report.no_core_files);
    assert!(report.no_new_privileges);
    assert_eq!(status_field("NoNewPrivs:"), "1");

    // SIGXFSZ, signal 25, which a write beyond the limit on the size of files raises.
    assert!(report.full_files_are_errors);
    let ignored = u64::from_str_radix(&status_field("SigIgn:"), 16).unwrap();
    assert_ne!(ignored & (1 << 24), 0);

    let limits = std::fs::read_to_string("/proc/self/limits").unwrap();
    let core = limits
        .lines()
        .find(|line| line.starts_with("Max core file size"))
        .unwrap();
    assert_eq!(core.split_whitespace().nth(4), Some("0"), "{core}");

    // Where everything is locked, what is touched from now on counts as locked.
    if report.all_memory_locked {
        let touched = vec![1u8; 1 << 20];
        assert_ne!(status_field("VmLck:"), "0 kB");
        assert_eq!(touched.len(), 1 << 20);
    }
    assert!(memory_status().slab_bytes > 0);
}
