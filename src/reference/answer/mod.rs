//! Decides how the store answers a request: dictated answers first, then the rules, then the
//! objects. Each step where a fault can show asks a seam.

mod actual;
mod configuration;
mod error;
mod object;
mod preflight;
mod range;
mod validate;

use super::{
    dictate::{Bases, Verbatim, dictated},
    fault::{Asked, Gate, Seams},
    request::Incoming,
    store::{Store, View},
};
use crate::{
    message::{Fields, Response},
    policy::{Ruling, StoreError},
};

/// What is sent back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Reply {
    /// An answer of the store.
    Response(Response),
    /// A dictated one.
    Verbatim(Verbatim),
}

/// Where the store is reached.
#[derive(Clone, Debug)]
pub(super) struct Place {
    /// The scheme, host and port, without a slash at its end.
    pub(super) own: String,
    /// The same server as another origin.
    pub(super) other: String,
}

/// One request while it is answered.
struct Call<'a> {
    store: &'a Store,
    place: &'a Place,
    incoming: &'a Incoming,
    seams: Seams<'a>,
    bucket: String,
    key: String,
    request_id: String,
}

/// Answers a request.
pub(super) async fn answer(store: &Store, place: &Place, incoming: &Incoming) -> Reply {
    let (bucket, key) = incoming.target();
    let seams = store.seams();
    let call = Call { store, place, incoming, seams, bucket, key, request_id: store.request_id() };
    let mut response = match call.reply() {
        Reply::Response(response) => response,
        verbatim @ Reply::Verbatim(_) => return verbatim,
    };
    call.seams.before_send(&mut response.fields).await;
    response.fields.push("Server", "crosscheck");
    response.fields.push(store.dialect().traits().request_id_field, call.request_id);
    Reply::Response(response)
}

impl Call<'_> {
    fn reply(&self) -> Reply {
        let Some(view) = self.store.view(&self.bucket, &self.key) else {
            return Reply::Response(self.without_bucket());
        };
        if let Some(verbatim) = self.dictated(&view) {
            return Reply::Verbatim(verbatim);
        }
        if let Some(response) = self.seams.cached(self.incoming) {
            return Reply::Response(response);
        }
        let response = self.seams.before_cors(self.incoming).unwrap_or_else(|| self.of_bucket(&view));
        self.seams.cache(self.incoming, &response);
        Reply::Response(response)
    }

    fn dictated(&self, view: &View) -> Option<Verbatim> {
        if view.dictated.is_empty() {
            return None;
        }
        let base = |origin: &str| format!("{origin}/{}", self.bucket);
        let (own, other) = (base(&self.place.own), base(&self.place.other));
        dictated(&view.dictated, self.incoming, &self.key, Bases { own: &own, other: &other })
    }

    fn of_bucket(&self, view: &View) -> Response {
        if self.incoming.method != "OPTIONS" {
            return self.actual(view);
        }
        match (&view.route, self.seams.options(self.incoming)) {
            (Some(_), Gate::Application) => self.actual(view),
            (_, Gate::Swallowed) => self.swallowed(view),
            _ => self.preflight(view),
        }
    }

    fn without_bucket(&self) -> Response {
        if self.incoming.method == "OPTIONS" {
            return self.error(&self.store.dialect().preflight_without_bucket());
        }
        if self.bucket.is_empty() {
            let denied =
                StoreError::new(403, "AccessDenied", "Anonymous access is forbidden for this operation.");
            return self.error(&denied);
        }
        self.error(&StoreError::new(404, "NoSuchBucket", "The specified bucket does not exist."))
    }

    /// Writes what the rules demand onto an answer.
    fn rule(&self, response: &mut Response, ruling: &Ruling, asked: &Asked<'_>) {
        if self.seams.is_bare(response.status, &self.key, asked) {
            return;
        }
        let mut demanded = ruling.fields.clone();
        let vary = demanded.text("vary");
        demanded.remove("vary");
        let granted: Fields = self.seams.grant(demanded, asked);
        for field in &granted {
            response.fields.push(field.name.as_str(), field.value.clone());
        }
        self.seams.confirm(response, asked);
        self.seams.vary(response, vary.as_deref(), asked);
    }
}
