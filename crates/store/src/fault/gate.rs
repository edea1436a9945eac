//! The seam before CORS: what stands in front of the rules, and what reaches the application
//! behind them.

use crosscheck_core::message::{Response, is_token, list};

use super::{Asked, Fault, Incoming, Seam};

/// Where an `OPTIONS` request goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Gate {
    /// To the rules, as a preflight.
    Preflight,
    /// To the application.
    Application,
    /// Nowhere: it is taken for a preflight that it is not.
    Swallowed,
}

impl Seam<'_> {
    /// What answers instead of the store, before the rules are asked.
    pub(super) fn before_cors(&self, incoming: &Incoming) -> Option<Response> {
        let preflight = incoming.is_preflight();
        match self.fault? {
            Fault::AuthBeforeCors if preflight => {
                Some(Response::new(401).with_field("WWW-Authenticate", "Bearer realm=\"store\""))
            }
            Fault::NoOptionsRoute if incoming.method == "OPTIONS" => {
                Some(Response::new(405).with_field("Allow", "GET, HEAD, PUT, POST, DELETE"))
            }
            Fault::PreflightRedirected if preflight => {
                let query = incoming.query.as_deref().map(|query| format!("?{query}")).unwrap_or_default();
                let other = incoming.path.strip_suffix('/').map(str::to_owned);
                let path =
                    other.filter(|path| !path.is_empty()).unwrap_or_else(|| format!("{}/", incoming.path));
                Some(Response::new(307).with_field("Location", &format!("{path}{query}")))
            }
            Fault::PresignedPreflightRefused if preflight && incoming.query.is_some() => {
                Some(Response::new(403).with_field("Content-Type", "application/xml"))
            }
            Fault::MalformedCrashes if preflight && is_malformed(incoming) => Some(Response::new(500)),
            _ => None,
        }
    }

    /// Whether a refused preflight is answered without the error that says why.
    pub(super) fn hides_reason(&self) -> bool {
        self.fault == Some(Fault::RefusalWithoutReason)
    }

    /// Where an `OPTIONS` request goes. What is no preflight goes to the application where there
    /// is one; a store without one refuses it.
    pub(super) fn options(&self, incoming: &Incoming) -> Gate {
        let has_origin = incoming.fields.contains("origin");
        match self.fault {
            _ if incoming.is_preflight() => Gate::Preflight,
            Some(Fault::OptionsSwallowed) if has_origin => Gate::Swallowed,
            Some(Fault::OptionsWithoutOriginSwallowed) if !has_origin => Gate::Swallowed,
            _ => Gate::Application,
        }
    }

    /// Whether a preflight reaches the application, which must never see one.
    pub(super) fn preflight_reaches_application(&self, allowed: bool) -> bool {
        match self.fault {
            Some(Fault::PreflightRunsHandler) => allowed,
            Some(Fault::ForeignPreflightForwarded) => !allowed,
            _ => false,
        }
    }

    /// Whether an actual request is refused because its origin is not allowed, which is none of
    /// the server's business: a browser keeps the answer from the page.
    pub(super) fn refuses(&self, asked: &Asked<'_>) -> bool {
        self.fault == Some(Fault::UnlistedOriginRefused)
            && !asked.preflight
            && asked.has_origin()
            && !asked.allowed
    }
}

/// Whether a preflight asks for something that is no token (RFC 9110 §5.6.2).
fn is_malformed(incoming: &Incoming) -> bool {
    let list = |name: &str| list::names(incoming.fields.lines(name));
    let asked =
        list("access-control-request-headers").into_iter().chain(list("access-control-request-method"));
    asked.into_iter().any(|name| !name.is_empty() && !is_token(name.as_bytes()))
}
