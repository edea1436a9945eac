//! The syntax oracle: the grammar of the CORS response fields (Fetch §3.3.3 and §3.3.4 *HTTP
//! new-header syntax*), how many lines there are, and their bytes. Needs no policy.

use url::Url;

use super::{Code, Finding, Oracle, Weight, fields::members};
use crate::{
    exchange::Step,
    message::{Fields, is_token, isomorphic},
};

/// The CORS response fields that exist.
const KNOWN: [&str; 6] = [
    "access-control-allow-origin",
    "access-control-allow-credentials",
    "access-control-allow-methods",
    "access-control-allow-headers",
    "access-control-max-age",
    "access-control-expose-headers",
];

/// CORS fields outside the standard that browsers once read; harmless.
const ELSEWHERE: [&str; 2] = ["access-control-allow-private-network", "access-control-allow-external"];

/// Looks at the field lines of one answer.
pub(super) fn judge(step: &Step) -> Vec<Finding> {
    let Some(response) = step.exchange.response() else { return Vec::new() };
    let fields = &response.fields;
    let mut findings = Vec::new();
    findings.extend(allow_origin(fields));
    findings.extend(allow_credentials(fields));
    for (code, name) in [
        (Code::SyntaxAllowMethods, "access-control-allow-methods"),
        (Code::SyntaxAllowHeaders, "access-control-allow-headers"),
        (Code::SyntaxExposeHeaders, "access-control-expose-headers"),
    ] {
        findings.extend(token_list(fields, code, name));
    }
    findings.extend(max_age(fields));
    findings.extend(unknown_fields(fields));
    findings.into_iter().map(|finding| finding.of(&step.request)).collect()
}

fn lines(fields: &Fields, name: &str) -> Vec<String> {
    fields.lines(name).map(|line| isomorphic::decode(line)).collect()
}

fn shown(name: &str, lines: &[String]) -> Vec<String> {
    lines.iter().map(|line| format!("< {name}: {line}")).collect()
}

fn allow_origin(fields: &Fields) -> Option<Finding> {
    let name = "access-control-allow-origin";
    let lines = lines(fields, name);
    let finding = |message: &str, cure: &str| {
        Some(
            Finding::failure(Oracle::Syntax, Code::SyntaxAllowOrigin, message)
                .expected(
                    "one line with one serialised origin, `*` or `null`",
                    format!("{} line(s)", lines.len()),
                )
                .evidence(shown(name, &lines))
                .fix(cure),
        )
    };
    match lines.as_slice() {
        [] => None,
        [line] if line == "*" || line == "null" || is_serialised_origin(line) => None,
        [line] if line.contains([',', ' ']) => finding(
            "Access-Control-Allow-Origin holds several values",
            "answer one origin: the one that asked",
        ),
        [_] => finding(
            "Access-Control-Allow-Origin is no origin",
            "an origin is scheme, host and non-default port, in lower case, without a slash at the end",
        ),
        _ => finding("Access-Control-Allow-Origin stands on several lines", "let only one layer add it"),
    }
}

/// Whether the text is the serialisation of a tuple origin (HTML *ASCII serialization of an origin*).
fn is_serialised_origin(text: &str) -> bool {
    if text == "file://" {
        return true;
    }
    // The URL parser lets `*` be part of a host; no page can come from there.
    let Ok(url) = Url::parse(text) else { return false };
    if text.contains('*') {
        return false;
    }
    match url.origin() {
        origin @ url::Origin::Tuple(..) => origin.ascii_serialization() == text,
        // Schemes that are not special have origins of their own in the field (`app://x`).
        url::Origin::Opaque(_) => {
            url.has_host() && matches!(url.path(), "" | "/") && !text.ends_with('/') && url.query().is_none()
        }
    }
}

fn allow_credentials(fields: &Fields) -> Option<Finding> {
    let name = "access-control-allow-credentials";
    let lines = lines(fields, name);
    match lines.as_slice() {
        [] => None,
        [line] if line == "true" => None,
        _ => Some(
            Finding::failure(
                Oracle::Syntax,
                Code::SyntaxAllowCredentials,
                "Access-Control-Allow-Credentials can only be `true`",
            )
            .weight(if lines == ["false"] { Weight::Warning } else { Weight::Failure })
            .expected("one line `true`, or none", format!("{} line(s)", lines.len()))
            .evidence(shown(name, &lines))
            .fix("send exactly `true`, lower case, once, or leave it out"),
        ),
    }
}

fn token_list(fields: &Fields, code: Code, name: &str) -> Option<Finding> {
    let lines = lines(fields, name);
    let bad = members(&lines).find(|member| !is_token(member.as_bytes()))?;
    // A broken Access-Control-Expose-Headers exposes nothing; the other two end the preflight.
    let weight = if code == Code::SyntaxExposeHeaders { Weight::Warning } else { Weight::Failure };
    Some(
        Finding::failure(Oracle::Syntax, code, format!("`{name}` holds `{bad}`, which is no token"))
            .weight(weight)
            .expected("tokens between commas", format!("`{bad}`"))
            .evidence(shown(name, &lines))
            .fix("list names between commas: no quotes, semicolons or brackets"),
    )
}

