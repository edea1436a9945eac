//! Rules set on a bucket that somebody lives from: whatever happens on the way, what was found is
//! put back, byte for byte. Every test runs the real binary against a store that it starts.

use crate::bucket;

use std::{
    fs,
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use crate::folder::Folder;
use bucket::{Asked, BucketServer, Fate, KEY_ID, SECRET, error};
use crosscheck::policy::Dialect;

/// Rules as somebody wrote them by hand: with a comment, an `ID`, and whitespace of their own.
const S3_RULES: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!-- ours: do not touch -->\n<CORSConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\n  <CORSRule>\n    <ID>website</ID>\n    <AllowedMethod>GET</AllowedMethod><AllowedMethod>HEAD</AllowedMethod>\n    <AllowedOrigin>https://www.example.com</AllowedOrigin>\n    <ExposeHeader>ETag</ExposeHeader>\n    <MaxAgeSeconds> 3000 </MaxAgeSeconds>\n  </CORSRule>\n</CORSConfiguration>\n";
const OSS_RULES: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<CORSConfiguration>\n  <CORSRule><AllowedOrigin>https://www.example.com</AllowedOrigin><AllowedMethod>GET</AllowedMethod></CORSRule>\n  <ResponseVary>true</ResponseVary>\n</CORSConfiguration>";

/// Four cases: one that needs nothing, and two distinct sets of rules, the first of them twice.
const SUITE: &str = r#"{
  "id": "lease/cases", "title": "Cases that need rules", "source": ["https://fetch.spec.whatwg.org/"],
  "cases": [
    { "id": "second", "title": "The second rules", "kind": "rule",
      "given": { "rules": [{ "allowed_origins": ["https://b.example"], "allowed_methods": ["GET"], "max_age_seconds": 5 }] },
      "requests": { "page": { "client": "raw", "origin": "https://b.example", "method": "OPTIONS", "path": "x",
        "headers": { "access-control-request-method": "GET" }, "expect": { "response": { "status": 200 } } } } },
    { "id": "object", "title": "The first rules and an object", "kind": "rule",
      "given": { "rules": [{ "allowed_origins": ["https://a.example"], "allowed_methods": ["GET"] }],
                 "objects": { "doc.json": { "headers": { "cache-control": "max-age=60" }, "body": "{}" } } },
      "requests": { "page": { "origin": "https://a.example", "path": "doc.json", "expect": { "outcome": "allowed" } } } },
    { "id": "as-found", "title": "The rules that are there", "kind": "note",
      "requests": { "page": { "client": "raw", "origin": "https://www.example.com", "method": "OPTIONS", "path": "x",
        "headers": { "access-control-request-method": "GET" }, "expect": { "response": { "status": 200 } } } } },
    { "id": "refused", "title": "The first rules again", "kind": "rule",
      "given": { "rules": [{ "allowed_origins": ["https://a.example"], "allowed_methods": ["GET"] }] },
      "requests": { "page": { "client": "raw", "origin": "https://b.example", "method": "OPTIONS", "path": "x",
        "headers": { "access-control-request-method": "GET" }, "expect": { "response": { "status": 403 } } } } }
  ]
}"#;

/// A folder with the suite of these tests.
fn folder_with_suite() -> Folder {
    let folder = Folder::new();
    folder.write("suite.json", SUITE);
    folder
}

fn leases(folder: &Folder) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder.join("leases")) else { return Vec::new() };
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.to_string_lossy().ends_with(".lease.json"));
    paths
}

/// The binary with the key of the test's store.
fn crosscheck(folder: &Folder, server: &BucketServer, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_crosscheck"));
    command
        .args(arguments)
        .current_dir(folder.path())
        .env_clear()
        .env("CROSSCHECK_TARGET", server.url())
        .env("CROSSCHECK_LEASE_DIR", folder.join("leases"))
        .env("CROSSCHECK_PROPAGATION_TIMEOUT", "3000")
        .env("CROSSCHECK_ACCESS_KEY_ID", KEY_ID)
        .env("CROSSCHECK_ACCESS_KEY_SECRET", SECRET)
        .env("CROSSCHECK_JOBS", "4")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

fn of(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Oss => "oss",
        Dialect::S3 => "s3",
    }
}

