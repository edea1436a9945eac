//! Validation (RFC 9111 §4.3): asking whether a stored response still holds, and bringing it
//! up to date with the answer.

use std::collections::HashMap;

use super::{Model, Stored, directives::ResponseDirectives, freshness, storage};
use crate::message::{Fields, Response, list};

/// The preconditions with which a request for this stored response is sent (RFC 9111 §4.3.1):
/// `If-None-Match` from its `ETag`, `If-Modified-Since` from its `Last-Modified`. Empty where
/// it has no validator.
pub(super) fn conditional<'a>(stored: impl IntoIterator<Item = &'a Stored>) -> Fields {
    let mut fields = Fields::new();
    let mut tags: Vec<u8> = Vec::new();
    let mut modified = None;
    let mut count = 0;
    for stored in stored {
        count += 1;
        let response = &stored.response.fields;
        if let Some(tag) = response.lines("etag").next().filter(|tag| !tag.is_empty()) {
            if !tags.is_empty() {
                tags.extend_from_slice(b", ");
            }
            tags.extend_from_slice(tag);
        }
        modified = response.lines("last-modified").next().cloned();
    }
    if !tags.is_empty() {
        fields.push("If-None-Match", tags);
    }
    // A date speaks of one representation only.
    if let Some(modified) = modified.filter(|_| count == 1) {
        fields.push("If-Modified-Since", modified);
    }
    fields
}

/// The entity tag of a message, and whether it is strong (RFC 9110 §8.8.3).
fn entity_tag(fields: &Fields) -> Option<(&[u8], bool)> {
    let tag = fields.lines("etag").next()?.trim_ascii();
    match tag.strip_prefix(b"W/") {
        Some(opaque) => Some((opaque, false)),
        None => Some((tag, true)),
    }
}

/// Whether both have the same strong entity tag, so that they speak of the same bytes
/// (RFC 9110 §8.8.3.2).
pub(super) fn same_strong_tag(one: &Fields, other: &Fields) -> bool {
    matches!(
        (entity_tag(one), entity_tag(other)),
        (Some((one, true)), Some((other, true))) if one == other
    )
}

/// RFC 9110 §13.1.5 `If-Range`: whether a range of this stored response may be sent. Without
/// the field it may.
pub(super) fn if_range_holds(request: &Fields, stored: &Stored) -> bool {
    let Some(asked) = request.lines("if-range").next() else { return true };
    let fields = &stored.response.fields;
    match entity_tag(fields) {
        Some((tag, true)) if asked.trim_ascii() == tag => true,
        _ => fields.lines("last-modified").next().is_some_and(|modified| modified == asked),
    }
}

/// RFC 9111 §4.3.2: whether a request's own preconditions find a stored response unchanged.
/// `If-None-Match` goes before `If-Modified-Since` (RFC 9110 §13.2.2).
pub(super) fn is_unchanged(request: &Fields, stored: &Fields) -> bool {
    if request.contains("if-none-match") {
        let opaque = entity_tag(stored).map(|(opaque, _)| opaque);
        return request.lines("if-none-match").flat_map(|line| list::unquoted_members(line)).any(|tag| {
            tag == b"*" || opaque.is_some_and(|opaque| tag.strip_prefix(b"W/").unwrap_or(tag) == opaque)
        });
    }
    match (freshness::time(request, "if-modified-since"), freshness::time(stored, "last-modified")) {
        (Some(since), Some(modified)) => modified <= since,
        _ => false,
    }
}

/// Preconditions that only the origin server can evaluate (RFC 9111 §4.3.2).
pub(super) fn is_for_origin_server(request: &Fields) -> bool {
    request.contains("if-match") || request.contains("if-unmodified-since")
}

/// RFC 9111 §4.3.5: whether what a HEAD response says of its content holds for this stored response.
pub(super) fn agrees(head: &Fields, stored: &Stored) -> bool {
    let stored = &stored.response;
    let same = |name: &str| match (head.lines(name).next(), stored.fields.lines(name).next()) {
        (Some(theirs), Some(ours)) => theirs == ours,
        (Some(_), None) => false,
        (None, _) => true,
    };
    let length = head.lines("content-length").next();
    same("etag")
        && same("last-modified")
        && length.is_none_or(|length| match stored.fields.lines("content-length").next() {
            Some(ours) => length == ours,
            None => length.as_ref() == stored.body.len().to_string().as_bytes(),
        })
}

/// RFC 9111 §4.3.4: whether a 304 with these fields speaks of this stored response.
pub(super) fn confirms(not_modified: &Fields, stored: &Stored) -> bool {
    let fields = &stored.response.fields;
    match (entity_tag(not_modified), entity_tag(fields)) {
        (Some((theirs, true)), Some((ours, true))) => theirs == ours,
        (Some((_, true)), _) => false,
        (Some((theirs, false)), Some((ours, _))) => theirs == ours,
        (Some((_, false)), None) => false,
        (None, _) => match (not_modified.lines("last-modified").next(), fields.lines("last-modified").next())
        {
            (Some(theirs), Some(ours)) => theirs == ours,
            _ => true,
        },
    }
}

/// Fields that describe the stored content as it was received, and stay as they are
/// (RFC 9111 §3.2).
const CONTENT_FIELDS: &[&str] = &["content-encoding", "content-length", "content-range", "content-type"];

/// RFC 9111 §3.2: the stored response with the fields of a newer answer.
pub(super) fn updated(model: &Model, stored: &Response, newer: &Response) -> Response {
    let directives = ResponseDirectives::parse(&newer.fields);
    let newer = storage::stored_fields(model, &newer.fields, &directives);
    // The first newer line of each name, and whether it has taken the place of a stored one.
    let mut first: HashMap<String, (usize, bool)> = HashMap::new();
    for (at, field) in newer.iter().enumerate() {
        let name = field.name.to_ascii_lowercase();
        if !CONTENT_FIELDS.contains(&name.as_str()) {
            first.entry(name).or_insert((at, false));
        }
    }
    let mut fields = Vec::with_capacity(stored.fields.len() + newer.len());
    for field in &stored.fields {
        match first.get_mut(&field.name.to_ascii_lowercase()) {
            None => fields.push(field.clone()),
            Some((_, true)) => {}
            Some((at, taken)) => {
                *taken = true;
                fields.extend(newer.iter().nth(*at).cloned());
            }
        }
    }
    for (at, field) in newer.iter().enumerate() {
        match first.get(&field.name.to_ascii_lowercase()) {
            None => {}
            Some((first, true)) if *first == at => {}
            Some(_) => fields.push(field.clone()),
        }
    }
    Response { status: stored.status, fields: fields.into_iter().collect(), body: stored.body.clone() }
}
