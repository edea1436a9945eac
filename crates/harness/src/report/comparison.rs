//! What differs between two runs, on a terminal: newly broken first, with its cure, then what was fixed, what changed,
//! and what makes the runs hard to compare.

use std::fmt::Write;

use crosscheck_core::diagnostic::visible;

use super::{
    paint::{Paint, Tone},
    prose::prose,
};
use crate::run::comparison::{
    CauseDifference, CauseState, Comparison, Differences, PromiseDifference, TestDifference,
};

/// How many differences of a kind are named.
const NAMED: usize = 3;

/// How long a line is at most that is cut.
const WIDTH: usize = 76;

/// The comparison; ends with a line feed. `verbose`: with everything that differs.
pub fn render(comparison: &Comparison, paint: Paint, verbose: bool) -> String {
    let mut out = String::new();
    let named = if verbose { usize::MAX } else { NAMED };
    let sections = [
        ("Newly broken", &comparison.newly_broken, "✗", Tone::Bad),
        ("Fixed", &comparison.fixed, "✓", Tone::Good),
        ("Changed", &comparison.changed, "~", Tone::Doubtful),
        ("Broken before, not judged now", &comparison.not_judged, "?", Tone::Doubtful),
    ];
    for (title, differences, sign, tone) in sections {
        if differences.is_empty() {
            continue;
        }
        // Writing to a String cannot fail.
        let _ = writeln!(out, "{}", paint.tone(Tone::Strong, title));
        let sign = paint.tone(tone, sign);
        let whole = title == "Newly broken";
        for (number, cause) in differences.causes.iter().take(named).enumerate() {
            write_cause(&mut out, cause, &sign, verbose || (whole && number == 0));
        }
        more(&mut out, differences.causes.len(), named, "causes", paint);
        for promise in differences.promises.iter().take(named) {
            write_promise(&mut out, promise, &sign, paint);
        }
        more(&mut out, differences.promises.len(), named, "promises", paint);
        write_tests(&mut out, differences, &sign, (verbose, named), paint);
        out.push('\n');
    }
    for note in &comparison.notes {
        let mut text = String::new();
        prose(&mut text, "      ", note);
        let _ = write!(out, "{} {}", paint.tone(Tone::Doubtful, "note:"), text.trim_start());
    }
    let broken = !comparison.newly_broken.is_empty();
    let (sign, tone) = if broken { ("✗", Tone::Bad) } else { ("✓", Tone::Good) };
    let _ = writeln!(out, "{} {}", paint.tone(tone, sign), paint.tone(Tone::Strong, summary(comparison)));
    out
}

/// The comparison in one line.
pub fn summary(comparison: &Comparison) -> String {
    let sections = [
        (&comparison.newly_broken, "newly broken"),
        (&comparison.fixed, "fixed"),
        (&comparison.changed, "changed"),
        (&comparison.not_judged, "broken before and not judged now"),
    ];
    let told: Vec<String> = sections
        .into_iter()
        .enumerate()
        .filter(|(place, (differences, _))| *place == 0 || !differences.is_empty())
        .map(|(_, (differences, what))| format!("{what}: {}", counts(differences)))
        .collect();
    told.join("; ")
}

fn counts(differences: &Differences) -> String {
    let counted = [
        (differences.causes.len(), "cause", "causes"),
        (differences.promises.len(), "promise", "promises"),
        (differences.tests.len(), "test", "tests"),
    ];
    let told: Vec<String> = counted
        .into_iter()
        .filter(|(count, _, _)| *count > 0)
        .map(|(count, one, many)| format!("{count} {}", if count == 1 { one } else { many }))
        .collect();
    if told.is_empty() { "nothing".to_owned() } else { told.join(", ") }
}

fn more(out: &mut String, all: usize, named: usize, what: &str, paint: Paint) {
    if all > named {
        let rest = format!("  … and {} more {what} (--verbose shows them)", all - named);
        let _ = writeln!(out, "{}", paint.tone(Tone::Faint, rest));
    }
}

