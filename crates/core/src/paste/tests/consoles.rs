use super::{super::read, *};
use crate::fetch::{
    Initiator, Reason,
    devtools::{Engine, RefusedRequest},
};

pub(super) const SAMPLES: &[&str] = &[
    "index.html:1 Access to fetch at 'https://api.example.com/items' (redirected from 'https://api.example.com/') from origin 'https://app.example.com' has been blocked by CORS policy: Response to preflight request doesn't pass access control check: No 'Access-Control-Allow-Origin' header is present on the requested resource.\nPUT https://api.example.com/items net::ERR_FAILED",
    "Cross-Origin Request Blocked: The Same Origin Policy disallows reading the remote resource at https://api.example.com/items. (Reason: header ‘x-a’ is not allowed according to header ‘Access-Control-Allow-Headers’ from CORS preflight response).",
    "[Error] Method PUT is not allowed by Access-Control-Allow-Methods.\n[Error] Fetch API cannot load https://api.example.com/items due to access control checks.",
];

const ENGINES: [Engine; 3] = [Engine::Chromium, Engine::Firefox, Engine::Webkit];

/// Every message that our own texts have of a reason.
fn message(engine: Engine, reason: Reason, initiator: Initiator, from: Option<&str>) -> String {
    refused(reason, initiator, from)
        .messages(engine)
        .into_iter()
        .map(|message| message.text)
        .collect::<Vec<_>>()
        .join("\n")
}

fn refused(reason: Reason, initiator: Initiator, from: Option<&str>) -> RefusedRequest<'_> {
    let subject = match reason {
        Reason::PreflightAllowMethods
        | Reason::RequestForbiddenMethod
        | Reason::RequestInvalidMethod
        | Reason::RequestNoCorsMethod => "PATCH",
        Reason::PreflightAllowHeaders | Reason::PreflightAllowHeadersAuthorization => "x-a",
        Reason::CorsCheckMultiple | Reason::PreflightCorsCheckMultiple => {
            "https://b.example, https://c.example"
        }
        _ => "https://b.example",
    };
    RefusedRequest {
        initiator,
        redirected_from: from,
        page: "https://app.example.com/page",
        subject,
        status: Some(200),
        ..RefusedRequest::new(reason, "https://api.example.com/items?a=b.c", APP)
    }
}

#[test]
fn the_messages_of_every_reason_and_browser_are_read_back() {
    let xhr = Initiator::Xhr { upload_listener: false };
    for engine in ENGINES {
        for &reason in Reason::ALL {
            for (initiator, from) in [
                (Initiator::Fetch, None),
                (xhr, None),
                (Initiator::Fetch, Some("https://api.example.com/first")),
            ] {
                let shown = message(engine, reason, initiator, from);
                // The name of an exception alone says nothing.
                if shown == "TypeError" {
                    continue;
                }
                let (form, request) = only(&shown);
                let what = format!("{engine:?} {reason}: {shown}\n{request:?}");
                assert_eq!(form, Form::Console(engine), "{what}");
                // What is in the text is found.
                let url = request.url.as_ref().map(url::Url::as_str);
                let last = "https://api.example.com/items?a=b.c";
                let shown_url = shown.contains(last).then_some(last);
                // Where only the first URL is shown, it is the one.
                assert_eq!(url, shown_url.or(from.filter(|from| shown.contains(from))), "{what}");
                let origin = request.origin.as_ref().map(|origin| origin.text.as_str());
                assert_eq!(origin.is_some(), shown.contains(APP), "{what}");
                assert!(origin.is_none_or(|origin| origin == APP), "{what}");
                let first = request.redirected_from.as_ref().map(url::Url::as_str);
                if shown.contains("redirected from") {
                    assert_eq!(first, from, "{what}");
                }
                if shown.contains("PATCH") {
                    assert_eq!(request.method.as_deref(), Some("PATCH"), "{what}");
                }
                if shown.contains("x-a") {
                    assert_eq!(headers(&request), [("x-a", "1")], "{what}");
                }
                if shown.contains("XMLHttpRequest") {
                    assert_eq!(request.initiator, Some(xhr), "{what}");
                }
                // The reason is one that has the same text.
                if let Some(read) = request.reason {
                    let same = refused(read, initiator, from);
                    let same = RefusedRequest { subject: refused(reason, initiator, from).subject, ..same };
                    let texts: Vec<String> =
                        same.messages(engine).into_iter().map(|message| message.text).collect();
                    assert_eq!(texts.join("\n"), shown, "{what}");
                }
                let credentials =
                    reason.as_str().ends_with("credentials") && reason.as_str().contains("cors-check");
                assert_eq!(request.includes_credentials(), credentials, "{what}");
                // What people copy with it.
                let around = format!(
                    "app.js:12  {shown} net::ERR_FAILED\r\nUncaught (in promise) at load (app.js:12:3)\r\n"
                );
                let (_, again) = only(&around);
                assert_eq!((again.url, again.origin), (request.url, request.origin), "{what}");
            }
        }
    }
}

