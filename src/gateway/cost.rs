use std::collections::HashSet;

use super::{
    Folder, GatewayError,
    bench::{self, Bench, exchange},
};
use crate::{
    message::Request,
    vary::{
        Way,
        cost::{Answers, Cost, Scenario, views},
    },
};

/// How many requests are really sent, at most.
pub const LIVE_MAX: u64 = 100_000;

/// The path of the object that is asked for, with a query for each resource.
const PATH: &str = "resource.json";

/// Sends the views of a scenario through a real cache to the reference store, one request after
/// the other and as fast as they go: no time passes between them, and nothing becomes stale
/// unless the scenario's lifetime is shorter than the run. What reaches the store is counted on
/// the way to it. A browser's own cache has no part in it, nor has the scenario's capacity: the
/// real cache's own configuration decides.
///
/// # Errors
/// The store or the cache does not start, or a request brings no answer.
pub async fn cost(folder: &Folder, scenario: &Scenario, answers: Answers) -> Result<Cost, GatewayError> {
    let way = answers.way().unwrap_or(Way::Never);
    let objects = [(PATH.to_owned(), scenario.lifetime_seconds)];
    let store = bench::store(way, answers.rules(scenario), objects)?;
    let bench = Bench::start(folder, store, PATH).await?;
    let mut cost = Cost::new(&folder.name(), answers);
    let mut known = HashSet::new();
    for view in views(scenario) {
        let Some(page) = scenario.pages.get(view.page) else { continue };
        let mut broken = false;
        for resource in &view.reads {
            let mut request = Request::new("GET", bench.url(PATH, &resource.to_string()));
            if let Some(origin) = &page.origin {
                request.fields.push("Origin", origin.clone());
            }
            let response = exchange(&bench.wire, &request).await?;
            // An answer that was given before comes from the cache.
            cost.hits += u64::from(!known.insert(response.fields.text(bench.id_field)));
            broken |= cost.count(page, &response);
        }
        cost.views += 1;
        cost.broken_views += u64::from(broken);
    }
    for request in bench.tap.take() {
        cost.forwarded += 1;
        cost.validated += u64::from(request.conditional);
    }
    Ok(cost)
}
