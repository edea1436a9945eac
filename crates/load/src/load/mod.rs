//! Decides how much is asked of an endpoint at once, measures how fast it answers and judges
//! whether it still answers rightly: load plans, the rate engine, histograms, budgets. Both
//! engines fill the same [`record`]. Knows no terminals and no report files.

pub mod adjust;
pub mod assemble;
pub mod baseline;
pub mod calm;
pub mod cases;
pub mod engine;
pub mod hlog;
pub mod judge;
pub mod limits;
pub mod machine;
pub mod plan;
pub mod random;
pub mod record;
mod redacted;
mod run;
pub mod saving;
pub mod series;
pub mod set_up;
pub mod tally;
pub mod trial;
pub mod virtual_time;
pub mod work;
pub mod wrong;

pub use run::{Notice, Run, RunCause, RunError, Sending, run};