#[test]
fn chromium_gives_the_reason_of_every_failed_check() {
    for &reason in Reason::ALL.iter().filter(|reason| reason.is_of_cors_check() || reason.is_of_preflight()) {
        let (_, request) = only(&message(Engine::Chromium, reason, Initiator::Fetch, None));
        let hidden = matches!(
            reason,
            Reason::PreflightNetworkError
                | Reason::PreflightAllowHeaders
                | Reason::PreflightAllowHeadersAuthorization
        );
        // A value of another kind than the reason has: the subject is always an origin here.
        let other = matches!(reason, Reason::CorsCheckInvalid | Reason::PreflightCorsCheckInvalid);
        assert!(hidden || other || request.reason == Some(reason), "{reason}: {request:?}");
    }
}

#[test]
fn messages_about_preflights_lead_to_requests_with_preflights() {
    for (text, method, set, notes) in [
        (SAMPLES[0], "PUT", &[][..], 1),
        (SAMPLES[1], "", &[("x-a", "1")], 0),
        (SAMPLES[2], "PUT", &[], 0),
        (
            "Access to XMLHttpRequest at 'https://a.example/' from origin 'null' has been blocked by CORS policy: Response to preflight request doesn't pass access control check: It does not have HTTP ok status.",
            "POST",
            &[("content-type", "application/json")],
            1,
        ),
        (
            "Cross-Origin Request Blocked: The Same Origin Policy disallows reading the remote resource at https://a.example/. (Reason: Did not find method in CORS header ‘Access-Control-Allow-Methods’).",
            "PUT",
            &[],
            1,
        ),
        (
            "Preflight response is not successful. Status code: 404\nXMLHttpRequest cannot load https://a.example/ due to access control checks.",
            "POST",
            &[("content-type", "application/json")],
            1,
        ),
        (
            "Origin https://a.example is not allowed by Access-Control-Allow-Origin. Status code: 502",
            "",
            &[],
            0,
        ),
    ] {
        let (_, request) = only(text);
        assert_eq!(request.method.as_deref().unwrap_or_default(), method, "{text}");
        assert_eq!(headers(&request), set, "{text}");
        assert_eq!(request.notes.len(), notes, "{text}: {:?}", request.notes);
    }
    let (_, request) =
        only("Origin https://a.example is not allowed by Access-Control-Allow-Origin. Status code: 502");
    assert_eq!((request.status, request.url), (Some(502), None));
    let (_, request) = only(SAMPLES[0]);
    assert_eq!(request.page_url().unwrap().as_str(), "https://api.example.com/");
    let (_, request) = only("GET https://api.example.com/x net::ERR_FAILED 200 (OK)");
    assert_eq!(request.method.as_deref(), Some("GET"));
    assert_eq!(request.url.unwrap().as_str(), "https://api.example.com/x");
}

#[test]
fn other_texts_about_cors_are_not_messages() {
    for text in
        ["CORS error", "Access to the API is blocked", "please help, CORS is broken on https://a.example"]
    {
        assert_eq!(read(text).unwrap_err().why, Why::UnknownForm, "{text}");
    }
}
