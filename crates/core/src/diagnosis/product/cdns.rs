//! Content delivery networks: what they add themselves, what they forward and keep apart, how a response is removed.

use serde_json::{Value, json};

use super::{Grant, Product, Setting, text};

/// What a CDN that only adds fields leaves to the server behind it.
const PREFLIGHTS: &str = "it adds fields to responses of the origin server, which must answer OPTIONS itself with a \
                          status from 200 to 299";

/// Alibaba Cloud CDN: functions of `BatchSetCdnDomainConfig`. With `access_origin_control`, the CDN compares the
/// request's `Origin` with the values and sends back the one that is equal.
/// <https://www.alibabacloud.com/help/en/cdn/developer-reference/parameters-for-configuring-features-for-domain-names>
pub(super) fn alibaba_cdn(grant: &Grant) -> Setting {
    let header = |name: &str, value: String, check: bool| {
        let mut arguments = vec![("key", name.to_owned()), ("value", value)];
        arguments.push(("header_operation_type", "add".to_owned()));
        arguments.push(("duplicate", if name == "Vary" { "on" } else { "off" }.to_owned()));
        if check {
            arguments.push(("access_origin_control", "on".to_owned()));
        }
        let arguments: Vec<Value> =
            arguments.iter().map(|(name, value)| json!({ "argName": name, "argValue": value })).collect();
        json!({ "functionName": "set_resp_header", "functionArgs": arguments })
    };
    let any = grant.any_origin();
    let origins = if any { "*".to_owned() } else { grant.origins.join(",") };
    let mut functions = vec![header("Access-Control-Allow-Origin", origins, !any)];
    functions.extend(fields(grant).into_iter().map(|(name, value)| header(name, value, false)));
    if !any {
        functions.push(header("Vary", "Origin".to_owned(), false));
    }
    Setting::new(
        text::json(&Value::Array(functions)),
        "Argument `Functions` of BatchSetCdnDomainConfig; in the console: Domain Names > Manage > Cache > Modify \
         Outgoing Response Header. Fields of the same name from the origin server are replaced.",
    )
    .short(PREFLIGHTS)
}

/// Every CORS field but the origin's.
fn fields(grant: &Grant) -> Vec<(&'static str, String)> {
    let mut fields = vec![("Access-Control-Allow-Methods", grant.methods.join(", "))];
    if !grant.headers.is_empty() {
        fields.push(("Access-Control-Allow-Headers", grant.headers.join(", ")));
    }
    if !grant.exposed.is_empty() {
        fields.push(("Access-Control-Expose-Headers", grant.exposed.join(", ")));
    }
    if grant.credentials {
        fields.push(("Access-Control-Allow-Credentials", "true".to_owned()));
    }
    if let Some(seconds) = grant.max_age {
        fields.push(("Access-Control-Max-Age", seconds.to_string()));
    }
    fields
}

/// Amazon CloudFront: a response headers policy.
/// <https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_ResponseHeadersPolicyCorsConfig.html>
pub(super) fn cloudfront(grant: &Grant) -> Setting {
    let list = |items: &[String]| json!({ "Quantity": items.len(), "Items": items });
    // The list of headers is required; `accept` needs no permission.
    let headers = if grant.headers.is_empty() { &["accept".to_owned()][..] } else { &grant.headers };
    let methods = if grant.methods.iter().any(|method| method == "*") {
        list(&["ALL".to_owned()])
    } else {
        list(&grant.methods)
    };
    let origins = if grant.any_origin() { list(&["*".to_owned()]) } else { list(&grant.origins) };
    let mut cors = json!({
        "AccessControlAllowOrigins": origins,
        "AccessControlAllowMethods": methods,
        "AccessControlAllowHeaders": list(headers),
        "AccessControlAllowCredentials": grant.credentials,
        "OriginOverride": true
    });
    if !grant.exposed.is_empty() {
        cors["AccessControlExposeHeaders"] = list(&grant.exposed);
    }
    if let Some(seconds) = grant.max_age {
        cors["AccessControlMaxAgeSec"] = seconds.into();
    }
    Setting::new(
        text::json(&json!({ "Name": "cors", "CorsConfig": cors })),
        "File for `aws cloudfront create-response-headers-policy --response-headers-policy-config file://FILE`; attach \
         the policy to the cache behavior. It replaces the origin server's CORS fields.",
    )
    .short("the cache behavior must allow OPTIONS, and the origin server must answer it with a status from 200 to 299")
}

