use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::policy::{Dialect, Policy};

/// When an endpoint's answers say `Vary: Origin`, or what they say instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Way {
    /// On no answer, as OSS without `ResponseVary`.
    Never,
    /// On every answer, as OSS with `ResponseVary`.
    Always,
    /// Only on answers to which a rule gave CORS fields, as S3.
    Matched,
    /// Every object says `Vary: *`, whatever the request; errors say nothing.
    Star,
}

impl Way {
    /// Every way.
    pub const ALL: [Self; 4] = [Self::Never, Self::Always, Self::Matched, Self::Star];

    /// The word for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Never => "never",
            Self::Always => "always",
            Self::Matched => "matched",
            Self::Star => "star",
        }
    }

    /// When `Vary` is said, in a few words.
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Never => "no answer says Vary",
            Self::Always => "every answer says Vary: Origin",
            Self::Matched => "only answers that a rule matched say Vary: Origin",
            Self::Star => "every object says Vary: *",
        }
    }

    /// Whose store answers so.
    pub const fn dialect(self) -> Dialect {
        match self {
            Self::Matched => Dialect::S3,
            Self::Never | Self::Always | Self::Star => Dialect::Oss,
        }
    }

    /// These rules, answered in this way.
    #[must_use]
    pub fn policy(self, rules: Policy) -> Policy {
        rules.with_response_vary(self == Self::Always)
    }

    /// The `Vary` that is stored with every object, whatever the request.
    pub const fn stored(self) -> Option<&'static str> {
        match self {
            Self::Star => Some("*"),
            Self::Never | Self::Always | Self::Matched => None,
        }
    }
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A word that names no [`Way`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no way with Vary: never, always, matched and star are")]
pub struct UnknownWay(String);

impl FromStr for Way {
    type Err = UnknownWay;

    fn from_str(text: &str) -> Result<Self, UnknownWay> {
        Self::ALL.into_iter().find(|way| way.name() == text).ok_or_else(|| UnknownWay(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{Question, evaluate};

    #[test]
    fn each_way_says_vary_when_it_says_it() {
        const A: Option<&str> = Some("https://a.example");
        const DENIED: Option<&str> = Some("https://denied.example");
        // (way, origin, whether the rules demand a Vary that names Origin)
        let rows = [
            (Way::Never, A, false),
            (Way::Never, DENIED, false),
            (Way::Never, None, false),
            (Way::Always, A, true),
            (Way::Always, DENIED, true),
            (Way::Always, None, true),
            (Way::Matched, A, true),
            (Way::Matched, DENIED, false),
            (Way::Matched, None, false),
            (Way::Star, A, false),
            (Way::Star, None, false),
        ];
        for (way, origin, expected) in rows {
            let policy = way.policy(Policy::from_origins(["https://a.example"]));
            let mut question = Question::actual("", "GET");
            question.origin = origin.map(|origin| origin.as_bytes().to_vec().into());
            let vary = evaluate(&policy, way.dialect(), &question).fields.text("vary");
            assert_eq!(vary.is_some_and(|vary| vary.starts_with("Origin")), expected, "{way} {origin:?}");
        }
    }

    #[test]
    fn a_word_names_a_way() {
        for way in Way::ALL {
            assert_eq!(way.name().parse(), Ok(way));
        }
        assert!("sometimes".parse::<Way>().is_err());
    }
}
