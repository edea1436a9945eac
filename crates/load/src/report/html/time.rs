//! What happened when: latency bands, throughput and errors, the heat map. All share one time axis.

use crosscheck_harness::report::page::{Align, Table, section};

use super::{plot::Plot, rows::latencies, scale::Scale};
use crate::{
    record::{HistogramRecord, LoadRecord, Second},
    report::words,
};

/// The time axis of a run.
fn axis(record: &LoadRecord) -> Scale {
    let last = record.series.last().map_or(record.seconds, |second| second.at + second.seconds);
    Scale::Linear { from: 0.0, to: last.max(0.001) }
}

/// Round times on it: in seconds, and in minutes where there are many.
fn times(axis: Scale) -> Vec<(f64, String)> {
    let Scale::Linear { to, .. } = axis else { return Vec::new() };
    let (unit, name) = if to > 300.0 { (60.0, "min") } else { (1.0, "s") };
    let marks = Scale::Linear { from: 0.0, to: to / unit }.marks(8.0);
    marks.into_iter().map(|mark| (mark * unit, format!("{} {name}", words::digits(mark)))).collect()
}

fn middle(second: &Second) -> f64 {
    second.at + second.seconds / 2.0
}

#[allow(clippy::cast_precision_loss, reason = "pixels are coarser")]
fn float(value: u64) -> f64 {
    value as f64
}

/// The stages as names at the top of a plot.
fn stages(plot: &mut Plot, record: &LoadRecord) {
    for (index, phase) in record.phases.iter().enumerate() {
        plot.stretch(phase.at, phase.at + phase.seconds, &phase.name, index % 2 == 1);
    }
}

/// Latency over time, as bands between percentiles.
pub(super) fn latency(record: &LoadRecord) -> String {
    let known: Vec<&Second> = record.series.iter().filter(|second| second.response.count > 0).collect();
    if known.is_empty() {
        return section("latency", "Latency over time", "", "<p>No request was answered.</p>\n");
    }
    let least = known.iter().map(|second| second.response.p50).min().unwrap_or(1);
    let most = known.iter().map(|second| second.response.max).max().unwrap_or(1);
    // A tail far above the median is unreadable on a linear axis, and a flat line on a logarithmic one.
    let y = if most > least.max(1) * 8 {
        Scale::around(float(least.max(1)), float(most.max(2)))
    } else {
        Scale::from_zero(float(most))
    };
    let x = axis(record);
    let describe = format!(
        "Median {}, 99th percentile {}, greatest {} over the whole run.",
        words::micros(float(record.total.response.p50)),
        words::micros(float(record.total.response.p99)),
        words::micros(float(record.total.response.max))
    );
    let mut plot = Plot::new("latency-plot", "Latency over time", &describe, 300.0, x, y).axes(
        "time since the start",
        "from due to answered",
        &times(x),
        &words::micros,
    );
    stages(&mut plot, record);
    let pick = |of: fn(&HistogramRecord) -> u64| -> Vec<(f64, Option<f64>)> {
        record
            .series
            .iter()
            .map(|second| (middle(second), (second.response.count > 0).then(|| float(of(&second.response)))))
            .collect()
    };
    let between = |low: fn(&HistogramRecord) -> u64, high: fn(&HistogramRecord) -> u64| {
        record
            .series
            .iter()
            .map(|second| {
                let both = (float(low(&second.response)), float(high(&second.response)));
                (middle(second), (second.response.count > 0).then_some(both))
            })
            .collect::<Vec<_>>()
    };
    plot.band("b3", "p99 to p99.9", &between(|h| h.p99, |h| h.p99_9));
    plot.band("b2", "p90 to p99", &between(|h| h.p90, |h| h.p99));
    plot.band("b1", "p50 to p90", &between(|h| h.p50, |h| h.p90));
    plot.line("l-max", "greatest", &pick(|h| h.max));
    plot.line("l-main", "p50", &pick(|h| h.p50));
    let told = |second: &Second| {
        let h = &second.response;
        let [p50, p90, p99, p99_9, greatest] = latencies(h, [h.p50, h.p90, h.p99, h.p99_9, h.max]);
        format!(
            "{} s: {} answers, p50 {p50}, p90 {p90}, p99 {p99}, p99.9 {p99_9}, greatest {greatest}",
            words::digits(second.at),
            words::count(h.count),
        )
    };
    plot.tell(record.series.iter().map(|second| (middle(second), told(second))).collect());
    let mut table = Table::new(
        "Latency over time",
        &[
            ("second", Align::Figures),
            ("answers", Align::Figures),
            ("p50", Align::Figures),
            ("p90", Align::Figures),
            ("p99", Align::Figures),
            ("p99.9", Align::Figures),
            ("greatest", Align::Figures),
        ],
    );
    for second in &record.series {
        let h = &second.response;
        let cells = latencies(h, [h.p50, h.p90, h.p99, h.p99_9, h.max]);
        table.row([words::digits(second.at), words::count(h.count)].into_iter().chain(cells).collect());
    }
    let lead = "Counted from the moment a request was due, so that a stalled endpoint shows. The wider the band, the less a page can rely on the median.";
    section("latency", "Latency over time", lead, &plot.html(&table.html()))
}

