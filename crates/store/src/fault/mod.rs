//! Decides what a store with a fault does differently. Answering asks the seams of this module
//! at its own named points, one file each; without a fault every seam is what the rules demand.

mod carriage;
mod catalogue;
mod compose;
mod composed;
mod gate;
mod grant;
mod judge;
mod memory;
mod read;
mod rules;
mod seams;
mod trust;
mod vary;

pub use catalogue::{Fault, UnknownFault};
pub use compose::{Comparison, Composed, Defect, InvalidDefect, On, Spoilt, UnknownWord, When};
pub(super) use gate::Gate;
pub(super) use memory::Memory;
pub(super) use seams::Seams;

use crosscheck_core::policy::Policy;

use super::request::Incoming;

/// The named points of answering at which one fault can show.
#[derive(Clone, Copy)]
struct Seam<'a> {
    /// The fault that the store has.
    fault: Option<Fault>,
    /// The composed fault that it has instead.
    composed: Option<Composed>,
    /// What a fault remembers from one request to the next.
    memory: &'a Memory,
}

/// What is known of a request when its answer's fields are made.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) policy: &'a Policy,
    pub(super) incoming: &'a Incoming,
    /// Whether the rules allow it.
    pub(super) allowed: bool,
    /// Whether it is answered as a preflight.
    pub(super) preflight: bool,
}

impl Asked<'_> {
    fn has_origin(&self) -> bool {
        self.incoming.fields.contains("origin")
    }
}

/// The first allowed origin, the wildcard standing for a letter.
fn first_origin(policy: &Policy) -> Option<String> {
    policy.rules.first()?.allowed_origins.first().map(|pattern| trust::concrete(pattern))
}

/// Every allowed origin in order, the wildcard standing for a letter.
fn all_origins(policy: &Policy) -> Vec<String> {
    policy
        .rules
        .iter()
        .flat_map(|rule| &rule.allowed_origins)
        .map(|pattern| trust::concrete(pattern))
        .collect()
}
