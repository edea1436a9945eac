//! Origins near the allowed ones, from the rules to the report: derived, sent, and told with who
//! can send them and how bad it is.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use crosscheck::{
    case::{self, ExpandedCase},
    document,
    endpoint::{self, Endpoint, Layer, Provenance, Settings},
    fetch::Profile,
    plan::{self, Planned, Work},
    policy::{Policy, Reach, Severity, near_origins},
    reference::Fault,
    report::{failure, paint::Paint},
    run::{self, Options, record::RunRecord},
    shipped,
    verdict::Verdict,
};

fn cases() -> Vec<ExpandedCase> {
    let codes = <case::model::Suite as document::Document>::CODES;
    shipped::cases()
        .into_iter()
        .flat_map(|file| {
            let source = document::decode(&file.name, &file.bytes, &codes).expect("a text");
            case::expand(&case::parse_suite(source))
        })
        .filter(|case| case.id.starts_with("origin/near-allowed/"))
        .collect()
}

fn settings(layer: Layer) -> Settings {
    endpoint::resolve(&[(Provenance::Flag, layer)], &|_| None).expect("the settings resolve")
}

fn planned(settings: &Settings) -> Vec<Planned> {
    let outlook = settings.outlook();
    cases().iter().flat_map(|case| plan::plan(case, &outlook, 1)).collect()
}

fn run_with(fault: Fault) -> RunRecord {
    let options = Options {
        jobs: 4,
        repeats: false,
        retries: 0,
        deadline: Duration::from_secs(60),
        profile: Profile::Spec,
        seed: 1,
        command: String::new(),
        shard: None,
        max_failures: None,
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let settings = settings(Layer::default());
        let target = Arc::new(Endpoint::start(&settings, Some(fault)).await.expect("the store starts"));
        let plan = planned(&settings);
        let record = run::run(plan, Arc::clone(&target), &options, std::future::pending(), &mut ()).await;
        target.stop().await;
        record
    })
}

#[test]
fn one_declared_origin_is_tried_with_at_least_120_others() {
    let layer = Layer {
        url: Some("https://api.example/items".into()),
        allowed_origins: Some(vec!["https://app.example".into()]),
        allowed_methods: Some(vec!["GET".into(), "PUT".into()]),
        ..Layer::default()
    };
    let plan = planned(&settings(layer));
    let mut origins = BTreeSet::new();
    // The other cases try a few of these in many ways.
    let each = ["origin/near-allowed/read/", "origin/near-allowed/preflight/"];
    for planned in plan.iter().filter(|planned| each.iter().any(|case| planned.id.starts_with(case))) {
        let Work::Perform(test) = &planned.work else { panic!("{}: {:?}", planned.id, planned.work) };
        let near = test.near.as_ref().expect("an origin near the allowed one");
        assert_eq!(near.near, "https://app.example");
        assert_eq!(test.case.requests["page"].origin.as_deref(), Some(near.origin.as_str()));
        origins.insert(near.origin.clone());
    }
    assert!(origins.len() >= 120, "{}", origins.len());
    assert_eq!(origins.len(), near_origins(&Policy::from_origins(["https://app.example"])).len());
}

#[test]
fn where_every_origin_is_allowed_or_none_is_known_the_plan_says_so() {
    let everybody = Layer {
        url: Some("https://api.example/".into()),
        allowed_origins: Some(vec!["*".into()]),
        ..Layer::default()
    };
    let nothing = Layer { url: Some("https://api.example/".into()), ..Layer::default() };
    for (layer, reason) in [(everybody, "the rules allow every origin"), (nothing, "nothing is known")] {
        for planned in planned(&settings(layer)) {
            let Work::NotApplicable(why) = &planned.work else { panic!("{} is performed", planned.id) };
            assert!(why.contains(reason), "{why}");
        }
    }
}

/// A fault, an origin that it lets in, who can send that, how bad it is, and the verdict.
#[test]
fn who_is_let_in_is_told_with_reach_and_severity() {
    for (fault, id, reach, severity, verdict) in [
        (Fault::PrefixOrigin, "prefix-host", Reach::Every, Severity::High, Verdict::Fail),
        (Fault::PortIgnored, "port-next", Reach::Every, Severity::Medium, Verdict::Fail),
        (Fault::SpecialCharacterLabel, "special-backtick", Reach::Safari, Severity::High, Verdict::Fail),
        (Fault::OriginCaseIgnored, "case-host", Reach::None, Severity::Low, Verdict::Warn),
        (Fault::ControlBytesEchoed, "byte-high", Reach::None, Severity::Low, Verdict::Warn),
    ] {
        let record = run_with(fault);
        let id = format!("origin/near-allowed/read/{id}");
        let test = record.tests.iter().find(|test| test.id == id).expect("planned");
        assert_eq!(test.verdict, verdict, "{fault}: {id}");
        let finding = test.findings.first().expect("a finding");
        assert_eq!((finding.reach, finding.severity), (Some(reach), Some(severity)), "{fault}: {id}");
        let told = failure::render(test, &record.endpoint.connect, Paint::PLAIN);
        let line = format!("severity: {severity}; {reach}");
        assert!(told.contains(&line), "{told}");
        let json = serde_json::to_value(finding).expect("JSON");
        assert_eq!(json["severity"], severity.word());
    }
}
