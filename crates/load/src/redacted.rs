//! The record of a load run as it is kept: without secrets. Judged is what was on the wire.

use crosscheck_core::redaction::{Redactor, Side, looks_secret, secrecy};

use super::{
    plan::{Entry, LoadPlan, ResourcePlan},
    record::{ErrorRecord, LoadFinding, LoadRecord, Sample},
};

/// The record without the secrets of its target, its plan and its samples.
pub(super) fn redacted(mut record: LoadRecord, redactor: &Redactor) -> LoadRecord {
    let mut redactor = redactor.clone();
    for request in record.plan.requests.values() {
        for (name, value) in &request.headers {
            // A script's header of another name is what the plan is about.
            if looks_secret(name) {
                redactor.add_header(name, value, None, secrecy(name, value));
            }
        }
    }
    plan(&mut record.plan, &redactor);
    let LoadRecord { target, command, incomplete, errors, causes, findings, .. } = &mut record;
    for text in [target, command].into_iter().chain(incomplete) {
        redactor.redact(text);
    }
    for ErrorRecord { kind: _, count: _, first_at: _, first } in errors {
        redactor.redact(first);
    }
    let mut of_causes = redactor.clone();
    for Sample { sent, received, .. } in findings.iter().flat_map(|finding| &finding.samples) {
        sent.iter().for_each(|line| of_causes.learn_line(Side::Request, line));
        received.iter().for_each(|line| of_causes.learn_line(Side::Response, line));
    }
    for cause in causes {
        cause.cause = cause.cause.clone().redacted(&of_causes);
    }
    for finding in findings {
        let LoadFinding { reason: _, request: _, cause: _, message, section: _, samples, .. } = finding;
        let mut redactor = redactor.clone();
        for Sample { sent, received, .. } in samples.iter() {
            sent.iter().for_each(|line| redactor.learn_line(Side::Request, line));
            received.iter().for_each(|line| redactor.learn_line(Side::Response, line));
        }
        redactor.redact(message);
        for sample in samples {
            let Sample { at: _, connection: _, origin, sent, received, expected } = sample;
            for (side, lines) in [(Side::Request, sent), (Side::Response, received)] {
                for line in lines {
                    if let Some(redacted) = redactor.line(side, line) {
                        *line = redacted;
                    }
                }
            }
            redactor.redact(origin);
            redactor.redact(expected);
        }
    }
    record
}

fn plan(plan: &mut LoadPlan, redactor: &Redactor) {
    for request in plan.requests.values_mut() {
        for (name, value) in &mut request.headers {
            if let Some(shown) = redactor.field(Side::Request, name, value) {
                *value = shown.text;
            }
        }
        request.body.iter_mut().for_each(|body| redactor.redact(body));
        request.resources.iter_mut().for_each(|entry| redactor.redact(path(entry)));
    }
    plan.resources.iter_mut().for_each(|entry| redactor.redact(path(entry)));
}

fn path(entry: &mut Entry<ResourcePlan>) -> &mut String {
    match entry {
        Entry::Text(text) => text,
        Entry::Full(full) => &mut full.path,
    }
}
