//! How long a user waits for an answer.

use std::{
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use tokio::time::{Instant, Sleep, sleep_until};

use super::super::http1::Patience;

/// One timer for all requests of a user. It is set anew only when it goes off, not for each request: that costs
/// more than the request's own work.
pub(super) struct Timer {
    patience: Duration,
    /// When the present request has taken too long.
    until: Instant,
    sleep: Pin<Box<Sleep>>,
}

impl Timer {
    pub(super) fn new(patience: Duration) -> Self {
        let until = Instant::now() + patience;
        Self { patience, until, sleep: Box::pin(sleep_until(until)) }
    }

    /// A request begins.
    pub(super) fn begin(&mut self, now: Instant) {
        self.until = now + self.patience;
    }
}

impl Patience for Timer {
    fn is_over(&mut self, cx: &mut Context<'_>) -> bool {
        // It was set for an earlier request, so that it never goes off too late.
        while let Poll::Ready(()) = self.sleep.as_mut().poll(cx) {
            if Instant::now() >= self.until {
                return true;
            }
            self.sleep.as_mut().reset(self.until);
        }
        false
    }
}
