//! From a case's requests to what pages ask, or to what raw clients send.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use url::Url;

use crate::{
    case::model::{BodyError, Case, Client, Presign, PresignScheme, RequestSpec},
    fetch::{self, Profile},
    message::{Field, Fields, Outside, Request, is_safe_method, isomorphic, path_below},
    signature::{AccessKey, Scheme, Signer, is_presigned},
};

/// Where a test's requests go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The endpoint's own URL, for requests without a path.
    pub url: Url,
    /// The URL below which the paths of requests lie; ends with `/`.
    pub base: Url,
    /// What is added to the query of every request, so that no cache has an answer yet:
    /// `name=value`.
    pub fresh: Option<String>,
    /// What signs presigned URLs; `None` where no key is known.
    pub key: Option<AccessKey>,
    /// When they are signed.
    pub at: SystemTime,
}

/// Why a request cannot be made of what the case says.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// A body that cannot be sent.
    #[error(transparent)]
    Body(#[from] BodyError),
    /// No origin.
    #[error("`{0}` is no origin: expected scheme://host[:port], or null")]
    Origin(String),
    /// A value that is not a byte string.
    #[error("the value of `{0}` has a character above U+00FF, which stands for no byte")]
    Value(String),
    /// A path that leads to another host.
    #[error("the path `{path}` leads to {origin}, and not to the endpoint")]
    OtherHost {
        /// The path.
        path: String,
        /// The origin that it leads to.
        origin: String,
    },
    /// The path of a request that may write, and that could write somewhere else than below the base.
    #[error("{method} may not go to the path `{path}`: {why}")]
    Outside {
        /// The method.
        method: String,
        /// The path.
        path: String,
        /// Why not.
        why: Outside,
    },
    /// Fields by which a server would read the content of the request as further requests.
    #[error("`{0}` does not fit the content, which a server would then read as another request")]
    Framing(String),
    /// A path that cannot be a part of a URL.
    #[error("the path `{path}` makes no URL below {base}")]
    Path {
        /// The path.
        path: String,
        /// Below which URL.
        base: Box<Url>,
    },
}

/// The requests of a case at a place, ready to be made in any order, as often as one likes.
#[derive(Clone, Debug)]
pub struct Prepared {
    case: Arc<Case>,
    profile: Profile,
    starts: Vec<Start>,
}

/// A request that nobody has begun with.
#[derive(Clone, Debug)]
pub(super) enum Start {
    /// A page's.
    Page(Arc<fetch::Asked>),
    /// A raw client's.
    Raw(Arc<Request>),
}

impl Prepared {
    /// Makes every request of a case, for browsers of this profile.
    ///
    /// # Errors
    /// The first that cannot be made of what the case says.
    pub fn new(case: &Arc<Case>, place: &Place, profile: Profile) -> Result<Self, RequestError> {
        let start = |spec: &RequestSpec| {
            Ok(match spec.client {
                Client::Raw => Start::Raw(Arc::new(raw(spec, place)?)),
                Client::Browser => Start::Page(Arc::new(fetch::Asked::new(of_page(spec, place)?, profile))),
            })
        };
        let starts = case.requests.values().map(start).collect::<Result<_, RequestError>>()?;
        Ok(Self { case: Arc::clone(case), profile, starts })
    }

    /// The case.
    pub fn case(&self) -> &Case {
        &self.case
    }

    /// Whose behaviour the browsers of its pages have.
    pub(super) fn profile(&self) -> Profile {
        self.profile
    }

    /// A request by its place in the case, with what is said of it there.
    pub(super) fn get(&self, index: usize) -> Option<(&str, &RequestSpec, &Start)> {
        let (name, spec) = self.case.requests.get_index(index)?;
        Some((name, spec, self.starts.get(index)?))
    }
}

impl Place {
    /// The same with this URL for requests without a path.
    #[must_use]
    pub fn at(self, url: Option<&Url>) -> Self {
        Self { url: url.cloned().unwrap_or(self.url), ..self }
    }

    /// The URL of a request with this method: the endpoint's own, or a path below the base.
    ///
    /// # Errors
    /// A path that makes no such URL, or that could lead a request that may write somewhere else.
    pub fn url_of(&self, method: &str, path: Option<&str>) -> Result<Url, RequestError> {
        let Some(path) = path else { return Ok(self.url.clone()) };
        let url = if is_safe_method(method) {
            let joined = self.base.join(path.trim_start_matches('/'));
            joined.map_err(|_| RequestError::Path {
                path: path.to_owned(),
                base: Box::new(self.base.clone()),
            })?
        } else {
            path_below(&self.base, path).map_err(|why| RequestError::Outside {
                method: method.to_owned(),
                path: path.to_owned(),
                why,
            })?
        };
        if url.origin() != self.base.origin() {
            let origin = url.origin().ascii_serialization();
            return Err(RequestError::OtherHost { path: path.to_owned(), origin });
        }
        Ok(url)
    }
}

