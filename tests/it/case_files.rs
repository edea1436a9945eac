//! What a person sees who wrote a case file wrong. Each file below `fixtures/bad-cases` has one
//! sort of mistake; the snapshots hold every word that is said about it.
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use crosscheck::{
    case::{self, ParsedSuite, Roles, model::Suite},
    diagnostic::{Diagnostic, SourceText},
    document::{self, Document},
    report::diagnostic::{Style, render_all},
    shipped,
};
use proptest::prelude::*;

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/bad-cases");

fn read(path: &Path) -> Result<ParsedSuite, Diagnostic> {
    let bytes = fs::read(path).expect("a fixture");
    let name = path.file_name().expect("a file").to_string_lossy();
    document::decode(&name, &bytes, &Suite::CODES).map(case::parse_suite)
}

#[test]
fn mistakes_are_told_so_that_they_can_be_mended() {
    let mut paths: Vec<_> =
        fs::read_dir(FIXTURES).expect("fixtures").map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    assert!(paths.len() >= 12, "the fixtures are there");
    for path in paths {
        let (diagnostics, kept) = match read(&path) {
            Ok(parsed) => {
                let expanded = case::expand(&parsed);
                let ids: Vec<String> = expanded.into_iter().map(|case| case.id).collect();
                (parsed.diagnostics, ids)
            }
            Err(diagnostic) => (vec![diagnostic], Vec::new()),
        };
        assert!(!diagnostics.is_empty(), "{} has a mistake", path.display());
        let mut text = render_all(&diagnostics, Style::default());
        text.push_str(&format!("sound cases: {kept:?}\n"));
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
            insta::assert_snapshot!(name, text);
        });
    }
}

/// Every endpoint is asked only for what it declares, and for one path that surely does not exist: a shipped case
/// that names another path is for the reference store, which has it. Case files of users name paths of their own
/// endpoints.
#[test]
fn our_own_suites_ask_endpoints_only_for_what_they_declare() {
    const MISSING: &str = "crosscheck-does-not-exist";
    let missing = |path: &str| {
        let plain = path.to_ascii_lowercase().replace("%63", "c");
        plain.starts_with(MISSING)
    };
    let codes = Suite::CODES;
    let mut asked = 0;
    for file in shipped::cases() {
        let source = document::decode(&file.name, &file.bytes, &codes).expect("a text");
        for case in case::expand(&case::parse_suite(source)) {
            if case.case.given.is_some() || case.case.embedded_only {
                continue;
            }
            for path in case.case.requests.values().filter_map(|request| request.path.as_deref()) {
                assert!(missing(path), "{} asks for `{path}`: it needs `embedded_only`", case.id);
                asked += 1;
            }
        }
    }
    assert!(asked >= 10, "the path that does not exist is asked for");
}

#[test]
fn our_own_suites_are_without_mistakes() {
    let mut suites = Vec::new();
    let mut diagnostics = Vec::new();
    for path in json_below(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/suites"))) {
        // Load plans are no suites of cases; `load_plans` looks at them.
        let load = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/suites/load"));
        if path.starts_with(load) || path.to_string_lossy().ends_with(".schema.json") {
            continue;
        }
        match read(&path) {
            Ok(parsed) => {
                diagnostics.extend(parsed.diagnostics.clone());
                suites.push(parsed);
            }
            Err(diagnostic) => diagnostics.push(diagnostic),
        }
    }
    assert!(!suites.is_empty(), "the suites are there");
    diagnostics.extend(case::across(&suites));
    assert!(diagnostics.is_empty(), "{}", render_all(&diagnostics, Style::default()));
}

