//! Placeholders: every name in braces is a variable of the rows, a role, or what the server
//! fills in.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
    sync::Arc,
};

use super::{
    super::{
        many::is_numbered,
        model::{Case, Row, RowSource},
        role::{ROLES, is_role},
        template::{self, is_filled_by_the_server},
    },
    Finder,
};
use crate::document::{Place, nearest, quote};

pub(super) fn check(case: &Case, finder: &mut Finder<'_>) {
    let variables = variables(case, finder);
    let mut walk = Walk { variables: &variables, used: BTreeSet::new(), rows: case.each.rows() };
    let place = finder.place;
    for (name, field) in place.fields() {
        match name {
            "title" => walk.value(field, Context::default(), finder),
            "requests" => {
                for (_, request) in field.fields() {
                    let context = Context { many: request.has("many"), ..Context::default() };
                    walk.value(request, context, finder);
                }
            }
            "given" => {
                for (name, field) in field.fields() {
                    let context = Context { answers: name == "answers", ..Context::default() };
                    walk.value(field, context, finder);
                }
            }
            "each" => {
                for row in field.elements() {
                    for (name, field) in
                        row.fields().filter(|(name, _)| matches!(*name, "title" | "expect" | "with"))
                    {
                        let context = Context { values: name == "with", ..Context::default() };
                        walk.value(field, context, finder);
                    }
                }
            }
            _ => {}
        }
    }
    let used = walk.used;
    for row in place.field("each").elements().filter(|row| row.has("with")) {
        for (name, value) in row.field("with").fields() {
            if template::is_name(name) && !used.contains(name) {
                let message = format!("nothing uses the value {}", quote(name));
                finder
                    .warning(
                        "case.unused-variable",
                        message,
                        value.key(),
                        format!("no string has {{{name}}}"),
                    )
                    .help
                    .push("a value that makes no difference is often a misspelt name".to_owned());
            }
        }
    }
}

/// The names that rows give values, with the first row that gives none; derived rows give all of
/// theirs.
type Variables<'a> = BTreeMap<&'a str, Option<usize>>;

fn variables<'a>(case: &Case, finder: &mut Finder<'a>) -> Variables<'a> {
    let mut rows_with: BTreeMap<&str, usize> = BTreeMap::new();
    for row in finder.place.field("each").elements().filter(|row| row.has("with")) {
        for (name, place) in row.field("with").fields() {
            *rows_with.entry(name).or_default() += 1;
            if !template::is_name(name) {
                let message = format!("{} cannot be the name of a value", quote(name));
                let label = "expected letters, digits, `-` or `_`, a letter first";
                finder.error("case.variable-name", message, place.key(), label);
            } else if is_role(name) || is_filled_by_the_server(name) {
                let message = format!("the value {} has the name of a role", quote(name));
                let label = format!("{{{name}}} already means something");
                finder.error("case.variable-name", message, place.key(), label);
            }
        }
    }
    let missing = |name: &str, rows: usize| {
        if rows == case.each.rows().len() {
            None
        } else {
            case.each.rows().iter().position(|row| !row.with.contains_key(name))
        }
    };
    let derived = case.each.derived().map(RowSource::values).unwrap_or_default();
    let derived = derived.iter().map(|name| (*name, None));
    rows_with.into_iter().map(|(name, rows)| (name, missing(name, rows))).chain(derived).collect()
}

#[derive(Clone, Copy, Default)]
struct Context {
    /// Within `given.answers`.
    answers: bool,
    /// Within the values of a field of an answer.
    fields: bool,
    /// Within a request that stands for many.
    many: bool,
    /// Within a row's values, which cannot name one another.
    values: bool,
}

struct Walk<'w, 'a> {
    variables: &'w Variables<'a>,
    used: BTreeSet<&'a str>,
    rows: &'w [Row],
}

impl<'a> Walk<'_, 'a> {
    fn value(&mut self, place: Place<'a>, context: Context, finder: &mut Finder<'_>) {
        if let Some(text) = place.text() {
            self.string(text, &place.span(), context, finder);
        }
        for (name, field) in place.fields() {
            self.string(name, &field.key(), context, finder);
            let fields = context.fields || (context.answers && name == "headers");
            self.value(field, Context { fields, ..context }, finder);
        }
        for element in place.elements() {
            self.value(element, context, finder);
        }
    }

    fn string(&mut self, text: &'a str, span: &Range<usize>, context: Context, finder: &mut Finder<'_>) {
        for name in template::names(text) {
            let variable = if context.values { None } else { self.variables.get(name) };
            if let Some(missing) = variable {
                let first = self.used.insert(name);
                if let Some(row) = missing.filter(|_| first) {
                    self.missing(name, row, span, finder);
                }
                continue;
            }
            let known = is_role(name)
                || (context.fields && is_filled_by_the_server(name))
                || (context.many && is_numbered(name));
            if !known && !finder.is_full() {
                self.unknown(name, span.clone(), context, finder);
            }
        }
    }

    fn missing(&self, name: &str, row: usize, span: &Range<usize>, finder: &mut Finder<'_>) {
        let id = self.rows.get(row).map_or("", |row| &row.id);
        let message = format!("the row {} has no value for {{{name}}}", quote(id));
        let row_place = finder.place.field("each").nth(row).field("id").span();
        let source = Arc::clone(finder.source);
        let diagnostic = finder.error("case.unknown-variable", message, row_place, "this row");
        *diagnostic = diagnostic.clone().at(&source, span.clone(), "it is used here");
    }

    fn unknown(&self, name: &str, span: Range<usize>, context: Context, finder: &mut Finder<'_>) {
        const LISTED: usize = 12;
        let variables = || self.variables.keys().copied().filter(|_| !context.values);
        let roles = || ROLES.iter().map(|(role, _)| *role);
        let label = match nearest(name, variables().chain(roles())) {
            Some(meant) => format!("did you mean {{{meant}}}?"),
            None => "no value and no role has this name".to_owned(),
        };
        let message = format!("nothing is called {{{name}}}");
        let diagnostic = finder.error("case.unknown-variable", message, span, label);
        let listed = |names: &mut dyn Iterator<Item = &str>| {
            names.map(|name| format!("{{{name}}}")).collect::<Vec<_>>().join(", ")
        };
        let count = variables().count();
        if count > 0 {
            let more = if count > LISTED { format!(" and {} more", count - LISTED) } else { String::new() };
            let some = listed(&mut variables().take(LISTED));
            diagnostic.help.push(format!("values of the rows: {some}{more}"));
        }
        diagnostic.help.push(format!("roles: {}, {{allowed.2}} to {{allowed.200}}", listed(&mut roles())));
        if is_numbered(name) {
            diagnostic.help.push(format!("{{{name}}} is known only in a request with `many`"));
        }
        if is_filled_by_the_server(name) {
            diagnostic.help.push(format!("{{{name}}} is known only in the `headers` of `given.answers`"));
        }
        diagnostic.help.push(format!("for the text itself write {{{{{name}}}}}"));
    }
}
