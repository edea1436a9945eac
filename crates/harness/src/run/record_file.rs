//! The record as it stands in `run.json`: what many tests have in common stands there once, in a
//! table, and tests name it by its place in that table, counted from 0. Values that nearly all have
//! are left out. Nothing of the record is lost: it can be made of the file again.

mod read;
mod table;
#[cfg(test)]
mod tests;
mod write;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::record::{EndpointRecord, PromiseRecord, Sampled};
use crate::{
    case::model::{Kind, OutcomeName, PreflightState, ServedBy, Through},
    exchange::{Cut, Failure, Purpose, StoredUse},
    fetch::{Profile, Reason},
    interleave::SmallestOrder,
    plan::Steps,
    redaction::Hidden,
    verdict::{Finding, Verdict},
};

pub use read::ReadError;

/// What a run did and found, as a file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RecordFile {
    /// The version of this form.
    #[serde(deserialize_with = "read::version")]
    pub record_version: u32,
    /// The version of Crosscheck.
    pub crosscheck: String,
    /// What was judged.
    #[serde(rename = "target")]
    pub endpoint: EndpointRecord,
    /// When the run began, RFC 3339.
    pub started: String,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
    /// Whose browser judged where the standard and browsers differ.
    #[serde(default)]
    pub profile: Profile,
    /// The seed of a sample of orders.
    pub seed: u64,
    /// The cases of which a sample of orders stands for all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sampled: Vec<Sampled>,
    /// The command that repeats the run.
    pub command: String,
    /// Whether it was cut short by a signal or its deadline.
    pub interrupted: bool,
    /// Why nothing could be judged at all, where that is so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hindrance: Option<String>,
    /// Why the endpoint was not judged although it answered: no request was ever answered with success.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub no_success: Option<String>,
    /// What became of each promise of the declared rules.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub promises: Vec<PromiseRecord>,
    /// Known-issue entries that cover no test of the suites: ids.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stale_known_issues: Vec<String>,
    /// Of each case that an order breaks, the smallest that does.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub breaking: Vec<FileBreaking>,
    /// The tests in the order of the suites.
    pub tests: Vec<FileTest>,
    /// The claims that tests are of.
    pub claims: Vec<FileClaim>,
    /// What became of requests.
    pub results: Vec<FileResult>,
    /// What the oracles found.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<Finding>,
    /// Requests and what came back.
    pub exchanges: Vec<FileExchange>,
    /// Requests.
    pub requests: Vec<FileRequest>,
    /// Responses.
    pub responses: Vec<FileResponse>,
}

/// What is said of one test, and why.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FileTest {
    /// The stable id.
    pub id: String,
    /// What is said of it.
    pub verdict: Verdict,
    /// Why it is not applicable, excused or hindered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Its place in `claims`.
    pub claim: usize,
    /// The order of its steps; empty where it was not performed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub order: Steps,
    /// The cache that it goes through.
    #[serde(default, skip_serializing_if = "is_default")]
    pub through: Through,
    /// Places in `findings`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<usize>,
    /// Whether its order was replayed from answers that were captured once for the whole case,
    /// instead of being sent.
    #[serde(default, skip_serializing_if = "is_default")]
    pub replayed: bool,
    /// What was asked and answered, in order; also answers that came out of a cache.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<FileStep>,
    /// What became of each request, by its name in the case: places in `results`.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub requests: IndexMap<String, usize>,
    /// How long it took, in microseconds.
    pub micros: u64,
}

/// What is claimed, and where.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FileClaim {
    /// The claim as a sentence.
    pub title: String,
    /// How binding the claim is.
    pub kind: Kind,
    /// The suite file as the user knows it.
    pub file: String,
    /// The line of the case in the file, from 1.
    pub line: usize,
    /// Where the claim comes from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub source: Vec<String>,
}

/// One step of one request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FileStep {
    /// The request's name in the case.
    pub request: String,
    /// What the step was for; absent: the request that the page made.
    #[serde(default = "actual", skip_serializing_if = "is_actual")]
    pub purpose: Purpose,
    /// Who answered it; absent: the endpoint.
    #[serde(default = "network", skip_serializing_if = "is_network")]
    pub served_by: ServedBy,
    /// Its place in `exchanges`.
    pub exchange: usize,
    /// The lines of the answer that say who served it, where a cache on the way left some.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<String>,
}

