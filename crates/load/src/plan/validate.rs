//! Everything about a load plan that its schema cannot say: what contradicts itself, what names
//! something that is not there, and what nobody could send.

use std::sync::Arc;

use crosscheck_core::{
    case::{ROLES, is_role, model::Through, placeholders},
    diagnostic::{Diagnostic, SourceText},
    document::{Place, nearest, quote},
    fetch::{Profile, header, method},
    message::{is_token, plain_path},
};

use super::{Budget, Entry, LoadPlan, OriginPlan, RequestKind, RequestPlan, Shape};

/// What is wrong, in the order of the text.
pub(super) fn check(plan: &LoadPlan, source: &Arc<SourceText>, root: Place<'_>) -> Vec<Diagnostic> {
    let mut finder = Finder { source, found: Vec::new() };
    load(plan, root, &mut finder);
    stages(plan, root.field("stages"), &mut finder);
    for (index, (name, request)) in plan.requests.iter().enumerate() {
        one_request(name, request, root.field("requests").nth(index), &mut finder);
    }
    cases(plan, root, &mut finder);
    given(plan, root, &mut finder);
    entries(&plan.origins, root.field("origins"), &mut finder);
    paths(plan, root, &mut finder);
    browser(plan, root, &mut finder);
    for (index, text) in plan.budgets.iter().enumerate() {
        if let Err(diagnostic) = budget(plan, text) {
            let place = root.field("budgets").nth(index).span();
            let diagnostic = diagnostic.at(source, place, "");
            finder.found.push(diagnostic);
        }
    }
    finder.found.sort_by_key(|found| found.labels.first().map_or(usize::MAX, |label| label.span.start));
    finder.found
}

/// A budget of this plan, from the plan or from the command line.
///
/// # Errors
/// What is wrong with it; the place is the caller's to add.
pub fn budget(plan: &LoadPlan, text: &str) -> Result<Budget, Diagnostic> {
    let budget: Budget = text.parse().map_err(|error: super::ParseBudgetError| {
        Diagnostic::error("load.budget", error.message.clone()).help(error.help)
    })?;
    let rows = row_names(plan);
    known("request", budget.request.as_deref(), rows.iter().map(String::as_str))?;
    known("stage", budget.stage.as_deref(), plan.stages.iter().map(|stage| stage.name.as_str()))?;
    Ok(budget)
}

/// The names of the rows that requests and cases have in the record.
pub(crate) fn row_names(plan: &LoadPlan) -> Vec<String> {
    let two = |name: &String, both: bool| {
        let preflight = both.then(|| format!("{name}.preflight"));
        preflight.into_iter().chain([name.clone()])
    };
    let both = |request: &RequestPlan| matches!(request.kind, RequestKind::Both | RequestKind::Fetch);
    let requests = plan.requests.iter().flat_map(|(name, request)| two(name, both(request)));
    requests.chain(plan.cases.keys().flat_map(|name| two(name, true))).collect()
}

fn known<'a>(
    what: &str,
    name: Option<&str>,
    names: impl Iterator<Item = &'a str> + Clone,
) -> Result<(), Diagnostic> {
    let Some(name) = name else { return Ok(()) };
    if names.clone().any(|known| known == name) {
        return Ok(());
    }
    let message = format!("the budget is for the {what} {}, which the plan does not have", quote(name));
    let all: Vec<String> = names.clone().map(quote).collect();
    Err(Diagnostic::error("load.budget", message).help(match nearest(name, names) {
        Some(meant) => format!("did you mean {}?", quote(meant)),
        None => format!("{what}s of the plan: {}", all.join(", ")),
    }))
}

struct Finder<'a> {
    source: &'a Arc<SourceText>,
    found: Vec<Diagnostic>,
}

impl Finder<'_> {
    fn error(&mut self, code: &'static str, message: String, span: std::ops::Range<usize>, label: String) {
        self.found.push(Diagnostic::error(code, message).at(self.source, span, label));
    }
}

/// Arrivals or users, not both, and one of them throughout.
fn load(plan: &LoadPlan, root: Place<'_>, finder: &mut Finder<'_>) {
    if plan.rate.is_some() && plan.users.is_some() {
        finder.error(
            "load.contradiction",
            "a plan has a rate of arrivals or a number of users, not both".to_owned(),
            root.field("users").key(),
            "with `rate`, arrivals do not wait for answers; with `users`, they do".to_owned(),
        );
    }
    if plan.pause.is_some() && !is_closed(plan) {
        let label = "only users pause; arrivals come at their rate".to_owned();
        finder.error(
            "load.contradiction",
            "`pause` without `users`".to_owned(),
            root.field("pause").key(),
            label,
        );
    }
    if plan.timeout.duration().is_zero() {
        let label = "at least 1ms".to_owned();
        let message = "no answer comes in no time".to_owned();
        finder.error("load.timeout", message, root.field("timeout").span(), label);
    }
}

