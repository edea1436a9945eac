use std::fmt;

/// An access key: who signs, and with what. The secret is never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct AccessKey {
    /// The access key id, which is public.
    pub id: String,
    secret: String,
    /// The session token that belongs to a temporary key.
    pub token: Option<String>,
}

impl AccessKey {
    /// A lasting key.
    pub fn new(id: impl Into<String>, secret: impl Into<String>) -> Self {
        Self { id: id.into(), secret: secret.into(), token: None }
    }

    /// The same as a temporary key with its session token.
    #[must_use]
    pub fn with_token(mut self, token: impl Into<String>) -> Self {
        self.token = Some(token.into());
        self
    }

    /// What must never be shown of it: its id, which tells an account, its secret and its session token.
    pub fn secrets(&self) -> Vec<&str> {
        [self.id.as_str(), self.secret.as_str()].into_iter().chain(self.token.as_deref()).collect()
    }

    /// What is mixed into signatures.
    pub(super) fn secret(&self) -> &str {
        &self.secret
    }
}

impl fmt::Debug for AccessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessKey").field("id", &self.id).finish_non_exhaustive()
    }
}
