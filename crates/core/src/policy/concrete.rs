use super::{Policy, Rule, pattern::matches_origin};
use crate::fetch::Origin;

/// How many concrete origins are made of a policy's patterns at most.
const MAX: usize = 9;

impl Policy {
    /// Origins that the rules allow and a browser can have, those that may GET first; at most
    /// nine. A pattern gives several, with names of ours in the place of its `*`.
    pub fn concrete_origins(&self) -> Vec<String> {
        concrete_origins(&self.rules)
    }

    /// Whether some rule allows the origin, whatever the method.
    pub fn allows_origin(&self, origin: &[u8]) -> bool {
        self.rules
            .iter()
            .flat_map(|rule| &rule.allowed_origins)
            .any(|pattern| matches_origin(pattern, origin))
    }
}

fn concrete_origins(rules: &[Rule]) -> Vec<String> {
    let reads = |rule: &&Rule| rule.allowed_methods.iter().any(|method| method == "GET");
    let (first, later): (Vec<&Rule>, Vec<&Rule>) = rules.iter().partition(reads);
    let patterns: Vec<&String> =
        first.into_iter().chain(later).flat_map(|rule| &rule.allowed_origins).collect();
    let mut origins: Vec<String> = Vec::new();
    for number in 1..=MAX {
        for pattern in &patterns {
            if number > 1 && !pattern.contains('*') {
                continue;
            }
            if let Some(origin) = concrete(pattern, number)
                && !origins.contains(&origin)
            {
                origins.push(origin);
            }
        }
    }
    origins.truncate(MAX);
    origins
}

/// An origin that fits a pattern and that a browser can have: the pattern itself where it has no `*`.
pub fn concrete_origin(pattern: &str) -> Option<String> {
    concrete(pattern, 1)
}

/// The `number`th origin that fits a pattern.
fn concrete(pattern: &str, number: usize) -> Option<String> {
    let name = if number == 1 { "crosscheck".to_owned() } else { format!("crosscheck-{number}") };
    let site = format!("{name}.example");
    let (port, whole, start) =
        ((8442 + number).to_string(), format!("https://{site}"), format!("https://{name}"));
    let mut fillings = vec![name.as_str(), &site, &whole, &port];
    if pattern.starts_with("*.") {
        fillings.insert(0, &start);
    }
    if pattern.ends_with("/*") {
        fillings.swap(0, 1);
    }
    if number == 1 {
        fillings.extend(["https", "s", ""]);
    }
    let fits = |origin: &String| is_tuple_origin(origin) && matches_origin(pattern, origin.as_bytes());
    let origins: Vec<String> =
        fillings.into_iter().map(|filling| pattern.replacen('*', filling, 1)).filter(fits).collect();
    let web =
        origins.iter().position(|origin| origin.starts_with("https://") || origin.starts_with("http://"));
    origins.into_iter().nth(web.unwrap_or(0))
}

fn is_tuple_origin(text: &str) -> bool {
    matches!(Origin::parse(text), Ok(Origin::Tuple(_)))
}
