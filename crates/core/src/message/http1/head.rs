use std::ops::Range;

use bytes::Bytes;

use super::{
    framing::{FramingError, Message},
    lines::{Line, first_line, lines, trim_line},
    status::{HeadError, begin, status_line},
};
use crate::message::Fields;

/// A final response head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// The status code, 0 to 999: browsers take what has up to three digits.
    pub status: u16,
    /// The minor version of HTTP/1; later versions, which browsers take for HTTP/1.1, count as 1.
    pub minor_version: u8,
    /// The field lines.
    pub fields: Fields,
}

/// A final response head, borrowed from its bytes.
#[derive(Clone, Copy, Debug)]
pub struct RawHead<'b> {
    /// The status code, 0 to 999.
    pub status: u16,
    /// The minor version, as in [`Head`].
    pub minor_version: u8,
    /// The bytes after the status line.
    lines: &'b [u8],
}

/// Finds the end of a response head in bytes that come bit by bit, past interim responses.
#[derive(Debug)]
pub struct HeadReader {
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
    /// A reader that gives up after `limit` bytes, interim responses included.
    pub const fn new(limit: usize) -> Self {
        Self { limit, start: 0, line: 0, scanned: 0, in_fields: false }
    }

    /// Looks at everything that was read so far. Gives the final head and the length of all heads, or `None` where
    /// more must be read.
    ///
    /// # Errors
    /// Bytes that are not the head of a response.
    pub fn advance(&mut self, bytes: &[u8]) -> Result<Option<(Head, usize)>, HeadError> {
        let Some(range) = self.find(bytes)? else { return Ok(None) };
        let end = range.end;
        let head = RawHead::parse(bytes.get(range).unwrap_or_default())?;
        Ok(Some((head.to_head(), end)))
    }

    /// [`HeadReader::advance`] without copying.
    ///
    /// # Errors
    /// As for [`HeadReader::advance`].
    pub fn advance_raw<'b>(&mut self, bytes: &'b [u8]) -> Result<Option<(RawHead<'b>, usize)>, HeadError> {
        let Some(range) = self.find(bytes)? else { return Ok(None) };
        let end = range.end;
        Ok(Some((RawHead::parse(bytes.get(range).unwrap_or_default())?, end)))
    }

    /// Where the final head lies, the bytes that are skipped before it left out.
    fn find(&mut self, bytes: &[u8]) -> Result<Option<Range<usize>>, HeadError> {
        loop {
            if !self.in_fields {
                // What stands before the status line is not looked through for line ends.
                match begin(bytes.get(self.start..).unwrap_or_default())? {
                    None => return Ok(None),
                    Some(skipped) => {
                        self.start += skipped;
                        self.line = self.start;
                        self.scanned = self.scanned.max(self.start);
                    }
                }
            }
            let Some(end) = self.line_end(bytes) else { break };
            let line = trim_line(bytes.get(self.line..end).unwrap_or_default());
            self.line = end;
            if end > self.limit {
                return Err(HeadError::TooLarge { limit: self.limit });
            }
            if line.contains(&0) {
                return Err(HeadError::Nul);
            }
            if !self.in_fields {
                status_line(line)?;
                self.in_fields = true;
                continue;
            }
            if !line.is_empty() {
                continue;
            }
            let (status, _) = status_line(first_line(bytes.get(self.start..end).unwrap_or_default()).0)?;
            match status {
                101 => return Err(HeadError::SwitchingProtocols),
                100..=199 => {
                    self.start = end;
                    self.in_fields = false;
                }
                _ => return Ok(Some(self.start..end)),
            }
        }
        if bytes.len() > self.limit {
            return Err(HeadError::TooLarge { limit: self.limit });
        }
        Ok(None)
    }

    /// The offset after the next line feed.
    fn line_end(&mut self, bytes: &[u8]) -> Option<usize> {
        let found = bytes.get(self.scanned..)?.iter().position(|byte| *byte == b'\n');
        self.scanned = found.map_or(bytes.len(), |at| self.scanned + at + 1);
        found.map(|_| self.scanned)
    }
}

