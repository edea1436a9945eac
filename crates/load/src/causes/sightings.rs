//! Requests of a load run and what came of them, in the form that the diagnosis takes.

use std::sync::Arc;

use crosscheck_core::{
    case::model::BodySpec,
    diagnosis::{ExplainedRequest, Sighting, Stored},
    exchange::{Exchange, OutcomeName, Received, ServedBy},
    fetch::{self, Credentials, Outcome, Profile, Reason, header, method},
    message::{Request, Response},
};

use crate::{
    judge::check,
    saving::Answers,
    work::{Asks, Template},
};

fn exchange(request: &Request, response: &Response) -> Arc<Exchange> {
    Arc::new(Exchange::new(Arc::new(request.clone()), Received::Response(response.clone())))
}

/// The request of a template as a script makes it.
pub(super) fn page_of_template(template: &Template) -> ExplainedRequest {
    let (method, headers) = match &template.asks {
        Asks::Preflight { method, unsafe_names } => {
            let headers = unsafe_names.iter().map(|name| (name.clone(), "crosscheck".to_owned()));
            (method.clone(), headers.collect())
        }
        Asks::Actual => {
            let set = template.request.fields.iter().map(|field| (field.name.to_string(), field.text()));
            let by_script = |(name, value): &(String, String)| {
                !header::is_forbidden_request_header(name, value.as_bytes())
                    && !["user-agent", "referer"].iter().any(|other| name.eq_ignore_ascii_case(other))
            };
            (template.request.method.clone(), set.filter(by_script).collect())
        }
    };
    ExplainedRequest {
        url: template.request.url.clone(),
        origin: template.origin.clone(),
        method,
        headers,
        credentials: template.credentials,
        body: None::<BodySpec>,
        send: true,
    }
}

/// What came of a template's request.
pub(super) fn sighting(template: &Template, response: &Response) -> Sighting {
    let page = page_of_template(template);
    let exchange = exchange(&template.request, response);
    let (preflight, hops) = match template.asks {
        Asks::Preflight { .. } => (Some(exchange), Vec::new()),
        Asks::Actual => (None, vec![exchange]),
    };
    let refused = check(template, response).err();
    let (reason, subject) = refused.map_or((None, None), |(reason, subject)| (Some(reason), subject));
    Sighting {
        headers: page.unsafe_names(),
        method: method::normalize(&page.method),
        origin: Some(page.origin),
        credentials: page.credentials,
        url: Some(page.url),
        preflight,
        hops,
        outcome: if reason.is_none() { OutcomeName::Allowed } else { OutcomeName::Blocked },
        reason,
        subject,
        served_by: ServedBy::Network,
        stored: None,
    }
}

/// The request of a page, as a script makes it.
pub(crate) fn page_of(request: &fetch::Request) -> ExplainedRequest {
    ExplainedRequest {
        url: request.url.clone(),
        origin: request.client.serialized_origin().to_owned(),
        method: request.method.clone(),
        headers: request.headers.iter().map(|field| (field.name.to_string(), field.text())).collect(),
        credentials: request.credentials == Credentials::Include,
        body: None,
        send: true,
    }
}

/// What came of a page's request. `stored`: a cache on the way answered, with an answer that depends on Origin or not.
pub(crate) fn sighting_of_page(
    page: &ExplainedRequest,
    outcome: &Outcome,
    (preflight, actual): (Option<Arc<Exchange>>, Option<Arc<Exchange>>),
    stored: Option<bool>,
) -> Sighting {
    let (reason, subject) = match outcome {
        Outcome::Blocked(blocked) => (Some(blocked.reason), blocked.subject.clone()),
        _ => (None, None),
    };
    let of_preflight = reason.is_some_and(Reason::is_of_preflight);
    let from_cache = !of_preflight && actual.is_none();
    // Whose copy it is shows in the origin that it names.
    let copy = stored.zip(subject.clone()).filter(|_| from_cache).map(|(varies, named)| {
        let response = Response::new(200).with_field("Access-Control-Allow-Origin", &named);
        let response = if varies { response.with_field("Vary", "Origin") } else { response };
        let request = Request::new(&page.method, page.url.clone());
        Stored { origin: Some(named), exchange: Some(exchange(&request, &response)) }
    });
    Sighting {
        origin: Some(page.origin.clone()),
        method: method::normalize(&page.method),
        headers: page.unsafe_names(),
        credentials: page.credentials,
        url: Some(page.url.clone()),
        preflight,
        hops: actual.filter(|_| !of_preflight).into_iter().collect(),
        outcome: if reason.is_none() { OutcomeName::Allowed } else { OutcomeName::Blocked },
        reason,
        subject,
        served_by: if from_cache { ServedBy::Cache } else { ServedBy::Network },
        stored: copy,
    }
}

/// What came of a page's request before the load, where it was sent at all.
pub(super) fn sighting_of_answers(page: &ExplainedRequest, answers: &Answers) -> Option<Sighting> {
    let request = Request::new(&page.method, page.url.clone());
    let exchanged = |response: &Response| exchange(&request, response);
    let names = page.unsafe_names();
    let method = method::normalize(&page.method);
    let asked = fetch::preflight::Asked {
        origin: &page.origin,
        method: &method,
        unsafe_names: &names,
        credentials: page.credentials,
        use_preflight: false,
    };
    let of_preflight = answers.preflight.as_ref().and_then(|response| {
        fetch::preflight_check(&asked, response, Profile::Spec.behaviour())
            .err()
            .map(|failure| (failure.reason(), failure.subject()))
    });
    let of_actual = || {
        let failure = fetch::cors_check(&page.origin, page.credentials, answers.actual.as_ref()?).err()?;
        Some((failure.reason(), failure.subject().map(str::to_owned)))
    };
    let refused = of_preflight.or_else(of_actual);
    let (reason, subject) = refused.map_or((None, None), |(reason, subject)| (Some(reason), subject));
    (answers.preflight.is_some() || answers.actual.is_some()).then(|| Sighting {
        origin: Some(page.origin.clone()),
        method: method.clone(),
        headers: names.clone(),
        credentials: page.credentials,
        url: Some(page.url.clone()),
        preflight: answers.preflight.as_ref().map(exchanged),
        hops: answers.actual.as_ref().map(exchanged).into_iter().collect(),
        outcome: if reason.is_none() { OutcomeName::Allowed } else { OutcomeName::Blocked },
        reason,
        subject,
        served_by: ServedBy::Network,
        stored: None,
    })
}
