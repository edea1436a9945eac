use super::{BudgetRecord, LoadRecord};

/// What a run comes to: its verdict in every report, and its exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// A signal ended it.
    CutShort,
    /// More answers were wrong than the budgets allow.
    Wrong,
    /// Not, or not wholly, measured.
    Incomplete,
    /// The harness was the bottleneck.
    Invalid,
    /// A budget is missed.
    Missed,
    /// Worse than the baseline beyond noise.
    Regressed,
    /// All held.
    Held,
}

impl Outcome {
    /// Of a record, and of whether it is worse than its baseline: a proven fault outranks what could
    /// not be measured, and that a missed budget or a regression, which mean nothing where the harness
    /// was the bottleneck.
    pub fn of(record: &LoadRecord, regressed: bool) -> Self {
        if record.interrupted {
            Self::CutShort
        } else if record.has_too_many_wrong() {
            Self::Wrong
        } else if record.incomplete.is_some() {
            Self::Incomplete
        } else if !record.validity.valid {
            Self::Invalid
        } else if !record.budgets_met() {
            Self::Missed
        } else if regressed {
            Self::Regressed
        } else {
            Self::Held
        }
    }

    /// In words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::CutShort => "cut short",
            Self::Incomplete => "incomplete",
            Self::Wrong => "wrong answers",
            Self::Missed => "budget missed",
            Self::Regressed => "worse than the baseline",
            Self::Invalid => "not valid",
            Self::Held => "all held",
        }
    }
}

impl LoadRecord {
    /// Whether answers were wrong, and a budget that counts them is missed.
    pub(crate) fn has_too_many_wrong(&self) -> bool {
        let missed = |budget: &BudgetRecord| !budget.met && budget.budget.metric.counts_wrong();
        self.wrong() > 0 && self.budgets.iter().any(missed)
    }

    /// Whether the run was measured, its answers were correct, and its budgets were met.
    pub fn held(&self) -> bool {
        Outcome::of(self, false) == Outcome::Held
    }
}
