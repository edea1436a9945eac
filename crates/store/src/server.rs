use std::{
    io,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore, watch},
    task::{JoinHandle, JoinSet},
    time::{sleep, timeout},
};
use url::Url;

use super::{
    answer::Place,
    connection::{self, Shared},
    crowd::Crowd,
    limits::Limits,
    spelling::Spelling,
    store::{DiskError, Store},
    tls::{Tls, TlsError},
};
/// How long open connections may go on when a server is shut down.
const GRACE: Duration = Duration::from_secs(5);

/// How long a client waits for a place before somebody else is asked to make room.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// What a server needs to start.
#[derive(Clone, Debug)]
pub struct ServerConfig {
    /// Where it listens; port 0 takes a free one.
    pub address: SocketAddr,
    /// What it answers from.
    pub store: Store,
    /// What it takes.
    pub limits: Limits,
    /// What it speaks TLS with; `None`: it does not.
    pub tls: Option<Tls>,
}

impl ServerConfig {
    /// A free port of 127.0.0.1, with the usual limits.
    pub fn new(store: Store) -> Self {
        Self {
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            store,
            limits: Limits::default(),
            tls: None,
        }
    }
}

/// Why a server did not start.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The address cannot be listened at.
    #[error("cannot listen at {address}: {error}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the operating system said.
        error: io::Error,
    },
    /// A policy was given that cannot be set.
    #[error(transparent)]
    Provision(#[from] super::store::ProvisionError),
    /// What a folder keeps cannot be used.
    #[error(transparent)]
    Disk(#[from] DiskError),
    /// There is no certificate.
    #[error(transparent)]
    Tls(#[from] TlsError),
}

/// A running reference store. Dropping it ends it; [`Server::shutdown`] lets open requests end.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    place: Arc<Place>,
    store: Store,
    stop: watch::Sender<bool>,
    accepting: JoinHandle<()>,
}

impl Server {
    /// Starts a server on the current Tokio runtime.
    ///
    /// # Errors
    /// The address cannot be listened at.
    pub async fn start(config: ServerConfig) -> Result<Self, ServeError> {
        let failed = |error| ServeError::Listen { address: config.address, error };
        let listener = TcpListener::bind(config.address).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let reached = match address.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => SocketAddr::from((Ipv4Addr::LOCALHOST, address.port())),
            _ => address,
        };
        let scheme = if config.tls.is_some() { "https" } else { "http" };
        let other = format!("{scheme}://localhost:{}", address.port());
        let place = Arc::new(Place { own: format!("{scheme}://{reached}"), other });
        let (stop, stopped) = watch::channel(false);
        config.store.budget().spare(config.limits.memory_bytes);
        let shared = Arc::new(Shared {
            store: config.store.clone(),
            place: Arc::clone(&place),
            limits: config.limits,
            spelling: Spelling::vendors().await,
            tls: config.tls,
        });
        let accepting = tokio::spawn(accept(listener, shared, stopped));
        Ok(Self { address, place, store: config.store, stop, accepting })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What it answers from.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The URL of the server itself, such as `http://127.0.0.1:9000/`.
    ///
    /// # Panics
    /// Never: an address and a port make a URL.
    #[expect(clippy::expect_used, reason = "an address and a port make a URL")]
    pub fn url(&self) -> Url {
        Url::parse(&self.place.own).expect("a URL")
    }

    /// The URL below which a bucket's keys lie, with a slash at its end.
    pub fn bucket_url(&self, bucket: &str) -> Url {
        let mut url = self.url();
        url.set_path(&format!("{bucket}/"));
        url
    }

    /// Takes no more connections, lets open requests end for a few seconds, and returns when
    /// all connections are closed.
    pub async fn shutdown(self) {
        self.stop.send_replace(true);
        // A task that was cancelled has nothing more to end.
        let _ = self.accepting.await;
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>, mut stop: watch::Receiver<bool>) {
    let places = Arc::new(Semaphore::new(shared.limits.connections.max(1)));
    let crowd = Arc::new(Crowd::new());
    let mut open = JoinSet::new();
    loop {
        let next = tokio::select! {
            next = next(&listener, &places, &crowd) => next,
            _ = stop.changed() => break,
        };
        while open.try_join_next().is_some() {}
        match next {
            Ok((stream, place)) => {
                let (shared, stop, seat) = (Arc::clone(&shared), stop.clone(), Arc::new(crowd.enter()));
                open.spawn(async move {
                    connection::run(stream, shared, stop, seat).await;
                    drop(place);
                });
            }
            // Out of file descriptors, or a client that went away: neither ends the server.
            Err(_) => sleep(Duration::from_millis(10)).await,
        }
    }
    drop(listener);
    let ended = timeout(GRACE, async { while open.join_next().await.is_some() {} });
    if ended.await.is_err() {
        open.shutdown().await;
    }
}

/// The next client, with a place for it. Where there is none, somebody has to make room.
async fn next(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
    crowd: &Crowd,
) -> io::Result<(TcpStream, OwnedSemaphorePermit)> {
    let (stream, _) = listener.accept().await?;
    stream.set_nodelay(true)?;
    loop {
        let place = timeout(LOOK_AGAIN, Arc::clone(places).acquire_owned());
        if places.available_permits() == 0 {
            crowd.make_room();
        }
        if let Ok(place) = place.await {
            return Ok((stream, place.map_err(io::Error::other)?));
        }
    }
}
