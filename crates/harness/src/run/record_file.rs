//! The record as it stands in `run.json`: what many tests have in common stands there once, in a
//! table, and tests name it by its place in that table, counted from 0. Values that nearly all have
//! are left out. Nothing of the record is lost: it can be made of the file again.

mod read;
mod table;
#[cfg(test)]
mod tests;
mod write;

use std::sync::Arc;

use crosscheck_core::{
    case::model::{Kind, OutcomeName, PreflightState, ServedBy, Through},
    exchange::{Cut, Failure, Purpose, StoredUse},
    fetch::{Profile, Reason},
    interleave::SmallestOrder,
    plan::Steps,
    policy::NearOrigin,
    redaction::Hidden,
    verdict::{Finding, Verdict},
};
use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::record::{
    CauseRecord, EndpointRecord, MachineRecord, OperationRecord, PromiseRecord, Sampled, ShardRecord,
    ThrottledRecord,
};

pub use read::ReadError;

/// The results of a run, as a file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RecordFile {
    /// Version of this format.
    #[serde(deserialize_with = "read::version")]
    pub record_version: u32,
    /// The version of Crosscheck.
    pub crosscheck: String,
    /// Tested endpoint.
    #[serde(rename = "target")]
    pub endpoint: EndpointRecord,
    /// The machine that the run was made on.
    pub machine: MachineRecord,
    /// When the run began, RFC 3339.
    pub started: String,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
    /// Emulated browser where browsers differ from the standard.
    #[serde(default)]
    pub profile: Profile,
    /// Seed for sampling request orders.
    pub seed: u64,
    /// Cases of which only a sample of orders ran.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sampled: Vec<Sampled>,
    /// The command that repeats the run.
    pub command: String,
    /// Whether a signal or the total timeout interrupted it.
    pub interrupted: bool,
    /// Which part of the tests it ran, where several runs share them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shard: Option<ShardRecord>,
    /// Number of failed tests after which it stopped (`--max-failures`), if it did. The rest was not run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped_after: Option<usize>,
    /// Why the whole run is inconclusive, if it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub could_not_judge: Option<String>,
    /// Why the endpoint was not judged although it answered: no request was ever answered with success.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub no_success: Option<String>,
    /// The operations, where the endpoint has several.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub operations: Vec<OperationRecord>,
    /// How much the run was slowed down by rate limits and gateway errors, if it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub throttled: Option<ThrottledRecord>,
    /// Result of each promise of the declared rules.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub promises: Vec<PromiseRecord>,
    /// Why what failed failed, worst first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub causes: Vec<CauseRecord>,
    /// Ids of known issues that match no test of the suites.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stale_known_issues: Vec<String>,
    /// The smallest breaking order of each case that has one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub breaking: Vec<FileBreaking>,
    /// The tests in the order of the suites.
    pub tests: Vec<FileTest>,
    /// Claims of the tests.
    pub claims: Vec<FileClaim>,
    /// Origins that look like an allowed one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub near_origins: Vec<Arc<NearOrigin>>,
    /// Results of requests.
    pub results: Vec<FileResult>,
    /// Findings of the oracles.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<Finding>,
    /// Exchanges: requests with their responses.
    pub exchanges: Vec<FileExchange>,
    /// Requests.
    pub requests: Vec<FileRequest>,
    /// Responses.
    pub responses: Vec<FileResponse>,
}

/// The verdict on one test, with its reasons.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FileTest {
    /// The stable id.
    pub id: String,
    /// Verdict.
    pub verdict: Verdict,
    /// Why it is not applicable, excused or inconclusive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Index in `claims`.
    pub claim: usize,
    /// Order of its steps; empty if it was not run.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub order: Steps,
    /// Cache that it goes through.
    #[serde(default, skip_serializing_if = "is_default")]
    pub through: Through,
    /// Indices in `findings`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<usize>,
    /// The origin near an allowed one that it is about: index in `near_origins`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub near: Option<usize>,
    /// Whether its order was replayed from responses captured once for the whole case, instead of being sent.
    #[serde(default, skip_serializing_if = "is_default")]
    pub replayed: bool,
    /// Requests and responses in order, including responses from a cache.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<FileStep>,
    /// Results by the name of the request in the case: indices in `results`.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub requests: IndexMap<String, usize>,
    /// How long it took, in microseconds.
    pub micros: u64,
}