fn max_age(fields: &Fields) -> Option<Finding> {
    let name = "access-control-max-age";
    let lines = lines(fields, name);
    match lines.as_slice() {
        [] => None,
        [line] if !line.is_empty() && line.bytes().all(|byte| byte.is_ascii_digit()) => None,
        // Middlewares send -1 to switch the preflight cache off, and today's browsers heed it.
        [line] if line == "-1" => None,
        _ => Some(
            Finding::failure(
                Oracle::Syntax,
                Code::SyntaxMaxAge,
                "Access-Control-Max-Age is no number of seconds",
            )
            .weight(Weight::Warning)
            .expected("one line of digits", format!("{} line(s)", lines.len()))
            .evidence(shown(name, &lines))
            .fix("send whole seconds, digits only; anything else counts as 5"),
        ),
    }
}

fn unknown_fields(fields: &Fields) -> Vec<Finding> {
    /// More of them say nothing more.
    const TOLD: usize = 10;
    let mut findings = Vec::new();
    let mut more = 0_usize;
    for field in fields {
        let name = field.name.to_ascii_lowercase();
        if !name.starts_with("access-control-")
            || KNOWN.contains(&name.as_str())
            || ELSEWHERE.contains(&name.as_str())
        {
            continue;
        }
        if findings.len() == TOLD {
            more += 1;
            continue;
        }
        let message = if name.starts_with("access-control-request-") {
            format!("`{}` is a request header; on a response it means nothing", field.name)
        } else {
            format!("`{}` is no CORS response field", field.name)
        };
        let nearest = KNOWN
            .iter()
            .max_by(|a, b| strsim::jaro_winkler(a, &name).total_cmp(&strsim::jaro_winkler(b, &name)));
        let finding = Finding::failure(Oracle::Syntax, Code::SyntaxUnknownField, message)
            .weight(Weight::Warning)
            .evidence(vec![format!("< {}: {}", field.name, field.text())]);
        findings.push(match nearest {
            Some(nearest) => finding.fix(format!("did you mean `{nearest}`?")),
            None => finding,
        });
    }
    if more > 0 {
        let message = format!("{more} more lines of unknown Access-Control fields");
        findings.push(
            Finding::failure(Oracle::Syntax, Code::SyntaxUnknownField, message).weight(Weight::Warning),
        );
    }
    findings
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{
        case::model::ServedBy,
        exchange::{Exchange, Purpose, Received},
        message::{Request, Response},
    };

    #[test]
    fn the_grammar_of_each_field() {
        let (origin, credentials) = ("Access-Control-Allow-Origin", "Access-Control-Allow-Credentials");
        let methods = "Access-Control-Allow-Methods";
        // (lines, code and weight of the finding)
        let failure = |code| Some((code, Weight::Failure));
        let warning = |code| Some((code, Weight::Warning));
        let rows: [(&[(&str, &str)], _); 28] = [
            (&[], None),
            (&[(origin, "*")], None),
            (&[(origin, "null")], None),
            (&[(origin, "https://a.example")], None),
            (&[(origin, "https://a.example:8443")], None),
            (&[(origin, "http://[::1]:8080")], None),
            (&[(origin, "app://localhost")], None),
            (&[(origin, "https://a.example/")], failure("syntax.allow-origin")),
            (&[(origin, "https://a.example:443")], failure("syntax.allow-origin")),
            (&[(origin, "https://A.example")], failure("syntax.allow-origin")),
            (&[(origin, "a.example")], failure("syntax.allow-origin")),
            (&[(origin, "")], failure("syntax.allow-origin")),
            (&[(origin, "false")], failure("syntax.allow-origin")),
            (&[(origin, "https://*.example")], failure("syntax.allow-origin")),
            (&[(origin, "https://a.example, https://b.example")], failure("syntax.allow-origin")),
            (&[(origin, "*"), (origin, "*")], failure("syntax.allow-origin")),
            (&[(credentials, "true")], None),
            (&[(credentials, "True")], failure("syntax.allow-credentials")),
            (&[(credentials, "false")], warning("syntax.allow-credentials")),
            (&[(credentials, "true"), (credentials, "true")], failure("syntax.allow-credentials")),
            (&[(methods, "GET,, PUT ,")], None),
            (&[(methods, "GET; PUT")], failure("syntax.allow-methods")),
            (&[("Access-Control-Allow-Headers", "\"x-a\"")], failure("syntax.allow-headers")),
            (&[("Access-Control-Expose-Headers", "x a")], warning("syntax.expose-headers")),
            (&[("Access-Control-Max-Age", "600")], None),
            (&[("Access-Control-Max-Age", "10m")], warning("syntax.max-age")),
            (&[("Access-Control-Allow-Max-Age", "600")], warning("syntax.unknown-field")),
            (&[("Access-Control-Request-Method", "PUT")], warning("syntax.unknown-field")),
        ];
        for (lines, expected) in rows {
            let mut response = Response::new(200);
            for (name, value) in lines {
                response = response.with_field(name, value);
            }
            let url = Url::parse("https://api.example.com/").expect("a URL");
            let step = Step {
                request: "request".into(),
                purpose: Purpose::Actual,
                served_by: ServedBy::Network,
                exchange: Arc::new(Exchange::new(
                    Arc::new(Request::new("GET", url)),
                    Received::Response(response),
                )),
                evidence: Vec::new(),
            };
            let found = judge(&step);
            let found: Vec<_> = found.iter().map(|finding| (finding.code.as_str(), finding.weight)).collect();
            assert_eq!(found, expected.into_iter().collect::<Vec<_>>(), "{lines:?}");
        }
    }
}
