use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{SystemTime, UNIX_EPOCH},
};

use crosscheck_core::{
    case::model::{Case, Given},
    exchange::{self, ConnectOptions, Exchange, Recorder, SendContext},
    interleave::{Place, with_fresh_query},
    message::Request,
    operation::{Operation, Survey},
    plan::Outlook,
    policy::{self, Policy},
    promise::{self, Promise},
    redaction::{Redactor, secrecy},
    verdict::KnownIssue,
};
use url::Url;

use super::{
    Capabilities, Description, Dialect, Interference, Probe, Problem, Settings, SetupError,
    outlook::{promises, reference_store_capabilities, rules_read_as},
    probe,
    stage::{self, Hold, Stage},
    store::{self, Embedded, Fault, ServeError},
};
use crate::{
    provision::{self, ProgressSink, Token, is_of_vendor, restore_command},
    transport::{Gate, Sender, Wire},
};

/// The object of the default bucket that requests without a path ask for: a cacheable one.
const DEFAULT_OBJECT: &str = "data.json";

/// An endpoint that can be asked: an endpoint, or the reference store that we embed.
pub struct Endpoint {
    description: Description,
    name: String,
    connect: ConnectOptions,
    sender: Sender,
    known_issues: Vec<KnownIssue>,
    proxy_hint: Option<String>,
    store: Option<Embedded>,
    stage: Option<Stage>,
    fault: Option<Fault>,
    preflight_headers: Vec<String>,
    fresh_query: String,
    /// Whether its URLs are left as they are, because it takes no further parameter in a query.
    as_declared: AtomicBool,
    fresh: AtomicU64,
    /// What this run leaves on a bucket has this name.
    token: Token,
    /// How many tests had a prefix of their own for what their pages write.
    written: AtomicU64,
    redactor: Redactor,
    views: Vec<Outlook>,
    operations: Vec<Arc<Operation>>,
    outlook: Outlook,
}

