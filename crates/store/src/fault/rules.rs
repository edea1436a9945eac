//! The seam where a faulty store reads its rules in another way than the dialect demands.

use crosscheck_core::{
    fetch::unsafe_request_header_names,
    message::Fields,
    policy::{Asks, Decision, Dialect, Policy, Question, Rule, Ruling, evaluate, pattern},
};

use super::{Fault, Incoming};

/// The rules as the fault takes them; `None` where it leaves them alone.
pub(super) fn reworked(fault: Fault, policy: &Policy, question: &Question) -> Option<Policy> {
    let origin = question.origin.as_deref().unwrap_or_default();
    let has_origin =
        |rule: &Rule| rule.allowed_origins.iter().any(|wanted| pattern::matches_origin(wanted, origin));
    let mut rules = policy.rules.clone();
    match fault {
        Fault::FirstOriginRuleOnly => {
            let first = rules.iter().position(has_origin)?;
            rules = vec![rules.swap_remove(first)];
        }
        Fault::RulesMerged => {
            let mut together = rules.iter().filter(|rule| has_origin(rule));
            let mut merged = together.next()?.clone();
            for rule in together {
                merged.allowed_methods.extend(rule.allowed_methods.iter().cloned());
                merged.allowed_headers.extend(rule.allowed_headers.iter().cloned());
            }
            rules = vec![merged];
        }
        Fault::LastRuleFirst => rules.reverse(),
        Fault::WildcardNeedsCharacter => {
            for rule in &mut rules {
                rule.allowed_origins.retain(|wanted| {
                    !wanted.contains('*') || wanted.replacen('*', "", 1).as_bytes() != origin
                });
            }
        }
        Fault::HeaderPatternIgnored => {
            for rule in &mut rules {
                rule.allowed_headers.retain(|wanted| wanted == "*" || !wanted.contains('*'));
            }
        }
        Fault::ReadImpliesHead => {
            for rule in &mut rules {
                if rule.allowed_methods.iter().any(|method| method == "GET") {
                    rule.allowed_methods.push("HEAD".to_owned());
                }
            }
        }
        Fault::ActualMethodIgnored => {
            let Asks::Actual { method } = &question.asks else { return None };
            for rule in &mut rules {
                rule.allowed_methods.push(method.clone());
            }
        }
        _ => return None,
    }
    Some(Policy { rules, ..policy.clone() })
}

/// The refusal of an actual request for its headers, which only a preflight is judged by.
pub(super) fn refused_for_headers(
    policy: &Policy,
    dialect: Dialect,
    question: &Question,
    incoming: &Incoming,
) -> Option<Ruling> {
    let Asks::Actual { method } = &question.asks else { return None };
    let origin = question.origin.clone()?;
    // What a browser adds itself is nobody's request header.
    let own = ["host", "origin", "user-agent", "connection", "content-length", "cookie", "referer"];
    let set: Fields =
        incoming.fields.iter().filter(|field| !own.iter().any(|name| field.is(name))).cloned().collect();
    let asked = Question::preflight(origin, method.clone(), unsafe_request_header_names(&set));
    let ruling = evaluate(policy, dialect, &asked);
    matches!(ruling.decision, Decision::Refused(_)).then_some(ruling)
}
