//! Why no whole answer came.

use std::io;

use crosscheck_core::exchange::Failure;

use crate::record::ErrorKind;

/// No whole answer came.
#[derive(Debug)]
pub(super) struct Broken {
    pub kind: ErrorKind,
    pub message: String,
    /// Whether anything of an answer came.
    pub heard: bool,
    /// Unsolicited bytes that came in the place of an answer: the request is sent again on a new connection.
    pub unsolicited: Vec<String>,
}

/// It broke before anything of an answer came.
pub(super) fn broken(kind: ErrorKind, message: String) -> Broken {
    Broken { kind, message, heard: false, unsolicited: Vec::new() }
}

/// What may not be sent, or cannot be written as HTTP.
pub(super) fn unsendable(failure: Failure) -> Broken {
    broken(
        if failure.stage.is_refusal() { ErrorKind::NotPermitted } else { ErrorKind::Parse },
        failure.message,
    )
}

pub(super) fn late() -> Broken {
    broken(ErrorKind::Timeout, "no whole answer within the timeout".to_owned())
}

pub(super) fn failed(error: &io::Error, heard: bool) -> Broken {
    let kind = match error.kind() {
        io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted => ErrorKind::Reset,
        io::ErrorKind::BrokenPipe | io::ErrorKind::UnexpectedEof | io::ErrorKind::WriteZero => {
            ErrorKind::Closed
        }
        io::ErrorKind::InvalidData => ErrorKind::Tls,
        _ => ErrorKind::Closed,
    };
    Broken { heard, ..broken(kind, error.to_string()) }
}

impl Broken {
    /// Whether a connection that has served so many requests broke without saying anything of this one: the endpoint
    /// had closed it by the time the request arrived, as it may (RFC 9112 §9.3.1), or had sent unsolicited bytes.
    pub(super) fn is_stale(&self, served: u64) -> bool {
        let closed = matches!(self.kind, ErrorKind::Closed | ErrorKind::Reset);
        served > 0 && !self.heard && (closed || !self.unsolicited.is_empty())
    }
}
