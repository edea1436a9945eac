//! The store over real sockets: what it answers, what each fault changes, what it survives.

mod api;
mod client;
mod faults;
mod forms;
mod hostile;
mod patience;
mod provisioning;
mod rules;
mod signed;
mod styles;

use client::Reply;
use crosscheck_core::{
    message::ObjectSpec,
    policy::{Dialect, Policy, Rule},
};

use super::{Server, ServerConfig, Store};

/// The origins of the default bucket, and one that it does not know.
const A: &str = "https://app.example";
const B: &str = "https://admin.example:8443";
const E: &str = "https://evil.test";

/// A server with the default bucket; `wild`, whose rule has a wildcard; `open`, for any origin;
/// `closed`, without rules; and `shop`, with several for one origin.
async fn server(dialect: Dialect) -> Server {
    let store = Store::with_default_bucket(dialect);
    let buckets = [
        ("wild", Policy::from_origins(["https://*.app.example"]).with_response_vary(true)),
        ("open", Policy::from_origins(["*"]).with_headers(["*"]).with_credentials(true)),
        ("closed", Policy::default()),
        ("shop", shop()),
    ];
    for (name, policy) in buckets {
        store.create_bucket(name).expect("a bucket");
        store.put_policy(name, policy).expect("a policy");
        let spec = ObjectSpec { body: "x".to_owned(), ..ObjectSpec::default() };
        store.put_object(name, "x", &spec).expect("an object");
    }
    Server::start(ServerConfig::new(store)).await.expect("a server")
}

fn shop() -> Policy {
    let reads =
        Rule { allowed_headers: vec!["X-One".into()], max_age_seconds: Some(0), ..rule(&[A], &["GET"]) };
    let writes = Rule { allowed_headers: vec!["X-Two-*".into()], ..rule(&[A], &["PUT"]) };
    let pattern = rule(&["https://b*.example"], &["GET"]);
    let again = Rule { max_age_seconds: Some(44), ..rule(&[A], &["GET"]) };
    Policy { rules: vec![reads, writes, pattern, again], ..Policy::default() }
}

/// A request in a line: `METHOD path | Name: value | Name: value`. The path is below the default
/// bucket unless it begins with a slash; `{A}`, `{B}` and `{E}` are origins, `ACRM` and `ACRH`
/// the fields of a preflight.
fn request(line: &str) -> String {
    let line = line.replace("{A}", A).replace("{B}", B).replace("{E}", E);
    let mut parts = line.split(" | ");
    let (method, path) = parts.next().and_then(|first| first.split_once(' ')).expect("method and path");
    let path = if path.starts_with('/') { path.to_owned() } else { format!("/default/{path}") };
    let mut text = format!("{method} {path} HTTP/1.1\r\nHost: store.test\r\n");
    for part in parts {
        let part = part
            .replace("ACRM:", "Access-Control-Request-Method:")
            .replace("ACRH:", "Access-Control-Request-Headers:");
        text.push_str(&part);
        text.push_str("\r\n");
    }
    text.push_str("Connection: close\r\n\r\n");
    text
}

/// Asks in a line.
async fn ask(server: &Server, line: &str) -> Reply {
    client::ask(server.address(), request(line).as_bytes()).await
}

fn rule(origins: &[&str], methods: &[&str]) -> Rule {
    let list = |entries: &[&str]| entries.iter().map(|entry| (*entry).to_owned()).collect();
    Rule { allowed_origins: list(origins), allowed_methods: list(methods), ..Rule::default() }
}