/// Requests that were due and answered, and what went wrong, over time.
pub(super) fn throughput(record: &LoadRecord) -> String {
    if record.series.is_empty() {
        return String::new();
    }
    let per_second = |count: u64, second: &Second| {
        if second.seconds > 0.0 { float(count) / second.seconds } else { 0.0 }
    };
    // The rest of a slice at the end is too short for a rate: a fall to nothing that was none.
    let longest = record.series.iter().map(|second| second.seconds).fold(0.0, f64::max);
    let line = |of: fn(&Second) -> u64| -> Vec<(f64, Option<f64>)> {
        let whole = record.series.iter().filter(|second| second.seconds * 2.0 > longest);
        whole.map(|second| (middle(second), Some(per_second(of(second), second)))).collect()
    };
    let (due, answered) = (line(|second| second.due), line(|second| second.answered));
    let most = due.iter().chain(&answered).filter_map(|(_, y)| *y).fold(0.0, f64::max);
    let x = axis(record);
    let describe = format!(
        "{} answers in {}, {} a second; {} errors and {} wrong answers.",
        words::count(record.total.answered),
        words::seconds(record.seconds),
        words::digits(record.total.per_second),
        words::count(record.total.errors),
        words::count(record.total.wrong)
    );
    let mut plot =
        Plot::new("rate-plot", "Throughput over time", &describe, 220.0, x, Scale::from_zero(most * 1.1))
            .axes("time since the start", "a second", &times(x), &words::digits);
    stages(&mut plot, record);
    // Where both are the same, one must still be seen through the other.
    plot.line("l-main", "answered", &answered);
    plot.line("l-due", "due", &due);
    let told = |second: &Second| {
        format!(
            "{} s: {} due, {} answered, {} errors, {} wrong, {} waiting, {} active",
            words::digits(second.at),
            words::count(second.due),
            words::count(second.answered),
            words::count(second.errors),
            words::count(second.wrong),
            words::count(second.backlog),
            words::count(second.active)
        )
    };
    plot.tell(record.series.iter().map(|second| (middle(second), told(second))).collect());
    let mut table = Table::new(
        "Throughput and errors over time",
        &[
            ("second", Align::Figures),
            ("due", Align::Figures),
            ("sent", Align::Figures),
            ("answered", Align::Figures),
            ("errors", Align::Figures),
            ("wrong", Align::Figures),
            ("waiting", Align::Figures),
            ("active", Align::Figures),
        ],
    );
    for s in &record.series {
        let cells = [s.due, s.sent, s.answered, s.errors, s.wrong, s.backlog, s.active].map(words::count);
        table.row(std::iter::once(words::digits(s.at)).chain(cells).collect());
    }
    let troubles = troubles(record, x);
    let html = format!("{}{troubles}", plot.html(&table.html()));
    let lead = "Due is what the plan asked for: arrivals, of which each takes one request, several, or none where caches answer. Where answered falls while due does not, requests wait or are lost.";
    section("throughput", "Throughput and errors", lead, &html)
}

/// Errors and wrong answers over time, where there are any.
fn troubles(record: &LoadRecord, x: Scale) -> String {
    if record.total.errors + record.total.wrong == 0 {
        return "<p>No errors and no wrong answers.</p>\n".to_owned();
    }
    let most = record.series.iter().map(|second| second.errors + second.wrong).max().unwrap_or(0);
    let describe = format!(
        "{} errors and {} wrong answers.",
        words::count(record.total.errors),
        words::count(record.total.wrong)
    );
    let y = Scale::from_zero(float(most));
    let mut plot = Plot::new("trouble-plot", "Errors and wrong answers over time", &describe, 150.0, x, y)
        .axes("time since the start", "requests", &times(x), &words::digits);
    let bar = |second: &Second, low: u64, high: u64| {
        let gap = second.seconds * 0.1;
        (second.at + gap, second.at + second.seconds - gap, float(low), float(high))
    };
    let wrong: Vec<_> =
        record.series.iter().filter(|s| s.wrong > 0).map(|second| bar(second, 0, second.wrong)).collect();
    let errors: Vec<_> = record
        .series
        .iter()
        .filter(|s| s.errors > 0)
        .map(|second| bar(second, second.wrong, second.wrong + second.errors))
        .collect();
    plot.bars("a-bad", "wrong answers", &wrong);
    plot.bars("a-doubt", "errors on the way", &errors);
    plot.html("")
}

