//! Lists and strings as configuration languages write them. What reaches this module has only characters that mean
//! nothing in any of them ([`Grant`](super::Grant)), so that nothing needs escaping.

use serde_json::Value;

/// `"a", "b"`.
pub(super) fn quoted(list: &[String]) -> String {
    joined(list, '"')
}

/// `'a', 'b'`.
pub(super) fn single_quoted(list: &[String]) -> String {
    joined(list, '\'')
}

fn joined(list: &[String], mark: char) -> String {
    let quoted: Vec<String> = list.iter().map(|item| format!("{mark}{item}{mark}")).collect();
    quoted.join(", ")
}

/// How wide a line of JSON may be.
const WIDTH: usize = 90;

/// A value as JSON: what fits stands in one line.
pub(super) fn json(value: &Value) -> String {
    let mut out = String::new();
    write_json(&mut out, value, 0, 0);
    out
}

/// Writes a value after `before` characters of its line, which is indented by `indent`.
fn write_json(out: &mut String, value: &Value, indent: usize, before: usize) {
    let flat = flat(value);
    let open = match value {
        _ if indent + before + flat.len() <= WIDTH => None,
        Value::Array(items) => Some(('[', ']', items.iter().map(|item| (String::new(), item)).collect())),
        Value::Object(entries) => {
            let name = |name: &String| format!("{}: ", Value::from(name.as_str()));
            Some(('{', '}', entries.iter().map(|(key, item)| (name(key), item)).collect::<Vec<_>>()))
        }
        _ => None,
    };
    let Some((open, close, items)) = open else {
        out.push_str(&flat);
        return;
    };
    out.push(open);
    for (place, (name, item)) in items.iter().enumerate() {
        out.push_str(if place == 0 { "\n" } else { ",\n" });
        out.push_str(&" ".repeat(indent + 2));
        out.push_str(name);
        write_json(out, item, indent + 2, name.len());
    }
    out.push('\n');
    out.push_str(&" ".repeat(indent));
    out.push(close);
}

/// A value in one line.
fn flat(value: &Value) -> String {
    match value {
        Value::Array(items) => format!("[{}]", items.iter().map(flat).collect::<Vec<_>>().join(", ")),
        Value::Object(entries) => {
            let entries: Vec<String> = entries
                .iter()
                .map(|(name, item)| format!("{}: {}", Value::from(name.as_str()), flat(item)))
                .collect();
            format!("{{ {} }}", entries.join(", "))
        }
        plain => plain.to_string(),
    }
}

/// `True` or `False`, `true` or `false` …
pub(super) const fn python(flag: bool) -> &'static str {
    if flag { "True" } else { "False" }
}

/// A line for each pair whose value is there: `name = value` in the form of `line`.
pub(super) fn lines(entries: &[(&str, Option<String>)], line: impl Fn(&str, &str) -> String) -> String {
    let written: Vec<String> =
        entries.iter().filter_map(|(name, value)| value.as_deref().map(|value| line(name, value))).collect();
    written.join("\n")
}

/// The list, none where it is empty.
pub(super) fn filled(list: &[String], write: impl Fn(&[String]) -> String) -> Option<String> {
    (!list.is_empty()).then(|| write(list))
}
