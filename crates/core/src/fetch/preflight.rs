//! Fetch §4.9: the CORS-preflight request, and what its answer allows.

use url::Url;

use super::{
    cors_check::{CorsCheckFailure, cors_check},
    header::NON_WILDCARD_HEADER,
    lists::{Malformed, extract_list, extract_max_age},
    method,
    profile::{Behaviour, MaxAge},
    reason::Reason,
    status,
};
use crate::message::{Request, Response};

/// What a CORS-preflight request asks for: the part of the actual request that its answer is
/// judged by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked<'a> {
    /// The request's origin, as serialised for `Origin`.
    pub origin: &'a str,
    /// The actual request's method.
    pub method: &'a str,
    /// Its CORS-unsafe request-header names: lower case, sorted, each once.
    pub unsafe_names: &'a [String],
    /// Whether its credentials mode is `include`.
    pub credentials: bool,
    /// Whether its use-CORS-preflight flag is set.
    pub use_preflight: bool,
}

/// What a CORS-preflight response allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allowed {
    /// The members of Access-Control-Allow-Methods; `None` where the field is absent.
    pub methods: Option<Vec<String>>,
    /// The members of Access-Control-Allow-Headers.
    pub headers: Vec<String>,
}

/// The step at which a CORS-preflight response failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PreflightFailure {
    /// It is a redirect, which is never followed; the status.
    Redirect(u16),
    /// It failed the CORS check.
    CorsCheck(CorsCheckFailure),
    /// Its status is not 200 to 299.
    Status(u16),
    /// Access-Control-Allow-Methods cannot be parsed.
    InvalidMethods(Malformed),
    /// Access-Control-Allow-Headers cannot be parsed.
    InvalidHeaders(Malformed),
    /// The method is not allowed.
    Method(String),
    /// This request header is not allowed.
    Header(String),
    /// `*` does not cover this request header.
    WildcardHeader(String),
}

/// Fetch §4.9 *CORS-preflight fetch*, steps 1 to 5: the CORS-preflight request, without the
/// fields that every request gets.
pub fn preflight_request(url: Url, method: &str, unsafe_names: &[String]) -> Request {
    let mut request = Request::new("OPTIONS", url);
    request.fields.push("Accept", "*/*");
    request.fields.push("Access-Control-Request-Method", method.to_owned());
    if !unsafe_names.is_empty() {
        request.fields.push("Access-Control-Request-Headers", unsafe_names.join(","));
    }
    request
}

/// Fetch §4.9 *CORS-preflight fetch*, step 7, up to the cache.
///
/// # Errors
/// The first step that failed, in the standard's order; [`super::profile::Preflight::status_first`]
/// changes the order.
pub fn preflight_check(
    asked: &Asked<'_>,
    response: &Response,
    behaviour: &Behaviour,
) -> Result<Allowed, PreflightFailure> {
    if status::is_redirect(response.status) && response.fields.contains("location") {
        return Err(PreflightFailure::Redirect(response.status));
    }
    let check = cors_check(asked.origin, asked.credentials, response);
    let check = check.map_err(PreflightFailure::CorsCheck);
    let ok = status::is_ok(response.status);
    if behaviour.preflight.status_first && !ok {
        return Err(PreflightFailure::Status(response.status));
    }
    check?;
    if !ok {
        return Err(PreflightFailure::Status(response.status));
    }
    let methods = extract_list("Access-Control-Allow-Methods", &response.fields)
        .map_err(PreflightFailure::InvalidMethods)?;
    let headers = extract_list("Access-Control-Allow-Headers", &response.fields)
        .map_err(PreflightFailure::InvalidHeaders)?
        .unwrap_or_default();
    let listed = methods.as_deref().unwrap_or_default();
    let methods_wildcard = !asked.credentials && listed.iter().any(|method| method == "*");
    let method_allowed = method::is_safelisted(asked.method)
        || methods_wildcard
        || listed.iter().any(|method| method == asked.method)
        || (methods.is_none() && asked.use_preflight);
    if !method_allowed {
        return Err(PreflightFailure::Method(asked.method.to_owned()));
    }
    let headers_wildcard = !asked.credentials && headers.iter().any(|name| name == "*");
    for name in asked.unsafe_names {
        if headers.iter().any(|listed| listed.eq_ignore_ascii_case(name)) {
            continue;
        }
        if !headers_wildcard {
            return Err(PreflightFailure::Header(name.clone()));
        }
        let covered = behaviour.preflight.wildcard_covers_authorization;
        if name.eq_ignore_ascii_case(NON_WILDCARD_HEADER) && !covered {
            return Err(PreflightFailure::WildcardHeader(name.clone()));
        }
    }
    Ok(Allowed { methods, headers })
}

