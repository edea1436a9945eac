//! A value that a document gives as an example, or that fits one of its schemas.

use serde_json::{Map, Value};

/// How deep references and schemas are followed: a schema may contain itself.
const DEPTH: usize = 12;

/// A document whose parts refer to each other.
#[derive(Clone, Copy, Debug)]
pub(super) struct Document<'d> {
    root: &'d Value,
}

impl<'d> Document<'d> {
    pub(super) const fn new(root: &'d Value) -> Self {
        Self { root }
    }

    pub(super) const fn root(self) -> &'d Value {
        self.root
    }

    /// What a part refers to, or the part itself; references to other documents are left as they are.
    pub(super) fn resolved(self, part: &'d Value) -> &'d Value {
        let mut part = part;
        for _ in 0..DEPTH {
            let pointer = part.get("$ref").and_then(Value::as_str).and_then(|text| text.strip_prefix('#'));
            match pointer.and_then(|pointer| self.root.pointer(pointer)) {
                Some(target) => part = target,
                None => break,
            }
        }
        part
    }

    /// The value of a parameter or of a media type, and whether the document states it.
    pub(super) fn value_of(self, part: &'d Value) -> (Value, bool) {
        if let Some(example) = self.example(part) {
            return (example, true);
        }
        let schema = part.get("schema").or_else(|| {
            let content = part.get("content").and_then(Value::as_object);
            content.and_then(|content| content.values().next()).and_then(|media| media.get("schema"))
        });
        schema.map_or((Value::from("1"), false), |schema| self.sample(schema, DEPTH))
    }

    /// The first example of a parameter, a media type or a schema.
    fn example(self, part: &'d Value) -> Option<Value> {
        if let Some(example) = part.get("example") {
            return Some(example.clone());
        }
        match part.get("examples") {
            Some(Value::Object(examples)) => {
                let first = self.resolved(examples.values().next()?);
                first.get("value").cloned()
            }
            // Of a schema they are the values themselves (JSON Schema §9.5).
            Some(Value::Array(examples)) => examples.first().cloned(),
            _ => None,
        }
    }

    /// A value that fits a schema, and whether the document states it.
    fn sample(self, schema: &'d Value, depth: usize) -> (Value, bool) {
        let schema = self.resolved(schema);
        let stated = self.example(schema).or_else(|| {
            let first = |field: &str| schema.get(field).and_then(|values| values.get(0));
            schema.get("const").or_else(|| schema.get("default")).or_else(|| first("enum")).cloned()
        });
        if let Some(stated) = stated {
            return (stated, true);
        }
        if depth == 0 {
            return (Value::Null, false);
        }
        for choice in ["oneOf", "anyOf"] {
            if let Some(first) = schema.get(choice).and_then(|choices| choices.get(0)) {
                return self.sample(first, depth - 1);
            }
        }
        if let Some(parts) = schema.get("allOf").and_then(Value::as_array) {
            let mut whole = Map::new();
            for part in parts {
                if let Value::Object(fields) = self.sample(part, depth - 1).0 {
                    whole.extend(fields);
                }
            }
            if let Value::Object(fields) = self.object(schema, depth) {
                whole.extend(fields);
            }
            return (Value::Object(whole), false);
        }
        (self.of_type(schema, depth), false)
    }

    fn of_type(self, schema: &'d Value, depth: usize) -> Value {
        let text = |field: &str| schema.get(field).and_then(Value::as_str);
        // OpenAPI 3.1 has lists of types.
        let of_list = || schema.get("type").and_then(Value::as_array)?.iter().find_map(Value::as_str);
        let kind = text("type").or_else(of_list);
        match kind {
            Some("integer") => {
                schema.get("minimum").filter(|it| it.is_i64() || it.is_u64()).cloned().unwrap_or(1.into())
            }
            Some("number") => schema.get("minimum").filter(|it| it.is_number()).cloned().unwrap_or(1.into()),
            Some("boolean") => Value::Bool(true),
            Some("null") => Value::Null,
            Some("array") => match schema.get("items") {
                Some(items) => Value::Array(vec![self.sample(items, depth - 1).0]),
                None => Value::Array(Vec::new()),
            },
            Some("string") => Value::from(of_format(text("format"), schema)),
            _ if kind == Some("object") || schema.get("properties").is_some() => self.object(schema, depth),
            _ => Value::from("1"),
        }
    }

    /// An object with the properties that are required.
    fn object(self, schema: &'d Value, depth: usize) -> Value {
        let required = schema.get("required").and_then(Value::as_array).into_iter().flatten();
        let properties = schema.get("properties");
        let mut fields = Map::new();
        for name in required.filter_map(Value::as_str) {
            let property = properties.and_then(|properties| properties.get(name));
            let value = property.map_or(Value::from("1"), |property| self.sample(property, depth - 1).0);
            fields.insert(name.to_owned(), value);
        }
        Value::Object(fields)
    }
}

/// A text of a format (OpenAPI's and JSON Schema's names), as long as the schema wants it.
fn of_format(format: Option<&str>, schema: &Value) -> String {
    let text = match format {
        Some("date") => "2026-01-01",
        Some("date-time") => "2026-01-01T00:00:00Z",
        Some("time") => "00:00:00Z",
        Some("uuid") => "00000000-0000-4000-8000-000000000000",
        Some("email") => "user@example.com",
        Some("uri" | "url") => "https://example.com/",
        Some("hostname") => "example.com",
        Some("ipv4") => "192.0.2.1",
        Some("ipv6") => "2001:db8::1",
        Some("byte") => "YQ==",
        _ => {
            let least = schema.get("minLength").and_then(Value::as_u64).unwrap_or(1).clamp(1, 1000);
            return "a".repeat(usize::try_from(least).unwrap_or(1));
        }
    };
    text.to_owned()
}
