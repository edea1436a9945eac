use quick_xml::{
    Reader, Writer,
    events::{BytesDecl, BytesEnd, BytesRef, BytesStart, BytesText, Event},
};

use super::{Dialect, Policy, Rule, StoreError};

/// Why XML is no `CORSConfiguration`, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{problem}, at byte {offset}")]
pub struct XmlError {
    /// What is wrong.
    pub problem: XmlProblem,
    /// How many bytes were read before it showed.
    pub offset: u64,
}

/// What can be wrong with the XML of a store's rules.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum XmlProblem {
    /// Longer than the dialect takes.
    #[error("the document is longer than {limit} bytes")]
    TooLong {
        /// The dialect's limit in bytes.
        limit: usize,
    },
    /// No well-formed XML in UTF-8.
    #[error("not well-formed: {0}")]
    Syntax(String),
    /// An element where the document has no place for it.
    #[error("unexpected <{0}>")]
    Unexpected(String),
    /// A document type declaration: never read, so that nothing is expanded.
    #[error("a document type declaration is not read")]
    DocType,
    /// No rule.
    #[error("there is no <CORSRule>")]
    NoRules,
    /// More rules than the dialect takes.
    #[error("more than {limit} rules")]
    TooManyRules {
        /// The dialect's limit.
        limit: usize,
    },
    /// A rule without origins or methods.
    #[error("a rule without <{0}>")]
    Missing(&'static str),
    /// An origin with more than one `*`.
    #[error("more than one * in the origin {0:?}")]
    OriginWildcards(String),
    /// A header with more than one `*`.
    #[error("more than one * in the header {0:?}")]
    HeaderWildcards(String),
    /// A method that is none of GET, HEAD, PUT, POST, DELETE.
    #[error("unsupported method {0:?}")]
    Method(String),
    /// An exposed header with a character that it may not have.
    #[error("forbidden character in the exposed header {0:?}")]
    ExposeHeader(String),
    /// A maximum age that is no number of seconds.
    #[error("{0:?} is no number of seconds")]
    MaxAge(String),
    /// `ResponseVary` is neither `true` nor `false`.
    #[error("ResponseVary is {0:?}, neither true nor false")]
    ResponseVary(String),
}

impl XmlProblem {
    /// How a store of this dialect answers it.
    pub fn answer(&self, dialect: Dialect) -> StoreError {
        const MALFORMED: &str =
            "The XML you provided was not well-formed or did not validate against our published schema.";
        match (dialect, self) {
            (Dialect::Oss, Self::TooManyRules { .. }) => {
                StoreError::new(400, "CORSRuleBeyondLimit", "The CORS Rules num is beyond limit.")
                    .with_ec("0034-00000006")
            }
            (Dialect::Oss, Self::NoRules) => {
                StoreError::new(400, "MalformedXML", MALFORMED).with_ec("0034-00000002")
            }
            (Dialect::Oss, Self::ResponseVary(_)) => {
                StoreError::new(400, "MalformedXML", MALFORMED).with_ec("0034-00000004")
            }
            (Dialect::Oss, Self::OriginWildcards(_)) => {
                StoreError::new(400, "InvalidArgument", self.to_string()).with_ec("0034-00000009")
            }
            (Dialect::Oss, Self::Method(_)) => {
                StoreError::new(400, "InvalidArgument", self.to_string()).with_ec("0034-00000011")
            }
            (Dialect::Oss, Self::ExposeHeader(_)) => {
                StoreError::new(400, "InvalidArgument", self.to_string()).with_ec("0034-00000013")
            }
            (Dialect::S3, Self::Method(method)) => StoreError::new(
                400,
                "InvalidRequest",
                format!("Found unsupported HTTP method in CORS config. Unsupported method is {method}"),
            ),
            (Dialect::S3, Self::OriginWildcards(_) | Self::HeaderWildcards(_) | Self::ExposeHeader(_)) => {
                StoreError::new(400, "InvalidRequest", self.to_string())
            }
            _ => StoreError::new(400, "MalformedXML", MALFORMED),
        }
    }
}

/// Reads the rules as `PutBucketCors` takes them and `GetBucketCors` gives them. Namespaces are
/// not looked at; elements of the other dialect are read too, so that nothing is lost on the way.
///
/// # Errors
/// Whatever a store of this dialect refuses.
pub fn parse_xml(document: &[u8], dialect: Dialect) -> Result<Policy, XmlError> {
    parse_xml_within(document, dialect, dialect.traits().max_rules)
}

