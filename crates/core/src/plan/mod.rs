//! Decides what will run: a case and an endpoint's abilities become tests, one for each order and
//! cache model, or the reason why there is none. Knows no sockets.

mod ability;
mod operations;
mod order;

use std::sync::Arc;

use url::Url;

pub use ability::{Abilities, Need, Outlook, View};
pub use operations::plan_operations;
pub use order::{EXHAUSTIVE, Orders, SAMPLE, Steps};

use crate::{
    case::{
        ExpandedCase, Unbound,
        model::{
            Case, Client, Credentials, Given, Kind, Mode, OneOrMany, OutcomeName, RedirectMode, RequestSpec,
            Through,
        },
    },
    fetch::{self, status::is_redirect},
    message::{Fields, is_safe_method},
    operation::Operation,
    policy::{NearOrigin, Policy, is_stored_field},
    promise::{self, Promise, Terms},
};

/// What is said of a case whatever the endpoint is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The case's id: the test ids begin with it.
    pub id: String,
    /// The claim as a sentence.
    pub title: String,
    /// How binding it is.
    pub kind: Kind,
    /// Where it comes from.
    pub source: Vec<String>,
    /// The case file, as the user knows it.
    pub file: String,
    /// The line of the case in the file, from 1.
    pub line: usize,
    /// How many orders there are, where they are too many and a sample stands for them.
    pub sampled_of: Option<u64>,
    /// The promise that it checks.
    pub promise: Option<Promise>,
    /// The operation that it asks, where the endpoint has several.
    pub operation: Option<Arc<Operation>>,
}

/// One case in one order through one cache.
#[derive(Clone, Debug)]
pub struct Test {
    /// What is claimed.
    pub claim: Arc<Claim>,
    /// The case, with the endpoint's values for its roles.
    pub case: Arc<Case>,
    /// The rules that its requests meet, where they are known to the letter: those of `given`.
    pub policy: Option<Arc<Policy>>,
    /// The order of the steps.
    pub order: Steps,
    /// The cache model between pages and endpoint.
    pub through: Through,
    /// The origin near an allowed one that it is about, where it is one of those rows.
    pub near: Option<Arc<NearOrigin>>,
}

impl Claim {
    /// The URL of the operation that it asks, if it asks one.
    pub fn url(&self) -> Option<&Url> {
        self.operation.as_ref().map(|operation| &operation.url)
    }
}

impl Test {
    /// How many requests it makes when it is really sent, as far as the case says.
    pub fn requests(&self) -> usize {
        self.case.requests.values().map(|request| steps_of(request, &self.case)).sum()
    }
}

/// One line of a plan.
#[derive(Clone, Debug)]
pub struct Planned {
    /// The stable id; of a case that is not applicable, the case's.
    pub id: String,
    /// What is claimed.
    pub claim: Arc<Claim>,
    /// What is to be done.
    pub work: Work,
}

/// What is to be done about a line of a plan.
#[derive(Clone, Debug)]
pub enum Work {
    /// To perform it.
    Perform(Test),
    /// Nothing: the endpoint cannot meet what the case needs, for this reason.
    NotApplicable(String),
}

/// The tests of a case on an endpoint.
///
/// `seed` draws the sample where an order of `every` has more interleavings than
/// [`EXHAUSTIVE`].
pub fn plan(case: &ExpandedCase, outlook: &Outlook, seed: u64) -> Vec<Planned> {
    let Some(source) = case.case.each.derived() else {
        let promise =
            case.case.promise.filter(|_| case.case.given.is_none()).map(|bound| Promise::Bound { bound });
        return plan_row(case, outlook, seed, &promise::Row { promise, ..promise::Row::default() });
    };
    let given = given_policy(&case.case);
    let credentials = outlook.credentials.filter(|_| given.is_none());
    let rows = match given.as_ref().or(outlook.declared.as_ref()) {
        None => Err("nothing is known of the endpoint's rules"),
        Some(policy) if policy.rules.is_empty() => Err("CORS is not configured"),
        Some(policy) => match promise::rows(source, &terms(policy, outlook, credentials, given.is_some())) {
            rows if rows.is_empty() => Err(source.without()),
            rows => Ok(rows),
        },
    };
    match rows {
        Err(reason) => {
            let promise = source.bound().map(|bound| Promise::Bound { bound });
            vec![unperformed(case, reason.to_owned(), outlook, promise.as_ref())]
        }
        Ok(rows) => rows
            .iter()
            .flat_map(|row| {
                let bound = case.case.promise.map(|bound| Promise::Bound { bound });
                let promise = row.promise.clone().or(bound).filter(|_| given.is_none());
                plan_row(&case.derived(row), outlook, seed, &promise::Row { promise, ..row.clone() })
            })
            .collect(),
    }
}

