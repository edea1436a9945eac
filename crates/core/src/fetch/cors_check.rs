//! Fetch §4.11: the CORS check.

use url::Url;

use super::reason::Reason;
use crate::message::{Response, isomorphic};

/// Why the CORS check failed, and the field value that it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CorsCheckFailure {
    /// No Access-Control-Allow-Origin.
    Missing,
    /// Access-Control-Allow-Origin has several values: it holds a comma or a space.
    Multiple(String),
    /// Access-Control-Allow-Origin is no origin at all.
    Invalid(String),
    /// Access-Control-Allow-Origin is another origin, or another spelling of the same.
    OriginMismatch(String),
    /// Access-Control-Allow-Origin is `*`, and credentials are included.
    WildcardCredentials,
    /// Access-Control-Allow-Credentials is not `true`; its value, empty where it is absent.
    Credentials(String),
}

/// Fetch §4.11 *CORS check*. `origin` is the request's origin as it was serialised for `Origin`
/// (`null` after redirects that taint it); `credentials` says whether the request's credentials
/// mode is `include`, which is not whether any were sent.
///
/// # Errors
/// The step that failed. The standard knows only failure; [`CorsCheckFailure::Multiple`] and
/// [`CorsCheckFailure::Invalid`] are mismatches of which the cause is plain.
pub fn cors_check(origin: &str, credentials: bool, response: &Response) -> Result<(), CorsCheckFailure> {
    let Some(allowed) = response.fields.get("access-control-allow-origin") else {
        return Err(CorsCheckFailure::Missing);
    };
    if allowed.as_ref() == b"*" {
        return if credentials { Err(CorsCheckFailure::WildcardCredentials) } else { Ok(()) };
    }
    if allowed.as_ref() != origin.as_bytes() {
        return Err(mismatch(isomorphic::decode(&allowed)));
    }
    if !credentials {
        return Ok(());
    }
    let allowed = response.fields.text("access-control-allow-credentials").unwrap_or_default();
    if allowed == "true" { Ok(()) } else { Err(CorsCheckFailure::Credentials(allowed)) }
}

fn mismatch(value: String) -> CorsCheckFailure {
    if value.contains([',', ' ']) {
        CorsCheckFailure::Multiple(value)
    } else if value == "null" || Url::parse(&value).is_ok() {
        CorsCheckFailure::OriginMismatch(value)
    } else {
        CorsCheckFailure::Invalid(value)
    }
}

impl CorsCheckFailure {
    /// The reason code of an actual response.
    pub fn reason(&self) -> Reason {
        match self {
            Self::Missing => Reason::CorsCheckMissing,
            Self::Multiple(_) => Reason::CorsCheckMultiple,
            Self::Invalid(_) => Reason::CorsCheckInvalid,
            Self::OriginMismatch(_) => Reason::CorsCheckOriginMismatch,
            Self::WildcardCredentials => Reason::CorsCheckWildcardCredentials,
            Self::Credentials(_) => Reason::CorsCheckCredentials,
        }
    }

    /// The reason code of a preflight's response.
    pub fn preflight_reason(&self) -> Reason {
        match self {
            Self::Missing => Reason::PreflightCorsCheckMissing,
            Self::Multiple(_) => Reason::PreflightCorsCheckMultiple,
            Self::Invalid(_) => Reason::PreflightCorsCheckInvalid,
            Self::OriginMismatch(_) => Reason::PreflightCorsCheckOriginMismatch,
            Self::WildcardCredentials => Reason::PreflightCorsCheckWildcardCredentials,
            Self::Credentials(_) => Reason::PreflightCorsCheckCredentials,
        }
    }

    /// The field value that it is about; `None` where the field is missing.
    pub fn subject(&self) -> Option<&str> {
        match self {
            Self::Missing => None,
            Self::WildcardCredentials => Some("*"),
            Self::Multiple(value)
            | Self::Invalid(value)
            | Self::OriginMismatch(value)
            | Self::Credentials(value) => Some(value),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_compares_bytes() {
        use CorsCheckFailure as F;
        const A: &str = "https://a.example";
        // Request origin; credentials mode is include; ACAO lines; ACAC lines; result.
        type Row<'a> = (&'a str, bool, &'a [&'a str], &'a [&'a str], Result<(), F>);
        let table: Vec<Row<'_>> = vec![
            (A, false, &[A], &[], Ok(())),
            (A, false, &["*"], &[], Ok(())),
            (A, false, &["*"], &["true"], Ok(())),
            (A, false, &[], &[], Err(F::Missing)),
            (A, false, &[""], &[], Err(F::Invalid(String::new()))),
            (A, false, &["null"], &[], Err(F::OriginMismatch("null".into()))),
            ("null", false, &["null"], &[], Ok(())),
            ("null", false, &["*"], &[], Ok(())),
            ("null", false, &["NULL"], &[], Err(F::Invalid("NULL".into()))),
            ("null", false, &[], &[], Err(F::Missing)),
            (A, false, &["https://a.example/"], &[], Err(F::OriginMismatch("https://a.example/".into()))),
            (
                A,
                false,
                &["https://a.example:443"],
                &[],
                Err(F::OriginMismatch("https://a.example:443".into())),
            ),
            (A, false, &["HTTPS://a.example"], &[], Err(F::OriginMismatch("HTTPS://a.example".into()))),
            (A, false, &["a.example"], &[], Err(F::Invalid("a.example".into()))),
            (A, false, &["true"], &[], Err(F::Invalid("true".into()))),
            (A, false, &["\"*\""], &[], Err(F::Invalid("\"*\"".into()))),
            (A, false, &[A, A], &[], Err(F::Multiple(format!("{A}, {A}")))),
            (A, false, &["*", "*"], &[], Err(F::Multiple("*, *".into()))),
            (A, false, &["https://a.example,"], &[], Err(F::Multiple("https://a.example,".into()))),
            (A, false, &[A], &["garbage"], Ok(())),
            (A, true, &["*"], &["true"], Err(F::WildcardCredentials)),
            (A, true, &[A], &["true"], Ok(())),
            (A, true, &[A], &[], Err(F::Credentials(String::new()))),
            (A, true, &[A], &["True"], Err(F::Credentials("True".into()))),
            (A, true, &[A], &["true", "true"], Err(F::Credentials("true, true".into()))),
            (A, true, &["https://b.example"], &["true"], Err(F::OriginMismatch("https://b.example".into()))),
        ];
        for (origin, credentials, allow_origin, allow_credentials, expected) in table {
            let mut response = Response::new(200);
            for line in allow_origin {
                response = response.with_field("Access-Control-Allow-Origin", line);
            }
            for line in allow_credentials {
                response = response.with_field("Access-Control-Allow-Credentials", line);
            }
            let got = cors_check(origin, credentials, &response);
            assert_eq!(got, expected, "{origin} {credentials} {allow_origin:?} {allow_credentials:?}");
        }
    }
}
