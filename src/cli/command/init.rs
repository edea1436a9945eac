use std::{
    fs::{self, OpenOptions},
    io::{ErrorKind, Write},
    path::Path,
};

use url::Url;

use super::super::{args::InitArgs, console::Console, exit::Exit, flags};
use crate::{
    diagnostic::Diagnostic,
    endpoint::{self, EndpointFile, FILE_NAME},
    redaction,
};

/// The schema beside the target file, so that editors complete it.
const SCHEMA_NAME: &str = "crosscheck.schema.json";

/// Writes a first target file of what the flags say, and its schema beside it.
pub(in crate::cli) fn init(args: &InitArgs, console: &Console) -> Exit {
    let path = args.dir.join(FILE_NAME);
    let described = match flags::alone(&args.endpoint) {
        Ok(layer) => layer,
        Err(diagnostics) => {
            console.diagnostics(&diagnostics);
            return Exit::Input;
        }
    };
    let file = EndpointFile {
        schema: Some(format!("./{SCHEMA_NAME}")),
        url: described
            .url
            .map(|url| public(url, console))
            .or_else(|| Some("https://api.example.com/items".to_owned())),
        allowed_origins: described
            .allowed_origins
            .or_else(|| Some(vec!["https://app.example.com".to_owned()])),
        allowed_methods: described.allowed_methods.or_else(|| Some(vec!["GET".to_owned(), "PUT".to_owned()])),
        allowed_headers: described.allowed_headers.or_else(|| Some(vec!["content-type".to_owned()])),
        expose_headers: described.expose_headers,
        max_age_seconds: described.max_age_seconds,
        allow_credentials: described.allow_credentials,
        dialect: described.dialect,
        ..EndpointFile::default()
    };
    let text = match serde_json::to_string_pretty(&file) {
        Ok(text) => text + "\n",
        Err(error) => return console.refuse(&Diagnostic::error("init.write", error.to_string())),
    };
    if let Err(diagnostic) = write_new(&path, &text, args.force) {
        return console.refuse(&diagnostic);
    }
    let schema = args.dir.join(SCHEMA_NAME);
    if let Err(error) = fs::write(&schema, endpoint::published_schema()) {
        return console.refuse(&unwritable(&schema, &error));
    }
    console.print(&format!("{}\n{}\n", path.display(), schema.display()));
    console.note("correct what the endpoint should allow, then: crosscheck run");
    Exit::AsExpected
}

/// The URL without its secrets: a target file is kept under version control.
fn public(url: String, console: &Console) -> String {
    let parsed = Url::parse(&url).ok();
    match parsed.as_ref().and_then(redaction::without_secrets) {
        None => url,
        Some((public, names)) => {
            console.note(&format!(
                "left out of the URL, because they are secrets: {}; give the whole URL with --target or \
                 CROSSCHECK_TARGET",
                names.join(", ")
            ));
            public.to_string()
        }
    }
}

/// Writes a file that is not there yet; one that is, only when told so.
fn write_new(path: &Path, text: &str, force: bool) -> Result<(), Diagnostic> {
    let mut options = OpenOptions::new();
    options.write(true);
    if force {
        options.create(true).truncate(true)
    } else {
        options.create_new(true)
    };
    let mut file = options.open(path).map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => {
            Diagnostic::error("init.exists", format!("{} is there already", path.display()))
                .help("--force writes it anew; --dir DIR writes another")
        }
        _ => unwritable(path, &error),
    })?;
    file.write_all(text.as_bytes()).map_err(|error| unwritable(path, &error))
}

fn unwritable(path: &Path, error: &std::io::Error) -> Diagnostic {
    Diagnostic::error("init.write", format!("cannot write {}: {error}", path.display()))
        .help("--dir DIR writes it elsewhere")
}
