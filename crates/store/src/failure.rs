use crosscheck_core::policy::{Dialect, StoreError};

/// Why a request fails, with what the vendor tells besides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Failure {
    pub(super) error: StoreError,
    pub(super) details: Vec<(&'static str, String)>,
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self { error, details: Vec::new() }
    }
}

impl Failure {
    /// A failure without a fine-grained code.
    pub(super) fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        StoreError::new(status, code, message).into()
    }

    /// The same with one more element.
    #[must_use]
    pub(super) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.details.push((name, value.into()));
        self
    }

    /// The same with OSS's fine-grained code, where it is OSS.
    #[must_use]
    pub(super) fn with_ec(mut self, dialect: Dialect, ec: &'static str) -> Self {
        if dialect == Dialect::Oss {
            self.error = self.error.with_ec(ec);
        }
        self
    }
}
