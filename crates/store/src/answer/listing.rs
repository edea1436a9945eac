use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use crosscheck_core::policy::Dialect;

use super::{Call, failure::Answer};
use crate::{access, failure::Failure, store::Walk, xml::Xml};

/// How many entries a list has at most.
const LISTED_MAX: usize = 1000;

/// Behind every key that begins with what stands before it.
const LAST: char = char::MAX;

/// What a list is asked for.
#[derive(Debug)]
struct Asked {
    prefix: String,
    delimiter: String,
    /// Entries up to and including this one are left out.
    after: String,
    most: usize,
    urls: bool,
}

/// One page of a list, in order.
#[derive(Debug, Default)]
struct Page {
    entries: Vec<Entry>,
    truncated: bool,
}

#[derive(Debug)]
enum Entry {
    Key { key: String, etag: String, modified: String, size: usize, from_parts: bool },
    Prefix(String),
}

impl Entry {
    fn name(&self) -> &str {
        match self {
            Self::Key { key, .. } => key,
            Self::Prefix(prefix) => prefix,
        }
    }
}

impl Call<'_> {
    /// The bucket's keys, as `ListObjects` and `ListObjectsV2` give them.
    pub(super) fn list_objects(&self) -> Answer {
        let parameter = |name: &str| self.incoming.parameter(name);
        let second = parameter("list-type").as_deref() == Some("2");
        let token = parameter("continuation-token").filter(|token| !token.is_empty());
        let start_after = parameter("start-after").unwrap_or_default();
        let marker = parameter("marker").unwrap_or_default();
        let after = match (second, &token) {
            (false, _) => marker.clone(),
            (true, None) => start_after.clone(),
            (true, Some(token)) => self.of_token(token)?,
        };
        let asked = Asked {
            prefix: parameter("prefix").unwrap_or_default(),
            delimiter: parameter("delimiter").unwrap_or_default(),
            after,
            most: self.most()?,
            urls: self.wants_urls(),
        };
        let page = self.page(&asked);
        let last = page.entries.last().filter(|_| page.truncated).map(|entry| entry.name().to_owned());
        let text = |text: &str| if asked.urls { url_encoded(text) } else { text.to_owned() };
        Ok(self.xml("ListBucketResult", |xml| {
            xml.leaf("Name", &self.bucket);
            xml.leaf("Prefix", &text(&asked.prefix));
            if second {
                if !start_after.is_empty() {
                    xml.leaf("StartAfter", &text(&start_after));
                }
                if let Some(token) = &token {
                    xml.leaf("ContinuationToken", token);
                }
                if let Some(last) = &last {
                    xml.leaf("NextContinuationToken", &URL_SAFE_NO_PAD.encode(last));
                }
                xml.leaf("KeyCount", &page.entries.len().to_string());
            } else {
                xml.leaf("Marker", &text(&marker));
                if let Some(last) = &last {
                    xml.leaf("NextMarker", &text(last));
                }
            }
            xml.leaf("MaxKeys", &asked.most.to_string());
            if !asked.delimiter.is_empty() {
                xml.leaf("Delimiter", &text(&asked.delimiter));
            }
            if asked.urls {
                xml.leaf("EncodingType", "url");
            }
            xml.leaf("IsTruncated", if page.truncated { "true" } else { "false" });
            let owner = !second || parameter("fetch-owner").as_deref() == Some("true");
            for entry in &page.entries {
                self.entry(xml, entry, owner, &text);
            }
        }))
    }

    fn entry(&self, xml: &mut Xml, entry: &Entry, owner: bool, text: &dyn Fn(&str) -> String) {
        match entry {
            Entry::Prefix(prefix) => xml.node("CommonPrefixes", |xml| xml.leaf("Prefix", &text(prefix))),
            Entry::Key { key, etag, modified, size, from_parts } => xml.node("Contents", |xml| {
                xml.leaf("Key", &text(key));
                xml.leaf("LastModified", modified);
                xml.leaf("ETag", etag);
                if self.dialect() == Dialect::Oss {
                    xml.leaf("Type", if *from_parts { "Multipart" } else { "Normal" });
                }
                xml.leaf("Size", &size.to_string());
                xml.leaf(
                    "StorageClass",
                    if self.dialect() == Dialect::Oss { "Standard" } else { "STANDARD" },
                );
                if owner {
                    self.owner_element(xml);
                }
            }),
        }
    }

    fn of_token(&self, token: &str) -> Result<String, Failure> {
        let key = URL_SAFE_NO_PAD.decode(token).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        key.ok_or_else(|| {
            Failure::new(400, "InvalidArgument", "The continuation token provided is incorrect")
                .with("ArgumentName", "continuation-token")
        })
    }

    fn most(&self) -> Result<usize, Failure> {
        let usual = match self.dialect() {
            Dialect::Oss => 100,
            Dialect::S3 => LISTED_MAX,
        };
        let Some(asked) = self.incoming.parameter("max-keys").filter(|asked| !asked.is_empty()) else {
            return Ok(usual);
        };
        let number =
            asked.parse::<usize>().ok().filter(|most| self.dialect() == Dialect::S3 || *most <= LISTED_MAX);
        number.map(|most| most.min(LISTED_MAX)).ok_or_else(|| {
            Failure::new(400, "InvalidArgument", "Argument max-keys must be an integer between 0 and 1000.")
                .with("ArgumentName", "max-keys")
                .with("ArgumentValue", asked)
        })
    }

    /// Whether keys are to be percent-encoded.
    pub(super) fn wants_urls(&self) -> bool {
        self.incoming.parameter("encoding-type").as_deref() == Some("url")
    }

    fn page(&self, asked: &Asked) -> Page {
        let mut page = Page::default();
        if asked.most == 0 {
            return page;
        }
        let start = if asked.after > asked.prefix { &asked.after } else { &asked.prefix };
        self.store.walk(&self.bucket, start, |key, object| {
            let Some(rest) = key.strip_prefix(asked.prefix.as_str()) else {
                return if key > asked.prefix.as_str() { Walk::Enough } else { Walk::On };
            };
            let group = (!asked.delimiter.is_empty())
                .then(|| rest.find(&asked.delimiter))
                .flatten()
                .and_then(|at| key.get(..asked.prefix.len() + at + asked.delimiter.len()));
            if group.unwrap_or(key) <= asked.after.as_str() {
                return group.map_or(Walk::On, |group| Walk::To(format!("{group}{LAST}")));
            }
            if page.entries.len() == asked.most {
                page.truncated = true;
                return Walk::Enough;
            }
            match group {
                Some(group) => {
                    page.entries.push(Entry::Prefix(group.to_owned()));
                    Walk::To(format!("{group}{LAST}"))
                }
                None => {
                    page.entries.push(Entry::Key {
                        key: key.to_owned(),
                        etag: object.etag.clone(),
                        modified: access::date(object.modified),
                        size: object.body.len(),
                        from_parts: object.from_parts,
                    });
                    Walk::On
                }
            }
        });
        page
    }
}

/// Percent-encodes what is not unreserved (RFC 3986 §2.3), slashes apart.
pub(super) fn url_encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~/".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}
