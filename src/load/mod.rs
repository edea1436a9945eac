//! Load runs from code: how fast an endpoint answers cross-origin requests, and whether the answers stay correct.

pub(crate) mod plans;

use std::{
    error::Error,
    fmt,
    sync::{Arc, atomic::AtomicBool},
    time::Duration,
};

#[doc(hidden)]
pub use crosscheck_load::*;

pub use crosscheck_load::record::LoadRecord as Record;

use self::{
    adjust::{Adjust, adjust},
    engine::Options,
    plan::{Budget, EngineName, LoadPlan, Span, is_closed},
};
use crosscheck_core::fetch::origin::is_loopback;

use crate::{
    conformance::{Conformance, ConformanceError},
    diagnostic::{Diagnostic, Severity},
    process::{Silent, resolve::Resolved},
};

/// A load plan that is about to be run.
///
/// ```no_run
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use crosscheck::{Conformance, load};
///
/// let endpoint = Conformance::against("http://127.0.0.1:8080/items")
///     .allow_origin("https://app.example.com")
///     .allow_headers(["x-request-id"]);
/// let plan = load::Plan::named("preflight-storm")?.rate(500.0).budget("p99<20ms");
/// let record = load::run(plan, endpoint).await?;
/// assert!(record.held());
/// # Ok(())
/// # }
/// ```
pub struct Plan {
    plan: LoadPlan,
    cases: Vec<cases::Found>,
    warnings: Vec<Diagnostic>,
    change: Adjust,
    sending: Sending,
    remote: bool,
}

impl Plan {
    /// A plan by the name of one that comes with Crosscheck, or by the path of its file.
    ///
    /// # Errors
    /// There is no such plan, or it must be corrected.
    pub fn named(name: &str) -> Result<Self, LoadError> {
        let plans::Read { plan, cases, warnings } = plans::read(name).map_err(ConformanceError::Input)?;
        let (change, sending) = (Adjust::default(), Sending::DEFAULT);
        Ok(Self { plan, cases, warnings, change, sending, remote: false })
    }

    /// What is suspicious in the plan.
    pub fn warnings(&self) -> &[Diagnostic] {
        &self.warnings
    }

    /// Arrivals in a second, whether or not earlier ones are answered; the plan's stages move in proportion.
    #[must_use]
    pub fn rate(mut self, rate: f64) -> Self {
        self.change.rate = Some(rate);
        self
    }

    /// Concurrent users in place of a rate.
    #[must_use]
    pub fn users(mut self, users: u32) -> Self {
        self.change.users = Some(users);
        self
    }

    /// How long all stages take together; each moves in proportion.
    #[must_use]
    pub fn duration(mut self, duration: Duration) -> Self {
        self.change.duration = Some(Span::nearest(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)));
        self
    }

    /// One more budget: `p99<20ms for preflight`, `error-rate<0.1%`, `rps>=5000`.
    #[must_use]
    pub fn budget(mut self, budget: impl Into<String>) -> Self {
        self.change.budgets.push(budget.into());
        self
    }

    /// Upper limit on arrivals per second, whatever the plan says.
    #[must_use]
    pub fn max_rate(mut self, rate: f64) -> Self {
        self.sending.max_rate = Some(rate);
        self
    }

    /// The seed for the choice of requests, origins and resources.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.sending.seed = seed;
        self
    }

    /// Confirms that an endpoint that is not on this machine may be load-tested: it is yours.
    #[must_use]
    pub fn i_own_this_target(mut self) -> Self {
        self.remote = true;
        self
    }
}

/// Why a load run could not be made.
#[derive(Debug)]
pub enum LoadError {
    /// The plan or the configuration must be corrected.
    Configuration(ConformanceError),
    /// The run could not be made on this endpoint.
    Run(Box<RunError>),
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Configuration(error) => error.fmt(f),
            Self::Run(error) => error.fmt(f),
        }
    }
}

impl Error for LoadError {}

impl From<ConformanceError> for LoadError {
    fn from(error: ConformanceError) -> Self {
        Self::Configuration(error)
    }
}

impl From<RunError> for LoadError {
    fn from(error: RunError) -> Self {
        Self::Run(Box::new(error))
    }
}

/// Puts an endpoint under the load of a plan: what it is and promises comes from a [`Conformance`], whose cases are not
/// run. Needs a Tokio runtime with several threads.
///
/// # Errors
/// A plan or configuration that must be corrected, or a plan that cannot be run on this endpoint. An endpoint that does
/// not answer is not an error: the record says so.
pub async fn run(plan: Plan, endpoint: Conformance) -> Result<Record, LoadError> {
    let Plan { mut plan, cases, change, sending, remote, .. } = plan;
    let refused = |diagnostic| ConformanceError::Input(vec![diagnostic]);
    adjust(&mut plan, &change).map_err(|error| refused(Diagnostic::error("load.rate", error.to_string())))?;
    let budgets = budgets(&plan).map_err(ConformanceError::Input)?;
    let (Resolved { settings, fault, .. }, serving) = endpoint.resolved(&Silent)?;
    let url = settings.url.value.as_ref();
    if let Some(url) = url.filter(|url| !remote && !is_loopback(url)) {
        let diagnostic = Diagnostic::error("load.not-loopback", format!("{url} is not on this machine"));
        return Err(refused(diagnostic.help("if it is yours, say `i_own_this_target()`")).into());
    }
    let options = sending.options(&plan, settings.connect_timeout.value);
    let (connections, fewer) = most_connections(&plan, &options);
    if let Err(diagnostic) = limits::check(connections, fewer, url.is_none(), url.is_none_or(is_loopback))
        && diagnostic.severity == Severity::Error
    {
        return Err(refused(diagnostic).into());
    }
    let run = Run {
        plan: &plan,
        cases: &cases,
        budgets: &budgets,
        settings: &settings,
        fault,
        options: &options,
        command: "",
        log: None,
        goose_report: None,
    };
    let (stop, notice): (_, Notice) = (Arc::new(AtomicBool::new(false)), Arc::new(|_: &str| {}));
    let record = crosscheck_load::run(run, &stop, &notice, ()).await;
    drop(serving);
    Ok(record?)
}

/// The budgets of a plan, or everything that is wrong with them.
pub(crate) fn budgets(plan: &LoadPlan) -> Result<Vec<Budget>, Vec<Diagnostic>> {
    let (mut budgets, mut problems) = (Vec::new(), Vec::new());
    for text in &plan.budgets {
        match self::plan::budget(plan, text) {
            Ok(budget) => budgets.push(budget),
            Err(diagnostic) => problems.push(diagnostic),
        }
    }
    if problems.is_empty() { Ok(budgets) } else { Err(problems) }
}

/// How many connections may be open at once, where each of goose's users has its own, and what says so.
pub(crate) fn most_connections(plan: &LoadPlan, options: &Options) -> (usize, &'static str) {
    let users = work::Timeline::of(plan, options.max_rate).peak().ceil() as usize;
    let browsers = plan.browser.as_ref().map_or(0, |browser| browser.count as usize);
    match plan.engine {
        EngineName::Scenarios if is_closed(plan) => (users, "--users"),
        EngineName::Scenarios if browsers > 0 => (browsers, "`browser.count` of"),
        EngineName::Rate | EngineName::Scenarios => (options.connections, "--connections"),
    }
}
