//! Faults that nobody listed: a generator composes them, a store in this process has each of them in turn, and it is
//! judged by its URL and a declared policy, as an endpoint of somebody else. What counts are the faults that an agent
//! can see: those with which some declared exchange ends otherwise than with a healthy store.
//!
//! The quick test takes a sample. All of them, with the figures of `docs/composed-faults.md`:
//! `COMPOSED=500 SEED=N cargo test --test it -- composed::all --ignored --nocapture`. A seed whose faults no case was
//! written for says how many of such faults are caught.

use crate::{away::each, care::support::Folder};

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
    fs,
    sync::Mutex,
};

use crosscheck::{
    Conformance, Record,
    policy::Dialect,
    reference::{Composed, DEFAULT_BUCKET, Defect, Server, ServerConfig, Store, default_policy},
    verdict::Verdict,
};
use serde_json::{Value, json};

/// What draws the faults.
const SEED: u64 = 20_260_101;

/// How many the quick test takes, and how many the whole one at least.
const SAMPLE: usize = 60;
const WHOLE: usize = 500;

/// How often a visible fault is judged again that no test caught.
const CHANCES: usize = 3;

/// How many of a thousand of the visible ones must be caught.
const CAUGHT_PER_MILLE: usize = 990;

/// The suites that judge an endpoint by its URL, one part after the other until a test fails.
const STAGES: [&[&str]; 3] = [
    &[
        "promises",
        "preflight",
        "origin/allowed",
        "origin/denied",
        "origin/near-allowed/read-elsewhere",
        "origin/near-allowed/preflight-with-headers",
    ],
    &["cache", "response", "credentials", "request", "wildcard"],
    &["origin"],
];

/// Pages of origins that a browser can have: allowed, refused, and near an allowed one.
const PAGES: [(&str, &str); 14] = [
    ("first", "https://app.example"),
    ("second", "https://admin.example:8443"),
    ("stranger", "https://stranger.example"),
    ("null", "null"),
    ("longer", "https://app.example.stranger.example"),
    ("longer-name", "https://app.examples"),
    ("before", "https://strangerapp.example"),
    ("below", "https://sub.app.example"),
    ("http", "http://app.example"),
    ("port", "https://app.example:8443"),
    ("no-port", "https://admin.example"),
    ("other-port", "https://admin.example:8444"),
    ("dot", "https://appxexample"),
    ("second-dot", "https://adminxexample:8443"),
];

/// Every exchange that the owner of the URL declares, or declares to be refused, as a case without expectations: one
/// request of each page, and the orders in which one page's request may change what the next one gets.
fn exchanges() -> Value {
    let mut cases: Vec<Value> = Vec::new();
    let mut case = |id: String, requests: Value, through: &str| {
        cases.push(json!({
            "id": id, "title": "An exchange", "kind": "note", "requests": requests,
            "order": "listed", "through": [through],
        }));
    };
    for (page, origin) in PAGES {
        let asks: [(&str, Value); 14] = [
            ("get", json!({ "origin": origin })),
            ("head", json!({ "origin": origin, "method": "HEAD" })),
            ("include", json!({ "origin": origin, "credentials": "include" })),
            ("missing", json!({ "origin": origin, "path": "crosscheck-does-not-exist" })),
            ("range", json!({ "origin": origin, "headers": { "range": "bytes=0-1" } })),
            ("cookie", json!({ "client": "raw", "origin": origin, "headers": { "cookie": "a=1" } })),
            ("put", json!({ "origin": origin, "method": "PUT", "until": "preflight" })),
            ("delete", json!({ "origin": origin, "method": "DELETE", "until": "preflight" })),
            ("header", json!({ "origin": origin, "headers": { "x-custom": "1" }, "until": "preflight" })),
            (
                "headers",
                json!({
                    "origin": origin, "method": "PUT", "until": "preflight",
                    "headers": { "x-custom": "1", "x-requested-with": "1", "authorization": "a" },
                }),
            ),
            (
                "preflight-include",
                json!({
                    "origin": origin, "method": "PUT", "until": "preflight", "credentials": "include",
                    "headers": { "x-custom": "1" },
                }),
            ),
            ("other-method", json!({ "origin": origin, "method": "PATCH", "until": "preflight" })),
            (
                "other-header",
                json!({ "origin": origin, "headers": { "x-other": "1" }, "until": "preflight" }),
            ),
            (
                "validated",
                json!({ "origin": origin, "cache": "no-cache", "headers": { "x-requested-with": "1" } }),
            ),
        ];
        for (name, request) in asks {
            case(format!("{page}-{name}"), json!({ "page": request }), "none");
        }
    }
    let get = |origin: &str| json!({ "origin": origin });
    let (first, second, stranger) = (get(PAGES[0].1), get(PAGES[1].1), get(PAGES[2].1));
    let image = json!({ "origin": PAGES[0].1, "mode": "no-cors" });
    let again = json!({ "origin": PAGES[0].1, "cache": "no-cache" });
    let put = json!({ "origin": PAGES[0].1, "method": "PUT", "until": "preflight" });
    let header = json!({
        "origin": PAGES[0].1, "headers": { "x-custom": "1", "x-requested-with": "1" }, "until": "preflight",
    });
    for (id, one, other) in [
        ("first-second", &first, &second),
        ("second-first", &second, &first),
        ("stranger-first", &stranger, &first),
        ("first-stranger", &first, &stranger),
        ("none-first", &json!({ "client": "raw" }), &first),
        ("image-first", &image, &first),
        ("first-again", &first, &again),
        ("put-again", &put, &put),
        ("header-again", &header, &header),
    ] {
        for through in ["none", "browser", "shared", "single-slot"] {
            case(format!("{id}-{through}"), json!({ "one": one, "other": other }), through);
        }
    }
    json!({
        "id": "exchange", "title": "Declared exchanges", "about": "Without expectations.",
        "source": ["https://fetch.spec.whatwg.org/"], "cases": cases,
    })
}

