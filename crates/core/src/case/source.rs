//! From a text to a suite: the sound cases, and everything that is wrong with the others.

use std::{
    collections::{BTreeSet, HashSet},
    sync::Arc,
};

use bytes::Bytes;
use serde::Deserialize;

use super::{
    model::{BodySpec, Case, Suite},
    validate,
};
use crate::{
    diagnostic::{Diagnostic, Severity, SourceText},
    document::{self, Codes, Document, Pattern, Place, Problem, Step, Tree},
};

impl Document for Suite {
    const CODES: Codes = document::codes!("case");
    const PATTERNS: &'static [Pattern] = &[
        Pattern {
            regex: "^[a-z0-9]+([-./][a-z0-9]+)*$",
            matches: |text| is_id(text, &['-', '.', '/']),
            words: "words of lower-case letters and digits, joined by `-`, `.` or `/`",
        },
        Pattern {
            regex: "^[a-z0-9]+([-.][a-z0-9]+)*$",
            matches: |text| is_id(text, &['-', '.']),
            words: "words of lower-case letters and digits, joined by `-` or `.`",
        },
    ];
}

fn is_id(text: &str, joints: &[char]) -> bool {
    text.split(joints).all(|word| {
        !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    })
}

/// What came of a suite's text.
#[derive(Clone, Debug)]
pub struct ParsedSuite {
    /// The text.
    pub source: Arc<SourceText>,
    /// The suite with those of its cases that have no errors; absent where the text is no JSON
    /// or the suite has no proper id and title.
    pub suite: Option<Suite>,
    /// Everything to tell about it, in the order of the text.
    pub diagnostics: Vec<Diagnostic>,
    tree: Option<Tree>,
    /// For each case of `suite`, its index in the file.
    indices: Vec<usize>,
}

impl ParsedSuite {
    /// Whether something in it must be fixed.
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
    }

    /// Reads the files that are bodies of requests: `read` gives the content of one, or why not.
    pub fn read_bodies(&mut self, read: &mut dyn FnMut(&str) -> Result<Bytes, String>) {
        let Some(suite) = &mut self.suite else { return };
        let mut found = Vec::new();
        for (number, case) in suite.cases.iter_mut().enumerate() {
            for (position, request) in case.requests.values_mut().enumerate() {
                let Some(BodySpec::File(body)) = &mut request.body else { continue };
                match read(&body.file) {
                    Ok(content) => body.content = Some(content),
                    Err(why) => found.push((number, position, why)),
                }
            }
        }
        for (number, position, why) in found {
            let Some(case) = self.place(number) else { continue };
            let place = case.field("requests").nth(position).field("body").field("file");
            let diagnostic = Diagnostic::error("case.body-file", why)
                .at(&self.source, place.span(), "")
                .help("the path is relative to the folder of the case file");
            self.diagnostics.push(diagnostic);
        }
    }

    /// Where the case at `index` of `suite` stands in the text.
    pub fn place(&self, index: usize) -> Option<Place<'_>> {
        let index = *self.indices.get(index)?;
        Some(self.tree.as_ref()?.root().field("cases").nth(index))
    }

    pub(super) fn id_place(&self) -> Option<Place<'_>> {
        Some(self.tree.as_ref()?.root().field("id"))
    }
}

