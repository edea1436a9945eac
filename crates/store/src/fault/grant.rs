//! The seam where the CORS response fields are written.

use bytes::Bytes;
use crosscheck_core::message::Fields;

use super::{Asked, Fault, Seam, all_origins, first_origin};

const ORIGIN: &str = "Access-Control-Allow-Origin";
const CREDENTIALS: &str = "Access-Control-Allow-Credentials";
const METHODS: &str = "Access-Control-Allow-Methods";
const HEADERS: &str = "Access-Control-Allow-Headers";
const EXPOSE: &str = "Access-Control-Expose-Headers";
const MAX_AGE: &str = "Access-Control-Max-Age";

/// How long a list an amplifying store writes, in bytes.
const AMPLIFIED_MAX: usize = 128 * 1024;

impl Seam<'_> {
    /// The CORS fields of an answer, `Vary` not among them, made from those that the rules demand.
    pub(super) fn grant(&self, mut fields: Fields, asked: &Asked<'_>) -> Fields {
        let Some(fault) = self.fault else { return fields };
        if asked.allowed {
            allowed(fault, &mut fields, asked);
        } else if asked.has_origin() {
            stranger(fault, &mut fields, asked);
        } else {
            without_origin(fault, &mut fields, asked);
        }
        match fault {
            Fault::PreflightFieldsEverywhere => {
                for (name, value) in [(METHODS, "GET, HEAD, PUT, POST, DELETE"), (HEADERS, "content-type")] {
                    if !fields.contains(name) {
                        fields.push(name, value);
                    }
                }
            }
            Fault::EmbeddingForbidden => fields.push("Cross-Origin-Resource-Policy", "same-origin"),
            Fault::PrivateNetworkAlways => fields.push("Access-Control-Allow-Private-Network", "true"),
            Fault::StateLeak => fields = self.memory.leak(fields, asked.allowed),
            Fault::ReplicaDrift if self.memory.is_third() => fields = Fields::new(),
            _ => {}
        }
        fields
    }
}

/// What an allowed origin gets.
fn allowed(fault: Fault, fields: &mut Fields, asked: &Asked<'_>) {
    let preflight = asked.preflight;
    match fault {
        Fault::StaticFirstOrigin => replace(fields, ORIGIN, first_origin(asked.policy)),
        Fault::OriginsJoined => fields.set(ORIGIN, all_origins(asked.policy).join(", ")),
        Fault::OriginsConcatenated => fields.set(ORIGIN, all_origins(asked.policy).concat()),
        Fault::DuplicateAllowOrigin => {
            if let Some(origin) = fields.get(ORIGIN) {
                fields.push(ORIGIN, origin);
            }
        }
        Fault::PartialWildcardLiteral => {
            replace(fields, ORIGIN, fields.text(ORIGIN).map(|origin| starred(&origin)))
        }
        Fault::AllowOriginTrailingSlash => {
            replace(fields, ORIGIN, fields.text(ORIGIN).map(|origin| format!("{origin}/")));
        }
        Fault::WildcardWithCredentials => {
            fields.set(ORIGIN, "*");
            fields.set(CREDENTIALS, "true");
        }
        Fault::PreflightWildcardActualEcho if preflight => fields.set(ORIGIN, "*"),
        Fault::CredentialsCapitalised if fields.contains(CREDENTIALS) => fields.set(CREDENTIALS, "True"),
        Fault::CredentialsTwice if fields.contains(CREDENTIALS) => fields.push(CREDENTIALS, "true"),
        Fault::CredentialsFalse if !fields.contains(CREDENTIALS) => fields.push(CREDENTIALS, "false"),
        Fault::CredentialsMissingOnPreflight if preflight => fields.remove(CREDENTIALS),
        Fault::CredentialsMissingOnActual if !preflight => fields.remove(CREDENTIALS),
        Fault::WildcardListsWithCredentials => {
            for name in [METHODS, HEADERS, EXPOSE] {
                if fields.contains(name) {
                    fields.set(name, "*");
                }
            }
        }
        Fault::WildcardAllowHeaders if fields.contains(HEADERS) => fields.set(HEADERS, "*"),
        Fault::PreflightWithoutAllowOrigin if preflight => fields.remove(ORIGIN),
        Fault::AllowMethodsMissing if preflight => fields.remove(METHODS),
        Fault::MethodCaseMangled => {
            replace(fields, METHODS, fields.text(METHODS).map(|list| list.to_ascii_lowercase()));
        }
        Fault::AllowMethodsInvalid => {
            replace(fields, METHODS, fields.text(METHODS).map(|list| list.replace(',', ";")));
        }
        Fault::AllowHeadersInvalid => replace(fields, HEADERS, fields.text(HEADERS).map(|list| json(&list))),
        Fault::HeaderAmplification if preflight => amplify(fields, asked),
        Fault::MaxAgeUnit => replace(fields, MAX_AGE, fields.text(MAX_AGE).map(|age| format!("{age}s"))),
        Fault::MaxAgeNotSent => fields.remove(MAX_AGE),
        Fault::MisspeltField => {
            if let Some(age) = fields.get(MAX_AGE) {
                fields.remove(MAX_AGE);
                fields.push("Access-Control-Allow-Max-Age", age);
            }
        }
        Fault::ExposeOnPreflightOnly if !preflight => fields.remove(EXPOSE),
        Fault::MaxAgeZeroDropped if fields.text(MAX_AGE).as_deref() == Some("0") => fields.remove(MAX_AGE),
        Fault::ExposeWildcard => fields.set(EXPOSE, "*"),
        Fault::WildcardReflected => name_wildcard(fields, asked),
        Fault::CookieNamesWildcard if asked.incoming.fields.contains("cookie") => {
            name_wildcard(fields, asked)
        }
        Fault::ExposeWrongList => {
            let lists =
                asked.policy.rules.iter().flat_map(|rule| rule.allowed_headers.iter().map(String::as_str));
            let wrong = lists.collect::<Vec<_>>().join(", ");
            if fields.contains(EXPOSE) {
                fields.set(EXPOSE, wrong);
            }
        }
        _ => {}
    }
}

