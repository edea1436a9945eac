//! `crosscheck::cargo_test`: what `cargo test` of a project shows that tests its own service. The program runs itself,
//! as such a project, in processes of their own.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::expect_used,
    clippy::panic,
    reason = "a test opens sockets, and stops where it cannot go on"
)]

use std::{
    convert::Infallible,
    env,
    future::{Ready, ready},
    process::{Command, ExitCode, Output},
    task::{Context, Poll},
};

use crosscheck::Conformance;
use http_body_util::Full;
use hyper::{Request, Response, body::Bytes, body::Incoming};
use libtest_mimic::{Arguments, Trial};
use tower_service::Service;

const ALLOWED: &str = "https://app.example.com";

/// The variable that has this program be a project.
const PROJECT: &str = "PROJECT";

fn main() -> ExitCode {
    match env::var(PROJECT).as_deref() {
        Ok("sound") => crosscheck::cargo_test(|| conformance(App { origin: Some(ALLOWED) })),
        Ok("broken") => crosscheck::cargo_test(|| conformance(App { origin: None })),
        Ok("environment") => crosscheck::cargo_test(Conformance::from_env),
        _ => {
            let test = |name: &str, run: fn()| {
                Trial::test(name, move || {
                    run();
                    Ok(())
                })
            };
            libtest_mimic::run(
                &Arguments::from_args(),
                vec![
                    test("a_sound_service_passes", a_sound_service_passes),
                    test(
                        "a_bad_value_in_the_environment_is_an_error",
                        a_bad_value_in_the_environment_is_an_error,
                    ),
                    test("the_environment_names_the_endpoint", the_environment_names_the_endpoint),
                    test("the_reference_store_needs_its_feature", the_reference_store_needs_its_feature),
                    test("causes_are_shown_once_within_a_screen", causes_are_shown_once_within_a_screen),
                    test("one_test_alone_is_shown_in_full", one_test_alone_is_shown_in_full),
                ],
            )
            .exit_code()
        }
    }
}

/// A service that lets one origin read, or none.
#[derive(Clone)]
struct App {
    origin: Option<&'static str>,
}

impl Service<Request<Incoming>> for App {
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Incoming>) -> Self::Future {
        let mut response = Response::builder().header("vary", "Origin");
        if let Some(allowed) = self.origin
            && request.headers().get("origin").is_some_and(|origin| origin == allowed)
        {
            response = response.header("access-control-allow-origin", allowed);
        }
        ready(Ok(response.body(Full::new(Bytes::from_static(b"[]"))).expect("a response")))
    }
}

fn conformance(app: App) -> Conformance {
    Conformance::against_service(app).path("/items").allow_origin(ALLOWED)
}

/// Runs this program as a project.
fn cargo_test(project: &str, arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    let folder = env::temp_dir();
    Command::new(env::current_exe().expect("this program"))
        .args(arguments)
        .env_clear()
        .env(PROJECT, project)
        .envs(variables.iter().copied())
        .current_dir(folder)
        .output()
        .expect("a process")
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn a_sound_service_passes() {
    let output = cargo_test("sound", &["origin"], &[]);
    assert!(output.status.success(), "{}", text(&output));
    assert!(text(&output).contains("test result: ok"), "{}", text(&output));
}

fn a_bad_value_in_the_environment_is_an_error() {
    let target = ("CROSSCHECK_TARGET", "http://127.0.0.1:1/");
    for (variables, words) in [
        (&[target, ("CROSSCHECK_SEED", "many")][..], "CROSSCHECK_SEED"),
        (&[target, ("CROSSCHECK_THROUGH", "nowhere")], "CROSSCHECK_THROUGH"),
        (&[target, ("CROSSCHECK_MAX_AGE", "-1")], "CROSSCHECK_MAX_AGE"),
        (&[target, ("CROSSCHECK_TRAGET", "x")], "CROSSCHECK_TARGET"),
        (&[("CROSSCHECK_TARGET", "nowhere")], "endpoint.url"),
        (&[], "endpoint.missing"),
    ] {
        for arguments in [&["--list"][..], &[]] {
            let output = cargo_test("environment", arguments, variables);
            assert_eq!(output.status.code(), Some(2), "{variables:?} {}", text(&output));
            assert!(text(&output).contains(words), "{variables:?} {}", text(&output));
        }
    }
}

/// The light library has no reference store, and says so where it is named.
fn the_reference_store_needs_its_feature() {
    for (variables, words) in [
        (&[("CROSSCHECK_TARGET", "embedded")][..], "endpoint.no-store"),
        (&[("CROSSCHECK_TARGET", "http://127.0.0.1:1/"), ("CROSSCHECK_FAULT", "any")], "CROSSCHECK_FAULT"),
    ] {
        let output = cargo_test("environment", &["--list"], variables);
        let refused = output.status.code() == Some(2) && text(&output).contains(words);
        let fault = variables.len() > 1;
        assert_eq!(refused, fault || !cfg!(feature = "store"), "{variables:?} {}", text(&output));
        assert_eq!(text(&output).contains("feature `store`"), !cfg!(feature = "store"), "{}", text(&output));
    }
}

fn the_environment_names_the_endpoint() {
    let list = |variables: &[(&str, &str)]| {
        let output = cargo_test("environment", &["--list"], variables);
        assert!(output.status.success(), "{}", text(&output));
        String::from_utf8_lossy(&output.stdout).lines().count()
    };
    let target = ("CROSSCHECK_TARGET", "http://127.0.0.1:1/");
    let all = list(&[target]);
    let suites = concat!(env!("CARGO_MANIFEST_DIR"), "/suites/origin");
    let fewer = list(&[target, ("CROSSCHECK_SUITES", suites)]);
    assert!(0 < fewer && fewer < all, "{fewer} of {all}");
}

/// The lines of a screen.
const SCREEN: usize = 40;

fn causes_are_shown_once_within_a_screen() {
    let output = cargo_test("broken", &[], &[]);
    assert_eq!(output.status.code(), Some(101), "{}", text(&output));
    let (shown, summary) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let failed = shown.lines().filter(|line| line.ends_with("FAILED")).count();
    assert!(failed > 50, "{failed} {shown}");
    // The harness shows each failed test as a heading, its message and an empty line.
    let messages = shown.split("---- ").skip(1);
    for message in messages.map(|block| block.split("failures:").next().unwrap_or_default()) {
        let lines = message.lines().filter(|line| !line.trim().is_empty()).count();
        assert_eq!(lines, 2, "{message}");
    }
    assert!(summary.lines().count() <= SCREEN, "{summary}");
    assert_eq!(summary.matches("What failed, by cause").count(), 1, "{summary}");
    for words in ["cors-check.missing", "fix:", "ask again: curl", "--exact"] {
        assert!(summary.contains(words), "{words}: {summary}");
    }
}

fn one_test_alone_is_shown_in_full() {
    let id = "origin/allowed/reads";
    let output = cargo_test("broken", &["--exact", id], &[]);
    let summary = String::from_utf8_lossy(&output.stderr).into_owned();
    for words in [id, "expected", "actual", "ask again: curl"] {
        assert!(summary.contains(words), "{words}: {summary}");
    }
}
