//! The reports of a run for other programs: SARIF, Markdown, JUnit, what GitHub Actions shows, and events. Each is made by
//! the program from the record of a real run, most of them of a faulty endpoint in another process.

use std::{collections::BTreeSet, fs};

use crosscheck::{
    diagnosis::Cause,
    diagnostic::is_hidden,
    reference::Fault,
    report::{events, github, markdown, sarif},
    run::{Outcome, record::RunRecord},
};
use serde_json::{Value, json};

use crate::{
    away::{Served, declared},
    care::support::{Ended, Folder, answer, crosscheck, crosscheck_with},
};

const RUNNER: &[(&str, &str)] = &[("GITHUB_ACTIONS", "true")];

/// Judges a faulty store in another process by its URL and the policy that it should have.
fn away(folder: &Folder, fault: Fault, more: &[&str], environment: &[(&str, &str)]) -> Ended {
    let served = Served::start(folder, Some(fault));
    let target = format!("{}default/data.json", served.url);
    let declared = declared();
    let mut arguments = vec!["run", "--target", &target];
    arguments.extend(declared.iter().map(String::as_str));
    arguments.extend(more);
    crosscheck_with(folder, &arguments, environment)
}

fn fault(name: &str) -> Fault {
    name.parse().expect("a fault")
}

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

/// The record of a run in a folder.
fn record(folder: &Folder) -> RunRecord {
    serde_json::from_str(&folder.read("reports/run.json")).expect("a record")
}

/// What is wrong with a SARIF log by the schema of the standard.
fn faults_of(log: &Value) -> Vec<String> {
    let path = format!("{}/tests/fixtures/sarif/sarif-schema-2.1.0.json", env!("CARGO_MANIFEST_DIR"));
    let schema = parsed(&fs::read_to_string(path).expect("the schema"));
    let validator =
        jsonschema::options().should_validate_formats(true).build(&schema).expect("a JSON Schema");
    validator.iter_errors(log).map(|fault| format!("{}: {fault}", fault.instance_path())).collect()
}

#[track_caller]
fn valid_sarif(text: &str) -> Value {
    let log = parsed(text);
    let faults = faults_of(&log);
    assert!(faults.is_empty(), "{faults:#?}");
    assert!(!text.contains(|c| c != '\n' && is_hidden(c)), "{text:?}");
    log
}

fn results(log: &Value) -> &[Value] {
    log["runs"][0]["results"].as_array().map(Vec::as_slice).unwrap_or_default()
}

#[test]
fn the_schema_refuses_what_is_not_sarif() {
    assert!(!faults_of(&json!({ "version": "2.1.0" })).is_empty());
    assert!(!faults_of(&json!({ "version": "2.1.0", "runs": [{ "tool": {} }] })).is_empty());
}

