//! The suites as tests: against the embedded reference store, or against `CROSSCHECK_TARGET`.

use std::process::ExitCode;

fn main() -> ExitCode {
    crosscheck::cargo_test_embedded()
}
