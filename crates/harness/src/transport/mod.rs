//! Carries exchanges: a request goes in, what came back comes out, with the bytes of both heads
//! as evidence. A failure is an answer too, never an error of ours. Knows no expectations, follows
//! no redirects, asks no cache, and uses no proxy but the one that was named.

mod address_space;
mod answers;
mod config;
mod connect;
#[cfg(feature = "control")]
mod control;
mod gate;
mod http1;
mod ordinary;
mod pool;
mod proxy;
mod sender;
mod spaces;
mod tls;
mod trace;
mod tunnel;
mod unsolicited;
mod wire;

pub(crate) use address_space::AddressSpace;
pub use answers::Answers;
pub(crate) use config::JUDGED_BODY_BYTES;
pub use config::{AddedFields, Alpn, LargeBody, ParseResolveError, ResolveOverride, TlsConfig, WireConfig};
#[cfg(feature = "control")]
pub use control::Control;
pub use gate::{Gate, Refusal};
pub use http1::Stream;
pub use proxy::{NoProxy, ParseProxyError, Proxy, ProxyRoute};
pub use sender::Sender;
pub use tls::TlsError;
pub use unsolicited::Unsolicited;
pub use wire::Wire;

use std::{pin::Pin, sync::Arc};

use crosscheck_core::{exchange::Exchange, message::Request};

/// An exchange that is under way.
pub(crate) type Carrying<'a> = Pin<Box<dyn Future<Output = Exchange> + Send + 'a>>;

/// Whatever can carry a request to an endpoint and bring back what happened.
pub trait Transport: Send + Sync {
    /// Sends one request as it is written and waits for its answer or its failure. Ends within a bounded
    /// time.
    fn exchange<'a>(&'a self, request: &'a Request) -> Carrying<'a>;
}

impl<T: Transport + ?Sized> Transport for Arc<T> {
    fn exchange<'a>(&'a self, request: &'a Request) -> Carrying<'a> {
        (**self).exchange(request)
    }
}
