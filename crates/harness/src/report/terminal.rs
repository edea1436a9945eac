//! The summary on the terminal: what needs attention, the suites at a glance, one verdict.

use std::{
    collections::{BTreeMap, BTreeSet, HashSet, btree_map::Entry},
    fmt::{self, Write},
};

use crosscheck_core::{
    case::model::{ServedBy, Through},
    diagnostic::visible,
    exchange::preflight_headers_note,
    fetch::Profile,
    verdict::{Code, Verdict},
};

use super::{
    diagnosis, failure,
    paint::{Paint, Tone},
    promises,
};
use crate::run::{
    gate::Gate,
    record::{Counts, RunRecord, TestRecord, ThrottledRecord},
};

/// How many whole blocks are shown before the rest is only named; all are in the reports.
const BLOCKS: usize = 3;

/// How many of the others are named.
const NAMED: usize = 2;

/// How much is shown of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// What failed, and the verdict.
    Quiet,
    /// A screen.
    Usual,
    /// Everything.
    Verbose,
}

/// The whole summary; ends with a line feed.
pub fn render(record: &RunRecord, paint: Paint, verbose: bool) -> String {
    let detail = if verbose { Detail::Verbose } else { Detail::Usual };
    render_behind(record, &Gate::default(), paint, detail)
}

/// The summary, with what a gate makes of it; ends with a line feed.
pub fn render_behind(record: &RunRecord, gate: &Gate, paint: Paint, detail: Detail) -> String {
    let mut out = String::new();
    let verbose = detail == Detail::Verbose;
    write_could_not_judge(&mut out, record, paint);
    // What failed says nothing of an endpoint that never answered with success.
    if record.no_success.is_some() && !verbose {
        write_verdict(&mut out, record, gate, paint);
        return out;
    }
    if detail == Detail::Quiet {
        if record.causes.iter().any(|cause| cause.fails && !cause.known) {
            out.push_str(&diagnosis::render(record, paint, verbose));
        }
        write_attention(&mut out, record, paint, verbose);
        write_verdict(&mut out, record, gate, paint);
        return out;
    }
    out.push_str(&promises::render(&record.promises, &record.operations, paint));
    out.push_str(&diagnosis::render(record, paint, verbose));
    write_attention(&mut out, record, paint, verbose);
    if verbose || record.causes.is_empty() {
        write_groups(&mut out, record, paint);
    }
    write_differences(&mut out, record, paint);
    if (record.could_not_judge.is_none() && record.causes.is_empty()) || verbose {
        write_not_applicable(&mut out, record, paint);
    }
    write_orders(&mut out, record, paint);
    write_verdict(&mut out, record, gate, paint);
    out
}

/// The summary without colours, and with nothing that a terminal would obey.
impl fmt::Display for RunRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&Paint::PLAIN.finish(&render(self, Paint::PLAIN, false)))
    }
}

fn needs_attention(verdict: Verdict) -> bool {
    matches!(
        verdict,
        Verdict::Fail
            | Verdict::Warn
            | Verdict::UnexpectedPass
            | Verdict::Flaky
            | Verdict::SetupError
            | Verdict::HarnessError
            | Verdict::Interfered
    )
}

fn write_attention(out: &mut String, record: &RunRecord, paint: Paint, verbose: bool) {
    let mut tests: Vec<&TestRecord> =
        record.tests.iter().filter(|test| needs_attention(test.verdict)).collect();
    if !verbose {
        // What a cause explains is told by it.
        let explained: HashSet<&str> = record
            .causes
            .iter()
            .flat_map(|cause| &cause.tests)
            .filter_map(|place| record.tests.get(*place))
            .map(|test| test.id.as_str())
            .collect();
        tests.retain(|test| !explained.contains(test.id.as_str()));
        if !tests.is_empty() && !record.causes.is_empty() {
            let _ = writeln!(out, "{}", paint.tone(Tone::Strong, "Unexplained by any cause"));
        }
    }
    tests.sort_by_key(|test| match test.verdict {
        Verdict::Fail => 0,
        Verdict::UnexpectedPass => 1,
        Verdict::Warn | Verdict::Flaky => 3,
        _ => 2,
    });
    // A case that an order breaks is told once, by its smallest order, and not once for each order.
    tests.retain(|test| {
        record.breaking(test).is_none_or(|breaking| breaking.failed.first() == Some(&test.id))
    });
    let repeated = if verbose { BTreeMap::new() } else { once(&mut tests) };
    // Beside causes, what is left over is only named.
    let blocks = if record.causes.is_empty() { BLOCKS } else { 0 };
    let shown = if verbose { tests.len() } else { blocks };
    let connect = &record.endpoint.connect;
    for test in tests.iter().take(shown) {
        out.push_str(&match record.breaking(test) {
            Some(breaking) => failure::render_breaking(breaking, test, connect, paint),
            None => failure::render(test, connect, paint),
        });
        if let Some(more) = repeated.get(test.id.as_str()) {
            let noun = if *more == 1 { "test" } else { "tests" };
            let _ = writeln!(out, "    the same in {more} more {noun}: all are in the reports");
        }
        out.push('\n');
    }
    if tests.len() > shown {
        let _ = writeln!(
            out,
            "… and {} more (all are in the reports; --verbose shows them here):",
            tests.len() - shown
        );
        for test in tests.iter().skip(shown).take(NAMED) {
            let (sign, tone) = failure::sign(test.verdict);
            let code = test.findings.first().map(|finding| finding.code.as_str()).unwrap_or_default();
            let _ = writeln!(
                out,
                "  {} {} {}",
                paint.tone(tone, sign),
                visible(&test.id),
                paint.tone(Tone::Faint, code)
            );
        }
        out.push('\n');
    }
}

