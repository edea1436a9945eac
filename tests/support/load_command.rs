//! `crosscheck load` and a store for it, as tests start them.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Output, Stdio},
};

use crate::folder::Folder;
use crosscheck::load::record::LoadRecord;

/// Writes a file and gives its path as an argument.
pub(crate) fn written(folder: &Folder, name: &str, text: &str) -> String {
    folder.write(name, text).display().to_string()
}

/// The record of the folder's load run.
pub(crate) fn record_in(folder: &Folder) -> LoadRecord {
    serde_json::from_str(&folder.read("load.json")).expect("a record")
}

/// A load run, against the embedded reference store where the arguments name no endpoint.
pub(crate) fn command(folder: &Folder, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_crosscheck"));
    command.args(["load", "--report-dir"]).arg(folder.path()).args(arguments).env_remove("CROSSCHECK_TARGET");
    if !arguments.contains(&"--target") {
        command.args(["--target", "embedded"]);
    }
    command
}

/// The exit code, and what was said on both ways out.
pub(crate) fn load(folder: &Folder, arguments: &[&str]) -> (i32, String) {
    let output: Output = command(folder, arguments).output().expect("it runs");
    let said = [output.stdout, output.stderr].concat();
    (output.status.code().unwrap_or(-1), String::from_utf8_lossy(&said).into_owned())
}

/// Of a run whose harness had no time, nothing is said but that: a test's machine may be busy.
pub(crate) fn ends(folder: &Folder, (code, said): &(i32, String), expected: i32) {
    assert!(
        *code == expected || (*code == 4 && !record_in(folder).validity.valid),
        "{code}, not {expected}: {said}"
    );
}

/// The engines of this build.
pub(crate) fn engines() -> Vec<&'static str> {
    if cfg!(feature = "load") { vec!["rate", "goose"] } else { vec!["rate"] }
}

/// What a load server allows.
pub(crate) const ALLOWED: [&str; 6] =
    ["--allowed-origin", "https://a.example", "--allowed-method", "PUT", "--allowed-header", "x-custom"];

/// A store that serves until it is dropped.
pub(crate) struct Store {
    process: Child,
    pub(crate) url: String,
}

impl Store {
    pub(crate) fn start(arguments: &[&str]) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_crosscheck"))
            .args(["serve", "--listen", "127.0.0.1:0"])
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("it starts");
        let mut line = String::new();
        BufReader::new(process.stdout.take().expect("a pipe")).read_line(&mut line).expect("its URL");
        Self { process, url: format!("{}/default/data.json", line.trim().trim_end_matches('/')) }
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
