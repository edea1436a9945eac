//! Fetch §2.2.2: single ranges.

use std::cmp::Ordering;

/// The first and last byte position of a single range; either may be left out, not both. Kept
/// as digits, for there is no limit to their number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SingleRange<'a> {
    /// Digits of the first position; `None` for a suffix range.
    pub start: Option<&'a [u8]>,
    /// Digits of the last position; `None` for an open range.
    pub end: Option<&'a [u8]>,
}

impl SingleRange<'_> {
    /// Whether no position is above `highest`.
    pub(super) fn is_within(&self, highest: u64) -> bool {
        let highest = highest.to_string();
        [self.start, self.end]
            .into_iter()
            .flatten()
            .all(|at| compare(at, highest.as_bytes()) != Ordering::Greater)
    }
}

/// Fetch §2.2.2 *parse a single range header value*; `None` for failure.
pub(super) fn parse_single_range(value: &[u8], allow_whitespace: bool) -> Option<SingleRange<'_>> {
    let skip = |rest: &mut &'_ [u8]| {
        if allow_whitespace {
            *rest = rest.trim_ascii_start();
        }
    };
    let mut rest = value.strip_prefix(b"bytes")?;
    skip(&mut rest);
    rest = rest.strip_prefix(b"=")?;
    skip(&mut rest);
    let (start, mut rest) = digits(rest);
    skip(&mut rest);
    rest = rest.strip_prefix(b"-")?;
    skip(&mut rest);
    let (end, rest) = digits(rest);
    let ordered = match (start, end) {
        (None, None) => false,
        (Some(start), Some(end)) => compare(start, end) != Ordering::Greater,
        _ => true,
    };
    (rest.is_empty() && ordered).then_some(SingleRange { start, end })
}

fn digits(bytes: &[u8]) -> (Option<&[u8]>, &[u8]) {
    let count = bytes.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, rest) = bytes.split_at(count);
    ((!digits.is_empty()).then_some(digits), rest)
}

fn compare(a: &[u8], b: &[u8]) -> Ordering {
    fn significant(digits: &[u8]) -> &[u8] {
        let zeros = digits.iter().take_while(|&&digit| digit == b'0').count();
        digits.get(zeros..).unwrap_or_default()
    }
    let (a, b) = (significant(a), significant(b));
    a.len().cmp(&b.len()).then_with(|| a.cmp(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_have_a_limit() {
        for (value, within) in
            [("bytes=9-010", true), ("bytes=10-", true), ("bytes=9-11", false), ("bytes=11-", false)]
        {
            let range = parse_single_range(value.as_bytes(), false).expect(value);
            assert_eq!(range.is_within(10), within, "{value}");
        }
    }

    #[test]
    fn single_ranges_parse_as_the_standard_says() {
        // Value; parses strictly; parses with whitespace allowed.
        let table = [
            ("bytes=0-1", true, true),
            ("bytes=0-", true, true),
            ("bytes=-500", true, true),
            ("bytes=00-1", true, true),
            ("bytes=5-5", true, true),
            ("bytes=99999999999999999999999-100000000000000000000000", true, true),
            ("bytes=100000000000000000000000-99999999999999999999999", false, false),
            ("bytes=5-1", false, false),
            ("bytes=-", false, false),
            ("bytes=", false, false),
            ("bytes", false, false),
            ("Bytes=0-1", false, false),
            ("lines=0-1", false, false),
            ("bytes=0-1,3-4", false, false),
            ("bytes=0-1 ", false, false),
            ("bytes= 0-1", false, true),
            ("bytes =0-1", false, true),
            ("bytes=0 - 1", false, true),
        ];
        for (value, strict, lax) in table {
            assert_eq!(parse_single_range(value.as_bytes(), false).is_some(), strict, "{value}");
            assert_eq!(parse_single_range(value.as_bytes(), true).is_some(), lax, "{value} with whitespace");
        }
    }
}
