//! Everything about a case that its schema cannot say: what contradicts itself, what names
//! something that is not there, and what no browser or server could do.

mod expect;
mod given;
mod names;
mod request;
mod suite;

use std::{ops::Range, sync::Arc};

pub use suite::across;
pub(super) use suite::duplicate_case_ids;

use super::{
    many,
    model::{Case, Given, Kind, Order, OrderWord, RequestSpec, Row, Through},
    row::with_row,
    template,
};
use crate::{
    diagnostic::{Diagnostic, Severity, SourceText},
    document::{Place, nearest, quote},
};

/// Collects what is wrong with one case.
struct Finder<'a> {
    source: &'a Arc<SourceText>,
    /// The case.
    place: Place<'a>,
    /// The row whose values are in place, and where it stands.
    row: Option<(&'a Row, Place<'a>)>,
    found: Vec<Diagnostic>,
    /// Takes what is beyond [`MAX_FOUND`].
    beyond: Diagnostic,
}

/// How much is said of one case, or of one row; whoever mends that much asks again.
const MAX_FOUND: usize = 50;

impl<'a> Finder<'a> {
    fn new(source: &'a Arc<SourceText>, place: Place<'a>, row: Option<(&'a Row, Place<'a>)>) -> Self {
        Self { source, place, row, found: Vec::new(), beyond: Diagnostic::error("case.beyond", "") }
    }

    /// Whether enough has been said, so that a long list need not be looked through to its end.
    fn is_full(&self) -> bool {
        self.found.len() >= MAX_FOUND
    }

    /// What was found, and whether that may not be all.
    fn finish(mut self) -> Vec<Diagnostic> {
        if self.is_full() {
            self.found.push(more(self.source, self.place));
        }
        self.found
    }

    fn report(
        &mut self,
        severity: Severity,
        code: &'static str,
        message: impl Into<String>,
        span: Range<usize>,
        label: impl Into<String>,
    ) -> &mut Diagnostic {
        let diagnostic = Diagnostic { severity, ..Diagnostic::error(code, message) };
        let diagnostic = diagnostic.at(self.source, span, label);
        if self.is_full() {
            self.beyond = diagnostic;
            return &mut self.beyond;
        }
        self.found.push(diagnostic);
        self.found.last_mut().unwrap_or(&mut self.beyond)
    }

    fn error(
        &mut self,
        code: &'static str,
        message: impl Into<String>,
        span: Range<usize>,
        label: impl Into<String>,
    ) -> &mut Diagnostic {
        self.report(Severity::Error, code, message, span, label)
    }

    fn warning(
        &mut self,
        code: &'static str,
        message: impl Into<String>,
        span: Range<usize>,
        label: impl Into<String>,
    ) -> &mut Diagnostic {
        self.report(Severity::Warning, code, message, span, label)
    }
}

/// Everything that is wrong with a case that has the right shape.
pub(super) fn case(case: &Case, source: &Arc<SourceText>, place: Place<'_>) -> Vec<Diagnostic> {
    let mut finder = Finder::new(source, place, None);
    names::check(case, &mut finder);
    request_names(case, &mut finder);
    many(case, &mut finder);
    order(case, &mut finder);
    through(case, &mut finder);
    rows(case, &mut finder);
    cannot_fail(case, &mut finder);
    if case.each.rows().is_empty() {
        content(case, &mut finder);
        return finder.finish();
    }
    let mut told = finder.finish();
    let mut of_rows = Vec::new();
    for (index, row) in case.each.rows().iter().enumerate() {
        let row_place = place.field("each").nth(index);
        if of_rows.iter().map(|(_, found): &(_, Vec<Diagnostic>)| found.len()).sum::<usize>() >= MAX_FOUND {
            told.push(more(source, place));
            break;
        }
        let mut finder = Finder::new(source, place, Some((row, row_place)));
        content(&with_row(case, row), &mut finder);
        of_rows.push((row_place.field("id").span(), finder.finish()));
    }
    told.extend(merged(source, of_rows));
    told
}

fn more(source: &Arc<SourceText>, place: Place<'_>) -> Diagnostic {
    let message = "this case may have more problems than are told";
    Diagnostic { severity: Severity::Note, ..Diagnostic::error("case.more-problems", message) }.at(
        source,
        place.head(),
        "mend the others first",
    )
}

