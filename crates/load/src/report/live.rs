//! The line that a terminal shows while a run goes on: rate, percentiles, errors, time left.

use crosscheck_core::diagnostic::visible;
use crosscheck_harness::report::paint::{Paint, Tone};

use super::words;
use crate::record::Second;

/// Where a run is.
#[derive(Clone, Copy, Debug)]
pub struct Moment<'a> {
    /// The last whole slice of time.
    pub slice: &'a Second,
    /// The stage.
    pub stage: &'a str,
    /// How long the run has been going on, in seconds.
    pub elapsed: f64,
    /// How long it will take, in seconds.
    pub planned: f64,
    /// Requests so far that went wrong on the way.
    pub errors: u64,
    /// Answers so far that were judged wrong.
    pub wrong: u64,
}

/// How many characters the bar has.
const BAR: usize = 20;

/// The line, without a line feed, for a terminal of this many columns.
pub fn line(moment: &Moment<'_>, columns: usize, paint: Paint) -> String {
    let share = if moment.planned > 0.0 { (moment.elapsed / moment.planned).clamp(0.0, 1.0) } else { 0.0 };
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "at most the bar's length"
    )]
    let filled = (share * BAR as f64).round() as usize;
    let bar = format!("{}{}", "█".repeat(filled), "░".repeat(BAR - filled.min(BAR)));
    let left = (moment.planned - moment.elapsed).max(0.0);
    #[allow(clippy::cast_precision_loss, reason = "three digits are shown")]
    let micros = |value: u64| words::micros(value as f64);
    let slice = moment.slice;
    #[allow(clippy::cast_precision_loss, reason = "three digits are shown")]
    let rate = if slice.seconds > 0.0 { slice.answered as f64 / slice.seconds } else { 0.0 };
    let mut parts = vec![
        (Tone::Place, bar),
        (
            Tone::Faint,
            if left > 0.0 { format!("{:.0} s left", left.ceil()) } else { "last answers".to_owned() },
        ),
        (Tone::Strong, moment.stage.to_owned()),
        (Tone::Strong, words::rate(rate.round())),
    ];
    // What went wrong must be seen however narrow the terminal is.
    let wrong = (moment.wrong, Tone::Bad, format!("{} wrong", words::count(moment.wrong)));
    let errors = (moment.errors, Tone::Doubtful, format!("{} errors", words::count(moment.errors)));
    let (some, none): (Vec<_>, Vec<_>) = [wrong, errors].into_iter().partition(|(count, ..)| *count > 0);
    parts.extend(some.into_iter().map(|(_, tone, text)| (tone, text)));
    if slice.response.count > 0 {
        let h = &slice.response;
        parts.push((Tone::Faint, format!("p50 {}", micros(h.p50))));
        parts.push((Tone::Faint, format!("p99 {}", micros(h.p99))));
        parts.push((Tone::Faint, format!("max {}", micros(h.max))));
    }
    parts.extend(none.into_iter().rev().map(|(_, _, text)| (Tone::Faint, text)));
    if slice.backlog > 0 {
        parts.push((Tone::Doubtful, format!("{} waiting", words::count(slice.backlog))));
    }
    fit(&parts, columns, paint)
}

/// As many of the parts as the terminal has room for, so that the line stays one.
fn fit(parts: &[(Tone, String)], columns: usize, paint: Paint) -> String {
    let mut used = 0;
    let mut out = Vec::new();
    for (tone, text) in parts {
        let wide = visible(text).chars().count() + usize::from(used > 0) * 2;
        if used + wide >= columns {
            break;
        }
        used += wide;
        out.push(paint.tone(*tone, text));
    }
    out.join("  ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{HistogramRecord, new_latencies};

    #[test]
    fn the_line_says_how_it_goes_and_never_wraps() {
        let mut latencies = new_latencies();
        for value in [200, 250, 300, 9_000] {
            crate::record::record(&mut latencies, crate::time::Micros(value));
        }
        let slice = Second {
            seconds: 1.0,
            answered: 12_345,
            backlog: 3,
            response: HistogramRecord::of(&latencies),
            ..Second::default()
        };
        let moment =
            Moment { slice: &slice, stage: "steady", elapsed: 5.0, planned: 20.0, errors: 0, wrong: 7 };
        assert_eq!(
            line(&moment, 200, Paint::PLAIN),
            "█████░░░░░░░░░░░░░░░  15 s left  steady  12,345/s  7 wrong  p50 250 µs  p99 9.01 ms  max 9.01 ms  0 errors  3 waiting"
        );
        assert!(
            line(&moment, 64, Paint::PLAIN).ends_with("7 wrong"),
            "what is wrong is seen on a narrow terminal"
        );
        let ended = Moment { elapsed: 20.4, ..moment };
        assert!(
            line(&ended, 200, Paint::PLAIN).contains("█  last answers  steady"),
            "what is still waited for after the time is over"
        );
        for columns in [0, 10, 40, 80, 120] {
            assert!(line(&moment, columns, Paint::PLAIN).chars().count() < columns.max(1), "{columns}");
        }
    }
}
