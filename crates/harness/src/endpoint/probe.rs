use std::fmt;

use crosscheck_core::{
    availability::Unavailable,
    exchange::{Exchange, Failure, PROXY_HELP, Received, Stage},
    fetch::status::is_redirect,
    message::{Request, Response},
};
use url::Url;

use crate::transport::Transport;

/// What one request says about whether an endpoint can be judged at all.
#[derive(Clone, Debug, PartialEq)]
pub enum Probe {
    /// It answers.
    Answers(Exchange),
    /// It does not.
    Unreachable {
        /// How far the request got, and what was said.
        failure: Failure,
        /// What to do about it.
        help: &'static str,
        /// The evidence.
        exchange: Exchange,
    },
    /// Somebody else seems to answer in its place: what follows would judge that.
    Interfered {
        /// Who.
        by: Interference,
        /// The evidence.
        exchange: Exchange,
    },
}

impl Probe {
    /// Whether it answers with success.
    pub fn succeeds(&self) -> bool {
        let Self::Answers(exchange) = self else { return false };
        exchange.response().is_some_and(|response| matches!(response.status, 200..=299 | 304))
    }
}

/// Who answers in an endpoint's place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Interference {
    /// A web page refuses, where a program was asked.
    Refusal {
        /// 401 or 403.
        status: u16,
    },
    /// A redirect to where one logs in.
    LoginRedirect {
        /// Where to.
        to: Url,
    },
    /// A firewall or bot filter, known by a field of its answer.
    Firewall {
        /// Its name.
        product: &'static str,
        /// The field.
        field: &'static str,
    },
}

impl fmt::Display for Interference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refusal { status } => {
                write!(f, "an HTML page with status {status} answers; it may be a firewall's or a login page")
            }
            Self::LoginRedirect { to } => {
                write!(f, "the answer is a redirect to {}, where one seems to log in", place(to))
            }
            Self::Firewall { product, field } => {
                write!(f, "{product} answers in the endpoint's place (its field {field} says so)")
            }
        }
    }
}

/// Asks once: with this method, or where there is none with a preflight for GET, as a page of `origin` where one
/// is known.
pub async fn probe(
    transport: &dyn Transport,
    method: Option<&str>,
    url: &Url,
    origin: Option<&str>,
) -> Probe {
    let mut request = Request::new(method.unwrap_or("OPTIONS"), url.clone());
    request.fields.push("Accept", "*/*");
    if method.is_none() {
        request.fields.push("Access-Control-Request-Method", "GET");
    }
    if let Some(origin) = origin {
        request.fields.push("Origin", origin.as_bytes().to_vec());
        // A filter against hotlinks lets no request pass without it.
        if origin.starts_with("http") {
            request.fields.push("Referer", format!("{origin}/"));
        }
    }
    let exchange = transport.exchange(&request).await;
    match &exchange.received {
        Received::Failed(failure) => {
            let failure = failure.clone();
            Probe::Unreachable { help: unreachable_help(failure.stage), failure, exchange }
        }
        Received::Response(response) => match interference(url, response) {
            Some(by) => Probe::Interfered { by, exchange },
            None => Probe::Answers(exchange),
        },
    }
}

/// What to do about an endpoint that fails at a stage.
pub(crate) fn unreachable_help(stage: Stage) -> &'static str {
    match stage {
        Stage::MethodNotPermitted => "name GET or HEAD in `capabilities.methods`",
        Stage::HostNotPermitted | Stage::PrivateAddress => "check that the URL is the endpoint that you mean",
        Stage::Resolve => "check the host of the URL, or say where it is with --resolve host:port:address",
        Stage::Connect => {
            "check that the service runs and listens at this port, and that no firewall is between"
        }
        Stage::Proxy => PROXY_HELP,
        Stage::Tls => {
            "check the scheme and port of the URL, and name an authority of your own with --ca-file"
        }
        Stage::Parse => "check the scheme and port of the URL: what listens there speaks something else",
        Stage::Deadline => {
            "check that the service answers at all, or give it more time with --request-timeout"
        }
        Stage::Throttled => Unavailable::RateLimit.help(),
        Stage::Gateway => Unavailable::Gateway.help(),
        Stage::Send | Stage::Head | Stage::Body | Stage::Gone => {
            "look into the service's log for why it closed the connection"
        }
        Stage::HeadTooLarge | Stage::BodyTooLarge => "check that the URL is the endpoint that you mean",
    }
}