fn json_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(json_below(&path));
        } else if path.extension().is_some_and(|extension| extension == "json") {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// What a careless editor, a bad merge or an attacker makes of a suite.
fn damaged() -> impl Strategy<Value = String> {
    let fixtures: Vec<String> = json_below(Path::new(FIXTURES))
        .iter()
        .map(|path| String::from_utf8_lossy(&fs::read(path).expect("a fixture")).into_owned())
        .collect();
    let pieces = [
        "{",
        "}",
        "\"",
        ",",
        "{allowed}",
        "{{x}}",
        "\\u0000",
        "é",
        "\u{202e}",
        "null",
        "*",
        "[",
        "]",
        "/",
        "\n",
    ];
    let edit = (any::<prop::sample::Index>(), 0..12_usize, prop::sample::select(pieces.to_vec()));
    (prop::sample::select(fixtures), prop::collection::vec(edit, 0..4)).prop_map(|(text, edits)| {
        let mut chars: Vec<char> = text.chars().collect();
        for (at, cut, piece) in edits {
            let start = at.index(chars.len() + 1);
            let end = (start + cut).min(chars.len());
            chars.splice(start..end, piece.chars());
        }
        chars.into_iter().collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_makes_the_reader_panic(text in damaged()) {
        let parsed = case::parse_suite(Arc::new(SourceText { name: "damaged.json".to_owned(), text }));
        for case in case::expand(&parsed) {
            prop_assert!(case.source.text.get(case.span.clone()).is_some());
            let _ = case.bind(&Roles::bind(None, &BTreeMap::new()));
        }
        let rendered = render_all(&parsed.diagnostics, Style::default());
        prop_assert!(!rendered.contains(|c: char| c.is_control() && c != '\n'));
    }
}

/// Suites of a few megabytes that are made to take long: what is said does not matter, only
/// that it is said soon and is not endless.
#[test]
fn no_suite_takes_long_to_read() {
    let many =
        |count: usize, part: &dyn Fn(usize) -> String| (0..count).map(part).collect::<Vec<_>>().join(",");
    let request = |inner: &str| format!(r#"{{"id": "c", "title": "", "requests": {{"a": {{{inner}}}}}}}"#);
    let headers = many(50_000, &|n| format!(r#""x {n}": "{{u{n}}}\r""#));
    let names = many(100_000, &|n| format!(r#""x{n}""#));
    let rows = many(1000, &|n| format!(r#"{{"id": "r{n}", "with": {{"v": "{}"}}}}"#, "w".repeat(1000)));
    let values = many(50_000, &|n| format!(r#""v{n}": "{{w{n}}}""#));
    let cases: Vec<String> = vec![
        request(&format!(r#""headers": {{{headers}}}"#)),
        request(&format!(r#""expect": {{"exposed": [{names}], "hidden": ["x", "y"]}}"#)),
        request(&format!(r#""expect": {{"exposed": ["X1"], "hidden": [{names}]}}"#)),
        request(&format!(
            r#""expect": {{"response": {{"fields": {{"a": {{"contains": [{names}], "lacks": ["q"]}}}}}}}}"#
        )),
        request(r#""path": "a""#).replace("\"requests\"", &format!(r#""order": [{names}], "requests""#)),
        request(r#""path": "a""#).replace(
            "\"requests\"",
            &format!(r#""order": [{}], "requests""#, many(150_000, &|_| "[]".to_owned())),
        ),
        request(&format!(r#""body": "{}""#, "{v}".repeat(300_000)))
            .replace("\"requests\"", &format!(r#""each": [{rows}], "requests""#)),
        request(&format!(r#""body": "{}""#, "{{{".repeat(1_000_000))),
        request(&format!(r#""body": "{}""#, "{a".repeat(1_000_000))),
        request(r#""path": "{v1}""#).replace(
            "\"requests\"",
            &format!(r#""each": [{{"id": "r", "with": {{{values}}}}}], "requests""#),
        ),
        many(20_000, &|_| request(r#""origin": "x""#)),
        many(20_000, &|_| request(r#""orgin": "x""#)),
        many(1, &|_| request("").replace(r#""a": {}"#, &many(100_000, &|n| format!(r#""a{n}": {{}}"#)))),
    ];
    for cases in cases {
        let text = format!(r#"{{"id": "s", "title": "", "cases": [{cases}]}}"#);
        let start = std::time::Instant::now();
        let parsed = case::parse_suite(Arc::new(SourceText { name: "long.json".to_owned(), text }));
        let expanded = case::expand(&parsed).len();
        assert!(expanded <= 1000 * parsed.suite.map_or(1, |suite| suite.cases.len()));
        assert!(render_all(&parsed.diagnostics, Style::default()).len() < 1_000_000);
        assert!(parsed.diagnostics.len() <= 201, "{} diagnostics", parsed.diagnostics.len());
        assert!(start.elapsed().as_secs() < 60, "{:?}", parsed.diagnostics.first());
    }
}