/// What derived rows are made of: the part of the rules that concerns the operation, where there is one.
fn terms<'p>(policy: &'p Policy, outlook: &'p Outlook, credentials: Option<bool>, given: bool) -> Terms<'p> {
    let terms = Terms::of(policy, credentials);
    match outlook.view.as_ref().filter(|_| !given) {
        Some(view) => Terms { share: &view.share, read_by: view.operation.read_by(), ..terms },
        None => terms,
    }
}

fn claim(
    case: &ExpandedCase,
    title: &str,
    sampled_of: Option<u64>,
    outlook: &Outlook,
    promise: Option<&Promise>,
) -> Arc<Claim> {
    let operation = outlook.view.as_ref().map(|view| Arc::clone(&view.operation));
    let id = match &operation {
        Some(operation) => format!("{}@{}", case.id, operation.name),
        None => case.id.clone(),
    };
    Arc::new(Claim {
        id,
        operation,
        title: title.to_owned(),
        kind: case.case.kind,
        source: case.case.source.clone(),
        file: case.source.name.clone(),
        line: case.position().0,
        sampled_of,
        promise: promise.cloned(),
    })
}

fn unperformed(case: &ExpandedCase, reason: String, outlook: &Outlook, promise: Option<&Promise>) -> Planned {
    let claim = claim(case, &case.case.title, None, outlook, promise);
    Planned { id: claim.id.clone(), claim, work: Work::NotApplicable(reason) }
}

/// The tests of a case without rows, or of one of its rows.
fn plan_row(case: &ExpandedCase, outlook: &Outlook, seed: u64, row: &promise::Row) -> Vec<Planned> {
    let not_applicable = |case, reason| unperformed(case, reason, outlook, row.promise.as_ref());
    let near = row.near.clone().map(Arc::new);
    if let Some(need) = needs(&case.case).into_iter().find(|need| !need.met_by(outlook.abilities)) {
        return vec![not_applicable(case, need.reason().to_owned())];
    }
    let mut bound = match case.bind(&outlook.roles) {
        Ok(bound) => bound,
        Err(unbound) => {
            return vec![not_applicable(case, unbound_reason(&unbound))];
        }
    };
    if let Some(view) = &outlook.view {
        view.operation.ask(&mut bound);
        if let Some(reason) = operations::other_than(&bound, &view.operation, !row.id.is_empty()) {
            return vec![not_applicable(case, reason)];
        }
    } else if let Some(reason) = reads_by_undeclared_method(&bound, outlook) {
        return vec![not_applicable(case, reason)];
    }
    if let Some(method) = method_not_permitted(&bound, outlook) {
        let reason = match &outlook.view {
            Some(_) => {
                format!(
                    "really sends {method}, which this operation does not let tests send (`\"send\": true`)"
                )
            }
            None => {
                format!("really sends {method}, which this endpoint's `capabilities.methods` does not name")
            }
        };
        return vec![not_applicable(case, reason)];
    }
    if let Some(origin) = refused_though_declared(&bound, outlook.declared.as_ref()) {
        let reason = format!("the declared rules allow `{origin}`, which the case wants refused");
        return vec![not_applicable(case, reason)];
    }
    if let Some((origin, method)) = reads_though_undeclared(&bound, outlook.declared.as_ref()) {
        let reason = format!("the declared rules do not allow {method} to `{origin}`");
        return vec![not_applicable(case, reason)];
    }
    let policy = given_policy(&bound).map(Arc::new);
    let bound = Arc::new(bound);
    let requests: Vec<(&str, usize)> =
        bound.requests.iter().map(|(name, request)| (name.as_str(), steps_of(request, &bound))).collect();
    let orders = order::orders(&bound.order, &requests, seed);
    let sampled_of = orders.sampled().then(|| u64::try_from(orders.of).unwrap_or(u64::MAX));
    let claim = claim(case, &bound.title, sampled_of, outlook, row.promise.as_ref());
    let mut planned = Vec::with_capacity(orders.orders.len() * bound.through.len());
    for order in &orders.orders {
        for through in &bound.through {
            let test = Test {
                claim: Arc::clone(&claim),
                case: Arc::clone(&bound),
                policy: policy.clone(),
                order: order.clone(),
                through: *through,
                near: near.clone(),
            };
            let id = test_id(&claim.id, orders.several.then_some(order), *through);
            planned.push(Planned { id, claim: Arc::clone(&claim), work: Work::Perform(test) });
        }
    }
    planned
}

