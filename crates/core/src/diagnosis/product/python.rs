//! Frameworks of Python. flask-cors allows every header where no list is given, so that there is always one.

use super::{
    Grant, Setting,
    text::{lines, python, quoted},
};

fn list(items: &[String]) -> String {
    format!("[{}]", quoted(items))
}

fn origins(grant: &Grant) -> String {
    if grant.any_origin() { "[\"*\"]".to_owned() } else { list(&grant.origins) }
}

/// Django with django-cors-headers. <https://github.com/adamchainz/django-cors-headers#readme>
pub(super) fn django(grant: &Grant) -> Setting {
    let any = grant.any_origin();
    let settings = lines(
        &[
            ("CORS_ALLOWED_ORIGINS", (!any).then(|| list(&grant.origins))),
            ("CORS_ALLOW_ALL_ORIGINS", any.then(|| "True".to_owned())),
            ("CORS_ALLOW_METHODS", Some(list(&grant.methods))),
            ("CORS_ALLOW_HEADERS", Some(list(&grant.headers))),
            ("CORS_EXPOSE_HEADERS", Some(list(&grant.exposed))),
            ("CORS_ALLOW_CREDENTIALS", Some(python(grant.credentials).to_owned())),
            ("CORS_PREFLIGHT_MAX_AGE", Some(grant.max_age.unwrap_or(0).to_string())),
        ],
        |name, value| format!("{name} = {value}"),
    );
    Setting::new(
        settings,
        "Goes into settings.py, in place of other CORS_ settings. `corsheaders` must be in INSTALLED_APPS, and \
         `corsheaders.middleware.CorsMiddleware` first in MIDDLEWARE.",
    )
}

/// Flask with flask-cors. <https://flask-cors.readthedocs.io/en/latest/api.html>
pub(super) fn flask(grant: &Grant) -> Setting {
    let arguments = lines(
        &[
            ("origins", Some(origins(grant))),
            ("methods", Some(list(&grant.methods))),
            ("allow_headers", Some(list(&grant.headers))),
            ("expose_headers", Some(list(&grant.exposed))),
            ("supports_credentials", Some(python(grant.credentials).to_owned())),
            ("max_age", grant.max_age.map(|seconds| seconds.to_string())),
            // `*` as it is, and not the request's origin.
            ("send_wildcard", grant.any_origin().then(|| "True".to_owned())),
        ],
        |name, value| format!("    {name}={value},"),
    );
    Setting::new(
        format!("CORS(\n    app,\n{arguments}\n)"),
        "Goes after `app = Flask(…)`, in place of `@cross_origin`; `CORS` is imported from `flask_cors`.",
    )
}

/// FastAPI and Starlette. <https://fastapi.tiangolo.com/tutorial/cors/>
pub(super) fn fastapi(grant: &Grant) -> Setting {
    let arguments = lines(
        &[
            ("allow_origins", Some(origins(grant))),
            ("allow_methods", Some(list(&grant.methods))),
            ("allow_headers", Some(list(&grant.headers))),
            ("expose_headers", Some(list(&grant.exposed))),
            ("allow_credentials", Some(python(grant.credentials).to_owned())),
            ("max_age", Some(grant.max_age.unwrap_or(0).to_string())),
        ],
        |name, value| format!("    {name}={value},"),
    );
    Setting::new(
        format!("app.add_middleware(\n    CORSMiddleware,\n{arguments}\n)"),
        "The last middleware that is added, so that it is the outermost; `CORSMiddleware` is imported from \
         `starlette.middleware.cors`.",
    )
}
