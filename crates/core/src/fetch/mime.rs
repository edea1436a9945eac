//! MIME Sniffing §4: MIME types, parsed and serialised.

use crate::message::isomorphic;
use crate::message::{is_token, is_token_byte};

/// A MIME type (MIME Sniffing §3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MimeType {
    /// Type and subtype, in lower case.
    pub essence: String,
    /// The parameters in order, their names in lower case.
    pub parameters: Vec<(String, String)>,
}

/// The essence of a value parsed by *parse a MIME type*; `None` for failure. Parameters never
/// make it fail.
pub fn essence(value: &[u8]) -> Option<String> {
    let value = value.trim_ascii();
    let slash = value.iter().position(|&byte| byte == b'/')?;
    let (kind, rest) = value.split_at(slash);
    let subtype = rest.get(1..)?.split(|&byte| byte == b';').next().unwrap_or_default().trim_ascii_end();
    if !is_token(kind) || !is_token(subtype) {
        return None;
    }
    String::from_utf8([kind, b"/", subtype].concat().to_ascii_lowercase()).ok()
}

impl MimeType {
    /// MIME Sniffing §4.4 *parse a MIME type*; `None` for failure.
    pub fn parse(value: &[u8]) -> Option<Self> {
        let essence = essence(value)?;
        let mut parameters: Vec<(String, String)> = Vec::new();
        let mut rest = value.iter().position(|&byte| byte == b';').and_then(|at| value.get(at + 1..));
        while let Some(input) = rest {
            let input = input.trim_ascii_start();
            let end = input.iter().position(|byte| matches!(byte, b';' | b'=')).unwrap_or(input.len());
            let (name, after) = input.split_at(end);
            let Some(after) = after.strip_prefix(b"=") else {
                rest = after.strip_prefix(b";");
                continue;
            };
            let (value, after) = if after.first() == Some(&b'"') { quoted(after) } else { plain(after) };
            let quoted = input.get(end + 1) == Some(&b'"');
            let name = name.to_ascii_lowercase();
            let known = parameters.iter().any(|(other, _)| other.as_bytes() == name);
            let valid =
                value.iter().all(|&byte| byte == b'\t' || (0x20..=0x7e).contains(&byte) || byte >= 0x80);
            if is_token(&name) && valid && !known && (quoted || !value.is_empty()) {
                parameters.push((isomorphic::decode(&name), isomorphic::decode(&value)));
            }
            rest = after;
        }
        Some(Self { essence, parameters })
    }

    /// MIME Sniffing §4.5 *serialize a MIME type*.
    pub fn serialize(&self) -> String {
        let mut text = self.essence.clone();
        for (name, value) in &self.parameters {
            let plain = !value.is_empty() && value.bytes().all(is_token_byte);
            let value = if plain {
                value.clone()
            } else {
                format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""))
            };
            text.push_str(&format!(";{name}={value}"));
        }
        text
    }
}

/// A value up to the next `;`, and what follows it.
fn plain(input: &[u8]) -> (Vec<u8>, Option<&[u8]>) {
    let mut parts = input.splitn(2, |&byte| byte == b';');
    let value = parts.next().unwrap_or_default().trim_ascii_end().to_vec();
    (value, parts.next())
}

/// Fetch §2.2 *collect an HTTP quoted string* with its value extracted, and what follows the
/// next `;`.
fn quoted(input: &[u8]) -> (Vec<u8>, Option<&[u8]>) {
    let mut value = Vec::new();
    let mut bytes = input.iter().copied().enumerate().skip(1);
    let mut end = input.len();
    while let Some((at, byte)) = bytes.next() {
        match byte {
            b'\\' => value.push(bytes.next().map_or(b'\\', |(_, escaped)| escaped)),
            b'"' => {
                end = at + 1;
                break;
            }
            _ => value.push(byte),
        }
    }
    let rest = input.get(end..).unwrap_or_default();
    let next = rest.iter().position(|&byte| byte == b';').and_then(|at| rest.get(at + 1..));
    (value, next)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_essence_is_type_and_subtype() {
        let table = [
            ("text/plain", Some("text/plain")),
            (" Text/PLAIN ;charset=x", Some("text/plain")),
            ("text/plain;", Some("text/plain")),
            ("text/plain;;;a=\"b", Some("text/plain")),
            ("text/plain; a=b, application/json", Some("text/plain")),
            ("text/plain, application/json", None),
            ("text/plain,", None),
            (",text/plain", None),
            ("text /plain", None),
            ("text/ plain", None),
            ("text", None),
            ("text/", None),
            ("/plain", None),
            ("", None),
        ];
        for (value, expected) in table {
            assert_eq!(essence(value.as_bytes()).as_deref(), expected, "{value:?}");
        }
    }

    #[test]
    fn types_are_serialised_in_one_form() {
        let table = [
            ("text/html;charset=utf-8", "text/html;charset=utf-8"),
            ("TEXT/HTML; Charset=UTF-8 ", "text/html;charset=UTF-8"),
            ("a/b;x=\"y z\";x=2;;q", "a/b;x=\"y z\""),
            ("a/b;x=\"y\\\"z\"ignored;v=1", "a/b;x=\"y\\\"z\";v=1"),
            ("a/b;x=;y=\"\"", "a/b;y=\"\""),
            ("a/b;x y=1", "a/b"),
        ];
        for (value, expected) in table {
            assert_eq!(MimeType::parse(value.as_bytes()).expect(value).serialize(), expected, "{value:?}");
        }
    }
}
