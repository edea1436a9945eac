//! From a text to a load plan, or everything that is wrong with it.

use std::sync::Arc;

use crosscheck_core::{
    diagnostic::{Diagnostic, Severity, SourceText},
    document::{self, Codes, Document, Pattern, Tree},
};

use super::{LoadPlan, Span, span};

impl Document for LoadPlan {
    const CODES: Codes = document::codes!("load");
    const PATTERNS: &'static [Pattern] = &[
        Pattern {
            regex: "^[a-z0-9]+([-.][a-z0-9]+)*$",
            matches: |text| {
                text.split(['-', '.']).all(|word| {
                    !word.is_empty()
                        && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
                })
            },
            words: "words of lower-case letters and digits, joined by `-` or `.`",
        },
        Pattern {
            regex: span::PATTERN,
            matches: |text| text.parse::<Span>().is_ok(),
            words: "a length of time: a whole number and ms, s, m or h, such as `30s`",
        },
    ];
}

/// A load plan with the places of its values in the text.
#[derive(Clone, Debug)]
pub struct ParsedPlan {
    /// What it says.
    pub plan: LoadPlan,
    /// Where it says it.
    pub tree: Tree,
    /// What is suspicious in it.
    pub warnings: Vec<Diagnostic>,
}

/// Reads a load plan.
///
/// # Errors
/// Everything that must be fixed, in the order of the text.
pub fn parse_plan(source: &Arc<SourceText>) -> Result<ParsedPlan, Vec<Diagnostic>> {
    let document::Checked { value, tree } = document::check::<LoadPlan>(source)?;
    let found = super::validate::check(&value, source, tree.root());
    if found.iter().any(|diagnostic| diagnostic.severity == Severity::Error) {
        return Err(found);
    }
    Ok(ParsedPlan { plan: value, tree, warnings: found })
}
