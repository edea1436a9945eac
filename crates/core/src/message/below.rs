//! Whether a path stays below the URL that it belongs to, whatever the URL parser, a proxy or a server makes of it.

use percent_encoding::percent_decode;
use url::Url;

/// How often a path may be percent-encoded over and over: proxies decode once, some servers twice.
const LAYERS: usize = 4;

/// Why a path may lead somewhere else than below its URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Outside {
    /// Together with the URL it makes no URL, or one of another host or folder.
    #[error("it leads outside of that URL")]
    Elsewhere,
    /// `.` or `..` as a segment, in any spelling.
    #[error("it has a segment of dots, which URL parsers and servers resolve")]
    Dots,
    /// `//`, or `/` at the beginning.
    #[error("it has an empty segment")]
    EmptySegment,
    /// A backslash, which URL parsers take for a slash.
    #[error("it has a backslash, which URL parsers take for a slash")]
    Backslash,
    /// A control character; URL parsers drop tabs and line breaks.
    #[error("it has a control character, which URL parsers drop or encode")]
    Control,
    /// A query or a fragment.
    #[error("it has a query or a fragment")]
    Query,
    /// Percent-encoding of no UTF-8, or around percent-encoding around percent-encoding.
    #[error("its percent-encoding hides what it stands for")]
    Encoding,
}

/// The URL of a relative reference below `base`, whose own path ends with `/`: a path without a query.
///
/// # Errors
/// A path that leaves `base`, or that a server could read as one that does.
pub fn path_below(base: &Url, path: &str) -> Result<Url, Outside> {
    if path.contains(['?', '#']) {
        return Err(Outside::Query);
    }
    plain_path(path)?;
    // A colon in the first segment would be taken for the end of a scheme.
    let url = base.join(&format!("./{path}")).map_err(|_| Outside::Elsewhere)?;
    held(base, url)
}

/// The URL of an object with this key below `base`, whose own path ends with `/`. Here `?` and `#` belong to the key.
///
/// # Errors
/// As for [`path_below`].
pub fn key_below(base: &Url, key: &str) -> Result<Url, Outside> {
    plain_path(key)?;
    let mut url = base.clone();
    url.set_path(&format!("{}{key}", base.path()));
    held(base, url)
}

/// The check that counts: after the URL parser.
fn held(base: &Url, url: Url) -> Result<Url, Outside> {
    let same_host = url.origin() == base.origin()
        && url.username() == base.username()
        && url.password() == base.password();
    let below = base.path().ends_with('/') && url.path().starts_with(base.path());
    if same_host && below && url.query().is_none() && url.fragment().is_none() {
        Ok(url)
    } else {
        Err(Outside::Elsewhere)
    }
}

/// Whether a path stays where it is put, as it is written and as it reads after each round of percent-decoding.
///
/// # Errors
/// What in it a URL parser, a proxy or a server could take for a way out.
pub fn plain_path(path: &str) -> Result<(), Outside> {
    let mut text = path.to_owned();
    for _ in 0..LAYERS {
        segments_stay(&text)?;
        let decoded: Vec<u8> = percent_decode(text.as_bytes()).collect();
        let decoded = String::from_utf8(decoded).map_err(|_| Outside::Encoding)?;
        if decoded == text {
            return Ok(());
        }
        text = decoded;
    }
    Err(Outside::Encoding)
}

fn segments_stay(text: &str) -> Result<(), Outside> {
    if text.contains(char::is_control) {
        return Err(Outside::Control);
    }
    if text.contains('\\') {
        return Err(Outside::Backslash);
    }
    let mut segments = text.split('/').peekable();
    while let Some(segment) = segments.next() {
        // Java's servers cut parameters off (`..;x`), Windows' cut off spaces at the end.
        let name = segment.split(';').next().unwrap_or_default().trim();
        if !name.is_empty() && name.chars().all(|c| c == '.') {
            return Err(Outside::Dots);
        }
        if segment.is_empty() && segments.peek().is_some() {
            return Err(Outside::EmptySegment);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASES: [&str; 4] = [
        "http://127.0.0.1:9000/photos/crosscheck-1-2/0/",
        "https://photos.s3.eu-west-1.amazonaws.com/crosscheck-1-2/0/",
        "https://files.example/crosscheck-1-2/0/",
        "https://files.example/",
    ];

    #[test]
    fn what_leaves_the_url_is_refused_in_every_addressing_form() {
        for (path, why) in [
            ("..", Outside::Dots),
            (".", Outside::Dots),
            ("a/../b", Outside::Dots),
            ("../../important.txt", Outside::Dots),
            (".%2e/%2e./important.txt", Outside::Dots),
            ("%2e%2e/x", Outside::Dots),
            ("%2E%2E%2Fx", Outside::Dots),
            ("a%2f..%2fb", Outside::Dots),
            ("%252e%252e/x", Outside::Dots),
            ("%25252e%25252e%2fx", Outside::Dots),
            ("..;/x", Outside::Dots),
            ("..;a=b/x", Outside::Dots),
            (".. /x", Outside::Dots),
            ("..%20/x", Outside::Dots),
            (r"..\x", Outside::Backslash),
            (r"a\b", Outside::Backslash),
            ("a%5c..%5cb", Outside::Backslash),
            (r"\\evil.example\x", Outside::Backslash),
            ("/x", Outside::EmptySegment),
            ("//evil.example/x", Outside::EmptySegment),
            ("a//b", Outside::EmptySegment),
            ("%2fx", Outside::EmptySegment),
            ("a/%2fb", Outside::EmptySegment),
            (".\t./x", Outside::Control),
            (".\n./x", Outside::Control),
            ("a%0ab", Outside::Control),
            ("a%00b", Outside::Control),
            ("%c0%ae%c0%ae/x", Outside::Encoding),
            ("%2525252525252e", Outside::Encoding),
        ] {
            for base in BASES {
                let base: Url = base.parse().unwrap();
                assert_eq!(path_below(&base, path), Err(why), "{base} {path:?}");
                assert_eq!(key_below(&base, path), Err(why), "{base} {path:?}");
            }
        }
    }

    #[test]
    fn what_stays_below_the_url_is_that_url() {
        for (path, url) in [
            ("", ""),
            ("x", "x"),
            ("a/b.json", "a/b.json"),
            ("folder/", "folder/"),
            ("a%2fb", "a%2fb"),
            ("a..b/..c", "a..b/..c"),
            ("a b", "a%20b"),
            ("100%", "100%"),
            ("a:b", "a:b"),
            ("http://x", "http://x"),
            ("{header}/1", "%7Bheader%7D/1"),
        ] {
            for base in BASES {
                let base: Url = base.parse().unwrap();
                let expected = match path.contains("//") {
                    true => Err(Outside::EmptySegment),
                    false => Ok(format!("{base}{url}").parse::<Url>().unwrap()),
                };
                assert_eq!(path_below(&base, path), expected, "{base} {path:?}");
                assert_eq!(key_below(&base, path), expected, "{base} {path:?}");
            }
        }
        let base: Url = BASES[0].parse().unwrap();
        assert_eq!(path_below(&base, "a?acl"), Err(Outside::Query));
        assert_eq!(key_below(&base, "a?acl").unwrap().as_str(), format!("{base}a%3Facl"));
        assert_eq!(key_below(&"https://a.example/x".parse().unwrap(), "b"), Err(Outside::Elsewhere));
    }
}
