//! What a failure of the client comes to, in the words that evidence uses.

use std::{error::Error, fmt, io};

use super::{super::tls, Control};
use crosscheck_core::{
    exchange::{Failure, Stage},
    message::Response,
};

/// A name that gives no address to connect to.
#[derive(Debug)]
pub(super) struct Unresolved(pub Failure);

impl fmt::Display for Unresolved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl Error for Unresolved {}

impl Control {
    /// The failure behind an error. Its own text names the URL and little else; what counts is what caused it.
    pub(super) fn failure(&self, error: &reqwest::Error) -> Failure {
        let mut causes = Vec::new();
        let mut next = error.source();
        while let Some(cause) = next {
            if let Some(Unresolved(failure)) = cause.downcast_ref() {
                return match self.proxy {
                    Some(_) => self.at_proxy(&failure.message),
                    None => failure.clone(),
                };
            }
            if let Some(failure) = cause.downcast_ref::<io::Error>().and_then(tls::failure) {
                return failure;
            }
            causes.push(cause.to_string());
            next = cause.source();
        }
        let cause = causes.pop().unwrap_or_else(|| "the HTTP client failed".to_owned());
        let stage = match error {
            _ if error.is_connect() && error.is_timeout() => {
                let limit = self.config.connect_timeout.as_millis();
                return self.unconnected(&format!("no connection after {limit} ms"));
            }
            _ if error.is_connect() => return self.unconnected(&cause),
            _ if error.is_body() || error.is_decode() => Stage::Body,
            _ if error.is_builder() => Stage::Send,
            // It relays what is not in a tunnel.
            _ if self.proxy.is_some() && !self.key.secure => return self.at_proxy(&cause),
            _ => Stage::Head,
        };
        Failure::new(stage, cause)
    }

    fn unconnected(&self, why: &str) -> Failure {
        match self.proxy {
            Some(_) => self.at_proxy(why),
            None => Failure::new(Stage::Connect, format!("{}:{}: {why}", self.key.host, self.key.port)),
        }
    }

    fn at_proxy(&self, why: &str) -> Failure {
        let proxy = self.proxy.as_ref().map(ToString::to_string).unwrap_or_default();
        let message = format!("{proxy}, on the way to {}:{}: {why}", self.key.host, self.key.port);
        Failure::new(Stage::Proxy, message)
    }

    /// That the deadline passed.
    pub(super) fn late(&self) -> Failure {
        let through = self.proxy.as_ref().map(|proxy| format!(" through the proxy {proxy}"));
        let message = format!(
            "not finished after {} ms{}",
            self.config.request_deadline.as_millis(),
            through.unwrap_or_default()
        );
        Failure::new(Stage::Deadline, message)
    }

    /// That a proxy refused what it was to pass on. Only of `http://` it can answer in the host's place; what is not
    /// XML then is not from a store.
    pub(super) fn refusal_of_proxy(&self, response: &Response) -> Option<Failure> {
        self.proxy.as_ref().filter(|_| !self.key.secure)?;
        let document = response.fields.text("content-type").is_some_and(|kind| kind.contains("xml"));
        let document = document || response.body.trim_ascii_start().starts_with(b"<?xml");
        match response.status {
            407 => Some(
                self.at_proxy("status 407, it does not accept the user name and password, or asks for some"),
            ),
            status @ 502..=504 if !document => {
                Some(self.at_proxy(&format!("status {status} from the proxy or what is behind it")))
            }
            _ => None,
        }
    }
}
