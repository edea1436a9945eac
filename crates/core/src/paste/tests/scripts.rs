use super::*;

/// Chromium's "Copy as fetch".
const CHROMIUM: &str = r#"fetch("https://api.example.com/items?page=2", {
  "headers": {
    "accept": "*/*",
    "accept-language": "en-US,en;q=0.9",
    "cache-control": "no-cache",
    "content-type": "application/json",
    "pragma": "no-cache",
    "priority": "u=1, i",
    "sec-ch-ua": "\"Chromium\";v=\"156\"",
    "sec-fetch-mode": "cors",
    "x-tenant": "a!b"
  },
  "referrer": "https://app.example.com/",
  "body": "{\"note\":\"it's\\n!\"}",
  "method": "PUT",
  "mode": "cors",
  "credentials": "include"
}); ;"#;

/// Chromium's "Copy as fetch (Node.js)".
const NODE: &str = r#"fetch("https://api.example.com/items?page=2", {
  "headers": {
    "accept": "*/*",
    "accept-language": "en-US,en;q=0.9",
    "content-type": "application/json",
    "sec-fetch-mode": "cors",
    "x-tenant": "a!b",
    "cookie": "session=abc",
    "Referer": "https://app.example.com/"
  },
  "body": "{\"note\":\"it's\\n!\"}",
  "method": "PUT"
});"#;

/// Firefox's "Copy as Fetch".
const FIREFOX: &str = r#"await fetch("https://api.example.com/items?page=2", {
    "credentials": "include",
    "headers": {
        "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0",
        "Accept": "*/*",
        "Accept-Language": "en-US,en;q=0.5",
        "Content-Type": "application/json",
        "X-Tenant": "a!b",
        "Sec-Fetch-Mode": "cors",
        "Priority": "u=4"
    },
    "referrer": "https://app.example.com/",
    "body": "{\"note\":\"it's\\n!\"}",
    "method": "PUT",
    "mode": "cors"
});"#;

/// Safari's "Copy as Fetch".
const SAFARI: &str = r#"fetch("https://api.example.com/items?page=2", {
    "body": "{\"note\":\"it's\\n!\"}",
    "cache": "default",
    "credentials": "include",
    "headers": {
        "Accept": "*/*",
        "Accept-Language": "en-GB,en;q=0.9",
        "Content-Type": "application/json",
        "User-Agent": "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15",
        "x-tenant": "a!b"
    },
    "method": "PUT",
    "mode": "cors",
    "redirect": "follow",
    "referrer": "https://app.example.com/",
    "referrerPolicy": "strict-origin-when-cross-origin"
})"#;

/// As people write it.
const OWN: &str = r#"// load the items
const response = await fetch('https://api.example.com/items', {
  method: 'PUT', // replaces all
  headers: new Headers({ 'Content-Type': 'application/json', "X-A": `t`, Authorization: `Bearer ${token}`, }),
  credentials: 'include',
  body: JSON.stringify({ a: 1, 'b': [true, null, "x"], c: { d: -1.5e3 }, gone: undefined, }),
  signal: controller.signal,
  onProgress(event) { console.log("}"); },
  ...more,
}).then((response) => response.json());"#;

pub(super) const SAMPLES: &[&str] = &[CHROMIUM, NODE, FIREFOX, SAFARI, OWN];

const BODY: &str = r#"{"note":"it's\n!"}"#;

#[test]
fn each_browser_copies_the_same_call_in_its_own_way() {
    for copied in [CHROMIUM, NODE, FIREFOX, SAFARI] {
        is_the_copied_request(Form::Fetch, copied, BODY, Some(Credentials::Include));
        let windows = copied.replace('\n', "\r\n");
        is_the_copied_request(Form::Fetch, &format!("> {windows}\r\n"), BODY, Some(Credentials::Include));
    }
}

