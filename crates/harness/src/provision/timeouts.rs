use std::time::Duration;

/// How long a store gets for its part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// For one operation, with all its repetitions while the store says that it is busy.
    pub busy: Duration,
    /// For rules to be seen after they were set.
    pub visible: Duration,
    /// For a preflight to show them, after they can be read: a store that judges them wrongly never
    /// shows them, and that is for the tests to say.
    pub preflight: Duration,
    /// The first pause between two tries; it doubles.
    pub pause: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            busy: Duration::from_secs(30),
            visible: Duration::from_secs(30),
            preflight: Duration::from_secs(5),
            pause: Duration::from_millis(200),
        }
    }
}

impl Timeouts {
    /// At most this long for each part.
    #[must_use]
    pub fn within(self, limit: Duration) -> Self {
        Self {
            busy: self.busy.min(limit),
            visible: self.visible.min(limit),
            preflight: self.preflight.min(limit),
            pause: self.pause.min(limit / 8),
        }
    }
}

/// Pauses that double, up to a bound.
pub(super) struct Pauses {
    next: Duration,
    left: Duration,
}

impl Pauses {
    pub(super) fn new(first: Duration, bound: Duration) -> Self {
        Self { next: first.max(Duration::from_millis(1)), left: bound }
    }

    /// The next pause, at least as long as the store asks for; `None`: the bound is reached.
    pub(super) fn next(&mut self, asked: Option<Duration>) -> Option<Duration> {
        let pause = self.next.max(asked.unwrap_or_default());
        self.left = self.left.checked_sub(pause)?;
        self.next = (self.next * 2).min(Duration::from_secs(4));
        Some(pause)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_and_end() {
        let ms = Duration::from_millis;
        let mut pauses = Pauses::new(ms(100), ms(1000));
        let taken: Vec<_> = std::iter::from_fn(|| pauses.next(None)).collect();
        assert_eq!(taken, [ms(100), ms(200), ms(400)]);
        let mut pauses = Pauses::new(ms(100), ms(1000));
        assert_eq!(pauses.next(Some(ms(900))), Some(ms(900)));
        assert_eq!(pauses.next(None), None);
    }
}
