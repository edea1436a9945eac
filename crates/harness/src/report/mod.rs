//! Decides how things look: diagnostics, and a record as terminal text, JSON, JUnit, SARIF, Markdown or annotations. Every
//! view is a function of the record, or a sink of its events; none knows how a run is made.

pub mod causes;
pub mod compare_ways;
pub mod comparison;
pub mod diagnosis;
pub mod diagnostic;
pub mod events;
pub mod explain;
pub mod failure;
pub mod github;
pub mod html;
pub mod json;
#[cfg(feature = "junit")]
pub mod junit;
pub mod markdown;
pub mod page;
pub mod paint;
mod problems;
pub mod progress;
pub mod promises;
pub mod prose;
pub mod sarif;
pub mod terminal;
pub mod trial;
pub mod unsendable;
