//! Which requests share a connection with others.

use crosscheck_core::message::{Fields, is_token};

/// Whether no field is malformed (RFC 9110 §5.5), and none that must stand alone stands twice. Some servers end the
/// connection after any other request, or say nothing more on it.
pub(super) fn is_ordinary(fields: &Fields) -> bool {
    let single = ["host", "origin", "access-control-request-method", "content-length"];
    single.iter().all(|name| fields.lines(name).count() < 2)
        && fields.iter().all(|field| is_token(field.name.as_bytes()) && is_value(&field.value))
        && fields.lines("origin").all(|origin| !origin.is_empty() && origin.iter().all(u8::is_ascii_graphic))
}

/// Whether a value is of visible characters with blanks between them.
fn is_value(value: &[u8]) -> bool {
    let blank = |byte: Option<&u8>| matches!(byte, Some(b' ' | b'\t'));
    let written = |byte: &u8| *byte == b'\t' || (*byte >= b' ' && *byte != 0x7f);
    !blank(value.first()) && !blank(value.last()) && value.iter().all(written)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn malformed_requests_are_told_from_others() {
        let fields = |lines: &[(&str, &[u8])]| -> Fields {
            lines.iter().map(|(name, value)| (*name, value.to_vec())).collect()
        };
        for lines in [
            &[("Origin", &b"https://a.example"[..])][..],
            &[("Origin", b"null"), ("Accept", b"a/b, c/d;q=0.1")],
            &[("Cookie", b"a=b"), ("Cookie", b"c=d"), ("X-Name", b"\xe9")],
            &[("Access-Control-Request-Headers", b"")],
        ] {
            assert!(is_ordinary(&fields(lines)), "{lines:?}");
        }
        for lines in [
            &[("Origin", &b""[..])][..],
            &[("Origin", b"https://a.example https://b.example")],
            &[("Origin", b"https://a.example"), ("origin", b"https://b.example")],
            &[("Origin", b"https://\xe9.example")],
            &[("X-Name", b"a\x00b")],
            &[("X-Name", b" a")],
            &[("X-Name", b"a\x7f")],
            &[("Host", b"a"), ("Host", b"b")],
        ] {
            assert!(!is_ordinary(&fields(lines)), "{lines:?}");
        }
    }
}
