//! Secrets in the text of a document that a diagnostic points into: what stands as a header's value in a target file,
//! a case file or a load plan. Works on texts that are not valid JSON, because those are what diagnostics are about.

use std::ops::Range;

use super::{Redactor, Secrecy, secrecy, secrecy::is_scheme};

/// Where the text has secrets, in order.
pub fn literals(text: &str) -> Vec<Range<usize>> {
    let mut found = Redactor::new().secrets(text);
    found.extend(header_values(text));
    found.sort_by_key(|range| range.start);
    found
}

/// The strings that are values of secret fields within an object called `headers`.
fn header_values(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut key: Option<&str> = None;
    // How deep the innermost `headers` is, and the field that is being given there.
    let (mut depth, mut headers): (usize, Option<(usize, Option<&str>)>) = (0, None);
    let mut at = 0;
    while let Some((offset, c)) =
        text.get(at..).and_then(|rest| rest.char_indices().find(|(_, c)| "\"{}[]".contains(*c)))
    {
        let place = at + offset;
        at = place + c.len_utf8();
        match c {
            '"' => {
                let string = string(text, at);
                at = (string.end + 1).min(text.len());
                let content = text.get(string.clone()).unwrap_or_default();
                if text.get(at..).is_some_and(|rest| rest.trim_start().starts_with(':')) {
                    key = Some(content);
                    if let Some((level, name)) = headers.as_mut().filter(|(level, _)| *level == depth) {
                        debug_assert!(*level == depth);
                        *name = Some(content);
                    }
                } else if let Some((_, Some(name))) = headers
                    && secrecy(name, content) != Secrecy::Plain
                    && !is_reference(content)
                {
                    found.push(string);
                }
            }
            '{' => {
                depth += 1;
                if headers.is_none() && key.take() == Some("headers") {
                    headers = Some((depth, None));
                }
            }
            '}' => {
                headers = headers.filter(|(level, _)| *level != depth);
                depth = depth.saturating_sub(1);
            }
            _ => {}
        }
    }
    found
}

/// The content of the string that begins at `start`; without a closing quote, the rest of the line.
fn string(text: &str, start: usize) -> Range<usize> {
    let rest = text.get(start..).unwrap_or_default();
    let mut escaped = false;
    let end = rest.char_indices().find(|(_, c)| {
        let ends = (*c == '"' && !escaped) || *c == '\n';
        escaped = *c == '\\' && !escaped;
        ends
    });
    start..end.map_or(text.len(), |(length, _)| start + length)
}

/// Whether a value only names variables, besides the scheme in front of them.
pub fn is_reference(value: &str) -> bool {
    let parts = super::parts(value);
    let named = parts.iter().any(|part| matches!(part, super::Part::Variable(_)));
    // An authentication scheme, names of cookies, and what is between them.
    let plain = |text: &str| {
        let text = text.trim_matches([' ', ';', ',', ':']);
        let name = text.strip_suffix('=').map(str::as_bytes);
        let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_".contains(byte);
        text.is_empty() || is_scheme(text) || name.is_some_and(|name| name.iter().all(is_name))
    };
    named
        && parts.iter().all(|part| match part {
            super::Part::Variable(_) => true,
            super::Part::Text(text) => plain(text),
        })
}
