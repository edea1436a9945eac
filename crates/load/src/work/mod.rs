//! What a plan becomes on an endpoint: requests ready to be sent, how often each is picked, and
//! when. Pure.

mod build;
mod given;
mod near;
mod pick;
mod timeline;

pub use build::{BuildError, Ground, Write, build};
pub(crate) use given::given_on;
pub use pick::Picker;
pub(crate) use timeline::Arrivals;
pub use timeline::{StageLine, Timeline};

use std::collections::HashSet;

use crosscheck_core::{
    exchange::{Purpose, SendContext},
    message,
};
use url::Url;

use super::{
    plan::{Expected, LoadPlan},
    trial::Trial,
};

/// A plan that is ready to be sent.
#[derive(Clone, Debug)]
pub struct Work {
    /// The plan with the endpoint's values for its roles.
    pub plan: LoadPlan,
    /// The rows of the record.
    pub rows: Vec<Row>,
    /// Every distinct request.
    pub templates: Vec<Template>,
    /// What arrives: one request, or a preflight and the actual request that follows it.
    pub visits: Vec<Visit>,
    /// How often each visit is picked.
    pub picker: Picker,
    /// The origins of all pages, serialised.
    pub origins: HashSet<String>,
    /// What browsers ask for, where the requests are of the kind `fetch`.
    pub page_requests: Vec<PageRequest>,
    /// Whole cases, where the plan is made of them.
    pub trials: Vec<Trial>,
    /// When what arrives.
    pub timeline: Timeline,
}

impl Work {
    /// Where the first request goes.
    pub(crate) fn first_url(&self) -> Option<Url> {
        let template = self.templates.first().map(|template| template.request.url.clone());
        let page_request = || self.page_requests.first().map(|page_request| page_request.request.url.clone());
        let trial = || self.trials.first().map(|trial| trial.place().url.clone());
        template.or_else(page_request).or_else(trial)
    }
}

/// A row of the record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The request's name in the plan.
    pub name: String,
    /// The method on the wire.
    pub method: String,
}

/// One distinct request, and what it is judged by.
#[derive(Clone, Debug)]
pub struct Template {
    /// The index of its row.
    pub row: usize,
    /// The request as a browser makes it, without what the transport adds.
    pub request: message::Request,
    /// Its field lines with what the transport adds.
    pub dressed: message::Fields,
    /// The bytes of its HTTP/1.1 form, content included.
    pub wire: Vec<u8>,
    /// The serialised origin of the page.
    pub origin: String,
    /// What its answer is judged by.
    pub asks: Asks,
    /// Whether credentials are included.
    pub credentials: bool,
    /// What must come of it.
    pub expected: Expected,
    /// Whether the answer must say `Vary: Origin`; `None`: as it did before the load.
    pub vary_origin: Option<bool>,
}

impl Template {
    /// Why it is sent.
    pub fn context(&self) -> SendContext {
        let purpose = match self.asks {
            Asks::Preflight { .. } => Purpose::Preflight,
            Asks::Actual => Purpose::Actual,
        };
        SendContext { purpose, ..SendContext::RAW }
    }
}

/// What an answer is judged by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asks {
    /// Fetch §4.9, step 7: of a CORS-preflight request.
    Preflight {
        /// The actual request's method.
        method: String,
        /// Its CORS-unsafe request-header names.
        unsafe_names: Vec<String>,
    },
    /// Fetch §4.11: of an actual request.
    Actual,
}

/// What arrives at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Visit {
    /// The templates, one after the other.
    pub steps: Vec<u32>,
}

/// What a page of a browser asks for.
#[derive(Clone, Debug)]
pub struct PageRequest {
    /// The index of the row of the actual request; that of its preflight is one less.
    pub row: usize,
    /// The request.
    pub request: crosscheck_core::fetch::Request,
    /// What must come of it.
    pub expected: Expected,
}
