//! What stands in for the reference store in a build without it: types that have no values, so that the rest of the
//! code needs no conditions.

use std::{convert::Infallible, fmt, str::FromStr};

use url::Url;

use super::SetupError;
use crosscheck_core::{case::model::Given, interleave::Place, policy::Policy, signature::AccessKey};

/// A defect of the reference store. A build without the store has none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fault {}

impl Fault {
    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {}
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {}
    }
}

/// Error for the name of a defect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this build has no reference store: enable the feature `store`")]
pub struct UnknownFault;

impl FromStr for Fault {
    type Err = UnknownFault;

    fn from_str(_: &str) -> Result<Self, Self::Err> {
        Err(UnknownFault)
    }
}

/// Why the reference store cannot be started: this build does not have it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this build does not have it; enable the feature `store`")]
pub struct ServeError;

/// Why the reference store could not be set up. A build without the store has no reason.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct ProvisionError(Infallible);

/// The rules of the default bucket.
pub(super) fn default_policy() -> Option<Policy> {
    None
}

/// The reference store that this build does not have.
pub(super) enum Embedded {}

impl Embedded {
    pub(super) async fn start(_: Option<Fault>) -> Result<Self, ServeError> {
        Err(ServeError)
    }

    pub(super) fn url(&self) -> Url {
        match *self {}
    }

    pub(super) fn urls(&self) -> [Url; 2] {
        match *self {}
    }

    pub(super) fn key(&self) -> AccessKey {
        match *self {}
    }

    pub(super) async fn stop(self) {
        match self {}
    }

    pub(super) fn prepare(&self, _: &Given) -> Result<Place, SetupError> {
        match *self {}
    }
}
