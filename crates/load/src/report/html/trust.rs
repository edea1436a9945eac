//! Whether the figures are the endpoint's, or the harness's own; and what it takes to repeat them.

use std::fmt::Write;

use crate::{
    record::{LoadRecord, LoopKind, PacingKind},
    report::words,
};
use crosscheck_harness::report::page::{chip, facts, folded, prose, section, text};

#[allow(clippy::cast_precision_loss, reason = "three digits are shown")]
fn micros(value: u64) -> String {
    words::micros(value as f64)
}

/// What speaks for and against the figures.
pub(super) fn trust(record: &LoadRecord) -> String {
    let mut html = String::new();
    for doubt in &record.validity.doubts {
        let class = if doubt.invalidates { "bad" } else { "doubt" };
        let _ = writeln!(
            html,
            "<div class=\"callout {class}\"><p>{} {}</p><p class=\"faint\">{}</p></div>",
            chip(class, text(doubt.code.as_str())),
            prose(&doubt.message),
            prose(&doubt.help)
        );
    }
    if record.total.sent + record.total.from_cache == 0 {
        html.push_str("<p>Nothing was sent, so there is nothing to trust.</p>\n");
    } else if record.validity.doubts.is_empty() {
        let _ = writeln!(
            html,
            "<p>{} The harness kept up: what was measured is the endpoint.</p>",
            chip("good", "valid")
        );
    }
    let (pacing, client) = (&record.pacing, &record.client);
    let mut rows = Vec::new();
    if record.configuration.r#loop == LoopKind::Open {
        let lag = &pacing.send_lag;
        rows.push((
            "send lag (how late the harness itself was)",
            format!("p50 {}, p99 {}, greatest {}", micros(lag.p50), micros(lag.p99), micros(lag.max)),
        ));
        rows.push((
            "arrivals",
            format!(
                "{} due, {} sent, {} never sent",
                words::count(pacing.due),
                words::count(pacing.sent),
                words::count(pacing.dropped)
            ),
        ));
        if let Some(target) = pacing.target_rate {
            let share = if target > 0.0 { pacing.achieved_rate / target } else { 0.0 };
            rows.push((
                "rate",
                format!(
                    "{} achieved of {} asked for ({})",
                    words::rate(pacing.achieved_rate),
                    words::rate(target),
                    words::share(share)
                ),
            ));
        }
        rows.push(("most arrivals that waited for a connection", words::count(pacing.backlog_max)));
    } else {
        rows.push((
            "closed loop",
            "users wait for their answers, so a stalled endpoint is asked less: these latencies say how fast it is when it is not asked much".to_owned(),
        ));
    }
    rows.push(("busiest sending thread", format!("{} of a processor", words::share(client.cpu_busiest))));
    rows.push((
        "processor time",
        format!(
            "{} in all, {} a request",
            words::seconds(client.cpu_seconds),
            words::micros(client.cpu_micros_per_request)
        ),
    ));
    if client.memory_peak > 0 {
        rows.push(("most memory", words::bytes(client.memory_peak)));
    }
    rows.push((
        "connections",
        format!(
            "{} opened, {} closed by the endpoint after an answer",
            words::count(client.connects),
            words::count(client.closed_by_peer)
        ),
    ));
    html.push_str(&facts(&rows));
    section("trust", "Can you trust this run?", "", &html)
}

/// The machine, the configuration and the command.
pub(super) fn repeat(record: &LoadRecord) -> String {
    let (configuration, machine) = (&record.configuration, &record.machine);
    let kind = match configuration.r#loop {
        LoopKind::Open => "open: arrivals do not wait for answers",
        LoopKind::Closed => "closed: each user waits for the answer",
    };
    let pacing = match configuration.pacing {
        PacingKind::Timer => "a timer of the operating system",
        PacingKind::Spin => "never sleeps",
        PacingKind::None => "none",
    };
    let streams = if configuration.streams > 1 {
        format!(" × {} streams", configuration.streams)
    } else {
        String::new()
    };
    let mut rows = vec![
        ("target", text(&record.target)),
        ("plan", format!("<code>{}</code> {}", text(&record.plan.id), text(&record.plan.title))),
        ("engine", format!("{:?}", record.engine).to_lowercase()),
        ("loop", kind.to_owned()),
        (
            "connections",
            format!(
                "{}{streams}, {}{}, {} {}",
                configuration.connections,
                text(&configuration.protocol),
                if configuration.tls { " over TLS" } else { "" },
                configuration.threads,
                if configuration.threads == 1 { "thread" } else { "threads" },
            ),
        ),
        ("pacing", pacing.to_owned()),
        ("seed", record.seed.to_string()),
        (
            "machine",
            format!(
                "{} × {}, {}, {} {}",
                machine.processors,
                text(&machine.processor),
                words::bytes(machine.memory),
                text(&machine.os),
                text(&machine.arch)
            ),
        ),
        ("Crosscheck", text(&record.crosscheck)),
        ("started", text(&words::moment(&record.started))),
    ];
    if let Some(fault) = &record.fault {
        rows.insert(1, ("fault of the reference store", format!("<code>{}</code>", text(fault))));
    }
    let plan = serde_json::to_string_pretty(&record.plan).unwrap_or_default();
    let html = format!(
        "<pre class=\"command\" tabindex=\"0\">{}</pre>\n{}{}",
        text(&record.command),
        facts(&rows),
        folded("The plan as it was run", &format!("<pre tabindex=\"0\">{}</pre>\n", text(&plan)))
    );
    section("repeat", "Run it again", "", &html)
}
