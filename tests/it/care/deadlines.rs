//! Nothing keeps a command longer than it may take, whatever an endpoint sends and whatever files hold.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::Duration,
};

use clap::CommandFactory;
use crosscheck::cli::Cli;

use super::support::{Ended, Folder, Request, Server, answer, correct, crosscheck};

const ALLOWED: &str = "https://app.example";

/// How much later than its deadline a command may end on a busy machine.
const SLACK: Duration = Duration::from_secs(20);

/// An endpoint that answers so many requests, and then keeps every client waiting.
fn stalls_after(answers: usize) -> Server {
    let answered = AtomicUsize::new(0);
    Server::start(move |request| {
        if answered.fetch_add(1, Ordering::Relaxed) >= answers {
            thread::sleep(Duration::from_secs(40));
        }
        correct(request, ALLOWED)
    })
}

#[track_caller]
fn within(ended: Ended, limit: Duration) -> Ended {
    assert!(
        ended.took < limit + SLACK,
        "took {:?}, at most {limit:?} were given:\n{}",
        ended.took,
        ended.all()
    );
    ended
}

#[test]
fn the_total_timeout_holds_in_every_phase_of_a_run() {
    // Stalls at the probe, while answers are captured, while they are confirmed and while orders are sent.
    for answers in [0, 1, 3, 10, 40] {
        let (folder, server) = (Folder::new(), stalls_after(answers));
        let url = server.url("/data");
        let suites = concat!(env!("CARGO_MANIFEST_DIR"), "/suites/origin");
        let ended = crosscheck(
            &folder,
            &[
                "run",
                "--suites",
                suites,
                "-t",
                &url,
                "--allowed-origin",
                ALLOWED,
                "--request-timeout",
                "30000",
                "--total-timeout",
                "1500",
            ],
        );
        let ended = within(ended.with_code(4), Duration::from_millis(1500));
        assert!(ended.all().contains("--total-timeout"), "{answers}: {}", ended.all());
        assert!(ended.all().contains("1500 ms"), "{answers}: {}", ended.all());
    }
}

#[test]
fn the_total_timeout_holds_for_an_explanation() {
    for answers in [0, 1] {
        let (folder, server) = (Folder::new(), stalls_after(answers));
        let url = server.url("/data");
        let arguments = [
            "explain",
            &url,
            "--origin",
            "https://other.example",
            "--method",
            "PUT",
            "--request-timeout",
            "30000",
            "--total-timeout",
            "1500",
        ];
        let ended = within(crosscheck(&folder, &arguments).with_code(4), Duration::from_millis(1500));
        assert!(ended.stderr.contains("--total-timeout"), "{}", ended.all());
    }
}

#[test]
fn a_load_run_does_not_wait_for_an_endpoint_that_stalls() {
    for answers in [0, 2] {
        let (folder, server) = (Folder::new(), stalls_after(answers));
        let url = server.url("/data");
        let arguments = [
            "load",
            "-t",
            &url,
            "--allowed-origin",
            ALLOWED,
            "--rate",
            "20",
            "--duration",
            "1s",
            "--request-timeout",
            "1500",
        ];
        let ended = crosscheck(&folder, &arguments);
        assert_ne!(ended.code, 0, "{}", ended.all());
        // The request's own timeout, the calm moment and the load itself.
        within(ended, Duration::from_secs(12));
    }
}

/// What an endpoint answers with so many lines of a field.
fn many_lines(request: &Request, name: &str, value: &str, lines: usize) -> Vec<u8> {
    let mut fields = vec![("Vary", "Origin")];
    fields.extend(std::iter::repeat_n((name, value), lines));
    if request.is_preflight() {
        fields.push(("Access-Control-Allow-Methods", "GET, PUT"));
    }
    answer("200 OK", &fields, b"{}")
}

