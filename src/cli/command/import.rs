use std::{fs, sync::Arc};

use crosscheck_core::import::{self, NotImported, har};
use url::Url;

use super::{
    super::{
        args::{ImportArgs, ImportAs},
        console::Console,
        exit::Exit,
        imported,
    },
    import_target,
};
use crate::{
    case,
    diagnostic::{Diagnostic, SourceText},
};

/// Writes what a recording of a browser says about requests in one of our own forms.
pub(in crate::cli) fn import(args: &ImportArgs, console: &Console) -> Exit {
    match args.form {
        ImportAs::Cases => {
            let recording = imported::recording(&args.file).and_then(|archive| Ok((archive, base(args)?)));
            match recording {
                Ok((archive, base)) => cases(args, (&archive, base), console),
                Err(diagnostic) => console.refuse(&diagnostic),
            }
        }
        ImportAs::Operations => import_target::operations(args, console),
    }
}

/// The endpoint that the command line names.
pub(super) fn base(args: &ImportArgs) -> Result<Option<Url>, Diagnostic> {
    args.target.as_deref().map(Url::parse).transpose().map_err(|error| {
        let message = format!("--target is not a valid URL: {error}");
        Diagnostic::error("import.target", message)
            .help("write the whole URL, such as https://api.example.com/")
    })
}

/// Writes what was made to where the command line says.
pub(super) fn write(args: &ImportArgs, text: &str, console: &Console) -> Result<(), Diagnostic> {
    match &args.output {
        None => {
            console.print_data(text.as_bytes());
            Ok(())
        }
        Some(path) => fs::write(path, text).map_err(|error| {
            Diagnostic::error("import.write", format!("cannot write {}: {error}", path.display()))
        }),
    }
}

/// A number of things.
pub(super) fn some(count: usize, what: &str) -> String {
    match count {
        1 => format!("1 {what}"),
        _ => format!("{count} {what}s"),
    }
}

fn cases(args: &ImportArgs, (archive, base): (&har::Archive, Option<Url>), console: &Console) -> Exit {
    let file = args.file.file_name().unwrap_or_default().to_string_lossy();
    let imported = match import::cases(archive, base.as_ref(), &format!("Requests recorded in {file}")) {
        Ok(imported) => imported,
        Err(error) => return console.refuse(&refusal(&error)),
    };
    let mut suite = imported.suite;
    let mut unusable = imported.unusable;
    // A case that `check` would refuse is of no use.
    let before = suite.cases.len();
    suite.cases.retain(|case| {
        let alone = case::model::Suite { cases: vec![case.clone()], ..suite_head() };
        let text = serde_json::to_string(&alone).unwrap_or_default();
        !case::parse_suite(Arc::new(SourceText { name: String::new(), text })).has_errors()
    });
    unusable += before - suite.cases.len();
    if suite.cases.is_empty() {
        let message = format!("none of the {unusable} CORS requests can become a case");
        let help = "their content was not recorded, or their URLs cannot be a path of a case";
        return console.refuse(&Diagnostic::error("import.nothing", message).help(help));
    }
    let text = match serde_json::to_string_pretty(&suite) {
        Ok(text) => text + "\n",
        Err(error) => return console.refuse(&Diagnostic::error("import.write", error.to_string())),
    };
    if let Err(diagnostic) = write(args, &text, console) {
        return console.refuse(&diagnostic);
    }
    let counts = [
        (unusable, "without recorded content or with an unusable path"),
        (imported.elsewhere, "to other endpoints"),
    ];
    for (count, why) in counts.into_iter().filter(|(count, _)| *count > 0) {
        console.note(&format!("left out {}: {why}", some(count, "request")));
    }
    if !imported.withheld.is_empty() {
        console.note(&format!(
            "withheld, because they look like secrets: {}; give headers with --header",
            imported.withheld.join(", ")
        ));
    }
    let name = args.output.as_ref().map_or_else(|| "FILE".to_owned(), |path| path.display().to_string());
    console.note(&format!(
        "{}; run: crosscheck try {name} --target {}",
        some(suite.cases.len(), "case"),
        imported.base
    ));
    Exit::AsExpected
}

fn suite_head() -> case::model::Suite {
    case::model::Suite {
        schema: None,
        id: "recorded".to_owned(),
        title: "recorded".to_owned(),
        about: None,
        source: Vec::new(),
        cases: Vec::new(),
    }
}

pub(super) fn refusal(error: &NotImported) -> Diagnostic {
    let (code, help) = match error {
        NotImported::NoCors => (
            "import.no-cors",
            "record a page that makes requests to another origin, and save the archive with its headers",
        ),
        NotImported::Several(_) => ("import.several", "name the endpoint: --target URL"),
        NotImported::NoneBelow(_) => {
            ("import.none-below", "name the endpoint that the page asked: --target URL")
        }
    };
    Diagnostic::error(code, error.to_string()).help(help)
}
