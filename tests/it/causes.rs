//! What people run into, one small server each: `explain` names the cause and a cure, and every repair that can be
//! replayed is replayed.

use std::{
    net::TcpListener,
    sync::atomic::{AtomicUsize, Ordering},
};

use serde_json::Value;

use crate::care::support::{Folder, Request, Server, crosscheck};

const APP: &str = "https://app.example";

/// An answer that is changed until it is wrong.
struct Reply {
    status: String,
    fields: Vec<(String, String)>,
    body: Vec<u8>,
}

/// A correct answer to pages of [`APP`].
fn good(request: &Request) -> Reply {
    let reply = Reply { status: "200 OK".to_owned(), fields: Vec::new(), body: b"{}".to_vec() };
    let reply = reply.set("Vary", "Origin").set("Cache-Control", "no-cache");
    let reply = match request.is_preflight() {
        true => Reply { status: "204 No Content".to_owned(), body: Vec::new(), ..reply },
        false => reply,
    };
    if request.field("origin") != Some(APP) {
        return reply;
    }
    let reply = reply.set("Access-Control-Allow-Origin", APP).set("Access-Control-Allow-Credentials", "true");
    match request.is_preflight() {
        true => reply
            .set("Access-Control-Allow-Methods", "GET, POST, PUT, PATCH, DELETE")
            .set("Access-Control-Allow-Headers", "content-type, authorization"),
        false => reply,
    }
}

impl Reply {
    fn set(mut self, name: &str, value: &str) -> Self {
        self.fields.retain(|(other, _)| !other.eq_ignore_ascii_case(name));
        self.add(name, value)
    }

    fn add(mut self, name: &str, value: &str) -> Self {
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }

    fn without(mut self, name: &str) -> Self {
        self.fields.retain(|(other, _)| !other.eq_ignore_ascii_case(name));
        self
    }

    /// No CORS field, as what does not know of CORS answers.
    fn bare(mut self) -> Self {
        self.fields.retain(|(name, _)| !name.starts_with("Access-Control-") && name != "Vary");
        self
    }

    fn status(mut self, status: &str) -> Self {
        status.clone_into(&mut self.status);
        self
    }

    fn body(mut self, body: &str) -> Self {
        self.body = body.as_bytes().to_vec();
        self
    }

    fn bytes(&self, request: &Request) -> Vec<u8> {
        let mut bytes = format!("HTTP/1.1 {}\r\n", self.status).into_bytes();
        for (name, value) in &self.fields {
            bytes.extend(format!("{name}: {value}\r\n").into_bytes());
        }
        if !self.status.starts_with("204") && !self.status.starts_with("304") {
            bytes.extend(format!("Content-Length: {}\r\n", self.body.len()).into_bytes());
        }
        bytes.extend_from_slice(b"\r\n");
        if request.method != "HEAD" {
            bytes.extend_from_slice(&self.body);
        }
        bytes
    }
}

/// One thing that is wrong.
struct Row {
    what: &'static str,
    /// What the page does; `{url}` is the server's URL, `{port}` its port.
    page: &'static [&'static str],
    answer: fn(&Request) -> Reply,
    cause: &'static str,
    /// A word that the cure must have.
    cure: &'static str,
    /// How far the repair is proven.
    verified: &'static str,
}

const REPLAYED: &str = "in-replay";
const TO_THE_REQUEST: &str = "up-to-the-request";
const NOT_REPLAYED: &str = "not-replayed";

const READ: &[&str] = &["{url}/items"];
const PUT: &[&str] = &["{url}/items", "-X", "PUT", "-H", "content-type: application/json"];
const DELETE: &[&str] = &["{url}/items", "-X", "DELETE"];
const WITH_CREDENTIALS: &[&str] = &["{url}/items", "--credentials"];
const SIGNED: &[&str] = &["{url}/f?X-Amz-Signature=aa&X-Amz-SignedHeaders=host"];

