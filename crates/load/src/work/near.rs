//! Origins that look like an allowed one and must be refused.

use crosscheck_core::{
    fetch::Origin,
    policy::{Policy, near::near_origins, pattern::matches_origin},
};

/// `count` origins that share a long part with `origin`, none of which the rules allow where they
/// are known; fewer, where so many cannot be found.
pub(super) fn near(origin: &str, count: u32, policy: Option<&Policy>) -> Vec<String> {
    let Some((scheme, rest)) = origin.split_once("://") else { return Vec::new() };
    let (host, port) = match rest.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => (host, format!(":{port}")),
        _ => (rest, String::new()),
    };
    let wanted = usize::try_from(count).unwrap_or(usize::MAX);
    // First those that are derived for the audit of a policy, which are the telling ones.
    let mut found: Vec<String> = policy
        .map(near_origins)
        .unwrap_or_default()
        .into_iter()
        .filter(|near| near.near == origin && Origin::parse(&near.origin).is_ok())
        .map(|near| near.origin)
        .take(wanted)
        .collect();
    let mut number = 1_u32;
    // Each round gives several, so that the bound is never what ends it but for rules that allow nearly all.
    while found.len() < wanted && number <= count.saturating_add(16) {
        for candidate in round(scheme, host, &port, number) {
            let allowed = policy.is_some_and(|policy| allows(policy, &candidate));
            let serialised = Origin::parse(&candidate).is_ok();
            if serialised
                && !allowed
                && candidate != origin
                && found.len() < wanted
                && !found.contains(&candidate)
            {
                found.push(candidate);
            }
        }
        number += 1;
    }
    found
}

fn round(scheme: &str, host: &str, port: &str, number: u32) -> Vec<String> {
    let other = if scheme == "https" { "http" } else { "https" };
    let dashed = host.replace('.', "-");
    vec![
        format!("{scheme}://{host}.{number}.evil.example{port}"),
        format!("{scheme}://evil{number}{host}{port}"),
        format!("{scheme}://evil{number}-{host}{port}"),
        format!("{scheme}://{host}-{number}.example{port}"),
        format!("{scheme}://{host}{number}{port}"),
        format!("{scheme}://x{number}.{host}{port}"),
        format!("{scheme}://{host}:{}", 1024 + number % 60_000),
        format!("{other}://{host}:{}", 1024 + number % 60_000),
        format!("{scheme}://{dashed}{number}.example{port}"),
        format!("{scheme}://{number}.{dashed}.example{port}"),
    ]
}

fn allows(policy: &Policy, origin: &str) -> bool {
    policy
        .rules
        .iter()
        .flat_map(|rule| &rule.allowed_origins)
        .any(|pattern| matches_origin(pattern, origin.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_origins_are_many_distinct_and_refused() {
        let policy = Policy::from_origins(["https://app.example", "https://x*.app.example"]);
        let found = near("https://app.example", 500, Some(&policy));
        assert_eq!(found.len(), 500);
        let distinct: std::collections::HashSet<&String> = found.iter().collect();
        assert_eq!(distinct.len(), 500);
        assert!(found.iter().all(|origin| !allows(&policy, origin)), "{found:?}");
        assert!(!found.iter().any(|origin| origin.starts_with("https://x1.app.example")));
    }

    #[test]
    fn where_everything_is_allowed_nothing_is_near() {
        let policy = Policy::from_origins(["*"]);
        assert!(near("https://app.example", 5, Some(&policy)).is_empty());
        assert!(near("null", 5, None).is_empty());
    }
}
