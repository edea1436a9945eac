//! Where words go: results to standard output, everything else to standard error.

use std::io::{self, IsTerminal, Write};

use super::{args::Colour, exit::Exit};
use crate::{
    diagnostic::Diagnostic,
    report::{self, diagnostic::Style, paint::Paint},
};

/// Writes a line beside the result, from wherever something is told.
pub(super) fn note(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// Standard output and standard error, each painted or not.
pub(super) struct Console {
    out: Paint,
    err: Paint,
    /// Whether somebody watches standard error.
    pub(super) live: bool,
    pub(super) verbose: bool,
}

impl Console {
    pub(super) fn new(colour: Colour, verbose: bool, no_color: bool) -> Self {
        let paint = |terminal: bool| Paint {
            colour: match colour {
                Colour::Always => true,
                Colour::Never => false,
                Colour::Auto => terminal && !no_color,
            },
        };
        let live = io::stderr().is_terminal();
        Self { out: paint(io::stdout().is_terminal()), err: paint(live), live, verbose }
    }

    pub(super) fn out_paint(&self) -> Paint {
        self.out
    }

    pub(super) fn err_paint(&self) -> Paint {
        self.err
    }

    /// Writes a result. A reader who went away (`| head`) is no error.
    pub(super) fn print(&self, text: &str) {
        let _ = io::stdout().lock().write_all(text.as_bytes());
    }

    /// Writes a result byte for byte.
    pub(super) fn print_bytes(&self, bytes: &[u8]) {
        let _ = io::stdout().lock().write_all(bytes);
    }

    /// Writes a line beside the result.
    pub(super) fn note(&self, text: &str) {
        note(text);
    }

    fn style(&self) -> Style {
        Style { colour: self.err.colour, ..Style::default() }
    }

    /// Shows diagnostics, in their order.
    pub(super) fn diagnostics(&self, diagnostics: &[Diagnostic]) {
        for diagnostic in diagnostics {
            self.note(&report::diagnostic::render(diagnostic, self.style()));
        }
    }

    /// Shows what must be fixed before anything can be done.
    pub(super) fn refuse(&self, diagnostic: &Diagnostic) -> Exit {
        self.diagnostics(std::slice::from_ref(diagnostic));
        Exit::Input
    }
}
