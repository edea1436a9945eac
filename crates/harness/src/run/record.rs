//! The record: everything that a run found, as data. Every report, gate and comparison is a
//! function of it.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use crosscheck_core::{
    availability::Throttled,
    case::model::{Kind, Through},
    exchange::{ConnectOptions, Transcript},
    fetch::Profile,
    interleave::Breaking,
    plan::Steps,
    policy::NearOrigin,
    verdict::{Finding, Verdict},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize, Serializer};

pub use super::causes::CauseRecord;
pub use super::promises::{PromiseRecord, PromiseState};
pub use super::record_file::{ReadError, RecordFile};
pub use super::shard::{ShardPart, ShardRecord};

/// The version of the record's form; it grows whenever that changes.
pub(crate) const RECORD_VERSION: u32 = 6;

/// What a run did and found. [`RecordFile`] is what it is written as.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(try_from = "RecordFile")]
pub struct RunRecord {
    /// Version of this format.
    pub record_version: u32,
    /// The version of Crosscheck.
    pub crosscheck: String,
    /// Tested endpoint.
    pub endpoint: EndpointRecord,
    /// The machine that the run was made on.
    pub machine: MachineRecord,
    /// When the run began, RFC 3339.
    pub started: String,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
    /// Emulated browser where browsers differ from the standard.
    pub profile: Profile,
    /// What reproduces a sample of orders.
    pub seed: u64,
    /// Cases of which only a sample of orders ran.
    pub sampled: Vec<Sampled>,
    /// The command that repeats the run.
    pub command: String,
    /// Whether a signal or the total timeout interrupted it.
    pub interrupted: bool,
    /// Which part of the tests it ran, where several runs share them.
    pub shard: Option<ShardRecord>,
    /// Number of failed tests after which it stopped (`--max-failures`), if it did. The rest was not run.
    pub stopped_after: Option<usize>,
    /// Why the whole run is inconclusive, if it is.
    pub could_not_judge: Option<String>,
    /// Why the endpoint was not judged although it answered: no request was ever answered with success.
    pub no_success: Option<String>,
    /// The operations, where the endpoint has several.
    pub operations: Vec<OperationRecord>,
    /// How much the run was slowed down by rate limits and gateway errors, if it was.
    pub throttled: Option<ThrottledRecord>,
    /// Result of each promise of the declared rules.
    pub promises: Vec<PromiseRecord>,
    /// Why what failed failed, worst first.
    pub causes: Vec<CauseRecord>,
    /// Ids of known issues that match no test of the suites.
    pub stale_known_issues: Vec<String>,
    /// The smallest breaking order of each case that has one.
    pub breaking: Vec<Breaking>,
    /// The tests in the order of the suites.
    pub tests: Vec<TestRecord>,
}

impl Serialize for RunRecord {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        RecordFile::from(self).serialize(serializer)
    }
}

/// How much a run was slowed down by rate limits and gateway errors.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ThrottledRecord {
    /// Number of responses with status 429, 502, 503 or 504 that were not judged.
    pub responses: u64,
    /// Time waited before requests were sent again, in milliseconds.
    pub waited_ms: u64,
    /// Minimum time between two requests at the end, in milliseconds.
    pub interval_ms: u64,
}

impl From<Throttled> for ThrottledRecord {
    fn from(throttled: Throttled) -> Self {
        let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        Self {
            responses: throttled.answers,
            waited_ms: millis(throttled.waited),
            interval_ms: millis(throttled.interval),
        }
    }
}

/// A case of which only a sample of orders ran.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Sampled {
    /// The case's id.
    pub case: String,
    /// Number of sampled orders.
    pub orders: usize,
    /// Number of all orders.
    pub of: u64,
}

