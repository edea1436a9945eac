//! From what was sent and received to what is kept of it. The browser, the caches and the oracles work on what was
//! really on the wire; a record has no secrets.

use std::{borrow::Cow, collections::HashMap, sync::Arc};

use super::{Exchange, Failure, Received, RequestResult, Step, Transcript};
use crate::redaction::{Redactor, Side};

/// Makes records of transcripts: knows the secrets of the endpoint, and learns those that the exchanges bring.
#[derive(Clone, Debug)]
pub struct Recorder {
    redactor: Redactor,
    /// How often something was learned.
    learned: usize,
    /// By its address, an exchange that several transcripts share, with what is kept of it since the last lesson.
    kept: HashMap<usize, Kept>,
}

#[derive(Clone, Debug)]
struct Kept {
    /// Keeps the address from being used again.
    _exchange: Arc<Exchange>,
    learned: usize,
    redacted: Arc<Exchange>,
}

impl Recorder {
    /// Knows what the endpoint's settings say.
    pub fn new(redactor: &Redactor) -> Self {
        Self { redactor: redactor.clone(), learned: 0, kept: HashMap::new() }
    }

    /// What knows every secret that was met so far.
    pub fn redactor(&self) -> &Redactor {
        &self.redactor
    }

    /// A transcript as it is kept.
    pub fn transcript(&mut self, transcript: Transcript) -> Transcript {
        for step in &transcript.steps {
            // What was kept before was learned from before.
            if !self.kept.contains_key(&Arc::as_ptr(&step.exchange).addr()) {
                self.learn(&step.exchange);
            }
        }
        let Transcript { steps, requests } = transcript;
        let steps = steps.into_iter().map(|step| self.step(step)).collect();
        let requests = requests.into_iter().map(|(name, result)| (name, self.result(result))).collect();
        Transcript { steps, requests }
    }

    fn learn(&mut self, exchange: &Exchange) {
        let mut new = self.redactor.learn_request(&exchange.sent);
        if let Received::Response(response) = &exchange.received {
            new |= self.redactor.learn_response(&exchange.sent.url, response);
        }
        self.learned += usize::from(new);
    }

    fn step(&mut self, step: Step) -> Step {
        let Step { request, purpose, served_by, exchange, mut evidence } = step;
        for line in &mut evidence {
            if let Some(redacted) = self.redactor.line(Side::Response, line) {
                *line = redacted;
            }
        }
        Step { request, purpose, served_by, exchange: self.shared(exchange), evidence }
    }

    fn shared(&mut self, exchange: Arc<Exchange>) -> Arc<Exchange> {
        let address = Arc::as_ptr(&exchange).addr();
        if let Some(kept) = self.kept.get(&address).filter(|kept| kept.learned == self.learned) {
            return Arc::clone(&kept.redacted);
        }
        let redacted = exchange.redacted(&self.redactor).map_or_else(|| Arc::clone(&exchange), Arc::new);
        // One is this one, and one may be what is kept.
        if Arc::strong_count(&exchange) > 1 + usize::from(Arc::ptr_eq(&redacted, &exchange)) {
            let kept = Kept { _exchange: exchange, learned: self.learned, redacted: Arc::clone(&redacted) };
            self.kept.insert(address, kept);
        }
        redacted
    }

    fn result(&self, result: RequestResult) -> RequestResult {
        let RequestResult {
            origin,
            outcome,
            reason,
            mut subject,
            status,
            readable,
            preflight,
            served_by,
            stored,
            ended_after,
            mut story,
        } = result;
        subject.iter_mut().chain(&mut story).for_each(|text| self.redactor.redact(text));
        let readable = self.redactor.fields(Side::Response, &readable).unwrap_or(readable);
        RequestResult {
            origin,
            outcome,
            reason,
            subject,
            status,
            readable,
            preflight,
            served_by,
            stored,
            ended_after,
            story,
        }
    }
}

impl Exchange {
    /// The exchange as it is kept; `None` where it holds no secret.
    fn redacted(&self, redactor: &Redactor) -> Option<Self> {
        let sent = redactor.request(&self.sent);
        let received = match &self.received {
            Received::Response(response) => redactor.response(response).map(Received::Response),
            Received::Failed(Failure { stage, io, message }) => match redactor.text(message) {
                Cow::Borrowed(_) => None,
                Cow::Owned(message) => Some(Received::Failed(Failure { stage: *stage, io: *io, message })),
            },
        };
        // The bytes of the request say what its parts say. Those of a response say more: interim responses, a reason
        // phrase, and everything that could not be read.
        let raw_sent = sent.as_ref().and_then(|_| redactor.head(Side::Request, self.raw_sent.as_deref()?));
        let raw_received = self.raw_received.as_deref().and_then(|head| match (&received, &self.received) {
            (None, Received::Response(_)) => match redactor.text(head) {
                Cow::Borrowed(_) => None,
                Cow::Owned(head) => Some(head),
            },
            _ => redactor.head(Side::Response, head),
        });
        if sent.is_none() && received.is_none() && raw_sent.is_none() && raw_received.is_none() {
            return None;
        }
        let (sent, hidden) = match sent {
            Some((sent, hidden)) => (Arc::new(sent), hidden),
            None => (Arc::clone(&self.sent), Vec::new()),
        };
        Some(Self {
            sent,
            hidden,
            received: received.unwrap_or_else(|| self.received.clone()),
            raw_sent: raw_sent.or_else(|| self.raw_sent.clone()),
            raw_received: raw_received.or_else(|| self.raw_received.clone()),
            micros: self.micros,
            cut: self.cut.clone(),
        })
    }
}
