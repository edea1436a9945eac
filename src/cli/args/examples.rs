//! The examples at the end of each command's help. `tests/it/help.rs` parses every line.

use crate::cli::exit::Exit;

/// The exit codes and the examples of the command line itself.
pub(super) fn of_all() -> String {
    format!("{}\n\n{ALL}", Exit::table())
}

const ALL: &str = "Examples:
  crosscheck explain https://api.example.com/items --origin https://app.example.com
  crosscheck run --target https://api.example.com/items --allowed-origin https://app.example.com
  crosscheck run cache --target embedded";

pub(super) const RUN: &str = "Examples:
  crosscheck run --target https://api.example.com/items --allowed-origin https://app.example.com
  crosscheck run cache '**/*credentials*' --target embedded
  crosscheck run --config staging.json --baseline baseline.json --fail-on high --events -";

pub(super) const COMPARE: &str = "Examples:
  crosscheck compare baseline.json reports/run.json
  crosscheck compare baseline.json reports/run.json --json";

pub(super) const MERGE: &str = "Examples:
  crosscheck merge shard-1/run.json shard-2/run.json
  crosscheck merge shard-1/run.json shard-2/run.json --output run.json";

pub(super) const TRY: &str = "Examples:
  crosscheck try my-case.json --target embedded
  crosscheck try my-case.json --target https://api.example.com --allowed-origin https://a.example
  crosscheck try my-case.json --target embedded --fault vary-missing";

pub(super) const CHECK: &str = "Examples:
  crosscheck check
  crosscheck check suites/ my-case.json";

pub(super) const LIST: &str = "Examples:
  crosscheck list --target embedded
  crosscheck list cache --target embedded --plan
  crosscheck list cache --target embedded --json";

pub(super) const EXPLAIN: &str = "Examples:
  crosscheck explain https://api.example.com/items --origin https://app.example.com
  crosscheck explain https://api.example.com/items --origin https://app.example -X PUT -H x-id
  crosscheck explain embedded --origin https://app.example.com --data '{}' --expose-header ETag";

#[cfg(feature = "load")]
pub(super) const LOAD: &str = "Examples:
  crosscheck load --target http://127.0.0.1:8080/items --allowed-origin https://app.example.com
  crosscheck load preflight-storm --target embedded --rate 2000 --duration 30s
  crosscheck load --plans";

#[cfg(feature = "store")]
pub(super) const VARY: &str = "Examples:
  crosscheck vary
  crosscheck vary --views 20000 --model shared --json
  crosscheck vary --print-scenario";

#[cfg(feature = "store")]
pub(super) const CACHES: &str = "Examples:
  crosscheck caches
  crosscheck caches --situations --json";

#[cfg(feature = "store")]
pub(super) const SERVE: &str = "Examples:
  crosscheck serve
  crosscheck serve --dialect s3 --listen 127.0.0.1:0 --bucket photos:public-read
  crosscheck serve --fault vary-missing";

pub(super) const RULES: &str = "Examples:
  crosscheck rules get --target https://photos.s3.us-east-1.amazonaws.com/ --dialect s3
  crosscheck rules put rules.json --target https://photos.s3.us-east-1.amazonaws.com/ --dialect s3
  crosscheck rules restore";

pub(super) const RULES_GET: &str = "Examples:
  crosscheck rules get --target https://photos.s3.us-east-1.amazonaws.com/ --dialect s3
  crosscheck rules get --config crosscheck.json --json";

pub(super) const RULES_PUT: &str = "Examples:
  crosscheck rules put rules.json --target https://photos.s3.us-east-1.amazonaws.com/ --dialect s3
  crosscheck rules put - --config crosscheck.json --dry-run";

pub(super) const RULES_DELETE: &str = "Examples:
  crosscheck rules delete --target https://photos.s3.us-east-1.amazonaws.com/ --dialect s3
  crosscheck rules delete --config crosscheck.json --dry-run";

pub(super) const RULES_RESTORE: &str = "Examples:
  crosscheck rules restore
  crosscheck rules restore saved-rules.json --dry-run";

pub(super) const IMPORT: &str = "Examples:
  crosscheck import recorded.har --output recorded.json
  crosscheck import recorded.har --target https://api.example.com/v1/
  crosscheck import page.har --as operations --output crosscheck.json";

pub(super) const INIT: &str = "Examples:
  crosscheck init --target https://api.example.com/items --allowed-origin https://app.example.com
  crosscheck init --dir tests --force";

pub(super) const CONFIG: &str = "Examples:
  crosscheck config show
  crosscheck config variables";

pub(super) const CONFIG_SHOW: &str = "Examples:
  crosscheck config show
  crosscheck config show --config staging.json --request-timeout 2000";

pub(super) const CONFIG_VARIABLES: &str = "Examples:
  crosscheck config variables
  crosscheck config variables --color never";

#[cfg(feature = "load")]
pub(super) const RENDER: &str = "Examples:
  crosscheck render reports/run.json
  crosscheck render reports/run.json --form sarif
  crosscheck render reports/load.json --baseline baseline.json";

#[cfg(not(feature = "load"))]
pub(super) const RENDER: &str = "Examples:
  crosscheck render reports/run.json
  crosscheck render reports/run.json --form sarif";

pub(super) const SCHEMA: &str = "Examples:
  crosscheck schema suite
  crosscheck schema target";

pub(super) const COMPLETIONS: &str = "Examples:
  crosscheck completions bash
  crosscheck completions zsh";

pub(super) const MAN: &str = "Examples:
  crosscheck man
  crosscheck man rules get
  crosscheck man --dir man1";
