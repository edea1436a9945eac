//! Replays an order from what was captured: the same walk, answered without a socket.

use std::{sync::Arc, time::SystemTime};

use super::{Capture, Prepared, Walk};
use crate::{case::model::Through, message::Request};

/// Walks an order to its end at one moment of the clock.
///
/// # Errors
/// The request whose answer was not captured yet: once it is, the order can be replayed again.
pub fn replay<'a>(
    prepared: &'a Prepared,
    order: &'a [String],
    through: Through,
    capture: &Capture,
    now: SystemTime,
) -> Result<Walk<'a>, Arc<Request>> {
    let mut walk = Walk::new(prepared, order, through);
    let mut answers = Vec::new();
    loop {
        for request in walk.next(now) {
            match capture.answer(request) {
                Some(exchange) => answers.push(Arc::clone(exchange)),
                None => return Err(Arc::clone(request)),
            }
        }
        if answers.is_empty() {
            return Ok(walk);
        }
        walk.receive(answers.drain(..), now);
    }
}
