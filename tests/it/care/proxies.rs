//! Requests go through the proxy that was named, and where it does not carry them, the error says which proxy and what
//! to do. Its password stays a secret.

mod tunnels;

use std::{fs, net::TcpListener, time::Duration};

use self::tunnels::{Manner, Tunnels};
use super::{
    store::served::Served,
    support::{Ended, Folder, Server, answer, correct, crosscheck_with},
};

const APP: &str = "https://app.example";
const FIRST: &str = "<CORSConfiguration><CORSRule><AllowedOrigin>https://first.example</AllowedOrigin><AllowedMethod>GET</AllowedMethod></CORSRule></CORSConfiguration>";
const SECOND: &str = "<CORSConfiguration><CORSRule><AllowedOrigin>https://second.example</AllowedOrigin><AllowedMethod>PUT</AllowedMethod></CORSRule></CORSConfiguration>";
/// A user name and a password as they stand in a URL, and the password itself.
const LOGIN: &str = "mona:sesame%40street";
const PASSWORD: &str = "sesame@street";

fn with_login(url: &str) -> String {
    url.replace("http://", &format!("http://{LOGIN}@"))
}

/// Every file below a folder, as text.
fn files(folder: &Folder) -> String {
    let mut text = String::new();
    let mut waiting = vec![folder.path().to_owned()];
    while let Some(path) = waiting.pop() {
        for entry in fs::read_dir(path).expect("a folder").flatten() {
            match entry.path() {
                path if path.is_dir() => waiting.push(path),
                path => text.push_str(&String::from_utf8_lossy(&fs::read(path).expect("a file"))),
            }
        }
    }
    text
}

