//! The `Cache-Control` field (RFC 9111 §5.2): what a response or a request says of its
//! own storing and reuse.

use crate::message::{Fields, list};

/// The greatest number of seconds that is told apart (RFC 9111 §1.2.2): more is this much.
pub(super) const MAX_DELTA_SECONDS: u64 = 1 << 31;

/// An argument of a directive that should be a number of seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delta {
    /// Seconds, 0 to [`MAX_DELTA_SECONDS`].
    Seconds(u64),
    /// The argument is missing or no number.
    Invalid,
}

impl Delta {
    /// The seconds, where they are a number.
    pub fn seconds(self) -> Option<u64> {
        match self {
            Self::Seconds(seconds) => Some(seconds),
            Self::Invalid => None,
        }
    }
}

/// `no-cache` and `private` speak of a whole response or of some of its fields.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Extent {
    /// The directive does not stand there.
    #[default]
    Nothing,
    /// Without argument: the whole response.
    Whole,
    /// With field names as its argument: these fields only.
    Fields(Vec<String>),
}

impl Extent {
    fn add(&mut self, argument: Option<&[u8]>) {
        let Some(argument) = argument else {
            *self = Self::Whole;
            return;
        };
        let names = list::unquoted_members(argument).map(|name| String::from_utf8_lossy(name).into_owned());
        match self {
            Self::Nothing => *self = Self::Fields(names.collect()),
            Self::Whole => {}
            Self::Fields(fields) => fields.extend(names),
        }
    }
}

/// What a response's `Cache-Control` says (RFC 9111 §5.2.2, RFC 5861, RFC 8246). Of a
/// directive that stands there several times, the first counts (RFC 9111 §4.2.1).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ResponseDirectives {
    /// `max-age`: seconds for which the response is fresh.
    pub max_age: Option<Delta>,
    /// `s-maxage`: the same for a shared cache, before `max-age`.
    pub s_maxage: Option<Delta>,
    /// `no-store`: must not be stored.
    pub no_store: bool,
    /// `no-cache`: must not be reused without validation.
    pub no_cache: Extent,
    /// `private`: must not be stored by a shared cache.
    pub private: Extent,
    /// `public`: may be stored even where it otherwise might not.
    pub public: bool,
    /// `must-revalidate`: must not be reused stale.
    pub must_revalidate: bool,
    /// `proxy-revalidate`: the same for a shared cache.
    pub proxy_revalidate: bool,
    /// `must-understand`: `no-store` does not count for a cache that understands the status.
    pub must_understand: bool,
    /// `immutable`: never changes while fresh.
    pub immutable: bool,
    /// `stale-while-revalidate`: seconds for which it may be reused stale while it is validated.
    pub stale_while_revalidate: Option<u64>,
    /// `stale-if-error`: seconds for which it may be reused stale where validation fails.
    pub stale_if_error: Option<u64>,
}

impl ResponseDirectives {
    /// Reads all `Cache-Control` lines of a response.
    pub fn parse(fields: &Fields) -> Self {
        let mut found = Self::default();
        for (name, argument) in directives(fields, "cache-control") {
            found.add(name, argument);
        }
        found
    }

    fn add(&mut self, name: &[u8], argument: Option<Argument<'_>>) {
        let is = |directive: &str| name.eq_ignore_ascii_case(directive.as_bytes());
        if is("max-age") {
            self.max_age.get_or_insert_with(|| delta(argument));
        } else if is("s-maxage") {
            self.s_maxage.get_or_insert_with(|| delta(argument));
        } else if is("no-store") {
            self.no_store = true;
        } else if is("no-cache") {
            self.no_cache.add(argument.map(|a| a.unescaped()).as_deref());
        } else if is("private") {
            self.private.add(argument.map(|a| a.unescaped()).as_deref());
        } else if is("public") {
            self.public = true;
        } else if is("must-revalidate") {
            self.must_revalidate = true;
        } else if is("proxy-revalidate") {
            self.proxy_revalidate = true;
        } else if is("must-understand") {
            self.must_understand = true;
        } else if is("immutable") {
            self.immutable = true;
        } else if is("stale-while-revalidate") {
            let seconds = delta(argument).seconds();
            self.stale_while_revalidate = self.stale_while_revalidate.or(seconds);
        } else if is("stale-if-error") {
            let seconds = delta(argument).seconds();
            self.stale_if_error = self.stale_if_error.or(seconds);
        }
    }
}

