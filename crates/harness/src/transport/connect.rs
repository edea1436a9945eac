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
    AddressSpace, Alpn, ResolveOverride,
    http1::Stream,
    pool::Key,
    spaces::{Floor, Spaces},
    tls,
    tls::Tls,
};

/// How long one address may take before the next is tried beside it (RFC 8305 §5).
const STAGGER: Duration = Duration::from_millis(250);

/// Opens connections.
pub(super) struct Connector {
    pub resolve: Vec<ResolveOverride>,
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
        *stage = Stage::Resolve;
        let addresses = floor.permitted(key, self.addresses(&key.host, key.port).await?)?;
        *stage = Stage::Connect;
        let stream = connect_any(&addresses).await.map_err(|error| Failure {
            stage: Stage::Connect,
            message: format!("{}: {error}", name(&addresses)),
        })?;
        let space = match stream.peer_addr() {
            Ok(address) => AddressSpace::of(address.ip()),
            Err(error) => return Err(Failure { stage: Stage::Connect, message: error.to_string() }),
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
        let server = Tls::server_name(bare).map_err(|error| Failure {
            stage: Stage::Tls,
            message: format!("{bare} cannot stand in a certificate: {error}"),
        })?;
        let session = connector.connect(server, stream).await.map_err(|error| {
            tls::failure(&error).unwrap_or_else(|| Failure {
                stage: Stage::Tls,
                message: format!("the connection broke within the TLS handshake: {error}"),
            })
        })?;
        Ok(Connected { stream: Box::new(session), space })
    }

    /// Where a host is, best first: an override, an address itself, this machine for `localhost`
    /// and names below it, or what the resolver says.
    async fn addresses(&self, host: &str, port: u16) -> Result<Vec<SocketAddr>, Failure> {
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        if let Some(over) = self.resolve.iter().find(|over| over.host == bare && over.port == port) {
            return Ok(vec![SocketAddr::new(over.address, port)]);
        }
        let at = |address: IpAddr| SocketAddr::new(address, port);
        match Host::parse(host) {
            Ok(Host::Ipv4(address)) => return Ok(vec![at(address.into())]),
            Ok(Host::Ipv6(address)) => return Ok(vec![at(address.into())]),
            _ => {}
        }
        if is_localhost(host) {
            return Ok(vec![at(Ipv4Addr::LOCALHOST.into()), at(Ipv6Addr::LOCALHOST.into())]);
        }
        let failure = |message: String| Failure { stage: Stage::Resolve, message };
        let found: Vec<SocketAddr> = lookup_host((host, port))
            .await
            .map_err(|error| failure(format!("the name {host} does not resolve: {error}")))?
            .collect();
        if found.is_empty() { Err(failure(format!("the name {host} has no address"))) } else { Ok(found) }
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
                Err(error) => last = io::Error::other(error),
            },
            () = sleep(STAGGER), if more => {}
        }
    }
}

fn name(addresses: &[SocketAddr]) -> String {
    addresses.iter().map(SocketAddr::to_string).collect::<Vec<_>>().join(" or ")
}
