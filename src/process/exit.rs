//! The exit codes, and which one wins.

use std::process::ExitCode;

use crate::run::{Outcome, record::RunRecord};

/// How the command ended, by its exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// All tests passed, budgets met, known issues matched.
    AsExpected,
    /// A test failed.
    Findings,
    /// Invalid input: flags, case file, configuration, policy.
    Input,
    /// Nothing ran: the selection matched no case, or no case applies to the endpoint.
    NothingRan,
    /// Inconclusive: endpoint unreachable, rules not set, browser missing, or load run not valid.
    CouldNotJudge,
    /// A budget missed, worse than the baseline beyond noise, or newly broken.
    Regression,
    /// An unexpected pass, or a known issue that matches nothing.
    StaleExpectations,
    /// Interrupted; what was changed is restored, what was found is written.
    Interrupted,
}

impl Exit {
    /// Every way to end, in the order of the codes.
    pub const ALL: [Self; 8] = [
        Self::AsExpected,
        Self::Findings,
        Self::Input,
        Self::NothingRan,
        Self::CouldNotJudge,
        Self::Regression,
        Self::StaleExpectations,
        Self::Interrupted,
    ];

    /// The code.
    pub const fn code(self) -> u8 {
        match self {
            Self::AsExpected => Outcome::Held.exit_code(),
            Self::Findings => Outcome::Broken.exit_code(),
            Self::Input => 2,
            Self::NothingRan => Outcome::NothingRan.exit_code(),
            Self::CouldNotJudge => Outcome::NotJudged.exit_code(),
            Self::Regression => 5,
            Self::StaleExpectations => Outcome::StaleExpectations.exit_code(),
            Self::Interrupted => Outcome::Interrupted.exit_code(),
        }
    }

    /// Its meaning.
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::AsExpected => "all tests passed, budgets met, known issues matched",
            Self::Findings => "a test failed",
            Self::Input => "invalid input: flags, case file, configuration, policy",
            Self::NothingRan => {
                "nothing ran: the selection matched no case, or no case applies to the endpoint"
            }
            Self::CouldNotJudge => {
                "inconclusive: endpoint unreachable, rules not set, browser missing, or load run not valid"
            }
            Self::Regression => {
                "regression: newly broken, a budget missed, or worse than the baseline beyond noise"
            }
            Self::StaleExpectations => {
                "stale expectations: an unexpected pass, or a known issue that matches nothing"
            }
            Self::Interrupted => "interrupted: rules restored, partial record and reports written",
        }
    }

    /// The exit code of a record.
    pub fn of(record: &RunRecord, strict: bool) -> Self {
        Outcome::of(record, strict).into()
    }

    /// The table for `--help`.
    pub fn table() -> String {
        let rows: Vec<String> =
            Self::ALL.iter().map(|exit| format!("  {:>3}  {}", exit.code(), exit.meaning())).collect();
        format!("Exit codes:\n{}", rows.join("\n"))
    }
}

impl From<Outcome> for Exit {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Held => Self::AsExpected,
            Outcome::Broken => Self::Findings,
            Outcome::NothingRan => Self::NothingRan,
            Outcome::NotJudged => Self::CouldNotJudge,
            Outcome::Regression => Self::Regression,
            Outcome::StaleExpectations => Self::StaleExpectations,
            Outcome::Interrupted => Self::Interrupted,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}
