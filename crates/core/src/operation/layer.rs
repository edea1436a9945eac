//! Which operations stand behind one CORS layer, by what they answer to the same questions.

use super::Operation;
use crate::{
    fetch::header,
    message::{Fields, Request, Response, isomorphic, list},
};

/// The fields that a CORS layer writes.
const FIELDS: [&str; 6] = [
    "access-control-allow-credentials",
    "access-control-allow-headers",
    "access-control-allow-methods",
    "access-control-allow-origin",
    "access-control-expose-headers",
    "access-control-max-age",
];

/// How the answers of an operation look to CORS. Operations whose layers are alike share what is tested once for each
/// layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layer {
    preflights: Vec<String>,
    /// Empty where nothing was read with success.
    reads: Vec<String>,
}

impl Layer {
    /// Whether nothing tells the layers apart. An operation that was not read is like those with equal preflights.
    pub fn is_like(&self, other: &Self) -> bool {
        let unread = self.reads.is_empty() || other.reads.is_empty();
        self.preflights == other.preflights && (unread || self.reads == other.reads)
    }

    /// Whether it was read with success.
    pub const fn was_read(&self) -> bool {
        !self.reads.is_empty()
    }
}

/// One request that tells CORS layers apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    /// The request.
    pub request: Request,
    /// The origin that it asks for.
    pub origin: String,
}

impl Operation {
    /// The requests that tell its CORS layer: of each origin a preflight that asks for these headers and, where it may
    /// be sent, a read.
    pub fn samples(&self, origins: &[&str], headers: &[String]) -> Vec<Sample> {
        let mut samples = Vec::new();
        for origin in origins {
            let bytes = || isomorphic::encode(origin).unwrap_or_default();
            let mut preflight = self.request("OPTIONS", false);
            preflight.fields.push("Origin", bytes());
            preflight.fields.push("Access-Control-Request-Method", self.method.clone());
            if !headers.is_empty() {
                preflight.fields.push("Access-Control-Request-Headers", headers.join(","));
            }
            samples.push(Sample { request: preflight, origin: (*origin).to_owned() });
            if self.send && Self::may_be_sent(&self.method) {
                let mut read = self.request(&self.method, true);
                read.fields.push("Origin", bytes());
                samples.push(Sample { request: read, origin: (*origin).to_owned() });
            }
        }
        samples
    }

    /// Its own fields that are byte strings and that a script may set.
    fn fields(&self) -> Fields {
        let settable =
            |(name, value): &&(String, String)| !header::is_forbidden_request_header(name, value.as_bytes());
        let encoded = |(name, value): &(String, String)| Some((name.clone(), isomorphic::encode(value)?));
        self.headers.iter().filter(settable).filter_map(encoded).collect()
    }

    fn request(&self, method: &str, whole: bool) -> Request {
        let mut request = Request::new(method, self.url.clone());
        request.fields.push("Accept", "*/*");
        if whole {
            for field in &self.fields() {
                request.fields.push(field.name.clone(), field.value.clone());
            }
        }
        request
    }
}

/// The layer that shows in the answers to an operation's samples; `None`: no answer came.
pub fn layer_of(operation: &Operation, answers: &[(&Sample, Option<&Response>)]) -> Layer {
    let is_preflight = |sample: &Sample| sample.request.method == "OPTIONS";
    let looks = |preflights: bool| {
        let answers = answers.iter().filter(move |(sample, _)| is_preflight(sample) == preflights);
        answers.map(|(sample, answer)| look(operation, sample, *answer)).collect::<Vec<_>>()
    };
    // An error may come from a proxy in front of the layer.
    let succeeds = |answer: &Response| operation.succeeds_with(answer.status);
    let reads = answers.iter().filter(|(sample, _)| !is_preflight(sample));
    let read = reads.clone().any(|(_, answer)| answer.is_some_and(succeeds));
    Layer { preflights: looks(true), reads: if read { looks(false) } else { Vec::new() } }
}

