#![allow(clippy::unwrap_used, reason = "a test stops where it cannot go on")]

use super::{RowSource, Terms, promises, rows};
use crate::policy::Policy;

fn policy(origins: &[&str], methods: &[&str], headers: &[&str], exposed: &[&str]) -> Policy {
    Policy::from_origins(origins.iter().copied())
        .with_methods(methods.iter().copied())
        .with_headers(headers.iter().copied())
        .with_exposed(exposed.iter().copied())
}

fn sentences(policy: &Policy, credentials: Option<bool>) -> Vec<String> {
    promises(policy, credentials).iter().map(ToString::to_string).collect()
}

fn ids(source: RowSource, policy: &Policy, credentials: Option<bool>) -> Vec<String> {
    rows(source, &Terms::of(policy, credentials)).into_iter().map(|row| row.id).collect()
}

#[test]
fn each_entry_of_each_list_is_a_promise() {
    let policy = policy(
        &["https://a.example", "https://b.example", "https://*.c.example"],
        &["GET", "PUT", "DELETE"],
        &["Content-Type", "x-*"],
        &["ETag", "Content-Type"],
    )
    .with_max_age(60);
    let said = sentences(&policy, Some(true));
    for wanted in [
        "https://a.example reads",
        "https://b.example reads",
        "https://crosscheck.c.example reads",
        "https://crosscheck.c.example passes preflights",
        "https://b.example may send credentials",
        "https://a.example may send DELETE",
        "https://a.example may send the header content-type",
        "https://a.example may send the header x-crosscheck",
        "https://a.example may send all declared headers together",
        "https://a.example reads the response header etag",
        "preflights of https://a.example are kept for 60 s",
        "other origins are refused",
    ] {
        assert!(said.iter().any(|sentence| sentence == wanted), "{wanted} is missing in {said:#?}");
    }
    // Readable without being exposed.
    assert!(
        !said.iter().any(|sentence| sentence.contains("header content-type") && sentence.contains("reads"))
    );
    assert!(!said.iter().any(|sentence| sentence == "credentials are refused"), "{said:#?}");
}

#[test]
fn credentials_are_promised_refused_or_left_open() {
    let policy = policy(&["https://a.example"], &["GET"], &[], &[]);
    for (declared, granted, refused) in [(Some(true), 1, 0), (Some(false), 0, 1), (None, 0, 0)] {
        assert_eq!(ids(RowSource::CredentialedOrigins, &policy, declared).len(), granted, "{declared:?}");
        assert_eq!(ids(RowSource::UncredentialedOrigins, &policy, declared).len(), refused, "{declared:?}");
        let exposing = self::policy(&["https://a.example"], &["GET"], &[], &["etag"]);
        assert_eq!(ids(RowSource::CredentialedExposedHeaders, &exposing, declared).len(), granted);
        let said = sentences(&policy, declared);
        let has = |wanted: &str| usize::from(said.iter().any(|sentence| sentence.contains(wanted)));
        assert_eq!((has("may send credentials"), has("credentials are refused")), (granted, refused));
    }
}

#[test]
fn rows_name_what_the_rules_hold() {
    let all = policy(
        &["https://a.example", "https://b.example:8443"],
        &["GET", "POST", "PUT"],
        &["content-type", "range"],
        &["etag"],
    );
    for (source, wanted) in [
        (RowSource::Origins, &["https-a.example", "https-b.example-8443"][..]),
        (RowSource::Preflights, &["https-a.example", "https-b.example-8443"]),
        (RowSource::Methods, &["get", "post", "put"]),
        (RowSource::FirstPreflight, &["https-a.example"]),
        (RowSource::PreflightedMethods, &["put"]),
        (RowSource::Headers, &["content-type", "range"]),
        (RowSource::AllHeaders, &["https-a.example"]),
        (RowSource::ExposedHeaders, &["etag"]),
        (RowSource::OtherPagesExposedHeaders, &["https-b.example-8443-etag"]),
        (RowSource::MaxAges, &[]),
        (RowSource::OtherMethods, &["patch", "delete"]),
        (RowSource::OtherHeaders, &["authorization", "x-admin", "x-http-method-override"]),
        (RowSource::OtherFields, &["date", "server", "via", "x-powered-by"]),
    ] {
        assert_eq!(ids(source, &all, None), wanted, "{source:?}");
    }
}

#[test]
fn a_post_with_json_needs_a_preflight() {
    let api = policy(&["https://a.example"], &["POST"], &["content-type"], &[]);
    let row = rows(RowSource::Preflights, &Terms::of(&api, None)).into_iter().next().unwrap();
    assert!(row.with.contains(&("verb", "POST".to_owned())), "{row:?}");
    assert_eq!(row.headers, [("content-type".to_owned(), "application/json".to_owned())]);
    // What it exposes is looked for in other answers.
    let exposing = policy(&["https://a.example"], &["POST"], &[], &["grpc-status"]);
    assert_eq!(ids(RowSource::UnreadExposedHeaders, &exposing, None), ["grpc-status"]);
    assert!(ids(RowSource::ExposedHeaders, &exposing, None).is_empty());
    let read = policy(&["https://a.example"], &["POST", "GET"], &[], &["grpc-status"]);
    assert!(ids(RowSource::UnreadExposedHeaders, &read, None).is_empty());
    // It is not read by GET, and nothing says that it is.
    assert!(rows(RowSource::Origins, &Terms::of(&api, None)).is_empty());
}

#[test]
fn every_value_of_a_header_needs_a_preflight() {
    let names = ["accept", "accept-language", "content-language", "content-type", "range", "x-a"];
    let policy = policy(&["https://a.example"], &["GET"], &names, &[]);
    for row in rows(RowSource::Headers, &Terms::of(&policy, None)) {
        let value = |name: &str| row.with.iter().find(|(with, _)| *with == name).unwrap().1.clone();
        let (name, value) = (value("name"), value("value"));
        assert!(!crate::fetch::safelist::is_safelisted(&name, value.as_bytes()), "{name}: {value}");
    }
}

#[test]
fn a_later_rule_speaks_for_an_origin_of_its_own() {
    let mut two = policy(&["https://a.example"], &["GET"], &[], &[]);
    two.rules.extend(policy(&["https://a.example", "https://b.example"], &["GET", "PUT"], &[], &[]).rules);
    let said = sentences(&two, None);
    assert!(said.iter().any(|sentence| sentence == "https://b.example may send PUT"), "{said:#?}");
    assert_eq!(ids(RowSource::Methods, &two, None), ["get", "get-2", "put"]);
}

#[test]
fn a_star_for_methods_promises_every_method() {
    let any = policy(&["https://a.example"], &["*"], &["x-a"], &[]);
    assert_eq!(ids(RowSource::Methods, &any, None), ["put"]);
    assert!(rows(RowSource::OtherMethods, &Terms::of(&any, None)).is_empty());
    assert_eq!(ids(RowSource::Origins, &any, None), ["https-a.example"]);
    assert!(sentences(&any, None).iter().any(|sentence| sentence == "https://a.example may send PUT"));
}
