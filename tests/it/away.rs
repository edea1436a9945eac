//! The kill matrix away from home: each fault of the reference store is served by another process and judged by its URL
//! and a declared policy, as an endpoint of somebody else. `tests/data/unseen-away.json` says of which faults nothing
//! can be seen so, and why.

use crate::care::support;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    sync::Mutex,
    thread,
};

use crosscheck::reference::{Fault, default_policy};
use serde_json::Value;
use support::{Folder, crosscheck};

/// `crosscheck serve` in another process, ended with the test.
struct Served {
    child: Child,
    url: String,
}

impl Served {
    fn start(folder: &Folder, fault: Option<Fault>) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_crosscheck"));
        command.args(["serve", "--listen", "127.0.0.1:0"]).current_dir(folder.path()).env_clear();
        if let Some(fault) = fault {
            command.args(["--fault", fault.name()]);
        }
        let mut child =
            command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("the store starts");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("a pipe")).read_line(&mut line).expect("its URL");
        Self { child, url: line.trim().to_owned() }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The arguments that declare the policy of the default bucket.
fn declared() -> Vec<String> {
    let policy = default_policy();
    let mut arguments = vec!["--max-age".to_owned(), "600".to_owned(), "--allow-credentials".to_owned()];
    for rule in &policy.rules {
        for (flag, values) in [
            ("--allowed-origin", &rule.allowed_origins),
            ("--allowed-method", &rule.allowed_methods),
            ("--allowed-header", &rule.allowed_headers),
            ("--expose-header", &rule.expose_headers),
        ] {
            arguments.extend(values.iter().flat_map(|value| [flag.to_owned(), value.clone()]));
        }
    }
    arguments
}

/// The tests that failed, and those with a warning.
fn judged(fault: Option<Fault>) -> (BTreeSet<String>, BTreeSet<String>) {
    let folder = Folder::new();
    let served = Served::start(&folder, fault);
    let url = format!("{}default/data.json", served.url);
    let mut arguments = vec!["run".to_owned(), "--target".to_owned(), url];
    arguments.extend(declared());
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let ended = crosscheck(&folder, &arguments);
    assert!(matches!(ended.code, 0 | 1 | 4), "{fault:?}: {}", ended.all());
    let record: Value = serde_json::from_str(&folder.read("reports/run.json")).expect("a record");
    let with = |verdict: &str| {
        let tests = record["tests"].as_array().expect("tests").iter();
        tests
            .filter(|test| test["verdict"] == verdict)
            .map(|test| test["id"].as_str().expect("an id").to_owned())
            .collect()
    };
    (with("fail"), with("warn"))
}

#[test]
fn every_fault_that_can_be_seen_by_url_is_caught_and_the_healthy_store_is_clean() {
    let (fails, usual) = judged(None);
    assert!(fails.is_empty(), "the healthy store fails {fails:#?}");
    let list = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/unseen-away.json");
    let unseen: BTreeMap<String, String> =
        serde_json::from_str(&fs::read_to_string(list).expect("a list")).expect("a list");
    let waiting = Mutex::new(Fault::ALL.to_vec());
    let missed = Mutex::new(BTreeSet::new());
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let Some(fault) = waiting.lock().unwrap().pop() else { break };
                    let (fails, warns) = judged(Some(fault));
                    if fails.is_empty() && warns.is_subset(&usual) {
                        missed.lock().unwrap().insert(fault.name().to_owned());
                    }
                }
            });
        }
    });
    let missed = missed.into_inner().unwrap();
    let unexplained: Vec<&String> = missed.iter().filter(|name| !unseen.contains_key(*name)).collect();
    assert!(unexplained.is_empty(), "not caught, and no reason is given: {unexplained:#?}");
    let caught: Vec<&String> = unseen.keys().filter(|name| !missed.contains(*name)).collect();
    assert!(caught.is_empty(), "caught after all; remove them from tests/data/unseen-away.json: {caught:#?}");
}
