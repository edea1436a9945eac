use std::{fmt, ops::Range, sync::Arc};

use crate::diagnostic::{Diagnostic, SourceText};

/// The forms that are read, for errors.
pub const ACCEPTED: &str = "a URL; a `curl` command; `fetch(\"…\", {…})`; `Invoke-WebRequest`; a HAR file; a CORS message of a \
     browser's console";

/// Why a pasted text is not a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotUnderstood {
    /// What is wrong.
    pub why: Why,
    /// Bytes of the text, in which line ends count as one byte.
    pub span: Range<usize>,
    /// Line and column, both from 1.
    pub position: (usize, usize),
}

/// What is wrong with a pasted text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Why {
    /// Nothing but whitespace.
    #[error("the text is empty")]
    Empty,
    /// None of the forms.
    #[error("the text is in none of the accepted forms")]
    UnknownForm,
    /// A call of another library.
    #[error("calls of {0} are not read")]
    OtherLibrary(&'static str),
    /// A quote without its end.
    #[error("this {0} has no end")]
    Unclosed(Quote),
    /// Brackets within brackets, too many.
    #[error("the object literal is nested more than {0} levels deep")]
    TooDeep(usize),
    /// Something else stands where a token is expected.
    #[error("expected {0}")]
    Expected(&'static str),
    /// An option without its value.
    #[error("the option {0} has no value")]
    NoValue(String),
    /// A request without a URL.
    #[error("the {0} has no URL")]
    NoUrl(&'static str),
    /// The URL is computed.
    #[error("the URL is an expression: write it as text")]
    ComputedUrl,
    /// The URL is relative to an unknown page.
    #[error("the URL is relative to the page: write the whole URL")]
    RelativeUrl,
    /// Not a URL.
    #[error("not a valid URL: {0}")]
    Url(String),
    /// A URL of another scheme.
    #[error("the URL is of the scheme `{0}`, expected http or https")]
    Scheme(String),
    /// Not a method.
    #[error("not a valid method")]
    Method,
    /// A header whose name is not one.
    #[error("not a valid header")]
    Header,
    /// A HAR file without a request to another origin.
    #[error("the recording has no request of a page to another origin")]
    NoCrossOrigin,
    /// A HAR file that is not one.
    #[error("{0}")]
    Har(String),
}

/// What opens and closes a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quote {
    /// `'`.
    Single,
    /// `"`.
    Double,
    /// A template string.
    Backtick,
    /// `(`, `[` or `{`.
    Bracket,
    /// `/* … */`.
    Comment,
}

impl fmt::Display for Quote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Single => "single quote",
            Self::Double => "double quote",
            Self::Backtick => "backtick",
            Self::Bracket => "bracket",
            Self::Comment => "comment",
        })
    }
}

/// An error before its position is known.
pub(super) type Fault = (Why, Range<usize>);

/// One at a byte.
pub(super) fn fault(why: Why, at: usize) -> Fault {
    (why, at..at)
}

impl NotUnderstood {
    pub(super) fn new((why, span): Fault, text: &str) -> Self {
        let mut start = span.start.min(text.len());
        while !text.is_char_boundary(start) {
            start -= 1;
        }
        let before = text.get(..start).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        Self { why, span, position: (line, column) }
    }

    /// As a diagnostic. The text itself is not shown: what people paste has their tokens and cookies in it.
    pub fn diagnostic(&self, source: &Arc<SourceText>) -> Diagnostic {
        let (line, column) = self.position;
        let place = match self.why {
            Why::Empty | Why::UnknownForm | Why::NoCrossOrigin | Why::Har(_) => String::new(),
            _ => format!(":{line}:{column}"),
        };
        let message = format!("{}{place}: {}", source.name, self.why);
        let error = Diagnostic::error(self.code(), message);
        match &self.why {
            Why::Empty | Why::UnknownForm | Why::OtherLibrary(_) => error
                .help(format!("accepted: {ACCEPTED}"))
                .help("in the browser's developer tools, under Network: right-click the request, Copy, Copy as cURL"),
            Why::Unclosed(_) | Why::Expected(_) => error.help(
                "the text may have been cut off, or a shell may have read its quotes: save it to a file and name it \
                 with @FILE, or pipe it in with -",
            ),
            Why::ComputedUrl | Why::RelativeUrl | Why::NoUrl(_) => {
                error.help("copy the request from the browser's developer tools, which write the whole URL")
            }
            Why::NoCrossOrigin => error.help("record the page while the request fails, and save all as HAR"),
            _ => error,
        }
    }

    fn code(&self) -> &'static str {
        match self.why {
            Why::Empty => "paste.empty",
            Why::UnknownForm => "paste.form",
            Why::OtherLibrary(_) => "paste.library",
            Why::Unclosed(_) | Why::TooDeep(_) | Why::Expected(_) | Why::NoValue(_) => "paste.syntax",
            Why::NoUrl(_) | Why::ComputedUrl | Why::RelativeUrl | Why::Url(_) | Why::Scheme(_) => "paste.url",
            Why::Method => "paste.method",
            Why::Header => "paste.header",
            Why::NoCrossOrigin => "paste.no-cors",
            Why::Har(_) => "paste.har",
        }
    }
}
