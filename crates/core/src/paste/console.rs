//! The messages of browsers' consoles about CORS. The texts are those of [`crate::fetch::devtools`].

use url::Url;

use super::request::{Note, OriginFrom, PageOrigin, PastedRequest, assumed, origin_of_url, url};
use crate::fetch::{Credentials, Initiator, Origin, Reason, devtools::Engine};

/// A text with holes. What fills them: `{url}` the refused URL, `{from}` the URL before redirects, `{origin}` and
/// `{page}` the page, `{kind}` what made the request, `{method}`, `{header}`, and `{}` anything.
struct Row {
    engine: Engine,
    text: &'static str,
    says: Says,
}

/// What a text says besides what fills its holes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Says {
    Nothing,
    /// The one reason that has this text, for an actual response and for a preflight.
    Reason(Reason),
    /// A check of the response, which a preflight has, too.
    Check { actual: Reason, preflight: Reason },
    /// Something about a preflight.
    OfPreflight,
    /// The credentials mode is `include`.
    WithCredentials,
    /// `XMLHttpRequest`.
    Xhr,
    /// `fetch()`.
    Fetch,
}

use Engine::{Chromium, Firefox, Webkit};
use Says::{Check, Fetch, Nothing, OfPreflight, WithCredentials, Xhr};

const fn row(engine: Engine, text: &'static str, says: Says) -> Row {
    Row { engine, text, says }
}

const MISSING: Says =
    Check { actual: Reason::CorsCheckMissing, preflight: Reason::PreflightCorsCheckMissing };
const WILDCARD: Says = Check {
    actual: Reason::CorsCheckWildcardCredentials,
    preflight: Reason::PreflightCorsCheckWildcardCredentials,
};
const NO_CREDENTIALS: Says =
    Check { actual: Reason::CorsCheckCredentials, preflight: Reason::PreflightCorsCheckCredentials };

