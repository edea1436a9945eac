//! The seams of a composed fault: where it compares, and where it spoils what leaves.

use crosscheck_core::{
    message::{Fields, Response, isomorphic, list},
    policy::{Dialect, Policy, Question, Ruling, evaluate},
};

use super::{Asked, Comparison, Composed, Fault, On, Seam, Spoilt, When, first_origin, judge, trust};
use crate::request::Incoming;

const ORIGIN: &str = "Access-Control-Allow-Origin";
const CREDENTIALS: &str = "Access-Control-Allow-Credentials";
const METHODS: &str = "Access-Control-Allow-Methods";
const HEADERS: &str = "Access-Control-Allow-Headers";
const EXPOSE: &str = "Access-Control-Expose-Headers";
const MAX_AGE: &str = "Access-Control-Max-Age";
const REQUESTED: &str = "access-control-request-headers";

/// What a composed fault knows of an answer. What is decided before there is one has no status.
#[derive(Clone, Copy)]
struct Answer<'a> {
    incoming: &'a Incoming,
    policy: &'a Policy,
    preflight: bool,
    allowed: bool,
    status: Option<u16>,
}

impl Seam<'_> {
    /// What the rules are taken to say by a composed fault, before there is an answer.
    pub(super) fn compared(
        &self,
        policy: &Policy,
        dialect: Dialect,
        question: &Question,
        incoming: &Incoming,
    ) -> Ruling {
        let ruling = evaluate(policy, dialect, question);
        let Some(composed) = self.composed else { return ruling };
        let preflight = incoming.is_preflight();
        let answer = Answer { incoming, policy, preflight, allowed: ruling.allowed(), status: None };
        if !self.holds(composed, answer) {
            return ruling;
        }
        compare(composed.comparison, policy, dialect, question, incoming).unwrap_or(ruling)
    }

    /// Whether the fault shows on an answer, as far as it is known.
    fn holds(&self, composed: Composed, answer: Answer<'_>) -> bool {
        let method = answer.incoming.method.as_str();
        let fields = &answer.incoming.fields;
        let on = match composed.on {
            On::All => true,
            On::Preflight => answer.preflight,
            On::Actual => !answer.preflight,
            On::Get => method == "GET",
            On::Head => method == "HEAD",
            On::Allowed => answer.allowed,
            On::Refused => !answer.allowed && fields.contains("origin"),
            On::Success => answer.status == Some(200),
            On::Errors => !answer.preflight && answer.status.is_some_and(|status| status >= 400),
            On::NotModified => answer.status == Some(304),
            On::Parts => answer.status == Some(206),
        };
        let requested = || list::names(fields.lines(REQUESTED)).len();
        let first = || {
            let first = first_origin(answer.policy);
            first.is_some() && first == fields.text("origin")
        };
        on && match composed.when {
            When::Always => true,
            When::Cookie => fields.contains("cookie"),
            When::NoCookie => !fields.contains("cookie"),
            When::Query => answer.incoming.query.is_some(),
            When::Headers => requested() > 0,
            When::NoHeaders => requested() == 0,
            When::SeveralHeaders => requested() > 1,
            When::NoOrigin => !fields.contains("origin"),
            When::First => first(),
            When::Others => fields.contains("origin") && !first(),
            When::EverySecond => self.memory.is_second(),
            When::AfterRefusal => self.memory.refused_before(),
            When::AfterAllowed => self.memory.allowed_before(),
        }
    }

    /// Spoils an answer that is otherwise done.
    pub(super) fn spoil(&self, response: &mut Response, dialect: Dialect, asked: &Asked<'_>) {
        let Some(composed) = self.composed else { return };
        let answer = Answer {
            incoming: asked.incoming,
            policy: asked.policy,
            preflight: asked.preflight,
            allowed: asked.allowed,
            status: Some(response.status),
        };
        if self.holds(composed, answer) {
            let late = matches!(composed.on, On::Success | On::Errors | On::NotModified | On::Parts);
            if late && !asked.preflight {
                self.compare_late(composed.comparison, response, dialect, asked);
            }
            spoil(composed.spoilt, response, asked);
        }
        self.memory.keep_verdict(asked.has_origin().then_some(asked.allowed));
    }

    /// Compares again, where only the answer tells whether the fault shows.
    fn compare_late(
        &self,
        comparison: Comparison,
        response: &mut Response,
        dialect: Dialect,
        asked: &Asked<'_>,
    ) {
        let Ok(question) = Question::of(dialect, &asked.incoming.method, &asked.incoming.fields) else {
            return;
        };
        let Some(ruling) = compare(comparison, asked.policy, dialect, &question, asked.incoming) else {
            return;
        };
        for name in [ORIGIN, CREDENTIALS, EXPOSE] {
            response.fields.remove(name);
            if let Some(value) = ruling.fields.get(name) {
                response.fields.push(name, value);
            }
        }
    }
}

