//! Why answers were wrong: what the senders kept of wrong answers is attributed to causes, by the diagnosis of a
//! conformance run. Each cause is named once, with what it explains; what no cause explains stays unexplained. Pure.

mod sightings;

use std::collections::{BTreeMap, BTreeSet, btree_map::Entry};

use crosscheck_core::{
    diagnosis::{self, Background, Cause, Changed, Diagnosed, Performed, Requests, Sighting, under_load},
    exchange::ServedBy,
    fetch::method,
    message::Response,
    policy::Policy,
    verdict::{Code, Finding, Oracle, Weight},
};

pub(crate) use self::sightings::{page_of, sighting_of_page};
use self::sightings::{page_of_template, sighting, sighting_of_answers};
use super::{
    judge::Knowledge,
    plan::Expected,
    record::LoadCause,
    tally::{FindingTally, Group, Tally},
    work::Work,
    wrong::{Shown, Wrong},
};

/// The causes of what was wrong, and the one of each finding.
#[derive(Debug, Default)]
pub(crate) struct Attribution {
    /// The causes, worst first.
    pub causes: Vec<LoadCause>,
    /// By finding of the tally, the cause that explains most of its answers.
    pub of_findings: Vec<Option<Cause>>,
}

/// The causes of everything that was wrong.
pub(crate) fn attribute(work: &Work, knowledge: &Knowledge, tally: &Tally) -> Attribution {
    if tally.findings().is_empty() {
        return Attribution::default();
    }
    let evidence = Evidence::new(work, knowledge, tally);
    let mut found = Found::default();
    let mut of_findings = Vec::new();
    for (index, finding) in tally.findings().iter().enumerate() {
        let request = work.rows.get(finding.row).map(|row| row.name.as_str()).unwrap_or_default();
        let mut counts: BTreeMap<Cause, u64> = BTreeMap::new();
        for (of, group) in &finding.groups {
            for cause in evidence.causes((index, *of), finding, group) {
                *counts.entry(cause.code).or_default() += group.count;
                found.add(cause, request, group.count);
            }
        }
        // Of causes that explain as many answers, the first of the catalogue.
        let most = counts.into_iter().rev().max_by_key(|(_, count)| *count);
        of_findings.push(most.map(|(cause, _)| cause));
    }
    Attribution { causes: found.sorted(), of_findings }
}

/// The causes that were found, each once.
#[derive(Default)]
struct Found {
    causes: BTreeMap<(Cause, Option<String>), LoadCause>,
    /// By cause, further subjects that are not told one by one.
    more: BTreeMap<Cause, BTreeSet<String>>,
}

/// Of one cause, so many subjects are told one by one.
const SUBJECTS: usize = 8;

impl Found {
    fn add(&mut self, cause: Diagnosed, request: &str, answers: u64) {
        let code = cause.code;
        let mut key = (code, cause.subject.clone().filter(|_| code.is_per_subject()));
        let of_code = || self.causes.keys().filter(|(other, _)| *other == code);
        if !self.causes.contains_key(&key)
            && of_code().count() >= SUBJECTS
            && let Some(first) = of_code().next().cloned()
        {
            self.more.entry(code).or_default().extend(key.1);
            key = first;
        }
        // What carries another page's origin says more than what only differs, and what has evidence more than the rest.
        let says = |cause: &Diagnosed| (cause.subject.is_some(), !cause.evidence.is_empty());
        let known = match self.causes.entry(key) {
            Entry::Occupied(known) => {
                let known = known.into_mut();
                if says(&cause) > says(&known.cause) {
                    known.cause = cause;
                }
                known
            }
            Entry::Vacant(new) => new.insert(LoadCause { cause, requests: Vec::new(), answers: 0 }),
        };
        known.answers += answers;
        if !known.requests.iter().any(|other| other == request) {
            known.requests.push(request.to_owned());
        }
    }

    /// Worst first: by severity, then by the answers that are explained.
    fn sorted(mut self) -> Vec<LoadCause> {
        for (code, more) in &self.more {
            if let Some((_, first)) = self.causes.iter_mut().find(|((other, _), _)| other == code) {
                let named: Vec<&str> = more.iter().take(3).map(String::as_str).collect();
                let sentence = &mut first.cause.sentence;
                sentence.push_str(&format!("; and {} more, such as {}", more.len(), named.join(", ")));
            }
        }
        let mut causes: Vec<LoadCause> = self.causes.into_values().collect();
        causes.sort_by_key(|it| std::cmp::Reverse((it.cause.severity, it.answers)));
        causes
    }
}