const ROWS: &[Row] = &[
    row(
        Chromium,
        "Access to {kind} at '{url}' (redirected from '{from}') from origin '{origin}' has been blocked by CORS policy",
        Nothing,
    ),
    row(Chromium, "Access to {kind} at '{url}' from origin '{origin}' has been blocked by CORS policy", Nothing),
    row(Chromium, "Response to preflight request doesn't pass access control check", OfPreflight),
    row(Chromium, "No 'Access-Control-Allow-Origin' header is present", MISSING),
    row(Chromium, "must not be the wildcard '*' when the request's credentials mode is 'include'", WILDCARD),
    row(
        Chromium,
        "which must be 'true' when the request's credentials mode is 'include'",
        NO_CREDENTIALS,
    ),
    row(
        Chromium,
        "The 'Access-Control-Allow-Origin' header contains multiple values",
        Check { actual: Reason::CorsCheckMultiple, preflight: Reason::PreflightCorsCheckMultiple },
    ),
    row(
        Chromium,
        "The 'Access-Control-Allow-Origin' header contains the invalid value",
        Check { actual: Reason::CorsCheckInvalid, preflight: Reason::PreflightCorsCheckInvalid },
    ),
    row(
        Chromium,
        "that is not equal to the supplied origin",
        Check { actual: Reason::CorsCheckOriginMismatch, preflight: Reason::PreflightCorsCheckOriginMismatch },
    ),
    row(Chromium, "It does not have HTTP ok status", Says::Reason(Reason::PreflightStatus)),
    row(Chromium, "Redirect is not allowed for a preflight request", Says::Reason(Reason::PreflightRedirect)),
    row(
        Chromium,
        "Cannot parse Access-Control-Allow-Methods response header field in preflight response",
        Says::Reason(Reason::PreflightAllowMethodsInvalid),
    ),
    row(
        Chromium,
        "Cannot parse Access-Control-Allow-Headers response header field in preflight response",
        Says::Reason(Reason::PreflightAllowHeadersInvalid),
    ),
    row(
        Chromium,
        "Method {method} is not allowed by Access-Control-Allow-Methods in preflight response",
        Says::Reason(Reason::PreflightAllowMethods),
    ),
    row(
        Chromium,
        "Request header field {header} is not allowed by Access-Control-Allow-Headers in preflight response",
        OfPreflight,
    ),
    row(Chromium, "contains a username and password, which is disallowed", Says::Reason(Reason::RedirectCredentials)),
    row(
        Chromium,
        "Fetch API cannot load {url}. Request mode is \"same-origin\" but the URL's origin is not same as the request \
         origin {origin}.",
        Says::Reason(Reason::RequestModeSameOrigin),
    ),
    row(
        Chromium,
        "Fetch API cannot load {url}. Request mode is \"no-cors\"",
        Says::Reason(Reason::RequestNoCorsRedirectMode),
    ),
    row(Chromium, "Fetch API cannot load {url}. URL scheme", Says::Reason(Reason::RequestScheme)),
    row(Chromium, "Fetch API cannot load {url}. SRI's integrity checks failed", Fetch),
    row(
        Chromium,
        "Mixed Content: The page at '{page}' was loaded over HTTPS, but requested an insecure resource '{url}'",
        Says::Reason(Reason::RequestMixedContent),
    ),
    row(
        Chromium,
        "Failed to find a valid digest in the 'integrity' attribute for resource '{url}' with",
        Says::Reason(Reason::ResponseIntegrity),
    ),
    row(
        Chromium,
        "Request cannot be constructed from a URL that includes credentials: {url}\n",
        Says::Reason(Reason::RequestInvalid),
    ),
    row(Chromium, "Failed to execute 'fetch' on 'Window': '{method}' HTTP method is unsupported", Fetch),
    row(Chromium, "Failed to execute 'fetch' on 'Window'", Fetch),
    row(Chromium, "Failed to load resource: net::ERR_", Nothing),
    row(Chromium, "TypeError: Failed to fetch", Fetch),
    row(Chromium, "net::ERR_", Nothing),
    row(
        Firefox,
        "The Same Origin Policy disallows reading the remote resource at {url}. (Reason: ",
        Nothing,
    ),
    row(Firefox, "(Reason: CORS header ‘Access-Control-Allow-Origin’ missing)", Nothing),
    row(Firefox, "(Reason: Credential is not supported if the CORS header", WithCredentials),
    row(Firefox, "(Reason: expected ‘true’ in CORS header ‘Access-Control-Allow-Credentials’)", WithCredentials),
    row(Firefox, "(Reason: CORS preflight response did not succeed)", OfPreflight),
    row(
        Firefox,
        "(Reason: CORS request external redirect not allowed)",
        Says::Reason(Reason::PreflightRedirect),
    ),
    row(
        Firefox,
        "(Reason: Did not find method in CORS header ‘Access-Control-Allow-Methods’)",
        Says::Reason(Reason::PreflightAllowMethods),
    ),
    row(
        Firefox,
        "(Reason: invalid token ‘{}’ in CORS header ‘Access-Control-Allow-Methods’)",
        Says::Reason(Reason::PreflightAllowMethodsInvalid),
    ),
    row(
        Firefox,
        "(Reason: invalid token ‘{}’ in CORS header ‘Access-Control-Allow-Headers’)",
        Says::Reason(Reason::PreflightAllowHeadersInvalid),
    ),
    row(
        Firefox,
        "(Reason: header ‘{header}’ is not allowed according to header ‘Access-Control-Allow-Headers’ from CORS \
         preflight response)",
        OfPreflight,
    ),
    row(
        Firefox,
        "(Reason: missing token ‘{header}’ in CORS header ‘Access-Control-Allow-Headers’ from CORS preflight channel)",
        OfPreflight,
    ),
    row(
        Firefox,
        "Security Error: Content at {page} may not load data from {url}.\n",
        Says::Reason(Reason::RequestModeSameOrigin),
    ),
    row(
        Firefox,
        "Blocked loading mixed active content “{url}”",
        Says::Reason(Reason::RequestMixedContent),
    ),
    row(
        Firefox,
        "The resource at “{url}” was blocked due to its Cross-Origin-Resource-Policy",
        Says::Reason(Reason::ResponseCrossOriginResourcePolicy),
    ),
    row(
        Firefox,
        "hashes in the integrity attribute match the content of the subresource at “{url}”",
        Says::Reason(Reason::ResponseIntegrity),
    ),
    row(
        Firefox,
        "TypeError: Window.fetch: {url} is an url with embedded credentials",
        Says::Reason(Reason::RequestInvalid),
    ),
    row(Firefox, "Window.fetch: Invalid request method {method}.\n", Fetch),
    row(Firefox, "TypeError: Window.fetch: ", Fetch),
    row(Firefox, "Firefox can’t establish a connection to the server at {url}.\n", Nothing),
    row(Firefox, "NetworkError when attempting to fetch resource", Fetch),
    row(Webkit, "Fetch API cannot load {url} due to access control checks", Fetch),
    row(Webkit, "XMLHttpRequest cannot load {url} due to access control checks", Xhr),
    row(Webkit, "EventSource cannot load {url} due to access control checks", Nothing),
    row(Webkit, "Beacon API cannot load {url} due to access control checks", Nothing),
    row(Webkit, "Origin {origin} is not allowed by Access-Control-Allow-Origin", Nothing),
    row(Webkit, "Access-Control-Allow-Origin cannot contain more than one origin", Nothing),
    row(Webkit, "Cannot use wildcard in Access-Control-Allow-Origin when credentials flag is true", WithCredentials),
    row(Webkit, "Credentials flag is true, but Access-Control-Allow-Credentials is not", WithCredentials),
    row(Webkit, "Preflight response is not successful", OfPreflight),
    row(
        Webkit,
        "Method {method} is not allowed by Access-Control-Allow-Methods.",
        Says::Reason(Reason::PreflightAllowMethods),
    ),
    row(Webkit, "Request header field {header} is not allowed by Access-Control-Allow-Headers.", OfPreflight),
    row(
        Webkit,
        "Header Access-Control-Allow-Methods has an invalid value",
        Says::Reason(Reason::PreflightAllowMethodsInvalid),
    ),
    row(
        Webkit,
        "Header Access-Control-Allow-Headers has an invalid value",
        Says::Reason(Reason::PreflightAllowHeadersInvalid),
    ),
    row(Webkit, "Cross origin requests are not allowed when using same-origin fetch mode", Fetch),
    row(Webkit, "Cross origin requests are only supported for HTTP", Says::Reason(Reason::RequestScheme)),
    row(Webkit, "Cross-origin redirection to {} denied by Cross-Origin Resource Sharing policy", Nothing),
    row(Webkit, "load denied by Cross-Origin Resource Sharing policy", Nothing),
    row(
        Webkit,
        "[blocked] The page at {page} requested insecure content from {url}. This content was blocked",
        Says::Reason(Reason::RequestMixedContent),
    ),
    row(Webkit, "Not allowed to use restricted network port {}: {url}\n", Says::Reason(Reason::RequestBadPort)),
    row(
        Webkit,
        "Cancelled load to {url} because it violates the resource's Cross-Origin-Resource-Policy",
        Says::Reason(Reason::ResponseCrossOriginResourcePolicy),
    ),
    row(Webkit, "Failed integrity metadata check", Says::Reason(Reason::ResponseIntegrity)),
    row(Webkit, "Not allowed to follow a redirection while loading {url}\n", Says::Reason(Reason::RedirectMode)),
    row(Webkit, "too many HTTP redirects", Says::Reason(Reason::RedirectTooMany)),
    row(Webkit, "TypeError: Method is forbidden", Fetch),
    row(Webkit, "TypeError: Method is not a valid HTTP token", Fetch),
    row(Webkit, "TypeError: Method must be GET, POST or HEAD in no-cors mode", Fetch),
    row(Webkit, "TypeError: Load failed", Fetch),
];

