//! Target files from recordings and descriptions of APIs.

use url::Url;

use super::super::{
    args::ImportArgs,
    console::Console,
    exit::Exit,
    imported::{self, Source},
};
use super::import::{base, refusal, some, write};
use crate::{
    diagnostic::Diagnostic,
    endpoint::EndpointFile,
    import::{Target, target_of_api, target_of_recording},
};

/// Writes a target file with the operations of a recording or of a description.
pub(super) fn operations(args: &ImportArgs, console: &Console) -> Exit {
    let target = base(args).and_then(|base| target(args, base.as_ref()));
    let target = match target {
        Ok(target) => target,
        Err(diagnostic) => return console.refuse(&diagnostic),
    };
    imported::notes(&target.operations, console);
    let file = file(&target, &args.allowed_origin);
    let text = match serde_json::to_string_pretty(&file) {
        Ok(text) => text + "\n",
        Err(error) => return console.refuse(&Diagnostic::error("import.write", error.to_string())),
    };
    if let Err(diagnostic) = write(args, &text, console) {
        return console.refuse(&diagnostic);
    }
    if target.elsewhere > 0 {
        console.note(&format!("left out {}: of other endpoints", some(target.elsewhere, "operation")));
    }
    if !target.withheld.is_empty() {
        console.note(&format!("withheld, because they look like secrets: {}", target.withheld.join(", ")));
    }
    if file.allowed_origins.is_none() {
        console.note("no page used it: add the origins that it should allow as `allowed_origins`");
    }
    let name = args.output.as_ref().map_or_else(|| "FILE".to_owned(), |path| path.display().to_string());
    console.note(&format!(
        "{}; correct what the endpoint should allow, then: crosscheck list --plan --config {name}",
        some(target.operations.len(), "operation")
    ));
    Exit::AsExpected
}

fn target(args: &ImportArgs, base: Option<&Url>) -> Result<Target, Diagnostic> {
    match imported::source(&args.file)? {
        Source::Recording(archive) => target_of_recording(&archive, base).map_err(|error| refusal(&error)),
        Source::Description(api) => target_of_api(api, base).ok_or_else(|| {
            Diagnostic::error("import.no-server", "the document does not say where the API is")
                .help("name the endpoint: --target URL")
        }),
    }
}

/// The target file; `origins`: those that the command line names, instead of those of a recording.
fn file(target: &Target, origins: &[String]) -> EndpointFile {
    let origins = if origins.is_empty() { &target.origins } else { origins };
    EndpointFile {
        url: Some(target.url.to_string()),
        allowed_origins: (!origins.is_empty()).then(|| origins.to_vec()),
        allowed_headers: (!target.headers.is_empty() && !origins.is_empty()).then(|| target.headers.clone()),
        allow_credentials: (target.credentials && !origins.is_empty()).then_some(true),
        operations: target.operations.iter().map(imported::operation).collect(),
        ..EndpointFile::default()
    }
}
