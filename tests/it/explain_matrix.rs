//! What `explain` says of each fault of the reference store that shows in one request of an allowed page: the first cause
//! must be a right one. `tests/data/explain-matrix.json` has the request in which a fault shows, which the test in CI makes;
//! `docs/explain-matrix.md` shows the causes. The search for these requests writes both:
//! `BLESS=1 cargo test --test it -- explain_matrix::every_request --ignored`.

use std::{
    collections::BTreeMap,
    fmt::Write,
    fs,
    path::{Path, PathBuf},
    sync::Mutex,
};

use crosscheck::{
    diagnosis::Cause,
    reference::{Defect, Fault},
};
use serde_json::Value;

use crate::{
    away::each,
    care::support::{Folder, crosscheck},
    composed::at_store,
};

/// A request of an allowed page.
struct Asked {
    /// Its name in the documents.
    name: &'static str,
    /// What stands behind the URL of the bucket.
    path: &'static str,
    /// The arguments of `explain` besides the URL.
    arguments: &'static [&'static str],
}

const APP: &str = "https://app.example";

/// The requests, the simplest first.
const REQUESTS: [Asked; 12] = [
    Asked { name: "a read", path: "data.json", arguments: &["--origin", APP] },
    Asked {
        name: "a write with headers",
        path: "data.json",
        arguments: &[
            "--origin",
            APP,
            "-X",
            "PUT",
            "-H",
            "x-custom: 1",
            "-H",
            "content-type: application/json",
        ],
    },
    Asked {
        name: "a read with credentials",
        path: "data.json",
        arguments: &["--origin", APP, "--credentials"],
    },
    Asked {
        name: "a read of an exposed header",
        path: "data.json",
        arguments: &["--origin", APP, "--expose-header", "etag"],
    },
    Asked {
        name: "a read of a part",
        path: "data.json",
        arguments: &["--origin", APP, "-H", "range: bytes=0-3"],
    },
    Asked {
        name: "a conditional read",
        path: "data.json",
        arguments: &["--origin", APP, "-H", "if-none-match: \"none\""],
    },
    Asked { name: "a HEAD request", path: "data.json", arguments: &["--origin", APP, "-X", "HEAD"] },
    Asked { name: "a read of what is missing", path: "missing.json", arguments: &["--origin", APP] },
    Asked {
        name: "a write with credentials",
        path: "data.json",
        arguments: &["--origin", APP, "-X", "PUT", "-H", "x-custom: 1", "--credentials"],
    },
    Asked { name: "a DELETE request", path: "data.json", arguments: &["--origin", APP, "-X", "DELETE"] },
    Asked {
        name: "a read by another page",
        path: "data.json",
        arguments: &["--origin", "https://admin.example:8443"],
    },
    Asked { name: "a read by a path with an escape", path: "d%61ta.json", arguments: &["--origin", APP] },
];

