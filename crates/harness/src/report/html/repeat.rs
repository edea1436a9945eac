//! How to make the run again.

use std::fmt::Write;

use crosscheck_core::diagnostic::visible;

use crate::{
    report::page::{facts, moment, section, text},
    run::record::{MachineRecord, RunRecord},
};

/// The command, and what its results depend on.
pub(super) fn repeat(record: &RunRecord) -> String {
    let mut rows = vec![
        ("endpoint", format!("<code>{}</code>", text(&record.endpoint.name))),
        ("rule semantics", text(&record.endpoint.dialect)),
        ("browser", text(&record.profile.to_string())),
        ("seed", record.seed.to_string()),
        ("Crosscheck", text(&record.crosscheck)),
        ("machine", in_words(&record.machine)),
        ("started", text(&moment(&record.started))),
    ];
    if let Some(fault) = &record.endpoint.fault {
        rows.insert(1, ("fault of the reference store", format!("<code>{}</code>", text(fault))));
    }
    let mut sampled = String::new();
    for it in &record.sampled {
        // Writing to a String cannot fail.
        let _ = write!(sampled, "<li>{}: {} orders of {}</li>", text(&visible(&it.case)), it.orders, it.of);
    }
    if !sampled.is_empty() {
        rows.push(("sampled", format!("<ul>{sampled}</ul>")));
    }
    let html =
        format!("<pre class=\"command\" tabindex=\"0\">{}</pre>\n{}", text(&record.command), facts(&rows));
    section("repeat", "Run it again", "", &html)
}

fn in_words(machine: &MachineRecord) -> String {
    let noun = if machine.processors == 1 { "processor" } else { "processors" };
    format!("{} {}, {} {noun}", text(&machine.os), text(&machine.arch), machine.processors)
}
