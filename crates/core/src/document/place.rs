use std::{ops::Range, sync::Arc};

use serde_json::Value as Json;

use super::json::{Member, Node, Value};
use crate::diagnostic::SourceText;

/// One step from a value to a value within it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Into the field of this name.
    Key(String),
    /// Into the element at this index.
    Index(usize),
}

/// The values of a text and where they stand.
#[derive(Clone, Debug)]
pub struct Tree {
    source: Arc<SourceText>,
    root: Arc<Node>,
}

impl Tree {
    pub(super) fn new(source: Arc<SourceText>, root: Node) -> Self {
        Self { source, root: Arc::new(root) }
    }

    /// The text.
    pub fn source(&self) -> &Arc<SourceText> {
        &self.source
    }

    /// The place of the outermost value.
    pub fn root(&self) -> Place<'_> {
        Place { node: &self.root, key: None }
    }
}

/// The place of a value, or of the nearest value around it that the text has: a default that
/// nobody wrote is at the object that could have held it.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    node: &'a Node,
    key: Option<(&'a str, &'a Range<usize>)>,
}

impl<'a> Place<'a> {
    /// The place of a field's value.
    #[must_use]
    pub fn field(self, name: &str) -> Self {
        self.fields().find(|(key, _)| *key == name).map_or(self, |(_, place)| place)
    }

    /// The place of the element at `index`, or of the field that stands there.
    #[must_use]
    pub fn nth(self, index: usize) -> Self {
        match &self.node.value {
            Value::Array(elements) => elements.get(index).map(|node| Place { node, key: None }),
            Value::Object(members) => members.get(index).map(Place::member),
            _ => None,
        }
        .unwrap_or(self)
    }

    /// The fields of an object in the order of the text; nothing for another value.
    pub fn fields(self) -> impl Iterator<Item = (&'a str, Place<'a>)> {
        let members = match &self.node.value {
            Value::Object(members) => members.as_slice(),
            _ => &[],
        };
        members.iter().map(|member| (member.key.as_str(), Place::member(member)))
    }

    fn member(member: &'a Member) -> Self {
        Place { node: &member.value, key: Some((&member.key, &member.key_span)) }
    }

    /// The elements of an array; nothing for another value.
    pub fn elements(self) -> impl Iterator<Item = Place<'a>> {
        let elements = match &self.node.value {
            Value::Array(elements) => elements.as_slice(),
            _ => &[],
        };
        elements.iter().map(|node| Place { node, key: None })
    }

    /// Whether the object has a field of this name.
    pub fn has(self, name: &str) -> bool {
        self.fields().any(|(key, _)| key == name)
    }

    /// The string that stands here.
    pub fn text(self) -> Option<&'a str> {
        match &self.node.value {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// The bytes of the value.
    pub fn span(self) -> Range<usize> {
        self.node.span.clone()
    }

    /// The bytes of the field's name; of the value where it is no field's.
    pub fn key(self) -> Range<usize> {
        self.key.map_or_else(|| self.span(), |(_, span)| span.clone())
    }

    /// Where to point for a value as a whole: at a string or number itself; at an object's or
    /// array's name, or at its `id`, or at its opening bracket, rather than across its lines.
    pub fn head(self) -> Range<usize> {
        match (&self.node.value, self.key) {
            (Value::Object(_) | Value::Array(_), Some((_, span))) => span.clone(),
            (Value::Object(_), None) => {
                let id = self.fields().find(|(key, place)| *key == "id" && place.text().is_some());
                id.map_or(self.node.span.start..self.node.span.start + 1, |(_, place)| place.span())
            }
            (Value::Array(_), None) => self.node.span.start..self.node.span.start + 1,
            _ => self.span(),
        }
    }

    /// The value without its places.
    pub fn to_json(self) -> Json {
        self.node.to_json()
    }

    pub(super) fn node(self) -> &'a Node {
        self.node
    }

    pub(super) fn of(node: &'a Node) -> Self {
        Place { node, key: None }
    }
}