/// The request that messages are about, and the browser that wrote them.
pub(super) fn request(text: &str) -> Option<(Engine, PastedRequest)> {
    // A line end behind the last line, too, so that texts that end with a URL are found.
    let text = format!("{}\n", text.trim());
    let mut found = Found::default();
    for row in ROWS {
        if let Some(holes) = matched(row.text, &text) {
            found.take(row, &holes);
        }
    }
    let engine = found.engine?;
    if engine == Engine::Chromium {
        found.take_network_line(&text);
    }
    Some((engine, found.finish(&text)))
}

/// How many messages of one pattern are looked through.
const MESSAGES: usize = 64;

/// What fills the holes, where a text has the pattern in it. Each hole takes as little as it can.
fn matched<'a>(pattern: &'static str, text: &'a str) -> Option<Vec<(&'static str, &'a str)>> {
    let (first, rest) = pattern.split_once('{').map_or((pattern, None), |(first, rest)| (first, Some(rest)));
    // The same words may stand in several messages.
    let starts = text.match_indices(first).take(MESSAGES);
    starts.filter_map(|(at, _)| filled(rest, text.get(at + first.len()..)?)).next()
}

/// What fills the holes of a pattern behind its first `{`.
fn filled<'a>(mut pattern: Option<&'static str>, mut behind: &'a str) -> Option<Vec<(&'static str, &'a str)>> {
    let mut holes = Vec::new();
    while let Some((hole, rest)) = pattern.and_then(|pattern| pattern.split_once('}')) {
        let (literal, next) = rest.split_once('{').map_or((rest, None), |(literal, rest)| (literal, Some(rest)));
        let end = behind.find(literal)?;
        let value = behind.get(..end)?;
        // Only the last line end of a pattern spans lines.
        if value.contains('\n') {
            return None;
        }
        holes.push((hole, value));
        behind = behind.get(end + literal.len()..)?;
        pattern = next;
    }
    Some(holes)
}

#[derive(Default)]
struct Found {
    engine: Option<Engine>,
    url: Option<Url>,
    from: Option<Url>,
    origin: Option<String>,
    method: Option<String>,
    header: Option<String>,
    reason: Option<Reason>,
    check: Option<(Reason, Reason)>,
    of_preflight: bool,
    credentials: bool,
    initiator: Option<Initiator>,
}

