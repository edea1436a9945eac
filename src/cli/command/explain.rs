//! Explains a request of a page: as flags give it, or as it was copied from a browser.

mod copied;
mod question;

use super::super::{
    args::{EndpointArgs, ExplainArgs},
    console::Console,
    exit::Exit,
    flags::{self, Unnamed},
};
use crate::{
    diagnostic::Diagnostic,
    endpoint::Endpoint,
    exchange::{ConnectOptions, Received},
    fetch::method,
    report::{
        self,
        compare_ways::{self, Way},
    },
    run::{
        Options,
        explain::{Explanation, explain as ask},
    },
    verdict::Verdict,
};
use question::Wanted;

/// Says whether a page may make a request, and why not.
pub(in crate::cli) fn explain(args: &ExplainArgs, console: &Console) -> Exit {
    let wanted = match question::wanted(args, console) {
        Ok(wanted) => wanted,
        Err(diagnostic) => return console.refuse(&diagnostic),
    };
    let mut explained = Vec::with_capacity(1 + args.also.len());
    for url in std::iter::once(&wanted.url).chain(&args.also) {
        match explain_one(args, &wanted, url, console) {
            Ok(one) => explained.push(one),
            Err(exit) => return exit,
        }
    }
    let Some((first, others)) = explained.split_first() else { return Exit::Input };
    if args.json {
        match json(first, others) {
            Ok(text) => console.print_json(text),
            Err(error) => return console.refuse(&Diagnostic::error("explain", error.to_string())),
        }
    } else {
        let paint = console.out_paint();
        let mut text = report::explain::render(&first.explanation, &first.shown, &first.connect, paint);
        if !others.is_empty() {
            let others: Vec<Way<'_>> = others.iter().map(Explained::way).collect();
            text.push_str(&compare_ways::render(first.way(), &others, paint));
        }
        console.print(&text);
    }
    let ends: Vec<Exit> = explained.iter().map(Explained::exit).collect();
    let worst = [Exit::Input, Exit::Findings, Exit::CouldNotJudge];
    worst.into_iter().find(|exit| ends.contains(exit)).unwrap_or(Exit::AsExpected)
}

/// The explanation of a request to one URL.
struct Explained {
    explanation: Explanation,
    /// The URL as it was typed, but for its secrets.
    shown: String,
    connect: ConnectOptions,
}

impl Explained {
    fn way(&self) -> Way<'_> {
        Way { url: &self.shown, explanation: &self.explanation }
    }

    fn exit(&self) -> Exit {
        let last = self.explanation.last();
        let unanswered = last.is_some_and(|step| matches!(step.exchange.received, Received::Failed(_)));
        match self.explanation.test.verdict {
            Verdict::SetupError => Exit::Input,
            _ if unanswered => Exit::CouldNotJudge,
            _ => match self.explanation.allowed {
                Some(true) => Exit::AsExpected,
                Some(false) => Exit::Findings,
                None => Exit::CouldNotJudge,
            },
        }
    }
}

/// The first explanation; those of other URLs, where there are any, in its member `also`.
fn json(first: &Explained, others: &[Explained]) -> Result<String, serde_json::Error> {
    let mut value = serde_json::to_value(&first.explanation)?;
    if !others.is_empty() {
        let mut also = Vec::with_capacity(others.len());
        for other in others {
            let mut one = serde_json::to_value(&other.explanation)?;
            one["url"] = other.shown.clone().into();
            one["differs"] =
                serde_json::to_value(compare_ways::differences(&first.explanation, &other.explanation))?;
            also.push(one);
        }
        value["also"] = also.into();
    }
    serde_json::to_string_pretty(&value)
}

fn explain_one(args: &ExplainArgs, wanted: &Wanted, url: &str, console: &Console) -> Result<Explained, Exit> {
    let question = wanted.question.clone();
    let endpoint = EndpointArgs {
        url: Some(url.to_owned()),
        config: args.config.clone(),
        allow_env: args.allow_env.clone(),
        ca_file: args.ca_file.clone(),
        insecure: args.insecure || wanted.insecure,
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
            return Err(Exit::Input);
        }
    };
    let runtime = super::super::runtime::runtime().map_err(|diagnostic| console.refuse(&diagnostic))?;
    let options = Options {
        jobs: 1,
        retries: 0,
        deadline: resolved.settings.total_timeout.value,
        profile: resolved.settings.profile.value,
        repeats: false,
        seed: u64::from(std::process::id()),
        command: String::new(),
        shard: None,
        max_failures: None,
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
    let shown = resolved.settings.redactor().text(url).into_owned();
    match explained {
        Ok(Ok(explanation)) => Ok(Explained { explanation, shown, connect: resolved.settings.connect() }),
        Ok(Err(error)) => Err(console.refuse(&Diagnostic::error("explain", error))),
        Err(_) => {
            let message =
                format!("{url} could not be judged: not finished after {} ms", options.deadline.as_millis());
            let diagnostic =
                Diagnostic::error("explain.deadline", message).help("--total-timeout gives it more time");
            console.diagnostics(&[diagnostic]);
            Err(Exit::CouldNotJudge)
        }
    }
}
