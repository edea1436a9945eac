use std::sync::Arc;

use crosscheck_core::{
    case::model::{Kind, OutcomeName, PreflightState, ServedBy, Through},
    diagnosis::{Answer, Cause, Diagnosed, Edit, Severity},
    exchange::{
        Bounds, ConnectOptions, Cut, CutContent, CutMessage, Exchange, Failure, IoKind, Purpose, Received,
        RequestResult, Stage, Step, StoredUse, Transcript,
    },
    fetch::{Profile, Reason},
    interleave::{Breaking, SmallestOrder},
    message::{Request, Response},
    policy::{Policy, near_origins},
    promise::Promise,
    verdict::{Finding, Verdict},
};
use serde_json::json;
use url::Url;

use crate::run::record::{
    CauseRecord, EndpointRecord, MachineRecord, OperationRecord, PromiseRecord, PromiseState, RECORD_VERSION,
    ReadError, RecordFile, RunRecord, Sampled, ShardPart, ShardRecord, TestRecord, ThrottledRecord,
};

fn request(method: &str, url: &str, lines: &[(&str, &[u8])]) -> Request {
    let mut request = Request::new(method, Url::parse(url).unwrap());
    request.fields = lines.iter().map(|(name, value)| (*name, value.to_vec())).collect();
    request
}

/// Exchanges of every kind: whole and cut, tapped and not, usual and unusual on the wire, failed.
fn exchanges() -> Vec<Arc<Exchange>> {
    let sent = Arc::new(request(
        "GET",
        "http://a.example/p?q=1#f",
        &[("Host", b"a.example"), ("X-A", b"\xe9: \xff")],
    ));
    let raw_sent = Some("GET /p?q=1 HTTP/1.1\r\nHost: a.example\r\nX-A: \u{e9}: \u{ff}\r\n\r\n".to_owned());
    let mut answer = Response::new(200).with_field("Vary", "Origin").with_field("X-Empty", "");
    answer.body = b"{\"a\": \"\xc3\xa9\"}".as_slice().into();
    let mut put = request("PUT", "https://b.example:8443/", &[("A: B", b"not sent"), ("C:", b"")]);
    put.body = b"\0\xff".as_slice().into();
    let whole = Exchange {
        sent: Arc::clone(&sent),
        raw_sent,
        received: Received::Response(answer.clone()),
        raw_received: Some("HTTP/1.1 200 OK\r\nVary: Origin\r\nX-Empty: \r\n\r\n".to_owned()),
        micros: 17,
        cut: None,
        hidden: Vec::new(),
    };
    let with_raw =
        |raw: Option<&str>| Exchange { raw_received: raw.map(str::to_owned), micros: 18, ..whole.clone() };
    let failed = |stage, raw: Option<&str>| Exchange {
        sent: Arc::new(put.clone()),
        raw_sent: raw.map(str::to_owned),
        received: Received::Failed(Failure {
            io: Some(IoKind::ConnectionReset),
            ..Failure::new(stage, "it broke")
        }),
        raw_received: raw.map(str::to_owned),
        micros: 0,
        cut: None,
        hidden: Vec::new(),
    };
    let content = Some(CutContent { bytes: 9, more: true, sha256: "00".to_owned() });
    let cut = Cut {
        sent: CutMessage { field_lines: 1, head_bytes: 2, content: None },
        received: CutMessage { field_lines: 3, head_bytes: 4, content },
    };
    [
        whole.clone(),
        whole.clone(),
        with_raw(Some("HTTP/1.0 200 Fine\r\nVary: Origin\r\nX-Empty: \r\n\r\n")),
        with_raw(Some("HTTP/1.1 200 OK\r\nVary:Origin\r\nX-Empty:\r\n\r\n")),
        with_raw(Some("")),
        with_raw(None),
        Exchange { raw_sent: None, cut: Some(Box::new(cut)), ..whole.clone() },
        failed(Stage::Send, None),
        failed(Stage::Head, Some("HTTP/1.1 200 OK\r\nVa")),
    ]
    .into_iter()
    .map(Arc::new)
    .collect()
}

fn finding(code: &str) -> Finding {
    let finding = json!({
        "oracle": "outcome", "weight": "warning", "code": code, "request": "a", "message": "m", "expected": "e",
        "actual": "f", "evidence": ["< A: 1"], "section": "https://a.example", "fix": "x",
    });
    serde_json::from_value(finding).unwrap()
}

