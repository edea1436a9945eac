//! Whether a header or parameter holds a secret, by its name and its value.

/// A value of a secret field that is shorter, in bytes, is replaced in that field only.
pub const ANYWHERE: usize = 6;

/// How far a value must be hidden.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Secrecy {
    /// Not at all.
    Plain,
    /// In its own field.
    InItsField,
    /// Wherever the value turns up.
    Anywhere,
}

/// Whether a field or variable of this name holds a secret. When in doubt, it does.
pub fn looks_secret(name: &str) -> bool {
    const WORDS: &[&str] =
        &["auth", "cookie", "credential", "passwd", "password", "secret", "session", "signature", "token"];
    let name = name.to_ascii_lowercase();
    WORDS.iter().any(|word| name.contains(word))
        || name.split(['-', '_', '.']).any(|part| matches!(part, "key" | "apikey" | "pat" | "pw" | "jwt"))
}

/// How far the value of a configured or typed header must be hidden. A header of an unknown name is hidden, too, unless
/// its value is as short as `staging`: custom names are what gateways use for keys.
pub fn secrecy(name: &str, value: &str) -> Secrecy {
    let value = value.trim();
    if value.is_empty() || is_public(name) {
        return Secrecy::Plain;
    }
    if looks_secret(name) {
        return if value.len() >= ANYWHERE { Secrecy::Anywhere } else { Secrecy::InItsField };
    }
    match value.len() {
        0..8 => Secrecy::Plain,
        _ if is_distinctive(value) => Secrecy::Anywhere,
        _ => Secrecy::InItsField,
    }
}

/// Whether a value is so long, or so mixed, that it is no ordinary word: then it can be replaced in any text without
/// harm to what else the text says.
pub fn is_distinctive(value: &str) -> bool {
    let has = |is: fn(&u8) -> bool| value.as_bytes().iter().any(is);
    value.len() >= 12
        || (value.len() >= 8 && has(u8::is_ascii_alphabetic) && has(u8::is_ascii_digit))
        || authorization(value).is_some()
}

/// The credentials of a value that begins with an authentication scheme (RFC 9110 §11.4).
pub(super) fn authorization(value: &str) -> Option<&str> {
    let (scheme, credentials) = value.split_once(' ')?;
    is_scheme(scheme).then(|| credentials.trim())
}

/// Whether this is the name of an authentication scheme.
pub(super) fn is_scheme(text: &str) -> bool {
    const SCHEMES: &[&str] =
        &["Basic", "Bearer", "Digest", "DPoP", "HOBA", "Negotiate", "NTLM", "Token", "ApiKey", "OSS", "AWS"];
    SCHEMES.iter().any(|known| known.eq_ignore_ascii_case(text))
        || ["OSS4-", "AWS4-"].iter().any(|beginning| text.starts_with(beginning))
}

/// Standard request headers that carry no credentials, and that reports must show.
pub(super) fn is_public(name: &str) -> bool {
    const NAMES: &[&str] = &[
        "cache-control",
        "connection",
        "date",
        "dnt",
        "expect",
        "forwarded",
        "from",
        "host",
        "origin",
        "pragma",
        "prefer",
        "priority",
        "range",
        "referer",
        "te",
        "traceparent",
        "transfer-encoding",
        "upgrade-insecure-requests",
        "user-agent",
        "via",
        "x-requested-with",
    ];
    const BEGINNINGS: &[&str] =
        &["accept", "access-control-", "content-", "if-", "sec-", "x-forwarded-", ":"];
    let name = name.to_ascii_lowercase();
    NAMES.contains(&name.as_str()) || BEGINNINGS.iter().any(|beginning| name.starts_with(beginning))
}

/// Whether a field of a request holds a secret, whoever wrote it.
pub(super) fn hides_in_request(name: &str) -> bool {
    looks_secret(name) && !is_public(name)
}

/// Whether an endpoint hands out a secret in this field. `Set-Cookie` has a form of its own.
pub(super) fn hides_in_response(name: &str) -> bool {
    // What is said of an authentication scheme, of CORS or of a cache's keys is evidence, and no secret.
    let lower = name.to_ascii_lowercase();
    hides_in_request(name)
        && !lower.ends_with("-authenticate")
        && !lower.ends_with("-key")
        && lower != "authentication-info"
        && lower != "set-cookie"
}

/// Whether a query parameter holds a secret.
pub(super) fn hides_parameter(name: &str) -> bool {
    const NAMES: &[&str] =
        &["sig", "awsaccesskeyid", "ossaccesskeyid", "googleaccessid", "accesskeyid", "pwd", "sid", "hmac"];
    const PUBLIC: &[&str] = &["key-marker", "x-oss-signature-version", "x-amz-signedheaders", "credentials"];
    let name = name.to_ascii_lowercase();
    !PUBLIC.contains(&name.as_str()) && (looks_secret(&name) || NAMES.contains(&name.as_str()))
}

/// Whether `name=value` holds a secret wherever it stands in a text, and not only in a query.
pub(super) fn hides_assignment(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["signature", "credential", "token", "password", "passwd"].iter().any(|end| name.ends_with(end))
        || name.contains("secret")
}
