use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{
    message::{Request, Response},
    vary::Who,
};

/// A request that reached the endpoint.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Upstream {
    /// Its method.
    pub method: String,
    /// Whether it asks if something has changed.
    pub conditional: bool,
    /// Whether it asks for a range.
    pub ranged: bool,
}

impl Upstream {
    /// What of it counts.
    pub fn of(request: &Request) -> Self {
        let has = |name| request.fields.contains(name);
        Self {
            method: request.method.clone(),
            conditional: has("if-none-match") || has("if-modified-since"),
            ranged: has("range"),
        }
    }
}

/// What became of one request, written `GET if → 200 a, 7 bytes`: what reached the endpoint for it
/// (`stored`: nothing), with conditions (`if`) or for a `range`; and what came back, whose
/// `Access-Control-Allow-Origin` it has (`-`: nobody's), whether it has `Vary`, how much content.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Heard(String);

impl Heard {
    /// What came back for a request, and what reached the endpoint for it.
    pub fn new(upstream: &[Upstream], response: &Response) -> Self {
        let mut asked: Vec<String> = upstream
            .iter()
            .map(|request| {
                let conditional = if request.conditional { " if" } else { "" };
                let ranged = if request.ranged { " range" } else { "" };
                format!("{}{conditional}{ranged}", request.method)
            })
            .collect();
        asked.sort();
        let asked = if asked.is_empty() { "stored".to_owned() } else { asked.join(" + ") };
        let allow = response.fields.text("access-control-allow-origin");
        let allow = allow.map_or_else(|| "-".to_owned(), |origin| name(&origin));
        let vary = if response.fields.contains("vary") { ", Vary" } else { "" };
        let content = match response.body.len() {
            0 => String::new(),
            1 => ", 1 byte".to_owned(),
            count => format!(", {count} bytes"),
        };
        Self(format!("{asked} → {} {allow}{vary}{content}", response.status))
    }

    /// What reached the endpoint, and the status where it is not 200: what a table has room for.
    pub fn brief(&self) -> String {
        let (asked, answer) = self.0.split_once(" → ").unwrap_or((&self.0, ""));
        match answer.split([' ', ',']).next() {
            Some("200") | None => asked.to_owned(),
            Some(status) => format!("{asked} {status}"),
        }
    }
}

/// The word for whoever has this origin.
fn name(origin: &str) -> String {
    let known = Who::ALL.into_iter().find(|who| who.origin() == Some(origin));
    known.map_or_else(|| origin.to_owned(), |who| who.name().to_owned())
}

impl fmt::Display for Heard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for Heard {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Heard {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self)
    }
}
