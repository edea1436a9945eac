use bytes::Bytes;

use super::{Dialect, Policy, Question, Rule, pattern};
use crate::message::{Fields, is_token};

/// What the rules say of a request, and the field lines that its answer must carry for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ruling {
    /// Whether a rule matched, and which.
    pub decision: Decision,
    /// The CORS response fields (Fetch §3.2.3) and `Vary`, in the order in which they are sent.
    pub fields: Fields,
}

/// Whether a rule matched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// The request has no `Origin`: the rules are not asked.
    NotCors,
    /// The first rule that matches in everything.
    Matched {
        /// Its place in the policy, from 0.
        rule: usize,
        /// The place of the origin pattern that matched, from 0.
        pattern: usize,
    },
    /// No rule matches in everything.
    Refused(Refusal),
}

/// Why no rule matched: the nearest miss.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There are no rules.
    #[error("CORS is not configured")]
    NoRules,
    /// No rule has the origin.
    #[error("no rule allows the origin")]
    Origin,
    /// No rule with the origin has the method.
    #[error("rule {} allows the origin, but not the method", .rule + 1)]
    Method {
        /// The first rule that has the origin, from 0.
        rule: usize,
    },
    /// No rule with the origin and the method has every header.
    #[error("rule {} allows the origin and the method, but not {}", .rule + 1, .names.join(", "))]
    Headers {
        /// The rule with the fewest missing headers, from 0; of several the first.
        rule: usize,
        /// The headers that it lacks, as asked.
        names: Vec<String>,
    },
}

impl Ruling {
    /// Whether a rule matched.
    pub fn allowed(&self) -> bool {
        matches!(self.decision, Decision::Matched { .. })
    }
}

/// Asks the rules in their order; the first that matches origin, method and every requested
/// header decides, and the rest are not asked. A header that is no token (RFC 9110 §5.6.2)
/// is allowed by nothing, and an `Origin` that is not one visible value by nothing but `*`.
pub fn evaluate(policy: &Policy, dialect: Dialect, question: &Question) -> Ruling {
    let decision = decide(policy, question);
    let fields = match (&decision, &question.origin) {
        (Decision::Matched { rule, pattern }, Some(origin)) => match policy.rules.get(*rule) {
            Some(rule) => matched_fields(policy, dialect, rule, *pattern, origin, question),
            None => Fields::new(),
        },
        _ => unmatched_fields(policy, dialect),
    };
    Ruling { decision, fields }
}

fn decide(policy: &Policy, question: &Question) -> Decision {
    let Some(origin) = &question.origin else { return Decision::NotCors };
    if policy.rules.is_empty() {
        return Decision::Refused(Refusal::NoRules);
    }
    let mut nearest = Refusal::Origin;
    for (index, rule) in policy.rules.iter().enumerate() {
        let Some(pattern) = rule.allowed_origins.iter().position(|pattern| has_origin(pattern, origin))
        else {
            continue;
        };
        if !rule.allowed_methods.iter().any(|method| method == question.method()) {
            if nearest == Refusal::Origin {
                nearest = Refusal::Method { rule: index };
            }
            continue;
        }
        let missing: Vec<&String> =
            question.headers().iter().filter(|name| !has_header(rule, name)).collect();
        if missing.is_empty() {
            return Decision::Matched { rule: index, pattern };
        }
        if !matches!(&nearest, Refusal::Headers { names, .. } if names.len() <= missing.len()) {
            nearest = Refusal::Headers { rule: index, names: missing.into_iter().cloned().collect() };
        }
    }
    Decision::Refused(nearest)
}

fn has_origin(pattern: &str, origin: &[u8]) -> bool {
    pattern == "*" || (is_one_value(origin) && pattern::matches_origin(pattern, origin))
}

/// One visible value: not empty, no whitespace, no comma, nothing that is not ASCII. What is
/// not is never echoed.
fn is_one_value(origin: &[u8]) -> bool {
    !origin.is_empty() && origin.iter().all(|byte| byte.is_ascii_graphic() && *byte != b',')
}

fn has_header(rule: &Rule, name: &str) -> bool {
    is_token(name.as_bytes())
        && rule.allowed_headers.iter().any(|pattern| pattern::matches_name(pattern, name))
}

fn matched_fields(
    policy: &Policy,
    dialect: Dialect,
    rule: &Rule,
    pattern: usize,
    origin: &Bytes,
    question: &Question,
) -> Fields {
    let traits = dialect.traits();
    let is_any = |pattern: &String| pattern == "*";
    let any = rule.allowed_origins.get(pattern).is_some_and(is_any)
        || (traits.wildcard_wins && rule.allowed_origins.iter().any(is_any));
    let mut fields = Fields::with_capacity(7);
    fields.push("Access-Control-Allow-Origin", if any { Bytes::from_static(b"*") } else { origin.clone() });
    if !any && (policy.allow_credentials || traits.always_credentials) {
        fields.push("Access-Control-Allow-Credentials", "true");
    }
    fields.push("Access-Control-Allow-Methods", rule.allowed_methods.join(", "));
    if !question.headers().is_empty() {
        fields.push("Access-Control-Allow-Headers", granted(question.headers()));
    }
    if !rule.expose_headers.is_empty() {
        fields.push("Access-Control-Expose-Headers", rule.expose_headers.join(", "));
    }
    if let Some(seconds) = rule.max_age_seconds {
        fields.push("Access-Control-Max-Age", seconds.to_string());
    }
    if let Some(vary) = traits.vary_when_matched {
        fields.push("Vary", vary);
    } else if policy.response_vary {
        fields.push("Vary", "Origin");
    }
    fields
}

/// The asked names in lower case, each once, in the order in which they were asked.
fn granted(names: &[String]) -> String {
    /// Up to so many names are compared with each other in less time than it takes to hash them.
    const FEW: usize = 8;
    let mut seen: Vec<String> = Vec::with_capacity(names.len().min(64));
    let mut hashed = std::collections::HashSet::new();
    for name in names {
        let name = name.to_ascii_lowercase();
        let new = if names.len() <= FEW { !seen.contains(&name) } else { hashed.insert(name.clone()) };
        if new {
            seen.push(name);
        }
    }
    seen.join(", ")
}

fn unmatched_fields(policy: &Policy, dialect: Dialect) -> Fields {
    let mut fields = Fields::new();
    if dialect.traits().has_response_vary && policy.response_vary && !policy.rules.is_empty() {
        fields.push("Vary", "Origin");
    }
    fields
}

#[cfg(test)]
mod tests;
