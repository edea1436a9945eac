//! An explanation on the terminal: may the page read, what browsers say, what they did, what
//! made the difference, what to set.

use std::fmt::Write;

use crosscheck_core::{
    case::model::OutcomeName,
    diagnostic::{verbatim, visible},
    exchange::{self, ConnectOptions},
    fetch::{
        Reason,
        devtools::{Engine, RefusedRequest},
        method, safelist,
    },
    verdict::{Access, Verdict},
};

use super::{
    failure,
    paint::{Paint, Tone},
};
use crate::run::explain::{Attempt, Change, Explanation, Question};

/// The whole explanation; ends with a line feed.
pub fn render(explanation: &Explanation, url: &str, connect: &ConnectOptions, paint: Paint) -> String {
    let mut out = String::new();
    write_answer(&mut out, explanation, url, paint);
    write_console(&mut out, explanation, url, paint);
    write_story(&mut out, explanation, paint);
    write_attempts(&mut out, &explanation.attempts, paint);
    write_cure(&mut out, explanation, connect, paint);
    if let Some(finding) = &explanation.connection {
        heading(&mut out, "What else is wrong", paint);
        failure::write_finding(&mut out, finding, paint);
    }
    out
}

fn heading(out: &mut String, text: &str, paint: Paint) {
    // Writing to a String cannot fail.
    let _ = writeln!(out, "\n{}", paint.tone(Tone::Strong, text));
}

fn write_answer(out: &mut String, explanation: &Explanation, url: &str, paint: Paint) {
    let Question { origin, method, credentials, .. } = &explanation.question;
    let with = if *credentials { " with credentials" } else { "" };
    let asked = format!("a page of {origin} may {method} {url}{with}");
    let result = explanation.result();
    let only_asked = result.is_some_and(|result| result.story.is_empty() || result.status.is_none())
        && explanation.allowed();
    let (sign, tone, ends) = match (explanation.test.verdict, explanation.allowed()) {
        (Verdict::SetupError | Verdict::HarnessError | Verdict::Interfered, _) => {
            ("?", Tone::Doubtful, "could not be found out".to_owned())
        }
        (_, true) if only_asked => ("✓", Tone::Good, "the preflight says yes".to_owned()),
        (_, true) => ("✓", Tone::Good, "yes".to_owned()),
        (_, false) => {
            let reason = result.and_then(|result| result.reason);
            ("✗", Tone::Bad, format!("no: {}", reason.map_or("blocked", Reason::as_str)))
        }
    };
    let _ = writeln!(out, "{} {} — {ends}", paint.tone(tone, sign), visible(&asked));
    if let Some(reason) = result.and_then(|result| result.reason) {
        let _ = writeln!(out, "  {}", reason.meaning());
        let _ = writeln!(out, "  {}", paint.tone(Tone::Place, reason.anchor()));
    }
    let note = exchange::preflight_headers_note(&explanation.preflight_headers);
    for note in explanation.test.note.iter().chain(&note) {
        let _ = writeln!(out, "  {}", visible(note));
    }
    if let Some(note) = explanation.connect.insecure_note() {
        let _ = writeln!(out, "  {note}");
    }
}

fn write_console(out: &mut String, explanation: &Explanation, url: &str, paint: Paint) {
    let Some(result) = explanation.result() else { return };
    let Some(reason) = result.reason else { return };
    let response = explanation.last().and_then(|step| step.exchange.response());
    let refused = RefusedRequest {
        subject: result.subject.as_deref().unwrap_or_default(),
        status: response.map(|response| response.status),
        lines: response.map_or(1, |response| response.fields.lines("access-control-allow-origin").count()),
        ..RefusedRequest::new(reason, url, &explanation.question.origin)
    };
    heading(out, "What the console says", paint);
    for (engine, name) in
        [(Engine::Chromium, "Chrome"), (Engine::Firefox, "Firefox"), (Engine::Webkit, "Safari")]
    {
        if let Some(message) = refused.messages(engine).first() {
            let _ = writeln!(
                out,
                "  {} {}",
                paint.tone(Tone::Faint, format!("{name:8}")),
                visible(&message.text)
            );
        }
    }
}

