//! Faults that no catalogue lists: composed of how an origin is compared, on which answers, under which condition, and
//! which field is wrong. A short text says one, and reproduces it.

use std::{fmt, str::FromStr};

use crosscheck_core::random::Rng;

use super::Fault;

/// Words of a recipe: an enum whose variants have names.
macro_rules! words {
    ($(#[$about:meta])* $type:ident { $( $name:ident = $word:literal, $meaning:literal; )+ }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $type { $( #[doc = $meaning] $name, )+ }

        impl $type {
            /// Every one.
            pub const ALL: &'static [Self] = &[ $( Self::$name, )+ ];

            /// Its word in a recipe.
            pub const fn as_str(self) -> &'static str {
                match self { $( Self::$name => $word, )+ }
            }

            /// What it means, as a clause.
            pub const fn meaning(self) -> &'static str {
                match self { $( Self::$name => $meaning, )+ }
            }
        }

        impl FromStr for $type {
            type Err = UnknownWord;

            fn from_str(word: &str) -> Result<Self, UnknownWord> {
                Self::ALL.iter().copied().find(|known| known.as_str() == word).ok_or_else(|| UnknownWord {
                    word: word.to_owned(),
                    expected: Self::ALL.iter().map(|known| known.as_str()).collect::<Vec<_>>().join(", "),
                })
            }
        }
    };
}

words! {
    /// How the store compares an origin with an allowed one.
    Comparison {
        Exact = "exact", "origins are compared as they should be";
        Any = "any", "every origin is allowed";
        Null = "null", "`null` is allowed";
        Prefix = "prefix", "an origin that begins with an allowed one is allowed";
        Suffix = "suffix", "an origin whose host ends with an allowed one is allowed";
        Substring = "substring", "an origin that contains an allowed one is allowed";
        Subdomain = "subdomain", "subdomains of an allowed host are allowed";
        Scheme = "scheme", "the scheme is not compared";
        Port = "port", "the port is not compared";
        Case = "case", "the case is not compared";
        Dot = "dot", "a dot stands for any character";
        NotFirst = "not-first", "the first allowed origin never matches";
        NotSecond = "not-second", "no allowed origin but the first matches";
    }
}

words! {
    /// On which answers it goes wrong.
    On {
        All = "all", "all answers";
        Preflight = "preflight", "preflights";
        Actual = "actual", "answers to actual requests";
        Get = "get", "answers to GET";
        Head = "head", "answers to HEAD";
        Allowed = "allowed", "answers to allowed origins";
        Refused = "refused", "answers to origins that are not allowed";
        Success = "success", "answers of 200";
        Errors = "errors", "answers of 400 and above to actual requests";
        NotModified = "not-modified", "answers of 304";
        Parts = "parts", "answers of 206";
    }
}

words! {
    /// Under which condition it goes wrong.
    When {
        Always = "always", "always";
        Cookie = "cookie", "when the request has a cookie";
        NoCookie = "no-cookie", "when the request has no cookie";
        Query = "query", "when the URL has a query";
        Headers = "headers", "when request headers are asked for";
        NoHeaders = "no-headers", "when no request headers are asked for";
        SeveralHeaders = "several-headers", "when several request headers are asked for";
        NoOrigin = "no-origin", "when the request has no Origin";
        First = "first-origin", "when the first allowed origin asks";
        Others = "other-origins", "when another origin than the first allowed one asks";
        EverySecond = "every-second", "every second time";
        AfterRefusal = "after-refusal", "right after a refused origin";
        AfterAllowed = "after-allowed", "right after an allowed origin";
    }
}

words! {
    /// Which field is wrong.
    Spoilt {
        Nothing = "nothing", "no field is changed";
        OriginMissing = "origin-missing", "Access-Control-Allow-Origin is missing";
        OriginTwice = "origin-twice", "Access-Control-Allow-Origin is sent twice";
        OriginStar = "origin-star", "Access-Control-Allow-Origin is `*`";
        OriginFirst = "origin-first", "Access-Control-Allow-Origin is the first allowed origin";
        OriginNull = "origin-null", "Access-Control-Allow-Origin is `null`";
        OriginSlash = "origin-slash", "Access-Control-Allow-Origin ends with a slash";
        OriginUpper = "origin-upper", "Access-Control-Allow-Origin is in upper case";
        OriginEchoed = "origin-echoed", "Access-Control-Allow-Origin is whatever Origin says";
        CredentialsMissing = "credentials-missing", "Access-Control-Allow-Credentials is missing";
        CredentialsUpper = "credentials-upper", "Access-Control-Allow-Credentials is TRUE";
        CredentialsTwice = "credentials-twice", "Access-Control-Allow-Credentials is sent twice";
        MethodsMissing = "methods-missing", "Access-Control-Allow-Methods is missing";
        MethodsLower = "methods-lower", "Access-Control-Allow-Methods is in lower case";
        MethodsStar = "methods-star", "Access-Control-Allow-Methods is `*`";
        MethodsInvalid = "methods-invalid", "Access-Control-Allow-Methods is separated by semicolons";
        HeadersMissing = "headers-missing", "Access-Control-Allow-Headers is missing";
        HeadersStar = "headers-star", "Access-Control-Allow-Headers is `*`";
        HeadersFirst = "headers-first", "Access-Control-Allow-Headers has one name";
        ExposeMissing = "expose-missing", "Access-Control-Expose-Headers is missing";
        ExposeStar = "expose-star", "Access-Control-Expose-Headers is `*`";
        ExposeFirst = "expose-first", "Access-Control-Expose-Headers has one name";
        MaxAgeMissing = "max-age-missing", "Access-Control-Max-Age is missing";
        MaxAgeZero = "max-age-zero", "Access-Control-Max-Age is 0";
        MaxAgeInvalid = "max-age-invalid", "Access-Control-Max-Age has a unit";
        VaryMissing = "vary-missing", "Vary is missing";
        VaryWrong = "vary-wrong", "Vary names another field";
        StatusError = "status-error", "a preflight's status is 500";
    }
}

