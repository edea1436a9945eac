//! A walk as a sequence diagram: pages, cache and endpoint from left to right, time from top to bottom.

use std::fmt::Write;

use crosscheck_core::{
    case::model::{OutcomeName, Through},
    interleave::{Breaking, Event, Lane, OUTCOME, Sequence},
};

use crate::report::page::{folded, text};

/// Between two lanes, in user units.
const LANE: usize = 264;
/// From the edge to the middle of the first lane, and of the last.
const MARGIN: usize = 132;
/// Of a lane's heading.
const HEAD: usize = 54;
/// From one message to the next, where it has a line above and one below its arrow.
const ROW: usize = 46;
/// Characters of a text between two lanes.
const CHARS: usize = 42;

/// The smallest order that breaks a case, drawn and told.
pub(super) fn figure(breaking: &Breaking) -> String {
    let sequence = Sequence::of(&breaking.transcript, breaking.through);
    let told: String = breaking
        .story
        .iter()
        .map(|line| match line.strip_prefix(OUTCOME) {
            Some(outcome) => format!("<li class=\"outcome\">{}</li>\n", text(outcome)),
            None => format!("<li>{}</li>\n", text(line)),
        })
        .collect();
    let label = format!("Sequence of requests: {}, {}", breaking.order_words(), breaking.through.words());
    format!(
        "<figure><div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"{0}\">{1}</div></figure>\n{2}",
        text(&label.replace('`', "")),
        draw(&sequence),
        folded("The same in words", &format!("<ol class=\"story\">\n{told}</ol>\n"))
    )
}

/// Places and texts of the drawing as it grows.
struct Drawing {
    svg: String,
    y: usize,
}

fn draw(sequence: &Sequence) -> String {
    let lanes = sequence.lanes.len();
    let width = 2 * MARGIN + lanes.saturating_sub(1) * LANE;
    let mut drawing = Drawing { svg: String::new(), y: HEAD + 34 };
    for event in &sequence.events {
        drawing.event(event, sequence);
    }
    let height = drawing.y + 8;
    let mut svg = format!(
        "<svg class=\"sequence\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" aria-hidden=\"true\">\n"
    );
    for (place, lane) in sequence.lanes.iter().enumerate() {
        let x = x(place);
        let (name, below) = heading(lane);
        // Writing to a String cannot fail.
        let _ = writeln!(
            svg,
            "<path class=\"life\" d=\"M{x} {HEAD}V{height}\"/><rect class=\"lane\" x=\"{}\" y=\"4\" width=\"248\" height=\"{}\" rx=\"6\"/><text class=\"name\" x=\"{x}\" y=\"24\">{}</text><text class=\"origin\" x=\"{x}\" y=\"42\">{}</text>",
            x - 124,
            HEAD - 8,
            short(&name),
            short(&below)
        );
    }
    svg.push_str(&drawing.svg);
    svg.push_str("</svg>\n");
    svg
}

/// The middle of a lane.
fn x(lane: usize) -> usize {
    MARGIN + lane * LANE
}

/// The two lines of a lane's heading.
fn heading(lane: &Lane) -> (String, String) {
    match lane {
        Lane::Page { request, origin } => (format!("page `{request}`").replace('`', ""), origin.clone()),
        Lane::Cache(through) => {
            let what = match through {
                Through::None | Through::Live => "cache on the way",
                Through::Browser => "the browser's HTTP cache",
                Through::Shared => "shared cache",
                Through::SingleSlot => "shared cache, one variant",
                Through::UrlKeyed => "cache that ignores Vary",
                Through::Nginx => "nginx",
                Through::Varnish => "Varnish",
                Through::Squid => "Squid",
                Through::Apache => "Apache httpd",
                Through::Haproxy => "HAProxy",
            };
            (what.to_owned(), "stores responses".to_owned())
        }
        Lane::Endpoint => ("endpoint".to_owned(), String::new()),
    }
}

/// A text that fits between two lanes, as SVG text; the whole of it as its title where it does not fit.
fn short(whole: &str) -> String {
    let cut: String = whole.chars().take(CHARS).collect();
    if cut.len() == whole.len() {
        return text(whole);
    }
    format!("{}…<title>{}</title>", text(&cut), text(whole))
}

