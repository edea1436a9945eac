//! The kill matrix away from home: each fault of the reference store is served by another process and judged as
//! somebody else's endpoint, by what a stranger is told of it. `tests/data/away.json` has what catches each fault in
//! each mode, and `docs/kill-matrix.md` shows it; `tests/data/unseen-away.json` says of the others why no client sees
//! them.
//!
//! The test in CI runs what catches each fault, and everything on the healthy store. The search for what catches each
//! fault takes many minutes and writes `tests/data/away.json`, with `AWAY=url`, `operations`, `oss` or `s3` for one mode
//! and `AWAY=rest` for what was never measured: `BLESS=1 cargo test --test it -- away::every_fault_in_every_mode --ignored
//! --nocapture`. With `BLESS=1`, the test in CI searches again where nothing is caught any more.

use crate::care::support;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    process::{Child, Command, Stdio},
    sync::Mutex,
    thread,
};

use crosscheck::{
    policy::{Dialect, Policy, Rule, write_xml},
    reference::{Fault, default_policy},
};
use serde_json::{Value, json};
use support::{Folder, crosscheck_with};

/// `crosscheck serve` in another process, ended with the test.
pub(crate) struct Served {
    child: Child,
    pub(crate) url: String,
}

impl Served {
    pub(crate) fn start(folder: &Folder, fault: Option<Fault>) -> Self {
        Self::start_with(folder, fault, &[])
    }

