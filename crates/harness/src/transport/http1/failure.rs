//! Why there is no whole response, in words.

use std::io;

use crosscheck_core::{
    exchange::{Failure, Stage},
    message::http1::{Framing, HeadError},
};

use crate::transport::{tls, trace::Trace};

pub(super) fn head_failure(error: &HeadError) -> Failure {
    let stage = match error {
        HeadError::TooLarge { .. } => Stage::HeadTooLarge,
        HeadError::NotHttp { .. }
        | HeadError::Status { .. }
        | HeadError::Nul
        | HeadError::SwitchingProtocols => Stage::Parse,
    };
    Failure::new(stage, error.to_string())
}

/// The connection ended before a whole head.
pub(super) fn no_head(broken: Option<io::Error>, trace: &Trace) -> Failure {
    match broken {
        Some(error) => {
            let message = format!("the connection was closed while the request was sent: {error}");
            Failure::of_io(Stage::Send, &error, message)
        }
        None if trace.input.is_empty() => {
            Failure::new(Stage::Head, "the connection was closed without an answer")
        }
        None => {
            let have = trace.input.len();
            let message = format!("the connection was closed within the response head, after {have} bytes");
            Failure::new(Stage::Head, message)
        }
    }
}

/// The connection broke before a whole head.
pub(super) fn head_broken(broken: Option<io::Error>, error: &io::Error) -> Failure {
    // A server that wants a client certificate says so only after the handshake.
    if let Some(failure) = tls::failure(error) {
        return failure;
    }
    match broken {
        Some(error) => {
            let message = format!("the connection broke while the request was sent: {error}");
            Failure::of_io(Stage::Send, &error, message)
        }
        None => Failure::of_io(Stage::Head, error, format!("the connection broke before an answer: {error}")),
    }
}

pub(super) fn content_ended(framing: Framing, have: usize) -> Failure {
    let message = match framing {
        Framing::Length(length) => {
            format!("the connection was closed after {have} of {length} bytes of content")
        }
        _ => format!("the connection was closed before the last chunk, after {have} bytes of content"),
    };
    Failure::new(Stage::Body, message)
}

pub(super) fn body_too_large(limit: usize) -> Failure {
    Failure::new(Stage::BodyTooLarge, format!("the content is longer than {limit} bytes"))
}
