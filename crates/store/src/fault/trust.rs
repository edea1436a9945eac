//! The seam where an origin is compared with a pattern that does not match it.

use crosscheck_core::{message::isomorphic, policy::pattern};

use super::{Fault, Incoming, Seam};

impl Seam<'_> {
    /// Whether a faulty comparison takes `origin` for one that `pattern` allows.
    pub(super) fn trusts(&self, pattern: &str, origin: &str, incoming: &Incoming) -> bool {
        self.fault.is_some_and(|fault| trusts(fault, pattern, origin, incoming))
    }
}

/// Whether the comparison of a fault takes `origin` for one that `pattern` allows.
pub(super) fn trusts(fault: Fault, pattern: &str, origin: &str, incoming: &Incoming) -> bool {
    let (allowed, asked) = (Parts::of(pattern), Parts::of(origin));
    match fault {
        Fault::ReflectAnyOrigin => true,
        Fault::ReflectWithCredentials => {
            incoming.fields.contains("cookie") || incoming.fields.contains("authorization")
        }
        Fault::TrustNull => origin == "null",
        Fault::SubstringOrigin => {
            !origin.is_empty() && (pattern.contains(origin) || origin.contains(pattern))
        }
        Fault::PrefixOrigin => origin.starts_with(pattern),
        Fault::SuffixOrigin => asked.scheme == allowed.scheme && asked.authority.ends_with(allowed.authority),
        Fault::UnescapedDot => equal_but_for_dots(pattern, origin),
        Fault::LastCharacterDropped => {
            let mut shorter = pattern.chars();
            shorter.next_back().is_some() && origin.starts_with(shorter.as_str())
        }
        Fault::SchemeIgnored => matches(allowed.authority, asked.authority),
        Fault::PortIgnored => asked.scheme == allowed.scheme && matches(allowed.host, asked.host),
        Fault::AnySubdomain => {
            asked.scheme == allowed.scheme
                && asked.authority.strip_suffix(allowed.authority).is_some_and(|sub| sub.ends_with('.'))
        }
        Fault::WildcardMatchesApex => pattern.contains("*.") && pattern.replace("*.", "") == origin,
        Fault::WildcardWithoutBoundary => {
            pattern.contains("*.") && matches(&pattern.replace("*.", "*"), origin)
        }
        Fault::PublicSuffixTrusted => {
            ["github.io", "netlify.app", "vercel.app", "herokuapp.com", "pages.dev"]
                .iter()
                .any(|suffix| asked.host.strip_suffix(suffix).is_some_and(|sub| sub.ends_with('.')))
        }
        Fault::OriginCaseIgnored => matches(&pattern.to_ascii_lowercase(), &origin.to_ascii_lowercase()),
        Fault::TrailingSlashAccepted => origin.ends_with('/'),
        Fault::OriginPathAccepted => asked
            .authority
            .find(['/', '?', '#'])
            .and_then(|at| asked.authority.get(at..))
            .is_some_and(|tail| tail.contains(allowed.authority)),
        Fault::UserinfoAccepted => origin.strip_prefix(pattern).is_some_and(|rest| rest.starts_with('@')),
        Fault::SpecialCharacterLabel => origin.strip_prefix(pattern).is_some_and(|rest| {
            rest.starts_with(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '.' | ':' | '/' | '@'))
        }),
        Fault::LocalhostPrefix => asked.host.starts_with("localhost"),
        Fault::EmptyOriginAllowed => origin.is_empty(),
        Fault::OriginListAccepted => origin
            .split([',', ' '])
            .filter(|member| !member.is_empty())
            .any(|member| matches(pattern, member)),
        Fault::PathVariantReflects => {
            let path = incoming.path.to_ascii_lowercase();
            path.contains("//") || path.contains("..") || path.contains("%2e") || path.contains("%2f")
        }
        Fault::NormalisedName => normalised(origin).is_some_and(|name| matches(pattern, &name)),
        Fault::ControlBytesEchoed => {
            let visible: String = origin.chars().filter(char::is_ascii_graphic).collect();
            visible != origin && matches(pattern, &visible)
        }
        _ => false,
    }
}

/// An origin that the pattern matches: the wildcard stands for a letter, in the place of a
/// port for a digit.
pub(super) fn concrete(pattern: &str) -> String {
    pattern.replace(":*", ":1").replace('*', "x")
}

fn matches(pattern: &str, origin: &str) -> bool {
    pattern::matches_origin(pattern, origin.as_bytes())
}

/// The origin as a browser would serialise it, where it is in raw UTF-8.
fn normalised(origin: &str) -> Option<String> {
    let text = String::from_utf8(isomorphic::encode(origin)?).ok().filter(|text| !text.is_ascii())?;
    let url = url::Url::parse(&text).ok()?;
    Some(url.origin().ascii_serialization())
}

fn equal_but_for_dots(pattern: &str, origin: &str) -> bool {
    pattern.len() == origin.len() && pattern.bytes().zip(origin.bytes()).all(|(a, b)| a == b || a == b'.')
}

/// An origin cut where a careless comparison cuts it.
struct Parts<'a> {
    scheme: &'a str,
    authority: &'a str,
    host: &'a str,
}

impl<'a> Parts<'a> {
    fn of(origin: &'a str) -> Self {
        let (scheme, authority) = origin.split_once("://").unwrap_or(("", origin));
        let host = match authority.rsplit_once(':') {
            Some((host, port)) if port == "*" || port.bytes().all(|byte| byte.is_ascii_digit()) => host,
            _ => authority,
        };
        Self { scheme, authority, host }
    }
}
