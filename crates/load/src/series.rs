//! The run in slices: a second each, until there would be too many; then two, four and so on, so
//! that a run of a day takes no more memory than one of minutes. Pure.

use super::record::{HistogramRecord, Second, new_latencies};

/// The most slices.
const MOST: usize = 300;

/// The slices of a run as they come.
#[derive(Clone, Debug, Default)]
pub(crate) struct Series {
    slices: Vec<Second>,
    /// How many seconds have come.
    width: usize,
    /// Seconds that are yet to make a slice.
    pending: Vec<Second>,
}

impl Series {
    /// Adds a second.
    pub(crate) fn push(&mut self, second: Second) {
        self.width = self.width.max(1);
        self.pending.push(second);
        if self.pending.len() >= self.width {
            self.flush();
        }
        if self.slices.len() > MOST {
            let slices = std::mem::take(&mut self.slices);
            self.slices = slices.chunks(2).map(merged).collect();
            self.width *= 2;
        }
    }

    fn flush(&mut self) {
        if !self.pending.is_empty() {
            self.slices.push(merged(&std::mem::take(&mut self.pending)));
        }
    }

    /// The slices of a run that took so many seconds: the last one may be shorter.
    pub(crate) fn finish(mut self, seconds: f64) -> Vec<Second> {
        self.flush();
        if let Some(last) = self.slices.last_mut()
            && seconds > last.at
        {
            last.seconds = last.seconds.min(seconds - last.at);
        }
        self.slices
    }
}

/// Several slices as one.
fn merged(slices: &[Second]) -> Second {
    let (Some(first), Some(last)) = (slices.first(), slices.last()) else { return Second::default() };
    if slices.len() == 1 {
        return first.clone();
    }
    let histogram = |of: fn(&Second) -> &HistogramRecord| {
        let mut sum = new_latencies();
        for slice in slices {
            // What we wrote ourselves can be read.
            if let Ok(part) = of(slice).decode() {
                let _ = sum.add(&part);
            }
        }
        HistogramRecord::of(&sum)
    };
    let sum = |of: fn(&Second) -> u64| slices.iter().map(of).sum();
    Second {
        at: first.at,
        seconds: last.at + last.seconds - first.at,
        due: sum(|slice| slice.due),
        sent: sum(|slice| slice.sent),
        answered: sum(|slice| slice.answered),
        errors: sum(|slice| slice.errors),
        wrong: sum(|slice| slice.wrong),
        backlog: last.backlog,
        active: last.active,
        response: histogram(|slice| &slice.response),
        service: histogram(|slice| &slice.service),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{record::record, time::Micros};

    fn second(at: u32) -> Second {
        let mut latencies = new_latencies();
        record(&mut latencies, Micros(u64::from(at) + 1));
        Second {
            at: f64::from(at),
            seconds: 1.0,
            sent: 1,
            backlog: u64::from(at),
            response: HistogramRecord::of(&latencies),
            service: HistogramRecord::of(&latencies),
            ..Second::default()
        }
    }

    #[test]
    fn a_long_run_has_fewer_longer_slices_and_loses_nothing() {
        let mut series = Series::default();
        for at in 0..5000 {
            series.push(second(at));
        }
        let slices = series.finish(4999.5);
        assert!((MOST / 2..=MOST + 1).contains(&slices.len()), "{}", slices.len());
        assert_eq!(slices.iter().map(|slice| slice.sent).sum::<u64>(), 5000);
        let values: u64 = slices.iter().map(|slice| slice.response.decode().unwrap().len()).sum();
        assert_eq!(values, 5000);
        assert!(slices.windows(2).all(|pair| (pair[0].at + pair[0].seconds - pair[1].at).abs() < 1e-9));
        let last = slices.last().unwrap();
        assert!((last.at + last.seconds - 4999.5).abs() < 1e-9, "{last:?}");
        assert_eq!(last.backlog, 4999);
    }

    #[test]
    fn a_short_run_has_a_slice_a_second() {
        let mut series = Series::default();
        (0..3).for_each(|at| series.push(second(at)));
        let slices = series.finish(2.25);
        let times: Vec<_> = slices.iter().map(|slice| (slice.at, slice.seconds)).collect();
        assert_eq!(times, [(0.0, 1.0), (1.0, 1.0), (2.0, 0.25)]);
    }
}
