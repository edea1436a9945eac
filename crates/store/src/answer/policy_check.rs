//! Decides whether a form upload is one that its signed policy allows.

use std::time::SystemTime;

use crosscheck_core::{message::Fields, policy::Dialect};
use serde_json::Value;

/// Why a policy does not allow a form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Forbidden {
    /// The policy is none.
    Document(&'static str),
    /// Its time is over.
    Expired,
    /// This condition does not hold.
    Condition(String),
    /// This field is not spoken of, which S3 demands.
    Extra(String),
    /// The file is longer than this.
    TooLong(u64),
    /// The file is shorter than this.
    TooShort(u64),
}

/// Fields that need no condition.
const FREE: [&str; 8] = [
    "policy",
    "signature",
    "file",
    "x-amz-signature",
    "x-oss-signature",
    "awsaccesskeyid",
    "ossaccesskeyid",
    "submit",
];

/// Asks a policy about a form for this bucket, with a file of this length. `fields` has the key as
/// it will be.
pub(super) fn check(
    policy: &[u8],
    dialect: Dialect,
    fields: &Fields,
    bucket: &str,
    length: u64,
    now: SystemTime,
) -> Result<(), Forbidden> {
    let policy: Value = serde_json::from_slice(policy).map_err(|_| Forbidden::Document("Invalid JSON."))?;
    let expiration = policy.get("expiration").and_then(Value::as_str);
    let expiration = expiration.ok_or(Forbidden::Document("Policy missing expiration."))?;
    let until: jiff::Timestamp =
        expiration.parse().map_err(|_| Forbidden::Document("Invalid 'expiration' value."))?;
    if jiff::Timestamp::try_from(now).is_ok_and(|now| now > until) {
        return Err(Forbidden::Expired);
    }
    let conditions = policy.get("conditions").and_then(Value::as_array);
    let conditions = conditions.ok_or(Forbidden::Document("Policy missing conditions."))?;
    let value = |name: &str| match name {
        "bucket" => Some(bucket.to_owned()),
        name => fields.text(name),
    };
    let mut spoken = Vec::new();
    for condition in conditions {
        holds(condition, &value, length, &mut spoken)?;
    }
    let free = |name: &str| FREE.contains(&name) || name.starts_with("x-ignore-");
    if dialect == Dialect::S3 {
        let mut names = fields.iter().map(|field| field.name.to_ascii_lowercase());
        if let Some(extra) = names.find(|name| !free(name) && !spoken.contains(name)) {
            return Err(Forbidden::Extra(extra));
        }
    }
    Ok(())
}

fn holds(
    condition: &Value,
    value: &dyn Fn(&str) -> Option<String>,
    length: u64,
    spoken: &mut Vec<String>,
) -> Result<(), Forbidden> {
    let malformed = Forbidden::Document("Invalid condition.");
    if let Some(exact) = condition.as_object() {
        for (name, wanted) in exact {
            let name = name.to_ascii_lowercase();
            let wanted = wanted.as_str().ok_or(malformed.clone())?;
            let holds = value(&name).as_deref() == Some(wanted);
            spoken.push(name.clone());
            if !holds {
                return Err(Forbidden::Condition(format!("[\"eq\", \"${name}\", \"{wanted}\"]")));
            }
        }
        return Ok(());
    }
    let list = condition.as_array().ok_or(malformed.clone())?;
    let [operator, first, second] = list.as_slice() else { return Err(malformed) };
    let operator = operator.as_str().ok_or(malformed.clone())?.to_ascii_lowercase();
    if operator == "content-length-range" {
        let number = |value: &Value| value.as_u64().or_else(|| value.as_str()?.parse().ok());
        let (least, most) = number(first).zip(number(second)).ok_or(malformed)?;
        return match length {
            length if length > most => Err(Forbidden::TooLong(most)),
            length if length < least => Err(Forbidden::TooShort(least)),
            _ => Ok(()),
        };
    }
    let name = first.as_str().ok_or(malformed.clone())?;
    let name = name.strip_prefix('$').unwrap_or(name).to_ascii_lowercase();
    let found = value(&name);
    let text = second.as_str();
    let among = || second.as_array().map(|list| list.iter().any(|entry| entry.as_str() == found.as_deref()));
    let holds = match operator.as_str() {
        "eq" => found.as_deref() == Some(text.ok_or(malformed)?),
        "starts-with" => {
            let start = text.ok_or(malformed)?;
            start.is_empty() || found.as_deref().is_some_and(|found| found.starts_with(start))
        }
        "in" => found.is_some() && among().ok_or(malformed)?,
        "not-in" => !(found.is_some() && among().ok_or(malformed)?),
        _ => return Err(malformed),
    };
    spoken.push(name);
    if holds { Ok(()) } else { Err(Forbidden::Condition(written(condition))) }
}

