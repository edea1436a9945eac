//! Why no whole answer came.

use std::io;

use crate::{exchange::Failure, load::record::ErrorKind};

/// No whole answer came.
#[derive(Debug)]
pub(super) struct Broken {
    pub kind: ErrorKind,
    pub message: String,
    /// Whether anything of an answer came.
    pub heard: bool,
}

/// It broke before anything of an answer came.
pub(super) fn broken(kind: ErrorKind, message: String) -> Broken {
    Broken { kind, message, heard: false }
}

/// What may not be sent, or cannot be written as HTTP.
pub(super) fn unsendable(failure: Failure) -> Broken {
    let kind = if failure.stage.is_refusal() { ErrorKind::NotPermitted } else { ErrorKind::Parse };
    Broken { kind, message: failure.message, heard: false }
}

pub(super) fn late() -> Broken {
    Broken {
        kind: ErrorKind::Timeout,
        message: "no whole answer within the timeout".to_owned(),
        heard: false,
    }
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
    Broken { kind, message: error.to_string(), heard }
}

/// Whether the endpoint ended the connection.
pub(super) fn closed(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::Closed | ErrorKind::Reset)
}