/// What an origin gets that is not allowed.
fn stranger(fault: Fault, fields: &mut Fields, asked: &Asked<'_>) {
    match fault {
        Fault::NullToStrangers => fields.set(ORIGIN, "null"),
        Fault::AllowOriginFalse => fields.set(ORIGIN, "false"),
        Fault::CredentialsToStrangers => fields.set(CREDENTIALS, "true"),
        Fault::CredentialsFalse => fields.set(CREDENTIALS, "false"),
        Fault::StaticFirstOrigin if !asked.preflight => {
            if let Some(origin) = first_origin(asked.policy) {
                fields.set(ORIGIN, origin);
            }
        }
        _ => {}
    }
}

/// What a request gets that has no `Origin`.
fn without_origin(fault: Fault, fields: &mut Fields, asked: &Asked<'_>) {
    match fault {
        Fault::FirstOriginWithoutOrigin | Fault::StaticFirstOrigin => {
            if let Some(origin) = first_origin(asked.policy) {
                fields.set(ORIGIN, origin);
                fields.set(CREDENTIALS, "true");
            }
        }
        Fault::NullToStrangers => fields.set(ORIGIN, "null"),
        Fault::WildcardWithoutOrigin => {
            fields.set(ORIGIN, "*");
            fields.set(CREDENTIALS, "true");
        }
        Fault::RefererTrusted => {
            let named = ["x-forwarded-origin", "x-origin", "x-forwarded-host", "referer"]
                .into_iter()
                .find_map(|name| asked.incoming.fields.text(name));
            replace(fields, ORIGIN, named.map(|named| named.trim_end_matches('/').to_owned()));
        }
        _ => {}
    }
}

/// Puts the page's own name in the place of `*`, and allows it credentials.
fn name_wildcard(fields: &mut Fields, asked: &Asked<'_>) {
    if fields.text(ORIGIN).as_deref() == Some("*")
        && let Some(origin) = asked.incoming.fields.get("origin")
    {
        fields.set(ORIGIN, origin);
        fields.set(CREDENTIALS, "true");
    }
}

fn replace(fields: &mut Fields, name: &str, value: Option<String>) {
    if let Some(value) = value {
        fields.set(name, value);
    }
}

/// The origin with its first label as a wildcard.
fn starred(origin: &str) -> String {
    let (scheme, rest) = origin.split_once("://").unwrap_or(("https", origin));
    let rest = rest.split_once('.').map_or(rest, |(_, rest)| rest);
    format!("{scheme}://*.{rest}")
}

fn json(list: &str) -> String {
    let quoted: Vec<String> = list.split(", ").map(|name| format!("\"{name}\"")).collect();
    format!("[{}]", quoted.join(","))
}

/// Writes what was asked for once for every 64 bytes of it.
fn amplify(fields: &mut Fields, asked: &Asked<'_>) {
    let Some(list) = asked.incoming.fields.get("access-control-request-headers") else { return };
    let times = 1 + list.len() / 64;
    let mut long = Vec::new();
    for _ in 0..times {
        if long.len() + list.len() > AMPLIFIED_MAX {
            break;
        }
        if !long.is_empty() {
            long.extend_from_slice(b",");
        }
        long.extend_from_slice(&list);
    }
    fields.set(HEADERS, Bytes::from(long));
}
