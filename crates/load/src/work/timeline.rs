//! When what arrives: the stages laid one after the other, and the moment of each arrival.

use crate::{
    plan::{LoadPlan, Shape, is_closed},
    time::Nanos,
};

/// The stages of a run, one after the other.
#[derive(Clone, Debug, PartialEq)]
pub struct Timeline {
    /// The stages.
    pub stages: Vec<StageLine>,
    /// Whether users ask, rather than arrivals come.
    pub closed: bool,
}

/// One stage.
#[derive(Clone, Debug, PartialEq)]
pub struct StageLine {
    /// Its name.
    pub name: String,
    /// How the load moves.
    pub shape: Shape,
    /// When it begins, in seconds since the start.
    pub at: f64,
    /// How long it is, in seconds.
    pub seconds: f64,
    /// The load at its beginning: arrivals in a second, or users.
    pub from: f64,
    /// The load at its end.
    pub to: f64,
}

impl StageLine {
    /// How many arrivals it has.
    fn arrivals(&self) -> f64 {
        (self.from + self.to) / 2.0 * self.seconds
    }

    /// When, in seconds since it began, so many arrivals have come.
    fn moment(&self, arrivals: f64) -> f64 {
        let slope = (self.to - self.from) / (2.0 * self.seconds);
        let root = (self.from * self.from + 4.0 * slope * arrivals).max(0.0).sqrt();
        if self.from + root <= 0.0 { 0.0 } else { 2.0 * arrivals / (self.from + root) }
    }
}

impl Timeline {
    /// The stages of a plan; no arrival rate is above `max_rate`.
    pub fn of(plan: &LoadPlan, max_rate: Option<f64>) -> Self {
        let closed = is_closed(plan);
        let (mut at, mut level) = (0.0, 0.0);
        let cap = |rate: f64| if closed { rate } else { max_rate.map_or(rate, |most| rate.min(most)) };
        let stages = plan
            .stages
            .iter()
            .map(|stage| {
                let to = if closed {
                    f64::from(stage.users.or(plan.users).unwrap_or(1))
                } else {
                    stage.rate.or(plan.rate).unwrap_or(1.0)
                };
                let to = cap(to);
                let from = if stage.shape == Shape::Ramp { level } else { to };
                let line = StageLine {
                    name: stage.name.clone(),
                    shape: stage.shape,
                    at,
                    seconds: stage.duration.seconds(),
                    from,
                    to,
                };
                at += line.seconds;
                level = to;
                line
            })
            .collect();
        Self { stages, closed }
    }

    /// How long all stages take, in seconds.
    pub fn seconds(&self) -> f64 {
        self.stages.iter().map(|stage| stage.seconds).sum()
    }

    /// How many arrivals all stages have, where arrivals come.
    pub fn arrivals(&self) -> u64 {
        whole(self.stages.iter().map(StageLine::arrivals).sum())
    }

    /// The greatest load.
    pub fn peak(&self) -> f64 {
        self.stages.iter().map(|stage| stage.from.max(stage.to)).fold(0.0, f64::max)
    }

    /// The stage at a moment; the last one after the end.
    pub(crate) fn stage_at(&self, moment: Nanos) -> usize {
        let seconds = moment.seconds();
        let after = self.stages.iter().take_while(|stage| stage.at <= seconds).count();
        after.saturating_sub(1)
    }

    /// How many users there are at a moment: none after the end.
    pub(crate) fn users_at(&self, moment: Nanos) -> usize {
        let seconds = moment.seconds();
        if seconds >= self.seconds() {
            return 0;
        }
        let Some(stage) = self.stages.get(self.stage_at(moment)) else { return 0 };
        let part = ((seconds - stage.at) / stage.seconds).clamp(0.0, 1.0);
        let users = stage.from + (stage.to - stage.from) * part;
        users.ceil().max(1.0) as usize
    }
}

/// So many whole arrivals have come before the end; what is within rounding of the next one has not.
fn whole(arrivals: f64) -> u64 {
    (arrivals - 1e-6).ceil().max(0.0) as u64
}

/// The moments at which one of several senders has to send, in their order.
#[derive(Clone, Debug)]
pub(crate) struct Arrivals {
    stages: Vec<StageLine>,
    stage: usize,
    /// Arrivals before the stage.
    before: f64,
    next: u64,
    step: u64,
    total: u64,
}

