//! Spring and ASP.NET Core.

use super::{
    Grant, Setting,
    text::{filled, lines, quoted},
};

fn origins(grant: &Grant) -> String {
    if grant.any_origin() { "\"*\"".to_owned() } else { quoted(&grant.origins) }
}

/// Spring MVC. Without a list of headers Spring allows every header.
/// <https://docs.spring.io/spring-framework/reference/web/webmvc-cors.html>
pub(super) fn spring(grant: &Grant) -> Setting {
    let calls = lines(
        &[
            ("allowedOrigins", Some(origins(grant))),
            ("allowedMethods", Some(quoted(&grant.methods))),
            ("allowedHeaders", Some(quoted(&grant.headers))),
            ("exposedHeaders", filled(&grant.exposed, quoted)),
            ("allowCredentials", Some(grant.credentials.to_string())),
            ("maxAge", grant.max_age.map(|seconds| seconds.to_string())),
        ],
        |name, value| format!("            .{name}({value})"),
    );
    Setting::new(
        format!(
            "@Configuration\nclass CorsSettings implements WebMvcConfigurer {{\n    @Override\n    \
             public void addCorsMappings(CorsRegistry registry) {{\n        registry.addMapping(\"/**\")\n{calls};\n    }}\n}}"
        ),
        "A class of its own (or its method in the present WebMvcConfigurer), in place of `@CrossOrigin`. With Spring \
         Security also `http.cors(Customizer.withDefaults())`, so that preflights pass before authentication.",
    )
}

/// ASP.NET Core. <https://learn.microsoft.com/en-us/aspnet/core/security/cors>
pub(super) fn aspnet_core(grant: &Grant) -> Setting {
    let origins = if grant.any_origin() {
        "AllowAnyOrigin()".to_owned()
    } else {
        format!("WithOrigins({})", quoted(&grant.origins))
    };
    let call = |list: &[String], any: &str, with: &str| {
        if list.iter().any(|name| name == "*") {
            format!("{any}()")
        } else {
            format!("{with}({})", quoted(list))
        }
    };
    let mut calls = vec![origins, call(&grant.methods, "AllowAnyMethod", "WithMethods")];
    if !grant.headers.is_empty() {
        calls.push(call(&grant.headers, "AllowAnyHeader", "WithHeaders"));
    }
    if !grant.exposed.is_empty() {
        calls.push(format!("WithExposedHeaders({})", quoted(&grant.exposed)));
    }
    if grant.credentials {
        calls.push("AllowCredentials()".to_owned());
    }
    if let Some(seconds) = grant.max_age {
        calls.push(format!("SetPreflightMaxAge(TimeSpan.FromSeconds({seconds}))"));
    }
    let calls: Vec<String> = calls.iter().map(|call| format!("    .{call}")).collect();
    Setting::new(
        format!(
            "builder.Services.AddCors(options => options.AddDefaultPolicy(policy => policy\n{}));\n\n\
             // after UseRouting, before UseAuthentication and UseAuthorization\napp.UseCors();",
            calls.join("\n")
        ),
        "Goes into Program.cs: the first statement before `builder.Build()`, the second after it. It replaces other CORS \
         policies that endpoints name.",
    )
}
