//! Which whole cases a load plan is made of: read from the suites or a case file, planned for the
//! target, and set up there for as long as the run lasts.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use crosscheck_core::{
    case::{self, ExpandedCase, model::Suite, nearest_ids},
    diagnostic::{Diagnostic, Severity, SourceText},
    document::{self, Document, Place, quote},
    plan::{self, Outlook, Work},
};
use crosscheck_harness::{
    endpoint::{Endpoint, Hold, SetupError},
    suite,
};

use super::{
    plan::{CasePlan, ParsedPlan},
    trial::Stand,
};

/// The cases of one entry of a plan.
#[derive(Clone, Debug)]
pub struct Found {
    /// The plan's name for them.
    pub entry: String,
    /// The case, or its rows.
    pub cases: Vec<ExpandedCase>,
}

/// The tests of a plan on an endpoint, and what keeps them set up.
pub struct Standing {
    /// The tests.
    pub stands: Vec<Stand>,
    /// What cannot be asked of this endpoint: the id of a case, and why.
    pub left_out: Vec<(String, String)>,
    _holds: Vec<Hold>,
}

/// Why the cases of a plan cannot be put under load on an endpoint.
#[derive(Debug, thiserror::Error)]
pub enum StandError {
    /// The endpoint cannot meet what any test of an entry needs.
    #[error("the case `{case}` does not apply to it: {why}")]
    NotApplicable {
        /// The case.
        case: String,
        /// The reason.
        why: String,
    },
    /// It would write to an endpoint of which nobody said that it may be written to.
    #[error("the case `{case}` really sends {method} to an endpoint that is not ours")]
    Writes {
        /// The case.
        case: String,
        /// The method.
        method: String,
    },
    /// A bucket has one set of rules at a time.
    #[error("its cases need {0} different sets of rules, and a bucket has one at a time")]
    Rules(usize),
    /// Something could not be set up.
    #[error("what the case `{case}` needs could not be set up: {error}")]
    Setup {
        /// The case.
        case: String,
        /// What the endpoint said.
        error: SetupError,
    },
}

/// Finds the cases that a plan names, in its own files or among those that are shipped.
///
/// # Errors
/// What names nothing, at its place in the plan, and what is wrong with the files that it names.
pub fn find(parsed: &ParsedPlan, shipped: &[suite::File]) -> Result<Vec<Found>, Vec<Diagnostic>> {
    let (mut found, mut problems) = (Vec::new(), Vec::new());
    let places = parsed.tree.root().field("cases");
    let source = parsed.tree.source();
    for (index, (entry, wanted)) in parsed.plan.cases.iter().enumerate() {
        let place = places.nth(index);
        match of_entry(wanted, place, source, shipped) {
            Ok(cases) => found.push(Found { entry: entry.clone(), cases }),
            Err(more) => problems.extend(more),
        }
    }
    if problems.is_empty() { Ok(found) } else { Err(problems) }
}

fn of_entry(
    wanted: &CasePlan,
    place: Place<'_>,
    source: &Arc<SourceText>,
    shipped: &[suite::File],
) -> Result<Vec<ExpandedCase>, Vec<Diagnostic>> {
    let (mut all, ids) = match &wanted.file {
        Some(file) => (of_file(file, place, source)?, Vec::new()),
        None => of_suites(&wanted.case, shipped),
    };
    let known: Vec<String> = all.iter().map(|case| case.id.clone()).chain(ids).collect();
    all.retain(|case| {
        let is = |id: &str| id == wanted.case || id.starts_with(&format!("{}/", wanted.case));
        is(&case.id)
            || case
                .id
                .strip_prefix(&format!("{}/", case.suite))
                .is_some_and(|own| wanted.file.is_some() && is(own))
    });
    if !all.is_empty() {
        return Ok(all);
    }
    let message = format!("there is no case {}", quote(&wanted.case));
    let mut diagnostic =
        Diagnostic::error("load.unknown-case", message).at(source, place.field("case").span(), "");
    for id in nearest_ids(&wanted.case, known.iter().map(String::as_str)) {
        diagnostic = diagnostic.help(format!("did you mean `{id}`?"));
    }
    Err(vec![diagnostic.help("`crosscheck list --target embedded` shows every id")])
}