#[test]
fn many_field_lines_are_judged_in_time() {
    for (name, value) in [
        ("Access-Control-Allow-Origin", "x"),
        ("Access-Control-Allow-Headers", "a,b,c"),
        ("Vary", "a"),
        ("x", ""),
    ] {
        let lines = 240_000 / (name.len() + value.len() + 4);
        let server = Server::start(move |request| many_lines(request, name, value, lines));
        let folder = Folder::new();
        let url = server.url("/data");
        let ended = crosscheck(&folder, &["explain", &url, "--origin", ALLOWED]);
        within(ended, Duration::from_secs(4));
        // A few cases: what is judged here is how long one answer takes.
        let suites = concat!(env!("CARGO_MANIFEST_DIR"), "/suites/cache/two-origins.json");
        let run =
            ["run", "--suites", suites, "-t", &url, "--allowed-origin", ALLOWED, "--total-timeout", "10000"];
        within(crosscheck(&folder, &run), Duration::from_secs(10));
    }
}

#[test]
fn long_globs_are_refused() {
    let folder = Folder::new();
    let glob = "?".repeat(50_000);
    let ended = within(crosscheck(&folder, &["list", &glob]).with_code(2), Duration::ZERO);
    assert!(ended.stderr.contains("at most 1000"), "{}", ended.stderr);
    let issue = format!(r#"{{ "known_issues": [{{ "id": "{glob}", "reason": "long" }}] }}"#);
    folder.write("crosscheck.json", issue);
    let ended = within(crosscheck(&folder, &["list"]).with_code(2), Duration::ZERO);
    assert!(ended.stderr.contains("at most 1000"), "{}", ended.stderr);
}

#[test]
fn long_patterns_of_rules_are_matched_in_time() {
    let (folder, server) = (Folder::new(), Server::start(|request| correct(request, ALLOWED)));
    let (star, question) = ("*a".repeat(25_000), "?".repeat(50_000));
    let target = format!(
        r#"{{ "url": "{}", "policy": {{ "rules": [
            {{ "allowed_origins": ["https://{star}", "https://{question}", "{ALLOWED}"],
               "allowed_methods": ["GET"], "allowed_headers": ["{star}"] }}] }} }}"#,
        server.url("/data")
    );
    folder.write("crosscheck.json", target);
    within(crosscheck(&folder, &["run", "--total-timeout", "10000"]), Duration::from_secs(10));
}

#[test]
fn many_headers_in_a_case_are_checked_in_time() {
    let folder = Folder::new();
    for (what, name) in [("headers", "x"), ("unknown names", "not a token ")] {
        let headers: Vec<String> = (0..100_000).map(|number| format!(r#""{name}{number}":"1""#)).collect();
        let case = format!(
            r#"{{ "suite": "many", "cases": [{{ "id": "many", "title": "Many headers", "requests": {{
                "read": {{ "origin": "https://a.example", "headers": {{ {} }},
                           "expect": {{ "outcome": "allowed" }} }} }} }}] }}"#,
            headers.join(",")
        );
        let path = folder.write("many.json", case);
        let path = path.display().to_string();
        let ended = within(crosscheck(&folder, &["check", &path]), Duration::from_secs(10)).with_code(2);
        assert!(ended.all().contains("at most 1000"), "{what}: {}", ended.all());
        let server = Server::start(|request| correct(request, ALLOWED));
        let url = server.url("/data");
        let arguments = ["run", "--suites", &path, "-t", &url, "--total-timeout", "10000"];
        within(crosscheck(&folder, &arguments), Duration::from_secs(15));
    }
}

#[cfg(unix)]
fn fifo(folder: &Folder, name: &str) -> PathBuf {
    let path = folder.path().join(name);
    let made = Command::new("mkfifo").arg(&path).status().expect("mkfifo");
    assert!(made.success());
    path
}

