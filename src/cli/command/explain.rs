use super::super::{
    args::{EndpointArgs, ExplainArgs},
    console::Console,
    exit::Exit,
    flags::{self, Unnamed},
};
use crate::{
    diagnostic::Diagnostic,
    endpoint::{Endpoint, check_origin, parse_header},
    exchange::Received,
    fetch::method,
    report,
    run::{
        Options,
        explain::{Question, explain as ask},
    },
    verdict::Verdict,
};

/// Says whether a page may make a request, and why not.
pub(in crate::cli) fn explain(args: &ExplainArgs, console: &Console) -> Exit {
    let question = match question(args) {
        Ok(question) => question,
        Err(diagnostic) => return console.refuse(&diagnostic),
    };
    let endpoint = EndpointArgs {
        url: Some(args.url.clone()),
        config: args.config.clone(),
        allow_env: args.allow_env.clone(),
        ca_file: args.ca_file.clone(),
        insecure: args.insecure,
        proxy: args.proxy.clone(),
        resolve: args.resolve.clone(),
        follow_private: args.follow_private,
        rate: args.rate,
        request_timeout: args.request_timeout,
        total_timeout: args.total_timeout,
        profile: args.profile.clone(),
        bare: args.bare,
        ..EndpointArgs::default()
    };
    let resolved = match flags::resolve(&endpoint, Unnamed::Refuse, console) {
        Ok(resolved) => resolved,
        Err(diagnostics) => {
            console.diagnostics(&diagnostics);
            return Exit::Input;
        }
    };
    let runtime = match super::super::runtime::runtime() {
        Ok(runtime) => runtime,
        Err(diagnostic) => return console.refuse(&diagnostic),
    };
    let options = Options {
        jobs: 1,
        retries: 0,
        deadline: resolved.settings.total_timeout.value,
        profile: resolved.settings.profile.value,
        repeats: false,
        seed: u64::from(std::process::id()),
        command: String::new(),
    };
    let explain = async {
        let sent = question.send.then(|| method::normalize(&question.method));
        let mut endpoint = Endpoint::start_for_one(&resolved.settings, sent.as_deref())
            .await
            .map_err(|error| error.to_string())?;
        for (name, value) in &question.headers {
            endpoint.hide_header(name, value);
        }
        ask(question, &endpoint, &options).await.map_err(|error| error.to_string())
    };
    let explained = runtime.block_on(async { tokio::time::timeout(options.deadline, explain).await });
    // As it was typed, but for its secrets.
    let shown = resolved.settings.redactor().text(&args.url).into_owned();
    let explanation = match explained {
        Ok(Ok(explanation)) => explanation,
        Ok(Err(error)) => return console.refuse(&Diagnostic::error("explain", error)),
        Err(_) => {
            let message = format!(
                "{} could not be judged: not finished after {} ms",
                args.url,
                options.deadline.as_millis()
            );
            let diagnostic =
                Diagnostic::error("explain.deadline", message).help("--total-timeout gives it more time");
            console.diagnostics(&[diagnostic]);
            return Exit::CouldNotJudge;
        }
    };
    if args.json {
        match serde_json::to_string_pretty(&explanation) {
            Ok(text) => console.print_json(text),
            Err(error) => return console.refuse(&Diagnostic::error("explain", error.to_string())),
        }
    } else {
        let connect = resolved.settings.connect();
        console.print(&report::explain::render(&explanation, &shown, &connect, console.out_paint()));
    }
    let unanswered =
        explanation.last().is_some_and(|step| matches!(step.exchange.received, Received::Failed(_)));
    match explanation.test.verdict {
        Verdict::SetupError => Exit::Input,
        _ if unanswered => Exit::CouldNotJudge,
        _ => match explanation.allowed {
            Some(true) => Exit::AsExpected,
            Some(false) => Exit::Findings,
            None => Exit::CouldNotJudge,
        },
    }
}

fn question(args: &ExplainArgs) -> Result<Question, Diagnostic> {
    if args.origin != "null"
        && let Err(fault) = check_origin(&args.origin)
    {
        let message = format!("`{}` is no origin of a page: {}", args.origin, fault.kind.message());
        let diagnostic = Diagnostic::error("explain.origin", message);
        if args.origin.starts_with("file:") {
            let help = "browsers send the origin of a page from a file as --origin null; Cordova and old Electron send \
                        --origin file://";
            return Err(diagnostic.help(help));
        }
        return Err(match fault.corrected.first() {
            Some(corrected) => diagnostic.help(format!("write --origin {corrected}")),
            None => diagnostic.help(fault.kind.help()),
        });
    }
    if args.origin.contains('*') {
        let message = format!("`{}` is a pattern, not the origin of a page", args.origin);
        let help = match crosscheck_core::policy::concrete_origin(&args.origin) {
            Some(origin) => format!("name one origin that fits it, such as --origin {origin}"),
            None => "name the origin of a page, such as --origin https://app.example.com".to_owned(),
        };
        return Err(Diagnostic::error("explain.origin", message).help(help));
    }
    if !method::is_method(&args.method) {
        return Err(Diagnostic::error("explain.method", format!("`{}` is no method", args.method))
            .help("write it as a script does: --method PUT"));
    }
    let mut headers = Vec::new();
    for header in &args.header {
        // A name alone is enough to ask whether it is allowed.
        let whole = if header.contains(':') { header.clone() } else { format!("{header}: 1") };
        match parse_header(&whole) {
            Ok(header) => headers.push(header),
            Err(error) => {
                return Err(Diagnostic::error(error.code(), error.to_string())
                    .help("write --header Name, or --header 'Name: value'"));
            }
        }
    }
    Ok(Question {
        origin: args.origin.clone(),
        method: args.method.clone(),
        headers,
        credentials: args.credentials,
        send: args.send,
        body: None,
        expose: Vec::new(),
    })
}