/// A condition as errors show it.
fn written(condition: &Value) -> String {
    let list = condition.as_array().into_iter().flatten().map(Value::to_string);
    format!("[{}]", list.collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;

    #[test]
    fn conditions_hold_or_say_which_does_not() {
        let condition = |text: &str| Err(Forbidden::Condition(text.to_owned()));
        let rows = [
            ("[]", Dialect::Oss, Ok(())),
            ("[]", Dialect::S3, Err(Forbidden::Extra("key".to_owned()))),
            (r#"[{"key": "user/a"}, {"content-type": "text/plain"}]"#, Dialect::S3, Ok(())),
            (
                r#"[["starts-with", "$key", "user/"], ["starts-with", "$Content-Type", ""]]"#,
                Dialect::S3,
                Ok(()),
            ),
            (
                r#"[["starts-with", "$key", "other"]]"#,
                Dialect::Oss,
                condition(r#"["starts-with", "$key", "other"]"#),
            ),
            (r#"[{"bucket": "bkt"}]"#, Dialect::Oss, Ok(())),
            (r#"[{"bucket": "other"}]"#, Dialect::Oss, condition(r#"["eq", "$bucket", "other"]"#)),
            (
                r#"[["eq", "$success_action_status", "200"]]"#,
                Dialect::Oss,
                condition(r#"["eq", "$success_action_status", "200"]"#),
            ),
            (r#"[["in", "$content-type", ["text/plain", "image/png"]]]"#, Dialect::Oss, Ok(())),
            (
                r#"[["in", "$content-type", ["image/png"]]]"#,
                Dialect::Oss,
                condition(r#"["in", "$content-type", ["image/png"]]"#),
            ),
            (
                r#"[["not-in", "$content-type", ["text/plain"]]]"#,
                Dialect::Oss,
                condition(r#"["not-in", "$content-type", ["text/plain"]]"#),
            ),
            (r#"[["not-in", "$cache-control", ["no-cache"]]]"#, Dialect::Oss, Ok(())),
            (r#"[["content-length-range", 1, 10]]"#, Dialect::Oss, Ok(())),
            (r#"[["content-length-range", 6, 10]]"#, Dialect::Oss, Err(Forbidden::TooShort(6))),
            (r#"[["content-length-range", 0, "4"]]"#, Dialect::Oss, Err(Forbidden::TooLong(4))),
            (r#"[123]"#, Dialect::Oss, Err(Forbidden::Document("Invalid condition."))),
            (r#"[["eq", "$key"]]"#, Dialect::Oss, Err(Forbidden::Document("Invalid condition."))),
            (r#"[["like", "$key", "a"]]"#, Dialect::Oss, Err(Forbidden::Document("Invalid condition."))),
            (r#"{"key": "a"}"#, Dialect::Oss, Err(Forbidden::Document("Policy missing conditions."))),
        ];
        let fields: Fields =
            [("key", "user/a"), ("Content-Type", "text/plain"), ("policy", "x")].into_iter().collect();
        for (conditions, dialect, expected) in rows {
            let policy =
                format!(r#"{{"expiration": "2026-11-25T12:00:00.000Z", "conditions": {conditions}}}"#);
            let now = UNIX_EPOCH + Duration::from_secs(1_764_000_000);
            assert_eq!(check(policy.as_bytes(), dialect, &fields, "bkt", 5, now), expected, "{conditions}");
        }
    }

    #[test]
    fn a_policy_ends() {
        let check = |policy: &str, now| {
            let now = UNIX_EPOCH + Duration::from_secs(now);
            check(policy.as_bytes(), Dialect::Oss, &Fields::new(), "bkt", 0, now)
        };
        let policy = r#"{"expiration": "1970-01-01T00:01:00.000Z", "conditions": []}"#;
        assert_eq!(check(policy, 60), Ok(()));
        assert_eq!(check(policy, 61), Err(Forbidden::Expired));
        for (policy, why) in [
            ("", "Invalid JSON."),
            ("{}", "Policy missing expiration."),
            (r#"{"expiration": "soon", "conditions": []}"#, "Invalid 'expiration' value."),
        ] {
            assert_eq!(check(policy, 0), Err(Forbidden::Document(why)), "{policy}");
        }
    }
}
