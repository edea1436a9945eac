//! From paths and ids to a plan: reads the case files, checks them, picks the selected cases and
//! tests.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::Arc,
};

use crate::{
    case::{
        self, ExpandedCase, ParsedSuite,
        model::{Kind, Through},
    },
    conformance::ConformanceError,
    diagnostic::{Diagnostic, Severity, SourceText},
    document::{self, Document},
    endpoint::Settings,
    input,
    operation::Survey,
    plan::{self, Planned},
    run::Plan,
    suite,
};

/// What draws the sample of orders unless `--seed` says otherwise.
pub(crate) const SEED: u64 = 2026;

/// Every case of some files, and everything that is wrong with the files.
pub(crate) struct Loaded {
    pub(crate) cases: Vec<ExpandedCase>,
    pub(crate) diagnostics: Vec<Diagnostic>,
    /// How many case files were read.
    pub(crate) files: usize,
    /// The load plans among the files.
    pub(crate) plans: Vec<suite::File>,
}

impl Loaded {
    pub(crate) fn errors(&self) -> usize {
        self.diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Error).count()
    }
}

/// Reads and checks case files; without paths, the ones that come with Crosscheck. With the id of
/// a test, only the suite that has it.
pub(crate) fn load(paths: &[PathBuf], only: Option<&str>) -> Result<Loaded, Diagnostic> {
    let files = if paths.is_empty() {
        crate::shipped::cases()
    } else {
        suite::read(paths).map_err(|error| {
            Diagnostic::error("suite.read", error.to_string())
                .help("give a case file, or a folder with case files below it")
        })?
    };
    let files = files.into_iter().filter(|file| only.is_none_or(|test| may_have(&file.bytes, test)));
    let (mut diagnostics, mut plans) = (Vec::new(), Vec::new());
    let mut parsed: Vec<ParsedSuite> = Vec::new();
    let mut count = 0;
    for file in files {
        match if only.is_some() { suite::Kind::Cases } else { file.kind() } {
            suite::Kind::Cases => count += 1,
            suite::Kind::Plan => {
                plans.push(file);
                continue;
            }
            suite::Kind::Neither => {
                count += 1;
                diagnostics.push(neither(&file));
                continue;
            }
        }
        match document::decode(&file.name, &file.bytes, &case::model::Suite::CODES) {
            Ok(source) => parsed.push(case::parse_suite(source)),
            Err(diagnostic) => diagnostics.push(diagnostic),
        }
    }
    for suite in &mut parsed {
        let folder = Path::new(&suite.source.name).parent().unwrap_or(Path::new("")).to_owned();
        suite.read_bodies(&mut |file| {
            let read = input::read(&folder.join(file), input::Kind::Body);
            read.map(Into::into).map_err(|error| error.to_string())
        });
    }
    for suite in &parsed {
        diagnostics.extend(suite.diagnostics.iter().cloned());
    }
    diagnostics.extend(case::across(&parsed));
    let cases = parsed.iter().flat_map(case::expand).collect();
    Ok(Loaded { cases, diagnostics, files: count, plans })
}

/// That a file is nothing that we read.
fn neither(file: &suite::File) -> Diagnostic {
    let text = String::from_utf8_lossy(&file.bytes).into_owned();
    let source = Arc::new(SourceText { name: file.name.clone(), text });
    let message = format!("{} is neither a case file nor a load plan", file.name);
    Diagnostic::error("suite.neither", message)
        .at(&source, 0..1.min(source.text.len()), "expected an object with `cases`, or with `stages`")
        .help("leave it out, or say in `$schema` what it is")
}

/// Whether the suite in these bytes may have this test: a glance at its id, because a process
/// that runs one test should not have to check every suite. What cannot be read may have it.
fn may_have(bytes: &[u8], test: &str) -> bool {
    #[derive(serde::Deserialize)]
    struct Head {
        id: String,
    }
    serde_json::from_slice(bytes).map_or(true, |head: Head| test.starts_with(&head.id))
}

/// Which cases are wanted.
#[derive(Default)]
pub(crate) struct Wanted {
    /// Tests by id, prefix of ids or glob; none: all.
    pub(crate) select: Vec<String>,
    /// Tests to leave out, in the same way.
    pub(crate) skip: Vec<String>,
    /// Kinds of cases; none: all.
    pub(crate) kinds: Vec<Kind>,
    /// Case files or folders of them; none: those that come with Crosscheck.
    pub(crate) suites: Vec<PathBuf>,
    /// What draws the sample of orders.
    pub(crate) seed: Option<u64>,
    /// The caches to put between.
    pub(crate) through: Vec<Through>,
}

/// What was asked for of some case files.
pub(crate) struct Selected {
    /// The cases of which something is selected.
    pub(crate) cases: Vec<ExpandedCase>,
    /// The ids of all cases of the files, selected or not.
    all: Vec<String>,
    /// All cases whose rows are derived from the endpoint's rules.
    derived: Vec<ExpandedCase>,
    selection: case::Selection,
    patterns: Vec<String>,
    /// Whether other caches are put between than those that cases name.
    through: bool,
    seed: u64,
}