fn rows() -> Vec<Row> {
    let row = |what, page, answer, cause, cure, verified| Row { what, page, answer, cause, cure, verified };
    vec![
        // Who else answers.
        row(
            "a development server that does not know the host name",
            READ,
            |request| {
                good(request)
                    .bare()
                    .status("403 Forbidden")
                    .body("Blocked request. This host is not allowed.")
            },
            "host-not-allowed",
            "host",
            NOT_REPLAYED,
        ),
        row(
            "a bot check",
            READ,
            |request| good(request).bare().status("403 Forbidden").set("cf-mitigated", "challenge"),
            "bot-filter",
            "bot",
            NOT_REPLAYED,
        ),
        row(
            "a Referer filter",
            READ,
            |request| match request.field("referer") {
                Some(referer) if !referer.starts_with("http://127.0.0.1") => {
                    good(request).bare().status("403 Forbidden")
                }
                _ => good(request),
            },
            "hotlink-filter",
            "Referer",
            REPLAYED,
        ),
        row(
            "a CORS layer that fails as soon as a request has Origin",
            READ,
            |request| match request.field("origin") {
                Some(_) => good(request).bare().status("500 Internal Server Error"),
                None => good(request),
            },
            "cors-layer-crashes",
            "log",
            REPLAYED,
        ),
        row(
            "a store that refuses the signature",
            SIGNED,
            |request| {
                let body = "<Error><Code>SignatureDoesNotMatch</Code></Error>";
                good(request).bare().status("403 Forbidden").body(body)
            },
            "signature-refused",
            "sign",
            NOT_REPLAYED,
        ),
        row(
            "a checksum of nothing in a signed URL",
            &["{url}/f?x-amz-checksum-crc32=AAAAAA%3D%3D", "-X", "PUT", "--data", "a file", "--send"],
            |request| match request.is_preflight() {
                true => good(request),
                false => good(request).bare().status("400 Bad Request"),
            },
            "signature-refused",
            "checksum",
            NOT_REPLAYED,
        ),
        // Caches.
        row(
            "a cache that answers OPTIONS with the stored answer to GET",
            PUT,
            |request| match request.is_preflight() {
                true => good(request)
                    .without("Access-Control-Allow-Methods")
                    .without("Access-Control-Allow-Headers")
                    .status("200 OK")
                    .set("Content-Type", "text/html")
                    .set("X-Cache", "HIT")
                    .set("Age", "17")
                    .body("<html>"),
                false => good(request),
            },
            "options-turned-into-get",
            "OPTIONS",
            TO_THE_REQUEST,
        ),
        row(
            "a cache that stores preflights",
            PUT,
            |request| match request.is_preflight() && !request.target.contains('?') {
                true => good(request).without("Access-Control-Allow-Headers"),
                false => good(request),
            },
            "preflight-cached-by-cdn",
            "cache",
            TO_THE_REQUEST,
        ),
        row(
            "a stored copy that names another page",
            READ,
            |request| match request.target.contains('?') {
                true => good(request),
                false => good(request)
                    .set("Access-Control-Allow-Origin", "https://other.example")
                    .set("X-Cache", "HIT")
                    .set("Age", "17"),
            },
            "cached-for-another-origin",
            "Origin",
            REPLAYED,
        ),
        row(
            "a stored copy without CORS fields",
            READ,
            |request| match request.target.contains('?') {
                true => good(request),
                false => good(request).bare().set("X-Cache", "HIT").set("Age", "17"),
            },
            "cached-without-cors",
            "purge",
            REPLAYED,
        ),
        row(
            "a CDN that does not pass Origin on",
            READ,
            |request| good(request).bare().set("X-Cache", "Miss from cloudfront").set("X-Amz-Cf-Id", "a"),
            "cdn-does-not-forward-origin",
            "forward",
            REPLAYED,
        ),
        // Redirects.
        row(
            "the wrong endpoint of a store",
            READ,
            |request| {
                let body = "<Error><Code>PermanentRedirect</Code><Endpoint>b.s3.example</Endpoint></Error>";
                good(request).bare().status("301 Moved Permanently").body(body)
            },
            "wrong-region-endpoint",
            "b.s3.example",
            NOT_REPLAYED,
        ),
        row(
            "a login page",
            READ,
            |request| match request.target.starts_with("/login") {
                true => good(request).bare().body("<html>"),
                false => good(request).bare().status("302 Found").set("Location", "/login?next=%2Fitems"),
            },
            "login-redirect",
            "401",
            REPLAYED,
        ),
        row(
            "a preflight that is redirected",
            PUT,
            |request| match request.is_preflight() && !request.target.ends_with('/') {
                true => good(request).status("308 Permanent Redirect").set("Location", "/items/"),
                false => good(request),
            },
            "preflight-redirected",
            "/items/",
            TO_THE_REQUEST,
        ),
        row(
            "preflights that are redirected wherever they are sent",
            PUT,
            |request| match (request.is_preflight(), request.target.strip_suffix('/')) {
                (true, Some(other)) => {
                    good(request).bare().status("307 Temporary Redirect").set("Location", other)
                }
                (true, None) => {
                    let other = format!("{}/", request.target);
                    good(request).bare().status("307 Temporary Redirect").set("Location", &other)
                }
                (false, _) => good(request),
            },
            "preflight-redirected",
            "before anything redirects",
            TO_THE_REQUEST,
        ),
        row(
            "a redirect without CORS fields",
            READ,
            |request| match request.target.as_str() {
                "/items" => good(request).bare().status("302 Found").set("Location", "/new"),
                _ => good(request),
            },
            "redirect-without-cors",
            "/new",
            REPLAYED,
        ),
        row(
            "a redirect to what has no CORS fields",
            READ,
            |request| match request.target.as_str() {
                "/items" => good(request).status("302 Found").set("Location", "/new"),
                _ => good(request).bare(),
            },
            "redirect-target-without-cors",
            "allow https://app.example",
            REPLAYED,
        ),
        row(
            "Origin null after a redirect to another host",
            READ,
            |request| {
                let host = request.field("host").unwrap_or_default();
                match (host.strip_prefix("127.0.0.1"), request.target.as_str()) {
                    (Some(port), "/items") => good(request)
                        .status("302 Found")
                        .set("Access-Control-Allow-Origin", "*")
                        .set("Location", &format!("http://localhost{port}/second")),
                    (None, _) => good(request)
                        .status("302 Found")
                        .set("Access-Control-Allow-Origin", "*")
                        .set("Location", &format!("http://{}/third", host.replace("localhost", "127.0.0.1"))),
                    _ => good(request),
                }
            },
            "redirect-origin-null",
            "null",
            REPLAYED,
        ),
        // Preflights.
        row(
            "a response field that the page sends",
            &["{url}/items", "-H", "access-control-allow-origin: *"],
            good,
            "response-header-sent-as-request-header",
            "remove access-control-allow-origin",
            REPLAYED,
        ),
        row(
            "patch in lower case",
            &["{url}/items", "-X", "patch"],
            |request| match request.field("access-control-request-method") {
                Some("patch") => good(request).set("Access-Control-Allow-Methods", "GET, PATCH"),
                _ => good(request),
            },
            "method-case",
            "PATCH",
            TO_THE_REQUEST,
        ),
        row(
            "no route for OPTIONS",
            PUT,
            |request| match request.is_preflight() {
                true => good(request).bare().status("405 Method Not Allowed").set("Allow", "GET, PUT"),
                false => good(request),
            },
            "no-options-route",
            "OPTIONS",
            TO_THE_REQUEST,
        ),
        row(
            "a login check before the CORS layer",
            PUT,
            |request| match request.is_preflight() {
                true => good(request).bare().status("401 Unauthorized").set("WWW-Authenticate", "Bearer"),
                false => good(request),
            },
            "preflight-authenticated",
            "login",
            TO_THE_REQUEST,
        ),
        row(
            "a login check that only says 403",
            &["{url}/items", "-X", "PUT", "-H", "authorization: Bearer t"],
            |request| match (request.is_preflight(), request.field("authorization")) {
                (true, None) => good(request).bare().status("403 Forbidden"),
                _ => good(request),
            },
            "preflight-authenticated",
            "login",
            TO_THE_REQUEST,
        ),
        row(
            "a signature that is checked on the preflight",
            &["{url}/f?X-Amz-Signature=aa", "-X", "PUT"],
            |request| match request.is_preflight() && request.target.contains('?') {
                true => good(request).bare().status("403 Forbidden"),
                false => good(request),
            },
            "preflight-authenticated",
            "signature",
            TO_THE_REQUEST,
        ),
        row(
            "a preflight that must ask about a header",
            DELETE,
            |request| match (request.is_preflight(), request.field("access-control-request-headers")) {
                (true, None) => good(request).bare().status("400 Bad Request"),
                _ => good(request),
            },
            "requested-headers-misread",
            "no header",
            TO_THE_REQUEST,
        ),
        row(
            "a list that is none",
            PUT,
            |request| match request.is_preflight() {
                true => good(request).set("Access-Control-Allow-Headers", "[content-type; authorization]"),
                false => good(request),
            },
            "list-malformed",
            "commas",
            TO_THE_REQUEST,
        ),
        row(
            "a method that is not listed",
            DELETE,
            |request| match request.is_preflight() {
                true => good(request).set("Access-Control-Allow-Methods", "GET, PUT"),
                false => good(request),
            },
            "method-not-allowed",
            "DELETE",
            TO_THE_REQUEST,
        ),
        row(
            "a method that is refused without a word",
            DELETE,
            |request| match request.field("access-control-request-method") {
                Some("DELETE") => good(request).bare().status("403 Forbidden"),
                _ => good(request),
            },
            "method-not-allowed",
            "DELETE",
            TO_THE_REQUEST,
        ),
        row(
            "a header that is not listed",
            &["{url}/items", "-H", "x-one: 1", "-H", "content-type: application/json"],
            good,
            "header-not-allowed",
            "x-one",
            REPLAYED,
        ),
        row(
            "a header that is refused without a word",
            &["{url}/items", "-H", "x-one: 1", "-H", "content-type: application/json"],
            |request| match request.field("access-control-request-headers") {
                Some(names) if names.contains("x-one") => good(request).bare().status("403 Forbidden"),
                _ => good(request),
            },
            "header-not-allowed",
            "x-one",
            REPLAYED,
        ),
        row(
            "a star that does not cover Authorization",
            &["{url}/items", "-H", "authorization: Bearer t"],
            |request| match request.is_preflight() {
                true => good(request).set("Access-Control-Allow-Headers", "*"),
                false => good(request),
            },
            "wildcard-without-authorization",
            "authorization",
            REPLAYED,
        ),
        // The page's origin.
        row(
            "two layers that each add the origin",
            READ,
            |request| good(request).add("Access-Control-Allow-Origin", APP),
            "allow-origin-twice",
            "one layer",
            REPLAYED,
        ),
        row(
            "an origin with a slash at its end",
            READ,
            |request| good(request).set("Access-Control-Allow-Origin", "https://app.example/"),
            "allow-origin-malformed",
            "without a slash",
            REPLAYED,
        ),
        row(
            "a pattern in place of an origin",
            READ,
            |request| good(request).set("Access-Control-Allow-Origin", "https://*.example"),
            "allow-origin-malformed",
            "or a pattern",
            REPLAYED,
        ),
        row(
            "the server's own origin",
            READ,
            |request| {
                let own = format!("http://{}", request.field("host").unwrap_or_default());
                good(request).set("Access-Control-Allow-Origin", &own)
            },
            "lists-itself",
            "https://app.example",
            REPLAYED,
        ),
        row(
            "the same host with another scheme",
            READ,
            |request| match request.field("origin") {
                Some(origin @ "http://app.example") => {
                    good(request).set("Access-Control-Allow-Origin", origin)
                }
                _ => good(request).bare(),
            },
            "origin-misspelled",
            "http://app.example",
            REPLAYED,
        ),
        row(
            "another origin",
            READ,
            |request| good(request).set("Access-Control-Allow-Origin", "https://other.example"),
            "origin-not-allowed",
            "https://app.example",
            REPLAYED,
        ),
        row(
            "an origin that is refused",
            READ,
            |request| match request.field("origin") {
                Some(_) => good(request).bare().status("403 Forbidden").set("Vary", "Origin"),
                None => good(request),
            },
            "origin-not-allowed",
            "https://app.example",
            REPLAYED,
        ),
        row(
            "no CORS at all",
            READ,
            |request| good(request).bare(),
            "no-cors-at-all",
            "configure CORS",
            REPLAYED,
        ),
        // Credentials.
        row(
            "a star and credentials",
            WITH_CREDENTIALS,
            |request| good(request).set("Access-Control-Allow-Origin", "*"),
            "wildcard-with-credentials",
            "https://app.example",
            REPLAYED,
        ),
        row(
            "credentials that are not allowed",
            WITH_CREDENTIALS,
            |request| good(request).without("Access-Control-Allow-Credentials"),
            "credentials-not-allowed",
            "Access-Control-Allow-Credentials",
            REPLAYED,
        ),
        // Some answers.
        row(
            "a proxy that refuses a large body",
            &["{url}/items", "-X", "POST", "--size", "1000", "--send"],
            |request| match request.body.is_empty() {
                true => good(request),
                false => good(request).bare().status("413 Content Too Large"),
            },
            "body-too-large",
            "413",
            REPLAYED,
        ),
        row(
            "an error without CORS fields",
            &["{url}/items", "-H", "content-type: application/json"],
            |request| match request.is_preflight() {
                true => good(request),
                false => good(request).bare().status("404 Not Found"),
            },
            "error-without-cors",
            "404",
            REPLAYED,
        ),
        row(
            "an actual answer without CORS fields",
            &["{url}/items", "-H", "content-type: application/json"],
            |request| match request.is_preflight() {
                true => good(request),
                false => good(request).bare(),
            },
            "actual-without-cors",
            "GET",
            REPLAYED,
        ),
    ]
}