fn run(folder: &Folder, server: &BucketServer, dialect: Dialect) -> Command {
    let arguments =
        ["run", "--dialect", of(dialect), "--suites", "suite.json", "--set-rules", "--put-objects"];
    crosscheck(folder, server, &arguments)
}

/// How it ended and what it said, which never has the secret in it.
fn ends(mut command: Command) -> (i32, String, String) {
    let output = command.output().expect("the binary runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    let (out, err) = (text(output.stdout), text(output.stderr));
    assert!(!out.contains(SECRET) && !err.contains(SECRET), "the secret is shown: {out}{err}");
    (output.status.code().unwrap_or(-1), out, err)
}

/// The word for each test's verdict, by the test's id.
fn verdicts(folder: &Folder) -> Vec<(String, String, String)> {
    let text = fs::read_to_string(folder.join("reports/run.json")).expect("the record was written");
    let record: serde_json::Value = serde_json::from_str(&text).expect("the record is JSON");
    let tests = record["tests"].as_array().expect("tests");
    let word = |test: &serde_json::Value, name: &str| test[name].as_str().unwrap_or_default().to_owned();
    let mut found: Vec<_> =
        tests.iter().map(|test| (word(test, "id"), word(test, "verdict"), word(test, "note"))).collect();
    found.sort();
    found
}

fn writes(server: &BucketServer) -> Vec<Asked> {
    server.with(|state| state.asked.iter().filter(|asked| asked.writes()).cloned().collect())
}

/// Nothing on the bucket tells that anybody was there.
fn is_as_found(server: &BucketServer, rules: Option<&str>) {
    assert_eq!(server.rules().as_deref(), rules);
    server.with(|state| assert!(state.objects.is_empty(), "objects stayed: {:?}", state.objects.keys()));
}

#[test]
fn each_distinct_set_of_rules_is_set_once_and_what_was_found_is_put_back() {
    for (dialect, rules) in [
        (Dialect::S3, Some(S3_RULES)),
        (Dialect::Oss, Some(OSS_RULES)),
        (Dialect::S3, None),
        (Dialect::Oss, None),
    ] {
        let folder = folder_with_suite();
        let server = BucketServer::start(dialect, rules);
        // Changes are seen late, as on the vendors' own stores.
        server.with(|state| state.lag = 2);
        let (code, out, err) = ends(run(&folder, &server, dialect));
        assert_eq!(code, 0, "{out}{err}");
        let verdicts: Vec<String> =
            verdicts(&folder).into_iter().map(|(id, verdict, _)| format!("{id} {verdict}")).collect();
        assert_eq!(
            verdicts,
            [
                "lease/cases/as-found observed",
                "lease/cases/object pass",
                "lease/cases/refused pass",
                "lease/cases/second pass"
            ]
        );
        let sets = writes(&server).iter().filter(|asked| asked.sets_rules()).count();
        assert_eq!(sets, 3, "two sets of rules and the one that was found: {:?}", writes(&server));
        is_as_found(&server, rules);
        assert!(leases(&folder).is_empty(), "the lease's file stayed");
        assert!(err.contains("are saved in") && err.contains("are restored"), "{err}");
    }
}

#[test]
fn trying_one_case_says_where_what_was_found_is_saved_too() {
    let folder = folder_with_suite();
    let server = BucketServer::start(Dialect::S3, Some(S3_RULES));
    let arguments = ["try", "suite.json", "--dialect", "s3", "--set-rules", "--put-objects"];
    let (code, out, err) = ends(crosscheck(&folder, &server, &arguments));
    assert_eq!(code, 0, "{out}{err}");
    assert!(err.contains("are saved in") && err.contains("are restored"), "{err}");
    is_as_found(&server, Some(S3_RULES));
}

#[test]
fn what_was_found_is_saved_for_nobody_else_before_anything_is_written() {
    let folder = folder_with_suite();
    let server = BucketServer::start(Dialect::S3, Some(S3_RULES));
    let leases = folder.join("leases");
    let seen = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&seen);
    server.hook(move |_, asked| {
        if asked.writes() {
            let paths = fs::read_dir(&leases).unwrap().map(|entry| entry.unwrap().path());
            for path in paths.filter(|path| path.to_string_lossy().ends_with(".lease.json")) {
                #[cfg(unix)]
                {
                    use std::os::unix::fs::PermissionsExt;
                    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
                }
                noted.lock().unwrap().push(fs::read_to_string(path).unwrap());
            }
        }
        Fate::Answer
    });
    let (code, _, err) = ends(run(&folder, &server, Dialect::S3));
    assert_eq!(code, 0, "{err}");
    let seen = seen.lock().unwrap();
    assert_eq!(seen.len(), writes(&server).len(), "a write without a saved file");
    for (number, text) in seen.iter().enumerate() {
        let saved: serde_json::Value = serde_json::from_str(text).unwrap();
        assert_eq!(saved["found"], S3_RULES, "write {number}");
        assert!(!text.contains(SECRET));
    }
    is_as_found(&server, Some(S3_RULES));
}

