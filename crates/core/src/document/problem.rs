use super::{Codes, Place, Step, Tree};
use crate::diagnostic::{Diagnostic, Severity};

/// How many problems of one text are told; more help nobody.
pub(super) const MAX_PROBLEMS: usize = 100;

/// Something wrong, with the way to the value that it is about.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    /// The way from the root to the value; for an unknown or missing field, to its object.
    pub path: Vec<Step>,
    /// What to tell.
    pub diagnostic: Diagnostic,
}

/// The problems as they are told, with a last line about those that are not.
pub(super) fn diagnostics(problems: Vec<Problem>, hidden: usize, codes: &Codes) -> Vec<Diagnostic> {
    let mut told: Vec<Diagnostic> = problems.into_iter().map(|problem| problem.diagnostic).collect();
    if hidden > 0 {
        told.push(Diagnostic {
            severity: Severity::Note,
            ..Diagnostic::error(codes.more, format!("{hidden} more problems are not shown"))
        });
    }
    told
}

/// A value that the schema lets through and the type does not: our own fault.
pub(crate) fn unforeseen(
    codes: &Codes,
    tree: &Tree,
    place: Place<'_>,
    error: &serde_json::Error,
) -> Diagnostic {
    Diagnostic::error(codes.unforeseen, format!("this cannot be read: {error}"))
        .at(tree.source(), place.head(), "")
        .help("the schema should have said so: this is a fault of Crosscheck, please report it")
}
