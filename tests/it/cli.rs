//! The command line as a user meets it: what it prints, what it writes, how it ends. Every test
//! runs the real binary.

#[allow(dead_code, reason = "shared with other tests, which use more of it")]
use crate::bad_server;

use std::{
    fs,
    path::Path,
    process::{Command, Output, Stdio},
    time::{Duration, Instant},
};

use crate::folder::Folder;
use bad_server::{BadServer, Fault};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// The binary, in this folder, with nothing of this project's own environment.
fn crosscheck(folder: &Folder, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_crosscheck"));
    command.args(arguments).current_dir(folder.path()).env_clear().stdin(Stdio::null());
    command
}

/// What it printed and how it ended; it must end within a minute.
fn ends(folder: &Folder, arguments: &[&str]) -> (i32, String, String) {
    let started = Instant::now();
    let output: Output = crosscheck(folder, arguments).output().expect("the binary runs");
    assert!(started.elapsed() < Duration::from_secs(60), "{arguments:?} took {:?}", started.elapsed());
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    (output.status.code().unwrap_or(-1), text(output.stdout), text(output.stderr))
}

#[test]
fn check_reads_case_files_and_load_plans_and_names_what_is_neither() {
    let folder = Folder::new();
    fs::create_dir_all(folder.join("suites/load")).unwrap();
    let case = r#"{ "id": "one", "title": "t", "cases": [{ "id": "a", "title": "t",
      "requests": { "r": { "origin": "{allowed}", "expect": { "outcome": "allowed" } } } }] }"#;
    let plan = |budget: &str| {
        format!(
            "{{ \"id\": \"p\", \"title\": \"t\", \"requests\": {{ \"ask\": {{}} }}, \"rate\": 10,\n  \
             \"stages\": [{{ \"name\": \"s\", \"for\": \"1s\" }}],\n  \"budgets\": [\"{budget}\"] }}"
        )
    };
    folder.write("suites/one.json", case);
    folder.write("suites/load/p.json", plan("p99<1s"));
    let (code, out, err) = ends(&folder, &["check", "suites"]);
    assert_eq!((code, out.as_str()), (0, "1 case file with 1 case and 1 load plan are in order\n"), "{err}");
    let (code, out, _) = ends(&folder, &["check", "suites/load/p.json"]);
    assert_eq!((code, out.as_str()), (0, "1 load plan is in order\n"));
    for (name, text, said) in [
        ("load/p.json", plan("p99<1s for asc"), "suites/load/p.json:3:15"),
        ("load/p.json", plan("p99<1s").replace("rate", "rat"), "did you mean `rate`?"),
        ("load/p.json", "{ \"stages\": [".to_owned(), "load.syntax"),
        (
            "other.json",
            "{ \"url\": \"x\" }".to_owned(),
            "suites/other.json is neither a case file nor a load plan",
        ),
    ] {
        let before = folder.write(&format!("suites/{name}"), &text);
        let (code, _, err) = ends(&folder, &["check", "suites"]);
        assert_eq!(code, 2, "{said}: {err}");
        assert!(err.contains(said), "{said}: {err}");
        fs::remove_file(before).unwrap();
    }
    // A conformance run leaves load plans alone, and says what they are where there is nothing else.
    folder.write("suites/load/p.json", plan("p99<1s"));
    let (code, _, err) = ends(&folder, &["list", "--target", "embedded", "--suites", "suites"]);
    assert_eq!(code, 0, "{err}");
    let (code, _, err) = ends(&folder, &["list", "--target", "embedded", "--suites", "suites/load"]);
    assert_eq!(code, 2, "{err}");
    assert!(err.contains("`crosscheck load suites/load/p.json` runs it"), "{err}");
}

fn record(folder: &Folder) -> serde_json::Value {
    let path = folder.join("reports/run.json");
    let text = fs::read_to_string(&path).expect("the record was written");
    serde_json::from_str(&text).expect("the record is JSON")
}

fn verdicts(record: &serde_json::Value) -> Vec<String> {
    let tests = record["tests"].as_array().expect("tests");
    tests.iter().map(|test| test["verdict"].as_str().expect("a verdict").to_owned()).collect()
}

