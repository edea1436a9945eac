//! The record as SARIF 2.1.0, for code scanning: a rule for each cause, a result for each cause that a run found and for
//! each failure that none explains.

mod model;

use std::{collections::BTreeMap, fmt::Write, time::Duration};

use crosscheck_core::{
    cause::{Cause, Severity},
    diagnostic::visible,
    verdict::Verdict,
};
use jiff::Timestamp;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use sha2::{Digest, Sha256};

use super::{
    diagnosis::explains,
    json,
    markdown::text::{code, fenced, sentence},
    problems::{self, Problem, Rule, Standing},
};
use crate::run::{
    Outcome, promises,
    record::{RunRecord, TestRecord},
};
use model::{
    ArtifactLocation, BaseLocation, Configuration, Descriptor, DescriptorReference, Driver, Finding,
    FindingProperties, Invocation, Level, Location, Log, LogicalLocation, Notification, PhysicalLocation,
    PromiseCounts, Region, RuleProperties, Run, RunProperties, SCHEMA, Suppression, Text, Tool,
};

/// How many further tests a result names.
const RELATED: usize = 5;

/// What relative paths are relative to.
const BASE: &str = "%SRCROOT%";

/// The folder of the reports, and the record in it.
const REPORTS: &str = "%REPORTS%";
const RECORD: &str = "run.json";

/// The record as SARIF. `outcome`: what the run comes to.
///
/// # Errors
/// Only what `serde_json` reports.
pub fn render(record: &RunRecord, outcome: Outcome) -> Result<String, serde_json::Error> {
    let problems = problems::of(record);
    let mut rules: Vec<Rule> = Vec::new();
    for problem in &problems {
        if !rules.contains(&problem.rule) {
            rules.push(problem.rule);
        }
    }
    let place_of = |rule: Rule| rules.iter().position(|other| *other == rule).unwrap_or_default();
    let results = problems.iter().map(|problem| finding(problem, place_of(problem.rule), record)).collect();
    let (kept, broken, not_checked) = promises::counts(&record.promises);
    let counts = record.counts();
    let log = Log {
        schema: SCHEMA,
        version: "2.1.0",
        runs: [Run {
            tool: Tool {
                driver: Driver {
                    name: "Crosscheck",
                    version: visible(&record.crosscheck),
                    semantic_version: visible(&record.crosscheck),
                    rules: rules.iter().map(|rule| descriptor(*rule, &problems)).collect(),
                },
            },
            invocations: [invocation(record, outcome)],
            original_uri_base_ids: bases(),
            results,
            properties: RunProperties {
                target: visible(&record.endpoint.name),
                profile: record.profile.to_string(),
                promises: PromiseCounts { kept, broken, not_checked },
                tests: counts.0.iter().map(|(verdict, count)| (verdict.word(), *count)).collect(),
            },
        }],
    };
    json::pretty(&log)
}

/// What the names of folders stand for.
fn bases() -> BTreeMap<&'static str, BaseLocation> {
    let described = |text: &str| BaseLocation { description: text_of(text.to_owned()) };
    let base = "The folder in which crosscheck ran. Case files that come with Crosscheck are named as in its source: \
                suites/.";
    BTreeMap::from([(BASE, described(base)), (REPORTS, described("The folder of the reports."))])
}

/// A text that needs no Markdown.
fn text_of(text: String) -> Text {
    Text { text: literal(&text), markdown: None }
}

/// The text of a message that says what it says: braces are not placeholders, and nothing in it is a link.
fn literal(text: &str) -> String {
    text.replace('{', "{{").replace('}', "}}").replace("](", "] (")
}

fn level_of(severity: Severity) -> Level {
    match severity {
        Severity::Critical | Severity::High => Level::Error,
        Severity::Medium => Level::Warning,
        Severity::Low | Severity::Info => Level::Note,
    }
}

/// What a problem counts as: as bad as its cause, and no error where it fails nothing.
fn level(problem: &Problem<'_>) -> Level {
    let own = match problem.severity() {
        Some(severity) => level_of(severity),
        None if problem.standing == Standing::Warns => Level::Warning,
        None => Level::Error,
    };
    if problem.standing == Standing::Warns { own.min(Level::Warning) } else { own }
}

