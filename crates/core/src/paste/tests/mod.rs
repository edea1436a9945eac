#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops where it cannot go on")]

mod commands;
mod consoles;
mod hostile;
mod recordings;
mod scripts;

use super::{Form, LeftOutBecause, Note, Pasted, PastedBody, PastedRequest, Why, read};
use crate::fetch::Credentials;

const URL: &str = "https://api.example.com/items?page=2";
const APP: &str = "https://app.example.com";

/// The only request of a text.
#[track_caller]
fn only(text: &str) -> (Form, PastedRequest) {
    let Pasted { form, mut requests } = read(text).unwrap_or_else(|error| panic!("{error:?}:\n{text}"));
    assert_eq!(requests.len(), 1, "{text}");
    (form, requests.swap_remove(0))
}

fn names(request: &PastedRequest, because: LeftOutBecause) -> Vec<&str> {
    let left_out = request.left_out.iter().filter(|header| header.because == because);
    left_out.map(|header| header.name.as_str()).collect()
}

fn headers(request: &PastedRequest) -> Vec<(&str, &str)> {
    request.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

fn text(body: &str) -> Option<PastedBody> {
    Some(PastedBody::Text(body.to_owned()))
}

/// What every copy of the same request by developer tools comes to.
#[track_caller]
fn is_the_copied_request(form: Form, copied: &str, body: &str, credentials: Option<Credentials>) {
    let (found, request) = only(copied);
    assert_eq!(found, form, "{copied}");
    assert_eq!(request.url.as_ref().unwrap().as_str(), URL, "{copied}");
    assert_eq!(request.origin.as_ref().map(|origin| origin.text.as_str()), Some(APP), "{copied}");
    assert_eq!(request.method.as_deref(), Some("PUT"), "{copied}");
    let mut set: Vec<(String, &str)> =
        headers(&request).into_iter().map(|(name, value)| (name.to_lowercase(), value)).collect();
    set.sort();
    let expected = [("content-type", "application/json"), ("x-tenant", "a!b")];
    assert_eq!(set, expected.map(|(name, value)| (name.to_owned(), value)), "{copied}");
    assert_eq!(request.body, text(body), "{copied}");
    assert_eq!(request.credentials, credentials, "{copied}");
    assert_eq!(request.unsendable().count(), 0, "{copied}: {:?}", request.left_out);
    assert_eq!(request.notes, [], "{copied}");
}

/// One text of each form, whole.
fn samples() -> Vec<&'static str> {
    let mut samples = commands::SAMPLES.to_vec();
    samples.extend(scripts::SAMPLES);
    samples.extend(recordings::SAMPLES);
    samples.extend(consoles::SAMPLES);
    samples
}

#[test]
fn a_url_alone_is_a_request_to_read_it() {
    let (form, request) = only("  https://api.example.com/x#top\r\n");
    assert_eq!(form, Form::Url);
    assert_eq!(request.page_url().unwrap().as_str(), "https://api.example.com/x");
    assert_eq!((request.method, request.origin), (None, None));
}

#[test]
fn only_more_than_one_word_is_a_paste() {
    for (text, paste) in [
        ("https://a.example/x", false),
        ("https://a.example/Items(1)?name=a b", false),
        ("embedded", false),
        ("api.example.com", false),
        ("curl https://a.example", true),
        ("fetch('https://a.example')", true),
        ("{\"log\":{}}", true),
        ("await fetch(", true),
    ] {
        assert_eq!(super::is_paste(text), paste, "{text}");
    }
}

#[test]
fn what_is_not_a_request_says_what_would_be_and_where() {
    use super::Quote::{Bracket, Double, Single};
    let unclosed = Why::Unclosed;
    for (text, why, position) in [
        ("", Why::Empty, (1, 1)),
        (" \r\n ", Why::Empty, (1, 1)),
        ("it does not work", Why::UnknownForm, (1, 1)),
        ("ftp://a.example/x", Why::Scheme("ftp".to_owned()), (1, 1)),
        ("axios.get('https://a.example')", Why::OtherLibrary("axios"), (1, 1)),
        ("$.ajax({ url: 'https://a.example' })", Why::OtherLibrary("jQuery"), (1, 1)),
        ("curl -H 'a: b'", Why::NoUrl("curl command"), (1, 1)),
        ("$ curl 'https://a.example", unclosed(Single), (1, 8)),
        ("curl https://a.example \\\n  -H \"a: b", unclosed(Double), (2, 6)),
        ("curl https://a.example -X", Why::NoValue("-X".to_owned()), (1, 24)),
        ("curl https://a.example -X 'P T'", Why::Method, (1, 24)),
        ("curl https://a.example -H 'a b: 1'", Why::Header, (1, 24)),
        ("curl https://a.example -H 'secret'", Why::Header, (1, 24)),
        ("fetch(url)", Why::ComputedUrl, (1, 6)),
        ("fetch(`${base}/x`)", Why::ComputedUrl, (1, 6)),
        ("fetch('/api/x')", Why::RelativeUrl, (1, 6)),
        ("fetch()", Why::NoUrl("fetch() call"), (1, 6)),
        ("fetch(\"https://a.example\", {\n  \"method\": \"PUT\"", unclosed(Bracket), (1, 28)),
        ("fetch(\"https://a.example", unclosed(Double), (1, 7)),
        ("fetch('https://a.example', { method: verb })", Why::Expected("a method as text"), (1, 6)),
        ("Invoke-WebRequest -Uri \"https://a.example", unclosed(Double), (1, 24)),
        ("Invoke-WebRequest -Method Put", Why::NoUrl("command"), (1, 1)),
    ] {
        let error = read(text).expect_err(text);
        assert_eq!((&error.why, error.position), (&why, position), "{text}");
        let source = std::sync::Arc::new(crate::diagnostic::SourceText {
            name: "the pasted text".to_owned(),
            text: text.to_owned(),
        });
        let diagnostic = error.diagnostic(&source);
        assert!(diagnostic.labels.is_empty() && !diagnostic.message.contains("secret"), "{diagnostic:?}");
    }
}

#[test]
fn the_note_of_a_preflight_and_of_a_form_is_made_once() {
    let (_, request) = only("curl https://a.example/x -F 'file=@a.png' -F name=b");
    assert_eq!(request.notes, [Note::Form]);
    assert_eq!((request.method.as_deref(), &request.body), (Some("POST"), &Some(PastedBody::Missing)));
}