impl Found {
    fn take(&mut self, row: &Row, holes: &[(&'static str, &str)]) {
        self.engine.get_or_insert(row.engine);
        for (hole, value) in holes {
            let value = value.trim_matches(['‘', '’']);
            match *hole {
                "url" if self.url.is_none() => self.url = url(value, None, 0).ok(),
                "from" if self.from.is_none() => self.from = url(value, None, 0).ok(),
                "origin" => self.origin = Some(value.to_owned()),
                "page" if self.origin.is_none() => self.origin = origin_of_url(value),
                "method" if !value.is_empty() => self.method = Some(value.to_owned()),
                "header" if !value.is_empty() => self.header = Some(value.to_owned()),
                "kind" => self.initiator = initiator(value),
                _ => {}
            }
        }
        match row.says {
            Nothing => {}
            Says::Reason(reason) => {
                self.reason = self.reason.or(Some(reason));
                self.of_preflight |= reason.is_of_preflight();
            }
            Check { actual, preflight } => {
                self.check = Some((actual, preflight));
                let with = [Reason::CorsCheckWildcardCredentials, Reason::CorsCheckCredentials];
                self.credentials |= with.contains(&actual);
            }
            OfPreflight => self.of_preflight = true,
            WithCredentials => self.credentials = true,
            Xhr => self.initiator = Some(Initiator::Xhr { upload_listener: false }),
            Fetch => self.initiator = self.initiator.or(Some(Initiator::Fetch)),
        }
    }

    /// `PUT https://api.example/x net::ERR_FAILED 200 (OK)`: Chromium's line about the network.
    fn take_network_line(&mut self, text: &str) {
        let Some(before) = text.lines().find_map(|line| Some(line.split_once(" net::ERR_")?.0)) else { return };
        let mut words = before.split_whitespace().rev();
        let Some(target) = words.next().and_then(|word| url(word, None, 0).ok()) else { return };
        let method = words.next().filter(|word| {
            !word.is_empty() && word.chars().all(|c| c.is_ascii_uppercase())
        });
        self.url = self.url.take().or(Some(target));
        self.method = self.method.take().or_else(|| method.map(str::to_owned));
    }

    fn finish(self, text: &str) -> PastedRequest {
        let reason = match (self.reason, self.check) {
            (None, Some((_, preflight))) if self.of_preflight => Some(preflight),
            (None, Some((actual, _))) => Some(actual),
            (reason, _) => reason,
        };
        let origin = self.origin.map(|text| PageOrigin { text, from: OriginFrom::Message });
        let mut request = PastedRequest {
            url: self.url,
            redirected_from: self.from,
            origin,
            method: self.method,
            headers: self.header.into_iter().map(assumed).collect(),
            left_out: Vec::new(),
            credentials: self.credentials.then_some(Credentials::Include),
            body: None,
            initiator: self.initiator,
            reason,
            status: status(text),
            failed: None,
            insecure: false,
            notes: Vec::new(),
        };
        assume(&mut request, self.of_preflight);
        if let (Some(url), Some(_)) = (&request.url, &request.redirected_from) {
            request.notes.push(Note::Redirected(Origin::of(url).to_string()));
        }
        request
    }
}

/// Fills in what a message about a preflight does not say: without it, no preflight would be sent.
fn assume(request: &mut PastedRequest, of_preflight: bool) {
    let simple = matches!(request.method.as_deref(), None | Some("GET" | "HEAD" | "POST"));
    if !of_preflight || !simple || !request.headers.is_empty() {
        return;
    }
    if request.reason == Some(Reason::PreflightAllowMethods) {
        request.method = Some("PUT".to_owned());
        request.notes.push(Note::AssumedMethod("PUT"));
        return;
    }
    let known = match request.method.as_deref() {
        Some("GET") => "GET",
        Some("HEAD") => "HEAD",
        _ => "POST",
    };
    request.method = Some(known.to_owned());
    request.headers.push(assumed("content-type".to_owned()));
    request.notes.push(Note::AssumedRequest(known));
}

fn initiator(kind: &str) -> Option<Initiator> {
    Some(match kind.to_ascii_lowercase().as_str() {
        "fetch" => Initiator::Fetch,
        "xmlhttprequest" => Initiator::Xhr { upload_listener: false },
        "script" => Initiator::Script,
        "image" => Initiator::Image,
        "font" => Initiator::Font,
        "css stylesheet" => Initiator::Style,
        _ => return None,
    })
}

/// The status that a message ends with.
fn status(text: &str) -> Option<u16> {
    let (_, rest) = text.split_once("Status code: ")?;
    let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    rest.get(..digits)?.parse().ok().filter(|status| *status > 0)
}
