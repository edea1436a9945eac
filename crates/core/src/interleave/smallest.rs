//! Which orders may be the smallest that break a case.

use std::collections::HashSet;

use crate::{
    case::model::{Case, Order, OrderWord, PreflightExpect, PreflightState, ServedBy, Through},
    plan::Steps,
};

/// An order that failed.
#[derive(Clone, Debug)]
pub struct Broken<'a> {
    /// The order.
    pub order: &'a Steps,
    /// Through which cache.
    pub through: Through,
    /// The requests whose expectations did not hold.
    pub requests: Vec<&'a str>,
}

/// Up to so many requests, every part of an order is a candidate; of longer orders, the pairs are.
const EVERY_PART: usize = 8;

/// The orders that may break a case, the smallest first: fewest requests, then fewest steps, then
/// as the case lists them. Beside the orders that failed these are their parts that still have the
/// request that failed, where the case says that the order does not matter.
pub fn candidates(case: &Case, broken: &[Broken<'_>], most: usize) -> Vec<(Steps, Through)> {
    let mut seen = HashSet::new();
    let mut found: Vec<((usize, usize), usize, Steps, Through)> = Vec::new();
    for (place, Broken { order, through, requests }) in broken.iter().enumerate() {
        for part in parts(case, order, requests) {
            if seen.insert((part.clone(), *through)) {
                found.push((size(&part), place, part, *through));
            }
        }
    }
    found.sort_by_key(|(size, place, _, _)| (*size, *place));
    found.truncate(most);
    found.into_iter().map(|(_, _, part, through)| (part, through)).collect()
}

/// The order itself, and its parts that have one of `requests`.
fn parts(case: &Case, order: &Steps, requests: &[&str]) -> Vec<Steps> {
    let all = names(order);
    if !holds_in_parts(case) {
        return vec![order.clone()];
    }
    let mut parts = vec![order.clone()];
    let keep = |wanted: &dyn Fn(&str) -> bool| -> Steps {
        let mention = |mention: &String| {
            let kept: Vec<&str> = mention.split('+').filter(|name| wanted(name)).collect();
            (!kept.is_empty()).then(|| kept.join("+"))
        };
        order.iter().filter_map(mention).collect()
    };
    if all.len() <= EVERY_PART {
        for subset in 1..1_usize << all.len() {
            let has = |name: &str| {
                all.iter().position(|other| *other == name).is_some_and(|at| subset >> at & 1 == 1)
            };
            if requests.iter().any(|request| has(request)) {
                parts.push(keep(&has));
            }
        }
        return parts;
    }
    for request in requests {
        parts.push(keep(&|name| name == *request));
        parts.extend(all.iter().map(|other| keep(&|name| name == *request || name == *other)));
    }
    parts
}

/// Whether what the case expects of a request is the same whoever came before it.
fn holds_in_parts(case: &Case) -> bool {
    let any_order =
        matches!(case.order, Order::Word(OrderWord::Every | OrderWord::AtOnce) | Order::Several(_));
    any_order
        && case.requests.values().all(|request| {
            let preflight = match &request.expect.preflight {
                Some(PreflightExpect::State(state)) => *state != PreflightState::Cached,
                _ => true,
            };
            let served = request.expect.served_by.as_ref();
            preflight && served.is_none_or(|served| served.as_slice().contains(&ServedBy::Network))
        })
}

/// By what orders are smaller than others: how many requests they mention, and how often.
pub fn size(order: &Steps) -> (usize, usize) {
    (names(order).len(), order.iter().map(|mention| mention.split('+').count()).sum())
}

/// The requests that an order mentions, each once.
fn names(order: &Steps) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    for name in order.iter().flat_map(|mention| mention.split('+')) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn case(order: serde_json::Value) -> Case {
        let case = json!({
            "id": "case", "title": "A case", "order": order,
            "requests": { "a": {}, "b": {}, "img": {} }
        });
        serde_json::from_value(case).expect("a case")
    }

    fn steps(text: &str) -> Steps {
        text.split(',').map(str::to_owned).collect()
    }

    #[test]
    fn candidates_come_smallest_first_and_keep_the_request_that_failed() {
        // (the case's order, the orders that failed, the candidates)
        for (order, broken, expected) in [
            (json!("every"), vec!["img,a,b"], vec!["a", "img,a", "a,b", "img,a,b"]),
            (json!("every"), vec!["img,a", "b,a"], vec!["a", "img,a", "b,a"]),
            (json!("every"), vec!["a,b,a"], vec!["a,a", "a,b,a"]),
            (json!([["img", "a", "b"]]), vec!["img+a,b"], vec!["a", "img+a", "a,b", "img+a,b"]),
            // What a single order expects may depend on who came before.
            (json!(["img", "a", "b"]), vec!["img,a,b"], vec!["img,a,b"]),
            (json!("listed"), vec!["img,a,b"], vec!["img,a,b"]),
        ] {
            let case = case(order);
            let orders: Vec<Steps> = broken.iter().map(|order| steps(order)).collect();
            let broken: Vec<Broken<'_>> = orders
                .iter()
                .map(|order| Broken { order, through: Through::Shared, requests: vec!["a"] })
                .collect();
            let found: Vec<String> =
                candidates(&case, &broken, 100).into_iter().map(|(order, _)| order.join(",")).collect();
            assert_eq!(found, expected);
        }
    }

    #[test]
    fn long_orders_are_searched_for_pairs() {
        let long: Steps = (0..40).map(|number| format!("p{number}")).collect();
        let broken = [Broken { order: &long, through: Through::Live, requests: vec!["p39"] }];
        let found = candidates(&case(json!("every")), &broken, 1000);
        assert_eq!(found.first().map(|(order, _)| order.join(",")).as_deref(), Some("p39"));
        assert_eq!(found.get(1).map(|(order, _)| order.join(",")).as_deref(), Some("p0,p39"));
        assert_eq!(found.last().map(|(order, _)| order.len()), Some(40));
    }
}
