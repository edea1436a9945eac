//! An explanation on the terminal: may the page read, what browsers say, what they did, what
//! made the difference, what to set.

use std::fmt::Write;

use crosscheck_core::{
    case::model::OutcomeName,
    diagnosis::{Cause, Diagnosed, Verified},
    diagnostic::{verbatim, visible},
    exchange::{self, ConnectOptions, Purpose},
    fetch::{
        Reason,
        devtools::{Engine, RefusedRequest},
    },
    verdict::Verdict,
};

use super::{
    failure,
    paint::{Paint, Tone},
    prose::prose,
    unsendable,
};
use crate::run::explain::{Explanation, Made, Question, SettingRecord};

/// The whole explanation; ends with a line feed.
pub fn render(explanation: &Explanation, url: &str, connect: &ConnectOptions, paint: Paint) -> String {
    let mut out = String::new();
    write_answer(&mut out, explanation, url, paint);
    write_causes(&mut out, explanation, paint);
    write_settings(&mut out, &explanation.settings, paint);
    write_evidence(&mut out, &explanation.causes, paint);
    write_console(&mut out, explanation, url, paint);
    write_story(&mut out, explanation, paint);
    write_experiments(&mut out, &explanation.experiments, paint);
    write_again(&mut out, explanation, connect, paint);
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
    let request = format!("{method} {url} from {origin}{with}");
    let result = explanation.result();
    let reason = result.and_then(|result| result.reason);
    let not_sent = explanation.causes.iter().any(|cause| cause.code == Cause::RequestNotSent);
    let is_unknown =
        matches!(explanation.test.verdict, Verdict::SetupError | Verdict::HarnessError | Verdict::Interfered);
    let (sign, tone, ends) = match explanation.allowed {
        Some(true) if not_sent => {
            ("✓", Tone::Good, "allowed by its preflight; the request itself was not sent".to_owned())
        }
        Some(true) => ("✓", Tone::Good, "allowed".to_owned()),
        Some(false) if !is_unknown => {
            ("✗", Tone::Bad, format!("blocked ({})", reason.map_or("blocked", Reason::as_str)))
        }
        Some(false) => ("?", Tone::Doubtful, "inconclusive: no valid response".to_owned()),
        None => ("?", Tone::Doubtful, "unknown: only sending it tells, use --send".to_owned()),
    };
    let mut text = String::new();
    prose(&mut text, "  ", &format!("{request}: {ends}"));
    let _ = write!(out, "{} {}", paint.tone(tone, sign), text.strip_prefix("  ").unwrap_or(&text));
    if let Some(reason) = reason.filter(|_| explanation.causes.is_empty()) {
        prose(out, "  ", reason.meaning());
        let _ = writeln!(out, "  {}", paint.tone(Tone::Place, reason.anchor()));
    }
    if explanation.allowed.is_none() {
        prose(
            out,
            "  ",
            "The request needs no preflight, and its method may change something on the server, so nothing was sent.",
        );
    }
    out.push_str(&unsendable::render(&explanation.question.unsendable, paint));
    let note = exchange::preflight_headers_note(&explanation.preflight_headers);
    for note in explanation.test.note.iter().chain(&note) {
        let _ = writeln!(out, "  {}", visible(note));
    }
    if let Some(note) = explanation.connect.insecure_note() {
        let _ = writeln!(out, "  {note}");
    }
}

