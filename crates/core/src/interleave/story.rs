//! The story of a walk: who asked, who answered, from which stored response, and why a browser
//! kept it from the page.

use crate::{
    case::model::{OutcomeName, ServedBy},
    exchange::{self, Purpose, Received, RequestResult, Step, StoredUse, Transcript},
    message::Response,
};

/// What begins a line that tells an outcome rather than a step.
pub const OUTCOME: &str = "→ ";

/// The story, one line for each step and each outcome, in the order in which they happened.
/// Outcomes begin with [`OUTCOME`].
pub fn story(transcript: &Transcript) -> Vec<String> {
    let mut lines = Vec::new();
    for made in 0..=transcript.steps.len() {
        if let Some(step) = made.checked_sub(1).and_then(|last| transcript.steps.get(last)) {
            lines.push(told(step, made - 1, transcript));
        }
        for (name, result) in transcript.requests.iter().filter(|(_, result)| result.ended_after == made) {
            if let Some(stored) = from_browser(name, result, transcript) {
                lines.push(browsers(name, result, stored, transcript));
            }
            lines.push(format!("{OUTCOME}{}", outcome(name, result)));
        }
    }
    lines.iter_mut().for_each(|line| exchange::shorten(line, LINE));
    lines
}

/// How long a line may be, in bytes: it quotes fields, and those are as long as the endpoint likes.
const LINE: usize = 1024;

fn told(step: &Step, place: usize, transcript: &Transcript) -> String {
    let sent = &step.exchange.sent;
    let origin = sent.fields.text("origin").unwrap_or_else(|| "no Origin".to_owned());
    let what = match step.purpose {
        Purpose::Preflight => {
            let method = sent.fields.text("access-control-request-method").unwrap_or_default();
            format!("the preflight for {method} {}", sent.url.path())
        }
        _ => format!("{} {}", sent.method, sent.url.path()),
    };
    let conditional = ["if-none-match", "if-modified-since"].iter().find(|name| sent.fields.contains(name));
    let conditional = conditional.map_or("", |_| ", if it has changed");
    let who = format!("`{}` ({origin}) asks for {what}{conditional}", step.request);
    let evidence = match step.evidence.as_slice() {
        [] => String::new(),
        evidence => format!(" ({})", evidence.join(", ")),
    };
    let answer = match &step.exchange.received {
        Received::Response(response) => described(response),
        Received::Failed(failure) => return format!("{who}: {failure}"),
    };
    let stored = || {
        let last = transcript
            .steps
            .iter()
            .enumerate()
            .rev()
            .find(|(_, other)| other.request == step.request && other.purpose != Purpose::Preflight);
        let mine = last.is_some_and(|(last, _)| last == place);
        let stored = transcript.requests.get(&step.request)?.stored.as_ref().filter(|_| mine)?;
        Some(stored_for(stored, transcript))
    };
    match step.served_by {
        ServedBy::Network => match on_the_way(step) {
            Some(evidence) => format!("{who}: a cache on the way answers ({evidence}) {answer}"),
            None => format!("{who}: the endpoint answers{evidence} {answer}"),
        },
        ServedBy::Cache => match stored() {
            Some(stored) => {
                format!("{who}: a cache answers{evidence} with what it stored {stored}: {answer}")
            }
            None => format!("{who}: a cache answers{evidence} {answer}"),
        },
        ServedBy::Validated => match stored() {
            Some(stored) => {
                format!(
                    "{who}: the endpoint confirms{evidence} what a cache stored {stored}, which makes it {answer}"
                )
            }
            None => format!("{who}: a cache answers{evidence}, after the endpoint confirmed it: {answer}"),
        },
    }
}

/// What a cache on the way that answered instead of the endpoint left in the answer.
fn on_the_way(step: &Step) -> Option<String> {
    let served = exchange::served(step.exchange.response()?, &[]);
    (served.by != ServedBy::Network).then(|| served.evidence.join(", "))
}

/// The stored response of the browser's own cache that served the request without a step that says so.
fn from_browser<'r>(name: &str, result: &'r RequestResult, transcript: &Transcript) -> Option<&'r StoredUse> {
    let on_the_way = transcript.steps.iter().any(|step| {
        step.request == name && step.purpose != Purpose::Preflight && step.served_by != ServedBy::Network
    });
    result.stored.as_ref().filter(|_| !on_the_way)
}

fn browsers(name: &str, result: &RequestResult, stored: &StoredUse, transcript: &Transcript) -> String {
    let what = stored_for(stored, transcript);
    let answer = stored.step.and_then(|step| transcript.steps.get(step)?.exchange.response()).map(described);
    let answer = answer.map(|answer| format!(": {answer}")).unwrap_or_default();
    let origin = &result.origin;
    match result.served_by {
        Some(ServedBy::Validated) => {
            format!("`{name}` ({origin}): the browser takes that for what it stored {what}{answer}")
        }
        _ => format!(
            "`{name}` ({origin}) asks: the browser's cache answers with what it stored {what}{answer}"
        ),
    }
}

/// `for `a` (https://a.example) 0 s ago`.
fn stored_for(stored: &StoredUse, transcript: &Transcript) -> String {
    let origin = stored.origin.as_deref().unwrap_or("a request without Origin");
    match stored.step.and_then(|step| transcript.steps.get(step)) {
        Some(step) => format!("for `{}` ({origin}) {} s ago", step.request, stored.age),
        None => format!("before this test, {} s ago", stored.age),
    }
}

/// Status and the two fields that decide: `200, Access-Control-Allow-Origin: *, no Vary`.
fn described(response: &Response) -> String {
    let line = |name: &str| match response.fields.text(name) {
        Some(value) => format!("{name}: {value}"),
        None => format!("no {name}"),
    };
    format!("{}, {}, {}", response.status, line("Access-Control-Allow-Origin"), line("Vary"))
}

fn outcome(name: &str, result: &RequestResult) -> String {
    match (result.outcome, result.reason) {
        (OutcomeName::Allowed, _) => format!("`{name}` may read it"),
        (OutcomeName::Opaque, _) => format!("`{name}` uses it without reading it"),
        (OutcomeName::Blocked, None) => format!("`{name}` gets nothing"),
        (OutcomeName::Blocked, Some(reason)) => {
            let subject = result.subject.as_ref().map(|subject| format!(" ({subject})")).unwrap_or_default();
            let about = reason.meaning();
            format!("a browser keeps it from `{name}`: {}{subject}", about.trim_end_matches('.'))
        }
    }
}