impl Arrivals {
    /// Of all arrivals, every `of`-th, beginning with number `number` from 0.
    pub(crate) fn new(timeline: &Timeline, number: u64, of: u64) -> Self {
        let total = timeline.arrivals();
        Self { stages: timeline.stages.clone(), stage: 0, before: 0.0, next: number, step: of.max(1), total }
    }

    /// The next moment and its stage; `None` after the last.
    pub(crate) fn peek(&mut self) -> Option<(Nanos, usize)> {
        if self.next >= self.total {
            return None;
        }
        let number = self.next as f64;
        loop {
            let stage = self.stages.get(self.stage)?;
            let within = number - self.before;
            let last = self.stage + 1 == self.stages.len();
            if within < stage.arrivals() - 1e-6 || last {
                let moment = stage.at + stage.moment(within.max(0.0)).min(stage.seconds);
                return Some((Nanos((moment * 1e9).round() as u64), self.stage));
            }
            self.before += stage.arrivals();
            self.stage += 1;
        }
    }

    /// Goes on to the one after.
    pub(crate) fn advance(&mut self) {
        self.next += self.step;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(at: f64, seconds: f64, from: f64, to: f64) -> StageLine {
        StageLine { name: "s".to_owned(), shape: Shape::Steady, at, seconds, from, to }
    }

    fn moments(timeline: &Timeline, number: u64, of: u64) -> Vec<(Nanos, usize)> {
        let mut arrivals = Arrivals::new(timeline, number, of);
        let mut found = Vec::new();
        while let Some(moment) = arrivals.peek() {
            found.push(moment);
            arrivals.advance();
        }
        found
    }

    #[test]
    fn a_steady_rate_has_exactly_rate_times_time_arrivals_evenly() {
        for (rate, seconds) in [(1000.0, 2.0), (3.0, 1.0), (0.5, 4.0), (333.0, 3.0), (20_000.0, 1.5)] {
            let timeline = Timeline { stages: vec![line(0.0, seconds, rate, rate)], closed: false };
            let found = moments(&timeline, 0, 1);
            assert_eq!(found.len() as u64, (rate * seconds) as u64, "{rate}");
            for (index, (moment, _)) in found.iter().enumerate() {
                let due = index as f64 / rate * 1e9;
                assert!((moment.0 as f64 - due).abs() <= 1.0, "{rate}: {index} at {moment:?}");
            }
        }
    }

    #[test]
    fn a_ramp_has_the_area_below_it() {
        let timeline = Timeline {
            stages: vec![
                line(0.0, 2.0, 0.0, 100.0),
                line(2.0, 1.0, 100.0, 100.0),
                line(3.0, 2.0, 100.0, 50.0),
            ],
            closed: false,
        };
        let found = moments(&timeline, 0, 1);
        assert_eq!(found.len(), 100 + 100 + 150);
        assert!(found.windows(2).all(|pair| pair[0].0 < pair[1].0), "in their order");
        // After half the time of a ramp from nothing, a quarter has come.
        assert_eq!(found.iter().filter(|(moment, _)| *moment < Nanos::SECOND).count(), 25);
        for (stage, count) in [(0, 100), (1, 100), (2, 150)] {
            assert_eq!(found.iter().filter(|(_, of)| *of == stage).count(), count, "stage {stage}");
        }
        assert!(found.iter().all(|(moment, _)| *moment < Nanos(5_000_000_000)));
    }

    #[test]
    fn several_senders_send_what_one_would() {
        let timeline =
            Timeline { stages: vec![line(0.0, 1.0, 10.0, 70.0), line(1.0, 1.0, 70.0, 70.0)], closed: false };
        let mut shared: Vec<_> = (0..3).flat_map(|number| moments(&timeline, number, 3)).collect();
        shared.sort_unstable();
        assert_eq!(shared, moments(&timeline, 0, 1));
    }

    #[test]
    fn users_come_and_go_with_their_stages() {
        let timeline =
            Timeline { stages: vec![line(0.0, 2.0, 0.0, 10.0), line(2.0, 1.0, 10.0, 10.0)], closed: true };
        let at = |seconds: f64| timeline.users_at(Nanos((seconds * 1e9) as u64));
        assert_eq!((at(0.0), at(1.0), at(1.99), at(2.5), at(3.0)), (1, 5, 10, 10, 0));
        assert_eq!(timeline.stage_at(Nanos(1_999_999_999)), 0);
        assert_eq!(timeline.stage_at(Nanos(2_000_000_000)), 1);
        assert_eq!(timeline.stage_at(Nanos(9_000_000_000)), 1);
    }
}
