//! The run as GitHub Actions shows it: annotations, which are workflow commands in the log, and the summary of the step.
//! And how a log keeps text from outside from being such a command.

use std::borrow::Cow;

use crosscheck_core::diagnostic::visible;

use super::{
    markdown,
    problems::{self, Problem, Standing},
};
use crate::run::{Outcome, record::RunRecord};

/// How many annotations of one kind GitHub shows of a step.
const SHOWN: usize = 10;

/// How many bytes the summary of a step may have.
pub const SUMMARY_BYTES: usize = 1024 * 1024;

/// A kind of annotation, worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Error,
    Warning,
    Notice,
}

impl Kind {
    const ALL: [Self; 3] = [Self::Error, Self::Warning, Self::Notice];

    const fn command(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Notice => "notice",
        }
    }
}

struct Annotation {
    kind: Kind,
    /// The file of the case, and the line.
    place: Option<(String, usize)>,
    title: String,
    message: String,
}

/// The annotations, a workflow command on each line, worst first and no more than GitHub shows; empty if there is none.
/// `outcome`: what the run comes to.
pub fn annotations(record: &RunRecord, outcome: Outcome) -> String {
    let mut all: Vec<Annotation> = of_run(record, outcome);
    all.extend(problems::of(record).iter().map(of_problem));
    let mut out = String::new();
    let mut left_out: Vec<String> = Vec::new();
    for kind in Kind::ALL {
        let own: Vec<&Annotation> = all.iter().filter(|annotation| annotation.kind == kind).collect();
        for annotation in own.iter().take(SHOWN) {
            out.push_str(&command(annotation));
        }
        match own.len().saturating_sub(SHOWN) {
            0 => {}
            1 => left_out.push(format!("1 {}", kind.command())),
            more => left_out.push(format!("{more} {}s", kind.command())),
        }
    }
    if !left_out.is_empty() {
        let more = left_out.join(", ");
        out.push_str(&format!("and {more} more than GitHub shows: all are in the reports\n"));
    }
    out
}

/// Why the run judged nothing, or not everything.
fn of_run(record: &RunRecord, outcome: Outcome) -> Vec<Annotation> {
    let annotation = |kind, title: &str, message: String| Annotation {
        kind,
        place: None,
        title: title.to_owned(),
        message,
    };
    let mut said = Vec::new();
    for why in record.could_not_judge.iter().chain(&record.no_success) {
        said.push(annotation(Kind::Error, "could not judge", why.clone()));
    }
    if record.interrupted {
        said.push(annotation(Kind::Error, "interrupted", "the rest was not run".to_owned()));
    }
    if said.is_empty() && outcome == Outcome::NothingRan {
        let why = "no selected test applies to the endpoint".to_owned();
        said.push(annotation(Kind::Error, "nothing ran", why));
    }
    let mut not_judged = record.tests.iter().filter(|test| test.verdict.is_not_judged());
    if said.is_empty()
        && let Some(first) = not_judged.next()
    {
        let finding = first.findings.first();
        let code = finding.map_or(first.verdict.word(), |finding| finding.code.as_str());
        let why = finding.map(|finding| &finding.message).or(first.note.as_ref());
        let why = why.map(String::as_str).unwrap_or_default();
        let message = format!("{} and {} more tests: {why}", first.id, not_judged.count());
        said.push(annotation(Kind::Error, &format!("not judged: {code}"), message));
    }
    for entry in &record.stale_known_issues {
        let message = format!("known issue `{entry}` covers no test: remove it or correct its id");
        said.push(annotation(Kind::Error, "stale known issue", message));
    }
    said
}

fn of_problem(problem: &Problem<'_>) -> Annotation {
    let first = problem.tests.first();
    let mut message = vec![visible(problem.sentence)];
    message.extend(problem.cure.iter().map(|cure| format!("fix: {}", visible(cure))));
    if let Some(test) = first {
        let more = match problem.tests.len() {
            1 => String::new(),
            2 => " and 1 more test".to_owned(),
            many => format!(" and {} more tests", many - 1),
        };
        message.push(format!("shown by: {}{more}", visible(&test.id)));
    }
    Annotation {
        kind: match problem.standing {
            Standing::Fails => Kind::Error,
            Standing::Warns => Kind::Warning,
            Standing::Known => Kind::Notice,
        },
        place: first.filter(|test| test.line > 0).map(|test| (test.file.clone(), test.line)),
        title: problem.title(),
        message: message.join("\n"),
    }
}

