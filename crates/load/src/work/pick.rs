/// Picks one of several, each as often as its weight says, in constant time (Walker's alias
/// method).
#[derive(Clone, Debug, PartialEq)]
pub struct Picker {
    /// For each slot, up to which fraction it is itself, and who it is beyond.
    slots: Vec<(f64, u32)>,
}

impl Picker {
    /// A picker among `weights.len()`, which is at least one; negative weights count as nothing.
    pub fn new(weights: &[f64]) -> Self {
        let total: f64 = weights.iter().copied().map(|weight| weight.max(0.0)).sum();
        let mean = total / f64::from(u32::try_from(weights.len().max(1)).unwrap_or(u32::MAX));
        let mut shares: Vec<f64> =
            weights.iter().map(|weight| if mean > 0.0 { weight.max(0.0) / mean } else { 1.0 }).collect();
        let mut slots: Vec<(f64, u32)> = vec![(1.0, 0); weights.len()];
        let (mut small, mut large): (Vec<usize>, Vec<usize>) =
            (0..shares.len()).partition(|index| shares.get(*index).copied().unwrap_or(1.0) < 1.0);
        while let (Some(poor), Some(rich)) = (small.pop(), large.last().copied()) {
            let share = shares.get(poor).copied().unwrap_or(1.0);
            if let Some(slot) = slots.get_mut(poor) {
                *slot = (share, u32::try_from(rich).unwrap_or(u32::MAX));
            }
            if let Some(left) = shares.get_mut(rich) {
                *left -= 1.0 - share;
                if *left < 1.0 {
                    large.pop();
                    small.push(rich);
                }
            }
        }
        Self { slots }
    }

    /// The index that a random number picks.
    pub(crate) fn pick(&self, random: u64) -> u32 {
        let count = u64::try_from(self.slots.len()).unwrap_or(1).max(1);
        // The upper half of the bits says which slot, the lower which part of it.
        let slot = ((random >> 32) * count) >> 32;
        let fraction = f64::from(u32::try_from(random & 0xFFFF_FFFF).unwrap_or(0)) / 4_294_967_296.0;
        let index = u32::try_from(slot).unwrap_or(0);
        match self.slots.get(usize::try_from(slot).unwrap_or(0)) {
            Some((own, other)) if fraction >= *own => *other,
            _ => index,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crosscheck_core::random::Rng;

    #[test]
    fn each_is_picked_as_often_as_its_weight_says() {
        for weights in
            [&[1.0][..], &[1.0, 1.0], &[3.0, 1.0], &[0.0, 5.0, 0.5, 4.5], &[100.0, 1.0, 1.0, 1.0, 1.0]]
        {
            let picker = Picker::new(weights);
            let mut rng = Rng::new(7);
            let mut counts = vec![0_u32; weights.len()];
            let draws = 200_000;
            for _ in 0..draws {
                counts[picker.pick(rng.draw()) as usize] += 1;
            }
            let total: f64 = weights.iter().sum();
            for (count, weight) in counts.iter().zip(weights) {
                let (share, expected) = (f64::from(*count) / f64::from(draws), weight / total);
                assert!((share - expected).abs() < 0.005, "{weights:?}: {counts:?}");
            }
        }
    }
}
