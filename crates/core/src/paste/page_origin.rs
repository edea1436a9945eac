use url::{Host, Url};

use crate::{fetch::Origin, policy::concrete_origin};

/// Why a text is not the origin of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageOriginFault {
    /// What is wrong with it.
    pub kind: FaultKind,
    /// How it is spelled right, where that is plain.
    pub corrected: Option<String>,
}

macro_rules! kinds {
    ($( $(#[doc = $doc:literal])+ $name:ident = $message:literal; )+) => {
        /// What is wrong with the origin of a page.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum FaultKind { $( $(#[doc = $doc])+ $name, )+ }

        impl FaultKind {
            /// Every kind.
            pub const ALL: &'static [Self] = &[ $( Self::$name, )+ ];

            /// What is wrong, as a sentence fragment.
            pub const fn message(self) -> &'static str {
                match self { $( Self::$name => $message, )+ }
            }
        }
    };
}

kinds! {
    /// Nothing.
    Empty = "it is empty";
    /// `*`.
    Wildcard = "`*` is what a server answers with; a page has one origin";
    /// `https://*.example`, or a regular expression.
    Pattern = "it is a pattern";
    /// `NULL`.
    NullCase = "browsers write `null` in lower case";
    /// `file:///x`.
    File = "the page of a file has the origin null";
    /// `data:…`, `about:blank`.
    Opaque = "a page of such a URL has the origin null";
    /// Several origins.
    Several = "a page has one origin";
    /// A host without a scheme.
    Scheme = "the scheme is missing";
    /// `https://a.example/x`, `https://a.example?x`.
    Path = "an origin has no path, query or fragment";
    /// `https://a.example/`.
    Slash = "an origin has no slash at its end";
    /// `https://user@a.example`.
    User = "an origin has no user name";
    /// `HTTPS://A.example`.
    UpperCase = "browsers write scheme and host in lower case";
    /// `https://a.example:443`.
    DefaultPort = "browsers leave the default port out";
    /// A host that is not ASCII.
    Unicode = "browsers write the host in ASCII, in its `xn--` form";
    /// Anything else.
    Invalid = "it is not of the form scheme://host or scheme://host:port";
}

/// The origin of a page as a browser serialises it, such as `https://app.example` or `null`.
///
/// # Errors
/// What cannot be the origin of a page, with the right spelling.
pub fn page_origin(text: &str) -> Result<Origin, PageOriginFault> {
    let kind =
        if text.contains('*') { Err(pattern(text)) } else { Origin::parse(text).map_err(|_| kind(text)) };
    kind.map_err(|kind| PageOriginFault { kind, corrected: corrected(text, kind) })
}

fn pattern(text: &str) -> FaultKind {
    if text.trim() == "*" { FaultKind::Wildcard } else { FaultKind::Pattern }
}

fn kind(text: &str) -> FaultKind {
    let trimmed = text.trim();
    let lower = trimmed.to_lowercase();
    if trimmed.is_empty() {
        return FaultKind::Empty;
    }
    if lower == "null" {
        return if trimmed == "null" { FaultKind::Invalid } else { FaultKind::NullCase };
    }
    if lower.starts_with("file:") {
        return FaultKind::File;
    }
    if ["data:", "about:", "javascript:"].iter().any(|scheme| lower.starts_with(scheme)) {
        return FaultKind::Opaque;
    }
    if lower.starts_with(['^', '/', '(']) || lower.contains(['\\', '$', '|']) {
        return FaultKind::Pattern;
    }
    if trimmed.contains([',', ' ']) || lower.matches("://").count() > 1 {
        return FaultKind::Several;
    }
    let Some((scheme, rest)) = trimmed.split_once("://") else { return FaultKind::Scheme };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, behind) = rest.split_at(end);
    match behind {
        "" => {}
        "/" => return FaultKind::Slash,
        _ => return FaultKind::Path,
    }
    if authority.contains('@') {
        FaultKind::User
    } else if !authority.is_ascii() {
        FaultKind::Unicode
    } else if format!("{scheme}{authority}").contains(|c: char| c.is_ascii_uppercase()) {
        FaultKind::UpperCase
    } else if is_default_port(scheme, authority) {
        FaultKind::DefaultPort
    } else {
        FaultKind::Invalid
    }
}

fn is_default_port(scheme: &str, authority: &str) -> bool {
    let port = authority.rsplit_once(':').map(|(_, port)| port);
    matches!((scheme, port), ("https", Some("443" | "")) | ("http", Some("80" | "")))
}