fn cut(text: &str) -> String {
    let text = visible(text);
    match text.char_indices().nth(WIDTH) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

fn write_cause(out: &mut String, cause: &CauseDifference, sign: &str, whole: bool) {
    let found = &cause.cause;
    let operations = match cause.operations.as_slice() {
        [] => String::new(),
        [one] => format!(" on {one}"),
        [one, rest @ ..] => format!(" on {one} and {} more", rest.len()),
    };
    let change = change(cause);
    let sentence = format!("{}{operations} ({}{change}): {}", found.code, found.severity, found.sentence);
    if !whole {
        let _ = writeln!(out, "{sign} {}", cut(&sentence));
        return;
    }
    let mut text = String::new();
    prose(&mut text, "  ", &sentence);
    let _ = write!(out, "{sign} {}", text.strip_prefix("  ").unwrap_or(&text));
    let tests = |count: usize| format!("{count} {}", if count == 1 { "test" } else { "tests" });
    let mut explains = match (cause.tests_before, cause.tests) {
        (0, now) => format!("explains {}", tests(now)),
        (before, 0) => format!("explained {}", tests(before)),
        (before, now) => format!("explains {}, {before} before", tests(now)),
    };
    if let Some(example) = &cause.example {
        let _ = write!(explains, ", such as {example}");
    }
    prose(out, "    ", &explains);
    if cause.after == CauseState::Fails {
        for cure in &found.cure {
            prose(out, "    fix: ", cure);
        }
    }
}

/// What a cause was and is, where that is not plain from its section.
pub(super) fn change(cause: &CauseDifference) -> String {
    let instead: Vec<&str> = cause.instead.iter().map(|code| code.as_str()).collect();
    let instead = instead.join(", ");
    match (cause.before, cause.after) {
        (CauseState::Absent, CauseState::Fails) if !instead.is_empty() => format!(", {instead} before"),
        (CauseState::Fails, CauseState::Absent) if !instead.is_empty() => format!(", {instead} now"),
        (CauseState::Absent, CauseState::Fails) | (CauseState::Fails, CauseState::Absent) => String::new(),
        (CauseState::Fails, CauseState::Fails) if cause.tests > cause.tests_before => {
            ", in more tests than before".to_owned()
        }
        (CauseState::Fails, CauseState::Fails) => ", in other tests than before".to_owned(),
        (before, after) if before == after => ", about something else than before".to_owned(),
        (CauseState::Absent, after) => format!(", {} now", after.as_str()),
        (before, CauseState::Absent) => format!(", {} before", before.as_str()),
        (before, after) => format!(", {} before, {} now", before.as_str(), after.as_str()),
    }
}

fn write_promise(out: &mut String, promise: &PromiseDifference, sign: &str, paint: Paint) {
    let operation = promise.operation.as_ref().map(|name| format!("{name}: ")).unwrap_or_default();
    let state = |state: Option<crate::run::record::PromiseState>| {
        state.map_or("not a promise", crate::run::record::PromiseState::as_str)
    };
    let change = format!("{} before, {} now", state(promise.before), state(promise.after));
    let _ = writeln!(
        out,
        "{sign} {}  {}",
        cut(&format!("{operation}{}", promise.sentence)),
        paint.tone(Tone::Faint, change)
    );
}

/// The tests, where no cause of the section stands for them, or all of them with `verbose`.
fn write_tests(
    out: &mut String,
    differences: &Differences,
    sign: &str,
    (verbose, named): (bool, usize),
    paint: Paint,
) {
    let stands_for = |test: &TestDifference| {
        let explains = |cause: &CauseDifference| {
            test.causes.contains(&cause.cause.code) || test.causes_before.contains(&cause.cause.code)
        };
        differences.causes.iter().any(explains)
    };
    let tests: Vec<&TestDifference> =
        differences.tests.iter().filter(|test| verbose || !stands_for(test)).collect();
    for test in tests.iter().take(named) {
        let mut codes: Vec<&str> = test.codes.iter().map(|code| code.as_str()).collect();
        if codes.is_empty() {
            codes.extend(test.codes_before.iter().map(|code| code.as_str()));
        }
        let verdict = |verdict: Option<crosscheck_core::verdict::Verdict>| {
            verdict.map_or("not there", crosscheck_core::verdict::Verdict::word)
        };
        let change = if test.before == test.after {
            let before: Vec<&str> = test.codes_before.iter().map(|code| code.as_str()).collect();
            format!("{} before, {} now", before.join(", "), codes.join(", "))
        } else {
            format!("{} before, {} now  {}", verdict(test.before), verdict(test.after), codes.join(", "))
        };
        let _ = writeln!(out, "{sign} {}  {}", visible(&test.id), paint.tone(Tone::Faint, change.trim_end()));
    }
    more(out, tests.len(), named, "tests", paint);
}