/// The same where a store takes another number of rules than its dialect says.
///
/// # Errors
/// Whatever a store of this dialect refuses.
pub fn parse_xml_within(document: &[u8], dialect: Dialect, max_rules: usize) -> Result<Policy, XmlError> {
    let limit = dialect.traits().max_xml_bytes;
    if document.len() > limit {
        return Err(XmlError { problem: XmlProblem::TooLong { limit }, offset: 0 });
    }
    let text = std::str::from_utf8(document).map_err(|error| XmlError {
        problem: XmlProblem::Syntax(error.to_string()),
        offset: error.valid_up_to() as u64,
    })?;
    let mut reader = Reader::from_str(text);
    reader.config_mut().expand_empty_elements = true;
    let mut draft =
        Draft { policy: Policy::default(), max_rules, open: Vec::new(), text: String::new(), closed: false };
    loop {
        let step = match reader.read_event() {
            Ok(Event::Eof) => break,
            Ok(event) => draft.take(&event, dialect),
            Err(error) => Err(XmlProblem::Syntax(error.to_string())),
        };
        step.map_err(|problem| XmlError { problem, offset: reader.buffer_position() })?;
    }
    draft.finish().map_err(|problem| XmlError { problem, offset: reader.buffer_position() })
}

/// The character that a reference stands for: by number, or one of XML's own five.
pub fn character_of(reference: &BytesRef<'_>) -> Option<char> {
    match reference.resolve_char_ref() {
        Ok(Some(character)) => Some(character),
        Ok(None) => match reference.xml10_content().as_ref() {
            "amp" => Some('&'),
            "lt" => Some('<'),
            "gt" => Some('>'),
            "quot" => Some('"'),
            "apos" => Some('\''),
            _ => None,
        },
        Err(_) => None,
    }
}

/// What an element may hold, by the path to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Document,
    Rule,
    Leaf(&'static str),
}

const RULE_LEAVES: [&str; 6] =
    ["ID", "AllowedOrigin", "AllowedMethod", "AllowedHeader", "ExposeHeader", "MaxAgeSeconds"];

struct Draft {
    policy: Policy,
    max_rules: usize,
    open: Vec<Place>,
    text: String,
    closed: bool,
}

impl Draft {
    fn take(&mut self, event: &Event<'_>, dialect: Dialect) -> Result<(), XmlProblem> {
        match event {
            Event::Start(start) => self.start(start.local_name().as_ref()),
            Event::End(_) => self.end(dialect),
            Event::Text(text) => self.characters(&text.xml10_content()),
            Event::CData(data) => self.characters(&data.xml10_content()),
            Event::GeneralRef(reference) => {
                let character =
                    character_of(reference).ok_or_else(|| XmlProblem::Syntax("unknown entity".to_owned()))?;
                self.characters(character.encode_utf8(&mut [0; 4]))
            }
            Event::DocType(_) => Err(XmlProblem::DocType),
            Event::Empty(_) | Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::Eof => Ok(()),
        }
    }

    fn start(&mut self, name: &str) -> Result<(), XmlProblem> {
        let place = match self.open.last() {
            None if name == "CORSConfiguration" && !self.closed => Some(Place::Document),
            Some(Place::Document) if name == "CORSRule" => Some(Place::Rule),
            Some(Place::Document) if name == "ResponseVary" => Some(Place::Leaf("ResponseVary")),
            Some(Place::Rule) => RULE_LEAVES.iter().find(|leaf| **leaf == name).map(|leaf| Place::Leaf(leaf)),
            _ => None,
        };
        let place = place.ok_or_else(|| XmlProblem::Unexpected(name.to_owned()))?;
        if place == Place::Rule {
            let limit = self.max_rules;
            if self.policy.rules.len() >= limit {
                return Err(XmlProblem::TooManyRules { limit });
            }
            self.policy.rules.push(Rule::default());
        }
        self.open.push(place);
        self.text.clear();
        Ok(())
    }

    fn characters(&mut self, text: &str) -> Result<(), XmlProblem> {
        match self.open.last() {
            Some(Place::Leaf(_)) => self.text.push_str(text),
            _ if text.trim_ascii().is_empty() => {}
            _ => return Err(XmlProblem::Syntax("text between elements".to_owned())),
        }
        Ok(())
    }