fn descriptor(rule: Rule, problems: &[Problem<'_>]) -> Descriptor {
    let own = || problems.iter().filter(move |problem| problem.rule == rule);
    let severity = own().filter_map(Problem::severity).max();
    let level = match rule {
        Rule::Cause(cause) => level_of(cause.severity(false)),
        Rule::Code(_) | Rule::Verdict(_) => own().map(level).max().unwrap_or(Level::Error),
    };
    let mut cures: Vec<&str> = Vec::new();
    for cure in own().flat_map(|problem| &problem.cure) {
        if !cures.contains(cure) {
            cures.push(cure);
        }
    }
    let anchor = match rule {
        Rule::Code(code) => code.anchor(),
        Rule::Cause(_) | Rule::Verdict(_) => None,
    };
    let strangers = matches!(rule, Rule::Cause(cause) if cause.lets_strangers_in());
    Descriptor {
        id: rule.as_str(),
        name: in_pascal_case(rule.as_str()),
        short_description: text_of(rule.meaning().to_owned()),
        full_description: text_of(full(rule, severity)),
        help: help(rule, severity, &cures),
        help_uri: anchor,
        default_configuration: Configuration { level },
        properties: RuleProperties {
            tags: vec!["cors", if strangers { "security" } else { "correctness" }],
            severity: severity.map(Severity::as_str),
            security_severity: severity.filter(|_| strangers).map(security_severity),
            problem_severity: (!strangers).then_some(match level {
                Level::Error => "error",
                Level::Warning => "warning",
                Level::Note => "recommendation",
            }),
        },
    }
}

/// The number for a severity, within what GitHub shows as the same word.
fn security_severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "9.5",
        Severity::High => "8.0",
        Severity::Medium => "5.5",
        Severity::Low => "3.0",
        Severity::Info => "1.0",
    }
}

fn full(rule: Rule, severity: Option<Severity>) -> String {
    let meaning = rule.meaning();
    match (rule, severity) {
        (Rule::Cause(cause), Some(severity)) => format!("{meaning} {}", consequence(cause, severity)),
        _ => meaning.to_owned(),
    }
}

/// What a cause of this severity does.
fn consequence(cause: Cause, severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "Strangers read with a user's credentials.",
        Severity::High if cause.lets_strangers_in() => "Strangers read what is meant for others.",
        Severity::High => "Declared pages are refused.",
        Severity::Medium if cause.lets_strangers_in() => "Strangers learn more than they must.",
        Severity::Medium => "Some pages are refused at times.",
        Severity::Low => "Some products, caches or later changes will make it a fault.",
        Severity::Info => "No page is refused, and no stranger reads.",
    }
}

fn help(rule: Rule, severity: Option<Severity>, cures: &[&str]) -> Text {
    let mut text = full(rule, severity);
    let mut markdown = sentence(&text);
    if !cures.is_empty() {
        text.push_str("\n\nWhat to change:");
        markdown.push_str("\n\n**What to change**\n");
    }
    for cure in cures {
        // Writing to a String cannot fail.
        let _ = write!(text, "\n- {}", visible(cure));
        let _ = write!(markdown, "\n- {}", sentence(cure));
    }
    let example = "crosscheck explain URL --origin ORIGIN";
    let _ = write!(text, "\n\nTo see it for one request: {example}");
    let _ = write!(markdown, "\n\nTo see it for one request: {}", code(example));
    Text { text: literal(&text), markdown: Some(literal(&markdown)) }
}

/// `vary-missing` as `VaryMissing`.
fn in_pascal_case(code: &str) -> String {
    let words = code.split(['-', '.']);
    let capital = |word: &str| {
        let mut chars = word.chars();
        chars.next().map(|first| first.to_ascii_uppercase().to_string() + chars.as_str()).unwrap_or_default()
    };
    words.map(capital).collect()
}

