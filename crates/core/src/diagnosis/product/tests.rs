use std::fmt::Write;

use serde_json::{Value, json};

use super::*;
use crate::{
    message::Fields,
    policy::{Decision, Dialect, Policy, Question, Rule, evaluate, parse_xml},
};

const ORIGINS: [&str; 2] = ["https://app.example", "http://localhost:5173"];

fn list(items: &[&str]) -> Vec<String> {
    items.iter().map(|item| (*item).to_owned()).collect()
}

/// A grant with everything.
fn rich() -> Grant {
    Grant {
        origins: list(&ORIGINS),
        methods: list(&["GET", "PUT"]),
        headers: list(&["content-type", "x-a"]),
        exposed: list(&["etag", "x-request-id"]),
        credentials: true,
        max_age: Some(600),
    }
}

/// A grant with nothing but an origin and a method.
fn bare() -> Grant {
    Grant { origins: list(&ORIGINS[..1]), methods: list(&["GET"]), ..Grant::default() }
}

fn setting(product: Product, grant: &Grant) -> Setting {
    product.setting(&Wanted::Grant(grant.clone()), &Situation::default()).unwrap()
}

/// The text without the paths that it is for, which may be patterns.
fn without_paths(text: &str) -> String {
    ["'paths' => ['*']", "resource '*'", "addMapping(\"/**\")"]
        .iter()
        .fold(text.to_owned(), |text, path| text.replace(path, ""))
}