/// Leaves of the tests with the same warning the first, and gives how many more each of these stands for.
fn once<'r>(tests: &mut Vec<&'r TestRecord>) -> BTreeMap<&'r str, usize> {
    let mut firsts: BTreeMap<Vec<(Code, Option<&str>)>, &str> = BTreeMap::new();
    let mut more: BTreeMap<&str, usize> = BTreeMap::new();
    tests.retain(|test| {
        if test.verdict != Verdict::Warn {
            return true;
        }
        let mut warning: Vec<_> =
            test.findings.iter().map(|finding| (finding.code, finding.fix.as_deref())).collect();
        warning.sort_unstable();
        warning.dedup();
        match firsts.entry(warning) {
            Entry::Vacant(entry) => {
                entry.insert(&test.id);
                true
            }
            Entry::Occupied(entry) => {
                *more.entry(entry.get()).or_default() += 1;
                false
            }
        }
    });
    more
}

/// The first part of a test id: the folder of its suite.
fn group(id: &str) -> &str {
    id.split('/').next().unwrap_or(id)
}

fn write_groups(out: &mut String, record: &RunRecord, paint: Paint) {
    let mut groups: Vec<(&str, Vec<&TestRecord>)> = Vec::new();
    for test in &record.tests {
        match groups.iter_mut().find(|(name, _)| *name == group(&test.id)) {
            Some((_, tests)) => tests.push(test),
            None => groups.push((group(&test.id), vec![test])),
        }
    }
    let width = groups.iter().map(|(name, _)| visible(name).chars().count()).max().unwrap_or(0);
    for (name, tests) in groups {
        let counts = Counts::of(tests.iter().copied());
        let bad = counts.get(Verdict::Fail) + counts.get(Verdict::UnexpectedPass);
        let not_judged: usize = Verdict::ALL
            .iter()
            .filter(|verdict| verdict.is_not_judged())
            .map(|verdict| counts.get(*verdict))
            .sum();
        let (sign, tone) = if bad > 0 {
            ("✗", Tone::Bad)
        } else if not_judged > 0 {
            ("?", Tone::Doubtful)
        } else if counts.run() == 0 {
            ("-", Tone::Faint)
        } else {
            ("✓", Tone::Good)
        };
        let _ = writeln!(
            out,
            "  {} {:width$}  {:>4} of {:<4} {}",
            paint.tone(tone, sign),
            visible(name),
            counts.get(Verdict::Pass),
            tests.len(),
            paint.tone(Tone::Faint, others(&counts)),
        );
    }
    out.push('\n');
}

/// What there is besides passes, in words.
pub(super) fn others(counts: &Counts) -> String {
    Verdict::ALL
        .iter()
        .filter(|verdict| **verdict != Verdict::Pass)
        .filter_map(|verdict| match counts.get(*verdict) {
            0 => None,
            count => Some(format!("{count} {}", plural(*verdict, count))),
        })
        .collect::<Vec<_>>()
        .join(", ")
}

fn plural(verdict: Verdict, count: usize) -> &'static str {
    let one = count == 1;
    match verdict {
        Verdict::Pass => "passed",
        Verdict::Fail => "failed",
        Verdict::Warn if one => "warning",
        Verdict::Warn => "warnings",
        Verdict::Observed => "observed",
        Verdict::KnownIssue if one => "known issue",
        Verdict::KnownIssue => "known issues",
        Verdict::UnexpectedPass if one => "unexpected pass",
        Verdict::UnexpectedPass => "unexpected passes",
        Verdict::NotApplicable => "not applicable",
        Verdict::SetupError => "not set up",
        Verdict::HarnessError => "not judged",
        Verdict::DependencyFailed => "not run",
        Verdict::Interfered => "interfered with",
        Verdict::Flaky => "flaky",
    }
}

