//! From a plan, an endpoint's roles and its URL to requests that are ready to be sent.

use std::{
    borrow::Cow,
    collections::HashSet,
    sync::Arc,
    time::{Duration, SystemTime},
};

use crosscheck_core::{
    case::{
        Roles, fill,
        model::{BodySpec, OneOrMany, RequestSpec},
        placeholders,
    },
    exchange::{Failure, SendContext},
    fetch::{
        Agent, AgentConfig, Client, Credentials, Initiator, Next, Origin, Outcome, Outgoing, Purpose,
        Request, method, unsafe_request_header_names,
    },
    interleave::{Place, RequestError, page_request},
    message::{self, Response, is_safe_method},
    policy::Policy,
};
use indexmap::IndexMap;

use super::{Asks, PageRequest, Picker, Row, Template, Timeline, Visit, Work, near::near};
use crate::{
    plan::{Entry, LoadPlan, OriginPlan, Popularity, RequestKind, RequestPlan, ResourcePlan},
    trial::{Stand, Trial},
};

/// What is known of an endpoint before anything is sent.
pub struct Ground<'a> {
    /// Where requests go.
    pub place: &'a Place,
    /// Where requests go that may write.
    pub writes: &'a Place,
    /// The endpoint's values for the roles.
    pub roles: &'a Roles,
    /// Its rules, where they are known.
    pub policy: Option<&'a Policy>,
    /// The methods that may really be sent, besides preflights; `None`: all.
    pub methods: Option<&'a [String]>,
    /// No arrival rate is above this one.
    pub max_rate: Option<f64>,
    /// The tests of the plan's cases, set up.
    pub stands: &'a [Stand],
    /// Gives a request its HTTP/1.1 form, with what the transport adds.
    pub write: &'a Write<'a>,
}

/// Gives a request its HTTP/1.1 form, with what the transport adds; or why it may not or cannot be sent.
pub type Write<'a> =
    dyn Fn(&message::Request, &SendContext) -> Result<(message::Request, Vec<u8>), Failure> + 'a;

/// Why a plan cannot be run on an endpoint.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BuildError {
    /// The endpoint has no value for some roles: the plan does not apply to it.
    #[error("{}", .0.join("; "))]
    Unbound(Vec<String>),
    /// A value makes no request.
    #[error("{0}")]
    Value(String),
    /// A path or a header makes no request.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// It would write to an endpoint of which nobody said that it may be written to.
    #[error("the request `{request}` would really send {method} to an endpoint that is not ours")]
    Writes {
        /// The request's name.
        request: String,
        /// Its method.
        method: String,
    },
    /// Too many distinct requests.
    #[error("origins and resources make {0} distinct requests, more than {MOST}")]
    TooMany(u64),
}

/// The most distinct requests of one plan.
const MOST: u64 = 200_000;

/// Binds a plan to an endpoint.
///
/// # Errors
/// Why it cannot be run there.
pub fn build(plan: &LoadPlan, ground: &Ground<'_>) -> Result<Work, BuildError> {
    let plan = bound(plan, ground.roles)?;
    let timeline = Timeline::of(&plan, ground.max_rate);
    let mut work = Work {
        rows: Vec::new(),
        templates: Vec::new(),
        visits: Vec::new(),
        picker: Picker::new(&[1.0]),
        origins: HashSet::new(),
        page_requests: Vec::new(),
        trials: Vec::new(),
        timeline,
        plan: plan.clone(),
    };
    check_size(&plan, ground)?;
    let mut weights = Vec::new();
    for (name, request) in &plan.requests {
        one_request(name, request, &plan, ground, &mut work, &mut weights)?;
    }
    for (name, case) in &plan.cases {
        one_case(name, f64::from(case.weight), ground, &mut work, &mut weights)?;
    }
    work.picker = Picker::new(&weights);
    Ok(work)
}

