//! Gateways that have CORS as a feature.

use serde_json::json;

use super::{
    Grant, Setting,
    text::{self, filled, lines, quoted},
};

/// The origins, `*` alone where it is among them.
fn origins(grant: &Grant) -> Vec<String> {
    if grant.any_origin() { vec!["*".to_owned()] } else { grant.origins.clone() }
}

/// Amazon API Gateway: the CORS configuration of an HTTP API.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html>
pub(super) fn api_gateway(grant: &Grant) -> Setting {
    let mut cors = json!({
        "AllowOrigins": origins(grant),
        "AllowMethods": grant.methods,
        "AllowHeaders": grant.headers,
        "ExposeHeaders": grant.exposed,
        "AllowCredentials": grant.credentials
    });
    if let Some(seconds) = grant.max_age {
        cors["MaxAge"] = seconds.into();
    }
    Setting::new(
        text::json(&cors),
        "File for `aws apigatewayv2 update-api --api-id ID --cors-configuration file://FILE` (HTTP APIs). It replaces the \
         CORS fields of the integration.",
    )
    .short("a REST API has no such setting: there every method needs its fields from the integration, and so do the gateway responses")
}

/// Traefik: the `headers` middleware in a dynamic configuration.
/// <https://doc.traefik.io/traefik/reference/routing-configuration/http/middlewares/headers/>
pub(super) fn traefik(grant: &Grant) -> Setting {
    let list = |items: &[String]| format!("[{}]", quoted(items));
    let entries = lines(
        &[
            ("accessControlAllowOriginList", Some(list(&origins(grant)))),
            ("accessControlAllowMethods", Some(list(&grant.methods))),
            ("accessControlAllowHeaders", filled(&grant.headers, list)),
            ("accessControlExposeHeaders", filled(&grant.exposed, list)),
            ("accessControlAllowCredentials", grant.credentials.then(|| "true".to_owned())),
            ("accessControlMaxAge", grant.max_age.map(|seconds| seconds.to_string())),
            ("addVaryHeader", (!grant.any_origin()).then(|| "true".to_owned())),
        ],
        |name, value| format!("        {name}: {value}"),
    );
    Setting::new(
        format!("http:\n  middlewares:\n    cors:\n      headers:\n{entries}"),
        "Goes into the dynamic configuration. Name `cors` first in the router's `middlewares`, before authentication; it \
         replaces the CORS fields of the service.",
    )
}

/// Envoy: the CORS filter. It sends no `Vary` by itself.
/// <https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/cors_filter>
pub(super) fn envoy(grant: &Grant) -> Setting {
    const V3: &str = "type.googleapis.com/envoy.extensions.filters.http.cors.v3";
    let matches: Vec<String> = if grant.any_origin() {
        // The filter sends the request's origin, whatever matched it.
        vec!["          - safe_regex: { regex: \".*\" }".to_owned()]
    } else {
        grant.origins.iter().map(|origin| format!("          - exact: \"{origin}\"")).collect()
    };
    let one = |items: &[String]| format!("\"{}\"", items.join(", "));
    let entries = lines(
        &[
            ("allow_methods", Some(one(&grant.methods))),
            ("allow_headers", filled(&grant.headers, one)),
            ("expose_headers", filled(&grant.exposed, one)),
            ("allow_credentials", grant.credentials.then(|| "true".to_owned())),
            ("max_age", grant.max_age.map(|seconds| format!("\"{seconds}\""))),
        ],
        |name, value| format!("        {name}: {value}"),
    );
    let text = [
        "http_filters:",
        "  - name: envoy.filters.http.cors",
        "    typed_config:",
        &format!("      \"@type\": {V3}.Cors"),
        "virtual_hosts:",
        "  - typed_per_filter_config:",
        "      envoy.filters.http.cors:",
        &format!("        \"@type\": {V3}.CorsPolicy"),
        "        allow_origin_string_match:",
        &matches.join("\n"),
        &entries,
        "    response_headers_to_add:",
        "      - header: { key: Vary, value: Origin }",
        "        append_action: APPEND_IF_EXISTS_OR_ADD",
    ]
    .join("\n");
    Setting::new(
        text,
        "Two parts: the filter goes first into `http_filters` of the HTTP connection manager, before authentication; the \
         other keys go into the virtual host. It replaces the CORS fields of the service.",
    )
}

/// Kong: the `cors` plugin in a declarative configuration.
/// <https://developer.konghq.com/plugins/cors/reference/>
pub(super) fn kong(grant: &Grant) -> Setting {
    const METHODS: &[&str] =
        &["GET", "HEAD", "PUT", "PATCH", "POST", "DELETE", "OPTIONS", "TRACE", "CONNECT"];
    let every = grant.methods.iter().any(|method| method == "*");
    let (methods, impossible): (Vec<String>, Vec<String>) = if every {
        (METHODS.iter().map(|method| (*method).to_owned()).collect(), Vec::new())
    } else {
        grant.methods.iter().cloned().partition(|method| METHODS.contains(&method.as_str()))
    };
    let list = |items: &[String]| format!("[{}]", quoted(items));
    // Without a list of headers the plugin allows every header; `accept` needs no permission.
    let headers = if grant.headers.is_empty() { &["accept".to_owned()][..] } else { &grant.headers };
    let entries = lines(
        &[
            ("origins", Some(list(&origins(grant)))),
            ("methods", Some(list(&methods))),
            ("headers", Some(list(headers))),
            ("exposed_headers", filled(&grant.exposed, list)),
            ("credentials", Some(grant.credentials.to_string())),
            ("max_age", grant.max_age.map(|seconds| seconds.to_string())),
            ("preflight_continue", Some("false".to_owned())),
        ],
        |name, value| format!("      {name}: {value}"),
    );
    let setting = Setting::new(
        format!("plugins:\n  - name: cors\n    config:\n{entries}"),
        "Goes into the declarative configuration, for all services or below a service or route; it replaces a `cors` \
         plugin there and the CORS fields of the service.",
    );
    if impossible.is_empty() {
        return setting;
    }
    setting.short(format!("the plugin cannot allow {}", impossible.join(", ")))
}
