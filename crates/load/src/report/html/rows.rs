//! The figures of each request and of each stage.

use crate::{
    record::{HistogramRecord, LoadRecord, RequestRecord},
    report::words,
};
use crosscheck_harness::report::page::{Align, Table, section, text};

const COLUMNS: [(&str, Align); 13] = [
    ("request", Align::Words),
    ("sent", Align::Figures),
    ("answered", Align::Figures),
    ("a second", Align::Figures),
    ("errors", Align::Figures),
    ("wrong", Align::Figures),
    ("from cache", Align::Figures),
    ("p50", Align::Figures),
    ("p90", Align::Figures),
    ("p99", Align::Figures),
    ("p99.9", Align::Figures),
    ("greatest", Align::Figures),
    ("statuses", Align::Words),
];

/// Latencies in words; where nothing was answered there are none.
pub(super) fn latencies<const N: usize>(of: &HistogramRecord, values: [u64; N]) -> [String; N] {
    #[allow(clippy::cast_precision_loss, reason = "three digits are shown")]
    values.map(|value| if of.count == 0 { "–".to_owned() } else { words::micros(value as f64) })
}

fn cells(name: String, row: &RequestRecord) -> Vec<String> {
    let h = &row.response;
    let latencies = latencies(h, [h.p50, h.p90, h.p99, h.p99_9, h.max]);
    // Where all have one status, its count is that of the answers.
    let statuses: Vec<String> = match row.statuses.len() {
        1 => row.statuses.keys().map(ToString::to_string).collect(),
        _ => {
            let counted = row.statuses.iter();
            counted.map(|(status, count)| format!("{status}\u{a0}×\u{a0}{}", words::count(*count))).collect()
        }
    };
    let mut cells = vec![
        name,
        words::count(row.sent),
        words::count(row.answered),
        words::digits(row.per_second),
        words::count(row.errors),
        words::count(row.wrong),
        words::count(row.from_cache),
    ];
    cells.extend(latencies);
    cells.push(statuses.join(", "));
    cells
}

fn mark(row: &RequestRecord) -> &'static str {
    match (row.wrong, row.errors) {
        (0, 0) => "",
        (0, _) => "doubt",
        _ => "bad",
    }
}

/// Each request.
pub(super) fn requests(record: &LoadRecord) -> String {
    // Where nothing comes from a cache, a column of nothing is in the way.
    let shown = |name: &str| name != "from cache" || record.total.from_cache > 0;
    let columns: Vec<_> = COLUMNS.into_iter().filter(|(name, _)| shown(name)).collect();
    let cells = |name: String, row: &RequestRecord| -> Vec<String> {
        cells(name, row)
            .into_iter()
            .zip(COLUMNS)
            .filter(|(_, (name, _))| shown(name))
            .map(|(cell, _)| cell)
            .collect()
    };
    let mut table = Table::new("Each request", &columns);
    for row in crate::report::rows(record) {
        let method = if row.method.is_empty() {
            String::new()
        } else {
            format!(" <small>{}</small>", text(&row.method))
        };
        table.marked(mark(row), cells(format!("{}{method}", text(&row.name)), row));
    }
    if record.requests.len() != 1 {
        table.marked("sum", cells("total".to_owned(), &record.total));
    }
    let lead = "Latencies count from the moment a request was due.";
    section("requests", "Requests", lead, &table.html())
}

/// Each stage.
pub(super) fn phases(record: &LoadRecord) -> String {
    if record.phases.is_empty() {
        return String::new();
    }
    let mut table = Table::new(
        "Stages",
        &[
            ("stage", Align::Words),
            ("shape", Align::Words),
            ("from", Align::Figures),
            ("planned", Align::Figures),
            ("took", Align::Figures),
            ("load", Align::Words),
            ("answered", Align::Figures),
            ("a second", Align::Figures),
            ("errors", Align::Figures),
            ("wrong", Align::Figures),
            ("p50", Align::Figures),
            ("p99", Align::Figures),
            ("greatest", Align::Figures),
        ],
    );
    for phase in &record.phases {
        let load = match (phase.rate, phase.users) {
            (Some((from, to)), _) if from.total_cmp(&to).is_ne() => {
                format!("{} to {}", words::digits(from), words::rate(to))
            }
            (Some((_, to)), _) => words::rate(to),
            (None, Some((from, to))) if from != to => format!("{from} to {to} users"),
            (None, Some((_, to))) => format!("{to} users"),
            (None, None) => String::new(),
        };
        let (row, h) = (&phase.total, &phase.total.response);
        table.marked(
            mark(row),
            vec![
                text(&phase.name),
                format!("{:?}", phase.shape).to_lowercase(),
                words::seconds(phase.at),
                words::seconds(phase.planned),
                words::seconds(phase.seconds),
                load,
                words::count(row.answered),
                words::digits(row.per_second),
                words::count(row.errors),
                words::count(row.wrong),
            ]
            .into_iter()
            .chain(latencies(h, [h.p50, h.p99, h.max]))
            .collect(),
        );
    }
    section("stages", "Stages", "", &table.html())
}
