//! Every test, by case: what it claims, how it came out, and the exchanges that show it. Passing tests take a line.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, HashMap, HashSet},
    fmt::Write,
};

use crosscheck_core::{
    exchange::Step,
    verdict::{Finding, Verdict, Weight},
};

use super::exchange::{Wire, named, status};
use crate::{
    report::page::{chip, prose, section, text},
    run::record::{RunRecord, TestRecord},
};

/// Where tests are on the page.
#[derive(Debug)]
pub(super) struct Ids<'r>(HashMap<&'r str, usize>);

impl<'r> Ids<'r> {
    /// Of the tests of a record.
    pub(super) fn of(record: &'r RunRecord) -> Self {
        Self(record.tests.iter().enumerate().map(|(place, test)| (test.id.as_str(), place)).collect())
    }

    /// A link to the test, as far as the page has it.
    pub(super) fn link(&self, id: &str) -> String {
        match self.0.get(id) {
            Some(place) => format!("<a href=\"#t{place}\">{}</a>", text(id)),
            None => text(id),
        }
    }
}

/// What a test looks like in a list.
fn mark(verdict: Verdict) -> (&'static str, &'static str) {
    match verdict {
        Verdict::Pass => ("good", "✓"),
        Verdict::Fail | Verdict::UnexpectedPass => ("bad", "✗"),
        Verdict::Observed => ("", "·"),
        Verdict::NotApplicable => ("", "–"),
        Verdict::KnownIssue => ("doubt", "~"),
        Verdict::Warn | Verdict::Flaky => ("doubt", "!"),
        Verdict::SetupError | Verdict::HarnessError | Verdict::DependencyFailed | Verdict::Interfered => {
            ("doubt", "?")
        }
    }
}

/// The class of a verdict's tests: its word.
fn class(verdict: Verdict) -> String {
    verdict.word().replace(' ', "-")
}

/// Where a browser differs from the standard: tests that were only observed although their kind is binding.
pub(super) fn differences(record: &RunRecord, ids: &Ids<'_>) -> String {
    let differs = |test: &&TestRecord| test.verdict == Verdict::Observed && test.note.is_some();
    let list: String = record
        .tests
        .iter()
        .filter(differs)
        .map(|test| {
            let line = test.findings.first().map_or_else(String::new, |finding| {
                format!(": {} instead of {}", text(&finding.actual), text(&finding.expected))
            });
            format!("<li>{}{line}</li>\n", ids.link(&test.id))
        })
        .collect();
    if list.is_empty() {
        return String::new();
    }
    let heading = format!("Where {} differs from the standard", record.profile);
    section("differences", &heading, "", &format!("<ul>\n{list}</ul>\n"))
}

/// Every test that applies, by case.
pub(super) fn tests(record: &RunRecord, wire: &mut Wire) -> String {
    let mut causes: HashMap<usize, Vec<&str>> = HashMap::new();
    for cause in &record.causes {
        for place in &cause.tests {
            causes.entry(*place).or_default().push(cause.cause.code.as_str());
        }
    }
    let applied: Vec<(usize, &TestRecord)> =
        record.tests.iter().enumerate().filter(|(_, test)| test.verdict != Verdict::NotApplicable).collect();
    if applied.is_empty() {
        return String::new();
    }
    let list = List { record, causes, in_full: in_full(record) };
    let mut html = controls(record);
    html.push_str("<noscript><p class=\"faint\">The exchanges of tests that passed, and of further tests with the same cause, are shown by the page's script alone. All are in the record.</p></noscript>\n");
    let same = |a: &(usize, &TestRecord), b: &(usize, &TestRecord)| {
        (a.1.line, &a.1.file, &a.1.title) == (b.1.line, &b.1.file, &b.1.title)
    };
    let mut groups: Vec<&[(usize, &TestRecord)]> = applied.chunk_by(same).collect();
    let worst = |group: &&[(usize, &TestRecord)]| group.iter().map(|(_, test)| badness(test.verdict)).max();
    groups.sort_by_key(|group| Reverse(worst(group)));
    for group in groups {
        html.push_str(&list.case(group, wire));
    }
    let lead = "By case, what did not pass first. A case opens to its tests, a test that did not pass to its findings, an exchange to what was on the wire.";
    section("tests", "Tests", lead, &html)
}

