use std::sync::atomic::{AtomicU32, Ordering};

use bytes::Bytes;
use crosscheck_core::message::{DictatedAnswer, Fields, isomorphic};

use super::request::Incoming;

/// A dictated answer and how often it may still be given.
#[derive(Debug)]
pub(super) struct Dictated {
    answer: DictatedAnswer,
    given: AtomicU32,
}

/// An answer that is sent byte for byte, or none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verbatim {
    /// The connection is closed without an answer.
    Close,
    /// This status with these lines in their order and case.
    Send {
        /// The status.
        status: u16,
        /// The lines.
        fields: Fields,
        /// The content.
        body: Bytes,
    },
}

/// What the placeholders of a dictated answer stand for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bases<'a> {
    /// The bucket's URL without a slash at its end.
    pub(super) own: &'a str,
    /// The same through another origin.
    pub(super) other: &'a str,
}

impl Dictated {
    pub(super) fn new(answer: DictatedAnswer) -> Self {
        Self { answer, given: AtomicU32::new(0) }
    }

    /// What its texts weigh in memory, each with `piece` bytes besides its own.
    pub(super) fn weight(&self, piece: usize) -> usize {
        let answer = &self.answer;
        let texts = [&answer.path, &answer.origin, &answer.if_header]
            .into_iter()
            .flatten()
            .chain([&answer.on, &answer.body]);
        let lines = answer
            .headers
            .iter()
            .flat_map(|(name, values)| values.as_slice().iter().map(|value| name.len() + value.len()));
        texts.map(String::len).chain(lines).map(|length| piece + length).sum()
    }

    /// Whether it answers this request; counts it if so.
    fn takes(&self, incoming: &Incoming, key: &str) -> bool {
        let answer = &self.answer;
        let origin = incoming.fields.text("origin");
        let fits = (answer.on == "*" || answer.on == incoming.method)
            && answer.path.as_deref().is_none_or(|path| path.trim_start_matches('/') == key)
            && match answer.origin.as_deref() {
                None => true,
                Some("") => origin.is_none(),
                wanted => wanted == origin.as_deref(),
            }
            && answer.if_header.as_deref().is_none_or(|name| incoming.fields.contains(name));
        if !fits {
            return false;
        }
        let Some(times) = answer.times else { return true };
        let once_more = |given: u32| (given < times).then(|| given + 1);
        self.given.fetch_update(Ordering::Relaxed, Ordering::Relaxed, once_more).is_ok()
    }

    fn play(&self, incoming: &Incoming, bases: Bases<'_>) -> Verbatim {
        let answer = &self.answer;
        if answer.close {
            return Verbatim::Close;
        }
        let origin = incoming.fields.text("origin");
        let mut fields = Fields::new();
        for (name, values) in &answer.headers {
            for value in values.as_slice() {
                let mut value = value.replace("{base.other}", bases.other).replace("{base}", bases.own);
                if value.contains("{origin}") {
                    let Some(origin) = &origin else { continue };
                    value = value.replace("{origin}", origin);
                }
                fields.push(name.as_str(), bytes(&value));
            }
        }
        Verbatim::Send { status: answer.status, fields, body: Bytes::from(answer.body.clone()) }
    }
}

/// The first dictated answer that fits.
pub(super) fn dictated(
    answers: &[Dictated],
    incoming: &Incoming,
    key: &str,
    bases: Bases<'_>,
) -> Option<Verbatim> {
    answers.iter().find(|answer| answer.takes(incoming, key)).map(|answer| answer.play(incoming, bases))
}

fn bytes(text: &str) -> Vec<u8> {
    isomorphic::encode(text).unwrap_or_else(|| text.as_bytes().to_vec())
}

impl Verbatim {
    /// The answer as bytes, and whether the connection ends with it. `Date` and the length of
    /// the content are added where the lines do not say them.
    pub(super) fn bytes(&self, method: &str, date: &str) -> (Vec<u8>, bool) {
        let Self::Send { status, fields, body } = self else { return (Vec::new(), true) };
        let mut out = format!("HTTP/1.1 {status} {}\r\n", reason(*status)).into_bytes();
        for field in fields {
            out.extend_from_slice(&bytes(&field.name));
            out.extend_from_slice(b": ");
            out.extend_from_slice(&field.value);
            out.extend_from_slice(b"\r\n");
        }
        if !fields.contains("date") {
            out.extend_from_slice(format!("Date: {date}\r\n").as_bytes());
        }
        let framed = fields.contains("content-length") || fields.contains("transfer-encoding");
        let has_body = !matches!(status, 100..=199 | 204 | 304);
        if has_body && !framed {
            out.extend_from_slice(format!("Content-Length: {}\r\n", body.len()).as_bytes());
        }
        out.extend_from_slice(b"\r\n");
        if has_body && method != "HEAD" {
            out.extend_from_slice(body);
        }
        let closes =
            fields.text("connection").is_some_and(|options| options.to_ascii_lowercase().contains("close"));
        // What the lines say of the length need not be true.
        (out, framed || closes)
    }
}

fn reason(status: u16) -> &'static str {
    hyper::StatusCode::from_u16(status)
        .ok()
        .and_then(|status| status.canonical_reason())
        .unwrap_or("Dictated")
}
