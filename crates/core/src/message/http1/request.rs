use super::lines::{Line, first_line, lines};
use crate::message::is_token;

/// The head of a request, borrowed from its bytes.
#[derive(Clone, Copy, Debug)]
pub struct RequestHead<'b> {
    /// The method, a token.
    pub method: &'b str,
    /// The request target, as it was sent.
    pub target: &'b str,
    /// The bytes after the request line.
    lines: &'b [u8],
}

/// Bytes that are not the head of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a valid request line: expected `METHOD TARGET HTTP/1.x`")]
pub struct RequestLineError;

impl<'b> RequestHead<'b> {
    /// The first head in `bytes`, empty lines before it passed over (RFC 9112 §2.2), and where it ends; `None` where
    /// more must be read.
    ///
    /// # Errors
    /// A whole request line that is not one.
    pub fn read(bytes: &'b [u8]) -> Result<Option<(Self, usize)>, RequestLineError> {
        let begun = bytes.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        let head = bytes.get(begun..).unwrap_or_default();
        if !head.contains(&b'\n') {
            return Ok(None);
        }
        let (first, lines) = first_line(head);
        let (method, target) = request_line(first).ok_or(RequestLineError)?;
        let mut rest = lines;
        while rest.contains(&b'\n') {
            let (line, after) = first_line(rest);
            rest = after;
            if line.is_empty() {
                let end = bytes.len() - rest.len();
                return Ok(Some((Self { method, target, lines }, end)));
            }
        }
        Ok(None)
    }

    /// The field lines in order, up to the empty line.
    pub fn lines(&self) -> impl Iterator<Item = Line<'b>> + use<'b> {
        let mut end = 0;
        let mut rest = self.lines;
        while !rest.is_empty() {
            let (line, after) = first_line(rest);
            if line.is_empty() {
                break;
            }
            end += rest.len() - after.len();
            rest = after;
        }
        lines(self.lines.get(..end).unwrap_or_default())
    }

    /// Whether there is a line of this field.
    pub fn has(&self, name: &str) -> bool {
        self.lines().any(|line| line.name.eq_ignore_ascii_case(name))
    }
}

/// RFC 9112 §3 *request-line*: method and target.
fn request_line(line: &[u8]) -> Option<(&str, &str)> {
    let mut parts = std::str::from_utf8(line).ok()?.split(' ');
    let (method, target, version) = (parts.next()?, parts.next()?, parts.next()?);
    let http = version.starts_with("HTTP/1.") && parts.next().is_none();
    (http && is_token(method.as_bytes()) && !target.is_empty()).then_some((method, target))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn request_heads_end_with_an_empty_line() {
        // Bytes; method, target and length of the first head; `None`: more must be read.
        for (bytes, expected) in [
            ("GET /x HTTP/1.1\r\nHost: a\r\n\r\n", Some(("GET", "/x", 28))),
            ("\r\n\nGET / HTTP/1.0\n\nPUT", Some(("GET", "/", 19))),
            ("GET /x HTTP/1.1\r\n\r\nGET /y HTTP/1.1\r\n\r\n", Some(("GET", "/x", 19))),
            ("GET /x HTTP/1.1\r\nHost: a\r\n\r", None),
            ("GET /x HTT", None),
            ("\r\n", None),
            ("", None),
        ] {
            let head = RequestHead::read(bytes.as_bytes()).unwrap();
            let found = head.map(|(head, length)| (head.method, head.target, length));
            assert_eq!(found, expected, "{bytes:?}");
        }
        for bytes in ["GET /x\r\n", "GET  /x HTTP/1.1\r\n", "G@T /x HTTP/1.1\r\n", "GET /x HTTP/2\r\n", "x\n"]
        {
            assert_eq!(RequestHead::read(bytes.as_bytes()).err(), Some(RequestLineError), "{bytes:?}");
        }
    }

    #[test]
    fn fields_of_the_next_request_are_not_of_this_one() {
        let bytes = b"GET / HTTP/1.1\r\nIF-None-Match: \"a\"\r\nAccept: x\r\n\r\nRange: bytes=0-\r\n\r\n";
        let (head, _) = RequestHead::read(bytes).unwrap().unwrap();
        assert!(head.has("if-none-match") && head.has("accept") && !head.has("range"));
        assert_eq!(head.lines().count(), 2);
    }
}
