//! The tests of load runs. They measure, so that they do not share the processor with other tests.

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

#[path = "../support/folder.rs"]
mod folder;
#[path = "../support/load_command.rs"]
mod load_command;
#[path = "../support/load_http2.rs"]
mod load_http2;
#[path = "../support/load_record.rs"]
mod load_record;
#[path = "../support/load_server.rs"]
mod load_server;

mod baseline;
mod causes;
mod cli;
mod ends;
mod engine;
mod goose;
mod plans;
mod render;
mod report;
