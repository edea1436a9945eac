//! The record as JSON: the form that everything else can be made from.

use crate::{diagnostic::visible_json, run::record::RunRecord};

/// The record, indented, with a line feed at its end. What a terminal would obey is escaped, so that the file can be
/// shown on one.
///
/// # Errors
/// Only what `serde_json` reports; the record's types have no key that JSON cannot hold.
pub fn render(record: &RunRecord) -> Result<String, serde_json::Error> {
    let mut text = serde_json::to_string_pretty(record)?;
    text.push('\n');
    Ok(visible_json(text))
}
