//! The simulator held to arithmetic: every count is found a second time from the views alone.

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::caching::Model;

/// Two sites with three origins, all allowed, and nobody.
fn scenario() -> Scenario {
    Scenario { views: 2_000, resources: 50, lifetime_seconds: 1_000_000, ..Scenario::default() }
}

fn shared(scenario: &Scenario, answers: Answers) -> Cost {
    simulate(scenario, "shared", &Model::SHARED, answers)
}

/// Each read of each view: page and resource.
fn reads(scenario: &Scenario) -> Vec<(usize, u32)> {
    views(scenario)
        .flat_map(|view| {
            let page = view.page;
            view.reads.into_iter().map(move |resource| (page, resource)).collect::<Vec<_>>()
        })
        .collect()
}

fn distinct<T: Ord>(of: impl IntoIterator<Item = T>) -> u64 {
    of.into_iter().collect::<BTreeSet<_>>().len() as u64
}

#[test]
fn the_seed_draws_the_views() {
    let of = |seed| views(&Scenario { seed, ..scenario() }).collect::<Vec<_>>();
    assert_eq!(of(1), of(1));
    assert_ne!(of(1), of(2));
}

#[test]
fn what_is_popular_is_drawn_often() {
    let scenario = Scenario { views: 100_000, reads_per_view: 1, resources: 100, ..scenario() };
    let mut drawn: BTreeMap<u32, f64> = BTreeMap::new();
    for (_, resource) in reads(&scenario) {
        *drawn.entry(resource).or_default() += 1.0;
    }
    // Zipf's law with exponent 1: the first of a hundred has 1/H(100) = 19.28 % of all, the tenth a tenth of that.
    let harmonic: f64 = (1..=100).map(|rank| 1.0 / f64::from(rank)).sum();
    for (resource, rank) in [(0, 1.0), (1, 2.0), (9, 10.0)] {
        let expected = 100_000.0 / harmonic / rank;
        let found = drawn[&resource];
        // Six standard deviations of a binomial count.
        assert!((found - expected).abs() < 6.0 * expected.sqrt(), "{resource}: {found} for {expected}");
    }
}

#[test]
fn a_shared_cache_that_never_forgets_asks_once_for_each_variant() {
    let scenario = scenario();
    let reads = reads(&scenario);
    let requests = reads.len() as u64;
    // Without Vary there is one variant of each resource, with it one for each page.
    for (answers, variants) in [
        (Answers::Never, distinct(reads.iter().map(|(_, resource)| *resource))),
        (Answers::Any, distinct(reads.iter().map(|(_, resource)| *resource))),
        (Answers::Always, distinct(reads.iter().copied())),
    ] {
        let cost = shared(&scenario, answers);
        assert_eq!(cost.forwarded, variants, "{answers:?}");
        assert_eq!(cost.hits, requests - variants, "{answers:?}");
        assert_eq!((cost.views, cost.requests, cost.evicted), (2_000, requests, 0), "{answers:?}");
    }
}

#[test]
fn without_vary_the_first_page_decides_who_reads() {
    let scenario = scenario();
    let is_page = |page: usize| scenario.pages[page].origin.is_some();
    // Who asked first for each resource is who may read it, for as long as it is stored. Where
    // that was nobody, nobody may: without Origin there is no grant, not even `*`.
    let mut first: BTreeMap<u32, usize> = BTreeMap::new();
    let (mut never, mut any) = (0, 0);
    for (page, resource) in reads(&scenario) {
        let owner = *first.entry(resource).or_insert(page);
        never += u64::from(is_page(page) && owner != page);
        any += u64::from(is_page(page) && !is_page(owner));
    }
    assert!(never > any && any > 0);
    assert_eq!(shared(&scenario, Answers::Never).blocked, never);
    assert_eq!(shared(&scenario, Answers::Any).blocked, any);
    let always = shared(&scenario, Answers::Always);
    assert_eq!((always.blocked, always.broken_views), (0, 0));
}

#[test]
fn a_full_cache_forgets_what_was_not_used_for_longest() {
    for (answers, capacity) in [(Answers::Always, 30), (Answers::Never, 7), (Answers::Any, 1)] {
        let scenario = Scenario { capacity: Some(capacity), ..scenario() };
        let mut stored: Vec<(usize, u32)> = Vec::new();
        let mut forwarded = 0;
        for (page, resource) in reads(&scenario) {
            let slot = if answers == Answers::Always { (page, resource) } else { (0, resource) };
            match stored.iter().position(|known| *known == slot) {
                Some(place) => drop(stored.remove(place)),
                None => forwarded += 1,
            }
            stored.push(slot);
            if stored.len() > capacity as usize {
                stored.remove(0);
            }
        }
        let cost = shared(&scenario, answers);
        assert_eq!(cost.forwarded, forwarded, "{answers:?} with room for {capacity}");
        assert_eq!(cost.evicted, forwarded - u64::from(capacity), "{answers:?} with room for {capacity}");
    }
}

