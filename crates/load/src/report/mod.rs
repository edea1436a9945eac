//! How the record of a load run looks: HTML, Markdown, CSV, JUnit, JSON, and the terminal's lines.
//! Pure functions of the record and of its comparison with a baseline: no clock, no files.

pub mod csv;
mod figures;
pub mod html;
pub mod json;
pub mod junit;
pub mod live;
pub mod markdown;
mod saving;
pub mod terminal;
pub mod words;

use crate::record::{LoadRecord, RequestRecord};

/// The rows that a reader needs: without the preflights that nobody had to send.
fn rows(record: &LoadRecord) -> impl Iterator<Item = &RequestRecord> {
    let idle = |row: &RequestRecord| row.sent == 0 && row.from_cache == 0 && row.name.ends_with(".preflight");
    record.requests.iter().filter(move |row| !idle(row))
}
