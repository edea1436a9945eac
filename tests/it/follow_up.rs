//! A run that finds a refusal with several explanations asks the endpoint again, and names the cause that `explain` names.

use std::{
    collections::HashSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use crosscheck::{
    case, document,
    endpoint::{self, Endpoint, Layer, Provenance},
    fetch::Profile,
    plan,
    run::{self, Options},
    shipped,
};
use serde_json::Value;

use crate::care::support::{Folder, Request, Server, answer, correct, crosscheck};

const APP: &str = "https://app.example";

/// Fails as soon as a request has Origin.
fn crashes(request: &Request) -> Vec<u8> {
    match request.field("origin") {
        Some(_) => answer("500 Internal Server Error", &[], b"oops"),
        None => correct(request, APP),
    }
}

/// An edge answers every preflight of a URL with what it stored for the first, which asked for no header.
fn stored_preflight(request: &Request) -> Vec<u8> {
    if request.is_preflight() && !request.target.contains('?') {
        let fields = [
            ("Access-Control-Allow-Origin", APP),
            ("Access-Control-Allow-Methods", "GET, PUT"),
            ("Vary", "Origin"),
        ];
        return answer("204 No Content", &fields, b"");
    }
    correct(request, APP)
}

/// Allows its own origin where the page's belongs.
fn lists_itself(request: &Request) -> Vec<u8> {
    let own = format!("http://{}", request.field("host").unwrap_or_default());
    correct(request, &own)
}

#[test]
fn a_run_names_the_cause_that_explain_names() {
    for (server, method, wanted) in [
        (crashes as fn(&Request) -> Vec<u8>, "GET", "cors-layer-crashes"),
        (stored_preflight, "PUT", "preflight-cached-by-cdn"),
        (lists_itself, "GET", "lists-itself"),
    ] {
        let (folder, server) = (Folder::new(), Server::start(server));
        let url = server.url("/items");
        let page = ["--origin", APP, "-X", method, "-H", "content-type: application/json", "--json"];
        let explained = crosscheck(&folder, &[&["explain", url.as_str()], &page[..]].concat()).with_code(1);
        let declared = ["--allowed-origin", APP, "--allowed-method", "GET", "--allowed-method", "PUT"];
        let header = ["--allowed-header", "content-type"];
        let ended =
            crosscheck(&folder, &[&["run", "--target", url.as_str()], &declared[..], &header].concat());
        for text in [explained.stdout, folder.read("reports/run.json")] {
            let record: Value = serde_json::from_str(&text).expect("JSON");
            assert_eq!(record["causes"][0]["code"], wanted, "{}", ended.all());
        }
        assert_eq!(ended.code, 1, "{wanted}: {}", ended.all());
        // Experiments send nothing that may change something.
        let writes = server.requests().into_iter().filter(|request| request.method == "PUT").count();
        assert_eq!(writes, 0, "{wanted}: {}", ended.all());
    }
}

#[test]
fn what_a_test_has_taken_away_again_is_no_matter_of_chance() {
    let folder = Folder::new();
    // One test after the other: a declared method deletes what an earlier test has read.
    let arguments =
        ["cache/live", "origin/allowed", "promises", "--target", "embedded", "--fault", "range-bare"];
    let arguments = [&["run", "--jobs", "1"], &arguments[..]].concat();
    let ended = crosscheck(&folder, &arguments);
    assert_eq!(ended.code, 1, "{}", ended.all());
    let record: Value = serde_json::from_str(&folder.read("reports/run.json")).expect("JSON");
    let causes = record["causes"].as_array().expect("causes");
    let codes: Vec<&str> = causes.iter().filter_map(|cause| cause["code"].as_str()).collect();
    assert_eq!(codes.first(), Some(&"actual-without-cors"), "{}", ended.all());
    assert!(!codes.contains(&"unstable-answers"), "{}", ended.all());
}

#[test]
fn a_run_that_is_ended_while_it_asks_again_ends() {
    let again = Arc::new(AtomicBool::new(false));
    let (seen, is_again) = (Mutex::new(HashSet::new()), Arc::clone(&again));
    let server = Server::start(move |request| {
        let key =
            (request.method.clone(), request.target.clone(), request.field("origin").map(str::to_owned));
        if request.field("origin").is_some() && !seen.lock().expect("requests").insert(key) {
            is_again.store(true, Ordering::Relaxed);
            // Long enough for the run to hear that it is over.
            std::thread::sleep(Duration::from_millis(300));
        }
        answer("200 OK", &[("Vary", "Origin")], b"{}")
    });
    let layer = Layer {
        url: Some(server.url("/items")),
        allowed_origins: Some(vec![APP.into()]),
        allowed_methods: Some(vec!["GET".into()]),
        ..Layer::default()
    };
    let settings = endpoint::resolve(&[(Provenance::Flag, layer)], &|_| None).expect("the settings resolve");
    let codes = <case::model::Suite as document::Document>::CODES;
    let cases = shipped::cases().into_iter().flat_map(|file| {
        let source = document::decode(&file.name, &file.bytes, &codes).expect("a text");
        case::expand(&case::parse_suite(source))
    });
    let outlook = settings.outlook();
    let reads: Vec<_> = cases.filter(|case| case.id == "origin/allowed/reads").collect();
    let plan: Vec<_> = reads.iter().flat_map(|case| plan::plan(case, &outlook, 1)).collect();
    let options = Options {
        jobs: 1,
        repeats: true,
        retries: 0,
        deadline: Duration::from_secs(60),
        profile: Profile::Spec,
        seed: 1,
        command: String::new(),
        shard: None,
        max_failures: None,
    };
    let over = Arc::clone(&again);
    let ended = async move {
        while !over.load(Ordering::Relaxed) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let record = runtime.block_on(async {
        let target = Arc::new(Endpoint::start(&settings, None).await.expect("an endpoint"));
        let record = run::run(plan, Arc::clone(&target), &options, ended, &mut ()).await;
        target.stop().await;
        record
    });
    assert!(again.load(Ordering::Relaxed), "nothing was asked again");
    assert_eq!(record.causes.len(), 1, "{record}");
}
