//! Why answers were wrong: causes with what shows them, and what to change.

use std::fmt::Write;

use crate::{
    record::{LoadCause, LoadRecord},
    report::words,
};
use crosscheck_core::diagnosis::Severity;
use crosscheck_harness::report::page::{chip, prose, section, text};

/// The causes of wrong answers, worst first.
pub(super) fn causes(record: &LoadRecord) -> String {
    if record.causes.is_empty() {
        return String::new();
    }
    let html: String = record.causes.iter().map(one).collect();
    let lead = "Worst first, each once, with what to change. The wrong answers themselves follow below.";
    section("causes", "Causes of wrong answers", lead, &html)
}

fn one(cause: &LoadCause) -> String {
    let found = &cause.cause;
    let class = if found.severity >= Severity::High { "bad" } else { "doubt" };
    let mut html = format!(
        "<article class=\"finding\"><h3><code>{}</code> {}</h3>\n<p>{}</p>\n<p class=\"faint\">{}</p>\n",
        found.code,
        chip(class, found.severity),
        prose(&found.sentence),
        text(&words::explains(cause)),
    );
    if !found.evidence.is_empty() {
        let lines: Vec<String> = found.evidence.iter().map(|line| text(line)).collect();
        let _ = writeln!(html, "<pre tabindex=\"0\">{}</pre>", lines.join("\n"));
    }
    if !found.cure.is_empty() {
        html.push_str("<h4>What to change</h4>\n<ul>\n");
        for cure in &found.cure {
            let _ = writeln!(html, "<li>{}</li>", prose(cure));
        }
        html.push_str("</ul>\n");
    }
    html.push_str("</article>\n");
    html
}
