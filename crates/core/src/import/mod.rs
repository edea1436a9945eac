//! Decides what other tools say about requests: recordings (HAR files) and descriptions of APIs (OpenAPI documents).
//! Knows no files, and not what becomes of the requests.

mod draft;
pub mod har;
pub mod openapi;

pub use draft::{Draft, drafts_of};
