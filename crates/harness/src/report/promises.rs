//! What became of each promise, in a few lines: the numbers, then what was broken or not checked.

use std::fmt::Write;

use super::paint::{Paint, Tone};
use crate::run::{
    promises::counts,
    record::{PromiseRecord, PromiseState},
};
use crosscheck_core::{diagnostic::visible, promise::Promise};

/// How many promises of a kind are named; the record has all.
const NAMED: usize = 10;

/// The account of a run's promises; empty if none was checked.
pub fn render(promises: &[PromiseRecord], paint: Paint) -> String {
    let mut out = String::new();
    let (kept, broken, unchecked) = counts(promises);
    // What was selected, or what kept the run from judging, says why.
    if kept + broken == 0 {
        return out;
    }
    let tone = if broken > 0 { Tone::Bad } else { Tone::Strong };
    let _ = writeln!(
        out,
        "{} {kept} kept, {}, {unchecked} not checked",
        paint.tone(Tone::Strong, "promises:"),
        paint.tone(tone, format!("{broken} broken")),
    );
    let of = |state| promises.iter().filter(move |promise| promise.state == state);
    for promise in of(PromiseState::Broken).take(NAMED) {
        let test = promise.tests.first().map(String::as_str).unwrap_or_default();
        let _ = writeln!(
            out,
            "  {} {}  {}",
            paint.tone(Tone::Bad, "✗"),
            visible(&promise.sentence),
            paint.tone(Tone::Faint, visible(test)),
        );
    }
    more(&mut out, broken, paint);
    // Many promises are not checked for one reason.
    let mut reasons: Vec<(&str, &PromiseRecord, usize)> = Vec::new();
    for promise in of(PromiseState::NotChecked) {
        let why = promise.why.as_deref().unwrap_or_default();
        match reasons.iter_mut().find(|(reason, _, _)| *reason == why) {
            Some((_, _, more)) => *more += 1,
            None => reasons.push((why, promise, 0)),
        }
    }
    for (why, first, others) in reasons.iter().take(NAMED) {
        let others = if *others > 0 { format!(" and {others} more") } else { String::new() };
        let _ = writeln!(
            out,
            "  {} {}{others}  {}",
            paint.tone(Tone::Doubtful, "?"),
            visible(&first.sentence),
            paint.tone(Tone::Faint, format!("not checked: {}", visible(why))),
        );
    }
    more(&mut out, reasons.len(), paint);
    out.push('\n');
    out
}

fn more(out: &mut String, all: usize, paint: Paint) {
    if all > NAMED {
        let rest = format!("  … and {} more (all are in the record)", all - NAMED);
        let _ = writeln!(out, "{}", paint.tone(Tone::Faint, rest));
    }
}

/// The promises that a plan will check, before anything is sent: a line each, with the number of its tests.
pub fn planned(promises: &[(Promise, usize)], paint: Paint) -> String {
    let mut out = String::new();
    if promises.is_empty() {
        return out;
    }
    let _ = writeln!(out, "{}", paint.tone(Tone::Strong, "promises"));
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
