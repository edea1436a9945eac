use std::{sync::Arc, time::Duration};

use crosscheck_core::exchange::{IoKind, SendContext, Stage};
use crosscheck_harness::transport::{Alpn, Stream, Wire};

use super::{
    Options,
    broken::{Broken, broken},
};
use crate::record::ErrorKind;

/// Where a slot connects to.
pub(super) struct Way {
    pub wire: Arc<Wire>,
    pub url: url::Url,
    /// Why it leads there: a redirect may lead elsewhere.
    pub context: SendContext,
    pub connect_timeout: Duration,
}

impl Way {
    pub(super) fn new(wire: Arc<Wire>, url: url::Url, options: &Options) -> Self {
        Self { wire, url, context: SendContext::RAW, connect_timeout: options.connect_timeout }
    }

    /// Opens a connection.
    pub(super) async fn dial(&self, alpn: Alpn) -> Result<Box<dyn Stream>, Broken> {
        let dialing = self.wire.dial(&self.url, &self.context, alpn);
        match tokio::time::timeout(self.connect_timeout, dialing).await {
            Ok(Ok(stream)) => Ok(stream),
            Ok(Err(failure)) => {
                let kind = match failure.stage {
                    stage if stage.is_refusal() => ErrorKind::NotPermitted,
                    Stage::Resolve => ErrorKind::Resolve,
                    Stage::Tls => ErrorKind::Tls,
                    Stage::Proxy => ErrorKind::Connect,
                    _ => match failure.io {
                        Some(IoKind::ConnectionRefused) => ErrorKind::Refused,
                        // This machine has no port or no open file left.
                        Some(IoKind::AddrNotAvailable | IoKind::TooManyOpenFiles) => ErrorKind::Exhausted,
                        _ => ErrorKind::Connect,
                    },
                };
                Err(broken(kind, failure.message))
            }
            Err(_) => {
                let message = format!("no connection within {} ms", self.connect_timeout.as_millis());
                Err(broken(ErrorKind::Timeout, message))
            }
        }
    }
}
