//! `strongroom`: see `strongroom --help`.

use std::process::ExitCode;

use strongroom_crypto::WipingHeap;

/// Whatever any library put on the heap is wiped when it is given back.
#[global_allocator]
static HEAP: WipingHeap = WipingHeap;

fn main() -> ExitCode {
    strongroom::commands::main()
}
