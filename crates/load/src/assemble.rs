//! From what was counted to the record: rows, stages, findings, budgets, and whether the figures are
//! the endpoint's. Pure; both engines end here.

use crosscheck_core::{diagnosis::Cause, exchange::preflight_headers_note, verdict::Code};

use super::{
    causes::{self, Attribution},
    engine::Measured,
    judge::Knowledge,
    plan::{Budget, DEFAULT_BUDGET, Metric, Unit, is_closed},
    record::{
        BudgetRecord, BudgetUnit, ClientRecord, Configuration, Doubt, ErrorKind, ErrorRecord,
        HistogramRecord, LOAD_RECORD_VERSION, Latencies, LoadFinding, LoadRecord, LoopKind, Machine,
        PacingRecord, PhaseRecord, RequestRecord, Second, Validity,
    },
    tally::RowTally,
    work::Work,
};

/// What the record says besides what was counted.
#[derive(Clone, Debug)]
pub struct About {
    /// What was asked.
    pub target: String,
    /// The fault that the reference store was told to have.
    pub fault: Option<String>,
    /// How requests were sent.
    pub configuration: Configuration,
    /// Where.
    pub machine: Machine,
    /// The command that repeats the run.
    pub command: String,
    /// What reproduces it.
    pub seed: u64,
    /// When it began, RFC 3339.
    pub started: String,
    /// The most memory that the process had resident, in bytes.
    pub memory_peak: u64,
}

/// The record of a run. `knowledge`: what the endpoint answered before the load.
pub fn record(
    work: &Work,
    knowledge: &Knowledge,
    measured: Measured,
    budgets: &[Budget],
    about: About,
) -> LoadRecord {
    let seconds = asked_for(work, &measured);
    let rows = work.rows.len();
    let phases = phases(work, &measured, seconds);
    let mut by_row = vec![RowTally::default(); rows];
    let mut all = RowTally::default();
    for stage in &measured.stages {
        for (sum, row) in by_row.iter_mut().zip(stage) {
            sum.merge(row);
            all.merge(row);
        }
    }
    let total = request("total", "", &all, seconds);
    let requests: Vec<RequestRecord> = work
        .rows
        .iter()
        .zip(&by_row)
        .map(|(row, tally)| request(&row.name, &row.method, tally, seconds))
        .collect();
    let tally = &measured.tally;
    let planned = work.timeline.seconds().min(seconds).max(1e-9);
    let pacing = PacingRecord {
        due: tally.due,
        sent: tally.arrived,
        dropped: tally.dropped,
        target_rate: (!work.timeline.closed)
            .then(|| work.timeline.arrivals() as f64 / work.timeline.seconds()),
        achieved_rate: tally.arrived as f64 / planned,
        backlog_max: tally.backlog_max,
        send_lag: HistogramRecord::of(&tally.lag),
    };
    let cpu_seconds: f64 = measured.cpu.iter().sum();
    let client = ClientRecord {
        cpu_seconds,
        cpu_busiest: measured.cpu.iter().copied().fold(0.0, f64::max) / seconds,
        cpu_micros_per_request: if all.sent == 0 { 0.0 } else { cpu_seconds * 1e6 / all.sent as f64 },
        memory_peak: about.memory_peak,
        connects: tally.connects,
        closed_by_peer: tally.closed_by_peer,
        judged_by_identity: tally.identical,
    };
    let exhausted = tally.errors().get(&ErrorKind::Exhausted).map_or(0, |error| error.count);
    let validity = validity(&about.configuration, &pacing, &client, (exhausted, all.sent));
    let Attribution { causes, of_findings } = causes::attribute(work, knowledge, tally);
    let mut record = LoadRecord {
        load_record_version: LOAD_RECORD_VERSION,
        crosscheck: env!("CARGO_PKG_VERSION").to_owned(),
        target: about.target,
        fault: about.fault,
        plan: work.plan.clone(),
        engine: work.plan.engine,
        configuration: about.configuration,
        machine: about.machine,
        command: about.command,
        seed: about.seed,
        started: about.started,
        seconds: measured.seconds,
        interrupted: measured.interrupted,
        incomplete: measured.incomplete,
        phases,
        total,
        errors: tally
            .errors()
            .iter()
            .map(|(kind, error)| ErrorRecord {
                kind: *kind,
                count: error.count,
                first_at: error.first_at.seconds(),
                first: error.first.clone(),
            })
            .collect(),
        causes,
        findings: findings(work, tally, &of_findings, &requests),
        requests,
        series: measured.series,
        budgets: Vec::new(),
        pacing,
        client,
        validity,
        caching: None,
    };
    record.budgets = budgets.iter().map(|budget| measure(budget, &record)).collect();
    if !budgets.iter().any(|budget| budget.metric.counts_wrong())
        && let Ok(budget) = DEFAULT_BUDGET.parse()
    {
        record.budgets.push(measure(&budget, &record));
    }
    record
}

