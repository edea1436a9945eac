use std::{borrow::Cow, fmt, ops::Range};

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};
use url::Url;

use super::{
    ANYWHERE, HIDDEN, Secrecy, cookies, is_distinctive,
    needle::{Found, Needles},
    parameters,
    secrecy::{authorization, hides_in_request, hides_in_response, hides_parameter},
    template::{literal, reference, variable_of},
};
use crate::message::{Field, Fields, Request, Response, isomorphic};

/// Knows secrets, and replaces them in whatever is to be shown or kept.
#[derive(Clone, Default)]
pub struct Redactor {
    needles: Needles,
    headers: Vec<Header>,
    public: Vec<String>,
}

/// A header that is hidden in every request that has it with this value.
#[derive(Clone)]
struct Header {
    name: String,
    value: String,
    template: String,
}

/// A text without its secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// With `***` in the place of each.
    pub text: String,
    /// With the name of a variable in the place of each: `Bearer ${API_TOKEN}`.
    pub template: String,
}

/// A part of a recorded request that was redacted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hidden {
    /// Which part.
    pub place: Place,
    /// What was sent, with the name of a variable in the place of each secret: `Bearer ${API_TOKEN}`.
    pub template: String,
}

/// A part of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// The URL.
    Url,
    /// The field line of this index.
    Field(usize),
    /// The content.
    Body,
}

/// Whose message it is: that decides which fields hold secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// A request.
    Request,
    /// A response.
    Response,
}

/// Never shows what it knows.
impl fmt::Debug for Redactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redactor").finish_non_exhaustive()
    }
}

impl Redactor {
    /// Knows no secret yet; replaces what its own name or place betrays.
    pub fn new() -> Self {
        Self::default()
    }

    /// Never takes a part of this text for a secret: a host or an origin, without which a report says nothing.
    pub fn keep(&mut self, text: &str) {
        self.public.push(text.to_owned());
    }

    /// Replaces a value wherever it stands. `template` names it. Short values are left to their fields. Gives whether
    /// the value was not known.
    pub fn add(&mut self, value: &str, template: &str) -> bool {
        let value = value.trim();
        let public = || self.public.iter().any(|public| public.contains(value));
        value.len() >= ANYWHERE && value != HIDDEN && !public() && self.needles.add(value, template)
    }

    /// Replaces the value of an environment variable.
    pub fn add_variable(&mut self, name: &str, value: &str) {
        self.add(value, &reference(name));
    }

    /// Hides the value of a header in its own field, or wherever it stands.
    pub fn add_header(&mut self, name: &str, value: &str, template: Option<&str>, secrecy: Secrecy) {
        if secrecy == Secrecy::Plain {
            return;
        }
        let template = template.map_or_else(|| reference(&variable_of(name)), str::to_owned);
        if secrecy == Secrecy::Anywhere {
            self.add_value(name, value, &template, true);
        }
        self.headers.push(Header { name: name.to_owned(), value: value.to_owned(), template });
    }

    /// A header's value, and what is a secret of its own in it. What a user configured is one for sure; in a case file
    /// it may as well be an ordinary word. Gives whether any of it was not known.
    fn add_value(&mut self, name: &str, value: &str, template: &str, configured: bool) -> bool {
        let mut new = false;
        if name.eq_ignore_ascii_case("cookie") {
            for range in cookies::sent(value) {
                new |= self.add_if_distinctive(value.get(range).unwrap_or_default());
            }
        } else if configured || is_distinctive(value) {
            new |= self.add(value, template);
        }
        if let Some(credentials) = authorization(value) {
            if configured || is_distinctive(credentials) {
                new |= self.add(credentials, HIDDEN);
            }
            let decoded = STANDARD.decode(credentials).ok().and_then(|bytes| String::from_utf8(bytes).ok());
            if let Some((user, password)) = decoded.as_deref().and_then(|decoded| decoded.split_once(':')) {
                new |= self.add_if_distinctive(&format!("{user}:{password}"));
                new |= self.add_if_distinctive(password);
            }
        }
        new
    }

