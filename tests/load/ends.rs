//! How `crosscheck load` ends where the input, the machine or the endpoint is bad: what it says, what it leaves
//! behind, and its exit code.
#[allow(dead_code, reason = "shared with other tests, which use more of it")]
use crate::load_command;
#[allow(dead_code, reason = "shared with other tests, which use more of it")]
use crate::load_server;

use std::{
    fs,
    process::{Command, Stdio},
    time::Duration,
};

use crate::folder::Folder;
use crosscheck::{load::record::ErrorKind, verdict::Code};
use load_command::{ALLOWED, Store, command, engines, load, record_in, written};
use load_server::{LoadServer, Way};

#[test]
fn bad_input_is_said_before_anything_is_sent() {
    let folder = Folder::new();
    let server = LoadServer::start(Way::Right);
    let url = server.url();
    let impossible = written(
        &folder,
        "impossible.json",
        "{ \"id\": \"a\", \"title\": \"t\", \"requests\": { \"ask\": {} }, \"rate\": 1, \"users\": 1,\n  \"stages\": [{ \"name\": \"s\", \"for\": \"0s\" }] }",
    );
    let table: [(&[&str], &[&str]); 11] = [
        (&["no-such-plan"], &["there is no load plan `no-such-plan`"]),
        (&["preflight-strom"], &["did you mean `preflight-storm`?"]),
        (
            &[&impossible],
            &[
                "impossible.json:1:66",
                "a plan has a rate of arrivals or a number of users",
                "impossible.json:2:",
            ],
        ),
        (&["--budget", "eror-rate<1%"], &["did you mean `error-rate`?"]),
        (&["--budget", "p99<1s for ask"], &["which the plan does not have"]),
        (&["--connections", "90000"], &["90000 connections", "raise|widen"]),
        (&["cross-talk", "--rate", "5"], &["the plan has users, not a rate of arrivals"]),
        (&["--baseline", "missing.json"], &["cannot read missing.json"]),
        (
            &["--target", "http://192.0.2.1/", "--allowed-origin", "https://a.example"],
            &["http://192.0.2.1/ is not on this machine", "--i-own-this-target", "--max-rate"],
        ),
        (&["--rate", "0"], &["a number from 0.001"]),
        (
            &["--jobs", "4", "--profile", "webkit"],
            &["--jobs has no effect", "--threads", "`browser.profile`"],
        ),
    ];
    for (arguments, words) in table {
        let (code, said) = load(&folder, &[arguments, &["--duration", "1s"]].concat());
        assert_eq!(code, 2, "{arguments:?}: {said}");
        for word in words {
            assert!(word.split('|').any(|word| said.contains(word)), "{word}: {said}");
        }
    }
    assert!(!folder.join("load.json").exists());
    // Who owns it may ask, and no faster than the cap.
    let arguments = [
        &["--target", &url, "--max-rate", "40", "--rate", "500", "--duration", "1s", "--i-own-this-target"],
        &ALLOWED[..],
    ]
    .concat();
    let ended = load(&folder, &arguments);
    let record = record_in(&folder);
    assert!(record.pacing.sent <= 40 && record.pacing.sent >= 20, "{}: {}", record.pacing.sent, ended.1);
}