/// What is known of the endpoint when causes are looked for.
struct Evidence<'a> {
    work: &'a Work,
    knowledge: &'a Knowledge,
    requests: Requests,
    /// What came of the page requests of browsers before the load.
    pages: Vec<Option<Sighting>>,
    /// The templates that are not answered alike under load.
    changing: BTreeSet<usize>,
    /// Whether it is known what the endpoint answered before the load.
    has_baseline: bool,
    cases: BTreeMap<GroupKey, Vec<Diagnosed>>,
}

/// The index of a finding, and the key of one of its groups.
type GroupKey = (usize, (usize, bool));

impl<'a> Evidence<'a> {
    fn new(work: &'a Work, knowledge: &'a Knowledge, tally: &Tally) -> Self {
        let mut answered: Vec<Sighting> = Vec::new();
        for (index, template) in work.templates.iter().enumerate() {
            answered.extend(knowledge.answer(index).map(|answer| sighting(template, answer)));
        }
        let pages = work.page_requests.iter().zip(knowledge.pages());
        let pages: Vec<Option<Sighting>> = pages
            .map(|(page_request, answers)| sighting_of_answers(&page_of(&page_request.request), answers))
            .collect();
        answered.extend(pages.iter().flatten().cloned());
        let has_baseline = !answered.is_empty();
        // What was right before the load says nothing of the endpoint where it is wrong under it.
        for (_, group) in groups(tally).filter(|(_, group)| !is_of_load(group)) {
            match &group.shown {
                Some(Shown::Answer(answer)) => {
                    let template = work.templates.get(group.requested.index);
                    answered.extend(template.map(|template| sighting(template, answer)));
                }
                Some(Shown::Page(page)) if !is_of_load_of_page(&pages, group) => {
                    answered.push(page.1.clone())
                }
                _ => {}
            }
        }
        Self {
            work,
            knowledge,
            requests: Requests::new(answered, policy(work)),
            has_baseline,
            pages,
            changing: tally
                .findings()
                .iter()
                .filter(|finding| is_changed(finding.wrong.reason))
                .flat_map(|finding| finding.groups.values().map(|group| group.requested.index))
                .collect(),
            cases: of_cases(work, knowledge, tally),
        }
    }

    /// The causes of wrong answers to one request.
    fn causes(&self, key: GroupKey, tally: &FindingTally, group: &Group) -> Vec<Diagnosed> {
        if let Some(causes) = self.cases.get(&key) {
            return causes.clone();
        }
        self.cause(tally, group).into_iter().collect()
    }

    fn cause(&self, tally: &FindingTally, group: &Group) -> Option<Diagnosed> {
        let finding = finding(&tally.wrong);
        let changes =
            matches!(group.shown, Some(Shown::Answer(_))) && self.changing.contains(&group.requested.index);
        if is_of_load(group) || changes || is_of_load_of_page(&self.pages, group) {
            return Some(self.changed(tally, group));
        }
        // What belongs to no answer is known by its code.
        let Some(shown) = &group.shown else { return diagnosis::of_finding(&finding) };
        let (page, seen) = match shown {
            Shown::Answer(answer) => {
                let template = self.work.templates.get(group.requested.index)?;
                // The answer before the load has content, too, where it was wrong in the same way.
                let seen = sighting(template, answer);
                let before = self.knowledge.answer(group.requested.index).map(|it| sighting(template, it));
                let same = before.filter(|it| (it.reason, &it.subject) == (seen.reason, &seen.subject));
                (page_of_template(template), same.unwrap_or(seen))
            }
            Shown::Page(page) => (page.0.clone(), page.1.clone()),
            Shown::Case(_) => return None,
        };
        // Of a stored answer that names no origin it is not known what it was stored for.
        if seen.served_by != ServedBy::Network && seen.stored.is_none() {
            return None;
        }
        let cause = self.requests.cause(&finding, &page, &seen)?;
        match cause.code {
            // Without the right answers it is not known what others get.
            Cause::OriginNotAllowed if !self.has_baseline && group.crossed => {
                Some(self.changed(tally, group))
            }
            Cause::OriginNotAllowed | Cause::NoCorsAtAll
                if !self.has_baseline && !seen.has_allow_origin() =>
            {
                None
            }
            _ => Some(cause),
        }
    }

