use crosscheck_core::{
    diagnostic::Severity,
    policy::{
        Dialect, Policy,
        lint::{self, Kind},
        nearest_patterns, one_wildcard,
    },
};
use url::{Origin, Url};

/// A declared origin that no browser sends, so that it allows nobody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OriginFault {
    /// What is wrong with it.
    pub kind: Kind,
    /// How it was probably meant: as one entry, or as several.
    pub corrected: Vec<String>,
}

/// Holds an allowed origin, or a pattern of origins, against how browsers serialise origins. What
/// is merely unwise, such as `null`, passes. A regular expression is refused with the patterns nearest to it.
///
/// # Errors
/// What is wrong with it, and the corrected form.
pub fn check_origin(text: &str) -> Result<(), OriginFault> {
    match fault(text) {
        None => Ok(()),
        Some(kind) => Err(OriginFault { kind, corrected: corrected(text) }),
    }
}

fn fault(text: &str) -> Option<Kind> {
    let problems = lint::lint(&Policy::from_origins([text]), Dialect::default());
    let kinds = problems.into_iter().map(|problem| problem.kind);
    kinds.into_iter().find(|kind| kind.severity() == Severity::Error || *kind == Kind::OriginScheme)
}

fn corrected(text: &str) -> Vec<String> {
    let patterns = nearest_patterns(text);
    if patterns.is_empty() {
        return correction(text).into_iter().collect();
    }
    patterns.into_iter().filter(|pattern| fault(pattern).is_none()).collect()
}

fn correction(text: &str) -> Option<String> {
    let text = text.trim().to_lowercase();
    // What a browser serialises an opaque origin as; that of most pages of files, too.
    if text == "null" {
        return Some(text);
    }
    let (scheme, rest) = match text.split_once("://") {
        Some((scheme, rest)) => (format!("{scheme}://"), rest),
        None if text.starts_with('*') => (String::new(), text.as_str()),
        None if text.starts_with("localhost") || text.starts_with("127.") => {
            ("http://".to_owned(), text.as_str())
        }
        None => ("https://".to_owned(), text.as_str()),
    };
    let authority = rest.split(['/', '?', '#', '\\']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    let mut meant = one_wildcard(&format!("{scheme}{host}"));
    if !host.contains('*')
        && let Ok(url) = Url::parse(&meant)
        && let origin @ Origin::Tuple(..) = url.origin()
    {
        meant = origin.ascii_serialization();
    }
    fault(&meant).is_none().then_some(meant)
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
            "http://localhost:*",
            "*.a.example",
            "chrome-extension://abcdefgh",
            "capacitor://localhost",
            "tauri://localhost",
            "moz-extension://*",
            "chrome-extension://*",
            "file://",
        ] {
            assert_eq!(check_origin(text), Ok(()), "{text}");
        }
    }

    #[test]
    fn what_allows_nobody_is_corrected() {
        for (text, kind, corrected) in [
            ("", Kind::OriginEmpty, None),
            ("NULL", Kind::OriginUpperCase, Some("null")),
            (" https://a.example", Kind::OriginInvalid, Some("https://a.example")),
            ("https://a.example, https://b.example", Kind::OriginInvalid, None),
            ("a.example", Kind::OriginScheme, Some("https://a.example")),
            ("localhost:3000", Kind::OriginScheme, Some("http://localhost:3000")),
            ("https://a.example/", Kind::OriginSlash, Some("https://a.example")),
            ("https://a.example/x", Kind::OriginPath, Some("https://a.example")),
            ("https://a.example?x", Kind::OriginPath, Some("https://a.example")),
            ("https://u:p@a.example", Kind::OriginUser, Some("https://a.example")),
            ("HTTPS://A.example/", Kind::OriginUpperCase, Some("https://a.example")),
            ("https://a.example:443", Kind::OriginDefaultPort, Some("https://a.example")),
            ("http://[::1]:80", Kind::OriginDefaultPort, Some("http://[::1]")),
            ("https://b\u{fc}cher.example", Kind::OriginUnicode, Some("https://xn--bcher-kva.example")),
            ("https://*.a.example/", Kind::OriginSlash, Some("https://*.a.example")),
            ("https://*.A.example", Kind::OriginUpperCase, Some("https://*.a.example")),
            ("*.a.example/x", Kind::OriginPath, Some("*.a.example")),
            ("https://*.*.a.example", Kind::OriginWildcards, Some("https://*.a.example")),
            (r"https://.*\.a\.example", Kind::OriginRegex, Some("https://*.a.example")),
            ("/^https/", Kind::OriginScheme, None),
            ("^https://a.example$", Kind::OriginRegex, Some("https://a.example")),
            ("https://", Kind::OriginInvalid, None),
        ] {
            let expected =
                OriginFault { kind, corrected: corrected.map(str::to_owned).into_iter().collect() };
            assert_eq!(check_origin(text), Err(expected), "{text}");
        }
    }

    #[test]
    fn a_regular_expression_of_several_forms_becomes_several_entries() {
        let fault = check_origin(r"/^https?:\/\/(a|b)\.example\.com$/").unwrap_err();
        let forms = ["https://a", "https://b", "http://a", "http://b"];
        assert_eq!(fault.kind, Kind::OriginRegex);
        assert_eq!(fault.corrected, forms.map(|form| format!("{form}.example.com")));
    }
}
