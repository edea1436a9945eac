use super::request::{LeftOut, LeftOutBecause};
use crate::{
    fetch::header::{is_forbidden_request_header, is_value},
    message::is_token,
};

/// Headers, told apart.
#[derive(Default)]
pub(super) struct Split {
    /// What a script sets.
    pub(super) headers: Vec<(String, String)>,
    pub(super) left_out: Vec<LeftOut>,
    pub(super) origin: Option<String>,
    pub(super) referrer: Option<String>,
    pub(super) has_cookies: bool,
    /// The method that a preflight announces.
    pub(super) preflight_for: Option<String>,
    /// The headers that a preflight announces.
    pub(super) preflight_headers: Vec<String>,
}

/// Fields that browsers set themselves, although scripts may set some of them.
const OF_BROWSERS: [&str; 9] = [
    "accept-language",
    "priority",
    "save-data",
    "upgrade-insecure-requests",
    "x-client-data",
    "x-browser-channel",
    "x-browser-copyright",
    "x-browser-validation",
    "x-browser-year",
];

/// The pseudo-fields of HTTP/2, which `Invoke-WebRequest` of Chromium has without their colon.
const PSEUDO: [&str; 4] = ["authority", "method", "path", "scheme"];

/// Tells headers apart that a script sets from those that it cannot set or that the browser adds. `script`: they are
/// written in a script, which may try to set what it cannot.
pub(super) fn split(headers: Vec<(String, String)>, script: bool) -> Split {
    let recorded = headers.iter().any(|(name, value)| is_trace_of_a_browser(name, value));
    let has = |wanted: &str, value: &str| {
        headers.iter().any(|(name, given)| name.eq_ignore_ascii_case(wanted) && given == value)
    };
    // Together they are what "Disable cache" of the developer tools adds.
    let uncached = has("cache-control", "no-cache") && has("pragma", "no-cache");
    let pseudo = PSEUDO.iter().all(|name| headers.iter().any(|(given, _)| given == name));
    let mut split = Split::default();
    for (name, value) in headers {
        let lower = name.to_ascii_lowercase();
        split.note_meaning(&lower, &value);
        let forbidden = is_forbidden_request_header(&lower, value.as_bytes());
        let because = match lower.as_str() {
            "cookie" if recorded || !script => Some(LeftOutBecause::Cookies),
            "origin" | "referer" if recorded || !script => Some(LeftOutBecause::Page),
            _ if forbidden && script && !recorded => Some(LeftOutBecause::Forbidden),
            _ if forbidden && is_usual(&lower) => Some(LeftOutBecause::Browser),
            _ if forbidden => Some(LeftOutBecause::Forbidden),
            "cache-control" | "pragma" if uncached && recorded => Some(LeftOutBecause::Browser),
            "cache-control" if recorded && value == "max-age=0" => Some(LeftOutBecause::Browser),
            "if-none-match" | "if-modified-since" if recorded => Some(LeftOutBecause::Browser),
            "accept" if value == "*/*" => Some(LeftOutBecause::Browser),
            "user-agent" if is_agent(&value) => Some(LeftOutBecause::Browser),
            name if recorded && OF_BROWSERS.contains(&name) => Some(LeftOutBecause::Browser),
            name if name.starts_with(':') || pseudo && PSEUDO.contains(&name) => {
                Some(LeftOutBecause::Browser)
            }
            _ => None,
        };
        match because {
            Some(because) => split.left_out.push(LeftOut { name, because }),
            None => split.headers.push((name, value)),
        }
    }
    split.has_cookies = split.left_out.iter().any(|header| header.because == LeftOutBecause::Cookies);
    split
}

impl Split {
    fn note_meaning(&mut self, name: &str, value: &str) {
        match name {
            "origin" => self.origin = Some(value.to_owned()),
            "referer" => self.referrer = Some(value.to_owned()),
            "access-control-request-method" => self.preflight_for = Some(value.to_owned()),
            "access-control-request-headers" => {
                let names = value.split(',').map(str::trim).filter(|name| is_token(name.as_bytes()));
                self.preflight_headers = names.map(str::to_owned).collect();
            }
            _ => {}
        }
    }
}

/// Whether a header shows that a browser sent the request.
fn is_trace_of_a_browser(name: &str, value: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.starts_with("sec-fetch-")
        || name.starts_with("sec-ch-")
        || name == "accept-language"
        || (name == "user-agent" && value.starts_with("Mozilla/"))
}

fn is_agent(value: &str) -> bool {
    value.starts_with("Mozilla/") || value.starts_with("curl/")
}

/// Whether every browser sends such a field itself, so that it says nothing about a script.
fn is_usual(name: &str) -> bool {
    !name.starts_with("proxy-") && !name.starts_with("x-") && name != "set-cookie"
}

/// A header as it is written on a line.
pub(super) fn is_header(name: &str, value: &str) -> bool {
    is_token(name.as_bytes()) && is_value(value.trim().as_bytes())
}
