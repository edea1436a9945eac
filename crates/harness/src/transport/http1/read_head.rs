use bytes::Bytes;

use crate::{
    exchange::{Failure, Stage},
    message::Fields,
};

/// A response head as it was read.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Head {
    pub status: u16,
    /// 0 for HTTP/1.0, 1 for HTTP/1.1.
    pub minor_version: u8,
    pub fields: Fields,
}

/// Finds the end of a response head in bytes that come bit by bit, past interim responses.
/// Lenient where browsers are: bare line feeds, folded lines, space before a colon and lines that
/// are no fields are not held against the server here.
#[derive(Debug)]
pub(super) struct HeadReader {
    limit: usize,
    /// Where the current head starts; interim responses lie before it.
    start: usize,
    /// Where the current line starts.
    line: usize,
    /// How far was looked for the end of the line.
    scanned: usize,
    /// Whether the status line of the current head has passed.
    in_fields: bool,
}

impl HeadReader {
    /// A reader that gives up after `limit` bytes.
    pub(super) fn new(limit: usize) -> Self {
        Self { limit, start: 0, line: 0, scanned: 0, in_fields: false }
    }

    /// Looks at everything that was read so far. Gives the final head and the length of all heads,
    /// or `None` where more must be read.
    pub(super) fn advance(&mut self, bytes: &[u8]) -> Result<Option<(Head, usize)>, Failure> {
        while let Some(end) = self.line_end(bytes) {
            let line = trim_line(bytes.get(self.line..end).unwrap_or_default());
            self.line = end;
            if end > self.limit {
                return Err(self.too_large());
            }
            if !line.is_empty() {
                if !self.in_fields {
                    parse(&[line, b"\r\n\r\n"].concat())?;
                    self.in_fields = true;
                }
                continue;
            }
            // Empty lines before a status line are skipped (RFC 9112 §2.2).
            if !self.in_fields {
                self.start = end;
                continue;
            }
            let head = parse(bytes.get(self.start..end).unwrap_or_default())?;
            if matches!(head.status, 100 | 102..=199) {
                self.start = end;
                self.in_fields = false;
                continue;
            }
            return Ok(Some((head, end)));
        }
        if bytes.len() > self.limit {
            return Err(self.too_large());
        }
        if !self.in_fields {
            let begun = bytes.get(self.line..).unwrap_or_default();
            let known = begun.len().min(HTTP.len());
            if begun.get(..known) != HTTP.get(..known) && begun != b"\r" {
                return Err(no_http(begun));
            }
        }
        Ok(None)
    }

    /// The offset after the next line feed.
    fn line_end(&mut self, bytes: &[u8]) -> Option<usize> {
        let found = bytes.get(self.scanned..)?.iter().position(|byte| *byte == b'\n');
        self.scanned = found.map_or(bytes.len(), |at| self.scanned + at + 1);
        found.map(|_| self.scanned)
    }

    fn too_large(&self) -> Failure {
        Failure {
            stage: Stage::HeadTooLarge,
            message: format!("the response head is longer than {} bytes", self.limit),
        }
    }
}

const HTTP: &[u8] = b"HTTP/1.";

fn parse(bytes: &[u8]) -> Result<Head, Failure> {
    let mut config = httparse::ParserConfig::default();
    config
        .allow_obsolete_multiline_headers_in_responses(true)
        .allow_spaces_after_header_name_in_responses(true)
        .allow_multiple_spaces_in_response_status_delimiters(true)
        .ignore_invalid_headers_in_responses(true);
    // A line has at least its feed, so that this many always suffice.
    let lines = bytes.iter().filter(|byte| **byte == b'\n').count();
    let mut headers = vec![httparse::EMPTY_HEADER; lines];
    let mut response = httparse::Response::new(&mut headers);
    match config.parse_response(&mut response, bytes) {
        Ok(httparse::Status::Complete(length)) if length == bytes.len() => {}
        Ok(_) => return Err(failure("the response head ends within a line".to_owned())),
        Err(httparse::Error::Version | httparse::Error::Status) => return Err(no_http(bytes)),
        Err(error) => return Err(failure(format!("the response head is no HTTP: {error}"))),
    }
    let (Some(status), Some(minor_version)) = (response.code, response.version) else {
        return Err(no_http(bytes));
    };
    if status < 100 {
        return Err(failure(format!("{status:03} is no status code")));
    }
    let fields =
        response.headers.iter().map(|header| (header.name.to_owned(), unfold(header.value))).collect();
    Ok(Head { status, minor_version, fields })
}

/// The value of a field line without the whitespace around it; a folded one becomes one line
/// (RFC 9112 §5.2).
fn unfold(value: &[u8]) -> Bytes {
    let parts: Vec<&[u8]> = value.split(|byte| *byte == b'\n').map(trim_ows).collect();
    Bytes::from(parts.join(&b' '))
}

/// RFC 9110 §5.6.3: optional whitespace is SP and HTAB; CR only stands before a line feed here.
fn trim_ows(mut value: &[u8]) -> &[u8] {
    while let [b' ' | b'\t' | b'\r', rest @ ..] | [rest @ .., b' ' | b'\t' | b'\r'] = value {
        value = rest;
    }
    value
}

