//! One test that is not in order, told so that a tired person can act: the verdict in a
//! sentence, expected against actual, the lines on the wire, the cure, how to ask again.

use std::fmt::Write;

use crosscheck_core::{
    diagnostic::visible,
    exchange::{self, ConnectOptions, Curl, Transcript},
    interleave::{Breaking, OUTCOME, story},
    verdict::{Finding, Verdict, Weight},
};

use super::paint::{Paint, Tone};
use crate::run::record::TestRecord;

/// The block of lines for a test; ends with a line feed.
pub fn render(test: &TestRecord, connect: &ConnectOptions, paint: Paint) -> String {
    let mut out = String::new();
    write_head(&mut out, test, &test.id, paint);
    if let Some(note) = &test.note {
        let _ = writeln!(out, "  {} {}", paint.tone(Tone::Doubtful, test.verdict.word()), visible(note));
    }
    for finding in &test.findings {
        write_finding(&mut out, finding, paint);
    }
    if !test.findings.is_empty() {
        if test.transcript.steps.len() > 1 || test.transcript.requests.len() > 1 {
            write_story(&mut out, &story(&test.transcript), paint);
        }
        write_tail(&mut out, test, (&test.findings, &test.transcript), connect, paint);
    }
    out
}

fn write_head(out: &mut String, test: &TestRecord, id: &str, paint: Paint) {
    let (sign, tone) = sign(test.verdict);
    // Writing to a String cannot fail.
    let _ = writeln!(
        out,
        "{} {}  {}",
        paint.tone(tone, sign),
        paint.tone(Tone::Strong, id),
        paint.tone(Tone::Faint, place(test)),
    );
    let _ = writeln!(out, "  {}", visible(&test.title));
}

/// Where the case stands; what is claimed of every endpoint stands in no file.
fn place(test: &TestRecord) -> String {
    if test.line == 0 { test.file.clone() } else { format!("{}:{}", test.file, test.line) }
}

/// How to ask again, and where the claim comes from.
fn write_tail(
    out: &mut String,
    test: &TestRecord,
    (findings, transcript): (&[Finding], &Transcript),
    connect: &ConnectOptions,
    paint: Paint,
) {
    write_ask_again_of(out, (findings, transcript), connect, paint);
    if let Some(source) = test.source.first() {
        let _ =
            writeln!(out, "    {} {}", paint.tone(Tone::Faint, "source:"), paint.tone(Tone::Place, source));
    }
}

/// The line by which the request of a test is sent again.
pub(super) fn write_ask_again(out: &mut String, test: &TestRecord, connect: &ConnectOptions, paint: Paint) {
    write_ask_again_of(out, (&test.findings, &test.transcript), connect, paint);
}

fn write_ask_again_of(
    out: &mut String,
    (findings, transcript): (&[Finding], &Transcript),
    connect: &ConnectOptions,
    paint: Paint,
) {
    if let Some(step) = again(findings, transcript) {
        let label = format!("    {} ", paint.tone(Tone::Faint, "ask again:"));
        write_again(out, &label, &step.exchange, connect);
    }
}

pub(super) fn write_finding(out: &mut String, finding: &Finding, paint: Paint) {
    let tone = if finding.weight == Weight::Warning { Tone::Doubtful } else { Tone::Bad };
    let request = finding.request.as_deref();
    let about = request.map(|request| format!("`{}`: ", visible(request))).unwrap_or_default();
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
            paint.tone(Tone::Good, &finding.expected)
        );
        let _ = writeln!(
            out,
            "      {} {}",
            paint.tone(Tone::Faint, "  actual"),
            paint.tone(Tone::Bad, &finding.actual)
        );
    }
    for line in &finding.evidence {
        let _ = writeln!(out, "      {} {}", paint.tone(Tone::Faint, "|"), visible(line));
    }
    if let (Some(severity), Some(reach)) = (finding.severity, finding.reach) {
        let _ = writeln!(out, "      {} {severity}; {reach}", paint.tone(Tone::Faint, "severity:"));
    }
    if let Some(fix) = &finding.fix {
        let _ = writeln!(out, "      {} {}", paint.tone(Tone::Good, "fix:"), visible(fix));
    }
    if let Some(section) = &finding.section {
        let _ =
            writeln!(out, "      {} {}", paint.tone(Tone::Faint, "see:"), paint.tone(Tone::Place, section));
    }
}

