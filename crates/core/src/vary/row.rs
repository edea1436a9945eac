use serde::{Deserialize, Serialize};

use super::{Order, Seen, Way, breaking, every, replay};
use crate::caching::Model;

/// What one cache does in front of an endpoint that says `Vary` in one way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// The cache: a model's name, or the name of a real one's folder.
    pub cache: String,
    /// When the endpoint says `Vary`.
    pub way: Way,
    /// The orders that break and have no part that breaks by itself, the smallest first.
    pub breaks: Vec<Order>,
    /// What only a real cache can show.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub real: Option<Real>,
}

/// What a real cache shows besides orders.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Real {
    /// Whether pages that may read are blocked when all ask at once for what nobody has asked
    /// for yet: one answer is handed to all who wait for it.
    pub burst_breaks: bool,
    /// Whether a HEAD reaches the endpoint as a GET.
    pub head_as_get: bool,
    /// Whether a stale response is validated; otherwise it is fetched anew.
    pub validates: bool,
    /// The orders in which the model of the same name does not do the same, request for request;
    /// `None` where there is no such model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model_differs: Option<Vec<Order>>,
}

impl Row {
    /// What a model does.
    pub fn of_model(name: &str, model: &Model, way: Way) -> Self {
        let seen: Vec<Seen> = every().iter().map(|order| replay(model, way, order)).collect();
        Self { cache: name.to_owned(), way, breaks: breaking(&seen), real: None }
    }

    /// The smallest order that breaks.
    pub fn smallest(&self) -> Option<&Order> {
        self.breaks.first()
    }
}

/// The orders in which a model does not do what was seen, request for request.
pub fn differences(model: &Model, way: Way, seen: &[Seen]) -> Vec<Order> {
    let differs = |seen: &&Seen| replay(model, way, &seen.order) != **seen;
    seen.iter().filter(differs).map(|seen| seen.order.clone()).collect()
}
