use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Finding, Weight};
use crate::case::model::Kind;

/// Verdict on a test.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Passed.
    Pass,
    /// Failed.
    Fail,
    /// Passed with a warning: a recommendation is not met.
    Warn,
    /// Observed: a `note` case, reported without a judgement because products differ.
    Observed,
    /// Known issue: failed as listed.
    KnownIssue,
    /// Unexpected pass: listed as a known issue, but passed.
    UnexpectedPass,
    /// Not applicable: the endpoint does not have what the case needs.
    NotApplicable,
    /// The set-up of the case failed.
    SetupError,
    /// Inconclusive: no valid response, a timeout, or an error of the harness.
    HarnessError,
    /// Not run, because the endpoint was unreachable.
    DependencyFailed,
    /// Answered by something in front of the endpoint: a firewall, a challenge, a login page.
    Interfered,
    /// Flaky: passed only after a retry.
    Flaky,
}

impl Verdict {
    /// Every verdict.
    pub const ALL: [Self; 12] = [
        Self::Pass,
        Self::Fail,
        Self::Warn,
        Self::Observed,
        Self::KnownIssue,
        Self::UnexpectedPass,
        Self::NotApplicable,
        Self::SetupError,
        Self::HarnessError,
        Self::DependencyFailed,
        Self::Interfered,
        Self::Flaky,
    ];

    /// The word for it in records and reports.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Warn => "warn",
            Self::Observed => "observed",
            Self::KnownIssue => "known-issue",
            Self::UnexpectedPass => "unexpected-pass",
            Self::NotApplicable => "not-applicable",
            Self::SetupError => "setup-error",
            Self::HarnessError => "harness-error",
            Self::DependencyFailed => "dependency-failed",
            Self::Interfered => "interfered",
            Self::Flaky => "flaky",
        }
    }

    /// Whether it says that we could not judge the endpoint.
    pub const fn is_not_judged(self) -> bool {
        matches!(self, Self::SetupError | Self::HarnessError | Self::DependencyFailed | Self::Interfered)
    }

    /// The verdict on a case of `kind` with these findings.
    pub fn of(kind: Kind, findings: &[Finding]) -> Self {
        match findings.iter().map(|finding| finding.weight).max() {
            Some(Weight::NotJudged) => Self::HarnessError,
            _ if kind == Kind::Note => Self::Observed,
            Some(Weight::Failure) => Self::Fail,
            Some(Weight::Warning) => Self::Warn,
            None => Self::Pass,
        }
    }
}