/// Whether users ask, rather than arrivals come.
pub fn is_closed(plan: &LoadPlan) -> bool {
    plan.users.is_some() || plan.stages.iter().any(|stage| stage.users.is_some())
}

fn stages(plan: &LoadPlan, place: Place<'_>, finder: &mut Finder<'_>) {
    let closed = is_closed(plan);
    for (index, stage) in plan.stages.iter().enumerate() {
        let here = place.nth(index);
        if plan.stages.iter().take(index).any(|before| before.name == stage.name) {
            let message = format!("two stages are called {}", quote(&stage.name));
            finder.error("load.duplicate-name", message, here.field("name").span(), "again here".to_owned());
        }
        if stage.duration.duration().is_zero() {
            let message = "a stage that takes no time".to_owned();
            finder.error("load.stage", message, here.field("for").span(), "at least 1ms".to_owned());
        }
        let both = stage.rate.is_some() && stage.users.is_some();
        if both || (closed && (stage.rate.is_some() || plan.rate.is_some())) {
            let message = "arrivals at a rate and users in one plan".to_owned();
            let label = "with `rate`, arrivals do not wait for answers; with `users`, they do".to_owned();
            let span = if stage.rate.is_some() { here.field("rate").key() } else { here.head() };
            finder.error("load.contradiction", message, span, label);
        } else if stage.rate.or(plan.rate).is_none() && stage.users.or(plan.users).is_none() {
            let message = format!("nothing says how much load the stage {} is", quote(&stage.name));
            let label = "expected `rate` or `users`, here or in the plan".to_owned();
            finder.error("load.stage", message, here.head(), label);
        }
        if stage.shape == Shape::Ramp && stage.rate.is_none() && stage.users.is_none() && index > 0 {
            let message = "a ramp that goes nowhere".to_owned();
            let label = "expected `rate` or `users`: where it goes".to_owned();
            finder.error("load.stage", message, here.head(), label);
        }
    }
}

/// Whole cases, or requests, and nothing that is said of requests alone.
fn cases(plan: &LoadPlan, root: Place<'_>, finder: &mut Finder<'_>) {
    if plan.cases.is_empty() && plan.requests.is_empty() {
        let label = "expected `requests`, or `cases`".to_owned();
        finder.error("load.nothing", "a plan that asks for nothing".to_owned(), root.head(), label);
    }
    if plan.cases.is_empty() {
        return;
    }
    for (index, name) in plan.cases.keys().enumerate() {
        entry_name("case", name, root.field("cases").nth(index), finder);
    }
    let defaults = |field: &str| match field {
        "origins" => plan.origins == super::model::allowed_origin(),
        "resources" => plan.resources == super::model::endpoint_itself(),
        "requests" => plan.requests.is_empty(),
        "browser" => plan.browser.is_none(),
        "given" => plan.given.is_none(),
        _ => plan.through == Through::None,
    };
    for (field, label) in [
        ("requests", "requests, or whole cases: make it two plans"),
        ("origins", "cases have their own origins"),
        ("resources", "cases have their own paths"),
        ("browser", "each case is made by a browser of its own"),
        ("given", "cases say themselves what they need"),
        ("through", "cases say themselves which caches stand between"),
    ] {
        if !defaults(field) {
            let message = format!("`{field}` beside `cases`");
            finder.error("load.contradiction", message, root.field(field).key(), label.to_owned());
        }
    }
}