/// Runs until the store has got this many requests that count, and has done something to the
/// process at the last; gives that request.
fn interrupted_at(
    folder: &Folder,
    server: &BucketServer,
    dialect: Dialect,
    number: usize,
    counts: fn(&Asked) -> bool,
    fate: impl Fn() -> Fate + Send + 'static,
    strike: impl Fn(&mut Child) + Send + 'static,
) -> Option<Asked> {
    let child = Arc::new(Mutex::new(None::<Child>));
    let reached = Arc::new(Mutex::new(None));
    let (victim, hit) = (Arc::clone(&child), Arc::clone(&reached));
    let mut seen = 0;
    server.hook(move |_, asked| {
        if hit.lock().unwrap().is_some() {
            // What a killed process had under way arrives nowhere.
            return Fate::Lost;
        }
        seen += usize::from(counts(asked));
        if seen != number {
            return Fate::Answer;
        }
        *hit.lock().unwrap() = Some(asked.clone());
        strike(victim.lock().unwrap().as_mut().expect("a process"));
        fate()
    });
    let mut slot = child.lock().unwrap();
    let mut command = run(folder, server, dialect);
    *slot = Some(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the binary runs"));
    drop(slot);
    let started = Instant::now();
    loop {
        let ended = child.lock().unwrap().as_mut().expect("a process").try_wait().expect("a status");
        if ended.is_some() {
            return reached.lock().unwrap().take();
        }
        assert!(started.elapsed() < Duration::from_secs(60), "it does not end");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn after_kill_at_every_request_restore_brings_back_what_was_found() {
    for (dialect, rules) in
        [(Dialect::S3, Some(S3_RULES)), (Dialect::Oss, Some(OSS_RULES)), (Dialect::S3, None)]
    {
        // (whether the store does what it is asked, whether only writes count)
        for (done, only_writes) in [(false, false), (false, true), (true, false), (true, true)] {
            let counts = if only_writes { Asked::writes } else { |_: &Asked| true };
            let mut number = 1;
            loop {
                let folder = folder_with_suite();
                let server = BucketServer::start(dialect, rules);
                let fate = move || if done { Fate::DoneAndLost } else { Fate::Lost };
                let kill = |child: &mut Child| child.kill().expect("SIGKILL");
                let reached = interrupted_at(&folder, &server, dialect, number, counts, fate, kill);
                let Some(at) = reached else {
                    is_as_found(&server, rules);
                    break;
                };
                server.hook(|_, _| Fate::Answer);
                // The next run does not make it worse.
                if let [lease] = &leases(&folder)[..] {
                    let before = (server.rules(), fs::read(lease).unwrap());
                    let (code, out, err) = ends(run(&folder, &server, dialect));
                    assert_eq!(code, 4, "{out}{err}");
                    let said = "an earlier run did not restore the bucket's rules";
                    assert!(out.contains(said), "{out}{err}");
                    assert_eq!(
                        before,
                        (server.rules(), fs::read(lease).unwrap()),
                        "request {number}: {at:?}"
                    );
                }
                let (code, out, err) = ends(crosscheck(&folder, &server, &["rules", "restore"]));
                assert_eq!(code, 0, "request {number}, {at:?}: {out}{err}");
                is_as_found(&server, rules);
                assert!(leases(&folder).is_empty(), "request {number}: the file stayed");
                number += 1;
                assert!(number < 200, "it never ends");
            }
            // Two sets of rules, one object, and the restoration of both.
            if only_writes {
                assert_eq!(number - 1, 5, "{dialect:?}");
            } else {
                assert!(number > 12, "{dialect:?}: only {number} requests");
            }
        }
    }
}

#[cfg(unix)]
#[test]
fn when_interrupted_it_restores_before_it_ends() {
    for signal in ["-INT", "-TERM"] {
        for number in 2..14 {
            let folder = folder_with_suite();
            let server = BucketServer::start(Dialect::S3, Some(S3_RULES));
            let child = Arc::new(Mutex::new(None::<Child>));
            let victim = Arc::clone(&child);
            server.hook(move |seen, _| {
                if seen == number {
                    let id = victim.lock().unwrap().as_ref().expect("a process").id().to_string();
                    let sent = Command::new("kill").args([signal, &id]).status().expect("kill runs");
                    assert!(sent.success());
                    // Time to hear it while the request is under way.
                    std::thread::sleep(Duration::from_millis(50));
                }
                Fate::Answer
            });
            let mut slot = child.lock().unwrap();
            *slot = Some(run(&folder, &server, Dialect::S3).spawn().expect("the binary runs"));
            drop(slot);
            let output = {
                let started = Instant::now();
                loop {
                    if child.lock().unwrap().as_mut().unwrap().try_wait().unwrap().is_some() {
                        break child.lock().unwrap().take().unwrap().wait_with_output().unwrap();
                    }
                    assert!(started.elapsed() < Duration::from_secs(60), "it does not end");
                    std::thread::sleep(Duration::from_millis(5));
                }
            };
            let err = String::from_utf8_lossy(&output.stderr);
            // Where everything is done already when the signal comes, all held.
            assert!(matches!(output.status.code(), Some(130 | 0)), "{number}: {:?} {err}", output.status);
            is_as_found(&server, Some(S3_RULES));
            assert!(leases(&folder).is_empty(), "request {number}: the file stayed");
            assert!(folder.join("reports/run.json").exists(), "no record");
        }
    }
}

#[test]
fn what_cannot_be_provisioned_is_no_failure_of_the_endpoint() {
    type Row = (&'static str, fn(&Asked) -> bool, u16, &'static str, &'static str);
    let rows: &[Row] = &[
        ("not-implemented", Asked::sets_rules, 501, "NotImplemented", "cannot be told its CORS rules"),
        ("forbidden", Asked::sets_rules, 403, "AccessDenied", "give the key the permission"),
        (
            "unreadable",
            |asked| asked.query == "cors" && asked.method == "GET",
            403,
            "AccessDenied",
            "give the key the permission",
        ),
        ("busy", Asked::sets_rules, 503, "MetaOperationQpsLimitExceeded", "put off, again and again"),
        ("slow-down", Asked::sets_rules, 503, "SlowDown", "put off, again and again"),
        ("no-bucket", |asked| asked.query == "cors", 404, "NoSuchBucket", "there is no such bucket"),
        (
            "objects",
            |asked| asked.writes() && !asked.sets_rules(),
            403,
            "AccessDenied",
            "PutObject was refused",
        ),
    ];
    for (name, what, status, code, said) in rows {
        let folder = folder_with_suite();
        let server = BucketServer::start(Dialect::S3, Some(S3_RULES));
        let what = *what;
        let (status, code) = (*status, *code);
        server.hook(
            move |_, asked| if what(asked) { Fate::Instead(error(status, code)) } else { Fate::Answer },
        );
        let mut command = run(&folder, &server, Dialect::S3);
        command.env("CROSSCHECK_PROPAGATION_TIMEOUT", "400");
        let (exit, out, err) = ends(command);
        assert!(folder.join("reports/run.json").exists(), "{name}: {exit} {out}{err}");
        let verdicts = verdicts(&folder);
        let not_judged: Vec<&(String, String, String)> =
            verdicts.iter().filter(|(_, verdict, _)| verdict == "setup-error").collect();
        let expected = if *name == "objects" { 1 } else { 3 };
        assert_eq!(not_judged.len(), expected, "{name}: {verdicts:?}");
        for (_, _, note) in not_judged {
            assert!(note.contains("cannot provision") && note.contains(said), "{name}: {note}");
        }
        assert!(verdicts.iter().all(|(_, verdict, _)| verdict != "fail"), "{name}: {verdicts:?}");
        assert_eq!(exit, 4, "{name}: {out}{err}");
        is_as_found(&server, Some(S3_RULES));
        // Whether a busy store took the rules nobody knows: what was found must be put back.
        let unknown = matches!(*name, "busy" | "slow-down");
        assert_eq!(leases(&folder).is_empty(), !unknown, "{name}");
    }
}

#[test]
fn a_busy_store_is_asked_again_and_a_lost_answer_is_no_loss() {
    for status in [Some(503), None] {
        let folder = folder_with_suite();
        let server = BucketServer::start(Dialect::Oss, Some(OSS_RULES));
        let mut left = 2;
        server.hook(move |_, asked| match status {
            _ if !asked.sets_rules() || left == 0 => Fate::Answer,
            Some(status) => {
                left -= 1;
                Fate::Instead(error(status, "MetaOperationQpsLimitExceeded"))
            }
            None => {
                left -= 1;
                Fate::DoneAndLost
            }
        });
        let (code, out, err) = ends(run(&folder, &server, Dialect::Oss));
        assert_eq!(code, 0, "{out}{err}");
        is_as_found(&server, Some(OSS_RULES));
    }
}

#[test]
fn a_second_process_notices_that_a_lease_is_held() {
    let folder = folder_with_suite();
    let server = BucketServer::start(Dialect::S3, Some(S3_RULES));
    let second = Arc::new(Mutex::new(None));
    let noted = Arc::clone(&second);
    let mut other = crosscheck(&folder, &server, &["rules", "delete", "--dialect", "s3"]);
    let mut once = true;
    server.hook(move |_, asked| {
        if asked.sets_rules() && std::mem::take(&mut once) {
            // The second one asks nothing before it has the lock, so that it can run in here.
            let output = other.output().expect("the binary runs");
            *noted.lock().unwrap() = Some(output);
        }
        Fate::Answer
    });
    let (code, _, err) = ends(run(&folder, &server, Dialect::S3));
    assert_eq!(code, 0, "{err}");
    let output = second.lock().unwrap().take().expect("the second one ran");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(4), "{said}");
    assert!(said.contains("another process sets rules on this bucket: process "), "{said}");
    is_as_found(&server, Some(S3_RULES));
}

#[test]
fn what_somebody_else_changed_meanwhile_is_left_alone() {
    let folder = folder_with_suite();
    let server = BucketServer::start(Dialect::S3, Some(S3_RULES));
    const THEIRS: &str = "<CORSConfiguration><CORSRule><AllowedOrigin>https://new.example</AllowedOrigin><AllowedMethod>GET</AllowedMethod></CORSRule></CORSConfiguration>";
    let state = Arc::clone(&server.state);
    let changed = Arc::new(AtomicUsize::new(0));
    server.hook(move |_, asked| {
        // An object is put when the first rules are set.
        if asked.writes()
            && !asked.sets_rules()
            && asked.method == "PUT"
            && changed.swap(1, Ordering::SeqCst) == 0
        {
            let state = Arc::clone(&state);
            std::thread::spawn(move || state.lock().unwrap().rules = Some(THEIRS.into()));
        }
        Fate::Answer
    });
    let (code, out, err) = ends(run(&folder, &server, Dialect::S3));
    assert_eq!(code, 4, "{out}{err}");
    assert_eq!(server.rules().as_deref(), Some(THEIRS));
    let [lease] = &leases(&folder)[..] else { panic!("no file: {out}{err}") };
    let lease = lease.display().to_string();
    let (code, _, err) = ends(crosscheck(&folder, &server, &["rules", "restore", &lease]));
    assert_eq!((code, server.rules().as_deref()), (4, Some(THEIRS)));
    assert!(err.contains("others changed the bucket's rules"), "{err}");
    let (code, _, err) = ends(crosscheck(&folder, &server, &["rules", "restore", &lease, "--force"]));
    assert_eq!(code, 0, "{err}");
    is_as_found(&server, Some(S3_RULES));
}

#[test]
fn rules_are_read_set_deleted_and_restored() {
    for (dialect, rules) in [(Dialect::S3, S3_RULES), (Dialect::Oss, OSS_RULES)] {
        let folder = folder_with_suite();
        let server = BucketServer::start(dialect, Some(rules));
        let command = |arguments: &[&str]| {
            ends(crosscheck(&folder, &server, &[&["rules"], arguments, &["--dialect", of(dialect)]].concat()))
        };
        assert_eq!(command(&["get"]).1, rules);
        let (code, json, _) = command(&["get", "--json"]);
        assert_eq!(code, 0);
        fs::write(folder.join("as-json.json"), &json).unwrap();

        const NEW: &str = r#"{ "rules": [{ "allowed_origins": ["https://n.example"], "allowed_methods": ["GET"] }], "response_vary": true }"#;
        fs::write(folder.join("new.json"), NEW).unwrap();
        let (code, out, err) = command(&["put", "new.json", "--dry-run"]);
        assert_eq!((code, server.rules().as_deref()), (0, Some(rules)), "{err}");
        assert!(
            out.contains("PUT /bkt/?cors HTTP/1.1") && out.contains("<AllowedOrigin>https://n.example<"),
            "{out}"
        );
        assert!(out.contains("authorization: ") && out.contains(" ***"), "{out}");
        assert!(server.with(|state| state.asked.len()) == 2, "a dry run sends nothing");

        let (code, _, err) = command(&["put", "new.json"]);
        assert_eq!(code, 0, "{err}");
        assert!(server.rules().unwrap().contains("https://n.example"));
        let backup = err.lines().find_map(|line| line.split_once("are saved in ")).unwrap().1.to_owned();

        let (code, _, err) = command(&["delete"]);
        assert_eq!((code, server.rules()), (0, None), "{err}");
        let (code, out, err) = command(&["get"]);
        assert_eq!((code, out.as_str()), (0, ""));
        assert!(err.contains("the bucket has no CORS rules"), "{err}");

        // Others than those that `put` left: somebody deleted them since.
        let (code, _, err) = command(&["restore", &backup]);
        assert_eq!(code, 4, "{err}");
        let (code, out, _) = command(&["restore", &backup, "--dry-run"]);
        assert!(code == 0 && out.contains(rules.trim_end()), "{out}");
        let (code, _, err) = command(&["restore", &backup, "--force"]);
        assert_eq!(code, 0, "{err}");
        assert_eq!(server.rules().as_deref(), Some(rules));
    }
}

#[test]
fn an_oss_bucket_is_not_touched_in_the_dialect_of_s3() {
    let folder = folder_with_suite();
    let server = BucketServer::start(Dialect::Oss, Some(OSS_RULES));
    let kill = |child: &mut Child| child.kill().expect("SIGKILL");
    interrupted_at(&folder, &server, Dialect::Oss, 2, Asked::writes, || Fate::Lost, kill);
    server.hook(|_, _| Fate::Answer);
    let before = server.rules();
    let (code, _, err) = ends(crosscheck(&folder, &server, &["rules", "restore", "--dialect", "s3"]));
    assert_eq!((code, server.rules()), (2, before));
    assert!(err.contains("S3's dialect would lose its ResponseVary"), "{err}");
    let (code, _, err) = ends(crosscheck(&folder, &server, &["rules", "restore"]));
    assert_eq!(code, 0, "{err}");
    is_as_found(&server, Some(OSS_RULES));

    // A store that says by its answers that it is OSS is not written to.
    server.hook(|_, asked| {
        if asked.method != "GET" {
            return Fate::Answer;
        }
        let mut response = crosscheck::message::Response::new(200).with_field("x-oss-request-id", "1");
        response.body = OSS_RULES.into();
        Fate::Instead(response)
    });
    let (code, _, err) = ends(crosscheck(&folder, &server, &["rules", "delete", "--dialect", "s3"]));
    assert_eq!(code, 2, "{err}");
    assert!(err.contains("say --dialect oss"), "{err}");
    is_as_found(&server, Some(OSS_RULES));
}

#[test]
fn a_private_bucket_is_told_so() {
    let folder = folder_with_suite();
    let server = BucketServer::start(Dialect::S3, None);
    server.with(|state| state.private = true);
    let (code, out, err) = ends(run(&folder, &server, Dialect::S3));
    assert_eq!(code, 4, "{out}{err}");
    let note = verdicts(&folder).into_iter().find(|(id, ..)| id == "lease/cases/object").unwrap().2;
    assert!(note.contains("objects cannot be read without a signature: status 403 AccessDenied"), "{note}");
    is_as_found(&server, None);
}

#[test]
fn keys_are_shown_with_their_origin_and_without_their_secret() {
    let folder = folder_with_suite();
    let server = BucketServer::start(Dialect::S3, None);
    let (code, out, _) =
        ends(crosscheck(&folder, &server, &["config", "show", "--dialect", "s3", "--set-rules"]));
    assert_eq!(code, 0);
    assert!(
        out.contains("AKIA…TEST (the environment variable CROSSCHECK_ACCESS_KEY_ID)  # the environment"),
        "{out}"
    );
    fs::create_dir_all(folder.join(".aws")).unwrap();
    let text = format!("[work]\naws_access_key_id={KEY_ID}\naws_secret_access_key={SECRET}\n");
    fs::write(folder.join(".aws/credentials"), text).unwrap();
    let mut command =
        crosscheck(&folder, &server, &["config", "show", "--dialect", "s3", "--key-profile", "work"]);
    command
        .env_remove("CROSSCHECK_ACCESS_KEY_ID")
        .env_remove("CROSSCHECK_ACCESS_KEY_SECRET")
        .env("HOME", folder.path());
    let (code, out, _) = ends(command);
    assert_eq!(code, 0);
    assert!(out.contains(".aws/credentials, [work])  # the vendor's own files"), "{out}");
    let mut command = crosscheck(&folder, &server, &["rules", "get", "--dialect", "s3"]);
    command.env_remove("CROSSCHECK_ACCESS_KEY_ID").env_remove("CROSSCHECK_ACCESS_KEY_SECRET");
    let (code, _, err) = ends(command);
    assert_eq!(code, 4);
    assert!(
        err.contains("no access key was found: looked for CROSSCHECK_ACCESS_KEY_ID, AWS_ACCESS_KEY_ID"),
        "{err}"
    );
}