/// For how many seconds was asked, and answered: without what a run waits in the end for answers that do not
/// come, so that one request without an answer takes nothing from the rate of the others.
fn asked_for(work: &Work, measured: &Measured) -> f64 {
    let answered = measured.tally.last.seconds();
    work.timeline.seconds().max(answered).min(measured.seconds).max(1e-9)
}

/// After how many seconds the last answer came, where from then on every request went wrong until the
/// end, and was asked for a second or longer.
pub(crate) fn silence(work: &Work, measured: &Measured) -> Option<f64> {
    let silent = |second: &&Second| second.answered == 0;
    let errors: u64 = measured.series.iter().rev().take_while(silent).map(|second| second.errors).sum();
    let first = measured.series.len() - measured.series.iter().rev().take_while(silent).count();
    let since = measured.series.get(first)?.at;
    let until = work.timeline.seconds().min(measured.seconds);
    (errors > 0 && until - since >= 1.0).then_some(since)
}

fn phases(work: &Work, measured: &Measured, asked_for: f64) -> Vec<PhaseRecord> {
    let mut phases = Vec::new();
    let last = work.timeline.stages.len().saturating_sub(1);
    for (index, stage) in work.timeline.stages.iter().enumerate() {
        if stage.at >= measured.seconds && index > 0 {
            break;
        }
        let end = if index == last { asked_for } else { (stage.at + stage.seconds).min(asked_for) };
        let seconds = (end - stage.at).max(1e-9);
        let mut sum = RowTally::default();
        let rows = measured.stages.get(index).map_or(&[][..], Vec::as_slice);
        rows.iter().for_each(|row| sum.merge(row));
        let requests = work.rows.iter().zip(rows);
        phases.push(PhaseRecord {
            name: stage.name.clone(),
            shape: stage.shape,
            at: stage.at,
            planned: stage.seconds,
            seconds,
            rate: (!work.timeline.closed).then_some((stage.from, stage.to)),
            users: work.timeline.closed.then_some((stage.from as u32, stage.to as u32)),
            total: request("total", "", &sum, seconds),
            requests: requests.map(|(row, tally)| request(&row.name, &row.method, tally, seconds)).collect(),
        });
    }
    phases
}

fn request(name: &str, method: &str, tally: &RowTally, seconds: f64) -> RequestRecord {
    RequestRecord {
        name: name.to_owned(),
        method: method.to_owned(),
        sent: tally.sent,
        answered: tally.answered,
        errors: tally.errors,
        wrong: tally.wrong,
        from_cache: tally.from_cache,
        statuses: tally.statuses.all(),
        bytes_received: tally.bytes,
        per_second: tally.answered as f64 / seconds,
        response: HistogramRecord::of(&tally.response),
        service: HistogramRecord::of(&tally.service),
    }
}

fn findings(
    work: &Work,
    tally: &super::tally::Tally,
    causes: &[Option<Cause>],
    requests: &[RequestRecord],
) -> Vec<LoadFinding> {
    let mut findings: Vec<LoadFinding> = tally
        .findings()
        .iter()
        .enumerate()
        .map(|(index, found)| {
            let answered = requests.get(found.row).map_or(0, |row| row.answered);
            LoadFinding {
                reason: found.wrong.reason,
                request: work.rows.get(found.row).map(|row| row.name.clone()).unwrap_or_default(),
                cause: causes.get(index).copied().flatten(),
                message: found.wrong.message.clone(),
                section: found.wrong.section.clone(),
                count: found.count,
                rate: if answered == 0 { 0.0 } else { found.count as f64 / answered as f64 },
                first_at: found.first_at.seconds(),
                ok_unloaded: (found.asked_unloaded > 0).then_some(found.ok_unloaded > 0),
                crossed: found.crossed,
                samples: found.samples.clone(),
            }
        })
        .collect();
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.count));
    findings
}

/// What came of a budget.
pub fn measure(budget: &Budget, record: &LoadRecord) -> BudgetRecord {
    let (total, requests) = match &budget.stage {
        None => (Some(&record.total), record.requests.as_slice()),
        Some(name) => match record.phases.iter().find(|phase| phase.name == *name) {
            Some(phase) => (Some(&phase.total), phase.requests.as_slice()),
            None => (None, &[][..]),
        },
    };
    let row = match &budget.request {
        None => total,
        Some(name) => requests.iter().find(|row| row.name == *name),
    };
    let (value, samples) = match row {
        Some(row) => value(budget.metric, row, record),
        None => (None, 0),
    };
    let unit = match budget.metric.unit() {
        Unit::Micros => BudgetUnit::Micros,
        Unit::PerSecond => BudgetUnit::PerSecond,
        Unit::Count => BudgetUnit::Count,
        Unit::Share => BudgetUnit::Share,
    };
    BudgetRecord {
        budget: budget.clone(),
        limit: budget.limit,
        value,
        unit,
        margin: value.and_then(|value| budget.comparison.margin(value, budget.limit)),
        met: value.is_some_and(|value| budget.comparison.holds(value, budget.limit)),
        samples,
        why: value.is_none().then(|| "there was nothing to measure it by".to_owned()),
    }
}