/// The cases of a file that the plan names, relative to the plan's own.
fn of_file(
    file: &str,
    place: Place<'_>,
    source: &Arc<SourceText>,
) -> Result<Vec<ExpandedCase>, Vec<Diagnostic>> {
    let folder = Path::new(&source.name).parent().map_or_else(PathBuf::new, Path::to_owned);
    let read = suite::read(&[folder.join(file)]).map_err(|error| {
        let diagnostic = Diagnostic::error("load.case-file", error.to_string());
        vec![diagnostic.at(source, place.field("file").span(), "a case file, relative to this plan")]
    })?;
    let mut cases = Vec::new();
    for file in read {
        let text = document::decode(&file.name, &file.bytes, &Suite::CODES).map_err(|error| vec![error])?;
        let parsed = case::parse_suite(text);
        let is_error = |diagnostic: &Diagnostic| diagnostic.severity == Severity::Error;
        if parsed.diagnostics.iter().any(is_error) {
            return Err(parsed.diagnostics);
        }
        cases.extend(case::expand(&parsed));
    }
    Ok(cases)
}

/// The cases of the shipped suite that has this case; and where there is none, the ids
/// of all, of which one was meant.
fn of_suites(id: &str, shipped: &[suite::File]) -> (Vec<ExpandedCase>, Vec<String>) {
    #[derive(serde::Deserialize)]
    struct Head {
        id: String,
    }
    let expanded = |file: &suite::File| {
        let text = document::decode(&file.name, &file.bytes, &Suite::CODES).ok();
        text.map(|text| case::expand(&case::parse_suite(text))).unwrap_or_default()
    };
    let (mine, others): (Vec<&suite::File>, Vec<&suite::File>) = shipped.iter().partition(|file| {
        serde_json::from_slice(&file.bytes).is_ok_and(|head: Head| id.starts_with(&format!("{}/", head.id)))
    });
    let cases: Vec<ExpandedCase> = mine.into_iter().flat_map(expanded).collect();
    let below = format!("{id}/");
    if cases.iter().any(|case| case.id == id || case.id.starts_with(&below)) {
        return (cases, Vec::new());
    }
    (cases, others.into_iter().flat_map(expanded).map(|case| case.id).collect())
}

/// Plans the cases for an endpoint, and sets up what they need.
///
/// # Errors
/// Why they cannot be put under load there.
pub async fn stand(
    found: &[Found],
    endpoint: &Endpoint,
    outlook: &Outlook,
    seed: u64,
) -> Result<Standing, StandError> {
    let fresh = endpoint.fresh_query().and_then(|query| Some(query.split_once('=')?.0.to_owned()));
    let mut standing = Standing { stands: Vec::new(), left_out: Vec::new(), _holds: Vec::new() };
    let mut rules = Vec::new();
    for Found { entry, cases } in found {
        let before = standing.stands.len();
        for case in cases {
            // What is set up for a case is not the endpoint as it was found.
            let bound = case.bind(&outlook.roles).ok().filter(|bound| bound.given.is_none());
            if let Some(method) = bound.and_then(|bound| plan::method_not_permitted(&bound, outlook)) {
                return Err(StandError::Writes { case: case.id.clone(), method });
            }
            let mut place = None;
            for planned in plan::plan(case, outlook, seed) {
                let test = match planned.work {
                    Work::Perform(test) => test,
                    Work::NotApplicable(why) => {
                        standing.left_out.push((planned.id, why));
                        continue;
                    }
                };
                let place = match &place {
                    Some(place) => place,
                    None => {
                        let given = test.case.given.as_ref();
                        rules.extend(endpoint.rules_to_set(given).filter(|set| !rules.contains(set)));
                        if rules.len() > 1 {
                            return Err(StandError::Rules(rules.len()));
                        }
                        let (at, hold) = endpoint
                            .prepare(given, test.case.writes())
                            .await
                            .map_err(|error| StandError::Setup { case: case.id.clone(), error })?;
                        standing._holds.push(hold);
                        &*place.insert(at)
                    }
                };
                standing.stands.push(Stand {
                    entry: entry.clone(),
                    known_issue: endpoint.known_issues().iter().any(|issue| issue.covers(&planned.id)),
                    id: planned.id,
                    test,
                    place: place.clone(),
                    dialect: endpoint.dialect(),
                    fresh: fresh.clone(),
                });
            }
        }
        if standing.stands.len() == before {
            let (case, why) = standing.left_out.last().cloned().unwrap_or_default();
            return Err(StandError::NotApplicable { case, why });
        }
    }
    Ok(standing)
}
