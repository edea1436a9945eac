//! Decides what a case file says: its model, its places in the text, everything that is wrong
//! with it, its variables and roles, and which of it is selected. Knows nothing of how tests run.

pub mod model;
