//! From a case's request to what a page asks, or to what a raw client sends.

use url::Url;

use crate::{
    case::model::RequestSpec,
    fetch,
    message::{Fields, Request, isomorphic},
    target::Place,
};

/// Why a request cannot be made of what the case says.
#[derive(Debug, thiserror::Error)]
pub(super) enum RequestError {
    #[error("`{0}` is no origin: expected scheme://host[:port], or null")]
    Origin(String),
    #[error("the value of `{0}` has a character above U+00FF, which stands for no byte")]
    Value(String),
    #[error("the path `{path}` makes no URL below {base}")]
    Path { path: String, base: Url },
}

/// The URL of a request: the target's own, or a path below its base.
pub(super) fn url(spec: &RequestSpec, place: &Place) -> Result<Url, RequestError> {
    let mut url = match &spec.path {
        None => place.url.clone(),
        Some(path) => place
            .base
            .join(path.trim_start_matches('/'))
            .map_err(|_| RequestError::Path { path: path.clone(), base: place.base.clone() })?,
    };
    if let Some(query) = &spec.query {
        url.set_query(Some(query));
    }
    Ok(url)
}

/// What a page asks its browser for.
pub(super) fn of_page(spec: &RequestSpec, place: &Place) -> Result<fetch::Request, RequestError> {
    let url = url(spec, place)?;
    let origin = match &spec.origin {
        None => fetch::Origin::of(&url),
        Some(text) => origin(text)?,
    };
    let site = match &spec.site {
        None => origin.clone(),
        Some(text) => self::origin(text)?,
    };
    let mut request = fetch::Request::new(fetch::Client::framed(origin, site).ignoring_mixed_content(), url);
    request.method.clone_from(&spec.method);
    request.headers = headers(spec)?;
    request.body = spec.body.as_ref().map(|body| fetch::Body::text(body.clone()));
    request.mode = spec.mode;
    request.credentials = spec.credentials;
    request.cache = spec.cache;
    request.redirect = spec.redirect;
    Ok(request)
}

/// What a raw client sends: the fields as they are written, Origin where the case has one.
pub(super) fn raw(spec: &RequestSpec, place: &Place) -> Result<Request, RequestError> {
    let mut request = Request::new(spec.method.clone(), url(spec, place)?);
    let headers = headers(spec)?;
    if let Some(origin) = &spec.origin
        && !headers.contains("origin")
    {
        request.fields.push("Origin", bytes("origin", origin)?);
    }
    for field in &headers {
        request.fields.push(field.name.clone(), field.value.clone());
    }
    if let Some(body) = &spec.body {
        request.body = body.clone().into_bytes().into();
    }
    Ok(request)
}

fn origin(text: &str) -> Result<fetch::Origin, RequestError> {
    fetch::Origin::parse(text).map_err(|_| RequestError::Origin(text.to_owned()))
}

fn headers(spec: &RequestSpec) -> Result<Fields, RequestError> {
    let mut fields = Fields::new();
    for (name, values) in &spec.headers {
        for value in values.as_slice() {
            fields.push(name.clone(), bytes(name, value)?);
        }
    }
    Ok(fields)
}

/// A value as Fetch's `ByteString`: one byte for each character.
fn bytes(name: &str, value: &str) -> Result<Vec<u8>, RequestError> {
    isomorphic::encode(value).ok_or_else(|| RequestError::Value(name.to_owned()))
}
