//! From a case as written to the cases that are run: one for each row of its table, then with
//! the endpoint's values for its roles.

use std::{borrow::Cow, collections::BTreeSet, ops::Range, sync::Arc};

use super::{
    many,
    model::{Case, Given, Kind, OneOrMany, Row, RowSource, Suite, Through},
    role::{Roles, Unbound},
    row::with_row,
    source::ParsedSuite,
    strings::{self, Scope},
    template,
};
use crate::{diagnostic::SourceText, promise};

/// A case, or one row of it, with the row's values in place. Its roles are still open.
#[derive(Clone, Debug)]
pub struct ExpandedCase {
    /// `suite/case`, or `suite/case/row`.
    pub id: String,
    /// The suite's id.
    pub suite: String,
    /// The file, so that a failure can point into it.
    pub source: Arc<SourceText>,
    /// Where the id of the row, or of the case without rows, stands in the file, in bytes.
    pub span: Range<usize>,
    /// The case; without a table, and with the suite's sources where it has none of its own.
    /// Rows that are derived are still to come.
    pub case: Case,
}

impl ExpandedCase {
    /// The roles that must be bound before it can run.
    pub fn needs(&self) -> BTreeSet<String> {
        needs_of(&self.case)
    }

    /// Line and column of the id in the file, both from 1.
    pub fn position(&self) -> (usize, usize) {
        self.source.position(self.span.start)
    }

    /// One row of a case whose rows are derived from the rules.
    #[must_use]
    pub fn derived(&self, row: &promise::Row) -> Self {
        let with = row.with.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        let written = Row { id: row.id.clone(), title: None, with, expect: None };
        let mut case = with_row(&self.case, &written);
        for request in case.requests.values_mut() {
            request.headers = std::mem::take(&mut request.headers)
                .into_iter()
                .flat_map(|(name, value)| {
                    if name != "{headers}" {
                        return vec![(name, value)];
                    }
                    let one =
                        |(name, value): &(String, String)| (name.clone(), OneOrMany::One(value.clone()));
                    row.headers.iter().map(one).collect()
                })
                .collect();
        }
        Self { id: format!("{}/{}", self.id, row.id), case, ..self.clone() }
    }

    /// The case through other caches than those that it names. `None` where that would make another
    /// claim of it: one that no cache is part of, or that says what certain caches do; or where its
    /// answers are dictated and a cache is to be met on the real path.
    pub fn through(&self, caches: &[Through]) -> Option<Self> {
        let Case { kind, through, given, .. } = &self.case;
        let modelled = through.iter().any(|through| !matches!(through, Through::None | Through::Live));
        let dictated = given.as_ref().is_some_and(|given| !given.answers.is_empty());
        let mut through = caches.to_vec();
        through.retain(|through| !(dictated && *through == Through::Live));
        let fits = *kind == Kind::Safety && modelled && !through.is_empty();
        fits.then(|| Self { case: Case { through, ..self.case.clone() }, ..self.clone() })
    }

    /// The case with the endpoint's values for its roles, ready to be planned. What the server
    /// fills in, such as `{origin}` in a dictated answer, is still there.
    ///
    /// # Errors
    /// The roles that the endpoint cannot fill, each with the reason: the case is not applicable.
    pub fn bind<'r>(&self, roles: &'r Roles) -> Result<Case, Vec<&'r Unbound>> {
        let needs = self.needs();
        let unbound: Vec<&Unbound> = needs.iter().filter_map(|name| roles.get(name).err()).collect();
        if !unbound.is_empty() {
            return Err(unbound);
        }
        let mut case = self.case.clone();
        strings::visit(&mut case, &mut |scope, text| *text = filled(scope, text, roles));
        Ok(case)
    }
}

/// What is to be set up, with values for all its roles.
///
/// # Errors
/// The roles that have no value.
pub fn bind_given<'r>(given: &Given, roles: &'r Roles) -> Result<Given, Vec<&'r Unbound>> {
    let (mut given, mut needs) = (given.clone(), BTreeSet::new());
    strings::visit_given(&mut given, &mut |scope, text| {
        needs.extend(open(scope, text).map(str::to_owned));
        *text = filled(scope, text, roles);
    });
    let unbound: Vec<&Unbound> = needs.iter().filter_map(|name| roles.get(name).err()).collect();
    if unbound.is_empty() { Ok(given) } else { Err(unbound) }
}

/// The roles of a string.
fn open(scope: Scope, text: &str) -> impl Iterator<Item = &str> {
    template::names(text)
        .filter(move |name| scope != Scope::Answer || !template::is_filled_by_the_server(name))
}

/// A string with values for its roles.
fn filled(scope: Scope, text: &str, roles: &Roles) -> String {
    let filled = template::fill(text, |name| {
        if scope == Scope::Answer && template::is_filled_by_the_server(name) {
            return None;
        }
        roles.get(name).ok().map(Cow::Borrowed)
    });
    template::unescape(&filled)
}

/// The roles that a case speaks of.
pub fn needs_of(case: &Case) -> BTreeSet<String> {
    let mut needs = BTreeSet::new();
    let derived = case.each.derived().map(RowSource::values).unwrap_or_default();
    strings::visit(&mut case.clone(), &mut |scope, text| {
        needs.extend(open(scope, text).filter(|name| !derived.contains(name)).map(str::to_owned));
    });
    needs
}

/// Every case of a suite, row by row, in the order of the file.
pub fn expand(parsed: &ParsedSuite) -> Vec<ExpandedCase> {
    let Some(suite) = &parsed.suite else { return Vec::new() };
    let mut expanded = Vec::new();
    for (index, case) in suite.cases.iter().enumerate() {
        let place = parsed.place(index);
        let make = |id: String, span: Range<usize>, case: Case| ExpandedCase {
            id,
            suite: suite.id.clone(),
            source: Arc::clone(&parsed.source),
            span,
            case: many::written_out(with_sources(suite, case)),
        };
        if case.each.rows().is_empty() {
            let span = place.map_or(0..0, |place| place.field("id").span());
            expanded.push(make(format!("{}/{}", suite.id, case.id), span, case.clone()));
        }
        for (number, row) in case.each.rows().iter().enumerate() {
            let span = place.map_or(0..0, |place| place.field("each").nth(number).field("id").span());
            let id = format!("{}/{}/{}", suite.id, case.id, row.id);
            expanded.push(make(id, span, with_row(case, row)));
        }
    }
    expanded
}

fn with_sources(suite: &Suite, mut case: Case) -> Case {
    if case.source.is_empty() {
        case.source.clone_from(&suite.source);
    }
    case
}
