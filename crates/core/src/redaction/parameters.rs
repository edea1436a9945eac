//! Secrets that are known by the name that stands before them: parameters of URLs in any text, and passwords in URLs.

use std::ops::Range;

use url::Url;

use super::{
    needle::Found,
    secrecy::{hides_assignment, hides_parameter, is_distinctive},
    template::{reference, variable_of},
};

/// The parameters of a text whose values are secrets: the name of each, and where its value stands.
pub(super) fn secret_parameters(text: &str) -> Vec<(&str, Range<usize>)> {
    let mut found: Vec<(&str, Range<usize>)> = Vec::new();
    for (equals, _) in text.match_indices('=') {
        // Within a value that was found, there is nothing more to find.
        if found.last().is_some_and(|(_, value)| equals < value.end) {
            continue;
        }
        let before = text.get(..equals).unwrap_or_default();
        let named = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        let (before, name) = before.split_at(before.trim_end_matches(named).len());
        let in_query = before.chars().next_back().is_none_or(|c| "?&#;".contains(c));
        if name.is_empty() || !hides_parameter(name) || !(in_query || hides_assignment(name)) {
            continue;
        }
        let rest = text.get(equals + 1..).unwrap_or_default();
        let ends = |c: char| c.is_whitespace() || c.is_control() || "&#\"'<>(),;\\`|".contains(c);
        let length = rest.find(ends).unwrap_or(rest.len());
        // A template, or a line for a shell, names a variable instead.
        if length > 0 && !rest.starts_with("${") {
            found.push((name, equals + 1..equals + 1 + length));
        }
    }
    found
}

/// The URL without the parameters that hold secrets, and their names; `None` where it has none.
pub fn without_secrets(url: &Url) -> Option<(Url, Vec<String>)> {
    let name = |pair: &str| {
        let name = pair.split_once('=').map_or(pair, |(name, _)| name);
        percent_encoding::percent_decode_str(name).decode_utf8_lossy().into_owned()
    };
    let (secret, public): (Vec<&str>, Vec<&str>) =
        url.query()?.split('&').partition(|pair| hides_parameter(&name(pair)));
    if secret.is_empty() {
        return None;
    }
    let mut left = url.clone();
    left.set_query((!public.is_empty()).then(|| public.join("&")).as_deref());
    Some((left, secret.into_iter().map(name).collect()))
}

/// Where they stand.
pub(super) fn find(text: &str) -> Vec<Found> {
    let mut found: Vec<Found> = secret_parameters(text)
        .into_iter()
        .map(|(name, range)| Found { range, template: reference(&variable_of(name)) })
        .collect();
    found.extend(passwords(text));
    found
}

/// Passwords of URLs, and user names that look like tokens. A user name that looks like a host is an attempt to be taken
/// for another origin, and is shown with what follows.
fn passwords(text: &str) -> impl Iterator<Item = Found> + '_ {
    text.match_indices("://").filter_map(|(scheme, slashes)| {
        let start = scheme + slashes.len();
        let rest = text.get(start..)?;
        let authority = rest.split(|c: char| c.is_whitespace() || "/?#\"'<>\\`".contains(c)).next()?;
        let (user, _) = authority.rsplit_once('@')?;
        let range = match user.split_once(':') {
            Some((name, password)) if !password.is_empty() && !name.contains('.') => {
                start + name.len() + 1..start + user.len()
            }
            None if is_distinctive(user) && !user.contains('.') => start..start + user.len(),
            _ => return None,
        };
        Some(Found { range, template: reference("PASSWORD") })
    })
}
