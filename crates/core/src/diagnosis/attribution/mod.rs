//! From findings to causes: what a run found is attributed to the few things that a person can change, each once, with
//! everything that it explains. What no cause explains stays unexplained.

mod codes;
mod context;
mod overview;
mod requests;
mod world;

use std::collections::{BTreeMap, BTreeSet};

use url::Url;

pub use self::requests::{Changed, Requests, under_load};
use self::{context::Context, overview::Overview, world::World};
use super::{Cause, Diagnosed, ExplainedRequest, Proof, Sighting, inquiry, rows::SAME_EVERYWHERE};
use crate::{
    case::model::{Credentials, RequestSpec},
    exchange::{ServedBy, Transcript},
    fetch::Reason,
    message::Response,
    plan::Test,
    policy::Policy,
    verdict::{Code, Finding, Weight},
};

/// A cause with its proof.
type Found = (Cause, Proof);

/// One test that was performed.
#[derive(Clone, Copy, Debug)]
pub struct Performed<'a> {
    /// The test.
    pub test: &'a Test,
    /// What was sent and answered.
    pub transcript: &'a Transcript,
    /// What was found.
    pub findings: &'a [Finding],
    /// Whether its findings count: it failed, or warned.
    pub counts: bool,
}

/// A cause, and what it explains.
#[derive(Clone, Debug, PartialEq)]
pub struct Attributed {
    /// The cause.
    pub cause: Diagnosed,
    /// The operations that it concerns, where the endpoint has several.
    pub operations: BTreeSet<String>,
    /// The tests that it explains, by their place.
    pub tests: BTreeSet<usize>,
    /// Whether it makes a test fail, and not only warn.
    pub fails: bool,
}

/// What is known of the endpoint beside what its tests found.
#[derive(Clone, Copy, Debug, Default)]
pub struct Background<'a> {
    /// The policy of tests that set no rules of their own.
    pub declared: Option<&'a Policy>,
    /// Whether repeating a request has shown that the endpoint answers the same request differently.
    pub unstable: bool,
}

