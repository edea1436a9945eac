//! What caches do with each way of saying `Vary`, as a table.

use std::fmt::Write;

use crate::vary::{Row, Way};

/// A row for each cache, a column for each way, in each place the smallest order that breaks.
/// Beneath, what the words mean; and with real caches, what they showed besides.
pub fn render(rows: &[Row]) -> String {
    let mut table = vec![vec!["cache".to_owned()]];
    if let Some(head) = table.first_mut() {
        head.extend(Way::ALL.iter().map(|way| way.name().to_owned()));
    }
    for cache in caches(rows) {
        let cells = Way::ALL.iter().map(|way| find(rows, cache, *way).map_or(String::new(), smallest));
        table.push(std::iter::once(cache.to_owned()).chain(cells).collect());
    }
    let mut out = aligned(&table);
    out.push_str(LEGEND);
    let real: Vec<&Row> = rows.iter().filter(|row| row.real.is_some()).collect();
    if !real.is_empty() {
        out.push_str("\nReal caches, besides:\n");
        out.push_str(&aligned(&besides(&real)));
    }
    out
}

const LEGEND: &str = "\n\
    Each place names the smallest order that breaks, and how many more there are: a page that may\n\
    read is blocked, or one that may not can read. `-`: none of up to three requests.\n\
    a, b    pages of two allowed origins       denied  a page that is not allowed\n\
    null    a page of an opaque origin         none    no Origin: an image, a crawler, curl\n\
    -head   with HEAD instead of GET           stale   until stored responses are stale\n";

fn smallest(row: &Row) -> String {
    match (row.smallest(), row.breaks.len()) {
        (None, _) => "-".to_owned(),
        (Some(order), 1) => order.to_string(),
        (Some(order), count) => format!("{order} (+{})", count - 1),
    }
}

fn besides(rows: &[&Row]) -> Vec<Vec<String>> {
    let head = ["cache", "way", "at once", "HEAD", "stale", "as its model"];
    let mut table = vec![head.map(str::to_owned).to_vec()];
    for row in rows {
        let Some(real) = &row.real else { continue };
        let word = |yes: bool, then: &str, otherwise: &str| if yes { then } else { otherwise }.to_owned();
        table.push(vec![
            row.cache.clone(),
            row.way.to_string(),
            word(real.burst_breaks, "breaks", "-"),
            word(real.head_as_get, "fetched as GET", "HEAD"),
            word(real.validates, "validated", "fetched anew"),
            match &real.model_differs {
                None => "no model".to_owned(),
                Some(differs) if differs.is_empty() => "in every order".to_owned(),
                Some(differs) => format!("not in {} orders", differs.len()),
            },
        ]);
    }
    table
}

/// The same table in Markdown, for a document.
pub fn markdown(rows: &[Row]) -> String {
    let mut out = String::from("| cache |");
    for way in Way::ALL {
        let _ = write!(out, " `{way}` |");
    }
    let _ = writeln!(out, "\n| --- |{}", " --- |".repeat(Way::ALL.len()));
    for cache in caches(rows) {
        let _ = write!(out, "| {cache} |");
        for way in Way::ALL {
            let _ = write!(out, " {} |", find(rows, cache, way).map_or(String::new(), smallest));
        }
        out.push('\n');
    }
    out
}

fn caches(rows: &[Row]) -> Vec<&str> {
    let mut caches: Vec<&str> = Vec::new();
    for row in rows {
        if !caches.contains(&row.cache.as_str()) {
            caches.push(&row.cache);
        }
    }
    caches
}

fn find<'a>(rows: &'a [Row], cache: &str, way: Way) -> Option<&'a Row> {
    rows.iter().find(|row| row.cache == cache && row.way == way)
}

/// The rows as JSON, one on a line, so that differences are easy to read.
///
/// # Errors
/// The rows cannot be written as JSON.
pub fn json(rows: &[Row]) -> serde_json::Result<String> {
    let lines = rows.iter().map(serde_json::to_string).collect::<serde_json::Result<Vec<_>>>()?;
    Ok(format!("[\n{}\n]\n", lines.join(",\n")))
}

/// What differs from what was expected, in words.
pub fn differences(found: &[Row], expected: &[Row]) -> Vec<String> {
    let of = |rows: &[Row], row: &Row| {
        rows.iter().find(|other| other.cache == row.cache && other.way == row.way).cloned()
    };
    let mut out = Vec::new();
    for row in found {
        match of(expected, row) {
            None => out.push(format!("{} {}: not expected at all", row.cache, row.way)),
            Some(expected) if expected == *row => {}
            Some(expected) => out.push(format!(
                "{} {}:\n  expected {}\n     found {}",
                row.cache,
                row.way,
                serde_json::to_string(&expected).unwrap_or_default(),
                serde_json::to_string(row).unwrap_or_default()
            )),
        }
    }
    for row in expected.iter().filter(|row| found.iter().any(|other| other.cache == row.cache)) {
        if of(found, row).is_none() {
            out.push(format!("{} {}: expected, and not found", row.cache, row.way));
        }
    }
    out
}

/// Columns of text, two spaces between them.
pub(super) fn aligned(table: &[Vec<String>]) -> String {
    let columns = table.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        table.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut out = String::new();
    for row in table {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            let _ = write!(line, "{cell:<width$}  ");
        }
        let _ = writeln!(out, "{}", line.trim_end());
    }
    out
}
