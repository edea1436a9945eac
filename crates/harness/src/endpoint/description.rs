use std::{collections::BTreeMap, fmt};

use crosscheck_core::policy::{self, Policy};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use url::Url;

/// CORS rule semantics and API of an endpoint.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Dialect {
    /// Any HTTP endpoint.
    #[default]
    Generic,
    /// Alibaba Cloud OSS.
    Oss,
    /// Amazon S3, and stores with its API.
    S3,
}

impl Dialect {
    /// Every dialect.
    pub const ALL: &'static [Self] = &[Self::Generic, Self::Oss, Self::S3];

    /// As it stands in target files and on command lines.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Generic => "generic",
            Self::Oss => "oss",
            Self::S3 => "s3",
        }
    }

    /// Whose rules it speaks, where it is an object store.
    pub const fn rules(self) -> Option<policy::Dialect> {
        match self {
            Self::Generic => None,
            Self::Oss => Some(policy::Dialect::Oss),
            Self::S3 => Some(policy::Dialect::S3),
        }
    }

    /// The dialect of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|dialect| dialect.name() == name)
    }
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What tests may do to an endpoint. The defaults depend on the endpoint: canned responses need the embedded
/// reference store, and setting rules needs a bucket API with a key.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Capabilities {
    /// Whether tests may replace the CORS rules; they are restored at the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub set_rules: Option<bool>,
    /// Whether tests may put objects into the bucket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub put_objects: Option<bool>,
    /// Whether tests may set canned responses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dictate_answers: Option<bool>,
    /// Methods that may be sent in actual requests, by every command and after every redirect. If omitted: GET, HEAD
    /// and OPTIONS. Writes of pages are not undone, so PUT, POST and DELETE are sent only if listed here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub methods: Option<Vec<String>>,
}

impl Capabilities {
    /// The methods that may really be sent.
    pub(crate) fn real_methods(&self) -> Vec<String> {
        let harmless = || ["GET", "HEAD", "OPTIONS"].map(str::to_owned).to_vec();
        self.methods.clone().unwrap_or_else(harmless)
    }
}

/// What is known of an endpoint before anything was sent to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Description {
    /// The URL below which the cases' paths lie.
    pub url: Url,
    /// Its CORS rule semantics.
    pub dialect: Dialect,
    /// What it is declared to allow; absent: nothing is known.
    pub policy: Option<Policy>,
    /// Values that its owner gives to roles by name.
    pub roles: BTreeMap<String, String>,
    /// What may be done to it.
    pub capabilities: Capabilities,
}

impl Description {
    /// The first origin that is declared to be allowed, spelt out: what a probe asks as. A pattern
    /// is filled with `crosscheck`; of `*` alone comes `https://crosscheck.example`.
    pub(crate) fn probe_origin(&self) -> Option<String> {
        if let Some(origin) = self.roles.get("allowed") {
            return Some(origin.clone());
        }
        let first = self.policy.as_ref()?.rules.first()?.allowed_origins.first()?;
        Some(match first.as_str() {
            "*" => "https://crosscheck.example".to_owned(),
            pattern if pattern.starts_with('*') => format!("https://{}", pattern.replace('*', "crosscheck")),
            pattern => pattern.replace('*', "crosscheck"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crosscheck_core::policy::Rule;

    #[test]
    fn a_probe_asks_as_the_first_allowed_origin() {
        for (origins, roles, expected) in [
            (&[][..], &[][..], None),
            (&["https://a.example", "https://b.example"], &[], Some("https://a.example")),
            (&["*"], &[], Some("https://crosscheck.example")),
            (&["https://*.a.example"], &[], Some("https://crosscheck.a.example")),
            (&["*.a.example"], &[], Some("https://crosscheck.a.example")),
            (&["*"], &[("allowed", "https://b.example")], Some("https://b.example")),
        ] {
            let rule = Rule {
                allowed_origins: origins.iter().map(|origin| (*origin).to_owned()).collect(),
                ..Rule::default()
            };
            let description = Description {
                url: "https://x.example/".parse().unwrap(),
                dialect: Dialect::Generic,
                policy: Some(Policy { rules: vec![rule], ..Policy::default() }),
                roles: roles.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect(),
                capabilities: Capabilities::default(),
            };
            assert_eq!(description.probe_origin().as_deref(), expected, "{origins:?}");
        }
    }

    #[test]
    fn nothing_is_written_where_nobody_said_that_it_may_be() {
        let none = Capabilities::default();
        assert_eq!(none.real_methods(), ["GET", "HEAD", "OPTIONS"]);
        let objects = Capabilities { put_objects: Some(true), ..none };
        assert_eq!(objects.real_methods(), ["GET", "HEAD", "OPTIONS"]);
        let given = Capabilities { methods: Some(vec!["PATCH".to_owned()]), ..objects };
        assert_eq!(given.real_methods(), ["PATCH"]);
    }
}
