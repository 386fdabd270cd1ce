//! Locked memory: where the keys of this room live.
//!
//! One region of pages is mapped at first use and cut into slots of one size. Guard pages at its
//! ends turn a run past either end into a fault; the kernel is told to keep the region in memory
//! (`mlock2`), to leave it out of core dumps (`MADV_DONTDUMP`) and to hand a forked child zeros
//! (`MADV_WIPEONFORK`). A slot is wiped when its owner is dropped, and again is all zeros when it
//! is handed out.
//!
//! Where the region cannot be had, where it is full, and for secrets longer than a slot, secrets
//! live on the heap and are wiped there. Nothing is refused, but [`status`] tells, and the server
//! decides whether that is good enough.
#![expect(
    unsafe_code,
    reason = "memory from mmap has no safe interface; each block says why it is sound"
)]

use std::sync::{Mutex, OnceLock, PoisonError};

use zeroize::{Zeroize, Zeroizing};

use crate::CryptoError;

/// Bytes in a slot: a ready symmetric key is 64, the longest HMAC key 128.
const SLOT_BYTES: usize = 128;
/// Bytes that are tried, largest first, until the kernel locks so many. Pages are locked when
/// they are first touched, so an unused part costs an address and nothing else.
#[cfg(target_os = "linux")]
const SLAB_BYTES: [usize; 4] = [4 << 20, 1 << 20, 256 << 10, 32 << 10];

/// Where secrets live in this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemoryStatus {
    /// Bytes of the region, or zero when none could be mapped.
    pub slab_bytes: usize,
    /// Whether the kernel keeps the region out of swap.
    pub locked: bool,
    /// Whether the region is left out of core dumps and of forked children.
    pub private: bool,
    /// Secrets that live in the region now.
    pub slots_used: usize,
    /// Secrets that had to live on the heap since the process began.
    pub heap_fallbacks: u64,
}

/// Tells where secrets live, mapping the region if that has not happened.
#[must_use]
pub fn status() -> MemoryStatus {
    let slab = slab();
    let free = lock(&slab.free);
    MemoryStatus {
        slab_bytes: slab.slots * SLOT_BYTES,
        locked: slab.locked,
        private: slab.private,
        slots_used: free.untouched - free.returned.len(),
        heap_fallbacks: free.fallbacks,
    }
}

/// A few secret bytes with an owner: wiped when dropped, never copied, never printed.
pub(crate) struct LockedBytes {
    place: Place,
    length: usize,
}

enum Place {
    /// The slot with this number, which belongs to this value alone.
    Slot(usize),
    /// Ordinary memory, wiped when dropped.
    Heap(Zeroizing<Box<[u8]>>),
}

impl LockedBytes {
    /// So many zeros.
    fn zeroed(length: usize) -> Self {
        let slab = slab();
        let slot = if length <= SLOT_BYTES {
            lock(&slab.free).take(slab.slots)
        } else {
            None
        };
        let place = match slot {
            Some(slot) => Place::Slot(slot),
            None => {
                let mut free = lock(&slab.free);
                free.fallbacks = free.fallbacks.saturating_add(1);
                Place::Heap(Zeroizing::new(vec![0u8; length].into_boxed_slice()))
            }
        };
        Self { place, length }
    }

    /// So many bytes, written by `fill` where they will stay.
    pub(crate) fn filled(
        length: usize,
        fill: impl FnOnce(&mut [u8]) -> Result<(), CryptoError>,
    ) -> Result<Self, CryptoError> {
        let mut bytes = Self::zeroed(length);
        fill(bytes.bytes_mut())?;
        Ok(bytes)
    }

    /// A copy of bytes whose own wiping is their owner's affair.
    pub(crate) fn copy_of(bytes: &[u8]) -> Self {
        Self::joined(&[bytes])
    }

    /// The parts, one after another.
    pub(crate) fn joined(parts: &[&[u8]]) -> Self {
        let mut joined = Self::zeroed(parts.iter().map(|part| part.len()).sum());
        let from = parts.iter().flat_map(|part| part.iter());
        for (to, from) in joined.bytes_mut().iter_mut().zip(from) {
            *to = *from;
        }
        joined
    }

    /// Keeps the first `length` bytes and wipes the rest.
    pub(crate) fn truncate(&mut self, length: usize) {
        if let Some(rest) = self.bytes_mut().get_mut(length..) {
            rest.zeroize();
            self.length = self.length.min(length);
        }
    }

    /// Lends the bytes.
    pub(crate) fn bytes(&self) -> &[u8] {
        match &self.place {
            // SAFETY: `slot` was taken from the free list and is returned to it only when this
            // value is dropped, so no other value refers to these bytes; `address` is inside the
            // region, which stays mapped for the life of the process and began as zeros, so all
            // `length <= SLOT_BYTES` bytes are initialised. The borrow of `self` keeps writers
            // away.
            Place::Slot(slot) => unsafe {
                std::slice::from_raw_parts(slab().address(*slot), self.length)
            },
            Place::Heap(bytes) => bytes.get(..self.length).unwrap_or_default(),
        }
    }