/// Why an endpoint cannot be asked at all.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A setting cannot be used.
    #[error(transparent)]
    Setting(#[from] Problem),
    /// The reference store cannot be started.
    #[error("the reference store cannot be started: {0}")]
    Store(#[from] ServeError),
}

impl Endpoint {
    /// The endpoint of these settings, or the reference store where they name none. Starts the
    /// store on the current Tokio runtime; sends nothing.
    ///
    /// # Errors
    /// A CA file that cannot be used; a store that cannot listen.
    pub async fn start(settings: &Settings, fault: Option<Fault>) -> Result<Self, StartError> {
        Self::start_with_progress(settings, fault, Arc::new(|_| {})).await
    }

    /// The endpoint of these settings, to which only reads and preflights may be sent, and exactly this method
    /// on exactly its URL.
    ///
    /// # Errors
    /// As for [`Endpoint::start`].
    pub async fn start_for_one(settings: &Settings, method: Option<&str>) -> Result<Self, StartError> {
        let mut endpoint = Self::start(settings, None).await?;
        // Exactly what was asked about.
        endpoint.as_declared.store(true, Ordering::Relaxed);
        let url = &endpoint.description.url;
        let mut gate = Gate::every_method_to([url])
            .with_methods(Capabilities::default().real_methods())
            .following_private(settings.follow_private.value);
        if let Some(method) = method {
            gate = gate.with_request(method, url);
        }
        // A page gets what a gateway answers, and it may be what is asked about.
        let sender = settings.sender(settings.wire(gate)?, endpoint.store.is_none());
        endpoint.sender = sender.taking_gateway_errors();
        Ok(endpoint)
    }

    /// The same, with a sink for what is done to a bucket in use, and for where its rules are saved.
    ///
    /// # Errors
    /// As for [`Endpoint::start`].
    pub async fn start_with_progress(
        settings: &Settings,
        fault: Option<Fault>,
        tell: ProgressSink,
    ) -> Result<Self, StartError> {
        let known_issues = settings.known_issues.clone();
        let fresh_query = settings.fresh_query.value.clone();
        let (fresh, written) = (AtomicU64::new(0), AtomicU64::new(0));
        let token = Token::new();
        let connect = settings.connect();
        let redactor = settings.redactor();
        let (views, operations, outlook) = (settings.views(), settings.operations(), settings.outlook());
        match settings.description() {
            Some(description) => {
                let name = redactor.text(description.url.as_str()).into_owned();
                let sender = settings.sender(settings.wire(settings.gate(&description.url))?, true);
                let stage = settings.stage(token.clone(), tell)?;
                Ok(Self {
                    description,
                    name,
                    connect,
                    sender,
                    known_issues,
                    proxy_hint: settings.proxy_hint(),
                    store: None,
                    stage,
                    fault: None,
                    preflight_headers: settings.preflight_header_names(),
                    fresh_query,
                    as_declared: AtomicBool::new(false),
                    fresh,
                    token,
                    written,
                    redactor,
                    views,
                    operations,
                    outlook,
                })
            }
            None => {
                let store = Embedded::start(fault).await?;
                // Our own store makes nothing of what browsers add, and the record of the whole suite stays lean.
                let wire = settings.bare_wire(Gate::every_method_to(&store.urls()))?;
                let sender = settings.sender(wire, false);
                let description = Description::reference_store(&store.url());
                let name = "the embedded reference store".to_owned();
                Ok(Self {
                    description,
                    name,
                    connect,
                    sender,
                    known_issues,
                    proxy_hint: settings.proxy_hint(),
                    store: Some(store),
                    stage: None,
                    fault,
                    preflight_headers: Vec::new(),
                    fresh_query,
                    as_declared: AtomicBool::new(false),
                    fresh,
                    token,
                    written,
                    redactor,
                    views,
                    operations,
                    outlook,
                })
            }
        }
    }

    /// What is known of it.
    pub fn description(&self) -> &Description {
        &self.description
    }

    /// What a user calls it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How it is reached.
    pub fn connect(&self) -> &ConnectOptions {
        &self.connect
    }

    /// What knows the secrets of its settings.
    pub fn redactor(&self) -> &Redactor {
        &self.redactor
    }

    /// Keeps the value of a header secret that requests to it will have besides those of its settings.
    pub fn hide_header(&mut self, name: &str, value: &str) {
        self.redactor.add_header(name, value, None, secrecy(name, value));
    }

    /// What keeps what was on the wire, without these secrets.
    pub fn recorder(&self) -> Recorder {
        Recorder::new(&self.redactor)
    }

    /// The fault that the reference store was told to have.
    pub fn fault(&self) -> Option<Fault> {
        self.fault
    }

    /// The dialect in which its rules are read.
    pub fn dialect(&self) -> policy::Dialect {
        rules_read_as(self.description.dialect)
    }

    /// The names of headers that preflights to it are sent with, which no browser sends.
    pub fn preflight_headers(&self) -> &[String] {
        &self.preflight_headers
    }

    /// What carries requests to it, without regard to its rate.
    pub fn wire(&self) -> &Wire {
        self.sender.wire()
    }

    /// What sends the requests of tests to it.
    pub fn sender(&self) -> &Sender {
        &self.sender
    }

    /// Sends a request of a test, as [`Sender::send`] does.
    pub async fn send(&self, request: &Request, context: &SendContext, case: Option<&Case>) -> Exchange {
        self.sender.send(request, context, case).await
    }

    /// What its declared rules promise: of each operation, where it has several.
    pub fn promises(&self, survey: &Survey) -> Vec<(Option<Arc<Operation>>, Promise)> {
        promises(&self.outlook, &self.views, survey)
    }

    /// Its operations; none: its URL itself is tested.
    pub fn operations(&self) -> &[Arc<Operation>] {
        &self.operations
    }

    /// An origin that is allowed and one that is not, as far as they are known.
    pub fn sample_origins(&self) -> Vec<String> {
        let known = |role| self.outlook.roles.get(role).ok().map(str::to_owned);
        ["allowed", "denied"].into_iter().filter_map(known).collect()
    }

    /// Whether it is declared to allow reads; `None` of object stores, whose error answers follow their rules too.
    pub fn reads(&self) -> Option<bool> {
        let of_each = !self.operations.is_empty();
        if self.store.is_some() || self.description.dialect.rules().is_some() || of_each {
            return None;
        }
        let reads = |rule: &policy::Rule| rule.allows_method("GET") || rule.allows_method("HEAD");
        Some(self.description.policy.as_ref().is_none_or(|policy| policy.rules.iter().any(reads)))
    }

    /// The rules that are declared.
    pub fn declared_policy(&self) -> Option<&Policy> {
        self.outlook.declared.as_ref()
    }

    /// The request headers that are declared.
    pub fn sample_headers(&self) -> Vec<String> {
        self.outlook.declared.as_ref().map(promise::all_request_headers).unwrap_or_default()
    }

    /// The failures that are expected of it.
    pub fn known_issues(&self) -> &[KnownIssue] {
        &self.known_issues
    }

    /// Whether it is the reference store that we embed.
    pub fn is_embedded(&self) -> bool {
        self.store.is_some()
    }

    /// Whether it answers at all; and what may have answered in its place, which only counts where nothing else
    /// is answered either: a folder without an index and a redirect of the root are as good as any answer.
    ///
    /// # Errors
    /// Why not, and what to do about it, in one sentence each.
    pub async fn probe(&self) -> Result<Option<Interference>, String> {
        if self.store.is_some() {
            return Ok(None);
        }
        // The URL that operations are relative to need not be one of them.
        let reads = |it: &&Arc<Operation>| it.send && matches!(it.method.as_str(), "GET" | "HEAD");
        let (method, declared) = match (self.operations.iter().find(reads), self.operations.first()) {
            (Some(read), _) => (Some(read.method.as_str()), &read.url),
            (None, Some(first)) => (None, &first.url),
            (None, None) => (self.wire().gate().probe_method(), &self.description.url),
        };
        // What the first request is answered may be stored by caches on the way, as anything else.
        let fresh = self.fresh_query().map(|fresh| with_fresh_query(declared.clone(), &fresh));
        let mut probed = self.probed(method, fresh.as_ref().unwrap_or(declared)).await;
        if fresh.is_some() && !probed.succeeds() {
            let as_declared = self.probed(method, declared).await;
            if as_declared.succeeds() {
                self.as_declared.store(true, Ordering::Relaxed);
                probed = as_declared;
            }
        }
        match probed {
            Probe::Answers(_) => Ok(None),
            Probe::Interfered {
                by: by @ (Interference::Refusal { .. } | Interference::LoginRedirect { .. }),
                ..
            } => Ok(Some(by)),
            // Only preflights have to be answered with success where reads are not declared.
            Probe::Unreachable { failure, .. }
                if failure.stage.is_unavailable() && self.reads() == Some(false) =>
            {
                Ok(None)
            }
            Probe::Unreachable { failure, help, .. } => {
                if let Some(ended) = self.sender.ended() {
                    return Err(format!("{}: {}", self.name, self.redactor.text(&ended.to_string())));
                }
                let unreached = matches!(
                    failure.stage,
                    exchange::Stage::Resolve | exchange::Stage::Connect | exchange::Stage::Deadline
                );
                let hint = self.proxy_hint.iter().filter(|_| unreached);
                let hint: String = hint.map(|hint| format!("; {hint}")).collect();
                Err(format!("{} cannot be judged: {failure}; {help}{hint}", self.name))
            }
            Probe::Interfered { by, .. } => Err(format!("{} cannot be judged: {by}", self.name)),
        }
    }

    /// Asks once for this URL.
    async fn probed(&self, method: Option<&str>, url: &Url) -> Probe {
        let origin = self.description.probe_origin();
        probe(&self.sender, method, url, origin.as_deref()).await
    }

    /// Looks for bytes that come after the last answer, and whether it still answers; not at our own store.
    pub async fn settle(&self) {
        if self.store.is_none() {
            self.sender.wire().settle().await;
            self.sender.settle().await;
        }
    }

    /// The rules that must be set for a case on a bucket that is not ours, so that cases with the
    /// same ones can run together; `None`: no rules have to be set.
    pub fn rules_to_set(&self, given: Option<&Given>) -> Option<Policy> {
        self.stage.as_ref()?;
        given.and_then(stage::rules_of)
    }

    /// Sets up what a case needs, and says where its requests go. It stays so while the hold lives. `writes`: whether
    /// the case really sends requests that may write. On a bucket in use these go below a prefix of the run's own, so
    /// that no path of a case is the key of an object of the user's.
    ///
    /// # Errors
    /// What could not be set up.
    pub async fn prepare(&self, given: Option<&Given>, writes: bool) -> Result<(Place, Hold), SetupError> {
        match &self.stage {
            Some(stage) => stage.prepare(given, self.own_place(None, writes)?).await,
            None => Ok((self.own_place(given, writes)?, Hold::default())),
        }
    }

    /// Whether nobody else changed the rules of a bucket that is not ours while tests needed them.
    ///
    /// # Errors
    /// Somebody did, so that nothing is known of what was asked meanwhile.
    pub async fn check(&self) -> Result<(), SetupError> {
        match &self.stage {
            Some(stage) => stage.check().await,
            None => Ok(()),
        }
    }

    /// Puts back what was found on a bucket that is not ours.
    ///
    /// # Errors
    /// Why it could not be put back, and from which file it can be, in one sentence.
    pub async fn restore(&self) -> Result<(), String> {
        let Some(stage) = &self.stage else { return Ok(()) };
        stage.restore().await.map_err(|(path, error)| {
            format!(
                "the bucket's rules could not be restored: {error}; {}",
                match error {
                    provision::ProvisionError::Changed(_) => error.help(),
                    _ => format!("`{}` tries it again", restore_command(&path, false)),
                }
            )
        })
    }

    /// Where requests go that need nothing to be set up; `writes` as for [`Endpoint::prepare`].
    ///
    /// # Errors
    /// None of an endpoint that was started.
    pub fn place_as_found(&self, writes: bool) -> Result<Place, SetupError> {
        self.own_place(None, writes)
    }

    fn own_place(&self, given: Option<&Given>, writes: bool) -> Result<Place, SetupError> {
        let mut place = self.place(given)?;
        let bucket = self.description.dialect.rules().is_some() || is_of_vendor(&self.description.url);
        if writes && bucket && self.store.is_none() {
            let prefix = self.token.pages(self.written.fetch_add(1, Ordering::Relaxed));
            place.base.set_path(&format!("{}{prefix}", place.base.path()));
            place.url = place.base.clone();
        }
        Ok(place)
    }

    fn place(&self, given: Option<&Given>) -> Result<Place, SetupError> {
        match (given, &self.store) {
            (Some(given), Some(store)) => store.prepare(given),
            (Some(_), None) => Err(SetupError::Fixed),
            (None, Some(store)) => {
                let url = self.description.url.clone();
                let key = Some(store.key());
                Ok(Place { url, base: store.url(), fresh: None, key, at: SystemTime::now() })
            }
            (None, None) => {
                let url = self.description.url.clone();
                let mut base = url.clone();
                base.set_query(None);
                if !base.path().ends_with('/') {
                    base.set_path(&format!("{}/", base.path()));
                }
                Ok(Place { url, base, fresh: None, key: None, at: SystemTime::now() })
            }
        }
    }

    /// A query that no request to this endpoint ever had, so that no cache on the way has an answer
    /// yet, and none keeps for others what it is answered: `name=value`. `None` where the endpoint's URLs are to be
    /// left as they are.
    pub fn fresh_query(&self) -> Option<String> {
        if self.fresh_query.is_empty() || self.as_declared.load(Ordering::Relaxed) {
            return None;
        }
        let number = self.fresh.fetch_add(1, Ordering::Relaxed);
        // Two runs never begin in the same nanosecond on one machine.
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
        Some(format!("{}={now:x}-{number:x}", self.fresh_query))
    }

    /// Ends the embedded store.
    pub async fn stop(self: Arc<Self>) {
        if let Some(Some(store)) = Arc::into_inner(self).map(|endpoint| endpoint.store) {
            store.stop().await;
        }
    }
}

impl Description {
    /// The reference store's default bucket, as the suites meet it.
    fn reference_store(bucket: &Url) -> Self {
        let mut url = bucket.clone();
        url.set_path(&format!("{}/{DEFAULT_OBJECT}", bucket.path().trim_end_matches('/')));
        Self {
            url,
            policy: store::default_policy(),
            dialect: Dialect::Oss,
            roles: BTreeMap::new(),
            capabilities: reference_store_capabilities(),
        }
    }
}

impl Settings {
    /// Where tests are set up, if the owner allows that and there is a bucket API.
    fn stage(&self, token: Token, tell: ProgressSink) -> Result<Option<Stage>, Problem> {
        let abilities = self.abilities();
        if !abilities.set_rules && !abilities.put_objects {
            return Ok(None);
        }
        let api = match self.bucket() {
            Ok(bucket) => Ok(self.api(bucket)?),
            Err(error) => Err(error),
        };
        Ok(Some(Stage::new(api, token, self.lease_terms(), tell)))
    }
}
