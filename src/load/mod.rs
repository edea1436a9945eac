//! Decides how much is asked of an endpoint at once, measures how fast it answers and judges
//! whether it still answers rightly: load plans, the rate engine, histograms, budgets. Both
//! engines fill the same [`record`]. Knows no terminals and no report files.

pub mod baseline;
pub mod plan;
pub mod record;