/// A method that a case may really send, and the endpoint's owner does not permit it.
pub fn method_not_permitted(case: &Case, outlook: &Outlook) -> Option<String> {
    let methods = outlook.methods.as_ref()?;
    case.requests.values().filter_map(method_sent).find(|method| !methods.contains(method))
}

/// The method that a request may really send, in the form in which it is sent; `None`: nothing but a
/// preflight is sent, whatever is answered.
fn method_sent(request: &RequestSpec) -> Option<String> {
    if request.client == Client::Raw {
        let asks =
            || request.headers.keys().any(|name| name.eq_ignore_ascii_case("access-control-request-method"));
        let preflight = request.method == "OPTIONS" && asks();
        return (!preflight).then(|| request.method.clone());
    }
    let method = fetch::method::normalize(&request.method);
    let refused_by_browser = !fetch::method::is_method(&method)
        || fetch::method::is_forbidden(&method)
        || (request.mode == Mode::NoCors && !fetch::method::is_safelisted(&method));
    (request.until.is_none() && !refused_by_browser).then_some(method)
}

/// Why roles cannot be filled, each reason once with the first role that has it.
fn unbound_reason(unbound: &[&Unbound]) -> String {
    let mut reasons: Vec<(&Unbound, usize)> = Vec::new();
    for &role in unbound {
        match reasons.iter_mut().find(|(first, _)| first.why == role.why) {
            Some((_, more)) => *more += 1,
            None => reasons.push((role, 0)),
        }
    }
    let told: Vec<String> = reasons
        .into_iter()
        .map(|(first, more)| match more {
            0 => first.to_string(),
            more => format!("there is no {{{}}}, nor {more} more roles: {}", first.role, first.why),
        })
        .collect();
    told.join("; ")
}

/// An origin that a case wants refused, although the endpoint is declared to allow it: a case that
/// sets no rules of its own speaks of origins near the allowed ones, and a wide pattern may well
/// cover them.
fn refused_though_declared<'a>(case: &'a Case, declared: Option<&Policy>) -> Option<&'a str> {
    let declared = declared.filter(|_| case.given.is_none())?;
    case.requests.values().find_map(|request| {
        let expected = request.expect.outcome.as_ref()?.as_slice();
        let origin = request.origin.as_deref().filter(|_| expected == [OutcomeName::Blocked])?;
        // Whoever declares `null` by name wants it let in, whatever else is asked for.
        if origin == "null" && declared.names_null() {
            return Some(origin);
        }
        // Only an ordinary read says something of the origin alone.
        let simple = request.method == "GET"
            && request.headers.is_empty()
            && request.credentials != Credentials::Include;
        (simple && declared.allows_read(origin, "GET")).then_some(origin)
    })
}

/// A method that needs no preflight, with which a page of an allowed origin is to get anything but a refusal, although
/// the endpoint is not declared to allow it: what the endpoint answers then is not promised. Some servers hold even such methods to their list.
fn reads_though_undeclared<'a>(case: &'a Case, declared: Option<&Policy>) -> Option<(&'a str, &'a str)> {
    let declared = declared.filter(|_| case.given.is_none())?;
    case.requests.values().find_map(|request| {
        let expected = request.expect.outcome.as_ref().map(OneOrMany::as_slice);
        let refused = expected.is_some_and(|expected| expected == [OutcomeName::Blocked]);
        let reads = fetch::method::is_safelisted(&request.method) && !refused && is_a_promised_read(request);
        let origin = request.origin.as_deref().filter(|_| reads)?;
        let undeclared =
            declared.allows_origin(origin.as_bytes()) && !declared.allows_read(origin, &request.method);
        undeclared.then_some((origin, request.method.as_str()))
    })
}

/// Why a page's read says nothing of an endpoint that does not promise any page to read by that method: whatever it
/// answers there is an error of its own.
fn reads_by_undeclared_method(case: &Case, outlook: &Outlook) -> Option<String> {
    let policy = outlook.declared.as_ref().filter(|_| case.given.is_none() && !outlook.abilities.embedded)?;
    let declared = |method: &str| policy.rules.iter().any(|rule| rule.allows_method(method));
    if policy.rules.is_empty() || declared("GET") || declared("HEAD") {
        return None;
    }
    let reads = |request: &&RequestSpec| {
        request.path.is_none()
            && request.until.is_none()
            && is_a_promised_read(request)
            && ["GET", "HEAD"].contains(&request.method.as_str())
    };
    let read = case.requests.values().find(reads)?;
    Some(format!(
        "the declared rules do not allow {} to any origin; declare an operation with the method that pages read by",
        read.method
    ))
}

