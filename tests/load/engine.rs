//! The rate engine against servers that are right, slow and wrong: what it counts, how it judges, and
//! whether its latencies are those of arithmetic.
use crate::load_http2;
#[allow(dead_code, reason = "shared with other tests, which use more of it")]
use crate::load_server;

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, SystemTime},
};

use crosscheck::{
    case::Roles,
    interleave::Place,
    load::{
        assemble::{self, About},
        engine::{self, Options, Run},
        judge::Knowledge,
        machine,
        plan::{self, LoadPlan},
        record::{Configuration, Doubt, ErrorKind, LoadRecord, LoopKind, PacingKind},
        unloaded,
        work::{Ground, build},
    },
    policy::Policy,
    transport::{Gate, Wire, WireConfig},
    verdict::Code,
};
use load_http2::{Http2Server, LeavingServer, Manner};
use load_server::{LoadServer, Way};

const A: &str = "https://a.example";
const B: &str = "https://b.example";

/// A plan of one steady stage.
fn plan(requests: &str, load: &str, seconds: &str) -> LoadPlan {
    let text = format!(
        r#"{{ "id": "test", "title": "t", "requests": {requests}, "origins": ["{A}", "{B}"], {load},
            "stages": [{{ "name": "steady", "for": "{seconds}" }}], "timeout": "1s" }}"#
    );
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

fn preflights() -> &'static str {
    r#"{ "ask": { "method": "PUT", "headers": { "x-custom": "1" } } }"#
}

fn options(connections: usize) -> Options {
    Options {
        threads: 1,
        connections,
        streams: 1,
        http2: false,
        pacing: PacingKind::Timer,
        timeout: Duration::from_secs(1),
        connect_timeout: Duration::from_secs(1),
        max_rate: None,
        seed: 1,
    }
}

fn measure(url: &str, plan: &LoadPlan, options: &Options) -> LoadRecord {
    measure_with(url, plan, options, &Arc::new(AtomicBool::new(false)))
}

fn measure_with(url: &str, plan: &LoadPlan, options: &Options, stop: &Arc<AtomicBool>) -> LoadRecord {
    let url: url::Url = url.parse().unwrap();
    let place = Place { url: url.clone(), base: url.clone(), fresh: None, key: None, at: SystemTime::now() };
    let policy = Policy::from_origins([A, B]).with_methods(["GET", "PUT"]).with_headers(["x-custom"]);
    let roles = Roles::bind(Some(&policy), &BTreeMap::new());
    let config = WireConfig { request_deadline: Duration::from_secs(1), ..WireConfig::default() };
    let wire = Arc::new(Wire::new(config, Gate::open()).unwrap());
    let methods = ["GET".to_owned(), "PUT".to_owned()];
    let ground = Ground {
        place: &place,
        writes: &place,
        roles: &roles,
        policy: Some(&policy),
        methods: Some(&methods),
        max_rate: options.max_rate,
        stands: &[],
        write: &|request, context| wire.written(request, context),
    };
    let work = Arc::new(build(plan, &ground).unwrap());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    // The calm moment is in HTTP/1.1.
    let knowledge = if options.http2 {
        Knowledge::new(work.templates.len())
    } else {
        runtime.block_on(unloaded::listen(&work, &wire, None)).unwrap()
    };
    let knowledge = Arc::new(knowledge);
    let measured =
        engine::run(Run { work: &work, knowledge: &knowledge, wire: &wire, options, stop }, None, &mut ());
    let budgets: Vec<_> = plan.budgets.iter().map(|text| plan::budget(plan, text).unwrap()).collect();
    let about = About {
        target: url.to_string(),
        fault: None,
        configuration: Configuration {
            r#loop: assemble::loop_kind(&work),
            threads: options.threads,
            connections: options.connections,
            streams: options.streams,
            protocol: String::new(),
            tls: false,
            pacing: options.pacing,
            timeout_ms: 1000,
            max_rate: options.max_rate,
            preflight_headers: Vec::new(),
            connect: crosscheck::exchange::ConnectOptions::default(),
        },
        machine: machine::machine(),
        command: String::new(),
        seed: 1,
        started: String::new(),
        memory_peak: 0,
    };
    assemble::record(&work, &knowledge, measured, &budgets, about)
}

fn found(record: &LoadRecord) -> Vec<(&str, u64)> {
    record.findings.iter().map(|finding| (finding.reason.as_str(), finding.count)).collect()
}

