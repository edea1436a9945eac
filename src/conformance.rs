//! A conformance run from code: what is tested, what it promises, and which cases.

use std::{error::Error, fmt, io, net::TcpListener, path::PathBuf, sync::Arc};

use hyper::{Request, Response, body::Body, body::Incoming};
use tower_service::Service;

use crate::{
    Operation,
    diagnostic::Diagnostic,
    endpoint::{self, Endpoint, Fault, Layer, Provenance, Settings, StartError},
    operation::Survey,
    plan::Planned,
    process::{
        Listener, Silent, environment,
        resolve::{self, Given, Resolved, Unnamed},
        suites::{Selected, Wanted},
    },
    run::{self, Options, record::RunRecord},
    serving::{self, Serve, Serving},
};

/// A conformance run of an endpoint that is about to be made.
///
/// ```no_run
/// # async fn example() -> Result<(), crosscheck::ConformanceError> {
/// let record = crosscheck::Conformance::against("https://api.example.com/items")
///     .allow_origin("https://app.example.com")
///     .allow_methods(["GET", "PUT"])
///     .run()
///     .await?;
/// assert!(record.held(), "{record}");
/// # Ok(())
/// # }
/// ```
pub struct Conformance {
    subject: Subject,
    layer: Layer,
    wanted: Wanted,
}

enum Subject {
    Url(String),
    Served {
        serve: Serve,
        path: String,
    },
    /// What the environment and the target file name.
    Environment(Unnamed),
}

/// Why a run cannot be made.
#[derive(Debug)]
pub enum ConformanceError {
    /// The configuration or a case file must be corrected.
    Input(Vec<Diagnostic>),
    /// No test matches the selection.
    NothingSelected(Box<Diagnostic>),
    /// The endpoint cannot be set up.
    Start(StartError),
    /// The service under test cannot be served on loopback.
    Serve(io::Error),
}

impl fmt::Display for ConformanceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Input(diagnostics) => {
                for (number, diagnostic) in diagnostics.iter().enumerate() {
                    if number > 0 {
                        f.write_str("\n")?;
                    }
                    write_diagnostic(diagnostic, f)?;
                }
                Ok(())
            }
            Self::NothingSelected(diagnostic) => write_diagnostic(diagnostic, f),
            Self::Start(error) => error.fmt(f),
            Self::Serve(error) => write!(f, "the service cannot be served on loopback: {error}"),
        }
    }
}

fn write_diagnostic(diagnostic: &Diagnostic, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    write!(f, "{}: {}", diagnostic.code, diagnostic.message)?;
    diagnostic.help.iter().try_for_each(|help| write!(f, "; {help}"))
}

impl Error for ConformanceError {}

impl From<StartError> for ConformanceError {
    fn from(error: StartError) -> Self {
        Self::Start(error)
    }
}

/// A run that is ready: where the endpoint is, what is known of it, and the tests.
pub(crate) struct Ready {
    pub(crate) settings: Settings,
    pub(crate) fault: Option<Fault>,
    pub(crate) selected: Arc<Selected>,
    pub(crate) plan: Vec<Planned>,
    pub(crate) options: Options,
    /// What is suspicious in the case files.
    pub(crate) warnings: Vec<Diagnostic>,
    pub(crate) serving: Option<Serving>,
}

impl Conformance {
    /// Tests the endpoint at an absolute http or https URL.
    pub fn against(url: impl Into<String>) -> Self {
        Self::of(Subject::Url(url.into()))
    }

