//! What an endpoint's CORS must do, point by point, and the cases that hold it to that:
//! `tests/data/checklist.json`. A point without a case says why. `docs/checklist.md` is the same for
//! people; `BLESS=1 cargo test --test it coverage` writes it anew.

use std::{collections::BTreeMap, fmt::Write, fs, path::Path};

use crosscheck::{
    case::{self, Selection},
    document, endpoint, plan, shipped,
};

/// One thing that is fixed.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Point {
    id: String,
    says: String,
    #[serde(default)]
    cases: Vec<String>,
    #[serde(default)]
    why: Option<String>,
}

/// The groups with what they are about and how many points each has.
const GROUPS: [(&str, &str, usize); 16] = [
    ("SIM", "Simple requests", 14),
    ("PRE", "Preflights", 33),
    ("SAF", "The safelist", 9),
    ("CRE", "Credentials", 16),
    ("WLD", "Wildcards", 5),
    ("EXP", "Exposed headers", 9),
    ("AGE", "The preflight cache", 12),
    ("VAR", "Vary and HTTP caches", 30),
    ("RED", "Redirects", 11),
    ("NUL", "Opaque origins", 5),
    ("ORG", "Which origin is which", 13),
    ("MAL", "Malformed answers", 8),
    ("OBJ", "Rules of object stores", 22),
    ("ERR", "Error answers", 5),
    ("SIG", "Signed requests", 7),
    ("MET", "Methods", 7),
];

fn points() -> Vec<Point> {
    serde_json::from_str(include_str!("../data/checklist.json")).expect("a list of points")
}

/// The ids of every test on the reference store.
fn ids() -> Vec<String> {
    let codes = <case::model::Suite as document::Document>::CODES;
    let outlook = endpoint::resolve(&[], &|_| None).expect("defaults resolve").outlook();
    shipped::cases()
        .into_iter()
        .flat_map(|file| {
            let source = document::decode(&file.name, &file.bytes, &codes).expect("a text");
            case::expand(&case::parse_suite(source))
        })
        .flat_map(|case| plan::plan(&case, &outlook, 1))
        .map(|planned| planned.id)
        .collect()
}

#[test]
fn every_point_is_there_once() {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let points = points();
    for point in &points {
        let (group, number) = point.id.split_once('-').expect("group and number");
        let count = counts.entry(group.to_owned()).or_default();
        *count += 1;
        assert_eq!(number.parse(), Ok(*count), "{}: the points of a group are numbered", point.id);
    }
    for (group, _, count) in GROUPS {
        assert_eq!(counts.remove(group), Some(count), "{group}");
    }
    assert!(counts.is_empty(), "{counts:?} are no groups");
}

#[test]
fn every_point_has_cases_or_says_why_not() {
    let ids = ids();
    let selections: Vec<(String, Vec<(String, Selection)>)> = points()
        .into_iter()
        .map(|point| {
            let why = point.why.unwrap_or_default();
            assert!(
                !point.cases.is_empty() || !why.is_empty(),
                "{} has neither cases nor a reason",
                point.id
            );
            let of = |case: String| {
                let selection = Selection::new([case.as_str()], []).expect("an id or a glob");
                (case, selection)
            };
            (point.id, point.cases.into_iter().map(of).collect())
        })
        .collect();
    let missing: Vec<String> = selections
        .iter()
        .flat_map(|(point, cases)| cases.iter().map(move |(case, selection)| (point, case, selection)))
        .filter(|(_, _, selection)| !ids.iter().any(|id| selection.selects(id)))
        .map(|(point, case, _)| format!("{point}: {case}"))
        .collect();
    assert!(missing.is_empty(), "there are no such cases: {missing:#?}");
}

#[test]
fn the_document_is_fresh() {
    let mut out = String::from(
        "# Checklist\n\n\
         What CORS asks of an endpoint and of a browser, point by point, and the cases that show it. Cases are\n\
         selected by these ids: `crosscheck run origin/denied`. Written by `BLESS=1 cargo test --test it coverage`.\n",
    );
    let points = points();
    for (group, about, _) in GROUPS {
        let _ = writeln!(out, "\n## {about}\n\n| id | what | cases |\n| --- | --- | --- |");
        for point in points.iter().filter(|point| point.id.starts_with(group)) {
            let mut cases: Vec<String> = point.cases.iter().map(|case| format!("`{case}`")).collect();
            cases.extend(point.why.clone());
            let _ = writeln!(out, "| {} | {} | {} |", point.id, point.says, cases.join(", "));
        }
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/checklist.md");
    if std::env::var_os("BLESS").is_some() {
        fs::write(&path, &out).expect("docs/ can be written");
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == out, "docs/checklist.md is stale: BLESS=1 cargo test --test it coverage");
}
