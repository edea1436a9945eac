use super::model::Suite;
use crate::document;

/// The JSON Schema of a case file, as it is published beside the suites: what editors complete
/// from, and what [`parse_suite`](super::parse_suite) holds a file against.
pub fn published() -> String {
    let mut schema = document::schema_of::<Suite>();
    schema.insert("title".to_owned(), "Crosscheck suite".into());
    let mut text = serde_json::to_string_pretty(&schema).unwrap_or_default();
    text.push('\n');
    text
}