/// Every way in which a command takes a file, with `FILE` in its place.
const READERS: &[&[&str]] = &[
    &["check", "FILE"],
    &["list", "--suites", "FILE"],
    &["run", "--suites", "FILE"],
    &["try", "FILE"],
    &["run", "--config", "FILE"],
    &["config", "show", "--config", "FILE"],
    &["run", "-t", "http://127.0.0.1:9/", "--ca-file", "FILE"],
    &["explain", "http://127.0.0.1:9/", "--origin", "https://a.example", "--ca-file", "FILE"],
    &["load", "./FILE", "-t", "http://127.0.0.1:9/"],
    &["load", "preflight-storm", "-t", "http://127.0.0.1:9/", "--baseline", "FILE"],
    &["render", "FILE"],
    &["render", "FILE", "--baseline", "FILE"],
    &["vary", "FILE"],
    &["caches", "--expect", "FILE"],
    &["rules", "put", "-t", "http://127.0.0.1:9/photos", "--dialect", "s3", "FILE"],
    &["rules", "restore", "FILE"],
];

#[cfg(unix)]
#[test]
fn only_regular_files_are_read() {
    let folder = Folder::new();
    let pipe = fifo(&folder, "pipe.json");
    let _socket =
        std::os::unix::net::UnixListener::bind(folder.path().join("socket.json")).expect("a socket");
    std::os::unix::fs::symlink(&pipe, folder.path().join("link.json")).expect("a link");
    for (file, found) in [
        ("pipe.json", "it is a pipe"),
        ("link.json", "it is a pipe"),
        ("socket.json", "it is a socket"),
        ("/dev/zero", "it is a device"),
    ] {
        for reader in READERS {
            let arguments: Vec<String> =
                reader.iter().map(|word| word.replace("./FILE", file).replace("FILE", file)).collect();
            let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
            // Names of load plans are names of built-in ones, unless they look like a path.
            let ended = within(crosscheck(&folder, &arguments), Duration::ZERO);
            assert_eq!(ended.code, 2, "{arguments:?}: {}", ended.all());
            assert!(ended.stderr.contains(found), "{arguments:?}: {}", ended.all());
            assert!(ended.stderr.contains(file), "{arguments:?}: {}", ended.all());
            assert!(ended.stderr.contains("expected"), "{arguments:?}: {}", ended.all());
        }
    }
}

#[test]
fn folders_and_large_files_are_refused() {
    let folder = Folder::new();
    fs::create_dir(folder.path().join("folder.json")).expect("a folder");
    // A file with a hole takes no room.
    let large = fs::File::create(folder.path().join("large.json")).expect("a file");
    large.set_len(10 << 30).expect("a length");
    for reader in READERS {
        let of = |file: &str| -> Ended {
            let arguments: Vec<String> =
                reader.iter().map(|word| word.replace("./FILE", file).replace("FILE", file)).collect();
            let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
            let ended = within(crosscheck(&folder, &arguments), Duration::ZERO);
            assert_eq!(ended.code, 2, "{arguments:?}: {}", ended.all());
            ended
        };
        let ended = of("large.json");
        assert!(ended.stderr.contains("large.json"), "{reader:?}: {}", ended.all());
        assert!(ended.stderr.contains("is larger than"), "{reader:?}: {}", ended.all());
        // A folder of case files is read as one, and this one has none.
        of("folder.json");
    }
}

#[test]
fn a_fifo_within_a_folder_of_case_files_is_refused() {
    let folder = Folder::new();
    fs::create_dir(folder.path().join("cases")).expect("a folder");
    fifo(&folder, "cases/a.json");
    let ended = within(crosscheck(&folder, &["check", "cases"]).with_code(2), Duration::ZERO);
    assert!(ended.stderr.contains("cases/a.json: it is a pipe"), "{}", ended.stderr);
}

/// The flags that the command line knows, those that are not shown among them.
fn known_flags() -> BTreeSet<String> {
    fn collect(command: &clap::Command, into: &mut BTreeSet<String>) {
        for argument in command.get_arguments() {
            let aliases = argument.get_all_aliases().unwrap_or_default();
            let names = argument.get_long().into_iter().chain(aliases);
            into.extend(names.map(|name| format!("--{name}")));
        }
        command.get_subcommands().for_each(|command| collect(command, into));
    }
    let mut known = BTreeSet::from(["--help".to_owned(), "--version".to_owned()]);
    collect(&Cli::command(), &mut known);
    known
}

