use std::{path::Path, sync::Arc};

use super::super::{args::VaryArgs, console::Console, exit::Exit};
use crate::{
    caching::Model,
    diagnostic::Diagnostic,
    document::{self, Document},
    gateway::{self, Folder},
    input, report,
    vary::cost::{self, Answers, Costs, Scenario, ScenarioText},
};

/// The models that are simulated unless others are asked for.
const MODELS: [&str; 4] = ["browser", "shared", "single-slot", "url-keyed"];

/// Shows what `Vary: Origin` costs and saves for a scenario.
pub(in crate::cli) fn vary(args: &VaryArgs, console: &Console) -> Exit {
    let scenario = match scenario(args) {
        Ok(scenario) => scenario,
        Err(diagnostics) => {
            console.diagnostics(&diagnostics);
            return Exit::Input;
        }
    };
    if args.print_scenario {
        return print(console, serde_json::to_string_pretty(&scenario));
    }
    let mut models = Vec::new();
    let names: Vec<&str> = if args.model.is_empty() {
        if args.through.is_empty() { MODELS.to_vec() } else { Vec::new() }
    } else {
        args.model.iter().map(String::as_str).collect()
    };
    for name in names {
        match Model::named(name) {
            Some(model) => models.push((name, model)),
            None => return console.refuse(&no_model(name)),
        }
    }
    let answers: &[Answers] = if args.answers.is_empty() {
        &[Answers::Never, Answers::Always, Answers::Any]
    } else {
        &args.answers
    };
    let mut costs = cost::costs(&scenario, &models, answers);
    if !args.through.is_empty()
        && let Err(exit) = live(args, &scenario, answers, &mut costs, console)
    {
        return exit;
    }
    if args.json {
        return print(console, serde_json::to_string_pretty(&costs));
    }
    console.print(&report::vary_cost::render(&costs));
    Exit::AsExpected
}

/// Sends the same views through real caches, as fast as they go.
fn live(
    args: &VaryArgs,
    scenario: &Scenario,
    answers: &[Answers],
    costs: &mut Costs,
    console: &Console,
) -> Result<(), Exit> {
    let asked = u64::from(scenario.views) * u64::from(scenario.reads_per_view);
    if asked > gateway::LIVE_MAX {
        let message =
            format!("{asked} requests are more than the {} that are really sent", gateway::LIVE_MAX);
        return Err(console.refuse(
            &Diagnostic::error("vary.live", message)
                .help("take fewer views: --views N, or `views` in the scenario"),
        ));
    }
    let runtime = super::super::runtime::runtime().map_err(|diagnostic| console.refuse(&diagnostic))?;
    for folder in args.through.iter().map(Folder::new) {
        for answers in answers {
            let mut cost = runtime
                .block_on(gateway::cost(&folder, scenario, *answers))
                .map_err(|error| super::caches::refuse(&error, console))?;
            // Beside its model a reader must know it; programs tell them by their places.
            if !args.json {
                cost.cache.push_str(" (real)");
            }
            costs.costs.push(cost);
        }
    }
    Ok(())
}

fn scenario(args: &VaryArgs) -> Result<Scenario, Vec<Diagnostic>> {
    let mut scenario = match &args.scenario {
        Some(path) => read(path)?,
        None => Scenario::default(),
    };
    if let Some(views) = args.views {
        scenario.views = views;
    }
    if let Some(capacity) = args.capacity {
        scenario.capacity = Some(capacity);
    }
    if let Some(seed) = args.seed {
        scenario.seed = seed;
    }
    Ok(scenario)
}

fn read(path: &Path) -> Result<Scenario, Vec<Diagnostic>> {
    let bytes = input::read(path, input::Kind::Scenario).map_err(|error| {
        let help = error.help().unwrap_or("`crosscheck vary --print-scenario` prints one to begin with");
        vec![Diagnostic::error("scenario.read", error.to_string()).help(help)]
    })?;
    let source = document::decode(&path.display().to_string(), &bytes, &Scenario::CODES)
        .map_err(|diagnostic| vec![diagnostic])?;
    ScenarioText::parse(&Arc::clone(&source)).map(|text| text.scenario)
}

fn no_model(name: &str) -> Diagnostic {
    let known = || Model::NAMED.iter().map(|(known, _)| *known);
    let mut diagnostic = Diagnostic::error("vary.model", format!("there is no cache model `{name}`"));
    if let Some(near) = document::nearest(name, known()) {
        diagnostic = diagnostic.help(format!("did you mean `{near}`?"));
    }
    diagnostic.help(format!("there are {}", known().collect::<Vec<_>>().join(", ")))
}

fn print(console: &Console, text: serde_json::Result<String>) -> Exit {
    match text {
        Ok(text) => {
            console.print_json(text);
            Exit::AsExpected
        }
        Err(error) => console.refuse(&Diagnostic::error("vary.json", error.to_string())),
    }
}