    /// Lends the bytes for writing.
    pub(crate) fn bytes_mut(&mut self) -> &mut [u8] {
        match &mut self.place {
            // SAFETY: as in `bytes`; the exclusive borrow of `self` keeps other readers and
            // writers away.
            Place::Slot(slot) => unsafe {
                std::slice::from_raw_parts_mut(slab().address(*slot), self.length)
            },
            Place::Heap(bytes) => bytes.get_mut(..self.length).unwrap_or_default(),
        }
    }
}

impl Drop for LockedBytes {
    fn drop(&mut self) {
        if let Place::Slot(slot) = self.place {
            self.bytes_mut().zeroize();
            lock(&slab().free).give_back(slot);
        }
    }
}

/// The mapped region.
struct Slab {
    /// Address of the first slot; zero when there is no region and no slot.
    start: usize,
    slots: usize,
    locked: bool,
    private: bool,
    free: Mutex<Free>,
}

/// Which slots belong to nobody.
#[derive(Default)]
struct Free {
    /// Slots that were given back. The last one is handed out first, so that few pages are used.
    returned: Vec<usize>,
    /// Slots from here on were never handed out.
    untouched: usize,
    /// Secrets that found no slot.
    fallbacks: u64,
}

impl Free {
    fn take(&mut self, slots: usize) -> Option<usize> {
        if let Some(slot) = self.returned.pop() {
            return Some(slot);
        }
        let slot = self.untouched;
        (slot < slots).then(|| {
            self.untouched += 1;
            slot
        })
    }

    fn give_back(&mut self, slot: usize) {
        self.returned.push(slot);
    }
}

impl Slab {
    /// Address of a slot, which must be one that this slab has handed out.
    fn address(&self, slot: usize) -> *mut u8 {
        std::ptr::with_exposed_provenance_mut(self.start + slot * SLOT_BYTES)
    }

    /// No region: every secret goes to the heap.
    fn absent() -> Self {
        Self {
            start: 0,
            slots: 0,
            locked: false,
            private: false,
            free: Mutex::default(),
        }
    }

    /// The largest region that the kernel locks, or the largest one if it locks none.
    #[cfg(target_os = "linux")]
    fn map() -> Self {
        let [largest, ..] = SLAB_BYTES;
        SLAB_BYTES
            .iter()
            .find_map(|bytes| Self::map_bytes(*bytes, true))
            .or_else(|| Self::map_bytes(largest, false))
            .unwrap_or_else(Self::absent)
    }

    /// Memory is not locked on systems that this module does not know.
    #[cfg(not(target_os = "linux"))]
    fn map() -> Self {
        Self::absent()
    }

    /// Maps a region of so many bytes between two guard pages.
    #[cfg(target_os = "linux")]
    fn map_bytes(bytes: usize, must_lock: bool) -> Option<Self> {
        // SAFETY: asks for a constant of the system and touches no memory.
        let page = usize::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }).ok()?;
        let bytes = bytes.next_multiple_of(page);
        let whole = bytes + 2 * page;
        // SAFETY: a private anonymous mapping at an address of the kernel's choosing overlaps
        // nothing that exists. It is inaccessible until the next call.
        let base = unsafe {
            libc::mmap(
                std::ptr::null_mut(),
                whole,
                libc::PROT_NONE,
                libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
                -1,
                0,
            )
        };
        if base == libc::MAP_FAILED {
            return None;
        }
        // SAFETY: one page into a mapping that is longer than a page.
        let start = unsafe { base.byte_add(page) };
        // SAFETY: `start .. start + bytes` lies inside the mapping just made, which nothing else
        // refers to; so does everything that the calls below name. None of them frees memory.
        let (usable, locked, private) = unsafe {
            (
                libc::mprotect(start, bytes, libc::PROT_READ | libc::PROT_WRITE) == 0,
                libc::syscall(libc::SYS_mlock2, start, bytes, libc::MLOCK_ONFAULT) == 0,
                libc::madvise(start, bytes, libc::MADV_DONTDUMP) == 0
                    && libc::madvise(start, bytes, libc::MADV_WIPEONFORK) == 0,
            )
        };
        if !usable || (must_lock && !locked) {
            // SAFETY: the mapping was made above and no reference into it exists.
            unsafe { libc::munmap(base, whole) };
            return None;
        }
        Some(Self {
            start: start.expose_provenance(),
            slots: bytes / SLOT_BYTES,
            locked,
            private,
            free: Mutex::default(),
        })
    }
}

/// The region of this process, mapped at first use and never unmapped.
fn slab() -> &'static Slab {
    static SLAB: OnceLock<Slab> = OnceLock::new();
    SLAB.get_or_init(Slab::map)
}

