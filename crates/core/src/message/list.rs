//! RFC 9110 §5.6.1: the members of a list field, between commas and without the whitespace around them.
//!
//! Readers of lists differ in two ways, and each caller says which of them it wants: whether a comma in a quoted string
//! separates (it does in a list of tokens, where a quote is an error of its own), and whether an empty part counts
//! (browsers see two lengths in `Content-Length: 5,`). Everything else is the same for all of them.

use std::ops::Range;

use super::isomorphic;

/// Whether a separator in a quoted string separates.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Quotes {
    /// It does: there are no quoted strings.
    Ignored,
    /// It does not; a backslash in a quoted string escapes the next byte.
    Respected,
}

/// The places of the parts of a line, empty ones as well; a line has at least one part.
fn places(line: &[u8], separator: u8, quotes: Quotes) -> impl Iterator<Item = Range<usize>> {
    let mut next = Some(0);
    std::iter::from_fn(move || {
        let start = next?;
        let rest = line.get(start..).unwrap_or_default();
        let end = start + end(rest, separator, quotes);
        next = (end < line.len()).then_some(end + 1);
        let part = line.get(start..end).unwrap_or_default();
        let space = |byte: &&u8| matches!(byte, b' ' | b'\t');
        let before = part.iter().take_while(space).count();
        let after = part.iter().skip(before).rev().take_while(space).count();
        Some(start + before..end - after)
    })
}

/// Where the first part of a line ends.
fn end(line: &[u8], separator: u8, quotes: Quotes) -> usize {
    let (mut quoted, mut escaped) = (false, false);
    for (i, &byte) in line.iter().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted && quotes == Quotes::Respected,
            byte if byte == separator && !quoted => return i,
            _ => {}
        }
    }
    line.len()
}

/// The parts between all commas, empty ones as well.
pub fn parts(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    places(line, b',', Quotes::Ignored).map(|place| line.get(place).unwrap_or_default())
}

/// The parts between commas outside quoted strings, empty ones as well: Fetch §2.2.2 *get, decode, and split*.
pub fn unquoted_parts(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    places(line, b',', Quotes::Respected).map(|place| line.get(place).unwrap_or_default())
}

/// The members between all commas.
pub fn members(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    parts(line).filter(|part| !part.is_empty())
}

/// The members between commas outside quoted strings.
pub fn unquoted_members(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    unquoted_parts(line).filter(|part| !part.is_empty())
}

/// [`members`] of text.
pub fn text_members(line: &str) -> impl Iterator<Item = &str> {
    text(line, b',', Quotes::Ignored)
}

/// [`unquoted_members`] of text.
pub fn unquoted_text_members(line: &str) -> impl Iterator<Item = &str> {
    text(line, b',', Quotes::Respected)
}

/// A member and its parameters (RFC 9110 §5.6.6): the parts between semicolons outside quoted strings.
pub fn parameters(member: &str) -> impl Iterator<Item = &str> {
    text(member, b';', Quotes::Respected)
}

fn text(line: &str, separator: u8, quotes: Quotes) -> impl Iterator<Item = &str> {
    // Separators and spaces are ASCII, so that every place is a boundary.
    places(line.as_bytes(), separator, quotes)
        .map(|place| line.get(place).unwrap_or_default())
        .filter(|part| !part.is_empty())
}

/// The members between all commas of all lines of a field, isomorphic-decoded.
pub fn names<'a, L: AsRef<[u8]> + ?Sized + 'a>(lines: impl Iterator<Item = &'a L>) -> Vec<String> {
    lines.flat_map(|line| members(line.as_ref())).map(isomorphic::decode).collect()
}

/// Whether `name`, without case, is a member of any line of a field.
pub fn has<'a, L: AsRef<[u8]> + ?Sized + 'a>(mut lines: impl Iterator<Item = &'a L>, name: &str) -> bool {
    lines.any(|line| members(line.as_ref()).any(|member| member.eq_ignore_ascii_case(name.as_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_split_at_commas() {
        // A line; all its parts; its parts outside quoted strings.
        let table: [(&str, &[&str], &[&str]); 9] = [
            ("", &[""], &[""]),
            (",", &["", ""], &["", ""]),
            ("a", &["a"], &["a"]),
            (" a\t,\tb ", &["a", "b"], &["a", "b"]),
            ("a,,b,", &["a", "", "b", ""], &["a", "", "b", ""]),
            ("a b", &["a b"], &["a b"]),
            (r#"a="x, y", b"#, &["a=\"x", "y\"", "b"], &["a=\"x, y\"", "b"]),
            (r#""x\", y", b"#, &[r#""x\""#, "y\"", "b"], &[r#""x\", y""#, "b"]),
            (r#""x, y"#, &["\"x", "y"], &["\"x, y"]),
        ];
        for (line, all, unquoted) in table {
            let shown = |part: &[u8]| isomorphic::decode(part);
            assert_eq!(parts(line.as_bytes()).map(shown).collect::<Vec<_>>(), all, "{line}");
            assert_eq!(unquoted_parts(line.as_bytes()).map(shown).collect::<Vec<_>>(), unquoted, "{line}");
            let filled = |parts: &[&str]| {
                parts
                    .iter()
                    .filter(|part| !part.is_empty())
                    .map(|part| (*part).to_owned())
                    .collect::<Vec<_>>()
            };
            assert_eq!(members(line.as_bytes()).map(shown).collect::<Vec<_>>(), filled(all), "{line}");
            assert_eq!(text_members(line).collect::<Vec<_>>(), filled(all), "{line}");
            assert_eq!(unquoted_text_members(line).collect::<Vec<_>>(), filled(unquoted), "{line}");
        }
    }

    #[test]
    fn parameters_are_split_at_semicolons() {
        let line = r#"x; hit; detail="a;b" ; ü"#;
        let parts: Vec<&str> = parameters(line).collect();
        assert_eq!(parts, ["x", "hit", r#"detail="a;b""#, "ü"]);
    }

    #[test]
    fn members_are_found_in_all_lines_without_case() {
        let lines: [&[u8]; 2] = [b"Accept-Encoding,, b", b" ORIGIN "];
        assert_eq!(names(lines.iter()), ["Accept-Encoding", "b", "ORIGIN"]);
        assert!(has(lines.iter(), "origin"));
        assert!(!has(lines.iter(), "accept"));
    }
}
