//! Derives the origins near the allowed ones: what patterns without an anchor, comparisons of
//! beginnings and ends, and parsers that disagree let through. Every one is made of what the
//! policy allows, and none of them is allowed by it.

mod every;
mod mixed;
mod parts;
mod reach;
#[cfg(test)]
mod tests;

use std::{collections::HashSet, fmt};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Policy;
use crate::message::isomorphic;
use parts::Parts;
pub use reach::Reach;

/// A host that anybody may register: where the pages of strangers are.
const STRANGER: &str = "evil.test";

/// An origin that looks like an allowed one and is not allowed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NearOrigin {
    /// A stable id: its class, such as `prefix-host`. If it is made from further allowed origins, their numbers come
    /// first: `2.prefix-host`, `1.2.glued`.
    pub id: String,
    /// Value of `Origin`, isomorphic-decoded.
    pub origin: String,
    /// Description.
    pub what: String,
    /// The allowed origin that it looks like.
    pub near: String,
    /// Browsers that can send it.
    pub reach: Reach,
    /// Risk of allowing it with credentials.
    pub with_credentials: Severity,
    /// Risk of allowing it without credentials.
    pub without_credentials: Severity,
}

impl NearOrigin {
    /// The bytes to send.
    pub fn bytes(&self) -> Vec<u8> {
        isomorphic::encode(&self.origin).unwrap_or_else(|| self.origin.clone().into_bytes())
    }

    /// The class of origins that it belongs to: its id without the numbers of the allowed origins that it is made of.
    pub fn class(&self) -> &str {
        self.id.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.')
    }

    /// How bad it is to allow it, with or without credentials.
    pub fn severity(&self, credentials: bool) -> Severity {
        if credentials { self.with_credentials } else { self.without_credentials }
    }
}

/// Risk of allowing an origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// No known attack, but the comparison is loose.
    Info,
    /// An attacker gets public data only, or needs a client other than a browser.
    Low,
    /// An attacker needs control over a subdomain or the network.
    Medium,
    /// An attacker only needs to register a domain name.
    High,
}

impl Severity {
    /// The word for it in reports.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// Who has pages there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Gain {
    /// Anybody who registers a name, or nobody in particular, such as a sandboxed frame.
    Anybody,
    /// Somebody with a foot in the door: a subdomain, another port, the network, an app.
    Insider,
}

impl Gain {
    /// With and without credentials.
    fn severity(self, reach: Reach) -> (Severity, Severity) {
        match (self, reach) {
            (_, Reach::None) => (Severity::Low, Severity::Info),
            (Self::Anybody, _) => (Severity::High, Severity::Low),
            (Self::Insider, _) => (Severity::Medium, Severity::Low),
        }
    }
}

/// The origins near those that the policy allows, each once, in a stable order: first those of
/// the first allowed origin in full, then the telling ones of each further allowed origin, then
/// mixtures of two. Empty where nothing is allowed, or everything.
pub fn near_origins(policy: &Policy) -> Vec<NearOrigin> {
    let allowed = policy.concrete_origins();
    let parts: Vec<Parts> = allowed.iter().filter_map(|origin| Parts::of(origin)).collect();
    let mut made = Made { policy, seen: HashSet::new(), origins: Vec::new() };
    for (index, parts) in parts.iter().enumerate() {
        every::derive(parts, index, &mut made);
    }
    for (first, one) in parts.iter().enumerate() {
        for (second, other) in parts.iter().enumerate().filter(|(second, _)| *second != first) {
            mixed::derive((first, one), (second, other), &mut made);
        }
    }
    made.origins
}

/// The parts of their ids by which those are known of which one tells each careless comparison: of the beginning, of the
/// end, of a part, with a dot for any character, without scheme or port, of `null`, and of nothing at all.
const TELLING: [&str; 9] = [
    "other",
    "null",
    "prefix-host",
    "prefix-letter",
    "suffix-glued",
    "subdomain",
    "scheme-swapped",
    "port-next",
    "dot-letter-1",
];

/// How many allowed origins have telling ones.
const TELLING_OF: usize = 2;

/// One of the near origins for each careless comparison with the first allowed origins: all that every browser can
/// send, for what is asked in many ways.
pub fn near_pages(policy: &Policy) -> Vec<NearOrigin> {
    let telling = |near: &NearOrigin| {
        let (number, name) = match near.id.split_once('.') {
            Some((number, name)) => (number.parse().unwrap_or(usize::MAX), name),
            None => (1, near.id.as_str()),
        };
        near.reach == Reach::Every && number <= TELLING_OF && TELLING.contains(&name)
    };
    near_origins(policy).into_iter().filter(telling).collect()
}

/// What has been derived so far.
struct Made<'a> {
    policy: &'a Policy,
    seen: HashSet<String>,
    origins: Vec<NearOrigin>,
}

impl Made<'_> {
    fn put(&mut self, id: String, gain: Gain, what: impl Into<String>, near: &str, origin: String) {
        let reach = reach::of(&origin);
        let (with_credentials, without_credentials) = gain.severity(reach);
        let made = NearOrigin {
            id,
            origin,
            what: what.into(),
            near: near.to_owned(),
            reach,
            with_credentials,
            without_credentials,
        };
        if !self.policy.allows_origin(&made.bytes()) && self.seen.insert(made.origin.clone()) {
            self.origins.push(made);
        }
    }
}