    pub(crate) fn start_with(folder: &Folder, fault: Option<Fault>, more: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_crosscheck"));
        command.args(["serve", "--listen", "127.0.0.1:0"]).args(more).current_dir(folder.path()).env_clear();
        if let Some(fault) = fault {
            command.args(["--fault", fault.name()]);
        }
        let mut child =
            command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("the store starts");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("a pipe")).read_line(&mut line).expect("its URL");
        Self { child, url: line.trim().to_owned() }
    }

    /// Puts an object, as anybody may.
    pub(crate) fn put(&self, path: &str, fields: &str, content: &str) {
        let host = self.url.trim_start_matches("http://").trim_end_matches('/');
        let mut stream = TcpStream::connect(host).expect("a connection");
        let length = content.len();
        let request = format!(
            "PUT /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Length: {length}\r\n{fields}\r\n\
             {content}"
        );
        stream.write_all(request.as_bytes()).expect("it is sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The arguments that declare the policy of the default bucket.
pub(crate) fn declared() -> Vec<String> {
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

/// How a stranger knows an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Mode {
    /// By a URL and a declared policy.
    Url,
    /// By operations of a target file, some of which may be sent and some of which answer with an error.
    Operations,
    /// By a bucket of the dialect, its key, and the permission to set rules and put objects.
    Bucket(Dialect),
}

impl Mode {
    const ALL: [Self; 4] =
        [Self::Url, Self::Operations, Self::Bucket(Dialect::Oss), Self::Bucket(Dialect::S3)];

    fn name(self) -> &'static str {
        match self {
            Self::Url => "url",
            Self::Operations => "operations",
            Self::Bucket(Dialect::Oss) => "oss",
            Self::Bucket(Dialect::S3) => "s3",
        }
    }

    /// The situations in which an endpoint is known so: the first shows most faults.
    fn situations(self) -> Vec<Situation> {
        match self {
            Self::Url => vec![
                Situation::declared("", "data.json", &[QUICK, CACHES, NEAR]),
                Situation::declared("own-vary", "vary/encoding.json", &[&["cache/endpoint"]]),
                Situation::declared("redirect", "redirect", &[QUICK]),
                Situation::declared("static", "assets/app.css", &[QUICK]),
                Situation::ruled("pattern", pattern_policy()),
                Situation::ruled("wildcard", wildcard_policy()),
                Situation::ruled("two-rules", two_rules()),
            ],
            Self::Operations => {
                vec![Situation { name: "", what: What::Operations, stages: &[QUICK, CACHES, NEAR] }]
            }
            Self::Bucket(dialect) => {
                vec![Situation { name: "", what: What::Bucket(dialect), stages: &[QUICK, NEAR, RULES] }]
            }
        }
    }
}

/// What is run with each fault until something fails: what is quick comes first, and last what is slow. On a bucket
/// each set of rules takes its time.
const QUICK: &[&str] = &[
    "origin/allowed",
    "origin/denied",
    "origin/null",
    "origin/near-allowed/read-elsewhere",
    "preflight",
    "promises",
    "response/fields",
    "response/refusals",
];
const NEAR: &[&str] = &["origin/near-allowed"];
const CACHES: &[&str] = &["cache", "credentials", "response", "request"];
const RULES: &[&str] = &["rules", "object-store", "wildcard", "origin/same-origin", "cache/vary"];

/// An endpoint as it is declared.
struct Situation {
    /// Its name; empty for the first of a mode.
    name: &'static str,
    what: What,
    /// What is run with each fault, one after the other until something fails.
    stages: &'static [&'static [&'static str]],
}

enum What {
    /// A path of the default bucket with its policy.
    Default(&'static str),
    /// An object of a bucket with these rules.
    Ruled(Policy),
    /// Operations on the default bucket with its policy.
    Operations,
    /// A bucket.
    Bucket(Dialect),
}

impl Situation {
    fn declared(name: &'static str, path: &'static str, stages: &'static [&'static [&'static str]]) -> Self {
        Self { name, what: What::Default(path), stages }
    }

    fn ruled(name: &'static str, policy: Policy) -> Self {
        Self { name, what: What::Ruled(policy), stages: &[QUICK] }
    }
}

fn rule(origins: &[&str], methods: &[&str], headers: &[&str], max_age: u32) -> Rule {
    let list = |entries: &[&str]| entries.iter().map(|entry| (*entry).to_owned()).collect();
    Rule {
        id: None,
        allowed_origins: list(origins),
        allowed_methods: list(methods),
        allowed_headers: list(headers),
        expose_headers: list(&["ETag"]),
        max_age_seconds: Some(max_age),
    }
}

fn policy(rules: Vec<Rule>) -> Policy {
    Policy { rules, response_vary: true, allow_credentials: false }
}

fn pattern_policy() -> Policy {
    policy(vec![rule(&["https://*.site.example"], &["GET", "HEAD", "PUT"], &["x-custom"], 600)])
}

fn wildcard_policy() -> Policy {
    policy(vec![rule(&["*"], &["GET", "HEAD"], &["*"], 0)])
}

fn two_rules() -> Policy {
    policy(vec![
        rule(&["https://app.example"], &["GET", "HEAD"], &["x-custom"], 600),
        rule(&["https://admin.example", "https://app.example"], &["GET", "PUT", "DELETE"], &["x-other"], 600),
    ])
}

/// The bucket of a stranger, and the key of the served store.
const BUCKET_NAME: &str = "photos";
const KEY: [(&str, &str); 2] =
    [("CROSSCHECK_ACCESS_KEY_ID", "crosscheck"), ("CROSSCHECK_ACCESS_KEY_SECRET", "crosscheck-secret")];

/// What a run found.
#[derive(Default)]
struct Judged {
    /// The tests that failed, and those with a warning that an origin gets in which no browser can send.
    failing: BTreeSet<String>,
    /// The cause that it names first.
    cause: Option<String>,
}

impl Judged {
    fn of(folder: &Folder) -> Self {
        let record: Value = serde_json::from_str(&folder.read("reports/run.json")).expect("a record");
        let cause = record["causes"][0]["code"].as_str().map(str::to_owned);
        Self { failing: failing(&record), cause }
    }
}

fn failing(record: &Value) -> BTreeSet<String> {
    let tests = record["tests"].as_array().expect("tests").iter();
    tests
        .map(|test| (test["verdict"].as_str().unwrap_or_default(), test["id"].as_str().expect("an id")))
        .filter(|(verdict, id)| *verdict == "fail" || (*verdict == "warn" && id.starts_with("origin/")))
        .map(|(_, id)| id.to_owned())
        .collect()
}

/// Judges a store with this fault in this situation by the tests that are selected.
fn judged(fault: Option<Fault>, situation: &Situation, select: &[&str]) -> Judged {
    let folder = Folder::new();
    let mut arguments: Vec<String> = vec!["run".to_owned()];
    arguments.extend(select.iter().map(|id| (*id).to_owned()));
    let served;
    match &situation.what {
        What::Default(path) => {
            served = Served::start(&folder, fault);
            arguments.extend(["--target".to_owned(), format!("{}default/{path}", served.url)]);
            arguments.extend(declared());
        }
        What::Operations => {
            served = Served::start(&folder, fault);
            let policy = default_policy();
            let file = json!({
                "url": format!("{}default/", served.url),
                "policy": { "rules": policy.rules, "response_vary": true, "allow_credentials": true },
                "operations": [
                    { "path": "data.json" },
                    { "path": "data.json", "method": "HEAD" },
                    { "path": "vary/encoding.json" },
                    { "path": "redirect" },
                    { "path": "err/500", "success": [500] },
                    { "path": "uploads/a.txt", "method": "PUT", "body": { "text": "a" }, "send": true },
                    { "path": "uploads/b.txt", "method": "DELETE", "headers": { "x-custom": "1" }, "send": true },
                ],
            });
            folder.write("crosscheck.json", file.to_string());
        }
        What::Ruled(policy) => {
            served = own_bucket(&folder, fault, Dialect::Oss, policy);
            let file = json!({
                "url": format!("{}{BUCKET_NAME}/data.json", served.url),
                "policy": { "rules": policy.rules, "response_vary": true, "allow_credentials": false },
            });
            folder.write("crosscheck.json", file.to_string());
        }
        What::Bucket(dialect) => {
            let policy = Policy { allow_credentials: *dialect == Dialect::S3, ..default_policy() };
            served = own_bucket(&folder, fault, *dialect, &policy);
            let file = json!({
                "url": format!("{}{BUCKET_NAME}/", served.url),
                "dialect": name(*dialect),
                "policy": {
                    "rules": policy.rules,
                    "response_vary": *dialect == Dialect::Oss,
                    "allow_credentials": *dialect == Dialect::S3,
                },
                "capabilities": {
                    "set_rules": true, "put_objects": true,
                    "methods": ["GET", "HEAD", "OPTIONS", "PUT", "POST", "DELETE"],
                },
            });
            folder.write("crosscheck.json", file.to_string());
        }
    }
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let ended = crosscheck_with(&folder, &arguments, &KEY);
    // An endpoint that is not judged is not caught.
    match ended.code {
        0 | 1 => Judged::of(&folder),
        3 | 4 => Judged::default(),
        _ => panic!("{fault:?}, {}: {}", situation.name, ended.all()),
    }
}

fn name(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Oss => "oss",
        Dialect::S3 => "s3",
    }
}

/// A store whose bucket has an object and these rules.
fn own_bucket(folder: &Folder, fault: Option<Fault>, dialect: Dialect, policy: &Policy) -> Served {
    let bucket = format!("{BUCKET_NAME}:public-read-write");
    let served = Served::start_with(folder, fault, &["--dialect", name(dialect), "--bucket", &bucket]);
    served.put(
        &format!("{BUCKET_NAME}/data.json"),
        "Content-Type: application/json\r\nCache-Control: public, max-age=600\r\n",
        "{}",
    );
    folder.write("rules.xml", write_xml(policy, dialect));
    let url = format!("{}{BUCKET_NAME}/", served.url);
    let arguments = ["rules", "put", "rules.xml", "--target", &url, "--dialect", name(dialect)];
    crosscheck_with(folder, &arguments, &KEY).with_code(0);
    served
}

/// The first cause of each fault by mode, as it was named.
type Named = BTreeMap<String, BTreeMap<String, String>>;

/// What catches each fault, by mode: the situation and one test. `null`: nothing does. Without an entry: not measured.
type Caught = BTreeMap<String, BTreeMap<String, Option<Catch>>>;

#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
struct Catch {
    /// The situation; empty for the first one of the mode.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    situation: String,
    /// A case that fails.
    by: String,
}

const CAUGHT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/away.json");
const CAUSES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/away-causes.json");
const UNSEEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/unseen-away.json");

/// What reads the endpoint with success: one of which nothing but errors is read is not judged.
const REACHES: &str = "origin/allowed/reads";

/// How many of the tests that fail are tried alone.
const CLAIMS: usize = 16;

/// How many faults must be caught in some mode.
const BAR: usize = 125;

/// How many first causes of a hundred must be right.
const RIGHT: usize = 95;

fn read<T: serde::de::DeserializeOwned>(path: &str) -> T {
    serde_json::from_str(&fs::read_to_string(path).expect(path)).expect(path)
}

/// What catches a fault away from home, for the kill matrix: a cell for each mode.
pub(crate) fn cells(fault: Fault) -> [String; 4] {
    let caught: Caught = read(CAUGHT);
    Mode::ALL.map(|mode| match caught.get(fault.name()).and_then(|of| of.get(mode.name())) {
        None => "not measured".to_owned(),
        Some(None) => "–".to_owned(),
        Some(Some(catch)) => format!("`{}`", catch.by),
    })
}

/// The causes that are named first away from home, by mode, of faults without a memory.
pub(crate) fn causes(fault: Fault) -> BTreeMap<String, String> {
    read::<Named>(CAUSES).remove(fault.name()).unwrap_or_default()
}

/// Why no client sees a fault, for the kill matrix.
pub(crate) fn unseen() -> BTreeMap<String, String> {
    read(UNSEEN)
}

fn write(path: &str, what: &impl serde::Serialize) {
    let text = serde_json::to_string_pretty(what).expect("JSON");
    fs::write(path, text + "\n").expect("tests/data/ can be written");
}

fn is_caught(caught: &Caught, name: &str) -> bool {
    caught.get(name).is_some_and(|of| of.values().any(Option::is_some))
}

/// The case of a test, which is selected with all of its rows and orders.
fn case_of(test: &str) -> &str {
    test.split('[').next().unwrap_or(test)
}

/// Does something for each of many, two at a time.
pub(crate) fn each<T: Send + Sync>(of: &[T], does: impl Fn(&T) + Sync) {
    let waiting = Mutex::new(of.iter());
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let Some(one) = waiting.lock().unwrap().next() else { break };
                    does(one);
                }
            });
        }
    });
}