/// A composed fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Composed {
    /// How origins are compared.
    pub comparison: Comparison,
    /// On which answers.
    pub on: On,
    /// Under which condition.
    pub when: When,
    /// Which field is wrong.
    pub spoilt: Spoilt,
}

/// What a recipe begins with.
const PREFIX: &str = "compose:";

impl Composed {
    /// So many different ones that a generator draws with this seed, but never more than there are.
    pub fn drawn(seed: u64, count: usize) -> Vec<Self> {
        let mut random = Rng::new(seed);
        let mut drawn = Vec::new();
        for _ in 0..count.saturating_mul(1_000) {
            if drawn.len() == count {
                break;
            }
            let composed = Self::draw(&mut random);
            if !drawn.contains(&composed) {
                drawn.push(composed);
            }
        }
        drawn
    }

    /// One that a generator draws; never one without a defect.
    fn draw(random: &mut Rng) -> Self {
        loop {
            let drawn = Self {
                comparison: one_of(Comparison::ALL, random),
                on: one_of(On::ALL, random),
                when: one_of(When::ALL, random),
                spoilt: one_of(Spoilt::ALL, random),
            };
            if let Some(drawn) = drawn.simplified(random).filter(|drawn| drawn.can_show()) {
                return drawn;
            }
        }
    }

    /// With one defect in three of four, so that neither hides the other; `None`: without a defect.
    fn simplified(self, random: &mut Rng) -> Option<Self> {
        let one = match random.below(4) {
            0 => self,
            1 => Self { spoilt: Spoilt::Nothing, ..self },
            _ => Self { comparison: Comparison::Exact, ..self },
        };
        (one.comparison != Comparison::Exact || one.spoilt != Spoilt::Nothing).then_some(one)
    }

    /// Whether there are answers on which it can show: a field that only preflights have is not wrong on others, and
    /// no request headers are asked for by an actual request.
    fn can_show(self) -> bool {
        let Self { comparison, on, when, spoilt } = self;
        let never_preflight = matches!(
            on,
            On::Actual | On::Get | On::Head | On::Success | On::Errors | On::NotModified | On::Parts
        );
        let asks_headers = matches!(when, When::Headers | When::SeveralHeaders);
        let only_preflight = on == On::Preflight || asks_headers;
        let without_origin = when == When::NoOrigin;
        let compares = match comparison {
            Comparison::Exact => true,
            Comparison::NotFirst => on != On::Refused && when != When::Others && !without_origin,
            Comparison::NotSecond => on != On::Refused && when != When::First && !without_origin,
            _ => on != On::Allowed && when != When::First && !without_origin,
        };
        let shows = match spoilt {
            Spoilt::Nothing => true,
            Spoilt::MethodsMissing
            | Spoilt::MethodsLower
            | Spoilt::MethodsStar
            | Spoilt::MethodsInvalid
            | Spoilt::MaxAgeMissing
            | Spoilt::MaxAgeZero
            | Spoilt::MaxAgeInvalid
            | Spoilt::StatusError => !never_preflight && on != On::Refused && !without_origin,
            Spoilt::HeadersMissing | Spoilt::HeadersStar | Spoilt::HeadersFirst => {
                !never_preflight && on != On::Refused && !without_origin && when != When::NoHeaders
            }
            Spoilt::ExposeMissing | Spoilt::ExposeStar | Spoilt::ExposeFirst => {
                !only_preflight && on != On::Refused && !without_origin
            }
            Spoilt::VaryMissing | Spoilt::VaryWrong => !only_preflight,
            Spoilt::OriginStar | Spoilt::OriginFirst | Spoilt::OriginNull => {
                !(without_origin && only_preflight)
            }
            Spoilt::OriginEchoed => on != On::Allowed && !without_origin && when != When::First,
            _ => on != On::Refused && !without_origin,
        };
        compares && shows && !(never_preflight && asks_headers)
    }

