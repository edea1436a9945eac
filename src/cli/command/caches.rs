use std::path::Path;

use super::super::{args::CachesArgs, console::Console, exit::Exit};
use crate::{
    caching::Model,
    diagnostic::Diagnostic,
    gateway::{self, Folder, GatewayError},
    input, report,
    vary::{
        self, Real, Row, Way,
        situation::{Case, SITUATIONS, Situation, play},
    },
};

/// Shows what caches do with each way of saying `Vary`: real ones, started by their scripts, or
/// the models.
pub(in crate::cli) fn caches(args: &CachesArgs, console: &Console) -> Exit {
    if args.situations {
        return situations(args, console);
    }
    let expected = match args.expect.as_deref().map(read).transpose() {
        Ok(expected) => expected,
        Err(diagnostic) => return console.refuse(&diagnostic),
    };
    let rows = if args.folders.is_empty() {
        models()
    } else {
        match real(args, console) {
            Ok(rows) => rows,
            Err(exit) => return exit,
        }
    };
    if args.json {
        match report::caches::json(&rows) {
            Ok(text) => console.print_json(text),
            Err(error) => return console.refuse(&Diagnostic::error("caches.json", error.to_string())),
        }
    } else {
        console.print(&report::caches::render(&rows));
    }
    let Some(expected) = expected else { return Exit::AsExpected };
    compared(&report::caches::differences(&rows, &expected), &format!("{} rows", rows.len()), console)
}

/// What is not as expected, one below the other.
fn compared(differences: &[String], all: &str, console: &Console) -> Exit {
    if differences.is_empty() {
        console.note(&format!("{all}, all as expected"));
        return Exit::AsExpected;
    }
    for difference in differences {
        console.note(difference);
    }
    Exit::Findings
}

/// Shows what caches do in each situation: real ones, all started at once, or the models.
fn situations(args: &CachesArgs, console: &Console) -> Exit {
    let expected = match args.expect.as_deref().map(read).transpose() {
        Ok(expected) => expected,
        Err(diagnostic) => return console.refuse(&diagnostic),
    };
    let cases = if args.folders.is_empty() {
        played()
    } else {
        match heard(args, console) {
            Ok(cases) => cases,
            Err(exit) => return exit,
        }
    };
    if args.json {
        match report::situations::json(&cases) {
            Ok(text) => console.print_json(text),
            Err(error) => return console.refuse(&Diagnostic::error("caches.json", error.to_string())),
        }
    } else {
        console.print(&report::situations::render(&cases));
    }
    let Some(expected) = expected else { return Exit::AsExpected };
    let unexpected = report::situations::unexpected(&cases, &expected);
    compared(&unexpected, &format!("{} situations", cases.len()), console)
}

/// What every model of a shared cache does.
fn played() -> Vec<Case> {
    let shared = Model::NAMED.iter().filter(|(_, model)| model.is_shared());
    let case = |name: &str, model: &Model, situation: &Situation| Case {
        cache: name.to_owned(),
        situation: situation.id.to_owned(),
        heard: play(model, situation),
    };
    shared
        .flat_map(|(name, model)| SITUATIONS.iter().map(move |situation| case(name, model, situation)))
        .collect()
}

fn heard(args: &CachesArgs, console: &Console) -> Result<Vec<Case>, Exit> {
    let runtime = super::super::runtime::runtime().map_err(|diagnostic| console.refuse(&diagnostic))?;
    let found = runtime.block_on(async {
        let mut asking = tokio::task::JoinSet::new();
        for (place, folder) in args.folders.iter().map(Folder::new).enumerate() {
            asking.spawn(async move { (place, gateway::situations(&folder).await) });
        }
        asking.join_all().await
    });
    let mut cases = Vec::new();
    let mut found = found;
    found.sort_by_key(|(place, _)| *place);
    for (_, found) in found {
        cases.extend(found.map_err(|error| refuse(&error, console))?);
    }
    Ok(cases)
}

fn models() -> Vec<Row> {
    Model::NAMED
        .iter()
        .flat_map(|(name, model)| Way::ALL.map(|way| Row::of_model(name, model, way)))
        .collect()
}

/// Starts each cache in front of a store that answers in each way, all ways of a cache at once.
fn real(args: &CachesArgs, console: &Console) -> Result<Vec<Row>, Exit> {
    let runtime = super::super::runtime::runtime().map_err(|diagnostic| console.refuse(&diagnostic))?;
    let orders = vary::every();
    let mut rows = Vec::new();
    for folder in args.folders.iter().map(Folder::new) {
        if console.live {
            console.note(&format!("{} …", folder.name()));
        }
        let found = runtime.block_on(async {
            let [never, always, matched, star] = Way::ALL.map(|way| gateway::find(&folder, way, &orders));
            tokio::join!(never, always, matched, star)
        });
        for (way, found) in Way::ALL.into_iter().zip([found.0, found.1, found.2, found.3]) {
            let findings = found.map_err(|error| refuse(&error, console))?;
            let name = folder.name();
            let real = Real {
                burst_breaks: findings.burst.blocked > 0,
                head_as_get: findings.head_as_get,
                validates: findings.validates,
                model_differs: Model::named(&name).map(|model| vary::differences(model, way, &findings.seen)),
            };
            rows.push(Row { cache: name, way, breaks: vary::breaking(&findings.seen), real: Some(real) });
        }
    }
    Ok(rows)
}

pub(super) fn refuse(error: &GatewayError, console: &Console) -> Exit {
    let help = match error {
        GatewayError::Start { .. } => {
            "give a folder with an executable `start` script, such as examples/caches/nginx"
        }
        GatewayError::Ended { .. } | GatewayError::Silent { .. } => {
            "run the script by hand: start PORT ORIGIN_PORT; scripts/install-caches.sh installs what the examples need"
        }
        _ => "run it again; if it happens again, what the cache says may tell why",
    };
    console.diagnostics(&[Diagnostic::error("caches.start", error.to_string()).help(help)]);
    match error {
        GatewayError::Start { .. } => Exit::Input,
        _ => Exit::CouldNotJudge,
    }
}

/// What an earlier run wrote.
fn read<T: serde::de::DeserializeOwned>(path: &Path) -> Result<Vec<T>, Diagnostic> {
    let text = input::read_text(path, input::Kind::Record).map_err(|error| {
        let help = error.help().unwrap_or("`crosscheck caches --json FOLDER …` writes such a file");
        Diagnostic::error("caches.expect", error.to_string()).help(help)
    })?;
    serde_json::from_str(&text).map_err(|error| {
        Diagnostic::error("caches.expect", format!("{}: {error}", path.display()))
            .help("`crosscheck caches --json FOLDER …` writes such a file")
    })
}