/// What was only observed although its kind is binding: where a browser differs from the standard.
fn write_differences(out: &mut String, record: &RunRecord, paint: Paint) {
    let differs = |test: &&TestRecord| test.verdict == Verdict::Observed && test.note.is_some();
    let tests: Vec<&TestRecord> = record.tests.iter().filter(differs).collect();
    if tests.is_empty() {
        return;
    }
    let title = format!("Where {} differs from the standard", record.profile);
    let _ = writeln!(out, "{}", paint.tone(Tone::Strong, title));
    for test in tests {
        let line = test.findings.first().map_or_else(String::new, |finding| {
            format!("{} instead of {}", finding.actual, finding.expected)
        });
        let _ = writeln!(out, "  · {}  {}", visible(&test.id), paint.tone(Tone::Faint, &line));
    }
    out.push('\n');
}

fn write_not_applicable(out: &mut String, record: &RunRecord, paint: Paint) {
    let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
    for test in record.tests.iter().filter(|test| test.verdict == Verdict::NotApplicable) {
        *reasons.entry(test.note.as_deref().unwrap_or_default()).or_insert(0) += 1;
    }
    if reasons.is_empty() {
        return;
    }
    let _ = writeln!(out, "{}", paint.tone(Tone::Strong, "Not applicable here"));
    for (reason, count) in reasons {
        let _ = writeln!(out, "  {}", paint.tone(Tone::Faint, format!("{count:>4} × {reason}")));
    }
    out.push('\n');
}

/// What there is to say of orders: which of them are a sample, and whether a cache showed itself
/// where they were really sent.
fn write_orders(out: &mut String, record: &RunRecord, paint: Paint) {
    for sampled in &record.sampled {
        let _ = writeln!(
            out,
            "{} {} orders of {} of {}; --seed {} draws the same ones",
            paint.tone(Tone::Doubtful, "sampled:"),
            sampled.orders,
            sampled.of,
            visible(&sampled.case),
            record.seed,
        );
    }
    let live: Vec<&TestRecord> = record
        .tests
        .iter()
        .filter(|test| test.through == Through::Live && !test.transcript.steps.is_empty())
        .collect();
    if live.is_empty() {
        return;
    }
    let answers = live.iter().flat_map(|test| &test.transcript.steps);
    let (stored, all) = answers.fold((0, 0), |(stored, all), step| {
        (stored + usize::from(step.served_by != ServedBy::Network), all + 1)
    });
    let words = if stored == 0 {
        format!("no cache showed itself in {all} answers")
    } else {
        format!("caches served {stored} of {all} answers")
    };
    let orders = live.len();
    let _ = writeln!(out, "{} {orders} orders were really sent; {words}", paint.tone(Tone::Faint, "live:"));
}

/// The last lines of a summary: what could not be judged, and one verdict.
pub(super) fn verdict(record: &RunRecord, paint: Paint) -> String {
    let mut out = String::new();
    write_could_not_judge(&mut out, record, paint);
    write_not_applicable(&mut out, record, paint);
    write_verdict(&mut out, record, &Gate::default(), paint);
    out
}

/// Why the run is inconclusive: before everything else, as it explains the rest.
fn write_could_not_judge(out: &mut String, record: &RunRecord, paint: Paint) {
    if let Some(why) = record.could_not_judge.as_ref().or(record.no_success.as_ref()) {
        let _ = writeln!(out, "{} {}", paint.tone(Tone::Bad, "could not judge:"), visible(why));
    }
}

