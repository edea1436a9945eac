//! What came out wrong: answers by reason with evidence, and what went wrong on the way.

use std::fmt::Write;

use crate::{
    record::{LoadFinding, LoadRecord, Sample},
    report::words,
};
use crosscheck_harness::report::page::{Align, Table, chip, folded, prose, section, text};

/// How many wrong answers are shown in full for each finding; the record has all that were kept.
const SHOWN: usize = 3;
/// How many findings, the most frequent ones, have the first of theirs unfolded.
const UNFOLDED: usize = 3;

/// Wrong answers by reason.
pub(super) fn wrong(record: &LoadRecord) -> String {
    let lead = "Every answer was judged as a browser would judge it, for the very origin that asked.";
    if record.total.answered + record.total.from_cache == 0 {
        return section("wrong", "Wrong answers", lead, "<p>There was no answer to judge.</p>\n");
    }
    if record.findings.is_empty() {
        let html = format!(
            "<p>{} None of {} answers was wrong.</p>\n",
            chip("good", "right"),
            words::count(record.total.answered)
        );
        return section("wrong", "Wrong answers", lead, &html);
    }
    let mut table = Table::new(
        "Wrong answers by reason",
        &[
            ("reason", Align::Words),
            ("request", Align::Words),
            ("answers", Align::Figures),
            ("share", Align::Figures),
            ("first after", Align::Figures),
            ("another's origin", Align::Figures),
            ("before the load", Align::Words),
        ],
    );
    for finding in &record.findings {
        table.marked(
            "bad",
            vec![
                format!("<code>{}</code>", text(finding.reason.as_str())),
                text(&finding.request),
                words::count(finding.count),
                words::share(finding.rate),
                words::seconds(finding.first_at),
                words::count(finding.crossed),
                match finding.ok_unloaded {
                    Some(true) => "right",
                    Some(false) => "wrong too",
                    None => "not asked",
                }
                .to_owned(),
            ],
        );
    }
    let mut html = table.html();
    for (index, finding) in record.findings.iter().enumerate() {
        html.push_str(&one(finding, index < UNFOLDED));
    }
    section("wrong", "Wrong answers", lead, &html)
}

fn one(finding: &LoadFinding, unfolded: bool) -> String {
    let mut html = format!(
        "<article class=\"finding\"><h3><code>{}</code> in {}</h3>\n<p>{}</p>\n",
        text(finding.reason.as_str()),
        text(&finding.request),
        prose(&finding.message)
    );
    if let Some(cause) = finding.cause {
        let _ = writeln!(html, "<p>Cause: <a href=\"#causes\"><code>{cause}</code></a></p>");
    }
    if let Some(section) = &finding.section {
        let section = text(section);
        let _ = if section.starts_with("https://") {
            writeln!(
                html,
                "<p class=\"faint\">see <a href=\"{section}\" rel=\"noreferrer\">{section}</a></p>"
            )
        } else {
            writeln!(html, "<p class=\"faint\">see {section}</p>")
        };
    }
    for (index, sample) in finding.samples.iter().take(SHOWN).enumerate() {
        let evidence = evidence(sample);
        let which = if index == 0 { "one" } else { "another one" };
        match (index, unfolded) {
            (0, true) => html.push_str(&evidence),
            _ => html.push_str(&folded(
                &format!("{which} of them, after {}", words::seconds(sample.at)),
                &evidence,
            )),
        }
    }
    if finding.samples.len() > SHOWN {
        let _ = writeln!(
            html,
            "<p class=\"faint\">The record has {} more of them.</p>",
            finding.samples.len() - SHOWN
        );
    }
    html.push_str("</article>\n");
    html
}

fn evidence(sample: &Sample) -> String {
    let lines = |lines: &[String]| lines.iter().map(|line| text(line)).collect::<Vec<_>>().join("\n");
    format!(
        "<p>After {} on connection {}, {} asked. Expected: {}</p>\n<div class=\"pair\"><div><h4>sent</h4><pre tabindex=\"0\">{}</pre></div><div><h4>received</h4><pre tabindex=\"0\">{}</pre></div></div>\n",
        words::seconds(sample.at),
        sample.connection,
        text(&sample.origin),
        prose(&sample.expected),
        lines(&sample.sent),
        lines(&sample.received)
    )
}

/// What went wrong on the way.
pub(super) fn errors(record: &LoadRecord) -> String {
    if record.errors.is_empty() {
        return String::new();
    }
    let mut table = Table::new(
        "Errors by kind",
        &[
            ("kind", Align::Words),
            ("requests", Align::Figures),
            ("first after", Align::Figures),
            ("what the first one said", Align::Words),
        ],
    );
    for error in &record.errors {
        table.marked(
            "doubt",
            vec![
                error.kind.words().to_owned(),
                words::count(error.count),
                words::seconds(error.first_at),
                text(&error.first),
            ],
        );
    }
    let lead = "Requests without a usable answer. They are not wrong answers: no page was told anything.";
    section("errors", "Errors on the way", lead, &table.html())
}
