//! What a person reads of a load run: every form of the report, from records that nobody made.
use crate::load_record;

use crosscheck::{
    load::{baseline, record::LoadRecord},
    report::load::{csv, html, json, junit, markdown},
};
use load_record::{Story, overwhelmed, record};
use quick_xml::{Reader, events::Event};

fn held() -> LoadRecord {
    record(Story { seconds: 6, rate: 200, ..Story::default() })
}

fn wrong() -> LoadRecord {
    record(Story {
        seconds: 6,
        rate: 200,
        wrong_percent: 3,
        reset_percent: 10,
        stall: Some((3, 4)),
        ..Story::default()
    })
}

fn compared(before: Story, now: Story) -> baseline::Comparison {
    baseline::compare(&[record(before)], &[record(now)]).expect("both have runs")
}

/// The part of the page that depends on the record.
fn body(html: &str) -> &str {
    let from = html.find("<body>").expect("a body");
    let to = html.find("<script>").expect("a script");
    &html[from..to]
}

#[test]
fn the_forms_that_a_person_reads() {
    let (held, wrong) = (held(), wrong());
    let worse = compared(
        Story { seconds: 10, rate: 400, ..Story::default() },
        Story { seconds: 10, rate: 400, median: 900.0, seed: 2, ..Story::default() },
    );
    insta::assert_snapshot!("load-held.md", markdown::render(&held, None));
    insta::assert_snapshot!("load-wrong.md", markdown::render(&wrong, Some(&worse)));
    insta::assert_snapshot!("load-held.junit.xml", junit::render(&held, None).unwrap());
    insta::assert_snapshot!("load-wrong.junit.xml", junit::render(&wrong, Some(&worse)).unwrap());
    insta::assert_snapshot!("load-requests.csv", csv::requests(&wrong));
    insta::assert_snapshot!("load-seconds.csv", csv::series(&wrong));
    insta::assert_snapshot!("load-held.html", body(&html::render(&held, None)));
    insta::assert_snapshot!("load-wrong.html", body(&html::render(&wrong, Some(&worse))));
}

#[test]
fn every_page_is_well_formed_and_loads_nothing() {
    let nothing = {
        let mut nothing = held();
        nothing.series.clear();
        nothing.phases.clear();
        nothing.requests.clear();
        nothing.total = crosscheck::load::record::RequestRecord::default();
        nothing.incomplete = Some("connection refused".to_owned());
        nothing.caching = None;
        nothing
    };
    let one = record(Story { seconds: 1, rate: 1, ..Story::default() });
    let worse = compared(Story::default(), Story { median: 900.0, ..Story::default() });
    for (name, page) in [
        ("held", html::render(&held(), None)),
        ("wrong", html::render(&wrong(), Some(&worse))),
        ("overwhelmed", html::render(&overwhelmed(), None)),
        ("nothing", html::render(&nothing, None)),
        ("one answer", html::render(&one, None)),
        ("an hour", html::render(&record(Story { seconds: 400, rate: 20, ..Story::default() }), None)),
    ] {
        let mut reader = Reader::from_str(body(&page));
        reader.config_mut().check_end_names = true;
        let mut depth = 0;
        loop {
            match reader.read_event().unwrap_or_else(|error| panic!("{name}: {error}")) {
                Event::Start(tag) => {
                    depth += 1;
                    for attribute in tag.html_attributes() {
                        let attribute = attribute.unwrap_or_else(|error| panic!("{name}: {error}"));
                        let key = attribute.key.as_ref().to_owned();
                        assert!(!key.starts_with("on") && key != "src" && key != "style", "{name}: {key}");
                        let value = attribute.value.into_owned();
                        assert!(!value.contains("NaN") && !value.contains("inf"), "{name}: {key}={value}");
                    }
                }
                Event::End(_) => depth -= 1,
                Event::Eof => break,
                _ => {}
            }
        }
        // All but the body, which ends after the script.
        assert_eq!(depth, 1, "{name}");
        for loads in ["<img", "<link", "<iframe", " src=\"", "url(", "@import"] {
            assert!(!page.contains(loads), "{name} has {loads}");
        }
        let nan = body(&page).find("NaN").map(|at| &body(&page)[at.saturating_sub(80)..at + 3]);
        assert_eq!(nan, None, "{name}");
    }
}

