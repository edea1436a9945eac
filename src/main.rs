//! The command line; all of it is in `crosscheck::cli`.

use std::process::ExitCode;

fn main() -> ExitCode {
    crosscheck::cli::main()
}
