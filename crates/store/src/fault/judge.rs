//! The seam where the rules are asked. A faulty store asks them another question than the one
//! that it was asked, and puts its own words into their answer.

use bytes::Bytes;
use crosscheck_core::{
    message::isomorphic,
    policy::{Asks, Dialect, Policy, Question, Ruling, evaluate, pattern},
};

use super::{Fault, Incoming, Seam, rules, trust::concrete};

impl Seam<'_> {
    /// What the store thinks that its rules say.
    pub(super) fn judge(
        &self,
        policy: &Policy,
        dialect: Dialect,
        question: &Question,
        incoming: &Incoming,
    ) -> Ruling {
        let Some(fault) = self.fault else { return self.compared(policy, dialect, question, incoming) };
        if let Some(policy) = rules::reworked(fault, policy, question) {
            return evaluate(&policy, dialect, question);
        }
        if fault == Fault::ActualHeadersJudged
            && let Some(refused) = rules::refused_for_headers(policy, dialect, question, incoming)
        {
            return refused;
        }
        let ruling = evaluate(policy, dialect, &stricter(fault, policy, question));
        if ruling.allowed() || question.origin.is_none() {
            return ruling;
        }
        for origin in self.origins(policy, question, incoming) {
            for method in methods(fault, policy, question) {
                for headers in headers(fault, policy, question) {
                    let judged = substitute(question, &origin, &method, headers);
                    let mut ruling = evaluate(policy, dialect, &judged);
                    if ruling.allowed() {
                        in_own_words(&mut ruling, question, &judged);
                        return ruling;
                    }
                }
            }
        }
        ruling
    }

    /// The origins as which this one is judged: itself, and those that it is taken for.
    fn origins(&self, policy: &Policy, question: &Question, incoming: &Incoming) -> Vec<Bytes> {
        let own = question.origin.clone().unwrap_or_default();
        let text = isomorphic::decode(&own);
        let patterns = policy.rules.iter().flat_map(|rule| &rule.allowed_origins);
        let taken =
            patterns.filter(|pattern| self.trusts(pattern, &text, incoming)).map(|pattern| concrete(pattern));
        // What a strict comparison has refused is not tried again.
        let strict = matches!(self.fault, Some(Fault::ConfiguredOriginNeverMatches | Fault::DefaultPortKept));
        let own = (!strict).then_some(own);
        own.into_iter().chain(taken.map(Bytes::from)).collect()
    }
}

/// The question that a store asks which sees less than is there.
fn stricter(fault: Fault, policy: &Policy, question: &Question) -> Question {
    let mut question = question.clone();
    if fault == Fault::ConfiguredOriginNeverMatches
        && let Some(first) = super::first_origin(policy)
        && question.origin.as_deref() == Some(first.as_bytes())
    {
        // Compared with a slash behind it, it is another string, such as one with a comma.
        question.origin = Some(Bytes::from_static(b","));
    }
    if fault == Fault::DefaultPortKept
        && let Some(origin) = question.origin.as_deref().map(isomorphic::decode)
        && let Some((scheme, rest)) = origin.split_once("://")
        && !rest.contains(':')
    {
        let port = if scheme == "http" { 80 } else { 443 };
        question.origin = Some(Bytes::from(format!("{origin}:{port}")));
    }
    if let Asks::Preflight { headers, .. } = &mut question.asks {
        match fault {
            Fault::HeaderCaseSensitive => {
                let patterns = || policy.rules.iter().flat_map(|rule| &rule.allowed_headers);
                for name in headers.iter_mut() {
                    if !patterns().any(|wanted| pattern::matches_origin(wanted, name.as_bytes())) {
                        name.clear();
                    }
                }
            }
            // An empty name is no token, so that no rule allows it.
            Fault::PreflightNeedsRequestedHeaders if headers.is_empty() => headers.push(String::new()),
            _ => {}
        }
    }
    question
}

/// The methods as which the one asked for is judged.
fn methods(fault: Fault, policy: &Policy, question: &Question) -> Vec<String> {
    let asked = question.method();
    let mut methods = vec![asked.to_owned()];
    if !matches!(question.asks, Asks::Preflight { .. }) {
        return methods;
    }
    let allowed = policy.rules.iter().flat_map(|rule| &rule.allowed_methods);
    match fault {
        Fault::AnyMethodEchoed => methods.extend(allowed.cloned()),
        Fault::OptionsAlwaysAllowed if asked == "OPTIONS" => methods.extend(allowed.cloned()),
        Fault::MethodCaseIgnored => {
            methods.extend(allowed.filter(|method| method.eq_ignore_ascii_case(asked)).cloned());
        }
        _ => {}
    }
    methods
}

/// The lists as which the headers asked for are judged.
fn headers(fault: Fault, policy: &Policy, question: &Question) -> Vec<Vec<String>> {
    let asked = question.headers();
    let one_allowed = || {
        policy
            .rules
            .iter()
            .flat_map(|rule| &rule.allowed_headers)
            .any(|wanted| asked.iter().any(|name| pattern::matches_name(wanted, name)))
    };
    let stays = !matches!(
        fault,
        Fault::HeaderCaseSensitive
            | Fault::PreflightNeedsRequestedHeaders
            | Fault::ConfiguredOriginNeverMatches
            | Fault::DefaultPortKept
    );
    let mut lists = if stays { vec![asked.to_vec()] } else { Vec::new() };
    match fault {
        Fault::AnyHeaderEchoed => lists.push(Vec::new()),
        Fault::OneHeaderAllowsAll if one_allowed() => lists.push(Vec::new()),
        _ => {}
    }
    lists
}

fn substitute(question: &Question, origin: &Bytes, method: &str, headers: Vec<String>) -> Question {
    let asks = match question.asks {
        Asks::Actual { .. } => Asks::Actual { method: method.to_owned() },
        Asks::Preflight { .. } => Asks::Preflight { method: method.to_owned(), headers },
    };
    Question { origin: Some(origin.clone()), asks }
}

/// What the rules say to an origin that is taken for this allowed one; `None`: they refuse all the same.
pub(super) fn as_if(policy: &Policy, dialect: Dialect, question: &Question, allowed: &str) -> Option<Ruling> {
    let judged = Question { origin: Some(Bytes::from(allowed.to_owned())), ..question.clone() };
    let mut ruling = evaluate(policy, dialect, &judged);
    in_own_words(&mut ruling, question, &judged);
    ruling.allowed().then_some(ruling)
}

/// The answer to `judged` as one to `asked`.
fn in_own_words(ruling: &mut Ruling, asked: &Question, judged: &Question) {
    let fields = &mut ruling.fields;
    if let Some(origin) = &asked.origin
        && fields.get("access-control-allow-origin").is_some_and(|value| value != "*")
    {
        fields.set("Access-Control-Allow-Origin", origin.clone());
    }
    if asked.method() != judged.method()
        && let Some(methods) = fields.text("access-control-allow-methods")
    {
        fields.set("Access-Control-Allow-Methods", format!("{methods}, {}", asked.method()));
    }
    if asked.headers() != judged.headers() {
        fields.set("Access-Control-Allow-Headers", asked.headers().join(", "));
    }
}