#[test]
fn every_product_has_one_name_for_arguments() {
    for product in Product::ALL {
        assert_eq!(product.as_str().parse(), Ok(*product));
        assert_eq!(json!(product), json!(product.as_str()));
        assert!(product.as_str().chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'));
    }
    assert_eq!("NGINX".parse(), Ok(Product::Nginx));
    assert_eq!("gcs".parse(), Ok(Product::CloudStorage));
    for (text, message) in [
        ("ngnix", "`ngnix` is not a known product; did you mean `nginx`?"),
        ("exprss", "`exprss` is not a known product; did you mean `express`?"),
    ] {
        assert_eq!(text.parse::<Product>().unwrap_err().to_string(), message);
    }
    let message = "quite-another".parse::<Product>().unwrap_err().to_string();
    assert!(
        message.starts_with("`quite-another` is not a known product; expected one of oss, s3, "),
        "{message}"
    );
}

#[test]
fn every_text_has_what_is_granted_and_nothing_more() {
    // What a product has no words for in its text.
    let unsaid = |product: Product, word: &str| match word {
        // Always, for named origins.
        "redential" => matches!(
            product,
            Product::Oss
                | Product::S3
                | Product::R2
                | Product::CloudStorage
                | Product::AzureBlob
                | Product::Minio
        ),
        _ => false,
    };
    for product in Product::ALL {
        let name = product.as_str();
        let rich = setting(*product, &rich());
        let text = rich.text.to_ascii_lowercase();
        for word in
            ["https://app.example", "http://localhost:5173", "get", "put", "content-type", "x-a", "etag"]
        {
            assert!(text.contains(word), "{name}: no {word}\n{text}");
        }
        for word in ["x-request-id", "600", "redential"] {
            assert!(text.contains(word) || unsaid(*product, word), "{name}: no {word}\n{text}");
        }
        let bare = setting(*product, &bare());
        for Setting { text, .. } in [&rich, &bare] {
            let text = without_paths(text);
            assert!(!text.contains('*'), "{name} grants *\n{text}");
            assert!(!text.ends_with('\n') && !text.contains("\n\n\n"), "{name}: {text:?}");
        }
        let text = bare.text.to_ascii_lowercase();
        for word in ["5173", "x-a", "put", "x-request-id", "credentials true", "credentials: true"] {
            // Kong names every method only where every method is granted.
            assert!(!text.contains(word), "{name} grants {word}\n{text}");
        }
        assert!(bare.replaces.ends_with('.'), "{name}: {}", bare.replaces);
        assert!(rich.shortfalls.iter().all(|text| !text.ends_with('.')), "{name}: {:?}", rich.shortfalls);
    }
}

#[test]
fn every_origin_is_granted_only_on_demand_and_without_credentials() {
    let grant = Grant { origins: list(&["*"]), ..rich() };
    for product in Product::ALL {
        let setting = setting(*product, &grant);
        let name = product.as_str();
        let any = ["*", "AllowAnyOrigin", "allow_any_origin", "CORS_ALLOW_ALL_ORIGINS = True", "cors::Any"];
        assert!(
            any.iter().any(|word| without_paths(&setting.text).contains(word)),
            "{name}: {}",
            setting.text
        );
        assert!(
            setting.shortfalls.iter().any(|text| text.contains("browsers refuse *")),
            "{name}: {:?}",
            setting.shortfalls
        );
        let text = setting.text.to_ascii_lowercase();
        for word in [
            "credentials true",
            "credentials: true",
            "credentials\": true",
            "credentials=true",
            "credentials(true",
            "supports_credentials()",
            "allowcredentials()",
        ] {
            assert!(!text.contains(word), "{name}: {word}\n{text}");
        }
    }
}

#[test]
fn what_a_configuration_language_could_read_as_its_own_is_not_rendered() {
    for origin in
        ["https://a.example\"; evil", "https://a'b.example", "https://$host", "https://a.example\nx", ""]
    {
        let grant = Grant { origins: list(&[origin]), ..rich() };
        for product in Product::ALL {
            let wanted = Wanted::Grant(grant.clone());
            assert_eq!(product.setting(&wanted, &Situation::default()), None, "{product} {origin:?}");
        }
    }
    for grant in [
        Grant { headers: list(&["x-a`b"]), ..rich() },
        Grant { methods: list(&["GET$"]), ..rich() },
        Grant { methods: Vec::new(), ..rich() },
        Grant { origins: Vec::new(), ..rich() },
    ] {
        assert_eq!(Product::Nginx.setting(&Wanted::Grant(grant), &Situation::default()), None);
    }
}

#[test]
fn documents_can_be_read_and_say_the_same() {
    let grant = rich();
    for (product, dialect) in [(Product::Oss, Dialect::Oss), (Product::Minio, Dialect::S3)] {
        let policy = parse_xml(setting(product, &grant).text.as_bytes(), dialect).unwrap();
        let rule = Rule {
            id: None,
            allowed_origins: grant.origins.clone(),
            allowed_methods: grant.methods.clone(),
            allowed_headers: grant.headers.clone(),
            expose_headers: grant.exposed.clone(),
            max_age_seconds: Some(600),
        };
        assert_eq!((&policy.rules, policy.response_vary), (&vec![rule], dialect == Dialect::Oss));
    }
    let both = json!(["content-type", "x-a", "etag", "x-request-id"]);
    for (product, pointer, expected) in [
        (Product::S3, "/0/AllowedOrigins", json!(ORIGINS)),
        (Product::S3, "/0/MaxAgeSeconds", json!(600)),
        (Product::R2, "/0/ExposeHeaders", json!(["etag", "x-request-id"])),
        (Product::CloudStorage, "/0/responseHeader", both),
        (Product::CloudStorage, "/0/origin", json!(ORIGINS)),
        (Product::AzureBlob, "/properties/cors/corsRules/0/allowedMethods", json!(["GET", "PUT"])),
        (Product::AlibabaCdn, "/0/functionArgs/1/argValue", json!(ORIGINS.join(","))),
        (Product::CloudFront, "/CorsConfig/AccessControlAllowOrigins/Quantity", json!(2)),
        (Product::Cloudflare, "/rules/1/action_parameters/headers/Vary/value", json!("Origin")),
        (Product::ApiGateway, "/AllowCredentials", json!(true)),
    ] {
        let document: Value = serde_json::from_str(&setting(product, &grant).text).unwrap();
        assert_eq!(document.pointer(pointer), Some(&expected), "{product} {pointer}\n{document:#}");
    }
    let policy = "/virtual_hosts/0/typed_per_filter_config/envoy.filters.http.cors";
    for (product, pointer, expected) in [
        (Product::Traefik, "/http/middlewares/cors/headers/accessControlAllowOriginList", json!(ORIGINS)),
        (Product::Traefik, "/http/middlewares/cors/headers/addVaryHeader", json!(true)),
        (Product::Kong, "/plugins/0/config/origins", json!(ORIGINS)),
        (Product::Kong, "/plugins/0/config/max_age", json!(600)),
        (Product::Envoy, "/http_filters/0/name", json!("envoy.filters.http.cors")),
        (Product::Envoy, &format!("{policy}/allow_origin_string_match/1/exact"), json!(ORIGINS[1])),
        (Product::Envoy, &format!("{policy}/max_age"), json!("600")),
        (Product::Envoy, "/virtual_hosts/0/response_headers_to_add/0/header/value", json!("Origin")),
    ] {
        let document: Value = serde_saphyr::from_str(&setting(product, &grant).text).unwrap();
        assert_eq!(document.pointer(pointer), Some(&expected), "{product} {pointer}\n{document:#}");
    }
}

#[test]
fn what_a_store_cannot_allow_is_said() {
    let with = |methods: &[&str]| Wanted::Grant(Grant { methods: list(methods), ..rich() });
    let setting = Product::S3.setting(&with(&["GET", "PATCH"]), &Situation::default()).unwrap();
    assert_eq!(setting.shortfalls, ["the rules of S3 cannot allow PATCH"]);
    assert!(!setting.text.contains("PATCH"));
    assert_eq!(Product::Oss.setting(&with(&["PATCH"]), &Situation::default()), None);
    assert!(Product::AzureBlob.setting(&with(&["PATCH"]), &Situation::default()).is_some());
}

fn rule(origins: &[&str], methods: &[&str], exposed: &[&str]) -> Rule {
    Rule {
        allowed_origins: list(origins),
        allowed_methods: list(methods),
        expose_headers: list(exposed),
        ..Rule::default()
    }
}

/// A policy of the bucket with these rules.
fn bucket(rules: Vec<Rule>) -> Policy {
    Policy { rules, ..Policy::default() }
}

#[test]
fn a_new_rule_stands_where_it_works_and_the_others_stay() {
    let other = rule(&["https://other.example"], &["GET", "PUT"], &["x-oss-version-id"]);
    let every = rule(&["*"], &["GET"], &["ETag", "Content-Range"]);
    let posts = rule(&["https://app.example"], &["POST"], &[]);
    let any = Grant { origins: list(&["*"]), credentials: false, ..rich() };
    for (what, present, grant, place, exposed) in [
        ("no rules", vec![], rich(), 0, "etag, x-request-id"),
        ("nothing in common", vec![other.clone(), posts.clone()], rich(), 2, "etag, x-request-id"),
        (
            "before a rule that answers first, and with less",
            vec![other.clone(), every.clone()],
            rich(),
            1,
            "etag, x-request-id, Content-Range",
        ),
        (
            "every origin after some, before a rule for every origin",
            vec![other.clone(), every],
            any.clone(),
            1,
            "etag, x-request-id, Content-Range",
        ),
        ("every origin last", vec![other, posts], any, 2, "etag, x-request-id"),
    ] {
        let present = bucket(present);
        let situation = Situation { present: Some(&present), ..Situation::default() };
        let wanted = Wanted::Grant(grant.clone());
        let setting = Product::Oss.setting(&wanted, &situation).unwrap();
        let policy = parse_xml(setting.text.as_bytes(), Dialect::Oss).unwrap();
        let mut rest = policy.rules.clone();
        let new = rest.remove(place);
        assert_eq!(rest, present.rules, "{what}");
        let mut found = new.expose_headers.clone();
        found.sort();
        let mut expected: Vec<&str> = exposed.split(", ").collect();
        expected.sort_unstable();
        assert_eq!(found, expected, "{what}");
        if !present.rules.is_empty() {
            assert!(
                setting.replaces.contains(&format!("rule {}", place + 1)),
                "{what}: {}",
                setting.replaces
            );
        }
        // The new rule decides for its own pages.
        let origin = if grant.any_origin() { "https://new.example" } else { "https://app.example" };
        let question = Question::preflight(origin, "PUT", ["content-type", "x-a"]);
        let decision = evaluate(&policy, Dialect::Oss, &question).decision;
        assert!(matches!(decision, Decision::Matched { rule, .. } if rule == place), "{what}: {decision:?}");
    }
}

#[test]
fn a_full_bucket_is_said() {
    let rules: Vec<Rule> =
        (0..10).map(|n| rule(&[&format!("https://a{n}.example")], &["GET"], &[])).collect();
    let present = bucket(rules);
    let situation = Situation { present: Some(&present), ..Situation::default() };
    let setting = Product::Oss.setting(&Wanted::Grant(rich()), &situation).unwrap();
    assert!(
        setting.shortfalls.iter().any(|text| text.contains("at most 10 rules")),
        "{:?}",
        setting.shortfalls
    );
}

#[test]
fn rules_that_are_there_are_escaped() {
    let mut named = rule(&["https://a&b.example"], &["GET"], &[]);
    named.id = Some("a < b".to_owned());
    let present = bucket(vec![named.clone()]);
    let situation = Situation { present: Some(&present), ..Situation::default() };
    let setting = Product::Minio.setting(&Wanted::Grant(rich()), &situation).unwrap();
    assert_eq!(parse_xml(setting.text.as_bytes(), Dialect::S3).unwrap().rules[0], named);
}

#[test]
fn an_application_that_answers_too_is_silenced() {
    for (product, word) in [
        (Product::Nginx, "proxy_hide_header Access-Control-Allow-Origin;"),
        (Product::Apache, "Header unset Access-Control-Allow-Origin"),
    ] {
        for (application_answers, expected) in [(false, false), (true, true)] {
            let situation = Situation { application_answers, present: None };
            let setting = product.setting(&Wanted::Grant(rich()), &situation).unwrap();
            assert_eq!(setting.text.contains(word), expected, "{product}: {}", setting.text);
        }
    }
    let situation = Situation { application_answers: true, present: None };
    let setting = Product::Caddy.setting(&Wanted::Grant(rich()), &situation).unwrap();
    assert!(setting.replaces.contains("header_down -Access-Control-*"), "{}", setting.replaces);
}

#[test]
fn caches_forward_keep_apart_and_purge() {
    let url = "https://cdn.example/a/b.json?v=1";
    for (product, forwards, purges) in [
        (Product::CloudFront, Some("Access-Control-Request-Headers"), Some("--paths '/a/b.json?v=1'")),
        (Product::AlibabaCdn, Some("Origin"), Some("--ObjectPath 'https://cdn.example/a/b.json?v=1'")),
        (
            Product::Cloudflare,
            Some("\"exclude_origin\": false"),
            Some("\"https://cdn.example/a/b.json?v=1\""),
        ),
        (Product::Nginx, Some("$http_origin"), None),
        (Product::Oss, None, None),
        (Product::Express, None, None),
    ] {
        for (wanted, word) in
            [(Wanted::ForwardOrigin, forwards), (Wanted::Purge { url: url.to_owned() }, purges)]
        {
            let setting = product.setting(&wanted, &Situation::default());
            assert_eq!(setting.is_some(), word.is_some(), "{product} {wanted:?}");
            if let (Some(setting), Some(word)) = (setting, word) {
                assert!(setting.text.contains(word), "{product} {wanted:?}: {}", setting.text);
                assert!(!setting.applied);
            }
        }
    }
    for url in ["not a url", "https://cdn.example/it's", "mailto:a@b.example"] {
        let wanted = Wanted::Purge { url: url.to_owned() };
        assert_eq!(Product::CloudFront.setting(&wanted, &Situation::default()), None, "{url}");
    }
}

#[test]
fn what_stands_in_front_is_named_first() {
    for (fields, expected) in [
        (&[("Server", "AliyunOSS"), ("x-oss-request-id", "1")][..], "Alibaba Cloud OSS"),
        (&[("Server", "AmazonS3"), ("x-amz-request-id", "1")], "Amazon S3"),
        (&[("x-amz-request-id", "1")], "perhaps a store with the API of S3"),
        (&[("Server", "MinIO"), ("x-amz-request-id", "1")], "MinIO, perhaps a store with the API of S3"),
        (
            &[("x-amz-request-id", "1"), ("X-Amz-Cf-Id", "2")],
            "Amazon CloudFront, perhaps a store with the API of S3",
        ),
        (&[("apigw-requestid", "1")], "Amazon API Gateway"),
        (&[("x-amz-apigw-id", "1"), ("x-amz-cf-id", "2")], "Amazon API Gateway, Amazon CloudFront"),
        (
            &[("Server", "cloudflare"), ("CF-RAY", "1"), ("x-oss-request-id", "1")],
            "Cloudflare, Alibaba Cloud OSS",
        ),
        (&[("Via", "cache13.l2et15[0,0], kunlun4.cn1[1]"), ("EagleId", "1")], "Alibaba Cloud CDN"),
        (&[("X-Swift-CacheTime", "60"), ("Server", "Tengine")], "Alibaba Cloud CDN, perhaps nginx"),
        (&[("Server", "UploadServer"), ("x-goog-hash", "1")], "Google Cloud Storage"),
        (&[("Server", "Windows-Azure-Blob/1.0"), ("x-ms-request-id", "1")], "Azure Blob Storage"),
        (&[("x-ms-request-id", "1")], "perhaps Azure Blob Storage"),
        (&[("Via", "1.1 kong/3.9.1"), ("Server", "uvicorn")], "Kong, perhaps FastAPI"),
        (&[("Server", "envoy"), ("X-Envoy-Upstream-Service-Time", "1")], "Envoy"),
        (&[("Server", "istio-envoy")], "Envoy"),
        (&[("Server", "Caddy")], "Caddy"),
        (&[("Via", "1.1 Caddy"), ("X-Powered-By", "Express")], "Caddy, Express"),
        (&[("Server", "nginx/1.22.1"), ("X-Powered-By", "Express")], "nginx, Express"),
        (
            &[("Server", "Apache/2.4.62 (Debian)"), ("X-Powered-By", "PHP/8.4")],
            "Apache httpd, perhaps Laravel",
        ),
        (&[("Server", "Apache")], "Apache httpd"),
        (&[("Server", "Apache-Coyote/1.1")], "perhaps Spring"),
        (&[("x-goog-iap-generated-response", "true")], "perhaps Google Cloud Storage"),
        (&[("Server", "Kestrel")], "ASP.NET Core"),
        (&[("Server", "Werkzeug/3.1 Python/3.13")], "perhaps Flask"),
        (&[("Server", "WSGIServer/0.2 CPython/3.13")], "perhaps Django"),
        (&[("Server", "gunicorn")], "perhaps Django"),
        (&[("Server", "uvicorn")], "perhaps FastAPI"),
        (&[("X-Runtime", "0.1")], "perhaps Rails"),
        (&[("Set-Cookie", "laravel_session=1"), ("X-Powered-By", "PHP/8.4")], "Laravel"),
        (&[("Server", "mine")], ""),
        (&[], ""),
    ] {
        let fields: Fields =
            fields.iter().map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec())).collect();
        let guesses = Product::guesses(&fields);
        let found: Vec<String> = guesses.iter().map(ToString::to_string).collect();
        assert_eq!(found.join(", "), expected, "{fields:?}");
        assert_eq!(Product::guess(&fields), guesses.first().copied());
    }
}

#[test]
fn the_texts() {
    let mut out = String::new();
    for product in Product::ALL {
        let setting = setting(*product, &rich());
        let _ = writeln!(out, "=== {product} ({})", product.as_str());
        let _ = writeln!(out, "{}", setting.text);
        let _ = writeln!(out, "--- {}", setting.replaces);
        for (label, value) in &setting.console {
            let _ = writeln!(out, "--- console: {label}: {}", value.replace('\n', " ⏎ "));
        }
        for shortfall in &setting.shortfalls {
            let _ = writeln!(out, "--- short: {shortfall}");
        }
        let _ = writeln!(out, "--- {}\n", if setting.applied { "applied" } else { "not applied here" });
    }
    insta::assert_snapshot!(out);
}
