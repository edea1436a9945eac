//! Causes, worst first: what each is, what shows it, what to change, and what it breaks. A cause that depends on the order
//! of requests has the smallest order that shows it, as a diagram.

use std::{collections::HashSet, fmt::Write};

use crosscheck_core::{
    diagnosis::{Answer, Edit, Severity},
    interleave::Breaking,
};

use super::{sequence, tests_list::Ids};
use crate::{
    report::page::{chip, folded, prose, section, text},
    run::record::{CauseRecord, RunRecord},
};

/// How many tests of a cause are linked; the filter of the tests finds the others.
const LINKED: usize = 5;

/// How many causes have their diagram unfolded.
const UNFOLDED: usize = 3;

/// The causes of what did not hold; then what no cause explains of the orders that break.
pub(super) fn causes(record: &RunRecord, ids: &Ids<'_>) -> String {
    let mut html = String::new();
    let mut explained: HashSet<&str> = HashSet::new();
    for (place, cause) in record.causes.iter().enumerate() {
        let breaking = breaking(cause, record);
        let new = breaking.iter().copied().filter(|it| explained.insert(&it.case));
        // A single request has no order to draw; its evidence is enough.
        let smallest =
            new.filter(|it| it.transcript.requests.len() > 1).min_by_key(|it| it.transcript.steps.len());
        html.push_str(&one(place, cause, smallest, record, ids));
    }
    let mut rest = String::new();
    for breaking in record.breaking.iter().filter(|breaking| !explained.contains(breaking.case.as_str())) {
        let _ = writeln!(
            rest,
            "<article class=\"finding\"><h3>{}</h3>\n<p>{}</p>\n{}</article>",
            text(&breaking.case),
            text(&in_words(breaking)),
            sequence::figure(breaking)
        );
    }
    if html.is_empty() && rest.is_empty() {
        return String::new();
    }
    if !rest.is_empty() {
        html.push_str(&folded("Orders that break something without a cause named here", &rest));
    }
    let lead = "Worst first, each once, with what to change.";
    section("causes", "Causes", lead, &html)
}

/// The smallest order of each case of which the cause explains a test.
fn breaking<'r>(cause: &CauseRecord, record: &'r RunRecord) -> Vec<&'r Breaking> {
    let ids: HashSet<&str> = cause
        .tests
        .iter()
        .filter_map(|place| record.tests.get(*place))
        .map(|test| test.id.as_str())
        .collect();
    let is_of_it = |breaking: &&Breaking| breaking.failed.iter().any(|id| ids.contains(id.as_str()));
    record.breaking.iter().filter(is_of_it).collect()
}

fn one(
    place: usize,
    cause: &CauseRecord,
    breaking: Option<&Breaking>,
    record: &RunRecord,
    ids: &Ids<'_>,
) -> String {
    let found = &cause.cause;
    let class = if found.severity >= Severity::High { "bad" } else { "doubt" };
    let state = match (cause.known, cause.fails) {
        (true, _) => chip("doubt", "known issue"),
        (false, true) => String::new(),
        (false, false) => chip("doubt", "warning"),
    };
    let subject = found.subject.as_ref().map(|subject| format!(" <code>{}</code>", text(subject)));
    let mut html = format!(
        "<article class=\"finding\" id=\"cause-{place}\"><h3><code>{}</code>{} {} {state}</h3>\n<p class=\"said\">{}</p>\n",
        found.code,
        subject.unwrap_or_default(),
        chip(class, found.severity),
        prose(&found.sentence),
    );
    if !found.evidence.is_empty() {
        let lines: Vec<String> = found.evidence.iter().map(|line| text(line)).collect();
        // Writing to a String cannot fail.
        let _ = writeln!(html, "<pre tabindex=\"0\">{}</pre>", lines.join("\n"));
    }
    if !found.cure.is_empty() {
        html.push_str("<h4>What to change</h4>\n<ol class=\"cure\">\n");
        for cure in &found.cure {
            let _ = writeln!(html, "<li>{}</li>", prose(cure));
        }
        html.push_str("</ol>\n");
    }
    if !found.repair.is_empty() {
        let edits: String =
            found.repair.iter().map(|edit| format!("<li>{}</li>\n", prose(&edit_in_words(edit)))).collect();
        html.push_str(&folded("The same, field by field", &format!("<ul>\n{edits}</ul>\n")));
    }
    if let Some(breaking) = breaking {
        let figure = sequence::figure(breaking);
        let words = in_words(breaking);
        html.push_str("<h4>The smallest order that breaks</h4>\n");
        match place < UNFOLDED {
            true => {
                let _ = write!(html, "<p>{}</p>\n{figure}", text(&words));
            }
            false => html.push_str(&folded(&words, &figure)),
        }
    }
    html.push_str(&explains(cause, record, ids));
    html.push_str("</article>\n");
    html
}

fn in_words(breaking: &Breaking) -> String {
    let order = breaking.order_words().replace('`', "");
    let words = breaking.through.words();
    format!("{order}, {words}: {} of {} tests of this case fail.", breaking.failed.len(), breaking.of)
}

fn explains(cause: &CauseRecord, record: &RunRecord, ids: &Ids<'_>) -> String {
    let mut html = "<p class=\"faint\">".to_owned();
    let noun = if cause.tests.len() == 1 { "test" } else { "tests" };
    let _ = write!(
        html,
        "Explains <a href=\"#filter:cause={}\">{} {noun}</a>",
        cause.cause.code,
        cause.tests.len()
    );
    if !cause.promises.is_empty() {
        let noun = if cause.promises.len() == 1 { "promise" } else { "promises" };
        let _ = write!(html, " and breaks <a href=\"#promises\">{} {noun}</a>", cause.promises.len());
    }
    match cause.operations.as_slice() {
        [] => {}
        [one] => {
            let _ = write!(html, " on {}", text(one));
        }
        many => {
            let names: Vec<String> = many.iter().map(|name| text(name)).collect();
            let _ = write!(html, " on {} operations ({})", many.len(), names.join(", "));
        }
    }
    let links: Vec<String> = cause
        .tests
        .iter()
        .take(LINKED)
        .filter_map(|place| record.tests.get(*place))
        .map(|test| ids.link(&test.id))
        .collect();
    let _ = write!(html, ", such as {}", links.join(", "));
    html.push_str(".</p>\n");
    html
}

fn answer(on: Answer) -> String {
    match on {
        Answer::Preflight => "the answer to the preflight".to_owned(),
        Answer::Actual => "the answer".to_owned(),
        Answer::RedirectHop(hop) => format!("the answer to redirect hop {hop}"),
    }
}

/// One edit of a repair.
fn edit_in_words(edit: &Edit) -> String {
    match edit {
        Edit::SetField { on, name, value } => format!("{} has `{name}: {value}`", answer(*on)),
        Edit::AddMember { on, name, member } => format!("`{name}` of {} lists `{member}`", answer(*on)),
        Edit::SetStatus { on, status } => format!("{} has status {status}", answer(*on)),
        Edit::WriteMethod { method } => format!("the page writes the method `{method}`"),
        Edit::RemoveRequestHeader { name } => format!("the page does not send `{name}`"),
        Edit::UseUrl { url } => format!("the page requests `{url}`"),
        Edit::OmitCredentials => "the page makes the request without credentials".to_owned(),
        Edit::ForwardOrigin => "the cache or CDN forwards `Origin`".to_owned(),
        Edit::AddToCacheKey { fields } => format!("the cache key has `{}`", fields.join("`, `")),
        Edit::Purge { url } => format!("what the cache stored for `{url}` is purged"),
        Edit::Remedy { what } => what.clone(),
    }
}
