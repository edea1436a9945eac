//! What a person reads first, at the end of a load run: budgets, figures, what was wrong, and
//! whether to believe it.

use std::fmt::{self, Write};

use crosscheck_core::diagnostic::visible;
use crosscheck_harness::report::{
    paint::{Paint, Tone},
    prose::prose,
};

use super::{figures, saving, words};
use crate::{
    baseline::{Change, Comparison},
    record::{LoadRecord, Outcome, RequestRecord},
};

/// The whole summary; ends with a line feed.
pub fn render(record: &LoadRecord, comparison: Option<&Comparison>, paint: Paint) -> String {
    let mut out = String::new();
    let wide = record.budgets.iter().map(|budget| visible(&budget.budget.text).chars().count()).max();
    let wide = wide.unwrap_or(0).clamp(20, 40);
    for budget in &record.budgets {
        let (sign, tone) = if budget.met { ("✓", Tone::Good) } else { ("✗", Tone::Bad) };
        let margin =
            budget.margin.map(|margin| format!(", margin {}", words::change(margin))).unwrap_or_default();
        let _ = writeln!(
            out,
            "  {} {:<wide$}  {}{margin}",
            paint.tone(tone, sign),
            visible(&budget.budget.text),
            visible(&words::measured(budget))
        );
    }
    out.push('\n');
    rows(&mut out, record);
    for error in &record.errors {
        let count = words::count(error.count);
        let _ = writeln!(
            out,
            "  {} {count} × {}: {}",
            paint.tone(Tone::Doubtful, "!"),
            error.kind.words(),
            visible(&error.first)
        );
    }
    causes(&mut out, record, paint);
    for finding in &record.findings {
        let _ = writeln!(
            out,
            "  {} {} × {} in {} ({}): {}",
            paint.tone(Tone::Bad, "✗"),
            words::count(finding.count),
            finding.reason,
            visible(&finding.request),
            words::share(finding.rate),
            visible(&finding.message)
        );
    }
    if let Some(comparison) = comparison {
        baseline(&mut out, comparison, paint);
    }
    let saved =
        record.caching.iter().flat_map(|caching| [saving::of_max_age(caching), saving::of_vary(caching)]);
    for sentence in saved.flatten() {
        let _ = writeln!(out, "  {} {}", paint.tone(Tone::Faint, "caching:"), visible(&sentence));
    }
    for doubt in &record.validity.doubts {
        let (word, tone) =
            if doubt.invalidates { ("not valid:", Tone::Bad) } else { ("note:", Tone::Doubtful) };
        let _ = writeln!(
            out,
            "  {} {} ({})",
            paint.tone(tone, word),
            visible(&doubt.message),
            visible(&doubt.help)
        );
    }
    if let Some(incomplete) = &record.incomplete {
        let _ = writeln!(out, "  {} {}", paint.tone(Tone::Bad, "incomplete:"), visible(incomplete));
    }
    if record.interrupted {
        let _ = writeln!(
            out,
            "  {} the figures are of the time until then",
            paint.tone(Tone::Doubtful, "cut short:")
        );
    }
    let outcome = Outcome::of(record, comparison.is_some_and(Comparison::regressed));
    let (sign, tone) = match outcome {
        Outcome::Held => ("✓", Tone::Good),
        Outcome::CutShort | Outcome::Incomplete | Outcome::Invalid => ("?", Tone::Doubtful),
        Outcome::Wrong | Outcome::Missed | Outcome::Regressed => ("✗", Tone::Bad),
    };
    if !out.ends_with("\n\n") {
        out.push('\n');
    }
    let _ = writeln!(
        out,
        "{} {}: {} answers in {} ({}) from {}",
        paint.tone(tone, sign),
        paint.tone(Tone::Strong, outcome.words()),
        words::count(record.total.answered),
        words::seconds(record.seconds),
        words::rate(record.total.per_second),
        visible(&record.target)
    );
    out
}

/// So many causes are shown whole; further ones in a line.
const WHOLE: usize = 3;

