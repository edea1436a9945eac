//! How much memory and how large a report a run and an explanation need, whatever the endpoint
//! answers: `cargo bench --bench memory`, or with a binary that is there already
//! `BINARY=target/release/crosscheck cargo bench --bench memory -- long-head`. Ends with 1
//! where one needs more than 300 MB. Reads `/proc`, and so runs on Linux.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a benchmark runs programs, opens sockets and prints, and stops where it cannot go on"
)]

#[path = "../tests/support/hostile.rs"]
mod hostile;

use std::{
    env, fs,
    process::{Command, ExitCode, Stdio},
    time::Duration,
};

use hostile::{ALLOWED, Endpoint, Hostile, watch};

/// The bound, in bytes.
const MOST: u64 = 300 * 1000 * 1000;

/// How long each may take.
const PATIENCE: Duration = Duration::from_secs(300);

fn main() -> ExitCode {
    let binary = env::var("BINARY").unwrap_or_else(|_| env!("CARGO_BIN_EXE_crosscheck").to_owned());
    let binary = fs::canonicalize(&binary).expect("the binary");
    let wanted: Vec<String> = env::args().skip(1).filter(|name| !name.starts_with("--")).collect();
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let mut held = true;
    println!("| endpoint | command | exit | peak memory, MB | run.json, kB | junit.xml, kB | seconds |");
    println!("| --- | --- | --- | --- | --- | --- | --- |");
    for hostile in Hostile::ALL {
        if !wanted.is_empty() && !wanted.contains(&hostile.name()) {
            continue;
        }
        let endpoint = Endpoint::start(hostile);
        let url = endpoint.url.as_str();
        for arguments in [
            vec!["run", "--target", url, "--allowed-origin", ALLOWED],
            vec!["explain", url, "--origin", "https://other.example", "--json"],
        ] {
            let _ = fs::remove_dir_all(folder.join("reports"));
            let child = Command::new(&binary)
                .args(&arguments)
                .current_dir(folder)
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .expect("the binary starts");
            let used = watch(child, PATIENCE);
            let size = |name: &str| {
                let size = fs::metadata(folder.join("reports").join(name)).map(|file| file.len() / 1000);
                size.map_or_else(|_| "–".to_owned(), |size| size.to_string())
            };
            let code = used.status.and_then(|status| status.code());
            let ended = code.map_or_else(|| "not in time".to_owned(), |code| code.to_string());
            println!(
                "| {} | {} | {ended} | {} | {} | {} | {:.1} |",
                hostile.name(),
                arguments[0],
                used.peak_bytes / 1_000_000,
                size("run.json"),
                size("junit.xml"),
                used.took.as_secs_f64(),
            );
            // Whatever it finds, it has judged: an input error would measure nothing.
            held &= used.peak_bytes <= MOST && code.is_some_and(|code| [0, 1, 4].contains(&code));
        }
    }
    if held { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
