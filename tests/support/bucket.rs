//! A store with one bucket, as its API and its CORS rules are needed to try out provisioning. Keeps
//! the XML of the rules byte for byte, verifies signatures, counts requests, and does on the way
//! what a test asks for. Runs on a thread of its own, so that tests of the binary can use it.

use std::{
    collections::{BTreeMap, VecDeque},
    net::SocketAddr,
    sync::{Arc, Mutex, mpsc},
    time::SystemTime,
};

use bytes::Bytes;
use crosscheck::{
    message::{Fields, Response},
    policy::{self, Dialect, Policy, Question, parse_xml},
    signature::{AccessKey, Claim, Signable, Terms},
};
use http_body_util::{BodyExt, Full};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{net::TcpListener, sync::oneshot};

pub(crate) const KEY_ID: &str = "AKIAEXAMPLE0TEST";
pub(crate) const SECRET: &str = "examplesecret";
pub(crate) const BUCKET: &str = "bkt";

/// One request to the bucket's API or to its objects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) method: String,
    /// Below the bucket.
    pub(crate) path: String,
    pub(crate) query: String,
}

impl Asked {
    /// Whether it changes something.
    pub(crate) fn writes(&self) -> bool {
        matches!(self.method.as_str(), "PUT" | "DELETE")
    }

    pub(crate) fn sets_rules(&self) -> bool {
        self.writes() && self.query.starts_with("cors")
    }
}

/// What happens to a request instead of, or besides, being answered.
pub(crate) enum Fate {
    /// It is answered.
    Answer,
    /// This is answered, and nothing done.
    Instead(Response),
    /// The connection ends before anything is done.
    Lost,
    /// It is done, and the connection ends.
    DoneAndLost,
}

/// Decides about each request; the number counts them from 1.
pub(crate) type Hook = Box<dyn FnMut(usize, &Asked) -> Fate + Send>;

/// What the bucket has.
pub(crate) struct State {
    pub(crate) rules: Option<Bytes>,
    pub(crate) objects: BTreeMap<String, (Fields, Bytes)>,
    pub(crate) asked: Vec<Asked>,
    /// What reading the rules and preflights see for a while instead of the rules, oldest first:
    /// how often, and what.
    pub(crate) stale: VecDeque<(usize, Option<Bytes>)>,
    /// How often each change of the rules stays unseen.
    pub(crate) lag: usize,
    pub(crate) private: bool,
    pub(crate) hook: Hook,
}

pub(crate) struct BucketServer {
    pub(crate) address: SocketAddr,
    pub(crate) state: Arc<Mutex<State>>,
    _stop: oneshot::Sender<()>,
}

impl BucketServer {
    /// Starts with these rules.
    pub(crate) fn start(dialect: Dialect, rules: Option<&'static str>) -> Self {
        let state = Arc::new(Mutex::new(State {
            rules: rules.map(|xml| Bytes::from_static(xml.as_bytes())),
            objects: BTreeMap::new(),
            asked: Vec::new(),
            stale: VecDeque::new(),
            lag: 0,
            private: false,
            hook: Box::new(|_, _| Fate::Answer),
        }));
        let (stop, stopped) = oneshot::channel();
        let (bound, address) = mpsc::channel();
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async move {
                let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
                bound.send(listener.local_addr().unwrap()).unwrap();
                tokio::select! {
                    () = accept(listener, dialect, shared) => {}
                    _ = stopped => {}
                }
            });
        });
        Self { address: address.recv().unwrap(), state, _stop: stop }
    }

    /// The bucket's URL.
    pub(crate) fn url(&self) -> String {
        format!("http://{}/{BUCKET}/", self.address)
    }

    pub(crate) fn with<T>(&self, look: impl FnOnce(&mut State) -> T) -> T {
        look(&mut self.state.lock().unwrap())
    }

    pub(crate) fn hook(&self, hook: impl FnMut(usize, &Asked) -> Fate + Send + 'static) {
        self.with(|state| state.hook = Box::new(hook));
    }

    pub(crate) fn rules(&self) -> Option<String> {
        self.with(|state| state.rules.as_ref().map(|xml| String::from_utf8(xml.to_vec()).unwrap()))
    }
}

