//! Messages as they are kept.

use std::borrow::Cow;

use super::{Hidden, Place, Redactor, Shown, Side};
use crate::message::{Field, Fields, Request, Response, isomorphic};

impl Redactor {
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
