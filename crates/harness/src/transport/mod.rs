//! Carries exchanges: a request goes in, what came back comes out, with the bytes of both heads
//! as evidence. A failure is an answer too, never an error of ours. Knows no expectations, follows
//! no redirects, asks no cache and no proxy.

mod address_space;
mod config;
mod connect;
mod gate;
mod http1;
mod pool;
mod spaces;
mod tls;
mod trace;
mod unsolicited;
mod wire;

pub use address_space::AddressSpace;
pub use config::{
    AddedFields, Alpn, JUDGED_BODY_BYTES, LargeBody, ParseResolveError, ResolveOverride, TlsConfig,
    WireConfig,
};
pub use gate::{Gate, Refusal};
pub use http1::Stream;
pub use tls::TlsError;
pub use unsolicited::Unsolicited;
pub use wire::Wire;

use std::{pin::Pin, sync::Arc};

use crosscheck_core::{exchange::Exchange, message::Request};

/// An exchange that is under way.
pub type Carrying<'a> = Pin<Box<dyn Future<Output = Exchange> + Send + 'a>>;

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
