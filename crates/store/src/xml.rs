//! Reads and writes the small XML documents of a store's API. Knows none of them.

use bytes::Bytes;
use quick_xml::{Reader, escape::escape, events::Event};

/// How deep a document may go.
const DEPTH_MAX: usize = 8;

/// How many elements a document may have.
const ELEMENTS_MAX: usize = 50_000;

/// An element: its local name, its own text, and what is in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Element {
    pub(super) name: String,
    pub(super) text: String,
    pub(super) children: Vec<Element>,
}

impl Element {
    /// The root of a document; `None` where it is no well-formed one, has a document type, or goes
    /// too deep.
    pub(super) fn read(document: &[u8]) -> Option<Self> {
        let mut reader = Reader::from_str(std::str::from_utf8(document).ok()?);
        reader.config_mut().expand_empty_elements = true;
        let mut open: Vec<Self> = vec![Self::default()];
        let mut count = 0;
        loop {
            match reader.read_event().ok()? {
                Event::Eof => break,
                Event::Start(start) => {
                    count += 1;
                    if open.len() > DEPTH_MAX || count > ELEMENTS_MAX {
                        return None;
                    }
                    let name = start.local_name().as_ref().to_owned();
                    open.push(Self { name, ..Self::default() });
                }
                Event::End(_) => {
                    let closed = open.pop()?;
                    open.last_mut()?.children.push(closed);
                }
                Event::Text(text) => open.last_mut()?.text.push_str(&text.xml10_content()),
                Event::CData(data) => open.last_mut()?.text.push_str(&data.xml10_content()),
                Event::GeneralRef(reference) => {
                    open.last_mut()?.text.push(crosscheck_core::policy::character_of(&reference)?);
                }
                Event::DocType(_) => return None,
                _ => {}
            }
        }
        let mut outside = open.pop().filter(|_| open.is_empty())?;
        if outside.children.len() == 1 { outside.children.pop() } else { None }
    }

    /// The text of the first child of that name.
    pub(super) fn text_of(&self, name: &str) -> Option<&str> {
        self.children.iter().find(|child| child.name == name).map(|child| child.text.as_str())
    }

    /// The children of that name.
    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Self> + 'a {
        self.children.iter().filter(move |child| child.name == name)
    }
}

/// A document that is being written.
#[derive(Debug)]
pub(super) struct Xml(String);

impl Xml {
    /// A whole document with this root.
    pub(super) fn document(root: &str, namespace: Option<&str>, inside: impl FnOnce(&mut Self)) -> Bytes {
        let mut xml = Self("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_owned());
        match namespace {
            Some(namespace) => xml.0.push_str(&format!("<{root} xmlns=\"{namespace}\">")),
            None => xml.0.push_str(&format!("<{root}>")),
        }
        inside(&mut xml);
        xml.0.push_str(&format!("</{root}>"));
        Bytes::from(xml.0)
    }

    /// An element with others in it.
    pub(super) fn node(&mut self, name: &str, inside: impl FnOnce(&mut Self)) {
        self.0.push_str(&format!("<{name}>"));
        inside(self);
        self.0.push_str(&format!("</{name}>"));
    }

    /// An element with text in it.
    pub(super) fn leaf(&mut self, name: &str, text: &str) {
        self.0.push_str(&format!("<{name}>{}</{name}>", escape(text)));
    }

    /// Text of the element itself.
    pub(super) fn text(&mut self, text: &str) {
        self.0.push_str(&escape(text));
    }

    /// A grant of S3's access control lists: who, and what.
    pub(super) fn grant(&mut self, kind: &str, grantee: &[(&str, &str)], permission: &str) {
        self.node("Grant", |xml| {
            xml.0.push_str(&format!(
                "<Grantee xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:type=\"{kind}\">"
            ));
            for (name, text) in grantee {
                xml.leaf(name, text);
            }
            xml.0.push_str("</Grantee>");
            xml.leaf("Permission", permission);
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let written = Xml::document("Root", Some("urn:x"), |xml| {
            xml.leaf("Key", "a & <b> \"c\"");
            xml.node("Object", |xml| xml.leaf("Key", ""));
        });
        let root = Element::read(&written).expect("a document");
        assert_eq!(root.name, "Root");
        assert_eq!(root.text_of("Key"), Some("a & <b> \"c\""));
        assert_eq!(root.all("Object").next().and_then(|object| object.text_of("Key")), Some(""));
    }

    #[test]
    fn what_is_no_document_is_none() {
        let deep = "<a>".repeat(20) + &"</a>".repeat(20);
        let rows = ["", "<a>", "<a></b>", "<a/><b/>", "<!DOCTYPE a><a/>", "<a>&evil;</a>", &deep];
        for document in rows {
            assert_eq!(Element::read(document.as_bytes()), None, "{document}");
        }
    }
}