async fn accept(listener: TcpListener, dialect: Dialect, state: Arc<Mutex<State>>) {
    while let Ok((stream, _)) = listener.accept().await {
        let state = Arc::clone(&state);
        tokio::spawn(async move {
            let service = service_fn(move |request: hyper::Request<Incoming>| {
                let state = Arc::clone(&state);
                async move {
                    let (head, body) = request.into_parts();
                    let body = body.collect().await.map(|body| body.to_bytes()).unwrap_or_default();
                    let fields: Fields = head
                        .headers
                        .iter()
                        .map(|(name, value)| (name.as_str().to_owned(), value.as_bytes().to_vec()))
                        .collect();
                    let path = head.uri.path().to_owned();
                    let query = head.uri.query().unwrap_or_default().to_owned();
                    match answer(dialect, &state, head.method.as_str(), &path, &query, &fields, &body) {
                        Some(response) => {
                            let mut answer = hyper::Response::new(Full::new(response.body.clone()));
                            *answer.status_mut() = response.status.try_into().unwrap();
                            for field in &response.fields {
                                let name: hyper::header::HeaderName = field.name.parse().unwrap();
                                let value = hyper::header::HeaderValue::from_bytes(&field.value).unwrap();
                                answer.headers_mut().append(name, value);
                            }
                            Ok(answer)
                        }
                        None => Err("the connection ends"),
                    }
                }
            });
            let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

/// `None`: the connection ends.
fn answer(
    dialect: Dialect,
    state: &Mutex<State>,
    method: &str,
    path: &str,
    query: &str,
    fields: &Fields,
    body: &Bytes,
) -> Option<Response> {
    let below = path.strip_prefix("/bkt").unwrap_or(path).trim_start_matches('/').to_owned();
    let asked = Asked { method: method.to_owned(), path: below, query: query.to_owned() };
    let mut state = state.lock().unwrap();
    state.asked.push(asked.clone());
    let number = state.asked.len();
    match (state.hook)(number, &asked) {
        Fate::Answer => {}
        Fate::Instead(response) => return Some(response),
        Fate::Lost => return None,
        Fate::DoneAndLost => {
            let _ = done(dialect, &mut state, &asked, path, fields, body);
            return None;
        }
    }
    Some(done(dialect, &mut state, &asked, path, fields, body))
}

pub(crate) fn error(status: u16, code: &str) -> Response {
    let mut response = Response::new(status);
    response.body = format!("<Error><Code>{code}</Code><Message>So it is.</Message></Error>").into();
    response
}

fn done(
    dialect: Dialect,
    state: &mut State,
    asked: &Asked,
    path: &str,
    fields: &Fields,
    body: &Bytes,
) -> Response {
    let mut response = match asked.method.as_str() {
        "OPTIONS" => return preflight(dialect, state, fields),
        "GET" | "HEAD" if !asked.query.starts_with("cors") => object(state, asked),
        _ => match signed(asked, path, fields) {
            Ok(()) => api(state, asked, fields, body),
            Err(response) => response,
        },
    };
    if let Ok(question) = Question::of(dialect, &asked.method, fields) {
        let ruling = policy::evaluate(&in_force(dialect, state), dialect, &question);
        for field in &ruling.fields {
            response.fields.push(field.name.clone(), field.value.clone());
        }
    }
    response
}

fn signed(asked: &Asked, path: &str, fields: &Fields) -> Result<(), Response> {
    let message = Signable {
        method: &asked.method,
        path,
        query: &asked.query,
        fields,
        authority: "".into(),
        // Where the path does not name the bucket, the host does.
        bucket: (!path.starts_with("/bkt")).then_some(BUCKET),
    };
    let claim = Claim::read(&message).map_err(|_| error(403, "AccessDenied"))?;
    let claim = claim.ok_or_else(|| error(403, "AccessDenied"))?;
    let key = AccessKey::new(KEY_ID, SECRET);
    if claim.key_id != key.id {
        return Err(error(403, "InvalidAccessKeyId"));
    }
    let verified = claim.verify(&message, &key, &Terms::at(SystemTime::now()));
    verified.map(drop).map_err(|_| error(403, "SignatureDoesNotMatch"))
}

/// The rules that are seen at the moment.
fn seen(state: &mut State) -> Option<Bytes> {
    match state.stale.front_mut() {
        Some((times, xml)) if *times > 0 => {
            *times -= 1;
            xml.clone()
        }
        Some(_) => {
            state.stale.pop_front();
            seen(state)
        }
        None => state.rules.clone(),
    }
}

fn in_force(dialect: Dialect, state: &mut State) -> Policy {
    seen(state).and_then(|xml| parse_xml(&xml, dialect).ok()).unwrap_or_default()
}

fn preflight(dialect: Dialect, state: &mut State, fields: &Fields) -> Response {
    let Ok(question) = Question::of(dialect, "OPTIONS", fields) else { return error(400, "BadRequest") };
    let ruling = policy::evaluate(&in_force(dialect, state), dialect, &question);
    let mut response = if ruling.allowed() { Response::new(200) } else { error(403, "AccessForbidden") };
    response.fields = ruling.fields;
    response
}

fn object(state: &State, asked: &Asked) -> Response {
    match state.objects.get(&asked.path) {
        _ if state.private => error(403, "AccessDenied"),
        None => error(404, "NoSuchKey"),
        Some((fields, body)) => {
            let mut response = Response::new(200);
            response.fields = fields.clone();
            response.fields.push("ETag", "\"1\"");
            response.body = body.clone();
            response
        }
    }
}

fn api(state: &mut State, asked: &Asked, fields: &Fields, body: &Bytes) -> Response {
    let rules = asked.query.starts_with("cors");
    match (asked.method.as_str(), rules) {
        ("GET", true) => match seen(state) {
            None => error(404, "NoSuchCORSConfiguration"),
            Some(xml) => {
                let mut response = Response::new(200).with_field("Content-Type", "application/xml");
                response.body = xml;
                response
            }
        },
        ("PUT", true) => {
            let before = state.rules.replace(body.clone());
            state.stale.push_back((state.lag, before));
            Response::new(200)
        }
        ("DELETE", true) => {
            let before = state.rules.take();
            state.stale.push_back((state.lag, before));
            Response::new(204)
        }
        ("PUT", false) => {
            let kept = ["content-type", "cache-control", "expires", "content-disposition"];
            let kept: Fields =
                fields.iter().filter(|field| kept.iter().any(|name| field.is(name))).cloned().collect();
            state.objects.insert(asked.path.clone(), (kept, body.clone()));
            Response::new(200)
        }
        ("DELETE", false) => {
            state.objects.remove(&asked.path);
            Response::new(204)
        }
        _ => error(405, "MethodNotAllowed"),
    }
}
