//! Compares fields as what they are: a list field as a set of members, anything else line for line.

use crate::{
    case::model::{FieldDetail, FieldExpect},
    message::{Fields, isomorphic, list},
};

/// What is wrong with a field against what is expected of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mismatch {
    pub(super) expected: String,
    pub(super) actual: String,
}

/// Compares the lines of `name` with what is expected of them.
pub(super) fn compare(fields: &Fields, name: &str, expect: &FieldExpect) -> Result<(), Mismatch> {
    let lines: Vec<String> = fields.lines(name).map(|line| isomorphic::decode(line)).collect();
    let found = || describe(&lines);
    let refuse = |expected: String| Err(Mismatch { expected, actual: found() });
    match expect {
        FieldExpect::Absent(()) if lines.is_empty() => Ok(()),
        FieldExpect::Absent(()) => refuse("absent".to_owned()),
        FieldExpect::Exact(value) if lines.as_slice() == std::slice::from_ref(value) => Ok(()),
        FieldExpect::Exact(value) => refuse(format!("one line `{value}`")),
        FieldExpect::Detail(detail) => match unmet(&lines, name, detail) {
            None => Ok(()),
            Some(expected) => refuse(expected),
        },
    }
}

/// The first requirement that the lines do not meet, in words.
fn unmet(lines: &[String], name: &str, detail: &FieldDetail) -> Option<String> {
    match detail.present {
        Some(true) if lines.is_empty() => return Some("present".to_owned()),
        Some(false) if !lines.is_empty() => return Some("absent".to_owned()),
        _ => {}
    }
    if let Some(count) = detail.lines
        && lines.len() != count
    {
        return Some(format!("{count} line{}", if count == 1 { "" } else { "s" }));
    }
    if let Some(accepted) = &detail.any_of {
        let met = match lines {
            [] => accepted.contains(&None),
            [line] => accepted.iter().flatten().any(|value| value == line),
            _ => false,
        };
        if !met {
            let accepted: Vec<String> = accepted
                .iter()
                .map(|value| value.as_ref().map_or_else(|| "absent".to_owned(), |value| format!("`{value}`")))
                .collect();
            return Some(accepted.join(" or "));
        }
    }
    if let Some(most) = detail.max_bytes
        && lines.iter().map(String::len).sum::<usize>() > most
    {
        return Some(format!("at most {most} bytes"));
    }
    let joined = lines.join(", ");
    let is = |value: &&String| !lines.is_empty() && (**value == joined || lines.contains(value));
    if let Some(value) = detail.none_of.iter().find(is) {
        return Some(format!("anything but `{value}`"));
    }
    let members: Vec<&str> = members(lines).collect();
    let same = |member: &str, wanted: &str| {
        // Methods are case-sensitive (RFC 9110 §9.1); field names and Vary's members are not.
        if name.eq_ignore_ascii_case("access-control-allow-methods") {
            member == wanted
        } else {
            member.eq_ignore_ascii_case(wanted)
        }
    };
    let has = |wanted: &str| members.iter().any(|member| same(member, wanted));
    if !(detail.or_wildcard && has("*"))
        && let Some(wanted) = detail.contains.iter().find(|wanted| !has(wanted))
    {
        let or = if detail.or_wildcard { " (or `*`)" } else { "" };
        return Some(format!("a list with `{wanted}`{or}"));
    }
    detail.lacks.iter().find(|unwanted| has(unwanted)).map(|unwanted| format!("a list without `{unwanted}`"))
}

/// The members of a list field over all its lines (RFC 9110 §5.6.1): empty ones do not count.
pub(super) fn members(lines: &[String]) -> impl Iterator<Item = &str> {
    lines.iter().flat_map(|line| list::text_members(line))
}

fn describe(lines: &[String]) -> String {
    match lines {
        [] => "absent".to_owned(),
        [line] => format!("`{line}`"),
        lines => {
            /// A response may have ten thousand.
            const SHOWN: usize = 8;
            let mut shown: Vec<String> = lines.iter().take(SHOWN).map(|line| format!("`{line}`")).collect();
            if lines.len() > SHOWN {
                shown.push(format!("{} more", lines.len() - SHOWN));
            }
            format!("{} lines: {}", lines.len(), shown.join(" and "))
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn fields_are_compared_as_what_they_are() {
        let origin = "access-control-allow-origin";
        let methods = "access-control-allow-methods";
        // (field, lines, what is expected, whether it holds)
        let rows = [
            (origin, &["https://a.example"][..], json!("https://a.example"), true),
            (origin, &["https://a.example", "https://a.example"], json!("https://a.example"), false),
            (origin, &["https://A.example"], json!("https://a.example"), false),
            (origin, &[], json!(null), true),
            (origin, &["*"], json!(null), false),
            (origin, &["*"], json!({ "any_of": ["https://a.example", "*"] }), true),
            (origin, &[], json!({ "any_of": ["*", null] }), true),
            (origin, &[], json!({ "any_of": ["*"] }), false),
            (origin, &["*"], json!({ "none_of": ["*"] }), false),
            (origin, &[], json!({ "none_of": ["*"] }), true),
            (origin, &[], json!({ "none_of": [""] }), true),
            (origin, &[""], json!({ "none_of": [""] }), false),
            (origin, &["a", "b"], json!({ "none_of": ["b"] }), false),
            ("vary", &["Accept-Encoding, origin"], json!({ "contains": ["Origin"] }), true),
            ("vary", &["Accept-Encoding", " origin "], json!({ "contains": ["Origin"] }), true),
            ("vary", &["Accept-Encoding"], json!({ "contains": ["Origin"] }), false),
            ("vary", &["*"], json!({ "contains": ["Origin"] }), false),
            ("vary", &["*"], json!({ "contains": ["Origin"], "or_wildcard": true }), true),
            ("vary", &[",, origin,"], json!({ "contains": ["Origin"], "lines": 1 }), true),
            (methods, &["GET, PUT"], json!({ "contains": ["PUT"] }), true),
            (methods, &["GET, put"], json!({ "contains": ["PUT"] }), false),
            (methods, &["GET, PUT"], json!({ "lacks": ["PUT"] }), false),
            (methods, &["GET, PUTS"], json!({ "lacks": ["PUT"] }), true),
            (methods, &["GET", "PUT"], json!({ "max_bytes": 6 }), true),
            (methods, &["GET", "PUT,"], json!({ "max_bytes": 6 }), false),
            (methods, &[], json!({ "present": true }), false),
            (methods, &["GET"], json!({ "present": false }), false),
        ];
        for (name, lines, expect, holds) in rows {
            let fields: Fields = lines.iter().map(|line| (name, line.as_bytes().to_vec())).collect();
            let parsed: FieldExpect = serde_json::from_value(expect.clone()).expect("an expectation");
            assert_eq!(compare(&fields, name, &parsed).is_ok(), holds, "{name} {lines:?} {expect}");
        }
    }
}
