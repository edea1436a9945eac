use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Finding, Weight};
use crate::case::model::Kind;

/// What is said of a test in the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Everything held.
    Pass,
    /// Something did not hold.
    Fail,
    /// Only something that should be, but need not.
    Warn,
    /// A `note` case: products differ; what was seen is reported.
    Observed,
    /// It failed as the list of known issues says.
    KnownIssue,
    /// It passed although the list of known issues says that it fails.
    UnexpectedPass,
    /// The endpoint cannot meet what the case needs.
    NotApplicable,
    /// What the case needs could not be set up.
    SetupError,
    /// We could not judge: no answer, a deadline, a fault of ours.
    HarnessError,
    /// Not run, because something that it depends on failed: the endpoint was unreachable.
    DependencyFailed,
    /// Something in front of the endpoint answered: a firewall, a challenge, a login page.
    Interfered,
    /// It passed, but only when it was run again.
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
    pub const fn is_hindered(self) -> bool {
        matches!(self, Self::SetupError | Self::HarnessError | Self::DependencyFailed | Self::Interfered)
    }

    /// The verdict on a case of `kind` with these findings.
    pub fn of(kind: Kind, findings: &[Finding]) -> Self {
        match findings.iter().map(|finding| finding.weight).max() {
            Some(Weight::Hindrance) => Self::HarnessError,
            _ if kind == Kind::Note => Self::Observed,
            Some(Weight::Failure) => Self::Fail,
            Some(Weight::Warning) => Self::Warn,
            None => Self::Pass,
        }
    }
}
