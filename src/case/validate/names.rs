//! Placeholders: every name in braces is a variable of the rows, a role, or what the server
//! fills in.

use std::collections::BTreeSet;

use super::{
    super::{
        expand::is_filled_by_the_server,
        model::Case,
        role::{ROLES, is_role},
        template,
    },
    Finder,
};
use crate::document::{Place, nearest, quote};

pub(super) fn check(case: &Case, finder: &mut Finder<'_>) {
    variables(case, finder);
    let mut used = BTreeSet::new();
    let place = finder.place;
    for (name, field) in place.fields() {
        match name {
            "title" | "requests" => walk(field, Context::default(), case, &mut used, finder),
            "given" => {
                for (name, field) in field.fields() {
                    let context = Context { answers: name == "answers", ..Context::default() };
                    walk(field, context, case, &mut used, finder);
                }
            }
            "each" => {
                for row in field.elements() {
                    for (name, field) in
                        row.fields().filter(|(name, _)| matches!(*name, "title" | "expect" | "with"))
                    {
                        let context = Context { values: name == "with", ..Context::default() };
                        walk(field, context, case, &mut used, finder);
                    }
                }
            }
            _ => {}
        }
    }
    for (index, row) in case.each.iter().enumerate() {
        for name in row.with.keys().filter(|name| template::is_name(name) && !used.contains(name.as_str())) {
            let place = place.field("each").nth(index).field("with").field(name);
            let message = format!("nothing uses the value {}", quote(name));
            finder
                .warning("case.unused-variable", message, place.key(), format!("no string has {{{name}}}"))
                .help
                .push("a value that makes no difference is often a misspelt name".to_owned());
        }
    }
}

/// The names that rows give values: names at all, no roles, and the same ones in each row.
fn variables(case: &Case, finder: &mut Finder<'_>) {
    for (index, row) in case.each.iter().enumerate() {
        let with = finder.place.field("each").nth(index).field("with");
        for name in row.with.keys() {
            let place = with.field(name);
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
}

#[derive(Clone, Copy, Default)]
struct Context {
    /// Within `given.answers`.
    answers: bool,
    /// Within the values of a field of an answer.
    fields: bool,
    /// Within a row's values, which cannot name one another.
    values: bool,
}

fn walk<'a>(
    place: Place<'a>,
    context: Context,
    case: &Case,
    used: &mut BTreeSet<&'a str>,
    finder: &mut Finder<'_>,
) {
    if let Some(text) = place.text() {
        string(text, place.span(), context, case, used, finder);
    }
    for (name, field) in place.fields() {
        string(name, field.key(), context, case, used, finder);
        let fields = context.fields || (context.answers && name == "headers");
        walk(field, Context { fields, ..context }, case, used, finder);
    }
    for element in place.elements() {
        walk(element, context, case, used, finder);
    }
}

fn string<'a>(
    text: &'a str,
    span: std::ops::Range<usize>,
    context: Context,
    case: &Case,
    used: &mut BTreeSet<&'a str>,
    finder: &mut Finder<'_>,
) {
    for name in template::names(text) {
        let is_variable = !context.values && case.each.iter().any(|row| row.with.contains_key(name));
        if is_variable {
            used.insert(name);
            for (index, row) in case.each.iter().enumerate().filter(|(_, row)| !row.with.contains_key(name)) {
                let row_place = finder.place.field("each").nth(index).field("id").span();
                let message = format!("the row {} has no value for {{{name}}}", quote(&row.id));
                let known = finder.found.iter().any(|known| known.message == message);
                if !known {
                    let source = finder.source.clone();
                    let diagnostic = finder.error("case.unknown-variable", message, row_place, "this row");
                    *diagnostic = diagnostic.clone().at(&source, span.clone(), "it is used here");
                }
            }
            continue;
        }
        if is_role(name) || (context.fields && is_filled_by_the_server(name)) {
            continue;
        }
        unknown(name, span.clone(), context, case, finder);
    }
}

fn unknown(name: &str, span: std::ops::Range<usize>, context: Context, case: &Case, finder: &mut Finder<'_>) {
    let mut variables: BTreeSet<&str> = BTreeSet::new();
    if !context.values {
        variables.extend(case.each.iter().flat_map(|row| row.with.keys().map(String::as_str)));
    }
    let roles = ROLES.iter().map(|(role, _)| *role);
    let label = match nearest(name, variables.iter().copied().chain(roles.clone())) {
        Some(meant) => format!("did you mean {{{meant}}}?"),
        None => "no value and no role has this name".to_owned(),
    };
    let diagnostic =
        finder.error("case.unknown-variable", format!("nothing is called {{{name}}}"), span, label);
    let listed = |names: &mut dyn Iterator<Item = &str>| {
        names.map(|name| format!("{{{name}}}")).collect::<Vec<_>>().join(", ")
    };
    if !variables.is_empty() {
        diagnostic.help.push(format!("values of the rows: {}", listed(&mut variables.iter().copied())));
    }
    diagnostic.help.push(format!("roles: {}, {{allowed.2}} to {{allowed.9}}", listed(&mut roles.clone())));
    if is_filled_by_the_server(name) {
        diagnostic.help.push(format!("{{{name}}} is known only in the `headers` of `given.answers`"));
    }
    diagnostic.help.push(format!("for the text itself write {{{{{name}}}}}"));
}
