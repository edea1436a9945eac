//! Decides how things look: each report is a pure function of data. Runs nothing.

pub mod diagnostic;