impl<'b> RawHead<'b> {
    /// Parses a whole head, from the status line to the empty line.
    fn parse(bytes: &'b [u8]) -> Result<Self, HeadError> {
        let (first, lines) = first_line(bytes);
        let (status, minor_version) = status_line(first)?;
        Ok(Self { status, minor_version, lines })
    }

    /// The field lines in order. Lines without a colon, and those whose name is not a token, are passed over.
    pub fn lines(&self) -> impl Iterator<Item = Line<'b>> + use<'b> {
        lines(self.lines)
    }

    /// How the content of the response to `method` ends.
    ///
    /// # Errors
    /// Lengths that contradict each other.
    pub fn message(&self, method: &str) -> Result<Message, FramingError> {
        let mut message = Message::new(self.status, self.minor_version);
        for line in self.lines() {
            message.field(line.name, &line.value);
        }
        message.finish(method)
    }

    /// The head as data of its own.
    pub fn to_head(&self) -> Head {
        let fields =
            self.lines().map(|line| (line.name, Bytes::from(line.value.into_owned()))).collect::<Fields>();
        Head { status: self.status, minor_version: self.minor_version, fields }
    }
}

impl Head {
    /// How the content of the response to `method` ends.
    ///
    /// # Errors
    /// Lengths that contradict each other.
    pub fn message(&self, method: &str) -> Result<Message, FramingError> {
        let mut message = Message::new(self.status, self.minor_version);
        for field in &self.fields {
            message.field(&field.name, &field.value);
        }
        message.finish(method)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Result<Option<(Head, usize)>, HeadError> {
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
    fn lines_are_what_browsers_take_for_lines() {
        for (given, expected) in [
            (&b"A: 1\n"[..], &[("A", "1")][..]),
            (b"A: 1\r\n\t 2 \r\n \r\nB: 3\r\n", &[("A", "1 2"), ("B", "3")]),
            (b" A: 1\r\nB: 2\r\n", &[("B", "2")]),
            (b"no field\r\n A: 1\r\nB: 2\r\n", &[("B", "2")]),
            (b"no field\r\nB: 2\r\n", &[("B", "2")]),
            (b"A : 1\r\nB: 2\r\n", &[("B", "2")]),
            (b": 1\r\nB: 2\r\n", &[("B", "2")]),
            (b"A\x01B: 1\r\nB: 2\r\n", &[("B", "2")]),
            (b"A\xe9: 1\r\nB: 2\r\n", &[("B", "2")]),
            (b"A: \xe9\xff\r\n", &[("A", "\u{e9}\u{ff}")]),
            (b"A: *\r\nA: \x01\r\n", &[("A", "*"), ("A", "\u{1}")]),
            (b"A: \x0b\x0c\x7f\x1b\r\n", &[("A", "\u{b}\u{c}\u{7f}\u{1b}")]),
            (b"A: 1\rB: 2\r\n", &[("A", "1\rB: 2")]),
            (b"A: 1\r\r\n", &[("A", "1\r")]),
            (b"HTTP/1.1 200 OK\r\nA: 1\r\n", &[("A", "1")]),
        ] {
            let bytes = [b"HTTP/1.1 200 OK\r\n", given, b"\r\n"].concat();
            let expected: Vec<_> =
                expected.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            assert_eq!(lines(&bytes), expected, "{}", given.escape_ascii());
        }
    }

    #[test]
    fn status_lines_are_what_every_browser_takes_for_one() {
        for (line, status, minor_version) in [
            ("HTTP/1.1 200 OK", 200, 1),
            ("HTTP/1.1 200", 200, 1),
            ("HTTP/1.1  404  No", 404, 1),
            ("HTTP/1.1 200\tOK", 200, 1),
            ("HTTP/1.1", 200, 1),
            ("HTTP/1.0 200 OK", 200, 0),
            ("HTTP/1.10 200 OK", 200, 1),
            ("HTTP/2 200 OK", 200, 0),
            ("HTTP/2.0 200 OK", 200, 1),
            ("HTTP/1.1 20 OK", 20, 1),
            ("HTTP/1.1 042 low", 42, 1),
            ("HTTP/1.1 999 high", 999, 1),
            ("\r\n\r\nHTTP/1.1 200 OK", 200, 1),
            ("\u{feff}HTTP/1.1 200 OK", 200, 1),
        ] {
            let (head, _) = read(format!("{line}\r\n\r\n").as_bytes()).unwrap().unwrap();
            assert_eq!((head.status, head.minor_version), (status, minor_version), "{line:?}");
        }
        for line in [
            "HTTP/1.1 2000 OK",
            "HTTP/1.1 200OK",
            "HTTP/1.1 abc",
            "HTTP/1.1 ",
            "HTTP/1.1 -200",
            "HTTP/1.1\t200",
            "http/1.1 200 OK",
            "HTTP/0.9 200 OK",
            "HTTP/11.1 200 OK",
            "ICY 200 OK",
            "\r\n\r\n\r\nHTTP/1.1 200 OK",
            "xxxxxHTTP/1.1 200 OK",
        ] {
            let bytes = format!("{line}\r\n\r\n");
            let read = read(bytes.as_bytes());
            assert!(
                matches!(read, Err(HeadError::NotHttp { .. } | HeadError::Status { .. })),
                "{line:?}: {read:?}"
            );
        }
    }

    #[test]
    fn interim_responses_are_passed_over() {
        let bytes = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 204 No\r\n\r\n";
        let (head, length) = read(bytes).unwrap().unwrap();
        assert_eq!((head.status, head.fields.len(), length), (204, 0, bytes.len()));
    }

    #[test]
    fn switching_protocols_is_no_answer() {
        for before in ["", "HTTP/1.1 100 Continue\r\n\r\n"] {
            for after in ["", "HTTP/1.1 200 OK\r\n\r\n"] {
                let bytes = format!("{before}HTTP/1.1 101 Switching Protocols\r\n\r\n{after}");
                assert_eq!(read(bytes.as_bytes()), Err(HeadError::SwitchingProtocols), "{bytes}");
            }
        }
    }

    #[test]
    fn a_nul_byte_refuses_the_response() {
        for bytes in [
            &b"HTTP/1.1 200 OK\r\nA: \0\r\n\r\n"[..],
            b"HTTP/1.1 200 O\0K\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nA\0: 1\r\n\r\n",
        ] {
            assert_eq!(read(bytes), Err(HeadError::Nul), "{}", bytes.escape_ascii());
        }
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
    fn other_protocols_are_recognised_by_their_first_bytes() {
        for (bytes, message) in [
            (&b"SSH-2.0-x"[..], "it looks like an SSH server"),
            (b"\x15\x03\x01\0\x02\x02\x46", "it looks like TLS: try https://"),
            (b"\0\0\x06\x04\0\0\0\0\0\0\0", "it looks like HTTP/2"),
            (b"<html>", "it starts with \"<html>\""),
        ] {
            let error = read(bytes).unwrap_err();
            assert!(matches!(error, HeadError::NotHttp { .. }), "{}", bytes.escape_ascii());
            assert!(error.to_string().contains(message), "{error}");
        }
    }

    #[test]
    fn a_head_past_the_limit_is_given_up() {
        let endless = [b"HTTP/1.1 200 OK\r\nA: ".to_vec(), vec![b'a'; 1000]].concat();
        assert_eq!(read(&endless), Err(HeadError::TooLarge { limit: 1000 }));
        let interim = b"HTTP/1.1 100 Continue\r\n\r\n".repeat(50);
        assert_eq!(read(&interim), Err(HeadError::TooLarge { limit: 1000 }));
    }
}
