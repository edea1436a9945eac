//! From the record to its file.

use std::{collections::HashMap, sync::Arc};

use crosscheck_core::{
    exchange::{Exchange, Received, RequestResult, Step, Transcript},
    interleave::Breaking,
    message::{Field, Fields, Request, Response, isomorphic},
    policy::NearOrigin,
    verdict::Finding,
};
use indexmap::IndexMap;

use super::{
    FileBreaking, FileClaim, FileExchange, FileFailure, FileRequest, FileResponse, FileResult, FileStep,
    FileTest, Line, Raw, RecordFile, table::Table,
};
use crate::run::record::{RunRecord, TestRecord};

/// The tables as they fill up.
#[derive(Default)]
struct Tables {
    claims: Table<FileClaim>,
    results: Table<FileResult>,
    findings: Table<Finding>,
    near_origins: Table<Arc<NearOrigin>>,
    exchanges: Table<FileExchange>,
    requests: Table<FileRequest>,
    responses: Table<FileResponse>,
    /// The places of exchanges that several steps share.
    shared: HashMap<*const Exchange, usize>,
}

impl From<&RunRecord> for RecordFile {
    fn from(record: &RunRecord) -> Self {
        let mut tables = Tables::default();
        let tests = record.tests.iter().map(|test| tables.test(test)).collect();
        let breaking = record.breaking.iter().map(|breaking| tables.breaking(breaking)).collect();
        Self {
            record_version: record.record_version,
            crosscheck: record.crosscheck.clone(),
            endpoint: record.endpoint.clone(),
            machine: record.machine.clone(),
            started: record.started.clone(),
            duration_ms: record.duration_ms,
            profile: record.profile,
            seed: record.seed,
            sampled: record.sampled.clone(),
            command: record.command.clone(),
            interrupted: record.interrupted,
            shard: record.shard.clone(),
            stopped_after: record.stopped_after,
            could_not_judge: record.could_not_judge.clone(),
            no_success: record.no_success.clone(),
            operations: record.operations.clone(),
            throttled: record.throttled.clone(),
            promises: record.promises.clone(),
            causes: record.causes.clone(),
            stale_known_issues: record.stale_known_issues.clone(),
            breaking,
            tests,
            claims: tables.claims.into_entries(),
            near_origins: tables.near_origins.into_entries(),
            results: tables.results.into_entries(),
            findings: tables.findings.into_entries(),
            exchanges: tables.exchanges.into_entries(),
            requests: tables.requests.into_entries(),
            responses: tables.responses.into_entries(),
        }
    }
}

impl Tables {
    fn test(&mut self, test: &TestRecord) -> FileTest {
        // Whoever adds a field must say where it goes.
        let TestRecord {
            id,
            title,
            kind,
            file,
            line,
            source,
            order,
            through,
            verdict,
            note,
            findings,
            near,
            replayed,
            transcript,
            micros,
        } = test;
        let claim = FileClaim {
            title: title.clone(),
            kind: *kind,
            file: file.clone(),
            line: *line,
            source: source.clone(),
        };
        let (steps, requests) = self.transcript(transcript);
        FileTest {
            id: id.clone(),
            verdict: *verdict,
            note: note.clone(),
            claim: self.claims.place(claim),
            order: order.clone(),
            through: *through,
            findings: self.findings(findings),
            near: near.as_ref().map(|near| self.near_origins.place(Arc::clone(near))),
            replayed: *replayed,
            steps,
            requests,
            micros: *micros,
        }
    }

    fn breaking(&mut self, breaking: &Breaking) -> FileBreaking {
        let Breaking { case, order, through, smallest, failed, of, story, findings, transcript } = breaking;
        let (steps, requests) = self.transcript(transcript);
        FileBreaking {
            case: case.clone(),
            order: order.clone(),
            through: *through,
            smallest: smallest.clone(),
            failed: failed.clone(),
            of: *of,
            story: story.clone(),
            findings: self.findings(findings),
            steps,
            requests,
        }
    }

    fn findings(&mut self, findings: &[Finding]) -> Vec<usize> {
        findings.iter().map(|finding| self.findings.place(finding.clone())).collect()
    }

