//! Records of load runs that nobody made: the same on every machine, to the byte.

use std::collections::BTreeMap;

use crosscheck::{
    diagnosis::{Cause, Changed, under_load},
    fetch::Reason,
    load::{
        plan::{EngineName, LoadPlan, Shape},
        record::{
            BudgetRecord, BudgetUnit, CachingRecord, ClientRecord, Configuration, Doubt, ErrorKind,
            ErrorRecord, HistogramRecord, LOAD_RECORD_VERSION, Latencies, LoadCause, LoadFinding, LoadRecord,
            LoopKind, Machine, PacingKind, PacingRecord, PhaseRecord, RequestRecord, Sample, Second,
            SharedCost, Validity, ViewCost, new_latencies, record as count,
        },
        time::Micros,
    },
    verdict::Code,
};

/// xorshift64*, as a number from 0 to 1.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn share(&mut self) -> f64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// What the endpoint of a record does.
#[derive(Clone, Copy)]
pub(crate) struct Story {
    /// Slices of a second.
    pub(crate) seconds: u32,
    /// Arrivals in a second.
    pub(crate) rate: u32,
    /// The median in microseconds.
    pub(crate) median: f64,
    /// From which second to which it stalls.
    pub(crate) stall: Option<(u32, u32)>,
    /// Answers to a hundred that are wrong, in the second half.
    pub(crate) wrong_percent: u32,
    /// Requests to a hundred that are reset, in the last second.
    pub(crate) reset_percent: u32,
    /// What makes two runs of one story differ.
    pub(crate) seed: u64,
}

impl Default for Story {
    fn default() -> Self {
        Self {
            seconds: 12,
            rate: 1000,
            median: 240.0,
            stall: None,
            wrong_percent: 0,
            reset_percent: 0,
            seed: 1,
        }
    }
}

const PREFLIGHT: &str = r#"{
  "id": "preflight-storm",
  "title": "Preflights at a steady rate",
  "requests": { "preflight": { "kind": "preflight", "method": "PUT", "headers": { "content-type": "text/plain" } } },
  "origins": ["https://app.example"],
  "rate": 1000,
  "stages": [{ "name": "warm-up", "shape": "ramp", "for": "2s" }, { "name": "steady", "for": "10s" }],
  "budgets": ["p99<5ms for preflight", "error-rate<0.1%", "rps>=100"]
}"#;

struct Totals {
    response: Latencies,
    service: Latencies,
    answered: u64,
    errors: u64,
    wrong: u64,
}

fn row(name: &str, totals: &Totals, seconds: f64) -> RequestRecord {
    RequestRecord {
        name: name.to_owned(),
        method: "OPTIONS".to_owned(),
        sent: totals.answered + totals.errors,
        answered: totals.answered,
        errors: totals.errors,
        wrong: totals.wrong,
        from_cache: 0,
        statuses: BTreeMap::from([(204, totals.answered)]),
        bytes_received: totals.answered * 240,
        per_second: totals.answered as f64 / seconds,
        response: HistogramRecord::of(&totals.response),
        service: HistogramRecord::of(&totals.service),
    }
}

