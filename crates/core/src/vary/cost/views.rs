use std::time::Duration;

use super::Scenario;
use crate::random::Rng;

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
    let mut random = Rng::new(scenario.seed);
    (0..scenario.views).map(move |number| View {
        at: Duration::from_secs_f64(f64::from(number) / scenario.views_per_second),
        page: pages.draw(&mut random),
        visitor: u32::try_from(random.below(scenario.visitors as usize)).unwrap_or_default(),
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

    fn draw(&self, random: &mut Rng) -> usize {
        let all = self.sums.last().copied().unwrap_or_default();
        let drawn = random.unit() * all;
        self.sums.partition_point(|sum| *sum <= drawn).min(self.sums.len().saturating_sub(1))
    }
}
