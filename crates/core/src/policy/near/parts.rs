use super::STRANGER;
use crate::{
    fetch::{Origin, origin::registrable_domain},
    message::isomorphic,
};

/// An allowed origin and what templates call its parts.
pub(super) struct Parts {
    /// The serialised origin.
    pub(super) origin: String,
    pub(super) scheme: String,
    pub(super) host: String,
    /// The port where it is not the scheme's default.
    pub(super) port: Option<u16>,
    /// Name and text of every placeholder; what an origin has no part for is absent.
    named: Vec<(&'static str, String)>,
}

impl Parts {
    pub(super) fn of(origin: &str) -> Option<Self> {
        let Ok(Origin::Tuple(tuple)) = Origin::parse(origin) else { return None };
        // `file://` has no name that another could be near to.
        if tuple.host().is_empty() {
            return None;
        }
        let (scheme, host, port) = (tuple.scheme().to_owned(), tuple.host().to_owned(), tuple.port());
        let mut parts = Self { origin: origin.to_owned(), scheme, host, port, named: Vec::new() };
        parts.named = parts.named();
        Some(parts)
    }

    /// The port on which it is really found.
    pub(super) fn effective_port(&self) -> u16 {
        self.port.unwrap_or(if self.scheme == "http" { 80 } else { 443 })
    }

    /// Whether its host is a name, not an address.
    pub(super) fn is_named(&self) -> bool {
        !self.host.starts_with('[') && self.host.parse::<std::net::Ipv4Addr>().is_err()
    }

    /// The template with its placeholders filled; `None` where the origin has no such part.
    pub(super) fn fill(&self, template: &str) -> Option<String> {
        let mut filled = template.to_owned();
        for (name, text) in &self.named {
            filled = filled.replace(name, text);
        }
        (!filled.contains('<')).then_some(filled)
    }

    fn named(&self) -> Vec<(&'static str, String)> {
        let host = self.host.as_str();
        let port = self.port.map(|port| format!(":{port}")).unwrap_or_default();
        let other = match self.scheme.as_str() {
            "https" => "http",
            _ => "https",
        };
        let effective = self.effective_port();
        let mut named = vec![
            ("<origin>", self.origin.clone()),
            ("<scheme>", self.scheme.clone()),
            ("<SCHEME>", self.scheme.to_ascii_uppercase()),
            ("<Scheme>", capital(&self.scheme)),
            ("<other>", other.to_owned()),
            ("<host>", host.to_owned()),
            ("<:port>", port),
            ("<port>", effective.to_string()),
            ("<next-port>", effective.wrapping_add(1).to_string()),
            ("<stranger>", STRANGER.to_owned()),
        ];
        if !self.is_named() {
            return named;
        }
        let registrable = registrable_domain(host);
        named.push(("<registrable>", registrable.to_owned()));
        let upper = host.to_ascii_uppercase();
        if upper != host {
            named.extend([("<HOST>", upper), ("<Host>", capital(host))]);
        }
        let mut shorter = host.chars();
        if let Some(last) = shorter.next_back()
            && !shorter.as_str().is_empty()
        {
            let other = if last == 'x' { 'y' } else { 'x' };
            named.push(("<without-last>", shorter.as_str().to_owned()));
            named.push(("<other-last>", format!("{}{other}", shorter.as_str())));
        }
        let mut shorter = host.chars();
        if shorter.next().is_some() && !shorter.as_str().is_empty() {
            named.push(("<without-first>", shorter.as_str().trim_start_matches(['.', '-']).to_owned()));
        }
        let mut shorter = registrable.chars();
        if shorter.next().is_some() && !shorter.as_str().is_empty() {
            named.push((
                "<registrable-without-first>",
                shorter.as_str().trim_start_matches(['.', '-']).to_owned(),
            ));
        }
        if let Some((first, rest)) = host.split_once('.') {
            named.extend([("<label>", first.to_owned()), ("<parent>", rest.to_owned())]);
            let stem = host.rsplit_once('.').map_or(host, |(stem, _)| stem);
            named.push(("<stem>", stem.to_owned()));
        }
        if let Some(suffix) = registrable.split_once('.').map(|(_, suffix)| suffix) {
            named.push(("<suffix>", suffix.to_owned()));
        }
        if let Some(raw) = lookalike(host) {
            named.push(("<homograph>", raw.0));
            named.push(("<homograph-ascii>", raw.1));
        }
        named.push(("<wide>", isomorphic::decode(wide(host).as_bytes())));
        named
    }
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_ascii_uppercase().to_string() + chars.as_str()).unwrap_or_default()
}

/// The host with a Cyrillic letter in the place of a Latin one that looks the same: as raw
/// UTF-8, and as a browser serialises it.
fn lookalike(host: &str) -> Option<(String, String)> {
    const PAIRS: [(char, char); 6] = [('a', 'а'), ('e', 'е'), ('o', 'о'), ('p', 'р'), ('c', 'с'), ('x', 'х')];
    let (latin, cyrillic) = PAIRS.into_iter().find(|(latin, _)| host.contains(*latin))?;
    let raw = host.replacen(latin, &cyrillic.to_string(), 1);
    let ascii = url::Url::parse(&format!("https://{raw}/")).ok()?.host_str()?.to_owned();
    Some((isomorphic::decode(raw.as_bytes()), ascii))
}

/// The host in full-width letters, which a browser takes for the plain ones.
fn wide(host: &str) -> String {
    host.chars()
        .map(|c| match c {
            '!'..='~' if c != '.' => char::from_u32(u32::from(c) + 0xfee0).unwrap_or(c),
            c => c,
        })
        .collect()
}