#[test]
fn an_open_loop_sends_exactly_rate_times_time() {
    let server = LoadServer::start(Way::Right);
    for (rate, connections) in [(500, 4), (333, 1), (2000, 16)] {
        let before = server.answers();
        let plan = plan(preflights(), &format!(r#""rate": {rate}"#), "1s");
        let record = measure(&server.url(), &plan, &options(connections));
        assert_eq!((record.pacing.due, record.pacing.sent, record.pacing.dropped), (rate, rate, 0));
        assert_eq!((record.total.sent, record.total.answered, record.total.errors), (rate, rate, 0));
        // And two before the load: one for each origin.
        assert_eq!(server.answers() - before, rate + 2);
        assert_eq!(record.total.response.count, rate);
        assert_eq!(record.series.iter().map(|second| second.answered).sum::<u64>(), rate);
        assert_eq!(found(&record), []);
        assert_eq!(record.budgets.len(), 1);
        assert!(record.budgets_met());
        assert_eq!(record.configuration.r#loop, LoopKind::Open);
    }
}

/// A server that stalls for S of every P: with a share f = S/P, the latency at a quantile q > 1 - f is
/// S × (1 - (1 - q)/f), whatever the server does otherwise.
#[test]
fn latencies_under_a_stalling_server_are_those_of_arithmetic() {
    let (every, stall) = (Duration::from_millis(2000), Duration::from_millis(200));
    let server = LoadServer::start(Way::Stalls { every, stall });
    let plan = plan(preflights(), r#""rate": 1000"#, "6s");
    let record = measure(&server.url(), &plan, &options(8));
    assert_eq!(record.pacing.sent, 6000);
    let share = stall.as_secs_f64() / every.as_secs_f64();
    let response = record.total.response.decode().unwrap();
    let naive = record.total.service.decode().unwrap();
    for (quantile, tolerance) in [(0.95, 0.25), (0.99, 0.12)] {
        let expected = stall.as_secs_f64() * 1e6 * (1.0 - (1.0 - quantile) / share);
        let got = response.value_at_quantile(quantile) as f64;
        // The machine of a test adds to it, but nothing takes away from it.
        assert!(got > expected * 0.97, "{quantile}: {got} µs, not {expected} µs");
        assert!(got < expected * (1.0 + tolerance) + 20_000.0, "{quantile}: {got} µs, not {expected} µs");
    }
    // What leaves out the waiting sees hardly any of it.
    assert!(naive.value_at_quantile(0.95) < response.value_at_quantile(0.95) / 2);
    assert!(record.pacing.backlog_max > 100, "{:?}", record.pacing);
}

#[test]
fn wrong_answers_are_found_counted_and_shown() {
    let table: [(Way, &str, bool); 3] = [
        (Way::Mixes(7), "preflight.cors-check.origin-mismatch", true),
        (Way::Drifts(7), "load.changed", false),
        (Way::Babbles(7), "response.unsolicited-bytes", false),
    ];
    for (way, reason, crossed) in table {
        let server = LoadServer::start(way);
        let record = measure(&server.url(), &plan(preflights(), r#""rate": 700"#, "1s"), &options(8));
        let finding = record
            .findings
            .iter()
            .find(|finding| finding.reason.as_str() == reason)
            .unwrap_or_else(|| panic!("{way:?}: {:?}", found(&record)));
        assert!(finding.count > 20 && finding.count <= 110, "{way:?}: {}", finding.count);
        assert_eq!(finding.ok_unloaded, Some(true), "{way:?}");
        assert_eq!(finding.crossed > 0, crossed, "{way:?}");
        assert_eq!(record.total.wrong, record.findings.iter().map(|finding| finding.count).sum::<u64>());
        assert!(!finding.samples.is_empty() && finding.samples.len() <= 6);
        let sample = &finding.samples[0];
        assert!(sample.sent.iter().any(|line| line.contains(&sample.origin)), "{sample:?}");
        assert!(sample.received[0].starts_with("HTTP/1.1 204"), "{sample:?}");
        assert!(!record.budgets_met(), "{way:?}: cors-errors==0 holds where nobody says otherwise");
    }
}

#[test]
fn what_goes_wrong_on_the_way_is_counted_by_kind() {
    for (way, kind) in [
        (Way::Breaks(9), ErrorKind::Closed),
        (Way::Status(9, 429), ErrorKind::TooManyRequests),
        (Way::Status(9, 503), ErrorKind::Unavailable),
        (Way::Status(9, 500), ErrorKind::ServerError),
        (Way::Resets, ErrorKind::Reset),
    ] {
        let server = LoadServer::start(way);
        let record = measure(&server.url(), &plan(preflights(), r#""rate": 400"#, "1s"), &options(4));
        let kinds: Vec<ErrorKind> = record.errors.iter().map(|error| error.kind).collect();
        if kind == ErrorKind::Closed {
            // A kept connection that is closed without a word is tried again once, as browsers do.
            assert!(record.client.connects > 4 && record.pacing.sent == 400, "{:?}", record.client);
            continue;
        }
        assert_eq!(kinds, [kind], "{way:?}");
        assert!(record.total.errors > 10, "{way:?}: {}", record.total.errors);
        assert_eq!(found(&record), [], "an endpoint in trouble is not judged as an answer to a page");
    }
}

#[test]
fn connections_that_the_endpoint_closes_are_opened_anew() {
    let server = LoadServer::start(Way::Closes);
    let record = measure(&server.url(), &plan(preflights(), r#""rate": 200"#, "1s"), &options(4));
    assert_eq!((record.total.answered, record.total.errors), (200, 0));
    assert_eq!(record.client.connects, 200);
}

#[test]
fn http2_keeps_to_what_the_endpoint_allows_and_outlives_what_it_ends() {
    let measured = |manner| {
        let server = Http2Server::start(manner);
        let plan = plan(preflights(), r#""rate": 500"#, "1s");
        let options = Options { http2: true, streams: 16, ..options(1) };
        let record = measure(&server.url(), &plan, &options);
        assert_eq!((record.pacing.sent, record.total.sent), (500, 500));
        assert_eq!(record.total.answered + record.total.errors, 500, "{:?}", record.errors);
        assert_eq!(found(&record), []);
        record
    };
    let few = measured(Manner { streams: 2, ..Manner::default() });
    assert_eq!((few.total.answered, few.client.connects), (500, 1));
    let resets = measured(Manner { resets: Some(10), ..Manner::default() });
    assert_eq!((resets.total.errors, resets.client.connects), (50, 1), "{:?}", resets.errors);
    assert_eq!(resets.errors.iter().map(|error| error.kind).collect::<Vec<_>>(), [ErrorKind::Reset]);
    let ends = measured(Manner { ends: Some(100), ..Manner::default() });
    assert_eq!(ends.total.errors, 0, "{:?}", ends.errors);
    assert!((5..=8).contains(&ends.client.connects), "{:?}", ends.client);
}

#[test]
fn http2_sends_again_what_the_endpoint_has_not_looked_at() {
    let plan = plan(preflights(), r#""rate": 500"#, "1s");
    let options = Options { http2: true, streams: 8, ..options(1) };
    let server = Http2Server::start(Manner { refuses: Some(10), ..Manner::default() });
    let record = measure(&server.url(), &plan, &options);
    assert_eq!((record.total.answered, record.total.errors), (500, 0), "{:?}", record.errors);
    assert_eq!((record.client.connects, record.client.closed_by_peer), (1, 0));
    // And no request that was looked at goes out twice.
    let server = LeavingServer::start(40);
    let record = measure(&server.url, &plan, &options);
    assert_eq!((record.total.answered, record.total.errors), (500, 0), "{:?}", record.errors);
    assert_eq!(server.answered(), 500);
    assert_eq!((record.client.connects, record.client.closed_by_peer), (13, 12));
    // One that refuses everything is in trouble, and is not asked without end.
    let server = Http2Server::start(Manner { refuses: Some(1), ..Manner::default() });
    let record = measure(&server.url(), &plan, &options);
    assert_eq!(record.total.answered, 0);
    assert_eq!(record.total.errors + record.pacing.dropped, 500, "{:?}", record.errors);
    assert_eq!(record.errors[0].kind, ErrorKind::Reset, "{:?}", record.errors);
}

#[test]
fn http2_judges_each_answer_whatever_the_last_one_was() {
    let server = Http2Server::start(Manner { mixes: Some(7), ..Manner::default() });
    let options = Options { http2: true, streams: 16, ..options(1) };
    let record = measure(&server.url(), &plan(preflights(), r#""rate": 700"#, "1s"), &options);
    assert_eq!(found(&record), [("preflight.cors-check.origin-mismatch", 100)]);
    assert_eq!((record.total.answered, record.total.wrong), (700, 100));
    // Of the others, nearly all are field by field the last answer to the same origin.
    let by_identity = record.client.judged_by_identity;
    assert!((300..600).contains(&by_identity), "{by_identity}");
}

#[test]
fn a_silent_endpoint_times_out_and_the_run_ends() {
    let server = LoadServer::start(Way::Silent);
    let mut options = options(4);
    options.timeout = Duration::from_millis(100);
    let mut plan = plan(preflights(), r#""rate": 100"#, "1s");
    plan.budgets = vec!["p99<1s".to_owned(), "rps>=1".to_owned()];
    let record = measure(&server.url(), &plan, &options);
    assert_eq!(record.total.answered, 0);
    assert_eq!(record.errors[0].kind, ErrorKind::Timeout);
    assert!(record.pacing.sent + record.pacing.dropped == 100, "{:?}", record.pacing);
    // More than half were never sent, so that no latency speaks of this rate.
    let told = |doubt: &&Doubt| doubt.code == Code::ClientDropped;
    assert!(record.validity.doubts.iter().find(told).is_some_and(|doubt| doubt.invalidates));
    assert!(!record.validity.valid);
    // What was not measured is not met.
    assert!(
        record.budgets.iter().all(|budget| !budget.met && budget.value.is_none()),
        "{:?}",
        record.budgets
    );
    assert!(record.seconds < 5.0, "{}", record.seconds);
}

#[test]
fn an_endpoint_that_ends_midway_leaves_a_report_up_to_there() {
    let server = LoadServer::start(Way::Ends(150));
    let record = measure(&server.url(), &plan(preflights(), r#""rate": 200"#, "2s"), &options(2));
    assert!(record.total.answered >= 140 && record.total.answered <= 150, "{}", record.total.answered);
    assert!(record.total.errors > 0);
    assert_eq!(record.pacing.due, 400);
}

#[test]
fn users_ask_as_fast_as_they_are_answered_and_no_faster_than_the_cap() {
    let server = LoadServer::start(Way::Right);
    let plan = plan(preflights(), r#""users": 4"#, "1s");
    let record = measure(&server.url(), &plan, &Options { pacing: PacingKind::None, ..options(4) });
    assert_eq!(record.configuration.r#loop, LoopKind::Closed);
    assert!(record.total.answered > 500, "{}", record.total.answered);
    assert_eq!(record.total.response, record.total.service);
    let capped = Options { max_rate: Some(100.0), ..options(4) };
    let record = measure(&server.url(), &plan, &capped);
    assert!((90..=100).contains(&record.total.answered), "{}", record.total.answered);
}

#[test]
fn a_page_that_is_refused_must_stay_refused() {
    let server = LoadServer::start(Way::Right);
    let requests =
        r#"{ "no": { "method": "PUT", "expect": "refused", "origins": ["https://evil.example"] } }"#;
    let record = measure(&server.url(), &plan(requests, r#""rate": 100"#, "1s"), &options(2));
    assert_eq!((record.total.answered, record.total.wrong), (100, 0));
    let requests = r#"{ "no": { "method": "PUT", "expect": "refused" } }"#;
    let record = measure(&server.url(), &plan(requests, r#""rate": 100"#, "1s"), &options(2));
    assert_eq!(found(&record), [("rules.granted", 100)]);
    assert_eq!(record.findings[0].ok_unloaded, Some(false));
}

#[test]
fn a_preflight_goes_before_its_actual_request() {
    let server = LoadServer::start(Way::Right);
    let requests = r#"{ "put": { "kind": "both", "method": "GET", "headers": { "x-custom": "1" } } }"#;
    let record = measure(&server.url(), &plan(requests, r#""rate": 100"#, "1s"), &options(2));
    let rows: Vec<_> =
        record.requests.iter().map(|row| (row.name.as_str(), row.method.as_str(), row.answered)).collect();
    assert_eq!(rows, [("put.preflight", "OPTIONS", 100), ("put", "GET", 100)]);
}

#[test]
fn browsers_keep_preflights_as_long_as_they_may() {
    let server = LoadServer::start(Way::Right);
    let requests = r#"{ "read": { "kind": "fetch", "headers": { "x-custom": "1" } } }"#;
    let of = |every: &str| {
        let load = format!(
            r#""rate": 200, "browser": {{ "count": 10, "http_cache": false, "view_every": "{every}" }}"#
        );
        let record = measure(&server.url(), &plan(requests, &load, "1s"), &options(2));
        assert_eq!(found(&record), []);
        let row = |name: &str| record.requests.iter().find(|row| row.name == name).cloned().unwrap();
        let (preflight, read) = (row("read.preflight"), row("read"));
        assert_eq!(read.answered, 200);
        assert_eq!(preflight.answered + preflight.from_cache, 200);
        preflight.answered
    };
    // Ten browsers view twenty times each, as one of two origins; a preflight is kept for 600 seconds.
    let (often, seldom) = (of("1s"), of("1h"));
    assert!((10..=20).contains(&often), "{often}");
    assert_eq!(seldom, 200);
}

#[test]
fn a_run_that_is_stopped_reports_what_it_has() {
    let server = LoadServer::start(Way::Right);
    let stop = Arc::new(AtomicBool::new(false));
    let later = Arc::clone(&stop);
    std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(500));
        later.store(true, Ordering::Relaxed);
    });
    let plan = plan(preflights(), r#""rate": 200"#, "60s");
    let record = measure_with(&server.url(), &plan, &options(2), &stop);
    assert!(record.interrupted);
    assert!(record.seconds < 10.0, "{}", record.seconds);
    assert!(record.total.answered > 20, "{}", record.total.answered);
    assert!(record.budgets_met());
}
