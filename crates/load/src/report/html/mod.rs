//! One offline page: what had to hold first, then what happened, then whether to believe it. Needs
//! no network and no script; the script only tells the figures under the pointer.

mod caching;
mod causes;
mod gates;
mod percentiles;
mod plot;
mod rows;
mod scale;
mod time;
mod trust;
mod wrong;

use crosscheck_harness::report::page::{Page, chip, text};

use super::words;
use crate::{
    baseline::Comparison,
    record::{LoadRecord, Outcome},
};

const STYLE: &str = include_str!("plot.css");
const SCRIPT: &str = include_str!("script.js");

/// The page.
pub fn render(record: &LoadRecord, comparison: Option<&Comparison>) -> String {
    let outcome = Outcome::of(record, comparison.is_some_and(Comparison::regressed));
    let title = format!("{}: {}", record.plan.id, outcome.words());
    let sections: Vec<String> = [
        gates::budgets(record),
        comparison.map(gates::comparison).unwrap_or_default(),
        causes::causes(record),
        time::latency(record),
        time::throughput(record),
        percentiles::percentiles(record, comparison.map(|comparison| &comparison.baseline.response)),
        time::heat(record),
        wrong::wrong(record),
        wrong::errors(record),
        rows::requests(record),
        rows::phases(record),
        trust::trust(record),
        caching::caching(record.caching.as_ref()),
        trust::repeat(record),
    ]
    .into_iter()
    .filter(|section| !section.is_empty())
    .collect();
    let page = Page {
        title: &title,
        style: STYLE,
        script: SCRIPT,
        skip: "Skip to the figures",
        header: header(record, outcome),
        sections,
        made_by: &record.crosscheck,
    };
    page.html()
}

/// The verdict and the figures that everybody asks for first.
fn header(record: &LoadRecord, outcome: Outcome) -> String {
    let class = match outcome {
        Outcome::Held => "good",
        Outcome::CutShort | Outcome::Incomplete | Outcome::Invalid => "doubt",
        Outcome::Wrong | Outcome::Missed | Outcome::Regressed => "bad",
    };
    #[allow(clippy::cast_precision_loss, reason = "three digits are shown")]
    let micros = |value: u64| words::micros(value as f64);
    let total = &record.total;
    let latency = |value: u64| if total.response.count == 0 { "–".to_owned() } else { micros(value) };
    let figures: String = [
        ("answers", words::count(total.answered), ""),
        ("a second", words::digits(total.per_second), ""),
        ("p50", latency(total.response.p50), ""),
        ("p99", latency(total.response.p99), ""),
        ("p99.9", latency(total.response.p99_9), ""),
        ("errors", words::count(total.errors), if total.errors > 0 { "doubt" } else { "" }),
        ("wrong answers", words::count(total.wrong), if total.wrong > 0 { "bad" } else { "" }),
    ]
    .into_iter()
    .map(|(name, value, class)| format!("<div class=\"{class}\"><dt>{name}</dt><dd>{value}</dd></div>"))
    .collect();
    let mut notes = String::new();
    if let Some(incomplete) = &record.incomplete {
        notes.push_str(&format!(
            "<div class=\"callout bad\"><p>{} {}</p></div>\n",
            chip("bad", "incomplete"),
            text(incomplete)
        ));
    }
    if record.interrupted {
        notes.push_str(&format!(
            "<div class=\"callout doubt\"><p>{} The run was cut short; the figures are of the {} until then.</p></div>\n",
            chip("doubt", "interrupted"),
            words::seconds(record.seconds)
        ));
    }
    if let Some(doubt) = record.validity.doubts.iter().find(|doubt| doubt.invalidates) {
        notes.push_str(&format!(
            "<div class=\"callout bad\"><p>{} {}, so these figures are of another load than the plan's: see <a href=\"#trust\">whether you can trust this run</a>.</p></div>\n",
            chip("bad", "not valid"),
            text(&doubt.message)
        ));
    }
    format!(
        "<header><p class=\"kicker\">Load run · <code>{}</code></p>\n<h1>{}</h1>\n<p class=\"verdict\">{} <span>against {}, {} from {}</span></p>\n{notes}<dl class=\"figures\">{figures}</dl>\n</header>\n",
        text(&record.plan.id),
        text(&record.plan.title),
        chip(class, outcome.words()),
        text(&record.target),
        words::seconds(record.seconds).replace(' ', "\u{a0}"),
        text(&words::moment(&record.started)),
    )
}