/// The filter. Works with the script alone, so it is hidden without it.
fn controls(record: &RunRecord) -> String {
    let counts = record.counts();
    let mut verdicts = "<option value=\"\">every verdict</option>".to_owned();
    for verdict in Verdict::ALL {
        let count = counts.get(verdict);
        if count > 0 && verdict != Verdict::NotApplicable {
            // Writing to a String cannot fail.
            let _ = write!(
                verdicts,
                "<option value=\"{}\">{} ({count})</option>",
                class(verdict),
                verdict.word()
            );
        }
    }
    let mut causes = "<option value=\"\">every cause</option>".to_owned();
    let mut codes: BTreeMap<&str, usize> = BTreeMap::new();
    for cause in &record.causes {
        *codes.entry(cause.cause.code.as_str()).or_default() += cause.tests.len();
    }
    for (code, count) in codes {
        let _ = write!(causes, "<option value=\"{code}\">{code} ({count})</option>");
    }
    format!(
        "<form class=\"filter\" id=\"filter\" hidden=\"\"><label>Id or title <input type=\"search\" name=\"q\" autocomplete=\"off\"/></label><label>Verdict <select name=\"verdict\">{verdicts}</select></label><label>Cause <select name=\"cause\">{causes}</select></label><output aria-live=\"polite\"></output></form>\n"
    )
}

/// What the list of tests is made of.
struct List<'r> {
    record: &'r RunRecord,
    /// The codes of the causes that explain a test, by its place.
    causes: HashMap<usize, Vec<&'r str>>,
    /// The places of the tests whose exchanges stand in the page.
    in_full: HashSet<usize>,
}

/// How many tests of a cause have their exchanges in the page.
const OF_CAUSE: usize = 2;

/// How many tests that no cause explains have.
const UNEXPLAINED: usize = 50;

/// The places of the tests whose exchanges stand in the page: the first of each cause, and those that no cause explains.
fn in_full(record: &RunRecord) -> HashSet<usize> {
    let of_causes = record.causes.iter().flat_map(|cause| cause.tests.iter().take(OF_CAUSE).copied());
    let explained: HashSet<usize> =
        record.causes.iter().flat_map(|cause| cause.tests.iter().copied()).collect();
    let alone = record
        .tests
        .iter()
        .enumerate()
        .filter(|(place, test)| badness(test.verdict) > 1 && !explained.contains(place))
        .map(|(place, _)| place);
    of_causes.chain(alone.take(UNEXPLAINED)).collect()
}

impl List<'_> {
    fn case(&self, group: &[(usize, &TestRecord)], wire: &mut Wire) -> String {
        let Some((_, first)) = group.first() else { return String::new() };
        let passed = group.iter().filter(|(_, test)| test.verdict == Verdict::Pass).count();
        let worst = group.iter().map(|(_, test)| test.verdict).max_by_key(|verdict| badness(*verdict));
        let (class, sign) = mark(worst.unwrap_or(Verdict::Pass));
        let name = common(group);
        let mut html = format!(
            "<details class=\"case {class}\"><summary><span class=\"sign\">{sign}</span> <span class=\"id\">{}</span> <span class=\"faint\">{}{}</span></summary>\n",
            text(name),
            text(&first.title),
            if group.len() > 1 { format!(" ({passed} of {} passed)", group.len()) } else { String::new() },
        );
        let place =
            if first.line == 0 { first.file.clone() } else { format!("{}:{}", first.file, first.line) };
        let _ = write!(html, "<p class=\"faint\">{}", text(&place));
        for source in &first.source {
            let _ = write!(html, " · {}", link(source));
        }
        html.push_str("</p>\n<ul class=\"tests\">\n");
        for (place, test) in group {
            html.push_str(&self.one(*place, test, name, wire));
        }
        html.push_str("</ul></details>\n");
        html
    }

    fn one(&self, place: usize, test: &TestRecord, case: &str, wire: &mut Wire) -> String {
        let rest = test.id.strip_prefix(case).unwrap_or(&test.id);
        let causes = self.causes.get(&place);
        let codes = causes.map(|codes| format!(" data-c=\"{}\"", codes.join(" "))).unwrap_or_default();
        let (mark, _) = mark(test.verdict);
        let mut html = format!("<li id=\"t{place}\" class=\"{}\"{codes}>", class(test.verdict));
        if !matches!(test.verdict, Verdict::Pass | Verdict::Fail) {
            let _ = write!(html, "{} ", chip(mark, test.verdict.word()));
        }
        if !rest.is_empty() {
            let _ = write!(html, "<span>{}</span> ", text(rest));
        }
        if let Some(note) = &test.note {
            let _ = write!(html, "<span class=\"faint\">{}</span> ", prose(note));
        }
        let in_full = self.in_full.contains(&place);
        if !in_full {
            for step in &test.transcript.steps {
                let exchange = wire.place(&step.exchange, &evidence(test, step));
                let _ = write!(
                    html,
                    "<button data-x=\"{exchange}\">{} {} → {}</button>",
                    text(&step.request),
                    text(&step.exchange.sent.method),
                    status(&step.exchange)
                );
            }
        }
        html.push_str(&findings(test, causes, self.record, in_full));
        if in_full {
            for step in &test.transcript.steps {
                let _ = write!(
                    html,
                    "<details class=\"x\"><summary><b>{}</b>: {}</summary>{}</details>",
                    text(&step.request),
                    text(&named(&step.exchange)),
                    wire.in_full(&step.exchange, &evidence(test, step))
                );
            }
        }
        html.push_str("</li>\n");
        html
    }
}

