//! A run that finds a refusal with several explanations asks the endpoint again, and names the cause that `explain` names.

use serde_json::Value;

use crate::care::support::{Folder, Request, Server, answer, correct, crosscheck};

const APP: &str = "https://app.example";

/// Fails as soon as a request has Origin.
fn crashes(request: &Request) -> Vec<u8> {
    match request.field("origin") {
        Some(_) => answer("500 Internal Server Error", &[], b"oops"),
        None => correct(request, APP),
    }
}

/// An edge answers every preflight of a URL with what it stored for the first, which asked for no header.
fn stored_preflight(request: &Request) -> Vec<u8> {
    if request.is_preflight() && !request.target.contains('?') {
        let fields = [
            ("Access-Control-Allow-Origin", APP),
            ("Access-Control-Allow-Methods", "GET, PUT"),
            ("Vary", "Origin"),
        ];
        return answer("204 No Content", &fields, b"");
    }
    correct(request, APP)
}

/// Allows its own origin where the page's belongs.
fn lists_itself(request: &Request) -> Vec<u8> {
    let own = format!("http://{}", request.field("host").unwrap_or_default());
    correct(request, &own)
}

#[test]
fn a_run_names_the_cause_that_explain_names() {
    for (server, method, wanted) in [
        (crashes as fn(&Request) -> Vec<u8>, "GET", "cors-layer-crashes"),
        (stored_preflight, "PUT", "preflight-cached-by-cdn"),
        (lists_itself, "GET", "lists-itself"),
    ] {
        let (folder, server) = (Folder::new(), Server::start(server));
        let url = server.url("/items");
        let page = ["--origin", APP, "-X", method, "-H", "content-type: application/json", "--json"];
        let explained = crosscheck(&folder, &[&["explain", url.as_str()], &page[..]].concat()).with_code(1);
        let declared = ["--allowed-origin", APP, "--allowed-method", "GET", "--allowed-method", "PUT"];
        let header = ["--allowed-header", "content-type"];
        let ended =
            crosscheck(&folder, &[&["run", "--target", url.as_str()], &declared[..], &header].concat());
        for text in [explained.stdout, folder.read("reports/run.json")] {
            let record: Value = serde_json::from_str(&text).expect("JSON");
            assert_eq!(record["causes"][0]["code"], wanted, "{}", ended.all());
        }
        assert_eq!(ended.code, 1, "{wanted}: {}", ended.all());
        // Experiments send nothing that may change something.
        let writes = server.requests().into_iter().filter(|request| request.method == "PUT").count();
        assert_eq!(writes, 0, "{wanted}: {}", ended.all());
    }
}
