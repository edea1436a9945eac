use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Code;
use crate::{
    exchange::{Bounds, shorten, shorten_all},
    policy::{Reach, Severity},
    redaction::Redactor,
};

/// Oracle that found it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Oracle {
    /// The grammar of the CORS response fields; needs no policy.
    Syntax,
    /// The browser's outcome compared with the expectation of the case.
    Outcome,
    /// The response that the ordered rules require in this dialect.
    Rules,
    /// The harness: something prevented a verdict.
    Harness,
}

/// Severity of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Weight {
    /// Worth fixing; fails only with --strict.
    Warning,
    /// Failed.
    Failure,
    /// Inconclusive.
    NotJudged,
}

/// One thing that an oracle found in a transcript.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// Oracle that found it.
    pub oracle: Oracle,
    /// Severity.
    pub weight: Weight,
    /// A reason of the Fetch standard where a browser's refusal is the finding, such as `cors-check.missing`;
    /// otherwise what did not hold, such as `expect.response.field`.
    pub code: Code,
    /// The request of the case that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<String>,
    /// One sentence.
    pub message: String,
    /// The expectation, in words.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub expected: String,
    /// The actual result.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub actual: String,
    /// Lines on the wire that show it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<String>,
    /// The section of the standard.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub section: Option<String>,
    /// Suggested change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fix: Option<String>,
    /// Risk, if an origin that looks like an allowed one was allowed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity: Option<Severity>,
    /// Browsers that can send that origin.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reach: Option<Reach>,
}

impl Finding {
    /// Shortens what quotes messages.
    pub fn shorten(&mut self, bounds: &Bounds) {
        let Self { message, expected, actual, evidence, fix, .. } = self;
        for text in [Some(message), Some(expected), Some(actual), fix.as_mut()].into_iter().flatten() {
            shorten(text, bounds.text_bytes);
        }
        shorten_all(evidence, bounds);
    }

    /// About how many bytes of memory it takes.
    pub fn held_bytes(&self) -> usize {
        let texts = [&self.message, &self.expected, &self.actual];
        let options = [&self.request, &self.section, &self.fix];
        size_of::<Self>()
            + texts.into_iter().map(String::len).sum::<usize>()
            + options.into_iter().flatten().map(String::len).sum::<usize>()
            + self.evidence.iter().map(|line| line.len() + size_of::<String>()).sum::<usize>()
    }

    /// The finding as it is kept: without secrets in its sentences and evidence.
    #[must_use]
    pub fn redacted(self, redactor: &Redactor) -> Self {
        let Self {
            oracle,
            weight,
            code,
            request,
            mut message,
            mut expected,
            mut actual,
            mut evidence,
            section,
            mut fix,
            severity,
            reach,
        } = self;
        for text in [&mut message, &mut expected, &mut actual].into_iter().chain(&mut fix) {
            redactor.redact(text);
        }
        for line in &mut evidence {
            if let Some(redacted) = redactor.evidence(line) {
                *line = redacted;
            }
        }
        Self {
            oracle,
            weight,
            code,
            request,
            message,
            expected,
            actual,
            evidence,
            section,
            fix,
            severity,
            reach,
        }
    }

    /// A failure without further particulars than the section of the standard, where its code has one.
    pub(super) fn failure(oracle: Oracle, code: impl Into<Code>, message: impl Into<String>) -> Self {
        let code = code.into();
        Self {
            oracle,
            weight: Weight::Failure,
            code,
            request: None,
            message: message.into(),
            expected: String::new(),
            actual: String::new(),
            evidence: Vec::new(),
            section: code.anchor().map(str::to_owned),
            fix: None,
            severity: None,
            reach: None,
        }
    }

    pub(super) fn of(mut self, request: &str) -> Self {
        self.request = Some(request.to_owned());
        self
    }

    pub(super) fn expected(mut self, expected: impl Into<String>, actual: impl Into<String>) -> Self {
        self.expected = expected.into();
        self.actual = actual.into();
        self
    }

    /// The first lines that show it; a response may have ten thousand.
    pub(super) fn evidence(mut self, mut evidence: Vec<String>) -> Self {
        const SHOWN: usize = 24;
        let more = evidence.len().saturating_sub(SHOWN);
        if more > 1 {
            evidence.truncate(SHOWN);
            evidence.push(format!("… {more} more lines"));
        }
        self.evidence = evidence;
        self
    }

    pub(super) fn section(mut self, section: impl Into<String>) -> Self {
        self.section = Some(section.into());
        self
    }

    pub(super) fn fix(mut self, fix: impl Into<String>) -> Self {
        self.fix = Some(fix.into());
        self
    }

    pub(super) fn weight(mut self, weight: Weight) -> Self {
        self.weight = weight;
        self
    }
}
