/// The codes of what can be wrong with the text and shape of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Codes {
    /// The text is no UTF-8.
    pub encoding: &'static str,
    /// The text is no JSON.
    pub syntax: &'static str,
    /// The text is longer than we read.
    pub too_large: &'static str,
    /// Arrays and objects are nested deeper than we read.
    pub too_deep: &'static str,
    /// An object names a field twice.
    pub duplicate_key: &'static str,
    /// A field that is not in the schema.
    pub unknown_field: &'static str,
    /// A required field is not there.
    pub missing_field: &'static str,
    /// A value of another JSON type.
    pub wrong_type: &'static str,
    /// A string that is none of the words that may stand there.
    pub unknown_value: &'static str,
    /// A number that is too small or too large.
    pub out_of_range: &'static str,
    /// A string that does not have the form that is needed.
    pub malformed: &'static str,
    /// A list or object with too few members.
    pub too_few: &'static str,
    /// A list or object with too many members.
    pub too_many: &'static str,
    /// There are more problems than are told.
    pub more: &'static str,
    /// Our own fault: schema and type disagree.
    pub unforeseen: &'static str,
}

/// The [`Codes`] of one sort of document: `codes!("case")` makes `case.syntax` and so on.
#[macro_export]
macro_rules! codes {
    ($of:literal) => {
        $crate::document::Codes {
            encoding: concat!($of, ".encoding"),
            syntax: concat!($of, ".syntax"),
            too_large: concat!($of, ".too-large"),
            too_deep: concat!($of, ".too-deep"),
            duplicate_key: concat!($of, ".duplicate-key"),
            unknown_field: concat!($of, ".unknown-field"),
            missing_field: concat!($of, ".missing-field"),
            wrong_type: concat!($of, ".wrong-type"),
            unknown_value: concat!($of, ".unknown-value"),
            out_of_range: concat!($of, ".out-of-range"),
            malformed: concat!($of, ".malformed"),
            too_few: concat!($of, ".too-few"),
            too_many: concat!($of, ".too-many"),
            more: concat!($of, ".more-problems"),
            unforeseen: concat!($of, ".unforeseen"),
        }
    };
}