/// Fetch §4.9 *CORS-preflight fetch*, steps 7.8 to 7.10: how many seconds the answer may be
/// kept; `None` where it is not kept at all.
pub fn max_age(response: &Response, behaviour: &Behaviour) -> Option<u64> {
    const DEFAULT: u64 = 5;
    let policy = &behaviour.preflight_cache;
    let text = || response.fields.text("access-control-max-age");
    let seconds = match policy.max_age {
        MaxAge::DeltaSeconds => extract_max_age(&response.fields).ok().flatten().unwrap_or(DEFAULT),
        MaxAge::Signed => match text().map(|value| value.parse::<i64>()) {
            Some(Ok(seconds)) => u64::try_from(seconds).unwrap_or(0),
            Some(Err(_)) | None => DEFAULT,
        },
        MaxAge::DigitsOrNotKept => match text().as_deref() {
            None | Some("") => DEFAULT,
            Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
                digits.parse().unwrap_or(u64::MAX)
            }
            Some(_) => return None,
        },
    };
    let seconds = policy.max_age_limit.map_or(seconds, |limit| seconds.min(limit));
    (seconds > 0).then_some(seconds)
}

impl PreflightFailure {
    /// The reason code.
    pub fn reason(&self) -> Reason {
        match self {
            Self::Redirect(_) => Reason::PreflightRedirect,
            Self::CorsCheck(failure) => failure.preflight_reason(),
            Self::Status(_) => Reason::PreflightStatus,
            Self::InvalidMethods(_) => Reason::PreflightAllowMethodsInvalid,
            Self::InvalidHeaders(_) => Reason::PreflightAllowHeadersInvalid,
            Self::Method(_) => Reason::PreflightAllowMethods,
            Self::Header(_) => Reason::PreflightAllowHeaders,
            Self::WildcardHeader(_) => Reason::PreflightAllowHeadersAuthorization,
        }
    }