#[test]
fn every_fault_is_a_result_with_its_rule_its_place_and_its_cure() {
    // (fault, cases, cause, level, whether strangers get in)
    for (name, cases, cause, level, strangers) in [
        ("vary-missing", "cache/endpoint", "vary-missing", "warning", false),
        ("reflect-any-origin", "origin/denied", "origin-check-too-loose", "error", true),
        ("auth-before-cors", "preflight/allowed", "preflight-authenticated", "error", false),
    ] {
        let folder = Folder::new();
        let ended = away(&folder, fault(name), &[cases], &[]).with_code(1);
        assert!(ended.stdout.contains("reports/run.sarif"), "{}", ended.stdout);
        let log = valid_sarif(&folder.read("reports/run.sarif"));
        let run = &log["runs"][0];
        let found = results(&log).iter().find(|result| result["ruleId"] == cause).expect(cause);
        let rule = &run["tool"]["driver"]["rules"][found["ruleIndex"].as_u64().expect("an index") as usize];
        assert_eq!(rule["id"], cause);
        assert_eq!(found["level"], level, "{name}: {found:#}");
        assert!(
            rule["help"]["markdown"].as_str().is_some_and(|help| help.contains("What to change")),
            "{rule:#}"
        );
        assert_eq!(rule["properties"]["security-severity"].is_string(), strangers, "{rule:#}");
        let message = found["message"]["text"].as_str().expect("a text");
        assert!(message.contains("Fix: "), "{message}");
        let place = &found["locations"][0]["physicalLocation"];
        assert_eq!(place["artifactLocation"]["uriBaseId"], "%SRCROOT%");
        let file = place["artifactLocation"]["uri"].as_str().expect("a URI");
        assert!(file.starts_with("suites/") && file.ends_with(".json"), "{file}");
        assert!(place["region"]["startLine"].as_u64() > Some(1), "{place}");
        let invocation = &run["invocations"][0];
        assert_eq!((&invocation["exitCode"], &invocation["executionSuccessful"]), (&json!(1), &json!(true)));
        assert!(invocation["endTimeUtc"].as_str() >= invocation["startTimeUtc"].as_str(), "{invocation}");
        assert!(run["properties"]["promises"]["broken"].is_u64(), "{run:#}");

        let markdown = folder.read("reports/run.md");
        assert!(markdown.starts_with("## ❌ CORS of `http://127.0.0.1:"), "{markdown}");
        assert!(markdown.contains(&format!("`{cause}`")) && markdown.contains("- **Fix:** "), "{markdown}");
        let junit = folder.read("reports/junit.xml");
        assert!(junit.contains(&format!("<property name=\"cause\" value=\"{cause}: ")), "{junit}");
    }
}

#[test]
fn the_same_fault_has_the_same_fingerprint_in_every_run() {
    let fingerprint = |cases: &[&str], name: &str, cause: &str| -> String {
        let folder = Folder::new();
        away(&folder, fault(name), cases, &[]);
        let log = valid_sarif(&folder.read("reports/run.sarif"));
        let found = results(&log).iter().find(|result| result["ruleId"] == cause).expect(cause);
        found["partialFingerprints"]["primaryLocationLineHash"].as_str().expect("a text").to_owned()
    };
    // Each served on a port of its own, and seen by other tests.
    let login = |cases: &[&str]| fingerprint(cases, "auth-before-cors", "preflight-authenticated");
    let first = login(&["preflight/allowed"]);
    assert_eq!(first, login(&["preflight/allowed/again", "preflight/allowed/query"]));
    assert_ne!(first, fingerprint(&["origin/denied"], "reflect-any-origin", "origin-check-too-loose"));
}

#[test]
fn a_correct_endpoint_has_no_results_and_few_skipped_cases() {
    let folder = Folder::new();
    crosscheck(&folder, &["run", "--target", "embedded"]).with_code(0);
    let log = valid_sarif(&folder.read("reports/run.sarif"));
    assert!(results(&log).is_empty(), "{:#}", log["runs"][0]["results"]);
    let url = Folder::new();
    let served = Served::start(&url, None);
    let target = format!("{}default/data.json", served.url);
    let declared = declared();
    let arguments: Vec<&str> =
        ["run", "--target", &target].into_iter().chain(declared.iter().map(String::as_str)).collect();
    crosscheck(&url, &arguments).with_code(0);
    let counts = record(&url).counts();
    let not_applicable = counts.get(crosscheck::Verdict::NotApplicable);
    assert!(not_applicable > 500, "{counts:?}");
    let junit = url.read("reports/junit.xml");
    let skipped = junit.matches("<skipped").count();
    assert!((1..=40).contains(&skipped), "{skipped} skipped for {not_applicable} tests");
    assert!(junit.contains("<testsuite name=\"not-applicable\"") && junit.contains("tests not applicable: "));
    let markdown = url.read("reports/run.md");
    assert!(markdown.starts_with("## ✅ "), "{markdown}");
    let folded = format!("<details><summary>{not_applicable} tests not applicable</summary>");
    assert!(markdown.contains(&folded), "{markdown}");
}

