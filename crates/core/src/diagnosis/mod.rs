//! Decides why a request is refused, or why it is not: causes, the experiments that tell them apart, and repairs that are
//! proven by a replay. Knows no sockets and no reports.

mod attribution;
mod experiment;
mod explained;
mod facts;
mod inquiry;
mod notes;
mod product;
mod repair;
mod rows;
mod sighting;

pub use crate::cause::{Cause, ParseCauseError, Severity};
pub use attribution::{
    Attributed, Background, Changed, Performed, Requests, any_origin_allowed, attribute, of_finding, page_of,
    under_load,
};
pub use experiment::{Experiment, PAGE, STRANGER};
pub use explained::ExplainedRequest;
pub use facts::{Facts, Proof};
pub use inquiry::{Diagnosis, EXPERIMENTS, Inquiry, Step, Verified};
pub use product::{Certainty, Grant, Guess, ParseProductError, Product, Setting, Situation, Wanted};
pub use repair::{Answer, Edit, Repaired, Replayed};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
pub use sighting::{Sighting, Stored};

use crate::redaction::Redactor;

/// One cause, as records and reports state it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Diagnosed {
    /// The cause.
    pub code: Cause,
    /// The header, method, origin, host or status that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// How bad it is.
    pub severity: Severity,
    /// One sentence.
    pub sentence: String,
    /// What to change, one step each.
    pub cure: Vec<String>,
    /// The same for a machine.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub repair: Vec<Edit>,
    /// Lines that show it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<String>,
}

impl Diagnosed {
    /// A cause with its proof. `credentials`: whether the request includes them.
    pub fn new(code: Cause, proof: Proof, credentials: bool) -> Self {
        let Proof { subject, sentence, evidence, cure, edits, instead: _ } = proof;
        Self {
            code,
            subject: subject.filter(|subject| !subject.is_empty()),
            severity: code.severity(credentials),
            sentence,
            cure,
            repair: edits,
            evidence,
        }
    }

    /// The same without secrets.
    #[must_use]
    pub fn redacted(mut self, redactor: &Redactor) -> Self {
        let Self { subject, sentence, cure, repair, evidence, .. } = &mut self;
        let texts = subject.iter_mut().chain([sentence]).chain(cure).chain(evidence);
        for text in texts.chain(repair.iter_mut().flat_map(Edit::texts)) {
            redactor.redact(text);
        }
        self
    }
}