    fn add_if_distinctive(&mut self, value: &str) -> bool {
        is_distinctive(value) && self.add(value, HIDDEN)
    }

    /// Replaces the secrets of a URL's query wherever they stand.
    pub fn add_url(&mut self, url: &Url) -> bool {
        let mut new = false;
        for (name, value) in url.query_pairs().filter(|(name, _)| hides_parameter(name)) {
            if is_distinctive(&value) {
                new |= self.add(&value, &reference(&variable_of(&name)));
            }
            // The key id is the first part of an S3 or OSS credential.
            if name.to_ascii_lowercase().ends_with("credential") {
                new |= self.add_if_distinctive(value.split('/').next().unwrap_or_default());
            }
        }
        new
    }

    /// Learns the secrets that a request holds. Gives whether any was not known.
    pub fn learn_request(&mut self, request: &Request) -> bool {
        let mut new = self.add_url(&request.url);
        for field in request.fields.iter().filter(|field| hides_in_request(&field.name)) {
            let template = reference(&variable_of(&field.name));
            new |= self.add_value(&field.name, &field.text(), &template, false);
        }
        new
    }

    /// Learns the secrets that a response hands out.
    pub fn learn_response(&mut self, asked: &Url, response: &Response) -> bool {
        let mut new = false;
        for field in &response.fields {
            let value = || field.text();
            if field.is("set-cookie") {
                let value = value();
                for range in cookies::set(&value) {
                    new |= self.add_if_distinctive(value.get(range).unwrap_or_default());
                }
            } else if field.is("location") {
                new |= asked.join(&value()).is_ok_and(|url| self.add_url(&url));
            } else if hides_in_response(&field.name) {
                new |= self.add_if_distinctive(&value());
            }
        }
        new
    }

    /// Learns the secrets of one line of a head.
    pub fn learn_line(&mut self, side: Side, line: &str) {
        for parameter in parameters::secret_parameters(line) {
            let value = decoded(line.get(parameter.value).unwrap_or_default());
            if is_distinctive(&value) {
                self.add(&value, &reference(&variable_of(parameter.name)));
            }
        }
        let Some((name, value)) = line.split_once(':') else { return };
        let value = value.trim();
        match side {
            Side::Request if hides_in_request(name) => {
                self.add_value(name, value, &reference(&variable_of(name)), false);
            }
            Side::Response if name.eq_ignore_ascii_case("set-cookie") => {
                for range in cookies::set(value) {
                    self.add_if_distinctive(value.get(range).unwrap_or_default());
                }
            }
            Side::Response if hides_in_response(name) => {
                self.add_if_distinctive(value);
            }
            Side::Request | Side::Response => {}
        }
    }

