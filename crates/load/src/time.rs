//! Moments and spans of a run in the two units that occur: the engines count nanoseconds, histograms hold
//! microseconds.

use std::time::Duration;

/// A moment in nanoseconds since the start of a run, or a span between two.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Nanos(pub u64);

/// A latency in microseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Micros(pub u64);

impl Nanos {
    /// The start.
    pub const ZERO: Self = Self(0);
    /// Later than anything.
    pub const MAX: Self = Self(u64::MAX);
    /// The span of a second.
    pub const SECOND: Self = Self(1_000_000_000);

    /// A span; one that does not fit is the longest.
    #[inline]
    pub fn of(span: Duration) -> Self {
        Self(u64::try_from(span.as_nanos()).unwrap_or(u64::MAX))
    }

    /// The span since an earlier moment; none where that is later.
    #[inline]
    #[must_use]
    pub const fn since(self, earlier: Self) -> Self {
        Self(self.0.saturating_sub(earlier.0))
    }

    /// The moment that is so much later.
    #[inline]
    #[must_use]
    pub const fn plus(self, span: Self) -> Self {
        Self(self.0.saturating_add(span.0))
    }

    /// As a latency.
    #[inline]
    pub const fn micros(self) -> Micros {
        Micros(self.0 / 1_000)
    }

    /// As seconds.
    #[inline]
    pub fn seconds(self) -> f64 {
        self.0 as f64 / 1e9
    }

    /// As a span of the standard library.
    #[inline]
    pub const fn duration(self) -> Duration {
        Duration::from_nanos(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_converted_and_spans_never_wrap() {
        let (early, late) = (Nanos(1_500), Nanos::SECOND);
        assert_eq!(late.since(early).micros(), Micros(999_998));
        assert_eq!(early.since(late), Nanos::ZERO);
        assert_eq!(Nanos::MAX.plus(early), Nanos::MAX);
        assert_eq!(Nanos::of(Duration::from_millis(2)).duration(), Duration::from_millis(2));
        assert!((Nanos(2_500_000_000).seconds() - 2.5).abs() < 1e-9);
    }
}
