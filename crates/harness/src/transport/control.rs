//! Carries requests that set something up, such as those of a bucket's API, over a common HTTP client. Responses
//! are used and never judged: their bytes on the wire are not needed, and the machine's proxies can apply.

mod failure;

use std::{
    sync::{Arc, OnceLock},
    time::Instant,
};

use reqwest::{
    Client,
    dns::{Name, Resolve, Resolving},
    header::{HeaderName, HeaderValue},
    redirect,
};
use tokio::time::timeout;
use url::Url;

use self::failure::Unresolved;
use super::{
    AddressSpace, Alpn, Carrying, Gate, Proxy, TlsError, Transport, WireConfig, connect::Connector,
    pool::Key, spaces::Spaces, tls::Tls,
};
use crosscheck_core::{
    exchange::{Exchange, Failure, Received, SendContext, Stage},
    message::{Request, Response, is_safe_method},
};

/// A client for the origin of one URL. It follows no redirects, decodes nothing, and never sends again by itself what
/// was sent. What its gate does not permit is never sent.
pub struct Control {
    config: WireConfig,
    gate: Gate,
    connector: Arc<Connector>,
    key: Key,
    proxy: Option<Proxy>,
    clients: OnceLock<Result<Clients, Failure>>,
}

/// Only reads go out on connections that were used before: whether a server has done what it gave no answer to is not
/// known.
struct Clients {
    reads: Client,
    writes: Client,
}

impl Control {
    /// A client without open connections.
    ///
    /// # Errors
    /// Certificates that cannot be used; a URL that is none of HTTP(S).
    pub fn new(config: WireConfig, gate: Gate, to: &Url) -> Result<Self, TlsError> {
        let key = Key::of(to).ok_or_else(|| TlsError::Setup(format!("{to} is not an http(s) URL")))?;
        let connector = Connector {
            resolve: config.resolve.clone(),
            proxy: config.proxy.clone(),
            tls: Tls::new(&config.tls)?,
            spaces: Spaces::default(),
        };
        let proxy = config.proxy.to(&key.host, key.port).cloned();
        let connector = Arc::new(connector);
        Ok(Self { config, gate, connector, key, proxy, clients: OnceLock::new() })
    }

    fn client(&self, request: &Request) -> Result<&Client, Failure> {
        let clients = self.clients.get_or_init(|| {
            let client = |idle| self.build(idle);
            Ok(Clients { reads: client(self.config.max_idle_per_host)?, writes: client(0)? })
        });
        let clients = clients.as_ref().map_err(Clone::clone)?;
        Ok(if is_safe_method(&request.method) { &clients.reads } else { &clients.writes })
    }

    fn build(&self, idle: usize) -> Result<Client, Failure> {
        let tls = |message: String| Failure::new(Stage::Tls, message);
        let secure = self.key.secure || self.proxy.as_ref().is_some_and(Proxy::is_secure);
        let trust = if secure { self.connector.tls.client_config(Alpn::Http1) } else { Tls::trusting_none() };
        let mut builder = Client::builder()
            .tls_backend_preconfigured(trust.map_err(tls)?)
            .dns_resolver(Resolver {
                connector: Arc::clone(&self.connector),
                key: self.key.clone(),
                proxy: self.proxy.clone(),
            })
            .user_agent(&self.config.user_agent)
            .connect_timeout(self.config.connect_timeout)
            .pool_max_idle_per_host(idle)
            .pool_idle_timeout(self.config.idle_timeout)
            .redirect(redirect::Policy::none())
            .retry(reqwest::retry::never())
            .http1_only()
            .referer(false)
            .no_gzip()
            .no_brotli()
            .no_zstd()
            .no_deflate()
            // Those of the environment were read where every other setting is.
            .no_proxy();
        if let Some(proxy) = &self.proxy {
            let mut through = reqwest::Proxy::all(proxy.to_string()).map_err(|error| self.failure(&error))?;
            if let Some((user, password)) = proxy.credentials() {
                through = through.basic_auth(user, password);
            }
            builder = builder.proxy(through);
        }
        builder.build().map_err(|error| self.failure(&error))
    }