/// What an agent makes of an exchange: what the page got and may read, and whether it was asked for before.
type Ends = BTreeMap<String, String>;

fn ends(record: &Record) -> Ends {
    let tests = record.tests.iter();
    tests
        .flat_map(|test| test.transcript.requests.iter().map(move |(name, result)| (test, name, result)))
        .map(|(test, name, result)| {
            let mut readable: Vec<&str> = result.readable.iter().map(|field| field.name.as_str()).collect();
            readable.sort_unstable();
            // How a request is refused, and who serves an answer that may be read, is free.
            let end = format!("{:?} {:?} {}", result.outcome, result.preflight, readable.join(","));
            (format!("{} {name}", test.id), end)
        })
        .collect()
}

/// The owner's words about the default bucket.
pub(crate) fn declared(url: &str) -> Conformance {
    let policy = default_policy();
    let mut conformance = Conformance::against(url).max_age(600).allow_credentials().seed(1);
    for rule in policy.rules {
        for origin in rule.allowed_origins {
            conformance = conformance.allow_origin(origin);
        }
        conformance = conformance
            .allow_methods(rule.allowed_methods)
            .allow_headers(rule.allowed_headers)
            .expose_headers(rule.expose_headers);
    }
    conformance
}

/// What came of one store.
struct Judged {
    ends: Ends,
    /// The tests that failed.
    failed: BTreeSet<String>,
}

/// Does something with the URL of an object of a store that has this defect.
pub(crate) fn at_store<T>(defect: Option<Defect>, does: impl AsyncFnOnce(String) -> T) -> T {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let store = Store::with_default_bucket(Dialect::Oss);
        store.set_defect(defect);
        let server = Server::start(ServerConfig::new(store)).await.expect("the store starts");
        let bucket = server.bucket_url(DEFAULT_BUCKET);
        let done = does(format!("{}/data.json", bucket.as_str().trim_end_matches('/'))).await;
        server.shutdown().await;
        done
    })
}

/// The ids of the tests that failed.
pub(crate) fn failed(record: &Record) -> impl Iterator<Item = String> {
    record.tests.iter().filter(|test| test.verdict == Verdict::Fail).map(|test| test.id.clone())
}

/// Serves a store with this defect, makes the declared exchanges, and judges it.
fn judge(defect: Option<Defect>, suite: &std::path::Path) -> Judged {
    at_store(defect, async |url| {
        let exchanges = declared(&url).suites([suite]).run().await.expect("a record");
        assert_eq!(exchanges.could_not_judge, None, "{defect:?}");
        let mut fails = BTreeSet::new();
        for stage in STAGES {
            let selected = stage.iter().fold(declared(&url), |run, suite| run.select(*suite));
            fails.extend(failed(&selected.run().await.expect("a record")));
            if !fails.is_empty() {
                break;
            }
        }
        Judged { ends: ends(&exchanges), failed: fails }
    })
}

/// One fault with what came of it.
struct Found {
    composed: Composed,
    /// The first exchange that ends otherwise than with a healthy store.
    seen: Option<String>,
    failed: BTreeSet<String>,
}

