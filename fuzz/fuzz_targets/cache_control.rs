//! Any exchange through every cache model: `no-store` is never stored, what is fresh says so,
//! age never shrinks, and a cache that honours `Vary` never serves across it.
//!
//! Input: a status as its first byte (100 to 355), request field lines, an empty line, response
//! field lines.
#![no_main]

use std::time::{Duration, SystemTime};

use crosscheck::{
    caching::{Cache, Key, Lookup, LookupMode, Model, NotStored, StoreDecision, VaryHandling},
    message::{Fields, Request, Response},
};
use libfuzzer_sys::fuzz_target;
use url::Url;

const MODELS: [Model; 6] =
    [Model::BROWSER, Model::CHROMIUM, Model::FIREFOX, Model::SHARED, Model::SINGLE_SLOT, Model::URL_KEYED];

fuzz_target!(|data: &[u8]| {
    let Some((&status, data)) = data.split_first() else { return };
    let split = data.windows(2).position(|pair| pair == b"\n\n").unwrap_or(data.len());
    let url = Url::parse("https://a.example/x").expect("a URL");
    let request = Request { fields: fields(&data[..split]), ..Request::new("GET", url.clone()) };
    let response = Response {
        fields: fields(data.get(split + 2..).unwrap_or_default()),
        body: b"0123456789".as_slice().into(),
        ..Response::new(100 + u16::from(status))
    };
    let other = Request { fields: response.fields.clone(), ..Request::new("GET", url.clone()) };
    let key = Key { partition: String::new(), url };
    let at = |seconds: u64| SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000 + seconds);
    for model in MODELS {
        let honours = model.vary == VaryHandling::Honoured;
        let mut cache = Cache::new(model);
        let decision = cache.store(&key, &request, response.clone(), at(0), at(1), 7);
        if let StoreDecision::Stored(stored) = &decision {
            assert!(!stored.directives().no_store || stored.directives().must_understand);
            assert!(stored.age(at(2)) <= stored.age(at(3)));
            assert!(stored.age(at(2)) >= Duration::from_secs(2));
            stored.answer(&other, at(2));
        } else {
            assert!(!matches!(decision, StoreDecision::Freshened(_)));
            assert!(cache.is_empty());
        }
        assert!(decision != StoreDecision::Refused(NotStored::Method));
        for asked in [&request, &other] {
            if let Lookup::Fresh(stored) = cache.lookup(&key, asked, LookupMode::Default, at(2)) {
                stored.answer(asked, at(2));
                let any = response.fields.lines("vary").any(|line| line.trim_ascii() == b"*");
                assert!(!honours || !any, "Vary: * was matched");
                let lenient = asked.fields.contains("cache-control");
                assert!(lenient || stored.is_fresh(at(2)));
            }
        }
        let not_modified = Response { status: 304, ..response.clone() };
        if let Some(stored) = cache.freshen(&key, &other, &not_modified, at(3), at(4)) {
            assert_eq!(stored.tag, 7);
        }
        let head = Request { method: "HEAD".to_owned(), ..request.clone() };
        cache.store(&key, &head, Response { status: 200, ..response.clone() }, at(5), at(5), 8);
        cache.invalidate(&key, "FROB", &response);
    }
});

fn fields(data: &[u8]) -> Fields {
    data.split(|&b| b == b'\n')
        .filter_map(|line| {
            let colon = line.iter().position(|&b| b == b':')?;
            let name = String::from_utf8_lossy(line.get(..colon)?).into_owned();
            Some((name, line.get(colon + 1..)?.trim_ascii().to_vec()))
        })
        .collect()
}