    /// The method, header name, field value or status that it is about.
    pub fn subject(&self) -> Option<String> {
        match self {
            Self::Redirect(status) | Self::Status(status) => Some(status.to_string()),
            Self::CorsCheck(failure) => failure.subject().map(str::to_owned),
            Self::InvalidMethods(malformed) | Self::InvalidHeaders(malformed) => Some(malformed.part.clone()),
            Self::Method(subject) | Self::Header(subject) | Self::WildcardHeader(subject) => {
                Some(subject.clone())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fetch::profile::Profile;

    const ORIGIN: &str = "https://a.example";

    struct Row {
        what: &'static str,
        method: &'static str,
        names: &'static [&'static str],
        credentials: bool,
        status: u16,
        answer: &'static [(&'static str, &'static str)],
        spec: Option<Reason>,
    }

    const ACAO: (&str, &str) = ("Access-Control-Allow-Origin", "*");
    const EXACT: (&str, &str) = ("Access-Control-Allow-Origin", ORIGIN);
    const ACAC: (&str, &str) = ("Access-Control-Allow-Credentials", "true");
    const ACAM: &str = "Access-Control-Allow-Methods";
    const ACAH: &str = "Access-Control-Allow-Headers";

    fn row(what: &'static str, method: &'static str, answer: &'static [(&'static str, &'static str)]) -> Row {
        Row { what, method, names: &[], credentials: false, status: 204, answer, spec: None }
    }

    fn rows() -> Vec<Row> {
        use Reason as R;
        vec![
            row("listed", "PUT", &[ACAO, (ACAM, "PUT")]),
            row("star", "PUT", &[ACAO, (ACAM, "*")]),
            row("POST need not be listed", "POST", &[ACAO, (ACAM, "GET")]),
            row("nothing listed", "HEAD", &[ACAO]),
            Row {
                spec: Some(R::PreflightAllowMethods),
                ..row("another case", "PUT", &[ACAO, (ACAM, "put")])
            },
            Row { spec: Some(R::PreflightAllowMethods), ..row("not listed", "PUT", &[ACAO]) },
            Row {
                credentials: true,
                spec: Some(R::PreflightAllowMethods),
                ..row("star is literal with credentials", "PUT", &[EXACT, ACAC, (ACAM, "*")])
            },
            Row {
                credentials: true,
                ..row("the method * with credentials", "*", &[EXACT, ACAC, (ACAM, "*")])
            },
            Row {
                spec: Some(R::PreflightAllowMethodsInvalid),
                ..row("invalid methods", "GET", &[ACAO, (ACAM, "GET, P T")])
            },
            Row {
                spec: Some(R::PreflightAllowHeadersInvalid),
                ..row("invalid headers, not needed", "PUT", &[ACAO, (ACAM, "PUT"), (ACAH, "@")])
            },
            Row { names: &["x-a"], ..row("header in another case", "GET", &[ACAO, (ACAH, "X-A")]) },
            Row { names: &["x-a"], ..row("header by star", "GET", &[ACAO, (ACAH, "x-b, *")]) },
            Row {
                names: &["x-a", "x-b"],
                spec: Some(R::PreflightAllowHeaders),
                ..row("one of two headers", "GET", &[ACAO, (ACAH, "x-a")])
            },
            Row {
                names: &["authorization"],
                spec: Some(R::PreflightAllowHeadersAuthorization),
                ..row("authorization by star", "GET", &[ACAO, (ACAH, "*")])
            },
            Row {
                names: &["authorization"],
                ..row("authorization by name", "GET", &[ACAO, (ACAH, "*, Authorization")])
            },
            Row {
                names: &["authorization"],
                spec: Some(R::PreflightAllowHeaders),
                ..row("authorization not listed", "GET", &[ACAO, (ACAH, "x-a")])
            },
            Row { status: 299, ..row("any ok status", "GET", &[ACAO]) },
            Row { status: 199, spec: Some(R::PreflightStatus), ..row("1xx", "GET", &[ACAO]) },
            Row { status: 304, spec: Some(R::PreflightStatus), ..row("304", "GET", &[ACAO]) },
            Row { status: 302, spec: Some(R::PreflightStatus), ..row("302, no location", "GET", &[ACAO]) },
            Row {
                status: 302,
                spec: Some(R::PreflightRedirect),
                ..row("302", "GET", &[ACAO, ("Location", "/y")])
            },
            Row { status: 401, spec: Some(R::PreflightStatus), ..row("401", "GET", &[ACAO]) },
            Row { status: 401, spec: Some(R::PreflightCorsCheckMissing), ..row("401 plain", "GET", &[]) },
            Row {
                credentials: true,
                spec: Some(R::PreflightCorsCheckCredentials),
                ..row("no ACAC", "PUT", &[EXACT, (ACAM, "PUT")])
            },
            Row {
                credentials: true,
                spec: Some(R::PreflightCorsCheckWildcardCredentials),
                ..row("star with credentials", "PUT", &[ACAO, ACAC, (ACAM, "PUT")])
            },
        ]
    }

    fn check(row: &Row, profile: Profile) -> Option<Reason> {
        let names: Vec<String> = row.names.iter().map(|&name| name.to_owned()).collect();
        let asked = Asked {
            origin: ORIGIN,
            method: row.method,
            unsafe_names: &names,
            credentials: row.credentials,
            use_preflight: false,
        };
        let mut response = Response::new(row.status);
        for (name, value) in row.answer {
            response = response.with_field(name, value);
        }
        preflight_check(&asked, &response, profile.behaviour()).err().map(|failure| failure.reason())
    }

    #[test]
    fn the_answer_is_checked_step_by_step() {
        for row in rows() {
            assert_eq!(check(&row, Profile::Spec), row.spec, "{}", row.what);
        }
    }

    #[test]
    fn browsers_let_star_cover_authorization() {
        for row in rows().iter().filter(|row| row.spec == Some(Reason::PreflightAllowHeadersAuthorization)) {
            for profile in [Profile::Chromium, Profile::Firefox, Profile::Webkit] {
                assert_eq!(check(row, profile), None, "{} in {profile}", row.what);
            }
        }
    }

    #[test]
    fn webkit_blames_the_status_first() {
        for row in rows().iter().filter(|row| row.status == 401) {
            assert_eq!(check(row, Profile::Webkit), Some(Reason::PreflightStatus), "{}", row.what);
        }
    }

    #[test]
    fn a_forced_preflight_may_leave_the_methods_out() {
        let asked = |use_preflight| Asked {
            origin: ORIGIN,
            method: "PUT",
            unsafe_names: &[],
            credentials: false,
            use_preflight,
        };
        let response = Response::new(200).with_field(ACAO.0, ACAO.1);
        let check = |forced| preflight_check(&asked(forced), &response, Profile::Spec.behaviour()).is_ok();
        assert!(check(true));
        assert!(!check(false));
    }

    #[test]
    fn max_age_is_read_as_each_browser_does() {
        // Lines; spec; Chromium; Firefox. `None`: not kept.
        type Row = (&'static [&'static str], Option<u64>, Option<u64>, Option<u64>);
        let table: [Row; 14] = [
            (&[], Some(5), Some(5), Some(5)),
            (&["600"], Some(600), Some(600), Some(600)),
            (&["0"], None, None, None),
            (&["-1"], Some(5), None, None),
            (&["-600"], Some(5), None, None),
            (&["+600"], Some(5), Some(600), None),
            (&["600.5"], Some(5), Some(5), None),
            (&["abc"], Some(5), Some(5), None),
            (&[""], Some(5), Some(5), Some(5)),
            (&["600, 600"], Some(5), Some(5), None),
            (&["600", "600"], Some(5), Some(5), None),
            (&["86401"], Some(86401), Some(7200), Some(86400)),
            (&["4294967296"], Some(4_294_967_296), Some(7200), Some(86400)),
            (&["99999999999999999999"], Some(u64::MAX), Some(5), Some(86400)),
        ];
        for (lines, spec, chromium, firefox) in table {
            let mut response = Response::new(204);
            for line in lines {
                response = response.with_field("Access-Control-Max-Age", line);
            }
            assert_eq!(max_age(&response, Profile::Spec.behaviour()), spec, "{lines:?}");
            assert_eq!(max_age(&response, Profile::Chromium.behaviour()), chromium, "{lines:?} in Chromium");
            assert_eq!(max_age(&response, Profile::Firefox.behaviour()), firefox, "{lines:?} in Firefox");
        }
    }

    #[test]
    fn the_request_carries_method_and_names() {
        let url = Url::parse("https://api.example/x?q").expect("url");
        let names = ["content-type".to_owned(), "x-a".to_owned()];
        let request = preflight_request(url.clone(), "PUT", &names);
        let lines: Vec<_> =
            request.fields.iter().map(|field| format!("{}: {}", field.name, field.text())).collect();
        assert_eq!(request.method, "OPTIONS");
        assert_eq!(
            lines,
            [
                "Accept: */*",
                "Access-Control-Request-Method: PUT",
                "Access-Control-Request-Headers: content-type,x-a"
            ]
        );
        assert!(!preflight_request(url, "PUT", &[]).fields.contains("access-control-request-headers"));
    }
}
