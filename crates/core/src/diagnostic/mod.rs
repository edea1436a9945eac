//! Decides the one shape in which anything is told to a user: code, severity, message, place,
//! help. Pure data; how it looks is the views' business.

mod visible;

use std::{ops::Range, sync::Arc};

pub use visible::{is_hidden, verbatim, visible, visible_json, visible_lines};

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing.
    Note,
    /// Suspicious; nothing is stopped.
    Warning,
    /// The input must be fixed.
    Error,
}

/// A text in which a diagnostic can point.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceText {
    /// What the user calls it: a path as given, or a URL.
    pub name: String,
    /// The whole text.
    pub text: String,
}

/// A place in a text: a byte range, with a few words to stand at the caret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// The text that is pointed into.
    pub source: Arc<SourceText>,
    /// Byte offsets into that text.
    pub span: Range<usize>,
    /// Words at the caret; may be empty.
    pub text: String,
}

/// One thing to tell a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// A stable code, such as `case.unknown-field`.
    pub code: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// One sentence fragment, lower case, that says what is wrong.
    pub message: String,
    /// Where; the first is the primary place.
    pub labels: Vec<Label>,
    /// What was expected, and what to do.
    pub help: Vec<String>,
    /// Where to read on.
    pub link: Option<String>,
}

impl Diagnostic {
    /// An error without a place.
    pub fn error(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            severity: Severity::Error,
            message: message.into(),
            labels: Vec::new(),
            help: Vec::new(),
            link: None,
        }
    }

    /// A warning without a place.
    pub fn warning(code: &'static str, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, message) }
    }

    /// The same, pointing at a place.
    #[must_use]
    pub fn at(mut self, source: &Arc<SourceText>, span: Range<usize>, text: impl Into<String>) -> Self {
        self.labels.push(Label { source: Arc::clone(source), span, text: text.into() });
        self
    }

    /// The same, with one more line of help.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help.push(help.into());
        self
    }
}

impl SourceText {
    /// Line and column of a byte offset, both from 1; the column counts characters.
    pub fn position(&self, offset: usize) -> (usize, usize) {
        let before = self.text.get(..offset).unwrap_or(&self.text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
        (line, column)
    }
}
