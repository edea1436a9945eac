use url::Url;

use super::*;
use crate::message::{Request, Response};

const TOKEN: &str = "tok/en+1%20\\ \"2\" = xyz";

fn knowing(value: &str) -> Redactor {
    let mut redactor = Redactor::new();
    redactor.add_header(
        "authorization",
        &format!("Bearer {value}"),
        Some("Bearer ${API_TOKEN}"),
        Secrecy::Anywhere,
    );
    redactor.add_variable("API_TOKEN", value);
    redactor
}

#[test]
fn headers_are_hidden_by_name_and_by_value() {
    for (name, value, expected) in [
        ("Authorization", "Bearer abcdef", Secrecy::Anywhere),
        ("X-Api-Key", "abc", Secrecy::InItsField),
        ("Cookie", "a=b", Secrecy::InItsField),
        ("X-Tenant", "42", Secrecy::Plain),
        ("X-Tenant", "staging", Secrecy::Plain),
        ("X-Tenant", "production", Secrecy::InItsField),
        ("X-Custom", "a1b2c3d4", Secrecy::Anywhere),
        ("X-Custom", "open sesame now", Secrecy::Anywhere),
        ("X-Custom", "Bearer x", Secrecy::Anywhere),
        ("X-Custom", "a1b2c3d", Secrecy::Plain),
        ("Accept", "application/json", Secrecy::Plain),
        ("Access-Control-Request-Headers", "authorization", Secrecy::Plain),
        ("Content-Type", "text/plain;charset=utf-8", Secrecy::Plain),
        ("Authorization", "", Secrecy::Plain),
    ] {
        assert_eq!(secrecy(name, value), expected, "{name}: {value}");
    }
    for name in [
        "Proxy-Authorization",
        "X-Amz-Security-Token",
        "GITLAB_PAT",
        "DB_PASSWORD",
        "x-oss-signature",
        "ApiKey",
    ] {
        assert!(looks_secret(name), "{name}");
    }
    for name in ["X-Request-Id", "Accept", "X-Monkey", "Keyboard", "CI_COMMIT", "Path"] {
        assert!(!looks_secret(name), "{name}");
    }
}

#[test]
fn a_value_is_found_in_every_form() {
    use base64::{Engine, engine::general_purpose::STANDARD};
    let redactor = knowing(TOKEN);
    let form: String = url::form_urlencoded::byte_serialize(TOKEN.as_bytes()).collect();
    let percent: String = TOKEN.bytes().map(|byte| format!("%{byte:02x}")).collect();
    let json = serde_json::to_string(TOKEN).expect("JSON");
    let unicode: String = TOKEN.bytes().map(|byte| format!("\\u00{byte:02X}")).collect();
    let twice = percent.replace('%', "%25");
    let html = TOKEN.replace('"', "&quot;").replace('=', "&#x3D;");
    for text in [TOKEN, &form, &percent, json.trim_matches('"'), &unicode, &twice, &html] {
        assert_eq!(redactor.text(&format!("<{text}>")), "<***>", "{text}");
    }
    for before in ["", "a", "ab", "user:"] {
        let encoded = STANDARD.encode(format!("{before}{TOKEN}z"));
        let shown = redactor.text(&encoded);
        assert!(shown.contains(HIDDEN) && shown.len() < 16, "{encoded} {shown}");
    }
    assert_eq!(redactor.text("tok/en+1"), "tok/en+1", "a part of it is not the secret");
    assert_eq!(redactor.text(&format!("Bearer {TOKEN}, again")), "***, again");
}

#[test]
fn the_password_of_basic_authentication_is_found_decoded() {
    let mut redactor = Redactor::new();
    redactor.add_header("Authorization", "Basic dXNlcjpodW50ZXIyMg==", None, Secrecy::Anywhere);
    assert_eq!(redactor.text("user:hunter22 hunter22 dXNlcjpodW50ZXIyMg=="), "*** *** ***");
}

#[test]
fn short_values_are_hidden_in_their_field_only() {
    let mut redactor = Redactor::new();
    redactor.add_header("x-stage", "dev", None, Secrecy::InItsField);
    redactor.add_header("x-key", "GET", None, Secrecy::Anywhere);
    assert_eq!(redactor.text("dev GET"), "dev GET");
    for name in ["X-Stage", "X-Key"] {
        let value = if name == "X-Key" { "GET" } else { "dev" };
        assert_eq!(
            redactor.field(Side::Request, name, value).map(|shown| shown.text).as_deref(),
            Some("***")
        );
    }
    assert_eq!(redactor.field(Side::Request, "x-other", "dev"), None);
}

