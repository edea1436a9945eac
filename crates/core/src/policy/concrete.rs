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

    /// Whether `null` is declared as an allowed origin by name.
    pub fn names_null(&self) -> bool {
        self.rules.iter().flat_map(|rule| &rule.allowed_origins).any(|pattern| pattern == "null")
    }

    /// Whether some rule allows the origin and the method; `*` is every method.
    pub fn allows_read(&self, origin: &str, method: &str) -> bool {
        self.rules.iter().any(|rule| {
            let allowed =
                rule.allowed_origins.iter().any(|pattern| matches_origin(pattern, origin.as_bytes()));
            allowed && rule.allows_method(method)
        })
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

/// An origin that fits a pattern and that a browser can have: the pattern itself where it has no `*`, also `null`.
pub fn concrete_origin(pattern: &str) -> Option<String> {
    if pattern == "null" { Some(pattern.to_owned()) } else { concrete(pattern, 1) }
}

/// The host of a page of an extension, as its browser makes it at each installation: servers often check its form.
fn installed_host(pattern: &str, number: usize) -> Option<String> {
    let digit = char::from_digit(u32::try_from(number).unwrap_or_default() % 16, 16)?;
    let uuid = || format!("c0552c4e-c55c-4c55-8c55-c05509c0552{digit}");
    Some(match pattern.strip_suffix("://*")? {
        // 128 bits in the letters a to p.
        "chrome-extension" => {
            let letter = char::from(b'a' + u8::try_from(number).unwrap_or_default() % 16);
            format!("cpoppcheckcpoppcheckcpoppcheckc{letter}")
        }
        "moz-extension" | "safari-web-extension" => uuid(),
        _ => return None,
    })
}

/// The `number`th origin that fits a pattern.
fn concrete(pattern: &str, number: usize) -> Option<String> {
    let name = if number == 1 { "crosscheck".to_owned() } else { format!("crosscheck-{number}") };
    let site = format!("{name}.example");
    let (port, whole, start) =
        ((8442 + number).to_string(), format!("https://{site}"), format!("https://{name}"));
    let installed = installed_host(pattern, number);
    let mut fillings = vec![name.as_str(), &site, &whole, &port];
    if pattern.starts_with("*.") {
        fillings.insert(0, &start);
    }
    if pattern.ends_with("/*") {
        fillings.swap(0, 1);
    }
    if let Some(installed) = &installed {
        fillings.insert(0, installed);
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