#[test]
fn every_fault_is_caught_by_what_is_written_down_or_says_why_not() {
    let (caught, unseen): (Caught, BTreeMap<String, String>) = (read(CAUGHT), read(UNSEEN));
    for fault in Fault::ALL {
        let known = is_caught(&caught, fault.name());
        assert_ne!(
            known,
            unseen.contains_key(fault.name()),
            "{fault}: caught by a test, or unseen for a reason"
        );
    }
    let names: BTreeSet<&str> = Fault::ALL.iter().map(|fault| fault.name()).collect();
    for name in caught.keys().chain(unseen.keys()) {
        assert!(names.contains(name.as_str()), "there is no fault `{name}`");
    }
    assert!(Fault::ALL.len() - unseen.len() >= BAR, "{} of {} are caught", caught.len(), Fault::ALL.len());

    let jobs: Vec<(Fault, Mode, Catch)> = Fault::ALL
        .iter()
        .flat_map(|fault| Mode::ALL.map(|mode| (*fault, mode)))
        .filter_map(|(fault, mode)| Some((fault, mode, caught.get(fault.name())?.get(mode.name())?.clone()?)))
        .collect();
    let (missed, found) = (Mutex::new(Vec::new()), Mutex::new(caught));
    let named: Mutex<Named> = Mutex::default();
    each(&jobs, |(fault, mode, catch)| {
        let situation = mode.situations().into_iter().find(|known| known.name == catch.situation);
        let situation = situation.expect("a situation that exists");
        // What depends on chance gets several chances.
        let select = [catch.by.as_str(), REACHES];
        let judged = (0..4).map(|_| judged(Some(*fault), &situation, &select));
        if let Some(judged) = judged.into_iter().find(|judged| !judged.failing.is_empty()) {
            let cause = judged.cause.unwrap_or_else(|| "none".to_owned());
            let mut named = named.lock().unwrap();
            named.entry(fault.name().to_owned()).or_default().insert(mode.name().to_owned(), cause);
        } else {
            missed.lock().unwrap().push(format!("{fault}, {}: {}", mode.name(), catch.by));
            if std::env::var_os("BLESS").is_some() {
                let other = caught_in(*fault, *mode);
                let mut found = found.lock().unwrap();
                found.entry(fault.name().to_owned()).or_default().insert(mode.name().to_owned(), other);
                write(CAUGHT, &*found);
            }
        }
    });
    let missed = missed.into_inner().unwrap();
    assert!(missed.is_empty(), "not caught any more (see the head of tests/it/away.rs): {missed:#?}");
    check_causes(named.into_inner().unwrap());
}

