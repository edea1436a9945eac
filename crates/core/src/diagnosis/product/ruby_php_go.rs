//! Rails, Laravel, and Go.

use super::{
    Grant, Setting,
    text::{filled, lines, quoted, single_quoted},
};

fn origins(grant: &Grant) -> Vec<String> {
    if grant.any_origin() { vec!["*".to_owned()] } else { grant.origins.clone() }
}

/// Rails with rack-cors. <https://github.com/cyu/rack-cors#readme>
pub(super) fn rails(grant: &Grant) -> Setting {
    const METHODS: &[&str] = &["GET", "HEAD", "PUT", "POST", "DELETE", "PATCH", "OPTIONS"];
    let every = |list: &[String]| list.iter().any(|name| name == "*");
    let (known, unknown): (Vec<String>, Vec<String>) =
        grant.methods.iter().cloned().partition(|method| METHODS.contains(&method.as_str()) || method == "*");
    let methods = if every(&known) {
        ":any".to_owned()
    } else {
        let symbols: Vec<String> =
            known.iter().map(|method| format!(":{}", method.to_ascii_lowercase())).collect();
        format!("[{}]", symbols.join(", "))
    };
    let names = |list: &[String]| {
        if every(list) { ":any".to_owned() } else { format!("[{}]", single_quoted(list)) }
    };
    let exposed = |list: &[String]| format!("[{}]", single_quoted(list));
    let options = [
        ("methods", Some(methods)),
        ("headers", filled(&grant.headers, names)),
        ("expose", filled(&grant.exposed, exposed)),
        ("credentials", Some(grant.credentials.to_string())),
        ("max_age", grant.max_age.map(|seconds| seconds.to_string())),
    ];
    let options: Vec<String> = options
        .into_iter()
        .filter_map(|(name, value)| value.map(|value| format!("      {name}: {value}")))
        .collect();
    let setting = Setting::new(
        format!(
            "Rails.application.config.middleware.insert_before 0, Rack::Cors do\n  allow do\n    origins {}\n    \
             resource '*',\n{}\n  end\nend",
            single_quoted(&origins(grant)),
            options.join(",\n")
        ),
        "config/initializers/cors.rb; it replaces what is there for these origins. The first `allow` whose origins and \
         resource fit decides.",
    );
    if unknown.is_empty() {
        return setting;
    }
    setting.short(format!("rack-cors cannot allow {}", unknown.join(", ")))
}

/// Laravel: config/cors.php. <https://laravel.com/docs/12.x/routing#cors>
pub(super) fn laravel(grant: &Grant) -> Setting {
    let list = |items: &[String]| format!("[{}]", single_quoted(items));
    let entries = lines(
        &[
            ("paths", Some("['*']".to_owned())),
            ("allowed_methods", Some(list(&grant.methods))),
            ("allowed_origins", Some(list(&origins(grant)))),
            ("allowed_origins_patterns", Some("[]".to_owned())),
            ("allowed_headers", Some(list(&grant.headers))),
            ("exposed_headers", Some(list(&grant.exposed))),
            ("max_age", Some(grant.max_age.unwrap_or(0).to_string())),
            ("supports_credentials", Some(grant.credentials.to_string())),
        ],
        |name, value| format!("    '{name}' => {value},"),
    );
    Setting::new(
        format!("<?php\n\nreturn [\n{entries}\n];"),
        "Replaces config/cors.php (`php artisan config:publish cors`); keep its `paths`. Then `php artisan config:clear`.",
    )
}

/// Go with github.com/rs/cors. <https://pkg.go.dev/github.com/rs/cors>
pub(super) fn rs_cors(grant: &Grant) -> Setting {
    let list = |items: &[String]| format!("[]string{{{}}}", quoted(items));
    let entries = lines(
        &[
            ("AllowedOrigins:  ", Some(list(&origins(grant)))),
            ("AllowedMethods:  ", Some(list(&grant.methods))),
            ("AllowedHeaders:  ", filled(&grant.headers, list)),
            ("ExposedHeaders:  ", filled(&grant.exposed, list)),
            ("AllowCredentials:", grant.credentials.then(|| "true".to_owned())),
            ("MaxAge:          ", grant.max_age.map(|seconds| seconds.to_string())),
        ],
        |name, value| format!("\t{name} {value},"),
    );
    Setting::new(
        format!("handler := cors.New(cors.Options{{\n{entries}\n}}).Handler(mux)"),
        "Wraps the outermost handler (here `mux`), authentication included; the server gets `handler` in its place.",
    )
}
