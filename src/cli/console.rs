//! Where words go: results to standard output, everything else to standard error. Only the lines that show progress are
//! written elsewhere; they and all of this go through the same functions, so that no terminal obeys what came from
//! outside.

use std::io::{self, IsTerminal, Write};

use super::{args::Colour, exit::Exit};
use crate::{
    diagnostic::{Diagnostic, visible_json, visible_lines},
    report::{self, diagnostic::Style, paint::Paint},
};

/// Writes a line beside the result, from wherever something is told.
pub(super) fn note(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{}", visible_lines(text));
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

    /// Writes a result that is for reading, to a terminal or not: logs end on terminals, too. A reader who went away
    /// (`| head`) is no error.
    pub(super) fn print(&self, text: &str) {
        let _ = io::stdout().lock().write_all(self.out.finish(text).as_bytes());
    }

    /// Writes a result that other programs read: byte for byte to a pipe or file, made visible on a terminal.
    pub(super) fn print_data(&self, bytes: &[u8]) {
        let mut out = io::stdout().lock();
        let _ = if out.is_terminal() {
            out.write_all(visible_lines(&String::from_utf8_lossy(bytes)).as_bytes())
        } else {
            out.write_all(bytes)
        };
    }

    /// Writes a result as JSON, which is the same JSON wherever it goes.
    pub(super) fn print_json(&self, text: String) {
        let _ = writeln!(io::stdout().lock(), "{}", visible_json(text).trim_end());
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
            // The view made all of it visible; the escape sequences are its own.
            let _ = writeln!(io::stderr().lock(), "{}", report::diagnostic::render(diagnostic, self.style()));
        }
    }

    /// Shows what must be fixed before anything can be done.
    pub(super) fn refuse(&self, diagnostic: &Diagnostic) -> Exit {
        self.diagnostics(std::slice::from_ref(diagnostic));
        Exit::Input
    }
}
