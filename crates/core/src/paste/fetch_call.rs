//! Calls of `fetch()`, as developer tools write them and as people do.

use url::{Url, form_urlencoded};

use super::{
    error::{Fault, Why, fault},
    headers::is_header,
    request::{Draft, Note, PastedBody, PastedRequest, url},
    script::{Reader, Value},
};
use crate::fetch::{Credentials, Initiator, method::is_method};

/// What else pages make requests with. The first that a text has names it.
const LIBRARIES: &[(&str, &str)] = &[
    ("axios", "axios"),
    ("$.ajax", "jQuery"),
    ("$.get", "jQuery"),
    ("$.post", "jQuery"),
    ("jQuery.", "jQuery"),
    ("XMLHttpRequest()", "XMLHttpRequest"),
    ("requests.", "Python's requests"),
    ("HttpClient", "HttpClient"),
    ("http.get", "HttpClient"),
    ("ky.", "ky"),
    ("wget ", "wget"),
    ("http ", "HTTPie"),
];

/// The library whose call a text is.
pub(super) fn other_library(text: &str) -> Option<&'static str> {
    LIBRARIES.iter().find(|(sign, _)| text.contains(sign)).map(|(_, name)| *name)
}

/// The byte of the `(` of the first call of `fetch`.
pub(super) fn find(text: &str) -> Option<usize> {
    text.match_indices("fetch").find_map(|(at, found)| {
        let before = text.get(..at)?.chars().next_back();
        let rest = text.get(at + found.len()..)?;
        let open = rest.len() - rest.trim_start().len();
        let whole = !before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '$');
        (whole && rest.trim_start().starts_with('(')).then_some(at + found.len() + open)
    })
}

/// The request of the call whose `(` is at this byte.
pub(super) fn request(text: &str, open: usize) -> Result<PastedRequest, Fault> {
    let mut reader = Reader::new(text, open);
    let mut arguments = reader.arguments(0)?.into_iter();
    let (mut target, mut options) = (arguments.next(), arguments.next());
    if let Some(Value::Call(name, inner)) = &target
        && name == "Request"
    {
        let mut inner = inner.clone().into_iter();
        target = inner.next();
        options = inner.next().or(options);
    }
    let mut call = Call::default();
    match options {
        Some(Value::Object(members)) => {
            for (name, value) in members {
                call.take(&name, value, open)?;
            }
        }
        Some(value) if !value.is_null() => call.notes.push(Note::ComputedHeaders),
        _ => {}
    }
    let mut draft = Draft::new(call.target(target, open)?);
    draft.method = Some(call.method.unwrap_or_else(|| "GET".to_owned()));
    draft.headers = call.headers;
    draft.body = call.body;
    draft.credentials = call.credentials;
    draft.referrer = call.referrer;
    draft.initiator = Some(Initiator::Fetch);
    draft.script = true;
    draft.notes = call.notes;
    Ok(draft.finish())
}

#[derive(Default)]
struct Call {
    method: Option<String>,
    headers: Vec<(String, String)>,
    body: Option<PastedBody>,
    credentials: Option<Credentials>,
    referrer: Option<String>,
    notes: Vec<Note>,
}

impl Call {
    fn target(&self, target: Option<Value>, at: usize) -> Result<Url, Fault> {
        let base = self.referrer.as_deref().and_then(|referrer| Url::parse(referrer).ok());
        match target {
            Some(Value::Text(text)) => url(&text, base.as_ref(), at),
            Some(Value::Call(name, arguments)) if name == "URL" => match arguments.as_slice() {
                [Value::Text(text)] => url(text, None, at),
                [Value::Text(text), Value::Text(other)] => {
                    let other = url(other, None, at)?;
                    url(text, Some(&other), at)
                }
                _ => Err(fault(Why::ComputedUrl, at)),
            },
            Some(_) => Err(fault(Why::ComputedUrl, at)),
            None => Err(fault(Why::NoUrl("fetch() call"), at)),
        }
    }

