//! The guide to writing cases: every example in it is in order, passes on the reference store when
//! it is tried alone, and one bites.

use std::{
    path::PathBuf,
    process::{Command, Output},
};

use crate::folder::Folder;
use crosscheck::{
    policy::Dialect,
    reference::{DEFAULT_BUCKET, Server, ServerConfig, Store},
};

const GUIDE: &str = include_str!("../../docs/writing-cases.md");

/// The JSON blocks of the guide, each with the name that stands before it.
fn examples() -> Vec<(&'static str, &'static str)> {
    GUIDE
        .split("<!-- ")
        .filter_map(|part| {
            let (name, rest) = part.split_once(" -->\n```json\n")?;
            Some((name, rest.split_once("```")?.0))
        })
        .collect()
}

/// The examples as files, in a folder of their own.
fn written() -> (Folder, Vec<PathBuf>) {
    let folder = Folder::new();
    let files = examples().into_iter().map(|(name, text)| folder.write(name, text)).collect();
    (folder, files)
}

fn crosscheck(folder: &Folder, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_crosscheck"))
        .args(arguments)
        .current_dir(folder.path())
        .env_clear()
        .output()
        .expect("the binary runs")
}

#[test]
fn every_block_of_the_guide_is_an_example() {
    assert_eq!(GUIDE.matches("```json").count(), examples().len());
    assert!(examples().len() >= 5);
}

#[test]
fn every_example_is_in_order_and_passes_when_it_is_tried_alone() {
    let (folder, files) = written();
    for file in files {
        let file = file.to_string_lossy().into_owned();
        let checked = crosscheck(&folder, &["check", &file]);
        let complaints = String::from_utf8_lossy(&checked.stderr).into_owned();
        assert!(checked.status.success() && complaints.is_empty(), "{file}: {complaints}");
        let tried = crosscheck(&folder, &["try", &file, "--target", "embedded"]);
        let told = String::from_utf8_lossy(&tried.stdout).into_owned();
        assert_eq!(tried.status.code(), Some(0), "{file}: {told}");
        assert!(told.contains("> GET ") || told.contains("> OPTIONS "), "{told}");
    }
    assert!(!folder.join("reports").exists(), "trying writes no reports");
}

#[test]
fn one_case_is_tried_alone_against_a_url() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let store = Store::with_default_bucket(Dialect::Oss);
    let server = runtime.block_on(Server::start(ServerConfig::new(store))).expect("the store starts");
    let url = server.bucket_url(DEFAULT_BUCKET).join("data.json").expect("a URL").to_string();
    let (folder, files) = written();
    let upload = files.iter().find(|file| file.ends_with("upload.json")).expect("an example");
    let upload = upload.to_string_lossy().into_owned();
    let arguments = [
        "try",
        upload.as_str(),
        "stranger-does-not-read",
        "--target",
        url.as_str(),
        "--allowed-origin",
        "https://app.example",
    ];
    let tried = crosscheck(&folder, &arguments);
    let told = String::from_utf8_lossy(&tried.stdout).into_owned();
    assert_eq!(tried.status.code(), Some(0), "{told}");
    assert!(told.contains("mine/stranger-does-not-read") && !told.contains("upload-is-asked"), "{told}");
    assert!(told.contains("blocked, cors-check.missing"), "{told}");
    runtime.block_on(server.shutdown());
}

#[test]
fn the_first_example_bites() {
    let (folder, _) = written();
    let tried = crosscheck(
        &folder,
        &["try", "my-case.json", "--target", "embedded", "--fault", "expose-on-preflight-only"],
    );
    let told = String::from_utf8_lossy(&tried.stdout).into_owned();
    assert_eq!(tried.status.code(), Some(1), "{told}");
    assert!(told.contains("expect.exposed") && told.contains("fix:"), "{told}");
}
