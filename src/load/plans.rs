//! Load plans by name or path, with the cases that they name.

use std::{path::Path, sync::Arc};

use crate::{
    diagnostic::{Diagnostic, SourceText},
    document::{self, Document, nearest},
    load::{
        cases::{self, Found},
        plan::{LoadPlan, parse_plan},
    },
    suite,
};

/// A plan as it was read.
pub(crate) struct Read {
    /// What it says.
    pub(crate) plan: LoadPlan,
    /// The cases that it names.
    pub(crate) cases: Vec<Found>,
    /// What is suspicious in it.
    pub(crate) warnings: Vec<Diagnostic>,
}

/// A plan by the name of one that comes with Crosscheck, or by its path.
pub(crate) fn read(name: &str) -> Result<Read, Vec<Diagnostic>> {
    let built_in = crate::shipped::plans();
    let stem = |file: &suite::File| {
        Path::new(&file.name).file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default()
    };
    let file = match built_in.iter().find(|file| stem(file) == name) {
        Some(file) => file.clone(),
        None if name.contains(['/', '\\', '.']) => suite::plan(Path::new(name))
            .map_err(|error| vec![Diagnostic::error("load.read", error.to_string())])?,
        None => {
            let names: Vec<String> = built_in.iter().map(stem).collect();
            let diagnostic =
                Diagnostic::error("load.unknown-plan", format!("there is no load plan `{name}`"));
            return Err(vec![match nearest(name, names.iter().map(String::as_str)) {
                Some(meant) => diagnostic.help(format!("did you mean `{meant}`?")),
                None => diagnostic
                    .help(format!("plans: {}; or a path, such as `./{name}.json`", names.join(", "))),
            }]);
        }
    };
    checked(&file)
}

/// A plan from a file, with the cases that it names; or everything that is wrong with it.
pub(crate) fn checked(file: &suite::File) -> Result<Read, Vec<Diagnostic>> {
    let source: Arc<SourceText> =
        document::decode(&file.name, &file.bytes, &LoadPlan::CODES).map_err(|error| vec![error])?;
    let parsed = parse_plan(&source)?;
    let cases = cases::find(&parsed, &crate::shipped::cases())?;
    Ok(Read { plan: parsed.plan, cases, warnings: parsed.warnings })
}

/// The plans that come with Crosscheck, a line for each.
#[cfg(feature = "cli")]
pub(crate) fn list() -> String {
    let mut out = String::new();
    for file in crate::shipped::plans() {
        if let Ok(plan) = serde_json::from_slice::<LoadPlan>(&file.bytes) {
            out.push_str(&format!("{:<28} {}\n", plan.id, plan.title));
        }
    }
    out
}
