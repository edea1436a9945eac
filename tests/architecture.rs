//! Holds what the compiler does not: within a crate, imports between folders run one way, and the pure crate names
//! nothing of the standard library that touches the world.

#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    reason = "a test reads the sources, and stops where it cannot go on"
)]

use std::{fs, path::Path};

/// The folders of each crate, and what each of them may import of the others.
const CRATES: &[(&str, &[(&str, &[&str])])] = &[
    (
        "crates/core/src",
        &[
            ("diagnostic", &[]),
            ("document", &["diagnostic"]),
            ("message", &[]),
            ("redaction", &["message"]),
            ("caching", &["message"]),
            ("fetch", &["message", "caching"]),
            ("policy", &["diagnostic", "document", "message", "fetch"]),
            ("signature", &["message"]),
            ("vary", &["diagnostic", "document", "message", "caching", "fetch", "policy"]),
            ("exchange", &["message", "redaction", "fetch"]),
            ("availability", &["message", "exchange"]),
            ("promise", &["message", "fetch", "policy"]),
            ("cause", &["document"]),
            (
                "case",
                &["diagnostic", "document", "message", "fetch", "policy", "promise", "cause", "exchange"],
            ),
            ("import", &["diagnostic", "message", "redaction", "fetch", "case"]),
            ("paste", &["diagnostic", "message", "fetch", "policy", "import"]),
            ("operation", &["message", "fetch", "policy", "promise", "case"]),
            ("plan", &["message", "fetch", "policy", "promise", "case", "operation"]),
            (
                "verdict",
                &[
                    "diagnostic",
                    "document",
                    "message",
                    "redaction",
                    "fetch",
                    "caching",
                    "policy",
                    "cause",
                    "case",
                    "plan",
                    "exchange",
                    "availability",
                ],
            ),
            (
                "diagnosis",
                &[
                    "diagnostic",
                    "document",
                    "message",
                    "redaction",
                    "fetch",
                    "policy",
                    "promise",
                    "cause",
                    "signature",
                    "case",
                    "plan",
                    "exchange",
                    "verdict",
                ],
            ),
            (
                "interleave",
                &[
                    "message",
                    "redaction",
                    "fetch",
                    "caching",
                    "signature",
                    "case",
                    "plan",
                    "exchange",
                    "verdict",
                ],
            ),
        ],
    ),
    (
        "crates/harness/src",
        &[
            ("input", &[]),
            ("suite", &["input"]),
            ("transport", &[]),
            ("provision", &["input", "transport"]),
            ("endpoint", &["input", "transport", "provision"]),
            ("run", &["suite", "transport", "endpoint"]),
            ("report", &["run"]),
        ],
    ),
    (
        "src",
        &[
            ("gateway", &[]),
            ("report", &[]),
            ("process", &["report"]),
            ("cargo_test", &["process", "report"]),
            ("load", &["process"]),
            ("cli", &["gateway", "report", "process", "load"]),
        ],
    ),
];

/// What the pure crate may not name, besides what the lints forbid.
const FOREIGN: &[&str] =
    &["std::fs", "std::net::Tcp", "std::net::Udp", "std::env", "std::process", "std::thread"];

fn sources(folder: &Path) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a readable folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push((path.display().to_string(), fs::read_to_string(&path).expect("text")));
        }
    }
    found
}

fn root() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

/// The rooms that a source names after `crate::`, in `use` trees as well as in paths.
fn imported(text: &str) -> Vec<String> {
    let name = |text: &str| -> String {
        text.trim_start().chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect()
    };
    let mut rooms = Vec::new();
    for part in text.split("crate::").skip(1) {
        let Some(tree) = part.strip_prefix('{') else {
            rooms.push(name(part));
            continue;
        };
        let (mut depth, mut start) = (0, true);
        for (at, c) in tree.char_indices() {
            if start && depth == 0 && !c.is_whitespace() {
                rooms.push(name(&tree[at..]));
                start = false;
            }
            match c {
                '{' => depth += 1,
                '}' if depth == 0 => break,
                '}' => depth -= 1,
                ',' if depth == 0 => start = true,
                _ => {}
            }
        }
    }
    rooms.retain(|room| !room.is_empty());
    rooms
}

#[test]
fn imports_run_one_way() {
    let mut wrong = Vec::new();
    for (folder, rooms) in CRATES {
        let own: Vec<&str> = rooms.iter().map(|(room, _)| *room).collect();
        for (room, allowed) in *rooms {
            for (file, text) in sources(&root().join(folder).join(room)) {
                for import in imported(&text) {
                    let foreign = !own.contains(&import.as_str());
                    if !foreign && import != *room && !allowed.contains(&import.as_str()) {
                        wrong.push(format!("{file}: `{room}` may not import `{import}`"));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_folder_is_held() {
    for (folder, rooms) in CRATES {
        for entry in fs::read_dir(root().join(folder)).expect("a readable folder") {
            let path = entry.expect("an entry").path();
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            let held = rooms.iter().any(|(room, _)| *room == name);
            assert!(held || !path.is_dir(), "{folder}/{name} has no entry here");
        }
    }
}

#[test]
fn the_pure_crate_names_no_effects() {
    let mut wrong = Vec::new();
    for (file, text) in sources(&root().join("crates/core/src")) {
        for (number, line) in text.lines().enumerate() {
            let code = line.split("//").next().unwrap_or_default();
            if let Some(foreign) = FOREIGN.iter().find(|foreign| code.contains(**foreign)) {
                wrong.push(format!("{file}:{}: {foreign} in the pure crate", number + 1));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The names that documentation shows at the root of the library. One more is a promise to every user.
const FACE: [&str; 12] = [
    "Conformance",
    "ConformanceError",
    "Diagnostic",
    "Finding",
    "Operation",
    "RunRecord as Record",
    "StartError",
    "TestRecord",
    "Verdict",
    "cargo_test",
    "load",
    "the rest is hidden",
];

#[test]
fn the_public_face_is_small() {
    let text = fs::read_to_string(root().join("src/lib.rs")).expect("text");
    let mut names = vec!["the rest is hidden".to_owned()];
    for item in text.split_inclusive(';') {
        let code: String = item.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
        let Some((before, item)) = code.split_once("pub ") else { continue };
        if before.contains("doc(hidden)") {
            continue;
        }
        let item = item.trim_start_matches("use ").trim_start_matches("mod ").trim_end_matches(';');
        for name in item.split(['{', '}', ',']) {
            let name = name.trim().rsplit("::").next().unwrap_or_default();
            names.extend((!name.is_empty()).then(|| name.to_owned()));
        }
    }
    names.sort();
    assert_eq!(names, FACE);
}

#[test]
fn the_import_reader_sees_trees_and_paths() {
    let text = "use crate::{case::model::{A, B}, fetch};\nfn f() { crate::policy::g() }\nuse crate::run::x;";
    assert_eq!(imported(text), ["case", "fetch", "policy", "run"]);
}