    /// A text with `***` in the place of each secret.
    pub fn text<'t>(&self, text: &'t str) -> Cow<'t, str> {
        match self.found(text) {
            found if found.is_empty() => Cow::Borrowed(text),
            found => Cow::Owned(shown(text, &found).text),
        }
    }

    /// The same in place.
    pub fn redact(&self, text: &mut String) {
        if let Cow::Owned(redacted) = self.text(text) {
            *text = redacted;
        }
    }

    /// Where secrets stand in a text.
    pub fn secrets(&self, text: &str) -> Vec<Range<usize>> {
        self.found(text).into_iter().map(|found| found.range).collect()
    }

    fn found(&self, text: &str) -> Vec<Found> {
        let mut all = self.needles.find(text);
        all.extend(parameters::find(text));
        all.sort_by_key(|found| (found.range.start, usize::MAX - found.range.end));
        let mut found: Vec<Found> = Vec::with_capacity(all.len());
        for next in all {
            match found.last_mut() {
                Some(last) if next.range.start < last.range.end => {
                    last.range.end = last.range.end.max(next.range.end);
                }
                _ => found.push(next),
            }
        }
        found
    }

    /// A field's value as it is shown; `None` where it is shown as it is.
    pub fn field(&self, side: Side, name: &str, value: &str) -> Option<Shown> {
        let hidden = |ranges: Vec<Range<usize>>| {
            let found = ranges.into_iter().map(|range| Found { range, template: HIDDEN.to_owned() });
            shown(value, &found.collect::<Vec<_>>()).text
        };
        if side == Side::Response {
            return if name.eq_ignore_ascii_case("set-cookie") {
                let text = hidden(cookies::set(value));
                Some(Shown { template: literal(&text), text })
            } else if hides_in_response(name) && !value.is_empty() {
                Some(Shown { text: HIDDEN.to_owned(), template: HIDDEN.to_owned() })
            } else {
                self.value(value)
            };
        }
        let configured = self
            .headers
            .iter()
            .find(|header| header.name.eq_ignore_ascii_case(name) && header.value == value);
        if value.is_empty() || (configured.is_none() && !hides_in_request(name)) {
            return self.value(value);
        }
        let text = match name.eq_ignore_ascii_case("cookie") {
            true => hidden(cookies::sent(value)),
            false => HIDDEN.to_owned(),
        };
        let template = configured.map(|header| header.template.clone());
        Some(Shown { text, template: template.unwrap_or_else(|| self.whole(name, value)) })
    }

    /// The template of a hidden field's value: what is known of its credentials, or a variable for all of it.
    fn whole(&self, name: &str, value: &str) -> String {
        let credentials = authorization(value).map_or(0, |credentials| value.len() - credentials.len());
        match self.needles.find(value).as_slice() {
            [found]
                if found.range.end == value.len()
                    && found.template != HIDDEN
                    && found.range.start <= credentials =>
            {
                shown(value, std::slice::from_ref(found)).template
            }
            _ => reference(&variable_of(name)),
        }
    }

    fn value(&self, value: &str) -> Option<Shown> {
        let found = self.found(value);
        (!found.is_empty()).then(|| shown(value, &found))
    }

    /// A URL as it is shown; `None` where it is shown as it is.
    pub fn url(&self, url: &Url) -> Option<(Url, String)> {
        let text = url.as_str();
        let (place, rest) = text.split_at(text.find(['?', '#']).unwrap_or(text.len()));
        let place = shown(place, &self.found(place));
        let (mut shown_url, mut template) = (place.text, place.template);
        for part in rest.split_inclusive(['?', '&', '#']) {
            let (pair, end) = part.split_at(part.trim_end_matches(['?', '&', '#']).len());
            let name =
                pair.split_once('=').map(|(name, _)| name).filter(|name| hides_parameter(&decoded(name)));
            let pair = match name {
                Some(name) if pair.len() > name.len() + 1 => {
                    let template = reference(&variable_of(&decoded(name)));
                    let range = name.len() + 1..pair.len();
                    shown(pair, &[Found { range, template }])
                }
                _ => shown(pair, &self.found(pair)),
            };
            shown_url.push_str(&pair.text);
            template.push_str(&pair.template);
            shown_url.push_str(end);
            template.push_str(end);
        }
        if shown_url == text {
            return None;
        }
        // Three asterisks may stand anywhere but in a port.
        let parsed = Url::parse(&shown_url).or_else(|_| Url::parse("http://hidden.invalid/***")).ok()?;
        Some((parsed, template))
    }

    /// A request as it is kept; `None` where it holds no secret.
    pub fn request(&self, request: &Request) -> Option<(Request, Vec<Hidden>)> {
        let mut hidden = Vec::new();
        let mut kept = request.clone();
        if let Some((url, template)) = self.url(&request.url) {
            kept.url = url;
            hidden.push(Hidden { place: Place::Url, template });
        }
        let lines: Vec<_> = request
            .fields
            .iter()
            .map(|field| self.field(Side::Request, &field.name, &field.text()))
            .collect();
        if let Some(fields) = replaced(&request.fields, &lines) {
            kept.fields = fields;
            let templates = lines.into_iter().enumerate().filter_map(|(index, line)| Some((index, line?)));
            hidden.extend(
                templates.map(|(index, line)| Hidden { place: Place::Field(index), template: line.template }),
            );
        }
        if let Some(body) = self.value(&isomorphic::decode(&request.body)) {
            kept.body = bytes(&body.text).into();
            hidden.push(Hidden { place: Place::Body, template: body.template });
        }
        (!hidden.is_empty()).then_some((kept, hidden))
    }

    /// A response as it is kept; `None` where it holds no secret.
    pub fn response(&self, response: &Response) -> Option<Response> {
        let fields = self.fields(Side::Response, &response.fields);
        let body = self.value(&isomorphic::decode(&response.body));
        if fields.is_none() && body.is_none() {
            return None;
        }
        Some(Response {
            status: response.status,
            fields: fields.unwrap_or_else(|| response.fields.clone()),
            body: body.map_or_else(|| response.body.clone(), |body| bytes(&body.text).into()),
        })
    }

    /// Field lines as they are kept; `None` where they hold no secret.
    pub fn fields(&self, side: Side, fields: &Fields) -> Option<Fields> {
        let lines: Vec<_> = fields.iter().map(|field| self.field(side, &field.name, &field.text())).collect();
        replaced(fields, &lines)
    }

    /// The head of a message, as bytes on the connection or line by line, as it is kept; `None` where it holds no
    /// secret.
    pub fn head(&self, side: Side, head: &str) -> Option<String> {
        let lines = || head.split_inclusive('\n');
        if lines().all(|line| self.line(side, line).is_none()) {
            return None;
        }
        Some(lines().map(|line| self.line(side, line).map_or(Cow::Borrowed(line), Cow::Owned)).collect())
    }

    /// A line of evidence: of a request behind `> `, of a response behind `< `, or any other text; `None` where it holds
    /// no secret.
    pub fn evidence(&self, line: &str) -> Option<String> {
        match (line.strip_prefix("> "), line.strip_prefix("< ")) {
            (Some(line), _) => Some(format!("> {}", self.line(Side::Request, line)?)),
            (_, Some(line)) => Some(format!("< {}", self.line(Side::Response, line)?)),
            _ => self.value(line).map(|shown| shown.text),
        }
    }

    /// One line of a head; `None` where it holds no secret.
    pub fn line(&self, side: Side, line: &str) -> Option<String> {
        let (text, end) = line.split_at(line.trim_end_matches(['\r', '\n']).len());
        let field = text.split_once(':').filter(|(name, _)| !name.is_empty() && !name.contains([' ', '/']));
        let Some((name, value)) = field else { return Some(format!("{}{end}", self.value(text)?.text)) };
        let shown = self.field(side, name, value.trim())?;
        let before = value.len() - value.trim_start().len();
        Some(format!("{name}:{}{}{end}", value.get(..before).unwrap_or_default(), shown.text))
    }
}