#[test]
fn the_reference_store_passes_and_both_reports_are_written() {
    let folder = Folder::new();
    let (code, out, _) = ends(&folder, &["run", "cache/two-origins", "--target", "embedded"]);
    assert_eq!(code, 0, "{out}");
    assert!(out.contains("✓"), "{out}");
    assert!(verdicts(&record(&folder)).iter().all(|verdict| verdict == "pass" || verdict == "observed"));
    let junit = fs::read_to_string(folder.join("reports/junit.xml")).unwrap();
    assert!(junit.contains("<testsuite name=\"suites/cache/two-origins.json\""), "{junit}");
}

#[test]
fn a_fault_fails_with_the_reason_and_the_cure() {
    let folder = Folder::new();
    let (code, out, _) =
        ends(&folder, &["run", "cache/two-origins", "--target", "embedded", "--fault", "vary-missing"]);
    assert_eq!(code, 1, "{out}");
    assert!(out.contains("cors-check.origin-mismatch"), "{out}");
    assert!(out.contains("fix:") && out.contains("Vary: Origin"), "{out}");
    assert!(out.contains("ask again: curl"), "{out}");
}

#[test]
fn every_bad_target_ends_with_one_message_and_the_documented_code() {
    // (what the server does, words that the message must have)
    for (fault, words) in [
        (Fault::Refuses, "no connection"),
        (Fault::NeverAnswers, "deadline"),
        (Fault::ClosesAtOnce, "before a whole response head"),
        (Fault::ClosesMidHead, "before a whole response head"),
        (Fault::ClosesMidBody, "within the content"),
        (Fault::Garbage, "invalid HTTP response"),
        (Fault::EndlessHead, "too large"),
        (Fault::SlowHead, "deadline"),
        (Fault::SelfSigned, "--ca-file"),
    ] {
        let folder = Folder::new();
        let server = BadServer::start(fault);
        let url = server.url("/items");
        let (code, out, err) = ends(
            &folder,
            &[
                "run",
                "origin",
                "--target",
                &url,
                "--allowed-origin",
                "https://app.example",
                "--request-timeout",
                "1000",
            ],
        );
        assert_eq!(code, 4, "{fault:?}: {out}{err}");
        assert!(out.contains(words), "{fault:?}: {out}{err}");
        assert_eq!(out.matches("could not judge:").count(), 1, "{fault:?}: {out}");
        // Nothing is said of the endpoint, and the record is there all the same.
        let verdicts = verdicts(&record(&folder));
        assert!(
            verdicts.iter().all(|verdict| verdict == "dependency-failed" || verdict == "not-applicable"),
            "{fault:?}: {verdicts:?}"
        );
    }
}