fn write_verdict(out: &mut String, record: &RunRecord, gate: &Gate, paint: Paint) {
    let counts = record.counts();
    for entry in &record.stale_known_issues {
        let advice = match record.shard {
            None => "covers no test: remove it or correct its id",
            Some(_) => "covers no test of this shard: `crosscheck merge` tells whether it is stale",
        };
        let _ = writeln!(
            out,
            "{} known issue `{}` {advice}",
            paint.tone(Tone::Doubtful, "stale:"),
            visible(entry)
        );
    }
    if let Some(note) = preflight_headers_note(&record.endpoint.preflight_headers) {
        let _ = writeln!(out, "{} {}", paint.tone(Tone::Doubtful, "no browser:"), visible(&note));
    }
    if let Some(note) = record.endpoint.connect.insecure_note() {
        let _ = writeln!(out, "{} {note}", paint.tone(Tone::Doubtful, "insecure:"));
    }
    if let Some(throttled) = &record.throttled {
        let _ = writeln!(out, "{} {}", paint.tone(Tone::Doubtful, "throttled:"), slowed_down(throttled));
    }
    if record.interrupted {
        let _ = writeln!(out, "{} the rest was not run", paint.tone(Tone::Doubtful, "interrupted:"));
    }
    write_gate(out, record, gate, paint);
    let (sign, tone) = if record.no_success.is_some() {
        ("?", Tone::Doubtful)
    } else if counts.get(Verdict::Fail) > 0
        && !gate.is_broken(record)
        && record.stopped_after.is_none()
        && counts.get(Verdict::UnexpectedPass) == 0
    {
        ("!", Tone::Doubtful)
    } else if counts.get(Verdict::Fail) + counts.get(Verdict::UnexpectedPass) > 0
        || gate.warns(record)
        || !gate.unchecked(record).is_empty()
    {
        ("✗", Tone::Bad)
    } else if record.could_not_judge.is_some() || record.tests.iter().any(|test| test.verdict.is_not_judged())
    {
        ("?", Tone::Doubtful)
    } else if counts.run() == 0 {
        ("-", Tone::Doubtful)
    } else {
        ("✓", Tone::Good)
    };
    let rest = others(&counts);
    let rest = if rest.is_empty() { rest } else { format!(", {}", paint.tone(tone, rest)) };
    let judge = match record.profile {
        Profile::Spec => String::new(),
        browser => format!(" as {browser} judges"),
    };
    let shard = record.shard.as_ref().map(|shard| format!(" (shard {shard})")).unwrap_or_default();
    let _ = writeln!(
        out,
        "{} {}{rest} in {} against {}{judge}{shard}",
        paint.tone(tone, sign),
        paint.tone(Tone::Strong, format!("{} passed", counts.get(Verdict::Pass))),
        duration(record.duration_ms),
        visible(&record.endpoint.name),
    );
}

/// What the run was asked to fail on, and what that changes.
fn write_gate(out: &mut String, record: &RunRecord, gate: &Gate, paint: Paint) {
    if let Some(failures) = record.stopped_after {
        let tests = if failures == 1 { "test" } else { "tests" };
        let _ = writeln!(
            out,
            "{} after {failures} failed {tests} (--max-failures); the rest was not run",
            paint.tone(Tone::Doubtful, "stopped:")
        );
    }
    let tolerated = gate.tolerated(record);
    if !tolerated.is_empty() {
        let codes: BTreeSet<&str> = tolerated.iter().map(|cause| cause.cause.code.as_str()).collect();
        let named: Vec<&str> = codes.iter().copied().take(CODES).collect();
        let rest = if codes.len() > CODES { " …" } else { "" };
        let (noun, verb) = if tolerated.len() == 1 { ("cause", "does") } else { ("causes", "do") };
        let _ = writeln!(
            out,
            "{} {} {noun} {verb} not fail this run because of --fail-on: {}{rest}",
            paint.tone(Tone::Doubtful, "tolerated:"),
            tolerated.len(),
            named.join(", ")
        );
    }
    let unchecked = gate.unchecked(record);
    if let Some(first) = unchecked.first() {
        let (promises, were) = if unchecked.len() == 1 { ("promise", "was") } else { ("promises", "were") };
        let _ = writeln!(
            out,
            "{} {} {promises} {were} not checked, such as: {}",
            paint.tone(Tone::Bad, "strict:"),
            unchecked.len(),
            visible(&first.sentence)
        );
    }
    if gate.warns(record) {
        let _ =
            writeln!(out, "{} warnings and flaky tests count as failures", paint.tone(Tone::Bad, "strict:"));
    }
}

/// How many causes are named that do not fail a run.
const CODES: usize = 5;

pub(super) fn slowed_down(throttled: &ThrottledRecord) -> String {
    let ThrottledRecord { responses, waited_ms, interval_ms } = throttled;
    let responses = counted(*responses, "response");
    let pace = match interval_ms {
        0 => String::new(),
        ms => format!("; slowed down to one request every {ms} ms"),
    };
    format!("{responses} with status 429, 502, 503 or 504; waited {}{pace}", duration(*waited_ms))
}

fn counted(count: u64, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

pub(super) fn duration(ms: u64) -> String {
    match ms {
        0..1000 => format!("{ms} ms"),
        1000..60_000 => format!("{}.{} s", ms / 1000, ms % 1000 / 100),
        _ => format!("{} min {} s", ms / 60_000, ms % 60_000 / 1000),
    }
}