    fn transcript(&mut self, transcript: &Transcript) -> (Vec<FileStep>, IndexMap<String, usize>) {
        let Transcript { steps, requests } = transcript;
        let steps = steps.iter().map(|step| {
            let Step { request, purpose, served_by, exchange, evidence } = step;
            FileStep {
                request: request.clone(),
                purpose: *purpose,
                served_by: *served_by,
                exchange: self.exchange(exchange),
                evidence: evidence.clone(),
            }
        });
        let steps = steps.collect();
        let results =
            requests.iter().map(|(name, made)| (name.clone(), self.results.place(result(made)))).collect();
        (steps, results)
    }

    fn exchange(&mut self, exchange: &Arc<Exchange>) -> usize {
        if let Some(place) = self.shared.get(&Arc::as_ptr(exchange)) {
            return *place;
        }
        let Exchange { sent, raw_sent, received, raw_received, micros, cut, hidden } = &**exchange;
        let request = self.requests.place(request(sent, raw_sent.as_deref()));
        let (response, failure) = match received {
            Received::Response(received) => {
                (Some(self.responses.place(response(received, raw_received.as_deref()))), None)
            }
            Received::Failed(failure) => {
                (None, Some(FileFailure { failure: failure.clone(), raw: raw_received.clone() }))
            }
        };
        let entry = FileExchange {
            request,
            response,
            failure,
            micros: *micros,
            cut: cut.clone(),
            hidden: hidden.clone(),
        };
        let place = self.exchanges.place(entry);
        self.shared.insert(Arc::as_ptr(exchange), place);
        place
    }
}

fn result(result: &RequestResult) -> FileResult {
    let RequestResult {
        origin,
        outcome,
        reason,
        subject,
        status,
        readable,
        preflight,
        served_by,
        stored,
        ended_after,
        story,
    } = result;
    FileResult {
        origin: origin.clone(),
        outcome: *outcome,
        reason: *reason,
        subject: subject.clone(),
        status: *status,
        readable: lines(readable),
        preflight: *preflight,
        served_by: *served_by,
        stored: stored.clone(),
        ended_after: *ended_after,
        story: story.clone(),
    }
}

fn request(request: &Request, raw: Option<&str>) -> FileRequest {
    let Request { method, url, fields, body } = request;
    FileRequest {
        method: method.clone(),
        url: url.to_string(),
        fields: lines(fields),
        body: isomorphic::decode(body),
        raw: self::raw(raw, || head(&super::read::request_line(request), fields)),
    }
}

fn response(response: &Response, on_wire: Option<&str>) -> FileResponse {
    let Response { status, fields, body } = response;
    let usual = super::read::usual_status_line(*status);
    let first = on_wire.and_then(|head| head.split_once("\r\n")).map_or(&*usual, |(first, _)| first);
    let raw = raw(on_wire, || head(first, fields));
    let own_line = raw == Raw::AsParsed && first != usual;
    FileResponse {
        status: *status,
        status_line: own_line.then(|| first.to_owned()),
        fields: lines(fields),
        body: isomorphic::decode(body),
        raw,
    }
}

fn raw(on_wire: Option<&str>, as_parsed: impl FnOnce() -> String) -> Raw {
    match on_wire {
        None => Raw::Unrecorded,
        Some(raw) if raw == as_parsed() => Raw::AsParsed,
        Some(raw) => Raw::Bytes(raw.to_owned()),
    }
}

/// A head with these lines, as it is usually written.
pub(super) fn head(first: &str, fields: &Fields) -> String {
    let mut head = format!("{first}\r\n");
    for field in fields {
        head.push_str(&line_text(field));
        head.push_str("\r\n");
    }
    head.push_str("\r\n");
    head
}

fn line_text(field: &Field) -> String {
    format!("{}: {}", field.name, field.text())
}

fn lines(fields: &Fields) -> Vec<Line> {
    let line = |field: &Field| match field.name.contains(':') {
        false => Line::Text(line_text(field)),
        true => Line::Parts(field.name.to_string(), field.text()),
    };
    fields.iter().map(line).collect()
}
