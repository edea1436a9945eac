//! From a file to the record.

use std::{borrow::Cow, sync::Arc};

use bytes::Bytes;
use crosscheck_core::{
    exchange::{Exchange, Received, RequestResult, Step, Transcript},
    interleave::Breaking,
    message::{Field, Fields, Request, Response, isomorphic},
    policy::NearOrigin,
    verdict::Finding,
};
use http::StatusCode;
use indexmap::IndexMap;
use serde::{Deserialize, Deserializer, de::Error as _};
use thiserror::Error;
use url::Url;

use super::{
    FileBreaking, FileClaim, FileExchange, FileFailure, FileRequest, FileResponse, FileResult, FileStep,
    FileTest, Line, Raw, RecordFile, write::head,
};
use crate::run::record::{RECORD_VERSION, RunRecord, TestRecord};

/// Why a file is not a record.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ReadError {
    /// Another form of the record.
    #[error("record_version is {0}, and this Crosscheck reads version {RECORD_VERSION}")]
    Version(u32),
    /// A place that a table does not have.
    #[error("`{table}` has no entry {place}")]
    Place {
        /// The table.
        table: &'static str,
        /// The place, from 0.
        place: usize,
    },
    /// A URL that is none.
    #[error("`{0}` is not a valid URL")]
    Url(String),
    /// A text that stands for no bytes.
    #[error("`{0}` has a character above U+00FF, which stands for no byte")]
    Bytes(String),
    /// A field line without a colon.
    #[error("`{0}` is not a field line: expected `Name: value`")]
    Line(String),
    /// Neither a response nor a failure, or both.
    #[error("entry {0} of `exchanges` must have either a response or a failure")]
    Exchange(usize),
}

/// The tables, with everything that tests share made once.
struct Tables {
    claims: Vec<FileClaim>,
    results: Vec<RequestResult>,
    findings: Vec<Finding>,
    near_origins: Vec<Arc<NearOrigin>>,
    exchanges: Vec<Arc<Exchange>>,
}

impl TryFrom<RecordFile> for RunRecord {
    type Error = ReadError;

    fn try_from(file: RecordFile) -> Result<Self, ReadError> {
        if file.record_version != RECORD_VERSION {
            return Err(ReadError::Version(file.record_version));
        }
        let requests = file.requests.into_iter().map(request).collect::<Result<Vec<_>, _>>()?;
        let responses = file.responses.into_iter().map(response).collect::<Result<Vec<_>, _>>()?;
        let exchanges = file.exchanges.into_iter().enumerate();
        let tables = Tables {
            claims: file.claims,
            results: file.results.into_iter().map(result).collect::<Result<_, _>>()?,
            findings: file.findings,
            near_origins: file.near_origins,
            exchanges: exchanges
                .map(|(place, entry)| exchange(place, entry, &requests, &responses).map(Arc::new))
                .collect::<Result<_, _>>()?,
        };
        Ok(Self {
            record_version: file.record_version,
            crosscheck: file.crosscheck,
            endpoint: file.endpoint,
            machine: file.machine,
            started: file.started,
            duration_ms: file.duration_ms,
            profile: file.profile,
            seed: file.seed,
            sampled: file.sampled,
            command: file.command,
            interrupted: file.interrupted,
            shard: file.shard,
            stopped_after: file.stopped_after,
            could_not_judge: file.could_not_judge,
            no_success: file.no_success,
            operations: file.operations,
            throttled: file.throttled,
            promises: file.promises,
            causes: file.causes,
            stale_known_issues: file.stale_known_issues,
            breaking: file
                .breaking
                .into_iter()
                .map(|breaking| tables.breaking(breaking))
                .collect::<Result<_, _>>()?,
            tests: file.tests.into_iter().map(|test| tables.test(test)).collect::<Result<_, _>>()?,
        })
    }
}

/// The version of a file, which is its first member: of another form nothing else is read.
pub(super) fn version<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    match u32::deserialize(deserializer)? {
        RECORD_VERSION => Ok(RECORD_VERSION),
        other => Err(D::Error::custom(ReadError::Version(other))),
    }
}

fn entry<'t, T>(table: &'t [T], name: &'static str, place: usize) -> Result<&'t T, ReadError> {
    table.get(place).ok_or(ReadError::Place { table: name, place })
}

impl Tables {
    fn test(&self, test: FileTest) -> Result<TestRecord, ReadError> {
        let claim = entry(&self.claims, "claims", test.claim)?.clone();
        Ok(TestRecord {
            id: test.id,
            title: claim.title,
            kind: claim.kind,
            file: claim.file,
            line: claim.line,
            source: claim.source,
            order: test.order,
            through: test.through,
            verdict: test.verdict,
            note: test.note,
            findings: self.findings(&test.findings)?,
            near: test
                .near
                .map(|place| entry(&self.near_origins, "near_origins", place).cloned())
                .transpose()?,
            replayed: test.replayed,
            transcript: self.transcript(test.steps, test.requests)?,
            micros: test.micros,
        })
    }

