//! Where a plan's requests go: to the endpoint as it was found, or to what is set up for the plan.

use crosscheck_core::{
    interleave::Place,
    plan::{Outlook, needs_of_given},
    policy::Policy,
};
use crosscheck_harness::endpoint::{Endpoint, Hold, SetupError};

use super::{
    plan::LoadPlan,
    work::{BuildError, given_on},
};

/// A place for a plan's requests. It stays as it is while this lives.
pub struct SetUp {
    /// Where.
    pub place: Place,
    /// Where requests go that may write: on a bucket in use, below a prefix of the run's own.
    pub writes: Place,
    /// The rules there, where they are known.
    pub policy: Option<Policy>,
    _hold: Option<Hold>,
}

/// Why there is no such place.
#[derive(Debug, thiserror::Error)]
pub enum SetUpError {
    /// The endpoint cannot meet what the plan needs.
    #[error("it {0}")]
    NotApplicable(&'static str),
    /// The endpoint has no value for some roles.
    #[error(transparent)]
    Roles(#[from] BuildError),
    /// Something could not be set up.
    #[error("what it needs could not be set up: {0}")]
    Setup(#[from] SetupError),
}

/// Sets up what a plan needs.
///
/// # Errors
/// Why that cannot be done on this endpoint.
pub async fn set_up(plan: &LoadPlan, endpoint: &Endpoint, outlook: &Outlook) -> Result<SetUp, SetUpError> {
    let Some(given) = given_on(plan, &outlook.roles)? else {
        let (place, writes) = (endpoint.place_as_found(false)?, endpoint.place_as_found(true)?);
        return Ok(SetUp { place, writes, policy: outlook.declared.clone(), _hold: None });
    };
    let unmet = needs_of_given(&given).into_iter().find(|need| !need.met_by(outlook.abilities));
    if let Some(need) = unmet {
        return Err(SetUpError::NotApplicable(need.reason()));
    }
    let (place, hold) = endpoint.prepare(Some(&given), false).await?;
    // What is set up for a case is the run's own already; rules alone leave the bucket's objects where they are.
    let own = !given.objects.is_empty() || endpoint.is_embedded();
    let writes = if own { place.clone() } else { endpoint.place_as_found(true)? };
    let policy = given.sets_policy().then(|| given.policy()).or_else(|| outlook.declared.clone());
    Ok(SetUp { place, writes, policy, _hold: Some(hold) })
}
