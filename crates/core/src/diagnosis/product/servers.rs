//! Web servers, in which CORS is written by hand.

use std::fmt::Write;

use super::{Grant, Setting, Situation};

/// The fields that only the preflight needs, and those of every response.
fn preflight_fields(grant: &Grant) -> Vec<(&'static str, String)> {
    let mut fields = vec![("Access-Control-Allow-Methods", grant.methods.join(", "))];
    if !grant.headers.is_empty() {
        fields.push(("Access-Control-Allow-Headers", grant.headers.join(", ")));
    }
    if let Some(seconds) = grant.max_age {
        fields.push(("Access-Control-Max-Age", seconds.to_string()));
    }
    fields
}

fn response_fields(grant: &Grant) -> Vec<(&'static str, String)> {
    let mut fields = Vec::new();
    if grant.credentials {
        fields.push(("Access-Control-Allow-Credentials", "true".to_owned()));
    }
    if !grant.exposed.is_empty() {
        fields.push(("Access-Control-Expose-Headers", grant.exposed.join(", ")));
    }
    fields
}

/// Every field that an application behind may send.
const FIELDS: [&str; 6] = [
    "Access-Control-Allow-Origin",
    "Access-Control-Allow-Credentials",
    "Access-Control-Allow-Methods",
    "Access-Control-Allow-Headers",
    "Access-Control-Expose-Headers",
    "Access-Control-Max-Age",
];

/// nginx, for a `server` block. `if` with nothing but `set` and `return` is safe there; `=` compares byte for byte, which a
/// `map` of plain strings does not; a field with an empty value is not sent; `return` comes before authentication.
/// <https://nginx.org/en/docs/http/ngx_http_headers_module.html>
pub(super) fn nginx(grant: &Grant, situation: &Situation<'_>) -> Setting {
    // Writing to a String cannot fail.
    let mut text = String::new();
    let any = grant.any_origin();
    if any {
        text.push_str("set $cors_origin \"*\";\n");
    } else {
        text.push_str("set $cors_origin \"\";\n");
        for origin in &grant.origins {
            let _ = writeln!(text, "if ($http_origin = \"{origin}\") {{ set $cors_origin $http_origin; }}");
        }
    }
    text.push_str(
        "set $cors_preflight \"\";\n\
         if ($http_access_control_request_method) { set $cors_preflight $request_method; }\n",
    );
    let variable = |name: &str| {
        name.to_ascii_lowercase().replace("access-control-", "cors_").replace("allow-", "").replace('-', "_")
    };
    for (condition, fields) in [
        ("$cors_origin", response_fields(grant)),
        ("\"$cors_preflight $cors_origin\" ~ \"^OPTIONS .\"", preflight_fields(grant)),
    ] {
        if fields.is_empty() {
            continue;
        }
        for (name, _) in &fields {
            let _ = writeln!(text, "set ${} \"\";", variable(name));
        }
        let condition = match condition.split_once(" ~ ") {
            Some((value, pattern)) => {
                let _ = writeln!(text, "set $cors_allowed_preflight {value};");
                format!("$cors_allowed_preflight ~ {pattern}")
            }
            None => condition.to_owned(),
        };
        let _ = writeln!(text, "if ({condition}) {{");
        for (name, value) in &fields {
            let _ = writeln!(text, "    set ${} \"{value}\";", variable(name));
        }
        text.push_str("}\n");
    }
    text.push_str("add_header Access-Control-Allow-Origin $cors_origin always;\n");
    for (name, _) in response_fields(grant).into_iter().chain(preflight_fields(grant)) {
        let _ = writeln!(text, "add_header {name} ${} always;", variable(name));
    }
    if !any {
        text.push_str("add_header Vary Origin always;\n");
    }
    if situation.application_answers {
        for name in FIELDS {
            let _ = writeln!(text, "proxy_hide_header {name};");
        }
    }
    text.push_str("if ($cors_preflight = OPTIONS) { return 204; }");
    let hidden = if situation.application_answers {
        " The application's own CORS fields are removed (for FastCGI: fastcgi_hide_header)."
    } else {
        ""
    };
    Setting::new(
        text,
        format!(
            "Goes into the `server` block, in place of other CORS lines there. A `location` with an `add_header` of its \
             own inherits none of these: repeat the `add_header` lines in it.{hidden}"
        ),
    )
}