    /// The cause of answers that are wrong only under load.
    fn changed(&self, tally: &FindingTally, group: &Group) -> Diagnosed {
        let changed = match (tally.wrong.reason, group.crossed) {
            (Code::LoadCrossed, _) => Changed::OtherResource,
            (_, true) => Changed::OtherOrigin,
            (_, false) => Changed::Fields,
        };
        let (lines, credentials) = match &group.shown {
            Some(Shown::Answer(answer)) => {
                let template = self.work.templates.get(group.requested.index);
                let before = self.knowledge.answer(group.requested.index);
                let mut lines: Vec<String> = Vec::new();
                lines.extend(template.map(|template| format!("Origin: {}", template.origin)));
                lines.extend(differences(before, answer));
                (lines, answer.allows_credentials() || template.is_some_and(|it| it.credentials))
            }
            Some(Shown::Page(page)) => {
                let (page, seen) = page.as_ref();
                let before = self.pages.get(group.requested.index).and_then(Option::as_ref);
                let before = before.and_then(|before| match seen.reason {
                    Some(reason) if reason.is_of_preflight() => before.preflight_response(),
                    _ => before.response(),
                });
                let mut lines = vec![format!("Origin: {}", page.origin)];
                lines.extend(seen.decisive().into_iter().flat_map(|answer| differences(before, answer)));
                let mut responses =
                    seen.preflight.iter().chain(&seen.hops).filter_map(|exchange| exchange.response());
                (lines, page.credentials || responses.any(Response::allows_credentials))
            }
            Some(Shown::Case(case)) => {
                let (transcript, finding) = case.as_ref();
                let mut responses = transcript.steps.iter().filter_map(|step| step.exchange.response());
                let lines = finding.evidence.iter().take(6).cloned().collect();
                (lines, responses.any(Response::allows_credentials))
            }
            None => (Vec::new(), false),
        };
        under_load(changed, lines, credentials)
    }
}

fn groups(tally: &Tally) -> impl Iterator<Item = (GroupKey, &Group)> {
    let findings = tally.findings().iter().enumerate();
    findings.flat_map(|(index, finding)| finding.groups.iter().map(move |(of, group)| ((index, *of), group)))
}

/// Whether the reason is that answers under load are not those before it.
fn is_changed(reason: Code) -> bool {
    matches!(reason, Code::LoadChanged | Code::LoadCrossed)
}

/// Whether the endpoint itself answered a browser's request rightly before the load, and wrongly under it. A 304 is
/// about what is stored.
fn is_of_load_of_page(before: &[Option<Sighting>], group: &Group) -> bool {
    let Some(Shown::Page(page)) = &group.shown else { return false };
    let seen = &page.1;
    let before = before.get(group.requested.index).and_then(Option::as_ref);
    before.is_some_and(|before| before.allowed() != seen.allowed())
        && seen.served_by == ServedBy::Network
        && seen.status() != Some(304)
}

/// Whether the same request was answered rightly before the load.
fn is_of_load(group: &Group) -> bool {
    group.requested.ok_unloaded == Some(true)
}

/// The causes of the whole cases that failed before the load, too.
fn of_cases(work: &Work, knowledge: &Knowledge, tally: &Tally) -> BTreeMap<GroupKey, Vec<Diagnosed>> {
    let mut keys = Vec::new();
    let mut performed = Vec::new();
    for (key, group) in groups(tally).filter(|(_, group)| !is_of_load(group)) {
        let Some(Shown::Case(case)) = &group.shown else { continue };
        let Some(trial) = work.trials.get(group.requested.index) else { continue };
        keys.push(key);
        performed.push(Performed {
            test: trial.test(),
            transcript: &case.0,
            findings: std::slice::from_ref(&case.1),
            counts: true,
        });
    }
    if performed.is_empty() {
        return BTreeMap::new();
    }
    let before = knowledge.cases().filter_map(|(index, transcript)| {
        let test = work.trials.get(index)?.test();
        Some(Performed { test, transcript, findings: &[], counts: false })
    });
    performed.extend(before);
    let (attributed, _) = diagnosis::attribute(&performed, Background::default());
    let mut causes: BTreeMap<GroupKey, Vec<Diagnosed>> = BTreeMap::new();
    for attributed in attributed {
        for place in &attributed.tests {
            if let Some(key) = keys.get(*place) {
                causes.entry(*key).or_default().push(attributed.cause.clone());
            }
        }
    }
    causes
}

/// What the plan says must be allowed.
fn policy(work: &Work) -> Policy {
    let mut origins = BTreeSet::new();
    let mut methods = BTreeSet::new();
    let mut headers = BTreeSet::new();
    let pages = work
        .templates
        .iter()
        .filter(|template| template.expected == Expected::Allowed)
        .map(page_of_template)
        .chain(
            work.page_requests
                .iter()
                .filter(|page_request| page_request.expected == Expected::Allowed)
                .map(|page_request| page_of(&page_request.request)),
        );
    for page in pages {
        headers.extend(page.unsafe_names());
        methods.insert(method::normalize(&page.method).clone());
        origins.insert(page.origin);
    }
    Policy::from_origins(origins).with_methods(methods).with_headers(headers)
}

