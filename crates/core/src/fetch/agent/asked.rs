//! What a page asks for, as the API of one browser has made it, so that it can be fetched again
//! and again without being made anew.

use std::sync::{Arc, OnceLock};

use crate::{
    fetch::{
        profile::{Behaviour, Profile},
        request::{Prepared, Refusal, Request},
        safelist::unsafe_request_header_names_by,
    },
    message,
};

/// A request, ready to be fetched by browsers of one [`Profile`] any number of times.
#[derive(Debug)]
pub struct Asked {
    /// What the page asked for.
    pub(super) request: Request,
    /// What the API made of it.
    pub(super) made: Result<Prepared, Refusal>,
    /// The CORS-unsafe request-header names of what was made.
    pub(super) unsafe_names: Arc<[String]>,
    pub(super) behaviour: &'static Behaviour,
    /// The CORS-preflight request, once one was sent for the request's own URL.
    pub(super) preflight: OnceLock<Arc<message::Request>>,
    /// The actual request as it is without cookies and conditions, once it was sent for the
    /// request's own URL.
    pub(super) actual: OnceLock<Arc<message::Request>>,
}

impl Asked {
    /// What the API of a browser of this profile makes of a request.
    pub fn new(request: Request, profile: Profile) -> Self {
        Self::by(request, profile.behaviour())
    }

    pub(super) fn by(request: Request, behaviour: &'static Behaviour) -> Self {
        let made = request.prepare(behaviour);
        let unsafe_names = match &made {
            Ok(made) => unsafe_request_header_names_by(&made.headers, &behaviour.safelist).into(),
            Err(_) => Arc::default(),
        };
        let (preflight, actual) = (OnceLock::new(), OnceLock::new());
        Self { request, made, unsafe_names, behaviour, preflight, actual }
    }
}
