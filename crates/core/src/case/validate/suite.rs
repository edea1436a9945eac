use std::collections::HashMap;

use super::super::source::ParsedSuite;
use crate::{
    diagnostic::Diagnostic,
    document::{Place, Tree, quote},
};

/// Cases of one file that have the same id, whether sound or not.
pub(in crate::case) fn duplicate_case_ids(tree: &Tree) -> Vec<Diagnostic> {
    let mut seen: HashMap<&str, Place<'_>> = HashMap::new();
    let mut found = Vec::new();
    for case in tree.root().field("cases").elements().filter(|case| case.has("id")) {
        let place = case.field("id");
        let Some(id) = place.text() else { continue };
        if let Some(first) = seen.get(id) {
            found.push(
                Diagnostic::error("case.duplicate-id", format!("two cases have the id {}", quote(id)))
                    .at(tree.source(), place.span(), "again here")
                    .at(tree.source(), first.span(), "first here"),
            );
        } else {
            seen.insert(id, place);
        }
    }
    found
}

/// What is wrong between files: two suites, or two expanded cases, with the same id.
pub fn across(suites: &[ParsedSuite]) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let mut seen: HashMap<&str, &ParsedSuite> = HashMap::new();
    for parsed in suites {
        let Some(suite) = &parsed.suite else { continue };
        if let Some(first) = seen.get(suite.id.as_str()) {
            let span = |parsed: &ParsedSuite| parsed.id_place().map_or(0..0, Place::span);
            found.push(
                Diagnostic::error(
                    "case.duplicate-id",
                    format!("two suites have the id {}", quote(&suite.id)),
                )
                .at(&parsed.source, span(parsed), "again here")
                .at(&first.source, span(first), "first here")
                .help("test ids begin with the suite's id and must not depend on the file"),
            );
        } else {
            seen.insert(&suite.id, parsed);
        }
    }
    let expanded: Vec<_> = suites.iter().flat_map(super::super::expand::expand).collect();
    let mut ids: HashMap<&str, usize> = HashMap::new();
    for (index, case) in expanded.iter().enumerate() {
        match ids.get(case.id.as_str()).and_then(|first| expanded.get(*first)) {
            // Of suites with the same id everything has been said.
            Some(first) if first.suite != case.suite => found.push(
                Diagnostic::error("case.duplicate-id", format!("two cases are called {}", quote(&case.id)))
                    .at(&case.source, case.span.clone(), "again here")
                    .at(&first.source, first.span.clone(), "first here"),
            ),
            Some(_) => {}
            None => {
                ids.insert(&case.id, index);
            }
        }
    }
    found
}
