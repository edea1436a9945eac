use super::{super::read, *};

/// Chromium's "Copy as cURL (bash)".
const CHROMIUM_BASH: &str = r#"curl 'https://api.example.com/items?page=2' \
  -X 'PUT' \
  -H 'accept: */*' \
  -H 'accept-language: en-US,en;q=0.9,de;q=0.8' \
  -H 'cache-control: no-cache' \
  -H 'content-type: application/json' \
  -b 'session=abc; theme=dark' \
  -H 'origin: https://app.example.com' \
  -H 'pragma: no-cache' \
  -H 'priority: u=1, i' \
  -H 'referer: https://app.example.com/' \
  -H 'sec-ch-ua: "Chromium";v="156", "Not)A;Brand";v="24"' \
  -H 'sec-ch-ua-mobile: ?0' \
  -H 'sec-fetch-dest: empty' \
  -H 'sec-fetch-mode: cors' \
  -H 'sec-fetch-site: same-site' \
  -H 'user-agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36' \
  -H $'x-tenant: a\u0021b' \
  --data-raw $'{"note":"it\'s\\n\u0021"}'"#;

/// Chromium's "Copy as cURL (cmd)".
const CHROMIUM_CMD: &str = "curl ^\"https://api.example.com/items?page=2^\" ^\r\n  -X ^\"PUT^\" ^\r\n  -H ^\"accept: */*^\" ^\r\n  -H ^\"accept-language: en-US,en;q=0.9^\" ^\r\n  -H ^\"content-type: application/json^\" ^\r\n  -b ^\"session=abc^\" ^\r\n  -H ^\"origin: https://app.example.com^\" ^\r\n  -H ^\"sec-ch-ua: ^\\^\"Chromium^\\^\";v=^\\^\"156^\\^\"^\" ^\r\n  -H ^\"user-agent: Mozilla/5.0 (Windows NT 10.0; Win64; x64)^\" ^\r\n  -H ^\"x-tenant: a^!b^\" ^\r\n  --data-raw ^\"^{^\\^\"note^\\^\":^\\^\"it's^\\^\\n^!^\\^\"^}^\"";

/// Firefox's "Copy as cURL (POSIX)", of before it broke lines.
const FIREFOX: &str = r#"curl 'https://api.example.com/items?page=2' --compressed -X PUT -H 'User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0' -H 'Accept: */*' -H 'Accept-Language: en-US,en;q=0.5' -H 'Accept-Encoding: gzip, deflate, br, zstd' -H 'Content-Type: application/json' -H $'X-Tenant: a\x21b' -H 'Referer: https://app.example.com/' -H 'Origin: https://app.example.com' -H 'DNT: 1' -H 'Connection: keep-alive' -H 'Cookie: session=abc' -H 'Sec-Fetch-Dest: empty' -H 'Sec-Fetch-Mode: cors' -H 'Sec-Fetch-Site: cross-site' -H 'Priority: u=4' -H 'TE: trailers' --data-raw $'{"note":"it\'s\\n\x21"}'"#;

/// Safari's "Copy as cURL".
const SAFARI: &str = r#"curl 'https://api.example.com/items?page=2' \
-X 'PUT' \
-H 'Content-Type: application/json' \
-H 'Accept: */*' \
-H 'Sec-Fetch-Site: cross-site' \
-H 'Accept-Language: en-GB,en;q=0.9' \
-H 'Accept-Encoding: gzip, deflate, br' \
-H 'Sec-Fetch-Mode: cors' \
-H 'Host: api.example.com' \
-H 'Origin: https://app.example.com' \
-H 'User-Agent: Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15' \
-H 'Content-Length: 23' \
-H 'Cookie: session=abc' \
-H $'x-tenant: a\u0021b' \
--data-binary $'{"note":"it\'s\\n\u0021"}'"#;

