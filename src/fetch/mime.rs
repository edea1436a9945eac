//! MIME Sniffing §4.4: the essence of a MIME type.

use super::header::{is_token, normalize_value};

/// The essence (MIME Sniffing §2), in lower case, of a value parsed by *parse a MIME type*;
/// `None` for failure. Parameters never make it fail.
pub fn essence(value: &[u8]) -> Option<String> {
    let value = normalize_value(value);
    let slash = value.iter().position(|&byte| byte == b'/')?;
    let (kind, rest) = value.split_at(slash);
    let rest = rest.get(1..)?;
    let subtype = rest.split(|&byte| byte == b';').next().unwrap_or_default();
    let subtype = subtype.trim_ascii_end();
    if !is_token(kind) || !is_token(subtype) {
        return None;
    }
    let essence = [kind, b"/", subtype].concat().to_ascii_lowercase();
    String::from_utf8(essence).ok()
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
}