/// The most columns and rows of the heat map.
const COLUMNS: usize = 120;
const ROWS: u32 = 36;
/// How many shades it has.
const SHADES: usize = 6;

/// How many answers took how long, when.
pub(super) fn heat(record: &LoadRecord) -> String {
    let (Some(least), Some(most)) = (
        record.series.iter().filter(|s| s.response.count > 0).map(|s| s.response.min.max(1)).min(),
        record.series.iter().map(|s| s.response.max).max(),
    ) else {
        return String::new();
    };
    let y = Scale::around(float(least), float(most.max(least + 1)));
    let Scale::Log { from, to } = y else { return String::new() };
    let ratio = (to / from).powf(1.0 / f64::from(ROWS));
    let together = record.series.len().div_ceil(COLUMNS).max(1);
    let mut cells: Vec<(f64, f64, u32, u64)> = Vec::new();
    for slice in record.series.chunks(together) {
        let (Some(first), Some(last)) = (slice.first(), slice.last()) else { continue };
        let mut column = vec![0_u64; ROWS as usize];
        for second in slice {
            let Ok(latencies) = second.response.decode() else { continue };
            for step in latencies.iter_recorded() {
                let value = float(step.value_iterated_to().max(1));
                let row = ((value / from).ln() / ratio.ln()).floor().clamp(0.0, f64::from(ROWS - 1));
                #[allow(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "a row's number, clamped above"
                )]
                if let Some(cell) = column.get_mut(row as usize) {
                    *cell += step.count_since_last_iteration();
                }
            }
        }
        for (row, count) in (0..ROWS).zip(column) {
            if count > 0 {
                cells.push((first.at, last.at + last.seconds, row, count));
            }
        }
    }
    let fullest = cells.iter().map(|(.., count)| *count).max().unwrap_or(1);
    let x = axis(record);
    let describe = format!(
        "Answers by latency and time, from {} to {}; the fullest field has {} answers.",
        words::micros(float(least)),
        words::micros(float(most)),
        words::count(fullest)
    );
    let mut plot = Plot::new("heat-plot", "Heat map of latencies", &describe, 300.0, x, y).axes(
        "time since the start",
        "from due to answered",
        &times(x),
        &words::micros,
    );
    let classes = ["h1", "h2", "h3", "h4", "h5", "h6"];
    for (shade, class) in classes.iter().enumerate() {
        let of_shade: Vec<_> = cells
            .iter()
            .filter(|(.., count)| shade_of(*count, fullest) == shade)
            .map(|(left, right, row, _)| {
                let low = from * ratio.powi(row.cast_signed());
                (*left, *right, low, low * ratio)
            })
            .collect();
        let name = match shade {
            0 => "1 answer".to_owned(),
            s if s == SHADES - 1 && fullest > 1 => format!("up to {} answers", words::count(fullest)),
            _ => String::new(),
        };
        plot.bars(class, &name, &of_shade);
    }
    let line = |of: fn(&HistogramRecord) -> u64| -> Vec<(f64, Option<f64>)> {
        record
            .series
            .iter()
            .map(|second| (middle(second), (second.response.count > 0).then(|| float(of(&second.response)))))
            .collect()
    };
    plot.line("l-heat", "p50", &line(|h| h.p50));
    plot.line("l-heat dash", "p99", &line(|h| h.p99));
    let lead = "Every answer is in it: two bands mean two kinds of answers, a slope a queue that grows. The more answers a field has, the further its colour is from the page's, on a logarithmic scale; the table of latency over time above has its figures.";
    section("heat", "Heat map", lead, &plot.html(""))
}

/// The shade of a count, so that a single answer is still seen beside a million.
fn shade_of(count: u64, fullest: u64) -> usize {
    let share = float(count.max(1)).ln() / float(fullest.max(2)).ln();
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a shade's number, clamped"
    )]
    let shade = (share * SHADES as f64).floor().clamp(0.0, (SHADES - 1) as f64) as usize;
    shade
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_answer_is_pale_and_the_fullest_field_dark() {
        for (count, fullest, shade) in
            [(1, 1_000_000, 0), (1_000_000, 1_000_000, 5), (1_000, 1_000_000, 3), (1, 1, 0), (0, 0, 0)]
        {
            assert_eq!(shade_of(count, fullest), shade, "{count} of {fullest}");
        }
    }
}