/// Cloudflare: rules of the phase `http_response_headers_transform`.
/// <https://developers.cloudflare.com/rules/transform/response-header-modification/>
pub(super) fn cloudflare(grant: &Grant) -> Setting {
    let any = grant.any_origin();
    let origin = "http.request.headers[\"origin\"][0]";
    let set = |value: &str| json!({ "operation": "set", "value": value });
    let mut headers = serde_json::Map::new();
    let echoed = json!({ "operation": "set", "expression": origin });
    headers.insert("Access-Control-Allow-Origin".to_owned(), if any { set("*") } else { echoed });
    for (name, value) in fields(grant) {
        headers.insert(name.to_owned(), set(&value));
    }
    let names: Vec<String> = grant.origins.iter().map(|origin| format!("\"{origin}\"")).collect();
    let rule = |description: &str, expression: String, headers: Value| {
        json!({
            "description": description,
            "expression": expression,
            "action": "rewrite",
            "action_parameters": { "headers": headers }
        })
    };
    let when = if any { "true".to_owned() } else { format!("{origin} in {{{}}}", names.join(" ")) };
    let mut rules = vec![rule("CORS", when, Value::Object(headers))];
    if !any {
        let vary = json!({ "Vary": { "operation": "add", "value": "Origin" } });
        rules.push(rule("CORS: Vary on every response", "true".to_owned(), vary));
    }
    Setting::new(
        text::json(&json!({ "rules": rules })),
        "Rules to add to the zone's ruleset of the phase `http_response_headers_transform` (Rules > Overview > Response \
         Header Transform Rules). Fields of the same name from the origin server are replaced; a challenge or Access \
         policy must let OPTIONS pass.",
    )
    .short(PREFLIGHTS)
}

/// How a cache forwards `Origin` and the preflight's fields, and keeps responses to different ones apart.
pub(super) fn forward_origin(product: Product) -> Option<Setting> {
    const NAMES: [&str; 3] = ["Origin", "Access-Control-Request-Method", "Access-Control-Request-Headers"];
    Some(match product {
        Product::CloudFront => Setting::new(
            text::json(&json!({
                "Name": "cache-by-origin",
                "MinTTL": 0,
                "DefaultTTL": 86400,
                "MaxTTL": 31_536_000,
                "ParametersInCacheKeyAndForwardedToOrigin": {
                    "EnableAcceptEncodingGzip": true,
                    "EnableAcceptEncodingBrotli": true,
                    "HeadersConfig": {
                        "HeaderBehavior": "whitelist", "Headers": { "Quantity": NAMES.len(), "Items": NAMES }
                    },
                    "CookiesConfig": { "CookieBehavior": "none" },
                    "QueryStringsConfig": { "QueryStringBehavior": "all" }
                }
            })),
            "File for `aws cloudfront create-cache-policy --cache-policy-config file://FILE`; it replaces the cache policy \
             of the cache behavior, whose lifetimes, cookies and query strings must be kept. Allow OPTIONS there.",
        ),
        Product::AlibabaCdn => Setting {
            console: vec![("HTTP Headers", "Origin".to_owned())],
            ..Setting::new(
                "Domain Names > Manage > Cache > Custom Cache Key > HTTP Headers: Origin",
                "Adds `Origin` to the custom cache key of the domain; the request to the origin server already carries it. \
                 A purge by URL does not find responses under a custom key: purge the directory.",
            )
        },
        Product::Cloudflare => Setting::new(
            text::json(&json!({
                "rules": [{
                    "description": "Cache by Origin",
                    "expression": "true",
                    "action": "set_cache_settings",
                    "action_parameters": {
                        "cache_key": { "custom_key": { "header": { "exclude_origin": false } } }
                    }
                }]
            })),
            "Rule to add to the ruleset of the phase `http_request_cache_settings` (Caching > Cache Rules). Without a \
             custom cache key, `Origin` is part of the key already: then remove the rule or Worker that leaves it out.",
        ),
        Product::Nginx => Setting::new(
            "proxy_cache_key \"$scheme$proxy_host$request_uri $http_origin\";",
            "Replaces the `proxy_cache_key` beside `proxy_cache`; nginx forwards `Origin` already.",
        ),
        _ => return None,
    })
}

/// How a stored response is removed.
pub(super) fn purge(product: Product, url: &str) -> Option<Setting> {
    let parsed = url::Url::parse(url).ok().filter(|url| url.has_host())?;
    // Only characters of URLs, without those that end a string of a shell.
    let url = parsed.as_str();
    if url.contains(['\'', '"', '`', '$', '\\']) {
        return None;
    }
    let path = parsed.query().map_or(parsed.path().to_owned(), |query| format!("{}?{query}", parsed.path()));
    Some(match product {
        Product::CloudFront => Setting::new(
            format!("aws cloudfront create-invalidation --distribution-id ID --paths '{path}'"),
            "Command for a shell; ID is the distribution's.",
        ),
        Product::AlibabaCdn => Setting::new(
            format!("aliyun cdn RefreshObjectCaches --ObjectType File --ObjectPath '{url}'"),
            "Command for a shell; with a custom cache key, purge the directory instead (`--ObjectType Directory`).",
        ),
        Product::Cloudflare => Setting::new(
            text::json(&json!({ "files": [url] })),
            "Body of POST /zones/ZONE_ID/purge_cache. Responses to requests with `Origin` are stored one by one: add an \
             entry {\"url\", \"headers\": {\"Origin\"}} for each origin.",
        ),
        _ => return None,
    })
}