/// What another comparison of the origin makes of the rules; `None`: the same.
fn compare(
    comparison: Comparison,
    policy: &Policy,
    dialect: Dialect,
    question: &Question,
    incoming: &Incoming,
) -> Option<Ruling> {
    let origin = question.origin.as_ref()?;
    let text = isomorphic::decode(origin);
    let own = evaluate(policy, dialect, question);
    let refused = |is_it: bool| {
        is_it.then(|| {
            evaluate(
                policy,
                dialect,
                &Question { origin: Some(bytes::Bytes::from_static(b",")), ..question.clone() },
            )
        })
    };
    let first = first_origin(policy).is_some_and(|first| first == text);
    let fault = match comparison {
        Comparison::Exact => return None,
        Comparison::NotFirst => return refused(first),
        Comparison::NotSecond => return refused(own.allowed() && !first),
        _ if own.allowed() => return None,
        Comparison::Substring => Fault::SubstringOrigin,
        Comparison::Any => Fault::ReflectAnyOrigin,
        Comparison::Null => Fault::TrustNull,
        Comparison::Prefix => Fault::PrefixOrigin,
        Comparison::Suffix => Fault::SuffixOrigin,
        Comparison::Subdomain => Fault::AnySubdomain,
        Comparison::Scheme => Fault::SchemeIgnored,
        Comparison::Port => Fault::PortIgnored,
        Comparison::Case => Fault::OriginCaseIgnored,
        Comparison::Dot => Fault::UnescapedDot,
    };
    let patterns = policy.rules.iter().flat_map(|rule| &rule.allowed_origins);
    let taken = patterns.filter(|pattern| trust::trusts(fault, pattern, &text, incoming));
    taken
        .map(|pattern| trust::concrete(pattern))
        .find_map(|allowed| judge::as_if(policy, dialect, question, &allowed))
}

/// Makes one field of an answer wrong.
fn spoil(spoilt: Spoilt, response: &mut Response, asked: &Asked<'_>) {
    let fields = &mut response.fields;
    let granted = fields.contains(ORIGIN);
    match spoilt {
        Spoilt::Nothing => {}
        Spoilt::OriginMissing => fields.remove(ORIGIN),
        Spoilt::OriginTwice => {
            if let Some(origin) = fields.get(ORIGIN) {
                fields.push(ORIGIN, origin);
            }
        }
        Spoilt::OriginStar => fields.set(ORIGIN, "*"),
        Spoilt::OriginFirst => {
            if let Some(first) = first_origin(asked.policy) {
                fields.set(ORIGIN, first);
            }
        }
        Spoilt::OriginNull => fields.set(ORIGIN, "null"),
        Spoilt::OriginSlash => change(fields, ORIGIN, |origin| format!("{origin}/")),
        Spoilt::OriginUpper => change(fields, ORIGIN, str::to_ascii_uppercase),
        Spoilt::OriginEchoed => {
            if let Some(origin) = asked.incoming.fields.get("origin") {
                fields.set(ORIGIN, origin);
            }
        }
        Spoilt::CredentialsMissing => fields.remove(CREDENTIALS),
        Spoilt::CredentialsUpper => change(fields, CREDENTIALS, str::to_ascii_uppercase),
        Spoilt::CredentialsTwice => {
            if let Some(value) = fields.get(CREDENTIALS) {
                fields.push(CREDENTIALS, value);
            }
        }
        Spoilt::MethodsMissing => fields.remove(METHODS),
        Spoilt::MethodsLower => change(fields, METHODS, str::to_ascii_lowercase),
        Spoilt::MethodsStar => change(fields, METHODS, |_| "*".to_owned()),
        Spoilt::MethodsInvalid => change(fields, METHODS, |list| list.replace(',', ";")),
        Spoilt::HeadersMissing => fields.remove(HEADERS),
        Spoilt::HeadersStar => change(fields, HEADERS, |_| "*".to_owned()),
        Spoilt::HeadersFirst => change(fields, HEADERS, first_member),
        Spoilt::ExposeMissing => fields.remove(EXPOSE),
        Spoilt::ExposeStar if granted => fields.set(EXPOSE, "*"),
        Spoilt::ExposeStar => {}
        Spoilt::ExposeFirst => change(fields, EXPOSE, first_member),
        Spoilt::MaxAgeMissing => fields.remove(MAX_AGE),
        Spoilt::MaxAgeZero => change(fields, MAX_AGE, |_| "0".to_owned()),
        Spoilt::MaxAgeInvalid => change(fields, MAX_AGE, |age| format!("{age}s")),
        Spoilt::VaryMissing => fields.remove("vary"),
        Spoilt::VaryWrong => change(fields, "Vary", |_| "Accept-Encoding".to_owned()),
        // Another status of an actual request is the application's own matter.
        Spoilt::StatusError if asked.preflight => response.status = 500,
        Spoilt::StatusError => {}
    }
}

fn change(fields: &mut Fields, name: &str, to: impl Fn(&str) -> String) {
    if let Some(value) = fields.text(name) {
        fields.set(name, to(&value));
    }
}

fn first_member(list: &str) -> String {
    list.split(',').next().unwrap_or_default().to_owned()
}