fn check_size(plan: &LoadPlan, ground: &Ground<'_>) -> Result<(), BuildError> {
    let mut total = ground.stands.len() as u64;
    for request in plan.requests.values() {
        let count = |origins: u64, resources: u64| origins.saturating_mul(resources);
        let of = |counts: Vec<u32>| counts.into_iter().map(u64::from).sum();
        let origins = of(either(&request.origins, &plan.origins)
            .iter()
            .map(|e| e.full(OriginPlan::of).count)
            .collect());
        let resources = of(either(&request.resources, &plan.resources)
            .iter()
            .map(|e| e.full(ResourcePlan::of).count)
            .collect());
        total = total.saturating_add(count(origins, resources));
    }
    if total > MOST { Err(BuildError::TooMany(total)) } else { Ok(()) }
}

fn either<'a, T>(own: &'a [Entry<T>], plan: &'a [Entry<T>]) -> &'a [Entry<T>] {
    if own.is_empty() { plan } else { own }
}

/// The plan with values for its roles.
fn bound(plan: &LoadPlan, roles: &Roles) -> Result<LoadPlan, BuildError> {
    let mut plan = plan.clone();
    let mut unbound: Vec<String> = Vec::new();
    let mut set = |text: &mut String| {
        for name in placeholders(text).filter(|name| *name != "n") {
            if let Err(why) = roles.get(name) {
                let why = why.to_string();
                if !unbound.contains(&why) {
                    unbound.push(why);
                }
            }
        }
        *text = fill(text, |name| roles.get(name).ok().map(Cow::Borrowed));
    };
    for request in plan.requests.values_mut() {
        set(&mut request.method);
        request.headers = std::mem::take(&mut request.headers)
            .into_iter()
            .map(|(mut name, mut value)| {
                set(&mut name);
                set(&mut value);
                (name, value)
            })
            .collect::<IndexMap<_, _>>();
        request.origins.iter_mut().for_each(|entry| set(origin_text(entry)));
        request.resources.iter_mut().for_each(|entry| set(path_text(entry)));
    }
    plan.origins.iter_mut().for_each(|entry| set(origin_text(entry)));
    plan.resources.iter_mut().for_each(|entry| set(path_text(entry)));
    if unbound.is_empty() { Ok(plan) } else { Err(BuildError::Unbound(unbound)) }
}

fn origin_text(entry: &mut Entry<OriginPlan>) -> &mut String {
    match entry {
        Entry::Text(text) => text,
        Entry::Full(full) => &mut full.origin,
    }
}

fn path_text(entry: &mut Entry<ResourcePlan>) -> &mut String {
    match entry {
        Entry::Text(text) => text,
        Entry::Full(full) => &mut full.path,
    }
}

fn one_request(
    name: &str,
    request: &RequestPlan,
    plan: &LoadPlan,
    ground: &Ground<'_>,
    work: &mut Work,
    weights: &mut Vec<f64>,
) -> Result<(), BuildError> {
    let writes = request.kind != RequestKind::Preflight;
    let method = method::normalize(&request.method);
    if writes && ground.methods.is_some_and(|methods| !methods.contains(&method)) {
        return Err(BuildError::Writes { request: name.to_owned(), method });
    }
    let origins = origins(either(&request.origins, &plan.origins), ground.policy)?;
    let resources = resources(either(&request.resources, &plan.resources));
    let preflighted = matches!(request.kind, RequestKind::Both | RequestKind::Fetch);
    if preflighted {
        work.rows.push(Row { name: format!("{name}.preflight"), method: "OPTIONS".to_owned() });
    }
    let row = work.rows.len();
    let method = if request.kind == RequestKind::Preflight { "OPTIONS" } else { request.method.as_str() };
    work.rows.push(Row { name: name.to_owned(), method: method.to_owned() });
    let total: f64 = origins.iter().map(|(_, weight)| weight).sum::<f64>()
        * resources.iter().map(|(_, weight)| weight).sum::<f64>();
    let spec = spec_of(request);
    for (origin, origin_weight) in &origins {
        let client = Arc::new(Client::top_level(origin.clone()).ignoring_mixed_content());
        let origin = client.serialized_origin();
        work.origins.insert(origin.to_owned());
        for (path, path_weight) in &resources {
            let path = (!path.is_empty()).then_some(path.trim_start_matches('/'));
            let place = if is_safe_method(&request.method) { ground.place } else { ground.writes };
            let asked = page_request(&spec, Arc::clone(&client), place.url_of(&request.method, path)?)?;
            let weight = f64::from(request.weight) * origin_weight * path_weight / total;
            weights.push(weight);
            if request.kind == RequestKind::Fetch {
                work.page_requests.push(PageRequest { row, request: asked, expected: request.expect });
                continue;
            }
            let (preflight, actual) = sent(&asked, origin)?;
            let mut steps = Vec::new();
            let mut add = |outgoing: Outgoing, row: usize, work: &mut Work| {
                let template = template(outgoing, row, request, origin, &asked, ground)?;
                steps.push(u32::try_from(work.templates.len()).unwrap_or(u32::MAX));
                work.templates.push(template);
                Ok::<(), BuildError>(())
            };
            match request.kind {
                RequestKind::Preflight => add(preflight, row, work)?,
                RequestKind::Actual => add(actual, row, work)?,
                RequestKind::Both | RequestKind::Fetch => {
                    add(preflight, row - 1, work)?;
                    add(actual, row, work)?;
                }
            }
            work.visits.push(Visit { steps });
        }
    }
    Ok(())
}