/// The first causes are right but for those that are written down, which are few.
fn check_causes(mut named: Named) {
    named.retain(|fault, _| {
        let fault = Fault::ALL.iter().find(|known| known.name() == fault);
        fault.is_some_and(|fault| !crate::kill_matrix::has_a_memory(*fault))
    });
    if std::env::var_os("BLESS").is_some() {
        write(CAUSES, &named);
    }
    let known: Named = read(CAUSES);
    let (mut count, mut wrong, mut news) = (0, Vec::new(), Vec::new());
    for (fault, modes) in &named {
        for (mode, cause) in modes {
            count += 1;
            let is_right = Fault::ALL
                .iter()
                .find(|known| known.name() == fault)
                .is_some_and(|known| names_rightly(*known, cause));
            if !is_right {
                let line = format!("{fault}, {mode}: {cause}");
                if known.get(fault).and_then(|modes| modes.get(mode)) != Some(cause) {
                    news.push(line.clone());
                }
                wrong.push(line);
            }
        }
    }
    assert!(news.is_empty(), "the first cause is wrong, which it was not: {news:#?}");
    assert!((count - wrong.len()) * 100 >= RIGHT * count, "{} of {count} are wrong: {wrong:#?}", wrong.len());
}

#[test]
fn the_healthy_store_is_clean_in_every_mode() {
    let situations: Vec<(Mode, Situation)> = Mode::ALL
        .into_iter()
        .flat_map(|mode| mode.situations().into_iter().map(move |situation| (mode, situation)))
        .collect();
    each(&situations, |(mode, situation)| {
        // Everything, also what is not run with each fault.
        let fails = judged(None, situation, &[]).failing;
        assert!(fails.is_empty(), "{} {}: the healthy store fails {fails:#?}", mode.name(), situation.name);
    });
}

