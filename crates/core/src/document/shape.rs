//! The JSON Schema of a type as the few shapes that `schemars` emits.

use std::{
    any::TypeId,
    collections::{BTreeMap, HashMap},
    sync::{Arc, LazyLock, PoisonError, RwLock},
};

use indexmap::IndexMap;
use schemars::{
    JsonSchema,
    generate::SchemaSettings,
    transform::{RecursiveTransform, Transform},
};
use serde_json::{Map, Value as Json};

use super::{Codes, quote};
use crate::diagnostic::Diagnostic;

/// A schema with its definitions.
#[derive(Debug)]
pub(super) struct Schema {
    pub(super) root: Shape,
    definitions: BTreeMap<String, Shape>,
}

/// What may stand at a place: any of the branches.
#[derive(Debug, Default)]
pub(super) struct Shape {
    branches: Vec<Branch>,
    /// What the place is for, in the words of the type's documentation.
    pub(super) about: Option<String>,
}

/// One sort of value.
#[derive(Debug)]
pub(super) enum Branch {
    Anything,
    /// `null`; `meant` where it says more than leaving the field out.
    Null {
        meant: bool,
    },
    Boolean,
    Number(NumberShape),
    Text {
        pattern: Option<String>,
    },
    /// One of these strings.
    Words(Vec<String>),
    Array {
        items: Box<Shape>,
        count: Count,
    },
    Object(ObjectShape),
    Reference(String),
}

#[derive(Clone, Debug)]
pub(super) struct NumberShape {
    pub(super) whole: bool,
    pub(super) least: Option<f64>,
    pub(super) most: Option<f64>,
}

#[derive(Debug)]
pub(super) struct ObjectShape {
    pub(super) fields: IndexMap<String, Shape>,
    pub(super) required: Vec<String>,
    /// What other fields may hold; `None` where there may be none.
    pub(super) others: Option<Box<Shape>>,
    pub(super) count: Count,
}

/// How many members there may be.
#[derive(Clone, Copy, Debug)]
pub(super) struct Count {
    pub(super) least: usize,
    pub(super) most: Option<usize>,
}

/// A part of a schema that is not understood here.
#[derive(Debug, PartialEq)]
pub(super) struct Unsupported(String);

impl Unsupported {
    pub(super) fn diagnostic(self, codes: &Codes) -> Diagnostic {
        Diagnostic::error(codes.unforeseen, format!("the schema is not understood: {}", self.0))
            .help("this is a fault of Crosscheck, please report it")
    }
}

/// The JSON Schema of a type, as it is published and as [`check`](super::check) holds texts
/// against it.
pub fn schema_of<T: JsonSchema>() -> schemars::Schema {
    let mut schema = SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<T>();
    // `schemars` bounds only the smallest integers; validators pass over `format`.
    let mut bound = RecursiveTransform(|schema: &mut schemars::Schema| {
        let (least, most) = match schema.get("format").and_then(Json::as_str) {
            Some("uint32") => (0, i64::from(u32::MAX)),
            Some("int32") => (i64::from(i32::MIN), i64::from(i32::MAX)),
            _ => return,
        };
        for (keyword, bound) in [("minimum", least), ("maximum", most)] {
            if schema.get(keyword).is_none() {
                schema.insert(keyword.to_owned(), bound.into());
            }
        }
    });
    bound.transform(&mut schema);
    schema
}

impl Schema {
    /// The schema of a type.
    pub(super) fn of<T: JsonSchema>() -> Result<Self, Unsupported> {
        Self::read(schema_of::<T>().as_value())
    }

    /// [`Schema::of`], made once for each type: suites are many and the schema takes longer than
    /// a small one's check.
    pub(super) fn known<T: JsonSchema + 'static>() -> Result<Arc<Self>, Unsupported> {
        static KNOWN: LazyLock<RwLock<HashMap<TypeId, Arc<Schema>>>> = LazyLock::new(RwLock::default);
        let id = TypeId::of::<T>();
        if let Some(schema) = KNOWN.read().unwrap_or_else(PoisonError::into_inner).get(&id) {
            return Ok(Arc::clone(schema));
        }
        let schema = Arc::new(Self::of::<T>()?);
        KNOWN.write().unwrap_or_else(PoisonError::into_inner).insert(id, Arc::clone(&schema));
        Ok(schema)
    }

    fn read(schema: &Json) -> Result<Self, Unsupported> {
        let mut definitions = BTreeMap::new();
        if let Some(Json::Object(named)) = schema.get("$defs") {
            for (name, definition) in named {
                definitions.insert(name.clone(), shape(definition)?);
            }
        }
        Ok(Self { root: shape(schema)?, definitions })
    }

    /// The branches of a shape, references followed.
    pub(super) fn branches<'a>(&'a self, shape: &'a Shape) -> Vec<&'a Branch> {
        let mut found = Vec::new();
        let mut followed = Vec::new();
        self.collect(shape, &mut followed, &mut found);
        found
    }

    fn collect<'a>(&'a self, shape: &'a Shape, followed: &mut Vec<&'a str>, found: &mut Vec<&'a Branch>) {
        for branch in &shape.branches {
            match branch {
                Branch::Reference(name) if followed.contains(&name.as_str()) => {}
                Branch::Reference(name) => {
                    followed.push(name);
                    if let Some(definition) = self.definitions.get(name) {
                        self.collect(definition, followed, found);
                    }
                }
                other => found.push(other),
            }
        }
    }
}

