//! What became of each promise, in a few lines: the numbers, then what was broken or not checked.

use std::{collections::HashMap, fmt::Write};

use super::paint::{Paint, Tone};
use crate::run::{
    promises::counts,
    record::{OperationRecord, PromiseRecord, PromiseState},
};
use crosscheck_core::{diagnostic::visible, promise::Promise};

/// How many promises of a kind are named; the record has all.
const NAMED: usize = 8;

/// How many reasons are given why promises were not checked.
const REASONS: usize = 2;

/// The account of a run's promises; empty if none was checked.
pub fn render(promises: &[PromiseRecord], operations: &[OperationRecord], paint: Paint) -> String {
    let mut out = String::new();
    let (kept, broken, unchecked) = counts(promises);
    // What was selected, or what kept the run from judging, says why.
    if kept + broken == 0 {
        return out;
    }
    let tone = if broken > 0 { Tone::Bad } else { Tone::Strong };
    let _ = write!(
        out,
        "{} {kept} kept, {}, {unchecked} not checked",
        paint.tone(Tone::Strong, "promises:"),
        paint.tone(tone, format!("{broken} broken")),
    );
    match promises.iter().filter(|promise| promise.other_shard).count() {
        0 => {}
        others => {
            let _ = write!(out, ", {others} checked by other shards");
        }
    }
    if operations.is_empty() {
        out.push('\n');
        details(&mut out, &promises.iter().collect::<Vec<_>>(), "  ", paint);
    } else {
        by_operation(&mut out, promises, operations, paint);
    }
    out.push('\n');
    out
}

/// A line for each operation of which something is to be said, with its promises below.
fn by_operation(out: &mut String, promises: &[PromiseRecord], operations: &[OperationRecord], paint: Paint) {
    let layers = operations.iter().filter(|operation| operation.same_layer_as.is_none()).count();
    let _ = writeln!(
        out,
        " ({} operations behind {layers} CORS {})",
        operations.len(),
        if layers == 1 { "layer" } else { "layers" }
    );
    let mut of: HashMap<&str, Vec<&PromiseRecord>> = HashMap::new();
    for promise in promises {
        of.entry(promise.operation.as_deref().unwrap_or_default()).or_default().push(promise);
    }
    let own = |operation: &OperationRecord| of.get(operation.name.as_str()).cloned().unwrap_or_default();
    let has = |operation: &&OperationRecord, state| own(operation).iter().any(|it| it.state == state);
    let broken = operations.iter().filter(|it| has(it, PromiseState::Broken));
    let unjudged = operations.iter().filter(|it| it.not_judged.is_some() && !has(it, PromiseState::Broken));
    for operation in broken.clone().take(NAMED) {
        let _ = writeln!(
            out,
            "  {} {}  {}",
            paint.tone(Tone::Bad, "✗"),
            visible(&operation.name),
            paint.tone(Tone::Faint, in_words(&own(operation))),
        );
        details(out, &own(operation), "    ", paint);
    }
    more(out, broken.clone().count(), NAMED, paint);
    for operation in unjudged.clone().take(NAMED) {
        let why = operation.not_judged.as_deref().unwrap_or_default();
        let _ = writeln!(
            out,
            "  {} {}  {}",
            paint.tone(Tone::Doubtful, "?"),
            visible(&operation.name),
            paint.tone(Tone::Faint, format!("not judged: {}", visible(why))),
        );
    }
    more(out, unjudged.clone().count(), NAMED, paint);
    let rest: Vec<&OperationRecord> =
        operations.iter().filter(|it| it.not_judged.is_none() && !has(it, PromiseState::Broken)).collect();
    if let Some(first) = rest.first() {
        let held: Vec<&PromiseRecord> = rest.iter().flat_map(|operation| own(operation)).collect();
        let others = if rest.len() > 1 { format!(" and {} more", rest.len() - 1) } else { String::new() };
        let _ = writeln!(
            out,
            "  {} {}{others}  {}",
            paint.tone(Tone::Good, "✓"),
            visible(&first.name),
            paint.tone(Tone::Faint, in_words(&held)),
        );
    }
}