/// Who seems to have answered instead of the endpoint. A hint, not a verdict.
pub(crate) fn interference(asked: &Url, response: &Response) -> Option<Interference> {
    // Field, what its value contains, product.
    const MARKS: &[(&str, &str, &str)] = &[
        ("cf-mitigated", "", "Cloudflare"),
        ("x-amzn-waf-action", "", "AWS WAF"),
        ("x-datadome", "protected", "DataDome"),
        ("x-iinfo", "", "Imperva"),
        ("x-sucuri-block", "", "Sucuri"),
    ];
    let html = response
        .fields
        .text("content-type")
        .is_some_and(|value| value.trim_start().to_ascii_lowercase().starts_with("text/html"));
    for (field, needle, product) in MARKS {
        let marked =
            response.fields.text(field).is_some_and(|value| value.to_ascii_lowercase().contains(needle));
        // Some of them stand on every answer that passes through; those that block are pages.
        if marked && (html || matches!(*field, "cf-mitigated" | "x-amzn-waf-action" | "x-sucuri-block")) {
            return Some(Interference::Firewall { product, field });
        }
    }
    match response.status {
        401 | 403 if html => Some(Interference::Refusal { status: response.status }),
        status if is_redirect(status) => {
            let location = response.fields.text("location")?;
            let to = asked.join(&location).ok()?;
            (to.host_str() != asked.host_str() && is_login(&to)).then_some(Interference::LoginRedirect { to })
        }
        _ => None,
    }
}

/// Whether host or path have a word for logging in.
fn is_login(url: &Url) -> bool {
    const WORDS: &[&str] =
        &["login", "signin", "sso", "oauth", "oauth2", "saml", "adfs", "auth", "accounts", "idp", "okta"];
    let text = format!("{}{}", url.host_str().unwrap_or_default(), url.path()).to_ascii_lowercase();
    text.split(['.', '/', '-', '_']).any(|word| WORDS.contains(&word))
}

/// The URL without its query, which on such redirects is long and often secret.
fn place(url: &Url) -> String {
    let mut url = url.clone();
    url.set_query(None);
    url.set_fragment(None);
    url.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_answers_instead_is_recognised() {
        let asked: Url = "https://api.example/data".parse().unwrap();
        for (status, lines, words) in [
            (200, &[("Content-Type", "text/html")][..], None),
            (403, &[("Content-Type", "application/xml")], None),
            (401, &[], None),
            (302, &[("Location", "/login")], None),
            (302, &[("Location", "https://cdn.example/data")], None),
            (302, &[("Location", "https://authors.example/x")], None),
            (200, &[("X-Iinfo", "1-2-3")], None),
            (403, &[("Content-Type", "Text/HTML; charset=utf-8")], Some("status 403")),
            (401, &[("Content-Type", "text/html")], Some("status 401")),
            (
                302,
                &[("Location", "https://login.corp.example/x?t=1")],
                Some("redirect to https://login.corp.example/x,"),
            ),
            (307, &[("Location", "//idp.example/saml/x")], Some("https://idp.example/saml/x,")),
            (403, &[("cf-mitigated", "challenge")], Some("Cloudflare answers")),
            (202, &[("x-amzn-waf-action", "challenge")], Some("AWS WAF answers")),
            (403, &[("X-Iinfo", "1"), ("Content-Type", "text/html")], Some("Imperva answers")),
        ] {
            let mut response = Response::new(status);
            for (name, value) in lines {
                response = response.with_field(name, value);
            }
            let seen = interference(&asked, &response).map(|by| by.to_string());
            match words {
                None => assert_eq!(seen, None, "{status} {lines:?}"),
                Some(words) => assert!(seen.clone().unwrap().contains(words), "{seen:?}"),
            }
        }
    }
}
