//! What no endpoint could be set up with.

use super::{
    super::model::{Case, DictatedAnswer, Given, OneOrMany},
    Finder, is_open,
    request::{header_name, headers},
};
use crate::{
    document::{Place, nearest, quote},
    fetch::method,
    message::plain_path,
    policy::Rule,
};

pub(super) fn check(given: &Given, case: &Case, finder: &mut Finder<'_>) {
    let place = finder.place.field("given");
    for (index, rule) in given.rules.iter().flatten().enumerate() {
        check_rule(rule, place.field("rules").nth(index), finder);
    }
    for (index, (path, object)) in given.objects.iter().enumerate() {
        let place = place.field("objects").nth(index);
        if let Err(why) = plain_path(path) {
            let message = format!("the object path {} is not a plain path", quote(path));
            finder.error("case.path", message, place.key(), why.to_string()).help.push(
                "objects lie below a prefix of the run's own, and their paths must stay below it".to_owned(),
            );
        }
        headers(&object.headers, place.field("headers"), finder);
    }
    for (index, answer) in given.answers.iter().enumerate() {
        check_answer(answer, given, case, place.field("answers").nth(index), finder);
    }
}

fn check_rule(rule: &Rule, place: Place<'_>, finder: &mut Finder<'_>) {
    for refusal in rule.refusals(is_open) {
        let list = place.field(refusal.field);
        let span = refusal.index.map_or(list, |index| list.nth(index)).span();
        finder.error("case.rule", refusal.message, span, refusal.label).help.extend(refusal.help);
    }
}

fn check_answer(
    answer: &DictatedAnswer,
    given: &Given,
    case: &Case,
    place: Place<'_>,
    finder: &mut Finder<'_>,
) {
    if answer.on != "*" && !method::is_method(&answer.on) && !is_open(&answer.on) {
        let message = format!("{} is no method", quote(&answer.on));
        finder.error("case.method", message, place.field("on").span(), "expected a method, or `*` for any");
    }
    if let Some(name) = &answer.if_header {
        header_name(name, place.field("if_header").span(), finder);
    }
    headers(&answer.headers, place.field("headers"), finder);
    if answer.times == Some(0) {
        let label = "leave it out to answer always";
        finder.error("case.answer", "an answer that answers no time", place.field("times").span(), label);
    }
    let Some(path) = answer.path.as_deref().filter(|path| !is_open(path)) else { return };
    let plain = path.trim_start_matches('/');
    let asked = |wanted: &Option<String>| match wanted {
        Some(wanted) => is_open(wanted) || wanted.trim_start_matches('/') == plain,
        None => plain.is_empty(),
    };
    // An answer may be reached through another's redirect.
    let redirected = || {
        let values = given.answers.iter().flat_map(|answer| answer.headers.values());
        values.flat_map(OneOrMany::as_slice).any(|value| value.contains(plain))
    };
    if !case.requests.values().any(|request| asked(&request.path)) && !redirected() {
        let paths = case.requests.values().filter_map(|request| request.path.as_deref());
        let label = match nearest(path, paths) {
            Some(meant) => format!("did you mean {}?", quote(meant)),
            None => "no request and no redirect goes there".to_owned(),
        };
        let message = format!("nothing asks for {}", quote(path));
        finder.warning("case.unused-answer", message, place.field("path").span(), label);
    }
}