/// How stale a response a request accepts (RFC 9111 §5.2.1.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MaxStale {
    /// Of any age.
    Any,
    /// At most so many seconds past its freshness.
    Seconds(u64),
}

/// What a request's `Cache-Control`, or its `Pragma` where it has none, asks (RFC 9111 §5.2.1, §5.4).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct RequestDirectives {
    /// `max-age`: no response older than so many seconds.
    pub max_age: Option<u64>,
    /// `min-fresh`: only a response that stays fresh for so many seconds more.
    pub min_fresh: Option<u64>,
    /// `max-stale`: a stale response will do.
    pub max_stale: Option<MaxStale>,
    /// `no-cache`: nothing without validation.
    pub no_cache: bool,
    /// `no-store`: the answer must not be stored.
    pub no_store: bool,
    /// `only-if-cached`: a stored response or none.
    pub only_if_cached: bool,
}

impl RequestDirectives {
    /// Reads all `Cache-Control` lines of a request; `Pragma: no-cache` where there is none.
    pub(super) fn parse(fields: &Fields) -> Self {
        let mut found = Self::default();
        for (name, argument) in directives(fields, "cache-control") {
            found.add(name, argument);
        }
        if !fields.contains("cache-control") {
            found.no_cache =
                directives(fields, "pragma").any(|(name, _)| name.eq_ignore_ascii_case(b"no-cache"));
        }
        found
    }

    fn add(&mut self, name: &[u8], argument: Option<Argument<'_>>) {
        let is = |directive: &str| name.eq_ignore_ascii_case(directive.as_bytes());
        if is("max-age") {
            // A limit that cannot be read is the strictest one.
            self.max_age = self.max_age.or(Some(delta(argument).seconds().unwrap_or(0)));
        } else if is("min-fresh") {
            self.min_fresh = self.min_fresh.or(delta(argument).seconds());
        } else if is("max-stale") {
            let asked = match argument {
                None => Some(MaxStale::Any),
                Some(_) => delta(argument).seconds().map(MaxStale::Seconds),
            };
            self.max_stale = self.max_stale.or(asked);
        } else if is("no-cache") {
            self.no_cache = true;
        } else if is("no-store") {
            self.no_store = true;
        } else if is("only-if-cached") {
            self.only_if_cached = true;
        }
    }
}

/// A directive's argument: a token, or what stands between the quotes, escapes included.
#[derive(Clone, Copy, Debug)]
struct Argument<'a>(&'a [u8]);

impl Argument<'_> {
    fn unescaped(self) -> Vec<u8> {
        let mut bytes = self.0.iter();
        let mut plain = Vec::with_capacity(self.0.len());
        while let Some(&b) = bytes.next() {
            plain.push(if b == b'\\' { bytes.next().copied().unwrap_or(b) } else { b });
        }
        plain
    }
}

/// Both the token and the quoted form of a number are read (RFC 9111 §5.2).
fn delta(argument: Option<Argument<'_>>) -> Delta {
    match argument.and_then(|argument| delta_seconds(argument.0)) {
        Some(seconds) => Delta::Seconds(seconds),
        None => Delta::Invalid,
    }
}

/// RFC 9111 §1.2.2 `delta-seconds`: digits and nothing else.
pub(super) fn delta_seconds(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    Some(digits.iter().fold(0_u64, |sum, d| {
        sum.saturating_mul(10).saturating_add(u64::from(d - b'0')).min(MAX_DELTA_SECONDS)
    }))
}

/// A directive: its name, and its argument where it has one.
fn directive(member: &[u8]) -> (&[u8], Option<Argument<'_>>) {
    let Some(equals) = member.iter().position(|&b| b == b'=') else {
        return (member, None);
    };
    let (name, argument) = member.split_at(equals);
    let argument = argument.get(1..).unwrap_or_default();
    let argument = match argument.strip_prefix(b"\"") {
        Some(quoted) => quoted.strip_suffix(b"\"").unwrap_or(quoted),
        None => argument,
    };
    (name, Some(Argument(argument)))
}

