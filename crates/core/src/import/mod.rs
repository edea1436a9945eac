//! Decides what a recording of other tools says about requests: HAR files, and the cases that expect what was recorded.
//! Knows no files.

mod cases;
pub mod har;

pub use cases::{Imported, NotImported, cases};
