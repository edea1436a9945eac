//! Decides what a server promised: ordered CORS rules, their patterns, and the answer that
//! they demand. Knows no HTTP clients and no cases.

mod concrete;
mod declared;
mod dialect;
mod evaluate;
pub mod lint;
pub mod near;
mod object;
pub mod pattern;
mod question;
mod regex;
mod rule;
mod xml;

pub use concrete::concrete_origin;
pub use dialect::{Dialect, StoreError, Traits};
pub use evaluate::{Decision, Refusal, Ruling, evaluate};
pub use lint::{Problem, lint};
pub use near::{NearOrigin, Reach, Severity, near_origins, near_pages};
pub use object::{is_stored_field, user_metadata_name};
pub use question::{Asks, Malformed, Question};
pub use regex::{nearest_patterns, one_wildcard};
pub use rule::{Policy, Rule, RuleRefusal};
pub use xml::character_of;
pub use xml::{XmlError, XmlProblem, parse_xml, parse_xml_within, write_xml};
