use crosscheck::Conformance;

fn main() -> std::process::ExitCode {
    crosscheck::cargo_test(|| {
        Conformance::against_server(cors_of_actix_web::serve)
            .path("/items")
            .allow_origin("https://app.example.com")
            .allow_origin("https://admin.example.com")
            .allow_methods(["GET", "PUT"])
            .allow_headers(["content-type", "authorization"])
    })
}