/// The record of a story.
pub(crate) fn record(story: Story) -> LoadRecord {
    let mut random = Random(0x9E37_79B9_7F4A_7C15 ^ (story.seed << 20));
    // Runs differ from one another by a little, and their seconds too.
    let drift = 1.0 + 0.02 * (random.share() - 0.5);
    let mut all =
        Totals { response: new_latencies(), service: new_latencies(), answered: 0, errors: 0, wrong: 0 };
    let mut series = Vec::new();
    for second in 0..story.seconds {
        let due = if second < 2 { story.rate * (second * 2 + 1) / 4 } else { story.rate };
        let weather = drift * (1.0 + 0.06 * (random.share() - 0.5));
        let (mut response, mut service) = (new_latencies(), new_latencies());
        let stalls = story.stall.is_some_and(|(from, to)| (from..to).contains(&second));
        let (mut wrong, mut errors) = (0, 0);
        for arrival in 0..due {
            let tail = 1.0 / (1.0 - random.share()).powf(0.28);
            let took = (story.median * weather * tail * (0.8 + 0.4 * random.share())) as u64;
            // For the first 200 ms of a stall nothing is answered.
            let place = f64::from(arrival) / f64::from(due);
            let waited = if stalls && place < 0.2 { ((0.2 - place) * 1e6) as u64 } else { 0 };
            if second + 1 == story.seconds && arrival % 100 < story.reset_percent {
                errors += 1;
                continue;
            }
            count(&mut response, Micros(took + waited));
            count(&mut service, Micros(if waited > 0 && arrival % 40 == 0 { took + waited } else { took }));
            if second * 2 >= story.seconds && arrival % 100 < story.wrong_percent {
                wrong += 1;
            }
        }
        let answered = response.len();
        series.push(Second {
            at: f64::from(second),
            seconds: 1.0,
            due: u64::from(due),
            sent: u64::from(due),
            answered,
            errors,
            wrong,
            backlog: if stalls { 12 } else { 0 },
            active: 8,
            response: HistogramRecord::of(&response),
            service: HistogramRecord::of(&service),
        });
        all.response.add(&response).expect("the same bounds");
        all.service.add(&service).expect("the same bounds");
        all.answered += answered;
        all.errors += errors;
        all.wrong += wrong;
    }
    let seconds = f64::from(story.seconds);
    let total = row("total", &all, seconds);
    let preflight = row("preflight", &all, seconds);
    let due: u64 = series.iter().map(|second| second.due).sum();
    let mut lag = new_latencies();
    for _ in 0..1000 {
        count(&mut lag, Micros((30.0 + 60.0 * random.share()) as u64));
    }
    LoadRecord {
        load_record_version: LOAD_RECORD_VERSION,
        crosscheck: "0.1.0".to_owned(),
        target: "http://127.0.0.1:8080/items".to_owned(),
        fault: None,
        plan: serde_json::from_str::<LoadPlan>(PREFLIGHT).expect("a plan"),
        engine: EngineName::Rate,
        configuration: Configuration {
            r#loop: LoopKind::Open,
            threads: 1,
            connections: 64,
            streams: 1,
            protocol: "HTTP/1.1".to_owned(),
            tls: false,
            pacing: PacingKind::Timer,
            timeout_ms: 10_000,
            max_rate: None,
            preflight_headers: Vec::new(),
            connect: crosscheck::exchange::ConnectOptions::default(),
        },
        machine: Machine {
            os: "Linux 6.1".to_owned(),
            arch: "x86_64".to_owned(),
            processor: "Example 3000".to_owned(),
            processors: 2,
            memory: 16_000_000_000,
        },
        command: "crosscheck load preflight-storm --target http://127.0.0.1:8080/items".to_owned(),
        seed: 42,
        started: "2026-01-02T03:04:05Z".to_owned(),
        seconds,
        interrupted: false,
        incomplete: None,
        phases: vec![
            phase("warm-up", Shape::Ramp, 0.0, 2.0, &total),
            phase("steady", Shape::Steady, 2.0, seconds - 2.0, &total),
        ],
        total,
        requests: vec![preflight],
        series,
        errors: errors(&all, seconds),
        causes: causes(&all),
        findings: findings(&all),
        budgets: budgets(&all, seconds),
        pacing: PacingRecord {
            due,
            sent: due,
            dropped: 0,
            target_rate: Some(due as f64 / seconds),
            achieved_rate: due as f64 / seconds,
            backlog_max: if story.stall.is_some() { 150 } else { 2 },
            send_lag: HistogramRecord::of(&lag),
        },
        client: ClientRecord {
            cpu_seconds: 0.092,
            cpu_busiest: 0.08,
            cpu_micros_per_request: 8.1,
            memory_peak: 14_200_000,
            connects: 64,
            closed_by_peer: 0,
            judged_by_identity: all.answered,
        },
        validity: Validity { valid: true, doubts: Vec::new() },
        caching: Some(caching()),
    }
}

fn phase(name: &str, shape: Shape, at: f64, seconds: f64, total: &RequestRecord) -> PhaseRecord {
    PhaseRecord {
        name: name.to_owned(),
        shape,
        at,
        planned: seconds,
        seconds,
        rate: Some(if shape == Shape::Ramp { (0.0, 1000.0) } else { (1000.0, 1000.0) }),
        users: None,
        total: total.clone(),
        requests: vec![total.clone()],
    }
}

fn errors(all: &Totals, seconds: f64) -> Vec<ErrorRecord> {
    if all.errors == 0 {
        return Vec::new();
    }
    vec![ErrorRecord {
        kind: ErrorKind::Reset,
        count: all.errors,
        first_at: seconds - 1.0,
        first: "Connection reset by peer (os error 104)".to_owned(),
    }]
}

