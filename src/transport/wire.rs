use tokio::{
    sync::Semaphore,
    time::{sleep, timeout},
};
use url::Url;

use super::{
    Alpn, Carrying, Stream, Transport, WireConfig,
    connect::Connector,
    http1::{Connection, Limits, write_head},
    pool::{Key, Pool},
    tls::{Tls, TlsError},
    trace::Trace,
};
use crate::{
    exchange::{Exchange, Failure, Stage},
    fetch::method,
    message::{Fields, Request, Response},
};

/// Carries exchanges over HTTP/1.1, plain or in TLS, on connections of its own.
pub struct Wire {
    config: WireConfig,
    connector: Connector,
    pool: Pool,
    turns: Semaphore,
}

impl Wire {
    /// A wire without open connections.
    ///
    /// # Errors
    /// Certificates that cannot be used.
    pub fn new(config: WireConfig) -> Result<Self, TlsError> {
        let connector = Connector { resolve: config.resolve.clone(), tls: Tls::new(&config.tls)? };
        let turns = config.max_connections.clamp(1, Semaphore::MAX_PERMITS);
        let pool = Pool::new(config.max_idle_per_host, turns, config.idle_timeout);
        Ok(Self { config, connector, pool, turns: Semaphore::new(turns) })
    }

    /// Sends one request and waits for its answer or its failure; at most for the configured
    /// deadline, once it is its turn. Redirects are not followed.
    ///
    /// Field lines go out in the order and spelling of the request. `Host` comes first; where the
    /// request has none of them, `Host`, `Connection: keep-alive`, `Content-Length` (with content,
    /// and for methods that usually have some) and `User-Agent` are added, and the configured
    /// fields. What went out is `sent` in the exchange.
    pub async fn exchange(&self, request: &Request) -> Exchange {
        let sent = self.dressed(request);
        let mut trace = Trace::new();
        let failed = |message: String| Failure { stage: Stage::Send, message };
        let head = match write_head(&sent) {
            Ok(head) => head,
            Err(message) => return trace.finish(sent, &[], Err(failed(message))),
        };
        let Some(key) = Key::of(&sent.url) else {
            let message = format!("{} is no http:// or https:// URL", sent.url);
            return trace.finish(sent, &head, Err(failed(message)));
        };
        let turn = self.turns.acquire().await;
        trace.restart_clock();
        let attempts = self.attempts(&key, &sent, &head, &mut trace);
        let result = match timeout(self.config.request_deadline, attempts).await {
            Ok(result) => result,
            Err(_) => Err(self.late(&trace)),
        };
        drop(turn);
        trace.finish(sent, &head, result)
    }

    /// A request as it goes out, with what [`Wire::exchange`] adds, and the bytes of its HTTP/1.1 head.
    ///
    /// # Errors
    /// A sentence, where it cannot be sent.
    pub fn written(&self, request: &Request) -> Result<(Request, Vec<u8>), String> {
        let dressed = self.dressed(request);
        let head = write_head(&dressed)?;
        Ok((dressed, head))
    }

    /// Opens a connection to the host of a URL for whoever speaks on it themselves; without a
    /// deadline.
    ///
    /// # Errors
    /// How far it got, and what kept it from going on.
    pub async fn dial(&self, url: &Url, alpn: Alpn) -> Result<Box<dyn Stream>, Failure> {
        let Some(key) = Key::of(url) else {
            return Err(Failure {
                stage: Stage::Send,
                message: format!("{url} is no http:// or https:// URL"),
            });
        };
        self.connector.connect(&key, alpn, &mut Stage::Resolve).await
    }

    /// On an idle connection if there is one; on a new one if there is none, or if the server had
    /// closed it by the time the request arrived. What may write goes on a new one at once: whether the server
    /// has done what it gave no answer to is not known, so that it is never sent twice.
    async fn attempts(
        &self,
        key: &Key,
        sent: &Request,
        head: &[u8],
        trace: &mut Trace,
    ) -> Result<Response, Failure> {
        let idle = match method::is_safe(&sent.method) {
            true => self.pool.take(key).await,
            false => None,
        };
        if let Some(connection) = idle {
            let result = self.attempt(connection, key, sent, head, trace).await;
            let stale = matches!(&result, Err(failure) if matches!(failure.stage, Stage::Head | Stage::Send))
                && !trace.heard();
            if !stale {
                return result;
            }
            trace.restart();
        }
        let connection = self.connect(key, trace).await?;
        self.attempt(connection, key, sent, head, trace).await
    }

    async fn attempt(
        &self,
        mut connection: Connection,
        key: &Key,
        sent: &Request,
        head: &[u8],
        trace: &mut Trace,
    ) -> Result<Response, Failure> {
        let limits = Limits {
            head: self.config.max_head_bytes,
            body: self.config.max_body_bytes,
            large_body: self.config.large_body,
        };
        let (response, reusable) = connection.exchange(sent, head, limits, trace).await?;
        if reusable {
            self.pool.put(key.clone(), connection);
        }
        Ok(response)
    }

    /// A new connection, tried as often as configured.
    async fn connect(&self, key: &Key, trace: &mut Trace) -> Result<Connection, Failure> {
        let mut backoff = self.config.retry_backoff;
        let mut retries = self.config.connect_retries;
        loop {
            let connecting = self.connector.connect(key, Alpn::Http1, &mut trace.stage);
            let failure = match timeout(self.config.connect_timeout, connecting).await {
                Ok(Ok(stream)) => return Ok(Connection::new(stream)),
                Ok(Err(failure)) => failure,
                Err(_) => Failure {
                    stage: trace.stage,
                    message: format!(
                        "{} took longer than {} ms",
                        doing(trace.stage),
                        self.config.connect_timeout.as_millis()
                    ),
                },
            };
            if retries == 0 || !matches!(failure.stage, Stage::Resolve | Stage::Connect) {
                return Err(failure);
            }
            retries -= 1;
            sleep(backoff).await;
            backoff = backoff.saturating_mul(2);
        }
    }

    /// The request with everything that it needs on the wire.
    fn dressed(&self, request: &Request) -> Request {
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
        add("Connection", "keep-alive".to_owned());
        let usual = matches!(request.method.as_str(), "POST" | "PUT" | "PATCH");
        if (usual || !request.body.is_empty()) && !given.contains("transfer-encoding") {
            add("Content-Length", request.body.len().to_string());
        }
        let (hosts, others): (Vec<_>, Vec<_>) = given.iter().partition(|field| field.is("host"));
        let mut dressed = Fields::new();
        for field in hosts.into_iter().chain(&fields).chain(others) {
            dressed.push(field.name.clone(), field.value.clone());
        }
        if let Some(added) = self.config.added.as_ref().filter(|added| added.to == request.url.origin()) {
            for field in added.fields.iter().filter(|field| !given.contains(&field.name)) {
                dressed.push(field.name.clone(), field.value.clone());
            }
        }
        if !dressed.contains("user-agent") {
            dressed.push("User-Agent", self.config.user_agent.clone().into_bytes());
        }
        Request { fields: dressed, ..request.clone() }
    }

    fn late(&self, trace: &Trace) -> Failure {
        Failure {
            stage: Stage::Deadline,
            message: format!(
                "not finished after {} ms: {} took too long",
                self.config.request_deadline.as_millis(),
                doing(trace.stage)
            ),
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
