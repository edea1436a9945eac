//! Decides what a browser does: the Fetch standard's algorithms, one file each, and the
//! sans-I/O [`agent`] that walks through them. Knows no JSON files, reports or targets.

pub mod reason;
