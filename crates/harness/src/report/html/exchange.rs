//! What was on the wire: heads with the lines that decide marked, and how to send the request again. The exchanges of
//! tests that a reader needs stand in the page; those of all the others, as data that the script shows.

use std::{collections::HashMap, fmt::Write};

use crosscheck_core::{
    exchange::{self, Bounds, ConnectOptions, Curl, CutMessage, Exchange, Received},
    message::Fields,
};
use indexmap::IndexSet;

use crate::report::page::{shown, text};

/// How a line of a head is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Mark {
    /// It decides nothing.
    Plain,
    /// It controls access or caching.
    Decides,
    /// A finding shows by it what is wrong.
    Evidence,
}

impl Mark {
    /// What stands before the line in the data of the page.
    const fn sign(self) -> char {
        match self {
            Self::Plain => ' ',
            Self::Decides => '*',
            Self::Evidence => '!',
        }
    }

    fn html(self, line: &str) -> String {
        let safe = text(line);
        match self {
            Self::Plain => safe,
            Self::Decides => format!("<b>{safe}</b>"),
            Self::Evidence => format!("<mark>{safe}</mark>"),
        }
    }
}

type Line = (Mark, String);

/// An exchange as it is shown.
#[derive(Debug)]
struct Shown {
    request: Vec<Line>,
    response: Vec<Line>,
    again: Again,
}

/// How to send a request again.
#[derive(Debug)]
enum Again {
    /// By these lines for a shell and a script.
    Lines { curl: String, script: String },
    /// By the script alone, as curl cannot send it.
    Script { why: String, script: String },
    /// Not from here.
    Not,
}

/// The exchanges that are data of the page: each text once, and each exchange as places of its texts.
#[derive(Debug, Default)]
pub(super) struct Wire {
    connect: ConnectOptions,
    texts: IndexSet<String>,
    packed: IndexSet<[Vec<usize>; 4]>,
    /// The places of exchanges without evidence, which most tests share.
    places: HashMap<*const Exchange, usize>,
}

impl Wire {
    /// With the options that a request is sent again with.
    pub(super) fn new(connect: &ConnectOptions) -> Self {
        Self { connect: connect.clone(), ..Self::default() }
    }

    /// The exchange in full. `evidence`: the lines by which findings show what is wrong.
    pub(super) fn in_full(&self, exchange: &Exchange, evidence: &[&str]) -> String {
        let Shown { request, response, again } = self.shown(exchange, evidence);
        let pre = |lines: &[Line]| {
            let lines: Vec<String> = lines.iter().map(|(mark, line)| mark.html(line)).collect();
            format!("<pre tabindex=\"0\">{}</pre>", lines.join("\n"))
        };
        let mut html = format!(
            "<div class=\"pair\"><div><h4>Request</h4>{}</div><div><h4>Response</h4>{}</div></div>",
            pre(&request),
            pre(&response)
        );
        let command = |line: &str| format!("<pre class=\"command\" tabindex=\"0\">{}</pre>", text(line));
        // Writing to a String cannot fail.
        let _ = match again {
            Again::Lines { curl, script } => {
                write!(html, "<h4>Send it again</h4>{}{}", command(&curl), command(&script))
            }
            Again::Script { why, script } => write!(
                html,
                "<h4>Send it again</h4><p class=\"faint\">{}</p>{}",
                text(&why),
                command(&script)
            ),
            Again::Not => write!(html, "<p class=\"faint\">{TOO_LONG}</p>"),
        };
        html
    }

    /// The place of an exchange among the data.
    pub(super) fn place(&mut self, exchange: &Exchange, evidence: &[&str]) -> usize {
        let address = std::ptr::from_ref(exchange);
        if evidence.is_empty()
            && let Some(place) = self.places.get(&address)
        {
            return *place;
        }
        let Shown { request, response, again } = self.shown(exchange, evidence);
        let (curl, script) = match again {
            Again::Lines { curl, script } => (curl, script),
            Again::Script { why, script } => (format!("# {why}"), script),
            Again::Not => (format!("# {TOO_LONG}"), String::new()),
        };
        let packed = [
            self.lines(&request),
            self.lines(&response),
            self.parts(&curl, " -H "),
            self.parts(&script, ", { "),
        ];
        let place = self.packed.insert_full(packed).0;
        if evidence.is_empty() {
            self.places.insert(address, place);
        }
        place
    }

    fn lines(&mut self, lines: &[Line]) -> Vec<usize> {
        let text = |(mark, line): &Line| format!("{}{}", mark.sign(), shown(line));
        lines.iter().map(|line| self.texts.insert_full(text(line)).0).collect()
    }

    /// The parts of a text between separators: most of them are those of other texts, too.
    fn parts(&mut self, whole: &str, separator: &str) -> Vec<usize> {
        let whole = shown(whole);
        whole.split(separator).map(|part| self.texts.insert_full(part.to_owned()).0).collect()
    }

    /// The data, as an element that nothing executes.
    pub(super) fn data(&self) -> String {
        if self.packed.is_empty() {
            return String::new();
        }
        let data = serde_json::json!({
            "texts": self.texts.iter().collect::<Vec<_>>(),
            "exchanges": self.packed.iter().collect::<Vec<_>>(),
        });
        // `<` could end the element.
        let json = data.to_string().replace('<', "\\u003c");
        format!("<script type=\"application/json\" id=\"wire\">{json}</script>\n")
    }

