//! Decides when and where each test of a plan is performed, and keeps the record. Knows nothing
//! of how events and records are shown.

mod causes;
mod elsewhere;
mod event;
pub mod explain;
mod follow_up;
mod group;
mod keeper;
mod one;
mod options;
mod outcome;
mod perform;
pub mod promises;
pub mod record;
mod record_file;
mod runner;
mod settings;
mod stability;
mod success;
mod survey;
pub mod together;

pub use event::{Event, Sink};
pub use one::perform_one;
pub use options::Options;
pub use outcome::Outcome;
pub use runner::{requests_of, run, stale_known_issues, unsolicited_bytes};
pub use survey::Plan;