#[test]
fn hosts_and_origins_are_never_hidden() {
    let mut redactor = Redactor::new();
    redactor.keep("https://staging.example.com");
    redactor.add_variable("HOST", "staging.example.com");
    assert_eq!(redactor.text("https://staging.example.com/x"), "https://staging.example.com/x");
}

#[test]
fn parameters_are_hidden_by_their_names_in_any_text() {
    let redactor = Redactor::new();
    for (text, expected) in [
        ("https://b.example/x?X-Amz-Signature=abc&q=1", "https://b.example/x?X-Amz-Signature=***&q=1"),
        ("see </x?a=1&sig=a%2Fb>", "see </x?a=1&sig=***>"),
        ("?key=1&key-marker=2&max-keys=3", "?key=***&key-marker=2&max-keys=3"),
        ("https://a.example/#access_token=abc", "https://a.example/#access_token=***"),
        (
            "Credential=AKIA/x, SignedHeaders=host, Signature=ff",
            "Credential=***, SignedHeaders=host, Signature=***",
        ),
        ("{\"location\":\"/x?a=1\\u0026b=2&token=t\"}", "{\"location\":\"/x?a=1\\u0026b=2&token=***\"}"),
        ("&amp;token=t&amp;x=1", "&amp;token=***&amp;x=1"),
        ("credentials=include max-age=5", "credentials=include max-age=5"),
        ("?X-Amz-Signature=${X_AMZ_SIGNATURE}", "?X-Amz-Signature=${X_AMZ_SIGNATURE}"),
        ("https://user:pass@a.example/", "https://user:***@a.example/"),
        ("https://ghp16charsoftoken@a.example/", "https://***@a.example/"),
        // An origin that somebody tries to be taken for another one with.
        ("https://app.example@evil.example", "https://app.example@evil.example"),
        ("https://app.example:443@evil.example", "https://app.example:443@evil.example"),
    ] {
        assert_eq!(redactor.text(text), expected);
    }
}

#[test]
fn a_request_is_kept_without_secrets_and_can_be_sent_again() {
    let mut redactor = knowing("abcdef0123");
    let url = "https://b.example/a?X-Amz-Signature=aa11bb22cc33&q=abcdef0123";
    let mut request = Request::new("PUT", Url::parse(url).expect("a URL"));
    for (name, value) in [
        ("Host", "b.example"),
        ("Authorization", "Bearer abcdef0123"),
        ("Cookie", "sid=5e55104a; lang=en"),
        ("X-Api-Key", "literal-key-1"),
        ("X-Echo", "is abcdef0123"),
    ] {
        request.fields.push(name, value.as_bytes().to_vec());
    }
    request.body = "{\"k\":\"literal-key-1\"}".into();
    redactor.learn_request(&request);
    let (kept, hidden) = redactor.request(&request).expect("secrets");
    assert_eq!(kept.url.as_str(), "https://b.example/a?X-Amz-Signature=***&q=***");
    let lines: Vec<String> =
        kept.fields.iter().map(|field| format!("{}: {}", field.name, field.text())).collect();
    assert_eq!(
        lines,
        [
            "Host: b.example",
            "Authorization: ***",
            "Cookie: sid=***; lang=***",
            "X-Api-Key: ***",
            "X-Echo: is ***"
        ]
    );
    assert_eq!(kept.body, "{\"k\":\"***\"}");
    let templates: Vec<(Place, &str)> =
        hidden.iter().map(|hidden| (hidden.place, hidden.template.as_str())).collect();
    assert_eq!(
        templates,
        [
            (Place::Url, "https://b.example/a?X-Amz-Signature=${X_AMZ_SIGNATURE}&q=${API_TOKEN}"),
            (Place::Field(1), "Bearer ${API_TOKEN}"),
            (Place::Field(2), "${COOKIE}"),
            (Place::Field(3), "${X_API_KEY}"),
            (Place::Field(4), "is ${API_TOKEN}"),
            (Place::Body, "{\"k\":\"${X_API_KEY}\"}"),
        ]
    );
    assert_eq!(
        redactor.head(Side::Request, "GET /?sig=ab HTTP/1.1\r\nX-Api-Key:  a\r\n\r\n").as_deref(),
        Some("GET /?sig=*** HTTP/1.1\r\nX-Api-Key:  ***\r\n\r\n")
    );
}

