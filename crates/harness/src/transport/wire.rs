use std::{
    borrow::Cow,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use crosscheck_core::{
    exchange::{Exchange, Failure, Purpose, SendContext, Stage},
    fetch::{Circumstances, shaped},
    message::{Fields, Request, Response, is_safe_method},
};
use tokio::{
    sync::{Notify, Semaphore},
    time::{sleep, timeout},
};
use url::Url;

use super::{
    Alpn, Carrying, Gate, Stream, Transport, Unsolicited, WireConfig,
    connect::Connector,
    http1::{Answered, Connection, Idle, Limits, Refused, write_head},
    ordinary::is_ordinary,
    pool::{Key, Pool},
    spaces::{Floor, Spaces},
    tls::{Tls, TlsError},
    trace::Trace,
};

/// How long late bytes are waited for.
const SETTLING: Duration = Duration::from_millis(20);

/// Carries exchanges over HTTP/1.1, plain or in TLS, on connections of its own. What its gate does not permit
/// is never sent, neither by [`Wire::send`] nor on connections of [`Wire::dial`].
pub struct Wire {
    config: WireConfig,
    gate: Gate,
    connector: Connector,
    pool: Pool,
    turns: Semaphore,
    /// Whether connections are kept for further requests.
    keeps: AtomicBool,
    unsolicited: Mutex<Vec<Unsolicited>>,
    found: Notify,
}

/// How many finds of unsolicited bytes are kept.
const FINDS: usize = 8;

/// Content without a declared length is read for this part of a request's deadline, if it may be cut.
const UNFRAMED_PART: u32 = 4;

impl Wire {
    /// A wire without open connections, for what the gate permits.
    ///
    /// # Errors
    /// Certificates that cannot be used.
    pub fn new(config: WireConfig, gate: Gate) -> Result<Self, TlsError> {
        let connector = Connector {
            resolve: config.resolve.clone(),
            proxy: config.proxy.clone(),
            tls: Tls::new(&config.tls)?,
            spaces: Spaces::default(),
        };
        let turns = config.max_connections.clamp(1, Semaphore::MAX_PERMITS);
        let pool = Pool::new(config.max_idle_per_host, turns, config.idle_timeout);
        Ok(Self {
            config,
            gate,
            connector,
            pool,
            turns: Semaphore::new(turns),
            keeps: AtomicBool::new(true),
            unsolicited: Mutex::new(Vec::new()),
            found: Notify::new(),
        })
    }

    /// What may be sent.
    pub fn gate(&self) -> &Gate {
        &self.gate
    }

    /// Sends one request as it is written, as [`Wire::send`] does.
    pub async fn exchange(&self, request: &Request) -> Exchange {
        self.send(request, &SendContext::RAW).await
    }

    /// Sends one request and waits for its answer or its failure; at most for the configured
    /// deadline, once it is its turn. Redirects are not followed.
    ///
    /// Field lines go out in the order and spelling of the request. `Host` comes first; where the
    /// request has none of them, `Host`, `Connection: keep-alive`, `Content-Length` (with content,
    /// and for methods that usually have some) and `User-Agent` are added, and the configured
    /// fields. The requests of a browser get its other fields, too, and its order. What went out is `sent` in the
    /// exchange.
    pub async fn send(&self, request: &Request, context: &SendContext) -> Exchange {
        let mut trace = Trace::new();
        if let Err(refusal) = self.gate.check(request, context) {
            return trace.finish(request.clone(), &[], Err(refusal.into()));
        }
        let sent = self.dressed(request, context);
        let failed = |message: String| Failure::new(Stage::Send, message);
        let head = match write_head(&sent) {
            Ok(head) => head,
            Err(message) => return trace.finish(sent, &[], Err(failed(message))),
        };
        let Some(key) = Key::of(&sent.url) else {
            let message = format!("{} is not an http:// or https:// URL", sent.url);
            return trace.finish(sent, &head, Err(failed(message)));
        };
        let turn = self.turns.acquire().await;
        trace.restart_clock();
        let floor = self.floor(&key, &sent.url, context);
        let attempts = self.attempts((&key, &floor), &sent, &head, &mut trace);
        let result = match timeout(self.config.request_deadline, attempts).await {
            Ok(result) => result,
            Err(_) => Err(self.late(&trace)),
        };
        drop(turn);
        trace.finish(sent, &head, result)
    }

    /// A request as it goes out, with what [`Wire::send`] adds, and the bytes of its HTTP/1.1 head.
    ///
    /// # Errors
    /// That it may not or cannot be sent.
    pub fn written(&self, request: &Request, context: &SendContext) -> Result<(Request, Vec<u8>), Failure> {
        self.gate.check(request, context)?;
        // It may go out on a connection that was opened for another request.
        if let Some(key) = Key::of(&request.url)
            && let Some(space) = self.connector.spaces.known(&key)
        {
            let floor = self.floor(&key, &request.url, context);
            if !floor.permits(space) {
                return Err(floor.refusal(&key, space, &format!("{space} address of a kept connection")));
            }
        }
        let dressed = self.dressed(request, context);
        let head = write_head(&dressed).map_err(|message| Failure::new(Stage::Send, message))?;
        Ok((dressed, head))
    }

    /// Opens a connection to the host of a URL for whoever speaks on it themselves, which is only what
    /// [`Wire::written`] gives; without a deadline.
    ///
    /// # Errors
    /// How far it got, and what kept it from going on.
    pub async fn dial(
        &self,
        url: &Url,
        context: &SendContext,
        alpn: Alpn,
    ) -> Result<Box<dyn Stream>, Failure> {
        self.gate.check_url(url, context)?;
        let Some(key) = Key::of(url) else {
            return Err(Failure::new(Stage::Send, format!("{url} is not an http:// or https:// URL")));
        };
        let floor = self.floor(&key, url, context);
        let connected = self.connector.connect(&key, &floor, alpn, &mut Stage::Resolve).await?;
        Ok(connected.stream)
    }

    /// How public an address must be to be connected to. The endpoint itself was named by the user, so that
    /// only its own past counts.
    fn floor(&self, key: &Key, url: &Url, context: &SendContext) -> Floor {
        if self.gate.follows_private() {
            return Floor::NONE;
        }
        let elsewhere = context.redirected_from.as_deref().filter(|_| !self.gate.is_own(url));
        self.connector.spaces.floor(key, elsewhere.and_then(Key::of).as_ref())
    }

    /// On an idle connection if there is one; on a new one if there is none, or if the server had
    /// closed it by the time the request arrived. A malformed request has a connection of its own, because servers may
    /// end it without an answer. What may write goes on a new one at once: whether the server
    /// has done what it gave no answer to is not known, so that it is never sent twice.
    async fn attempts(
        &self,
        (key, floor): (&Key, &Floor),
        sent: &Request,
        head: &[u8],
        trace: &mut Trace,
    ) -> Result<Response, Failure> {
        let kept = is_safe_method(&sent.method) && is_ordinary(&sent.fields);
        let idle = match kept {
            true => self.idle_connection(key).await,
            false => None,
        };
        if let Some(connection) = idle.filter(|connection| floor.permits(connection.space())) {
            match self.attempt(connection, key, sent, head, trace).await {
                Ok(response) => return Ok(response),
                Err(Refused::Failed(failure))
                    if trace.heard() || !matches!(failure.stage, Stage::Head | Stage::Send) =>
                {
                    return Err(failure);
                }
                // The connection says nothing of this request.
                Err(_) => trace.restart(),
            }
        }
        let connection = self.connect(key, floor, trace).await?;
        self.attempt(connection, key, sent, head, trace).await.map_err(|refused| match refused {
            Refused::Failed(failure) => failure,
            Refused::Unsolicited(_) | Refused::Early => {
                Failure::new(Stage::Parse, "the server sent a response before the request")
            }
        })
    }

    /// A kept connection that the server has neither closed nor sent anything on.
    async fn idle_connection(&self, key: &Key) -> Option<Connection> {
        // Late bytes may still be on their way on what was kept before they were known of.
        while self.keeps.load(Ordering::Relaxed) {
            let mut connection = self.pool.pop(key)?;
            match connection.idle().await {
                Idle::Quiet => return Some(connection),
                Idle::Closed(_) => {}
                Idle::Unsolicited(unsolicited) => self.note(unsolicited),
            }
        }
        None
    }

    /// Keeps what was found, and from now on no connection: every request has one of its own, so that what a server
    /// sends too much is never taken for an answer.
    fn note(&self, unsolicited: Unsolicited) {
        self.keeps.store(false, Ordering::Relaxed);
        let mut finds = self.unsolicited.lock().unwrap_or_else(PoisonError::into_inner);
        if finds.len() < FINDS {
            finds.push(unsolicited);
        }
        drop(finds);
        self.found.notify_waiters();
    }

    /// Bytes that came although nothing was requested, the first find; `None` where every byte belonged to an answer.
    /// What was answered on kept connections before it was found may be among them.
    pub fn unsolicited(&self) -> Option<Unsolicited> {
        self.unsolicited.lock().unwrap_or_else(PoisonError::into_inner).first().cloned()
    }

    /// Waits until unsolicited bytes are found.
    pub(crate) async fn until_unsolicited(&self) {
        loop {
            let found = self.found.notified();
            tokio::pin!(found);
            found.as_mut().enable();
            if self.unsolicited().is_some() {
                return;
            }
            found.await;
        }
    }

    /// Looks once more at every idle connection, a moment after the last answer, and closes it: late bytes show that
    /// what was answered before may not have been an answer.
    pub async fn settle(&self) {
        let mut idle = self.pool.drain();
        if !idle.is_empty() {
            sleep(SETTLING).await;
        }
        for connection in &mut idle {
            if let Idle::Unsolicited(unsolicited) = connection.idle().await {
                self.note(unsolicited);
            }
        }
    }

    async fn attempt(
        &self,
        mut connection: Connection,
        key: &Key,
        sent: &Request,
        head: &[u8],
        trace: &mut Trace,
    ) -> Result<Response, Refused> {
        let limits = Limits {
            head: self.config.max_head_bytes,
            body: self.config.max_body_bytes,
            large_body: self.config.large_body,
            unframed: self.config.request_deadline / UNFRAMED_PART,
        };
        let answered = connection.exchange(sent, head, limits, trace).await;
        let found = match &answered {
            Ok(answered) => answered.unsolicited.clone(),
            Err(Refused::Unsolicited(unsolicited)) => Some(unsolicited.clone()),
            Err(_) => None,
        };
        if let Some(unsolicited) = found {
            self.note(unsolicited);
        }
        let Answered { response, reusable, .. } = answered?;
        let reusable = reusable && is_ordinary(&sent.fields);
        if reusable && self.keeps.load(Ordering::Relaxed) {
            self.pool.put(key.clone(), connection);
        }
        Ok(response)
    }

    /// A new connection, tried as often as configured.
    async fn connect(&self, key: &Key, floor: &Floor, trace: &mut Trace) -> Result<Connection, Failure> {
        let mut backoff = self.config.retry_backoff;
        let mut retries = self.config.connect_retries;
        loop {
            let connecting = self.connector.connect(key, floor, Alpn::Http1, &mut trace.stage);
            let failure = match timeout(self.config.connect_timeout, connecting).await {
                Ok(Ok(connected)) => return Ok(Connection::new(connected.stream, connected.space)),
                Ok(Err(failure)) => failure,
                Err(_) => Failure::new(
                    trace.stage,
                    format!(
                        "{} took longer than {} ms",
                        self.doing(trace.stage),
                        self.config.connect_timeout.as_millis()
                    ),
                ),
            };
            if retries == 0 || !matches!(failure.stage, Stage::Resolve | Stage::Connect) {
                return Err(failure);
            }
            retries -= 1;
            sleep(backoff).await;
            backoff = backoff.saturating_mul(2);
        }
    }

    /// The request with everything that it needs on the wire, and with the fields of a browser if it is one's.
    fn dressed(&self, request: &Request, context: &SendContext) -> Request {
        let shape = self.config.shape.filter(|_| context.purpose != Purpose::Raw);
        let given = &request.fields;
        let mut fields = Fields::new();
        let mut add = |name: &str, value: String| {
            if !given.contains(name) {
                fields.push(name, value.into_bytes());
            }
        };
        if let Some(host) = request.url.host_str() {
            add("Host", request.url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")));
        }
        if shape.is_none() {
            add("Connection", "keep-alive".to_owned());
        }
        let usual = matches!(request.method.as_str(), "POST" | "PUT" | "PATCH");
        if (usual || !request.body.is_empty()) && !given.contains("transfer-encoding") {
            add("Content-Length", request.body.len().to_string());
        }
        let (hosts, others): (Vec<_>, Vec<_>) = given.iter().partition(|field| field.is("host"));
        let mut dressed = Fields::new();
        for field in hosts.into_iter().chain(&fields).chain(others) {
            dressed.push(field.name.clone(), field.value.clone());
        }
        if let Some(added) = &self.config.added {
            for field in added.of(request, context) {
                dressed.push(field.name.clone(), field.value.clone());
            }
        }
        if let Some(profile) = shape {
            let circumstances = Circumstances {
                url: &request.url,
                preflight: context.purpose == Purpose::Preflight,
                referrer: context.referrer.as_deref(),
                credentials: context.credentials,
            };
            dressed = shaped(profile, &dressed, &circumstances);
        }
        if !dressed.contains("user-agent") {
            dressed.push("User-Agent", self.config.user_agent.clone().into_bytes());
        }
        Request { fields: dressed, ..request.clone() }
    }

    fn late(&self, trace: &Trace) -> Failure {
        Failure::new(
            Stage::Deadline,
            format!(
                "not finished after {} ms: {} took too long",
                self.config.request_deadline.as_millis(),
                self.doing(trace.stage)
            ),
        )
    }

    /// What was going on at a stage.
    fn doing(&self, stage: Stage) -> Cow<'static, str> {
        match (stage, &self.config.proxy.proxy) {
            (Stage::Proxy, Some(proxy)) => format!("the tunnel through the proxy {proxy}").into(),
            _ => doing(stage).into(),
        }
    }
}

impl Transport for Wire {
    fn exchange<'a>(&'a self, request: &'a Request) -> Carrying<'a> {
        Box::pin(Self::exchange(self, request))
    }
}

/// What was going on at a stage.
fn doing(stage: Stage) -> &'static str {
    match stage {
        Stage::Resolve => "resolving the name",
        Stage::Connect => "connecting",
        Stage::Tls => "the TLS handshake",
        Stage::Body | Stage::BodyTooLarge => "the content of the answer",
        _ => "the head of the answer",
    }
}

#[cfg(test)]
mod tests;
