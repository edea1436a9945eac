//! Decides what other tools say about requests: recordings (HAR files), the cases that expect what was recorded, and
//! descriptions of APIs (OpenAPI documents). Knows no files.

mod cases;
mod draft;
pub mod har;
pub mod openapi;

pub use cases::{Imported, NotImported, cases};
pub use draft::{Draft, drafts_of};
