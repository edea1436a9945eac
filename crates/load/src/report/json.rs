//! The record as JSON, and beside it the comparison with a baseline.

use crosscheck_core::diagnostic::visible_json;

use crate::{baseline::Comparison, record::LoadRecord};

/// The record, indented, with a line feed at its end. `crosscheck schema load-record` is its schema.
///
/// # Errors
/// Only what `serde_json` reports; the record's types have no key that JSON cannot hold.
pub fn render(record: &LoadRecord) -> Result<String, serde_json::Error> {
    indented(record)
}

/// The comparison, likewise.
///
/// # Errors
/// Likewise.
pub fn comparison(comparison: &Comparison) -> Result<String, serde_json::Error> {
    indented(comparison)
}

fn indented(value: &impl serde::Serialize) -> Result<String, serde_json::Error> {
    let mut text = serde_json::to_string_pretty(value)?;
    text.push('\n');
    Ok(visible_json(text))
}
