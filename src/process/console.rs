//! Where words go: results to standard output, everything else to standard error. Only the lines that show progress are
//! written elsewhere; they and all of this go through the same functions, so that no terminal obeys what came from
//! outside.

use std::{
    borrow::Cow,
    collections::HashMap,
    io::{self, IsTerminal, Write},
    sync::{Arc, OnceLock},
};

use super::{Listener, exit::Exit};
use crate::{
    conformance::ConformanceError,
    diagnostic::{Diagnostic, SourceText, visible_json, visible_lines},
    message::isomorphic,
    redaction::{self, HIDDEN, Redactor},
    report::{self, diagnostic::Style, paint::Paint},
};

/// The secrets of this process's target. Records have none; what else is printed, such as an error of the operating
/// system or an answer of a bucket's API, is held against them here.
static SECRETS: OnceLock<Redactor> = OnceLock::new();

/// A text as it is printed.
fn printable(text: &str) -> Cow<'_, str> {
    match SECRETS.get() {
        Some(redactor) => redactor.text(text),
        None => Cow::Owned(Redactor::new().text(text).into_owned()),
    }
}

/// Whether a runner reads both outputs for workflow commands.
static IN_A_RUNNER: OnceLock<bool> = OnceLock::new();

/// A text for a log, which has no command in it that a runner would obey.
fn logged(text: &str) -> Cow<'_, str> {
    match IN_A_RUNNER.get() {
        Some(true) => report::github::defused(text),
        _ => Cow::Borrowed(text),
    }
}

/// Writes a line beside the result, from wherever something is told.
pub(crate) fn note(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{}", logged(&visible_lines(&printable(text))));
}

/// When to colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
pub enum Colour {
    /// On a terminal, unless NO_COLOR is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// Standard output and standard error, each painted or not.
pub(crate) struct Console {
    out: Paint,
    err: Paint,
    /// Whether somebody watches standard error.
    pub(crate) live: bool,
    pub(crate) verbose: bool,
}

impl Console {
    /// `in_a_runner`: whether a runner of GitHub Actions reads what is written.
    pub(crate) fn new(colour: Colour, verbose: bool, no_color: bool, in_a_runner: bool) -> Self {
        // One process has one environment.
        let _ = IN_A_RUNNER.set(in_a_runner);
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

    pub(crate) fn out_paint(&self) -> Paint {
        self.out
    }

    pub(crate) fn err_paint(&self) -> Paint {
        self.err
    }

    /// Writes a result that is for reading, to a terminal or not: logs end on terminals, too. A reader who went away
    /// (`| head`) is no error.
    pub(crate) fn print(&self, text: &str) {
        let text = self.out.finish(&printable(text));
        let _ = io::stdout().lock().write_all(logged(&text).as_bytes());
    }

    /// Writes the same to standard error, where standard output has something for other programs.
    pub(crate) fn print_beside(&self, text: &str) {
        let text = self.err.finish(&printable(text));
        let _ = io::stderr().lock().write_all(logged(&text).as_bytes());
    }

    /// Writes what a runner is to obey, beside the summary. Made by [`report::github`] alone.
    pub(crate) fn print_commands(&self, text: &str, beside: bool) {
        let text = visible_lines(&printable(text));
        let _ = match beside {
            true => io::stderr().lock().write_all(text.as_bytes()),
            false => io::stdout().lock().write_all(text.as_bytes()),
        };
    }

    /// Writes a result that other programs read: byte for byte to a pipe or file but for secrets in it, made visible on
    /// a terminal.
    pub(crate) fn print_data(&self, bytes: &[u8]) {
        let text = isomorphic::decode(bytes);
        let encoded = match printable(&text) {
            Cow::Owned(redacted) if redacted != text => isomorphic::encode(&redacted),
            _ => None,
        };
        let bytes = encoded.as_deref().unwrap_or(bytes);
        let mut out = io::stdout().lock();
        let _ = if out.is_terminal() {
            out.write_all(visible_lines(&String::from_utf8_lossy(bytes)).as_bytes())
        } else {
            out.write_all(bytes)
        };
    }

    /// Writes a text of the program itself, such as a manual page: nothing in it comes from outside, and what looks like
    /// a secret is an example.
    pub(crate) fn print_own(&self, text: &[u8]) {
        let _ = io::stdout().lock().write_all(text);
    }

    /// Writes a result as JSON, which is the same JSON wherever it goes.
    pub(crate) fn print_json(&self, text: String) {
        let text = visible_json(printable(&text).into_owned());
        let _ = writeln!(io::stdout().lock(), "{}", text.trim_end());
    }

    /// Writes a line beside the result.
    pub(crate) fn note(&self, text: &str) {
        note(text);
    }

    fn style(&self) -> Style {
        Style { colour: self.err.colour, ..Style::default() }
    }

    /// Shows diagnostics, in their order.
    pub(crate) fn diagnostics(&self, diagnostics: &[Diagnostic]) {
        let mut sources = HashMap::new();
        for diagnostic in diagnostics {
            let diagnostic = without_secrets(diagnostic, &mut sources);
            // The view made all of it visible; the escape sequences are its own.
            let _ = writeln!(
                io::stderr().lock(),
                "{}",
                logged(&printable(&report::diagnostic::render(&diagnostic, self.style())))
            );
        }
    }

    /// Shows what must be fixed before anything can be done.
    pub(crate) fn refuse(&self, diagnostic: &Diagnostic) -> Exit {
        self.diagnostics(std::slice::from_ref(diagnostic));
        Exit::Input
    }

    /// Shows why a run cannot be made, and says how the process ends.
    pub(crate) fn fail(&self, error: &ConformanceError) -> Exit {
        match error {
            ConformanceError::Input(diagnostics) => {
                self.diagnostics(diagnostics);
                Exit::Input
            }
            ConformanceError::NothingSelected(diagnostic) => {
                self.diagnostics(std::slice::from_ref(diagnostic));
                Exit::NothingRan
            }
            ConformanceError::Start(_) => {
                self.note(&error.to_string());
                Exit::Input
            }
            ConformanceError::Serve(_) => {
                self.note(&error.to_string());
                Exit::CouldNotJudge
            }
        }
    }
}

impl Listener for Console {
    fn note(&self, text: &str) {
        note(text);
    }