/// Whether this cause is right of a fault.
fn names_rightly(fault: Fault, cause: &str) -> bool {
    let right = crate::cause_matrix::right();
    right.get(fault.name()).is_some_and(|right| right.iter().any(|right| right.as_str() == cause))
}

/// What catches a fault in a mode.
fn caught_in(fault: Fault, mode: Mode) -> Option<Catch> {
    mode.situations().iter().find_map(|situation| {
        situation.stages.iter().find_map(|select| {
            let fails = judged(Some(fault), situation, select).failing;
            // The shortest id is the plainest claim. What depends on chance is caught by one of a suite's tests.
            let mut claims: Vec<&str> = fails.iter().map(|id| case_of(id)).collect();
            claims.sort_by_key(|id| (id.len(), *id));
            claims.dedup();
            if crate::kill_matrix::has_a_memory(fault) {
                claims.iter_mut().for_each(|id| *id = id.rsplit_once('/').map_or(*id, |(suite, _)| suite));
            }
            // It has to show the fault without the tests that it was found with, and its cause, if one does.
            let is_right =
                |cause: &Option<String>| cause.as_deref().is_some_and(|cause| names_rightly(fault, cause));
            let mut shown = None;
            for by in claims.iter().take(CLAIMS) {
                let alone = judged(Some(fault), situation, &[by, REACHES]);
                if alone.failing.is_empty() {
                    continue;
                }
                let right = is_right(&alone.cause);
                if right || shown.is_none() {
                    shown = Some(by);
                }
                if right {
                    break;
                }
            }
            let by = shown?;
            Some(Catch { situation: situation.name.to_owned(), by: (*by).to_owned() })
        })
    })
}

#[test]
#[ignore = "takes many minutes: run it by name"]
fn every_fault_in_every_mode() {
    let only = std::env::var("AWAY").ok();
    let known: Caught = read(CAUGHT);
    let cells: Vec<(Fault, Mode)> =
        Fault::ALL.iter().flat_map(|fault| Mode::ALL.map(|mode| (*fault, mode))).collect();
    let is_known = |fault: Fault, mode: Mode| {
        known.get(fault.name()).is_some_and(|modes| modes.contains_key(mode.name()))
    };
    let wanted = cells.into_iter().filter(|(fault, mode)| match only.as_deref() {
        None => true,
        Some("rest") => !is_known(*fault, *mode),
        Some(name) => name == mode.name(),
    });
    let wanted: Vec<(Fault, Mode)> = wanted.collect();
    let found: Mutex<Caught> = Mutex::new(if only.is_some() { known.clone() } else { BTreeMap::new() });
    each(&wanted, |(fault, mode)| {
        let catch = caught_in(*fault, *mode);
        println!("{fault}, {}: {}", mode.name(), catch.as_ref().map_or("–", |catch| &catch.by));
        let mut found = found.lock().unwrap();
        found.entry(fault.name().to_owned()).or_default().insert(mode.name().to_owned(), catch);
        if std::env::var_os("BLESS").is_some() && only.is_some() {
            write(CAUGHT, &*found);
        }
    });
    let found = found.into_inner().unwrap();
    if std::env::var_os("BLESS").is_some() {
        write(CAUGHT, &found);
    }
    let unseen: BTreeMap<String, String> = read(UNSEEN);
    let missed: Vec<&str> = Fault::ALL
        .iter()
        .map(|fault| fault.name())
        .filter(|name| !is_caught(&found, name) && !unseen.contains_key(*name))
        .collect();
    assert!(missed.is_empty(), "not caught, and no reason is given: {missed:#?}");
    let caught: Vec<&String> = unseen.keys().filter(|name| is_caught(&found, name)).collect();
    assert!(caught.is_empty(), "caught after all; remove them from tests/data/unseen-away.json: {caught:#?}");
    let known: Caught = read(CAUGHT);
    assert_eq!(known, found, "tests/data/away.json is stale: BLESS=1");
}
