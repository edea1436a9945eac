//! Decides when and where each test of a plan is performed, and keeps the record. Knows nothing
//! of how events and records are shown.

mod cache;
mod event;
pub mod explain;
mod perform;
pub mod record;
mod request;
mod runner;
mod story;

pub use event::{Event, Sink};
pub use runner::{Options, perform_one, run, stale_known_issues};
