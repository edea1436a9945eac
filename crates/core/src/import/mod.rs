//! Decides what a recording of other tools says about requests: HAR files. Knows no files, and not what becomes of the
//! requests.

pub mod har;