/// The harness is stopped for a while, so that it sends late though every connection is free.
#[cfg(unix)]
#[test]
fn a_harness_without_time_ends_alike_when_it_is_run_and_when_it_is_rendered() {
    let folder = Folder::new();
    let server = LoadServer::start(Way::Right);
    let url = server.url();
    let arguments = [&["--target", &url, "--rate", "200", "--duration", "3s"], &ALLOWED[..]].concat();
    let mut process =
        command(&folder, &arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts");
    for _ in 0..600 {
        if server.answers() > 100 {
            break;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    let signal = |name: &str| {
        let id = process.id().to_string();
        assert!(Command::new("kill").args([name, &id]).status().expect("it runs").success());
    };
    signal("-STOP");
    std::thread::sleep(Duration::from_millis(500));
    signal("-CONT");
    assert_eq!(process.wait().expect("it ends").code(), Some(4));
    let record = record_in(&folder);
    assert!(
        record.validity.doubts.iter().any(|doubt| doubt.code == Code::ClientSendLag),
        "{:?}",
        record.validity
    );
    assert_eq!((record.total.wrong, record.total.errors), (0, 0));
    let output = Command::new(env!("CARGO_BIN_EXE_crosscheck"))
        .arg("render")
        .arg(folder.join("load.json"))
        .args(["--form", "text"])
        .output()
        .expect("it runs");
    assert_eq!(output.status.code(), Some(4));
    assert!(String::from_utf8_lossy(&output.stdout).contains("not valid"));
}

#[test]
fn bad_ends_leave_a_report_up_to_there() {
    let folder = Folder::new();
    let plan = written(
        &folder,
        "plan.json",
        r#"{ "id": "steady", "title": "t", "requests": { "ask": { "method": "PUT" } }, "origins": ["{allowed}"],
            "rate": 100, "connections": 4, "timeout": "500ms", "stages": [{ "name": "all", "for": "4s" }] }"#,
    );
    let asked = |url: &str, more: &[&str]| {
        let arguments = [&[plan.as_str(), "--target", url], &ALLOWED[..], more].concat();
        let (code, said) = load(&folder, &arguments);
        (code, said, record_in(&folder))
    };
    // It disappears midway: no budget speaks of errors, and still the run was not whole.
    let server = LoadServer::start(Way::Ends(150));
    let (code, said, record) = asked(&server.url(), &[]);
    assert_eq!(code, 4, "{said}");
    assert!(said.contains("answered nothing any more after"), "{said}");
    assert!(record.total.answered > 100 && record.total.errors > 100, "{:?}", record.total);
    assert!(record.errors.iter().any(|error| error.kind == ErrorKind::Refused), "{:?}", record.errors);
    // Certificates that nobody trusts, and a connection that never speaks TLS: by kind, where there is no
    // calm moment to find them out, and none is lost.
    let ca = folder.join("ca.pem").display().to_string();
    let store = Store::start(&["--tls", "--tls-ca", &ca]);
    let server = LoadServer::start(Way::Right);
    let mute = server.url().replace("http:", "https:");
    for (url, kind) in [(&store.url, ErrorKind::Tls), (&mute, ErrorKind::Timeout)] {
        let (code, said, record) = asked(url, &["--http", "2", "--duration", "1s"]);
        assert_eq!(code, 4, "{said}");
        // Who waits for another's handshake on a shared connection may lose patience first.
        assert!(record.errors.iter().any(|error| error.kind == kind), "{kind:?}: {said}");
        assert_eq!(record.total.errors + record.pacing.dropped, 100, "{said}");
    }
    // Nothing listens at all.
    let closed =
        std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address");
    let (code, said, record) = asked(&format!("http://{closed}/"), &[]);
    assert_eq!((code, record.total.answered), (4, 0), "{said}");
    assert!(said.contains("cannot be asked"), "{said}");
    for name in ["load.html", "load.md", "load-junit.xml", "load-requests.csv", "load-seconds.csv"] {
        assert!(fs::metadata(folder.join(name)).is_ok_and(|file| file.len() > 0), "{name}");
    }
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_a_run_with_its_report_also_when_it_comes_twice() {
    for engine in engines() {
        for times in [1, 2] {
            let folder = Folder::new();
            let server = LoadServer::start(Way::Right);
            let url = server.url();
            let arguments = ["--engine", engine, "--target", &url, "--rate", "100", "--duration", "60s"];
            let mut process = command(&folder, &[&arguments[..], &ALLOWED[..]].concat())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .expect("it starts");
            for _ in 0..600 {
                if server.answers() > 50 {
                    break;
                }
                std::thread::sleep(Duration::from_millis(50));
            }
            let id = process.id().to_string();
            for _ in 0..times {
                assert!(Command::new("kill").args(["-INT", &id]).status().expect("it runs").success());
                std::thread::sleep(Duration::from_millis(10));
            }
            let status = process.wait().expect("it ends");
            assert_eq!(status.code(), Some(130), "{engine}, {times}");
            let record = record_in(&folder);
            assert!(
                record.interrupted && record.total.answered > 40 && record.seconds < 50.0,
                "{engine}, {times}: {:?}",
                record.total
            );
            assert!(fs::read_to_string(folder.join("load.html")).expect("the page").contains("cut short"));
        }
    }
}

#[test]
fn requests_without_an_answer_take_nothing_from_the_others() {
    for engine in engines() {
        let folder = Folder::new();
        let server = LoadServer::start(Way::Swallows(100));
        let url = server.url();
        let run = ["preflight-storm", "--engine", engine, "--rate", "100", "--duration", "2s"];
        let more = ["--target", &url, "--request-timeout", "3000", "--budget", "error-rate<50%"];
        let ended = load(&folder, &[&run[..], &more[..], &ALLOWED[..]].concat());
        let record = record_in(&folder);
        // What was said for this run goes before the plan's own ten seconds.
        assert_eq!(record.configuration.timeout_ms, 3000, "{engine}");
        assert!(record.errors.iter().all(|error| error.kind == ErrorKind::Timeout), "{engine}: {}", ended.1);
        assert!(record.total.errors > 0 && record.seconds > 3.0, "{engine}: {}", record.seconds);
        assert!(record.seconds < 8.0, "{engine}: {}", record.seconds);
        // It answered until the end, and how long the last few were waited for is not the others' rate.
        assert_eq!(record.incomplete, None, "{engine}");
        let rate = record.total.answered as f64 / 2.0;
        assert!((rate * 0.6..rate * 1.01).contains(&record.total.per_second), "{engine}: {}", ended.1);
        let last = record.phases.last().expect("a stage");
        assert!(last.seconds < last.planned + 1.0, "{engine}: {last:?}");
    }
}

/// The exit code, and what was said as errors, where so many files may be open.
#[cfg(unix)]
fn limited(folder: &Folder, most: &str, arguments: &[&str]) -> (Option<i32>, String) {
    let script = format!("ulimit -n {most}; exec \"$0\" \"$@\"");
    let program = command(folder, arguments);
    let mut shell = Command::new("sh");
    shell.args(["-c", &script]).arg(program.get_program()).args(program.get_args());
    let output = shell.output().expect("it runs");
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

/// A case makes more requests at once than files may be open.
#[cfg(unix)]
#[test]
fn a_harness_without_files_left_does_not_blame_the_endpoint() {
    let folder = Folder::new();
    let names: Vec<String> = (0..90).map(|number| format!("r{number}")).collect();
    let requests: Vec<String> =
        names.iter().map(|name| format!(r#""{name}": {{ "origin": "https://a.example" }}"#)).collect();
    let text = format!(
        r#"{{ "id": "own", "title": "t", "cases": [{{ "id": "many", "title": "t", "requests": {{ {} }},
            "through": ["live"], "order": ["{}"] }}] }}"#,
        requests.join(", "),
        names.join("+")
    );
    written(&folder, "suite.json", &text);
    let plan = written(
        &folder,
        "plan.json",
        r#"{ "id": "many", "title": "t", "cases": { "many": { "case": "many", "file": "suite.json" } },
            "rate": 2, "connections": 1, "stages": [{ "name": "all", "for": "1s" }] }"#,
    );
    let server = LoadServer::start(Way::Right);
    let url = server.url();
    let (code, said) = limited(
        &folder,
        "80",
        &[&[plan.as_str(), "--target", &url, "--allowed-method", "GET"], &ALLOWED[..]].concat(),
    );
    let record = record_in(&folder);
    assert_eq!(code, Some(4), "{said}");
    assert!(record.errors.iter().any(|error| error.kind == ErrorKind::Exhausted), "{:?}", record.errors);
    let told = record.validity.doubts.iter().find(|doubt| doubt.code == Code::ClientExhausted);
    assert!(told.is_some_and(|doubt| doubt.invalidates), "{:?}", record.validity);
}

