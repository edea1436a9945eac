//! What a plan wants set up: an object for each number, and the endpoint's values for its roles.

use crosscheck_core::case::{Roles, bind_given, model::Given};

use super::build::{BuildError, numbers_in};
use crate::plan::LoadPlan;

/// What must be set up for a plan on an endpoint with these roles; none where nothing must.
///
/// # Errors
/// Roles that the endpoint has no value for.
pub(crate) fn given_on(plan: &LoadPlan, roles: &Roles) -> Result<Option<Given>, BuildError> {
    let Some(mut given) = plan.given.clone() else { return Ok(None) };
    let counted = plan.numbered_paths();
    let objects = std::mem::take(&mut given.objects).into_iter().flat_map(|(path, object)| {
        let count = counted.iter().filter(|(of, _)| *of == path).map(|(_, count)| *count).max();
        numbers_in(&path, count.unwrap_or(1)).into_iter().map(move |path| (path, object.clone()))
    });
    given.objects = objects.collect();
    let unbound =
        |unbound: Vec<_>| BuildError::Unbound(unbound.into_iter().map(ToString::to_string).collect());
    bind_given(&given, roles).map(Some).map_err(unbound)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crosscheck_core::policy::Policy;

    #[test]
    fn roles_and_numbers_are_filled_in_wherever_they_stand() {
        let plan: LoadPlan = serde_json::from_str(
            r#"{ "id": "a", "title": "t", "requests": { "read": { "kind": "actual" } }, "rate": 1,
                "given": { "rules": [{ "allowed_origins": ["{allowed}"], "allowed_methods": ["GET"] }],
                    "objects": { "of-{header}/{n}": { "body": "{allowed} {{n}}" } } },
                "resources": [{ "path": "of-{header}/{n}", "count": 2 }],
                "stages": [{ "name": "s", "for": "1s" }] }"#,
        )
        .unwrap();
        let policy = Policy::from_origins(["https://a.example"]).with_headers(["x-a"]);
        let given = given_on(&plan, &Roles::bind(Some(&policy), &BTreeMap::new())).unwrap().unwrap();
        assert_eq!(given.rules.unwrap()[0].allowed_origins, ["https://a.example"]);
        let objects: Vec<_> =
            given.objects.iter().map(|(path, object)| (path.as_str(), object.body.as_str())).collect();
        assert_eq!(objects, [("of-x-a/1", "https://a.example {n}"), ("of-x-a/2", "https://a.example {n}")]);
        let nothing = Roles::bind(None, &BTreeMap::new());
        assert!(matches!(given_on(&plan, &nothing), Err(BuildError::Unbound(why)) if why.len() == 2));
    }
}