/// Judges so many composed faults of a seed, and prints each recipe with what came of it.
fn found(seed: u64, count: usize) -> Vec<Found> {
    let folder = Folder::new();
    let suite = folder.write("exchange.json", exchanges().to_string());
    let healthy = judge(None, &suite);
    assert!(healthy.failed.is_empty(), "the healthy store fails {:#?}", healthy.failed);
    assert!(healthy.ends.len() > 200, "{} exchanges were made", healthy.ends.len());
    let faults = Composed::drawn(seed, count);
    assert_eq!(faults.len(), count);
    let all = Mutex::new(BTreeMap::new());
    let numbered: Vec<(usize, Composed)> = faults.into_iter().enumerate().collect();
    each(&numbered, |(number, composed)| {
        let mut judged = judge(Some(Defect::Composed(*composed)), &suite);
        let differs = |(id, end): (&String, &String)| (healthy.ends.get(id) != Some(end)).then(|| id.clone());
        let seen = judged.ends.iter().find_map(differs);
        // What depends on the request just before, of tests that run at once, gets several chances.
        for _ in 0..CHANCES {
            if seen.is_none() || !judged.failed.is_empty() {
                break;
            }
            judged = judge(Some(Defect::Composed(*composed)), &suite);
        }
        println!(
            "{composed}: {}, {}",
            seen.as_deref().unwrap_or("not visible"),
            judged.failed.first().map_or("not caught", String::as_str)
        );
        let found = Found { composed: *composed, seen, failed: judged.failed };
        all.lock().expect("no thread panicked").insert(*number, found);
    });
    all.into_inner().expect("no thread panicked").into_values().collect()
}

/// The visible faults that no test catches.
fn survivors(found: &[Found]) -> Vec<String> {
    found
        .iter()
        .filter(|found| found.failed.is_empty())
        .filter_map(|found| {
            let seen = found.seen.as_ref()?;
            Some(format!("{}: {} ({seen})", found.composed, found.composed.meaning()))
        })
        .collect()
}

fn enough(found: &[Found]) -> (usize, Vec<String>) {
    let visible = found.iter().filter(|found| found.seen.is_some()).count();
    let survivors = survivors(found);
    let caught = visible - survivors.len();
    println!("{} composed faults, {visible} visible, {caught} of them caught", found.len());
    assert!(visible * 2 > found.len(), "{visible} of {} are visible", found.len());
    assert!(
        caught * 1000 >= visible * CAUGHT_PER_MILLE,
        "{caught} of {visible} visible faults are caught; not caught: {survivors:#?}"
    );
    (visible, survivors)
}

#[test]
fn a_sample_of_the_faults_that_nobody_listed_is_caught() {
    enough(&found(SEED, SAMPLE));
}

#[test]
#[ignore = "takes many minutes: run it by name"]
fn all_the_faults_that_nobody_listed_are_caught() {
    let count = std::env::var("COMPOSED").ok().and_then(|count| count.parse().ok()).unwrap_or(WHOLE);
    let seed = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(SEED);
    let found = found(seed, count);
    let (visible, survivors) = enough(&found);
    let mut out = format!(
        "# Composed faults\n\n\
         Faults that no catalogue lists, composed of how an origin is compared, on which answers, under which\n\
         condition, and which field is wrong. Each is served by the reference store and judged by its URL and the\n\
         declared policy, as another owner's endpoint. A fault is *visible* if one of the declared exchanges ends\n\
         otherwise than with a healthy store: another outcome, other readable headers, or a preflight more or less.\n\
         One that no test catches is judged up to three times more, because some depend on the request before.\n\n\
         `crosscheck serve --fault compose:COMPARISON/ANSWERS/CONDITION/FIELD` serves one of them;\n\
         `crosscheck serve --faults` lists the words. These figures are written by\n\
         `COMPOSED={count} SEED={seed} BLESS=1 cargo test --test it -- composed::all --ignored`.\n\n\
         | | |\n| --- | ---: |\n\
         | seed | {seed} |\n| composed | {} |\n| visible | {visible} |\n| caught | {} |\n",
        found.len(),
        visible - survivors.len(),
    );
    if !survivors.is_empty() {
        out.push_str("\n## Visible, and not caught\n\n");
        for survivor in survivors {
            let _ = writeln!(out, "- `{}`", survivor.replacen(": ", "`: ", 1).trim_end_matches('`'));
        }
    }
    if std::env::var_os("BLESS").is_some() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/composed-faults.md");
        fs::write(path, out).expect("docs/ can be written");
    }
}
