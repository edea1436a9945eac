//! What caches do with `Vary`: the models do what was seen of the real ones, and the commands say
//! so. The real ones themselves are held by `scripts/check-caches.sh`.

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

use crate::folder::Folder;
use crosscheck::{
    caching::Model,
    report,
    vary::{
        Row, Way,
        cost::{Answers, Costs},
        situation::{Case, Moment, SITUATIONS},
    },
};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// What was seen of the real caches.
fn seen() -> Vec<Row> {
    let text = fs::read_to_string(root().join("examples/caches/expected.json")).expect("readable");
    serde_json::from_str(&text).expect("rows")
}

fn crosscheck(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_crosscheck"))
        .args(args)
        .current_dir(root())
        .output()
        .expect("the command starts")
}

fn code(output: &Output) -> i32 {
    output.status.code().expect("an exit code")
}

#[test]
fn each_model_breaks_where_its_cache_was_seen_to_break() {
    for row in seen() {
        let model = Model::named(&row.cache).unwrap_or_else(|| panic!("no model `{}`", row.cache));
        let found = Row::of_model(&row.cache, model, row.way);
        assert_eq!(found.breaks, row.breaks, "{} {}", row.cache, row.way);
    }
}

#[test]
fn every_example_was_seen_in_every_way_and_as_its_model() {
    let mut folders: Vec<String> = fs::read_dir(root().join("examples/caches"))
        .expect("readable")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.is_dir())
        .map(|path| path.file_name().expect("a name").to_string_lossy().into_owned())
        .collect();
    folders.sort();
    let seen = seen();
    let expected: Vec<(&str, Way)> =
        folders.iter().flat_map(|folder| Way::ALL.map(|way| (folder.as_str(), way))).collect();
    let found: Vec<(&str, Way)> = seen.iter().map(|row| (row.cache.as_str(), row.way)).collect();
    assert_eq!(found, expected);
    for row in &seen {
        let real = row.real.as_ref().expect("a real cache");
        assert_eq!(real.model_differs.as_deref(), Some(&[][..]), "{} {}", row.cache, row.way);
    }
}

#[test]
fn vary_on_every_answer_holds_and_on_some_does_not() {
    for row in seen() {
        let holds = matches!(row.way, Way::Always | Way::Star);
        assert_eq!(row.breaks.is_empty(), holds, "{} {}", row.cache, row.way);
    }
}

#[test]
fn the_models_differ_where_it_matters() {
    // A model that was taken for another would be seen.
    let breaks = |model: &Model, way| Row::of_model("", model, way).breaks;
    assert_ne!(breaks(&Model::NGINX, Way::Never), breaks(&Model::APACHE, Way::Never));
    assert_ne!(breaks(&Model::SQUID, Way::Never), breaks(&Model::HAPROXY, Way::Never));
    assert!(!breaks(&Model::URL_KEYED, Way::Always).is_empty());
}

#[test]
fn the_document_has_the_tables_of_what_was_seen() {
    const END: &str = "<!-- end of table -->";
    let path = root().join("docs/caches.md");
    let text = fs::read_to_string(&path).expect("readable");
    let mut document = text;
    for (begin, table) in [
        ("<!-- table: cargo test --test it caches -->\n", report::caches::markdown(&seen())),
        ("<!-- situations: cargo test --test it caches -->\n", report::situations::markdown(&heard())),
    ] {
        let (before, rest) = document.split_once(begin).expect("the beginning of the table");
        let (_, after) = rest.split_once(END).expect("the end of the table");
        document = format!("{before}{begin}{table}{END}{after}");
    }
    if std::env::var_os("BLESS").is_some() {
        fs::write(&path, &document).expect("docs/ can be written");
    }
    let text = fs::read_to_string(&path).expect("readable");
    assert!(text == document, "docs/caches.md is stale: BLESS=1 cargo test --test it caches");
}

/// What was heard of the real caches in each situation.
fn heard() -> Vec<Case> {
    let text = fs::read_to_string(root().join("examples/caches/situations.json")).expect("readable");
    serde_json::from_str(&text).expect("situations")
}

#[test]
fn each_model_does_in_each_situation_what_its_cache_was_seen_to_do() {
    let heard = heard();
    let differences = report::situations::differences(&heard);
    assert!(differences.is_empty(), "{differences:#?}");
    let mut caches: Vec<&str> = heard.iter().map(|case| case.cache.as_str()).collect();
    caches.dedup();
    assert_eq!(caches, ["apache", "haproxy", "nginx", "squid", "varnish"]);
    assert_eq!(heard.len(), caches.len() * SITUATIONS.len());
}

#[test]
fn a_situation_is_answered_whatever_happens_and_tells_caches_apart() {
    let heard = heard();
    for situation in SITUATIONS {
        let last = situation.answers.last().expect("an answer");
        assert!(last.if_field.is_none() && last.times.is_none(), "{}: something has no answer", situation.id);
        let asked = situation.steps.iter().filter(|step| matches!(step, Moment::Ask(..))).count();
        let cases: Vec<&Case> = heard.iter().filter(|case| case.situation == situation.id).collect();
        assert!(cases.iter().all(|case| case.heard.len() == asked), "{}", situation.id);
    }
    // No two of the five do the same in all of them.
    let of = |cache: &str| -> Vec<_> {
        heard.iter().filter(|case| case.cache == cache).map(|case| &case.heard).collect()
    };
    let caches = ["apache", "haproxy", "nginx", "squid", "varnish"];
    for (place, cache) in caches.iter().enumerate() {
        assert!(caches.iter().take(place).all(|other| of(other) != of(cache)), "{cache}");
    }
}

