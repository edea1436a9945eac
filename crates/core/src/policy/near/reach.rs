use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::fetch::{Origin, ports::is_bad_port};

/// Browsers that can send an origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Reach {
    /// None: only other clients, such as a script, a scanner or a proxy.
    None,
    /// An app's web view or a browser extension.
    Apps,
    /// Safari: it accepts host names that others refuse.
    Safari,
    /// Firefox and Safari.
    FirefoxAndSafari,
    /// Every browser.
    Every,
}

impl Reach {
    /// The words for it in reports.
    pub const fn words(self) -> &'static str {
        match self {
            Self::None => "no browser can send it",
            Self::Apps => "an app or a browser extension can send it",
            Self::Safari => "Safari can send it",
            Self::FirefoxAndSafari => "Firefox and Safari can send it",
            Self::Every => "every browser can send it",
        }
    }
}

impl fmt::Display for Reach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.words())
    }
}

/// Schemes whose pages are an app's or an extension's own.
const APPS: [&str; 6] = ["app", "capacitor", "chrome-extension", "ionic", "moz-extension", "tauri"];

/// RFC 1035 §2.3.4: how long a name and its labels can be, in bytes.
const NAME: usize = 253;
const LABEL: usize = 63;

/// Whose browser can send this: what no URL has for its origin, nobody's can; of the rest,
/// browsers differ in the characters that a host name may have.
pub(super) fn of(origin: &str) -> Reach {
    if origin == "null" {
        return Reach::Every;
    }
    let Ok(Origin::Tuple(tuple)) = Origin::parse(origin) else { return Reach::None };
    match tuple.scheme() {
        scheme if APPS.contains(&scheme) => return Reach::Apps,
        "http" | "https" => {}
        _ => return Reach::None,
    }
    let (host, blocked) = (tuple.host(), Url::parse(origin).is_ok_and(|url| is_bad_port(&url)));
    let labels = || host.strip_suffix('.').unwrap_or(host).split('.');
    if blocked || host.len() > NAME || labels().any(|label| label.is_empty() || label.len() > LABEL) {
        return Reach::None;
    }
    let special: Vec<char> =
        host.chars().filter(|c| !c.is_ascii_alphanumeric() && !matches!(c, '.' | '-' | '_')).collect();
    match special.as_slice() {
        _ if host.starts_with('[') => Reach::Every,
        [] => Reach::Every,
        special if special.iter().all(|c| matches!(c, '+' | '$')) => Reach::FirefoxAndSafari,
        _ => Reach::Safari,
    }
}