fn value(metric: Metric, row: &RequestRecord, record: &LoadRecord) -> (Option<f64>, u64) {
    let latencies = || row.response.decode().ok().filter(|latencies| !latencies.is_empty());
    let latency = |of: &dyn Fn(&Latencies) -> f64| (latencies().map(|found| of(&found)), row.response.count);
    let share = |part: u64, whole: u64| ((whole > 0).then(|| part as f64 / whole as f64), whole);
    match metric {
        Metric::Percentile(percent) => {
            latency(&|found| found.value_at_percentile(percent).min(found.max()) as f64)
        }
        Metric::Mean => latency(&Latencies::mean),
        Metric::Least => latency(&|found| found.min() as f64),
        Metric::Greatest => latency(&|found| found.max() as f64),
        Metric::Throughput => ((row.answered > 0).then_some(row.per_second), row.answered),
        Metric::Errors => ((row.sent > 0).then_some(row.errors as f64), row.sent),
        Metric::ErrorRate => share(row.errors, row.sent),
        // What a cache answered was judged too.
        Metric::CorsErrors => {
            let judged = row.answered + row.from_cache;
            ((judged > 0).then_some(row.wrong as f64), judged)
        }
        Metric::CorsErrorRate => share(row.wrong, row.answered + row.from_cache),
        Metric::Dropped => {
            ((record.pacing.due > 0).then_some(record.pacing.dropped as f64), record.pacing.due)
        }
    }
}

/// The harness is the bottleneck where its thread has no time left, or where it sends late though a
/// connection is free.
fn validity(
    configuration: &Configuration,
    pacing: &PacingRecord,
    client: &ClientRecord,
    (exhausted, sent): (u64, u64),
) -> Validity {
    const BUSY: f64 = 0.95;
    const LATE: u64 = 1_000;
    const LATER: u64 = 250;
    const DROPPED: f64 = 0.01;
    let mut doubts = Vec::new();
    let mut doubt = |code, invalidates: bool, message: String, help: &str| {
        doubts.push(Doubt { code, message, help: help.to_owned(), invalidates });
    };
    let spins = configuration.pacing == super::record::PacingKind::Spin;
    if client.cpu_busiest > BUSY && !spins {
        let message =
            format!("a sending thread was busy for {:.0} % of the time", client.cpu_busiest * 100.0);
        doubt(Code::ClientCpu, true, message, "use more --threads, more machines, or a lower rate");
    }
    let lag = &pacing.send_lag;
    if lag.p99 > LATER {
        let message = format!(
            "one request in a hundred was sent {:.1} ms or more after it was due and a connection was free for it",
            lag.p99 as f64 / 1_000.0
        );
        let help = "leave processors to the harness, use more --threads, or --pacing spin";
        doubt(Code::ClientSendLag, lag.p99 > LATE, message, help);
    }
    if pacing.dropped > 0 {
        let message = format!(
            "{} of {} arrivals were never sent: every connection was waiting for an answer",
            pacing.dropped, pacing.due
        );
        let help = "the endpoint is slower than the rate; if it is not, use more --connections";
        // The latencies are of those that were sent: with more missing than this, of another load.
        doubt(Code::ClientDropped, pacing.dropped as f64 > DROPPED * pacing.due as f64, message, help);
    }
    if exhausted > 0 {
        let message =
            format!("{exhausted} of {sent} requests found no port or no open file left on this machine");
        let help = "widen net.ipv4.ip_local_port_range, raise `ulimit -n`, or have the endpoint keep its connections";
        doubt(Code::ClientExhausted, exhausted as f64 > DROPPED * sent as f64, message, help);
    }
    if configuration.r#loop == LoopKind::Closed {
        let message =
            "users wait for answers, so that a slow endpoint is asked less: these latencies leave out \
                       what others would have waited"
                .to_owned();
        doubt(Code::LoopClosed, false, message, "use a rate to measure latency");
    }
    if let Some(note) = preflight_headers_note(&configuration.preflight_headers) {
        doubt(Code::PreflightHeaders, false, note, "let the endpoint answer preflights without them");
    }
    if let Some(note) = configuration.connect.insecure_note() {
        doubt(Code::TlsInsecure, false, note.to_owned(), "trust the endpoint's certificate with --ca-file");
    }
    if let Some(proxy) = &configuration.connect.proxy {
        let message =
            format!("every connection went through the proxy {proxy}, whose time is in these latencies");
        doubt(Code::ClientProxy, false, message, "to measure the endpoint alone, connect without a proxy");
    }
    Validity { valid: !doubts.iter().any(|doubt| doubt.invalidates), doubts }
}

/// Whether users ask or arrivals come.
pub fn loop_kind(work: &Work) -> LoopKind {
    if is_closed(&work.plan) { LoopKind::Closed } else { LoopKind::Open }
}
