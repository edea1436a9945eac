use crate::{
    case::Roles,
    policy::{Dialect, Policy},
};

/// What can be done with a target, as far as cases need it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Abilities {
    /// Its CORS rules can be set.
    pub set_rules: bool,
    /// Objects can be put into it.
    pub put_objects: bool,
    /// It has an application behind its CORS layer that answers as told: only the embedded reference store has.
    pub routes: bool,
    /// Its answers can be dictated: only the embedded reference store's can.
    pub dictate: bool,
    /// Its buckets can be private, and its key is known: only the embedded reference store's.
    pub keys: bool,
    /// Its rules can be read as another store's: only the embedded reference store's can.
    pub any_dialect: bool,
    /// As whose store its rules are read.
    pub dialect: Dialect,
}

/// What is known of a target before anything is sent.
#[derive(Clone, Debug)]
pub struct Outlook {
    /// What can be done with it.
    pub abilities: Abilities,
    /// Its values for the roles.
    pub roles: Roles,
    /// The rules that it is declared to follow.
    pub declared: Option<Policy>,
}

/// Something that a case needs of its target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Need {
    /// To set the CORS rules.
    SetRules,
    /// To put objects.
    PutObjects,
    /// An application that answers as told.
    Routes,
    /// To dictate answers.
    Dictate,
    /// A key that signs requests.
    Keys,
    /// A store that reads its rules so.
    Dialect(Dialect),
}

impl Need {
    /// Whether the target can meet it.
    pub fn met_by(self, abilities: Abilities) -> bool {
        match self {
            Self::SetRules => abilities.set_rules,
            Self::PutObjects => abilities.put_objects,
            Self::Routes => abilities.routes,
            Self::Dictate => abilities.dictate,
            Self::Keys => abilities.keys,
            Self::Dialect(dialect) => abilities.any_dialect || abilities.dialect == dialect,
        }
    }

    /// Why a case is not applicable where the need is unmet.
    pub fn reason(self) -> &'static str {
        match self {
            Self::SetRules => "needs a target whose CORS rules can be set",
            Self::PutObjects => "needs a target that objects can be put into",
            Self::Routes => {
                "needs an application that answers as told, which only the embedded reference store has"
            }
            Self::Keys => "needs a key that signs requests; only the embedded reference store's is known",
            Self::Dialect(Dialect::S3) => "needs a store that reads its rules as Amazon S3 does",
            Self::Dialect(Dialect::Oss) => "needs a store that reads its rules as Alibaba Cloud OSS does",
            Self::Dictate => "needs dictated answers, which only the embedded reference store gives",
        }
    }
}