fn trim_line(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// Says what it may be instead: most often the wrong scheme or the wrong port.
fn no_http(bytes: &[u8]) -> Failure {
    let guess = match bytes {
        [0x15, 0x03, ..] => "; it looks like TLS: try https://",
        [_, _, _, 0x04, ..] if bytes.len() >= 9 => "; it looks like HTTP/2, and HTTP/1.1 was spoken",
        [b'S', b'S', b'H', b'-', ..] => "; it looks like an SSH server",
        _ => "",
    };
    let seen: String =
        bytes.iter().take(24).flat_map(|byte| std::ascii::escape_default(*byte)).map(char::from).collect();
    failure(format!("the answer is no HTTP/1.1: it starts with \"{seen}\"{guess}"))
}

fn failure(message: String) -> Failure {
    Failure { stage: Stage::Parse, message }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Result<Option<(Head, usize)>, Failure> {
        HeadReader::new(1000).advance(bytes)
    }

    fn lines(bytes: &[u8]) -> Vec<(String, String)> {
        let (head, _) = read(bytes).unwrap().unwrap();
        head.fields.iter().map(|field| (field.name.to_string(), field.text())).collect()
    }

    #[test]
    fn lines_keep_their_order_spelling_and_number() {
        let seen = lines(b"HTTP/1.1 200 OK\r\nvary: a\r\nX-y:1\r\nVARY:\t b \t\r\nx-Y: \r\n\r\nbody");
        let expected = [("vary", "a"), ("X-y", "1"), ("VARY", "b"), ("x-Y", "")];
        assert_eq!(seen, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }

    #[test]
    fn what_browsers_forgive_is_forgiven() {
        for (bytes, expected) in [
            (&b"HTTP/1.1 200 OK\nA: 1\n\n"[..], vec![("A", "1")]),
            (b"\r\n\r\nHTTP/1.1 200\r\nA: 1\r\n\r\n", vec![("A", "1")]),
            (b"HTTP/1.0 200 OK\r\nA : 1\r\n\r\n", vec![("A", "1")]),
            (b"HTTP/1.1 200 OK\r\nA: 1\r\n\t 2\r\n\r\n", vec![("A", "1 2")]),
            (b"HTTP/1.1 200 OK\r\nno field\r\nA: 1\r\n\r\n", vec![("A", "1")]),
            (b"HTTP/1.1 200 OK\r\nA: \xe9\xff\r\n\r\n", vec![("A", "\u{e9}\u{ff}")]),
        ] {
            let expected: Vec<_> = expected.into_iter().map(|(n, v)| (n.to_owned(), v.to_owned())).collect();
            assert_eq!(lines(bytes), expected, "{}", bytes.escape_ascii());
        }
    }

    #[test]
    fn interim_responses_are_passed_over() {
        let bytes = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 204 No\r\n\r\n";
        let (head, length) = read(bytes).unwrap().unwrap();
        assert_eq!((head.status, head.fields.len(), length), (204, 0, bytes.len()));
        let (head, _) = read(b"HTTP/1.1 101 Switching Protocols\r\n\r\n").unwrap().unwrap();
        assert_eq!(head.status, 101);
    }

    #[test]
    fn bytes_may_come_one_by_one() {
        let bytes = b"\r\nHTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nA: 1\r\n\r\n";
        let mut reader = HeadReader::new(1000);
        for end in 0..bytes.len() {
            assert_eq!(reader.advance(&bytes[..end]), Ok(None), "{end}");
        }
        let (head, length) = reader.advance(bytes).unwrap().unwrap();
        assert_eq!((head.status, length), (200, bytes.len()));
    }

    #[test]
    fn what_is_no_http_is_known_by_its_first_bytes() {
        for (bytes, message) in [
            (&b"SSH-2.0-x"[..], "it looks like an SSH server"),
            (b"\x15\x03\x01\0\x02\x02\x46", "it looks like TLS: try https://"),
            (b"\0\0\x06\x04\0\0\0\0\0\0\0", "it looks like HTTP/2"),
            (b"<html>", "it starts with \"<html>\""),
            (b"HTTP/2 200\r\n", "it starts with"),
            (b"HTTP/1.1 abc\r\n", "it starts with"),
            (b"HTTP/1.1 042 low\r\n", "042 is no status code"),
            (b"HTTP/1.1 200 OK\r\nA: \0\r\n\r\n", "invalid header value"),
        ] {
            let failure = read(bytes).unwrap_err();
            assert_eq!(failure.stage, Stage::Parse, "{}", bytes.escape_ascii());
            assert!(failure.message.contains(message), "{}", failure.message);
        }
    }

    #[test]
    fn a_head_past_the_limit_is_given_up() {
        let endless = [b"HTTP/1.1 200 OK\r\nA: ".to_vec(), vec![b'a'; 1000]].concat();
        assert_eq!(read(&endless).unwrap_err().stage, Stage::HeadTooLarge);
        let interim = b"HTTP/1.1 100 Continue\r\n\r\n".repeat(50);
        assert_eq!(read(&interim).unwrap_err().stage, Stage::HeadTooLarge);
    }
}
