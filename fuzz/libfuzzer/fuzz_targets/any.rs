//! Drives the target named by the environment variable `TARGET`.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use strongroom_fuzz::{TARGETS, Target};

static CHOSEN: LazyLock<&Target> = LazyLock::new(|| {
    let name = std::env::var("TARGET").expect("set TARGET to one of the targets");
    TARGETS.iter().find(|target| target.name == name).expect("no target has this name")
});

fuzz_target!(|bytes: &[u8]| (CHOSEN.run)(bytes));
