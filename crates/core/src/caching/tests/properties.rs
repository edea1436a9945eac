use proptest::{collection, prelude::*, sample::select};

use super::*;

const NAMES: &[&str] = &["origin", "accept", "accept-encoding", "x"];
const VALUES: &[&str] = &["a", "b", "a, b", "a,b", "A", ""];
const VARY: &[&str] =
    &["", "vary: Origin|", "vary: accept, X|", "vary: accept-encoding|vary: origin|", "vary: *|"];
const SAID: &[&str] = &[
    "",
    "cache-control: max-age=5",
    "cache-control: no-store, max-age=60",
    "cache-control: s-maxage=60|etag: \"1\"",
    "cache-control: max-age=60, stale-while-revalidate=9",
    "cache-control: private|etag: \"2\"",
    "expires: Fri, 15 Jan 2100 08:00:00 GMT|age: 3",
];

fn a_model() -> impl Strategy<Value = Model> {
    select(vec![BROWSER, SHARED, SLOT, URL, Model::CHROMIUM, Model::FIREFOX])
}

fn a_request() -> impl Strategy<Value = Request> {
    collection::vec((select(NAMES), select(VALUES)), 0..4)
        .prop_map(|lines| Request { fields: lines.into_iter().collect(), ..Request::new("GET", url("")) })
}

fn a_mode() -> impl Strategy<Value = LookupMode> {
    use LookupMode::{Default, ForceCache, NoCache, OnlyIfCached};
    select(vec![Default, NoCache, ForceCache, OnlyIfCached])
}

/// An independent reading of §4.1 for the names and values above.
fn selects(vary: &Fields, one: &Fields, other: &Fields) -> bool {
    let value = |fields: &Fields, name: &str| {
        let text = fields.text(name)?;
        let members = || text.split(',').map(str::trim).filter(|m| !m.is_empty()).collect::<Vec<_>>();
        Some(match name {
            "accept-encoding" => members().join(",").to_ascii_lowercase(),
            "accept" => members().join(","),
            _ => text,
        })
    };
    let named = vary.text("vary").unwrap_or_default().to_ascii_lowercase();
    let mut names = named.split(',').map(str::trim).filter(|name| !name.is_empty());
    names.all(|name| name != "*" && value(one, name) == value(other, name))
}

proptest! {
    #[test]
    fn what_is_used_has_the_nominated_fields(
        model in a_model(),
        steps in collection::vec((a_request(), select(VARY), select(SAID), a_mode()), 1..12),
    ) {
        let mut cache = Cache::new(model.clone());
        let mut sent = Vec::new();
        for (i, (request, vary, said, mode)) in (0_u64..).zip(&steps) {
            let lookup = cache.lookup(&key(""), request, *mode, at(i));
            if let Lookup::Fresh(stored) | Lookup::Stale { stored, .. } = &lookup {
                let by: &Request = sent[usize::try_from(stored.tag).unwrap()];
                if model.vary == VaryHandling::Honoured {
                    prop_assert!(selects(&stored.response.fields, &by.fields, &request.fields));
                }
            }
            if let Lookup::Fresh(stored) = &lookup {
                let any = matches!(mode, LookupMode::ForceCache | LookupMode::OnlyIfCached);
                prop_assert!(any || stored.is_fresh(at(i)));
            }
            sent.push(request);
            let decision = store(&mut cache, i, request, response(200, &format!("{vary}{said}")));
            if said.contains("no-store") {
                prop_assert_eq!(decision, StoreDecision::Refused(NotStored::NoStore));
            }
            prop_assert!(cache.len() <= model.variants);
        }
    }

    #[test]
    fn age_never_shrinks(
        age in "[0-9]{0,25}",
        date in 0_u64..4_000_000_000,
        delay in 0_u64..100_000,
        times in collection::vec(0_u64..10_000_000_000, 2..6),
    ) {
        let date = httpdate::fmt_http_date(SystemTime::UNIX_EPOCH + Duration::from_secs(date));
        let response = response(200, &format!("age: {age}|date: {date}"));
        let mut cache = Cache::new(SHARED);
        let decision = cache.store(&key(""), &request("GET", ""), response, at(0), at(delay), 0);
        let StoreDecision::Stored(stored) = decision else { panic!("not stored") };
        let mut times = times;
        times.sort_unstable();
        let ages: Vec<_> = times.iter().map(|&t| stored.age(SystemTime::UNIX_EPOCH + Duration::from_secs(t))).collect();
        prop_assert!(ages.is_sorted());
        prop_assert!(ages.iter().all(|age| *age >= Duration::from_secs(delay)));
    }

    #[test]
    fn any_bytes_are_read(lines in collection::vec(("[a-zA-Z-]{1,12}|cache-control|vary|age|date|expires|etag|content-range", collection::vec(any::<u8>(), 0..40)), 0..6), status in 100_u16..1000) {
        let mut cache = Cache::new(SHARED);
        let fields: Fields = lines.into_iter().collect();
        let request = Request { fields: fields.clone(), ..Request::new("GET", url("")) };
        let response = Response { fields, ..Response::new(status) };
        cache.store(&key(""), &request, response.clone(), at(0), at(0), 0);
        cache.lookup(&key(""), &request, LookupMode::Default, at(1));
        cache.freshen(&key(""), &request, &response, at(1), at(1));
        cache.invalidate(&key(""), "POST", &response);
    }
}
