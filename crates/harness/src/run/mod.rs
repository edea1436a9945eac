//! Decides when and where each test of a plan is performed, and keeps the record. Knows nothing
//! of how events and records are shown.

mod causes;
pub mod comparison;
mod elsewhere;
mod event;
pub mod explain;
mod follow_up;
pub mod gate;
mod group;
mod keeper;
pub mod listing;
pub mod merge;
mod one;
mod options;
mod outcome;
mod perform;
pub mod promises;
pub mod record;
mod record_file;
mod rerun;
mod runner;
#[cfg(test)]
mod sample;
mod settings;
mod shard;
mod stability;
mod success;
mod survey;
pub mod together;

pub use event::{Event, Sink};
pub use one::perform_one;
pub use options::Options;
pub use outcome::Outcome;
pub use rerun::Rerun;
pub use runner::{requests_of, run, stale_known_issues, unsolicited_bytes};
pub use shard::{ParseShardError, Shard};
pub use survey::Plan;
