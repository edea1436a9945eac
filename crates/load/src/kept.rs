//! As much of messages as is kept for the diagnosis: an endpoint must not decide how much memory that takes.

use std::sync::Arc;

use crosscheck_core::exchange::{Bounds, Exchange, Transcript};

/// As much of an exchange as is kept.
pub(crate) fn exchange(exchange: &Arc<Exchange>) -> Arc<Exchange> {
    exchange.within(&Bounds::AMPLE).map_or_else(|| Arc::clone(exchange), Arc::new)
}

/// A transcript with as much of its exchanges as is kept.
pub(crate) fn transcript(mut transcript: Transcript) -> Transcript {
    for step in &mut transcript.steps {
        step.exchange = exchange(&step.exchange);
    }
    transcript
}