fn transcript() -> Transcript {
    let step = |exchange| Step {
        request: "a".to_owned(),
        purpose: Purpose::RedirectHop(2),
        served_by: ServedBy::Validated,
        exchange,
        evidence: vec!["Age: 1".to_owned()],
    };
    let result = RequestResult {
        origin: "https://a.example".to_owned(),
        outcome: OutcomeName::Blocked,
        reason: Some(Reason::CorsCheckMissing),
        subject: Some("PUT".to_owned()),
        status: Some(200),
        readable: Response::new(200).with_field("ETag", "\"1\"").with_field("X", "").fields,
        preflight: PreflightState::Cached,
        served_by: Some(ServedBy::Cache),
        stored: Some(StoredUse { origin: None, step: Some(1), age: 3 }),
        ended_after: 4,
        story: vec!["one".to_owned(), "two".to_owned()],
    };
    let plain = RequestResult {
        outcome: OutcomeName::Allowed,
        reason: None,
        subject: None,
        status: None,
        readable: Default::default(),
        preflight: PreflightState::None,
        served_by: None,
        stored: None,
        story: Vec::new(),
        ..result.clone()
    };
    let steps = exchanges().into_iter().map(step).collect();
    Transcript { steps, requests: [("b".to_owned(), result), ("a".to_owned(), plain)].into_iter().collect() }
}

/// A record in which no field has its usual value, and one in which all have.
fn record() -> RunRecord {
    let full = TestRecord {
        id: "suite/case[a]".to_owned(),
        title: "a claim".to_owned(),
        kind: Kind::Must,
        file: "suites/a.json".to_owned(),
        line: 7,
        source: vec!["https://a.example".to_owned()],
        order: vec!["a".to_owned(), "b+a".to_owned()],
        through: Through::Nginx,
        verdict: Verdict::Fail,
        note: Some("a note".to_owned()),
        findings: vec![
            finding("cors-check.missing"),
            finding("expect.status"),
            finding("cors-check.missing"),
        ],
        near: near_origins(&Policy::from_origins(["https://a.example"])).into_iter().next().map(Arc::new),
        replayed: true,
        transcript: transcript(),
        micros: 5,
    };
    let bare = TestRecord {
        id: "suite/other".to_owned(),
        source: Vec::new(),
        order: Vec::new(),
        through: Through::None,
        verdict: Verdict::NotApplicable,
        note: None,
        findings: Vec::new(),
        near: None,
        replayed: false,
        transcript: Transcript::default(),
        micros: 0,
        ..full.clone()
    };
    let breaking = Breaking {
        case: "suite/case".to_owned(),
        order: full.order.clone(),
        through: Through::Nginx,
        smallest: vec![SmallestOrder { through: Through::Browser, order: full.order.clone() }],
        failed: vec![full.id.clone()],
        of: 2,
        story: vec!["a line".to_owned()],
        findings: vec![finding("expect.status")],
        transcript: transcript(),
    };
    RunRecord {
        record_version: RECORD_VERSION,
        crosscheck: "0.1.0".to_owned(),
        endpoint: EndpointRecord {
            name: "n".to_owned(),
            dialect: "s3".to_owned(),
            fault: Some("f".to_owned()),
            preflight_headers: vec!["x-gateway".to_owned()],
            connect: ConnectOptions {
                resolve: vec!["a.example:443:127.0.0.1".to_owned()],
                insecure: true,
                proxy: Some("http://proxy.example:3128".to_owned()),
                ..ConnectOptions::default()
            },
        },
        machine: MachineRecord { os: "linux".to_owned(), arch: "x86_64".to_owned(), processors: 2 },
        started: "2026-01-01T00:00:00Z".to_owned(),
        duration_ms: 3,
        profile: Profile::Spec,
        seed: 9,
        sampled: vec![Sampled { case: "suite/case".to_owned(), orders: 1, of: 2 }],
        command: "crosscheck run".to_owned(),
        interrupted: true,
        shard: Some(ShardRecord {
            number: 1,
            of: 2,
            tests: 9,
            plan: "0a".to_owned(),
            parts: vec![ShardPart { first: 3, count: 4 }],
        }),
        stopped_after: Some(1),
        could_not_judge: Some("h".to_owned()),
        no_success: Some("it answered 404".to_owned()),
        operations: vec![OperationRecord {
            name: "GET /a".to_owned(),
            method: "GET".to_owned(),
            url: "https://api.example/a".to_owned(),
            same_layer_as: Some("GET /".to_owned()),
            not_judged: Some("it answered 404".to_owned()),
        }],
        throttled: Some(ThrottledRecord { responses: 3, waited_ms: 2000, interval_ms: 20 }),
        promises: vec![PromiseRecord {
            operation: Some("GET /a".to_owned()),
            promise: Promise::Method { origin: "https://a.example".to_owned(), method: "PUT".to_owned() },
            sentence: "https://a.example may send PUT".to_owned(),
            state: PromiseState::Broken,
            why: None,
            other_shard: true,
            tests: vec!["promises/methods/preflight/put".to_owned()],
        }],
        causes: vec![CauseRecord {
            cause: Diagnosed {
                code: Cause::VaryMissing,
                subject: Some("Origin".to_owned()),
                severity: Severity::High,
                sentence: "s".to_owned(),
                cure: vec!["c".to_owned()],
                repair: vec![Edit::AddMember {
                    on: Answer::Actual,
                    name: "Vary".to_owned(),
                    member: "Origin".to_owned(),
                }],
                evidence: vec!["e".to_owned()],
            },
            fails: true,
            known: true,
            operations: vec!["GET /".to_owned()],
            promises: vec![0],
            tests: vec![0],
        }],
        stale_known_issues: vec!["i".to_owned()],
        breaking: vec![breaking],
        tests: vec![full.clone(), bare, full],
    }
}