/// A claim and its place.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FileClaim {
    /// The claim, in one sentence.
    pub title: String,
    /// How binding the claim is.
    pub kind: Kind,
    /// Path of the suite file.
    pub file: String,
    /// The line of the case in the file, from 1.
    pub line: usize,
    /// Sources of the claim.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub source: Vec<String>,
}

/// One step of one request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FileStep {
    /// The request's name in the case.
    pub request: String,
    /// Purpose of the step. If missing: the request that the page made.
    #[serde(default = "actual", skip_serializing_if = "is_actual")]
    pub purpose: Purpose,
    /// What answered it. If missing: the endpoint.
    #[serde(default = "network", skip_serializing_if = "is_network")]
    pub served_by: ServedBy,
    /// Index in `exchanges`.
    pub exchange: usize,
    /// Response lines that show which cache on the way served it, if any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<String>,
}

/// Result of a request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FileResult {
    /// The page's origin, serialised.
    pub origin: String,
    /// What the page got.
    pub outcome: OutcomeName,
    /// Reason code of the block.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// Subject of the reason: a method, a header name, a field value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// The status that the page reads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The response headers that the page can read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub readable: Vec<Line>,
    /// Whether a preflight was sent. If missing: not needed.
    #[serde(default = "no_preflight", skip_serializing_if = "is_no_preflight")]
    pub preflight: PreflightState,
    /// What served the actual request. If missing: the request was never made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub served_by: Option<ServedBy>,
    /// Stored response that served the actual request, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stored: Option<StoredUse>,
    /// Number of steps of the test that were made before it ended.
    pub ended_after: usize,
    /// Events on the way, one sentence each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub story: Vec<String>,
}

/// One request and its response.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FileExchange {
    /// Index in `requests`.
    pub request: usize,
    /// Index in `responses`, if there was a complete response.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response: Option<usize>,
    /// Why there was no response.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<FileFailure>,
    /// Time from the first byte sent to the last byte received, in microseconds. If missing: 0, as for a cache model.
    #[serde(default, skip_serializing_if = "is_default")]
    pub micros: u64,
    /// Omitted parts of the messages. If missing: they are complete.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cut: Option<Box<Cut>>,
    /// Redacted parts of the request, so that it can be sent again with the secrets.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hidden: Vec<Hidden>,
}

/// Why there was no complete response.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FileFailure {
    /// How far it got, and what was said of it.
    #[serde(flatten)]
    pub failure: Failure,
    /// Received part of the response head, isomorphic-decoded.
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
    /// The head on the wire.
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
    /// The head on the wire.
    #[serde(default, skip_serializing_if = "is_default")]
    pub raw: Raw,
}

/// A head on the wire.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Raw {
    /// As its lines say.
    #[default]
    AsParsed,
    /// Not on the wire, or not recorded: answered by a cache model, or over HTTP/2.
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

/// The smallest order that breaks a case, with its steps.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FileBreaking {
    /// The case's id.
    pub case: String,
    /// The smallest order: fewest requests, then fewest steps, then as the case lists them.
    pub order: Steps,
    /// Cache that it goes through.
    pub through: Through,
    /// The smallest breaking order for each cache.
    pub smallest: Vec<SmallestOrder>,
    /// The ids of the case's tests that failed.
    pub failed: Vec<String>,
    /// Number of conclusive tests of the case.
    pub of: usize,
    /// Steps of the smallest order: origins, servers and results.
    pub story: Vec<String>,
    /// Its findings: indices in `findings`.
    pub findings: Vec<usize>,
    /// Its requests and responses.
    pub steps: Vec<FileStep>,
    /// Results of its requests: indices in `results`.
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