    fn shown(&self, exchange: &Exchange, evidence: &[&str]) -> Shown {
        let sent = &exchange.sent;
        let cut = exchange.cut.as_deref();
        let first = format!("{} {}", sent.method, sent.url);
        let mut request = head(&first, &sent.fields, ">", evidence);
        content(&mut request, &sent.body, cut.map(|cut| &cut.sent));
        let response = match &exchange.received {
            Received::Response(response) => {
                let first = exchange.raw_received.as_deref().and_then(|raw| raw.split_once("\r\n"));
                let first = first.map_or_else(|| response.status.to_string(), |(line, _)| line.to_owned());
                let mut lines = head(&first, &response.fields, "<", evidence);
                content(&mut lines, &response.body, cut.map(|cut| &cut.received));
                lines
            }
            Received::Failed(failure) => vec![(Mark::Decides, failure.to_string())],
        };
        Shown { request, response, again: self.again(exchange) }
    }

    fn again(&self, exchange: &Exchange) -> Again {
        if exchange.cut.as_ref().is_some_and(|cut| !cut.sent.is_whole()) {
            return Again::Not;
        }
        let with = ["cookie", "authorization"].iter().any(|name| exchange.sent.fields.contains(name));
        let credentials = if with { "include" } else { "omit" };
        let script = exchange::js_fetch(&exchange.sent, &exchange.hidden, credentials);
        match exchange::curl(&exchange.sent, &exchange.hidden, &self.connect) {
            Ok(Curl { line, content_in_file: None, .. }) => Again::Lines { curl: line, script },
            Ok(Curl { line, content_in_file: Some(length), .. }) => {
                let file = Curl::CONTENT_FILE;
                let curl = format!("{line}\n# save the content, {length} bytes, as {file} first");
                Again::Lines { curl, script }
            }
            Err(why) => Again::Script { why: format!("curl cannot send this request: {why}"), script },
        }
    }
}

const TOO_LONG: &str = "The request is too long to be kept whole, so it cannot be sent again from here.";

/// An exchange in a few words: what asked for what, and how it was answered.
pub(super) fn named(exchange: &Exchange) -> String {
    let sent = &exchange.sent;
    let query = sent.url.query().map(|query| format!("?{query}")).unwrap_or_default();
    let mut path = format!("{}{query}", sent.url.path());
    exchange::shorten(&mut path, 120);
    let from = match sent.fields.text("origin") {
        Some(mut origin) => {
            exchange::shorten(&mut origin, 120);
            format!("from {origin}")
        }
        None => "without Origin".to_owned(),
    };
    format!("{} {path} {from} → {}", sent.method, status(exchange))
}

/// The status, or that there is none.
pub(super) fn status(exchange: &Exchange) -> String {
    exchange.response().map_or_else(|| "no response".to_owned(), |response| response.status.to_string())
}

/// Fields that control access or caching.
fn decides(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.starts_with("access-control-")
        || matches!(
            name.as_str(),
            "origin"
                | "vary"
                | "cache-control"
                | "cookie"
                | "set-cookie"
                | "authorization"
                | "location"
                | "age"
                | "expires"
                | "if-none-match"
                | "if-modified-since"
                | "timing-allow-origin"
                | "cross-origin-resource-policy"
        )
}

fn head(first: &str, fields: &Fields, direction: &str, evidence: &[&str]) -> Vec<Line> {
    let is_evidence = |written: &str| {
        evidence
            .iter()
            .any(|it| it.strip_prefix(direction).map_or(*it == written, |it| it.trim_start() == written))
    };
    let line = |written: String, decides: bool| {
        let mark = match (is_evidence(&written), decides) {
            (true, _) => Mark::Evidence,
            (false, true) => Mark::Decides,
            (false, false) => Mark::Plain,
        };
        (mark, written)
    };
    let mut lines = vec![line(first.to_owned(), true)];
    for field in fields {
        lines.push(line(format!("{}: {}", field.name, field.text()), decides(&field.name)));
    }
    lines
}

/// The beginning of the content, and what is left out.
fn content(lines: &mut Vec<Line>, body: &[u8], cut: Option<&CutMessage>) {
    if !body.is_empty() {
        let mut beginning = String::from_utf8_lossy(body).into_owned();
        exchange::shorten(&mut beginning, Bounds::SCARCE.value_bytes);
        lines.push((Mark::Plain, String::new()));
        lines.push((Mark::Plain, beginning));
    }
    let Some(cut) = cut.filter(|cut| !cut.is_whole()) else { return };
    let mut left: Vec<String> = Vec::new();
    if cut.field_lines > 0 {
        left.push(format!("{} field lines", cut.field_lines));
    }
    if cut.head_bytes > 0 {
        left.push(format!("{} bytes of the head", cut.head_bytes));
    }
    if let Some(content) = &cut.content {
        let more = if content.more { "more than " } else { "" };
        left.push(format!("content of {more}{} bytes", content.bytes));
    }
    lines.push((Mark::Plain, String::new()));
    lines.push((Mark::Plain, format!("(not kept whole: {})", left.join(", "))));
}