#[test]
fn nothing_that_an_endpoint_says_is_obeyed() {
    const HOSTILE: &str =
        "</script></pre><script>alert(1)</script>\" onload=\"alert(2)' `|*\u{202e}\u{1b}[2J";
    let mut record = wrong();
    record.target = HOSTILE.to_owned();
    record.command = HOSTILE.to_owned();
    record.incomplete = Some(HOSTILE.to_owned());
    record.plan.title = HOSTILE.to_owned();
    record.requests[0].name = HOSTILE.to_owned();
    record.phases[0].name = HOSTILE.to_owned();
    record.errors[0].first = HOSTILE.to_owned();
    record.machine.processor = HOSTILE.to_owned();
    let cause = &mut record.causes[0];
    cause.requests = vec![HOSTILE.to_owned()];
    cause.cause.subject = Some(HOSTILE.to_owned());
    cause.cause.sentence = HOSTILE.to_owned();
    cause.cause.cure = vec![HOSTILE.to_owned()];
    cause.cause.evidence = vec![HOSTILE.to_owned()];
    let finding = &mut record.findings[0];
    finding.section = Some(format!("https://{HOSTILE}"));
    finding.message = HOSTILE.to_owned();
    finding.samples[0].origin = HOSTILE.to_owned();
    finding.samples[0].received = vec![HOSTILE.to_owned()];
    let page = html::render(&record, None);
    assert_eq!(page.matches("<script").count(), 1, "only our own script");
    assert!(!page.contains("\" onload"));
    assert!(page.contains("alert(1)"), "it is shown");
    for text in [&page, &markdown::render(&record, None), &record.to_string()] {
        assert!(!text.contains('\u{1b}'), "control characters are shown, not obeyed");
    }
    let xml = junit::render(&record, None).unwrap();
    assert!(!xml.contains('\u{1b}') && !xml.contains("<script>"));
}

#[test]
fn the_page_claims_nothing_that_was_not_measured() {
    let page = html::render(&nothing(), None);
    for claim in ["✓ right", "✓ valid"] {
        assert!(!page.contains(claim), "{claim}");
    }
    let stages = &page[page.find("<section id=\"stages\"").expect("stages")..];
    let stages = &stages[..stages.find("</section>").expect("its end")];
    assert!(stages.contains(">–</td>") && !stages.contains("µs"), "{stages}");
}

/// The ends of a line of a plot: the heights of its first and its last point.
fn ends(page: &str, plot: &str, line: &str) -> (String, String) {
    let plot = &page[page.find(&format!("id=\"{plot}\"")).expect("the plot")..];
    let line = &plot[plot.find(&format!("class=\"line {line}\" d=\"M")).expect("the line")..];
    let path = line.split('"').nth(3).expect("a path");
    let heights: Vec<&str> = path.split(['M', 'L']).filter_map(|point| point.split(' ').nth(1)).collect();
    (heights[0].to_owned(), heights[heights.len() - 1].to_owned())
}

#[test]
fn the_rest_of_a_slice_is_no_fall_of_the_throughput() {
    let mut record = record(Story { seconds: 6, rate: 200, ..Story::default() });
    let whole = ends(&html::render(&record, None), "rate-plot", "l-main");
    let mut rest = crosscheck::load::record::Second { at: 6.0, seconds: 0.05, ..Default::default() };
    rest.response = crosscheck::load::record::HistogramRecord::of(&crosscheck::load::record::new_latencies());
    record.series.push(rest);
    assert_eq!(ends(&html::render(&record, None), "rate-plot", "l-main"), whole);
}

/// As Jenkins' schema has them (`junit-10.xsd` of its xUnit plugin), which refuses a file with others.
#[test]
fn the_root_of_the_junit_report_has_no_counts_but_those_that_are_known() {
    let text = junit::render(&wrong(), None).unwrap();
    let mut reader = Reader::from_str(&text);
    let root = loop {
        match reader.read_event().unwrap() {
            Event::Start(tag) => break tag,
            Event::Eof => panic!("no element: {text}"),
            _ => {}
        }
    };
    let names: Vec<String> =
        root.attributes().map(|attribute| attribute.unwrap().key.as_ref().to_owned()).collect();
    assert_eq!(names, ["name", "tests", "failures", "errors", "time"]);
}

#[test]
fn what_is_cut_short_is_an_error_of_the_junit_report() {
    let mut record = held();
    assert!(!junit::render(&record, None).unwrap().contains("<error"));
    record.interrupted = true;
    assert!(junit::render(&record, None).unwrap().contains("cut short after 6 s"));
}

