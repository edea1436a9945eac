//! Decides when and where each test of a plan is performed, and keeps the record. Knows nothing
//! of how events and records are shown.

mod event;
pub mod explain;
mod group;
mod perform;
pub mod record;
mod runner;
pub(crate) mod together;

pub use event::{Event, Sink};
pub use runner::{Options, perform_one, run, stale_known_issues};
