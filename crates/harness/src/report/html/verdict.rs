//! The verdict in one sentence, and the figures under it.

use std::fmt::Write;

use crosscheck_core::{exchange::preflight_headers_note, fetch::Profile, verdict::Verdict};

use crate::{
    report::{
        page::{chip, moment, prose, text},
        terminal::{duration, slowed_down},
    },
    run::{
        Outcome,
        promises::counts,
        record::{CauseRecord, PromiseState, RunRecord},
    },
};

/// The title of the page.
pub(super) fn title(record: &RunRecord, outcome: Outcome) -> String {
    format!("CORS of {}: {}", record.endpoint.name, words(record, outcome).1)
}

/// How the verdict is marked, and what it is in a few words.
fn words(record: &RunRecord, outcome: Outcome) -> (&'static str, &'static str) {
    match outcome {
        Outcome::Held if fails(record) => ("doubt", "failures that are tolerated"),
        Outcome::Held => ("good", "every checked promise is kept"),
        Outcome::Broken => ("bad", "broken"),
        Outcome::Regression => ("bad", "newly broken"),
        Outcome::NothingRan => ("doubt", "nothing ran"),
        Outcome::NotJudged => ("doubt", "not judged"),
        Outcome::StaleExpectations => ("doubt", "stale expectations"),
        Outcome::Interrupted => ("doubt", "interrupted"),
    }
}

/// Whether a test fails that is not a known issue.
fn fails(record: &RunRecord) -> bool {
    record.counts().get(Verdict::Fail) > 0
}

/// One sentence: what broke, and by how much.
fn sentence(record: &RunRecord, outcome: Outcome) -> String {
    let (kept, broken, unchecked) = counts(&record.promises);
    let counts = record.counts();
    let declared = kept + broken + unchecked;
    let failed = counts.get(Verdict::Fail);
    let failing: Vec<&CauseRecord> =
        record.causes.iter().filter(|cause| cause.fails && !cause.known).collect();
    match outcome {
        Outcome::Held if failed > 0 => format!(
            "{} failed, for what was broken before or for causes that do not fail this run",
            tests(failed)
        ),
        Outcome::Held if declared == 0 => {
            format!("{} passed; no promise was declared or selected", tests(counts.get(Verdict::Pass)))
        }
        Outcome::Held if unchecked > 0 => {
            format!("{kept} of {declared} promises are kept, and {unchecked} could not be checked")
        }
        Outcome::Held => format!("all {declared} promises are kept"),
        Outcome::Broken | Outcome::Regression => {
            let broken = match broken {
                0 => String::new(),
                broken => format!(" and {broken} of {declared} promises are broken"),
            };
            let causes = match failing.len() {
                0 => String::new(),
                1 => ", for one cause".to_owned(),
                many => format!(", for {many} causes"),
            };
            format!("{} failed{broken}{causes}", tests(failed))
        }
        Outcome::NothingRan => "no selected case applies to this endpoint".to_owned(),
        Outcome::NotJudged => record
            .no_success
            .clone()
            .or_else(|| record.could_not_judge.clone())
            .unwrap_or_else(|| "a part of the endpoint could not be judged".to_owned()),
        Outcome::StaleExpectations => "a listed known issue passes, or no test covers it".to_owned(),
        Outcome::Interrupted => "the run ended before every test had run".to_owned(),
    }
}

fn tests(count: usize) -> String {
    if count == 1 { "1 test".to_owned() } else { format!("{count} tests") }
}

/// The header of the page.
pub(super) fn header(record: &RunRecord, outcome: Outcome) -> String {
    let counts = record.counts();
    let (class, words) = words(record, outcome);
    let promised = |state| record.promises.iter().filter(|promise| promise.state == state).count();
    let figures: String = [
        ("promises kept", promised(PromiseState::Kept), ""),
        ("promises broken", promised(PromiseState::Broken), "bad"),
        ("not checked", promised(PromiseState::NotChecked), "doubt"),
        (
            "causes",
            record.causes.len(),
            if record.causes.iter().any(|it| it.fails) { "bad" } else { "doubt" },
        ),
        ("tests passed", counts.get(Verdict::Pass), ""),
        ("tests failed", counts.get(Verdict::Fail) + counts.get(Verdict::UnexpectedPass), "bad"),
        ("warnings", counts.get(Verdict::Warn) + counts.get(Verdict::Flaky), "doubt"),
        ("known issues", counts.get(Verdict::KnownIssue), "doubt"),
    ]
    .into_iter()
    .map(|(name, value, class)| {
        let class = if value > 0 { class } else { "" };
        format!("<div class=\"{class}\"><dt>{name}</dt><dd>{value}</dd></div>")
    })
    .collect();
    let judge = match record.profile {
        Profile::Spec => String::new(),
        browser => format!(", as {browser} judges"),
    };
    format!(
        "<header><p class=\"kicker\">CORS conformance run</p>\n<h1>{}</h1>\n<p class=\"verdict\">{} <span>{}.</span></p>\n<p class=\"faint\">{}, {}{judge}.</p>\n{}<dl class=\"figures\">{figures}</dl>\n</header>\n",
        text(&record.endpoint.name),
        chip(class, words),
        prose(&sentence(record, outcome)),
        text(&moment(&record.started)),
        duration(record.duration_ms),
        notes(record),
    )
}

/// What a reader must know before believing the rest.
fn notes(record: &RunRecord) -> String {
    let mut notes: Vec<(&str, &str, String)> = Vec::new();
    if let Some(why) = &record.could_not_judge {
        notes.push(("bad", "could not judge", why.clone()));
    }
    if let Some(why) = &record.no_success {
        notes.push(("bad", "not judged", why.clone()));
    }
    if let Some(shard) = &record.shard {
        let note = format!(
            "This is shard {} of {}; `crosscheck merge` joins the records of all.",
            shard.number, shard.of
        );
        notes.push(("doubt", "shard", note));
    }
    if let Some(failures) = record.stopped_after {
        let note = format!(
            "The run stopped after {failures} failed tests (`--max-failures`); the rest was not run."
        );
        notes.push(("doubt", "stopped", note));
    }
    if record.interrupted {
        notes.push(("doubt", "interrupted", "The rest was not run.".to_owned()));
    }
    if let Some(note) = preflight_headers_note(&record.endpoint.preflight_headers) {
        notes.push(("doubt", "no browser", note));
    }
    if let Some(note) = record.endpoint.connect.insecure_note() {
        notes.push(("doubt", "insecure", note.to_owned()));
    }
    if let Some(throttled) = &record.throttled {
        notes.push(("doubt", "throttled", slowed_down(throttled)));
    }
    for entry in &record.stale_known_issues {
        let note = format!("Known issue `{entry}` covers no test: remove it or correct its id.");
        notes.push(("doubt", "stale", note));
    }
    let mut html = String::new();
    for (class, label, note) in notes {
        // Writing to a String cannot fail.
        let _ = writeln!(
            html,
            "<div class=\"callout {class}\"><p>{} {}</p></div>",
            chip(class, label),
            prose(&note)
        );
    }
    html
}
