//! Which operations of an endpoint stand behind the same CORS layer: what is tested once for each layer is tested on
//! the operation that stands for it.

use std::sync::Arc;

use super::{Layer, Operation};

/// The operations of an endpoint by CORS layer, in the order in which they are declared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Survey {
    operations: Vec<Surveyed>,
}

/// One operation, and the one that stands for its layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Surveyed {
    /// The operation.
    pub operation: Arc<Operation>,
    /// The place of the operation that stands for its layer: its own, where it does.
    pub stands_for_it: usize,
}

impl Survey {
    /// The operations as they are before anything was asked: one layer for each policy.
    pub fn assumed(operations: &[Arc<Operation>]) -> Self {
        Self::grouped(operations, reads, |_, one, _, other| one.policy == other.policy)
    }

    /// Every operation by itself.
    pub fn apart(operations: &[Arc<Operation>]) -> Self {
        Self::grouped(operations, reads, |at, _, place, _| at == place)
    }

    /// Operations as they answered.
    pub fn found(operations: &[Arc<Operation>], layers: &[Layer]) -> Self {
        let alike = |at: usize, place: usize| match (layers.get(at), layers.get(place)) {
            (Some(one), Some(other)) => one.is_like(other),
            _ => at == place,
        };
        let was_read = |place: usize, _: &Operation| layers.get(place).is_some_and(Layer::was_read);
        Self::grouped(operations, was_read, |at, one, place, other| {
            one.policy == other.policy && alike(at, place)
        })
    }

    /// Groups operations; one that pages can read stands for the others of its group, where there is one.
    fn grouped(
        operations: &[Arc<Operation>],
        reads: impl Fn(usize, &Operation) -> bool,
        alike: impl Fn(usize, &Operation, usize, &Operation) -> bool,
    ) -> Self {
        let mut stands_for_it: Vec<Option<usize>> = vec![None; operations.len()];
        let mut standing: Vec<usize> = Vec::new();
        // Those that were read first: what was not read is like any of them with equal preflights.
        let (read, unread): (Vec<_>, Vec<_>) =
            operations.iter().enumerate().partition(|(place, operation)| reads(*place, operation));
        for (place, operation) in read.into_iter().chain(unread) {
            let known = standing
                .iter()
                .copied()
                .find(|at| operations.get(*at).is_some_and(|other| alike(*at, other, place, operation)));
            if known.is_none() {
                standing.push(place);
            }
            if let Some(slot) = stands_for_it.get_mut(place) {
                *slot = Some(known.unwrap_or(place));
            }
        }
        let surveyed = operations.iter().zip(stands_for_it).enumerate().map(|(place, (operation, at))| {
            Surveyed { operation: Arc::clone(operation), stands_for_it: at.unwrap_or(place) }
        });
        Self { operations: surveyed.collect() }
    }

    /// The operations.
    pub fn operations(&self) -> &[Surveyed] {
        &self.operations
    }

    /// Whether the operation at a place stands for its layer.
    pub fn stands_for_its_layer(&self, place: usize) -> bool {
        self.operations.get(place).is_some_and(|surveyed| surveyed.stands_for_it == place)
    }

    /// How many layers there are.
    pub fn layers(&self) -> usize {
        (0..self.operations.len()).filter(|place| self.stands_for_its_layer(*place)).count()
    }
}

/// Whether pages can read an operation.
fn reads(_: usize, operation: &Operation) -> bool {
    operation.send && Operation::may_be_sent(&operation.method)
}
