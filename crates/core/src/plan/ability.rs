use std::sync::Arc;

use crate::{
    case::Roles,
    operation::Operation,
    policy::{Dialect, Policy},
};

/// What can be done with an endpoint, as far as cases need it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Abilities {
    /// Its CORS rules can be set.
    pub set_rules: bool,
    /// Objects can be put into it.
    pub put_objects: bool,
    /// Its objects keep any field, also those that no bucket stores: only the embedded reference store's do.
    pub any_object_fields: bool,
    /// Its rules may be set by the requests of a case: only those of the embedded reference store, whose
    /// buckets are gone afterwards.
    pub configuration: bool,
    /// Its rules have OSS's `ResponseVary`.
    pub response_vary: bool,
    /// It allows credentials where a case says so.
    pub allow_credentials: bool,
    /// It does not allow credentials where a case says so.
    pub deny_credentials: bool,
    /// It has an application behind its CORS layer that answers as told: only the embedded reference store has.
    pub routes: bool,
    /// Its answers can be dictated: only the embedded reference store's can.
    pub dictate: bool,
    /// Its buckets can be private, and its key is known: only the embedded reference store's.
    pub keys: bool,
    /// Its rules can be read as another store's: only the embedded reference store's can.
    pub any_dialect: bool,
    /// It is the embedded reference store.
    pub embedded: bool,
    /// As whose store its rules are read.
    pub dialect: Dialect,
}

/// What is known of an endpoint before anything is sent.
#[derive(Clone, Debug)]
pub struct Outlook {
    /// What can be done with it.
    pub abilities: Abilities,
    /// Its values for the roles.
    pub roles: Roles,
    /// The rules that it is declared to follow.
    pub declared: Option<Policy>,
    /// What is declared about credentials, if anything.
    pub credentials: Option<bool>,
    /// The methods that may really be sent to what is set up for a case; `None`: any.
    pub methods: Option<Vec<String>>,
    /// The operation that is asked, where the endpoint has several.
    pub view: Option<View>,
}

/// One operation of an endpoint.
#[derive(Clone, Debug)]
pub struct View {
    /// The operation.
    pub operation: Arc<Operation>,
    /// The part of the rules that concerns it.
    pub share: Policy,
}

/// Something that a case needs of its target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Need {
    /// The paths of the embedded reference store's default bucket.
    Embedded,
    /// To set the CORS rules.
    SetRules,
    /// To put objects.
    PutObjects,
    /// Objects with fields that no bucket stores.
    ObjectFields,
    /// Rules that the case's own requests set.
    Configuration,
    /// To switch `ResponseVary` on.
    ResponseVary,
    /// To allow credentials.
    AllowCredentials,
    /// Not to allow credentials.
    DenyCredentials,
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
    /// Whether the endpoint can meet it.
    pub fn met_by(self, abilities: Abilities) -> bool {
        match self {
            Self::Embedded => abilities.embedded,
            Self::SetRules => abilities.set_rules,
            Self::PutObjects => abilities.put_objects,
            Self::ObjectFields => abilities.any_object_fields,
            Self::Configuration => abilities.configuration,
            Self::ResponseVary => abilities.response_vary,
            Self::AllowCredentials => abilities.allow_credentials,
            Self::DenyCredentials => abilities.deny_credentials,
            Self::Routes => abilities.routes,
            Self::Dictate => abilities.dictate,
            Self::Keys => abilities.keys,
            Self::Dialect(dialect) => abilities.any_dialect || abilities.dialect == dialect,
        }
    }

    /// Why a case is not applicable where the need is unmet.
    pub fn reason(self) -> &'static str {
        match self {
            Self::Embedded => {
                "asks for paths that are not declared; only the embedded reference store is known to have them"
            }
            Self::SetRules => "needs an endpoint whose CORS rules can be set",
            Self::PutObjects => "needs an endpoint that objects can be put into",
            Self::ObjectFields => {
                "needs an object with a field of its own that no bucket stores; only the embedded reference store's can"
            }
            Self::Configuration => {
                "sets rules by its own requests, which only a bucket of the embedded reference store takes unharmed"
            }
            Self::ResponseVary => "needs rules with ResponseVary, which only OSS has",
            Self::AllowCredentials => "needs credentials to be allowed, for which OSS has no switch",
            Self::DenyCredentials => "needs credentials not to be allowed, for which no bucket has a switch",
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{case::model::Case, plan::needs};

    #[test]
    fn what_no_bucket_keeps_or_survives_is_not_asked_of_buckets() {
        for (name, needed) in [
            ("cache-control", false),
            ("Content-Type", false),
            ("x-oss-meta-a", false),
            ("vary", true),
            ("x-trace", true),
        ] {
            let given = serde_json::json!({ "objects": { "a": { "headers": { name: "x" } } } });
            let case =
                serde_json::json!({ "id": "a", "title": "a", "given": given, "requests": { "a": {} } });
            let case: Case = serde_json::from_value(case).unwrap();
            assert_eq!(needs(&case).contains(&Need::ObjectFields), needed, "{name}");
        }
        let cors = serde_json::json!({ "client": "raw", "method": "PUT", "path": "", "query": "cors" });
        let case = serde_json::json!({ "id": "a", "title": "a", "requests": { "owner": cors } });
        let case: Case = serde_json::from_value(case).unwrap();
        assert!(needs(&case).contains(&Need::Configuration));
        let bucket = Abilities { put_objects: true, ..Abilities::default() };
        assert!(!Need::ObjectFields.met_by(bucket) && !Need::Configuration.met_by(bucket));
    }
}
