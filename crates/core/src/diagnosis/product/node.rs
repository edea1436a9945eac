//! Frameworks of Node.js. Their middlewares allow every header where no list is given, so that there is always one.

use serde_json::{Value, json};

use super::{Grant, Setting, text};

/// The options of `cors` and `@fastify/cors`, which have the same names.
fn options(grant: &Grant) -> String {
    let origin = if grant.any_origin() { json!("*") } else { json!(grant.origins) };
    let mut options = json!({
        "origin": origin,
        "methods": grant.methods,
        "allowedHeaders": grant.headers,
        "exposedHeaders": grant.exposed,
        "credentials": grant.credentials
    });
    if let Some(seconds) = grant.max_age {
        options["maxAge"] = seconds.into();
    }
    let entry = |(name, value): (&String, &Value)| format!("  {name}: {},\n", text::json(value));
    let entries: String = options.as_object().into_iter().flatten().map(entry).collect();
    format!("{{\n{entries}}}")
}

/// Express with `cors`. <https://expressjs.com/en/resources/middleware/cors.html>
pub(super) fn express(grant: &Grant) -> Setting {
    Setting::new(
        format!("app.use(cors({}));", options(grant)),
        "Goes before every other middleware and route, authentication included, in place of other CORS middleware; \
         `cors` is the package of that name.",
    )
}

/// Fastify with `@fastify/cors`. <https://github.com/fastify/fastify-cors#readme>
pub(super) fn fastify(grant: &Grant) -> Setting {
    Setting::new(
        format!("await app.register(cors, {});", options(grant)),
        "Goes before other plugins and routes, authentication included; `cors` is the default export of `@fastify/cors`.",
    )
}

/// NestJS. <https://docs.nestjs.com/security/cors>
pub(super) fn nestjs(grant: &Grant) -> Setting {
    Setting::new(
        format!("app.enableCors({});", options(grant)),
        "Goes into `bootstrap`, after `NestFactory.create` and before `app.listen`, in place of the option `cors`.",
    )
}
