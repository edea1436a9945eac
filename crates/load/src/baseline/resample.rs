//! The bootstrap: how far a figure would have moved had other seconds, or other runs, been drawn.

use std::collections::BTreeMap;

use crosscheck_core::random::Rng;

use crate::record::Latencies;

/// How many times units are drawn anew.
const DRAWS: usize = 600;

/// The same units are drawn of the same samples.
const SEED: u64 = 0;

/// One unit of what was measured: a second, or a run.
#[derive(Clone, Debug, Default)]
pub(super) struct Unit {
    /// Latencies in microseconds, and how many requests had each.
    pub(super) latencies: Vec<(u64, u64)>,
    /// How long it was.
    pub(super) seconds: f64,
    /// Requests sent.
    pub(super) sent: u64,
    /// Answers.
    pub(super) answered: u64,
    /// Requests that went wrong on the way.
    pub(super) errors: u64,
    /// Answers judged wrong.
    pub(super) wrong: u64,
}

/// The values of a histogram with their counts.
pub(super) fn values(latencies: &Latencies) -> Vec<(u64, u64)> {
    latencies
        .iter_recorded()
        .map(|step| (step.value_iterated_to(), step.count_since_last_iteration()))
        .collect()
}

/// Units laid on one grid of values, so that a draw is a sum and not a merge.
pub(super) struct Sample {
    grid: Vec<u64>,
    /// For each unit: the grid's index and the count.
    counts: Vec<Vec<(usize, u64)>>,
    units: Vec<Unit>,
}

impl Sample {
    /// Of these units.
    pub(super) fn of(units: Vec<Unit>) -> Self {
        let mut places = BTreeMap::new();
        for (value, _) in units.iter().flat_map(|unit| &unit.latencies) {
            places.insert(*value, 0);
        }
        for (index, place) in places.values_mut().enumerate() {
            *place = index;
        }
        let counts = units
            .iter()
            .map(|unit| {
                let place = |value| places.get(value).copied().unwrap_or_default();
                unit.latencies.iter().map(|(value, count)| (place(value), *count)).collect()
            })
            .collect();
        Self { grid: places.into_keys().collect(), counts, units }
    }

    /// How many units there are.
    pub(super) fn len(&self) -> usize {
        self.units.len()
    }

    /// Every unit once.
    pub(super) fn whole(&self) -> Vec<usize> {
        (0..self.units.len()).collect()
    }

    /// Latency percentiles, in rising order, over the drawn units; absent where none of them has a value.
    pub(super) fn percentiles<const N: usize>(
        &self,
        drawn: &[usize],
        percents: [f64; N],
    ) -> [Option<f64>; N] {
        let mut sums = vec![0_u64; self.grid.len()];
        let mut total = 0_u64;
        for (place, count) in drawn.iter().filter_map(|unit| self.counts.get(*unit)).flatten() {
            if let Some(sum) = sums.get_mut(*place) {
                *sum += count;
                total += count;
            }
        }
        let mut seen = 0;
        let mut places = sums.iter().zip(&self.grid).peekable();
        percents.map(|percent| {
            let wanted = rank(total, percent);
            while let Some((sum, value)) = places.peek() {
                if seen + **sum >= wanted {
                    return Some(float(**value));
                }
                seen += **sum;
                places.next();
            }
            None
        })
    }

    /// The sum of what `of` gives for each drawn unit.
    pub(super) fn sum(&self, drawn: &[usize], of: impl Fn(&Unit) -> f64) -> f64 {
        drawn.iter().filter_map(|unit| self.units.get(*unit)).map(of).sum()
    }
}

/// How many values lie at or below a percentile; at least one.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "a rank among counts that a run can reach"
)]
fn rank(total: u64, percent: f64) -> u64 {
    ((total as f64 * percent / 100.0).ceil() as u64).max(1)
}

#[allow(clippy::cast_precision_loss, reason = "microseconds and counts that a run can reach")]
pub(super) fn float(value: u64) -> f64 {
    value as f64
}

/// The intervals in which each of the changes of both samples lies with the given confidence; absent
/// where a change is. Seconds that follow one another are alike, so they are drawn in blocks.
pub(super) fn intervals<const N: usize>(
    before: &Sample,
    now: &Sample,
    block: usize,
    confidence: f64,
    changes: impl Fn(&[usize], &[usize]) -> [Option<f64>; N],
) -> [Option<(f64, f64)>; N] {
    let mut random = Rng::new(SEED);
    let mut drawn: [Vec<f64>; N] = std::array::from_fn(|_| Vec::with_capacity(DRAWS));
    for _ in 0..DRAWS {
        let found = changes(&draw(&mut random, before.len(), block), &draw(&mut random, now.len(), block));
        for (all, change) in drawn.iter_mut().zip(found) {
            all.extend(change);
        }
    }
    drawn.map(|changes| middle(changes, confidence))
}

/// The ends between which the middle share of these values lies.
fn middle(mut values: Vec<f64>, share: f64) -> Option<(f64, f64)> {
    if values.len() < DRAWS / 2 {
        return None;
    }
    values.sort_by(f64::total_cmp);
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "an index among the draws"
    )]
    let cut = (values.len() as f64 * (1.0 - share) / 2.0).floor() as usize;
    Some((*values.get(cut)?, *values.get(values.len() - 1 - cut)?))
}

/// `count` indices below `count`, in blocks that go round the end.
fn draw(random: &mut Rng, count: usize, block: usize) -> Vec<usize> {
    let mut drawn = Vec::with_capacity(count);
    while drawn.len() < count {
        let start = random.below(count);
        let length = block.max(1).min(count - drawn.len());
        drawn.extend((start..start + length).map(|index| index % count));
    }
    drawn
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit(latencies: &[(u64, u64)]) -> Unit {
        Unit { latencies: latencies.to_vec(), ..Unit::default() }
    }

    #[test]
    fn percentiles_are_those_of_the_drawn_units_together() {
        let sample = Sample::of(vec![unit(&[(10, 90), (500, 10)]), unit(&[(20, 100)]), unit(&[])]);
        for (drawn, percent, value) in [
            (vec![0], 50.0, Some(10.0)),
            (vec![0], 90.0, Some(10.0)),
            (vec![0], 91.0, Some(500.0)),
            (vec![0, 1], 50.0, Some(20.0)),
            (vec![0, 0], 95.0, Some(500.0)),
            (vec![1], 100.0, Some(20.0)),
            (vec![2], 50.0, None),
            (vec![], 50.0, None),
        ] {
            assert_eq!(sample.percentiles(&drawn, [percent]), [value], "{drawn:?} p{percent}");
        }
        assert_eq!(sample.percentiles(&[0, 1], [10.0, 50.0, 99.0]), [Some(10.0), Some(20.0), Some(500.0)]);
    }

    #[test]
    fn blocks_go_round_and_every_unit_is_drawn() {
        let mut random = Rng::new(7);
        let mut seen = [false; 5];
        for _ in 0..200 {
            let drawn = draw(&mut random, 5, 3);
            assert_eq!(drawn.len(), 5);
            assert_eq!((drawn[0] + 1) % 5, drawn[1]);
            for index in drawn {
                seen[index] = true;
            }
        }
        assert_eq!(seen, [true; 5]);
        assert!(draw(&mut random, 0, 3).is_empty());
    }
}
