use thiserror::Error;

use crate::message::list;

/// How the end of the content is known (RFC 9112 §6.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// There is none, whatever the fields say.
    Empty,
    /// It has this many bytes.
    Length(u64),
    /// It comes in chunks.
    Chunked,
    /// It ends with the connection.
    UntilClose,
}

/// Why the end of the content cannot be known.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum FramingError {
    /// Lengths that contradict each other, which browsers refuse.
    #[error("Content-Length is both {0} and {1}")]
    Lengths(String, String),
    /// One browser decodes it, another does not.
    #[error("an HTTP/1.0 response with Transfer-Encoding: chunked")]
    ChunkedInHttp10,
}

/// What the field lines of a head say of its content and of its connection.
#[derive(Clone, Debug)]
pub struct Message {
    status: u16,
    minor_version: u8,
    length: Option<Vec<u8>>,
    conflict: Option<FramingError>,
    chunked: bool,
    coded: bool,
    close: bool,
    keep_alive: bool,
    framing: Framing,
}

impl Message {
    /// Without any line yet.
    pub(super) const fn new(status: u16, minor_version: u8) -> Self {
        Self {
            status,
            minor_version,
            length: None,
            conflict: None,
            chunked: false,
            coded: false,
            close: false,
            keep_alive: false,
            framing: Framing::UntilClose,
        }
    }

    /// Takes a field line into account.
    pub(super) fn field(&mut self, name: &str, value: &[u8]) {
        if name.eq_ignore_ascii_case("content-length") {
            // `2,` is two lengths for browsers.
            for member in list::parts(value) {
                match &self.length {
                    None => self.length = Some(member.to_vec()),
                    Some(known) if known == member => {}
                    Some(known) => {
                        let shown = |bytes: &[u8]| bytes.escape_ascii().to_string();
                        let conflict = FramingError::Lengths(shown(known), shown(member));
                        self.conflict.get_or_insert(conflict);
                    }
                }
            }
        } else if name.eq_ignore_ascii_case("transfer-encoding") {
            self.coded = true;
            self.chunked |= list::members(value).any(|member| member.eq_ignore_ascii_case(b"chunked"));
        } else if name.eq_ignore_ascii_case("connection") {
            for member in list::members(value) {
                self.close |= member.eq_ignore_ascii_case(b"close");
                self.keep_alive |= member.eq_ignore_ascii_case(b"keep-alive");
            }
        }
    }

    /// RFC 9112 §6.3 *message body length* of the response to `method`, as browsers find it: a length that is not a
    /// number counts as missing, and a transfer coding other than `chunked` means nothing.
    pub(super) fn finish(mut self, method: &str) -> Result<Self, FramingError> {
        self.framing = if method == "HEAD"
            || matches!(self.status, 100..=199 | 204 | 304)
            || (method == "CONNECT" && (200..=299).contains(&self.status))
        {
            Framing::Empty
        } else if let Some(conflict) = self.conflict.take() {
            return Err(conflict);
        } else if self.chunked && self.minor_version == 0 {
            return Err(FramingError::ChunkedInHttp10);
        } else if self.chunked {
            Framing::Chunked
        } else {
            self.length().map_or(Framing::UntilClose, Framing::Length)
        };
        Ok(self)
    }

    /// How the end of the content is known.
    pub const fn framing(&self) -> Framing {
        self.framing
    }

    /// Whether the connection serves another request after this response, as far as the response says (RFC 9112
    /// §9.3). After a 204 that announces content all the same none does: what comes late would be taken for the next
    /// response.
    pub fn persists(&self) -> bool {
        let announces = self.status == 204 && (self.coded || self.length().is_some_and(|length| length > 0));
        let kept = if self.minor_version == 0 { self.keep_alive } else { true };
        kept && !self.close && self.framing != Framing::UntilClose && !announces
    }

    fn length(&self) -> Option<u64> {
        let text = std::str::from_utf8(self.length.as_deref()?).ok()?;
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        // Browsers count in signed integers.
        text.parse::<i64>().ok().filter(|_| digits).and_then(|length| u64::try_from(length).ok())
    }
}

#[cfg(test)]
mod tests {
    use super::{super::head::Head, *};