#[test]
fn a_response_keeps_what_a_diagnosis_needs() {
    let mut redactor = Redactor::new();
    let url = Url::parse("https://b.example/a").expect("a URL");
    let mut response = Response::new(302)
        .with_field("Set-Cookie", "sid=5e55104a55; Path=/; HttpOnly")
        .with_field("Location", "/next?token=aa11bb22cc33")
        .with_field("WWW-Authenticate", "Bearer realm=\"a realm\"")
        .with_field("Access-Control-Allow-Credentials", "true")
        .with_field("Access-Control-Allow-Headers", "authorization")
        .with_field("Surrogate-Key", "product-12345");
    response.body = "5e55104a55 aa11bb22cc33".into();
    redactor.learn_response(&url, &response);
    let kept = redactor.response(&response).expect("secrets");
    let values: Vec<String> = kept.fields.iter().map(crate::message::Field::text).collect();
    assert_eq!(
        values,
        [
            "sid=***; Path=/; HttpOnly",
            "/next?token=***",
            "Bearer realm=\"a realm\"",
            "true",
            "authorization",
            "product-12345"
        ]
    );
    assert_eq!(kept.body, "*** ***");
}

#[test]
fn documents_show_no_header_values() {
    for (text, expected) in [
        (r#"{"headers": {"authorization": "Bearer abc", "accept": "*/*"}}"#, &["Bearer abc"][..]),
        (
            r#"{"headers": {"authorization": "Bearer ${T}", "x-key": ["one two", "a\"b c"]}"#,
            &["one two", "a\\\"b c"],
        ),
        ("{\"headers\": {\"cookie\": \"a=unclosed\n}", &["a=unclosed"]),
        (
            r#"{"headers": {"a": "${T}"}, "url": "https://a.example/?sig=abc", "authorization": "x"}"#,
            &["abc"],
        ),
        (r#"{"requests": {"a": {"credentials": "include", "headers": {"x-key": "v"}}}}"#, &["v"]),
        ("no JSON", &[]),
    ] {
        let found: Vec<&str> = literals(text).into_iter().map(|range| &text[range]).collect();
        assert_eq!(found, expected, "{text}");
    }
}

#[test]
fn templates_are_read_as_target_files_are() {
    for (template, expected) in [
        ("", vec![]),
        ("Bearer ${A_1}", vec![Part::Text("Bearer "), Part::Variable("A_1")]),
        ("$${A} ${}", vec![Part::Text("${"), Part::Text("A} "), Part::Text("${"), Part::Text("}")]),
        ("${A}${B}", vec![Part::Variable("A"), Part::Variable("B")]),
    ] {
        assert_eq!(parts(template), expected, "{template}");
    }
    for (text, is) in [
        ("Bearer ${T}", true),
        ("sid=${A}; csrf=${B}", true),
        ("${A}", true),
        ("Bearer abc", false),
        ("Basic abc${T}", false),
        ("sid=abc; csrf=${B}", false),
    ] {
        assert_eq!(is_reference(text), is, "{text}");
    }
    assert_eq!((variable_of("X-Api-Key"), variable_of("2fa")), ("X_API_KEY".to_owned(), "_2FA".to_owned()));
}

#[test]
fn no_text_is_too_wild() {
    let redactor = knowing("tökén-with-ümlauts");
    for text in ["", "%", "%2", "\\u00", "&", "é=ü", "://@", "?=", "tök", "ü&sig=é", "\u{0}=\u{0}"] {
        let _ = (redactor.text(text), literals(text), redactor.head(Side::Response, text));
    }
    assert_eq!(redactor.text("a tökén-with-ümlauts"), "a ***");
    let wire = crate::message::isomorphic::decode("tökén-with-ümlauts".as_bytes());
    assert_eq!(redactor.text(&wire), "***");
}

#[test]
fn an_endpoint_cannot_make_the_search_long() {
    let url = Url::parse("https://b.example/a").expect("a URL");
    let mut redactor = Redactor::new();
    let mut response = Response::new(200);
    for number in 0..20_000 {
        response.fields.push("Set-Cookie", format!("a{number}=value-{number:08}-of-a-cookie").into_bytes());
    }
    response.body = vec![b'v'; 200_000].into();
    redactor.learn_response(&url, &response);
    let kept = redactor.response(&response).expect("secrets");
    assert!(kept.fields.iter().all(|field| field.text().ends_with("=***")));
    // A name before each sign, and no end of the value.
    let endless = "token=".repeat(200_000);
    assert_eq!(redactor.text(&endless), "token=***");
}