/// The lines by which a test's findings show what is wrong with an exchange.
fn evidence<'t>(test: &'t TestRecord, step: &Step) -> Vec<&'t str> {
    let of_it = |finding: &&Finding| finding.request.as_ref().is_none_or(|request| *request == step.request);
    test.findings.iter().filter(of_it).flat_map(|finding| &finding.evidence).map(String::as_str).collect()
}

/// The findings of a test, with the causes that explain it. Where another test shows the same in full, a line each.
fn findings(test: &TestRecord, causes: Option<&Vec<&str>>, record: &RunRecord, in_full: bool) -> String {
    if test.findings.is_empty() {
        return String::new();
    }
    let mut html = "<div class=\"findings\">".to_owned();
    for finding in &test.findings {
        html.push_str(&one_finding(finding, in_full));
    }
    if let Some(codes) = causes {
        let links: Vec<String> = codes
            .iter()
            .filter_map(|code| {
                let place = record.causes.iter().position(|cause| cause.cause.code.as_str() == *code)?;
                Some(format!("<a href=\"#cause-{place}\">{code}</a>"))
            })
            .collect();
        let _ = write!(html, "<p>Cause: {}</p>", links.join(", "));
    }
    html.push_str("</div>");
    html
}

/// How many characters of an address are shown as the text of its link.
const ADDRESS: usize = 44;

/// A source as a link, if it is a web address.
fn link(source: &str) -> String {
    let Some(rest) = source.strip_prefix("https://").filter(|_| !source.contains(char::is_whitespace)) else {
        return text(source);
    };
    let mut shown: String = rest.chars().take(ADDRESS).collect();
    if shown.len() < rest.len() {
        shown.push('…');
    }
    format!("<a href=\"{}\">{}</a>", text(source), text(&shown))
}

/// How much a verdict needs a reader's attention.
fn badness(verdict: Verdict) -> u8 {
    match mark(verdict) {
        ("bad", _) => 3,
        ("doubt", _) => 2,
        ("good", _) => 1,
        _ => 0,
    }
}

/// What the ids of a case's tests begin with.
fn common<'r>(group: &[(usize, &'r TestRecord)]) -> &'r str {
    let Some((_, first)) = group.first() else { return "" };
    let mut end = first.id.len();
    for (_, test) in group {
        let same = first.id.bytes().zip(test.id.bytes()).take_while(|(a, b)| a == b).count();
        end = end.min(same);
    }
    while !first.id.is_char_boundary(end) {
        end -= 1;
    }
    first.id.get(..end).unwrap_or(&first.id).trim_end_matches(['[', '/', ' '])
}

fn one_finding(finding: &Finding, in_full: bool) -> String {
    let class = match finding.weight {
        Weight::Failure => "bad",
        Weight::Warning | Weight::NotJudged => "doubt",
    };
    let about = finding.request.as_ref().map(|request| format!("<code>{}</code>: ", text(request)));
    let code = format!("<code>{}</code>", finding.code);
    let code = if in_full { chip(class, code) } else { code };
    let mut html = format!("<p>{code} {}{}</p>", about.unwrap_or_default(), prose(&finding.message));
    if !in_full {
        return html;
    }
    if !finding.expected.is_empty() {
        let _ = write!(
            html,
            "<p class=\"faint\">expected {}, actual {}</p>",
            text(&finding.expected),
            text(&finding.actual)
        );
    }
    if !finding.evidence.is_empty() {
        let lines: Vec<String> = finding.evidence.iter().map(|line| text(line)).collect();
        let _ = write!(html, "<pre tabindex=\"0\">{}</pre>", lines.join("\n"));
    }
    if let Some(at) = &finding.section {
        let _ = write!(html, "<p class=\"faint\">{}</p>", link(at));
    }
    html
}

/// What did not apply, by reason.
pub(super) fn not_applicable(record: &RunRecord) -> String {
    let mut reasons: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for test in record.tests.iter().filter(|test| test.verdict == Verdict::NotApplicable) {
        reasons.entry(test.note.as_deref().unwrap_or_default()).or_default().push(&test.id);
    }
    if reasons.is_empty() {
        return String::new();
    }
    let mut html = String::new();
    for (reason, ids) in reasons {
        let ids: Vec<String> = ids.into_iter().map(text).collect();
        let _ = write!(
            html,
            "<details><summary>{} × {}</summary>\n<p class=\"ids\">{}</p></details>\n",
            ids.len(),
            text(reason),
            ids.join("<br/>")
        );
    }
    section("not-applicable", "Not applicable here", "What the endpoint cannot be asked, by reason.", &html)
}