fn causes(all: &Totals) -> Vec<LoadCause> {
    if all.wrong == 0 {
        return Vec::new();
    }
    let lines = [
        "Origin: https://app.example",
        "before the load: access-control-allow-origin: https://app.example",
        "under load: access-control-allow-origin: https://other.example",
    ];
    let cause = under_load(Changed::OtherOrigin, lines.map(str::to_owned).to_vec(), false);
    vec![LoadCause { cause, requests: vec!["preflight".to_owned()], answers: all.wrong }]
}

fn findings(all: &Totals) -> Vec<LoadFinding> {
    if all.wrong == 0 {
        return Vec::new();
    }
    let sample = |at: f64| Sample {
        at,
        connection: 17,
        origin: "https://app.example".to_owned(),
        sent: ["OPTIONS /items HTTP/1.1", "Host: 127.0.0.1:8080", "Origin: https://app.example"]
            .map(str::to_owned)
            .to_vec(),
        received: [
            "HTTP/1.1 204 No Content",
            "Access-Control-Allow-Origin: https://admin.example:8443",
            "X-Cache: <img src=x onerror=alert(1)>\u{1b}[31m",
        ]
        .map(str::to_owned)
        .to_vec(),
        expected: "Access-Control-Allow-Origin: https://app.example".to_owned(),
    };
    vec![LoadFinding {
        reason: Reason::PreflightCorsCheckOriginMismatch.into(),
        request: "preflight".to_owned(),
        cause: Some(Cause::AnswersChangeUnderLoad),
        message: "Access-Control-Allow-Origin is another origin than the request's".to_owned(),
        section: Some("https://fetch.spec.whatwg.org/#concept-cors-check".to_owned()),
        count: all.wrong,
        rate: all.wrong as f64 / all.answered as f64,
        first_at: 6.01,
        ok_unloaded: Some(true),
        crossed: all.wrong,
        samples: [6.01, 6.2, 7.9, 9.4].map(sample).to_vec(),
    }]
}

fn budgets(all: &Totals, seconds: f64) -> Vec<BudgetRecord> {
    let budget = |text: &str, limit: f64, value: f64, unit, met, margin| BudgetRecord {
        budget: text.parse().expect("a budget"),
        limit,
        value: Some(value),
        unit,
        margin,
        met,
        samples: all.answered,
        why: None,
    };
    let p99 = all.response.value_at_percentile(99.0) as f64;
    let errors = all.errors as f64 / (all.answered + all.errors) as f64;
    let rate = all.answered as f64 / seconds;
    let less = |value: f64, limit: f64| Some((limit - value) / limit);
    vec![
        budget("p99<5ms for preflight", 5_000.0, p99, BudgetUnit::Micros, p99 < 5_000.0, less(p99, 5_000.0)),
        budget("error-rate<0.1%", 0.001, errors, BudgetUnit::Share, errors < 0.001, less(errors, 0.001)),
        budget("rps>=100", 100.0, rate, BudgetUnit::PerSecond, rate >= 100.0, Some((rate - 100.0) / 100.0)),
        budget("cors-errors==0", 0.0, all.wrong as f64, BudgetUnit::Count, all.wrong == 0, None),
    ]
}

fn caching() -> CachingRecord {
    let view = |max_age: u64, cap: u64, preflights: u64| ViewCost {
        max_age: Some(max_age),
        cap: Some(cap),
        profile: "chromium".to_owned(),
        views: 1_000,
        preflights,
        actuals: 1_000,
        from_cache: 0,
        per_view: (1_000 + preflights) as f64 / 1_000.0,
    };
    let mut views = Vec::new();
    for max_age in [0_u64, 5, 600, 7_200, 86_400] {
        for cap in [600_u64, 7_200, 86_400] {
            let kept = max_age.min(cap);
            views.push(view(max_age, cap, 1_000 / (1 + kept / 60)));
        }
    }
    let shared = |cache: &str, vary_origin, to_origin, wrong| SharedCost {
        vary_origin,
        cache: cache.to_owned(),
        requests: 5_000,
        to_origin,
        wrong,
    };
    CachingRecord {
        views,
        shared: vec![
            shared("shared", true, 40, 0),
            shared("shared", false, 10, 4_200),
            shared("single-slot", true, 3_900, 0),
            shared("url-keyed", true, 10, 4_200),
        ],
    }
}

/// A record whose harness was too slow.
pub(crate) fn overwhelmed() -> LoadRecord {
    let mut record = record(Story::default());
    record.validity = Validity {
        valid: false,
        doubts: vec![Doubt {
            code: Code::ClientCpu,
            message: "the busiest sending thread used 98 % of a processor".to_owned(),
            help: "give it more threads with --threads, or ask for less".to_owned(),
            invalidates: true,
        }],
    };
    record.interrupted = true;
    record
}