#[test]
fn a_known_issue_is_suppressed_with_its_reason_and_no_error() {
    let folder = Folder::new();
    let served = Served::start(&folder, Some(fault("auth-before-cors")));
    let reason = "the gateway | logs in <b>first</b>";
    let file = json!({
        "url": format!("{}default/data.json", served.url),
        "allowed_origins": ["https://app.example"],
        "allowed_methods": ["GET", "PUT"],
        "known_issues": [{ "cause": "preflight-authenticated", "reason": reason }],
    });
    folder.write("crosscheck.json", file.to_string());
    let ended = crosscheck_with(&folder, &["run", "preflight/allowed"], RUNNER);
    let record = record(&folder);
    assert!(record.causes.iter().any(|cause| cause.known), "{}", ended.all());
    let log = valid_sarif(&folder.read("reports/run.sarif"));
    let found = &results(&log).iter().find(|result| result["ruleId"] == "preflight-authenticated").unwrap();
    assert_eq!(found["suppressions"][0]["justification"], reason);
    assert_eq!(found["suppressions"][0]["status"], "accepted");
    let of_cause = |line: &&str| line.contains("title=preflight-authenticated ");
    let annotation = ended.stdout.lines().find(of_cause).expect("an annotation");
    assert!(annotation.starts_with("::notice "), "{annotation}");
    let markdown = folder.read("reports/run.md");
    assert!(markdown.contains(r"Known issue: the gateway \| logs in \<b\>first\</b\>"), "{markdown}");
}

#[test]
fn every_cause_of_the_catalogue_is_a_valid_rule() {
    let folder = Folder::new();
    away(&folder, fault("auth-before-cors"), &["preflight/allowed"], &[]).with_code(1);
    let mut record = record(&folder);
    let first = record.causes.first().expect("a cause").clone();
    record.causes = Cause::ALL
        .iter()
        .map(|cause| {
            let mut another = first.clone();
            another.cause.code = *cause;
            another.cause.severity = cause.severity(true);
            another
        })
        .collect();
    let log = valid_sarif(&sarif::render(&record, Outcome::Broken).expect("SARIF"));
    let rules = log["runs"][0]["tool"]["driver"]["rules"].as_array().expect("rules").len();
    assert_eq!((rules, results(&log).len()), (Cause::ALL.len(), Cause::ALL.len()));

    // What stands in no case file has a place, too: GitHub refuses a result without one.
    let place = *record.causes[0].tests.first().expect("a test");
    let line = std::mem::replace(&mut record.tests[place].line, 0);
    let log = valid_sarif(&sarif::render(&record, Outcome::Broken).expect("SARIF"));
    let location = &results(&log)[0]["locations"][0]["physicalLocation"]["artifactLocation"];
    assert_eq!(location, &json!({ "uri": "run.json", "uriBaseId": "%REPORTS%" }));
    record.tests[place].line = line;

    // GitHub shows ten of a kind.
    let annotations = github::annotations(&record, Outcome::Broken);
    assert_eq!(annotations.lines().filter(|line| line.starts_with("::error ")).count(), 10, "{annotations}");
    let last = annotations.lines().last().expect("a line");
    assert_eq!(
        last,
        format!("and {} errors more than GitHub shows: all are in the reports", Cause::ALL.len() - 10)
    );

    // And a summary of a mebibyte.
    let whole = markdown::render(&record, Outcome::Broken);
    assert_eq!(github::summary(&record, Outcome::Broken, whole.len()), whole);
    for cause in &mut record.causes {
        cause.cause.evidence = vec!["```".repeat(1000); 10];
    }
    let cut = github::summary(&record, Outcome::Broken, github::SUMMARY_BYTES);
    assert!((github::SUMMARY_BYTES - 100_000..=github::SUMMARY_BYTES).contains(&cut.len()), "{}", cut.len());
    let last = cut.lines().last().expect("a line");
    assert!(last.starts_with("Too long for this summary: ") && last.contains(" causes, "), "{last}");
    assert!(github::summary(&record, Outcome::Broken, 10).len() <= 10);
}