/// One workflow command, with a line feed at its end.
fn command(annotation: &Annotation) -> String {
    let place = annotation.place.as_ref();
    let place = place.map(|(file, line)| format!("file={},line={line},", property(file))).unwrap_or_default();
    format!(
        "::{} {place}title={}::{}\n",
        annotation.kind.command(),
        property(&annotation.title),
        data(&annotation.message)
    )
}

/// The message of a workflow command. Lines stay lines.
fn data(text: &str) -> String {
    let lines: Vec<String> = text.split('\n').map(visible).collect();
    lines.join("\n").replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A property of a workflow command.
fn property(text: &str) -> String {
    data(&visible(text)).replace(':', "%3A").replace(',', "%2C")
}

/// The summary of a step: the Markdown report, as much of it as `room` bytes hold, and what is missing.
pub fn summary(record: &RunRecord, outcome: Outcome, room: usize) -> String {
    let sections = markdown::sections(record, outcome);
    let all: usize = sections.iter().map(|section| section.text.len()).sum();
    if all <= room {
        return sections.into_iter().map(|section| section.text).collect();
    }
    let mut out = String::new();
    let mut missing: Vec<&str> = Vec::new();
    for section in &sections {
        if out.len() + section.text.len() + MISSING_BYTES <= room && missing.is_empty() {
            out.push_str(&section.text);
        } else {
            missing.push(section.what);
        }
    }
    let causes = missing.iter().filter(|what| **what == markdown::A_CAUSE).count();
    let mut named: Vec<String> = Vec::new();
    match causes {
        0 => {}
        1 => named.push("1 cause".to_owned()),
        many => named.push(format!("{many} causes")),
    }
    named.extend(missing.iter().filter(|what| **what != markdown::A_CAUSE).map(|what| (*what).to_owned()));
    let note = format!("Too long for this summary: {}. All of it is in run.md.\n", named.join(", "));
    if out.len() + note.len() <= room {
        out.push_str(&note);
    }
    out
}

/// How many bytes are kept for the line that says what is missing.
const MISSING_BYTES: usize = 256;

/// Text for a log that a runner reads, in which nothing is a workflow command: neither a line that begins with `::`, nor
/// the older form `##[` anywhere.
pub fn defused(text: &str) -> Cow<'_, str> {
    let is_command = |line: &str| line.trim_start().starts_with("::") || line.contains("##[");
    if !text.lines().any(is_command) {
        return Cow::Borrowed(text);
    }
    let lines = text.split_inclusive('\n').map(|line| {
        let start = line.len() - line.trim_start().len();
        let (indent, rest) = line.split_at(start);
        let mark = if rest.starts_with("::") { "\\" } else { "" };
        format!("{indent}{mark}{}", rest.replace("##[", "#\\#["))
    });
    Cow::Owned(lines.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_cannot_end_its_command_or_begin_another() {
        let annotation = Annotation {
            kind: Kind::Error,
            place: Some(("a,b:c%.json".to_owned(), 3)),
            title: "x::y,z=1\n::warning::w".to_owned(),
            message: "100 %\n::error::injected\r\n::stop-commands::x".to_owned(),
        };
        let line = command(&annotation);
        assert_eq!(
            line,
            "::error file=a%2Cb%3Ac%25.json,line=3,title=x%3A%3Ay%2Cz=1\\x0a%3A%3Awarning%3A%3Aw::\
             100 %25%0A::error::injected\\x0d%0A::stop-commands::x\n"
        );
        assert_eq!(line.lines().count(), 1);
    }

    #[test]
    fn a_log_has_no_command_from_outside() {
        for (text, said) in [
            ("a :: b\n", "a :: b\n"),
            ("ok\n  ::error::x\n::add-mask::y", "ok\n  \\::error::x\n\\::add-mask::y"),
            ("| x-a: ##[add-mask]y\n", "| x-a: #\\#[add-mask]y\n"),
            ("\u{a0}::error::x", "\u{a0}\\::error::x"),
        ] {
            assert_eq!(defused(text), said);
        }
    }
}
