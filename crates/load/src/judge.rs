//! Whether an answer is right: the same checks and reason codes as in a conformance run, and what
//! only shows under load: answers that change, and answers of others. Pure.

use std::{
    collections::{HashMap, HashSet},
    fmt::Write,
};

use crosscheck_core::{
    exchange::{Bounds, Transcript},
    fetch::{Outcome, Profile, Reason, cors_check, preflight::Asked, preflight_check},
    message::Response,
    verdict::Code,
};

use super::{
    kept,
    plan::Expected,
    saving::Answers,
    work::{Asks, Template, Work},
    wrong::Wrong,
};

/// What is wrong with what a page got; `origins` are all that ask. What a browser's own caches gave
/// counts as well as what the endpoint answered.
pub(crate) fn judge_page(
    outcome: &Outcome,
    expected: Expected,
    origin: &str,
    origins: &HashSet<String>,
) -> Option<Wrong> {
    match (outcome, expected) {
        (Outcome::Blocked(blocked), Expected::Allowed) => Some(Wrong {
            reason: blocked.reason.into(),
            message: blocked.reason.meaning().to_owned(),
            section: Some(blocked.reason.anchor().to_owned()),
            expected: format!("an answer that {origin} may read"),
            crossed: blocked
                .subject
                .as_ref()
                .is_some_and(|value| *value != origin && origins.contains(value)),
            answer: None,
        }),
        (Outcome::Allowed(_), Expected::Refused) => Some(Wrong {
            reason: Code::RulesGranted,
            message: "a page that must be refused may read".to_owned(),
            section: Some("https://fetch.spec.whatwg.org/#concept-cors-check".to_owned()),
            expected: format!("nothing that allows {origin}"),
            crossed: false,
            answer: None,
        }),
        _ => None,
    }
}

/// What a request was answered before the load.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnloadedAnswer {
    /// The lines of the answer that are judged.
    pub signature: Vec<u8>,
    /// Whether the answer was right then.
    pub right: bool,
    vary_origin: bool,
    etag: Option<String>,
    /// As much of the answer as is kept.
    response: Response,
}

/// What is known before the load: the answers before the load, by template.
#[derive(Clone, Debug, Default)]
pub struct Knowledge {
    unloaded: Vec<Option<UnloadedAnswer>>,
    /// Which paths have an entity tag.
    etags: HashMap<String, Vec<String>>,
    /// Whether each case held, and what was sent and answered, of the first ones.
    cases: Vec<(bool, Option<Transcript>)>,
    /// The answers to the page requests of browsers.
    pages: Vec<Answers>,
}

/// Of so many cases it is kept what was sent and answered.
const CASES: usize = 200;

impl Knowledge {
    /// Nothing is known of so many templates.
    pub fn new(templates: usize) -> Self {
        Self { unloaded: vec![None; templates], etags: HashMap::new(), cases: Vec::new(), pages: Vec::new() }
    }

    /// Takes in what a template's request was answered.
    pub fn learn(&mut self, work: &Work, index: usize, response: &Response) -> Option<Wrong> {
        let template = work.templates.get(index)?;
        let wrong = judge(work, template, response, None, self);
        let etag = response.fields.text("etag");
        if let Some(etag) = &etag {
            let paths = self.etags.entry(etag.clone()).or_default();
            let path = template.request.url.path().to_owned();
            if !paths.contains(&path) {
                paths.push(path);
            }
        }
        let unloaded = UnloadedAnswer {
            signature: signature_of(response),
            right: wrong.is_none(),
            vary_origin: response.varies_by("origin"),
            etag,
            response: response.clone().within(&Bounds::AMPLE),
        };
        if let Some(slot) = self.unloaded.get_mut(index) {
            *slot = Some(unloaded);
        }
        wrong
    }

    /// Takes in whether the next case held, and what was sent and answered.
    pub fn tried(&mut self, held: bool, transcript: Option<Transcript>) {
        let kept = transcript.filter(|_| self.cases.len() < CASES).map(kept::transcript);
        self.cases.push((held, kept));
    }