#[test]
fn a_step_of_github_actions_gets_annotations_and_a_summary() {
    let folder = Folder::new();
    let summary = folder.write("summary.md", "before\n");
    let summary = summary.to_str().expect("UTF-8");
    let environment = [("GITHUB_ACTIONS", "true"), ("GITHUB_STEP_SUMMARY", summary)];
    let ended = away(&folder, fault("auth-before-cors"), &["preflight/allowed"], &environment).with_code(1);
    let annotations: Vec<&str> = ended.stdout.lines().filter(|line| line.starts_with("::")).collect();
    let first = annotations.first().expect("an annotation");
    assert!(first.starts_with("::error file=suites/preflight/allowed.json,line="), "{first}");
    assert!(
        first.contains(",title=preflight-authenticated (high)::") && first.contains("%0Afix: "),
        "{first}"
    );
    let text = folder.read("summary.md");
    assert_eq!(text, format!("before\n{}", folder.read("reports/run.md")));
    // The same from the record, and nothing of it elsewhere.
    let rendered = crosscheck(&folder, &["render", "reports/run.json", "--form", "github"]).with_code(1);
    assert_eq!(rendered.stdout.lines().collect::<Vec<_>>(), annotations);
    for environment in [&[][..], &[("GITHUB_ACTIONS", "false"), ("GITHUB_STEP_SUMMARY", summary)]] {
        let ended =
            away(&folder, fault("auth-before-cors"), &["preflight/allowed"], environment).with_code(1);
        assert!(!ended.stdout.contains("::error"), "{}", ended.stdout);
    }
    assert_eq!(folder.read("summary.md"), text);
    // A summary that cannot be written is said, and changes nothing.
    let environment = [("GITHUB_ACTIONS", "true"), ("GITHUB_STEP_SUMMARY", "/nowhere/summary.md")];
    let ended = away(&folder, fault("auth-before-cors"), &["preflight/allowed"], &environment).with_code(1);
    assert!(ended.stderr.contains("cannot write the summary of the step"), "{}", ended.stderr);
}

/// What an endpoint answers to have a runner, a page or a reader obey it.
const HOSTILE: &str =
    "::error::x ##[add-mask]y ```` </details><script>alert(1)</script> | [a](https://evil.example) {0}";

#[test]
fn no_answer_of_an_endpoint_is_a_command_a_link_or_markup() {
    let server = crate::care::support::Server::start(|_| {
        answer("200 OK", &[("Access-Control-Allow-Origin", HOSTILE), ("Server", HOSTILE)], b"")
    });
    let folder = Folder::new();
    let url = server.url("/");
    let arguments = [
        "run",
        "-v",
        "origin/allowed",
        "preflight/allowed",
        "--target",
        &url,
        "--allowed-origin",
        "https://a.example",
    ];
    let ended = crosscheck_with(&folder, &arguments, RUNNER).with_code(1);
    for line in ended.stdout.lines().chain(ended.stderr.lines()) {
        let ours = ["::error file=", "::error title=", "::warning file=", "::notice file="];
        let is_command = line.trim_start().starts_with("::");
        assert!(!is_command || ours.iter().any(|start| line.starts_with(start)), "{line}");
        assert!(is_command || !line.contains("##["), "{line}");
    }
    assert!(
        ended.stdout.contains("##\\[") || ended.stdout.contains("#\\#["),
        "the text was shown: {}",
        ended.stdout
    );
    let log = valid_sarif(&folder.read("reports/run.sarif"));
    let texts: Vec<&str> = results(&log).iter().filter_map(|it| it["message"]["text"].as_str()).collect();
    assert!(texts.iter().any(|text| text.contains("evil.example")), "{texts:?}");
    assert!(
        texts.iter().all(|text| !text.contains("](") && !text.replace("{{", "").contains('{')),
        "{texts:?}"
    );
    let markdown = folder.read("reports/run.md");
    assert!(markdown.contains("evil.example"), "{markdown}");
    let mut fence: Option<String> = None;
    for line in markdown.lines() {
        let run: String = line.chars().take_while(|c| *c == '`').collect();
        match &fence {
            Some(open) if *open == line => fence = None,
            Some(_) => {}
            None if run.len() >= 3 && line.ends_with("text") => fence = Some(run),
            None => {
                let code_is_out: String = line.split('`').step_by(2).collect();
                assert!(!code_is_out.replace("\\<", "").contains("<script"), "{line}");
                assert!(!code_is_out.replace("\\]", "").contains("](https"), "{line}");
            }
        }
    }
    assert!(fence.is_none(), "a block is not closed: {markdown}");
}

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(parsed).collect()
}

