//! What a process of ours reads and writes: environment variables, the target file, case files, standard error,
//! signals, and the code that it exits with. For the command line as for test binaries; knows no arguments.

pub(crate) mod console;
pub(crate) mod environment;
pub(crate) mod exit;
pub(crate) mod resolve;
pub(crate) mod runtime;
pub(crate) mod signal;
pub(crate) mod suites;

use crate::redaction::Redactor;

/// What hears of a configuration while it is resolved.
pub(crate) trait Listener {
    /// Hears what a person should know, such as which target file is used.
    fn note(&self, text: &str);
    /// Shows nothing from now on that these settings keep secret.
    fn hide(&self, redactor: Redactor);
}

/// Hears nothing: a library does not print.
pub(crate) struct Silent;

impl Listener for Silent {
    fn note(&self, _: &str) {}

    fn hide(&self, _: Redactor) {}
}