    fn take(&mut self, name: &str, value: Value, at: usize) -> Result<(), Fault> {
        let text = match &value {
            Value::Text(text) => Some(text.as_str()),
            _ => None,
        };
        match (name, text) {
            ("method", Some(method)) if is_method(method) => self.method = Some(method.to_owned()),
            ("method", Some(_)) => return Err(fault(Why::Method, at)),
            ("method", None) if !value.is_null() => return Err(fault(Why::Expected("a method as text"), at)),
            ("headers", _) => self.take_headers(value, at)?,
            ("body", _) => self.take_body(value),
            ("credentials", Some("include")) => self.credentials = Some(Credentials::Include),
            ("credentials", Some("same-origin")) => self.credentials = Some(Credentials::SameOrigin),
            ("credentials", Some("omit")) => self.credentials = Some(Credentials::Omit),
            ("mode", Some("no-cors")) => self.notes.push(Note::NoCors),
            ("mode", Some("same-origin")) => self.notes.push(Note::SameOriginMode),
            ("referrer", Some(referrer)) => self.referrer = Some(referrer.to_owned()),
            _ => {}
        }
        Ok(())
    }

    fn take_headers(&mut self, value: Value, at: usize) -> Result<(), Fault> {
        let pairs = match value {
            Value::Object(members) => members,
            Value::List(items) => items.into_iter().map(pair).collect(),
            Value::Call(name, mut arguments) if name == "Headers" => {
                return match arguments.is_empty() {
                    true => Ok(()),
                    false => self.take_headers(arguments.swap_remove(0), at),
                };
            }
            value if value.is_null() => return Ok(()),
            _ => {
                self.notes.push(Note::ComputedHeaders);
                return Ok(());
            }
        };
        for (name, value) in pairs {
            let text = match value {
                Value::Text(text) | Value::Plain(text) => text,
                _ if name == "..." => {
                    self.notes.push(Note::ComputedHeaders);
                    continue;
                }
                _ => {
                    self.notes.push(Note::ComputedValue(name.clone()));
                    "1".to_owned()
                }
            };
            if !is_header(&name, &text) {
                return Err(fault(Why::Header, at));
            }
            self.headers.push((name, text.trim().to_owned()));
        }
        Ok(())
    }

    fn take_body(&mut self, value: Value) {
        self.body = match value {
            Value::Text(text) => Some(PastedBody::Text(text)),
            value if value.is_null() => None,
            Value::Call(name, arguments) => Some(match (name.as_str(), arguments.as_slice()) {
                ("JSON.stringify", [value, ..]) => {
                    value.to_json().map_or(PastedBody::Missing, PastedBody::Text)
                }
                ("URLSearchParams", [value]) => self.form(value),
                ("FormData", _) => {
                    self.notes.push(Note::Form);
                    PastedBody::Missing
                }
                _ => PastedBody::Missing,
            }),
            _ => Some(PastedBody::Missing),
        };
    }

    /// `URLSearchParams`, which brings its own Content-Type.
    fn form(&mut self, value: &Value) -> PastedBody {
        let text = match value {
            Value::Text(text) => text.clone(),
            Value::Object(members) => {
                let mut form = form_urlencoded::Serializer::new(String::new());
                for (name, value) in members {
                    match value {
                        Value::Text(value) | Value::Plain(value) => form.append_pair(name, value),
                        _ => return PastedBody::Missing,
                    };
                }
                form.finish()
            }
            _ => return PastedBody::Missing,
        };
        let name = "content-type";
        if !self.headers.iter().any(|(given, _)| given.eq_ignore_ascii_case(name)) {
            let value = "application/x-www-form-urlencoded;charset=UTF-8";
            self.headers.push((name.to_owned(), value.to_owned()));
        }
        PastedBody::Text(text)
    }
}

/// A pair of a list of headers.
fn pair(item: Value) -> (String, Value) {
    match item {
        Value::List(mut pair) if pair.len() == 2 => match (pair.pop(), pair.pop()) {
            (Some(value), Some(Value::Text(name))) => (name, value),
            _ => ("...".to_owned(), Value::Expression),
        },
        _ => ("...".to_owned(), Value::Expression),
    }
}
