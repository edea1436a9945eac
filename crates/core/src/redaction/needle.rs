//! Secrets that are looked for by their values.

use std::ops::Range;

use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};

use super::encoded;

/// A value to be replaced wherever it stands, and what names it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Needle {
    value: Vec<u8>,
    template: String,
}

/// Where a secret stands, and the template that names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) range: Range<usize>,
    pub(super) template: String,
}

/// Values to be looked for, the longest first.
#[derive(Clone, Debug)]
pub(super) struct Needles {
    all: Vec<Needle>,
    /// The bytes with which a form of one of them begins.
    begins: [bool; 256],
}

impl Default for Needles {
    fn default() -> Self {
        Self { all: Vec::new(), begins: [false; 256] }
    }
}

/// The shortest base64 text that is looked for.
const BASE64: usize = 8;

impl Needles {
    /// Adds a value. Gives whether it is new.
    pub(super) fn add(&mut self, value: &str, template: &str) -> bool {
        let mut added = self.push(value.as_bytes().to_vec(), template);
        if !value.is_ascii() {
            // Bytes from the wire are kept as one character each.
            let decoded = crate::message::isomorphic::decode(value.as_bytes());
            added |= self.push(decoded.into_bytes(), template);
        }
        added
    }

    /// Adds the base64 forms that a value has within any other text.
    pub(super) fn add_encoded(&mut self, value: &str) {
        for form in base64_forms(value.as_bytes()) {
            self.push(form.replace('+', "-").replace('/', "_").into_bytes(), super::HIDDEN);
            self.push(form.into_bytes(), super::HIDDEN);
        }
    }

    fn push(&mut self, value: Vec<u8>, template: &str) -> bool {
        let Some(first) = value.first().copied() else { return false };
        if let Some(known) = self.all.iter_mut().find(|known| known.value == value) {
            // A name says more than none.
            if known.template == super::HIDDEN {
                template.clone_into(&mut known.template);
            }
            return false;
        }
        for (byte, begins) in (0..=u8::MAX).zip(&mut self.begins) {
            *begins |= encoded::may_begin(byte, first);
        }
        let place = self.all.partition_point(|known| known.value.len() >= value.len());
        self.all.insert(place, Needle { value, template: template.to_owned() });
        true
    }

    /// Where the values stand in a text, in order, none within another.
    pub(super) fn find(&self, text: &str) -> Vec<Found> {
        let mut found = Vec::new();
        if self.all.is_empty() {
            return found;
        }
        let bytes = text.as_bytes();
        let begins = |byte: &u8| self.begins.get(usize::from(*byte)).is_some_and(|begins| *begins);
        let mut at = 0;
        while let Some(next) = bytes.get(at..).and_then(|rest| rest.iter().position(begins)) {
            at += next;
            let end =
                self.all.iter().find_map(|needle| Some((encoded::ends(bytes, at, &needle.value)?, needle)));
            match end {
                // A text is cut between characters alone.
                Some((end, needle)) if text.is_char_boundary(at) && text.is_char_boundary(end) => {
                    found.push(Found { range: at..end, template: needle.template.clone() });
                    at = end;
                }
                _ => at += 1,
            }
        }
        found
    }
}

/// What base64 makes of a value within a longer text, for each of the three places at which it can begin in a group of
/// three bytes; without the characters that its neighbours have a part in.
fn base64_forms(value: &[u8]) -> impl Iterator<Item = String> + '_ {
    (0..3_usize).filter_map(|before| {
        let mut bytes = vec![0; before];
        bytes.extend_from_slice(value);
        let encoded = STANDARD_NO_PAD.encode(&bytes);
        let from = (before * 8).div_ceil(6);
        let to = bytes.len() * 8 / 6;
        encoded.get(from..to).filter(|form| form.len() >= BASE64).map(str::to_owned)
    })
}