/// The causes of wrong answers, worst first, each with its cure.
fn causes(out: &mut String, record: &LoadRecord, paint: Paint) {
    if record.causes.is_empty() {
        return;
    }
    if !out.ends_with("\n\n") {
        out.push('\n');
    }
    let _ = writeln!(out, "{}", paint.tone(Tone::Strong, "Causes, worst first"));
    for (number, cause) in record.causes.iter().enumerate() {
        let found = &cause.cause;
        let mut text = String::new();
        prose(&mut text, "  ", &format!("{} ({}): {}", found.code, found.severity, found.sentence));
        let _ = write!(out, "{} {}", paint.tone(Tone::Bad, "✗"), text.strip_prefix("  ").unwrap_or(&text));
        prose(out, "    ", &words::explains(cause));
        if number >= WHOLE {
            continue;
        }
        for line in found.evidence.iter().take(EVIDENCE) {
            let _ = writeln!(out, "    {} {}", paint.tone(Tone::Faint, "|"), visible(line));
        }
        for cure in &found.cure {
            prose(out, "    fix: ", cure);
        }
    }
    out.push('\n');
    let _ = writeln!(out, "{}", paint.tone(Tone::Strong, "Wrong answers"));
}

/// So many lines of evidence are shown.
const EVIDENCE: usize = 6;

/// The figures of each request, under one another; no wider than they must be, so that a usual terminal
/// shows a row in one line.
fn rows(out: &mut String, record: &LoadRecord) {
    let cells = |name: &str, row: &RequestRecord| {
        #[allow(clippy::cast_precision_loss, reason = "three digits are shown")]
        let micros = |value: u64| {
            if row.response.count == 0 { "–".to_owned() } else { words::micros(value as f64) }
        };
        let h = &row.response;
        [
            visible(name),
            words::count(row.answered),
            words::digits(row.per_second),
            micros(h.p50),
            micros(h.p99),
            micros(h.p99_9),
            micros(h.max),
            words::count(row.errors),
            words::count(row.wrong),
        ]
    };
    let head = ["request", "answered", "/s", "p50", "p99", "p99.9", "max", "errors", "wrong"];
    let mut table = vec![head.map(str::to_owned)];
    table.extend(super::rows(record).map(|row| cells(&row.name, row)));
    if record.requests.len() > 1 {
        table.push(cells("total", &record.total));
    }
    let wide = |column: usize| table.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: [usize; 9] = std::array::from_fn(wide);
    for row in &table {
        let _ = write!(out, "  {:<1$}", row[0], widths[0]);
        for (cell, width) in row.iter().zip(widths).skip(1) {
            let _ = write!(out, "  {cell:>width$}");
        }
        out.push('\n');
    }
    out.push('\n');
}

/// What has changed since the baseline.
fn baseline(out: &mut String, comparison: &Comparison, paint: Paint) {
    let changed =
        |figure: &&crate::baseline::Figure| matches!(figure.verdict, Change::Worse | Change::Better);
    for figure in comparison.figures.iter().filter(changed) {
        let (sign, tone) =
            if figure.verdict == Change::Worse { ("✗", Tone::Bad) } else { ("✓", Tone::Good) };
        let _ = writeln!(
            out,
            "  {} {} of {}: {} before, {} now, {} ({} to {})",
            paint.tone(tone, sign),
            figure.metric.words(),
            visible(&figure.request),
            figures::value(figure, figure.before),
            figures::value(figure, figure.now),
            figures::change(figure, figure.change),
            figures::change(figure, figure.interval.0),
            figures::change(figure, figure.interval.1)
        );
    }
    if !comparison.figures.iter().any(|figure| changed(&figure)) {
        let _ = writeln!(
            out,
            "  {} nothing has changed beyond noise since the baseline",
            paint.tone(Tone::Good, "✓")
        );
    }
    for sentence in &comparison.unlike {
        let _ = writeln!(out, "  {} {}", paint.tone(Tone::Doubtful, "not alike:"), visible(sentence));
    }
}
/// The summary without colours and without control characters.
impl fmt::Display for LoadRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&Paint::PLAIN.finish(&render(self, None, Paint::PLAIN)))
    }
}