#[track_caller]
fn assert_events(text: &str) -> Vec<Value> {
    let schema = parsed(&events::published());
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let lines = lines(text);
    for line in &lines {
        let faults: Vec<String> = validator.iter_errors(line).map(|fault| fault.to_string()).collect();
        assert!(faults.is_empty(), "{line}: {faults:?}");
    }
    assert_eq!((&lines[0]["event"], &lines[0]["event_version"]), (&json!("start"), &json!(1)));
    assert_eq!(lines.iter().filter(|line| line["event"] == "start").count(), 1);
    assert_eq!(lines.iter().position(|line| line["event"] == "end"), Some(lines.len() - 1));
    lines
}

#[test]
fn events_are_lines_of_json_from_start_to_end() {
    let folder = Folder::new();
    let ended = away(&folder, fault("auth-before-cors"), &["preflight/allowed", "--events", "-"], RUNNER);
    let ended = ended.with_code(1);
    let events = assert_events(&ended.stdout);
    // Standard output has nothing else.
    assert!(ended.stderr.contains("preflight-authenticated") && ended.stderr.contains("reports: "));
    assert!(ended.stderr.contains("::error file="), "{}", ended.stderr);
    let record = record(&folder);
    let (start, end) = (&events[0], &events[events.len() - 1]);
    assert_eq!(start["target"], record.endpoint.name);
    assert_eq!((&end["exit_code"], &end["outcome"]), (&json!(1), &json!("broken")));
    assert_eq!(end["counts"], serde_json::to_value(record.counts()).unwrap());
    let tests: Vec<&Value> = events.iter().filter(|line| line["event"] == "test").collect();
    let ids: BTreeSet<&str> = tests.iter().filter_map(|test| test["id"].as_str()).collect();
    assert_eq!(start["tests"], ids.len());
    assert!(tests.iter().any(|test| test["verdict"] == "fail" && test["code"].is_string()), "{tests:?}");
    let cause = events.iter().find(|line| line["event"] == "cause").expect("a cause");
    assert_eq!(cause["code"], "preflight-authenticated");
    assert!(cause["cure"].is_array() && ids.contains(cause["tests"][0].as_str().unwrap()), "{cause}");
    // To a file, beside the summary where it is always.
    let ended = away(&folder, fault("auth-before-cors"), &["preflight/allowed", "--events", "e.ndjson"], &[]);
    assert!(ended.stdout.contains("reports: "), "{}", ended.stdout);
    assert_events(&folder.read("e.ndjson"));
    let ended = away(&folder, fault("auth-before-cors"), &["preflight/allowed", "--events", "no/e"], &[]);
    assert!(ended.with_code(2).stderr.contains("cannot write the events"));
}