/// The URL of a case's request.
fn url(spec: &RequestSpec, place: &Place) -> Result<Url, RequestError> {
    let mut url = place.url_of(&spec.method, spec.path.as_deref())?;
    if let Some(query) = &spec.query {
        url.set_query(Some(query));
    }
    if let Some(fresh) = &place.fresh {
        url = with_fresh_query(url, fresh);
    }
    if let (Some(presign), Some(key)) = (&spec.presign, &place.key) {
        url = presigned(url, spec, presign, (key, place.at))?;
    }
    Ok(url)
}

/// The URL with `name=value` behind its query; a presigned URL as it is, because its signature covers the whole query.
pub fn with_fresh_query(mut url: Url, fresh: &str) -> Url {
    if !is_presigned(&url) {
        let query = match url.query() {
            Some(query) if !query.is_empty() => format!("{query}&{fresh}"),
            _ => fresh.to_owned(),
        };
        url.set_query(Some(&query));
    }
    url
}

/// How long a presigned URL is valid.
const LIFETIME: Duration = Duration::from_secs(600);

/// The URL with a signature in its query, as an application hands it to its page.
fn presigned(
    url: Url,
    spec: &RequestSpec,
    presign: &Presign,
    (key, now): (&AccessKey, SystemTime),
) -> Result<Url, RequestError> {
    let forged = AccessKey::new(&key.id, "not-the-secret");
    let (scheme, region) = match presign.scheme {
        PresignScheme::OssV1 => (Scheme::OssV1, "cn-hangzhou"),
        PresignScheme::OssV4 => (Scheme::OssV4, "cn-hangzhou"),
        PresignScheme::SigV2 => (Scheme::SigV2, "us-east-1"),
        PresignScheme::SigV4 => (Scheme::SigV4, "us-east-1"),
    };
    let signer = Signer { scheme, key: if presign.forged { &forged } else { key }, region, bucket: None };
    let method = presign.method.as_ref().unwrap_or(&spec.method).clone();
    let mut request = Request::new(method, url);
    request.fields = headers(spec)?;
    // Signed so long ago that its time is over.
    let signed = if presign.expired { now.checked_sub(LIFETIME * 6).unwrap_or(now) } else { now };
    signer.presign(&mut request, LIFETIME, signed);
    Ok(request.url)
}

/// What a page at a place asks its browser for.
fn of_page(spec: &RequestSpec, place: &Place) -> Result<fetch::Request, RequestError> {
    let url = url(spec, place)?;
    let origin = match &spec.origin {
        None => fetch::Origin::of(&url),
        Some(text) => origin(text)?,
    };
    let site = match &spec.site {
        None => origin.clone(),
        Some(text) => self::origin(text)?,
    };
    page_request(spec, fetch::Client::framed(origin, site).ignoring_mixed_content(), url)
}

/// What a page asks its browser for, as a case or a load plan says it; who asks and the URL are known already.
///
/// # Errors
/// A header value that is not a byte string.
pub fn page_request(
    spec: &RequestSpec,
    client: impl Into<Arc<fetch::Client>>,
    url: Url,
) -> Result<fetch::Request, RequestError> {
    let mut request = fetch::Request::new(client, url);
    request.method.clone_from(&spec.method);
    request.headers = headers(spec)?;
    request.body = spec.body.as_ref().map(|body| body.of_script(spec.stream)).transpose()?;
    request.mode = spec.mode;
    request.credentials = spec.credentials;
    request.cache = spec.cache;
    request.redirect = spec.redirect;
    Ok(request)
}

/// What a raw client sends: the fields as they are written, Origin where the case has one.
fn raw(spec: &RequestSpec, place: &Place) -> Result<Request, RequestError> {
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
        request.body = body.bytes()?.into_owned().into();
    }
    match misframed(&headers, request.body.len()) {
        Some(name) => Err(RequestError::Framing(name)),
        None => Ok(request),
    }
}

/// The field that says another length of the content than it has, so that the rest would be a request of its own, to
/// any path and with any method.
fn misframed(fields: &Fields, length: usize) -> Option<String> {
    let fits = |field: &Field| match field.is("content-length") {
        true => field.text().trim() == length.to_string(),
        false => !field.is("transfer-encoding"),
    };
    fields.iter().find(|field| !fits(field)).map(|field| field.name.to_string())
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