/// Flags of other programs that texts name, by program.
const FOREIGN: &[(&str, &[&str])] = &[
    (
        "cargo and its tests",
        &[
            "--bench",
            "--bin",
            "--exact",
            "--example",
            "--exclude-lockfile",
            "--features",
            "--ignored",
            "--include-ignored",
            "--list",
            "--locked",
            "--manifest-path",
            "--no-default-features",
            "--nocapture",
            "--path",
            "--prefix",
            "--quiet",
            "--release",
            "--skip",
            "--test",
            "--test-threads",
        ],
    ),
    (
        "curl",
        &["--data", "--data-binary", "--data-raw", "--data-urlencode", "--globoff", "--header", "--request"],
    ),
    ("h2load, oha and wrk", &["--h1", "--http2", "--latency-correction"]),
    (
        "goose",
        &[
            "--host",
            "--no-error-summary",
            "--no-metrics",
            "--no-print-metrics",
            "--no-telnet",
            "--report-file",
            "--test-plan",
        ],
    ),
    (
        "scripts",
        &[
            "--browser",
            "--every",
            "--experimental-websocket",
            "--fast",
            "--hyper",
            "--noisy",
            "--only",
            "--part",
            "--quick",
            "--random",
            "--rounds",
            "--seconds",
            "--times",
        ],
    ),
    ("apt-get", &["--no-install-recommends"]),
    ("docker", &["--tag"]),
    ("npm", &["--global"]),
    ("scripts/release.sh", &["--binary"]),
    ("tar", &["--strip-components", "--wildcards"]),
];

/// Words that begin with two dashes and are not part of a longer word.
fn flags(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices("--") {
        let before = text[..at].chars().next_back();
        if before.is_some_and(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '(' | '.')) {
            continue;
        }
        let rest = &text[at + 2..];
        let length = rest
            .find(|c: char| !(c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'))
            .unwrap_or(rest.len());
        let name = rest[..length].trim_end_matches('-');
        if name.len() > 1 && name.starts_with(|c: char| c.is_ascii_lowercase()) {
            found.push(&text[at..at + 2 + name.len()]);
        }
    }
    found
}

fn texts(folder: &Path, ends: &[&str], into: &mut BTreeMap<PathBuf, String>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            texts(&path, ends, into);
        } else if ends.iter().any(|end| path.extension().is_some_and(|found| found == *end)) {
            into.insert(path.clone(), fs::read_to_string(&path).expect("text"));
        }
    }
}

#[test]
fn every_flag_that_a_text_names_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut all = BTreeMap::new();
    texts(&root.join("src"), &["rs"], &mut all);
    texts(&root.join("docs"), &["md"], &mut all);
    all.insert(root.join("README.md"), fs::read_to_string(root.join("README.md")).expect("text"));
    let known = known_flags();
    let mut seen = 0;
    let mut unknown = Vec::new();
    for (path, text) in &all {
        for (number, line) in text.lines().enumerate() {
            for flag in flags(line) {
                seen += 1;
                let foreign = FOREIGN.iter().any(|(_, flags)| flags.contains(&flag));
                if !known.contains(flag) && !foreign {
                    unknown.push(format!("{}:{}: {flag}", path.display(), number + 1));
                }
            }
        }
    }
    assert!(seen > 200, "{seen} flags were found");
    assert!(unknown.is_empty(), "these flags do not exist:\n{}", unknown.join("\n"));
}

#[test]
fn flags_are_found_in_texts() {
    assert_eq!(
        flags("use --deadline, or `--total-timeout MS`; --x --a=1 xn--bcher-kva ---- --"),
        ["--deadline", "--total-timeout",]
    );
}
