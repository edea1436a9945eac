//! What is printed and written: a request can be sent again as it was, no terminal obeys what came from outside, and
//! names that nothing could be sent with are refused at once.

mod again;
mod names;
mod terminal;

use std::process::{Command, Stdio};

const ALLOWED: &str = "https://app.example";

/// A case that any endpoint is asked.
const ONE: &str = r#"{ "id": "one", "title": "t", "cases": [{ "id": "a", "title": "t",
  "requests": { "r": { "origin": "https://app.example", "expect": { "outcome": "allowed" } } } }] }"#;

/// The key of a bucket.
const KEY: [(&str, &str); 2] =
    [("CROSSCHECK_ACCESS_KEY_ID", "AKIDEXAMPLE"), ("CROSSCHECK_ACCESS_KEY_SECRET", "secret")];

/// Whether a program is there; said where it is not. CI has curl and bash.
#[allow(clippy::print_stderr, reason = "what is skipped says why")]
fn has(program: &str) -> bool {
    let there =
        Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok();
    if !there {
        eprintln!("skipped: there is no {program} here");
    }
    there
}