    /// What it does, in one sentence.
    pub fn meaning(self) -> String {
        let Self { comparison, on, when, spoilt } = self;
        let what: Vec<&str> = [
            (comparison != Comparison::Exact).then(|| comparison.meaning()),
            (spoilt != Spoilt::Nothing).then(|| spoilt.meaning()),
        ]
        .into_iter()
        .flatten()
        .collect();
        format!("On {}, {}: {}.", on.meaning(), when.meaning(), what.join(", and "))
    }
}

fn one_of<T: Copy>(all: &[T], random: &mut Rng) -> T {
    all[random.below(all.len())]
}

impl fmt::Display for Composed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { comparison, on, when, spoilt } = self;
        write!(f, "{PREFIX}{}/{}/{}/{}", comparison.as_str(), on.as_str(), when.as_str(), spoilt.as_str())
    }
}

/// A word that no recipe has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{word}` is not a word of a composed fault; expected one of {expected}")]
pub struct UnknownWord {
    /// The word.
    pub word: String,
    /// The words that can stand there.
    pub expected: String,
}

/// Why a text is not a fault.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidDefect {
    /// No fault has the name.
    #[error(transparent)]
    Name(#[from] super::UnknownFault),
    /// A word of a recipe is unknown.
    #[error(transparent)]
    Word(#[from] UnknownWord),
    /// A recipe has too few or too many words.
    #[error(
        "expected `compose:COMPARISON/ANSWERS/CONDITION/FIELD`, such as `compose:prefix/all/always/nothing`"
    )]
    Shape,
    /// A recipe without a defect.
    #[error("`{PREFIX}exact/…/nothing` has no defect")]
    Nothing,
}

impl FromStr for Composed {
    type Err = InvalidDefect;

    fn from_str(text: &str) -> Result<Self, InvalidDefect> {
        let recipe = text.strip_prefix(PREFIX).ok_or(InvalidDefect::Shape)?;
        let words: Vec<&str> = recipe.split('/').collect();
        let [comparison, on, when, spoilt] = words[..] else { return Err(InvalidDefect::Shape) };
        let read = Self {
            comparison: comparison.parse()?,
            on: on.parse()?,
            when: when.parse()?,
            spoilt: spoilt.parse()?,
        };
        if read.comparison == Comparison::Exact && read.spoilt == Spoilt::Nothing {
            return Err(InvalidDefect::Nothing);
        }
        Ok(read)
    }
}

/// A defect of a store: one of the catalogue, two of them at once, or a composed one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Defect {
    /// One of the catalogue.
    Known(Fault),
    /// Two of the catalogue. Where both would change one decision, the first does.
    Pair(Fault, Fault),
    /// A composed one.
    Composed(Composed),
}

impl FromStr for Defect {
    type Err = InvalidDefect;

    fn from_str(text: &str) -> Result<Self, InvalidDefect> {
        if text.starts_with(PREFIX) {
            return text.parse().map(Self::Composed);
        }
        match text.split_once('+') {
            Some((first, second)) => Ok(Self::Pair(first.parse::<Fault>()?, second.parse::<Fault>()?)),
            None => Ok(Self::Known(text.parse::<Fault>()?)),
        }
    }
}

impl fmt::Display for Defect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Known(fault) => fault.fmt(f),
            Self::Pair(first, second) => write!(f, "{first}+{second}"),
            Self::Composed(composed) => composed.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn recipes_are_reproducible_and_read_as_they_are_written() {
        let drawn = |seed| Composed::drawn(seed, 200);
        assert_eq!(drawn(1), drawn(1));
        assert_ne!(drawn(1), drawn(2));
        let texts: BTreeSet<String> = drawn(1).iter().map(ToString::to_string).collect();
        assert_eq!(texts.len(), 200, "they differ");
        for composed in drawn(1) {
            assert_eq!(composed.to_string().parse(), Ok(composed));
            assert_eq!(composed.to_string().parse(), Ok(Defect::Composed(composed)));
        }
    }

    #[test]
    fn mistakes_in_recipes_say_what_was_expected() {
        for (text, words) in [
            ("compose:prefix/all", "COMPARISON/ANSWERS/CONDITION/FIELD"),
            ("compose:prefix/all/always/nothing/more", "COMPARISON/ANSWERS/CONDITION/FIELD"),
            ("compose:perfix/all/always/nothing", "`perfix` is not a word"),
            ("compose:exact/all/always/nothing", "has no defect"),
            ("vary-mising", "did you mean `vary-missing`?"),
        ] {
            let error = text.parse::<Defect>().unwrap_err().to_string();
            assert!(error.contains(words), "{text}: {error}");
        }
    }
}
