use crosscheck_core::document::nearest;

use super::File;

/// What a file is meant to be, by a glance at the names at its top.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A suite of cases.
    Cases,
    /// A load plan.
    Plan,
    /// Neither of them.
    Neither,
}

/// What tells each kind: the file of its schema, and the field that every one of them has.
const SIGNS: [(Kind, &str, &str); 2] =
    [(Kind::Plan, "load.schema.json", "stages"), (Kind::Cases, "suite.schema.json", "cases")];

impl File {
    /// What it is meant to be. What it says itself in `$schema` counts first, then the field that
    /// only one kind has, then a slip of the pen for it; of a text that is no JSON, whether the
    /// field's name stands in it.
    pub fn kind(&self) -> Kind {
        let text = String::from_utf8_lossy(&self.bytes);
        let Ok(value) = serde_json::from_str::<serde_json::Value>(text.trim_start_matches('\u{feff}')) else {
            let found = SIGNS.iter().find(|(_, _, field)| text.contains(&format!("\"{field}\"")));
            return found.map_or(Kind::Cases, |(kind, _, _)| *kind);
        };
        let Some(fields) = value.as_object() else { return Kind::Neither };
        let schema = fields.get("$schema").and_then(serde_json::Value::as_str).unwrap_or_default();
        let says = SIGNS.iter().find(|(_, file, _)| schema.rsplit('/').next() == Some(*file));
        let has = || SIGNS.iter().find(|(_, _, field)| fields.contains_key(*field));
        let means =
            || SIGNS.iter().find(|(_, _, field)| fields.keys().any(|key| nearest(key, [*field]).is_some()));
        says.or_else(has).or_else(means).map_or(Kind::Neither, |(kind, _, _)| *kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_what_it_says_or_what_only_one_kind_has() {
        for (text, kind) in [
            (r#"{ "id": "a", "cases": [] }"#, Kind::Cases),
            (r#"{ "id": "a", "case": [] }"#, Kind::Cases),
            (r#"{ "$schema": "../suite.schema.json" }"#, Kind::Cases),
            (r#"{ "id": "a", "stages": [] }"#, Kind::Plan),
            (r#"{ "id": "a", "stage": [] }"#, Kind::Plan),
            (r#"{ "$schema": "../load.schema.json", "case": [] }"#, Kind::Plan),
            // A plan of whole cases has both.
            (r#"{ "cases": {}, "stages": [] }"#, Kind::Plan),
            (r#"{ "url": "https://a.example" }"#, Kind::Neither),
            ("[]", Kind::Neither),
            (r#"{ "id": "a", "stages": ["#, Kind::Plan),
            (r#"{ "id": "a", "cases": ["#, Kind::Cases),
            ("{", Kind::Cases),
        ] {
            let file = File { name: "a.json".to_owned(), bytes: text.as_bytes().to_vec() };
            assert_eq!(file.kind(), kind, "{text}");
        }
    }
}
