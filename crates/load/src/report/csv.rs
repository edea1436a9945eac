//! The run as CSV (RFC 4180): a line for each request, and a line for each slice of time.

use crosscheck_core::diagnostic::visible;

use crate::record::{HistogramRecord, LoadRecord, RequestRecord};

/// A line for each request, the total last. Latencies are in microseconds.
pub fn requests(record: &LoadRecord) -> String {
    let mut out =
        "request,method,sent,answered,errors,wrong,from_cache,per_second,bytes_received,".to_owned();
    out.push_str(&latency_names("response"));
    out.push(',');
    out.push_str(&latency_names("service"));
    out.push_str("\r\n");
    for row in record.requests.iter().chain([&record.total]) {
        line(&mut out, &cells(row));
    }
    out
}

/// A line for each slice of time. Latencies are in microseconds.
pub fn series(record: &LoadRecord) -> String {
    let mut out = "at_seconds,seconds,due,sent,answered,errors,wrong,backlog,active,".to_owned();
    out.push_str(&latency_names("response"));
    out.push(',');
    out.push_str(&latency_names("service"));
    out.push_str("\r\n");
    for slice in &record.series {
        let mut cells = vec![format!("{:.3}", slice.at), format!("{:.3}", slice.seconds)];
        let counts =
            [slice.due, slice.sent, slice.answered, slice.errors, slice.wrong, slice.backlog, slice.active];
        cells.extend(counts.map(|count| count.to_string()));
        cells.extend(latencies(&slice.response));
        cells.extend(latencies(&slice.service));
        line(&mut out, &cells);
    }
    out
}

const PERCENTILES: [&str; 10] =
    ["min", "mean", "p50", "p90", "p95", "p99", "p99_9", "p99_99", "p99_999", "max"];

fn latency_names(of: &str) -> String {
    PERCENTILES.map(|name| format!("{of}_{name}")).join(",")
}

fn latencies(h: &HistogramRecord) -> [String; 10] {
    if h.count == 0 {
        return std::array::from_fn(|_| String::new());
    }
    [
        h.min.to_string(),
        format!("{:.1}", h.mean),
        h.p50.to_string(),
        h.p90.to_string(),
        h.p95.to_string(),
        h.p99.to_string(),
        h.p99_9.to_string(),
        h.p99_99.to_string(),
        h.p99_999.to_string(),
        h.max.to_string(),
    ]
}

fn cells(row: &RequestRecord) -> Vec<String> {
    let mut cells = vec![row.name.clone(), row.method.clone()];
    cells.extend(
        [row.sent, row.answered, row.errors, row.wrong, row.from_cache].map(|count| count.to_string()),
    );
    cells.push(format!("{:.2}", row.per_second));
    cells.push(row.bytes_received.to_string());
    cells.extend(latencies(&row.response));
    cells.extend(latencies(&row.service));
    cells
}

fn line(out: &mut String, cells: &[String]) {
    let cells: Vec<String> = cells.iter().map(|cell| cell_text(cell)).collect();
    out.push_str(&cells.join(","));
    out.push_str("\r\n");
}

/// A cell, with nothing hidden in it; one that a spreadsheet would take for a formula is led by an apostrophe. Some
/// look behind spaces for the sign, and know its wide forms.
fn cell_text(cell: &str) -> String {
    const SIGNS: [char; 8] = ['=', '+', '-', '@', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}'];
    let formula = cell.starts_with('\t')
        || (cell.trim_start().starts_with(SIGNS) && !cell.parse::<f64>().is_ok_and(f64::is_finite));
    let cell = visible(cell);
    let cell = if formula { format!("'{cell}") } else { cell };
    if cell.contains([',', '"']) { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_and_never_formulas() {
        for (cell, text) in [
            ("preflight", "preflight"),
            ("a,b", "\"a,b\""),
            ("say \"x\"", "\"say \"\"x\"\"\""),
            ("=1+1", "'=1+1"),
            ("-cmd", "'-cmd"),
            ("-1.5", "-1.5"),
            (" \u{ff1d}1", "' \u{ff1d}1"),
            ("\r\n=1", "'\\x0d\\x0a=1"),
            ("-inf", "'-inf"),
            ("a\u{202e}b", "a\\u{202e}b"),
        ] {
            assert_eq!(cell_text(cell), text);
        }
    }
}
