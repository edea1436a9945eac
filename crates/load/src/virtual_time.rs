//! The time of simulated browsers and caches: it goes on by a step with each page view. Pure.

use std::time::{Duration, SystemTime};

use crosscheck_core::message::{Response, isomorphic};

/// A clock that page views drive.
#[derive(Clone, Copy, Debug)]
pub(crate) struct VirtualTime {
    start: SystemTime,
    step: Duration,
}

impl VirtualTime {
    /// A clock that shows `start` at the first view and `step` more at each later one.
    pub(crate) const fn new(start: SystemTime, step: Duration) -> Self {
        Self { start, step }
    }

    /// What it shows at a view, counted from 0.
    pub(crate) fn at(&self, view: u32) -> SystemTime {
        self.start + self.step.saturating_mul(view)
    }

    /// A response of the endpoint, whose `Date` and `Expires` are of the real time, as it would have been made at
    /// this clock's `now`: as fresh then as it was when it came.
    pub(crate) fn moved(&self, mut response: Response, now: SystemTime) -> Response {
        let read = |name: &str| {
            let value = response.fields.get(name)?;
            httpdate::parse_http_date(&isomorphic::decode(&value)).ok()
        };
        let Some(made) = read("date") else { return response };
        let expires = read("expires");
        response.fields.set("Date", httpdate::fmt_http_date(now).into_bytes());
        if let Some(expires) = expires {
            let moved = match expires.duration_since(made) {
                Ok(ahead) => now + ahead,
                Err(behind) => now.checked_sub(behind.duration()).unwrap_or(now),
            };
            response.fields.set("Expires", httpdate::fmt_http_date(moved).into_bytes());
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_move_together() {
        let start = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
        let time = VirtualTime::new(start, Duration::from_secs(60));
        assert_eq!(time.at(3), start + Duration::from_secs(180));
        let response = Response::new(200)
            .with_field("Date", "Wed, 25 Nov 2026 12:00:00 GMT")
            .with_field("Expires", "Wed, 25 Nov 2026 12:10:00 GMT");
        let moved = time.moved(response, start);
        assert_eq!(moved.fields.text("date").unwrap(), "Sun, 09 Sep 2001 01:46:40 GMT");
        assert_eq!(moved.fields.text("expires").unwrap(), "Sun, 09 Sep 2001 01:56:40 GMT");
        let without = Response::new(200).with_field("Expires", "0");
        assert_eq!(time.moved(without.clone(), start), without);
    }
}