#[test]
fn calls_are_read_as_people_write_them() {
    let (form, request) = only(OWN);
    assert_eq!((form, request.method.as_deref()), (Form::Fetch, Some("PUT")));
    let set = [("Content-Type", "application/json"), ("X-A", "t"), ("Authorization", "1")];
    assert_eq!(headers(&request), set);
    assert_eq!(request.body, text(r#"{"a":1,"b":[true,null,"x"],"c":{"d":-1.5e3}}"#));
    assert!(request.includes_credentials());
    assert_eq!(request.notes, [Note::ComputedValue("Authorization".to_owned())]);
    type Row = (&'static str, &'static str, &'static [(&'static str, &'static str)], Option<PastedBody>);
    const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded;charset=UTF-8");
    let rows: &[Row] = &[
        ("fetch('https://a.example')", "GET", &[], None),
        ("window.fetch( 'https://a.' + 'example' , undefined )", "GET", &[], None),
        (
            "return fetch(new URL('/x', 'https://a.example'), { headers: [['x-a', '1'], ['x-b', '2']] })",
            "GET",
            &[("x-a", "1"), ("x-b", "2")],
            None,
        ),
        ("fetch(new Request('https://a.example', { method: 'DELETE' }))", "DELETE", &[], None),
        (
            "fetch('https://a.example', {method: 'post', body: new URLSearchParams({ a: '1', b: 'c d' })})",
            "post",
            &[FORM],
            text("a=1&b=c+d"),
        ),
        (
            "fetch('https://a.example', {method: 'POST', body: new URLSearchParams('a=1')})",
            "POST",
            &[FORM],
            text("a=1"),
        ),
        (
            "fetch('https://a.example', {method: 'POST', body: 'it\\'s \\u{1F600} \\ud83d\\ude00 \\x41'})",
            "POST",
            &[],
            text("it's \u{1f600} \u{1f600} A"),
        ),
        (
            "fetch(`https://a.example`, {method: `POST`, body: `a\n${'b'}`})",
            "POST",
            &[],
            Some(PastedBody::Missing),
        ),
        (
            "fetch('https://a.example', {method: 'POST', body: JSON.stringify(data)})",
            "POST",
            &[],
            Some(PastedBody::Missing),
        ),
        ("fetch('https://a.example', {method: 'POST', body: form})", "POST", &[], Some(PastedBody::Missing)),
        (
            "fetch('https://a.example', {method: 'POST', body: null, headers: { 'x-n': 5 }})",
            "POST",
            &[("x-n", "5")],
            None,
        ),
        ("fetch('https://a.example', {\"headers\":{},})", "GET", &[], None),
        ("fetch('https://a.example', options)", "GET", &[], None),
        ("fetch('/x', {referrer: 'https://a.example/page'})", "GET", &[], None),
        ("fetch('https://a.example', {method: a ? 'PUT' : 'POST'}).x", "error", &[], None),
    ];
    for (call, method, set, body) in rows {
        if *method == "error" {
            assert!(super::read(call).is_err(), "{call}");
            continue;
        }
        let (_, request) = only(call);
        assert_eq!(request.url.as_ref().unwrap().host_str(), Some("a.example"), "{call}");
        assert_eq!(request.method.as_deref(), Some(*method), "{call}");
        assert_eq!(headers(&request), *set, "{call}");
        assert_eq!(request.body, *body, "{call}");
        let missing = request.body == Some(PastedBody::Missing);
        assert_eq!(request.notes.contains(&Note::NoBody), missing, "{call}: {:?}", request.notes);
    }
}

#[test]
fn headers_that_a_script_cannot_set_are_named() {
    let (_, request) = only(
        "fetch('https://a.example', { headers: { Cookie: 'a=1', Origin: 'https://b.example', 'Sec-X': '1', \
         Host: 'c', 'X-Http-Method-Override': 'TRACE', 'User-Agent': 'me', 'x-a': '1' } })",
    );
    let unsendable: Vec<_> = request.unsendable().collect();
    assert_eq!(unsendable, ["Cookie", "Origin", "Sec-X", "Host", "X-Http-Method-Override"]);
    assert_eq!(headers(&request), [("User-Agent", "me"), ("x-a", "1")]);
    // What a script cannot set says nothing about the request.
    assert_eq!(request.credentials, None);
}

#[test]
fn the_mode_is_named_where_it_is_not_cors() {
    let (_, request) = only("fetch('https://a.example', { mode: 'no-cors' })");
    assert_eq!(request.notes, [Note::NoCors]);
    let (_, request) = only("fetch('https://a.example', { mode: \"same-origin\" })");
    assert_eq!(request.notes, [Note::SameOriginMode]);
}
