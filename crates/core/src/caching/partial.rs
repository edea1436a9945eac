use bytes::{Bytes, BytesMut};

use super::{
    Model, Stored,
    content::{Content, length_of, number},
    validation,
};
use crate::message::{Fields, Response};

/// What a request asks of a representation (RFC 9110 §14.1.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// All of it.
    Whole,
    /// From a byte on, to another or to the end.
    From(u64, Option<u64>),
    /// So many bytes at the end.
    Last(u64),
    /// Something that is not answered from here: several ranges, another unit.
    Other,
}

impl Asked {
    /// Reads `Range`; a request without it, and one whose `Range` is no range, asks for all.
    pub(super) fn of(request: &Fields) -> Self {
        let mut lines = request.lines("range");
        let Some(line) = lines.next() else { return Self::Whole };
        let text = std::str::from_utf8(line).unwrap_or_default().trim();
        let Some((unit, set)) = text.split_once('=') else { return Self::Other };
        if lines.next().is_some() || !unit.trim().eq_ignore_ascii_case("bytes") || set.contains(',') {
            return Self::Other;
        }
        let Some((first, last)) = set.trim().split_once('-') else { return Self::Other };
        match (first.trim(), last.trim()) {
            ("", last) => number(last).filter(|&n| n > 0).map_or(Self::Other, Self::Last),
            (first, "") => number(first).map_or(Self::Other, |first| Self::From(first, None)),
            (first, last) => match (number(first), number(last)) {
                (Some(first), Some(last)) if first <= last => Self::From(first, Some(last)),
                _ => Self::Other,
            },
        }
    }

    /// The first and last byte that are asked, of a representation of this length.
    fn within(self, complete: Option<u64>) -> Option<(u64, u64)> {
        let end = complete.map(|complete| complete.checked_sub(1));
        match (self, end) {
            (Self::Whole | Self::Other, _) | (_, Some(None)) => None,
            (Self::From(first, last), Some(Some(end))) => {
                (first <= end).then_some((first, last.unwrap_or(end).min(end)))
            }
            (Self::From(first, last), None) => Some((first, last?)),
            (Self::Last(count), Some(Some(end))) => Some(((end + 1).saturating_sub(count), end)),
            (Self::Last(_), None) => None,
        }
    }
}

/// The part of a stored response that answers such a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Slice {
    pub(super) first: u64,
    pub(super) last: u64,
    pub(super) complete: Option<u64>,
    pub(super) body: Bytes,
}

/// The bytes of a stored response that a Range request asks for; `None` where it does not
/// hold all of them (RFC 9111 §3.3).
pub(super) fn slice(stored: &Stored, asked: Asked) -> Option<Slice> {
    let body = &stored.response.body;
    let (start, complete) = match stored.content {
        Content::Nothing => return None,
        Content::Whole => (0, length_of(&stored.response)),
        Content::Part { first, complete, .. } => (first, complete),
    };
    let (first, last) = asked.within(complete)?;
    let from = usize::try_from(first.checked_sub(start)?).ok()?;
    let to = usize::try_from(last.checked_sub(start)?.checked_add(1)?).ok()?;
    let length = usize::try_from(length_of(&stored.response)?).ok()?;
    // Of long content only the start is held here; what a cache would send is as long as it says.
    let held = || body.slice(from.min(body.len())..to.min(body.len()));
    (from <= to && to <= length).then(|| Slice { first, last, complete, body: held() })
}

/// Whether the stored response can answer what is asked: all of it from a whole one, a range
/// from whichever holds it. A range that is not held is another request's business.
pub(super) fn serves(stored: &Stored, request: &Fields, asked: Asked) -> bool {
    match asked {
        Asked::Other => false,
        Asked::Whole => stored.content == Content::Whole,
        Asked::From(..) | Asked::Last(_) if !validation::if_range_holds(request, stored) => {
            stored.content == Content::Whole
        }
        Asked::From(..) | Asked::Last(_) => {
            matches!(stored.response.status, 200 | 206) && slice(stored, asked).is_some()
        }
    }
}

/// RFC 9111 §3.4: a stored response and a new part of the same representation, told by one
/// strong `ETag`, as one. `None` where they do not belong or do not touch.
pub(super) fn combined(model: &Model, stored: &Stored, part: &Response) -> Option<Response> {
    if !validation::same_strong_tag(&stored.response.fields, &part.fields) {
        return None;
    }
    let mut response = validation::updated(model, &stored.response, part);
    let (first, last, complete) = match stored.content {
        Content::Nothing => return None,
        Content::Whole => return Some(response),
        Content::Part { first, last, complete } => (first, last, complete),
    };
    let Content::Part { first: new_first, last: new_last, complete: new_complete } =
        Content::of_partial(part)?
    else {
        return None;
    };
    let touch = new_first <= last.checked_add(1)? && first <= new_last.checked_add(1)?;
    if !touch || (complete.is_some() && new_complete.is_some() && complete != new_complete) {
        return None;
    }
    let mut body = BytesMut::new();
    let before = usize::try_from(new_first.saturating_sub(first)).ok()?;
    if first < new_first {
        body.extend_from_slice(stored.response.body.get(..before)?);
    }
    body.extend_from_slice(&part.body);
    if let Some(beyond) = last.checked_sub(new_last).filter(|&beyond| beyond > 0) {
        let from = stored.response.body.len().checked_sub(usize::try_from(beyond).ok()?)?;
        body.extend_from_slice(stored.response.body.get(from..)?);
    }
    let (first, last) = (first.min(new_first), last.max(new_last));
    let complete = complete.or(new_complete);
    response.body = body.freeze();
    response.fields.set("Content-Length", response.body.len().to_string());
    if first == 0 && complete == Some(last + 1) {
        response.status = 200;
        response.fields.remove("content-range");
    } else {
        response.fields.set("Content-Range", content_range(first, last, complete));
    }
    Some(response)
}

/// A `Content-Range` value (RFC 9110 §14.4).
pub(super) fn content_range(first: u64, last: u64, complete: Option<u64>) -> String {
    match complete {
        Some(complete) => format!("bytes {first}-{last}/{complete}"),
        None => format!("bytes {first}-{last}/*"),
    }
}
