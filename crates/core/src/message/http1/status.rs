use thiserror::Error;

/// Why bytes are not the head of a response that a browser takes.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum HeadError {
    /// It is longer than is read.
    #[error("the response head is longer than {limit} bytes")]
    TooLarge {
        /// How much is read.
        limit: usize,
    },
    /// It does not begin with a status line. Most often the scheme or the port of the URL is wrong.
    #[error("not HTTP/1.1: it starts with \"{seen}\"{guess}")]
    NotHttp {
        /// The first bytes, escaped.
        seen: String,
        /// What it may be instead.
        guess: &'static str,
    },
    /// The status line has no status code that all browsers read.
    #[error("not HTTP/1.1: the status line is \"{seen}\"")]
    Status {
        /// The line, escaped.
        seen: String,
    },
    /// A NUL byte, for which browsers refuse the response.
    #[error("the response head contains a NUL byte")]
    Nul,
    /// 101, which answers no request of a page: one browser waits for another response, the other fails.
    #[error("101 Switching Protocols, although no other protocol was requested")]
    SwitchingProtocols,
}

/// How many bytes before a status line browsers skip: line ends, a byte order mark.
const SKIPPED: usize = 4;

const HTTP: &[u8] = b"HTTP/";

/// How many bytes stand before the status line; `None` where that is not known yet.
pub(super) fn begin(bytes: &[u8]) -> Result<Option<usize>, HeadError> {
    let mut may_come = bytes.is_empty();
    for skipped in 0..=SKIPPED {
        let Some(rest) = bytes.get(skipped..) else { break };
        if bytes.get(..skipped).is_some_and(|skipped| skipped.contains(&0)) {
            break;
        }
        if rest.starts_with(HTTP) {
            return Ok(Some(skipped));
        }
        may_come |= HTTP.starts_with(rest);
    }
    if may_come { Ok(None) } else { Err(not_http(bytes)) }
}

/// The status code and the minor version. HTTP/1 in every minor version, and 2 and 3, for which browsers read on as if
/// it were 1.
pub(super) fn status_line(line: &[u8]) -> Result<(u16, u8), HeadError> {
    let version = line.strip_prefix(HTTP).unwrap_or_default();
    let minor_version = match version {
        [b'1', b'.', b'1'..=b'9', ..] | [b'2' | b'3', b'.', b'0'..=b'9', ..] => 1,
        [b'1', b'.', ..] | [b'2' | b'3', ..] => 0,
        _ => return Err(not_http(line)),
    };
    let Some(space) = version.iter().position(|byte| *byte == b' ') else {
        // A version alone is 200 for browsers.
        let alone = version.iter().all(|byte| byte.is_ascii_graphic());
        return if alone {
            Ok((200, minor_version))
        } else {
            Err(HeadError::Status { seen: shown(line, 64) })
        };
    };
    let mut rest = version.get(space..).unwrap_or_default();
    while let [b' ', after @ ..] = rest {
        rest = after;
    }
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let ends = matches!(rest.get(digits), None | Some(b' ' | b'\t'));
    let code = rest.get(..digits).and_then(|digits| std::str::from_utf8(digits).ok()).map(str::parse);
    match code {
        Some(Ok(code)) if ends && (1..=3).contains(&digits) => Ok((code, minor_version)),
        _ => Err(HeadError::Status { seen: shown(line, 64) }),
    }
}

fn not_http(bytes: &[u8]) -> HeadError {
    let guess = match bytes {
        [0x15, 0x03, ..] => "; it looks like TLS: try https://",
        [_, _, _, 0x04, ..] if bytes.len() >= 9 => "; it looks like HTTP/2, and HTTP/1.1 was spoken",
        [b'S', b'S', b'H', b'-', ..] => "; it looks like an SSH server",
        _ => "",
    };
    HeadError::NotHttp { seen: shown(bytes, 24), guess }
}

fn shown(bytes: &[u8], most: usize) -> String {
    bytes.iter().take(most).flat_map(|byte| std::ascii::escape_default(*byte)).map(char::from).collect()
}
