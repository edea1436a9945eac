//! Decides what is a secret, and how what holds one may be shown: every secret is replaced by its value, wherever it
//! stands and however it is encoded. Knows messages and texts; sends, reads and prints nothing.
//!
//! A secret is replaced anywhere if it is long enough to be told from ordinary words; a shorter one is replaced in the
//! field or parameter that it belongs to, and nowhere else, because a report in which every `dev` is hidden says
//! nothing. The bounds are [`ANYWHERE`] and [`is_distinctive`].

mod cookies;
mod encoded;
mod messages;
mod needle;
mod parameters;
mod redactor;
mod secrecy;
mod source;
mod template;
#[cfg(test)]
mod tests;

pub use parameters::without_secrets;
pub use redactor::{Hidden, Place, Redactor, Shown, Side};
pub use secrecy::{ANYWHERE, Secrecy, is_distinctive, looks_secret, secrecy};
pub use source::{is_reference, literals};
pub use template::{Part, parts, variable_of};

/// What stands in the place of a secret.
pub const HIDDEN: &str = "***";