#[test]
fn a_browser_mixes_up_pages_of_one_site_only() {
    let page = |origin: &str| Page { origin: Some(origin.to_owned()), site: None, weight: 1, allowed: true };
    for (other, mixed_up) in [("https://admin.shop.example", true), ("https://other.example", false)] {
        let pages = vec![page("https://www.shop.example"), page(other)];
        let scenario = Scenario { pages, visitors: 10, ..scenario() };
        let never = simulate(&scenario, "browser", &Model::BROWSER, Answers::Never);
        let always = simulate(&scenario, "browser", &Model::BROWSER, Answers::Always);
        assert_eq!(never.blocked > 0, mixed_up, "{other}");
        assert_eq!(always.blocked, 0, "{other}");
    }
}

#[test]
fn an_image_of_a_site_breaks_its_pages() {
    let origin = "https://www.shop.example".to_owned();
    let page = Page { origin: Some(origin.clone()), site: None, weight: 1, allowed: true };
    let image = Page { origin: None, site: Some(origin), weight: 1, allowed: true };
    let scenario = Scenario { pages: vec![page, image], visitors: 10, ..scenario() };
    assert!(simulate(&scenario, "browser", &Model::BROWSER, Answers::Never).blocked > 0);
    assert_eq!(simulate(&scenario, "browser", &Model::BROWSER, Answers::Always).blocked, 0);
}

#[test]
fn a_page_that_is_not_allowed_reads_nothing_unless_all_do() {
    let mut scenario = scenario();
    scenario.pages[2].allowed = false;
    for (answers, leaks) in [(Answers::Always, false), (Answers::Matched, false), (Answers::Any, true)] {
        assert_eq!(shared(&scenario, answers).leaked > 0, leaks, "{answers:?}");
    }
}

#[test]
fn what_is_never_fresh_is_always_validated() {
    let scenario = Scenario { lifetime_seconds: 0, ..scenario() };
    let cost = shared(&scenario, Answers::Always);
    assert_eq!((cost.hits, cost.forwarded), (0, cost.requests));
    assert!(cost.validated > cost.requests / 2);
}

#[test]
fn nothing_is_kept_under_vary_star() {
    let cost = shared(&scenario(), Answers::Star);
    assert_eq!((cost.hits, cost.forwarded), (0, cost.requests));
}

#[test]
fn one_page_alone_pays_nothing_for_vary() {
    let mut scenario = scenario();
    scenario.pages.truncate(1);
    let count = |answers| {
        let cost = shared(&scenario, answers);
        (cost.hits, cost.forwarded, cost.blocked)
    };
    assert_eq!(count(Answers::Never), count(Answers::Always));
}

#[test]
fn a_scenario_says_what_is_wrong_with_it() {
    use crate::diagnostic::SourceText;
    for (text, code) in [
        (r#"{ "views": 0 }"#, "scenario.out-of-range"),
        (r#"{ "view": 1 }"#, "scenario.unknown-field"),
        (r#"{ "pages": [] }"#, "scenario.too-few"),
        (r#"{ "pages": [{ "origin": "app.example" }] }"#, "scenario.origin"),
        (r#"{ "pages": [{ "origin": "https://a.example", "site": "a" }] }"#, "scenario.origin"),
        (r#"{ "pages": [{ "origin": "https://a.example", "weight": 0 }] }"#, "scenario.weight"),
        (r#"{ "zipf": "1" }"#, "scenario.wrong-type"),
        (r#"{ "views_per_second": 0 }"#, "scenario.out-of-range"),
    ] {
        let source = SourceText { name: "scenario.json".to_owned(), text: text.to_owned() }.into();
        let problems = ScenarioText::parse(&source).unwrap_err();
        assert_eq!(problems.iter().map(|problem| problem.code).collect::<Vec<_>>(), [code], "{text}");
    }
    let source = SourceText { name: "scenario.json".to_owned(), text: "{}".to_owned() }.into();
    assert_eq!(ScenarioText::parse(&source).unwrap().scenario, Scenario::default());
}
