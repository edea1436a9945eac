//! What is known when a cause is looked for: the request that was refused, and what was answered to others like it.

use super::{Experiment, ExplainedRequest, Sighting};
use crate::{
    exchange::{self, ServedBy},
    fetch::Reason,
    message::{Response, list},
};

/// What is known.
#[derive(Clone, Copy)]
pub struct Facts<'a> {
    /// The request, as the page makes it.
    pub page: &'a ExplainedRequest,
    /// What came of it.
    pub seen: &'a Sighting,
    /// What came of an experiment; `None`: it was not made.
    pub experiments: &'a dyn Fn(&Experiment) -> Option<&'a Sighting>,
    /// Whether an experiment that was not made can still be made.
    pub can_ask: &'a dyn Fn(&Experiment) -> bool,
    /// Every other request that was answered.
    pub others: &'a [&'a Sighting],
    /// Whether CORS fields were seen at all, be it under other rules.
    pub granted_at_all: bool,
    /// Whether no answer of this status has CORS fields, whatever the rules, and other answers have them.
    pub bare_status: bool,
}

/// Why a cause holds, and what to do.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Proof {
    /// The header, method, origin, host or status that it is about.
    pub subject: Option<String>,
    /// One sentence.
    pub sentence: String,
    /// Lines that show it.
    pub evidence: Vec<String>,
    /// What to change, one step a line.
    pub cure: Vec<String>,
    /// The same for a machine.
    pub edits: Vec<super::Edit>,
    /// The answers with which the request goes on once that is done; `None`: those that it had.
    pub instead: Option<Box<Sighting>>,
}

impl Proof {
    /// A proof with this sentence.
    pub fn new(sentence: impl Into<String>) -> Self {
        Self { sentence: sentence.into(), ..Self::default() }
    }

    /// With what it is about.
    #[must_use]
    pub fn about(mut self, subject: impl Into<String>) -> Self {
        self.subject = Some(subject.into());
        self
    }

    /// With one more line of evidence.
    #[must_use]
    pub fn shown_by(mut self, line: impl Into<String>) -> Self {
        self.evidence.push(line.into());
        self
    }

    /// With one more step of the cure.
    #[must_use]
    pub fn cured_by(mut self, step: impl Into<String>) -> Self {
        self.cure.push(step.into());
        self
    }

    /// With one more edit.
    #[must_use]
    pub fn edit(mut self, edit: super::Edit) -> Self {
        self.edits.push(edit);
        self
    }

    /// With the answers of another request from here on.
    #[must_use]
    pub fn instead(mut self, sighting: &Sighting) -> Self {
        self.instead = Some(Box::new(sighting.clone()));
        self
    }
}

impl<'a> Facts<'a> {
    /// What came of an experiment: `Err`: it can still be made.
    ///
    /// # Errors
    /// The experiment, where it was not made and can be.
    pub fn of(&self, experiment: Experiment) -> Result<Option<&'a Sighting>, Experiment> {
        match (self.experiments)(&experiment) {
            Some(sighting) => Ok(Some(sighting)),
            None if (self.can_ask)(&experiment) => Err(experiment),
            None => Ok(None),
        }
    }

    /// Another request of the same page that has the CORS fields.
    pub fn granted_elsewhere(&self) -> Option<&'a Sighting> {
        let page = Some(self.page.origin.as_str());
        self.others.iter().copied().find(|other| other.origin.as_deref() == page && other.grants_origin())
    }

    /// A request of any page, or of none, that has the CORS fields.
    pub fn granted_to_anyone(&self) -> bool {
        self.granted_at_all || self.others.iter().any(|other| other.has_allow_origin())
    }

    /// The response that decided.
    pub fn response(&self) -> Option<&'a Response> {
        self.seen.decisive()
    }

    /// The status of the response that decided.
    pub fn status(&self) -> Option<u16> {
        self.seen.status()
    }

    /// The reason.
    pub fn reason(&self) -> Option<Reason> {
        self.seen.reason
    }

    /// Whether the preflight was refused.
    pub fn is_of_preflight(&self) -> bool {
        self.reason().is_some_and(Reason::is_of_preflight)
    }

    /// Whether the answer that decided has no Access-Control-Allow-Origin.
    pub fn is_missing(&self) -> bool {
        matches!(self.reason(), Some(Reason::CorsCheckMissing | Reason::PreflightCorsCheckMissing))
            || (self.reason() == Some(Reason::PreflightStatus) && !self.seen.has_allow_origin())
    }

    /// Whether the answer names another origin.
    pub fn is_mismatch(&self) -> bool {
        matches!(
            self.reason(),
            Some(Reason::CorsCheckOriginMismatch | Reason::PreflightCorsCheckOriginMismatch)
        )
    }

    /// What the reason is about.
    pub fn subject(&self) -> &'a str {
        self.seen.subject.as_deref().unwrap_or_default()
    }

    /// The page's origin.
    pub fn origin(&self) -> &'a str {
        &self.page.origin
    }

    /// The content of the answer that decided, as text, in lower case; at most 64 KiB of it.
    pub fn words(&self) -> String {
        self.response().map(words).unwrap_or_default()
    }

    /// The line of the answer's content that has this phrase, whatever its case, short enough to be quoted.
    pub fn said(&self, phrase: &str) -> Option<String> {
        let body = self.response()?.decoded_body()?;
        let text = String::from_utf8_lossy(&body);
        let line = text.lines().find(|line| line.to_lowercase().contains(phrase))?.trim();
        Some(match line.char_indices().nth(120) {
            Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
            None => line.to_owned(),
        })
    }

    /// Lines of the answer by which a cache on the way shows that it answered.
    pub fn cache_hit(&self) -> Option<Vec<String>> {
        let served = exchange::served(self.response()?, &[]);
        (served.by != ServedBy::Network || self.seen.served_by != ServedBy::Network)
            .then_some(served.evidence)
    }

    /// Lines of the answer by which a CDN or a cache on the way shows itself, whether or not it answered.
    pub fn on_the_way(&self) -> Vec<String> {
        const SHOWN: &[&str] = &[
            "via",
            "x-cache",
            "x-cache-status",
            "cache-status",
            "cf-ray",
            "cf-cache-status",
            "x-amz-cf-id",
            "x-served-by",
            "x-varnish",
            "age",
            "eagleid",
            "x-swift-cachetime",
            "cdn-cache",
            "x-azure-ref",
            "x-cdn",
            "x-edge-location",
            "x-proxy-cache",
            "akamai-grn",
        ];
        let Some(response) = self.response() else { return Vec::new() };
        let named =
            response.fields.iter().filter(|field| SHOWN.contains(&field.name.to_ascii_lowercase().as_str()));
        named.map(|field| format!("{}: {}", field.name, field.text())).collect()
    }
}

/// The content of a response as text, in lower case; at most 64 KiB of it.
pub(super) fn words(response: &Response) -> String {
    const LIMIT: usize = 64 << 10;
    let body = response.decoded_body().unwrap_or_default();
    String::from_utf8_lossy(body.get(..LIMIT).unwrap_or(&body)).to_lowercase()
}

/// The members of a list field of a response.
pub(super) fn members(response: &Response, name: &str) -> Vec<String> {
    list::names(response.fields.lines(name))
}

/// A field of a response as a line.
pub(super) fn line(response: &Response, name: &str) -> Option<String> {
    response.fields.text(name).map(|value| format!("{name}: {value}"))
}
