//! The whole suite on the embedded reference store: how long a user waits, and cases a second.

#![allow(clippy::expect_used, reason = "a benchmark stops where it cannot go on")]

use std::{sync::Arc, time::Duration};

use crosscheck::{
    case, document,
    endpoint::{self, Endpoint},
    fetch::Profile,
    plan::{self, Planned},
    run, shipped,
};
use divan::{Bencher, counter::ItemsCount};

fn main() {
    divan::main();
}

fn plan() -> Vec<Planned> {
    let settings = endpoint::resolve(&[], &|_| None).expect("defaults resolve");
    let outlook = settings.outlook();
    let codes = <case::model::Suite as document::Document>::CODES;
    shipped::cases()
        .into_iter()
        .flat_map(|file| {
            let source = document::decode(&file.name, &file.bytes, &codes).expect("a text");
            case::expand(&case::parse_suite(source))
        })
        .flat_map(|case| plan::plan(&case, &outlook, 1))
        .collect()
}

/// Reading, checking and planning every case file.
#[divan::bench]
fn read_and_plan() -> usize {
    plan().len()
}

/// Performing the plan: starting the store, every exchange over loopback, every verdict.
#[divan::bench(sample_count = 10, sample_size = 1)]
fn perform(bencher: Bencher<'_, '_>) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let settings = endpoint::resolve(&[], &|_| None).expect("defaults resolve");
    let options = run::Options {
        jobs: 8,
        repeats: false,
        retries: 0,
        deadline: Duration::from_secs(60),
        profile: Profile::Spec,
        seed: 1,
        command: String::new(),
        shard: None,
        max_failures: None,
    };
    let plan = plan();
    bencher.counter(ItemsCount::new(plan.len())).with_inputs(|| plan.clone()).bench_values(|plan| {
        runtime.block_on(async {
            let endpoint = Arc::new(Endpoint::start(&settings, None).await.expect("the store starts"));
            run::run(plan, endpoint, &options, std::future::pending(), &mut ()).await.tests.len()
        })
    });
}
