//! What differs from an earlier run: newly broken first.

use std::fmt::Write;

use super::tests_list::Ids;
use crate::{
    report::{
        comparison::{change, summary},
        page::{chip, folded, moment, prose, section, text},
    },
    run::comparison::{Comparison, Differences},
};

/// How many tests are named of each kind of difference before the rest is folded away.
const NAMED: usize = 10;

/// The comparison with an earlier run.
pub(super) fn comparison(comparison: &Comparison, ids: &Ids<'_>) -> String {
    let mut html = String::new();
    if !comparison.notes.is_empty() {
        let notes: String =
            comparison.notes.iter().map(|note| format!("<li>{}</li>\n", prose(note))).collect();
        // Writing to a String cannot fail.
        let _ = write!(html, "<div class=\"callout doubt\"><ul>\n{notes}</ul></div>\n");
    }
    for (title, class, differences) in [
        ("Newly broken", "bad", &comparison.newly_broken),
        ("Fixed", "good", &comparison.fixed),
        ("Changed", "doubt", &comparison.changed),
        ("Broken before, not judged now", "doubt", &comparison.not_judged),
    ] {
        html.push_str(&kind(title, class, differences, ids));
    }
    let old = &comparison.old;
    let lead = format!(
        "Beside the run of {}, made {} by Crosscheck {}: {}.",
        text(&old.endpoint),
        text(&moment(&old.started)),
        text(&old.crosscheck),
        text(&summary(comparison))
    );
    section("comparison", "Compared with an earlier run", &lead, &html)
}

fn kind(title: &str, class: &str, differences: &Differences, ids: &Ids<'_>) -> String {
    if differences.is_empty() {
        return String::new();
    }
    let mut html = format!("<h3>{}</h3>\n<ul>\n", chip(class, title));
    for cause in &differences.causes {
        let on = match cause.operations.join(", ") {
            none if none.is_empty() => none,
            names => format!(" on {}", text(&names)),
        };
        let _ = writeln!(
            html,
            "<li><code>{}</code>{on} ({}{}): {}</li>",
            cause.cause.code,
            cause.cause.severity,
            text(&change(cause)),
            prose(&cause.cause.sentence)
        );
    }
    for promise in &differences.promises {
        let on = promise.operation.as_ref().map(|operation| format!("<b>{}</b>: ", text(operation)));
        let _ = writeln!(html, "<li>{}{}</li>", on.unwrap_or_default(), prose(&promise.sentence));
    }
    html.push_str("</ul>\n");
    let tests: String =
        differences.tests.iter().map(|test| format!("<li>{}</li>\n", ids.link(&test.id))).collect();
    let tests = format!("<ul class=\"ids\">\n{tests}</ul>\n");
    match differences.tests.len() {
        0 => {}
        count if count <= NAMED => html.push_str(&tests),
        count => html.push_str(&folded(&format!("{count} tests"), &tests)),
    }
    html
}
