//! What `Vary: Origin` costs and saves, as a table.

use crate::{
    report::caches::aligned,
    vary::cost::{Cost, Costs},
};

/// A row for each cache and way to answer; beneath, what the words mean.
pub fn render(costs: &Costs) -> String {
    let scenario = &costs.scenario;
    let mut out = format!(
        "{} views of {} pages, {} resources each of {}, fresh for {} s, seed {}\n\n",
        scenario.views,
        scenario.pages.len(),
        scenario.reads_per_view,
        scenario.resources,
        scenario.lifetime_seconds,
        scenario.seed
    );
    let head =
        ["cache", "answers", "requests", "hits", "hit ratio", "to origin", "of these 304", "broken views"];
    let mut table = vec![head.map(str::to_owned).to_vec()];
    table.extend(costs.costs.iter().map(row));
    out.push_str(&aligned(&table));
    out.push_str(LEGEND);
    out
}

fn row(cost: &Cost) -> Vec<String> {
    let broken = if cost.broken_views == 0 {
        "-".to_owned()
    } else {
        format!("{} ({:.1} %)", cost.broken_views, 100.0 * cost.broken_ratio())
    };
    vec![
        cost.cache.clone(),
        cost.answers.name().to_owned(),
        cost.requests.to_string(),
        cost.hits.to_string(),
        format!("{:.1} %", 100.0 * cost.hit_ratio()),
        cost.forwarded.to_string(),
        cost.validated.to_string(),
        broken,
    ]
}

const LEGEND: &str = "\n\
    answers  never, always, matched: the page's own origin, with Vary: Origin on no answer, on every\n\
    \x20        answer, or only where a rule matched; star: with Vary: *; any: `*`, without Vary\n\
    broken   views with a request that is allowed and that the browser blocked\n";