/// Whether a request is about what a page reads, and not about what any answer shows of the CORS layer.
fn is_a_promised_read(request: &RequestSpec) -> bool {
    request.expect.named_if_allowed.is_empty()
}

/// `suite/case[b,a|shared]`: the order where there are several, the cache model where there is one.
fn test_id(case: &str, order: Option<&Steps>, through: Through) -> String {
    let order = order.map(|order| order.join(","));
    let through = (through != Through::None).then(|| through.name());
    match (order, through) {
        (None, None) => case.to_owned(),
        (Some(order), None) => format!("{case}[{order}]"),
        (None, Some(through)) => format!("{case}[{through}]"),
        (Some(order), Some(through)) => format!("{case}[{order}|{through}]"),
    }
}

/// Whether a request changes the rules of the bucket that it is made to.
fn sets_rules(request: &RequestSpec) -> bool {
    let names_rules = |query: &str| query.split('&').any(|part| part.split('=').next() == Some("cors"));
    request.query.as_deref().is_some_and(names_rules) && !is_safe_method(&request.method)
}

/// What a case needs of its target, besides its roles.
pub fn needs(case: &Case) -> Vec<Need> {
    let mut needs = Vec::new();
    if case.embedded_only {
        needs.push(Need::Embedded);
    }
    if case.requests.values().any(|request| request.presign.is_some()) {
        needs.push(Need::Keys);
    }
    if case.requests.values().any(sets_rules) {
        needs.push(Need::Configuration);
    }
    if let Some(given) = &case.given {
        needs.extend(needs_of_given(given));
    }
    needs
}

/// What must be possible with an endpoint so that it can be set up so.
pub fn needs_of_given(given: &Given) -> Vec<Need> {
    let mut needs = Vec::new();
    if given.private {
        needs.push(Need::Keys);
    }
    if given.sets_policy() {
        needs.push(Need::SetRules);
    }
    if given.response_vary == Some(true) {
        needs.push(Need::ResponseVary);
    }
    match given.allow_credentials {
        Some(true) => needs.push(Need::AllowCredentials),
        Some(false) => needs.push(Need::DenyCredentials),
        None => {}
    }
    needs.extend(given.dialect.map(Need::Dialect));
    if !given.objects.is_empty() {
        needs.push(Need::PutObjects);
    }
    let mut fields = given.objects.values().flat_map(|object| object.headers.keys());
    if fields.any(|name| !is_stored_field(name)) {
        needs.push(Need::ObjectFields);
    }
    if !given.routes.is_empty() {
        needs.push(Need::Routes);
    }
    if !given.answers.is_empty() {
        needs.push(Need::Dictate);
    }
    needs
}

/// The policy of a case that sets one.
fn given_policy(case: &Case) -> Option<Policy> {
    case.given.as_ref().filter(|given| given.sets_policy()).map(Given::policy)
}

/// How many steps a request takes, as far as the case says: its preflight, if it needs one, itself,
/// and a hop where an application or a dictated answer redirects its path.
fn steps_of(request: &RequestSpec, case: &Case) -> usize {
    if request.client == Client::Raw || request.until.is_some() {
        return 1;
    }
    let headers: Fields = request
        .headers
        .iter()
        .flat_map(|(name, values)| {
            values.as_slice().iter().map(move |value| (name.clone(), value.clone().into_bytes()))
        })
        .collect();
    let safelisted = fetch::method::is_safelisted(&fetch::method::normalize(&request.method))
        && fetch::unsafe_request_header_names(&headers).is_empty()
        && !(request.stream && request.body.is_some());
    1 + usize::from(!safelisted) + usize::from(is_redirected(request, case))
}

/// Whether what is given redirects the request.
fn is_redirected(request: &RequestSpec, case: &Case) -> bool {
    let (Some(given), Some(path)) = (&case.given, &request.path) else { return false };
    let routed = given.routes.get(path).is_some_and(|route| is_redirect(route.status));
    let mut answers = given.answers.iter().filter(|answer| answer.path.as_ref().is_none_or(|it| it == path));
    let dictated = answers.find(|answer| [request.method.as_str(), "*"].contains(&answer.on.as_str()));
    request.redirect == RedirectMode::Follow
        && (routed || dictated.is_some_and(|answer| is_redirect(answer.status)))
}
