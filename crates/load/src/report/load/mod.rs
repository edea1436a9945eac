//! How the record of a load run looks: HTML, Markdown, CSV, JUnit, JSON, and the terminal's lines.
//! Pure functions of the record and of its comparison with a baseline: no clock, no files.

pub mod csv;
pub mod html;
pub mod json;
pub mod junit;
pub mod live;
pub mod markdown;
mod saving;
pub mod terminal;
pub mod words;

use std::fmt;

use crate::{
    load::record::{BudgetRecord, LoadRecord, RequestRecord},
    report::paint::Paint,
};

/// The rows that a reader needs: without the preflights that nobody had to send.
fn rows(record: &LoadRecord) -> impl Iterator<Item = &RequestRecord> {
    let idle = |row: &RequestRecord| row.sent == 0 && row.from_cache == 0 && row.name.ends_with(".preflight");
    record.requests.iter().filter(move |row| !idle(row))
}

/// Whether answers were wrong, and a budget that counts them is missed.
fn too_many_wrong(record: &LoadRecord) -> bool {
    let missed = |budget: &BudgetRecord| !budget.met && budget.text.starts_with("cors-error");
    record.wrong() > 0 && record.budgets.iter().any(missed)
}

/// What a run comes to: its verdict in every report, and its exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Somebody ended it.
    CutShort,
    /// More answers were wrong than the budgets allow.
    Wrong,
    /// Not, or not wholly, measured.
    Hindered,
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
        } else if too_many_wrong(record) {
            Self::Wrong
        } else if record.hindrance.is_some() {
            Self::Hindered
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
            Self::Hindered => "not wholly measured",
            Self::Wrong => "wrong answers",
            Self::Missed => "budget missed",
            Self::Regressed => "worse than the baseline",
            Self::Invalid => "not valid",
            Self::Held => "all held",
        }
    }
}

impl LoadRecord {
    /// Whether the run was measured, its answers were correct, and its budgets were met.
    pub fn held(&self) -> bool {
        Outcome::of(self, false) == Outcome::Held
    }
}

/// The summary without colours, and with nothing that a terminal would obey.
impl fmt::Display for LoadRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&Paint::PLAIN.finish(&terminal::render(self, None, Paint::PLAIN)))
    }
}
