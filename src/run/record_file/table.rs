//! A table in which each entry stands once.

use std::{
    collections::HashMap,
    hash::{BuildHasher, Hasher, RandomState},
    io,
};

use serde::Serialize;

/// Entries in the order in which they were first put in.
#[derive(Debug)]
pub(super) struct Table<T> {
    entries: Vec<T>,
    /// The places of entries, by their hash.
    places: HashMap<u64, Vec<usize>>,
    hasher: RandomState,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self { entries: Vec::new(), places: HashMap::new(), hasher: RandomState::new() }
    }
}

impl<T: Serialize + PartialEq> Table<T> {
    /// The place of an entry, which is put in where it is new.
    pub(super) fn place(&mut self, entry: T) -> usize {
        let mut hashed = Hashed(self.hasher.build_hasher());
        // Entries that cannot be written are found to be so when the record is written.
        let _ = serde_json::to_writer(&mut hashed, &entry);
        let same = self.places.entry(hashed.0.finish()).or_default();
        let known = same.iter().find(|place| self.entries.get(**place) == Some(&entry));
        known.copied().unwrap_or_else(|| {
            let place = self.entries.len();
            same.push(place);
            self.entries.push(entry);
            place
        })
    }

    pub(super) fn into_entries(self) -> Vec<T> {
        self.entries
    }
}

/// Hashes what is written to it.
struct Hashed<H>(H);

impl<H: Hasher> io::Write for Hashed<H> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_entries_share_a_place() {
        let mut table = Table::default();
        let places: Vec<usize> =
            ["a", "b", "a", "c", "b"].into_iter().map(|word| table.place(word)).collect();
        assert_eq!(places, [0, 1, 0, 2, 1]);
        assert_eq!(table.into_entries(), ["a", "b", "c"]);
    }
}