#[cfg(unix)]
#[test]
fn open_files_are_counted_for_both_ends_and_for_each_of_gooses_users() {
    let folder = Folder::new();
    let server = LoadServer::start(Way::Right);
    let url = server.url();
    let limited = |most: &str, arguments: &[&str]| limited(&folder, most, arguments);
    let short = ["--rate", "20", "--duration", "1s"];
    let (code, said) = limited("150", &short);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("64 connections, both of whose ends are here, need 192 open files"), "{said}");
    assert!(said.contains("--connections 43"), "{said}");
    let target = [&["--target", &url][..], &ALLOWED[..], &short[..]].concat();
    let (code, said) = limited("150", &target);
    assert_ne!(code, Some(2), "{said}");
    if cfg!(feature = "load") {
        let fleet = [&["browser-fleet", "--engine", "goose"][..], &target[..]].concat();
        let (code, said) = limited("150", &fleet);
        assert_eq!(code, Some(2), "{said}");
        assert!(said.contains("200 connections need 264 open files"), "{said}");
        assert!(said.contains("`browser.count` of 86"), "{said}");
    }
}

#[test]
fn a_report_that_cannot_be_written_does_not_take_the_record_with_it() {
    let folder = Folder::new();
    let server = LoadServer::start(Way::Right);
    let url = server.url();
    fs::create_dir(folder.join("load.html")).expect("a folder in its place");
    let arguments = [&["--target", &url, "--rate", "20", "--duration", "1s"], &ALLOWED[..]].concat();
    let (code, said) = load(&folder, &arguments);
    assert_eq!(code, 2, "{said}");
    assert!(said.contains("load.html") && said.contains("crosscheck render"), "{said}");
    assert!(record_in(&folder).total.answered > 0);
    assert!(folder.join("load.md").is_file());
}

#[cfg(unix)]
#[test]
fn the_record_of_a_long_plan_can_be_read_again() {
    let folder = Folder::new();
    let server = LoadServer::start(Way::Right);
    let url = server.url();
    // A third of it takes more milliseconds than a plan may say.
    let plan = written(
        &folder,
        "thirds.json",
        r#"{ "id": "thirds", "title": "t", "requests": { "ask": { "method": "PUT" } }, "rate": 100, "stages": [
            { "name": "one", "for": "1s" }, { "name": "two", "for": "2s" }, { "name": "three", "for": "4s" }] }"#,
    );
    let arguments = [&[plan.as_str(), "--target", &url, "--duration", "3h"], &ALLOWED[..]].concat();
    let mut process =
        command(&folder, &arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts");
    for _ in 0..600 {
        if server.answers() > 20 {
            break;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    let id = process.id().to_string();
    assert!(Command::new("kill").args(["-INT", &id]).status().expect("it runs").success());
    assert_eq!(process.wait().expect("it ends").code(), Some(130));
    let record = record_in(&folder);
    assert!((record.plan.stages[0].duration.seconds() - 10_800.0 / 7.0).abs() < 1.0, "{:?}", record.plan);
}
