use std::collections::{BTreeMap, HashMap};

/// What a stored response is told apart by: the resource, and whose request's `Origin` it was
/// stored for where its `Vary` names that.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Slot {
    pub(super) resource: u32,
    /// The page that it is for; `None` for everybody.
    pub(super) page: Option<usize>,
}

/// Which stored responses were not used for longest.
#[derive(Debug, Default)]
pub(super) struct Lru {
    by_use: BTreeMap<u64, Slot>,
    last_use: HashMap<Slot, u64>,
    clock: u64,
}

impl Lru {
    /// Writes down that a stored response was used, or stored.
    pub(super) fn touch(&mut self, slot: Slot) {
        self.clock += 1;
        if let Some(before) = self.last_use.insert(slot, self.clock) {
            self.by_use.remove(&before);
        }
        self.by_use.insert(self.clock, slot);
    }

    /// The stored response that goes where there is room for no more than `capacity`.
    pub(super) fn evict(&mut self, capacity: usize) -> Option<Slot> {
        if self.by_use.len() <= capacity {
            return None;
        }
        let (_, slot) = self.by_use.pop_first()?;
        self.last_use.remove(&slot);
        Some(slot)
    }
}