/// The JSON of an explanation of what a page of [`APP`] does.
fn explained(page: &[String], what: &str) -> Value {
    let folder = Folder::new();
    let arguments: Vec<&str> =
        ["explain", "--origin", APP, "--json"].into_iter().chain(page.iter().map(String::as_str)).collect();
    let ended = crosscheck(&folder, &arguments);
    assert!([1, 4].contains(&ended.code), "{what}: {}", ended.all());
    serde_json::from_str(&ended.stdout).unwrap_or_else(|error| panic!("{what}: {error}: {}", ended.all()))
}

fn cures(explanation: &Value) -> String {
    let causes = explanation["causes"].as_array().into_iter().flatten();
    causes
        .flat_map(|cause| cause["cure"].as_array().into_iter().flatten())
        .map(|step| format!("{step}\n"))
        .collect()
}

#[test]
fn what_people_run_into_has_its_cause_and_a_cure_that_is_proven() {
    let mut wrong = Vec::new();
    for Row { what, page, answer, cause, cure, verified } in rows() {
        let server = Server::start(move |request| answer(request).bytes(request));
        let url = server.url("");
        let page: Vec<String> = page.iter().map(|word| word.replace("{url}", &url)).collect();
        let explanation = explained(&page, what);
        let first = &explanation["causes"][0]["code"];
        let said = cures(&explanation);
        if first != cause || explanation["verified"] != verified || !said.contains(cure) {
            wrong.push(format!("{what}: {first}, {}, cure:\n{said}", explanation["verified"]));
        }
        let made = explanation["experiments"].as_array().map_or(0, Vec::len);
        assert!(made <= 22 && server.requests().len() <= 60, "{what}: {made} experiments");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn answers_that_change_and_servers_that_are_not_there_are_causes_too() {
    let number = AtomicUsize::new(0);
    let unstable = Server::start(move |request| {
        let reply = match number.fetch_add(1, Ordering::Relaxed).is_multiple_of(2) {
            true => good(request).bare(),
            false => good(request),
        };
        reply.bytes(request)
    });
    let explanation = explained(&[unstable.url("/items")], "unstable");
    assert_eq!(explanation["causes"][0]["code"], "unstable-answers", "{explanation}");

    let closed = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address");
    let explanation = explained(&[format!("http://{closed}/items")], "closed");
    assert_eq!(explanation["causes"][0]["code"], "endpoint-down", "{explanation}");

    let explanation = explained(&["http://name.invalid/items".to_owned()], "no such name");
    assert_eq!(explanation["causes"][0]["code"], "name-not-resolved", "{explanation}");

    let plain = Server::start(|request| good(request).bytes(request));
    let port = plain.address().port();
    let page = [
        format!("http://api.example:{port}/items"),
        "--resolve".to_owned(),
        format!("api.example:{port}:127.0.0.1"),
    ];
    let explanation = explained(&page, "plain HTTP");
    assert_eq!(explanation["causes"][0]["code"], "mixed-content", "{explanation}");
}