    /// Whether a case held; `None` where it was not tried.
    pub fn held(&self, trial: usize) -> Option<bool> {
        self.cases.get(trial).map(|(held, _)| *held)
    }

    /// The cases of which it is known what was sent and answered.
    pub(crate) fn cases(&self) -> impl Iterator<Item = (usize, &Transcript)> {
        self.cases.iter().enumerate().filter_map(|(trial, (_, kept))| Some((trial, kept.as_ref()?)))
    }

    /// What a template's request was answered.
    pub(crate) fn answer(&self, index: usize) -> Option<&Response> {
        self.unloaded(index).map(|unloaded| &unloaded.response)
    }

    /// Takes in what the page requests of browsers were answered.
    pub(crate) fn learn_pages(&mut self, answers: &[Answers]) {
        self.pages = answers.to_vec();
    }

    /// What the page requests of browsers were answered, by their index.
    pub(crate) fn pages(&self) -> &[Answers] {
        &self.pages
    }

    /// What a template's request was answered.
    pub fn unloaded(&self, index: usize) -> Option<&UnloadedAnswer> {
        self.unloaded.get(index)?.as_ref()
    }

    /// How many templates have a answer before the load.
    pub fn known(&self) -> usize {
        self.unloaded.iter().flatten().count()
    }
}

/// Whether a field is one that judgements look at.
pub(crate) fn is_judged(name: &[u8]) -> bool {
    let begins =
        |prefix: &[u8]| name.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix));
    match name.len() {
        4 => begins(b"vary") || begins(b"etag"),
        8 => begins(b"location"),
        _ => begins(b"access-control-"),
    }
}

/// Adds to `out` what judgements look at: the status, and the judged lines in their order. Two answers
/// to one request with the same signature have the same judgement.
pub fn signature<'a>(out: &mut Vec<u8>, status: u16, fields: impl Iterator<Item = (&'a [u8], &'a [u8])>) {
    out.extend_from_slice(&status.to_be_bytes());
    for (name, value) in fields.filter(|(name, _)| is_judged(name)) {
        out.extend(name.iter().map(u8::to_ascii_lowercase));
        out.push(b':');
        out.extend_from_slice(value);
        out.push(b'\n');
    }
}

fn signature_of(response: &Response) -> Vec<u8> {
    let mut out = Vec::new();
    signature(
        &mut out,
        response.status,
        response.fields.iter().map(|field| (field.name.as_bytes(), field.value.as_ref())),
    );
    out
}

/// A signature without what may change with the content.
fn steady(signature: &[u8]) -> impl Iterator<Item = &[u8]> {
    signature.split(|byte| *byte == b'\n').filter(|line| !line.starts_with(b"etag:"))
}

/// Whether a browser lets the page go on with an answer to a template's request, or why not, and what that is about.
pub(crate) fn check(template: &Template, response: &Response) -> Result<(), (Reason, Option<String>)> {
    match &template.asks {
        Asks::Preflight { method, unsafe_names } => {
            let asked = Asked {
                origin: &template.origin,
                method,
                unsafe_names,
                credentials: template.credentials,
                use_preflight: true,
            };
            preflight_check(&asked, response, Profile::Spec.behaviour())
                .map(|_| ())
                .map_err(|failure| (failure.reason(), failure.subject()))
        }
        Asks::Actual => cors_check(&template.origin, template.credentials, response)
            .map_err(|failure| (failure.reason(), failure.subject().map(str::to_owned))),
    }
}

