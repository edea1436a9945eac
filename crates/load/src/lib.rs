//! Measures how fast an endpoint answers cross-origin requests, and whether the answers stay correct: load plans, the
//! rate engine, histograms, budgets. Both engines fill the same [`record`], and [`report`] shows it. Knows no arguments
//! and no terminal.

pub mod adjust;
pub mod assemble;
pub mod baseline;
pub mod cases;
mod causes;
pub mod engine;
pub mod hlog;
pub mod judge;
mod kept;
pub mod limits;
pub mod machine;
pub mod plan;
pub mod record;
mod redacted;
pub mod report;
mod run;
pub mod saving;
pub mod series;
pub mod set_up;
pub mod tally;
pub mod time;
pub mod trial;
pub mod unloaded;
pub mod virtual_time;
pub mod work;
pub mod wrong;

pub use run::{Notice, Run, RunCause, RunError, Sending, run};
