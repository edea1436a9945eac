//! What can be wrong with an answer, and which answers are are counted as errors.

use crosscheck_core::verdict::Code;

/// What is wrong with an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
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
}

/// Whether an answer with this status is one of overload or failure: counted as an error by its
/// kind, not judged as an answer to a page.
pub(crate) const fn counts_as_error(status: u16) -> bool {
    status == 429 || status >= 500
}
