use std::{borrow::Cow, fmt, ops::Range};

use base64::{Engine, engine::general_purpose::STANDARD};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use url::Url;

use super::{
    ANYWHERE, HIDDEN, Secrecy, cookies, is_distinctive,
    needle::{Found, Needles},
    parameters,
    secrecy::{authorization, hides_in_request, hides_in_response, hides_parameter},
    template::{literal, reference, variable_of},
};
use crate::message::{Request, Response};

/// Knows secrets, and replaces them in whatever is to be shown or kept.
#[derive(Clone, Default)]
pub struct Redactor {
    needles: Needles,
    headers: Vec<Header>,
    public: Vec<String>,
    /// How many secrets were learned from messages.
    learned: usize,
}

/// So many secrets are learned from messages, the first ones: an endpoint that sends ten thousand cookies must not make
/// every text be searched for ten thousand values. All others are hidden in their own fields and parameters.
const LEARNED: usize = 64;

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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Hidden {
    /// The part.
    pub place: Place,
    /// The sent text, with the name of a variable in place of each secret: `Bearer ${API_TOKEN}`.
    pub template: String,
}

/// A part of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
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
        let new = self.add_as_it_is(value, template);
        if new {
            self.needles.add_encoded(value);
        }
        new
    }

    /// The same for a value that nobody had a reason to encode in base64.
    fn add_as_it_is(&mut self, value: &str, template: &str) -> bool {
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
            for range in cookies::sent(value).into_iter().take(LEARNED) {
                let value = value.get(range).unwrap_or_default();
                new |= is_distinctive(value) && self.add(value, HIDDEN);
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
        is_distinctive(value) && self.add_as_it_is(value, HIDDEN)
    }

    /// Replaces the secrets of a URL's query wherever they stand.
    pub fn add_url(&mut self, url: &Url) -> bool {
        let mut new = false;
        for (name, value) in url.query_pairs().filter(|(name, _)| hides_parameter(name)).take(LEARNED) {
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

    /// Learns something, unless enough was learned.
    fn learn(&mut self, add: impl FnOnce(&mut Self) -> bool) -> bool {
        let new = self.learned < LEARNED && add(self);
        self.learned += usize::from(new);
        new
    }

    /// Learns the secrets that a request holds. Gives whether any was not known.
    pub fn learn_request(&mut self, request: &Request) -> bool {
        let mut new = self.learn(|own| own.add_url(&request.url));
        for field in &request.fields {
            new |= self.learn_field(Side::Request, &field.name, || field.text());
        }
        new
    }

    /// Learns the secrets that a response hands out.
    pub fn learn_response(&mut self, asked: &Url, response: &Response) -> bool {
        let mut new = false;
        for field in &response.fields {
            new |= self.learn_field(Side::Response, &field.name, || field.text());
            if field.is("location") {
                new |= self.learn(|own| asked.join(&field.text()).is_ok_and(|url| own.add_url(&url)));
            }
        }
        new
    }

    /// Learns the secrets of one line of a head.
    pub fn learn_line(&mut self, side: Side, line: &str) {
        for (name, value) in parameters::secret_parameters(line) {
            let value = decoded(line.get(value).unwrap_or_default());
            if is_distinctive(&value) {
                self.learn(|own| own.add(&value, &reference(&variable_of(name))));
            }
        }
        if let Some((name, value)) = line.split_once(':') {
            self.learn_field(side, name, || value.trim().to_owned());
        }
    }

    fn learn_field(&mut self, side: Side, name: &str, value: impl FnOnce() -> String) -> bool {
        match side {
            Side::Request if hides_in_request(name) => {
                self.learn(|own| own.add_value(name, &value(), &reference(&variable_of(name)), false))
            }
            Side::Response if name.eq_ignore_ascii_case("set-cookie") => self.learn(|own| {
                let value = value();
                let values = cookies::set(&value).into_iter().filter_map(|range| value.get(range));
                values.fold(false, |new, value| own.add_if_distinctive(value) | new)
            }),
            Side::Response if hides_in_response(name) => self.learn(|own| own.add_if_distinctive(&value())),
            Side::Request | Side::Response => false,
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

    /// A text as it is shown; `None` where it holds no secret.
    pub(super) fn value(&self, value: &str) -> Option<Shown> {
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