/// Rules that a store takes, fields that it keeps, and objects that somebody asks for.
fn given(plan: &LoadPlan, root: Place<'_>, finder: &mut Finder<'_>) {
    let Some(given) = &plan.given else { return };
    let root = root.field("given");
    for (index, rule) in given.rules.iter().flatten().enumerate() {
        let place = root.field("rules").nth(index);
        let is_open = |text: &str| placeholders(text).next().is_some();
        for refusal in rule.refusals(is_open) {
            let list = place.field(refusal.field);
            let span = refusal.index.map_or(list, |index| list.nth(index)).span();
            finder.error("load.rule", refusal.message, span, refusal.label);
            if let Some(found) = finder.found.last_mut() {
                found.help.extend(refusal.help);
            }
        }
        for (name, list) in [
            ("allowed_origins", &rule.allowed_origins),
            ("allowed_methods", &rule.allowed_methods),
            ("allowed_headers", &rule.allowed_headers),
            ("expose_headers", &rule.expose_headers),
        ] {
            for (index, text) in list.iter().enumerate() {
                placeholder_names(text, place.field(name).nth(index).span(), &[], finder);
            }
        }
    }
    let counted = plan.numbered_paths();
    for (index, (path, object)) in given.objects.iter().enumerate() {
        let place = root.field("objects").nth(index);
        placeholder_names(path, place.key(), &["n"], finder);
        if let Err(why) = plain_path(path) {
            let message = format!("the object path {} is not a plain path", quote(path));
            finder.error("load.path", message, place.key(), why.to_string());
        }
        if placeholders(path).any(|name| name == "n") && !counted.iter().any(|(of, _)| of == path) {
            let label = "expected the path of a resource with `count`".to_owned();
            let message = format!("nothing says how many objects {} are", quote(path));
            finder.error("load.count", message, place.key(), label);
        }
        placeholder_names(&object.body, place.field("body").span(), &[], finder);
        for (index, (name, values)) in object.headers.iter().enumerate() {
            let here = place.field("headers").nth(index);
            for value in values.as_slice() {
                placeholder_names(value, here.span(), &[], finder);
            }
            if !is_token(name.as_bytes()) {
                let label = "expected a field name".to_owned();
                finder.error("load.header", format!("{} is no field name", quote(name)), here.key(), label);
            } else if !values.as_slice().iter().all(|value| header::is_value(value.as_bytes())) {
                let label = "expected values without line breaks".to_owned();
                finder.error(
                    "load.header",
                    format!("{} has no field value", quote(name)),
                    here.span(),
                    label,
                );
            }
        }
    }
}

/// A name that budgets can speak of.
fn entry_name(what: &str, name: &str, place: Place<'_>, finder: &mut Finder<'_>) {
    let word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if name.is_empty() || !name.chars().all(word) || name == "total" {
        let label = "expected letters, digits, `-` or `_`, and not `total`: it stands in budgets".to_owned();
        let message = format!("{} cannot be the name of a {what}", quote(name));
        finder.error("load.request-name", message, place.key(), label);
    }
}

fn one_request(name: &str, request: &RequestPlan, place: Place<'_>, finder: &mut Finder<'_>) {
    entry_name("request", name, place, finder);
    placeholder_names(&request.method, place.field("method").span(), &[], finder);
    if placeholders(&request.method).next().is_none() {
        if !method::is_method(&request.method) || method::is_forbidden(&request.method) {
            let message = format!("a page cannot use the method {}", quote(&request.method));
            let label = "expected a method such as GET or PUT".to_owned();
            finder.error("load.method", message, place.field("method").span(), label);
        } else if request.body.is_some() && matches!(request.method.as_str(), "GET" | "HEAD") {
            let message = format!("a {} request cannot have content", request.method);
            finder.error("load.method", message, place.field("body").key(), "leave it out".to_owned());
        }
    }
    for (index, (field, value)) in request.headers.iter().enumerate() {
        let here = place.field("headers").nth(index);
        placeholder_names(field, here.key(), &[], finder);
        placeholder_names(value, here.span(), &[], finder);
        if placeholders(field).next().is_some() || placeholders(value).next().is_some() {
            continue;
        }
        if !is_token(field.as_bytes()) {
            let label = "expected a field name".to_owned();
            finder.error("load.header", format!("{} is no field name", quote(field)), here.key(), label);
        } else if header::is_forbidden_request_header(field, value.as_bytes()) {
            let message = format!("a page cannot set {}", quote(field));
            finder.error("load.header", message, here.key(), "the browser sets it".to_owned());
        } else if !value.is_ascii() || !header::is_value(value.as_bytes()) {
            let label = "expected ASCII without line breaks".to_owned();
            finder.error("load.header", format!("{} is no field value", quote(value)), here.span(), label);
        }
    }
    entries(&request.origins, place.field("origins"), finder);
    for (index, resource) in request.resources.iter().enumerate() {
        one_path(resource, place.field("resources").nth(index), finder);
    }
}

fn entries(origins: &[Entry<OriginPlan>], place: Place<'_>, finder: &mut Finder<'_>) {
    for (index, entry) in origins.iter().enumerate() {
        let (origin, here) = (entry.full(OriginPlan::of), place.nth(index));
        let here_text = if matches!(entry, Entry::Full(_)) { here.field("origin") } else { here };
        placeholder_names(&origin.origin, here_text.span(), &["n"], finder);
        let numbered = placeholders(&origin.origin).any(|name| name == "n");
        if (numbered || origin.near) != (origin.count > 1) && !(origin.near && origin.count == 1) {
            numbers("origin", origin.count, numbered, here, here_text, finder);
        }
        if placeholders(&origin.origin).next().is_none()
            && crosscheck_core::fetch::Origin::parse(&origin.origin).is_err()
        {
            let message = format!("{} is no origin", quote(&origin.origin));
            let label = "expected scheme://host[:port], a role such as `{allowed}`, or null".to_owned();
            finder.error("load.origin", message, here_text.span(), label);
        }
    }
}

