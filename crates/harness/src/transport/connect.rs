use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};

use crosscheck_core::{
    exchange::{Failure, Stage},
    fetch::origin::is_localhost,
};
use tokio::{
    net::{TcpStream, lookup_host},
    task::JoinSet,
    time::sleep,
};
use url::Host;

use super::{
    AddressSpace, Alpn, Proxy, ProxyRoute, ResolveOverride,
    http1::Stream,
    pool::Key,
    spaces::{Floor, Spaces},
    tls,
    tls::Tls,
    tunnel,
};

/// How long one address may take before the next is tried beside it (RFC 8305 §5).
const STAGGER: Duration = Duration::from_millis(250);

/// Opens connections.
pub(super) struct Connector {
    pub resolve: Vec<ResolveOverride>,
    pub proxy: ProxyRoute,
    pub tls: Tls,
    pub spaces: Spaces,
}

/// A connection, and how public the address is that it was opened to.
pub(super) struct Connected {
    pub stream: Box<dyn Stream>,
    pub space: AddressSpace,
}

impl Connector {
    /// Resolves, connects to an address that `floor` permits and, for `https`, opens a TLS session; `stage`
    /// tells how far it is.
    pub(super) async fn connect(
        &self,
        key: &Key,
        floor: &Floor,
        alpn: Alpn,
        stage: &mut Stage,
    ) -> Result<Connected, Failure> {
        let (stream, space) = match self.proxy.to(&key.host, key.port) {
            None => self.direct(key, floor, stage).await?,
            Some(proxy) => self.through(proxy, key, floor, stage).await?,
        };
        self.spaces.connected(key, space);
        // Without it a small write waits for the acknowledgement of the one before.
        let _ = stream.set_nodelay(true);
        if !key.secure {
            return Ok(Connected { stream: Box::new(stream), space });
        }
        *stage = Stage::Tls;
        let connector = self.tls.connector(alpn)?;
        let bare = key.host.trim_start_matches('[').trim_end_matches(']');
        let server = Tls::server_name(bare).map_err(|error| {
            Failure::new(Stage::Tls, format!("{bare} cannot stand in a certificate: {error}"))
        })?;
        let session = connector.connect(server, stream).await.map_err(|error| {
            tls::failure(&error).unwrap_or_else(|| {
                let message = format!("the connection broke within the TLS handshake: {error}");
                Failure::of_io(Stage::Tls, &error, message)
            })
        })?;
        Ok(Connected { stream: Box::new(session), space })
    }

    /// Resolves and connects.
    async fn direct(
        &self,
        key: &Key,
        floor: &Floor,
        stage: &mut Stage,
    ) -> Result<(TcpStream, AddressSpace), Failure> {
        *stage = Stage::Resolve;
        let addresses = floor.permitted(key, self.addresses(&key.host, key.port).await?)?;
        *stage = Stage::Connect;
        let failed = |error: &io::Error, message: String| Failure::of_io(Stage::Connect, error, message);
        let stream = connect_any(&addresses)
            .await
            .map_err(|error| failed(&error, format!("{}: {error}", name(&addresses))))?;
        let peer = stream.peer_addr().map_err(|error| failed(&error, error.to_string()))?;
        Ok((stream, AddressSpace::of(peer.ip())))
    }

    /// Opens a tunnel through a proxy, which resolves the name. How public a host is, only its text tells then.
    async fn through(
        &self,
        proxy: &Proxy,
        key: &Key,
        floor: &Floor,
        stage: &mut Stage,
    ) -> Result<(TcpStream, AddressSpace), Failure> {
        *stage = Stage::Proxy;
        let known = self.known(&key.host, key.port).and_then(|addresses| addresses.into_iter().next());
        let space = known.map_or(AddressSpace::Public, |address| AddressSpace::of(address.ip()));
        if !floor.permits(space) {
            return Err(floor.refusal(key, space, &format!("{space} address behind {}", key.host)));
        }
        let failed = |why: String| Failure::new(Stage::Proxy, format!("{proxy}: {why}"));
        let addresses = self.addresses(proxy.host(), proxy.port()).await;
        let addresses = addresses.map_err(|failure| failed(failure.message))?;
        let mut stream = connect_any(&addresses).await.map_err(|error| failed(error.to_string()))?;
        let to = match self.override_of(&key.host, key.port) {
            Some(over) => SocketAddr::new(over.address, key.port).to_string(),
            None => format!("{}:{}", key.host, key.port),
        };
        tunnel::open(&mut stream, proxy, &to).await?;
        Ok((stream, space))
    }

    fn override_of(&self, host: &str, port: u16) -> Option<&ResolveOverride> {
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        self.resolve.iter().find(|over| over.host == bare && over.port == port)
    }

    /// Where a host is, best first: what is known without a resolver, or what it says.
    pub(super) async fn addresses(&self, host: &str, port: u16) -> Result<Vec<SocketAddr>, Failure> {
        if let Some(known) = self.known(host, port) {
            return Ok(known);
        }
        let failure = |message: String| Failure::new(Stage::Resolve, message);
        let found: Vec<SocketAddr> = lookup_host((host, port))
            .await
            .map_err(|error| failure(format!("the name {host} does not resolve: {error}")))?
            .collect();
        if found.is_empty() { Err(failure(format!("the name {host} has no address"))) } else { Ok(found) }
    }

    /// Where a host is, as far as that needs no resolver: an override, an address itself, this machine for
    /// `localhost` and names below it.
    fn known(&self, host: &str, port: u16) -> Option<Vec<SocketAddr>> {
        let at = |address: IpAddr| SocketAddr::new(address, port);
        if let Some(over) = self.override_of(host, port) {
            return Some(vec![at(over.address)]);
        }
        match Host::parse(host) {
            Ok(Host::Ipv4(address)) => return Some(vec![at(address.into())]),
            Ok(Host::Ipv6(address)) => return Some(vec![at(address.into())]),
            _ => {}
        }
        let local = is_localhost(host);
        local.then(|| vec![at(Ipv4Addr::LOCALHOST.into()), at(Ipv6Addr::LOCALHOST.into())])
    }
}

/// The first connection that comes up; every address is tried, the next one at the latest after
/// [`STAGGER`].
async fn connect_any(addresses: &[SocketAddr]) -> io::Result<TcpStream> {
    let mut waiting = addresses.iter().copied();
    let mut tries = JoinSet::new();
    let mut last = io::Error::from(io::ErrorKind::AddrNotAvailable);
    loop {
        match waiting.next() {
            Some(address) => {
                tries.spawn(TcpStream::connect(address));
            }
            None if tries.is_empty() => return Err(last),
            None => {}
        }
        let more = waiting.len() > 0;
        tokio::select! {
            Some(tried) = tries.join_next() => match tried {
                Ok(Ok(stream)) => return Ok(stream),
                Ok(Err(error)) => last = error,
                // A panic of ours says nothing of the endpoint.
                Err(error) => match error.try_into_panic() {
                    Ok(panic) => std::panic::resume_unwind(panic),
                    Err(error) => last = io::Error::other(error),
                },
            },
            () = sleep(STAGGER), if more => {}
        }
    }
}

fn name(addresses: &[SocketAddr]) -> String {
    addresses.iter().map(SocketAddr::to_string).collect::<Vec<_>>().join(" or ")
}
