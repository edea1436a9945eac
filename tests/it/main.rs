//! The tests of the program and of its crates, but for those that measure: these are in `tests/load`, so that nothing
//! else uses the processor meanwhile.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::exit,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test runs programs, opens sockets and reads files, and stops where it cannot go on"
)]

#[path = "../support/bad_server.rs"]
mod bad_server;
#[path = "../support/bucket.rs"]
mod bucket;
#[path = "../support/folder.rs"]
mod folder;
#[path = "../support/hostile.rs"]
mod hostile;

mod away;
mod browser_truth;
mod caches;
mod care;
mod case_files;
mod case_schema;
mod cause_matrix;
mod causes;
mod cli;
mod composed;
mod coverage;
mod cures;
mod documented_commands;
mod endpoint;
mod explain_matrix;
mod explain_paste;
mod fetch_properties;
mod follow_up;
mod gates;
mod help;
mod kill_matrix;
mod manual;
mod near_origins;
mod on_the_way;
mod operations;
mod pairs;
mod promises;
mod reference_store;
mod reports;
mod rules;
mod run_page;
mod samples;
mod signature;
mod story;
mod transport;
mod troubleshooting;
mod writing_cases;