/// What the strings say, once the row's values are in place.
fn content(case: &Case, finder: &mut Finder<'_>) {
    if let Some(given) = &case.given {
        given::check(given, case, finder);
    }
    for (index, request) in case.requests.values().enumerate() {
        if finder.is_full() {
            return;
        }
        let place = finder.place.field("requests").nth(index);
        let expect_place = match finder.row {
            Some((Row { expect: Some(_), .. }, row)) => row.field("expect"),
            _ => place.field("expect"),
        };
        request::check(request, case, place, finder);
        expect::check(request, case, place, expect_place, finder);
    }
}

/// One diagnostic for what several rows have in common; which row it is where they have not.
fn merged(source: &Arc<SourceText>, of_rows: Vec<(Range<usize>, Vec<Diagnostic>)>) -> Vec<Diagnostic> {
    let rows = of_rows.len();
    let mut kept: Vec<(Diagnostic, Vec<Range<usize>>)> = Vec::new();
    for (row, found) in of_rows {
        for diagnostic in found {
            match kept.iter_mut().find(|(known, _)| *known == diagnostic) {
                Some((_, rows)) => rows.push(row.clone()),
                None => kept.push((diagnostic, vec![row.clone()])),
            }
        }
    }
    kept.into_iter()
        .map(|(diagnostic, at)| match at.first() {
            Some(first) if at.len() < rows => {
                diagnostic.at(source, first.clone(), "with the values of this row")
            }
            _ => diagnostic,
        })
        .collect()
}

/// Sorts by place in the text.
pub(super) fn in_order(diagnostics: &mut [Diagnostic]) {
    diagnostics
        .sort_by_key(|diagnostic| diagnostic.labels.first().map_or(usize::MAX, |label| label.span.start));
}

/// A case in which every answer is as expected. Rules that the case sets are expectations, too.
fn cannot_fail(case: &Case, finder: &mut Finder<'_>) {
    let judged_by_rules = case.given.as_ref().is_some_and(Given::sets_policy);
    let expected = |request: &RequestSpec| request.expect.expects_something(request.mode);
    let of_rows = || {
        let mode = case.requests.values().next().map(|request| request.mode).unwrap_or_default();
        case.each
            .rows()
            .iter()
            .filter_map(|row| row.expect.as_ref())
            .any(|expect| expect.expects_something(mode))
    };
    if case.kind == Kind::Note || judged_by_rules || case.requests.values().any(expected) || of_rows() {
        return;
    }
    let label = "no answer could break it";
    let diagnostic =
        finder.warning("case.cannot-fail", "this case expects nothing", finder.place.head(), label);
    diagnostic.help.push(
        "write what must come out, such as `\"expect\": {\"outcome\": \"allowed\"}`; for a report without a verdict, \
         `\"kind\": \"note\"`"
            .to_owned(),
    );
}

/// Names of requests stand in test ids: `case[b,a|shared]`.
fn request_names(case: &Case, finder: &mut Finder<'_>) {
    for (name, place) in finder.place.field("requests").fields() {
        let word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if (name.is_empty() || !name.chars().all(word)) && case.requests.contains_key(name) {
            finder.error(
                "case.request-name",
                format!("{} cannot be the name of a request", quote(name)),
                place.key(),
                "expected letters, digits, `-`, `_` or `.`: it becomes a part of test ids",
            );
        }
    }
}

/// A request that stands for many takes their names.
fn many(case: &Case, finder: &mut Finder<'_>) {
    let requests = finder.place.field("requests");
    for (index, (name, request)) in case.requests.iter().enumerate() {
        let Some(many) = request.many else { continue };
        let place = requests.nth(index);
        if let Some(taken) = many::names(name, many).find(|taken| case.requests.contains_key(taken)) {
            let message = format!("{} is one of the {many} that {} stands for", quote(&taken), quote(name));
            let label =
                format!("makes {} to {}", quote(&format!("{name}-1")), quote(&format!("{name}-{many}")));
            finder.error("case.many", message, place.field("many").span(), label);
        }
    }
}

fn order(case: &Case, finder: &mut Finder<'_>) {
    let place = finder.place.field("order");
    match &case.order {
        Order::Word(OrderWord::Listed | OrderWord::Every) => {}
        Order::Word(OrderWord::AtOnce) => at_once(case, "`at-once`", place, finder),
        Order::One(names) if names.is_empty() => no_order(place, finder),
        Order::Several(orders) if orders.is_empty() => no_order(place, finder),
        Order::One(names) => one_order(case, names, place, finder),
        Order::Several(orders) => {
            for (index, names) in orders.iter().enumerate() {
                one_order(case, names, place.nth(index), finder);
            }
        }
    }
}

