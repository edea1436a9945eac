//! What became of an order, and which orders break.

use serde::{Deserialize, Serialize};

use super::{Order, Who};
use crate::{
    fetch::{self, Reason},
    message::Response,
};

/// What became of one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// Whether the answer was made by the origin server just now, or confirmed by it; otherwise
    /// it is one that had been given before.
    pub new: bool,
    /// Why the page may not read it; `None` where it may, and for nobody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blocked: Option<Reason>,
}

impl Answer {
    /// What the CORS check (Fetch §4.10) of a page says of a response.
    pub fn of(who: Who, response: &Response, new: bool) -> Self {
        let blocked = who.origin().and_then(|origin| {
            fetch::cors_check(origin, false, response).err().map(|failure| failure.reason())
        });
        Self { new, blocked }
    }
}

/// What became of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// The order.
    pub order: Order,
    /// One for each request.
    pub answers: Vec<Answer>,
    /// How many requests reached the origin server in all.
    pub forwarded: usize,
}

impl Seen {
    /// Whether a page that may read could not, or one that may not could.
    pub fn breaks(&self) -> bool {
        self.order.asks().zip(&self.answers).any(|(ask, answer)| {
            ask.who.may_read().is_some_and(|may_read| may_read != answer.blocked.is_none())
        })
    }
}

/// The orders that break and have no part that breaks by itself, the smallest first: fewest
/// requests, then without waiting, then in the order in which they were tried.
pub fn breaking(seen: &[Seen]) -> Vec<Order> {
    let mut orders: Vec<&Order> = seen.iter().filter(|seen| seen.breaks()).map(|seen| &seen.order).collect();
    orders.sort_by_key(|order| (order.asks().count(), order.has_stale()));
    let mut least: Vec<Order> = Vec::new();
    for order in orders {
        if !least.iter().any(|part| part.is_part_of(order)) {
            least.push(order.clone());
        }
    }
    least
}
