//! What is known of an exchange that is under way. It lives outside the future that carries the
//! exchange, so that a deadline that drops the future leaves the evidence.

use std::time::Instant;

use bytes::{Bytes, BytesMut};

use crate::{
    exchange::{Exchange, Failure, Received, Stage},
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
}

impl Trace {
    pub(super) fn new() -> Self {
        Self {
            stage: Stage::Resolve,
            started: Instant::now(),
            first_sent: None,
            written: 0,
            input: BytesMut::new(),
            head: None,
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
        let text = |bytes: &[u8]| (!bytes.is_empty()).then(|| isomorphic::decode(bytes));
        Exchange {
            sent: sent.into(),
            raw_sent: text(on_wire),
            raw_received: text(received),
            received: match result {
                Ok(response) => Received::Response(response),
                Err(failure) => Received::Failed(failure),
            },
            micros: u64::try_from(micros).unwrap_or(u64::MAX),
            hidden: Vec::new(),
        }
    }
}