fn in_words(promises: &[&PromiseRecord]) -> String {
    let count = |state| promises.iter().filter(|promise| promise.state == state).count();
    let (kept, broken) = (count(PromiseState::Kept), count(PromiseState::Broken));
    let unchecked = promises.iter().filter(|promise| promise.is_unchecked()).count();
    let counted = [(kept, "kept"), (broken, "broken"), (unchecked, "not checked")];
    let told: Vec<String> = counted
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{count} {word}"))
        .collect();
    told.join(", ")
}

/// What was broken or not checked, a line each.
fn details(out: &mut String, promises: &[&PromiseRecord], indent: &str, paint: Paint) {
    let of = |state| promises.iter().copied().filter(move |promise| promise.state == state);
    let broken = of(PromiseState::Broken).count();
    for promise in of(PromiseState::Broken).take(NAMED) {
        let test = promise.tests.first().map(String::as_str).unwrap_or_default();
        let _ = writeln!(
            out,
            "{indent}{} {}  {}",
            paint.tone(Tone::Bad, "✗"),
            visible(&promise.sentence),
            paint.tone(Tone::Faint, visible(test)),
        );
    }
    more(out, broken, NAMED, paint);
    // Many promises are not checked for one reason.
    let mut reasons: Vec<(&str, &PromiseRecord, usize)> = Vec::new();
    for promise in of(PromiseState::NotChecked).filter(|promise| promise.is_unchecked()) {
        let why = promise.why.as_deref().unwrap_or_default();
        match reasons.iter_mut().find(|(reason, _, _)| *reason == why) {
            Some((_, _, more)) => *more += 1,
            None => reasons.push((why, promise, 0)),
        }
    }
    for (why, first, others) in reasons.iter().take(REASONS) {
        let others = if *others > 0 { format!(" and {others} more") } else { String::new() };
        let _ = writeln!(
            out,
            "{indent}{} {}{others}  {}",
            paint.tone(Tone::Doubtful, "?"),
            visible(&first.sentence),
            paint.tone(Tone::Faint, format!("not checked: {}", visible(why))),
        );
    }
    more(out, reasons.len(), REASONS, paint);
}

fn more(out: &mut String, all: usize, named: usize, paint: Paint) {
    if all > named {
        let rest = format!("  … and {} more (all are in the record)", all - named);
        let _ = writeln!(out, "{}", paint.tone(Tone::Faint, rest));
    }
}

/// The promises that a plan will check, before anything is sent: a line each, with the number of its tests. `of` is
/// the operation, where there are several.
pub fn planned(of: Option<&str>, promises: &[(&Promise, usize)], paint: Paint) -> String {
    let mut out = String::new();
    if promises.is_empty() {
        return out;
    }
    let heading = of.map_or_else(|| "promises".to_owned(), |of| format!("promises of {}", visible(of)));
    let _ = writeln!(out, "{}", paint.tone(Tone::Strong, heading));
    for (promise, tests) in promises {
        let _ = match tests {
            0 => writeln!(
                out,
                "  {}",
                paint.tone(Tone::Doubtful, format!("not checked  {}", visible(&promise.to_string())))
            ),
            tests => writeln!(out, "  {tests:>4} tests   {}", visible(&promise.to_string())),
        };
    }
    out.push('\n');
    out
}

/// The same of one of many operations, in a line.
pub fn planned_in_short(of: &str, promises: &[(&Promise, usize)], paint: Paint) -> String {
    let unchecked = promises.iter().filter(|(_, tests)| *tests == 0).count();
    let tests: usize = promises.iter().map(|(_, tests)| tests).sum();
    let mut line = format!("{:>4} promises {tests:>5} tests   {}", promises.len(), visible(of));
    if unchecked > 0 {
        line.push_str(&paint.tone(Tone::Doubtful, format!("  {unchecked} not checked")));
    }
    line.push('\n');
    line
}
