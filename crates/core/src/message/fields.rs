use std::sync::Arc;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::isomorphic;

/// One field line (RFC 9110 §5.2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Field {
    /// The field name in the case in which it was written; compared without case.
    pub name: SmolStr,
    /// The field value, without the whitespace around it.
    #[serde(with = "isomorphic")]
    pub value: Bytes,
}

impl Field {
    /// Whether this line is of the field `name` (RFC 9110 §5.1: names have no case).
    pub fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }

    /// The value as text, isomorphic-decoded.
    pub fn text(&self) -> String {
        isomorphic::decode(&self.value)
    }
}

/// The field lines of one message, in order, duplicates kept. Cloning copies no line; the first
/// change of a clone does.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fields(Arc<Vec<Field>>);

/// For how many more lines there is room when shared lines are copied to be changed: what a browser
/// or a cache adds to a request.
const ROOM: usize = 6;

/// For how many lines there may be room that are not there, where a part of the lines is copied.
const SPARE: usize = 64;

impl Fields {
    /// No lines.
    pub fn new() -> Self {
        Self::default()
    }

    /// No lines yet, and room for so many.
    pub fn with_capacity(lines: usize) -> Self {
        Self(Arc::new(Vec::with_capacity(lines)))
    }

    /// Makes room for so many more lines.
    pub fn reserve(&mut self, lines: usize) {
        self.own().reserve(lines);
    }

    /// Adds a line at the end.
    pub fn push(&mut self, name: impl Into<SmolStr>, value: impl Into<Bytes>) {
        self.own().push(Field { name: name.into(), value: value.into() });
    }

    /// Removes every line of `name`.
    pub fn remove(&mut self, name: &str) {
        if self.contains(name) {
            self.own().retain(|field| !field.is(name));
        }
    }

    /// Replaces every line of `name` by one line at the place of the first, or at the end.
    pub fn set(&mut self, name: &str, value: impl Into<Bytes>) {
        let place = self.0.iter().position(|field| field.is(name)).unwrap_or(self.0.len());
        self.remove(name);
        let place = place.min(self.0.len());
        self.own().insert(place, Field { name: name.into(), value: value.into() });
    }

    /// The lines, which nobody else has any more.
    fn own(&mut self) -> &mut Vec<Field> {
        if Arc::get_mut(&mut self.0).is_none() {
            let mut lines = Vec::with_capacity(self.0.len() + ROOM);
            lines.extend(self.0.iter().cloned());
            self.0 = Arc::new(lines);
        }
        Arc::make_mut(&mut self.0)
    }

    /// Whether there is a line of `name`.
    pub fn contains(&self, name: &str) -> bool {
        self.lines(name).next().is_some()
    }

    /// The values of the lines of `name`, in order.
    pub fn lines<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Bytes> + 'a {
        self.0.iter().filter(move |field| field.is(name)).map(|field| &field.value)
    }

    /// Fetch §2.2.2 *get*: the values of all lines of `name` joined by `, `; `None` where
    /// there is no line.
    pub fn get(&self, name: &str) -> Option<Bytes> {
        let mut lines = self.lines(name);
        let first = lines.next()?.clone();
        let mut rest = lines.peekable();
        if rest.peek().is_none() {
            return Some(first);
        }
        let mut joined = first.to_vec();
        for line in rest {
            joined.extend_from_slice(b", ");
            joined.extend_from_slice(line);
        }
        Some(joined.into())
    }

    /// [`Fields::get`], isomorphic-decoded.
    pub fn text(&self, name: &str) -> Option<String> {
        self.get(name).map(|value| isomorphic::decode(&value))
    }

    /// The lines for which `keep` holds, in order.
    #[must_use]
    pub fn filtered(&self, keep: impl Fn(&Field) -> bool) -> Self {
        let Some(first) = self.0.iter().position(|field| !keep(field)) else { return self.clone() };
        let (before, after) = self.0.split_at(first);
        let mut kept = Vec::with_capacity(self.0.len());
        kept.extend_from_slice(before);
        kept.extend(after.iter().skip(1).filter(|field| keep(field)).cloned());
        // What is kept may be kept long: of a huge head, no huge empty room.
        if kept.capacity() - kept.len() > SPARE {
            kept.shrink_to_fit();
        }
        Self(Arc::new(kept))
    }

    /// All lines in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Field> {
        self.0.iter()
    }

    /// How many lines there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no line.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<N: Into<SmolStr>, V: Into<Bytes>> FromIterator<(N, V)> for Fields {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(lines: I) -> Self {
        lines.into_iter().map(|(name, value)| Field { name: name.into(), value: value.into() }).collect()
    }
}

impl FromIterator<Field> for Fields {
    fn from_iter<I: IntoIterator<Item = Field>>(lines: I) -> Self {
        Self(Arc::new(lines.into_iter().collect()))
    }
}

impl IntoIterator for Fields {
    type Item = Field;
    type IntoIter = std::vec::IntoIter<Field>;

    fn into_iter(self) -> Self::IntoIter {
        Arc::unwrap_or_clone(self.0).into_iter()
    }
}

impl<'a> IntoIterator for &'a Fields {
    type Item = &'a Field;
    type IntoIter = std::slice::Iter<'a, Field>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}
