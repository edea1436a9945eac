//! Each row stores one answer and asks once whether it covers a request.

use super::*;
use crate::fetch::profile::Profile;

const URL: &str = "https://api.example/x";
const A: &str = "https://a.example";

/// What a preflight allowed, for how long, and in which credentials mode.
#[derive(Clone, Copy)]
struct Given {
    methods: &'static [&'static str],
    headers: &'static [&'static str],
    credentials: bool,
    max_age: u64,
}

/// A request that comes `after` so many seconds.
#[derive(Clone, Copy)]
struct Asked {
    method: &'static str,
    names: &'static [&'static str],
    credentials: bool,
    forced: bool,
    after: u64,
    origin: &'static str,
    top: &'static str,
    url: &'static str,
}

struct Row {
    what: &'static str,
    given: Given,
    asked: Asked,
    spec: bool,
    chromium: bool,
    firefox: bool,
}

const GIVEN: Given = Given { methods: &["PUT"], headers: &["x-a"], credentials: false, max_age: 600 };
const ASKED: Asked = Asked {
    method: "PUT",
    names: &[],
    credentials: false,
    forced: false,
    after: 1,
    origin: A,
    top: A,
    url: URL,
};

fn row(what: &'static str, given: Given, asked: Asked, [spec, chromium, firefox]: [bool; 3]) -> Row {
    Row { what, given, asked, spec, chromium, firefox }
}

const ALL: [bool; 3] = [true; 3];
const NONE: [bool; 3] = [false; 3];

fn rows() -> Vec<Row> {
    let stars = Given { methods: &["*"], headers: &["*"], ..GIVEN };
    let secret = Given { credentials: true, ..GIVEN };
    vec![
        row("the same", GIVEN, ASKED, ALL),
        row("another method", GIVEN, Asked { method: "DELETE", ..ASKED }, NONE),
        row("a method in another case", GIVEN, Asked { method: "put", ..ASKED }, NONE),
        row("a safelisted method", GIVEN, Asked { method: "POST", names: &["x-a"], ..ASKED }, ALL),
        row("HEAD", GIVEN, Asked { method: "HEAD", names: &["x-a"], ..ASKED }, [true, true, false]),
        row("a forced POST", GIVEN, Asked { method: "POST", forced: true, ..ASKED }, [false, true, true]),
        row("a header", GIVEN, Asked { names: &["x-a"], ..ASKED }, ALL),
        row("another header", GIVEN, Asked { names: &["x-a", "x-b"], ..ASKED }, NONE),
        row(
            "a header listed in another case",
            Given { headers: &["X-A"], ..GIVEN },
            Asked { names: &["x-a"], ..ASKED },
            ALL,
        ),
        row("any method", stars, Asked { method: "DELETE", ..ASKED }, [true, true, false]),
        row("any header", stars, Asked { method: "GET", names: &["x-z"], ..ASKED }, [true, true, false]),
        row(
            "authorization by star",
            stars,
            Asked { method: "GET", names: &["authorization"], ..ASKED },
            [false, false, false],
        ),
        row("just before it expires", GIVEN, Asked { after: 599, ..ASKED }, ALL),
        row("when it expires", GIVEN, Asked { after: 600, ..ASKED }, NONE),
        row("with credentials now", GIVEN, Asked { credentials: true, ..ASKED }, NONE),
        row("with credentials then", secret, ASKED, [true, true, false]),
        row("with credentials then and now", secret, Asked { credentials: true, ..ASKED }, ALL),
        row(
            "another origin",
            GIVEN,
            Asked { origin: "https://b.example", top: "https://b.example", ..ASKED },
            NONE,
        ),
        row("another top-level site", GIVEN, Asked { top: "https://b.example", ..ASKED }, NONE),
        row("another query", GIVEN, Asked { url: "https://api.example/x?1", ..ASKED }, NONE),
        row("another fragment", GIVEN, Asked { url: "https://api.example/x#1", ..ASKED }, NONE),
    ]
}

fn client(origin: &str, top: &str) -> Client {
    let parse = |text: &str| Origin::parse(text).expect("an origin");
    Client::framed(parse(origin), parse(top))
}

fn key(cache: &PreflightCache, asked: &Asked) -> Option<Key> {
    let url = Url::parse(asked.url).expect("a URL");
    cache.key(&client(asked.origin, asked.top), asked.origin, &url)
}

fn strings(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|&text| text.to_owned()).collect()
}

fn store(cache: &mut PreflightCache, given: &Given, at: SystemTime) {
    let allowed = Allowed { methods: Some(strings(given.methods)), headers: strings(given.headers) };
    let key = key(cache, &ASKED).expect("a key");
    cache.store(key, &allowed, given.credentials, given.max_age, at);
}

