//! The messages of browsers' consoles about CORS. The texts are those of [`crate::fetch::devtools`].

mod rows;

use url::Url;

use rows::{ROWS, Row, Says};

use super::request::{Note, OriginFrom, PageOrigin, PastedRequest, assumed, origin_of_url, url};
use crate::{
    fetch::{Credentials, Initiator, Origin, Reason, devtools::Engine},
    message::is_token,
};

/// The request that messages are about, and the browser that wrote them.
pub(super) fn request(text: &str) -> Option<(Engine, PastedRequest)> {
    // A line end behind the last line, too, so that texts that end with a URL are found.
    let text = format!("{}\n", text.trim());
    let mut found = Found::default();
    for row in ROWS {
        if let Some(holes) = matched(row.text, &text) {
            found.take(row, &holes);
        }
    }
    let engine = found.engine?;
    if engine == Engine::Chromium {
        found.take_network_line(&text);
    }
    Some((engine, found.finish(&text)))
}

/// How many messages of one pattern are looked through.
const MESSAGES: usize = 8;

/// The longest text that fills a hole, in bytes.
const LONGEST_HOLE: usize = 16 * 1024;

/// What fills the holes, where a text has the pattern in it. Each hole takes as little as it can.
fn matched<'a>(pattern: &'static str, text: &'a str) -> Option<Vec<(&'static str, &'a str)>> {
    let (first, rest) = pattern.split_once('{').map_or((pattern, None), |(first, rest)| (first, Some(rest)));
    // The same words may stand in several messages.
    let starts = text.match_indices(first).take(MESSAGES);
    starts.filter_map(|(at, _)| filled(rest, text.get(at + first.len()..)?)).next()
}

/// What fills the holes of a pattern behind its first `{`.
fn filled<'a>(
    mut pattern: Option<&'static str>,
    mut behind: &'a str,
) -> Option<Vec<(&'static str, &'a str)>> {
    let mut holes = Vec::new();
    while let Some((hole, rest)) = pattern.and_then(|pattern| pattern.split_once('}')) {
        let (literal, next) =
            rest.split_once('{').map_or((rest, None), |(literal, rest)| (literal, Some(rest)));
        let end = behind.bytes().take(LONGEST_HOLE).position(|byte| byte == b'\n').unwrap_or(LONGEST_HOLE);
        // A line end of the pattern may be that of this line.
        let line = behind.get(..=end).unwrap_or(behind);
        let end = line.find(literal)?;
        let value = behind.get(..end)?;
        holes.push((hole, value));
        behind = behind.get(end + literal.len()..)?;
        pattern = next;
    }
    Some(holes)
}

#[derive(Default)]
struct Found {
    engine: Option<Engine>,
    url: Option<Url>,
    from: Option<Url>,
    origin: Option<String>,
    method: Option<String>,
    header: Option<String>,
    reason: Option<Reason>,
    check: Option<(Reason, Reason)>,
    of_preflight: bool,
    credentials: bool,
    initiator: Option<Initiator>,
}