impl Drawing {
    fn event(&mut self, event: &Event, sequence: &Sequence) {
        match event {
            Event::Request { from, to, what, origin, conditional } => {
                let origin = match (origin, sequence.lanes.get(*from)) {
                    (Some(origin), _) => format!("Origin: {origin}"),
                    (None, _) => "no Origin".to_owned(),
                };
                let conditional = if *conditional { ", if it has changed" } else { "" };
                self.arrow(*from, *to, "ask", &format!("{what}{conditional}"), &[(&origin, "")]);
            }
            Event::Response { from, to, status, allow_origin, vary, refused } => {
                let wrong = if *refused { "wrong" } else { "" };
                let allow = match allow_origin {
                    Some(value) => format!("Allow-Origin: {value}"),
                    None => "no Access-Control-Allow-Origin".to_owned(),
                };
                let vary = match vary {
                    Some(value) => format!("Vary: {value}"),
                    None => "no Vary".to_owned(),
                };
                let class = if *refused { "answer wrong" } else { "answer" };
                self.arrow(*from, *to, class, &status.to_string(), &[(&allow, wrong), (&vary, "")]);
            }
            Event::Failure { from, to, message } => {
                self.arrow(*from, *to, "answer wrong", "no response", &[(message, "wrong")]);
            }
            Event::Reuse { lane, request, origin, age, validated } => {
                let whose = match (request, origin) {
                    (Some(request), Some(origin)) => format!("stored for {request}, {origin}"),
                    (Some(request), None) => format!("stored for {request}, without Origin"),
                    (None, _) => "stored before this test".to_owned(),
                };
                let how = if *validated { "confirmed by the endpoint" } else { "used without asking" };
                self.note(*lane, "reuse", &whose, &format!("{age} s old, {how}"));
            }
            Event::Outcome { lane, outcome, reason } => {
                let (class, words) = match outcome {
                    OutcomeName::Allowed => ("good", "✓ may read it"),
                    OutcomeName::Opaque => ("good", "✓ uses it without reading"),
                    OutcomeName::Blocked => ("bad", "✗ blocked"),
                };
                let reason = reason.map(|reason| reason.as_str()).unwrap_or_default();
                self.note(*lane, class, words, reason);
            }
        }
    }

    /// An arrow with a line above it and lines below.
    fn arrow(&mut self, from: usize, to: usize, class: &str, above: &str, below: &[(&str, &str)]) {
        let (start, end) = (x(from), x(to));
        let middle = usize::midpoint(start, end);
        let y = self.y;
        let (tip, back) = if end >= start { (end - 1, end.saturating_sub(9)) } else { (end + 1, end + 9) };
        let _ = write!(
            self.svg,
            "<g class=\"{class}\"><text x=\"{middle}\" y=\"{}\">{}</text><path class=\"arrow\" d=\"M{start} {y}H{tip}\"/><path class=\"tip\" d=\"M{tip} {y}L{back} {}V{}Z\"/>",
            y - 6,
            short(above),
            y - 5,
            y + 5
        );
        for (number, (line, mark)) in below.iter().enumerate() {
            let _ = write!(
                self.svg,
                "<text class=\"small {mark}\" x=\"{middle}\" y=\"{}\">{}</text>",
                y + 14 + number * 14,
                short(line)
            );
        }
        self.svg.push_str("</g>\n");
        self.y += ROW + below.len().saturating_sub(1) * 14;
    }

    /// A box on a lane.
    fn note(&mut self, lane: usize, class: &str, first: &str, second: &str) {
        let (x, y) = (x(lane), self.y - 18);
        let height = if second.is_empty() { 24 } else { 40 };
        let _ = write!(
            self.svg,
            "<g class=\"note {class}\"><rect x=\"{}\" y=\"{y}\" width=\"248\" height=\"{height}\" rx=\"6\"/><text x=\"{x}\" y=\"{}\">{}</text>",
            x - 124,
            y + 16,
            short(first)
        );
        if !second.is_empty() {
            let _ =
                write!(self.svg, "<text class=\"small\" x=\"{x}\" y=\"{}\">{}</text>", y + 32, short(second));
        }
        self.svg.push_str("</g>\n");
        self.y += height + 22;
    }
}