#[test]
fn bad_input_is_refused_at_its_place() {
    let case = |text: &str| format!(r#"{{ "id": "mine", "title": "Mine", "cases": [{text}] }}"#);
    let good = r#"{ "id": "a", "title": "A", "requests": { "page": { "origin": "https://a.example" } } }"#;
    // (case file, words that the message must have)
    for (name, text, words) in [
        ("broken", "{ \"id\": \"mine\",\n  oops }".to_owned(), "suite.json:2:3"),
        ("unknown", case(&good.replace("\"title\"", "\"titel\"")), "titel"),
        ("duplicate", case(&format!("{good},{good}")), "a"),
        ("origin", case(&good.replace("https://a.example", "https://a.example/")), "https://a.example"),
        (
            "contradiction",
            case(&good.replace(
                "\"https://a.example\" }",
                "\"https://a.example\", \"expect\": { \"outcome\": \"allowed\", \"reason\": \"cors-check.missing\" } }",
            )),
            "reason",
        ),
    ] {
        let folder = Folder::new();
        folder.write("suite.json", &text);
        for command in ["check", "run"] {
            let arguments: &[&str] =
                if command == "check" { &["check", "suite.json"] } else { &["run", "--target", "embedded", "--suites", "suite.json"] };
            let (code, out, err) = ends(&folder, arguments);
            assert_eq!(code, 2, "{name} {command}: {out}{err}");
            assert!(err.contains(words), "{name} {command}: {err}");
            assert!(err.contains("suite.json"), "{name} {command}: {err}");
        }
    }
}

#[test]
fn settings_that_cannot_be_are_refused() {
    // (arguments, words that the message must have)
    for (arguments, words) in [
        (&["run", "--target", "api.example.com"][..], "https://api.example.com"),
        (
            &["run", "--target", "https://api.example.com/", "--allowed-origin", "https://a.example/"],
            "https://a.example",
        ),
        (&["run", "--target", "https://api.example.com/", "--ca-file", "nowhere.pem"], "nowhere.pem"),
        (&["run", "--config", "nowhere.json"], "nowhere.json"),
        (&["run", "--suites", "nowhere"], "nowhere"),
        (&["run", "--target", "embedded", "--role", "alowed=https://a.example"], "allowed"),
        (&["run", "--fault", "vary-mising"], "vary-missing"),
        (&["run", "--target", "https://api.example.com/", "--fault", "vary-missing"], "reference store"),
    ] {
        let folder = Folder::new();
        let (code, out, err) = ends(&folder, arguments);
        assert_eq!(code, 2, "{arguments:?}: {out}{err}");
        assert!(err.contains(words), "{arguments:?}: {err}");
        assert!(!folder.join("reports").exists(), "{arguments:?}");
    }
}

#[test]
fn a_selection_that_matches_nothing_suggests_what_it_may_have_meant() {
    let folder = Folder::new();
    let (code, _, err) = ends(&folder, &["run", "cache/two-origin", "--target", "embedded"]);
    assert_eq!(code, 3, "{err}");
    assert!(err.contains("cache/two-origins"), "{err}");
}

#[test]
fn caches_are_put_in_place_of_those_that_cases_name() {
    let folder = Folder::new();
    let (code, out, _) =
        ends(&folder, &["list", "cache", "--target", "embedded", "--through", "varnish,nginx"]);
    assert_eq!(code, 0);
    let ids: Vec<&str> = out.lines().collect();
    assert!(ids.contains(&"cache/two-origins/each-reads-whoever-came-first[b,a|varnish]"), "{out}");
    assert!(ids.iter().all(|id| id.ends_with("varnish]") || id.ends_with("nginx]")), "{out}");
    // What certain caches do is no claim about others.
    assert!(!out.contains("cache/browser/") && !out.contains("hazard"), "{out}");

    // (arguments, environment, exit code, a word of what is printed)
    let table: &[(&[&str], &str, i32, &str)] = &[
        (&["list", "cache/two-origins", "--through", "varnsh"], "", 2, "varnish"),
        (&["list", "rules", "--through", "nginx"], "", 3, "--through runs only"),
        (&["list", "cache/two-origins/three-pages"], "squid", 0, "[a,b,c|squid]"),
        (&["run", "cache/two-origins", "--fault", "vary-missing"], "haproxy", 1, "through HAProxy"),
        (&["run", "cache/two-origins", "--through", "apache"], "", 0, "passed"),
    ];
    for (arguments, variable, expected, word) in table {
        let mut command = crosscheck(&folder, &[*arguments, &["--target", "embedded"]].concat());
        if !variable.is_empty() {
            command.env("CROSSCHECK_THROUGH", variable);
        }
        let output = command.output().expect("the binary runs");
        let text = [output.stdout, output.stderr].concat();
        let text = String::from_utf8_lossy(&text);
        assert_eq!(output.status.code(), Some(*expected), "{arguments:?}: {text}");
        assert!(text.contains(word), "{arguments:?}: {text}");
    }
}

#[test]
fn nothing_applicable_is_not_a_success() {
    let folder = Folder::new();
    let server = BadServer::answering(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    let url = server.url("/items");
    let (code, out, _) =
        ends(&folder, &["run", "rules", "--target", &url, "--allowed-origin", "https://app.example"]);
    assert_eq!(code, 3, "{out}");
    assert!(out.contains("needs an endpoint whose CORS rules can be set"), "{out}");
}

#[test]
fn head_is_held_against_nobody_who_does_not_allow_it() {
    let folder = Folder::new();
    let list = |methods: &[&str]| {
        let mut args = vec!["list", "--target", "http://127.0.0.1:9/items"];
        args.extend(["--allowed-origin", "https://app.example", "--allowed-origin", "https://b.example"]);
        for method in methods {
            args.extend(["--allowed-method", method]);
        }
        args.extend(["origin/allowed/head", "cache/endpoint/head-and-get"]);
        ends(&folder, &args).1
    };
    let out = list(&["GET", "PUT"]);
    assert!(out.contains("the declared rules do not allow HEAD to `https://app.example`"), "{out}");
    assert!(out.contains("the declared rules do not allow HEAD to `https://b.example`"), "{out}");
    // Nothing is promised of a read where neither is declared.
    assert!(list(&["PUT"]).contains("the declared rules do not allow GET"));
    for methods in [&["GET", "HEAD", "PUT"][..], &[]] {
        let out = list(methods);
        assert!(!out.contains("do not allow HEAD"), "{methods:?}: {out}");
    }
}

#[test]
fn known_issues_excuse_what_they_name_and_may_not_go_stale() {
    let folder = Folder::new();
    let run = |file: &str| {
        folder.write("crosscheck.json", file);
        ends(&folder, &["run", "cache/two-origins", "--target", "embedded", "--fault", "vary-missing"])
    };
    let (code, out, _) =
        run(r#"{ "known_issues": [{ "id": "cache/two-origins", "reason": "the CDN is being replaced" }] }"#);
    // Cases that the fault does not break are unexpected passes under an entry that covers them.
    assert_eq!(code, 6, "{out}");
    assert!(out.contains("known issue") && out.contains("unexpected pass"), "{out}");
    let entry = |id: &str| format!(r#"{{ "known_issues": [{{ "id": "{id}", "reason": "because" }}] }}"#);
    for (id, stale) in [
        ("cache/no-such-case", true),
        ("cache/two-origins/each-reads-whoever-came-first[b,a|shared]", false),
        ("cache/two-origins/each-reads-*[b,a|*]", false),
        ("cache/two-origins/each-reads-*[b,c|*]", true),
        ("cache/two-origins/each-reads-whoever-came-first[b,c|shared]", true),
        // Not selected in this run.
        ("preflight/allowed", false),
        ("cache/endpoint/two-origins[a,b|shared]", false),
    ] {
        let (code, out, _) = run(&entry(id));
        assert_eq!(code, 1, "{id}: {out}");
        assert_eq!(out.contains("stale: known issue"), stale, "{id}: {out}");
    }
}

#[test]
fn settings_say_where_they_came_from() {
    let folder = Folder::new();
    folder.write("crosscheck.json", r#"{ "url": "https://file.example/", "concurrency": 3 }"#);
    let output = crosscheck(&folder, &["config", "show", "--request-timeout", "1500"])
        .env("CROSSCHECK_TARGET", "https://environment.example/")
        .output()
        .expect("the binary runs");
    let out = String::from_utf8(output.stdout).expect("UTF-8");
    let line = |name: &str| {
        out.lines().find(|line| line.starts_with(name)).unwrap_or_else(|| panic!("{name}: {out}"))
    };
    assert!(
        line("url").contains("https://environment.example/") && line("url").contains("environment"),
        "{out}"
    );
    assert!(line("concurrency").contains('3') && line("concurrency").contains("crosscheck.json:1"), "{out}");
    assert!(
        line("timeouts.request_ms").contains("1500") && line("timeouts.request_ms").contains("command line")
    );
    assert!(line("timeouts.total_ms").contains("default"), "{out}");
}

#[test]
fn each_field_of_the_policy_has_its_own_origin() {
    let folder = Folder::new();
    let show = |arguments: &[&str], variables: &[(&str, &str)]| {
        let output = crosscheck(&folder, &[&["config", "show"], arguments].concat())
            .envs(variables.iter().copied())
            .output()
            .expect("the binary runs");
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).expect("UTF-8")
    };
    let has = |out: &str, row: &[&str]| {
        let found = out.lines().any(|line| row.iter().all(|part| line.contains(part)));
        assert!(found, "{row:?}: {out}");
    };
    folder.write(
        "crosscheck.json",
        r#"{
            "url": "https://file.example/",
            "allowed_origins": ["https://a.example"],
            "allowed_headers": ["x-file"],
            "max_age_seconds": 5,
            "headers": { "x.y": "1" }
        }"#,
    );
    let arguments = ["--allowed-method", "PUT", "--max-age", "7"];
    let out = show(&arguments, &[("CROSSCHECK_ALLOW_CREDENTIALS", "true")]);
    has(&out, &["allowed_origins ", r#"["https://a.example"]"#, "# crosscheck.json:3"]);
    has(&out, &["allowed_methods ", r#"["PUT"]"#, "# the command line"]);
    has(&out, &["allowed_headers ", r#"["x-file"]"#, "# crosscheck.json:4"]);
    has(&out, &["expose_headers ", "[]", "# the default"]);
    has(&out, &["max_age_seconds ", "7", "# the command line"]);
    has(&out, &["allow_credentials ", "true", "# the environment"]);
    has(&out, &["headers.x.y ", "1", "# crosscheck.json:6"]);

    folder.write(
        "crosscheck.json",
        r#"{
            "url": "https://file.example/",
            "policy": {
                "rules": [
                    { "allowed_origins": ["*"], "allowed_methods": ["GET"] },
                    { "allowed_origins": ["https://b.example"],
                      "allowed_methods": ["PUT"] }
                ],
                "response_vary": true
            }
        }"#,
    );
    let out = show(&[], &[]);
    has(&out, &["policy.rules.0.allowed_methods ", r#"["GET"]"#, "# crosscheck.json:5"]);
    has(&out, &["policy.rules.1.allowed_methods ", r#"["PUT"]"#, "# crosscheck.json:7"]);
    has(&out, &["policy.response_vary ", "true", "# crosscheck.json:9"]);
    has(&out, &["policy.allow_credentials ", "false", "# the default"]);
}

#[test]
fn the_propagation_timeout_still_has_its_former_name() {
    let folder = Folder::new();
    let endpoint = ["config", "show", "--target", "https://b.s3.eu-west-1.amazonaws.com/", "--dialect", "s3"];
    for flag in ["--propagation-timeout", "--patience"] {
        let (code, out, err) = ends(&folder, &[&endpoint[..], &[flag, "300"]].concat());
        assert_eq!(code, 0, "{err}");
        let row = |line: &str| line.starts_with("timeouts.propagation_ms") && line.contains(" 300 ");
        assert!(out.lines().any(row), "{flag}: {out}");
    }
    for variable in ["CROSSCHECK_PROPAGATION_TIMEOUT", "CROSSCHECK_PATIENCE"] {
        let output = crosscheck(&folder, &endpoint).env(variable, "300").output().expect("the binary runs");
        let out = String::from_utf8(output.stdout).expect("UTF-8");
        let row = |line: &str| line.starts_with("timeouts.propagation_ms") && line.contains(" 300 ");
        assert!(out.lines().any(row), "{variable}: {out}");
    }
    let (_, out, _) = ends(&folder, &["run", "--help"]);
    assert!(!out.contains("patience"), "{out}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_explanation_names_what_makes_the_difference() {
    use crosscheck::reference::{DEFAULT_BUCKET, Server, ServerConfig, Store};
    let store = Store::with_default_bucket(crosscheck::policy::Dialect::Oss);
    let server = Server::start(ServerConfig::new(store)).await.expect("the store listens");
    let bucket = server.bucket_url(DEFAULT_BUCKET);
    let url = format!("{}/data.json", bucket.as_str().trim_end_matches('/'));
    let folder = Folder::new();
    // (arguments, exit code, what must be said)
    let rows: &[(&[&str], i32, &[&str])] = &[
        (&["--origin", "https://app.example"], 0, &["allowed", "the CORS check passes"]),
        (
            &["--origin", "https://app.example", "-X", "PUT", "-H", "content-type: text/x", "-H", "x-odd"],
            1,
            &[
                "preflight.",
                "the request header x-odd",
                "Alibaba Cloud OSS",
                "<AllowedHeader>x-odd</AllowedHeader>",
                "OPTIONS",
            ],
        ),
        (&["--origin", "https://app.example", "-X", "PATCH"], 1, &["the method PATCH"]),
        (
            &["--origin", "http://app.example", "-X", "PUT"],
            1,
            &["Cause", "the server allows https://app.example", "Chrome", "Firefox", "Safari"],
        ),
        (&["--origin", "https://app.example", "-X", "PUT"], 0, &["the request itself was not sent"]),
        (
            &["--origin", "https://evil.example", "--json"],
            1,
            &["\"reason\": \"cors-check.missing\"", "\"causes\""],
        ),
        (&["--origin", "app.example"], 2, &["--origin https://app.example"]),
        (&["--origin", "https://app.example", "-X", "P UT"], 2, &["is no method"]),
    ];
    for (arguments, expected, words) in rows {
        let arguments = [&["explain", url.as_str()], *arguments].concat();
        let (code, out, err) = ends(&folder, &arguments);
        assert_eq!(code, *expected, "{arguments:?}\n{out}{err}");
        for word in *words {
            assert!(format!("{out}{err}").contains(word), "{arguments:?}: {word}\n{out}{err}");
        }
    }
    server.shutdown().await;
    let (code, out, _) = ends(&folder, &["explain", &url, "--origin", "https://app.example"]);
    assert_eq!(code, 4, "{out}");
    assert!(out.contains("inconclusive") && out.contains("Connection refused"), "{out}");
    // A browser asks nobody at such a port.
    let (code, out, _) =
        ends(&folder, &["explain", "http://127.0.0.1:1/", "--origin", "https://app.example"]);
    assert_eq!(code, 1, "{out}");
    assert!(out.contains("request.bad-port") && !out.contains("Asked again"), "{out}");
}

#[test]
fn a_first_target_file_can_be_run_as_it_is() {
    let folder = Folder::new();
    let (code, out, _) =
        ends(&folder, &["init", "--target", "http://127.0.0.1:9/x", "--allowed-origin", "https://a.example"]);
    assert_eq!(code, 0, "{out}");
    assert!(out.contains("crosscheck.json") && out.contains("crosscheck.schema.json"), "{out}");
    let (code, out, err) = ends(&folder, &["config", "show"]);
    assert_eq!(code, 0, "{err}");
    assert!(out.contains("http://127.0.0.1:9/x") && out.contains("https://a.example"), "{out}");
    // What somebody wrote is not written over, and nonsense is not written at all.
    let (code, _, err) = ends(&folder, &["init"]);
    assert_eq!(code, 2);
    assert!(err.contains("--force"), "{err}");
    assert_eq!(ends(&folder, &["init", "--force"]).0, 0);
    let (code, _, err) = ends(&folder, &["init", "--force", "--allowed-origin", "a.example"]);
    assert_eq!(code, 2);
    assert!(err.contains("https://a.example"), "{err}");
}

#[test]
fn a_browsers_profile_judges_and_shows_where_it_differs() {
    let folder = Folder::new();
    let case = "request/safelist";
    let (code, out, _) = ends(&folder, &["run", "--target", "embedded", "--profile", "firefox"]);
    assert_eq!(code, 0, "{out}");
    assert!(out.contains("Where firefox differs from the standard"), "{out}");
    assert!(out.contains("as firefox judges"), "{out}");
    assert_eq!(record(&folder)["profile"], "firefox");
    let (code, out, _) = ends(&folder, &["run", case, "--target", "embedded"]);
    assert_eq!(code, 0, "{out}");
    assert!(!out.contains("differs from the standard"), "{out}");
    let (code, _, err) = ends(&folder, &["run", "--target", "embedded", "--profile", "crome"]);
    assert_eq!(code, 2);
    assert!(err.contains("there is no profile `crome`") && err.contains("chromium"), "{err}");
}

#[cfg(unix)]
#[test]
fn an_interrupted_run_leaves_its_record() {
    let folder = Folder::new();
    // Answers late, so that the run is under way when it is interrupted.
    let (asked, was_asked) = std::sync::mpsc::channel();
    let server = BadServer::script(move |mut stream, _, _| {
        let asked = asked.clone();
        async move {
            let mut head = [0; 4096];
            while stream.read(&mut head).await.is_ok_and(|read| read > 0) {
                let _ = asked.send(());
                tokio::time::sleep(Duration::from_millis(150)).await;
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").await;
            }
        }
    });
    let url = server.url("/items");
    let mut child = crosscheck(
        &folder,
        &["run", "origin", "--target", &url, "--allowed-origin", "https://app.example", "-j", "1"],
    )
    .stdout(Stdio::piped())
    .stderr(Stdio::null())
    .spawn()
    .expect("the binary runs");
    for request in 0..3 {
        was_asked
            .recv_timeout(Duration::from_secs(60))
            .unwrap_or_else(|error| panic!("request {request}: {error}"));
    }
    let killed = Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill runs");
    assert!(killed.success());
    let status = child.wait().expect("it ends");
    assert_eq!(status.code(), Some(130));
    let record = record(&folder);
    assert_eq!(record["interrupted"], true);
    assert!(!record["tests"].as_array().unwrap().is_empty());
}

/// Every suite file can be tried alone, as a user would.
#[test]
fn a_folder_of_suites_runs_by_its_path() {
    let folder = Folder::new();
    let suites = Path::new(env!("CARGO_MANIFEST_DIR")).join("suites/wildcard");
    let (code, out, _) =
        ends(&folder, &["run", "--target", "embedded", "--suites", suites.to_str().unwrap()]);
    assert_eq!(code, 0, "{out}");
}