/// The tests of a case, all alike often.
fn one_case(
    name: &str,
    weight: f64,
    ground: &Ground<'_>,
    work: &mut Work,
    weights: &mut Vec<f64>,
) -> Result<(), BuildError> {
    let stands: Vec<&Stand> = ground.stands.iter().filter(|stand| stand.entry == name).collect();
    let actual = stands
        .iter()
        .flat_map(|stand| stand.test.case.requests.values())
        .map(|request| request.method.as_str())
        .find(|method| *method != "OPTIONS");
    work.rows.push(Row { name: format!("{name}.preflight"), method: "OPTIONS".to_owned() });
    let row = work.rows.len();
    work.rows.push(Row { name: name.to_owned(), method: actual.unwrap_or("OPTIONS").to_owned() });
    let share = weight / stands.len().max(1) as f64;
    for stand in stands {
        let trial = Trial::new(stand.clone(), row).map_err(|error| BuildError::Value(error.to_string()))?;
        work.origins.extend(trial.origins().cloned());
        work.trials.push(trial);
        weights.push(share);
    }
    Ok(())
}

fn origins(entries: &[Entry<OriginPlan>], policy: Option<&Policy>) -> Result<Vec<(Origin, f64)>, BuildError> {
    let mut all = Vec::new();
    for entry in entries {
        let entry = entry.full(OriginPlan::of);
        let texts = if entry.near {
            let found = near(&entry.origin, entry.count, policy);
            if found.is_empty() {
                let why = format!("there is no origin near `{}` that is refused", entry.origin);
                return Err(BuildError::Unbound(vec![why]));
            }
            found
        } else {
            numbered(&entry.origin, entry.count)
        };
        all.extend(weighted(texts, entry.weight, entry.popularity));
    }
    let parsed = |(text, weight): (String, f64)| match Origin::parse(&text) {
        Ok(origin) => Ok((origin, weight)),
        Err(_) => Err(BuildError::Value(format!("`{text}` is no origin as a browser writes it"))),
    };
    all.into_iter().map(parsed).collect()
}

fn resources(entries: &[Entry<ResourcePlan>]) -> Vec<(String, f64)> {
    let full = entries.iter().map(|entry| entry.full(ResourcePlan::of));
    full.flat_map(|entry| weighted(numbered(&entry.path, entry.count), entry.weight, entry.popularity))
        .collect()
}

fn numbered(text: &str, count: u32) -> Vec<String> {
    numbers_in(text, count).iter().map(|filled| crosscheck_core::case::unescape(filled)).collect()
}

/// A text with each number from 1 to `count` in place of `{n}`, still to be filled in otherwise.
pub(super) fn numbers_in(text: &str, count: u32) -> Vec<String> {
    (1..=count)
        .map(|number| fill(text, |name| (name == "n").then(|| Cow::Owned(number.to_string()))))
        .collect()
}

