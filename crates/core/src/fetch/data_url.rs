//! Fetch §6: `data:` URLs.

use url::{Position, Url};

use super::mime::MimeType;

/// What a `data:` URL holds: its Content-Type and its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct DataUrl {
    /// The serialised MIME type.
    pub content_type: String,
    /// The bytes.
    pub body: Vec<u8>,
}

/// Fetch §6 *`data:` URL processor*; `None` for failure.
pub(super) fn process(url: &Url) -> Option<DataUrl> {
    let input = url[..Position::AfterQuery].strip_prefix("data:")?;
    let (kind, body) = input.split_once(',')?;
    let kind = kind.trim_ascii();
    let mut body = percent_decode(body.as_bytes());
    let marked =
        kind.get(kind.len().saturating_sub(6)..).is_some_and(|end| end.eq_ignore_ascii_case("base64"));
    let before = kind.get(..kind.len().saturating_sub(6)).unwrap_or("").trim_end_matches(' ');
    let kind = match before.strip_suffix(';').filter(|_| marked) {
        Some(kind) => {
            body = forgiving_base64(&body)?;
            kind.to_owned()
        }
        None => kind.to_owned(),
    };
    let kind = if kind.starts_with(';') { format!("text/plain{kind}") } else { kind };
    let content_type = MimeType::parse(kind.as_bytes())
        .map_or_else(|| "text/plain;charset=US-ASCII".to_owned(), |mime| mime.serialize());
    Some(DataUrl { content_type, body })
}

/// URL §1.3 *percent-decode*.
fn percent_decode(input: &[u8]) -> Vec<u8> {
    let mut output = Vec::with_capacity(input.len());
    let mut rest = input;
    while let Some((&byte, after)) = rest.split_first() {
        let digit = |at: usize| after.get(at).and_then(|&byte| char::from(byte).to_digit(16));
        match (byte, digit(0), digit(1)) {
            (b'%', Some(high), Some(low)) => {
                output.push(u8::try_from(high * 16 + low).unwrap_or(byte));
                rest = after.get(2..).unwrap_or_default();
            }
            _ => {
                output.push(byte);
                rest = after;
            }
        }
    }
    output
}

/// Infra §7 *forgiving-base64 decode*; `None` for failure.
pub(super) fn forgiving_base64(input: &[u8]) -> Option<Vec<u8>> {
    let mut data: Vec<u8> = input.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
    if data.len().is_multiple_of(4) {
        for _ in 0..2 {
            if data.last() == Some(&b'=') {
                data.pop();
            }
        }
    }
    if data.len() % 4 == 1 {
        return None;
    }
    let mut output = Vec::with_capacity(data.len() / 4 * 3 + 2);
    for group in data.chunks(4) {
        let mut bits = 0_u32;
        for &byte in group {
            let value = match byte {
                b'A'..=b'Z' => byte - b'A',
                b'a'..=b'z' => byte - b'a' + 26,
                b'0'..=b'9' => byte - b'0' + 52,
                b'+' => 62,
                b'/' => 63,
                _ => return None,
            };
            bits = (bits << 6) | u32::from(value);
        }
        bits <<= 6 * (4 - group.len());
        let [_, bytes @ ..] = bits.to_be_bytes();
        output.extend(bytes.iter().take(group.len() - 1));
    }
    Some(output)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_urls_hold_their_type_and_bytes() {
        type Row<'a> = (&'a str, Option<(&'a str, &'a [u8])>);
        let table: [Row<'_>; 12] = [
            ("data:text/plain,hello", Some(("text/plain", b"hello"))),
            ("data:,a%20b", Some(("text/plain;charset=US-ASCII", b"a b"))),
            ("data:;charset=utf-8,x", Some(("text/plain;charset=utf-8", b"x"))),
            ("data:Text/HTML;base64,aGk=", Some(("text/html", b"hi"))),
            ("data:text/html; base64,aGk", Some(("text/html", b"hi"))),
            ("data:text/html;BASE64,a G%0Ak=", Some(("text/html", b"hi"))),
            ("data:text/html;base64,a", None),
            ("data:text/html;base64,a*==", None),
            ("data:text/plain", None),
            ("data:base64,x", Some(("text/plain;charset=US-ASCII", b"x"))),
            ("data:text/plain,a#b", Some(("text/plain", b"a"))),
            ("data:text/plain,a?b%", Some(("text/plain", b"a?b%"))),
        ];
        for (url, expected) in table {
            let got = process(&Url::parse(url).expect(url));
            let expected =
                expected.map(|(kind, body)| DataUrl { content_type: kind.to_owned(), body: body.to_vec() });
            assert_eq!(got, expected, "{url}");
        }
    }
}