fn covers(cache: &mut PreflightCache, asked: &Asked) -> bool {
    let names = strings(asked.names);
    let wanted = Wanted {
        method: asked.method,
        use_preflight: asked.forced,
        unsafe_names: &names,
        credentials: asked.credentials,
    };
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(asked.after);
    key(cache, asked).is_some_and(|key| cache.covers(&key, &wanted, now))
}

#[test]
fn an_answer_covers_what_it_lists_where_and_while_it_holds() {
    for row in rows() {
        for (profile, expected) in [
            (Profile::Spec, row.spec),
            (Profile::Chromium, row.chromium),
            (Profile::Firefox, row.firefox),
            (Profile::Webkit, row.spec || row.what == "authorization by star"),
        ] {
            let mut cache = PreflightCache::new(profile.behaviour());
            store(&mut cache, &row.given, SystemTime::UNIX_EPOCH);
            assert_eq!(covers(&mut cache, &row.asked), expected, "{} in {profile}", row.what);
        }
    }
}

#[test]
fn answers_add_up_except_in_chromium() {
    let first = Given { methods: &[], headers: &["x-a"], ..GIVEN };
    let second = Given { methods: &[], headers: &["x-b"], ..GIVEN };
    let asked = Asked { method: "GET", names: &["x-a"], ..ASKED };
    for (profile, expected) in [(Profile::Spec, true), (Profile::Firefox, true), (Profile::Chromium, false)] {
        let mut cache = PreflightCache::new(profile.behaviour());
        store(&mut cache, &first, SystemTime::UNIX_EPOCH);
        store(&mut cache, &second, SystemTime::UNIX_EPOCH);
        assert_eq!(covers(&mut cache, &asked), expected, "{profile}");
    }
}

#[test]
fn a_later_answer_prolongs_what_it_repeats() {
    let mut cache = PreflightCache::new(Profile::Spec.behaviour());
    store(&mut cache, &GIVEN, SystemTime::UNIX_EPOCH);
    store(&mut cache, &GIVEN, SystemTime::UNIX_EPOCH + Duration::from_secs(300));
    assert!(covers(&mut cache, &Asked { after: 800, ..ASKED }));
}

#[test]
fn a_request_that_is_not_covered_erases_the_answer_in_chromium() {
    for (profile, expected) in [(Profile::Spec, true), (Profile::Firefox, true), (Profile::Chromium, false)] {
        let mut cache = PreflightCache::new(profile.behaviour());
        store(&mut cache, &GIVEN, SystemTime::UNIX_EPOCH);
        assert!(!covers(&mut cache, &Asked { method: "DELETE", ..ASKED }), "{profile}");
        assert_eq!(covers(&mut cache, &ASKED), expected, "{profile}");
    }
}

#[test]
fn opaque_origins_share_keep_apart_or_keep_nothing() {
    let url = Url::parse(URL).expect("a URL");
    let top = Origin::parse(A).expect("an origin");
    let frame = |id| Client::framed(Origin::Opaque(id), top.clone());
    let keys = |profile: Profile| {
        let cache = PreflightCache::new(profile.behaviour());
        (cache.key(&frame(1), "null", &url), cache.key(&frame(2), "null", &url))
    };
    let (one, other) = keys(Profile::Spec);
    assert!(one.is_some() && one == other);
    let (one, other) = keys(Profile::Firefox);
    assert!(one.is_some() && one != other);
    assert_eq!(keys(Profile::Chromium), (None, None));
}

#[test]
fn full_caches_forget_the_oldest() {
    let mut cache = PreflightCache::new(Profile::Firefox.behaviour());
    let allowed = Allowed { methods: Some(strings(&["PUT"])), headers: Vec::new() };
    let url = |number: usize| Url::parse(&format!("{URL}?{number}")).expect("a URL");
    for number in 0..101 {
        let key = cache.key(&client(A, A), A, &url(number)).expect("a key");
        cache.store(key, &allowed, false, 600, SystemTime::UNIX_EPOCH);
    }
    let wanted = Wanted { method: "PUT", use_preflight: false, unsafe_names: &[], credentials: false };
    let mut covered = |number| {
        let key = cache.key(&client(A, A), A, &url(number)).expect("a key");
        cache.covers(&key, &wanted, SystemTime::UNIX_EPOCH)
    };
    assert!(!covered(0));
    assert!(covered(1) && covered(100));
}

#[test]
fn chromium_keeps_nothing_for_very_long_urls() {
    let long =
        |length: usize| Url::parse(&format!("{URL}{}", "a".repeat(length - URL.len()))).expect("a URL");
    let cache = PreflightCache::new(Profile::Chromium.behaviour());
    assert!(cache.key(&client(A, A), A, &long(1023)).is_some());
    assert!(cache.key(&client(A, A), A, &long(1024)).is_none());
}
