//! Choosing among stored responses by `Vary` (RFC 9111 §4.1).

use super::list;
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
            for member in list::members(line) {
                if member == b"*" {
                    found.any = true;
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

/// Whether case matters in the members of a list field.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Case {
    Meaningful,
    Meaningless,
}

/// The request fields that are known to be lists (RFC 9110 §10.1, §12.5).
fn list_field(name: &str) -> Option<Case> {
    match name {
        "accept-charset" | "accept-encoding" | "accept-language" => Some(Case::Meaningless),
        "accept" | "cache-control" | "prefer" | "te" => Some(Case::Meaningful),
        _ => None,
    }
}

/// A field's value in the form in which two requests are compared: lines joined, and for
/// fields known to be lists, space around the members and meaningless case taken out
/// (RFC 9111 §4.1). `None` where the request has no such line.
fn normalised<'a>(fields: &'a Fields, name: &'a str) -> Option<impl Iterator<Item = u8> + 'a> {
    let mut lines = fields.lines(name).map(|line| line.trim_ascii()).peekable();
    lines.peek()?;
    let known = list_field(name);
    let joint: &[u8] = if known.is_some() { b"," } else { b", " };
    let parts = lines.flat_map(move |line| {
        // A line of an unknown field is one part, whatever commas it has.
        let whole = known.is_none().then_some(line);
        let members = known.is_some().then(|| list::members(line));
        whole.into_iter().chain(members.into_iter().flatten())
    });
    let joined = parts.enumerate().flat_map(move |(i, part)| {
        let before: &[u8] = if i == 0 { b"" } else { joint };
        before.iter().chain(part).copied()
    });
    let fold = known == Some(Case::Meaningless);
    Some(joined.map(move |b| if fold { b.to_ascii_lowercase() } else { b }))
}