    async fn send(&self, request: &Request) -> Result<Response, Failure> {
        self.gate.check(request, &SendContext::RAW)?;
        let client = self.client(request)?;
        let sent = client.execute(self.written(request)?).await;
        let mut received = sent.map_err(|error| self.failure(&error))?;
        if let (None, Some(peer)) = (&self.proxy, received.remote_addr()) {
            self.connector.spaces.connected(&self.key, AddressSpace::of(peer.ip()));
        }
        let mut response = Response::new(received.status().as_u16());
        for (name, value) in received.headers() {
            response.fields.push(name.as_str(), value.as_bytes().to_vec());
        }
        let mut content = Vec::new();
        while let Some(chunk) = received.chunk().await.map_err(|error| self.failure(&error))? {
            content.extend_from_slice(&chunk);
            if content.len() > self.config.max_body_bytes {
                let message = format!("more than {} bytes of content", self.config.max_body_bytes);
                return Err(Failure::new(Stage::BodyTooLarge, message));
            }
        }
        response.body = content.into();
        match self.refusal_of_proxy(&response) {
            Some(refusal) => Err(refusal),
            None => Ok(response),
        }
    }

    /// The request as the client takes it, with every field of ours and the configured ones.
    fn written(&self, request: &Request) -> Result<reqwest::Request, Failure> {
        let failed = |message: String| Failure::new(Stage::Send, message);
        let method = reqwest::Method::from_bytes(request.method.as_bytes())
            .map_err(|_| failed(format!("the method {:?} is not a token", request.method)))?;
        let mut written = reqwest::Request::new(method, request.url.clone());
        let added = self.config.added.iter().flat_map(|added| added.of(request, &SendContext::RAW));
        for field in request.fields.iter().chain(added) {
            let name = HeaderName::from_bytes(field.name.as_bytes());
            let name = name.map_err(|_| failed(format!("the field name {:?} is not a token", field.name)))?;
            let value = HeaderValue::from_bytes(&field.value);
            let value = value.map_err(|_| failed(format!("the value of {} cannot be sent", field.name)))?;
            written.headers_mut().append(name, value);
        }
        if !request.body.is_empty() {
            *written.body_mut() = Some(request.body.clone().into());
        }
        Ok(written)
    }
}

impl Transport for Control {
    fn exchange<'a>(&'a self, request: &'a Request) -> Carrying<'a> {
        Box::pin(async move {
            let started = Instant::now();
            let result = timeout(self.config.request_deadline, self.send(request)).await;
            let received = match result.unwrap_or_else(|_| Err(self.late())) {
                Ok(response) => Received::Response(response),
                Err(failure) => Received::Failed(failure),
            };
            Exchange {
                sent: request.clone().into(),
                raw_sent: None,
                received,
                raw_received: None,
                micros: u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX),
                cut: None,
                hidden: Vec::new(),
            }
        })
    }
}

/// Resolves names as evidence does: the same overrides, and no address that is less public than one before.
struct Resolver {
    connector: Arc<Connector>,
    key: Key,
    proxy: Option<Proxy>,
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let (connector, key) = (Arc::clone(&self.connector), self.key.clone());
        let port = self.proxy.as_ref().map(Proxy::port);
        Box::pin(async move {
            let found = connector.addresses(name.as_str(), port.unwrap_or(key.port)).await;
            let permitted = match (found, port) {
                (Ok(found), None) => connector.spaces.floor(&key, None).permitted(&key, found),
                (found, _) => found,
            };
            match permitted {
                Ok(addresses) => Ok(Box::new(addresses.into_iter()) as _),
                Err(failure) => Err(Unresolved(failure).into()),
            }
        })
    }
}
