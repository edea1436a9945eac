//! Which proxy is used for what: the one that was named for every request, and those of the machine's environment for
//! what is not evidence.

use super::{EndpointError, Problem, Provenance, Setting, Settings};
use crate::{
    provision::Environment,
    transport::{NoProxy, ParseProxyError, Proxy, ProxyRoute},
};

/// The proxies that the environment names for programs in general.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MachineProxies {
    http: Option<Named>,
    https: Option<Named>,
    except: NoProxy,
}

/// What a variable says.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Named {
    variable: &'static str,
    proxy: Result<Proxy, ParseProxyError>,
}

impl MachineProxies {
    /// Reads `http_proxy`, `https_proxy`, `all_proxy` and `no_proxy`, in lower or upper case.
    pub(super) fn of(lookup: Environment<'_>) -> Self {
        let named = |variables: &[&'static str]| {
            let found = variables.iter().find_map(|name| Some((*name, lookup(name)?)));
            let https = cfg!(feature = "control");
            found.map(|(variable, text)| Named { variable, proxy: Proxy::parse(&text, https) })
        };
        // In a CGI program, a header of the request that is served would set the one in upper case.
        let http: &[_] = match lookup("REQUEST_METHOD") {
            Some(_) => &["http_proxy", "all_proxy", "ALL_PROXY"],
            None => &["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"],
        };
        let except = lookup("no_proxy").or_else(|| lookup("NO_PROXY")).unwrap_or_default();
        Self {
            http: named(http),
            https: named(&["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]),
            except: NoProxy::parse(&except),
        }
    }

    fn for_scheme(&self, scheme: &str) -> Option<&Named> {
        if scheme == "https" { self.https.as_ref() } else { self.http.as_ref() }
    }
}

impl Settings {
    /// The proxy for requests to the endpoint that are evidence.
    pub(super) fn route(&self) -> ProxyRoute {
        // The embedded store is on this machine.
        let proxy = self.proxy.value.clone().filter(|_| self.url.value.is_some());
        ProxyRoute { proxy, except: self.machine_proxies.except.clone() }
    }

    /// The proxy for requests to the API of a bucket.
    ///
    /// # Errors
    /// A variable that names none.
    pub(super) fn control_route(&self, scheme: &str) -> Result<ProxyRoute, Problem> {
        let route = self.route();
        let Some(Named { variable, proxy }) =
            self.machine_proxies.for_scheme(scheme).filter(|_| route.proxy.is_none())
        else {
            return Ok(route);
        };
        let proxy = proxy.clone().map_err(|error| Problem {
            error: EndpointError::MachineProxy { variable, error },
            from: Provenance::Environment,
            at: vec![(*variable).to_owned()],
        })?;
        Ok(ProxyRoute { proxy: Some(proxy), ..route })
    }

    /// The proxy for the API of the bucket behind the endpoint as it is shown, with its variable, where it is another
    /// than for evidence.
    pub(super) fn shown_machine_proxy(&self) -> Option<String> {
        let url = self.url.value.as_ref()?;
        let named = self.machine_proxies.for_scheme(url.scheme()).filter(|_| self.proxy.value.is_none())?;
        let exempt = self.machine_proxies.except.contains(url.host_str()?, url.port_or_known_default()?);
        let shown = match &named.proxy {
            _ if exempt => return None,
            Ok(proxy) => proxy.hidden(),
            Err(error) => error.to_string(),
        };
        Some(format!("{shown} ({})", named.variable))
    }

    /// What to say of a proxy of the environment that requests to the endpoint do not use, where it cannot be reached.
    pub(super) fn proxy_hint(&self) -> Option<String> {
        let url = self.url.value.as_ref()?;
        let named = self.machine_proxies.for_scheme(url.scheme()).filter(|_| self.proxy.value.is_none())?;
        Some(format!(
            "{} does not apply to requests that are judged: name the proxy with --proxy",
            named.variable
        ))
    }

    /// What of proxies must never be shown.
    pub(super) fn proxy_secrets(&self) -> impl Iterator<Item = String> {
        let Self {
            proxy: Setting { value, .. }, machine_proxies: MachineProxies { http, https, .. }, ..
        } = self;
        let machine = [http, https].into_iter().flatten().filter_map(|named| named.proxy.as_ref().ok());
        value.iter().chain(machine).flat_map(Proxy::secrets)
    }
}
