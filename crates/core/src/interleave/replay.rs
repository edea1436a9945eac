//! Replays an order from what was captured: the same walk, answered without a socket.

use std::{sync::Arc, time::SystemTime};

use super::{Capture, Prepared, Walk};
use crate::{case::model::Through, exchange::SendContext, message::Request};

/// Walks an order to its end at one moment of the clock.
///
/// # Errors
/// The request whose answer was not captured yet, and why it is sent: once it is captured, the order can be
/// replayed again.
pub fn replay<'a>(
    prepared: &'a Prepared,
    order: &'a [String],
    through: Through,
    capture: &Capture,
    now: SystemTime,
) -> Result<Walk<'a>, (Arc<Request>, SendContext)> {
    let mut walk = Walk::new(prepared, order, through);
    let mut answers = Vec::new();
    loop {
        for (request, context) in walk.next(now) {
            match capture.answer(request) {
                Some(exchange) => answers.push(Arc::clone(exchange)),
                None => return Err((Arc::clone(request), context.clone())),
            }
        }
        if answers.is_empty() {
            return Ok(walk);
        }
        walk.receive(answers.drain(..), now);
    }
}
