use bytes::Bytes;
use crosscheck_core::message::Fields;

/// A request as the store sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Incoming {
    /// The method, byte for byte.
    pub(super) method: String,
    /// The path of the request target, as written.
    pub(super) path: String,
    /// Its query, without the question mark.
    pub(super) query: Option<String>,
    /// The field lines.
    pub(super) fields: Fields,
    /// The content.
    pub(super) body: Bytes,
    /// Why the content is left out, if it is.
    pub(super) unread: Option<Unread>,
}

/// Why a server does not take a content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unread {
    /// It is longer than the server takes.
    Overlong,
    /// The server has no memory left for it.
    Crowded,
    /// It is not framed as HTTP frames it, such as a chunk without a size.
    Malformed,
    /// It did not come in time.
    Late,
}

impl Incoming {
    /// Whether it is a CORS-preflight request (Fetch §3.2.2): OPTIONS with `Origin` and
    /// `Access-Control-Request-Method`.
    pub(super) fn is_preflight(&self) -> bool {
        self.method == "OPTIONS"
            && self.fields.contains("origin")
            && self.fields.contains("access-control-request-method")
    }

    /// Whether the query has this subresource, as `?cors` or `?cors=`.
    pub(super) fn asks_for(&self, subresource: &str) -> bool {
        self.query.as_deref().is_some_and(|query| {
            query.split('&').any(|pair| pair.split('=').next().unwrap_or(pair) == subresource)
        })
    }

    /// The value of a query parameter, decoded; that of the first where there are several.
    pub(super) fn parameter(&self, name: &str) -> Option<String> {
        let query = self.query.as_deref()?;
        let mut pairs = query.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
        let (_, value) = pairs.find(|(found, _)| decoded(found) == name)?;
        Some(decoded(&value.replace('+', " ")))
    }

    /// The host that it is for, with its port, as written.
    pub(super) fn host(&self) -> String {
        self.fields.text("host").unwrap_or_default()
    }

    /// The bucket and the key that the path names (path style), percent-decoded. `/` alone has
    /// no bucket, a bucket alone the empty key.
    pub(super) fn target(&self) -> (String, String) {
        let path = self.path.strip_prefix('/').unwrap_or(&self.path);
        let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
        (decoded(bucket), decoded(key))
    }
}

#[cfg(test)]
impl Incoming {
    /// A request without fields or content.
    pub(super) fn new(method: &str, path: &str) -> Self {
        Self {
            method: method.to_owned(),
            path: path.to_owned(),
            query: None,
            fields: Fields::new(),
            body: Bytes::new(),
            unread: None,
        }
    }
}

/// Percent-decodes (URL §1.3); bytes that are no UTF-8 become replacement characters.
pub(super) fn decoded(text: &str) -> String {
    if !text.contains('%') {
        return text.to_owned();
    }
    let bytes = decoded_bytes(text);
    String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

/// Whether what is percent-encoded here is UTF-8.
pub(super) fn is_text(text: &str) -> bool {
    !text.contains('%') || std::str::from_utf8(&decoded_bytes(text)).is_ok()
}

fn decoded_bytes(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let hex = after.get(..2).filter(|_| *first == b'%').and_then(|pair| std::str::from_utf8(pair).ok());
        match hex.filter(|pair| !pair.starts_with('+')).and_then(|pair| u8::from_str_radix(pair, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = after.get(2..).unwrap_or_default();
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_names_bucket_and_key() {
        let rows = [
            ("/", "", ""),
            ("*", "*", ""),
            ("/bucket", "bucket", ""),
            ("/bucket/", "bucket", ""),
            ("/bucket/a/b.txt", "bucket", "a/b.txt"),
            ("/bucket/dir%2Fa%20b.txt", "bucket", "dir/a b.txt"),
            ("/bucket/%zz%4", "bucket", "%zz%4"),
            ("/bucket/%+1", "bucket", "%+1"),
            ("/bucket//x", "bucket", "/x"),
            ("/buc%6Bet/../x", "bucket", "../x"),
            ("/bucket/%ff", "bucket", "\u{fffd}"),
        ];
        for (path, bucket, key) in rows {
            assert_eq!(Incoming::new("GET", path).target(), (bucket.to_owned(), key.to_owned()), "{path}");
        }
    }

    #[test]
    fn parameters_are_decoded() {
        let mut request = Incoming::new("GET", "/bucket");
        request.query = Some("cors&prefix=a%2Fb+c&max-keys=&prefix=x&%61=1=2".to_owned());
        let rows = [
            ("cors", Some("")),
            ("prefix", Some("a/b c")),
            ("max-keys", Some("")),
            ("a", Some("1=2")),
            ("b", None),
        ];
        for (name, value) in rows {
            assert_eq!(request.parameter(name).as_deref(), value, "{name}");
        }
    }

    #[test]
    fn a_subresource_may_have_an_empty_value() {
        let mut request = Incoming::new("GET", "/bucket");
        for (query, asks) in
            [("cors", true), ("cors=", true), ("x=1&cors", true), ("corsx", false), ("x=cors", false)]
        {
            request.query = Some(query.to_owned());
            assert_eq!(request.asks_for("cors"), asks, "{query}");
        }
    }
}