/// Field lines with those values that are shown otherwise.
fn replaced(fields: &Fields, lines: &[Option<Shown>]) -> Option<Fields> {
    if lines.iter().all(Option::is_none) {
        return None;
    }
    let line = |(field, line): (&Field, &Option<Shown>)| match line {
        None => field.clone(),
        Some(shown) => Field { name: field.name.clone(), value: bytes(&shown.text).into() },
    };
    Some(fields.iter().zip(lines).map(line).collect())
}

fn bytes(text: &str) -> Vec<u8> {
    isomorphic::encode(text).unwrap_or_else(|| text.as_bytes().to_vec())
}

fn decoded(name: &str) -> Cow<'_, str> {
    percent_encoding::percent_decode_str(name).decode_utf8_lossy()
}

/// A text with these parts replaced, and as a template.
fn shown(text: &str, found: &[Found]) -> Shown {
    let mut shown =
        Shown { text: String::with_capacity(text.len()), template: String::with_capacity(text.len()) };
    let mut at = 0;
    for Found { range, template } in found {
        let before = text.get(at..range.start).unwrap_or_default();
        shown.text.push_str(before);
        shown.text.push_str(HIDDEN);
        shown.template.push_str(&literal(before));
        shown.template.push_str(template);
        at = range.end;
    }
    let rest = text.get(at..).unwrap_or_default();
    shown.text.push_str(rest);
    shown.template.push_str(&literal(rest));
    shown
}