fn no_order(place: Place<'_>, finder: &mut Finder<'_>) {
    let label = "expected the names of the requests, or `listed` or `every`";
    finder.error("case.order", "`order` names no request", place.span(), label);
}

fn one_order(case: &Case, names: &[String], place: Place<'_>, finder: &mut Finder<'_>) {
    for (index, name) in names.iter().enumerate() {
        if finder.is_full() {
            return;
        }
        if name.contains('+') {
            at_once(case, &quote(name), place.nth(index), finder);
        }
        let parts: Vec<&str> = name.split('+').collect();
        if let Some(twice) =
            parts.iter().enumerate().find_map(|(at, part)| parts.iter().take(at).find(|other| *other == part))
        {
            let message = format!("{} asks for {} twice at once", quote(name), quote(twice));
            finder.error("case.order", message, place.nth(index).span(), "a request is made once");
        }
        for part in parts.into_iter().filter(|part| !case.requests.contains_key(*part)) {
            let known = case.requests.keys().map(String::as_str);
            let label = match nearest(part, known) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => "no request has this name".to_owned(),
            };
            let message = format!("`order` names the request {}, which is not there", quote(part));
            finder.error("case.order", message, place.nth(index).span(), label).help.push(requests(case));
        }
    }
    for name in case.requests.keys() {
        if !names.iter().any(|mention| mention.split('+').any(|part| part == name)) {
            let message = format!("`order` leaves out the request {}", quote(name));
            let label = format!("{} would never be made", quote(name));
            finder.error("case.order", message, place.span(), label);
        }
    }
}

/// Requests at once are a matter of the real path: a model answers one after the other.
fn at_once(case: &Case, what: &str, place: Place<'_>, finder: &mut Finder<'_>) {
    let model = case.through.iter().find(|through| !matches!(through, Through::None | Through::Live));
    if let Some(model) = model {
        let message = format!(
            "{what} asks for requests at once, which the cache model `{}` does not know",
            model.name()
        );
        finder
            .error("case.order", message, place.span(), "only on the real path")
            .help
            .push("make a case of its own for it, with `\"through\": [\"live\"]`".to_owned());
    }
}

fn requests(case: &Case) -> String {
    let names: Vec<String> = case.requests.keys().map(|name| quote(name)).collect();
    format!("the requests: {}", names.join(", "))
}

fn through(case: &Case, finder: &mut Finder<'_>) {
    let place = finder.place.field("through");
    for (index, through) in case.through.iter().enumerate() {
        if case.through.iter().take(index).any(|before| before == through) {
            let span = place.nth(index).span();
            finder.error("case.through", "the same cache model stands twice", span, "again here");
        }
        let dictated = case.given.as_ref().is_some_and(|given| !given.answers.is_empty());
        if *through == Through::Live && dictated {
            let answers = finder.place.field("given").field("answers").key();
            let source = Arc::clone(finder.source);
            let diagnostic = finder.error(
                "case.through",
                "`live` and dictated answers exclude each other",
                place.nth(index).span(),
                "needs a real path to the endpoint",
            );
            *diagnostic = diagnostic.clone().at(&source, answers, "only the reference store plays these").help(
                "split the case: the answers through a cache model, the endpoint's own answers through `live`",
            );
        }
    }
}

fn rows(case: &Case, finder: &mut Finder<'_>) {
    let place = finder.place.field("each");
    for (index, row) in case.each.rows().iter().enumerate() {
        let first = case.each.rows().iter().position(|other| other.id == row.id).unwrap_or(index);
        if first < index {
            let source = Arc::clone(finder.source);
            let message = format!("two rows have the id {}", quote(&row.id));
            let span = place.nth(index).field("id").span();
            let diagnostic = finder.error("case.duplicate-id", message, span, "again here");
            *diagnostic = diagnostic.clone().at(&source, place.nth(first).field("id").span(), "first here");
        }
        if row.expect.is_some() && case.requests.len() != 1 {
            let message = "a row has an expectation, but the case has several requests";
            let label = "whose would it be?";
            finder
                .error("case.row", message, place.nth(index).field("expect").key(), label)
                .help
                .push("write the expectations at the requests, or split the case".to_owned());
        }
    }
}

/// Whether a string is known only when the case is bound to an endpoint.
fn is_open(text: &str) -> bool {
    template::is_open(text)
}