fn write_story(out: &mut String, explanation: &Explanation, paint: Paint) {
    heading(out, "What the browser did", paint);
    if let Some(result) = explanation.result() {
        for (number, sentence) in result.story.iter().enumerate() {
            let _ = writeln!(out, "  {}. {}", number + 1, visible(sentence));
        }
    }
    for step in &explanation.test.transcript.steps {
        let sent = &step.exchange.sent;
        let _ = writeln!(
            out,
            "    {} {} {}",
            paint.tone(Tone::Faint, ">"),
            paint.tone(Tone::Strong, &sent.method),
            verbatim(sent.url.as_str())
        );
        let shown = |name: &str| name.starts_with("access-control-") || name == "origin";
        for field in sent.fields.iter().filter(|field| shown(&field.name.to_ascii_lowercase())) {
            let _ = writeln!(
                out,
                "    {} {}: {}",
                paint.tone(Tone::Faint, ">"),
                verbatim(&field.name),
                verbatim(&field.text())
            );
        }
        match &step.exchange.received {
            exchange::Received::Response(response) => {
                let _ = writeln!(out, "    {} {}", paint.tone(Tone::Faint, "<"), response.status);
                for field in &response.fields {
                    let name = field.name.to_ascii_lowercase();
                    let telling = ["vary", "location", "server", "via", "age", "www-authenticate", "x-cache"];
                    if name.starts_with("access-control-") || telling.contains(&name.as_str()) {
                        let _ = writeln!(
                            out,
                            "    {} {}: {}",
                            paint.tone(Tone::Faint, "<"),
                            verbatim(&field.name),
                            verbatim(&field.text())
                        );
                    }
                }
            }
            exchange::Received::Failed(failure) => {
                let _ =
                    writeln!(out, "    {} {}", paint.tone(Tone::Faint, "<"), visible(&failure.to_string()));
            }
        }
    }
}

fn write_attempts(out: &mut String, attempts: &[Attempt], paint: Paint) {
    if attempts.is_empty() {
        return;
    }
    heading(out, "Asked again, one thing at a time", paint);
    for attempt in attempts {
        let (sign, tone) = match attempt.outcome {
            OutcomeName::Blocked => failure::sign(Verdict::Fail),
            OutcomeName::Allowed | OutcomeName::Opaque => failure::sign(Verdict::Pass),
        };
        let reason = attempt.reason.map_or("", Reason::as_str);
        let _ = writeln!(
            out,
            "  {} {}  {}",
            paint.tone(tone, sign),
            visible(&words(&attempt.what)),
            paint.tone(Tone::Faint, reason)
        );
    }
}

fn words(change: &Change) -> String {
    match change {
        Change::Read => "an ordinary read: GET, no headers, no credentials".to_owned(),
        Change::MethodAlone => "the method without any header".to_owned(),
        Change::HeaderAlone(name) => format!("the method with {name} alone"),
        Change::NoCredentials => "the same without credentials".to_owned(),
        Change::FreshUrl => "a read of a URL that no cache has seen".to_owned(),
        Change::OriginAs(origin) => format!("a read as `{origin}`"),
    }
}

fn write_cure(out: &mut String, explanation: &Explanation, connect: &ConnectOptions, paint: Paint) {
    let mut findings = explanation.test.findings.iter();
    if let Some(cause) = &explanation.cause {
        heading(out, "Cause", paint);
        let _ = writeln!(out, "  {}", visible(cause));
    }
    if let Some(fix) = findings.find_map(|finding| finding.fix.as_ref()) {
        heading(out, "What to change", paint);
        let _ = writeln!(out, "  {}", visible(fix));
    }
    let blocked = explanation.result().is_some_and(|result| result.reason.is_some());
    if let Some(product) = explanation.product.filter(|_| blocked && !explanation.attempts.is_empty()) {
        let Question { origin, method, headers, credentials, .. } = &explanation.question;
        let mut names: Vec<String> = headers
            .iter()
            .filter(|(name, value)| !safelist::is_safelisted(name, value.as_bytes()))
            .map(|(name, _)| name.to_ascii_lowercase())
            .collect();
        names.sort();
        let method = method::normalize(method);
        let access = Access { origin, method: &method, headers: &names, credentials: *credentials };
        heading(out, &format!("{} answered. There it is allowed with", product.name()), paint);
        for line in product.setting(&access).lines() {
            let _ = writeln!(out, "  {}", visible(line));
        }
    }
    if let Some(step) = explanation.last() {
        heading(out, "Ask again yourself", paint);
        failure::write_again(out, "  ", &step.exchange, connect);
    }
}
