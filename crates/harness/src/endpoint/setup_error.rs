//! Decides what it means for a test that an endpoint could not be set up for it.

use std::sync::Arc;

use super::store::ProvisionError;

use crate::provision;
use crosscheck_core::verdict::Verdict;

/// Why what a case needs could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// The endpoint has no way to set up rules, objects or answers.
    #[error("this endpoint cannot be set up for a case")]
    Fixed,
    /// The reference store refused.
    #[error("the reference store could not be set up: {0}")]
    Store(#[from] ProvisionError),
    /// The bucket could not be set up.
    #[error("cannot provision: {0}; {help}", help = .0.help())]
    Provision(Arc<provision::ProvisionError>),
    /// The run is over, and what was found is put back.
    #[error("the run is over")]
    Over,
    /// A task of Crosscheck failed: this says nothing of the endpoint.
    #[error("internal error while the endpoint was set up, please report it: {0}")]
    Internal(String),
}

impl SetupError {
    /// What it makes of a test.
    pub const fn verdict(&self) -> Verdict {
        match self {
            Self::Internal(_) => Verdict::HarnessError,
            Self::Fixed | Self::Store(_) | Self::Provision(_) | Self::Over => Verdict::SetupError,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_failed_task_of_ours_says_nothing_of_the_endpoint() {
        let failed = tokio::spawn(std::future::pending::<()>());
        failed.abort();
        let error = SetupError::Internal(failed.await.unwrap_err().to_string());
        assert_eq!(error.verdict(), Verdict::HarnessError);
        assert!(error.to_string().starts_with("internal error"), "{error}");
        assert_eq!(SetupError::Fixed.verdict(), Verdict::SetupError);
    }
}