    fn breaking(&self, breaking: FileBreaking) -> Result<Breaking, ReadError> {
        Ok(Breaking {
            case: breaking.case,
            order: breaking.order,
            through: breaking.through,
            smallest: breaking.smallest,
            failed: breaking.failed,
            of: breaking.of,
            story: breaking.story,
            findings: self.findings(&breaking.findings)?,
            transcript: self.transcript(breaking.steps, breaking.requests)?,
        })
    }

    fn findings(&self, places: &[usize]) -> Result<Vec<Finding>, ReadError> {
        places.iter().map(|place| entry(&self.findings, "findings", *place).cloned()).collect()
    }

    fn transcript(
        &self,
        steps: Vec<FileStep>,
        requests: IndexMap<String, usize>,
    ) -> Result<Transcript, ReadError> {
        let step = |step: FileStep| {
            Ok(Step {
                request: step.request,
                purpose: step.purpose,
                served_by: step.served_by,
                exchange: Arc::clone(entry(&self.exchanges, "exchanges", step.exchange)?),
                evidence: step.evidence,
            })
        };
        let result = |(name, place)| Ok((name, entry(&self.results, "results", place)?.clone()));
        Ok(Transcript {
            steps: steps.into_iter().map(step).collect::<Result<_, ReadError>>()?,
            requests: requests.into_iter().map(result).collect::<Result<_, ReadError>>()?,
        })
    }
}

fn result(result: FileResult) -> Result<RequestResult, ReadError> {
    Ok(RequestResult {
        origin: result.origin,
        outcome: result.outcome,
        reason: result.reason,
        subject: result.subject,
        status: result.status,
        readable: fields(result.readable)?,
        preflight: result.preflight,
        served_by: result.served_by,
        stored: result.stored,
        ended_after: result.ended_after,
        story: result.story,
    })
}

type Message<T> = (T, Option<String>);

fn exchange(
    place: usize,
    exchange: FileExchange,
    requests: &[Message<Arc<Request>>],
    responses: &[Message<Response>],
) -> Result<Exchange, ReadError> {
    let (sent, raw_sent) = entry(requests, "requests", exchange.request)?.clone();
    let (received, raw_received) = match (exchange.response, exchange.failure) {
        (Some(place), None) => {
            let (response, raw) = entry(responses, "responses", place)?.clone();
            (Received::Response(response), raw)
        }
        (None, Some(FileFailure { failure, raw })) => (Received::Failed(failure), raw),
        _ => return Err(ReadError::Exchange(place)),
    };
    let FileExchange { micros, cut, hidden, .. } = exchange;
    Ok(Exchange { sent, raw_sent, received, raw_received, micros, cut, hidden })
}

fn request(request: FileRequest) -> Result<Message<Arc<Request>>, ReadError> {
    let FileRequest { method, url, fields: lines, body, raw } = request;
    let url = Url::parse(&url).map_err(|_| ReadError::Url(url))?;
    let made = Request { method, url, fields: fields(lines)?, body: bytes(body)? };
    let raw = on_wire(raw, || head(&request_line(&made), &made.fields));
    Ok((Arc::new(made), raw))
}

fn response(response: FileResponse) -> Result<Message<Response>, ReadError> {
    let FileResponse { status, status_line, fields: lines, body, raw } = response;
    let made = Response { status, fields: fields(lines)?, body: bytes(body)? };
    let first = status_line.map_or_else(|| usual_status_line(status), Cow::Owned);
    let raw = on_wire(raw, || head(&first, &made.fields));
    Ok((made, raw))
}

fn on_wire(raw: Raw, as_parsed: impl FnOnce() -> String) -> Option<String> {
    match raw {
        Raw::AsParsed => Some(as_parsed()),
        Raw::Unrecorded => None,
        Raw::Bytes(bytes) => Some(bytes),
    }
}

fn bytes(text: String) -> Result<Bytes, ReadError> {
    isomorphic::encode(&text).map(Bytes::from).ok_or(ReadError::Bytes(text))
}

fn fields(lines: Vec<Line>) -> Result<Fields, ReadError> {
    let field = |line| {
        let (name, value) = match line {
            Line::Parts(name, value) => (name, value),
            Line::Text(text) => match text.split_once(": ") {
                Some((name, value)) => (name.to_owned(), value.to_owned()),
                None => return Err(ReadError::Line(text)),
            },
        };
        Ok(Field { name: name.into(), value: bytes(value)? })
    };
    lines.into_iter().map(field).collect()
}

/// The first line of a request.
pub(super) fn request_line(request: &Request) -> String {
    let query = request.url.query().map(|query| format!("?{query}")).unwrap_or_default();
    format!("{} {}{query} HTTP/1.1", request.method, request.url.path())
}

/// The first line of a response as most servers write it.
pub(super) fn usual_status_line(status: u16) -> Cow<'static, str> {
    let reason = StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
    format!("HTTP/1.1 {status} {}", reason.unwrap_or_default()).into()
}