impl Selected {
    /// Reads the case files and picks cases; with the id of a test, only from the suite that has it. Besides, what is
    /// suspicious in the files.
    pub(crate) fn load(
        wanted: Wanted,
        only: Option<&str>,
    ) -> Result<(Self, Vec<Diagnostic>), ConformanceError> {
        let refused = |diagnostic| ConformanceError::Input(vec![diagnostic]);
        let loaded = load(&wanted.suites, only).map_err(refused)?;
        if loaded.errors() > 0 {
            return Err(ConformanceError::Input(loaded.diagnostics));
        }
        if let (0, Some(plan)) = (loaded.files, loaded.plans.first()) {
            let message = format!("{} is a load plan, and there is no case file", plan.name);
            let help = format!("`crosscheck load {}` runs it", plan.name);
            return Err(refused(Diagnostic::error("suite.plan", message).help(help)));
        }
        let selection = case::Selection::new(&wanted.select, &wanted.skip).map_err(refused)?;
        let all = loaded.cases.iter().map(|case| case.id.clone()).collect();
        let is_derived = |case: &&ExpandedCase| case.case.each.derived().is_some();
        let derived = loaded.cases.iter().filter(is_derived).cloned().collect();
        let (kinds, through) = (wanted.kinds, wanted.through);
        let cases = loaded
            .cases
            .into_iter()
            .filter(|case| kinds.is_empty() || kinds.contains(&case.case.kind))
            .filter(|case| selection.may_select_below(&case.id))
            .filter_map(|case| if through.is_empty() { Some(case) } else { case.through(&through) })
            .collect();
        let selected = Self {
            cases,
            all,
            derived,
            selection,
            patterns: wanted.select,
            through: !through.is_empty(),
            seed: wanted.seed.unwrap_or(SEED),
        };
        Ok((selected, loaded.diagnostics))
    }

    pub(crate) fn seed(&self) -> u64 {
        self.seed
    }

    /// The ids of all cases of the files and of their derived rows on this endpoint, selected or not.
    pub(crate) fn all(&self, endpoint: &Settings) -> Vec<String> {
        let outlook = endpoint.outlook();
        let derived = self.derived.iter().flat_map(|case| plan::plan(case, &outlook, self.seed));
        self.all.iter().cloned().chain(derived.map(|planned| planned.id)).collect()
    }

    /// The selected tests on an endpoint whose operations share their CORS layers so.
    pub(crate) fn tests(&self, endpoint: &Settings, survey: &Survey) -> Vec<Planned> {
        let outlook = endpoint.outlook();
        let views = endpoint.views();
        let everything: Vec<Planned> = if views.is_empty() {
            self.cases.iter().flat_map(|case| plan::plan(case, &outlook, self.seed)).collect()
        } else {
            let views: Vec<_> = views
                .into_iter()
                .enumerate()
                .map(|(place, view)| (view, survey.stands_for_its_layer(place)))
                .collect();
            plan::plan_operations(&self.cases, &outlook, &views, self.seed)
        };
        everything.into_iter().filter(|planned| self.selection.selects(&planned.id)).collect()
    }

    /// What is to be run on an endpoint: where it has several operations, as soon as their CORS layers are known.
    pub(crate) fn run_plan(self: &Arc<Self>, endpoint: &Settings, assumed: Vec<Planned>) -> Plan {
        if endpoint.operations.value.is_empty() {
            return Plan::Known(assumed);
        }
        let (selected, endpoint) = (Arc::clone(self), endpoint.clone());
        Plan::BySurvey(Box::new(move |survey| selected.tests(&endpoint, survey)))
    }

    /// The selected tests on an endpoint, as far as they are known before anything is sent. A selection that matches
    /// nothing is told with the ids that it may have meant.
    pub(crate) fn plan(
        &self,
        endpoint: &Settings,
        survey: &Survey,
    ) -> Result<Vec<Planned>, ConformanceError> {
        let planned = self.tests(endpoint, survey);
        if planned.is_empty() {
            let mut diagnostic = Diagnostic::error("select.nothing", "the selection matches no test");
            let near: BTreeSet<&str> = self
                .patterns
                .iter()
                // What is left out for its caches is not misspelt.
                .filter(|_| !self.through)
                .flat_map(|pattern| case::nearest_ids(pattern, self.all.iter().map(String::as_str)))
                .collect();
            for id in near {
                diagnostic = diagnostic.help(format!("did you mean `{id}`?"));
            }
            if self.through {
                diagnostic =
                    diagnostic.help("--through runs only cases of the kind `safety` that go through a cache");
            }
            let diagnostic = diagnostic.help("`crosscheck list --target embedded` shows every id");
            return Err(ConformanceError::NothingSelected(Box::new(diagnostic)));
        }
        Ok(planned)
    }
}
