//! An operation of an endpoint, as code lists it.

use crate::endpoint::{OperationBody, OperationFile};

/// One method on one path of an endpoint, for [`Conformance::operation`](crate::Conformance::operation).
///
/// ```
/// use crosscheck::Operation;
/// let create = Operation::new("POST", "/items").json(r#"{"name":"box"}"#).success([201]).send();
/// ```
#[derive(Clone, Debug)]
pub struct Operation(OperationFile);

impl Operation {
    /// A method on a path, which may have a query; relative to the endpoint's URL. GET and HEAD are really sent. Of other
    /// methods, only preflights are sent.
    pub fn new(method: impl Into<String>, path: impl Into<String>) -> Self {
        let (method, path) = (Some(method.into()), Some(path.into()));
        Self(OperationFile { method, path, ..OperationFile::default() })
    }

    /// Its name in test ids and reports [default: method and path].
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.0.name = Some(name.into());
        self
    }

    /// A request header that the page's script sets.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.0.headers.insert(name.into(), value.into());
        self
    }

    /// Content as JSON text; sets `content-type: application/json`.
    #[must_use]
    pub fn json(self, text: impl Into<String>) -> Self {
        self.header("content-type", "application/json").text(text)
    }

    /// Content as text.
    #[must_use]
    pub fn text(mut self, text: impl Into<String>) -> Self {
        self.0.body = Some(OperationBody { text: Some(text.into()), ..OperationBody::default() });
        self
    }

    /// The statuses that mean success [default: 2xx and 304].
    #[must_use]
    pub fn success(mut self, statuses: impl IntoIterator<Item = u16>) -> Self {
        self.0.success = statuses.into_iter().collect();
        self
    }

    /// Lets tests send the request itself, and not only its preflight.
    #[must_use]
    pub fn send(mut self) -> Self {
        self.0.send = Some(true);
        self
    }

    /// As a target file lists it.
    pub(crate) fn listed(self) -> OperationFile {
        self.0
    }
}
