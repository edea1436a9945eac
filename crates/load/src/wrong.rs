//! What can be wrong with an answer, what shows it, and which answers are counted as errors.

use std::sync::Arc;

use crosscheck_core::{
    diagnosis::{ExplainedRequest, Sighting},
    exchange::Transcript,
    message::Response,
    verdict::{Code, Finding},
};

/// What is wrong with an answer.
#[derive(Clone, Debug)]
pub struct Wrong {
    /// The code of what is wrong.
    pub reason: Code,
    /// One sentence.
    pub message: String,
    /// The section of the standard.
    pub section: Option<String>,
    /// What a right answer would have said, in words.
    pub expected: String,
    /// Whether it carries what another page, or another resource, was to get.
    pub crossed: bool,
    /// The answer that was judged, where a single one was. Answers differ by their date alone: it takes no part in
    /// comparisons.
    pub answer: Option<Arc<Response>>,
}

impl PartialEq for Wrong {
    fn eq(&self, other: &Self) -> bool {
        let Self { reason, message, section, expected, crossed, answer: _ } = self;
        (reason, message, section, expected, crossed)
            == (&other.reason, &other.message, &other.section, &other.expected, &other.crossed)
    }
}

impl Eq for Wrong {}

impl Wrong {
    /// What shows why, where a single answer was judged.
    pub(crate) fn shown(&self) -> Option<Shown> {
        self.answer.as_ref().map(|answer| Shown::Answer(Arc::clone(answer)))
    }
}

/// What was requested of which the answer is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Requested {
    /// Its index among the templates, the page requests or the trials of the work.
    pub index: usize,
    /// Whether it was answered correctly before the load; `None`: it was not sent then.
    pub ok_unloaded: Option<bool>,
}

/// What shows why answers are wrong: what the diagnosis needs, kept once for each way to be wrong.
#[derive(Clone, Debug)]
pub enum Shown {
    /// The answer to a template's request.
    Answer(Arc<Response>),
    /// A page's request, and what came of it.
    Page(Box<(ExplainedRequest, Sighting)>),
    /// What was sent and answered for a case, and what was found.
    Case(Box<(Transcript, Finding)>),
}

/// Whether an answer with this status is one of overload or failure: counted as an error by its
/// kind, not judged as an answer to a page.
pub(crate) const fn counts_as_error(status: u16) -> bool {
    status == 429 || status >= 500
}
