//! Bounds what contents take in memory: those that are stored, those of requests under way, and those of answers under way
//! that the store has no more. A content is counted from its first byte until its last holder lets go of it.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use bytes::Bytes;

/// What a store and its servers have in memory.
#[derive(Debug)]
pub(super) struct Budget {
    /// What is held, by the store, by requests or by answers, in bytes.
    held: AtomicUsize,
    /// How much of it the store keeps.
    kept: AtomicUsize,
    /// How much may be held besides what is kept.
    spare: AtomicUsize,
    /// How much the store may keep.
    capacity: usize,
}

impl Budget {
    /// The budget of a store that keeps at most `capacity` bytes. Requests are bounded by [`Budget::spare`].
    pub(super) fn new(capacity: usize) -> Arc<Self> {
        Arc::new(Self {
            held: AtomicUsize::new(0),
            kept: AtomicUsize::new(0),
            spare: AtomicUsize::new(usize::MAX),
            capacity,
        })
    }

    /// Sets how much requests and answers may hold together besides what the store keeps.
    pub(super) fn spare(&self, bytes: usize) {
        self.spare.store(bytes, Ordering::Relaxed);
    }

    /// How much a request may still take.
    pub(super) fn room(&self) -> usize {
        let most = self.kept.load(Ordering::Relaxed).saturating_add(self.spare.load(Ordering::Relaxed));
        most.saturating_sub(self.held.load(Ordering::Relaxed))
    }

    /// Room for what a request brings or an answer carries; `None` where there is none left.
    pub(super) fn take(self: &Arc<Self>, bytes: usize) -> Option<Charge> {
        let mut charge = Charge { budget: Arc::clone(self), bytes: 0 };
        charge.grow(bytes).then_some(charge)
    }

    /// Room for a content that is put together from what the store keeps, and will take its place.
    pub(super) fn take_to_replace(self: &Arc<Self>, bytes: usize) -> Option<Charge> {
        let most = self.capacity.saturating_add(self.spare.load(Ordering::Relaxed));
        self.add(bytes, most).then(|| Charge { budget: Arc::clone(self), bytes })
    }

    /// Holds a content that the store's own limit decides about.
    pub(super) fn own(self: &Arc<Self>, content: Vec<u8>) -> Bytes {
        let charge = Charge { budget: Arc::clone(self), bytes: content.len() };
        self.held.fetch_add(charge.bytes, Ordering::Relaxed);
        charge.hold(content)
    }

    /// Notes which contents the store keeps and which it has given up.
    pub(super) fn keeps(&self, added: usize, taken: usize) {
        self.kept.fetch_add(added, Ordering::Relaxed);
        self.kept.fetch_sub(taken, Ordering::Relaxed);
    }

    fn add(&self, bytes: usize, most: usize) -> bool {
        let grown = |held: usize| held.checked_add(bytes).filter(|held| *held <= most);
        self.held.fetch_update(Ordering::Relaxed, Ordering::Relaxed, grown).is_ok()
    }
}

/// Bytes that are taken from a budget until it is dropped.
#[derive(Debug)]
pub(super) struct Charge {
    budget: Arc<Budget>,
    bytes: usize,
}

impl Charge {
    /// Takes more; whether there was so much left.
    pub(super) fn grow(&mut self, bytes: usize) -> bool {
        let kept = self.budget.kept.load(Ordering::Relaxed);
        let most = kept.saturating_add(self.budget.spare.load(Ordering::Relaxed));
        let grown = self.budget.add(bytes, most);
        if grown {
            self.bytes += bytes;
        }
        grown
    }

    /// Binds the charge to a content: it is given back when the last holder of the content, or of any part of it, lets go.
    pub(super) fn hold(mut self, content: Vec<u8>) -> Bytes {
        if content.is_empty() {
            return Bytes::new();
        }
        let beyond = self.bytes.saturating_sub(content.len());
        self.bytes -= beyond;
        self.budget.held.fetch_sub(beyond, Ordering::Relaxed);
        // Without the room that it has grown into and does not use.
        Bytes::from_owner(Held { content: content.into_boxed_slice(), _charge: self })
    }
}

impl Drop for Charge {
    fn drop(&mut self) {
        self.budget.held.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

struct Held {
    content: Box<[u8]>,
    _charge: Charge,
}

impl AsRef<[u8]> for Held {
    fn as_ref(&self) -> &[u8] {
        &self.content
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_let_go_of_comes_back() {
        let budget = Budget::new(100);
        budget.spare(50);
        assert!(budget.take(51).is_none());
        let mut charge = budget.take(30).expect("room");
        assert!(charge.grow(20));
        assert!(!charge.grow(1));
        let content = charge.hold(vec![7; 40]);
        assert_eq!(budget.room(), 10, "what was taken and not used came back");
        let part = content.slice(39..);
        drop(content);
        assert_eq!(budget.room(), 10, "a part holds the whole");
        drop(part);
        assert_eq!(budget.room(), 50);
    }

    #[test]
    fn what_the_store_keeps_leaves_requests_their_room() {
        let budget = Budget::new(100);
        budget.spare(50);
        let content = budget.own(vec![7; 80]);
        assert!(budget.take(1).is_none());
        budget.keeps(80, 0);
        assert_eq!(budget.room(), 50);
        // Replaced while somebody reads it: still in memory, at the expense of requests.
        budget.keeps(0, 80);
        assert_eq!(budget.room(), 0);
        drop(content);
        assert_eq!(budget.room(), 50);
    }

    #[test]
    fn what_replaces_stored_contents_may_take_all_that_is_left() {
        let budget = Budget::new(100);
        budget.spare(50);
        let _parts = budget.own(vec![7; 80]);
        budget.keeps(80, 0);
        assert!(budget.take_to_replace(71).is_none());
        let whole = budget.take_to_replace(70).expect("room");
        assert_eq!(budget.room(), 0);
        drop(whole);
        assert_eq!(budget.room(), 50);
    }
}