    /// Tests a Tower service, such as an axum router or a warp filter: it is served on an ephemeral port of loopback
    /// for as long as the run lasts. [`Conformance::path`] names what is tested there.
    pub fn against_service<S, B>(service: S) -> Self
    where
        S: Service<Request<Incoming>, Response = Response<B>> + Clone + Send + 'static,
        S::Future: Send + 'static,
        S::Error: Into<Box<dyn Error + Send + Sync>>,
        B: Body + Send + 'static,
        B::Data: Send,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        Self::of(Subject::Served { serve: serving::service(service), path: "/".to_owned() })
    }

    /// Tests whatever `serve` serves on a listener, for frameworks that are not Tower services. It is called on a
    /// thread of its own, may block there, and runs until the process ends.
    pub fn against_server(serve: impl FnOnce(TcpListener) + Send + 'static) -> Self {
        let serve: Serve = Box::new(move |listener, _over| serve(listener));
        Self::of(Subject::Served { serve, path: "/".to_owned() })
    }

    /// Tests the endpoint that the environment or a target file names, as the command line does: `CROSSCHECK_TARGET`
    /// and the other variables, or the nearest `crosscheck.json`. What is declared in code goes before both. They are
    /// read when the run is made; a bad value is an error then, and so is an unknown `CROSSCHECK_*` variable.
    ///
    /// ```no_run
    /// fn main() -> std::process::ExitCode {
    ///     crosscheck::cargo_test(crosscheck::Conformance::from_env)
    /// }
    /// ```
    pub fn from_env() -> Self {
        Self::of(Subject::Environment(Unnamed::Refuse))
    }

    /// The same, or the embedded reference store where nothing is said of an endpoint.
    pub(crate) fn from_env_or_embedded() -> Self {
        Self::of(Subject::Environment(Unnamed::Embedded))
    }

    fn of(subject: Subject) -> Self {
        Self { subject, layer: Layer::default(), wanted: Wanted::default() }
    }

    /// The path, with its query, that is tested of a service [default: `/`]. A URL has its own.
    #[must_use]
    pub fn path(mut self, reference: impl Into<String>) -> Self {
        if let Subject::Served { path, .. } = &mut self.subject {
            *path = reference.into();
        }
        self
    }

    /// Promises that pages of this origin may read: an origin, or a pattern with one `*`.
    #[must_use]
    pub fn allow_origin(mut self, origin: impl Into<String>) -> Self {
        self.layer.allowed_origins.get_or_insert_default().push(origin.into());
        self
    }

    /// Promises these methods to them [default: GET and HEAD].
    #[must_use]
    pub fn allow_methods<T: Into<String>>(mut self, methods: impl IntoIterator<Item = T>) -> Self {
        self.layer.allowed_methods.get_or_insert_default().extend(methods.into_iter().map(Into::into));
        self
    }

    /// Promises these request headers to them.
    #[must_use]
    pub fn allow_headers<T: Into<String>>(mut self, names: impl IntoIterator<Item = T>) -> Self {
        self.layer.allowed_headers.get_or_insert_default().extend(names.into_iter().map(Into::into));
        self
    }

    /// Promises that they can read these response headers.
    #[must_use]
    pub fn expose_headers<T: Into<String>>(mut self, names: impl IntoIterator<Item = T>) -> Self {
        self.layer.expose_headers.get_or_insert_default().extend(names.into_iter().map(Into::into));
        self
    }

    /// Promises that a preflight may be kept for this many seconds.
    #[must_use]
    pub fn max_age(mut self, seconds: u32) -> Self {
        self.layer.max_age_seconds = Some(seconds);
        self
    }

    /// Promises that they may send and read with credentials.
    #[must_use]
    pub fn allow_credentials(mut self) -> Self {
        self.layer.allow_credentials = Some(true);
        self
    }

    /// Tests this operation. May be repeated: each is held to every promise that concerns it. Without any, the URL itself
    /// is tested.
    #[must_use]
    pub fn operation(mut self, operation: Operation) -> Self {
        self.layer.operations.listed.push(operation.listed());
        self
    }

    /// Sends this header with every actual request to the subject, such as a token that it asks for.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.layer.headers.push((name.into(), value.into()));
        self
    }

    /// Runs these case files, or the ones in these folders, instead of the shipped ones.
    #[must_use]
    pub fn suites<T: Into<PathBuf>>(mut self, paths: impl IntoIterator<Item = T>) -> Self {
        self.wanted.suites.extend(paths.into_iter().map(Into::into));
        self
    }

    /// Runs only tests whose id begins with this, or that match it as a glob. May be repeated.
    #[must_use]
    pub fn select(mut self, pattern: impl Into<String>) -> Self {
        self.wanted.select.push(pattern.into());
        self
    }

    /// Leaves out tests whose id begins with this, or that match it as a glob. May be repeated.
    #[must_use]
    pub fn skip(mut self, pattern: impl Into<String>) -> Self {
        self.wanted.skip.push(pattern.into());
        self
    }

    /// The seed that samples orders where there are too many to try.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.wanted.seed = Some(seed);
        self
    }

    /// Runs the tests and judges the subject. Needs a Tokio runtime.
    ///
    /// # Errors
    /// A configuration or case file that must be corrected, a selection without tests, a service that cannot be
    /// served. An endpoint that cannot be judged is not an error: the record says why.
    pub async fn run(self) -> Result<RunRecord, ConformanceError> {
        let Ready { settings, fault, selected, plan, options, serving, .. } = self.ready(None, &Silent)?;
        let plan = selected.run_plan(&settings, plan);
        let endpoint = Arc::new(Endpoint::start(&settings, fault).await?);
        let record = run::run(plan, Arc::clone(&endpoint), &options, std::future::pending(), &mut ()).await;
        endpoint.stop().await;
        drop(serving);
        Ok(record)
    }

    /// Resolves the configuration, starts the service, and plans. Sends nothing. With the id of a test, only the suite
    /// that has it is read.
    pub(crate) fn ready(
        mut self,
        only: Option<&str>,
        listener: &impl Listener,
    ) -> Result<Ready, ConformanceError> {
        if matches!(self.subject, Subject::Environment(_)) {
            environment::fill(&mut self.wanted).map_err(ConformanceError::Input)?;
        }
        let (selected, warnings) = Selected::load(std::mem::take(&mut self.wanted), only)?;
        let (Resolved { settings, fault, .. }, serving) = self.resolved(listener)?;
        // Nothing is sent yet, so that every operation is tested by itself.
        let plan = selected.plan(&settings, &Survey::apart(&settings.operations()))?;
        let options = Options {
            jobs: settings.concurrency.value,
            retries: 0,
            deadline: settings.total_timeout.value,
            profile: settings.profile.value,
            repeats: true,
            seed: selected.seed(),
            command: String::new(),
            shard: None,
            max_failures: None,
        };
        let selected = Arc::new(selected);
        Ok(Ready { settings, fault, selected, plan, options, warnings, serving })
    }

    /// Resolves the configuration, and starts the service.
    pub(crate) fn resolved(
        self,
        listener: &impl Listener,
    ) -> Result<(Resolved, Option<Serving>), ConformanceError> {
        let (url, serving) = match self.subject {
            Subject::Environment(unnamed) => {
                let given = Given { layer: self.layer, ..Given::default() };
                let resolved = resolve::resolve(given, unnamed, listener).map_err(ConformanceError::Input)?;
                return Ok((resolved, None));
            }
            Subject::Url(url) => (url, None),
            Subject::Served { serve, path } => {
                let serving = serving::start(serve).map_err(ConformanceError::Serve)?;
                (format!("http://{}/{}", serving.address, path.trim_start_matches('/')), Some(serving))
            }
        };
        let layer = Layer { url: Some(url), ..self.layer };
        // Code has no environment of its own: what it wants from there it passes in.
        let settings = endpoint::resolve(&[(Provenance::Flag, layer)], &|_| None).map_err(|problems| {
            ConformanceError::Input(problems.iter().map(|problem| problem.diagnostic(None)).collect())
        })?;
        listener.hide(settings.redactor());
        Ok((Resolved { settings, fault: None, file: None, tree: None }, serving))
    }
}
