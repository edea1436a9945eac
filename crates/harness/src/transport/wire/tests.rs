//! Redirects by the spaces of the addresses that are connected to. Everything here is on loopback, so that
//! which space a host was in before is said by hand.

use std::sync::Arc;

use crosscheck_core::exchange::Purpose;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use super::*;
use crate::transport::AddressSpace;

/// A server on loopback that answers everything with 204, and how many connections it accepted so far.
async fn server() -> (Url, Arc<std::sync::atomic::AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap()).parse().unwrap();
    let accepted = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let count = Arc::clone(&accepted);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            count.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            tokio::spawn(async move {
                let mut buffer = [0; 1024];
                while stream.read(&mut buffer).await.is_ok_and(|count| count > 0) {
                    if stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await.is_err() {
                        break;
                    }
                }
            });
        }
    });
    (url, accepted)
}

fn hop(from: &Url) -> SendContext {
    SendContext {
        purpose: Purpose::RedirectHop(1),
        redirected_from: Some(Arc::new(from.clone())),
        ..SendContext::RAW
    }
}

fn stage(exchange: &Exchange) -> Option<Stage> {
    match &exchange.received {
        crosscheck_core::exchange::Received::Failed(failure) => Some(failure.stage),
        crosscheck_core::exchange::Received::Response(_) => None,
    }
}

#[tokio::test]
async fn a_redirect_leads_to_no_less_public_address() {
    use AddressSpace::{Loopback, Private, Public};
    use std::sync::atomic::Ordering::SeqCst;
    for (endpoint_space, follow_private, refused) in
        [(Public, false, true), (Private, false, true), (Loopback, false, false), (Public, true, false)]
    {
        let (endpoint, _) = server().await;
        let (private, accepted) = server().await;
        let gate = Gate::every_method_to([&endpoint]).following_private(follow_private);
        let wire = Wire::new(WireConfig::default(), gate).unwrap();
        wire.connector.spaces.connected(&Key::of(&endpoint).unwrap(), endpoint_space);
        let request = Request::new("GET", private.clone());
        let expected = refused.then_some(Stage::PrivateAddress);
        let what = format!("{endpoint_space} {follow_private}");
        assert_eq!(stage(&wire.send(&request, &hop(&endpoint)).await), expected, "{what}");
        assert_eq!(accepted.load(SeqCst), usize::from(!refused), "{what}");
        // A preflight of the hop, and a connection of a load engine, are held to the same.
        let preflight = SendContext { purpose: Purpose::Preflight, ..hop(&endpoint) };
        assert_eq!(stage(&wire.send(&request, &preflight).await), expected, "{what}");
        let dialled = wire.dial(&private, &hop(&endpoint), Alpn::Http1).await;
        assert_eq!(dialled.err().map(|failure| failure.stage), expected, "{what}");
    }
}

#[tokio::test]
async fn a_name_that_moves_to_a_private_address_is_not_followed_there() {
    for (follow_private, refused) in [(false, true), (true, false)] {
        let (endpoint, accepted) = server().await;
        let gate = Gate::every_method_to([&endpoint]).following_private(follow_private);
        let wire = Wire::new(WireConfig::default(), gate).unwrap();
        // Its first answer came from the internet.
        wire.connector.spaces.connected(&Key::of(&endpoint).unwrap(), AddressSpace::Public);
        let exchange = wire.exchange(&Request::new("GET", endpoint)).await;
        assert_eq!(stage(&exchange), refused.then_some(Stage::PrivateAddress));
        assert_eq!(accepted.load(std::sync::atomic::Ordering::SeqCst), usize::from(!refused));
    }
}

#[tokio::test]
async fn a_kept_connection_is_no_way_around() {
    let (endpoint, _) = server().await;
    let (public, _) = server().await;
    let (other, accepted) = server().await;
    let wire = Wire::new(WireConfig::default(), Gate::every_method_to([&endpoint])).unwrap();
    let request = Request::new("GET", other);
    // From an endpoint on loopback it may be asked, and its connection is kept.
    assert_eq!(stage(&wire.exchange(&Request::new("GET", endpoint.clone())).await), None);
    assert_eq!(stage(&wire.send(&request, &hop(&endpoint)).await), None);
    wire.connector.spaces.connected(&Key::of(&public).unwrap(), AddressSpace::Public);
    let exchange = wire.send(&request, &hop(&public)).await;
    assert_eq!(stage(&exchange), Some(Stage::PrivateAddress));
    assert!(wire.written(&request, &hop(&endpoint)).is_ok());
    assert_eq!(wire.written(&request, &hop(&public)).unwrap_err().stage, Stage::PrivateAddress);
    assert_eq!(accepted.load(std::sync::atomic::Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_third_party_may_lead_back_to_the_endpoint() {
    let (endpoint, _) = server().await;
    let (public, _) = server().await;
    let wire = Wire::new(WireConfig::default(), Gate::every_method_to([&endpoint])).unwrap();
    wire.connector.spaces.connected(&Key::of(&public).unwrap(), AddressSpace::Public);
    let exchange = wire.send(&Request::new("GET", endpoint), &hop(&public)).await;
    assert_eq!(stage(&exchange), None, "the user named it");
}
