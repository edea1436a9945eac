//! Placeholders in the strings of a case: `{name}` stands for a value, `{{name}}` for itself.
//! Any other brace is a brace, so that JSON can be a body without escapes.

use std::borrow::Cow;

/// A part of a string.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    /// Text that stands for itself.
    Text(&'a str),
    /// `{name}`, without its braces.
    Name(&'a str),
    /// `{{name}}`, without its braces: the text `{name}`.
    Escaped(&'a str),
}

/// The parts of a string in their order.
pub(super) fn pieces(text: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let (piece, after) = split(rest);
        rest = after;
        Some(piece)
    })
}

fn split(text: &str) -> (Piece<'_>, &str) {
    if let Some((name, after)) = enclosed(text, "{{", "}}") {
        return (Piece::Escaped(name), after);
    }
    if let Some((name, after)) = enclosed(text, "{", "}") {
        return (Piece::Name(name), after);
    }
    let next = text
        .char_indices()
        .skip(1)
        .find(|(index, c)| {
            let rest = text.get(*index..).unwrap_or_default();
            *c == '{' && (enclosed(rest, "{", "}").is_some() || enclosed(rest, "{{", "}}").is_some())
        })
        .map_or(text.len(), |(index, _)| index);
    let (before, after) = text.split_at(next);
    (Piece::Text(before), after)
}

fn enclosed<'a>(text: &'a str, open: &str, close: &str) -> Option<(&'a str, &'a str)> {
    let inner = text.strip_prefix(open)?;
    let end = inner.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')))?;
    let (name, after) = inner.split_at(end);
    is_name(name).then_some(name).zip(after.strip_prefix(close))
}

/// Whether a text can be the name of a placeholder: words of ASCII letters, digits, `-` and `_`
/// joined by `.`, the first of which begins with a letter.
pub(super) fn is_name(text: &str) -> bool {
    let word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.split('.').all(|part| !part.is_empty() && part.chars().all(word))
}

/// The names of a string's placeholders.
pub fn names(text: &str) -> impl Iterator<Item = &str> {
    pieces(text).filter_map(|piece| match piece {
        Piece::Name(name) => Some(name),
        Piece::Text(_) | Piece::Escaped(_) => None,
    })
}

/// Whether a string has a placeholder, so that its value is not known yet.
pub(super) fn is_open(text: &str) -> bool {
    names(text).next().is_some()
}

/// Replaces the placeholders that `value` knows; the others, and escapes, stay as written.
pub fn fill<'v>(text: &str, mut value: impl FnMut(&str) -> Option<Cow<'v, str>>) -> String {
    let mut filled = String::with_capacity(text.len());
    for piece in pieces(text) {
        match piece {
            Piece::Text(text) => filled.push_str(text),
            Piece::Escaped(name) => filled.extend(["{{", name, "}}"]),
            Piece::Name(name) => match value(name) {
                Some(value) => filled.push_str(&value),
                None => filled.extend(["{", name, "}"]),
            },
        }
    }
    filled
}

/// Resolves the escapes, at the end.
pub fn unescape(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for piece in pieces(text) {
        match piece {
            Piece::Text(text) => plain.push_str(text),
            Piece::Escaped(name) | Piece::Name(name) => plain.extend(["{", name, "}"]),
        }
    }
    plain
}

/// A text that stands for itself: its placeholders are escaped.
pub fn escape(text: &str) -> String {
    let escaped = |piece| match piece {
        Piece::Text(text) => text.to_owned(),
        Piece::Name(name) => format!("{{{{{name}}}}}"),
        Piece::Escaped(name) => format!("{{{{{{{name}}}}}}}"),
    };
    pieces(text).map(escaped).collect()
}

/// Whether a placeholder in a field of a dictated answer is left for the server: `{origin}`,
/// `{base}`, and `{base.…}` for the same below another origin.
pub fn is_filled_by_the_server(name: &str) -> bool {
    matches!(name, "origin" | "base") || name.starts_with("base.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_name_in_braces_is_a_placeholder() {
        use Piece::{Escaped, Name, Text};
        let table: &[(&str, &[Piece<'_>])] = &[
            ("", &[]),
            ("plain", &[Text("plain")]),
            ("{allowed}", &[Name("allowed")]),
            (
                "{allowed.scheme}://{allowed.2}.x",
                &[Name("allowed.scheme"), Text("://"), Name("allowed.2"), Text(".x")],
            ),
            ("{{allowed}}", &[Escaped("allowed")]),
            ("a{{b}}{c}", &[Text("a"), Escaped("b"), Name("c")]),
            ("{}", &[Text("{}")]),
            (r#"{"a":{"b":{}}}"#, &[Text(r#"{"a":{"b":{}}}"#)]),
            (r#"{"a":"{b}"}"#, &[Text(r#"{"a":""#), Name("b"), Text(r#""}"#)]),
            ("{ a }", &[Text("{ a }")]),
            ("{a", &[Text("{a")]),
            ("a}", &[Text("a}")]),
            ("{{{a}}}", &[Text("{"), Escaped("a"), Text("}")]),
            ("{1}", &[Text("{1}")]),
            ("{a.}", &[Text("{a.}")]),
            ("{ä}", &[Text("{ä}")]),
        ];
        for (text, expected) in table {
            assert_eq!(pieces(text).collect::<Vec<_>>(), *expected, "{text}");
        }
    }

    #[test]
    fn what_is_not_known_yet_stays_for_later() {
        let row = |name: &str| (name == "row").then_some(Cow::Borrowed("{allowed}"));
        let first = fill("{row} {denied} {{row}}", row);
        assert_eq!(first, "{allowed} {denied} {{row}}");
        let role = |name: &str| (name == "allowed").then_some(Cow::Borrowed("https://a.example"));
        assert_eq!(unescape(&fill(&first, role)), "https://a.example {denied} {row}");
    }
}