#[test]
fn the_last_event_of_a_test_has_its_final_verdict_and_secrets_are_in_none() {
    let folder = Folder::new();
    let served = Served::start(&folder, Some(fault("auth-before-cors")));
    let file = json!({
        "url": format!("{}default/data.json?X-Amz-Signature=secret-of-mine", served.url),
        "allowed_origins": ["https://app.example"],
        "allowed_methods": ["GET", "PUT"],
        "headers": { "authorization": "Bearer secret-of-mine" },
        "known_issues": [{ "cause": "preflight-authenticated", "reason": "known" }],
    });
    folder.write("crosscheck.json", file.to_string());
    let ended = crosscheck(&folder, &["run", "preflight/allowed", "--events", "-"]);
    let mut verdicts: std::collections::BTreeMap<String, String> = std::collections::BTreeMap::new();
    for event in assert_events(&ended.stdout).iter().filter(|event| event["event"] == "test") {
        let text = |name: &str| event[name].as_str().expect("a text").to_owned();
        verdicts.insert(text("id"), text("verdict"));
    }
    let record = record(&folder);
    let performed = record.tests.iter().filter(|test| test.verdict != crosscheck::Verdict::NotApplicable);
    let known = verdicts.values().filter(|verdict| *verdict == "known-issue").count();
    assert!(known > 0, "{verdicts:?}");
    for test in performed {
        assert_eq!(verdicts.get(&test.id).map(String::as_str), Some(test.verdict.word()), "{}", test.id);
    }
    for file in ["run.json", "run.md", "run.sarif", "junit.xml"] {
        assert!(!folder.read(&format!("reports/{file}")).contains("secret-of-mine"), "{file}");
    }
    assert!(!ended.all().contains("secret-of-mine"), "{}", ended.all());
}

#[test]
fn render_makes_the_same_reports_from_the_record() {
    let folder = Folder::new();
    away(&folder, fault("vary-missing"), &["cache/endpoint"], &[]).with_code(1);
    let ended = crosscheck(&folder, &["render", "reports/run.json", "--report-dir", "again"]).with_code(1);
    assert!(ended.stdout.contains("Causes, worst first") && ended.stdout.contains("again/run.sarif"));
    for file in ["run.json", "run.md", "run.sarif", "junit.xml"] {
        assert_eq!(folder.read(&format!("again/{file}")), folder.read(&format!("reports/{file}")), "{file}");
    }
    for (form, file) in
        [("json", "run.json"), ("markdown", "run.md"), ("sarif", "run.sarif"), ("junit", "junit.xml")]
    {
        let ended = crosscheck(&folder, &["render", "reports/run.json", "--form", form]).with_code(1);
        assert_eq!(ended.stdout.trim_end(), folder.read(&format!("reports/{file}")).trim_end(), "{form}");
    }
    let ended = crosscheck(&folder, &["render", "reports/run.json", "--form", "text"]).with_code(1);
    assert!(ended.stdout.contains("Causes, worst first"), "{}", ended.stdout);
}

#[test]
fn a_record_that_cannot_be_rendered_so_is_one_clear_error() {
    let folder = Folder::new();
    crosscheck(&folder, &["run", "cache/two-origins", "--target", "embedded"]).with_code(0);
    let text = folder.read("reports/run.json");
    folder.write("later.json", text.replacen("\"record_version\": ", "\"record_version\": 9", 1));
    folder.write("neither.json", "[1]");
    folder.write("syntax.json", "{");
    folder.write("load.json", r#"{ "load_record_version": 1 }"#);
    for (arguments, said) in [
        (&["reports/run.json", "--form", "csv"][..], "which has no report of the form csv"),
        (&["reports/run.json", "reports/run.json"], "2 records were given"),
        (
            &["reports/run.json", "--baseline", "reports/run.json", "--baseline", "later.json"],
            "2 baselines were given",
        ),
        (&["reports/run.json", "--baseline", "load.json"], "load.json is the record of a load run"),
        (&["later.json"], "not a valid record of a conformance run"),
        (&["neither.json"], "not a record of a run"),
        (&["syntax.json"], "not valid JSON"),
        (&["missing.json"], "cannot read"),
        (&["load.json"], "not a valid record of a load run"),
    ] {
        let ended = crosscheck(&folder, &[&["render"], arguments].concat()).with_code(2);
        assert!(ended.stderr.contains(said), "{arguments:?}: {}", ended.stderr);
        assert_eq!(ended.stderr.matches("error[").count(), 1, "{}", ended.stderr);
    }
}