#[test]
fn what_is_written_is_read_again() {
    let record = record();
    let text = serde_json::to_string(&record).unwrap();
    let read: RunRecord = serde_json::from_str(&text).unwrap();
    assert_eq!(read, record);
}

#[test]
fn what_repeats_stands_in_the_file_once() {
    let file = RecordFile::from(&record());
    let count = (file.claims.len(), file.results.len(), file.findings.len());
    assert_eq!(count, (2, 2, 2));
    // Of the whole exchange there are two, in three transcripts; a head is written as it is only
    // where its lines do not tell it.
    assert_eq!(file.exchanges.len(), 8);
    let text = serde_json::to_string(&file).unwrap();
    assert_eq!(text.matches("\"raw\":{\"bytes\":").count(), 3, "{text}");
    assert_eq!(text.matches("HTTP/1.0 200 Fine").count(), 1, "{text}");
}

#[test]
fn a_file_that_is_no_record_says_why() {
    let file = RecordFile::from(&record());
    let with = |change: &dyn Fn(&mut RecordFile)| {
        let mut file = file.clone();
        change(&mut file);
        RunRecord::try_from(file).unwrap_err()
    };
    for (error, expected) in [
        (with(&|file| file.record_version = 2), ReadError::Version(2)),
        (with(&|file| file.claims.clear()), ReadError::Place { table: "claims", place: 0 }),
        (with(&|file| file.responses.clear()), ReadError::Place { table: "responses", place: 0 }),
        (with(&|file| file.requests[0].url = "a".to_owned()), ReadError::Url("a".to_owned())),
        (with(&|file| file.requests[0].body = "\u{100}".to_owned()), ReadError::Bytes("\u{100}".to_owned())),
        (with(&|file| file.exchanges[1].response = None), ReadError::Exchange(1)),
    ] {
        assert_eq!(error, expected);
    }
    // An earlier form lacks tables, and still it is its version that is named.
    let earlier = serde_json::from_value::<RunRecord>(json!({ "record_version": 2, "tests": [] }));
    assert!(earlier.unwrap_err().to_string().contains("record_version is 2"));
    let mut invented = serde_json::to_value(&file).unwrap();
    invented["findings"][0]["code"] = "rules.grantd".into();
    let error = serde_json::from_value::<RunRecord>(invented).unwrap_err().to_string();
    assert!(error.contains("unknown code `rules.grantd`, did you mean `rules.granted`?"), "{error}");
}

#[test]
fn what_is_kept_is_within_its_bounds_and_kept_as_it_is_the_next_time() {
    let mut response = Response::new(200);
    for line in 0..20_000 {
        response = response.with_field(&format!("X-{line}"), "1");
    }
    response =
        response.with_field("Access-Control-Allow-Origin", &"a".repeat(5_000)).with_field("Vary", "Origin");
    response.body = vec![b'b'; 100_000].into();
    let url = format!("http://a.example/{}", "u".repeat(50_000));
    let exchange = Exchange {
        sent: Arc::new(request("GET", &url, &[("Host", b"a.example")])),
        raw_sent: Some(format!("GET /{} HTTP/1.1\r\n\r\n", "u".repeat(50_000))),
        received: Received::Response(response),
        raw_received: Some("\u{e9}".repeat(50_000)),
        micros: 1,
        cut: None,
        hidden: Vec::new(),
    };
    for bounds in [Bounds::AMPLE, Bounds::SCARCE] {
        let kept = exchange.within(&bounds).unwrap();
        assert!(
            kept.held_bytes() < 6 * bounds.head_bytes + 160 * bounds.field_lines,
            "{}",
            kept.held_bytes()
        );
        assert_eq!(kept.within(&bounds), None);
        let fields = &kept.response().unwrap().fields;
        assert_eq!(fields.text("vary").as_deref(), Some("Origin"));
        assert_eq!(fields.get("access-control-allow-origin").unwrap().len(), bounds.value_bytes);
        let cut = kept.cut.as_deref().unwrap();
        assert_eq!(cut.received.field_lines + fields.len(), 20_002);
        assert!(cut.sent.head_bytes > 40_000 && cut.received.head_bytes > 40_000, "{cut:?}");
    }
}
