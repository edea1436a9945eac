//! Decides how things look: diagnostics, and a record as terminal text, JSON or JUnit. Every view
//! is a function of the record, or a sink of its events; none knows how a run is made.

pub mod causes;
pub mod compare_ways;
pub mod comparison;
pub mod diagnosis;
pub mod diagnostic;
pub mod explain;
pub mod failure;
pub mod json;
#[cfg(feature = "junit")]
pub mod junit;
pub mod paint;
pub mod progress;
pub mod promises;
pub mod prose;
pub mod terminal;
pub mod trial;
pub mod unsendable;
