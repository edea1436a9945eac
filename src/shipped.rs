//! The case files and load plans that come with Crosscheck, gathered by the build script.

use crosscheck_harness::suite::File;

static CASES: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/suites.rs"));
#[cfg(feature = "load")]
static PLANS: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/plans.rs"));

/// The case files.
pub fn cases() -> Vec<File> {
    files(CASES)
}

/// The load plans.
#[cfg(feature = "load")]
pub fn plans() -> Vec<File> {
    files(PLANS)
}

fn files(shipped: &[(&str, &[u8])]) -> Vec<File> {
    shipped.iter().map(|(name, bytes)| File { name: (*name).to_owned(), bytes: bytes.to_vec() }).collect()
}