/// Reads a suite. One broken case hides neither the problems of the others nor the sound ones.
pub fn parse_suite(source: Arc<SourceText>) -> ParsedSuite {
    let examined = document::examine::<Suite>(&source);
    let Some(tree) = examined.tree.clone() else {
        let diagnostics = examined.diagnostics();
        return ParsedSuite { source, suite: None, diagnostics, tree: None, indices: Vec::new() };
    };
    let broken: BTreeSet<usize> = examined.problems.iter().filter_map(case_of).collect();
    let head = head(&tree, &examined.problems);
    let overflowed = examined.hidden > 0;
    let mut diagnostics = examined.diagnostics();
    let mut written_out = 0_usize;
    let mut ids = HashSet::new();
    let (mut cases, mut indices): (Vec<Case>, _) = (Vec::new(), Vec::new());
    for (index, place) in tree.root().field("cases").elements().enumerate() {
        // Problems beyond those that are told may be anywhere.
        if overflowed || broken.contains(&index) {
            continue;
        }
        match Case::deserialize(place.to_json()) {
            Ok(case) => {
                written_out = written_out.saturating_add(size_written_out(&case, &source, place));
                if written_out > MAX_WRITTEN_OUT {
                    diagnostics.push(too_large(&source, place));
                    break;
                }
                let found = validate::case(&case, &source, place);
                let sound = found.iter().all(|diagnostic| diagnostic.severity != Severity::Error);
                diagnostics.extend(found);
                if sound && ids.insert(case.id.clone()) {
                    cases.push(case);
                    indices.push(index);
                }
            }
            Err(error) => diagnostics.push(document::unforeseen(&Suite::CODES, &tree, place, &error)),
        }
    }
    diagnostics.extend(validate::duplicate_case_ids(&tree));
    shorten(&mut diagnostics);
    let suite = head.map(|head| Suite { cases, ..head });
    ParsedSuite { source, suite, diagnostics, tree: Some(tree), indices }
}

/// How much text all cases may have together when their rows are written out, in bytes.
const MAX_WRITTEN_OUT: usize = 64 << 20;

/// At most how much text the case has when its rows are written out.
fn size_written_out(case: &Case, source: &SourceText, place: Place<'_>) -> usize {
    let text = source.text.get(place.span()).unwrap_or_default();
    let placeholders = text.bytes().filter(|byte| *byte == b'{').count();
    let longest =
        case.each.rows().iter().flat_map(|row| row.with.values()).map(String::len).max().unwrap_or(0);
    text.len()
        .saturating_add(placeholders.saturating_mul(longest))
        .saturating_mul(case.each.rows().len().max(1))
}

fn too_large(source: &Arc<SourceText>, place: Place<'_>) -> Diagnostic {
    let message = format!("with all rows written out, the cases have more than {MAX_WRITTEN_OUT} bytes");
    Diagnostic::error(Suite::CODES.too_large, message)
        .at(source, place.head(), "this case and those after it are not read")
        .help("split the suite, or take out rows or long values")
}

/// How much is told of one suite.
const MAX_TOLD: usize = 200;

/// Puts what is told in the order of the text. Of too much, errors are told first.
fn shorten(diagnostics: &mut Vec<Diagnostic>) {
    let hidden = diagnostics.len().saturating_sub(MAX_TOLD);
    if hidden > 0 {
        diagnostics.sort_by_key(|diagnostic| std::cmp::Reverse(diagnostic.severity));
        diagnostics.truncate(MAX_TOLD);
    }
    validate::in_order(diagnostics);
    if hidden > 0 {
        let message = format!("{hidden} more problems are not shown");
        diagnostics
            .push(Diagnostic { severity: Severity::Note, ..Diagnostic::error(Suite::CODES.more, message) });
    }
}

/// The index of the case that a problem is in.
fn case_of(problem: &Problem) -> Option<usize> {
    match problem.path.as_slice() {
        [Step::Key(cases), Step::Index(index), ..] if cases == "cases" => Some(*index),
        _ => None,
    }
}

/// The suite without its cases, as far as it is sound.
fn head(tree: &Tree, problems: &[Problem]) -> Option<Suite> {
    let root = tree.root();
    let sound = |name: &str| {
        let wrong = problems.iter().any(|problem| problem.path.first() == Some(&Step::Key(name.to_owned())));
        (!wrong && root.has(name)).then(|| root.field(name))
    };
    let text = |name: &str| sound(name).and_then(Place::text).map(str::to_owned);
    let source = sound("source").into_iter().flat_map(Place::elements);
    Some(Suite {
        schema: text("$schema"),
        id: text("id")?,
        title: text("title")?,
        about: text("about"),
        source: source.filter_map(Place::text).map(str::to_owned).collect(),
        cases: Vec::new(),
    })
}
