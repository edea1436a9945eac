use std::{fs, path::Path};

use super::super::{args::CachesArgs, console::Console, exit::Exit};
use crate::{
    caching::Model,
    diagnostic::Diagnostic,
    gateway::{self, Folder, GatewayError},
    report,
    vary::{self, Real, Row, Way},
};

/// Shows what caches do with each way of saying `Vary`: real ones, started by their scripts, or
/// the models.
pub(in crate::cli) fn caches(args: &CachesArgs, console: &Console) -> Exit {
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
            Ok(text) => console.print(&text),
            Err(error) => return console.refuse(&Diagnostic::error("caches.json", error.to_string())),
        }
    } else {
        console.print(&report::caches::render(&rows));
    }
    let Some(expected) = expected else { return Exit::AsExpected };
    let differences = report::caches::differences(&rows, &expected);
    if differences.is_empty() {
        console.note(&format!("{} rows, all as expected", rows.len()));
        return Exit::AsExpected;
    }
    for difference in &differences {
        console.note(difference);
    }
    Exit::Findings
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

/// The rows of an earlier run.
fn read(path: &Path) -> Result<Vec<Row>, Diagnostic> {
    let text = fs::read_to_string(path).map_err(|error| {
        Diagnostic::error("caches.expect", format!("cannot read {}: {error}", path.display()))
            .help("`crosscheck caches --json FOLDER …` writes such a file")
    })?;
    serde_json::from_str(&text).map_err(|error| {
        Diagnostic::error("caches.expect", format!("{}: {error}", path.display()))
            .help("`crosscheck caches --json FOLDER …` writes such a file")
    })
}
