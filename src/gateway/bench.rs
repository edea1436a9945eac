use std::{sync::Arc, time::Duration};

use tokio::time::sleep;
use url::Url;

use super::{Folder, GatewayError, process::Running, tap::Tap};
use crate::{
    exchange::Received,
    message::{ObjectSpec, OneOrMany, Request, Response},
    policy::Policy,
    reference::{DEFAULT_BUCKET, Server, ServerConfig, Store},
    transport::{Gate, Wire, WireConfig},
    vary::Way,
};

/// How long a cache may take to find its store.
const PATIENCE: Duration = Duration::from_secs(10);

/// How often a cache is started before it is given up: on a busy machine Varnish may not see its
/// own child come up in time.
const TRIES: usize = 3;

/// A store, a tap, and a cache in front of both.
pub(super) struct Bench {
    pub(super) wire: Arc<Wire>,
    pub(super) tap: Tap,
    /// The field that tells the store's answers apart.
    pub(super) id_field: &'static str,
    running: Running,
    // Ends when it is dropped.
    _server: Server,
}

impl Bench {
    /// Starts all three, and waits until the cache hands on what the store answers at a path. A
    /// cache that does not come up is started again.
    pub(super) async fn start(folder: &Folder, store: Store, path: &str) -> Result<Self, GatewayError> {
        for _ in 1..TRIES {
            if let Ok(bench) = Self::start_once(folder, store.clone(), path).await {
                return Ok(bench);
            }
        }
        Self::start_once(folder, store, path).await
    }

    async fn start_once(folder: &Folder, store: Store, path: &str) -> Result<Self, GatewayError> {
        let id_field = store.dialect().traits().request_id_field;
        let server = Server::start(ServerConfig::new(store)).await?;
        let tap = Tap::start(server.address()).await.map_err(GatewayError::Listen)?;
        let running = folder.start(tap.address.port()).await?;
        let wire = Arc::new(Wire::new(WireConfig::default(), Gate::open())?);
        let bench = Self { wire, tap, id_field, running, _server: server };
        bench.warm_up(path).await?;
        Ok(bench)
    }

    /// The URL of a path of the default bucket, through the cache. A query makes it one of its
    /// own to the cache, and changes nothing for the store.
    pub(super) fn url(&self, path: &str, query: &str) -> Url {
        #[expect(clippy::expect_used, reason = "an address and a path make a URL")]
        Url::parse(&format!("http://{}/{DEFAULT_BUCKET}/{path}?{query}", self.running.address))
            .expect("a URL")
    }

    async fn warm_up(&self, path: &str) -> Result<(), GatewayError> {
        const PAUSE: Duration = Duration::from_millis(100);
        let request = Request::new("GET", self.url(path, "warm-up"));
        for _ in 0..PATIENCE.as_millis() / PAUSE.as_millis() {
            if exchange(&self.wire, &request).await.is_ok_and(|response| response.status == 200) {
                self.tap.take();
                return Ok(());
            }
            sleep(PAUSE).await;
        }
        let failure = format!("nothing but errors for {} s; {}", PATIENCE.as_secs(), self.running.said());
        Err(GatewayError::Exchange { url: request.url.to_string(), failure })
    }
}

/// Sends a request and waits for its answer.
pub(super) async fn exchange(wire: &Wire, request: &Request) -> Result<Response, GatewayError> {
    match wire.exchange(request).await.received {
        Received::Response(response) => Ok(response),
        Received::Failed(failure) => {
            Err(GatewayError::Exchange { url: request.url.to_string(), failure: failure.to_string() })
        }
    }
}

/// A store whose default bucket has these rules and objects, by path with their lifetime in
/// seconds, and that says `Vary` in this way.
pub(super) fn store(
    way: Way,
    rules: Policy,
    objects: impl IntoIterator<Item = (String, u64)>,
) -> Result<Store, GatewayError> {
    let store = Store::with_default_bucket(way.dialect());
    store.put_policy(DEFAULT_BUCKET, rules)?;
    for (path, seconds) in objects {
        let mut spec = ObjectSpec { body: "{}".to_owned(), ..ObjectSpec::default() };
        let lifetime = format!("public, max-age={seconds}");
        spec.headers.insert("Cache-Control".to_owned(), OneOrMany::One(lifetime));
        spec.headers.insert("Content-Type".to_owned(), OneOrMany::One("application/json".to_owned()));
        store.put_object(DEFAULT_BUCKET, &path, &spec)?;
    }
    store.vary(DEFAULT_BUCKET, way)?;
    Ok(store)
}
