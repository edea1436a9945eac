//! What is known of an exchange that is under way. It lives outside the future that carries the
//! exchange, so that a deadline that drops the future leaves the evidence.

use std::time::Instant;

use bytes::{Bytes, BytesMut};
use crosscheck_core::{
    exchange::{Bounds, Cut, CutMessage, Exchange, Failure, Received, Stage, shortened},
    message::{Request, Response, isomorphic},
};

/// The traces of one attempt on one connection.
#[derive(Debug)]
pub(super) struct Trace {
    /// How far it got.
    pub stage: Stage,
    /// When the attempt began; the clock of an exchange that never sent a byte.
    started: Instant,
    /// When the first byte of the request was handed to the connection.
    pub first_sent: Option<Instant>,
    /// How many bytes of the request were handed to the connection.
    pub written: usize,
    /// What has been read and not yet understood.
    pub input: BytesMut,
    /// The response head, with the interim responses before it, once it is whole.
    pub head: Option<Bytes>,
    /// How many bytes of the content were read, where there is more.
    pub content_cut: Option<usize>,
}

/// How many bytes of a head are kept as they were on the wire, beside its lines.
const RAW_BYTES: usize = Bounds::AMPLE.head_bytes;

/// How many bytes of the message of a failure are kept; some quote what came.
const MESSAGE_BYTES: usize = 512;

impl Trace {
    pub(super) fn new() -> Self {
        Self {
            stage: Stage::Resolve,
            started: Instant::now(),
            first_sent: None,
            written: 0,
            input: BytesMut::new(),
            head: None,
            content_cut: None,
        }
    }

    /// Whether any byte came back.
    pub(super) fn heard(&self) -> bool {
        self.head.is_some() || !self.input.is_empty()
    }

    /// Starts the clock again, after waiting for a turn.
    pub(super) fn restart_clock(&mut self) {
        self.started = Instant::now();
    }

    /// Forgets the attempt, because there will be another.
    pub(super) fn restart(&mut self) {
        *self = Self { started: self.started, ..Self::new() };
    }

    /// The exchange that this was.
    pub(super) fn finish(
        self,
        sent: Request,
        head_sent: &[u8],
        result: Result<Response, Failure>,
    ) -> Exchange {
        let micros = self.first_sent.unwrap_or(self.started).elapsed().as_micros();
        let on_wire = head_sent.get(..self.written).unwrap_or(head_sent);
        let received = self.head.as_deref().unwrap_or(&self.input);
        let mut cut = self.content_cut.map(Cut::of_content).unwrap_or_default();
        // Of a head that is long, the lines are what counts.
        let text = |bytes: &[u8], cut: &mut CutMessage| {
            let kept = bytes.get(..RAW_BYTES).unwrap_or(bytes);
            cut.head_bytes = bytes.len() - kept.len();
            (!bytes.is_empty()).then(|| isomorphic::decode(kept))
        };
        Exchange {
            sent: sent.into(),
            raw_sent: text(on_wire, &mut cut.sent),
            raw_received: text(received, &mut cut.received),
            received: match result {
                Ok(response) => Received::Response(response),
                Err(Failure { stage, io, message }) => {
                    let message = shortened(&message, MESSAGE_BYTES).into_owned();
                    Received::Failed(Failure { stage, io, message })
                }
            },
            micros: u64::try_from(micros).unwrap_or(u64::MAX),
            cut: cut.noted(),
            hidden: Vec::new(),
        }
    }
}
