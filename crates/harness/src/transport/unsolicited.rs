//! Bytes that an endpoint sends although nothing was requested.

use bytes::Bytes;

/// Bytes that answer no request: after a whole answer, or on a connection that waits for its next request. Taken for
/// the next answer they would be judged in its place (RFC 9112 §11.2), so that the connection is closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsolicited {
    /// The request after whose answer they came, method and URL; `None`: they came before any request.
    pub after: Option<String>,
    /// The first of them.
    pub bytes: Bytes,
}

/// How many bytes are kept as evidence.
const KEPT: usize = 256;

impl Unsolicited {
    pub(super) fn new(after: Option<String>, bytes: &[u8]) -> Self {
        Self { after, bytes: Bytes::copy_from_slice(bytes.get(..bytes.len().min(KEPT)).unwrap_or_default()) }
    }

    /// Where they came, in words.
    pub fn place(&self) -> String {
        match &self.after {
            Some(request) => format!("after the answer to {request}"),
            None => "before any request was sent".to_owned(),
        }
    }

    /// The first bytes as printable text, line by line.
    pub fn shown(&self) -> Vec<String> {
        self.bytes
            .split_inclusive(|byte| *byte == b'\n')
            .take(8)
            .map(|line| line.escape_ascii().to_string())
            .collect()
    }
}