/// The free list holds no secret and is never left half changed, so a panic elsewhere does not
/// spoil it.
fn lock(free: &Mutex<Free>) -> std::sync::MutexGuard<'_, Free> {
    free.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled_with(byte: u8, length: usize) -> LockedBytes {
        LockedBytes::filled(length, |bytes| {
            bytes.fill(byte);
            Ok(())
        })
        .unwrap()
    }

    #[test]
    fn a_slot_is_wiped_when_its_owner_goes_and_zero_when_handed_out() {
        // Other tests take and return slots meanwhile, so this looks at many.
        for byte in 1..=255 {
            assert_eq!(LockedBytes::zeroed(SLOT_BYTES).bytes(), [0; SLOT_BYTES]);
            assert_eq!(filled_with(byte, SLOT_BYTES).bytes(), [byte; SLOT_BYTES]);
        }
    }

    #[test]
    fn no_two_owners_share_a_slot() {
        std::thread::scope(|scope| {
            for thread in 0..4u8 {
                scope.spawn(move || {
                    for round in 0..200u8 {
                        let held: Vec<_> = (0..20u8)
                            .map(|at| filled_with(thread ^ round ^ at, 32 + usize::from(at)))
                            .collect();
                        for (at, bytes) in (0..20u8).zip(&held) {
                            assert!(bytes.bytes().iter().all(|b| *b == thread ^ round ^ at));
                            assert_eq!(bytes.bytes().len(), 32 + usize::from(at));
                        }
                    }
                });
            }
        });
    }

    #[test]
    fn what_is_too_long_for_a_slot_lives_on_the_heap_and_is_counted() {
        let before = status().heap_fallbacks;
        let long = filled_with(7, SLOT_BYTES + 1);
        assert!(matches!(long.place, Place::Heap(_)));
        assert_eq!(long.bytes(), [7; SLOT_BYTES + 1]);
        assert!(status().heap_fallbacks > before);
    }

    #[test]
    fn without_a_region_every_secret_finds_a_place_on_the_heap() {
        let absent = Slab::absent();
        assert_eq!(lock(&absent.free).take(absent.slots), None);
    }

    #[test]
    fn slots_run_out_and_come_back() {
        let mut free = Free::default();
        assert_eq!(
            (free.take(2), free.take(2), free.take(2)),
            (Some(0), Some(1), None)
        );
        free.give_back(0);
        assert_eq!((free.take(2), free.take(2)), (Some(0), None));
    }

    #[test]
    fn truncating_wipes_the_rest() {
        let mut bytes = filled_with(9, 48);
        bytes.truncate(32);
        assert_eq!(bytes.bytes(), [9; 32]);
        bytes.truncate(64);
        assert_eq!(bytes.bytes().len(), 32);
        bytes.length = 48;
        assert_eq!(bytes.bytes()[32..], [0; 16]);
    }

    #[test]
    fn a_failed_filling_leaves_nothing() {
        let failed = LockedBytes::filled(32, |_| Err(CryptoError::RandomUnavailable));
        assert_eq!(failed.err(), Some(CryptoError::RandomUnavailable));
    }

    /// Asks the kernel what it was told about the region: proc(5), `/proc/pid/smaps`.
    #[cfg(target_os = "linux")]
    #[test]
    fn the_region_lies_between_guards_and_is_kept_from_swap_dumps_and_children() {
        let slab = slab();
        assert!(slab.slots > 0, "no region could be mapped");
        let smaps = std::fs::read_to_string("/proc/self/smaps").unwrap();
        let end = slab.start + slab.slots * SLOT_BYTES;
        // Heading lines are "start-end permissions ...".
        let areas: Vec<(usize, usize, &str)> = smaps
            .lines()
            .filter_map(|line| {
                let (range, rest) = line.split_once(' ')?;
                let (start, end) = range.split_once('-')?;
                let number = |text| usize::from_str_radix(text, 16).ok();
                Some((number(start)?, number(end)?, rest.split(' ').next()?))
            })
            .collect();
        let at = areas
            .iter()
            .position(|(start, _, _)| *start == slab.start)
            .expect("the region is an area of its own");
        assert_eq!(areas[at].1, end);
        assert!(areas[at].2.starts_with("rw-p"));
        assert_eq!((areas[at - 1].1, areas[at - 1].2), (slab.start, "---p"));
        assert_eq!((areas[at + 1].0, areas[at + 1].2), (end, "---p"));

        let heading = format!("{:x}-{end:x} ", slab.start);
        let flags = smaps
            .lines()
            .skip_while(|line| !line.starts_with(&heading))
            .find_map(|line| line.strip_prefix("VmFlags:"))
            .unwrap();
        let has = |flag| flags.split_whitespace().any(|f| f == flag);
        assert_eq!(has("lo"), status().locked, "locked: {flags}");
        assert_eq!(has("dd") && has("wf"), status().private, "private: {flags}");
        assert!(status().private);
    }
}
