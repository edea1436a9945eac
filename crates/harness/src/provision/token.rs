use std::{
    fmt,
    time::{SystemTime, UNIX_EPOCH},
};

use crosscheck_core::{
    case::model::ObjectSpec,
    message::{Outside, key_below},
    policy::{Dialect, Policy, Rule},
};
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use url::Url;

use super::ProvisionError;

/// What everything of ours on a bucket begins with.
const NAME: &str = "crosscheck";

/// Tells what one run leaves on a bucket from everything else: two hexadecimal numbers, the time and the process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Token(String);

/// A text that is not a token.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not the token of a run: expected two hexadecimal numbers as in 1a2b-3c")]
pub struct ParseTokenError(String);

impl Token {
    /// A token that no other run on this machine has.
    pub fn new() -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self(format!("{:x}-{:x}", now.as_nanos(), std::process::id()))
    }

    /// The prefix of the objects that are put for the tests of one set: `crosscheck-TOKEN/0/`.
    pub fn objects(&self, set: usize) -> String {
        format!("{}{set}/", self.folder())
    }

    /// The prefix below which the pages of one test write: `crosscheck-TOKEN/w0/`.
    pub fn pages(&self, test: u64) -> String {
        format!("{}w{test}/", self.folder())
    }

    fn folder(&self) -> String {
        format!("{NAME}-{self}/")
    }

    /// The rules with this token in the `ID` of every rule that has none, where the dialect has such a thing.
    pub(super) fn mark(&self, policy: &Policy, dialect: Dialect) -> Policy {
        let mut marked = policy.clone();
        if dialect.traits().has_rule_id {
            for (number, rule) in marked.rules.iter_mut().enumerate() {
                rule.id.get_or_insert_with(|| format!("{NAME}-{self}-{number}"));
            }
        }
        marked
    }

    /// The token with which a rule is marked.
    pub(super) fn of_rule(rule: &Rule) -> Option<Self> {
        let (token, number) = rule.id.as_ref()?.strip_prefix(NAME)?.strip_prefix('-')?.rsplit_once('-')?;
        let counted = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
        Self::try_from(token.to_owned()).ok().filter(|_| counted)
    }

    /// The key of an object, if it has the form that this run gives to keys and stays below its prefix in the URL.
    pub(super) fn key(&self, key: &str, root: &Url) -> Option<ObjectKey> {
        let (set, path) = key.strip_prefix(&self.folder())?.split_once('/')?;
        let made = ObjectKey::new(self, set.parse().ok()?, path, root).ok()?;
        Some(made).filter(|made| made.as_str() == key)
    }
}

impl Default for Token {
    fn default() -> Self {
        Self::new()
    }
}

impl TryFrom<String> for Token {
    type Error = ParseTokenError;

    fn try_from(text: String) -> Result<Self, ParseTokenError> {
        let number = |text: &str| {
            !text.is_empty() && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
        };
        match text.split_once('-') {
            Some((time, process)) if number(time) && number(process) => Ok(Self(text)),
            _ => Err(ParseTokenError(text)),
        }
    }
}

impl From<Token> for String {
    fn from(token: Token) -> Self {
        token.0
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The key of an object of ours: below the prefix of its run, also after the URL parser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectKey(String);

impl ObjectKey {
    fn new(token: &Token, set: usize, path: &str, root: &Url) -> Result<Self, Outside> {
        let prefix = token.objects(set);
        let base = key_below(root, &prefix)?;
        key_below(&base, path)?;
        Ok(Self(format!("{prefix}{path}")))
    }

    /// The key, below the bucket.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Objects that are to be put, each with the key that it gets.
#[derive(Clone, Debug)]
pub(crate) struct Objects {
    /// What all keys begin with; ends with `/`.
    pub prefix: String,
    keyed: Vec<(ObjectKey, ObjectSpec)>,
}

impl Objects {
    /// The keys of objects whose paths a case gives.
    ///
    /// # Errors
    /// A path that leaves the prefix, or that a server could read as one that does.
    pub(crate) fn new(
        token: &Token,
        set: usize,
        objects: &IndexMap<String, ObjectSpec>,
        root: &Url,
    ) -> Result<Self, ProvisionError> {
        let key = |(path, object): (&String, &ObjectSpec)| match ObjectKey::new(token, set, path, root) {
            Ok(key) => Ok((key, object.clone())),
            Err(why) => Err(ProvisionError::ObjectPath { path: path.clone(), why }),
        };
        let keyed = objects.iter().map(key).collect::<Result<_, _>>()?;
        Ok(Self { prefix: token.objects(set), keyed })
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &(ObjectKey, ObjectSpec)> {
        self.keyed.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token() -> Token {
        Token::try_from("1a2b-3c".to_owned()).unwrap()
    }

    #[test]
    fn only_keys_of_our_form_are_ours() {
        for root in ["http://127.0.0.1:9000/b/", "https://b.s3.eu-west-1.amazonaws.com/"] {
            let root: Url = root.parse().unwrap();
            for (key, ours) in [
                ("crosscheck-1a2b-3c/0/a.txt", true),
                ("crosscheck-1a2b-3c/12/a/b", true),
                ("crosscheck-1a2b-3c/0/../../important.txt", false),
                ("crosscheck-1a2b-3c/0/.%2e/x", false),
                ("crosscheck-1a2b-3c/../important.txt", false),
                ("crosscheck-1a2b-3c/a.txt", false),
                ("crosscheck-1a2b-3c/00/a.txt", false),
                ("crosscheck-1a2b-3c/w0/a.txt", false),
                ("crosscheck-1a2b-3c", false),
                ("crosscheck-ffff-3c/0/a.txt", false),
                ("important.txt", false),
                ("", false),
            ] {
                assert_eq!(token().key(key, &root).is_some(), ours, "{root} {key}");
            }
        }
        for text in ["", "-", "1a2b", "1a2b-", "1A-2", "1/2-3", "../..-1", "1-2-3"] {
            assert!(Token::try_from(text.to_owned()).is_err(), "{text}");
        }
        assert!(Token::try_from(Token::new().to_string()).is_ok());
    }

    #[test]
    fn marked_rules_are_known_again_and_others_are_left_as_they_are() {
        let own = Rule { id: Some("website".to_owned()), ..Rule::default() };
        let policy = Policy { rules: vec![Rule::default(), own.clone()], ..Policy::default() };
        let marked = token().mark(&policy, Dialect::S3);
        assert_eq!(marked.rules[0].id.as_deref(), Some("crosscheck-1a2b-3c-0"));
        assert_eq!(marked.rules[1], own);
        assert_eq!(Token::of_rule(&marked.rules[0]), Some(token()));
        assert_eq!(token().mark(&policy, Dialect::Oss), policy);
        for id in ["website", "crosscheck", "crosscheck-rule-1", "crosscheck-1a2b-3c", "crosscheck-1a2b-3c-x"]
        {
            assert_eq!(Token::of_rule(&Rule { id: Some(id.to_owned()), ..Rule::default() }), None, "{id}");
        }
    }
}
