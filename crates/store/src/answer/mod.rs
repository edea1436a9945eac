//! Decides how the store answers a request: dictated answers first, then who asks, then the
//! rules, then the objects. Each step where a fault can show asks a seam.

mod actual;
mod bucket;
mod configuration;
mod content;
mod copy;
mod delete_many;
mod failure;
mod form;
mod listing;
mod multipart;
mod object;
mod policy_check;
mod preflight;
mod range;
mod service;
mod uploads;
mod validate;
mod write;

use std::sync::Arc;

use crosscheck_core::{
    message::{Fields, Response},
    policy::{Dialect, Malformed, Policy, Question, Ruling, StoreError},
};

use super::{
    access::{self, Who},
    dictate::{Bases, Verbatim, dictated},
    failure::Failure,
    fault::{Asked, Gate, Seams},
    locate::{Endpoint, Style},
    request::Incoming,
    store::{Store, View},
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
    style: Style,
    /// Who asks, or why nobody is believed to.
    who: Result<Who, Failure>,
    request_id: String,
}

/// How long a content is that takes a while to digest, in bytes.
const LONG: usize = 256 * 1024;

/// How long a content may be that is sent without being counted, in bytes.
const SHORT: usize = 4 * 1024;

/// Answers a request.
pub(super) async fn answer(store: &Store, place: &Arc<Place>, incoming: &Incoming) -> Reply {
    let writes = !matches!(incoming.method.as_str(), "GET" | "HEAD" | "OPTIONS");
    // A copy has no content of its own, and digests that of its source.
    let copies = ["x-oss-copy-source", "x-amz-copy-source"].iter().any(|name| incoming.fields.contains(name));
    let long = incoming.body.len() > LONG || copies || incoming.asks_for("uploadId");
    // What waits for a disk or digests much is done where it keeps no other request.
    let reply = if writes && (store.has_disk() || long) {
        let turn = store.work().await;
        let (store, place, incoming) = (store.clone(), Arc::clone(place), incoming.clone());
        let work = tokio::task::spawn_blocking(move || {
            let reply = reply(&store, &place, &incoming);
            drop(turn);
            reply
        });
        work.await.unwrap_or(Reply::Verbatim(Verbatim::Close))
    } else {
        reply(store, place, incoming)
    };
    match reply {
        Reply::Response(mut response) => {
            store.seams().before_send(&mut response.fields).await;
            Reply::Response(response)
        }
        verbatim @ Reply::Verbatim(_) => verbatim,
    }
}

fn reply(store: &Store, place: &Place, incoming: &Incoming) -> Reply {
    let settings = store.settings();
    let mut target = Endpoint::of(incoming, &settings.domains);
    let mut view = store.view(&target.bucket, &target.key);
    let lenient = view.as_ref().is_some_and(|view| view.acl.is_none());
    let before = target.style;
    let who = access::identify(store, incoming, &mut target, lenient);
    if target.style != before {
        view = store.view(&target.bucket, &target.key);
    }
    let Endpoint { bucket, key, style } = target;
    let (seams, request_id) = (store.seams(), store.request_id());
    let call = Call { store, place, incoming, seams, bucket, key, style, who, request_id };
    match call.reply(view) {
        Reply::Response(mut response) => {
            call.bound(&mut response);
            response.fields.push("Server", "crosscheck");
            response.fields.push(store.dialect().traits().request_id_field, call.request_id);
            Reply::Response(response)
        }
        verbatim @ Reply::Verbatim(_) => verbatim,
    }
}