/// What is wrong with an answer to a template's request.
pub fn judge(
    work: &Work,
    template: &Template,
    response: &Response,
    unloaded: Option<&UnloadedAnswer>,
    knowledge: &Knowledge,
) -> Option<Wrong> {
    match (template.expected, check(template, response)) {
        (Expected::Allowed, Err((reason, subject))) => {
            return Some(refused(work, template, reason, subject.as_deref()));
        }
        (Expected::Refused, Ok(())) => return Some(granted(template, response)),
        _ => {}
    }
    if template.vary_origin.unwrap_or_else(|| unloaded.is_some_and(|unloaded| unloaded.vary_origin))
        && !response.varies_by("origin")
    {
        let when =
            if template.vary_origin.is_some() { "as the plan wants" } else { "as it did before the load" };
        return Some(Wrong {
            reason: Code::RulesVary,
            message: "the answer does not say on what it depends".to_owned(),
            section: Some("https://fetch.spec.whatwg.org/#cors-protocol-and-http-caches".to_owned()),
            expected: format!("Vary with `Origin`, {when}"),
            crossed: false,
            answer: None,
        });
    }
    let unloaded = unloaded?;
    if let Some(wrong) = another_resource(template, response, unloaded, knowledge) {
        return Some(wrong);
    }
    if steady(&signature_of(response)).eq(steady(&unloaded.signature)) {
        return None;
    }
    Some(Wrong {
        reason: Code::LoadChanged,
        message: "the same request is answered otherwise than before the load".to_owned(),
        section: None,
        expected: in_words(&unloaded.signature),
        crossed: false,
        answer: None,
    })
}

fn refused(work: &Work, template: &Template, reason: Reason, subject: Option<&str>) -> Wrong {
    let crossed = subject.is_some_and(|value| value != template.origin && work.origins.contains(value));
    let mut message = reason.meaning().to_owned();
    if crossed {
        message.push_str(" It is that of another page that was asking.");
    }
    let mut expected = format!("Access-Control-Allow-Origin: {}", template.origin);
    if let Asks::Preflight { method, unsafe_names } = &template.asks {
        let _ = write!(expected, ", {method} allowed");
        if !unsafe_names.is_empty() {
            let _ = write!(expected, ", `{}` allowed", unsafe_names.join("`, `"));
        }
    }
    if template.credentials {
        expected.push_str(", Access-Control-Allow-Credentials: true");
    }
    let section = Some(reason.anchor().to_owned());
    Wrong { reason: reason.into(), message, section, expected, crossed, answer: None }
}

fn granted(template: &Template, response: &Response) -> Wrong {
    let value = response.fields.text("access-control-allow-origin").unwrap_or_default();
    Wrong {
        reason: Code::RulesGranted,
        message: format!("a page that must be refused may read: the answer allows `{value}`"),
        section: Some("https://fetch.spec.whatwg.org/#concept-cors-check".to_owned()),
        expected: format!("nothing that allows {}", template.origin),
        crossed: false,
        answer: None,
    }
}

/// An entity tag that another path had, and not this one, is another resource's answer.
fn another_resource(
    template: &Template,
    response: &Response,
    unloaded: &UnloadedAnswer,
    knowledge: &Knowledge,
) -> Option<Wrong> {
    let etag = response.fields.text("etag")?;
    let own = unloaded.etag.as_ref()?;
    let paths = knowledge.etags.get(&etag)?;
    let path = template.request.url.path();
    if etag == *own || paths.iter().any(|other| other == path) {
        return None;
    }
    Some(Wrong {
        reason: Code::LoadCrossed,
        message: format!("the answer is that of another resource: {}", paths.join(", ")),
        section: None,
        expected: format!("ETag: {own}, of {path}"),
        crossed: true,
        answer: None,
    })
}

/// A signature as a person reads it.
fn in_words(signature: &[u8]) -> String {
    let (status, lines) = signature.split_at(signature.len().min(2));
    let status = status.try_into().map_or(0, u16::from_be_bytes);
    let lines: Vec<String> = lines
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
        .map(|line| crosscheck_core::message::isomorphic::decode(line).replacen(':', ": ", 1))
        .collect();
    format!("{status}; {}", lines.join("; "))
}
