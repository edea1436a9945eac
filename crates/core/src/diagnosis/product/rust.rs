//! Frameworks of Rust.

use super::{
    Grant, Setting,
    text::{filled, lines, quoted},
};

/// The methods that are constants of `http::Method`.
const METHODS: &[&str] = &["GET", "HEAD", "PUT", "POST", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT"];

fn every(list: &[String]) -> bool {
    list.iter().any(|name| name == "*")
}

/// axum, and everything of tower, with `CorsLayer` of tower-http.
/// <https://docs.rs/tower-http/latest/tower_http/cors/struct.CorsLayer.html>
pub(super) fn tower_http(grant: &Grant) -> Setting {
    let all = |list: &[String], one: &dyn Fn(&str) -> String| {
        if every(list) {
            return "tower_http::cors::Any".to_owned();
        }
        let items: Vec<String> = list.iter().map(|item| one(item)).collect();
        format!("[{}]", items.join(", "))
    };
    let method = |name: &str| {
        if METHODS.contains(&name) {
            format!("Method::{name}")
        } else {
            // A token, which is always a valid method.
            format!("Method::from_bytes(b\"{name}\").unwrap()")
        }
    };
    let value = |origin: &str| format!("HeaderValue::from_static(\"{origin}\")");
    let name = |header: &str| format!("HeaderName::from_static(\"{}\")", header.to_ascii_lowercase());
    let calls = lines(
        &[
            ("allow_origin", Some(all(&grant.origins, &value))),
            ("allow_methods", Some(all(&grant.methods, &method))),
            ("allow_headers", filled(&grant.headers, |list| all(list, &name))),
            ("expose_headers", filled(&grant.exposed, |list| all(list, &name))),
            ("allow_credentials", grant.credentials.then(|| "true".to_owned())),
            ("max_age", grant.max_age.map(|seconds| format!("std::time::Duration::from_secs({seconds})"))),
        ],
        |name, value| format!("    .{name}({value})"),
    );
    let mut names = Vec::new();
    if !every(&grant.headers) && !grant.headers.is_empty()
        || !every(&grant.exposed) && !grant.exposed.is_empty()
    {
        names.push("HeaderName");
    }
    if !grant.any_origin() {
        names.push("HeaderValue");
    }
    if !every(&grant.methods) {
        names.push("Method");
    }
    let uses = if names.is_empty() {
        String::new()
    } else {
        format!("use axum::http::{{{}}};\n\n", names.join(", "))
    };
    Setting::new(
        format!("{uses}let cors = tower_http::cors::CorsLayer::new()\n{calls};\nlet app = app.layer(cors);"),
        "The last layer that is added, so that it is the outermost, in place of another `CorsLayer`; needs the feature \
         `cors` of tower-http.",
    )
}

/// Actix Web with actix-cors. <https://docs.rs/actix-cors/latest/actix_cors/struct.Cors.html>
pub(super) fn actix_web(grant: &Grant) -> Setting {
    let mut calls: Vec<String> = Vec::new();
    if grant.any_origin() {
        calls.push("allow_any_origin()".to_owned());
        calls.push("send_wildcard()".to_owned());
    } else {
        calls.extend(grant.origins.iter().map(|origin| format!("allowed_origin(\"{origin}\")")));
    }
    calls.push(if every(&grant.methods) {
        "allow_any_method()".to_owned()
    } else {
        format!("allowed_methods([{}])", quoted(&grant.methods))
    });
    if every(&grant.headers) {
        calls.push("allow_any_header()".to_owned());
    } else if !grant.headers.is_empty() {
        calls.push(format!("allowed_headers([{}])", quoted(&grant.headers)));
    }
    if every(&grant.exposed) {
        calls.push("expose_any_header()".to_owned());
    } else if !grant.exposed.is_empty() {
        calls.push(format!("expose_headers([{}])", quoted(&grant.exposed)));
    }
    if grant.credentials {
        calls.push("supports_credentials()".to_owned());
    }
    calls.push(match grant.max_age {
        Some(seconds) => format!("max_age({seconds})"),
        None => "max_age(None)".to_owned(),
    });
    let calls: Vec<String> = calls.iter().map(|call| format!("    .{call}")).collect();
    Setting::new(
        format!(
            "let cors = actix_cors::Cors::default()\n{};\nlet app = App::new().wrap(cors);",
            calls.join("\n")
        ),
        "Goes into the closure of `HttpServer::new`, in place of `App::new()`; other middleware is wrapped before, so that \
         this is the outermost.",
    )
}
