use std::time::Duration;

use super::Scenario;

/// One view of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    /// When, after the first.
    pub at: Duration,
    /// Which of the scenario's pages.
    pub page: usize,
    /// Whose browser.
    pub visitor: u32,
    /// The resources that it reads, from 0, the most popular first.
    pub reads: Vec<u32>,
}

/// The views of a scenario, in their order.
pub fn views(scenario: &Scenario) -> impl Iterator<Item = View> + '_ {
    let pages = Popularity::new(scenario.pages.iter().map(|page| f64::from(page.weight)));
    let zipf = scenario.zipf;
    let resources =
        Popularity::new((1..=scenario.resources).map(move |rank| 1.0 / f64::from(rank).powf(zipf)));
    let mut random = Random(scenario.seed);
    (0..scenario.views).map(move |number| View {
        at: Duration::from_secs_f64(f64::from(number) / scenario.views_per_second),
        page: pages.draw(&mut random),
        visitor: random.below(scenario.visitors),
        reads: (0..scenario.reads_per_view)
            .map(|_| u32::try_from(resources.draw(&mut random)).unwrap_or_default())
            .collect(),
    })
}

/// What is drawn in proportion to weights.
struct Popularity {
    /// Each weight with all before it.
    sums: Vec<f64>,
}

impl Popularity {
    fn new(weights: impl Iterator<Item = f64>) -> Self {
        let sums = weights.scan(0.0, |sum, weight| {
            *sum += weight;
            Some(*sum)
        });
        Self { sums: sums.collect() }
    }

    fn draw(&self, random: &mut Random) -> usize {
        let all = self.sums.last().copied().unwrap_or_default();
        let drawn = random.unit() * all;
        self.sums.partition_point(|sum| *sum <= drawn).min(self.sums.len().saturating_sub(1))
    }
}

/// SplitMix64: small, and the same on every machine.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number of 0 up to 1, without 1: the upper 53 bits.
    fn unit(&mut self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "53 bits are what a double holds")]
        let upper = (self.next() >> 11) as f64;
        upper / 9_007_199_254_740_992.0
    }

    /// A number below `bound`; the bias is below 2⁻³².
    fn below(&mut self, bound: u32) -> u32 {
        let drawn = (u128::from(self.next()) * u128::from(bound)) >> 64;
        u32::try_from(drawn).unwrap_or_default()
    }
}
