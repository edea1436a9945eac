use url::{Origin, Url};

/// Why a text cannot be what browsers send as `Origin`, and so allows nobody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OriginFault {
    /// A clause: `an origin has no path`.
    pub why: &'static str,
    /// How it was probably meant.
    pub corrected: Option<String>,
}

/// Holds an allowed origin against how browsers serialise origins. `*`, `null`, and patterns with
/// `*` are sound; how many `*` a dialect takes is not asked here.
///
/// # Errors
/// What is wrong with it, and the corrected form.
pub fn check_origin(text: &str) -> Result<(), OriginFault> {
    if matches!(text, "*" | "null") {
        return Ok(());
    }
    let fault = |why: &'static str, corrected: Option<String>| Err(OriginFault { why, corrected });
    if text.is_empty() {
        return fault("it is empty", None);
    }
    if text.trim() != text {
        return fault("there is whitespace around it", Some(text.trim().to_owned()));
    }
    if text.contains(',') || text.contains(char::is_whitespace) {
        return fault("one entry names one origin; several are a list", None);
    }
    let Some((scheme, rest)) = text.split_once("://") else {
        // `*.a.example` matches `https://b.a.example`.
        if text.starts_with('*') {
            return check_rest("*", text, text);
        }
        return fault("an origin begins with a scheme", serialised(&format!("https://{text}")));
    };
    if rest.contains('*') || scheme.contains('*') {
        return check_rest(scheme, rest, text);
    }
    match Url::parse(text) {
        Err(_) => fault("it is no URL", None),
        Ok(url) => match url.origin() {
            // Apps and extensions have origins that the URL standard does not know.
            Origin::Opaque(_) => check_rest(scheme, rest, text),
            origin => {
                let right = origin.ascii_serialization();
                if right == text { Ok(()) } else { fault(why(&url, text, rest), Some(right)) }
            }
        },
    }
}

/// What makes a URL more than its origin.
fn why(url: &Url, text: &str, rest: &str) -> &'static str {
    if !url.username().is_empty() || url.password().is_some() {
        return "an origin has no user name";
    }
    if url.query().is_some() || url.fragment().is_some() {
        return "an origin has no query and no fragment";
    }
    if rest.ends_with('/') && url.path() == "/" {
        return "browsers send no slash at the end";
    }
    if url.path() != "/" {
        return "an origin has no path";
    }
    if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return "browsers send lower case";
    }
    if !text.is_ascii() {
        return "browsers send the ASCII form of a host";
    }
    "browsers leave the scheme's own port out"
}

/// What can be said of a pattern, or of a scheme that the URL standard does not know.
fn check_rest(scheme: &str, rest: &str, text: &str) -> Result<(), OriginFault> {
    let cut = rest.find(['/', '?', '#']).and_then(|end| rest.get(..end));
    if let Some(host) = cut {
        let corrected =
            if scheme == "*" && text == rest { host.to_owned() } else { format!("{scheme}://{host}") };
        return Err(OriginFault {
            why: "an origin has no path",
            corrected: Some(corrected.to_ascii_lowercase()),
        });
    }
    if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Err(OriginFault {
            why: "browsers send lower case",
            corrected: Some(text.to_ascii_lowercase()),
        });
    }
    if !text.is_ascii() {
        return Err(OriginFault { why: "browsers send the ASCII form of a host", corrected: None });
    }
    Ok(())
}

fn serialised(text: &str) -> Option<String> {
    match Url::parse(text).ok()?.origin() {
        Origin::Opaque(_) => None,
        origin => Some(origin.ascii_serialization()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_browsers_send_is_sound() {
        for text in [
            "*",
            "null",
            "https://a.example",
            "http://a.example:8080",
            "http://localhost:3000",
            "http://127.0.0.1",
            "http://[::1]:8080",
            "https://xn--bcher-kva.example",
            "https://*.a.example",
            "http*://a.example",
            "https://a.example:*",
            "*.a.example",
            "chrome-extension://abcdefgh",
            "capacitor://localhost",
        ] {
            assert_eq!(check_origin(text), Ok(()), "{text}");
        }
    }

    #[test]
    fn what_allows_nobody_is_corrected() {
        for (text, why, corrected) in [
            ("", "it is empty", None),
            (" https://a.example", "there is whitespace around it", Some("https://a.example")),
            ("https://a.example, https://b.example", "one entry names one origin; several are a list", None),
            ("a.example", "an origin begins with a scheme", Some("https://a.example")),
            ("localhost:3000", "an origin begins with a scheme", Some("https://localhost:3000")),
            ("https://a.example/", "browsers send no slash at the end", Some("https://a.example")),
            ("https://a.example/x", "an origin has no path", Some("https://a.example")),
            ("https://a.example?x", "an origin has no query and no fragment", Some("https://a.example")),
            ("https://u@a.example", "an origin has no user name", Some("https://a.example")),
            ("HTTPS://A.example", "browsers send lower case", Some("https://a.example")),
            ("https://a.example:443", "browsers leave the scheme's own port out", Some("https://a.example")),
            ("http://[::1]:80", "browsers leave the scheme's own port out", Some("http://[::1]")),
            (
                "https://b\u{fc}cher.example",
                "browsers send the ASCII form of a host",
                Some("https://xn--bcher-kva.example"),
            ),
            ("https://*.a.example/", "an origin has no path", Some("https://*.a.example")),
            ("https://*.A.example", "browsers send lower case", Some("https://*.a.example")),
            ("*.a.example/x", "an origin has no path", Some("*.a.example")),
            ("https://", "it is no URL", None),
        ] {
            let expected = OriginFault { why, corrected: corrected.map(str::to_owned) };
            assert_eq!(check_origin(text), Err(expected), "{text}");
        }
    }
}
