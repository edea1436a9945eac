use std::borrow::Cow;

use crate::message::is_token;

/// A field line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line<'b> {
    /// The name, a token.
    pub name: &'b str,
    /// The value, without the whitespace around it; borrowed unless it was folded.
    pub value: Cow<'b, [u8]>,
}

struct Lines<'b> {
    rest: &'b [u8],
}

/// The field lines of a head, from after its status line to its empty line.
pub(super) fn lines(bytes: &[u8]) -> impl Iterator<Item = Line<'_>> {
    Lines { rest: bytes }
}

impl<'b> Iterator for Lines<'b> {
    type Item = Line<'b>;

    fn next(&mut self) -> Option<Line<'b>> {
        while !self.rest.is_empty() {
            let (line, rest) = first_line(self.rest);
            self.rest = rest;
            // A folded line that continues nothing, or a line that was passed over.
            let Some((name, value)) = field(line) else { continue };
            let mut value = Cow::Borrowed(value);
            // RFC 9112 §5.2 *obs-fold*.
            while let [b' ' | b'\t', ..] = self.rest {
                let (more, rest) = first_line(self.rest);
                self.rest = rest;
                let joined = value.to_mut();
                joined.push(b' ');
                joined.extend_from_slice(trim_start(more));
            }
            let value = match value {
                Cow::Borrowed(value) => Cow::Borrowed(trim(value)),
                Cow::Owned(value) => Cow::Owned(trim(&value).to_vec()),
            };
            return Some(Line { name, value });
        }
        None
    }
}

/// The name and the value of a field line, where it is one. Nothing stands between the name and the colon: RFC 9112
/// §5.1 forbids it, and Firefox passes over such lines.
fn field(line: &[u8]) -> Option<(&str, &[u8])> {
    let colon = line.iter().position(|byte| *byte == b':')?;
    let (name, value) = (line.get(..colon)?, line.get(colon + 1..)?);
    let name = std::str::from_utf8(name).ok().filter(|name| is_token(name.as_bytes()))?;
    Some((name, value))
}

/// The first line, without its end, and what follows.
pub(super) fn first_line(bytes: &[u8]) -> (&[u8], &[u8]) {
    let end = bytes.iter().position(|byte| *byte == b'\n').map_or(bytes.len(), |at| at + 1);
    let (line, rest) = bytes.split_at_checked(end).unwrap_or((bytes, &[]));
    (trim_line(line), rest)
}

pub(super) fn trim_line(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

fn trim_start(mut value: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] = value {
        value = rest;
    }
    value
}

/// RFC 9110 §5.6.3: optional whitespace is SP and HTAB.
fn trim(value: &[u8]) -> &[u8] {
    let mut value = trim_start(value);
    while let [rest @ .., b' ' | b'\t'] = value {
        value = rest;
    }
    value
}