#[test]
fn causes_come_before_the_wrong_answers_in_every_report() {
    let record = wrong();
    let (page, text) = (html::render(&record, None), markdown::render(&record, None));
    for (name, report, cause, answers) in [
        ("text", record.to_string(), "answers-change-under-load", "preflight.cors-check.origin-mismatch in"),
        ("html", page, "id=\"causes\"", "id=\"wrong\""),
        ("markdown", text, "answers-change-under-load", "| wrong answers |"),
        ("junit", junit::render(&record, None).unwrap(), "answers-change-under-load", "expected: "),
    ] {
        let place = |of: &str| report.find(of).unwrap_or_else(|| panic!("{name} has no {of}: {report}"));
        assert!(place(cause) < place(answers), "{name}");
        // Wrapped to the width of a terminal.
        let flat = report.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(flat.contains("compute Access-Control-Allow-Origin"), "{name}: {report}");
    }
}

#[test]
fn a_record_from_before_there_were_causes_is_shown() {
    let mut value = serde_json::to_value(wrong()).unwrap();
    let fields = value.as_object_mut().unwrap();
    fields.insert("load_record_version".to_owned(), 2.into());
    fields.remove("causes");
    for finding in fields["findings"].as_array_mut().unwrap() {
        finding.as_object_mut().unwrap().remove("cause");
    }
    let old: LoadRecord = serde_json::from_value(value).unwrap();
    assert!(old.causes.is_empty());
    let page = html::render(&old, None);
    assert!(page.contains("id=\"wrong\"") && !page.contains("id=\"causes\""));
    for text in [old.to_string(), markdown::render(&old, None), junit::render(&old, None).unwrap()] {
        assert!(text.contains("origin-mismatch") && !text.contains("Causes"), "{text}");
    }
}

#[test]
fn a_record_comes_back_from_its_json() {
    let record = wrong();
    let text = json::render(&record).unwrap();
    assert_eq!(serde_json::from_str::<LoadRecord>(&text).unwrap(), record);
    let schema = serde_json::from_str(&crosscheck::load::record::published()).unwrap();
    let valid = jsonschema::validator_for(&schema).unwrap();
    let value = serde_json::from_str(&text).unwrap();
    assert!(
        valid.is_valid(&value),
        "{:?}",
        valid.iter_errors(&value).map(|e| e.to_string()).collect::<Vec<_>>()
    );
}

/// What a run leaves of an endpoint that answers nothing.
fn nothing() -> LoadRecord {
    let mut nothing = held();
    nothing.series.clear();
    nothing.findings.clear();
    nothing.total = crosscheck::load::record::RequestRecord::default();
    for row in nothing.requests.iter_mut().chain(nothing.phases.iter_mut().map(|phase| &mut phase.total)) {
        *row = crosscheck::load::record::RequestRecord { name: row.name.clone(), ..nothing.total.clone() };
    }
    nothing
}

/// Many requests with long names, all of them wrong, and a title that nobody reads to its end.
fn crowded() -> LoadRecord {
    let mut crowded = wrong();
    crowded.plan.title = "Many requests, and a title so long that it must break on any screen".repeat(2);
    crowded.target = format!("https://{}.example/", "a-host-with-a-name-without-an-end".repeat(4));
    let (row, finding) = (crowded.requests[0].clone(), crowded.findings[0].clone());
    for number in 0..30 {
        let name = format!("a-request-with-a-name-that-somebody-took-their-time-for-{number}");
        crowded.requests.push(crosscheck::load::record::RequestRecord { name: name.clone(), ..row.clone() });
        crowded.findings.push(crosscheck::load::record::LoadFinding { request: name, ..finding.clone() });
    }
    crowded.budgets[0].budget =
        format!("p99<5ms for {}", crowded.requests[7].name).parse().expect("a budget");
    crowded
}

/// Writes pages to look at: `LOOK=folder cargo test --test load report::look`.
#[test]
fn look() {
    let Ok(folder) = std::env::var("LOOK") else { return };
    let story = Story {
        seconds: 60,
        rate: 1000,
        wrong_percent: 2,
        reset_percent: 5,
        stall: Some((30, 33)),
        ..Story::default()
    };
    let before = Story { seconds: 60, seed: 3, ..Story::default() };
    let comparison = compared(before, story);
    for (name, page) in [
        ("held", html::render(&record(Story { seconds: 30, ..Story::default() }), None)),
        ("wrong", html::render(&record(story), Some(&comparison))),
        ("overwhelmed", html::render(&overwhelmed(), None)),
        ("nothing", html::render(&nothing(), None)),
        ("crowded", html::render(&crowded(), None)),
        ("long", html::render(&record(Story { seconds: 400, rate: 20, ..Story::default() }), None)),
    ] {
        std::fs::write(format!("{folder}/{name}.html"), page).unwrap();
    }
}
