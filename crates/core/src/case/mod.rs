//! Decides what a case file says: its model, its places in the text, everything that is wrong
//! with it, its variables and roles, and which of it is selected. Knows nothing of how tests run.

mod expand;
mod many;
pub mod model;
mod role;
mod row;
mod schema;
mod select;
mod source;
mod strings;
mod template;
#[cfg(test)]
mod tests;
mod validate;

pub use expand::{ExpandedCase, bind_given, expand, needs_of};
pub use role::{ROLES, Roles, Unbound, is_role};
pub use schema::published;
pub use select::{Selection, nearest_ids};
pub use source::{ParsedSuite, parse_suite};
pub use template::{escape, fill, is_filled_by_the_server, names as placeholders, unescape};
pub use validate::across;
