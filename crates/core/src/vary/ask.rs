use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use url::Url;

use crate::message::Request;

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Who {
    /// A page of an allowed origin.
    A,
    /// A page of another allowed origin.
    B,
    /// A page of an origin that is not allowed.
    Denied,
    /// A page of an opaque origin, which is not allowed either.
    Null,
    /// Nobody that says so: an `<img>`, a crawler, `curl`. No `Origin`.
    Nobody,
}

impl Who {
    /// Everybody.
    pub const ALL: [Self; 5] = [Self::A, Self::B, Self::Denied, Self::Null, Self::Nobody];

    /// The word for it in an order.
    pub const fn name(self) -> &'static str {
        match self {
            Self::A => "a",
            Self::B => "b",
            Self::Denied => "denied",
            Self::Null => "null",
            Self::Nobody => "none",
        }
    }

    /// The `Origin` that is sent.
    pub const fn origin(self) -> Option<&'static str> {
        match self {
            Self::A => Some("https://app.example"),
            Self::B => Some("https://admin.example:8443"),
            Self::Denied => Some("https://denied.example"),
            Self::Null => Some("null"),
            Self::Nobody => None,
        }
    }

    /// Whether the page may read; `None` for nobody, who needs no permission.
    pub const fn may_read(self) -> Option<bool> {
        match self {
            Self::A | Self::B => Some(true),
            Self::Denied | Self::Null => Some(false),
            Self::Nobody => None,
        }
    }
}

/// One request of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ask {
    /// Who asks.
    pub who: Who,
    /// With HEAD instead of GET.
    pub head: bool,
}

impl Ask {
    /// A GET.
    pub const fn get(who: Who) -> Self {
        Self { who, head: false }
    }

    /// A HEAD.
    pub const fn head(who: Who) -> Self {
        Self { who, head: true }
    }

    /// The request as it is sent to a URL.
    pub fn request(self, url: Url) -> Request {
        let mut request = Request::new(if self.head { "HEAD" } else { "GET" }, url);
        if let Some(origin) = self.who.origin() {
            request.fields.push("Origin", origin);
        }
        request
    }
}

/// One step of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// A request.
    Ask(Ask),
    /// Time passes until every stored response is stale.
    Stale,
}

/// Requests of one URL in their order, written `a, stale, b-head`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Order(pub Vec<Step>);

impl Order {
    /// The requests.
    pub fn asks(&self) -> impl Iterator<Item = Ask> + '_ {
        self.0.iter().filter_map(|step| match step {
            Step::Ask(ask) => Some(*ask),
            Step::Stale => None,
        })
    }

    /// Whether stored responses become stale on the way.
    pub fn has_stale(&self) -> bool {
        self.0.contains(&Step::Stale)
    }

    /// Whether these steps stand in `other` in the same order, with or without others between.
    pub fn is_part_of(&self, other: &Self) -> bool {
        let mut rest = other.0.iter();
        self.0.iter().all(|step| rest.any(|found| found == step))
    }
}

impl fmt::Display for Ask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.who.name())?;
        if self.head { f.write_str("-head") } else { Ok(()) }
    }
}

impl fmt::Display for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, step) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str(", ")?;
            }
            match step {
                Step::Ask(ask) => ask.fmt(f)?,
                Step::Stale => f.write_str("stale")?,
            }
        }
        Ok(())
    }
}

/// A text that is no order.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no step of an order: a, b, denied, null, none, the same with -head, and stale are")]
pub struct UnknownStep(String);

impl FromStr for Order {
    type Err = UnknownStep;

    fn from_str(text: &str) -> Result<Self, UnknownStep> {
        let step = |word: &str| {
            if word == "stale" {
                return Ok(Step::Stale);
            }
            let (name, head) = match word.strip_suffix("-head") {
                Some(name) => (name, true),
                None => (word, false),
            };
            let who = Who::ALL.into_iter().find(|who| who.name() == name);
            who.map(|who| Step::Ask(Ask { who, head })).ok_or_else(|| UnknownStep(word.to_owned()))
        };
        text.split(',').map(str::trim).map(step).collect::<Result<_, _>>().map(Self)
    }
}

impl Serialize for Order {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Order {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_is_read_as_it_is_written() {
        for text in ["a", "a, b", "none-head, stale, denied", "null, null-head, a"] {
            assert_eq!(text.parse::<Order>().unwrap().to_string(), text);
        }
        for text in ["", "a,,b", "c", "stale-head", "a b"] {
            assert!(text.parse::<Order>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_part_keeps_the_order() {
        for (part, whole, expected) in [
            ("a, b", "a, none, b", true),
            ("a, b", "b, a", false),
            ("a, a", "a", false),
            ("a, stale, b", "a, b", false),
            ("a, b", "a, stale, b", true),
        ] {
            let (part, whole): (Order, Order) = (part.parse().unwrap(), whole.parse().unwrap());
            assert_eq!(part.is_part_of(&whole), expected, "{part} in {whole}");
        }
    }
}
