use bytes::Bytes;
use crosscheck_core::policy::{Dialect, Policy, parse_xml, parse_xml_within, write_xml};
use quick_xml::{Reader, events::Event};

use super::ProvisionError;

/// The root of a document of rules.
const ROOT: &str = "CORSConfiguration";

/// A document of CORS rules: its XML, and what that says. There is none whose XML does not parse, so that what is
/// written to a bucket or saved from it is always rules.
#[derive(Clone, Debug, PartialEq)]
pub struct RulesDocument {
    xml: Bytes,
    policy: Policy,
}

/// Why a content is not a document of CORS rules.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotRules {
    /// It is something else; what.
    #[error("{0}")]
    Foreign(String),
    /// It is one, and cannot be understood.
    #[error("{0}")]
    Unclear(String),
}

impl RulesDocument {
    /// Reads a document that a store gave or that was saved. How many rules a store takes is for the store to say.
    ///
    /// # Errors
    /// Anything but a `CORSConfiguration` of this dialect.
    pub fn read(xml: Bytes, dialect: Dialect) -> Result<Self, NotRules> {
        match parse_xml_within(&xml, dialect, usize::MAX) {
            Ok(policy) => Ok(Self { xml, policy }),
            Err(error) => Err(match root(&xml) {
                Some(name) if name == ROOT => NotRules::Unclear(error.to_string()),
                Some(name) => NotRules::Foreign(format!("<{name}>")),
                None if xml.is_empty() => NotRules::Foreign("an empty body".to_owned()),
                None => NotRules::Foreign("content that is not XML".to_owned()),
            }),
        }
    }

    /// Rules as the dialect writes them; `None`: there are no rules.
    ///
    /// # Errors
    /// Rules that a store of the dialect does not take.
    pub fn write(policy: &Policy, dialect: Dialect) -> Result<Option<Self>, ProvisionError> {
        if policy.rules.is_empty() {
            return Ok(None);
        }
        let xml = Bytes::from(write_xml(policy, dialect));
        match parse_xml(&xml, dialect) {
            Ok(policy) => Ok(Some(Self { xml, policy })),
            Err(error) => Err(ProvisionError::Rules(error.problem.to_string())),
        }
    }

    /// The XML, byte for byte.
    pub fn xml(&self) -> &Bytes {
        &self.xml
    }

    /// What it says.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }
}

/// The name of the root element, as far as it is safe to show.
fn root(xml: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(xml);
    let mut reader = Reader::from_str(&text);
    loop {
        match reader.read_event() {
            Ok(Event::Start(start) | Event::Empty(start)) => {
                let name = start.local_name().as_ref().to_owned();
                return Some(name.chars().filter(|c| c.is_ascii_alphanumeric()).take(60).collect());
            }
            Ok(Event::Decl(_) | Event::Comment(_) | Event::PI(_) | Event::DocType(_)) => {}
            Ok(Event::Text(text)) if text.xml10_content().trim().is_empty() => {}
            Ok(_) | Err(_) => return None,
        }
    }
}

/// The rules that a bucket has, as they were read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Found {
    /// `None`: the bucket has no rules.
    pub rules: Option<RulesDocument>,
}

/// Evidence that a store keeps rules under `?cors`: it gave a document back. A store may know how to say that there
/// are none, and take a `DELETE` for the deletion of the bucket; so nothing is deleted without this.
#[derive(Clone, Copy, Debug)]
pub(super) struct Keeps(());

impl Keeps {
    /// The evidence that an earlier process wrote down.
    pub(super) fn recorded(given_back: bool) -> Option<Self> {
        given_back.then_some(Self(()))
    }
}

impl Found {
    /// What is said; nothing where there are no rules.
    pub fn policy(&self) -> Policy {
        self.rules.as_ref().map(|rules| rules.policy.clone()).unwrap_or_default()
    }

    /// The XML, byte for byte.
    pub fn xml(&self) -> Option<&Bytes> {
        self.rules.as_ref().map(RulesDocument::xml)
    }

    pub(super) fn keeps(&self) -> Option<Keeps> {
        Keeps::recorded(self.rules.is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_rules_are_rules() {
        let rule = "<CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod></CORSRule>";
        for (content, expected) in [
            (format!("<CORSConfiguration>{rule}</CORSConfiguration>"), Ok(1)),
            (format!("<CORSConfiguration>{}</CORSConfiguration>", rule.repeat(15)), Ok(15)),
            (String::new(), Err("foreign an empty body")),
            ("<CORSConfiguration/>".to_owned(), Err("unclear there is no <CORSRule>")),
            (
                "<?xml version=\"1.0\"?>\n<ListBucketResult><Name>b</Name></ListBucketResult>".to_owned(),
                Err("foreign <ListBucketResult>"),
            ),
            ("<!DOCTYPE html><html><body>Welcome</body></html>".to_owned(), Err("foreign <html>")),
            ("<Error><Code>NoSuchCORSConfiguration</Code></Error>".to_owned(), Err("foreign <Error>")),
            ("{\"objects\": []}".to_owned(), Err("foreign content that is not XML")),
            ("<a\u{1b}[31m/>".to_owned(), Err("foreign <a31m>")),
        ] {
            let found = RulesDocument::read(content.clone().into(), Dialect::Oss);
            let found = match &found {
                Ok(document) => Ok(document.policy().rules.len()),
                Err(NotRules::Foreign(what)) => Err(format!("foreign {what}")),
                Err(NotRules::Unclear(why)) => Err(format!("unclear {why}")),
            };
            match expected {
                Ok(rules) => assert_eq!(found, Ok(rules), "{content}"),
                Err(start) => {
                    assert!(found.as_ref().is_err_and(|why| why.starts_with(start)), "{content}: {found:?}")
                }
            }
        }
    }
}