/// The password in none of the ways in which it is sent or written.
#[track_caller]
fn is_secret(shown: &str) {
    for secret in [PASSWORD, "sesame%40street", "bW9uYTpzZXNhbWVAc3RyZWV0"] {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
}

/// Sets, reads and restores the rules of a bucket in another process. Gives how many requests passed the proxy.
fn round_trip(folder: &Folder, url: &str, tunnels: &Tunnels, more: &[&str], environment: &[(&str, &str)]) {
    folder.write("first.xml", FIRST);
    folder.write("second.xml", SECOND);
    let key = [
        ("CROSSCHECK_ACCESS_KEY_ID", "crosscheck"),
        ("CROSSCHECK_ACCESS_KEY_SECRET", "crosscheck-secret"),
        ("CROSSCHECK_LEASE_DIR", "leases"),
    ];
    let environment = [&key[..], environment].concat();
    let rules = |command: &[&str]| -> Ended {
        let target = ["--target", url, "--dialect", "s3"];
        let passed = tunnels.heads().len();
        let ended = crosscheck_with(folder, &[&["rules"], command, &target, more].concat(), &environment);
        assert!(tunnels.heads().len() > passed, "{command:?} did not pass the proxy");
        is_secret(&ended.all());
        ended
    };
    rules(&["put", "first.xml"]).with_code(0);
    let rules_of = |xml: &str| xml.trim_start_matches("<CORSConfiguration>").to_owned();
    assert!(rules(&["get"]).with_code(0).stdout.ends_with(&rules_of(FIRST)));
    let told = rules(&["put", "second.xml"]).with_code(0).stderr;
    assert!(rules(&["get"]).with_code(0).stdout.ends_with(&rules_of(SECOND)));
    let saved = told.split("saved in ").nth(1).and_then(|rest| rest.lines().next()).expect("a file");
    rules(&["restore", saved]).with_code(0);
    assert!(rules(&["get"]).with_code(0).stdout.ends_with(&rules_of(FIRST)));
    is_secret(&files(folder));
}

#[test]
fn a_bucket_behind_the_machines_proxy_is_set_up_and_restored() {
    let folder = Folder::new();
    let tunnels = Tunnels::start(Manner::Login(LOGIN.replace("%40", "@")), None);
    let proxy = with_login(&tunnels.url());
    let secure =
        Served::start(&folder, &["--dialect", "s3", "--tls", "--tls-ca", "ca.pem", "--bucket", "photos"]);
    let url = format!("https://localhost:{}/photos/", secure.port());
    round_trip(&folder, &url, &tunnels, &["--ca-file", "ca.pem"], &[("HTTPS_PROXY", &proxy)]);
    let connect = format!("CONNECT localhost:{} HTTP/1.1", secure.port());
    assert!(tunnels.heads().iter().all(|head| head.starts_with(&connect)), "{:?}", tunnels.heads());
    // What was signed arrives although a proxy rewrites the request line.
    let plain = Served::start(&folder, &["--dialect", "s3", "--bucket", "photos"]);
    let url = format!("http://localhost:{}/photos/", plain.port());
    round_trip(&folder, &url, &tunnels, &[], &[("http_proxy", &proxy)]);
    // The one that was named, before those of the environment.
    let dead = "http://127.0.0.1:9";
    round_trip(&folder, &url, &tunnels, &["--proxy", &proxy], &[("HTTP_PROXY", dead)]);
}

#[test]
fn no_proxy_exempts_hosts() {
    let folder = Folder::new();
    let tunnels = Tunnels::start(Manner::Pass, None);
    let store = Served::start(&folder, &["--dialect", "s3", "--bucket", "photos"]);
    let url = format!("http://localhost:{}/photos/", store.port());
    let (proxy, server) = (tunnels.url(), Server::start(|request| correct(request, APP)));
    for list in ["localhost,127.0.0.1", "*"] {
        let environment = [
            ("CROSSCHECK_ACCESS_KEY_ID", "crosscheck"),
            ("CROSSCHECK_ACCESS_KEY_SECRET", "crosscheck-secret"),
            ("ALL_PROXY", &proxy),
            ("NO_PROXY", list),
        ];
        crosscheck_with(&folder, &["rules", "get", "--target", &url, "--dialect", "s3"], &environment)
            .with_code(0);
        let explain = ["explain", &server.url("/"), "--origin", APP, "--proxy", &proxy];
        crosscheck_with(&folder, &explain, &environment).with_code(0);
    }
    assert!(tunnels.heads().is_empty(), "{:?}", tunnels.heads());
}

#[test]
fn evidence_goes_through_a_tunnel_as_it_was_written() {
    let folder = Folder::new();
    let server = Server::start(|request| correct(request, "http://app.example"));
    // Only the proxy knows where the host is.
    let tunnels = Tunnels::start(Manner::Login(LOGIN.replace("%40", "@")), Some(server.address()));
    let proxy = with_login(&tunnels.url());
    let url = "http://shop.example/data?a=%2F";
    let explain = ["explain", url, "--origin", "http://app.example", "--proxy", &proxy, "--json"];
    let ended = crosscheck_with(&folder, &explain, &[]).with_code(0);
    assert!(ended.stdout.contains(&format!("\"proxy\": \"{}\"", tunnels.url().replace("//", "//***@"))));
    is_secret(&ended.all());
    assert!(tunnels.heads().iter().all(|head| head.starts_with("CONNECT shop.example:80 HTTP/1.1\r\n")));
    let arrived = server.requests();
    assert!(arrived.iter().all(|request| request.target == "/data?a=%2F"), "{arrived:?}");
    assert!(arrived.iter().all(|request| request.field("host") == Some("shop.example")), "{arrived:?}");
    assert!(arrived.iter().all(|request| request.field("proxy-authorization").is_none()), "{arrived:?}");
    // The proxies of the environment are not for evidence.
    let local = Server::start(|request| correct(request, APP));
    let passed = tunnels.heads().len();
    let explain = ["explain", &local.url("/"), "--origin", APP];
    crosscheck_with(&folder, &explain, &[("HTTP_PROXY", &proxy), ("ALL_PROXY", &proxy)]).with_code(0);
    assert_eq!(tunnels.heads().len(), passed);
    let run = ["run", "--target", "http://127.0.0.1:9/", "--allowed-origin", APP];
    let ended = crosscheck_with(&folder, &run, &[("HTTP_PROXY", &proxy)]).with_code(4);
    assert!(ended.all().contains("HTTP_PROXY does not apply to requests that are judged"), "{}", ended.all());
}

#[test]
fn a_run_and_its_reports_keep_the_proxys_password() {
    let folder = Folder::new();
    let server = Server::start(|request| correct(request, APP));
    let tunnels = Tunnels::start(Manner::Login(LOGIN.replace("%40", "@")), None);
    let proxy = with_login(&tunnels.url());
    let (target, other) = (server.url("/"), "https://other.example");
    let run = ["run", "--target", &target, "--allowed-origin", other, "-v", "--proxy", &proxy];
    let ended = crosscheck_with(&folder, &run, &[]);
    // It does not allow that origin, so that lines to ask again are shown.
    let ended = ended.with_code(1);
    assert!(
        ended.stdout.contains(&format!("--proxytunnel --proxy '{}'", tunnels.url().replace("//", "//***@")))
    );
    assert!(tunnels.heads().len() > 1);
    is_secret(&ended.all());
    is_secret(&files(&folder));
    let shown = crosscheck_with(&folder, &["config", "show"], &[("CROSSCHECK_PROXY", &proxy)]);
    is_secret(&shown.all());
    assert!(shown.stdout.contains("***@127.0.0.1"), "{}", shown.stdout);
}

#[test]
fn load_goes_through_the_proxy_and_says_so() {
    let folder = Folder::new();
    let server = Server::start(|request| correct(request, APP));
    let tunnels = Tunnels::start(Manner::Pass, None);
    let target = server.url("/");
    let load = [
        "load",
        "preflight-storm",
        "--target",
        &target,
        "--allowed-origin",
        APP,
        "--allowed-method",
        "PUT",
        "--allowed-header",
        "x-told",
        "--rate",
        "20",
        "--duration",
        "1s",
    ];
    let ended = crosscheck_with(&folder, &[&load[..], &["--proxy", &tunnels.url()]].concat(), &[]);
    assert!(tunnels.heads().iter().any(|head| head.starts_with("CONNECT 127.0.0.1:")), "{}", ended.all());
    assert!(files(&folder).contains("client.proxy"), "{}", ended.all());
    let connections =
        server.requests().iter().map(|request| request.connection).max().map_or(0, |last| last + 1);
    assert!(tunnels.heads().len() >= connections, "{} of {connections}", tunnels.heads().len());
}

#[test]
fn a_proxy_that_does_not_carry_a_request_is_named() {
    let server = Server::start(|request| correct(request, APP));
    let refusing = |line: &'static str| Tunnels::start(Manner::Refuse(line), None);
    let dead = TcpListener::bind("127.0.0.1:0").expect("a port");
    let at = dead.local_addr().expect("an address");
    drop(dead);
    let login = Tunnels::start(Manner::Login("mona:other".to_owned()), None);
    let silent = Tunnels::start(Manner::Silent, None);
    let refused =
        [refusing("407 Proxy Authentication Required"), refusing("502 Bad Gateway"), refusing("403 No")];
    let garbled = refusing("nonsense");
    // (the proxy, what evidence is told)
    let rows = [
        (refused[0].url(), "asks for a user name and password"),
        (with_login(&login.url()), "does not accept the user name and password"),
        (refused[1].url(), "with status 502"),
        (refused[2].url(), "with status 403"),
        (garbled.url(), "does not answer"),
        (format!("http://{at}"), "refused"),
        (silent.url(), "took longer than 1000 ms"),
    ];
    for (proxy, words) in &rows {
        let folder = Folder::new();
        let named = proxy.replace(&format!("{LOGIN}@"), "");
        let key = [
            ("CROSSCHECK_ACCESS_KEY_ID", "crosscheck"),
            ("CROSSCHECK_ACCESS_KEY_SECRET", "crosscheck-secret"),
            ("CROSSCHECK_REQUEST_TIMEOUT", "1000"),
        ];
        let http = server.url("/");
        let https = http.replace("http:", "https:");
        let (plain, secure) = (format!("{http}photos/"), format!("{https}photos/"));
        for (arguments, variable, evidence) in [
            (&["explain", &http, "--origin", APP][..], "CROSSCHECK_PROXY", true),
            (&["run", "--target", &https, "--allowed-origin", APP], "CROSSCHECK_PROXY", true),
            (&["rules", "get", "--target", &secure, "--dialect", "s3"], "HTTPS_PROXY", false),
            (&["rules", "get", "--target", &plain, "--dialect", "s3"], "HTTP_PROXY", false),
        ] {
            let before = server.requests().len();
            let environment = [&key[..], &[(variable, proxy.as_str())]].concat();
            let ended = crosscheck_with(&folder, arguments, &environment).with_code(4);
            let all = ended.all();
            let relayed = plain == arguments[arguments.len() - 3];
            // What a proxy relays, it answers itself: a 403 could be the store's.
            if !(relayed && *words == "with status 403") {
                assert!(all.contains(&named), "{arguments:?} {named}: {all}");
            }
            if evidence {
                assert!(all.contains(words), "{arguments:?} {named}: {all}");
            }
            is_secret(&all);
            assert!(ended.took < Duration::from_secs(20), "{arguments:?} {named}: {:?}", ended.took);
            assert_eq!(server.requests().len(), before, "{arguments:?} {named}");
        }
    }
    // What to do about it.
    let explain = ["explain", &server.url("/"), "--origin", APP, "--proxy", &rows[2].0];
    let ended = crosscheck_with(&Folder::new(), &explain, &[]).with_code(4);
    assert!(ended.all().contains("NO_PROXY"), "{}", ended.all());
}

#[test]
fn a_redirect_through_a_proxy_leads_to_no_private_address() {
    let folder = Folder::new();
    let inner = Server::start(|request| correct(request, "*"));
    let to = inner.url("/secret");
    let server = Server::start(move |_| {
        answer("302 Found", &[("Location", &to), ("Access-Control-Allow-Origin", "*")], b"")
    });
    let tunnels = Tunnels::start(Manner::PassTo("shop.example".to_owned(), server.address()), None);
    let explain =
        ["explain", "http://shop.example/", "--origin", "http://app.example", "--proxy", &tunnels.url()];
    let ended = crosscheck_with(&folder, &explain, &[]);
    assert!(ended.all().contains("--follow-private"), "{}", ended.all());
    assert_eq!(inner.requests().len(), 0);
}

#[test]
fn what_is_not_a_proxy_is_an_input_error_without_its_password() {
    let folder = Folder::new();
    let server = Server::start(|request| correct(request, APP));
    let url = server.url("/");
    for (text, words) in [
        ("socks5://mona:sesame%40street@proxy.example:1080", "expected http://, not socks5://"),
        ("http://mona:sesame%40street@proxy.example/pac", "a proxy has no path"),
        ("http://mona:sesame%40street@", "`http://***@` is not a valid proxy"),
    ] {
        let explain = ["explain", &url, "--origin", APP, "--proxy", text];
        let ended = crosscheck_with(&folder, &explain, &[]).with_code(2);
        assert!(ended.stderr.contains(words) && ended.stderr.contains("correct --proxy"), "{}", ended.stderr);
        is_secret(&ended.all());
        folder.write("crosscheck.json", format!(r#"{{ "url": "{url}", "proxy": "{text}" }}"#));
        let ended = crosscheck_with(&folder, &["run"], &[]).with_code(2);
        assert!(ended.stderr.contains(words), "{}", ended.stderr);
        is_secret(&ended.all());
        fs::remove_file(folder.path().join("crosscheck.json")).expect("a file");
        let key =
            [("CROSSCHECK_ACCESS_KEY_ID", "a"), ("CROSSCHECK_ACCESS_KEY_SECRET", "b"), ("http_proxy", text)];
        let ended =
            crosscheck_with(&folder, &["rules", "get", "-t", &format!("{url}b/"), "--dialect", "s3"], &key);
        let ended = ended.with_code(2);
        assert!(
            ended.stderr.contains("http_proxy: ") && ended.stderr.contains("NO_PROXY"),
            "{}",
            ended.stderr
        );
        is_secret(&ended.all());
    }
    assert_eq!(server.requests().len(), 0);
}
