//! Decides whether a JSON text is the document that a Rust type describes: strict JSON, then
//! the schema that `schemars` derives from the type, so that type, published schema and check
//! are one fact. Every problem at once, each at its place in the text. Knows no files, and not
//! what the documents mean.

mod codes;
mod json;
mod place;
mod problem;
mod schema;
mod shape;
mod suggest;
#[cfg(test)]
mod tests;
mod text;

use std::sync::Arc;

pub use codes::Codes;
pub use place::{Place, Step, Tree};
pub use problem::Problem;
pub(crate) use problem::unforeseen;
pub use shape::schema_of;
pub use suggest::{nearest, quote};
pub use text::{MAX_BYTES, decode};

use schemars::JsonSchema;
use serde::de::DeserializeOwned;

pub use crate::codes;
use crate::diagnostic::{Diagnostic, SourceText};

/// A type that is read from a JSON text of its own.
///
/// Not every schema that `schemars` can emit is understood: `#[serde(flatten)]` and the
/// validations that need a regular expression are not. [`check`] then answers with an error
/// that says so, and a test of the type finds it.
pub trait Document: JsonSchema + DeserializeOwned + 'static {
    /// The codes of its diagnostics.
    const CODES: Codes;
    /// The patterns that its strings are held to.
    const PATTERNS: &'static [Pattern] = &[];
}

/// A `pattern` of a schema, as a function and in words.
#[derive(Clone, Copy, Debug)]
pub struct Pattern {
    /// The regular expression in the schema, byte for byte.
    pub regex: &'static str,
    /// Whether a string matches it.
    pub matches: fn(&str) -> bool,
    /// What such a string is, to follow "expected": `words in lower case joined by "-"`.
    pub words: &'static str,
}

/// A document with the places of its values in the text.
#[derive(Clone, Debug)]
pub struct Checked<T> {
    /// What the text says.
    pub value: T,
    /// Where it says it.
    pub tree: Tree,
}

/// Reads a document: the value, or everything that is wrong with the text.
///
/// # Errors
/// Every problem, in the order of the text; of a text that is not JSON, every error that does not follow from another.
pub fn check<T: Document>(source: &Arc<SourceText>) -> Result<Checked<T>, Vec<Diagnostic>> {
    let examined = examine::<T>(source);
    let Some(tree) = examined.tree else { return Err(examined.diagnostics()) };
    if !examined.problems.is_empty() {
        return Err(problem::diagnostics(examined.problems, examined.hidden, &T::CODES));
    }
    match T::deserialize(tree.root().to_json()) {
        Ok(value) => Ok(Checked { value, tree }),
        Err(error) => Err(vec![problem::unforeseen(&T::CODES, &tree, tree.root(), &error)]),
    }
}

/// A text held against the schema of a type, nothing thrown away.
#[derive(Clone, Debug)]
pub struct Examined {
    /// The values and their places; absent where the text is no JSON.
    pub tree: Option<Tree>,
    /// What is wrong, in the order of the text, at most a hundred.
    pub problems: Vec<Problem>,
    /// How many more problems there are.
    pub hidden: usize,
    codes: Codes,
}

impl Examined {
    /// What to tell the user.
    pub fn diagnostics(self) -> Vec<Diagnostic> {
        problem::diagnostics(self.problems, self.hidden, &self.codes)
    }
}

/// Parses a text and holds it against the schema of `T`, without making a `T` of it: for
/// documents whose sound parts are used although others are broken.
pub fn examine<T: Document>(source: &Arc<SourceText>) -> Examined {
    let codes = T::CODES;
    let refuse = |diagnostics: Vec<Diagnostic>| Examined {
        tree: None,
        problems: diagnostics
            .into_iter()
            .map(|diagnostic| Problem { path: Vec::new(), diagnostic })
            .collect(),
        hidden: 0,
        codes,
    };
    let root = match json::parse(&source.text) {
        Ok(root) => root,
        Err(errors) => {
            return refuse(errors.into_iter().map(|error| error.diagnostic(&codes, source)).collect());
        }
    };
    let schema = match shape::Schema::known::<T>() {
        Ok(schema) => schema,
        Err(unsupported) => return refuse(vec![unsupported.diagnostic(&codes)]),
    };
    let tree = Tree::new(Arc::clone(source), root);
    let (problems, hidden) = schema::check(&schema, T::PATTERNS, &codes, &tree);
    Examined { tree: Some(tree), problems, hidden, codes }
}
