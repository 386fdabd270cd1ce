//! The heap of the process, wiped as it is given back.
//!
//! Secrets of ours wipe themselves. What they leave behind in the buffers of libraries (of HTTP,
//! of TLS, of JSON) is nobody's to wipe but the allocator's: with [`WipingHeap`] as the global
//! one, memory that is given back holds nothing any more. C libraries bring their own heaps:
//! aws-lc wipes what it frees, SQLite holds secrets only wrapped.
#![expect(
    unsafe_code,
    reason = "an allocator has no safe interface; each block says why it is sound"
)]

use std::{
    alloc::{GlobalAlloc, Layout, System},
    ptr,
};

/// The system's allocator, wiping what it gets back.
///
/// ```
/// #[global_allocator]
/// static HEAP: strongroom_crypto::WipingHeap = strongroom_crypto::WipingHeap;
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct WipingHeap;

// SAFETY: every block comes from `System` under the layout that it goes back with, so what
// `System` promises holds for it; nothing here panics or allocates by itself.
unsafe impl GlobalAlloc for WipingHeap {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller keeps the contract of `alloc`, which is the same.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller keeps the contract of `alloc_zeroed`, which is the same.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the caller gives up a block of this size, so nobody else looks at it, and
        // `System` made it under this layout.
        unsafe {
            wipe(block, layout.size());
            System.dealloc(block, layout);
        }
    }

    /// Always a new block: the system's own `realloc` would leave the old one behind as it is.
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        // SAFETY: the caller promises that `new_size`, rounded up to the alignment, does not
        // overflow `isize`, and the alignment is that of a layout already.
        let larger = unsafe { Layout::from_size_align_unchecked(new_size, layout.align()) };
        // SAFETY: `new_size` is not zero, as the caller promises.
        let moved = unsafe { System.alloc(larger) };
        if !moved.is_null() {
            // SAFETY: both blocks are at least as long as what is copied, and they are
            // different ones since both are alive. After that the old one is given up, as in
            // `dealloc`. Without a new block the old one stays as it is, as the contract wants.
            unsafe {
                ptr::copy_nonoverlapping(block, moved, layout.size().min(new_size));
                self.dealloc(block, layout);
            }
        }
        moved
    }
}

/// Overwrites memory with zeros in a way that the compiler keeps although nobody looks at it
/// again.
///
/// # Safety
/// So many bytes from `block` on must be the caller's to write.
unsafe fn wipe(block: *mut u8, bytes: usize) {
    #[cfg(target_os = "linux")]
    // SAFETY: as for this function. The C library promises to keep this write.
    unsafe {
        libc::explicit_bzero(block.cast(), bytes);
    }
    #[cfg(not(target_os = "linux"))]
    // SAFETY: as for this function; memory that may be uninitialised is `MaybeUninit`.
    unsafe {
        use zeroize::Zeroize as _;
        std::slice::from_raw_parts_mut(block.cast::<std::mem::MaybeUninit<u8>>(), bytes).zeroize();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(bytes: usize) -> Layout {
        Layout::from_size_align(bytes, 16).unwrap()
    }

    #[test]
    fn what_is_wiped_is_zeros() {
        let mut block = [0xa5u8; 100];
        // SAFETY: these are bytes of the array above.
        unsafe { wipe(block.as_mut_ptr().add(1), 98) };
        assert_eq!((block[0], block[99]), (0xa5, 0xa5));
        assert!(block[1..99].iter().all(|byte| *byte == 0));
    }

    #[test]
    fn a_block_keeps_its_content_when_it_grows_and_when_it_shrinks() {
        // SAFETY: layouts are not empty, each block is used within its size and given back once
        // under the layout that it has.
        unsafe {
            let block = WipingHeap.alloc(layout(64));
            block.write_bytes(7, 64);
            let grown = WipingHeap.realloc(block, layout(64), 100_000);
            assert!((0..64).all(|at| *grown.add(at) == 7));
            let shrunk = WipingHeap.realloc(grown, layout(100_000), 10);
            assert!((0..10).all(|at| *shrunk.add(at) == 7));
            WipingHeap.dealloc(shrunk, layout(10));
            let zeroed = WipingHeap.alloc_zeroed(layout(4096));
            assert!((0..4096).all(|at| *zeroed.add(at) == 0));
            WipingHeap.dealloc(zeroed, layout(4096));
        }
    }
}
