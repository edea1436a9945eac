//! Decides what other tools say about requests: recordings (HAR files), the cases that expect what was recorded, and
//! descriptions of APIs (OpenAPI documents), and the endpoint that either is about. Knows no files.

mod cases;
mod draft;
pub mod har;
pub mod openapi;
mod target;

pub use cases::{Imported, NotImported, cases};
pub use draft::{Draft, drafts_of};
pub use target::{Target, target_of_api, target_of_recording};