impl Call<'_> {
    /// Has what was written for this answer alone counted for as long as it is being sent, or says that there is no memory
    /// for it.
    fn bound(&self, response: &mut Response) {
        // A stored content has other holders, and is counted already.
        if response.body.len() <= SHORT || !response.body.is_unique() {
            return;
        }
        match self.store.budget().take(response.body.len()) {
            Some(charge) => response.body = charge.hold(std::mem::take(&mut response.body).into()),
            None => {
                let refused = self.failed(&content::slow_down());
                (response.status, response.body) = (refused.status, refused.body);
            }
        }
    }

    fn dialect(&self) -> Dialect {
        self.store.dialect()
    }

    fn reply(&self, view: Option<View>) -> Reply {
        if self.style == Style::Path && !self.bucket.is_empty() && !self.store.settings().path_style {
            return Reply::Response(self.failed(&self.path_style_refused()));
        }
        let Some(view) = view else {
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
        let dialect = self.dialect();
        if self.incoming.method == "OPTIONS" {
            let asked = Question::of(dialect, "OPTIONS", &self.incoming.fields);
            if dialect == Dialect::S3 && asked == Err(Malformed::NoOrigin) {
                return self.error(&dialect.malformed(Malformed::NoOrigin));
            }
            let mut error = dialect.preflight_without_bucket();
            error.status = self.store.settings().unknowns.unknown_bucket_preflight.unwrap_or(error.status);
            return self.error(&error);
        }
        let answer = if self.bucket.is_empty() { self.of_service() } else { self.of_no_bucket() };
        answer.unwrap_or_else(|failure| self.failed(&failure))
    }

    fn path_style_refused(&self) -> Failure {
        match self.dialect() {
            Dialect::Oss => Failure::new(
                403,
                "SecondLevelDomainForbidden",
                "The bucket you are attempting to access must be addressed using OSS third level domain.",
            ),
            Dialect::S3 => Failure::new(
                301,
                "PermanentRedirect",
                "The bucket you are attempting to access must be addressed using the specified endpoint. \
                 Please send all future requests to this endpoint.",
            )
            .with("Endpoint", format!("{}.{}", self.bucket, self.incoming.host()))
            .with("Bucket", &self.bucket),
        }
    }

    /// Asks the rules, in the way in which this store is set to read them.
    fn judge(&self, policy: &Policy, question: &Question) -> Ruling {
        let unknowns = &self.store.settings().unknowns;
        let mut ruling = if unknowns.origin_case_ignored {
            self.judge_without_case(policy, question)
        } else {
            self.seams.judge(policy, self.dialect(), question, self.incoming)
        };
        if unknowns.asked_method_only && ruling.fields.contains("access-control-allow-methods") {
            ruling.fields.set("Access-Control-Allow-Methods", question.method().to_owned());
        }
        ruling
    }

    fn judge_without_case(&self, policy: &Policy, question: &Question) -> Ruling {
        const ORIGIN: &str = "Access-Control-Allow-Origin";
        let mut folded = policy.clone();
        for origin in folded.rules.iter_mut().flat_map(|rule| &mut rule.allowed_origins) {
            origin.make_ascii_lowercase();
        }
        let origin = question.origin.as_ref().map(|origin| origin.to_ascii_lowercase().into());
        let asked = Question { origin, ..question.clone() };
        let mut ruling = self.seams.judge(&folded, self.dialect(), &asked, self.incoming);
        if let (Some(echoed), Some(origin)) = (ruling.fields.get(ORIGIN), &question.origin)
            && echoed != "*"
        {
            ruling.fields.set(ORIGIN, origin.clone());
        }
        ruling
    }

    /// Writes onto an answer the fields that the rules demand.
    fn rule(&self, response: &mut Response, mut demanded: Fields, asked: &Asked<'_>) {
        if self.seams.is_bare(response.status, &self.key, asked) {
            return;
        }
        let vary = demanded.text("vary");
        demanded.remove("vary");
        // And what every answer has: `Vary`, `Server` and the request's id.
        response.fields.reserve(demanded.len() + 3);
        for field in self.seams.grant(demanded, asked) {
            response.fields.push(field.name, field.value);
        }
        self.seams.confirm(response, asked);
        self.seams.vary(response, vary.as_deref(), asked);
        self.seams.spoil(response, self.dialect(), asked);
    }
}

/// An error whose only use is to be told.
fn told(status: u16, code: &'static str, message: &'static str) -> StoreError {
    StoreError::new(status, code, message)
}
