//! The causes of wrong answers to single requests that belong to no test, such as those of a load run.

use super::{Context, Diagnosed, World, codes, of_refusal};
use crate::{
    cause::Cause,
    diagnosis::{ExplainedRequest, Proof, Sighting},
    exchange::ServedBy,
    fetch::method,
    message::Response,
    policy::Policy,
    verdict::{Code, Finding},
};

/// Requests that were answered by one endpoint, and what the endpoint should allow.
#[derive(Debug)]
pub struct Requests {
    world: World,
    policy: Policy,
}

impl Requests {
    /// These requests, each with its answers.
    pub fn new(answered: impl IntoIterator<Item = Sighting>, policy: Policy) -> Self {
        let mut world = World::default();
        answered.into_iter().for_each(|sighting| world.add(sighting));
        Self { world, policy }
    }

    /// The cause of a wrong answer: what the table of causes proves by the other requests, where the page was refused;
    /// otherwise what the code of the finding means. `None`: nothing known explains it.
    pub fn cause(&self, finding: &Finding, page: &ExplainedRequest, seen: &Sighting) -> Option<Diagnosed> {
        let context = Context { sighting: Some(seen), spec: None, policy: Some(&self.policy), promise: None };
        let reason = match finding.code {
            Code::Reason(reason) if Some(reason) == seen.reason => Some(reason),
            _ => None,
        };
        let reason = reason.filter(|_| !seen.allowed() && seen.served_by == ServedBy::Network);
        let (cause, proof) = reason
            .and_then(|reason| of_refusal((page, seen), reason, &context, &self.world))
            .filter(|(cause, _)| *cause != Cause::OriginNotAllowed || self.is_about_origin(seen))
            .or_else(|| codes::of(finding, &context))?;
        let exchanges = seen.preflight.iter().chain(&seen.hops);
        let mut responses = exchanges.filter_map(|exchange| exchange.response());
        Some(Diagnosed::new(cause, proof, responses.any(Response::allows_credentials)))
    }

    /// Whether it shows that a page is refused because of its origin, and not because of the method or the headers that
    /// its preflight announces: the answer names another origin or lists them, or other requests tell.
    fn is_about_origin(&self, seen: &Sighting) -> bool {
        let lists = |response: &Response| {
            ["access-control-allow-methods", "access-control-allow-headers"]
                .iter()
                .any(|name| response.fields.contains(name))
        };
        if seen.preflight.is_none() || seen.has_allow_origin() || seen.decisive().is_some_and(lists) {
            return true;
        }
        let needs_nothing =
            |other: &Sighting| other.headers.is_empty() && method::is_safelisted(&other.method);
        self.world.all().any(|other| match other.origin == seen.origin {
            true => !other.allowed() && needs_nothing(other),
            false => other.allowed() && other.method == seen.method && other.headers == seen.headers,
        })
    }
}

/// What changed in answers under load.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Changed {
    /// They carry the origin of another page.
    OtherOrigin,
    /// They are the answers of another resource.
    OtherResource,
    /// Something else.
    Fields,
}

/// The cause where requests get correct answers before the load, and others under it. `credentials`: whether answers
/// allow them.
pub fn under_load(changed: Changed, evidence: Vec<String>, credentials: bool) -> Diagnosed {
    const CHECK: &str = "check with one request at a time: answers that are wrong only under load point to shared \
                         state, to instances with different configurations, or to a fallback";
    let proof = match changed {
        Changed::OtherOrigin => Proof::new(
            "some answers carry the origin of another page that sends requests at the same time",
        )
        .about("Access-Control-Allow-Origin")
        .cured_by(
            "compute Access-Control-Allow-Origin from the Origin of the same request, and keep it out of everything \
             that requests share: globals, singletons, fields of a filter or middleware, reused response objects",
        ),
        Changed::OtherResource => {
            Proof::new("some answers are those of another resource").cured_by(
                "look for what requests share between URLs: a cache key without the path, a reused buffer or \
                 response object, a connection pool that mixes up answers",
            )
        }
        Changed::Fields => Proof::new(
            "the same request gets another answer under load than before it",
        )
        .cured_by(
            "compute the CORS fields from each request alone: nothing that requests share, and the same on every \
             instance behind the load balancer",
        ),
    };
    let mut proof = proof.cured_by(CHECK);
    proof.evidence = evidence;
    Diagnosed::new(Cause::AnswersChangeUnderLoad, proof, credentials)
}
