//! Scales: where a value lies between the ends of an axis, and which values are written at it.

/// An axis.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Scale {
    /// Equal steps are equally far.
    Linear {
        /// The value at its beginning.
        from: f64,
        /// The value at its end.
        to: f64,
    },
    /// Equal factors are equally far.
    Log {
        /// The value at its beginning, above zero.
        from: f64,
        /// The value at its end.
        to: f64,
    },
}

impl Scale {
    /// Linear from zero to a round number at or above `most`.
    pub(super) fn from_zero(most: f64) -> Self {
        let most = if most.is_finite() && most > 0.0 { most } else { 1.0 };
        let step = step(most / 4.0);
        Self::Linear { from: 0.0, to: (most / step).ceil() * step }
    }

    /// Logarithmic over these values, from one of 1, 2, 5 × a power of ten to another.
    pub(super) fn around(least: f64, most: f64) -> Self {
        let least = if least.is_finite() && least > 0.0 { least } else { 1.0 };
        let most = if most.is_finite() && most > least { most } else { least * 10.0 };
        let ladder = |value: f64, up: bool| {
            let power = 10_f64.powf(value.log10().floor());
            let rungs = [1.0, 2.0, 5.0, 10.0].map(|rung| rung * power);
            let found = if up {
                rungs.into_iter().find(|rung| *rung >= value * 0.999_999)
            } else {
                rungs.into_iter().rev().find(|rung| *rung <= value * 1.000_001)
            };
            found.unwrap_or(value)
        };
        let (from, to) = (ladder(least, false), ladder(most, true));
        Self::Log { from, to: if to > from { to } else { from * 10.0 } }
    }

    /// Where a value lies, from 0 to 1; values beyond the ends lie at the ends.
    pub(super) fn at(self, value: f64) -> f64 {
        let share = match self {
            Self::Linear { from, to } => (value - from) / (to - from),
            Self::Log { from, to } => (value.max(from) / from).ln() / (to / from).ln(),
        };
        if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.0 }
    }

    /// Round values on a linear axis, about so many steps of them.
    pub(super) fn marks(self, about: f64) -> Vec<f64> {
        let Self::Linear { from, to } = self else { return Vec::new() };
        let step = step((to - from) / about);
        let mut marks = Vec::new();
        let mut index = 0.0;
        while from + index * step <= to + step * 1e-6 && marks.len() < 12 {
            marks.push(from + index * step);
            index += 1.0;
        }
        marks
    }

    /// The values that are written at the axis.
    pub(super) fn ticks(self) -> Vec<f64> {
        match self {
            Self::Linear { .. } => self.marks(4.0),
            Self::Log { from, to } => {
                let rungs: &[f64] = if (to / from).log10() > 3.2 { &[1.0] } else { &[1.0, 2.0, 5.0] };
                let mut ticks = Vec::new();
                let mut power = 10_f64.powf(from.log10().floor());
                while power <= to * 1.000_001 && ticks.len() < 24 {
                    let within = |value: &f64| *value >= from * 0.999_999 && *value <= to * 1.000_001;
                    ticks.extend(rungs.iter().map(|rung| rung * power).filter(within));
                    power *= 10.0;
                }
                ticks
            }
        }
    }
}

/// The round step nearest above `about`: 1, 2, 2.5 or 5 × a power of ten.
fn step(about: f64) -> f64 {
    let about = if about.is_finite() && about > 0.0 { about } else { 1.0 };
    let power = 10_f64.powf(about.log10().floor());
    [1.0, 2.0, 2.5, 5.0, 10.0]
        .into_iter()
        .map(|rung| rung * power)
        .find(|rung| *rung >= about * 0.999_999)
        .unwrap_or(about)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_end_at_round_numbers() {
        for (most, to) in [(0.0, 1.0), (0.9, 1.0), (7.3, 8.0), (996.0, 1_000.0), (10_400.0, 15_000.0)] {
            let Scale::Linear { from, to: end } = Scale::from_zero(most) else { panic!() };
            assert_eq!((from, end), (0.0, to), "{most}");
        }
        for (least, most, from, to) in
            [(83.0, 198_000.0, 50.0, 200_000.0), (1.0, 1.0, 1.0, 10.0), (0.0, 30.0, 1.0, 50.0)]
        {
            let Scale::Log { from: start, to: end } = Scale::around(least, most) else { panic!() };
            assert!((start - from).abs() < 1e-6 && (end - to).abs() < 1e-3, "{least} {most}: {start} {end}");
        }
    }

    #[test]
    fn ticks_lie_on_their_axis_and_values_beyond_it_at_its_ends() {
        for scale in [Scale::from_zero(996.0), Scale::around(83.0, 198_000.0), Scale::around(3.0, 9.0)] {
            let ticks = scale.ticks();
            assert!((2..=12).contains(&ticks.len()), "{scale:?}: {ticks:?}");
            assert!(ticks.windows(2).all(|pair| scale.at(pair[0]) < scale.at(pair[1])), "{ticks:?}");
            assert_eq!((scale.at(0.0), scale.at(1e12), scale.at(f64::NAN)), (0.0, 1.0, 0.0));
        }
    }
}
