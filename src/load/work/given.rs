//! What a plan wants set up, with the target's values for its roles and an object for each number.

use std::borrow::Cow;

use super::build::{BuildError, numbered};
use crate::{
    case::{Roles, fill, model::Given, placeholders},
    load::plan::{LoadPlan, numbered_paths},
};

/// What must be set up for a plan on a target with these roles; none where nothing must.
///
/// # Errors
/// Roles that the target has no value for.
pub fn given_on(plan: &LoadPlan, roles: &Roles) -> Result<Option<Given>, BuildError> {
    let Some(mut given) = plan.given.clone() else { return Ok(None) };
    let mut unbound: Vec<String> = Vec::new();
    let texts = given.rules.iter_mut().flatten().flat_map(|rule| {
        let origins = rule.allowed_origins.iter_mut().chain(&mut rule.allowed_methods);
        origins.chain(&mut rule.allowed_headers)
    });
    for text in texts {
        unbound.extend(placeholders(text).filter_map(|name| Some(roles.get(name).err()?.to_string())));
        *text = fill(text, |name| roles.get(name).ok().map(Cow::Borrowed));
    }
    if !unbound.is_empty() {
        return Err(BuildError::Unbound(unbound));
    }
    let counted = numbered_paths(plan);
    let objects = std::mem::take(&mut given.objects).into_iter().flat_map(|(path, object)| {
        let count = counted.iter().filter(|(of, _)| *of == path).map(|(_, count)| *count).max();
        numbered(&path, count.unwrap_or(1)).into_iter().map(move |path| (path, object.clone()))
    });
    given.objects = objects.collect();
    Ok(Some(given))
}
