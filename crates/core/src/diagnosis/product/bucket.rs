//! The rules of a bucket with one more: where it has to stand, and what it takes over.

use std::borrow::Cow;

use super::{Grant, Situation};
use crate::policy::{Policy, Rule};

/// The methods that the rules of most stores can allow.
pub(super) const METHODS: &[&str] = &["GET", "HEAD", "PUT", "POST", "DELETE"];

/// The rules of a bucket that grants what it does now and this too.
pub(super) struct Rules {
    /// The rules, in the order in which the store should have them.
    pub(super) policy: Policy,
    /// The place of the new rule.
    pub(super) place: usize,
    /// What is left out, because no rule of this store can have it.
    pub(super) shortfalls: Vec<String>,
}

/// The rules for a grant. None where the store can allow none of its methods.
pub(super) fn rules(
    grant: &Grant,
    situation: &Situation<'_>,
    methods: &[&str],
    most: usize,
    store: &str,
) -> Option<Rules> {
    let mut shortfalls = Vec::new();
    let (wanted, impossible): (Vec<Cow<'_, str>>, Vec<Cow<'_, str>>) =
        if grant.methods.iter().any(|m| m == "*") {
            (methods.iter().map(|method| Cow::Borrowed(*method)).collect(), Vec::new())
        } else {
            grant
                .methods
                .iter()
                .map(|method| Cow::Borrowed(method.as_str()))
                .partition(|method| methods.contains(&method.as_ref()))
        };
    if wanted.is_empty() {
        return None;
    }
    if !impossible.is_empty() {
        shortfalls.push(format!("the rules of {store} cannot allow {}", impossible.join(", ")));
    }
    let mut rule = Rule {
        id: None,
        allowed_origins: if grant.any_origin() { vec!["*".to_owned()] } else { grant.origins.clone() },
        allowed_methods: wanted.iter().map(|method| method.clone().into_owned()).collect(),
        allowed_headers: grant.headers.clone(),
        expose_headers: grant.exposed.iter().filter(|name| *name != "*").cloned().collect(),
        max_age_seconds: grant.max_age.map(|seconds| u32::try_from(seconds).unwrap_or(u32::MAX)),
    };
    if grant.exposed.iter().any(|name| name == "*") {
        shortfalls.push(format!("the rules of {store} expose headers by name, not with *"));
    }
    let mut policy = situation.present.cloned().unwrap_or_default();
    let place = place(&policy, &rule);
    keep_exposed(&mut rule, &policy);
    if policy.rules.len() >= most {
        shortfalls.push(format!(
            "{store} takes at most {most} rules and the bucket has {}: join two of them",
            policy.rules.len()
        ));
    }
    policy.response_vary |= !grant.any_origin();
    policy.rules.insert(place, rule);
    Some(Rules { policy, place, shortfalls })
}

/// Where a new rule works and changes least. The first rule that matches a request decides, so that it must stand
/// before the first one that can match one of its requests with less. A rule for every origin so comes after those for
/// some, and takes nothing from them.
fn place(policy: &Policy, new: &Rule) -> usize {
    policy.rules.iter().position(|rule| meets(rule, new)).unwrap_or(policy.rules.len())
}

/// Whether a request that `new` is for can match a rule that is there.
fn meets(rule: &Rule, new: &Rule) -> bool {
    new.allowed_origins.iter().any(|origin| rule.allows_origin(origin))
        && new.allowed_methods.iter().any(|method| rule.allows_method(method))
}

/// What pages of these origins can read now stays readable: the new rule exposes it too.
fn keep_exposed(new: &mut Rule, policy: &Policy) {
    let met: Vec<&Rule> = policy.rules.iter().filter(|rule| meets(rule, new)).collect();
    for rule in met {
        for name in &rule.expose_headers {
            if !new.expose_headers.iter().any(|known| known.eq_ignore_ascii_case(name)) {
                new.expose_headers.push(name.clone());
            }
        }
    }
}

/// Where the text goes, in words.
pub(super) fn replaces(rules: &Rules, situation: &Situation<'_>, how: &str) -> String {
    let new = rules.policy.rules.get(rules.place);
    let any = new.is_some_and(|rule| rule.allowed_origins.iter().any(|origin| origin == "*"));
    match situation.present.map(|policy| policy.rules.len()) {
        Some(0) => format!("{how} The bucket has no CORS rules yet."),
        Some(1) => format!(
            "{how} It replaces the whole CORS configuration: the present rule is in it unchanged; the new one is rule {}.",
            rules.place + 1
        ),
        Some(count) => format!(
            "{how} It replaces the whole CORS configuration: the present {count} rules are in it unchanged; the new one is rule {}.",
            rules.place + 1
        ),
        None => format!(
            "{how} It replaces the whole CORS configuration: keep the bucket's other rules by adding this rule {} them.",
            if any { "after" } else { "before" }
        ),
    }
}