impl Found {
    fn take(&mut self, row: &Row, holes: &[(&'static str, &str)]) {
        self.engine.get_or_insert(row.engine);
        for (hole, whole) in holes {
            // What a line ends with has a full stop, or more of the line, behind it.
            let value = whole.split_whitespace().next().unwrap_or_default();
            let value = value.trim_matches(['‘', '’']).trim_end_matches('.');
            match *hole {
                "url" if self.url.is_none() => self.url = url(value, None, 0).ok(),
                "from" if self.from.is_none() => self.from = url(value, None, 0).ok(),
                "origin" => self.origin = Some(value.to_owned()),
                "page" if self.origin.is_none() => self.origin = origin_of_url(value),
                "method" if is_token(value.as_bytes()) => self.method = Some(value.to_owned()),
                "header" if is_token(value.as_bytes()) => self.header = Some(value.to_owned()),
                "kind" => self.initiator = initiator(whole),
                _ => {}
            }
        }
        match row.says {
            Says::Nothing => {}
            Says::Reason(reason) => {
                self.reason = self.reason.or(Some(reason));
                self.of_preflight |= reason.is_of_preflight();
            }
            Says::Check { actual, preflight } => {
                self.check = Some((actual, preflight));
                let with = [Reason::CorsCheckWildcardCredentials, Reason::CorsCheckCredentials];
                self.credentials |= with.contains(&actual);
            }
            Says::OfPreflight => self.of_preflight = true,
            Says::WithCredentials => self.credentials = true,
            Says::Xhr => self.initiator = Some(Initiator::Xhr { upload_listener: false }),
            Says::Fetch => self.initiator = self.initiator.or(Some(Initiator::Fetch)),
        }
    }

    /// `PUT https://api.example/x net::ERR_FAILED 200 (OK)`: Chromium's line about the network.
    fn take_network_line(&mut self, text: &str) {
        let Some(before) = text.lines().find_map(|line| Some(line.split_once(" net::ERR_")?.0)) else {
            return;
        };
        let mut words = before.split_whitespace().rev();
        let Some(target) = words.next().and_then(|word| url(word, None, 0).ok()) else { return };
        let method =
            words.next().filter(|word| !word.is_empty() && word.chars().all(|c| c.is_ascii_uppercase()));
        self.url = self.url.take().or(Some(target));
        self.method = self.method.take().or_else(|| method.map(str::to_owned));
    }

    fn finish(self, text: &str) -> PastedRequest {
        let reason = match (self.reason, self.check) {
            (None, Some((_, preflight))) if self.of_preflight => Some(preflight),
            (None, Some((actual, _))) => Some(actual),
            (reason, _) => reason,
        };
        let origin = self.origin.map(|text| PageOrigin { text, from: OriginFrom::Message });
        let mut request = PastedRequest {
            url: self.url,
            redirected_from: self.from,
            origin,
            method: self.method,
            headers: self.header.into_iter().map(assumed).collect(),
            left_out: Vec::new(),
            credentials: self.credentials.then_some(Credentials::Include),
            body: None,
            initiator: self.initiator,
            reason,
            status: status(text),
            failed: None,
            insecure: false,
            notes: Vec::new(),
        };
        assume(&mut request, self.of_preflight);
        if let (Some(url), Some(_)) = (&request.url, &request.redirected_from) {
            request.notes.push(Note::Redirected(Origin::of(url).to_string()));
        }
        request
    }
}

/// Fills in what a message about a preflight does not say: without it, no preflight would be sent.
fn assume(request: &mut PastedRequest, of_preflight: bool) {
    let simple = matches!(request.method.as_deref(), None | Some("GET" | "HEAD" | "POST"));
    if !of_preflight || !simple || !request.headers.is_empty() {
        return;
    }
    if request.reason == Some(Reason::PreflightAllowMethods) {
        request.method = Some("PUT".to_owned());
        request.notes.push(Note::AssumedMethod("PUT"));
        return;
    }
    let known = match request.method.as_deref() {
        Some("GET") => "GET",
        Some("HEAD") => "HEAD",
        _ => "POST",
    };
    request.method = Some(known.to_owned());
    request.headers.push(assumed("content-type".to_owned()));
    request.notes.push(Note::AssumedRequest(known));
}

fn initiator(kind: &str) -> Option<Initiator> {
    Some(match kind.to_ascii_lowercase().as_str() {
        "fetch" => Initiator::Fetch,
        "xmlhttprequest" => Initiator::Xhr { upload_listener: false },
        "script" => Initiator::Script,
        "image" => Initiator::Image,
        "font" => Initiator::Font,
        "css stylesheet" => Initiator::Style,
        _ => return None,
    })
}

/// The status that a message ends with.
fn status(text: &str) -> Option<u16> {
    let (_, rest) = text.split_once("Status code: ")?;
    let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    rest.get(..digits)?.parse().ok().filter(|status| *status > 0)
}
