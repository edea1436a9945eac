//! The reports in `reports/sample`: each is what `render` makes of the record beside it. `BLESS=1 cargo test --test it
//! samples` runs again and writes them anew.

use std::{fs, path::PathBuf};

use crate::{
    care::support::{Folder, Server, crosscheck},
    run_page::without_vary,
};

fn samples() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("reports/sample")
}

/// The files of a record, the record first.
const RUN: [&str; 5] = ["run.json", "run.html", "run.md", "run.sarif", "junit.xml"];
const LOAD: [&str; 3] = ["load.json", "load.html", "load.md"];

/// Makes the records anew: a run against a server without `Vary`, and a load run against the reference store.
fn bless() {
    let server = Server::start(without_vary);
    let folder = Folder::new();
    let run = [
        "run",
        "promises",
        "cache/endpoint/two-origins",
        "origin/near-allowed/read",
        "--target",
        &server.url("/items"),
        "--allowed-origin",
        "https://app.site.example",
        "--allowed-origin",
        "https://admin.site.example",
        "--allowed-method",
        "GET",
        "--allowed-method",
        "PUT",
        "--allowed-header",
        "content-type",
    ];
    crosscheck(&folder, &run).with_code(1);
    let load = ["load", "preflight-storm", "--target", "embedded", "--rate", "300", "--duration", "4s"];
    crosscheck(&folder, &load);
    fs::create_dir_all(samples()).expect("a folder");
    for file in ["run.json", "load.json"] {
        // Where the program was built says nothing to a reader.
        let record =
            folder.read(&format!("reports/{file}")).replace(env!("CARGO_BIN_EXE_crosscheck"), "crosscheck");
        fs::write(samples().join(file), record).expect("a record");
    }
}

#[test]
fn the_samples_are_what_is_made_of_their_records() {
    let blessed = std::env::var_os("BLESS").is_some();
    if blessed {
        bless();
    }
    let folder = Folder::new();
    for files in [&RUN[..], &LOAD[..]] {
        let record = samples().join(files[0]);
        crosscheck(&folder, &["render", record.to_str().expect("a path")]);
        for file in &files[1..] {
            let made = folder.read(&format!("reports/{file}"));
            if blessed {
                fs::write(samples().join(file), &made).expect("a sample");
            }
            let committed = fs::read_to_string(samples().join(file)).unwrap_or_default();
            assert!(
                committed == made,
                "reports/sample/{file} is stale: BLESS=1 cargo test --test it samples"
            );
        }
    }
}

#[test]
fn the_sample_of_a_run_has_a_cause_with_its_cure_and_a_diagram() {
    let page = fs::read_to_string(samples().join("run.html")).expect("a sample");
    for shown in ["vary-missing", "What to change", "<svg class=\"sequence\""] {
        assert!(page.contains(shown), "{shown}");
    }
}