/// The causes that `explain` names.
fn explained(url: &str, asked: &Asked) -> Vec<String> {
    let folder = Folder::new();
    let url = url.replace("data.json", asked.path);
    let arguments = [&["explain", url.as_str(), "--json"], asked.arguments].concat();
    let ended = crosscheck(&folder, &arguments);
    let explained: Value = serde_json::from_str(&ended.stdout).expect("JSON");
    let causes = explained["causes"].as_array().expect("a list");
    causes.iter().map(|cause| cause["code"].as_str().expect("a code").to_owned()).collect()
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The request in which a fault shows, by the name of the fault.
fn shows() -> BTreeMap<String, String> {
    let text = fs::read_to_string(root().join("tests/data/explain-matrix.json")).unwrap_or_default();
    serde_json::from_str(&text).unwrap_or_default()
}

/// The faults whose first cause is not right, with the reason.
fn excused() -> BTreeMap<String, String> {
    serde_json::from_str(include_str!("../data/wrong-explain-causes.json")).expect("faults with reasons")
}

/// The first causes, by fault: of these requests, the first in which `explain` names another first cause than at the
/// healthy store.
fn first_causes(of: &[(Fault, Vec<&'static Asked>)]) -> BTreeMap<&'static str, (&'static str, String)> {
    let healthy: BTreeMap<&str, Vec<String>> = at_store(None, async |url| {
        let all = || REQUESTS.iter().map(|asked| (asked.name, explained(&url, asked))).collect();
        tokio::task::block_in_place(all)
    });
    let found = Mutex::new(BTreeMap::new());
    each(of, |(fault, requests)| {
        let first = at_store(Some(Defect::Known(*fault)), async |url| {
            tokio::task::block_in_place(|| {
                requests.iter().find_map(|asked| {
                    let first = explained(&url, asked).into_iter().next()?;
                    let differs = healthy.get(asked.name).and_then(|causes| causes.first()) != Some(&first);
                    differs.then_some((asked.name, first))
                })
            })
        });
        if let Some(first) = first {
            found.lock().expect("no thread panicked").insert(fault.name(), first);
        }
    });
    found.into_inner().expect("no thread panicked")
}

fn check(found: &BTreeMap<&'static str, (&'static str, String)>) {
    let right = crate::cause_matrix::right();
    let is_right = |fault: &str, cause: &str| {
        let cause: Cause = cause.parse().expect("a cause of the catalogue");
        right.get(fault).is_some_and(|right| right.contains(&cause))
    };
    let wrong: Vec<String> = found
        .iter()
        .filter(|(fault, (_, cause))| !is_right(fault, cause))
        .map(|(fault, (request, cause))| {
            format!("{fault}: {cause} by {request}, not {:?}", right.get(*fault))
        })
        .collect();
    let named = |line: &String| line.split(':').next().unwrap_or_default().to_owned();
    let excused = excused();
    let news: Vec<&String> = wrong.iter().filter(|line| !excused.contains_key(&named(line))).collect();
    assert!(news.is_empty(), "the first cause is wrong: {news:#?}");
    let stale: Vec<&String> =
        excused.keys().filter(|fault| !wrong.iter().any(|line| named(line) == **fault)).collect();
    assert!(stale.is_empty(), "tests/data/wrong-explain-causes.json: these are right now: {stale:?}");
}

fn render(found: &BTreeMap<&'static str, (&'static str, String)>) -> String {
    let mut out = format!(
        "# Causes by one request\n\n\
         For each fault of the reference store (`crosscheck serve --fault NAME`) that shows in one request of an allowed\n\
         page: the request, and the cause that `crosscheck explain` names first. {} of {} faults do; the others allow too\n\
         much, or show by the order of requests alone. A test compares the causes with `tests/data/causes.json`. Written by\n\
         `BLESS=1 cargo test --test it -- explain_matrix::every_request --ignored`.\n\n\
         | id | fault | request | first cause |\n| --- | --- | --- | --- |\n",
        found.len(),
        Fault::ALL.len()
    );
    for fault in Fault::ALL {
        if let Some((request, cause)) = found.get(fault.name()) {
            let _ = writeln!(out, "| {} | `{}` | {request} | `{cause}` |", fault.id(), fault.name());
        }
    }
    for (fault, why) in excused() {
        let _ = writeln!(out, "\nNot right, `{fault}`: {why}.");
    }
    out
}

fn document() -> PathBuf {
    root().join(Path::new("docs/explain-matrix.md"))
}

#[test]
fn explain_names_the_right_cause_of_a_fault_that_shows_in_one_request() {
    let shows = shows();
    assert!(shows.len() > 35, "only {} faults show in one request", shows.len());
    let of: Vec<(Fault, Vec<&Asked>)> = Fault::ALL
        .iter()
        .filter_map(|fault| {
            let name = shows.get(fault.name())?;
            Some((*fault, REQUESTS.iter().filter(|asked| asked.name == name).collect()))
        })
        .collect();
    let found = first_causes(&of);
    let missing: Vec<&String> = shows.keys().filter(|fault| !found.contains_key(fault.as_str())).collect();
    assert!(missing.is_empty(), "no cause is named any more: {missing:?}");
    check(&found);
    let committed = fs::read_to_string(document()).unwrap_or_default();
    assert_eq!(committed, render(&found), "docs/explain-matrix.md is stale");
}

#[test]
#[ignore = "takes minutes: run it by name"]
fn every_request_of_every_fault() {
    let can_show = |fault: &&Fault| !crate::kill_matrix::has_a_memory(**fault);
    let of: Vec<(Fault, Vec<&Asked>)> =
        Fault::ALL.iter().filter(can_show).map(|fault| (*fault, REQUESTS.iter().collect())).collect();
    let found = first_causes(&of);
    println!("{}", render(&found));
    if std::env::var_os("BLESS").is_some() {
        let shows: BTreeMap<&str, &str> =
            found.iter().map(|(fault, (request, _))| (*fault, *request)).collect();
        let text = serde_json::to_string_pretty(&shows).expect("JSON") + "\n";
        fs::write(root().join("tests/data/explain-matrix.json"), text).expect("tests/data can be written");
        fs::write(document(), render(&found)).expect("docs/ can be written");
    }
    check(&found);
}