/// The story of a test: who asked, who answered, what became of it.
fn write_story(out: &mut String, story: &[String], paint: Paint) {
    let _ = writeln!(out);
    let mut number = 0;
    for line in story {
        match line.strip_prefix(OUTCOME) {
            Some(outcome) => {
                let _ = writeln!(out, "       {} {}", paint.tone(Tone::Faint, "→"), visible(outcome));
            }
            None => {
                number += 1;
                let _ =
                    writeln!(out, "    {} {}", paint.tone(Tone::Faint, format!("{number}.")), visible(line));
            }
        }
    }
}

/// The block of lines for a case that an order breaks: the smallest such order and its story,
/// then the names of what else failed. `first`: one of its failed tests. Ends with a line feed.
pub(crate) fn render_breaking(
    breaking: &Breaking,
    first: &TestRecord,
    connect: &ConnectOptions,
    paint: Paint,
) -> String {
    let mut out = String::new();
    write_head(&mut out, first, &breaking.case, paint);
    let _ = writeln!(
        out,
        "  breaks in {} of {} tests; the smallest order that breaks it: {}, {}",
        breaking.failed.len(),
        breaking.of,
        paint.tone(Tone::Strong, breaking.order_words()),
        visible(breaking.through.words()),
    );
    write_story(&mut out, &breaking.story, paint);
    for finding in &breaking.findings {
        write_finding(&mut out, finding, paint);
    }
    write_tail(&mut out, first, (&breaking.findings, &breaking.transcript), connect, paint);
    if let [_, others @ ..] = breaking.smallest.as_slice()
        && !others.is_empty()
    {
        let others = others.iter().map(|other| format!("{}, {}", other.words(), other.through.words()));
        let others: Vec<String> = others.collect();
        let _ = writeln!(out, "    {} {}", paint.tone(Tone::Faint, "also:"), visible(&others.join("; ")));
    }
    let _ = writeln!(
        out,
        "    {} {}",
        paint.tone(Tone::Faint, "failed:"),
        paint.tone(Tone::Faint, failed(breaking))
    );
    out
}

/// How many failed tests are named; all are in the reports.
const NAMED: usize = 8;

/// The failed tests, each without what their ids have in common.
fn failed(breaking: &Breaking) -> String {
    let short = |id: &String| {
        id.strip_prefix(&breaking.case).filter(|rest| !rest.is_empty()).unwrap_or(id).to_owned()
    };
    let mut words: Vec<String> = breaking.failed.iter().take(NAMED).map(short).collect();
    if breaking.failed.len() > NAMED {
        words.push(format!("and {} more", breaking.failed.len() - NAMED));
    }
    words.join(" ")
}

/// What a test of a case that an order breaks says beside its own failure; ends with a line feed.
pub fn smallest(breaking: &Breaking) -> String {
    format!(
        "the smallest order that breaks this case: {}, {}\n",
        breaking.order_words(),
        breaking.through.words()
    )
}

/// The request as a line to be pasted, or why there is none.
pub(super) fn write_again(
    out: &mut String,
    label: &str,
    kept: &exchange::Exchange,
    connect: &ConnectOptions,
) {
    if kept.cut.as_ref().is_some_and(|cut| !cut.sent.is_whole()) {
        // Writing to a String cannot fail.
        let _ = writeln!(
            out,
            "{label}the request is too long to be kept whole, so it cannot be repeated from here"
        );
        return;
    }
    let curl = exchange::curl(&kept.sent, &kept.hidden, connect);
    let _ = match &curl {
        // Printable ASCII as it is: to make it visible would make it another line.
        Ok(Curl { line, .. }) => writeln!(out, "{label}{line}"),
        Err(why) => writeln!(out, "{label}curl cannot send this request: {}", visible(&why.to_string())),
    };
    if let Ok(Curl { content_in_file: Some(length), .. }) = curl {
        let file = Curl::CONTENT_FILE;
        let _ =
            writeln!(out, "    its content, {length} bytes, is too long to paste: save it as `{file}` first");
    }
}

/// The step that a reader should repeat: the last one of the first finding's request.
fn again<'t>(findings: &[Finding], transcript: &'t Transcript) -> Option<&'t exchange::Step> {
    let request = findings.iter().find_map(|finding| finding.request.as_deref());
    let of_request = |step: &&exchange::Step| request.is_none_or(|request| step.request == request);
    let last = transcript.steps.iter().rev().find(of_request);
    // A page that its browser's cache served asked nothing: then whoever got what it was served.
    let stored = || transcript.requests.get(request?)?.stored.as_ref()?.step;
    last.or_else(|| transcript.steps.get(stored()?))
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