/// What is wrong as a finding of a conformance run.
fn finding(wrong: &Wrong) -> Finding {
    Finding {
        oracle: Oracle::Outcome,
        weight: Weight::Failure,
        code: wrong.reason,
        request: None,
        message: wrong.message.clone(),
        expected: wrong.expected.clone(),
        actual: String::new(),
        evidence: Vec::new(),
        section: wrong.section.clone(),
        fix: None,
        severity: None,
        reach: None,
    }
}

/// The lines in which an answer differs from the one before the load; all that are judged, where that is not known.
fn differences(before: Option<&Response>, answer: &Response) -> Vec<String> {
    const LINES: usize = 6;
    let judged = |response: &Response| -> Vec<String> {
        let fields = response.fields.iter().filter(|field| super::judge::is_judged(field.name.as_bytes()));
        let lines = fields.map(|field| format!("{}: {}", field.name, field.text()));
        std::iter::once(format!("status {}", response.status)).chain(lines).collect()
    };
    let under = judged(answer);
    let Some(before) = before.map(judged) else {
        return under.into_iter().take(LINES).map(|line| format!("under load: {line}")).collect();
    };
    let lacks = |lines: &[String], line: &String| !lines.iter().any(|other| other.eq_ignore_ascii_case(line));
    let mut lines: Vec<String> = before
        .iter()
        .filter(|line| lacks(&under, line))
        .take(LINES / 2)
        .map(|line| format!("before the load: {line}"))
        .collect();
    let new: Vec<&String> = under.iter().filter(|line| lacks(&before, line)).take(LINES / 2).collect();
    if new.is_empty() && !lines.is_empty() {
        lines.push("under load: none of these lines".to_owned());
    }
    lines.extend(new.into_iter().map(|line| format!("under load: {line}")));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cause(code: Cause, subject: Option<&str>, evidence: &[&str]) -> Diagnosed {
        Diagnosed {
            code,
            subject: subject.map(str::to_owned),
            severity: code.severity(false),
            sentence: code.to_string(),
            cure: Vec::new(),
            repair: Vec::new(),
            evidence: evidence.iter().map(|line| (*line).to_owned()).collect(),
        }
    }

    #[test]
    fn a_cause_is_told_once_and_the_worst_comes_first() {
        let mut found = Found::default();
        found.add(cause(Cause::VaryMissing, Some("Origin"), &[]), "read", 500);
        found.add(cause(Cause::NoCorsAtAll, None, &[]), "read", 3);
        found.add(cause(Cause::AnswersChangeUnderLoad, None, &[]), "read", 4);
        found.add(
            cause(Cause::AnswersChangeUnderLoad, Some("Access-Control-Allow-Origin"), &["x"]),
            "ask",
            5,
        );
        found.add(cause(Cause::AnswersChangeUnderLoad, None, &["y"]), "read", 1);
        let sorted = found.sorted();
        let told: Vec<_> =
            sorted.iter().map(|it| (it.cause.code, it.requests.join(" "), it.answers)).collect();
        assert_eq!(
            told,
            [
                (Cause::AnswersChangeUnderLoad, "read ask".to_owned(), 10),
                (Cause::NoCorsAtAll, "read".to_owned(), 3),
                (Cause::VaryMissing, "read".to_owned(), 500),
            ]
        );
        assert_eq!(sorted[0].cause.evidence, ["x"], "another page's origin says most");
    }

    #[test]
    fn many_subjects_of_one_cause_do_not_hide_the_others() {
        let mut found = Found::default();
        for number in 0..50 {
            found.add(
                cause(Cause::OriginNotAllowed, Some(&format!("https://{number}.example")), &[]),
                "ask",
                1,
            );
        }
        let sorted = found.sorted();
        assert_eq!((sorted.len(), sorted.iter().map(|it| it.answers).sum::<u64>()), (SUBJECTS, 50));
        let more = sorted.iter().filter(|it| it.cause.sentence.contains("and 42 more, such as https://"));
        assert_eq!(more.count(), 1);
    }

    #[test]
    fn what_differs_from_the_answer_before_the_load_is_shown_without_what_is_the_same() {
        let before = Response::new(204).with_field("Vary", "Origin").with_field("X-Other", "1");
        let named = before.clone().with_field("Access-Control-Allow-Origin", "https://a.example");
        let lines = differences(Some(&named), &before);
        assert_eq!(
            lines,
            [
                "before the load: Access-Control-Allow-Origin: https://a.example",
                "under load: none of these lines"
            ]
        );
        assert_eq!(differences(None, &before), ["under load: status 204", "under load: Vary: Origin"]);
        assert!(differences(Some(&before), &before).is_empty());
    }
}
