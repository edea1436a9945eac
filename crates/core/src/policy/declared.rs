use super::{Policy, Rule};

/// Policies that are declared in a few words, for endpoints whose rules cannot be read.
impl Policy {
    /// One rule for these origins and the CORS-safelisted methods GET, HEAD and POST
    /// (Fetch §2.2.1); the other methods of this block widen it.
    pub fn from_origins<S: Into<String>>(origins: impl IntoIterator<Item = S>) -> Self {
        let rule = Rule {
            allowed_origins: origins.into_iter().map(Into::into).collect(),
            allowed_methods: ["GET", "HEAD", "POST"].map(str::to_owned).to_vec(),
            ..Rule::default()
        };
        Self { rules: vec![rule], ..Self::default() }
    }

    /// The same with exactly these methods in every rule.
    #[must_use]
    pub fn with_methods<S: Into<String>>(self, methods: impl IntoIterator<Item = S>) -> Self {
        let methods: Vec<String> = methods.into_iter().map(Into::into).collect();
        self.each(|rule| rule.allowed_methods.clone_from(&methods))
    }

    /// The same with exactly these request headers in every rule.
    #[must_use]
    pub fn with_headers<S: Into<String>>(self, headers: impl IntoIterator<Item = S>) -> Self {
        let headers: Vec<String> = headers.into_iter().map(Into::into).collect();
        self.each(|rule| rule.allowed_headers.clone_from(&headers))
    }

    /// The same with exactly these response headers exposed by every rule.
    #[must_use]
    pub fn with_exposed<S: Into<String>>(self, headers: impl IntoIterator<Item = S>) -> Self {
        let headers: Vec<String> = headers.into_iter().map(Into::into).collect();
        self.each(|rule| rule.expose_headers.clone_from(&headers))
    }

    /// The same with this `Access-Control-Max-Age` in every rule, in seconds.
    #[must_use]
    pub fn with_max_age(self, seconds: u32) -> Self {
        self.each(|rule| rule.max_age_seconds = Some(seconds))
    }

    /// The same, with or without credentials for named origins.
    #[must_use]
    pub fn with_credentials(mut self, allowed: bool) -> Self {
        self.allow_credentials = allowed;
        self
    }

    /// The same, with or without `Vary: Origin` on every answer.
    #[must_use]
    pub fn with_response_vary(mut self, vary: bool) -> Self {
        self.response_vary = vary;
        self
    }

    fn each(mut self, change: impl Fn(&mut Rule)) -> Self {
        self.rules.iter_mut().for_each(change);
        self
    }
}
