//! The commands in README.md and docs/: each `sh` block runs as it is written, in a folder of its document's,
//! and ends with exit code 0. An HTML comment before a block changes that:
//! `<!-- not run: REASON -->`, or `<!-- exit: 0 4 -->` with the codes that are right.

use std::{
    env, fs,
    io::{BufRead, BufReader},
    os::unix::fs::symlink,
    path::Path,
    process::{Child, Command, Stdio},
};

use crate::folder::Folder;

/// An endpoint of the user's in the documents; the tests serve one in its place.
const LOCAL_ENDPOINT: &str = "http://127.0.0.1:8080/items";

struct Document {
    name: String,
    text: String,
}

struct Block {
    line: usize,
    script: String,
    run: Run,
}

#[derive(Debug, PartialEq)]
enum Run {
    /// It must end with one of these codes.
    Ends(Vec<i32>),
    /// It cannot run in a test.
    Not(String),
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn documents() -> Vec<Document> {
    let mut names = vec!["README.md".to_owned()];
    for entry in fs::read_dir(root().join("docs")).expect("docs") {
        let name = entry.expect("an entry").file_name().to_string_lossy().into_owned();
        if name.ends_with(".md") {
            names.push(format!("docs/{name}"));
        }
    }
    names.sort();
    let read = |name: String| {
        let text = fs::read_to_string(root().join(&name)).expect("a document");
        Document { name, text }
    };
    names.into_iter().map(read).collect()
}

/// The `sh` blocks of a document.
fn blocks(document: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut note = None;
    let mut lines = document.lines().enumerate();
    while let Some((index, line)) = lines.next() {
        let text = line.trim();
        if text == "```sh" {
            let indent = line.len() - line.trim_start().len();
            let script: Vec<&str> = lines
                .by_ref()
                .map(|(_, line)| line)
                .take_while(|line| line.trim() != "```")
                .map(|line| line.get(indent..).unwrap_or_default())
                .collect();
            let run = note.take().unwrap_or(Run::Ends(vec![0]));
            blocks.push(Block { line: index + 1, script: script.join("\n"), run });
        } else if let Some(comment) = text.strip_prefix("<!-- ").and_then(|text| text.strip_suffix(" -->")) {
            note = comment_of(comment);
        } else if !text.is_empty() {
            note = None;
        }
    }
    blocks
}

fn comment_of(comment: &str) -> Option<Run> {
    if let Some(reason) = comment.strip_prefix("not run:") {
        return Some(Run::Not(reason.trim().to_owned()));
    }
    let codes = comment.strip_prefix("exit:")?;
    Some(Run::Ends(codes.split_whitespace().map(|code| code.parse().expect("an exit code")).collect()))
}

/// The JSON blocks that have a file name in a comment before them.
fn named_files(document: &str) -> Vec<(&str, &str)> {
    document
        .split("<!-- ")
        .filter_map(|part| {
            let (name, rest) = part.split_once(" -->\n```json\n")?;
            Some((name, rest.split_once("```")?.0))
        })
        .collect()
}

/// A folder in which a document's blocks run.
fn prepared(document: &Document) -> Folder {
    let folder = Folder::new();
    fs::create_dir(folder.join("bin")).expect("a folder");
    symlink(env!("CARGO_BIN_EXE_crosscheck"), folder.join("bin/crosscheck")).expect("a link");
    for shared in ["examples", "suites"] {
        symlink(root().join(shared), folder.join(shared)).expect("a link");
    }
    for (name, text) in named_files(&document.text) {
        folder.write(name, text);
    }
    folder
}

/// The reference store in a process of its own.
struct Store {
    child: Child,
    url: String,
}

impl Store {
    fn start() -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_crosscheck"))
            .args(["serve", "--listen", "127.0.0.1:0"])
            .env_clear()
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the store starts");
        let mut url = String::new();
        let stdout = child.stdout.take().expect("standard output");
        BufReader::new(stdout).read_line(&mut url).expect("its URL");
        Self { child, url: url.trim().to_owned() }
    }

    /// The bucket that may stand for an endpoint of the user's.
    fn bucket(&self) -> String {
        format!("{}/default", self.url.trim_end_matches('/'))
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs the blocks of the documents that `chosen` takes.
fn run(chosen: impl Fn(&str) -> bool) {
    let store = Store::start();
    let mut failures = Vec::new();
    for document in documents().iter().filter(|document| chosen(&document.name)) {
        let folder = prepared(document);
        let path = env::join_paths(
            [folder.join("bin")]
                .into_iter()
                .chain(env::split_paths(&env::var_os("PATH").unwrap_or_default())),
        );
        for block in blocks(&document.text) {
            let at = format!("{}:{}", document.name, block.line);
            let codes = match block.run {
                Run::Ends(codes) => codes,
                Run::Not(reason) => {
                    println!("{at}: not run: {reason}");
                    continue;
                }
            };
            let script = block.script.replace(LOCAL_ENDPOINT, &store.bucket());
            let output = Command::new("bash")
                .args(["-euo", "pipefail", "-c", &script])
                .current_dir(folder.path())
                .env_clear()
                .env("PATH", path.as_ref().expect("a path"))
                .env("HOME", folder.path())
                // A test machine is no place to measure; the plans' own rates are not its matter.
                .env("CROSSCHECK_MAX_RATE", "50")
                .stdin(Stdio::null())
                .output()
                .expect("bash runs");
            let code = output.status.code().unwrap_or(-1);
            if !codes.contains(&code) {
                let all = [output.stdout, output.stderr].concat();
                let all = String::from_utf8_lossy(&all);
                let tail: Vec<&str> = all.lines().rev().take(15).collect();
                let tail: Vec<&str> = tail.into_iter().rev().collect();
                failures.push(format!(
                    "{at}: exit code {code}, expected {codes:?}\n{script}\n---\n{}",
                    tail.join("\n")
                ));
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

#[test]
fn the_commands_of_the_readme_run() {
    run(|name| name == "README.md");
}

#[test]
fn the_commands_about_load_run() {
    run(|name| name.starts_with("docs/load"));
}

#[test]
fn the_commands_of_the_other_documents_run() {
    run(|name| name != "README.md" && !name.starts_with("docs/load"));
}

#[test]
fn blocks_that_do_not_run_give_a_reason() {
    let mut ran = 0;
    for document in documents() {
        for block in blocks(&document.text) {
            match block.run {
                Run::Not(reason) => assert!(reason.len() > 8, "{}:{}", document.name, block.line),
                Run::Ends(_) => ran += 1,
            }
        }
    }
    assert!(ran >= 8, "only {ran} blocks run");
}

#[test]
fn a_comment_before_a_block_says_how_it_runs() {
    let document = "a\n\n```sh\none\ntwo\n```\n\n<!-- not run: needs a bucket -->\n```sh\nx\n```\n\
                    <!-- exit: 0 4 -->\n\n   ```sh\n   y\n   ```\n<!-- exit: 1 -->\ntext\n```sh\nz\n```\n";
    let blocks = blocks(document);
    let found: Vec<(usize, &str, &Run)> =
        blocks.iter().map(|block| (block.line, block.script.as_str(), &block.run)).collect();
    assert_eq!(
        found,
        [
            (3, "one\ntwo", &Run::Ends(vec![0])),
            (9, "x", &Run::Not("needs a bucket".to_owned())),
            (14, "y", &Run::Ends(vec![0, 4])),
            (19, "z", &Run::Ends(vec![0])),
        ]
    );
}