/// The causes of everything that tests found, and the tests that none explains.
pub fn attribute(tests: &[Performed<'_>], background: Background<'_>) -> (Vec<Attributed>, Vec<usize>) {
    if tests.iter().all(|performed| !performed.counts) {
        return (Vec::new(), Vec::new());
    }
    let mut worlds = worlds(tests);
    let granting = granting_operations(tests);
    let overview = Overview::of(tests, background.declared);
    let bare_statuses = overview.bare_statuses();
    for (key, world) in &mut worlds {
        world.granted_at_all = granting.contains(key.split('\n').next().unwrap_or_default());
        world.bare_statuses.clone_from(&bare_statuses);
    }
    let mut found: BTreeMap<(Cause, Option<String>), Attributed> = BTreeMap::new();
    let mut unexplained = Vec::new();
    for (place, performed) in tests.iter().enumerate().filter(|(_, performed)| performed.counts) {
        let operation = performed.test.claim.operation.as_ref().map(|operation| operation.name.clone());
        let mut explained = false;
        for (cause, proof, fails) in causes_of(performed, &worlds, background) {
            explained = true;
            let subject = proof.subject.clone().filter(|_| cause.is_per_subject());
            let attributed = found.entry((cause, subject)).or_insert_with(|| Attributed {
                cause: Diagnosed::new(cause, proof, allows_credentials(performed)),
                operations: BTreeSet::new(),
                tests: BTreeSet::new(),
                fails: false,
            });
            attributed.tests.insert(place);
            attributed.operations.extend(operation.clone());
            attributed.fails |= fails;
        }
        if !explained {
            unexplained.push(place);
        }
    }
    let mut causes = folded(found.into_values().collect(), &overview);
    if let Some(login) = causes.iter_mut().find(|cause| cause.cause.code == Cause::PreflightAuthenticated) {
        // The login check answers the request itself as it answers the preflight.
        let (its, others) =
            unexplained.into_iter().partition(|place| tests.get(*place).is_some_and(is_challenged));
        login.tests.extend::<Vec<usize>>(its);
        unexplained = others;
    }
    causes.sort_by(|a, b| {
        let rank = |it: &Attributed| (it.fails, it.cause.severity, it.tests.len());
        rank(b).cmp(&rank(a)).then(a.cause.code.cmp(&b.cause.code))
    });
    (causes, unexplained)
}

/// The cause if any origin is allowed, such as this one. `seen`: a request that was allowed.
pub fn any_origin_allowed(origin: &str, seen: &Sighting) -> Diagnosed {
    let credentials = seen.decisive().is_some_and(Response::allows_credentials);
    Diagnosed::new(Cause::OriginCheckTooLoose, codes::too_loose(origin, origin, credentials), credentials)
}

/// The cause of a finding that belongs to no case.
pub fn of_finding(finding: &Finding) -> Option<Diagnosed> {
    let context = Context { sighting: None, spec: None, policy: None, promise: None };
    codes::of(finding, &context).map(|(cause, proof)| Diagnosed::new(cause, proof, false))
}

/// Whether some page may read with credentials, which `*` never allows.
fn allows_credentials(performed: &Performed<'_>) -> bool {
    performed
        .transcript
        .steps
        .iter()
        .filter_map(|step| step.exchange.response())
        .any(Response::allows_credentials)
}

/// Whether some answer of a test wants a login and has no CORS fields.
fn is_challenged(performed: &Performed<'_>) -> bool {
    let mut responses = performed.transcript.steps.iter().filter_map(|step| step.exchange.response());
    responses
        .any(|response| response.status == 401 && !response.fields.contains("access-control-allow-origin"))
}

/// What was seen under the same rules, of the same operation.
fn worlds(tests: &[Performed<'_>]) -> BTreeMap<String, World> {
    let wanted: BTreeSet<String> =
        tests.iter().filter(|performed| performed.counts).map(|performed| world_of(performed.test)).collect();
    let mut worlds: BTreeMap<String, World> = BTreeMap::new();
    for performed in tests {
        let key = world_of(performed.test);
        if !wanted.contains(&key) {
            continue;
        }
        let world = worlds.entry(key).or_default();
        for (name, spec) in &performed.test.case.requests {
            if let Some(sighting) = Sighting::of(name, spec, performed.transcript) {
                world.add(sighting);
            }
        }
    }
    worlds
}

/// The operations of which some answer, whatever the rules, has CORS fields.
fn granting_operations(tests: &[Performed<'_>]) -> BTreeSet<String> {
    let grants = |performed: &&Performed<'_>| {
        let mut responses = performed.transcript.steps.iter().filter_map(|step| step.exchange.response());
        responses.any(|response| response.fields.contains("access-control-allow-origin"))
    };
    let operation = |performed: &Performed<'_>| {
        performed.test.claim.operation.as_ref().map(|operation| operation.name.clone()).unwrap_or_default()
    };
    tests.iter().filter(grants).map(operation).collect()
}

fn world_of(test: &Test) -> String {
    let operation = test.claim.operation.as_ref().map_or("", |operation| operation.name.as_str());
    let given = test.case.given.as_ref().map(|given| serde_json::to_string(given).unwrap_or_default());
    format!("{operation}\n{}", given.unwrap_or_default())
}

/// The causes of one test: of each of its requests the first in the order of the catalogue, which hides the others.
fn causes_of(
    performed: &Performed<'_>,
    worlds: &BTreeMap<String, World>,
    background: Background<'_>,
) -> Vec<(Cause, Proof, bool)> {
    let Some(world) = worlds.get(&world_of(performed.test)) else { return Vec::new() };
    let policy = performed.test.policy.as_deref().or(background.declared);
    let mut causes: Vec<(Option<&str>, Cause, Proof, bool)> = Vec::new();
    for finding in performed.findings {
        let name = finding.request.as_deref();
        let spec = name.and_then(|name| performed.test.case.requests.get(name));
        let sighting = name.zip(spec).and_then(|(name, spec)| Sighting::of(name, spec, performed.transcript));
        let promise = performed.test.claim.promise.as_ref();
        let context = Context { sighting: sighting.as_ref(), spec, policy, promise };
        let unstable = || background.unstable.then(|| of_instability(&context, world)).flatten();
        let found = unstable()
            .or_else(|| of_rows(finding, &context, world))
            .filter(|(cause, _)| {
                performed.test.case.cause.is_none() || is_certain(*cause) || context.is_of_a_304()
            })
            .or_else(|| of_rules(finding, &context, performed))
            .or_else(|| codes::of(finding, &context).filter(|_| says_it_all(finding, &context, performed)))
            .or_else(|| Some(codes::of_case(performed.test.case.cause?, finding, &context)))
            .or_else(|| codes::of(finding, &context))
            .or_else(|| codes::of_promise(finding, &context));
        let Some((cause, proof)) = found else { continue };
        let fails = finding.weight == Weight::Failure;
        match causes
            .iter_mut()
            .find(|(of, other, ..)| *of == name && hides(*other, cause) | hides(cause, *other))
        {
            Some(known) if cause < known.1 => *known = (name, cause, proof, fails | known.3),
            Some(known) => known.3 |= fails,
            None => causes.push((name, cause, proof, fails)),
        }
    }
    causes.into_iter().map(|(_, cause, proof, fails)| (cause, proof, fails)).collect()
}

/// Whether a code alone names the cause, whatever the case is about.
fn says_it_all(finding: &Finding, context: &Context<'_>, performed: &Performed<'_>) -> bool {
    match finding.code {
        Code::SyntaxAllowOrigin
        | Code::SyntaxAllowCredentials
        | Code::SyntaxAllowMethods
        | Code::SyntaxAllowHeaders
        | Code::SyntaxExposeHeaders
        | Code::SyntaxMaxAge
        | Code::SyntaxUnknownField
        | Code::RulesMaxAge
        | Code::RulesExposeHeaders
        | Code::ExpectExposed
        | Code::AnswerUnstable => true,
        // An answer that grants wrongly has the Vary of the wrong answer.
        Code::RulesVary => performed.findings.iter().all(|other| other.code == Code::RulesVary),
        Code::OutcomeNotRefused | Code::RulesGranted => codes::allows_any_origin(finding, context),
        Code::ExpectResponseField => context.has_preflight_fields(),
        Code::ExpectResponseStatus => context.fails_on_malformed(performed.test.case.cause),
        _ => false,
    }
}

/// Several rules match, and the answer to this request is not that of the first: everything that differs in it has this
/// one cause.
fn of_rules(finding: &Finding, context: &Context<'_>, performed: &Performed<'_>) -> Option<Found> {
    let is_of_rules = matches!(
        finding.code,
        Code::RulesAllowOrigin
            | Code::RulesAllowCredentials
            | Code::RulesAllowMethods
            | Code::RulesAllowHeaders
            | Code::RulesExposeHeaders
            | Code::RulesMaxAge
    );
    let origin = context.origin();
    if !is_of_rules || context.policy?.rules.iter().filter(|rule| rule.allows_origin(origin)).count() < 2 {
        return None;
    }
    let mut same = performed.findings.iter().filter(|other| other.request == finding.request);
    let other = same.find(|other| other.code == Code::RulesAllowOrigin)?;
    codes::of(other, context).filter(|(cause, _)| *cause == Cause::RulesMisapplied)
}

/// Whether a cause that the table proves is certain even where the author of the case names another: it is about the
/// endpoint as a whole.
fn is_certain(cause: Cause) -> bool {
    matches!(
        cause,
        Cause::NoCorsAtAll
            | Cause::AllowOriginTwice
            | Cause::AllowOriginMalformed
            | Cause::NoOptionsRoute
            | Cause::PreflightAuthenticated
            | Cause::PreflightRedirected
            | Cause::CorsLayerCrashes
            | Cause::EndpointDown
            | Cause::UnstableAnswers
    )
}

/// Whether of one answer only the first of two causes is told: the second follows from it.
fn hides(first: Cause, second: Cause) -> bool {
    let stands_apart = |cause: Cause| {
        matches!(
            cause,
            Cause::MaxAgeDiffers | Cause::UnknownField | Cause::NotExposed | Cause::UnsolicitedBytes
        )
    };
    first == second || (first < second && !stands_apart(second) && !stands_apart(first))
}

/// The table's answer, for a page that was refused.
fn of_rows(finding: &Finding, context: &Context<'_>, world: &World) -> Option<Found> {
    let seen = context.sighting?;
    // Of a preflight that a client wrote itself, the finding has the reason of an ordinary answer.
    let refused = matches!(finding.code, Code::Reason(reason)
        if Some(reason) == seen.reason || seen.is_raw_preflight());
    let missing = matches!(finding.code, Code::RulesAllowOrigin | Code::RulesPreflightStatus)
        && context.is_granted_by_rules();
    if !(refused || missing) || seen.allowed() {
        return None;
    }
    // A page that is refused by whole answers, too, is not refused because of a 304.
    let seen = match seen.served_by {
        ServedBy::Network => seen,
        ServedBy::Validated => world.fresh(seen)?,
        _ => return None,
    };
    // The rules of a browser's own refusal need no server.
    let reason = seen.reason?;
    let page = page_of(seen, context.spec?)?;
    of_refusal((&page, seen), reason, context, world)
}

/// What the table proves of a page that the endpoint's own answer refused.
fn of_refusal(
    (page, seen): (&ExplainedRequest, &Sighting),
    reason: Reason,
    context: &Context<'_>,
    world: &World,
) -> Option<Found> {
    let (cause, mut proof) = world.judge((page, seen), inquiry::proven)?;
    let is_fixed = cause == Cause::OriginNotAllowed
        && is_mismatch(reason)
        && names_another(seen, context)
        && fixed(seen, page, world);
    if !is_fixed {
        return Some((cause, proof));
    }
    let named = context.allow_origin().unwrap_or_default();
    proof.sentence =
        format!("every page is answered with the same origin, {named}: one of {} too", page.origin);
    proof.cure = vec!["answer each allowed page with its own origin, and `Vary: Origin`".to_owned()];
    Some((Cause::FixedOrigin, proof))
}

/// A page that was refused once and allowed at another time, of an endpoint that answers differently by chance.
fn of_instability(context: &Context<'_>, world: &World) -> Option<Found> {
    let seen = context.sighting.filter(|seen| seen.reason.is_some())?;
    world.is_inconsistent(seen).then(|| {
        let proof = Proof::new("the same page is allowed at one time and refused at another");
        (Cause::UnstableAnswers, proof.cured_by(SAME_EVERYWHERE))
    })
}

fn is_mismatch(reason: Reason) -> bool {
    matches!(reason, Reason::CorsCheckOriginMismatch | Reason::PreflightCorsCheckOriginMismatch)
}

/// Whether an answer names another origin that is allowed, too.
fn names_another(seen: &Sighting, context: &Context<'_>) -> bool {
    let named = seen.decisive().and_then(|response| response.fields.text("access-control-allow-origin"));
    named.is_some_and(|named| context.policy.is_some_and(|policy| policy.allows_origin(named.as_bytes())))
}

/// Whether every page gets the same origin.
fn fixed(seen: &Sighting, page: &ExplainedRequest, world: &World) -> bool {
    let value =
        |seen: &Sighting| seen.decisive().and_then(|it| it.fields.text("access-control-allow-origin"));
    let named = value(seen);
    let others = world.all().filter(|other| other.origin.is_some() && other.method == page.method);
    others.filter_map(value).all(|other| Some(other) == named)
}

/// The request of a test in the form that an inquiry takes. `None`: no page can make it.
pub fn page_of(seen: &Sighting, spec: &RequestSpec) -> Option<ExplainedRequest> {
    let url: Url = seen.url.clone()?;
    let mut headers: Vec<(String, String)> = Vec::new();
    for (name, values) in &spec.headers {
        headers.extend(values.as_slice().iter().map(|value| (name.clone(), value.clone())));
    }
    if seen.headers.iter().any(|name| !headers.iter().any(|(other, _)| other.eq_ignore_ascii_case(name))) {
        headers = seen.headers.iter().map(|name| (name.clone(), "crosscheck".to_owned())).collect();
    }
    Some(ExplainedRequest {
        url,
        origin: seen.origin.clone().or_else(|| spec.origin.clone())?,
        method: seen.method.clone(),
        headers,
        credentials: spec.credentials == Credentials::Include,
        body: None,
        send: true,
    })
}

/// Whether one cause of a run follows from another, so that only the other is told.
fn follows(first: Cause, second: Cause) -> bool {
    match first {
        // Where nothing has CORS fields, nothing else can be said of them; what is let in is let in all the same.
        Cause::NoCorsAtAll => !matches!(second, Cause::OriginCheckTooLoose | Cause::NullAllowed),
        // A stored answer to a preflight is about the page, the method and the headers that came first.
        Cause::PreflightCachedByCdn => {
            matches!(second, Cause::FixedOrigin | Cause::HeaderNotAllowed | Cause::MethodNotAllowed)
        }
        // Rules that only reads were tested by: their preflights would have been allowed.
        Cause::ActualWithoutCors => second == Cause::OriginNotAllowed,
        // Rules that only preflights without headers were tested by.
        Cause::RequestedHeadersMisread => {
            matches!(second, Cause::OriginNotAllowed | Cause::MethodNotAllowed)
        }
        // OPTIONS is one of the methods that are granted without a rule.
        Cause::RulesMisapplied => second == Cause::OptionsSwallowed,
        _ => false,
    }
}

/// Leaves out what follows from another cause of the same run.
fn folded(mut causes: Vec<Attributed>, overview: &Overview) -> Vec<Attributed> {
    for (first, is_general) in [
        (Cause::NoCorsAtAll, true),
        (Cause::PreflightCachedByCdn, true),
        (Cause::ActualWithoutCors, overview.only_preflights_are_granted()),
        (Cause::RequestedHeadersMisread, overview.preflights_need_headers()),
        (Cause::RulesMisapplied, overview.undeclared_methods_are_granted()),
    ] {
        let place = causes.iter().position(|cause| cause.cause.code == first).filter(|_| is_general);
        let Some(place) = place else { continue };
        let mut main = causes.swap_remove(place);
        causes.retain(|cause| {
            let goes = follows(first, cause.cause.code);
            if goes {
                main.tests.extend(&cause.tests);
                main.operations.extend(cause.operations.iter().cloned());
                main.fails |= cause.fails;
            }
            !goes
        });
        causes.push(main);
    }
    causes
}
