//! The percentile curve in HdrHistogram's way: each nine gets the same room.

use crosscheck_harness::report::page::{Align, Table, section};

use super::{plot::Plot, scale::Scale};
use crate::{
    record::{HistogramRecord, Latencies, LoadRecord},
    report::words,
};

/// Percentiles that are written at the axis and in the table.
const WRITTEN: [(f64, &str); 9] = [
    (50.0, "p50"),
    (75.0, "p75"),
    (90.0, "p90"),
    (95.0, "p95"),
    (99.0, "p99"),
    (99.9, "p99.9"),
    (99.99, "p99.99"),
    (99.999, "p99.999"),
    (100.0, "greatest"),
];

/// Points of a curve for each factor of ten.
const PER_NINE: u32 = 40;

#[allow(clippy::cast_precision_loss, reason = "pixels are coarser")]
fn float(value: u64) -> f64 {
    value as f64
}

/// Where a percentile lies on the axis: 1 / (1 − q).
fn place(percent: f64) -> f64 {
    1.0 / (1.0 - percent / 100.0).max(1e-9)
}

/// The curve up to the percentile that one of so many values still stands for.
fn curve(latencies: &Latencies) -> Vec<(f64, Option<f64>)> {
    let last = float(latencies.len().max(1));
    let mut points = Vec::new();
    for step in 0..=(PER_NINE * 7) {
        let at = 10_f64.powf(f64::from(step) / f64::from(PER_NINE));
        let at_or_last = at.min(last);
        let percent = 100.0 * (1.0 - 1.0 / at_or_last);
        let value = latencies.value_at_percentile(percent).min(latencies.max());
        points.push((at_or_last, Some(float(value.max(1)))));
        if at >= last {
            break;
        }
    }
    points
}

/// The curve of this run: corrected, uncorrected, and the baseline's.
pub(super) fn percentiles(record: &LoadRecord, baseline: Option<&HistogramRecord>) -> String {
    let Ok(response) = record.total.response.decode() else { return String::new() };
    let Ok(service) = record.total.service.decode() else { return String::new() };
    if response.is_empty() {
        return String::new();
    }
    let before = baseline.and_then(|baseline| baseline.decode().ok()).filter(|before| !before.is_empty());
    let curves = [Some(curve(&response)), Some(curve(&service)), before.as_ref().map(curve)];
    let values = || curves.iter().flatten().flatten().filter_map(|(_, y)| *y);
    let least = values().fold(f64::INFINITY, f64::min);
    let most = values().fold(0.0, f64::max);
    let furthest = curves.iter().flatten().flatten().map(|(x, _)| *x).fold(10.0, f64::max);
    let x = Scale::Log { from: 1.0, to: furthest };
    let y = if most > least * 8.0 { Scale::around(least, most) } else { Scale::from_zero(most) };
    let ticks: Vec<(f64, String)> = [(0.0, "p0")]
        .into_iter()
        .chain(WRITTEN)
        .filter(|(percent, _)| *percent < 100.0 && place(*percent) <= furthest * 1.001 && *percent != 75.0)
        .map(|(percent, name)| (place(percent), name.to_owned()))
        .collect();
    let describe = format!(
        "99th percentile {}, 99.9th {}, greatest {}.",
        words::micros(float(record.total.response.p99)),
        words::micros(float(record.total.response.p99_9)),
        words::micros(float(record.total.response.max))
    );
    let mut plot = Plot::new("percentile-plot", "Latency by percentile", &describe, 300.0, x, y).axes(
        "share of requests that were answered within",
        "latency",
        &ticks,
        &words::micros,
    );
    let [response_curve, service_curve, before_curve] = curves;
    if let Some(points) = before_curve {
        plot.line("l-base dash", "baseline, from due to answered", &points);
    }
    plot.line("l-service", "from sent to answered (uncorrected)", &service_curve.unwrap_or_default());
    plot.line("l-main", "from due to answered (corrected)", &response_curve.unwrap_or_default());
    let mut columns =
        vec![("percentile", Align::Words), ("corrected", Align::Figures), ("uncorrected", Align::Figures)];
    if before.is_some() {
        columns.push(("baseline", Align::Figures));
    }
    let mut table = Table::new("Latency by percentile", &columns);
    let at = |latencies: &Latencies, percent: f64| {
        words::micros(float(latencies.value_at_percentile(percent).min(latencies.max())))
    };
    for (percent, name) in WRITTEN {
        let mut cells = vec![name.to_owned(), at(&response, percent), at(&service, percent)];
        cells.extend(before.as_ref().map(|before| at(before, percent)));
        table.row(cells);
    }
    let lead = "Each nine has the same room. Corrected counts from the moment a request was due, uncorrected from when it was sent: where they part, requests had to wait for others, and a harness that reports only the lower line hides it.";
    section("percentiles", "Percentiles", lead, &plot.html(&table.html()))
}
