//! What a run keeps of its evidence once it is judged: each exchange once, as much of it as there is
//! memory for. And how much of it may wait to be judged.

use std::{
    collections::HashMap,
    hash::{BuildHasher, Hash, Hasher, RandomState},
    sync::{Arc, Mutex, PoisonError},
};

use crosscheck_core::{
    exchange::{Bounds, Exchange, Received, Transcript, shorten_all},
    message::Fields,
    verdict::Finding,
};
use tokio::sync::{Semaphore, SemaphorePermit};

/// How many bytes of evidence a run keeps before it keeps less of each further message.
const AMPLE_BYTES: usize = 16 * 1024 * 1024;

/// How many bytes of answers may wait to be judged, all that is done at once taken together. One of
/// them at a time may have more.
const WAITING_BYTES: usize = 16 * 1024 * 1024;

/// Keeps the evidence of one run.
#[derive(Debug)]
pub(super) struct Keeper {
    kept: Mutex<Kept>,
    /// How many bytes each of what is done at once may have.
    share: usize,
    large: Semaphore,
}

/// The answers of one order, or of one capture, that wait to be judged.
#[derive(Debug)]
pub(super) struct Waiting<'k> {
    keeper: &'k Keeper,
    bytes: usize,
    turn: Option<SemaphorePermit<'k>>,
}

impl Waiting<'_> {
    /// Counts an answer in. Once they are many bytes, waits for its turn to have more than its share.
    pub(super) async fn add(&mut self, exchange: &Exchange) {
        self.bytes += exchange.held_bytes();
        if self.is_large() && self.turn.is_none() {
            // The semaphore is never closed.
            self.turn = self.keeper.large.acquire().await.ok();
        }
    }

    /// Whether it is so little that it may wait beside that of every other case.
    pub(super) fn is_small(&self) -> bool {
        self.bytes <= self.keeper.share / 64
    }

    /// Whether it has more than its share, and keeps others from having so.
    pub(super) fn is_large(&self) -> bool {
        self.bytes > self.keeper.share
    }
}

#[derive(Debug, Default)]
struct Kept {
    /// The exchanges that are kept, by their hash.
    exchanges: HashMap<u64, Vec<Arc<Exchange>>>,
    hasher: RandomState,
    bytes: usize,
}

impl Keeper {
    /// A keeper that has nothing yet, for so much at once.
    pub(super) fn new(jobs: usize) -> Self {
        let share = WAITING_BYTES / jobs.max(1);
        Self { kept: Mutex::default(), share, large: Semaphore::new(1) }
    }

    /// Nothing that waits yet. What waits ends its turn when this is dropped; until then it must not
    /// wait for anything that others hold while they wait for this turn.
    pub(super) fn waiting(&self) -> Waiting<'_> {
        Waiting { keeper: self, bytes: 0, turn: None }
    }

    /// Brings a transcript that was judged, and what was found in it, within bounds. Equal exchanges
    /// become one.
    pub(super) fn keep(&self, transcript: &mut Transcript, findings: &mut [Finding]) {
        // A thread that panicked in here left a count and a map, both of which can be used.
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let bounds = if kept.bytes < AMPLE_BYTES { Bounds::AMPLE } else { Bounds::SCARCE };
        for step in &mut transcript.steps {
            step.exchange = kept.exchange(&step.exchange, &bounds);
            shorten_all(&mut step.evidence, &bounds);
        }
        transcript.steps.shrink_to_fit();
        for result in transcript.requests.values_mut() {
            result.shorten(&bounds);
            kept.bytes += result.held_bytes();
        }
        for finding in findings {
            finding.shorten(&bounds);
            kept.bytes += finding.held_bytes();
        }
    }
}

impl Kept {
    /// The exchange as it is kept: the same one where it is short and new.
    fn exchange(&mut self, exchange: &Arc<Exchange>, bounds: &Bounds) -> Arc<Exchange> {
        let within = exchange.within(bounds).map(Arc::new);
        let within = within.as_ref().unwrap_or(exchange);
        let same = self.exchanges.entry(key(&self.hasher, within)).or_default();
        if let Some(known) = same.iter().find(|known| Arc::ptr_eq(known, within) || known == &within) {
            return Arc::clone(known);
        }
        self.bytes += within.held_bytes();
        same.push(Arc::clone(within));
        Arc::clone(within)
    }
}

fn key(hasher: &RandomState, exchange: &Exchange) -> u64 {
    let mut hasher = hasher.build_hasher();
    let lines = |fields: &Fields, hasher: &mut std::hash::DefaultHasher| {
        for field in fields {
            field.name.hash(hasher);
            field.value.hash(hasher);
        }
    };
    exchange.sent.method.hash(&mut hasher);
    exchange.sent.url.as_str().hash(&mut hasher);
    lines(&exchange.sent.fields, &mut hasher);
    match &exchange.received {
        Received::Response(response) => {
            response.status.hash(&mut hasher);
            lines(&response.fields, &mut hasher);
        }
        Received::Failed(failure) => failure.message.hash(&mut hasher),
    }
    exchange.micros.hash(&mut hasher);
    hasher.finish()
}