fn weighted(texts: Vec<String>, weight: u32, popularity: Popularity) -> Vec<(String, f64)> {
    let share = |index: usize| match popularity {
        Popularity::Even => 1.0,
        Popularity::Zipf => 1.0 / (index as f64 + 1.0),
    };
    let total: f64 = (0..texts.len()).map(share).sum();
    let weight = f64::from(weight);
    texts.into_iter().enumerate().map(|(index, text)| (text, weight * share(index) / total)).collect()
}

/// The request in the words of a case.
fn spec_of(request: &RequestPlan) -> RequestSpec {
    let headers = request.headers.iter().map(|(name, value)| (name.clone(), OneOrMany::One(value.clone())));
    RequestSpec {
        method: request.method.clone(),
        headers: headers.collect(),
        body: request.body.clone().map(BodySpec::Text),
        credentials: request.credentials,
        ..RequestSpec::default()
    }
}

/// The CORS-preflight request and the actual one, as the agent of `fetch` makes them.
fn sent(asked: &Request, origin: &str) -> Result<(Outgoing, Outgoing), BuildError> {
    let mut forced = asked.clone();
    // A listener for upload progress makes a browser ask first, whatever is asked.
    forced.initiator = Initiator::Xhr { upload_listener: true };
    let preflight = first(&forced, origin)?;
    if preflight.purpose != Purpose::Preflight {
        let why =
            format!("{} is of the page's own origin {origin}: nothing is asked across origins", asked.url);
        return Err(BuildError::Value(why));
    }
    let names = unsafe_request_header_names(&asked.headers).join(", ");
    let consent = Response::new(204)
        .with_field("Access-Control-Allow-Origin", origin)
        .with_field("Access-Control-Allow-Credentials", "true")
        .with_field("Access-Control-Allow-Methods", &asked.method)
        .with_field("Access-Control-Allow-Headers", &names);
    let mut agent = Agent::new(AgentConfig::default());
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    let id = agent.fetch(asked.clone());
    let mut next = agent.next(id, now);
    if let Next::Send(outgoing) = &next
        && outgoing.purpose == Purpose::Preflight
    {
        agent.receive(id, now, Ok(consent));
        next = agent.next(id, now);
    }
    match next {
        Next::Send(actual) => Ok((preflight, actual)),
        Next::Done(_) => {
            Err(BuildError::Value(format!("a page of {origin} cannot make this request of {}", asked.url)))
        }
    }
}

/// What a browser sends first, or why it sends nothing.
fn first(asked: &Request, origin: &str) -> Result<Outgoing, BuildError> {
    let mut agent = Agent::new(AgentConfig::default());
    let id = agent.fetch(asked.clone());
    match agent.next(id, SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000)) {
        Next::Send(outgoing) => Ok(outgoing),
        Next::Done(outcome) => {
            let why = match outcome {
                Outcome::Blocked(blocked) => blocked.reason.meaning(),
                Outcome::Allowed(_) | Outcome::Opaque(_) => "It is answered without being sent.",
            };
            Err(BuildError::Value(format!("a page of {origin} cannot ask for {}: {why}", asked.url)))
        }
    }
}

fn template(
    outgoing: Outgoing,
    row: usize,
    request: &RequestPlan,
    origin: &str,
    asked: &Request,
    ground: &Ground<'_>,
) -> Result<Template, BuildError> {
    let asks = match outgoing.purpose {
        Purpose::Preflight => Asks::Preflight {
            method: outgoing.request.fields.text("access-control-request-method").unwrap_or_default(),
            unsafe_names: unsafe_request_header_names(&asked.headers),
        },
        Purpose::Actual | Purpose::RedirectHop(_) => Asks::Actual,
    };
    let (dressed, mut wire) = (ground.write)(&outgoing.request, &SendContext::from(&outgoing))
        .map_err(|failure| BuildError::Value(failure.to_string()))?;
    wire.extend_from_slice(&outgoing.request.body);
    Ok(Template {
        row,
        dressed: dressed.fields,
        wire,
        request: Arc::unwrap_or_clone(outgoing.request),
        origin: origin.to_owned(),
        asks,
        credentials: request.credentials == Credentials::Include,
        expected: request.expect,
        vary_origin: request.vary_origin,
    })
}
