//! What had to hold: the budgets with their margins, and the baseline beside which the run stands.

use std::fmt::Write;

use crate::{
    baseline::{Change, Comparison, Units},
    record::{BudgetRecord, LoadRecord},
    report::{figures, words},
};
use crosscheck_harness::report::page::{Align, Table, chip, section, text};

/// The budgets, the missed ones first, then those with the least left.
pub(super) fn budgets(record: &LoadRecord) -> String {
    let mut budgets: Vec<&BudgetRecord> = record.budgets.iter().collect();
    budgets.sort_by(|a, b| {
        let margin = |budget: &BudgetRecord| budget.margin.unwrap_or(f64::INFINITY);
        a.met.cmp(&b.met).then(margin(a).total_cmp(&margin(b)))
    });
    let mut table = Table::new(
        "Budgets",
        &[
            ("budget", Align::Words),
            ("verdict", Align::Words),
            ("measured", Align::Figures),
            ("limit", Align::Figures),
            ("margin", Align::Figures),
            ("of the limit", Align::Words),
            ("requests", Align::Figures),
        ],
    );
    for budget in budgets {
        let verdict = if budget.met { chip("good", "met") } else { chip("bad", "missed") };
        let cells = vec![
            format!("<code>{}</code>", text(&budget.budget.text)),
            verdict,
            text(&words::measured(budget)),
            words::in_unit(budget.limit, budget.unit),
            budget.margin.map(words::change).unwrap_or_default(),
            bar(budget),
            words::count(budget.samples),
        ];
        table.marked(if budget.met { "" } else { "bad" }, cells);
    }
    let lead = "The margin is what is left of the limit, as a share of it; negative where the budget is missed. The bar is what is used of the limit, which is its mark, up to twice as much. A budget without a sample is missed.";
    section("budgets", "Budgets", lead, &table.html())
}

/// How much of the limit is used, as a bar of twice the limit's length.
fn bar(budget: &BudgetRecord) -> String {
    let Some(value) = budget.value.filter(|value| value.is_finite() && budget.limit > 0.0) else {
        return String::new();
    };
    let used = (value / budget.limit / 2.0).clamp(0.0, 1.0) * 120.0;
    let class = if budget.met { "a-good" } else { "a-bad" };
    format!(
        "<svg class=\"bar\" viewBox=\"0 0 120 12\" aria-hidden=\"true\"><path class=\"area {class}\" d=\"M0 2H{used:.1}V10H0Z\"/><path class=\"limit\" d=\"M60 0V12\"/></svg>"
    )
}

/// The run beside its baseline.
pub(super) fn comparison(comparison: &Comparison) -> String {
    let mut table = Table::new(
        "Compared with the baseline",
        &[
            ("request", Align::Words),
            ("figure", Align::Words),
            ("before", Align::Figures),
            ("now", Align::Figures),
            ("change", Align::Figures),
            ("interval of the change", Align::Figures),
            ("verdict", Align::Words),
        ],
    );
    for figure in figures::gravest_first(comparison) {
        let (class, label) = match figure.verdict {
            Change::Worse => ("bad", chip("bad", "worse")),
            Change::Better => ("good", chip("good", "better")),
            Change::Same => ("", chip("", "within noise")),
            Change::Unknown => ("", chip("", "too few to say")),
        };
        let cells = vec![
            text(&figure.request),
            figure.metric.words().to_owned(),
            figures::value(figure, figure.before),
            figures::value(figure, figure.now),
            figures::change(figure, figure.change),
            format!(
                "{} to {}",
                figures::change(figure, figure.interval.0),
                figures::change(figure, figure.interval.1)
            ),
            label,
        ];
        table.marked(class, cells);
    }
    let mut html = String::new();
    if !comparison.unlike.is_empty() {
        html.push_str("<div class=\"callout doubt\"><p>These runs differ in more than the endpoint:</p><ul>");
        for sentence in &comparison.unlike {
            let _ = write!(html, "<li>{}</li>", text(sentence));
        }
        html.push_str("</ul></div>\n");
    }
    html.push_str(&table.html());
    let baseline = &comparison.baseline;
    let from = match comparison.units {
        Units::Runs => "whole runs",
        Units::Seconds => "the seconds of each run",
    };
    let again = if comparison.measured_again {
        " What looked worse was measured a second time, and counts only where it was worse both times."
    } else {
        ""
    };
    let lead = format!(
        "Baseline of {}, {} {}, made by Crosscheck {}. Intervals hold with {} confidence, resampled from {from}. A figure is worse only where its whole interval is, and the change is more than 5 % and 50 µs, or 0.1 points of a share.{again}",
        text(&words::moment(&baseline.started)),
        baseline.runs,
        if baseline.runs == 1 { "run" } else { "runs" },
        text(&baseline.crosscheck),
        words::share(comparison.confidence),
    );
    section("baseline", "Beside the baseline", &lead, &html)
}
