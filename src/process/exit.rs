//! The exit codes, and which one wins.

use std::process::ExitCode;

use crate::run::{Outcome, record::RunRecord};

/// How the command ended, as its exit code tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// All held, budgets met, known issues matched.
    AsExpected,
    /// Something did not hold.
    Findings,
    /// The input must be fixed: flags, case file, configuration, policy.
    Input,
    /// Nothing ran: the selection matched no case, or every case's needs were unmet.
    NothingRan,
    /// Could not judge: endpoint unreachable, rules could not be set, browser missing, or the harness
    /// was the bottleneck of a load run.
    CouldNotJudge,
    /// A budget missed, or worse than the baseline beyond noise.
    Regression,
    /// An unexpected pass, or a known-issue entry that matches nothing.
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
            Self::AsExpected => 0,
            Self::Findings => 1,
            Self::Input => 2,
            Self::NothingRan => 3,
            Self::CouldNotJudge => 4,
            Self::Regression => 5,
            Self::StaleExpectations => 6,
            Self::Interrupted => 130,
        }
    }

    /// What it means.
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::AsExpected => "all held, budgets met, known issues matched",
            Self::Findings => "something did not hold",
            Self::Input => "the input must be fixed: flags, case file, configuration, policy",
            Self::NothingRan => {
                "nothing ran: the selection matched no case, or every case's needs were unmet"
            }
            Self::CouldNotJudge => {
                "could not judge: endpoint unreachable, rules could not be set, browser missing, or the harness was the bottleneck of a load run"
            }
            Self::Regression => "regression: a budget missed, or worse than the baseline beyond noise",
            Self::StaleExpectations => {
                "stale expectations: an unexpected pass, a known-issue entry that matches nothing"
            }
            Self::Interrupted => "interrupted; rules restored, partial record and reports written",
        }
    }

    /// What a record comes to.
    pub fn of(record: &RunRecord, strict: bool) -> Self {
        match Outcome::of(record, strict) {
            Outcome::Held => Self::AsExpected,
            Outcome::Broken => Self::Findings,
            Outcome::NothingRan => Self::NothingRan,
            Outcome::NotJudged => Self::CouldNotJudge,
            Outcome::StaleExpectations => Self::StaleExpectations,
            Outcome::Interrupted => Self::Interrupted,
        }
    }

    /// The table for `--help`.
    pub fn table() -> String {
        let rows: Vec<String> =
            Self::ALL.iter().map(|exit| format!("  {:>3}  {}", exit.code(), exit.meaning())).collect();
        format!("Exit codes:\n{}", rows.join("\n"))
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}
