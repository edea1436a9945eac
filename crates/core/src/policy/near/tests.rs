use std::collections::HashSet;

use super::*;
use crate::policy::{Rule, pattern::matches_origin};

fn of(origins: &[&str]) -> Vec<NearOrigin> {
    near_origins(&Policy::from_origins(origins.iter().copied()))
}

fn find<'a>(made: &'a [NearOrigin], origin: &str) -> Option<&'a NearOrigin> {
    made.iter().find(|made| made.origin == origin)
}

#[test]
fn one_allowed_origin_has_at_least_120_neighbours() {
    for origin in
        ["https://app.example", "https://admin.example:8443", "http://localhost:4200", "https://a.b.co.uk"]
    {
        let made = of(&[origin]);
        assert!(made.len() >= 120, "{origin}: {}", made.len());
        let ids: HashSet<&str> = made.iter().map(|made| made.id.as_str()).collect();
        assert_eq!(ids.len(), made.len(), "{origin}: two have one id");
        let origins: HashSet<&str> = made.iter().map(|made| made.origin.as_str()).collect();
        assert_eq!(origins.len(), made.len(), "{origin}: two are the same");
    }
}

#[test]
fn none_is_allowed_by_the_policy() {
    let table: &[&[&str]] = &[
        &["https://app.example"],
        &["https://*.app.example"],
        &["https://*.example", "http://localhost:*"],
        &["*suffix.example", "https://app.example"],
        &["https://app.example", "null"],
        &["https://127.0.0.1:8443", "http://[::1]:3000"],
        &["*"],
    ];
    for patterns in table {
        for made in of(patterns) {
            let allowed = patterns.iter().any(|pattern| matches_origin(pattern, &made.bytes()));
            assert!(!allowed, "{patterns:?} allow {}", made.origin);
        }
    }
    assert_eq!(of(&["*"]), []);
    assert_eq!(near_origins(&Policy::default()), []);
}

#[test]
fn they_are_derived_from_what_is_allowed() {
    // For the first allowed origin, who can send which, and how bad it is.
    let made = of(&["https://app.example", "https://admin.example:8443"]);
    for (origin, reach, with, without) in [
        ("https://app.example.evil.test", Reach::Every, Severity::High, Severity::Low),
        ("https://evilapp.example", Reach::Every, Severity::High, Severity::Low),
        ("https://appxexample", Reach::Every, Severity::High, Severity::Low),
        ("https://pp.example", Reach::Every, Severity::High, Severity::Low),
        ("https://app.exampl", Reach::Every, Severity::High, Severity::Low),
        ("null", Reach::Every, Severity::High, Severity::Low),
        ("http://app.example", Reach::Every, Severity::Medium, Severity::Low),
        ("https://crosscheck.app.example", Reach::Every, Severity::Medium, Severity::Low),
        ("https://app.example:444", Reach::Every, Severity::Medium, Severity::Low),
        ("https://app.example_.evil.test", Reach::Every, Severity::High, Severity::Low),
        ("https://app.example+.evil.test", Reach::FirefoxAndSafari, Severity::High, Severity::Low),
        ("https://app.example`.evil.test", Reach::Safari, Severity::High, Severity::Low),
        ("https://app.example^.evil.test", Reach::None, Severity::Low, Severity::Info),
        ("https://app.example:443", Reach::None, Severity::Low, Severity::Info),
        ("https://app.example:1", Reach::None, Severity::Low, Severity::Info),
        ("https://app.example/", Reach::None, Severity::Low, Severity::Info),
        ("https://app.example@evil.test", Reach::None, Severity::Low, Severity::Info),
        ("HTTPS://app.example", Reach::None, Severity::Low, Severity::Info),
        ("https://APP.EXAMPLE", Reach::None, Severity::Low, Severity::Info),
        ("capacitor://app.example", Reach::Apps, Severity::Medium, Severity::Low),
        ("", Reach::None, Severity::Low, Severity::Info),
        ("*", Reach::None, Severity::Low, Severity::Info),
        ("https://admin.example", Reach::Every, Severity::Medium, Severity::Low),
        ("https://app.exampleadmin.example:8443", Reach::Every, Severity::High, Severity::Low),
        ("https://app.example:8443", Reach::Every, Severity::Medium, Severity::Low),
    ] {
        let made = find(&made, origin).unwrap_or_else(|| panic!("{origin} is not derived"));
        assert_eq!(
            (made.reach, made.with_credentials, made.without_credentials),
            (reach, with, without),
            "{origin}"
        );
    }
}

#[test]
fn a_homograph_is_what_a_browser_makes_of_it() {
    let made = of(&["https://app.example"]);
    let near = made.iter().find(|made| made.id == "idn-homograph").expect("derived");
    assert!(near.origin.starts_with("https://xn--"), "{}", near.origin);
    assert_eq!(near.reach, Reach::Every);
    let raw = made.iter().find(|made| made.id == "idn-homograph-raw").expect("derived");
    assert!(raw.bytes().contains(&0xd0), "raw UTF-8");
    assert_eq!(raw.reach, Reach::None);
}

#[test]
fn a_pattern_has_the_neighbours_of_what_it_is_meant_for() {
    let made = of(&["https://*.app.example"]);
    assert!(find(&made, "https://app.example").is_some(), "the apex");
    assert!(find(&made, "https://crosscheck.app.example.evil.test").is_some());
    assert!(find(&made, "https://deep.crosscheck.app.example").is_none(), "allowed");
}

#[test]
fn nothing_that_is_allowed_is_lost_on_odd_rules() {
    let rules = vec![Rule { allowed_origins: vec!["www.example.com".into()], ..Rule::default() }];
    assert_eq!(near_origins(&Policy { rules, ..Policy::default() }), [], "no browser has such an origin");
}

#[test]
fn pages_near_an_allowed_one_are_few_and_tell_each_comparison() {
    let policy = Policy::from_origins(["https://app.example", "https://admin.example:8443"]);
    let (pages, all) = (super::near_pages(&policy), super::near_origins(&policy));
    assert!(pages.iter().all(|page| all.contains(page) && page.reach == Reach::Every), "{pages:#?}");
    let ids: Vec<&str> = pages.iter().map(|page| page.id.as_str()).collect();
    for name in super::TELLING {
        assert!(ids.contains(&name), "{name} is not among {ids:?}");
    }
    assert!(ids.contains(&"2.dot-letter-1") && ids.len() <= 2 * super::TELLING.len(), "{ids:?}");
}