    const CL: &str = "Content-Length";
    const TE: &str = "Transfer-Encoding";

    fn head(status: u16, minor_version: u8, lines: &[(&str, &str)]) -> Head {
        let fields = lines.iter().map(|(name, value)| (*name, value.as_bytes().to_vec())).collect();
        Head { status, minor_version, fields }
    }

    #[test]
    fn the_length_of_content_is_what_browsers_find() {
        for (method, status, lines, expected) in [
            ("GET", 200, &[][..], Framing::UntilClose),
            ("GET", 200, &[(CL, "5")], Framing::Length(5)),
            ("GET", 200, &[(CL, "5, 5"), (CL, "5")], Framing::Length(5)),
            ("GET", 200, &[(TE, "chunked")], Framing::Chunked),
            ("GET", 200, &[(CL, "5"), (TE, "Chunked")], Framing::Chunked),
            ("GET", 200, &[(TE, "gzip"), (TE, "chunked")], Framing::Chunked),
            ("GET", 200, &[(TE, "chunked, identity")], Framing::Chunked),
            ("GET", 200, &[(TE, "x"), (CL, "5")], Framing::Length(5)),
            ("GET", 200, &[(TE, "\"chunked\"")], Framing::UntilClose),
            ("GET", 200, &[(CL, "")], Framing::UntilClose),
            ("GET", 200, &[(CL, "-1")], Framing::UntilClose),
            ("GET", 200, &[(CL, "+5")], Framing::UntilClose),
            ("GET", 200, &[(CL, "0x5")], Framing::UntilClose),
            ("GET", 200, &[(CL, "99999999999999999999")], Framing::UntilClose),
            ("GET", 200, &[(CL, "9223372036854775808")], Framing::UntilClose),
            ("HEAD", 200, &[(CL, "5")], Framing::Empty),
            ("HEAD", 200, &[(TE, "chunked")], Framing::Empty),
            ("OPTIONS", 204, &[(CL, "5")], Framing::Empty),
            ("GET", 304, &[(CL, "5")], Framing::Empty),
            ("CONNECT", 200, &[], Framing::Empty),
            ("CONNECT", 403, &[(CL, "1")], Framing::Length(1)),
        ] {
            let message = head(status, 1, lines).message(method).unwrap();
            assert_eq!(message.framing(), expected, "{method} {status} {lines:?}");
        }
    }

    #[test]
    fn lengths_that_contradict_each_other_are_refused() {
        for lines in [
            &[(CL, "5"), (CL, "6")][..],
            &[(CL, "5, 6")],
            &[(CL, "5"), (CL, "05")],
            &[(CL, "5,")],
            &[(CL, ""), (CL, "5")],
            &[(TE, "chunked"), (CL, "5"), (CL, "6")],
        ] {
            let error = head(200, 1, lines).message("GET").unwrap_err();
            assert!(matches!(error, FramingError::Lengths(..)), "{lines:?}: {error}");
        }
        let error = head(200, 0, &[(TE, "chunked")]).message("GET").unwrap_err();
        assert_eq!(error, FramingError::ChunkedInHttp10);
    }

    #[test]
    fn a_connection_persists_unless_the_response_says_otherwise() {
        for (status, minor_version, lines, expected) in [
            (200, 1, &[(CL, "0")][..], true),
            (200, 1, &[(CL, "0"), ("Connection", "Keep-Alive, Close")], false),
            (200, 1, &[], false),
            (200, 0, &[(CL, "0")], false),
            (200, 0, &[(CL, "0"), ("connection", "Keep-Alive")], true),
            (204, 1, &[], true),
            (204, 1, &[(CL, "0")], true),
            (204, 1, &[(CL, "5")], false),
            (204, 1, &[(TE, "chunked")], false),
            (304, 1, &[(CL, "5")], true),
        ] {
            let message = head(status, minor_version, lines).message("GET").unwrap();
            assert_eq!(message.persists(), expected, "{status} 1.{minor_version} {lines:?}");
        }
        // Of HEAD it is known that no content follows.
        assert!(head(200, 1, &[(CL, "5")]).message("HEAD").unwrap().persists());
    }
}