/// The directives of all lines of a field.
fn directives<'a>(
    fields: &'a Fields,
    name: &'a str,
) -> impl Iterator<Item = (&'a [u8], Option<Argument<'a>>)> {
    fields.lines(name).flat_map(|line| list::unquoted_members(line)).map(directive)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(name: &str, lines: &[&str]) -> Fields {
        lines.iter().map(|line| (name, line.as_bytes().to_vec())).collect()
    }

    #[test]
    fn reads_response_directives() {
        let none = ResponseDirectives::default;
        let age = |seconds| Some(Delta::Seconds(seconds));
        let names = |names: &[&str]| Extent::Fields(names.iter().map(|&n| n.to_owned()).collect());
        #[rustfmt::skip]
        let rows: &[(&str, &[&str], ResponseDirectives)] = &[
            ("no line", &[], none()),
            ("empty", &["", " , ,,"], none()),
            ("a number of seconds", &["max-age=60"], ResponseDirectives { max_age: age(60), ..none() }),
            ("names have no case", &["MAX-Age=60"], ResponseDirectives { max_age: age(60), ..none() }),
            ("a quoted number", &["max-age=\"60\""], ResponseDirectives { max_age: age(60), ..none() }),
            ("leading zeros", &["max-age=0060"], ResponseDirectives { max_age: age(60), ..none() }),
            ("more seconds than are told apart", &["max-age=99999999999999999999999"], ResponseDirectives { max_age: age(MAX_DELTA_SECONDS), ..none() }),
            ("a directive twice: the first", &["max-age=1, max-age=2", "max-age=3"], ResponseDirectives { max_age: age(1), ..none() }),
            ("no number", &["max-age=1.5"], ResponseDirectives { max_age: Some(Delta::Invalid), ..none() }),
            ("negative", &["max-age=-1"], ResponseDirectives { max_age: Some(Delta::Invalid), ..none() }),
            ("no argument", &["max-age"], ResponseDirectives { max_age: Some(Delta::Invalid), ..none() }),
            ("space about the equals sign", &["max-age= 60"], ResponseDirectives { max_age: Some(Delta::Invalid), ..none() }),
            ("space before it is another name", &["max-age =60"], none()),
            ("several lines are one list", &["public", "s-maxage=5,must-revalidate"], ResponseDirectives { public: true, s_maxage: age(5), must_revalidate: true, ..none() }),
            ("quotes hold other directives", &["community=\"no-store, max-age=1\", max-age=2"], ResponseDirectives { max_age: age(2), ..none() }),
            ("an escaped quote", &["x=\"a\\\", no-store\", public"], ResponseDirectives { public: true, ..none() }),
            ("a quote that never closes", &["x=\"a, no-store"], none()),
            ("single quotes are none", &["x='a, no-store'"], none()),
            ("no-cache of fields", &["no-cache=\"Set-Cookie, ETag\""], ResponseDirectives { no_cache: names(&["Set-Cookie", "ETag"]), ..none() }),
            ("private with a token", &["private=set-cookie"], ResponseDirectives { private: names(&["set-cookie"]), ..none() }),
            ("the whole goes before its fields", &["private, private=\"x\""], ResponseDirectives { private: Extent::Whole, ..none() }),
            ("RFC 5861", &["stale-while-revalidate=10, stale-if-error=20"], ResponseDirectives { stale_while_revalidate: Some(10), stale_if_error: Some(20), ..none() }),
        ];
        for (what, lines, expected) in rows {
            assert_eq!(ResponseDirectives::parse(&fields("Cache-Control", lines)), *expected, "{what}");
        }
    }

    #[test]
    fn reads_request_directives() {
        let none = RequestDirectives::default;
        #[rustfmt::skip]
        let rows: &[(&str, &str, &[&str], RequestDirectives)] = &[
            ("no-cache", "cache-control", &["no-cache"], RequestDirectives { no_cache: true, ..none() }),
            ("Pragma", "pragma", &["no-cache"], RequestDirectives { no_cache: true, ..none() }),
            ("a limit that is no number", "cache-control", &["max-age=x"], RequestDirectives { max_age: Some(0), ..none() }),
            ("max-stale without limit", "cache-control", &["max-stale"], RequestDirectives { max_stale: Some(MaxStale::Any), ..none() }),
            ("max-stale that is no number", "cache-control", &["max-stale=x"], none()),
            ("several", "cache-control", &["max-stale=5, min-fresh=6", "no-store, only-if-cached"], RequestDirectives { max_stale: Some(MaxStale::Seconds(5)), min_fresh: Some(6), no_store: true, only_if_cached: true, ..none() }),
        ];
        for (what, name, lines, expected) in rows {
            assert_eq!(RequestDirectives::parse(&fields(name, lines)), *expected, "{what}");
        }
    }

    #[test]
    fn pragma_is_not_read_beside_cache_control() {
        let mut both = fields("Pragma", &["no-cache"]);
        both.push("Cache-Control", "max-age=9");
        assert!(!RequestDirectives::parse(&both).no_cache);
    }
}