#[test]
fn a_model_that_does_something_else_is_named() {
    let mut heard = heard();
    let head = heard.iter_mut().find(|case| case.cache == "nginx" && case.situation == "head-get");
    let head = head.expect("the situation");
    head.heard.swap(0, 1);
    let text = report::situations::render(&heard);
    assert!(text.contains("≠ nginx, head-get: HEAD, then GET, then HEAD"), "{text}");
    let before = self::heard();
    let unexpected = report::situations::unexpected(&heard, &before);
    assert_eq!(unexpected.len(), 1, "{unexpected:?}");
    assert!(report::situations::unexpected(&before, &before).is_empty());
}

#[test]
fn the_command_shows_the_models() {
    let output = crosscheck(&["caches"]);
    assert_eq!(code(&output), 0);
    let text = String::from_utf8(output.stdout).expect("text");
    for (name, _) in Model::NAMED {
        assert!(text.lines().any(|line| line.starts_with(name)), "{name} in\n{text}");
    }
    let output = crosscheck(&["caches", "--json"]);
    let rows: Vec<Row> = serde_json::from_slice(&output.stdout).expect("rows");
    assert_eq!(rows.len(), Model::NAMED.len() * Way::ALL.len());
}

#[test]
fn a_difference_from_what_was_expected_is_a_finding() {
    let folder = Folder::new();
    let file = folder.join("rows.json");
    let output = crosscheck(&["caches", "--json"]);
    let text = String::from_utf8(output.stdout).expect("text");
    fs::write(&file, &text).expect("writable");
    let file = file.to_string_lossy().into_owned();
    assert_eq!(code(&crosscheck(&["caches", "--expect", &file])), 0);
    fs::write(&file, text.replacen("\"a, b\"", "\"b, a\"", 1)).expect("writable");
    let output = crosscheck(&["caches", "--expect", &file]);
    assert_eq!(code(&output), 1);
    assert!(String::from_utf8_lossy(&output.stderr).contains("browser never"));
}

#[test]
fn a_cache_that_does_not_start_is_told() {
    let folder = Folder::new();
    let path = folder.path().to_string_lossy().into_owned();
    // (what `start` says, exit code, what is said of it)
    let rows: [(Option<&str>, i32, &str); 2] = [
        (None, 2, "cannot be started"),
        (Some("#!/bin/sh\necho 'no such module' >&2\nexit 1\n"), 4, "no such module"),
    ];
    for (script, expected, said) in rows {
        if let Some(script) = script {
            executable(&folder.join("start"), script);
        }
        let output = crosscheck(&["caches", &path]);
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(code(&output), expected, "{stderr}");
        assert!(stderr.contains(said), "{stderr}");
    }
}

#[test]
fn what_vary_costs_is_said_in_text_and_in_json() {
    let output = crosscheck(&["vary", "--views", "500"]);
    assert_eq!(code(&output), 0);
    let text = String::from_utf8(output.stdout).expect("text");
    assert!(text.starts_with("500 views of 4 pages"), "{text}");
    let output =
        crosscheck(&["vary", "--views", "500", "--model", "shared", "--answers", "never,always", "--json"]);
    let costs: Costs = serde_json::from_slice(&output.stdout).expect("costs");
    let [never, always] = [Answers::Never, Answers::Always].map(|answers| costs.of("shared", answers));
    let (never, always) = (never.expect("a row"), always.expect("a row"));
    assert!(never.broken_views > 0 && always.broken_views == 0);
    assert!(never.forwarded < always.forwarded);
}

#[test]
fn a_scenario_is_printed_as_it_is_read() {
    let printed = crosscheck(&["vary", "--print-scenario"]);
    let folder = Folder::new();
    let file = folder.join("scenario.json");
    fs::write(&file, &printed.stdout).expect("writable");
    let again = crosscheck(&["vary", &file.to_string_lossy(), "--print-scenario"]);
    assert_eq!(printed.stdout, again.stdout);
}

#[test]
fn bad_input_is_told_with_its_place() {
    let folder = Folder::new();
    let file = folder.join("scenario.json");
    let path = file.to_string_lossy().into_owned();
    #[rustfmt::skip]
    let rows: [(&str, &[&str], &str); 6] = [
        ("{ \"views\": -1 }", &[], "scenario.json:1:12"),
        ("{ \"lifetime\": 5 }", &[], "lifetime_seconds"),
        ("{ \"pages\": [{ \"origin\": \"a\" }] }", &[], "is no origin"),
        ("{}", &["--model", "ngnix"], "did you mean `nginx`?"),
        ("{}", &["--answers", "sometimes"], "never, always, matched, star and any"),
        ("{ \"views\": 1000000 }", &["--through", "examples/caches/nginx"], "--views"),
    ];
    for (text, args, said) in rows {
        fs::write(&file, text).expect("writable");
        let output = crosscheck(&[&["vary", path.as_str()], args].concat());
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(code(&output), 2, "{text}: {stderr}");
        assert!(stderr.contains(said), "{text}: {stderr}");
    }
}

fn executable(path: &Path, script: &str) {
    use std::os::unix::fs::PermissionsExt;
    fs::write(path, script).expect("writable");
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("permissions");
}
