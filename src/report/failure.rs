//! One test that is not in order, told so that a tired person can act: the verdict in a
//! sentence, expected against actual, the lines on the wire, the cure, how to ask again.

use std::fmt::Write;

use super::paint::{Paint, Tone, visible};
use crate::{
    case::model::ServedBy,
    exchange::{self, Received, Transcript},
    run::record::TestRecord,
    verdict::{Finding, Verdict, Weight},
};

/// The block of lines for a test; ends with a line feed.
pub fn render(test: &TestRecord, paint: Paint) -> String {
    let mut out = String::new();
    let (sign, tone) = sign(test.verdict);
    // Writing to a String cannot fail.
    let _ = writeln!(
        out,
        "{} {}  {}",
        paint.tone(tone, sign),
        paint.tone(Tone::Strong, &test.id),
        paint.tone(Tone::Faint, format!("{}:{}", test.file, test.line)),
    );
    let _ = writeln!(out, "  {}", visible(&test.title));
    if let Some(note) = &test.note {
        let _ = writeln!(out, "  {} {}", paint.tone(Tone::Doubtful, test.verdict.word()), visible(note));
    }
    for finding in &test.findings {
        write_finding(&mut out, finding, paint);
    }
    if !test.findings.is_empty() {
        write_steps(&mut out, &test.transcript, paint);
        if let Some(step) = again(test) {
            let _ = writeln!(
                out,
                "    {} {}",
                paint.tone(Tone::Faint, "ask again:"),
                visible(&exchange::curl(&step.exchange.sent))
            );
        }
        if let Some(source) = test.source.first() {
            let _ = writeln!(
                out,
                "    {} {}",
                paint.tone(Tone::Faint, "source:"),
                paint.tone(Tone::Place, source)
            );
        }
    }
    out
}

fn write_finding(out: &mut String, finding: &Finding, paint: Paint) {
    let tone = if finding.weight == Weight::Warning { Tone::Doubtful } else { Tone::Bad };
    let about = finding.request.as_ref().map(|request| format!("`{request}`: ")).unwrap_or_default();
    let _ = writeln!(out);
    let _ = writeln!(
        out,
        "    {} {}{}",
        paint.tone(tone, format!("{}:", finding.code)),
        about,
        visible(&finding.message)
    );
    if !finding.expected.is_empty() {
        let _ = writeln!(
            out,
            "      {} {}",
            paint.tone(Tone::Faint, "expected"),
            paint.tone(Tone::Good, visible(&finding.expected))
        );
        let _ = writeln!(
            out,
            "      {} {}",
            paint.tone(Tone::Faint, "  actual"),
            paint.tone(Tone::Bad, visible(&finding.actual))
        );
    }
    for line in &finding.evidence {
        let _ = writeln!(out, "      {} {}", paint.tone(Tone::Faint, "|"), visible(line));
    }
    if let Some(fix) = &finding.fix {
        let _ = writeln!(out, "      {} {}", paint.tone(Tone::Good, "fix:"), visible(fix));
    }
    if let Some(section) = &finding.section {
        let _ =
            writeln!(out, "      {} {}", paint.tone(Tone::Faint, "see:"), paint.tone(Tone::Place, section));
    }
}

/// The story of a test with more than one step: who asked, who answered, with which status.
fn write_steps(out: &mut String, transcript: &Transcript, paint: Paint) {
    if transcript.steps.len() < 2 {
        return;
    }
    let _ = writeln!(out);
    for (number, step) in transcript.steps.iter().enumerate() {
        let answer = match &step.exchange.received {
            Received::Response(response) => {
                let origin = response.fields.text("access-control-allow-origin").map_or_else(
                    || "no Access-Control-Allow-Origin".to_owned(),
                    |value| format!("for {value}"),
                );
                format!("{}, {origin}", response.status)
            }
            Received::Failed(failure) => failure.to_string(),
        };
        let server = match step.served_by {
            ServedBy::Network => "endpoint",
            ServedBy::Cache => "stored response",
            ServedBy::Validated => "stored response, validated",
        };
        let server = match step.evidence.as_slice() {
            [] => server.to_owned(),
            lines => format!("{server} ({})", visible(&lines.join(", "))),
        };
        let origin = step.exchange.sent.fields.text("origin").unwrap_or_else(|| "no Origin".to_owned());
        let _ = writeln!(
            out,
            "    {} {} ({}), {}: {} → {server}: {}",
            paint.tone(Tone::Faint, format!("{}.", number + 1)),
            step.request,
            visible(&origin),
            step.purpose,
            step.exchange.sent.method,
            visible(&answer)
        );
    }
}

/// The step that a reader should repeat: the last one of the first finding's request.
fn again(test: &TestRecord) -> Option<&exchange::Step> {
    let request = test.findings.iter().find_map(|finding| finding.request.as_deref());
    let of_request = |step: &&exchange::Step| request.is_none_or(|request| step.request == request);
    test.transcript.steps.iter().rev().find(of_request)
}

pub(super) fn sign(verdict: Verdict) -> (&'static str, Tone) {
    match verdict {
        Verdict::Pass => ("✓", Tone::Good),
        Verdict::Fail | Verdict::UnexpectedPass => ("✗", Tone::Bad),
        Verdict::Warn | Verdict::Flaky => ("!", Tone::Doubtful),
        Verdict::SetupError | Verdict::HarnessError | Verdict::DependencyFailed | Verdict::Interfered => {
            ("?", Tone::Doubtful)
        }
        Verdict::Observed => ("·", Tone::Faint),
        Verdict::KnownIssue => ("~", Tone::Doubtful),
        Verdict::NotApplicable => ("-", Tone::Faint),
    }
}
