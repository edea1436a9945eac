//! What caching saves: requests for each page view by `Access-Control-Max-Age` and the browser's
//! cap, and what a shared cache lets through with and without `Vary: Origin`.

use crosscheck_harness::report::page::{Align, Table, chip, section, text};

use super::{plot::Plot, scale::Scale};
use crate::{
    record::{CachingRecord, SharedCost, ViewCost},
    report::{
        saving::{self, age},
        words,
    },
};

#[allow(clippy::cast_precision_loss, reason = "three digits are shown")]
fn float(value: u64) -> f64 {
    value as f64
}

/// The section; empty where the run has nothing of it.
pub(super) fn caching(record: Option<&CachingRecord>) -> String {
    let Some(record) = record.filter(|record| !record.views.is_empty() || !record.shared.is_empty()) else {
        return String::new();
    };
    let html = format!("{}{}", views(record), shared(record));
    let lead = "A replay of page views with simulated browsers and caches over the endpoint's own answers; only what a row names is changed in them.";
    section("caching", "What caching saves", lead, &html)
}

fn views(record: &CachingRecord) -> String {
    let views: &[ViewCost] = &record.views;
    if views.is_empty() {
        return String::new();
    }
    let mut ages: Vec<Option<u64>> = views.iter().map(|view| view.max_age).collect();
    ages.sort_unstable();
    ages.dedup();
    let mut caps: Vec<Option<u64>> = views.iter().map(|view| view.cap).collect();
    caps.sort_unstable_by_key(|cap| cap.unwrap_or(u64::MAX));
    caps.dedup();
    let most = views.iter().map(|view| view.per_view).fold(0.0, f64::max);
    // Groups of bars: one group for each max-age, one bar for each cap.
    let (groups, bars) = (float(ages.len() as u64), float(caps.len() as u64));
    let x = Scale::Linear { from: 0.0, to: groups };
    let places: Vec<(f64, String)> = (0_u32..)
        .zip(&ages)
        .map(|(index, max_age)| (f64::from(index) + 0.5, age(*max_age, "as answered")))
        .collect();
    let least = views.iter().map(|view| view.per_view).fold(f64::INFINITY, f64::min);
    let describe =
        format!("Between {} and {} requests for each page view.", words::digits(least), words::digits(most));
    let mut plot =
        Plot::new("caching-plot", "Requests for each page view", &describe, 240.0, x, Scale::from_zero(most))
            .axes("Access-Control-Max-Age", "requests a page view", &places, &words::digits);
    let classes = ["a1", "a2", "a3", "a4", "a5"];
    for ((index, cap), class) in (0_u32..).zip(&caps).zip(classes.iter().cycle()) {
        let of_cap: Vec<(f64, f64, f64, f64)> = (0_u32..)
            .zip(&ages)
            .filter_map(|(group, max_age)| {
                let view = views.iter().find(|view| view.cap == *cap && view.max_age == *max_age)?;
                let width = 0.8 / bars;
                let left = f64::from(group) + 0.1 + f64::from(index) * width;
                Some((left, left + width * 0.92, 0.0, view.per_view))
            })
            .collect();
        let of = views.iter().find(|view| view.cap == *cap).map_or("", |view| view.profile.as_str());
        plot.bars(class, &format!("{of}, which caps it at {}", age(*cap, "nothing")), &of_cap);
    }
    let mut table = Table::new(
        "Requests for each page view",
        &[
            ("Access-Control-Max-Age", Align::Words),
            ("browser's cap", Align::Words),
            ("browser", Align::Words),
            ("page views", Align::Figures),
            ("preflights", Align::Figures),
            ("actual requests", Align::Figures),
            ("answered by the HTTP cache", Align::Figures),
            ("requests a page view", Align::Figures),
        ],
    );
    for view in views {
        table.row(vec![
            age(view.max_age, "as answered"),
            age(view.cap, "none"),
            text(&view.profile),
            words::count(view.views),
            words::count(view.preflights),
            words::count(view.actuals),
            words::count(view.from_cache),
            words::digits(view.per_view),
        ]);
    }
    format!(
        "<h3>In the browser: <code>Access-Control-Max-Age</code></h3>\n{}{}",
        told(saving::of_max_age(record)),
        plot.html(&table.html())
    )
}

/// A sentence before a plot.
fn told(sentence: Option<String>) -> String {
    sentence.map(|sentence| format!("<p>{}</p>\n", text(&sentence))).unwrap_or_default()
}

fn shared(record: &CachingRecord) -> String {
    let costs: &[SharedCost] = &record.shared;
    if costs.is_empty() {
        return String::new();
    }
    let mut caches: Vec<&str> = Vec::new();
    for cost in costs {
        if !caches.contains(&cost.cache.as_str()) {
            caches.push(&cost.cache);
        }
    }
    let most = costs.iter().map(|cost| cost.to_origin).max().unwrap_or(0);
    let x = Scale::Linear { from: 0.0, to: float(caches.len() as u64) };
    let places: Vec<(f64, String)> =
        (0_u32..).zip(&caches).map(|(index, cache)| (f64::from(index) + 0.5, (*cache).to_owned())).collect();
    let describe = format!(
        "Up to {} of {} requests reach the origin.",
        words::count(most),
        words::count(costs.iter().map(|cost| cost.requests).max().unwrap_or(0))
    );
    let y = Scale::from_zero(float(most));
    let mut plot = Plot::new("vary-plot", "Requests that reach the origin", &describe, 220.0, x, y).axes(
        "cache",
        "reach the origin",
        &places,
        &words::digits,
    );
    for (class, name, vary, left) in [("a1", "with Vary: Origin", true, 0.15), ("a2", "without", false, 0.51)]
    {
        let bars: Vec<(f64, f64, f64, f64)> = (0_u32..)
            .zip(&caches)
            .filter_map(|(group, cache)| {
                let cost = costs.iter().find(|cost| cost.cache == *cache && cost.vary_origin == vary)?;
                let left = f64::from(group) + left;
                Some((left, left + 0.34, 0.0, float(cost.to_origin)))
            })
            .collect();
        plot.bars(class, name, &bars);
    }
    let mut table = Table::new(
        "Requests that a shared cache lets through to the origin",
        &[
            ("cache", Align::Words),
            ("Vary: Origin", Align::Words),
            ("requests", Align::Figures),
            ("reach the origin", Align::Figures),
            ("share", Align::Figures),
            ("pages blocked", Align::Figures),
            ("verdict", Align::Words),
        ],
    );
    for cost in costs {
        let share = if cost.requests == 0 { 0.0 } else { float(cost.to_origin) / float(cost.requests) };
        let (mark, label) = if cost.wrong == 0 {
            ("", chip("good", "every page its own"))
        } else {
            ("bad", chip("bad", "another page's answer"))
        };
        table.marked(
            mark,
            vec![
                text(&cost.cache),
                if cost.vary_origin { "sent" } else { "not sent" }.to_owned(),
                words::count(cost.requests),
                words::count(cost.to_origin),
                words::share(share),
                words::count(cost.wrong),
                label,
            ],
        );
    }
    format!(
        "<h3>In a shared cache: what <code>Vary: Origin</code> costs</h3>\n{}<p class=\"faint\">A <em>shared</em> cache keeps an answer for each origin that Vary names, a <em>single-slot</em> one the last answer alone, a <em>url-keyed</em> one ignores Vary.</p>\n{}{}",
        told(saving::of_vary(record)),
        plot.html(""),
        table.html()
    )
}
