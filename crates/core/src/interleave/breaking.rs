//! The smallest order that breaks a case, as it goes into the record.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::story;
use crate::{case::model::Through, exchange::Transcript, plan::Steps, verdict::Finding};

/// The smallest order that breaks a case, with its steps.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Breaking {
    /// The case's id.
    pub case: String,
    /// The smallest order: fewest requests, then fewest steps, then as the case lists them. Where
    /// the order does not matter to the case it may be a part of those that it lists.
    pub order: Steps,
    /// Cache that it goes through.
    pub through: Through,
    /// The smallest breaking order for each cache.
    pub smallest: Vec<SmallestOrder>,
    /// The ids of the case's tests that failed.
    pub failed: Vec<String>,
    /// Number of conclusive tests of the case.
    pub of: usize,
    /// Steps of the smallest order: origins, servers and results.
    pub story: Vec<String>,
    /// What did not hold in it.
    pub findings: Vec<Finding>,
    /// Its requests and responses.
    pub transcript: Transcript,
}

/// The smallest breaking order for one cache.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SmallestOrder {
    /// The cache.
    pub through: Through,
    /// The order.
    pub order: Steps,
}

impl Breaking {
    /// Of what was found in the smallest order of each cache, the smallest first.
    pub fn new(
        case: &str,
        found: Vec<(Steps, Through, Transcript, Vec<Finding>)>,
        failed: Vec<String>,
        of: usize,
    ) -> Option<Self> {
        let smallest = found
            .iter()
            .map(|(order, through, _, _)| SmallestOrder { through: *through, order: order.clone() });
        let smallest = smallest.collect();
        let (order, through, transcript, findings) = found.into_iter().next()?;
        let story = story(&transcript);
        Some(Self {
            case: case.to_owned(),
            order,
            through,
            smallest,
            failed,
            of,
            story,
            findings,
            transcript,
        })
    }

    /// The order in words: `img` then `a`.
    pub fn order_words(&self) -> String {
        words(&self.order)
    }
}

impl SmallestOrder {
    /// The order in words: `img` then `a`.
    pub fn words(&self) -> String {
        words(&self.order)
    }
}

/// How many steps of an order are named.
const SHOWN: usize = 12;

fn words(order: &Steps) -> String {
    let mention = |mention: &String| {
        let names: Vec<String> = mention.split('+').map(|name| format!("`{name}`")).collect();
        names.join(" and ")
    };
    match order.as_slice() {
        [alone] if !alone.contains('+') => format!("{} alone", mention(alone)),
        [together] => format!("{} at once", mention(together)),
        order => {
            let mut words: Vec<String> = order.iter().take(SHOWN).map(mention).collect();
            if let Some(more) = order.len().checked_sub(SHOWN).filter(|more| *more > 0) {
                words.push(format!("{more} more"));
            }
            words.join(", then ")
        }
    }
}