fn finding(problem: &Problem<'_>, rule_index: usize, record: &RunRecord) -> Finding {
    let cause = problem.cause;
    let subject = cause.and_then(|cause| cause.cause.subject.as_deref());
    let related = problem.tests.iter().skip(1).take(RELATED).enumerate();
    let fingerprint = fingerprint(problem);
    Finding {
        rule_id: problem.rule.as_str(),
        rule_index,
        level: level(problem),
        message: message(problem, record),
        locations: problem.tests.first().map(|test| location(test)).into_iter().collect(),
        related_locations: related
            .map(|(place, test)| Location {
                id: Some(place + 1),
                message: Some(text_of(visible(&test.title))),
                ..location(test)
            })
            .collect(),
        partial_fingerprints: BTreeMap::from([
            ("crosscheck/v1", fingerprint.clone()),
            // The one by which GitHub follows a result from run to run.
            ("primaryLocationLineHash", fingerprint),
        ]),
        suppressions: (problem.standing == Standing::Known)
            .then(|| Suppression {
                kind: "external",
                status: "accepted",
                justification: problem.excuse().map(visible),
            })
            .into_iter()
            .collect(),
        properties: FindingProperties {
            tests: problem.tests.len(),
            severity: problem.severity().map(Severity::as_str),
            subject: subject.map(visible),
            operations: problem.operations().iter().map(|operation| visible(operation)).collect(),
            promises: cause.map(|cause| cause.promises.len()),
        },
    }
}

/// What stays the same while the problem does: what it is, what it is about, and of which operations.
fn fingerprint(problem: &Problem<'_>) -> String {
    let mut parts: Vec<&str> = vec![problem.rule.as_str()];
    match problem.cause {
        // Of other causes the subject is an example, which may be another one in each run.
        Some(cause) if cause.cause.code.is_per_subject() => parts.extend(cause.cause.subject.as_deref()),
        Some(_) => {}
        None => parts.extend(problem.tests.first().map(|test| problems::case_of(&test.id))),
    }
    parts.extend(problem.operations().iter().map(String::as_str));
    let digest = Sha256::digest(parts.join("\n").as_bytes());
    digest.iter().take(16).fold(String::new(), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}

/// The sentence, what shows it, and what to change.
fn message(problem: &Problem<'_>, record: &RunRecord) -> Text {
    let about = ended(&visible(problem.sentence));
    let mut text = about;
    let mut markdown = ended(&sentence(problem.sentence));
    if !problem.evidence.is_empty() {
        text.push_str("\n\nShown by:");
        for line in problem.evidence {
            let _ = write!(text, "\n  {}", visible(line));
        }
        let lines = problem.evidence.iter().map(String::as_str);
        let _ = write!(markdown, "\n\n{}", fenced(lines).trim_end());
    }
    if !problem.cure.is_empty() {
        text.push('\n');
        markdown.push('\n');
    }
    for cure in &problem.cure {
        let _ = write!(text, "\nFix: {}", visible(cure));
        let _ = write!(markdown, "\n- Fix: {}", sentence(cure));
    }
    if let Some(cause) = problem.cause {
        let explains = explains(cause, record);
        let _ = write!(text, "\n\nThis {}.", visible(&explains));
        let _ = write!(markdown, "\n\nThis {}.", sentence(&explains));
    } else if let [_, others @ ..] = problem.tests.as_slice()
        && !others.is_empty()
    {
        let more = format!("\n\nThe same in {} more tests of this case.", others.len());
        text.push_str(&more);
        markdown.push_str(&more);
    }
    Text { text: literal(&text), markdown: Some(literal(&markdown)) }
}

/// With a full stop, so that viewers find the end of the first sentence.
fn ended(sentence: &str) -> String {
    let stop = if sentence.ends_with(['.', '!', '?']) { "" } else { "." };
    format!("{sentence}{stop}")
}

/// The line of the case of a test. What is claimed of every endpoint stands in no file, but GitHub refuses a result
/// without one: the record has it.
fn location(test: &TestRecord) -> Location {
    let (artifact_location, start_line) = match test.line {
        0 => (ArtifactLocation { uri: RECORD.to_owned(), uri_base_id: Some(REPORTS) }, 1),
        line => (artifact(&test.file), line),
    };
    Location {
        id: None,
        physical_location: PhysicalLocation { artifact_location, region: Region { start_line } },
        logical_locations: [LogicalLocation { fully_qualified_name: visible(&test.id), kind: "test" }],
        message: None,
    }
}

/// What a path keeps as it is in a URI, besides letters and digits.
const PATH: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b':')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'[')
    .add(b'\\')
    .add(b']')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

