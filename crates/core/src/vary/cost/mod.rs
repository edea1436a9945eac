//! What `Vary: Origin` costs and saves: page views of many origins through caches, with and
//! without it. The same seed gives the same views, for every cache and on every machine.

mod lru;
mod scenario;
mod simulate;
mod views;

pub use scenario::{Page, Scenario, ScenarioText};
pub use simulate::{Answers, Cost, Costs, UnknownAnswers, costs, simulate};
pub use views::{View, views};

#[cfg(test)]
mod tests;
