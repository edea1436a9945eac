//! What caching saves, in a sentence each: for who reads no table.

use super::words;
use crate::record::{CachingRecord, SharedCost};

/// An age in words.
pub(super) fn age(seconds: Option<u64>, none: &str) -> String {
    match seconds {
        None => none.to_owned(),
        Some(0) => "0 s".to_owned(),
        Some(day) if day.is_multiple_of(86_400) => format!("{} d", day / 86_400),
        Some(hour) if hour.is_multiple_of(3_600) => format!("{} h", hour / 3_600),
        Some(minute) if minute.is_multiple_of(60) => format!("{} min", minute / 60),
        Some(second) => format!("{second} s"),
    }
}

/// What the longest age saves in each browser.
pub(super) fn of_max_age(record: &CachingRecord) -> Option<String> {
    let longest = record.views.iter().filter_map(|view| view.max_age).max()?;
    let mut browsers = Vec::new();
    for now in record.views.iter().filter(|view| view.max_age.is_none()) {
        let then =
            record.views.iter().find(|view| view.profile == now.profile && view.max_age == Some(longest))?;
        browsers.push(format!(
            "{} {} → {} (caps it at {})",
            now.profile,
            words::digits(now.per_view),
            words::digits(then.per_view),
            age(now.cap, "nothing")
        ));
    }
    (!browsers.is_empty()).then(|| {
        format!(
            "Requests a page view, as answered now → with an Access-Control-Max-Age of {}: {}.",
            age(Some(longest), ""),
            browsers.join(", ")
        )
    })
}

/// What `Vary: Origin` costs a shared cache that knows it, and what leaving it out breaks.
pub(super) fn of_vary(record: &CachingRecord) -> Option<String> {
    let of = |vary: bool| -> Option<&SharedCost> {
        record.shared.iter().find(|cost| cost.vary_origin == vary && cost.cache == "shared")
    };
    let (with, without) = (of(true)?, of(false)?);
    let breaks = match without.wrong {
        0 => "no page is blocked without it, so this endpoint does not need it".to_owned(),
        wrong => format!(
            "without it {} pages are given another page's answer and are blocked",
            words::count(wrong)
        ),
    };
    Some(format!(
        "Of {} requests through a shared cache, {} reach the origin with Vary: Origin, and {} without; {breaks}.",
        words::count(with.requests),
        words::count(with.to_origin),
        words::count(without.to_origin)
    ))
}
