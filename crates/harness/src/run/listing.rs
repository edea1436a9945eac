//! The tests of a plan as data, before anything is sent.

use crosscheck_core::{
    case::model::{Kind, Through},
    plan::{Planned, Steps, Work},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The version of the list's form; it grows whenever that changes.
const LIST_VERSION: u32 = 1;

/// The tests of a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Listing {
    /// Version of this format.
    pub list_version: u32,
    /// The version of Crosscheck.
    pub crosscheck: String,
    /// About how many requests a run would send, the survey of operations apart.
    pub requests: usize,
    /// The tests in the order of the suites.
    pub tests: Vec<ListedTest>,
}

/// A test that would run, or the reason why it would not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ListedTest {
    /// The stable id; of a case that is not applicable, the case's.
    pub id: String,
    /// Id of its case.
    pub case: String,
    /// The claim, in one sentence.
    pub title: String,
    /// How binding the claim is.
    pub kind: Kind,
    /// Path of the suite file.
    pub file: String,
    /// The line of the case in the file, from 1.
    pub line: usize,
    /// Order of its steps.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub order: Steps,
    /// Cache that it goes through.
    #[serde(default, skip_serializing_if = "is_none")]
    pub through: Through,
    /// The operation that it requests, where the endpoint has several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// The promise that it checks, as a sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub promise: Option<String>,
    /// Why it would not run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_applicable: Option<String>,
}

fn is_none(through: &Through) -> bool {
    *through == Through::None
}

impl Listing {
    /// Of a plan.
    pub fn of(plan: &[Planned]) -> Self {
        Self {
            list_version: LIST_VERSION,
            crosscheck: env!("CARGO_PKG_VERSION").to_owned(),
            requests: super::requests_of(plan),
            tests: plan.iter().map(listed).collect(),
        }
    }
}

fn listed(planned: &Planned) -> ListedTest {
    let claim = &planned.claim;
    let (order, through, not_applicable) = match &planned.work {
        Work::Perform(test) => (test.order.clone(), test.through, None),
        Work::NotApplicable(reason) => (Steps::default(), Through::None, Some(reason.clone())),
    };
    ListedTest {
        id: planned.id.clone(),
        case: claim.id.clone(),
        title: claim.title.clone(),
        kind: claim.kind,
        file: claim.file.clone(),
        line: claim.line,
        order,
        through,
        operation: claim.operation.as_ref().map(|operation| operation.name.clone()),
        promise: claim.promise.as_ref().map(ToString::to_string),
        not_applicable,
    }
}

/// The JSON Schema of the list of tests.
pub fn published() -> String {
    let mut schema = crosscheck_core::document::schema_of::<Listing>();
    schema.insert("title".to_owned(), "Crosscheck list of tests".into());
    let mut text = serde_json::to_string_pretty(&schema).unwrap_or_default();
    text.push('\n');
    text
}
