//! What caches do in each situation, as a table, and where their models do something else.

use std::fmt::Write;

use super::caches::aligned;
use crate::{
    caching::Model,
    vary::situation::{Case, Heard, SITUATIONS, Situation, play},
};

/// A situation that a cache's model does not play as the cache does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference<'a> {
    /// What the cache did.
    pub case: &'a Case,
    /// What its model does.
    pub model: Vec<Heard>,
}

/// Where the model of a cache's name does something else than the cache.
pub fn differences(cases: &[Case]) -> Vec<Difference<'_>> {
    cases.iter().filter_map(differs).collect()
}

fn differs(case: &Case) -> Option<Difference<'_>> {
    let (model, situation) = (Model::named(&case.cache)?, find(&case.situation)?);
    let model = play(model, situation);
    (model != case.heard).then_some(Difference { case, model })
}

fn find(id: &str) -> Option<&'static Situation> {
    SITUATIONS.iter().find(|situation| situation.id == id)
}

/// A row for each situation, a column for each cache; beneath, what the words mean and where the models
/// differ.
pub fn render(cases: &[Case]) -> String {
    let differences = differences(cases);
    let caches = caches(cases);
    let mut table = vec![vec!["situation".to_owned()]];
    if let Some(head) = table.first_mut() {
        head.extend(caches.iter().map(|cache| (*cache).to_owned()));
    }
    for situation in SITUATIONS {
        let cells = caches.iter().map(|cache| {
            let case = cases.iter().find(|case| case.cache == *cache && case.situation == situation.id);
            let differs = differences.iter().any(|difference| Some(difference.case) == case);
            let mark = if differs { "≠ " } else { "" };
            format!("{mark}{}", case.map(brief).unwrap_or_default())
        });
        table.push(std::iter::once(situation.id.to_owned()).chain(cells).collect());
    }
    let mut out = aligned(&table);
    out.push_str(LEGEND);
    let modelled = cases.iter().filter(|case| Model::named(&case.cache).is_some()).count();
    let _ = writeln!(out, "\nThe models do the same in {} of {modelled}.", modelled - differences.len());
    for Difference { case, model } in &differences {
        let about = find(&case.situation).map_or("", |situation| situation.about);
        let _ = writeln!(out, "\n≠ {}, {}: {about}", case.cache, case.situation);
        let _ = writeln!(out, "    cache  {}", listed(&case.heard));
        let _ = writeln!(out, "    model  {}", listed(model));
    }
    out
}

const LEGEND: &str = "\n\
    Each place says for each request what reached the endpoint: its method, `if` with conditions, `range`\n\
    for a part; `stored`: nothing did. Then the status that came back, where it is not 200. `--json` has\n\
    all of it. `≠`: the model of this name does something else.\n";

fn brief(case: &Case) -> String {
    let words: Vec<String> = case.heard.iter().map(Heard::brief).collect();
    words.join(", ")
}

fn listed(heard: &[Heard]) -> String {
    let words: Vec<String> = heard.iter().map(Heard::to_string).collect();
    words.join(" | ")
}

fn caches(cases: &[Case]) -> Vec<&str> {
    let mut caches: Vec<&str> = Vec::new();
    for case in cases {
        if !caches.contains(&case.cache.as_str()) {
            caches.push(&case.cache);
        }
    }
    caches
}

/// The same table in Markdown, for a document.
pub fn markdown(cases: &[Case]) -> String {
    let caches = caches(cases);
    let mut out = String::from("| situation |");
    for cache in &caches {
        let _ = write!(out, " {cache} |");
    }
    let _ = writeln!(out, "\n| --- |{}", " --- |".repeat(caches.len()));
    for situation in SITUATIONS {
        let _ = write!(out, "| {} |", situation.about.replace('|', "\\|"));
        for cache in &caches {
            let case = cases.iter().find(|case| case.cache == *cache && case.situation == situation.id);
            let _ = write!(out, " {} |", case.map(brief).unwrap_or_default());
        }
        out.push('\n');
    }
    out
}

/// What was found as JSON, one situation on a line.
///
/// # Errors
/// It cannot be written as JSON.
pub fn json(cases: &[Case]) -> serde_json::Result<String> {
    let lines = cases.iter().map(serde_json::to_string).collect::<serde_json::Result<Vec<_>>>()?;
    Ok(format!("[\n{}\n]\n", lines.join(",\n")))
}

/// What differs from what was expected of the same caches, in words.
pub fn unexpected(found: &[Case], expected: &[Case]) -> Vec<String> {
    let mut out = Vec::new();
    for case in found {
        let same = |other: &&Case| other.cache == case.cache && other.situation == case.situation;
        match expected.iter().find(same) {
            None => out.push(format!("{}, {}: not expected at all", case.cache, case.situation)),
            Some(expected) if expected.heard == case.heard => {}
            Some(expected) => out.push(format!(
                "{}, {}:\n  expected {}\n     found {}",
                case.cache,
                case.situation,
                listed(&expected.heard),
                listed(&case.heard)
            )),
        }
    }
    for case in expected.iter().filter(|case| found.iter().any(|other| other.cache == case.cache)) {
        let same = |other: &Case| other.cache == case.cache && other.situation == case.situation;
        if !found.iter().any(same) {
            out.push(format!("{}, {}: expected, and not found", case.cache, case.situation));
        }
    }
    out
}
