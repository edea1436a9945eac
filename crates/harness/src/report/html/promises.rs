//! Promises × operations, as a matrix; and every promise with its result.

use std::fmt::Write;

use crosscheck_core::promise::Promise;
use indexmap::IndexMap;

use super::tests_list::Ids;
use crate::{
    report::page::{Align, Table, chip, folded, prose, section, text},
    run::record::{PromiseRecord, PromiseState, RunRecord},
};

/// The columns of the matrix.
const COLUMNS: [&str; 9] = [
    "reads",
    "preflights",
    "methods",
    "headers sent",
    "headers read",
    "max-age",
    "credentials",
    "others refused",
    "caches",
];

/// The column of a promise: an index in [`COLUMNS`].
fn column(promise: &Promise) -> usize {
    use crosscheck_core::promise::Bound;
    match promise {
        Promise::Reads { .. } => 0,
        Promise::Preflights { .. } => 1,
        Promise::Method { .. } => 2,
        Promise::Header { .. } | Promise::Headers { .. } => 3,
        Promise::Exposes { .. } => 4,
        Promise::MaxAge { .. } => 5,
        Promise::Credentials { .. } => 6,
        Promise::Bound { bound: Bound::Vary } => 8,
        Promise::Bound { .. } => 7,
    }
}

/// The row of a promise where the endpoint has no operations.
fn page(promise: &Promise) -> &str {
    promise.origin().unwrap_or("every other page")
}

/// How many promises of a cell have each state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Cell {
    kept: usize,
    broken: usize,
    unchecked: usize,
}

impl Cell {
    fn add(&mut self, state: PromiseState) {
        match state {
            PromiseState::Kept => self.kept += 1,
            PromiseState::Broken => self.broken += 1,
            PromiseState::NotChecked => self.unchecked += 1,
        }
    }

    fn html(self) -> String {
        let Self { kept, broken, unchecked } = self;
        let all = kept + broken + unchecked;
        let of = |count: usize, word: &str| match (count, all) {
            (1, 1) => word.to_owned(),
            (count, all) if count == all => format!("all {all} {word}"),
            (count, all) => format!("{count} of {all} {word}"),
        };
        let mut html = match (broken, unchecked) {
            _ if all == 0 => return "<span class=\"faint\">–</span>".to_owned(),
            (0, 0) => chip("good", of(kept, "kept")),
            (0, unchecked) if unchecked == all => chip("doubt", of(unchecked, "not checked")),
            (0, _) => chip("good", of(kept, "kept")),
            (broken, _) => chip("bad", of(broken, "broken")),
        };
        if unchecked > 0 && unchecked < all {
            // Writing to a String cannot fail.
            let _ = write!(html, " {}", chip("doubt", of(unchecked, "not checked")));
        }
        html
    }
}

/// What was promised, and whether it was kept.
pub(super) fn promises(record: &RunRecord, ids: &Ids<'_>) -> String {
    if record.promises.is_empty() {
        return String::new();
    }
    let by_operation = !record.operations.is_empty();
    let mut rows: IndexMap<&str, [Cell; COLUMNS.len()]> = IndexMap::new();
    for operation in &record.operations {
        rows.insert(&operation.name, Default::default());
    }
    for promise in &record.promises {
        let row = match by_operation {
            true => promise.operation.as_deref().unwrap_or("every operation"),
            false => page(&promise.promise),
        };
        if let Some(cell) = rows.entry(row).or_default().get_mut(column(&promise.promise)) {
            cell.add(promise.state);
        }
    }
    let used: Vec<usize> = (0..COLUMNS.len())
        .filter(|column| rows.values().any(|row| row.get(*column).is_some_and(|it| *it != Cell::default())))
        .collect();
    let (caption, first) = match by_operation {
        true => ("Promises by operation", "operation"),
        false => ("Promises by page", "pages of"),
    };
    let columns: Vec<(&str, Align)> = std::iter::once((first, Align::Words))
        .chain(used.iter().filter_map(|column| COLUMNS.get(*column)).map(|name| (*name, Align::Words)))
        .collect();
    let mut table = Table::new(caption, &columns);
    for (name, cells) in &rows {
        let broken = cells.iter().any(|cell| cell.broken > 0);
        let mut row = vec![row_name(name, record)];
        row.extend(used.iter().filter_map(|column| cells.get(*column)).map(|cell| cell.html()));
        table.marked(if broken { "bad" } else { "" }, row);
    }
    let mut html = table.html();
    let of = |state| record.promises.iter().filter(move |promise| promise.state == state);
    let broken: Vec<&PromiseRecord> = of(PromiseState::Broken).collect();
    if !broken.is_empty() {
        html.push_str("<h3>Broken promises</h3>\n<ul>\n");
        for promise in broken {
            let _ = writeln!(html, "<li>{}{}</li>", sentence(promise), proofs(promise, ids));
        }
        html.push_str("</ul>\n");
    }
    let unchecked: Vec<&PromiseRecord> = of(PromiseState::NotChecked).collect();
    if !unchecked.is_empty() {
        let mut list = "<ul>\n".to_owned();
        for promise in &unchecked {
            let why = promise.why.as_deref().unwrap_or_default();
            let _ =
                writeln!(list, "<li>{} <span class=\"faint\">{}</span></li>", sentence(promise), prose(why));
        }
        list.push_str("</ul>\n");
        html.push_str(&folded(&format!("Not checked: {}", unchecked.len()), &list));
    }
    let kept: Vec<&PromiseRecord> = of(PromiseState::Kept).collect();
    if !kept.is_empty() {
        let list: String = kept.iter().map(|promise| format!("<li>{}</li>\n", sentence(promise))).collect();
        html.push_str(&folded(&format!("Kept: {}", kept.len()), &format!("<ul>\n{list}</ul>\n")));
    }
    let lead = "What the declared policy promises to pages, and whether the endpoint keeps it. A promise that no test could check is not kept and not broken.";
    section("promises", "Promises", lead, &html)
}

/// The header of a row: the page's origin, or an operation with its method and URL.
fn row_name(name: &str, record: &RunRecord) -> String {
    let Some(operation) = record.operations.iter().find(|operation| operation.name == name) else {
        return format!("<code>{}</code>", text(name));
    };
    let mut html = format!(
        "{}<br/><span class=\"faint\"><code>{} {}</code></span>",
        text(&operation.name),
        text(&operation.method),
        text(&operation.url)
    );
    if let Some(other) = &operation.same_layer_as {
        let _ = write!(html, "<br/><span class=\"faint\">same CORS layer as {}</span>", text(other));
    }
    if let Some(why) = &operation.not_judged {
        let _ =
            write!(html, "<br/>{} <span class=\"faint\">{}</span>", chip("doubt", "not judged"), text(why));
    }
    html
}

fn sentence(promise: &PromiseRecord) -> String {
    match &promise.operation {
        Some(operation) => format!("<b>{}</b>: {}", text(operation), prose(&promise.sentence)),
        None => prose(&promise.sentence),
    }
}

/// How many tests are named that prove a promise broken; the filter of the tests finds the others.
const PROOFS: usize = 3;

fn proofs(promise: &PromiseRecord, ids: &Ids<'_>) -> String {
    let named: Vec<String> = promise.tests.iter().take(PROOFS).map(|id| ids.link(id)).collect();
    let more = match promise.tests.len().saturating_sub(PROOFS) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!(" <span class=\"faint\">{}{more}</span>", named.join(", "))
}