fn corrected(text: &str, kind: FaultKind) -> Option<String> {
    match kind {
        FaultKind::Empty | FaultKind::Wildcard | FaultKind::Several => None,
        FaultKind::NullCase | FaultKind::File | FaultKind::Opaque => Some("null".to_owned()),
        FaultKind::Pattern => {
            concrete_origin(text).filter(|origin| !origin.contains('*') && Origin::parse(origin).is_ok())
        }
        _ => {
            let text = text.trim();
            let with_scheme = if text.contains("://") {
                text.to_owned()
            } else {
                format!("{}://{text}", usual_scheme(text))
            };
            let url = Url::parse(&with_scheme).ok()?;
            let origin = match url.scheme() {
                "http" | "https" => Origin::of(&url).to_string(),
                // Schemes of apps and extensions, whose host keeps its case in a URL.
                scheme => {
                    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
                    format!("{scheme}://{}{port}", url.host_str()?)
                }
            };
            (Origin::parse(&origin).is_ok() && !origin.contains('*')).then_some(origin)
        }
    }
}

/// The scheme of a host without one: `http` on this machine and on addresses, where certificates are rare.
fn usual_scheme(text: &str) -> &'static str {
    let local = Url::parse(&format!("http://{text}")).is_ok_and(|url| match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(_) => true,
        None => false,
    });
    if local { "http" } else { "https" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_browsers_send_is_an_origin() {
        for text in [
            "null",
            "https://app.example",
            "http://localhost:3000",
            "http://[::1]:8080",
            "http://127.0.0.1",
            "https://xn--bcher-kva.example",
            "chrome-extension://abcdefgh",
            "capacitor://localhost",
            "tauri://localhost",
            "app://notes.example",
            "file://",
        ] {
            assert_eq!(page_origin(text).map(|origin| origin.to_string()), Ok(text.to_owned()));
        }
    }

    #[test]
    fn what_no_page_has_is_named_with_the_right_spelling() {
        for (text, kind, corrected) in [
            ("", FaultKind::Empty, None),
            (" ", FaultKind::Empty, None),
            ("*", FaultKind::Wildcard, None),
            ("https://*", FaultKind::Pattern, Some("https://crosscheck.example")),
            ("https://*.a.example", FaultKind::Pattern, Some("https://crosscheck.a.example")),
            ("^https://a.example$", FaultKind::Pattern, None),
            ("/a/", FaultKind::Pattern, None),
            ("NULL", FaultKind::NullCase, Some("null")),
            ("Null", FaultKind::NullCase, Some("null")),
            ("file:///home/me/index.html", FaultKind::File, Some("null")),
            ("file:", FaultKind::File, Some("null")),
            ("data:text/html,x", FaultKind::Opaque, Some("null")),
            ("about:blank", FaultKind::Opaque, Some("null")),
            ("https://a.example, https://b.example", FaultKind::Several, None),
            ("https://a.example/https://b.example", FaultKind::Several, None),
            ("a.example", FaultKind::Scheme, Some("https://a.example")),
            ("a.example:8443/x", FaultKind::Scheme, Some("https://a.example:8443")),
            ("localhost:3000", FaultKind::Scheme, Some("http://localhost:3000")),
            ("127.0.0.1:3000", FaultKind::Scheme, Some("http://127.0.0.1:3000")),
            ("https://a.example/", FaultKind::Slash, Some("https://a.example")),
            ("https://a.example/x/", FaultKind::Path, Some("https://a.example")),
            ("https://a.example?x", FaultKind::Path, Some("https://a.example")),
            ("https://a.example#x", FaultKind::Path, Some("https://a.example")),
            ("https://u:p@a.example", FaultKind::User, Some("https://a.example")),
            ("HTTPS://a.example", FaultKind::UpperCase, Some("https://a.example")),
            ("https://App.example", FaultKind::UpperCase, Some("https://app.example")),
            ("https://a.example:443", FaultKind::DefaultPort, Some("https://a.example")),
            ("http://a.example:80", FaultKind::DefaultPort, Some("http://a.example")),
            ("https://b\u{fc}cher.example", FaultKind::Unicode, Some("https://xn--bcher-kva.example")),
            (" https://a.example", FaultKind::Invalid, Some("https://a.example")),
            ("https://", FaultKind::Invalid, None),
            ("https://a.example:99999", FaultKind::Invalid, None),
        ] {
            let fault = page_origin(text).expect_err(text);
            assert_eq!((fault.kind, fault.corrected.as_deref()), (kind, corrected), "{text:?}");
        }
    }
}