fn artifact(file: &str) -> ArtifactLocation {
    let path = file.trim_start_matches("./");
    let encoded = utf8_percent_encode(path, PATH);
    if path.starts_with('/') {
        // What begins with two slashes would name a host.
        let path = encoded.to_string();
        return ArtifactLocation {
            uri: format!("file:///{}", path.trim_start_matches('/')),
            uri_base_id: None,
        };
    }
    let leaves = path.split('/').any(|step| step == "..");
    ArtifactLocation { uri: encoded.to_string(), uri_base_id: (!leaves).then_some(BASE) }
}

fn invocation(record: &RunRecord, outcome: Outcome) -> Invocation {
    let started = record.started.parse::<Timestamp>().ok();
    let end = started.and_then(|at| at.checked_add(Duration::from_millis(record.duration_ms)).ok());
    let shown = |at: Timestamp| format!("{at:.3}");
    Invocation {
        execution_successful: outcome.is_judged(),
        exit_code: outcome.exit_code(),
        exit_code_description: outcome.as_str().replace('-', " "),
        start_time_utc: started.map(shown),
        end_time_utc: end.map(shown),
        command_line: visible(&record.command),
        tool_execution_notifications: notifications(record),
    }
}

/// What kept the run from judging, and expectations that match nothing.
fn notifications(record: &RunRecord) -> Vec<Notification> {
    let say = |level, id, text: String| Notification {
        level,
        message: text_of(visible(&text)),
        descriptor: DescriptorReference { id },
    };
    let mut said = Vec::new();
    for why in record.could_not_judge.iter().chain(&record.no_success) {
        said.push(say(Level::Error, "could-not-judge", why.clone()));
    }
    if record.interrupted {
        said.push(say(Level::Error, "interrupted", "the rest was not run".to_owned()));
    }
    for operation in &record.operations {
        if let Some(why) = &operation.not_judged {
            let text = format!("{} was not judged: {why}", operation.name);
            said.push(say(Level::Warning, "operation-not-judged", text));
        }
    }
    for verdict in Verdict::ALL.into_iter().filter(|verdict| verdict.is_not_judged()) {
        let mut tests = record.tests.iter().filter(|test| test.verdict == verdict);
        let Some(first) = tests.next() else { continue };
        let why = first.findings.first().map(|finding| &finding.message).or(first.note.as_ref());
        let why = why.map(|why| format!(": {why}")).unwrap_or_default();
        let text = match tests.count() {
            0 => format!("{} was not judged{why}", first.id),
            more => format!("{} and {more} more tests were not judged{why}", first.id),
        };
        said.push(say(Level::Warning, verdict.word(), text));
    }
    for entry in &record.stale_known_issues {
        let text = format!("known issue `{entry}` covers no test: remove it or correct its id");
        said.push(say(Level::Warning, "stale-known-issue", text));
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_uris_relative_to_the_folder_of_the_run() {
        for (file, uri, relative) in [
            ("suites/cache/two-origins.json", "suites/cache/two-origins.json", true),
            ("./my case.json", "my%20case.json", true),
            ("a:b%#?.json", "a%3Ab%25%23%3F.json", true),
            ("ä[1].json", "%C3%A4%5B1%5D.json", true),
            ("/tmp/x y.json", "file:///tmp/x%20y.json", false),
            ("//host/x.json", "file:///host/x.json", false),
            ("../x.json", "../x.json", false),
        ] {
            let location = artifact(file);
            assert_eq!((location.uri.as_str(), location.uri_base_id.is_some()), (uri, relative), "{file}");
        }
    }

    #[test]
    fn a_message_has_no_placeholder_and_no_link_of_somebody_else() {
        assert_eq!(literal("{0} [a](https://b) {{"), "{{0}} [a] (https://b) {{{{");
        assert_eq!(in_pascal_case("preflight.cors-check.missing"), "PreflightCorsCheckMissing");
    }
}