    fn end(&mut self, dialect: Dialect) -> Result<(), XmlProblem> {
        let text = std::mem::take(&mut self.text);
        match self.open.pop() {
            None => Err(XmlProblem::Syntax("an end without a start".to_owned())),
            Some(Place::Document) => {
                self.closed = true;
                Ok(())
            }
            Some(Place::Rule) => match self.policy.rules.last() {
                Some(rule) if rule.allowed_origins.is_empty() => Err(XmlProblem::Missing("AllowedOrigin")),
                Some(rule) if rule.allowed_methods.is_empty() => Err(XmlProblem::Missing("AllowedMethod")),
                _ => Ok(()),
            },
            Some(Place::Leaf("ResponseVary")) => {
                self.policy.response_vary = match text.trim_ascii() {
                    "true" => true,
                    "false" => false,
                    _ => return Err(XmlProblem::ResponseVary(text)),
                };
                Ok(())
            }
            Some(Place::Leaf(leaf)) => match self.policy.rules.last_mut() {
                Some(rule) => fill(rule, leaf, text, dialect),
                None => Ok(()),
            },
        }
    }

    fn finish(self) -> Result<Policy, XmlProblem> {
        if !self.closed {
            return Err(XmlProblem::Syntax("the document ends early".to_owned()));
        }
        if self.policy.rules.is_empty() {
            return Err(XmlProblem::NoRules);
        }
        Ok(self.policy)
    }
}

fn fill(rule: &mut Rule, leaf: &str, text: String, dialect: Dialect) -> Result<(), XmlProblem> {
    let wildcards = text.matches('*').count();
    match leaf {
        "ID" => rule.id = Some(text),
        "AllowedOrigin" if wildcards > 1 => return Err(XmlProblem::OriginWildcards(text)),
        "AllowedOrigin" => rule.allowed_origins.push(text),
        "AllowedMethod" if ["GET", "HEAD", "PUT", "POST", "DELETE"].contains(&text.as_str()) => {
            rule.allowed_methods.push(text);
        }
        "AllowedMethod" => return Err(XmlProblem::Method(text)),
        "AllowedHeader" if wildcards > 1 => return Err(XmlProblem::HeaderWildcards(text)),
        "AllowedHeader" => rule.allowed_headers.push(text),
        "ExposeHeader" if text.contains(|c| dialect.traits().expose_forbidden.contains(c)) => {
            return Err(XmlProblem::ExposeHeader(text));
        }
        "ExposeHeader" => rule.expose_headers.push(text),
        _ => {
            let seconds = text.trim_ascii().parse().map_err(|_| XmlProblem::MaxAge(text))?;
            rule.max_age_seconds = Some(seconds);
        }
    }
    Ok(())
}

/// Writes the rules as a store of this dialect gives them. OSS: without a namespace, which its
/// clients do not read, and always with `ResponseVary`; S3: without it, and with each rule's `ID`.
/// What a dialect has no words for is left out.
pub fn write_xml(policy: &Policy, dialect: Dialect) -> String {
    let mut writer = Writer::new(Vec::new());
    // Writing to a vector does not fail.
    let written = document(&mut writer, policy, dialect);
    debug_assert!(written.is_ok());
    String::from_utf8(writer.into_inner()).unwrap_or_default()
}

fn document(writer: &mut Writer<Vec<u8>>, policy: &Policy, dialect: Dialect) -> std::io::Result<()> {
    let traits = dialect.traits();
    writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let mut root = BytesStart::new("CORSConfiguration");
    if let Some(namespace) = traits.namespace {
        root.push_attribute(("xmlns", namespace));
    }
    writer.write_event(Event::Start(root))?;
    for rule in &policy.rules {
        writer.write_event(Event::Start(BytesStart::new("CORSRule")))?;
        let id = rule.id.as_ref().filter(|_| traits.has_rule_id);
        let max_age = rule.max_age_seconds.map(|seconds| seconds.to_string());
        let lists = [
            ("ID", id.map(std::slice::from_ref).unwrap_or_default()),
            ("AllowedOrigin", &rule.allowed_origins),
            ("AllowedMethod", &rule.allowed_methods),
            ("AllowedHeader", &rule.allowed_headers),
            ("ExposeHeader", &rule.expose_headers),
            ("MaxAgeSeconds", max_age.as_slice()),
        ];
        for (name, values) in lists {
            for value in values {
                leaf(writer, name, value)?;
            }
        }
        writer.write_event(Event::End(BytesEnd::new("CORSRule")))?;
    }
    if traits.has_response_vary {
        leaf(writer, "ResponseVary", if policy.response_vary { "true" } else { "false" })?;
    }
    writer.write_event(Event::End(BytesEnd::new("CORSConfiguration")))
}

fn leaf(writer: &mut Writer<Vec<u8>>, name: &str, value: &str) -> std::io::Result<()> {
    writer.write_event(Event::Start(BytesStart::new(name)))?;
    writer.write_event(Event::Text(BytesText::new(value)))?;
    writer.write_event(Event::End(BytesEnd::new(name)))
}

#[cfg(test)]
mod tests;
