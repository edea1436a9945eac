use std::ops::Range;

/// What a `Range` asks of a content (RFC 9110 §14.1.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// All of it: no range that is understood here, or several.
    Whole,
    /// These bytes.
    Part(Range<usize>),
    /// Bytes that are not there.
    Unsatisfiable,
}

/// Reads one `bytes` range.
pub(super) fn parse(value: &str, size: usize) -> Asked {
    let Some((first, last)) = value.strip_prefix("bytes=").and_then(|range| range.split_once('-')) else {
        return Asked::Whole;
    };
    let number = |text: &str| {
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| text.parse::<usize>().unwrap_or(usize::MAX))
    };
    match (first, number(first), last, number(last)) {
        ("", _, _, Some(0)) => Asked::Unsatisfiable,
        ("", _, _, Some(_)) if size == 0 => Asked::Unsatisfiable,
        ("", _, _, Some(length)) => Asked::Part(size.saturating_sub(length)..size),
        (_, Some(first), "", _) if first < size => Asked::Part(first..size),
        (_, Some(first), _, Some(last)) if first > last => Asked::Whole,
        (_, Some(first), _, Some(last)) if first < size => {
            Asked::Part(first..last.saturating_add(1).min(size))
        }
        (_, Some(_), "", _) | (_, Some(_), _, Some(_)) => Asked::Unsatisfiable,
        _ => Asked::Whole,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_of_ten_bytes() {
        let rows = [
            ("bytes=0-3", Asked::Part(0..4)),
            ("bytes=4-", Asked::Part(4..10)),
            ("bytes=-3", Asked::Part(7..10)),
            ("bytes=-30", Asked::Part(0..10)),
            ("bytes=8-99", Asked::Part(8..10)),
            ("bytes=9-99999999999999999999999", Asked::Part(9..10)),
            ("bytes=10-", Asked::Unsatisfiable),
            ("bytes=10-12", Asked::Unsatisfiable),
            ("bytes=-0", Asked::Unsatisfiable),
            ("bytes=3-1", Asked::Whole),
            ("bytes=0-1,3-4", Asked::Whole),
            ("bytes=a-b", Asked::Whole),
            ("bytes=-", Asked::Whole),
            ("bytes=+1-2", Asked::Whole),
            ("lines=0-1", Asked::Whole),
            ("", Asked::Whole),
        ];
        for (value, asked) in rows {
            assert_eq!(parse(value, 10), asked, "{value}");
        }
        assert_eq!(parse("bytes=-1", 0), Asked::Unsatisfiable);
    }
}
