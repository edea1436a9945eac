//! Holds the rooms to their direction: imports run from views to effects to pure, never back.

#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    reason = "a test reads the sources, and stops where it cannot go on"
)]

use std::{fs, path::Path};

/// The pure rooms, from left to right, and what each may import.
const PURE: &[(&str, &[&str])] = &[
    ("diagnostic", &[]),
    ("document", &["diagnostic"]),
    ("message", &[]),
    ("redaction", &["message"]),
    ("caching", &["message"]),
    ("fetch", &["message", "caching"]),
    ("policy", &["diagnostic", "document", "message", "fetch"]),
    ("signature", &["message"]),
    ("vary", &["diagnostic", "document", "message", "caching", "fetch", "policy"]),
    ("case", &["diagnostic", "document", "message", "fetch", "policy"]),
    ("plan", &["message", "fetch", "policy", "case"]),
    ("exchange", &["message", "redaction", "fetch", "case"]),
    ("verdict", &["message", "redaction", "fetch", "caching", "policy", "case", "plan", "exchange"]),
    (
        "interleave",
        &["message", "redaction", "fetch", "caching", "signature", "case", "plan", "exchange", "verdict"],
    ),
];

/// The effect rooms: what each may import besides every pure room.
const EFFECTS: &[(&str, &[&str])] = &[
    ("suite", &[]),
    ("transport", &[]),
    ("reference", &[]),
    ("provision", &["transport"]),
    ("target", &["transport", "reference", "provision"]),
    ("run", &["suite", "transport", "reference", "target"]),
    ("gateway", &["transport", "reference"]),
    ("load", &["suite", "transport", "reference", "target", "run"]),
];

/// The views, `cli` apart, which may know everything.
const VIEWS: &[(&str, &[&str])] = &[("report", &["run", "load"])];

/// What no pure room may name, besides what the lints forbid.
const FOREIGN: &[&str] = &[
    "std::fs",
    "std::net::Tcp",
    "std::net::Udp",
    "std::env",
    "std::process",
    "std::thread",
    "tokio::",
    "hyper::",
];

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

fn src() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
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
    let pure: Vec<&str> = PURE.iter().map(|(room, _)| *room).collect();
    let mut wrong = Vec::new();
    for (rooms, also) in [(PURE, false), (EFFECTS, true), (VIEWS, true)] {
        for (room, allowed) in rooms {
            for (file, text) in sources(&src().join(room)) {
                for import in imported(&text) {
                    let may = import == *room
                        || allowed.contains(&import.as_str())
                        || (also && pure.contains(&import.as_str()));
                    if !may {
                        wrong.push(format!("{file}: `{room}` may not import `{import}`"));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_room_is_held() {
    for entry in fs::read_dir(src()).expect("a readable folder") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        if path.is_dir() && name != "cli" {
            let held = [PURE, EFFECTS, VIEWS].into_iter().flatten().any(|(room, _)| *room == name);
            assert!(held, "src/{name} has no entry here");
        }
    }
}

#[test]
fn pure_rooms_name_no_effects() {
    let mut wrong = Vec::new();
    for (room, _) in PURE {
        for (file, text) in sources(&src().join(room)) {
            for (number, line) in text.lines().enumerate() {
                let code = line.split("//").next().unwrap_or_default();
                if let Some(foreign) = FOREIGN.iter().find(|foreign| code.contains(**foreign)) {
                    wrong.push(format!("{file}:{}: {foreign} in the pure room `{room}`", number + 1));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_import_reader_sees_trees_and_paths() {
    let text = "use crate::{case::model::{A, B}, fetch};\nfn f() { crate::policy::g() }\nuse crate::run::x;";
    assert_eq!(imported(text), ["case", "fetch", "policy", "run"]);
}
