//! Origins that look like an allowed one, by class: which were refused, and which were let in.

use crosscheck_core::{exchange::shorten, verdict::Verdict};
use indexmap::IndexMap;

use super::tests_list::Ids;
use crate::{
    report::page::{Align, Table, chip, folded, section, text},
    run::record::{RunRecord, TestRecord},
};

/// How much of an origin is shown, in bytes: some are as long as a name can be.
const SHOWN: usize = 90;

/// The classes with their results, those that were let in first.
pub(super) fn near_origins(record: &RunRecord, ids: &Ids<'_>) -> String {
    let mut classes: IndexMap<&str, Vec<&TestRecord>> = IndexMap::new();
    for test in &record.tests {
        if let Some(near) = &test.near {
            classes.entry(near.class()).or_default().push(test);
        }
    }
    if classes.is_empty() {
        return String::new();
    }
    let is_let_in = |test: &&&TestRecord| matches!(test.verdict, Verdict::Fail | Verdict::KnownIssue);
    let (mut let_in, mut refused) = (Vec::new(), Vec::new());
    for (class, tests) in &classes {
        let bad: Vec<&TestRecord> = tests.iter().filter(is_let_in).copied().collect();
        let Some(example) = bad.first().or(tests.first()).and_then(|test| test.near.as_ref()) else {
            continue;
        };
        let (mut origin, mut what) = (example.origin.clone(), example.what.clone());
        shorten(&mut origin, SHOWN);
        shorten(&mut what, SHOWN);
        let is_judged = tests.iter().any(|test| !test.verdict.is_not_judged());
        let result = match bad.first() {
            Some(first) => {
                let severity = first.findings.iter().find_map(|finding| finding.severity);
                let severity = severity.map(|it| format!(", {it} risk")).unwrap_or_default();
                let words = format!("{} of {} not refused{severity}", bad.len(), tests.len());
                format!("{} {}", chip("bad", words), ids.link(&first.id))
            }
            None if is_judged => chip("good", "refused"),
            None => chip("doubt", "not judged"),
        };
        let row = vec![
            format!("<code>{}</code>", text(class)),
            format!("<code>{}</code><br/><span class=\"faint\">{}</span>", text(&origin), text(&what)),
            text(example.reach.words()),
            tests.len().to_string(),
            result,
        ];
        if bad.is_empty() { refused.push(row) } else { let_in.push(row) }
    }
    let mut html = String::new();
    if let_in.is_empty() {
        html.push_str("<p>None of them was let in.</p>\n");
    } else {
        html.push_str(&table(let_in, "bad"));
    }
    if !refused.is_empty() {
        html.push_str(&folded(
            &format!("{} classes without a test that failed", refused.len()),
            &table(refused, ""),
        ));
    }
    let lead = "Made from the allowed origins: what comparisons without an anchor, by beginning or end, and parsers that disagree let through. None of them is allowed by the policy.";
    section("near-origins", "Origins that look like an allowed one", lead, &html)
}

fn table(rows: Vec<Vec<String>>, mark: &'static str) -> String {
    let mut table = Table::new(
        "Origins that look like an allowed one",
        &[
            ("class", Align::Words),
            ("example", Align::Words),
            ("who can send it", Align::Words),
            ("tests", Align::Figures),
            ("result", Align::Words),
        ],
    );
    for row in rows {
        table.marked(mark, row);
    }
    table.html()
}
