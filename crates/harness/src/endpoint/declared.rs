use super::{OneRule, Provenance, Setting};
use crosscheck_core::policy::{Policy, Rule};

/// The fields of the declared policy, each with its source, under the names of a target file.
pub(super) fn rows(
    policy: &Setting<Option<Policy>>,
    one_rule: Option<&OneRule>,
) -> Vec<(String, String, Provenance)> {
    let from = policy.from;
    let Some(policy) = &policy.value else {
        return vec![("policy".to_owned(), "not known".to_owned(), from)];
    };
    match (one_rule, policy.rules.first()) {
        (Some(sources), Some(rule)) => {
            let max_age = rule.max_age_seconds.map_or_else(|| "none".to_owned(), |age| age.to_string());
            [
                ("allowed_origins", list(&rule.allowed_origins), from),
                ("allowed_methods", list(&rule.allowed_methods), sources.methods),
                ("allowed_headers", list(&rule.allowed_headers), sources.headers),
                ("expose_headers", list(&rule.expose_headers), sources.exposed),
                ("max_age_seconds", max_age, sources.max_age),
                ("allow_credentials", policy.allow_credentials.to_string(), sources.credentials),
            ]
            .map(|(name, value, from)| (name.to_owned(), value, from))
            .to_vec()
        }
        _ => {
            let rules = policy.rules.iter().enumerate();
            let mut rows: Vec<_> = rules.flat_map(|(index, rule)| of_rule(index, rule, from)).collect();
            for (name, value) in
                [("response_vary", policy.response_vary), ("allow_credentials", policy.allow_credentials)]
            {
                rows.push((format!("policy.{name}"), value.to_string(), from));
            }
            rows
        }
    }
}

/// The fields of one of several rules that are not empty.
fn of_rule(index: usize, rule: &Rule, from: Provenance) -> Vec<(String, String, Provenance)> {
    let lists = [
        ("allowed_origins", &rule.allowed_origins),
        ("allowed_methods", &rule.allowed_methods),
        ("allowed_headers", &rule.allowed_headers),
        ("expose_headers", &rule.expose_headers),
    ];
    let lists = lists.into_iter().filter(|(_, items)| !items.is_empty());
    let max_age = rule.max_age_seconds.map(|seconds| ("max_age_seconds", seconds.to_string()));
    lists
        .map(|(name, items)| (name, list(items)))
        .chain(max_age)
        .map(|(name, value)| (format!("policy.rules.{index}.{name}"), value, from))
        .collect()
}

fn list(items: &[String]) -> String {
    serde_json::to_string(items).unwrap_or_default()
}