/// Apache httpd, for a virtual host: there the rewrite comes before authentication. What `Header always set` writes is a
/// table of its own, so that a field of the application behind would be sent besides.
/// <https://httpd.apache.org/docs/2.4/mod/mod_headers.html>
pub(super) fn apache(grant: &Grant, situation: &Situation<'_>) -> Setting {
    let mut text = String::new();
    let any = grant.any_origin();
    let preflight = "%{REQUEST_METHOD} == 'OPTIONS' && -n req('Access-Control-Request-Method')";
    if any {
        let _ = writeln!(text, "SetEnvIfExpr \"{preflight}\" cors_preflight");
    } else {
        for origin in &grant.origins {
            let _ = writeln!(text, "SetEnvIfExpr \"req('Origin') == '{origin}'\" cors_origin={origin}");
        }
        let _ = writeln!(text, "SetEnvIfExpr \"{preflight} && -n reqenv('cors_origin')\" cors_preflight");
    }
    if situation.application_answers {
        for name in FIELDS {
            let _ = writeln!(text, "Header unset {name}");
            let _ = writeln!(text, "Header always unset {name}");
        }
    }
    let (origin, allowed) = if any { ("*", "") } else { ("%{cors_origin}e", " env=cors_origin") };
    let _ = writeln!(text, "Header always set Access-Control-Allow-Origin \"{origin}\"{allowed}");
    for (name, value) in response_fields(grant) {
        let _ = writeln!(text, "Header always set {name} \"{value}\"{allowed}");
    }
    for (name, value) in preflight_fields(grant) {
        let _ = writeln!(text, "Header always set {name} \"{value}\" env=cors_preflight");
    }
    if !any {
        text.push_str("Header always merge Vary Origin\n");
    }
    text.push_str(
        "RewriteEngine On\nRewriteCond %{REQUEST_METHOD} =OPTIONS\n\
         RewriteCond %{HTTP:Access-Control-Request-Method} .\nRewriteRule ^ - [R=204,L]",
    );
    Setting::new(
        text,
        "Goes into the `<VirtualHost>`, in place of other CORS lines there; in `<Directory>` or .htaccess authentication \
         would come before the preflight is answered. Needs mod_headers, mod_setenvif and mod_rewrite.",
    )
}

/// Caddy, for a site block. Fields are set before the handlers, so that errors carry them too.
/// <https://caddyserver.com/docs/caddyfile/directives/header>
pub(super) fn caddy(grant: &Grant, situation: &Situation<'_>) -> Setting {
    let mut text = String::new();
    let any = grant.any_origin();
    let preflight = "{method} == \"OPTIONS\" && {header.Access-Control-Request-Method} != \"\"";
    let _ = writeln!(text, "@cors_preflight expression `{preflight}`");
    let _ = writeln!(text, "@cors_actual expression `!({preflight})`");
    let allowed_preflight = if any {
        "@cors_preflight"
    } else {
        text.push_str("map {header.Origin} {cors_origin} {\n");
        for origin in &grant.origins {
            let _ = writeln!(text, "\t{origin} {origin}");
        }
        text.push_str("\tdefault \"\"\n}\n@cors_allowed expression `{cors_origin} != \"\"`\n");
        let _ = writeln!(text, "@cors_allowed_preflight expression `{preflight} && {{cors_origin}} != \"\"`");
        text.push_str("header +Vary Origin\n");
        "@cors_allowed_preflight"
    };
    let (allowed, origin) = if any { ("", "*") } else { ("@cors_allowed ", "{cors_origin}") };
    let _ = writeln!(text, "header {allowed}{{\n\tAccess-Control-Allow-Origin {origin}");
    for (name, value) in response_fields(grant) {
        let _ = writeln!(text, "\t{name} \"{value}\"");
    }
    let _ = writeln!(text, "}}\nheader {allowed_preflight} {{");
    for (name, value) in preflight_fields(grant) {
        let _ = writeln!(text, "\t{name} \"{value}\"");
    }
    text.push_str("}\nhandle @cors_preflight {\n\trespond 204\n}");
    let hidden = if situation.application_answers {
        " The application sends CORS fields too: add `header_down -Access-Control-*` to its `reverse_proxy`."
    } else {
        ""
    };
    Setting::new(
        text,
        format!(
            "Goes into the site block, in place of other CORS lines there, before its `handle` blocks. Give `basic_auth` \
             and `forward_auth` the matcher `@cors_actual`, so that preflights pass them.{hidden}"
        ),
    )
}