/// The causes and their cures: what a person needs, before all evidence.
fn write_causes(out: &mut String, explanation: &Explanation, paint: Paint) {
    let causes = &explanation.causes;
    if causes.is_empty() {
        if explanation.allowed == Some(false) {
            heading(out, "Cause", paint);
            prose(out, "  ", "unexplained: no cause of the catalogue fits what was answered");
            let fix = explanation.test.findings.iter().find_map(|finding| finding.fix.as_ref());
            fix.into_iter().for_each(|fix| prose(out, "  ", fix));
        }
        return;
    }
    let blocked = explanation.allowed == Some(false);
    heading(
        out,
        match (blocked, causes.len()) {
            (true, 1) => "Cause",
            (true, _) => "Causes",
            (false, _) => "Worth knowing",
        },
        paint,
    );
    for (number, cause) in causes.iter().enumerate() {
        let indent = if causes.len() > 1 { format!("  {}. ", number + 1) } else { "  ".to_owned() };
        prose(out, &indent, &cause.sentence);
    }
    heading(out, "What to change", paint);
    for (number, cause) in causes.iter().enumerate() {
        for (step, cure) in cause.cure.iter().enumerate() {
            let indent = match (causes.len(), step) {
                (1, _) => "  - ".to_owned(),
                (_, 0) => format!("  {}. ", number + 1),
                _ => "     ".to_owned(),
            };
            prose(out, &indent, cure);
        }
    }
    if blocked {
        let proof = match explanation.verified {
            Verified::InReplay => "verified in replay: with these changes the page may read",
            Verified::UpToTheRequest => {
                "verified in replay up to the request: it would be sent; its own answer was not seen (--send)"
            }
            Verified::NotReplayed => "not verified: this cannot be replayed",
        };
        let _ = writeln!(out, "  {}", paint.tone(Tone::Faint, proof));
    }
}

fn write_console(out: &mut String, explanation: &Explanation, url: &str, paint: Paint) {
    let Some(result) = explanation.result() else { return };
    let Some(reason) = result.reason else { return };
    let response = explanation.last().and_then(|step| step.exchange.response());
    // After a redirect, the console names both URLs.
    let last = explanation.last().filter(|step| matches!(step.purpose, Purpose::RedirectHop(_)));
    let last = last.map(|step| step.exchange.sent.url.to_string());
    let refused = RefusedRequest {
        subject: result.subject.as_deref().unwrap_or_default(),
        status: response.map(|response| response.status),
        lines: response.map_or(1, |response| response.fields.lines("access-control-allow-origin").count()),
        redirected_from: last.as_ref().map(|_| url),
        ..RefusedRequest::new(reason, last.as_deref().unwrap_or(url), &explanation.question.origin)
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

/// What shows each cause.
fn write_evidence(out: &mut String, causes: &[Diagnosed], paint: Paint) {
    if causes.iter().all(|cause| cause.evidence.is_empty()) {
        return;
    }
    heading(out, "On the wire", paint);
    for (number, cause) in causes.iter().enumerate() {
        for line in &cause.evidence {
            let number = if causes.len() > 1 { format!("{}. ", number + 1) } else { String::new() };
            let _ = writeln!(out, "  {number}{}", visible(line));
        }
    }
}

fn write_experiments(out: &mut String, experiments: &[Made], paint: Paint) {
    if experiments.is_empty() {
        return;
    }
    heading(out, "Asked again, one thing at a time", paint);
    for made in experiments {
        let (sign, tone) = match made.outcome {
            OutcomeName::Blocked => failure::sign(Verdict::Fail),
            OutcomeName::Allowed | OutcomeName::Opaque => failure::sign(Verdict::Pass),
        };
        let reason = made.reason.map_or("", Reason::as_str);
        let status = made.status.map(|status| format!(" ({status})")).unwrap_or_default();
        let _ = writeln!(
            out,
            "  {} {}{status}  {}",
            paint.tone(tone, sign),
            visible(&made.sentence),
            paint.tone(Tone::Faint, reason)
        );
    }
}

/// What to set in the product that answered, so that the request is allowed.
fn write_settings(out: &mut String, settings: &[SettingRecord], paint: Paint) {
    for setting in settings {
        let untested = if setting.applied { "" } else { " (not applied here)" };
        heading(out, &format!("Configuration: {}{untested}", setting.product), paint);
        for line in setting.text.lines() {
            let _ = writeln!(out, "  {}", visible(line));
        }
        let _ = writeln!(out, "  {}", paint.tone(Tone::Faint, visible(&setting.replaces)));
        for (label, value) in &setting.console {
            let value = value.replace('\n', ", ");
            let _ = writeln!(out, "  {}", visible(&format!("Console, {label}: {value}")));
        }
        for shortfall in &setting.shortfalls {
            let _ = writeln!(out, "  {}", visible(&format!("Note: {shortfall}.")));
        }
    }
}

fn write_again(out: &mut String, explanation: &Explanation, connect: &ConnectOptions, paint: Paint) {
    if let Some(step) = explanation.last() {
        heading(out, "Ask again yourself", paint);
        failure::write_again(out, "  ", &step.exchange, connect);
    }
}
