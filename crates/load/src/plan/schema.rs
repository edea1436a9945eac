use crosscheck_core::document;

use super::LoadPlan;

/// The JSON Schema of a load plan, as it is published beside the suites: what editors complete
/// from, and what [`parse_plan`](super::parse_plan) holds a file against.
pub fn published() -> String {
    let mut schema = document::schema_of::<LoadPlan>();
    schema.insert("title".to_owned(), "Crosscheck load plan".into());
    let mut text = serde_json::to_string_pretty(&schema).unwrap_or_default();
    text.push('\n');
    text
}
