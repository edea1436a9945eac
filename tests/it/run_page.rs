//! The page of a run, as the binary writes it: well-formed, complete in itself, in order, and deaf to what an endpoint
//! says.

use std::{collections::BTreeSet, fs, path::Path};

use quick_xml::{Reader, events::Event};
use serde_json::Value;

use crate::care::support::{Folder, Request, Server, answer, correct, crosscheck};

const APP: &str = "https://app.site.example";
const ADMIN: &str = "https://admin.site.example";

const HOSTILE: &str = "</script></pre><script>alert(1)</script>\" onload=\"alert(2)' `|* <!--";

/// The page and the record of a run against a server, ended with this code.
fn run(answer: impl Fn(&Request) -> Vec<u8> + Send + Sync + 'static, code: i32) -> (String, Value) {
    let server = Server::start(answer);
    let folder = Folder::new();
    let url = server.url("/items");
    let arguments = [
        "run",
        "--target",
        &url,
        "--allowed-origin",
        APP,
        "--allowed-origin",
        ADMIN,
        "--allowed-method",
        "GET",
        "--allowed-method",
        "PUT",
        "--allowed-header",
        "content-type",
    ];
    crosscheck(&folder, &arguments).with_code(code);
    let read = |name: &str| fs::read_to_string(folder.path().join("reports").join(name)).expect("a report");
    (read("run.html"), serde_json::from_str(&read("run.json")).expect("JSON"))
}

/// Answers both pages rightly, and lets a cache give the answer of one to the other.
pub(crate) fn without_vary(request: &Request) -> Vec<u8> {
    let allowed = request.field("origin").filter(|origin| [APP, ADMIN].contains(origin));
    let mut fields = vec![("Cache-Control", "public, max-age=600")];
    if let Some(origin) = allowed {
        fields.push(("Access-Control-Allow-Origin", origin));
        fields.push(("Access-Control-Allow-Methods", "PUT"));
        fields.push(("Access-Control-Allow-Headers", "content-type"));
    }
    answer(if request.is_preflight() { "204 No Content" } else { "200 OK" }, &fields, b"")
}

/// Says what would be markup in every field that a report shows.
fn hostile(request: &Request) -> Vec<u8> {
    let fields = [
        ("Access-Control-Allow-Origin", HOSTILE),
        ("Access-Control-Allow-Methods", HOSTILE),
        ("Vary", HOSTILE),
        ("ETag", HOSTILE),
    ];
    answer(if request.is_preflight() { "204 No Content" } else { "200 OK" }, &fields, HOSTILE.as_bytes())
}