/// Tested endpoint.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EndpointRecord {
    /// Its name: a URL, or the reference store.
    pub name: String,
    /// Its dialect.
    pub dialect: String,
    /// Defect that the reference store emulated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
    /// Names of headers on preflights that browsers do not send.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub preflight_headers: Vec<String>,
    /// Connection options that differ from the defaults.
    #[serde(default, skip_serializing_if = "ConnectOptions::is_usual")]
    pub connect: ConnectOptions,
}

/// A machine, as far as results depend on it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MachineRecord {
    /// Its operating system: `linux`.
    pub os: String,
    /// Its processors' architecture: `x86_64`.
    pub arch: String,
    /// Number of processors that the run could use.
    pub processors: usize,
}

impl MachineRecord {
    /// This machine.
    pub fn here() -> Self {
        Self {
            os: std::env::consts::OS.to_owned(),
            arch: std::env::consts::ARCH.to_owned(),
            processors: std::thread::available_parallelism().map_or(1, usize::from),
        }
    }
}

/// One operation of the endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OperationRecord {
    /// Its name.
    pub name: String,
    /// Its method.
    pub method: String,
    /// Its URL.
    pub url: String,
    /// The operation that was tested in its place for what belongs to the CORS layer. If missing: itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub same_layer_as: Option<String>,
    /// Why it was not judged: no request to it was answered with success.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_judged: Option<String>,
}

/// The verdict on one test, with its reasons.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TestRecord {
    /// The stable id.
    pub id: String,
    /// The claim.
    pub title: String,
    /// How binding the claim is.
    pub kind: Kind,
    /// The suite file as the user knows it, and the line of the case.
    pub file: String,
    /// The line of the case in the file, from 1.
    pub line: usize,
    /// Sources of the claim.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub source: Vec<String>,
    /// Order of its steps; empty if it was not run.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub order: Steps,
    /// Cache that it goes through.
    #[serde(default, skip_serializing_if = "is_none")]
    pub through: Through,
    /// Verdict.
    pub verdict: Verdict,
    /// Why it is not applicable, excused or inconclusive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Findings of the oracles.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<Finding>,
    /// The origin near an allowed one that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub near: Option<Arc<NearOrigin>>,
    /// Whether its order was replayed from responses captured once for the whole case, instead of being sent.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub replayed: bool,
    /// What was asked and answered.
    #[serde(default)]
    pub transcript: Transcript,
    /// How long it took, in microseconds.
    pub micros: u64,
}

fn is_none(through: &Through) -> bool {
    *through == Through::None
}

/// How many tests have each verdict.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Counts(pub BTreeMap<Verdict, usize>);

impl Counts {
    /// Of these tests.
    pub fn of<'a>(tests: impl IntoIterator<Item = &'a TestRecord>) -> Self {
        let mut counts = BTreeMap::new();
        for test in tests {
            *counts.entry(test.verdict).or_insert(0) += 1;
        }
        Self(counts)
    }

    /// How many have this verdict.
    pub fn get(&self, verdict: Verdict) -> usize {
        self.0.get(&verdict).copied().unwrap_or(0)
    }

    /// How many were really run.
    pub fn run(&self) -> usize {
        self.0
            .iter()
            .filter(|(verdict, _)| !matches!(verdict, Verdict::NotApplicable | Verdict::DependencyFailed))
            .map(|(_, count)| count)
            .sum()
    }
}

impl RunRecord {
    /// The smallest order that breaks the case of this test.
    pub fn breaking(&self, test: &TestRecord) -> Option<&Breaking> {
        self.breaking.iter().find(|breaking| breaking.failed.contains(&test.id))
    }

    /// How many tests have each verdict.
    pub fn counts(&self) -> Counts {
        Counts::of(&self.tests)
    }
}

/// The JSON Schema of the record of a run, as it is written.
pub fn published() -> String {
    let mut schema = crosscheck_core::document::schema_of::<RecordFile>();
    schema.insert("title".to_owned(), "Crosscheck run record".into());
    let mut text = serde_json::to_string_pretty(&schema).unwrap_or_default();
    text.push('\n');
    text
}
