use serde::{Deserialize, Serialize};

use super::{Purpose, Step};
use crate::message::Fields;

/// A response field about CORS that two ways to one resource do not have in common.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldDifference {
    /// Which answer has it.
    pub answer: ComparedAnswer,
    /// Its name, in lower case.
    pub name: String,
    /// Its value by the first way; absent: no such field.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first: Option<String>,
    /// Its value by the other way; absent: no such field.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub other: Option<String>,
}

/// An answer that is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ComparedAnswer {
    /// The last answer to a preflight.
    Preflight,
    /// The last answer to the request itself.
    Actual,
}

impl ComparedAnswer {
    /// What it is called.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Preflight => "preflight",
            Self::Actual => "response",
        }
    }

    /// Its fields in a transcript's steps.
    fn fields(self, steps: &[Step]) -> Option<&Fields> {
        let is_it = |step: &&Step| (step.purpose == Purpose::Preflight) == (self == Self::Preflight);
        let mut found = steps.iter().rev().filter(is_it).filter_map(|step| step.exchange.response());
        found.next().map(|response| &response.fields)
    }
}

/// The CORS fields in which the answers of two transcripts differ. An answer that only one of them has is not compared.
pub fn differing_cors_fields(first: &[Step], other: &[Step]) -> Vec<FieldDifference> {
    let mut found = Vec::new();
    for answer in [ComparedAnswer::Preflight, ComparedAnswer::Actual] {
        let (Some(one), Some(two)) = (answer.fields(first), answer.fields(other)) else { continue };
        let mut names: Vec<String> = one
            .iter()
            .chain(two.iter())
            .map(|field| field.name.to_ascii_lowercase())
            .filter(|name| is_about_cors(name))
            .collect();
        names.sort();
        names.dedup();
        for name in names {
            let (first, other) = (one.text(&name), two.text(&name));
            if first != other {
                found.push(FieldDifference { answer, name, first, other });
            }
        }
    }
    found
}

fn is_about_cors(name: &str) -> bool {
    name.starts_with("access-control-")
        || matches!(name, "vary" | "cross-origin-resource-policy" | "timing-allow-origin")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test stops where it cannot go on")]

    use std::sync::Arc;

    use super::*;
    use crate::{
        exchange::{Exchange, Received, ServedBy},
        message::{Request, Response},
    };

    fn step(purpose: Purpose, fields: &[(&'static str, &'static str)]) -> Step {
        let url = url::Url::parse("https://a.example/").unwrap();
        let fields = fields.iter().copied().collect();
        let exchange = Exchange::new(
            Arc::new(Request::new("GET", url)),
            Received::Response(Response { fields, ..Response::new(200) }),
        );
        Step {
            request: "page".to_owned(),
            purpose,
            served_by: ServedBy::Network,
            exchange: Arc::new(exchange),
            evidence: Vec::new(),
        }
    }

    #[test]
    fn only_cors_fields_of_answers_that_both_have_are_compared() {
        let allow = ("Access-Control-Allow-Origin", "https://app.example");
        let first = [
            step(Purpose::Preflight, &[allow]),
            step(Purpose::Actual, &[allow, ("Server", "a"), ("Vary", "Origin")]),
        ];
        let other = [step(Purpose::Actual, &[("access-control-allow-origin", "*"), ("Server", "b")])];
        let shown: Vec<String> = differing_cors_fields(&first, &other)
            .into_iter()
            .map(|found| {
                format!("{} {}: {:?} {:?}", found.answer.as_str(), found.name, found.first, found.other)
            })
            .collect();
        assert_eq!(
            shown,
            [
                "response access-control-allow-origin: Some(\"https://app.example\") Some(\"*\")",
                "response vary: Some(\"Origin\") None",
            ]
        );
        assert_eq!(differing_cors_fields(&first, &first), []);
    }
}