/// Pages of runs of every kind.
fn pages() -> [(&'static str, String); 4] {
    [
        ("mostly-right", run(|request| correct(request, APP), 1).0),
        ("without-vary", run(without_vary, 1).0),
        ("hostile", run(hostile, 1).0),
        ("closed", run(|_| answer("401 Unauthorized", &[], b""), 4).0),
    ]
}

/// Writes pages to look at: `LOOK=folder cargo test --test it run_page::look`.
#[test]
fn look() {
    let Some(folder) = std::env::var_os("LOOK") else { return };
    for (name, page) in pages() {
        fs::write(Path::new(&folder).join(format!("run-{name}.html")), page).expect("a file");
    }
}

/// The page without its frame and its data.
fn body(page: &str) -> &str {
    let from = page.find("<body>").expect("a body");
    let to =
        page.find("<script type=\"application/json\"").or_else(|| page.find("<footer>")).expect("an end");
    &page[from..to]
}

/// The data of the page: texts and exchanges.
fn data(page: &str) -> Value {
    const OPENS: &str = "<script type=\"application/json\" id=\"wire\">";
    let from = page.find(OPENS).expect("data") + OPENS.len();
    let to = from + page[from..].find("</script>").expect("its end");
    serde_json::from_str(&page[from..to]).expect("JSON")
}

/// Every value of an attribute in the body.
fn attributes(page: &str, name: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut reader = Reader::from_str(body(page));
    loop {
        match reader.read_event().expect("well-formed") {
            Event::Start(tag) | Event::Empty(tag) => {
                for attribute in tag.html_attributes().flatten() {
                    if attribute.key.as_ref() == name {
                        found.push(attribute.value.into_owned());
                    }
                }
            }
            Event::Eof => return found,
            _ => {}
        }
    }
}

#[test]
fn a_page_is_well_formed_loads_nothing_and_its_links_lead_somewhere() {
    for (name, page) in &pages() {
        let ids: Vec<String> = attributes(page, "id");
        let unique: BTreeSet<&String> = ids.iter().collect();
        assert_eq!(ids.len(), unique.len(), "{name}: an id twice");
        for href in attributes(page, "href") {
            let leads = match href.strip_prefix('#') {
                Some(id) if id.starts_with("filter:") => true,
                Some(id) => unique.contains(&id.to_owned()),
                None => href.starts_with("https://"),
            };
            assert!(leads, "{name}: {href}");
        }
        for handler in ["onload", "onclick", "onerror", "style", "src"] {
            assert_eq!(attributes(page, handler), [] as [String; 0], "{name}: {handler}");
        }
        for loads in ["<img", "<link", "<iframe", "url(", "@import"] {
            assert!(!page.contains(loads), "{name} has {loads}");
        }
    }
}

#[test]
fn the_buttons_of_tests_show_exchanges_that_are_there() {
    let (page, record) = run(without_vary, 1);
    let data = data(&page);
    let (texts, exchanges) = (data["texts"].as_array().unwrap(), data["exchanges"].as_array().unwrap());
    let buttons = attributes(&page, "data-x");
    assert!(buttons.len() > 100, "{} buttons", buttons.len());
    for button in buttons {
        let parts = exchanges[button.parse::<usize>().expect("a place")].as_array().expect("four lists");
        assert_eq!(parts.len(), 4);
        for part in parts {
            for place in part.as_array().expect("a list") {
                let place = usize::try_from(place.as_u64().expect("a place")).expect("a place");
                assert!(texts[place].is_string());
            }
        }
    }
    // Every test that applied is on the page.
    let tests = record["tests"].as_array().expect("tests");
    let applied = tests.iter().filter(|test| test["verdict"] != "not-applicable").count();
    assert_eq!(page.matches("<li id=\"t").count(), applied);
}

#[test]
fn nothing_that_an_endpoint_says_is_obeyed() {
    let (page, _) = run(hostile, 1);
    // The data and the script of the page.
    assert_eq!(page.matches("<script").count(), 2);
    assert_eq!(page.matches("</script").count(), 2);
    assert!(!body(&page).contains("\" onload") && !page.contains("<!--"));
    assert!(body(&page).contains("alert(1)"), "it is shown");
    let texts = data(&page)["texts"].to_string();
    assert!(texts.contains("alert(1)"), "it is shown");
}

#[test]
fn sections_come_in_the_order_in_which_a_reader_needs_them() {
    let (page, _) = run(without_vary, 1);
    let at = |id: &str| page.find(&format!("<section id=\"{id}\"")).unwrap_or_else(|| panic!("no {id}"));
    let places: Vec<usize> =
        ["promises", "causes", "near-origins", "tests", "not-applicable", "repeat"].map(at).to_vec();
    assert!(places.is_sorted(), "{places:?}");
    let header = &page[..places[0]];
    assert!(
        header.contains("1 of 15 promises are broken, for one cause."),
        "{}",
        &header[header.len() - 1500..]
    );
}

#[test]
fn a_page_does_not_say_that_all_is_kept_where_a_failure_is_only_tolerated() {
    let server = Server::start(without_vary);
    let folder = Folder::new();
    let url = server.url("/items");
    let run = ["run", "cache/endpoint", "--target", &url, "--allowed-origin", APP, "--allowed-origin", ADMIN];
    let page = |more: &[&str], code| {
        crosscheck(&folder, &[&run, more].concat()).with_code(code);
        folder.read("reports/run.html")
    };
    let whole = page(&[], 1);
    assert!(whole.contains("broken</span>") && !whole.contains("id=\"comparison\""));
    fs::rename(folder.path().join("reports/run.json"), folder.path().join("old.json")).expect("a record");
    for flags in [["--fail-on", "critical"], ["--baseline", "old.json"]] {
        let page = page(&flags, 0);
        assert!(page.contains("failures that are tolerated"), "{flags:?}");
        assert!(!page.contains("every checked promise is kept"), "{flags:?}");
        assert_eq!(page.contains("<section id=\"comparison\""), flags[0] == "--baseline");
    }
}

#[test]
fn a_cause_that_depends_on_the_order_of_requests_is_drawn() {
    let (page, _) = run(without_vary, 1);
    let from = page.find("<svg class=\"sequence\"").expect("a diagram");
    let svg = &page[from..from + page[from..].find("</svg>").expect("its end")];
    // Two pages, the cache and the endpoint; the answer of one page is stored and given to the other.
    for shown in [
        ">page a</text>",
        ">page b</text>",
        ">the browser&#39;s HTTP cache</text>",
        ">endpoint</text>",
        &format!("stored for a, {APP}").chars().take(42).collect::<String>(),
        "✓ may read it",
        "✗ blocked",
        "cors-check.origin-mismatch",
        "no Vary",
    ] {
        assert!(svg.contains(shown), "{shown}: {svg}");
    }
    let wrong: Vec<&str> = svg.match_indices("class=\"small wrong\"").map(|(at, _)| &svg[at..]).collect();
    assert_eq!(wrong.len(), 1, "one answer is wrong");
    assert!(wrong[0].contains("Allow-Origin: https://app.site.example"), "{}", &wrong[0][..200]);
    // For readers who do not see it.
    assert!(page.contains("The same in words"));
}

#[test]
fn what_shows_the_failure_is_marked_on_the_wire() {
    let (page, _) = run(without_vary, 1);
    let marked: BTreeSet<&str> = page
        .match_indices("<mark>")
        .filter_map(|(at, _)| page[at + 6..].split_once("</mark>").map(|(line, _)| line))
        .collect();
    assert!(marked.contains(format!("Access-Control-Allow-Origin: {APP}").as_str()), "{marked:?}");
    assert!(page.contains("curl -sS -i") && page.contains("await fetch("));
}