fn paths(plan: &LoadPlan, root: Place<'_>, finder: &mut Finder<'_>) {
    for (index, resource) in plan.resources.iter().enumerate() {
        one_path(resource, root.field("resources").nth(index), finder);
    }
}

fn one_path(entry: &Entry<super::ResourcePlan>, here: Place<'_>, finder: &mut Finder<'_>) {
    let resource = entry.full(super::ResourcePlan::of);
    let text = if matches!(entry, Entry::Full(_)) { here.field("path") } else { here };
    placeholder_names(&resource.path, text.span(), &["n"], finder);
    let numbered = placeholders(&resource.path).any(|name| name == "n");
    if numbered != (resource.count > 1) {
        numbers("path", resource.count, numbered, here, text, finder);
    }
    if resource.path.bytes().any(|byte| byte <= b' ' || byte == 0x7F) {
        let label = "expected a path without spaces and control characters".to_owned();
        finder.error("load.path", format!("{} is no path", quote(&resource.path)), text.span(), label);
    }
}

/// `{n}` and `count` go together.
fn numbers(
    what: &str,
    count: u32,
    numbered: bool,
    here: Place<'_>,
    text: Place<'_>,
    finder: &mut Finder<'_>,
) {
    let (span, label) = if numbered {
        (text.span(), "say how many with `count`, 2 or more".to_owned())
    } else {
        (here.field("count").span(), "put `{n}` where the number goes".to_owned())
    };
    let message = if numbered {
        format!("the {what} has a number, but there is only one")
    } else {
        format!("{count} times the same {what}")
    };
    finder.error("load.count", message, span, label);
}

/// Placeholders must be roles, or of `also`.
fn placeholder_names(text: &str, span: std::ops::Range<usize>, also: &[&str], finder: &mut Finder<'_>) {
    for name in placeholders(text) {
        if is_role(name) || also.contains(&name) {
            continue;
        }
        let label = match nearest(name, ROLES.iter().map(|(role, _)| *role)) {
            Some(meant) => format!("did you mean `{{{meant}}}`?"),
            None => "no role has this name".to_owned(),
        };
        finder.error("load.unknown-role", format!("there is no role `{{{name}}}`"), span.clone(), label);
    }
}

fn browser(plan: &LoadPlan, root: Place<'_>, finder: &mut Finder<'_>) {
    let fetches = |request: &RequestPlan| request.kind == RequestKind::Fetch;
    let any = plan.requests.values().any(fetches);
    if any && !plan.requests.values().all(fetches) {
        for (index, request) in plan.requests.values().enumerate() {
            if !fetches(request) {
                let message = "requests of the kind `fetch` and of other kinds in one plan".to_owned();
                let label = "users have browsers, or they have not: make it two plans".to_owned();
                let place = root.field("requests").nth(index);
                finder.error("load.contradiction", message, place.key(), label);
            }
        }
    }
    if let Some(browser) = &plan.browser {
        let place = root.field("browser");
        if !any && plan.cases.is_empty() {
            let label = "only requests of the kind `fetch` are made by browsers".to_owned();
            finder.error("load.contradiction", "no request needs a browser".to_owned(), place.key(), label);
        }
        if browser.profile.parse::<Profile>().is_err() {
            let names = Profile::ALL.map(|profile| profile.name());
            let label = match nearest(&browser.profile, names) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => format!("expected one of {}", names.join(", ")),
            };
            let message = format!("there is no profile {}", quote(&browser.profile));
            finder.error("load.profile", message, place.field("profile").span(), label);
        }
    }
    let modelled = !matches!(plan.through, Through::None | Through::Live);
    if plan.through == Through::Browser {
        let label = "each browser has its own: say `browser` with `http_cache`".to_owned();
        let message = "a browser's cache does not stand between the pages and the endpoint".to_owned();
        finder.error("load.through", message, root.field("through").span(), label);
    } else if modelled && !any && plan.cases.is_empty() {
        let label = "only requests of the kind `fetch` go through a cache model".to_owned();
        let message = "a cache that nothing goes through".to_owned();
        finder.error("load.through", message, root.field("through").span(), label);
    }
}
