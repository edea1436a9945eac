use std::{borrow::Cow, fmt, str::FromStr, time::Duration};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

/// A length of time as it stands in a plan: a whole number and `ms`, `s`, `m` or `h`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span(Duration);

/// What a span looks like, for the schema.
pub(super) const PATTERN: &str = "^[0-9]{1,6}(ms|s|m|h)$";

/// A text that is no span.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no length of time: expected a whole number and ms, s, m or h, such as `30s`")]
pub struct ParseSpanError(String);

impl Span {
    /// So many milliseconds.
    pub const fn from_millis(millis: u64) -> Self {
        Self(Duration::from_millis(millis))
    }

    /// The span nearest to so many milliseconds that six digits and a unit can say, so that it can be read
    /// again from where it is written.
    pub fn nearest(millis: u64) -> Self {
        const MOST: u64 = 999_999;
        let factors = [1, 1_000, 60_000, 3_600_000];
        let factor = factors.into_iter().find(|factor| millis.saturating_add(factor / 2) / factor <= MOST);
        let factor = factor.unwrap_or(3_600_000);
        Self::from_millis((millis.saturating_add(factor / 2) / factor).min(MOST) * factor)
    }

    /// As a duration.
    pub const fn duration(self) -> Duration {
        self.0
    }

    /// In seconds.
    pub fn seconds(self) -> f64 {
        self.0.as_secs_f64()
    }
}

impl FromStr for Span {
    type Err = ParseSpanError;

    fn from_str(text: &str) -> Result<Self, ParseSpanError> {
        let unit = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let (number, unit) = text.split_at(unit);
        let factor = match unit {
            "ms" => 1,
            "s" => 1_000,
            "m" => 60_000,
            "h" => 3_600_000,
            _ => return Err(ParseSpanError(text.to_owned())),
        };
        match number.parse::<u64>() {
            Ok(number) if number_is_short(text) => Ok(Self::from_millis(number * factor)),
            _ => Err(ParseSpanError(text.to_owned())),
        }
    }
}

fn number_is_short(text: &str) -> bool {
    (1..=6).contains(&text.bytes().filter(u8::is_ascii_digit).count())
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let millis = self.0.as_millis();
        for (factor, unit) in [(3_600_000, "h"), (60_000, "m"), (1_000, "s")] {
            if millis > 0 && millis.is_multiple_of(factor) {
                return write!(f, "{}{unit}", millis / factor);
            }
        }
        write!(f, "{millis}ms")
    }
}

impl Serialize for Span {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(D::Error::custom)
    }
}

impl JsonSchema for Span {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Span".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": PATTERN })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_a_number_and_a_unit() {
        for (text, millis) in
            [("0ms", 0), ("250ms", 250), ("1s", 1000), ("90s", 90_000), ("2m", 120_000), ("1h", 3_600_000)]
        {
            assert_eq!(text.parse(), Ok(Span::from_millis(millis)), "{text}");
        }
        for text in ["", "s", "1", "1 s", "1.5s", "-1s", "1S", "1234567s", "1d", "٣s"] {
            assert!(text.parse::<Span>().is_err(), "{text}");
        }
    }

    #[test]
    fn the_nearest_span_can_be_read_where_it_is_written() {
        for (millis, text) in [
            (0, "0ms"),
            (999_999, "999999ms"),
            (1_714_286, "1714s"),
            (999_999_499, "999999s"),
            (1_234_567_890, "20576m"),
            (u64::MAX, "999999h"),
        ] {
            let span = Span::nearest(millis);
            assert_eq!(span.to_string(), text);
            assert_eq!(text.parse(), Ok(span));
        }
    }

    #[test]
    fn a_span_is_written_in_its_largest_whole_unit() {
        for (millis, text) in
            [(0, "0ms"), (250, "250ms"), (1500, "1500ms"), (1000, "1s"), (90_000, "90s"), (120_000, "2m")]
        {
            let span = Span::from_millis(millis);
            assert_eq!(span.to_string(), text);
            assert_eq!(text.parse(), Ok(span));
        }
    }
}
