//! Cookies: their names and attributes are shown, for they say what a browser does with them; their values are not.

use std::ops::Range;

/// The values in a `Cookie` field.
pub(super) fn sent(value: &str) -> Vec<Range<usize>> {
    let mut at = 0;
    let mut values = Vec::new();
    for pair in value.split(';') {
        values.extend(of_pair(pair, at));
        at += pair.len() + 1;
    }
    values
}

/// The value in a `Set-Cookie` field.
pub(super) fn set(value: &str) -> Vec<Range<usize>> {
    let pair = value.split(';').next().unwrap_or_default();
    of_pair(pair, 0).into_iter().collect()
}

fn of_pair(pair: &str, at: usize) -> Option<Range<usize>> {
    // Without `=`, it is all value (RFC 6265bis §5.6).
    let equals = pair.find('=').map_or(0, |equals| equals + 1);
    let value = pair.get(equals..)?;
    let start = equals + (value.len() - value.trim_start().len());
    let end = equals + value.trim_end().len();
    (start < end).then_some(at + start..at + end)
}
