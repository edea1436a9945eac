//! The figures of a comparison with a baseline, in words that every report uses.

use super::words;
use crate::baseline::{Change, Comparison, Figure};

/// The figures, what is worse first, then what is better: of many requests a reader must not search.
pub(super) fn gravest_first(comparison: &Comparison) -> Vec<&Figure> {
    let mut figures: Vec<&Figure> = comparison.figures.iter().collect();
    figures.sort_by_key(|figure| match figure.verdict {
        Change::Worse => 0,
        Change::Better => 1,
        Change::Same | Change::Unknown => 2,
    });
    figures
}

/// A figure's value in its unit.
pub(super) fn value(figure: &Figure, value: f64) -> String {
    match figure.metric {
        metric if metric.is_share() => words::share(value),
        metric if metric.percent().is_some() => words::micros(value),
        _ => words::rate(value),
    }
}

/// A figure's change: relative, or in points where it is a share.
pub(super) fn change(figure: &Figure, change: f64) -> String {
    if figure.metric.is_share() { words::points(change) } else { words::change(change) }
}