    fn hide(&self, redactor: Redactor) {
        // One process has one target.
        let _ = SECRETS.set(redactor);
    }
}

/// A diagnostic whose lines and sentences do not show what its documents keep secret; every document once.
fn without_secrets(
    diagnostic: &Diagnostic,
    sources: &mut HashMap<usize, (Arc<SourceText>, Redactor)>,
) -> Diagnostic {
    let mut diagnostic = diagnostic.clone();
    for label in &mut diagnostic.labels {
        let address = Arc::as_ptr(&label.source).addr();
        let (masked, secrets) = sources.entry(address).or_insert_with(|| masked(&label.source));
        for text in [&mut diagnostic.message, &mut label.text].into_iter().chain(&mut diagnostic.help) {
            secrets.redact(text);
        }
        label.source = Arc::clone(masked);
    }
    diagnostic
}

/// The document with asterisks in the place of its secrets, byte by byte, so that places stay where they are; and what
/// knows these secrets.
fn masked(source: &Arc<SourceText>) -> (Arc<SourceText>, Redactor) {
    let mut redactor = Redactor::new();
    let literals = redaction::literals(&source.text);
    if literals.is_empty() {
        return (Arc::clone(source), redactor);
    }
    let mut text = String::with_capacity(source.text.len());
    let mut at = 0;
    for range in literals {
        let start = range.start.max(at);
        let secret = source.text.get(start..range.end).unwrap_or_default();
        text.push_str(source.text.get(at..start).unwrap_or_default());
        text.extend(std::iter::repeat_n('*', secret.len()));
        redactor.add(secret, HIDDEN);
        at = range.end.max(at);
    }
    text.push_str(source.text.get(at..).unwrap_or_default());
    (Arc::new(SourceText { name: source.name.clone(), text }), redactor)
}