impl Shape {
    /// The branches as written, references not followed.
    pub(super) fn direct(&self) -> &[Branch] {
        &self.branches
    }
}

/// Keywords that say nothing about which values are valid.
const REMARKS: &[&str] = &[
    "$schema",
    "$id",
    "$defs",
    "$comment",
    "title",
    "description",
    "markdownDescription",
    "default",
    "examples",
    "format",
    "deprecated",
    "defaultSnippets",
];

fn shape(schema: &Json) -> Result<Shape, Unsupported> {
    let fields = match schema {
        Json::Bool(true) => return Ok(Shape { branches: vec![Branch::Anything], about: None }),
        Json::Object(fields) => fields,
        other => return Err(Unsupported(format!("the schema {other}"))),
    };
    let mut known: Vec<&str> = Vec::new();
    let mut branches = Vec::new();
    if let Some(name) = fields.get("$ref").and_then(Json::as_str) {
        known.push("$ref");
        let name = name.strip_prefix("#/$defs/").ok_or_else(|| Unsupported(format!("$ref to {name}")))?;
        branches.push(Branch::Reference(name.to_owned()));
    }
    for keyword in ["anyOf", "oneOf"] {
        for part in fields.get(keyword).and_then(Json::as_array).into_iter().flatten() {
            known.push(keyword);
            branches.extend(shape(part)?.branches);
        }
    }
    let words = match (fields.get("const"), fields.get("enum")) {
        (Some(word), _) => Some(std::slice::from_ref(word)),
        (None, Some(Json::Array(words))) => Some(words.as_slice()),
        _ => None,
    };
    if let Some(words) = words {
        known.extend(["const", "enum", "type"]);
        let mut strings = Vec::new();
        for word in words {
            match word {
                Json::String(word) => strings.push(word.clone()),
                Json::Null => branches.push(Branch::Null { meant: false }),
                other => return Err(Unsupported(format!("the constant {other}"))),
            }
        }
        branches.push(Branch::Words(strings));
    } else {
        let types = match fields.get("type") {
            Some(Json::String(name)) => vec![name.as_str()],
            Some(Json::Array(names)) => names.iter().filter_map(Json::as_str).collect(),
            _ => Vec::new(),
        };
        if !types.is_empty() {
            known.push("type");
        }
        let described = fields.contains_key("description") && types == ["null"];
        for name in types {
            branches.push(typed(name, fields, described, &mut known)?);
        }
    }
    if let Some(strange) =
        fields.keys().find(|key| !known.contains(&key.as_str()) && !REMARKS.contains(&key.as_str()))
    {
        return Err(Unsupported(format!("the keyword {}", quote(strange))));
    }
    if branches.is_empty() {
        branches.push(Branch::Anything);
    }
    Ok(Shape {
        branches: merged(branches),
        about: fields.get("description").and_then(Json::as_str).map(str::to_owned),
    })
}

/// The words of an enum, each a schema of its own because it has a description, as one list.
fn merged(branches: Vec<Branch>) -> Vec<Branch> {
    let mut words = Vec::new();
    let mut merged = Vec::new();
    for branch in branches {
        match branch {
            Branch::Words(more) => words.extend(more),
            other => merged.push(other),
        }
    }
    if !words.is_empty() {
        merged.insert(0, Branch::Words(words));
    }
    merged
}

fn typed<'a>(
    name: &str,
    fields: &'a Map<String, Json>,
    described: bool,
    known: &mut Vec<&'a str>,
) -> Result<Branch, Unsupported> {
    let mut count = |least: &'a str, most: &'a str| {
        known.extend([least, most]);
        let count = |keyword: &str| {
            fields.get(keyword)?.as_u64().map(|count| usize::try_from(count).unwrap_or(usize::MAX))
        };
        Count { least: count(least).unwrap_or(0), most: count(most) }
    };
    Ok(match name {
        "null" => Branch::Null { meant: described },
        "boolean" => Branch::Boolean,
        "integer" | "number" => {
            known.extend(["minimum", "maximum"]);
            let bound = |keyword: &str| fields.get(keyword).and_then(Json::as_f64);
            Branch::Number(NumberShape {
                whole: name == "integer",
                least: bound("minimum"),
                most: bound("maximum"),
            })
        }
        "string" => {
            known.push("pattern");
            Branch::Text { pattern: fields.get("pattern").and_then(Json::as_str).map(str::to_owned) }
        }
        "array" => {
            let count = count("minItems", "maxItems");
            known.push("items");
            let items = fields.get("items").map(shape).transpose()?.unwrap_or_else(anything);
            Branch::Array { items: Box::new(items), count }
        }
        "object" => {
            let count = count("minProperties", "maxProperties");
            known.extend(["properties", "required", "additionalProperties"]);
            let mut named = IndexMap::new();
            if let Some(Json::Object(properties)) = fields.get("properties") {
                for (name, property) in properties {
                    named.insert(name.clone(), shape(property)?);
                }
            }
            let required = fields.get("required").and_then(Json::as_array).into_iter().flatten();
            let others = match fields.get("additionalProperties") {
                Some(Json::Bool(false)) => None,
                Some(other) => Some(Box::new(shape(other)?)),
                None => Some(Box::new(anything())),
            };
            Branch::Object(ObjectShape {
                fields: named,
                required: required.filter_map(Json::as_str).map(str::to_owned).collect(),
                others,
                count,
            })
        }
        other => return Err(Unsupported(format!("the type {}", quote(other)))),
    })
}

fn anything() -> Shape {
    Shape { branches: vec![Branch::Anything], about: None }
}
