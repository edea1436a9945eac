//! Choosing among stored responses by `Vary` (RFC 9111 §4.1).

use crate::message::Fields;

/// The request fields that a stored response's `Vary` nominates, with their values in the
/// request that it answered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Nominated {
    /// `*` is a member: no request matches (RFC 9111 §4.1).
    any: bool,
    fields: Vec<(String, Option<Vec<u8>>)>,
}

impl Nominated {
    /// Reads every `Vary` line of a response, and the nominated fields of its request.
    pub fn new(response: &Fields, request: &Fields) -> Self {
        let mut found = Self::default();
        for line in response.lines("vary") {
            for member in line.split(|&b| b == b',').map(<[u8]>::trim_ascii) {
                if member == b"*" {
                    found.any = true;
                }
                if member.is_empty() || member == b"*" {
                    continue;
                }
                let name = String::from_utf8_lossy(member).to_ascii_lowercase();
                if !found.fields.iter().any(|(known, _)| *known == name) {
                    let value = normalised(request, &name).map(Iterator::collect);
                    found.fields.push((name, value));
                }
            }
        }
        found.fields.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        found
    }

    /// Whether a response with this selection answers a request with these fields.
    pub fn matches(&self, request: &Fields) -> bool {
        !self.any
            && self.fields.iter().all(|(name, value)| match (value, normalised(request, name)) {
                (None, None) => true,
                (Some(value), Some(presented)) => presented.eq(value.iter().copied()),
                _ => false,
            })
    }

    /// Whether no field is nominated: the response had no `Vary`, or an empty one.
    pub fn is_empty(&self) -> bool {
        !self.any && self.fields.is_empty()
    }
}

/// The request fields whose members may be written with or without space between them, and
/// whether case matters in them (RFC 9110 §12.5).
fn list_field(name: &str) -> Option<bool> {
    match name {
        "accept-charset" | "accept-encoding" | "accept-language" => Some(false),
        "accept" | "cache-control" | "prefer" | "te" => Some(true),
        _ => None,
    }
}

/// A field's value in the form in which two requests are compared: lines joined, and for
/// fields known to be lists, space around the members and meaningless case taken out
/// (RFC 9111 §4.1). `None` where the request has no such line.
fn normalised<'a>(fields: &'a Fields, name: &'a str) -> Option<impl Iterator<Item = u8> + 'a> {
    let mut lines = fields.lines(name).map(|line| line.trim_ascii()).peekable();
    lines.peek()?;
    let list = list_field(name);
    let joint: &[u8] = if list.is_some() { b"," } else { b", " };
    let joined = lines.enumerate().flat_map(move |(i, line)| {
        let before: &[u8] = if i == 0 { b"" } else { joint };
        before.iter().copied().chain(compact(line, list.is_some()))
    });
    let fold = list == Some(false);
    Some(joined.map(move |b| if fold { b.to_ascii_lowercase() } else { b }))
}

/// The bytes of a line, without the space around its commas where `list`; quoted text stays.
fn compact(line: &[u8], list: bool) -> impl Iterator<Item = u8> + '_ {
    let mut quoted = false;
    line.iter().enumerate().filter_map(move |(i, &b)| {
        if b == b'"' {
            quoted = !quoted;
        }
        let blank = list && !quoted && matches!(b, b' ' | b'\t') && at_comma(line, i);
        (!blank).then_some(b)
    })
}

/// Whether nothing but space lies between `i` and a comma, on either side.
fn at_comma(line: &[u8], i: usize) -> bool {
    let (before, after) = line.split_at(i);
    let solid = |b: &&u8| !matches!(**b, b' ' | b'\t');
    before.iter().rev().find(solid) == Some(&b',') || after.iter().find(solid) == Some(&b',')
}