/// What became of a request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FileResult {
    /// The page's origin, serialised.
    pub origin: String,
    /// What the page got.
    pub outcome: OutcomeName,
    /// Why it was blocked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// What the reason is about: a method, a header name, a field value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// The status that the page reads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The response headers that the page can read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub readable: Vec<Line>,
    /// Whether a preflight was sent; absent: none was needed.
    #[serde(default = "no_preflight", skip_serializing_if = "is_no_preflight")]
    pub preflight: PreflightState,
    /// Who served the actual request; absent where it was never made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub served_by: Option<ServedBy>,
    /// The stored response that served the actual request, where one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stored: Option<StoredUse>,
    /// How many steps of the test had been made when it ended.
    pub ended_after: usize,
    /// What happened on the way, one sentence each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub story: Vec<String>,
}

/// One request and what came back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FileExchange {
    /// Its place in `requests`.
    pub request: usize,
    /// Its place in `responses`, where there was a whole response.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response: Option<usize>,
    /// Why there was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<FileFailure>,
    /// From the first byte sent to the last byte received, in microseconds; absent: 0, as where a
    /// modelled cache answered.
    #[serde(default, skip_serializing_if = "is_default")]
    pub micros: u64,
    /// What of the messages is not kept; absent: they are whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cut: Option<Box<Cut>>,
    /// What was redacted in the request, so that it can be sent again with the secrets.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hidden: Vec<Hidden>,
}

/// Why there was no whole response.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FileFailure {
    /// How far it got, and what was said of it.
    #[serde(flatten)]
    pub failure: Failure,
    /// What came of a response head, isomorphic-decoded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub raw: Option<String>,
}

/// A request. Its head on the wire is its method, the path and query of its URL and its field
/// lines, unless `raw` says otherwise.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FileRequest {
    /// The method.
    pub method: String,
    /// The target URI.
    pub url: String,
    /// The field lines in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<Line>,
    /// The content, isomorphic-decoded.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub body: String,
    /// How the head was on the wire.
    #[serde(default, skip_serializing_if = "is_default")]
    pub raw: Raw,
}

/// A response. Its head on the wire is its status line and its field lines, unless `raw` says
/// otherwise.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FileResponse {
    /// The status code.
    pub status: u16,
    /// The status line, where it is not `HTTP/1.1`, the status code and its usual reason phrase.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_line: Option<String>,
    /// The field lines in the order, case and multiplicity in which they arrived.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<Line>,
    /// The content, isomorphic-decoded.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub body: String,
    /// How the head was on the wire.
    #[serde(default, skip_serializing_if = "is_default")]
    pub raw: Raw,
}

/// How a head was on the wire.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Raw {
    /// As its lines say.
    #[default]
    AsParsed,
    /// It was on no wire, or was not recorded there: a cache model answered, or HTTP/2 was spoken.
    Unrecorded,
    /// These bytes, isomorphic-decoded.
    Bytes(String),
}

/// A field line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Line {
    /// `Name: value`, isomorphic-decoded.
    Text(String),
    /// Name and value of a line whose name has a colon in it, which no HTTP message can have.
    Parts(String, String),
}

/// The smallest order that breaks a case, and its story.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FileBreaking {
    /// The case's id.
    pub case: String,
    /// The smallest order: fewest requests, then fewest steps, then as the case lists them.
    pub order: Steps,
    /// The cache that it goes through.
    pub through: Through,
    /// For each cache through which the case breaks, the smallest order that breaks there.
    pub smallest: Vec<SmallestOrder>,
    /// The ids of the case's tests that failed.
    pub failed: Vec<String>,
    /// How many tests of the case were judged.
    pub of: usize,
    /// The story of the smallest order: who asked, who answered, and what became of it.
    pub story: Vec<String>,
    /// What did not hold in it: places in `findings`.
    pub findings: Vec<usize>,
    /// What was asked and answered in it.
    pub steps: Vec<FileStep>,
    /// What became of each request in it: places in `results`.
    pub requests: IndexMap<String, usize>,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

fn actual() -> Purpose {
    Purpose::Actual
}

fn is_actual(purpose: &Purpose) -> bool {
    *purpose == Purpose::Actual
}

fn network() -> ServedBy {
    ServedBy::Network
}

fn is_network(served_by: &ServedBy) -> bool {
    *served_by == ServedBy::Network
}

fn no_preflight() -> PreflightState {
    PreflightState::None
}

fn is_no_preflight(state: &PreflightState) -> bool {
    *state == PreflightState::None
}
