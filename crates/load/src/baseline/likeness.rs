//! What differs between two runs besides the endpoint's own behaviour.

use crate::record::LoadRecord;

/// What differs, a sentence each.
pub(super) fn unlike(before: &LoadRecord, now: &LoadRecord) -> Vec<String> {
    let mut unlike = Vec::new();
    let mut differ = |what: &str, before: String, now: String| {
        if before != now {
            unlike.push(format!("{what}: {before} before, {now} now"));
        }
    };
    let engine = |record: &LoadRecord| {
        serde_json::to_value(record.engine)
            .ok()
            .and_then(|name| name.as_str().map(str::to_owned))
            .unwrap_or_default()
    };
    differ("plan", before.plan.id.clone(), now.plan.id.clone());
    differ("engine", engine(before), engine(now));
    differ("target", before.target.clone(), now.target.clone());
    let (b, n) = (&before.configuration, &now.configuration);
    differ("protocol", b.protocol.clone(), n.protocol.clone());
    differ("TLS", b.tls.to_string(), n.tls.to_string());
    differ("connections", b.connections.to_string(), n.connections.to_string());
    differ("threads", b.threads.to_string(), n.threads.to_string());
    let load = |record: &LoadRecord| {
        let stages = record.plan.stages.iter().map(|stage| {
            let load = stage.rate.or(record.plan.rate).map(|rate| format!("{rate}/s"));
            let users = stage.users.or(record.plan.users).map(|users| format!("{users} users"));
            load.or(users).unwrap_or_default()
        });
        stages.collect::<Vec<_>>().join(", ")
    };
    differ("load", load(before), load(now));
    let (b, n) = (&before.machine, &now.machine);
    differ("processor", b.processor.clone(), n.processor.clone());
    differ("processors", b.processors.to_string(), n.processors.to_string());
    if !before.validity.valid {
        unlike.push("the baseline's own harness was the bottleneck".to_owned());
    }
    if before.interrupted || now.interrupted {
        unlike.push("one of the runs was cut short".to_owned());
    }
    unlike
}