/// Chromium's "Copy as PowerShell".
const CHROMIUM_POWERSHELL: &str = "$session = New-Object Microsoft.PowerShell.Commands.WebRequestSession
$session.UserAgent = \"Mozilla/5.0 (Windows NT 10.0; Win64; x64)\"
$session.Cookies.Add((New-Object System.Net.Cookie(\"session\", \"abc\", \"/\", \"api.example.com\")))
Invoke-WebRequest -UseBasicParsing -Uri \"https://api.example.com/items?page=2\" `
-Method \"PUT\" `
-WebSession $session `
-Headers @{
\"authority\"=\"api.example.com\"
  \"method\"=\"PUT\"
  \"path\"=\"/items?page=2\"
  \"scheme\"=\"https\"
  \"accept\"=\"*/*\"
  \"accept-encoding\"=\"gzip, deflate, br, zstd\"
  \"accept-language\"=\"en-US,en;q=0.9\"
  \"origin\"=\"https://app.example.com\"
  \"priority\"=\"u=1, i\"
  \"sec-ch-ua\"=\"`\"Chromium`\";v=`\"156`\"\"
  \"sec-fetch-mode\"=\"cors\"
  \"x-tenant\"=\"a!b\"
} `
-ContentType \"application/json\" `
-Body \"{`\"note`\":`\"it's\\n!`\"}\"";

pub(super) const SAMPLES: &[&str] = &[CHROMIUM_BASH, CHROMIUM_CMD, FIREFOX, SAFARI, CHROMIUM_POWERSHELL];

const BODY: &str = r#"{"note":"it's\n!"}"#;

#[test]
fn each_browser_copies_the_same_request_in_its_own_way() {
    let include = Some(Credentials::Include);
    for (form, copied) in [
        (Form::Curl, CHROMIUM_BASH),
        (Form::CurlForCmd, CHROMIUM_CMD),
        (Form::Curl, FIREFOX),
        (Form::Curl, SAFARI),
        (Form::PowerShell, CHROMIUM_POWERSHELL),
    ] {
        is_the_copied_request(form, copied, BODY, include);
        // As a terminal, a document or a chat gives it back.
        is_the_copied_request(
            form,
            &format!("\n  {}\r\n\r\n", copied.replace("\r\n", "\n").replace('\n', "\r\n")),
            BODY,
            include,
        );
        if form == Form::Curl {
            is_the_copied_request(form, &format!("$ {copied}"), BODY, include);
            is_the_copied_request(form, &format!("me@host:~/x$ {copied} | jq ."), BODY, include);
            is_the_copied_request(form, &copied.replace("\\\n", "\\  \n"), BODY, include);
        }
    }
    let (_, request) = only(CHROMIUM_BASH);
    assert_eq!(names(&request, LeftOutBecause::Page), ["origin", "referer"]);
    assert_eq!(names(&request, LeftOutBecause::Browser).len(), 11, "{:?}", request.left_out);
    let (_, request) = only(FIREFOX);
    assert_eq!(names(&request, LeftOutBecause::Cookies), ["Cookie"]);
}

#[test]
fn options_of_curl_mean_what_curl_makes_of_them() {
    type Row = (
        &'static str,
        &'static str,
        &'static str,
        &'static [(&'static str, &'static str)],
        Option<PastedBody>,
    );
    const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");
    const JSON: (&str, &str) = ("content-type", "application/json");
    let rows: &[Row] = &[
        ("curl api.example.com", "http://api.example.com/", "GET", &[], None),
        ("curl -sSLI https://a.example", "https://a.example/", "HEAD", &[], None),
        ("curl -kXPATCH https://a.example", "https://a.example/", "PATCH", &[], None),
        ("curl --request DELETE --url https://a.example/1", "https://a.example/1", "DELETE", &[], None),
        ("curl https://a.example -d a=1 -d b=2", "https://a.example/", "POST", &[FORM], text("a=1&b=2")),
        ("curl https://a.example -G -d a=1 -d b=2", "https://a.example/?a=1&b=2", "GET", &[], None),
        (
            "curl -G https://a.example/?z=0 --data-urlencode 'q=a b&c'",
            "https://a.example/?z=0&q=a%20b%26c",
            "GET",
            &[],
            None,
        ),
        (
            "curl https://a.example --data-urlencode '=ü x'",
            "https://a.example/",
            "POST",
            &[FORM],
            text("%C3%BC%20x"),
        ),
        (
            "curl https://a.example --json '{\"a\":1}'",
            "https://a.example/",
            "POST",
            &[JSON],
            text("{\"a\":1}"),
        ),
        (
            "curl https://a.example -d @in.json -H content-type:application/json",
            "https://a.example/",
            "POST",
            &[JSON],
            Some(PastedBody::File("in.json".to_owned())),
        ),
        ("curl https://a.example --data-raw @in", "https://a.example/", "POST", &[FORM], text("@in")),
        (
            "curl https://a.example -T up.bin",
            "https://a.example/",
            "PUT",
            &[],
            Some(PastedBody::File("up.bin".to_owned())),
        ),
        (
            "curl https://a.example --data-binary $'\\xff\\001'",
            "https://a.example/",
            "POST",
            &[FORM],
            Some(PastedBody::Bytes(vec![255, 1])),
        ),
        (
            "curl -u me:pw https://a.example",
            "https://a.example/",
            "GET",
            &[("authorization", "Basic bWU6cHc=")],
            None,
        ),
        (
            "curl --oauth2-bearer t https://a.example",
            "https://a.example/",
            "GET",
            &[("authorization", "Bearer t")],
            None,
        ),
        ("curl -r 0-9 https://a.example", "https://a.example/", "GET", &[("range", "bytes=0-9")], None),
        (
            "curl -H 'X-Empty;' -H 'Accept:' https://a.example",
            "https://a.example/",
            "GET",
            &[("X-Empty", "")],
            None,
        ),
        (
            "curl -o out.txt -w '%{http_code}' -m 5 https://a.example --compressed -A me",
            "https://a.example/",
            "GET",
            &[("user-agent", "me")],
            None,
        ),
        (
            "/usr/bin/curl \"https://a.example/?a=1&b=2\" -H \"x: \\\"q\\\" \\$v\"",
            "https://a.example/?a=1&b=2",
            "GET",
            &[("x", "\"q\" $v")],
            None,
        ),
        ("curl https://a.example/?a=1&b=2", "https://a.example/?a=1&b=2", "GET", &[], None),
        ("curl.exe \"https://a.example\" ^\n -H \"x: 1\"", "https://a.example/", "GET", &[("x", "1")], None),
        ("curl.exe 'https://a.example' `\n -H 'x: 1'", "https://a.example/", "GET", &[("x", "1")], None),
        ("curl ^\"https://a.example/?q=100^%^25^\"", "https://a.example/?q=100%25", "GET", &[], None),
        ("curl https://a.example -d \"\"", "https://a.example/", "POST", &[FORM], text("")),
        ("curl https://a.example # a comment 'with a quote", "https://a.example/", "GET", &[], None),
        ("curl https://a.example -- -x", "https://a.example/", "GET", &[], None),
    ];
    for (command, url, method, set, body) in rows {
        let (_, request) = only(command);
        assert_eq!(request.url.as_ref().unwrap().as_str(), *url, "{command}");
        assert_eq!(request.method.as_deref(), Some(*method), "{command}");
        assert_eq!(headers(&request), *set, "{command}");
        assert_eq!(request.body, *body, "{command}");
    }
}

#[test]
fn what_a_browser_sets_itself_implies_what_the_page_does() {
    let (_, request) =
        only("curl https://a.example -H 'Origin: https://b.example' -b a=1 -k -e https://c.example/x");
    assert_eq!(request.origin.as_ref().unwrap().text, "https://b.example");
    assert!(request.includes_credentials() && request.insecure);
    let (_, request) = only("curl https://a.example -e https://c.example/x");
    assert_eq!(request.origin.as_ref().unwrap().text, "https://c.example");
    let (_, request) = only("curl https://a.example -H 'Cookie: a=1' -H 'Proxy-X: 1' -H 'Host: b' -H 'x: 1'");
    assert_eq!(names(&request, LeftOutBecause::Cookies), ["Cookie"]);
    assert_eq!(request.unsendable().collect::<Vec<_>>(), ["Proxy-X"]);
    assert_eq!(names(&request, LeftOutBecause::Browser), ["Host"]);
    assert_eq!(headers(&request), [("x", "1")]);
    // Alone, a script sets these.
    let (_, request) = only("curl https://a.example -H 'Cache-Control: no-cache' -H 'If-None-Match: x'");
    assert_eq!(request.headers.len(), 2);
    let (_, request) = only("curl https://a.example --proxy http://p --resolve a:1:b -H @file");
    let notes = [
        Note::Unused("--proxy".to_owned()),
        Note::Unused("--resolve".to_owned()),
        Note::HeaderFile("file".to_owned()),
    ];
    assert_eq!(request.notes, notes);
}

#[test]
fn a_copied_preflight_stands_for_the_request_that_it_announces() {
    let (_, request) = only(
        "curl 'https://a.example/x' -X 'OPTIONS' -H 'Access-Control-Request-Method: DELETE' \
         -H 'Access-Control-Request-Headers: content-type,x-a' -H 'Origin: https://b.example'",
    );
    assert_eq!(request.method.as_deref(), Some("DELETE"));
    assert_eq!(headers(&request), [("content-type", "application/json"), ("x-a", "1")]);
    assert_eq!(request.notes, [Note::Preflight]);
}

#[test]
fn several_commands_are_several_requests() {
    let both = read("curl 'https://a.example/1' ;\ncurl 'https://a.example/2' \\\n  -X 'PUT'").unwrap();
    assert_eq!(both.requests.len(), 2);
    assert_eq!(both.requests[1].method.as_deref(), Some("PUT"));
    let both = read("curl ^\"https://a.example/1^\" &\r\ncurl ^\"https://a.example/2^\"").unwrap();
    assert_eq!(both.requests.len(), 2);
    // What the command printed is not another one.
    let (_, request) = only("$ curl https://a.example/1\n{\"it\": \"works\"}\ncurl: (6) could not resolve");
    assert_eq!(request.page_url().unwrap().path(), "/1");
}

#[test]
fn powershell_is_read_as_people_write_it() {
    for (command, url, method, set, body) in [
        (
            "PS C:\\> iwr https://a.example/x?a=1&b=2 -Method Delete",
            "https://a.example/x?a=1&b=2",
            "DELETE",
            &[][..],
            None,
        ),
        (
            "$headers = @{ 'X-A' = 'it''s'; Authorization = \"Bearer $token\" }\n$r = Invoke-RestMethod -Uri 'https://a.example' -Headers $headers -Method:Post -Body '{\"a\":1}'",
            "https://a.example/",
            "POST",
            &[("X-A", "it's"), ("Authorization", "1")],
            text("{\"a\":1}"),
        ),
        (
            "Invoke-WebRequest -Uri \"https://a.example\" -Method \"POST\" -Body ([System.Text.Encoding]::UTF8.GetBytes(\"$([char]252)`n\"))",
            "https://a.example/",
            "POST",
            &[],
            text("\u{fc}\n"),
        ),
        (
            "Invoke-WebRequest -Uri https://a.example -Method Put -Body @\"\n{\"a\": 1}\n\"@ -ContentType application/json",
            "https://a.example/",
            "PUT",
            &[("content-type", "application/json")],
            text("{\"a\": 1}"),
        ),
        (
            "Invoke-WebRequest -Uri https://a.example -Method Put -InFile up.bin",
            "https://a.example/",
            "PUT",
            &[],
            Some(PastedBody::File("up.bin".to_owned())),
        ),
    ] {
        let (form, request) = only(command);
        assert_eq!(form, Form::PowerShell);
        assert_eq!(request.url.as_ref().unwrap().as_str(), url, "{command}");
        assert_eq!(request.method.as_deref(), Some(method), "{command}");
        assert_eq!(headers(&request), set, "{command}");
        assert_eq!(request.body, body, "{command}");
    }
}