/// An answer without what differs between operations behind one layer: their own statuses, methods and URLs.
fn look(operation: &Operation, sample: &Sample, answer: Option<&Response>) -> String {
    let Some(answer) = answer else { return "no answer".to_owned() };
    let mut look = format!("{}xx", answer.status / 100);
    for name in FIELDS {
        let lines: Vec<String> = answer.fields.lines(name).map(|line| isomorphic::decode(line)).collect();
        if lines.is_empty() {
            continue;
        }
        let value = lines.join(", ").replace(&sample.origin, "{origin}");
        let value = match name {
            "access-control-allow-methods" => {
                let has = |name: &str| list::has(answer.fields.lines("access-control-allow-methods"), name);
                format!("{} {}", has(&operation.method), has("*"))
            }
            "access-control-allow-headers" | "access-control-expose-headers" => sorted(&value),
            _ => value,
        };
        look.push_str(&format!("; {name}: {value}"));
    }
    let vary: Vec<String> = answer.fields.lines("vary").map(|line| isomorphic::decode(line)).collect();
    look.push_str(&format!("; vary: {}", sorted(&vary.join(","))));
    let server = answer.fields.text("server").unwrap_or_default();
    look.push_str(&format!("; server: {server}"));
    look
}

/// The members of a list without its order and case.
fn sorted(value: &str) -> String {
    let mut members: Vec<String> = value
        .split(',')
        .map(|member| member.trim().to_ascii_lowercase())
        .filter(|it| !it.is_empty())
        .collect();
    members.sort_unstable();
    members.dedup();
    members.join(",")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test stops where it cannot go on")]

    use super::*;

    fn operation(method: &str, path: &str) -> Operation {
        Operation {
            name: format!("{method} {path}"),
            method: method.to_owned(),
            url: format!("https://api.example{path}").parse().unwrap(),
            headers: vec![("content-type".to_owned(), "application/json".to_owned())],
            body: None,
            success: Vec::new(),
            send: Operation::may_be_sent(method),
            policy: None,
        }
    }

    fn layer(operation: &Operation, answer: impl Fn(&Sample) -> Response) -> Layer {
        let samples = operation.samples(&["https://a.example", "https://denied.example"], &[]);
        let answers: Vec<Response> = samples.iter().map(answer).collect();
        let pairs: Vec<(&Sample, Option<&Response>)> = samples.iter().zip(answers.iter().map(Some)).collect();
        layer_of(operation, &pairs)
    }

    #[test]
    fn operations_behind_one_layer_look_alike_whatever_they_are() {
        let echo = |methods: &'static str| {
            move |sample: &Sample| {
                Response::new(204)
                    .with_field("access-control-allow-origin", &sample.origin)
                    .with_field("access-control-allow-methods", methods)
                    .with_field("vary", "Origin, Accept")
            }
        };
        let (items, orders) = (operation("POST", "/items"), operation("PUT", "/orders/1"));
        let first = layer(&items, echo("GET, POST"));
        assert!(first.is_like(&layer(&orders, echo("PUT, DELETE"))));
        assert!(!first.is_like(&layer(&orders, echo("GET"))), "its method is not allowed");
        let any = |sample: &Sample| echo("PUT")(sample).with_field("access-control-max-age", "5");
        assert!(!first.is_like(&layer(&orders, any)));
        // What is read tells layers apart only where it was read with success.
        let read = |status: u16| {
            move |sample: &Sample| match sample.request.method.as_str() {
                "OPTIONS" => echo("GET, POST")(sample),
                _ => Response::new(status),
            }
        };
        let (a, b) = (operation("GET", "/a"), operation("GET", "/b"));
        assert!(layer(&a, echo("GET, POST")).is_like(&first));
        assert!(layer(&a, read(404)).is_like(&layer(&b, echo("GET, POST"))));
        assert!(!layer(&a, read(200)).is_like(&layer(&b, echo("GET, POST"))));
    }

    #[test]
    fn only_safe_operations_are_really_sent_to_tell_their_layer() {
        let methods = |operation: &Operation| {
            let samples = operation.samples(&["https://a.example"], &[]);
            samples.into_iter().map(|sample| sample.request.method).collect::<Vec<_>>()
        };
        assert_eq!(methods(&operation("GET", "/")), ["OPTIONS", "GET"]);
        let mut post = operation("POST", "/");
        post.send = true;
        assert_eq!(methods(&post), ["OPTIONS"]);
    }
}
