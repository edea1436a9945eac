//! Nothing is judged by bytes that answer no request, and a response is what browsers take it for.

use std::{
    collections::BTreeMap,
    io::{Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    thread,
    time::Duration,
};

use serde_json::Value;

use super::support::{DECLARED, Folder, Request, Server, answer, correct, crosscheck};

const ALLOWED: &str = "https://app.example";
const OTHER: &str = "https://other.example";

/// What would be let in if it were taken for an answer.
fn evil() -> Vec<u8> {
    answer("200 OK", &[("Access-Control-Allow-Origin", "*"), ("X-Evil", "1")], b"evil!")
}

/// The bytes of an answer, and those that come so much later although nothing is requested.
type Chatter = fn(&str, Vec<u8>) -> (Vec<u8>, Option<(Duration, Vec<u8>)>);

/// A correct endpoint on loopback that says more than it is asked.
struct Chatty(SocketAddr);

impl Chatty {
    fn start(chatter: Chatter) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        // It ends with the process: nothing of it outlives the test binary.
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                thread::spawn(move || serve(stream, chatter));
            }
        });
        Self(address)
    }

    fn url(&self) -> String {
        format!("http://{}/data", self.0)
    }
}

fn serve(mut stream: TcpStream, chatter: Chatter) {
    let _ = stream.set_read_timeout(Some(Duration::from_secs(30)));
    let (mut buffer, mut chunk) = (Vec::new(), [0; 4096]);
    loop {
        while let Some(end) = buffer.windows(4).position(|four: &[u8]| four == b"\r\n\r\n") {
            let head: Vec<u8> = buffer.drain(..end + 4).collect();
            let request = parse(&String::from_utf8_lossy(&head));
            buffer.drain(..length(&request).min(buffer.len()));
            let (now, late) = chatter(&request.method, correct(&request, ALLOWED));
            if stream.write_all(&now).is_err() {
                return;
            }
            if let (Some((after, bytes)), Ok(mut stream)) = (late, stream.try_clone()) {
                thread::spawn(move || {
                    thread::sleep(after);
                    let _ = stream.write_all(&bytes);
                });
            }
        }
        match stream.read(&mut chunk) {
            Ok(0) | Err(_) => return,
            Ok(count) => buffer.extend_from_slice(&chunk[..count]),
        }
    }
}

fn parse(head: &str) -> Request {
    let mut lines = head.lines();
    let mut words = lines.next().unwrap_or_default().split(' ').map(str::to_owned);
    let fields = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_owned(), value.trim().to_owned()))
        .collect();
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    Request { method, target, fields, body: Vec::new(), connection: 0, number: 0 }
}

fn length(request: &Request) -> usize {
    request.field("content-length").and_then(|value| value.parse().ok()).unwrap_or(0)
}

/// The verdict of each test of a run against an endpoint, and the exit code.
fn verdicts(url: &str) -> (BTreeMap<String, String>, i32, Value) {
    let folder = Folder::new();
    let arguments = [&["run", "-t", url, "--allowed-origin", ALLOWED][..], &DECLARED].concat();
    let ended = crosscheck(&folder, &arguments);
    let record: Value = serde_json::from_str(&folder.read("reports/run.json")).expect("a record");
    let tests = record["tests"].as_array().expect("tests");
    let verdicts = tests
        .iter()
        .map(|test| (test["id"].as_str().expect("an id").to_owned(), test["verdict"].to_string()))
        .collect();
    (verdicts, ended.code, record)
}

#[track_caller]
fn assert_same(found: &BTreeMap<String, String>, expected: &BTreeMap<String, String>, what: &str) {
    let differing: Vec<_> = expected
        .iter()
        .filter(|(id, verdict)| found.get(*id) != Some(verdict))
        .map(|(id, verdict)| format!("{id}: {verdict}, {:?}", found.get(id)))
        .collect();
    assert!(differing.is_empty(), "{what}: {} differ:\n{}", differing.len(), differing.join("\n"));
    assert_eq!(found.len(), expected.len(), "{what}");
}

#[test]
fn unsolicited_bytes_are_one_finding_and_judge_nothing() {
    let quiet = Chatty::start(|_, answer| (answer, None));
    let (expected, code, _) = verdicts(&quiet.url());
    assert_eq!(code, 0, "{expected:?}");
    let cases: [(&str, Chatter); 6] = [
        ("another answer at once", |_, answer| ([answer, evil()].concat(), None)),
        ("another answer a little later", |_, answer| (answer, Some((Duration::from_millis(1), evil())))),
        ("another answer later", |_, answer| (answer, Some((Duration::from_millis(8), evil())))),
        ("the answer once more", |_, answer| (answer.clone(), Some((Duration::from_micros(300), answer)))),
        ("content after HEAD and OPTIONS", |method, answer| {
            let more = matches!(method, "HEAD" | "OPTIONS");
            (answer, more.then(|| (Duration::from_millis(1), b"{\"late\":1}".to_vec())))
        }),
        ("a line end", |_, answer| ([answer, b"\r\n".to_vec()].concat(), None)),
    ];
    for (what, chatter) in cases {
        let server = Chatty::start(chatter);
        let (mut found, code, record) = verdicts(&server.url());
        let id = "connections/unsolicited-bytes";
        assert_eq!(found.remove(id).as_deref(), Some("\"fail\""), "{what}");
        assert_same(&found, &expected, what);
        assert_eq!(code, 1, "{what}");
        let tests = record["tests"].as_array().expect("tests");
        let test = tests.iter().find(|test| test["id"] == id).expect("the test");
        let place =
            test["findings"][0].as_u64().and_then(|place| usize::try_from(place).ok()).expect("a place");
        let finding = &record["findings"][place];
        assert_eq!(finding["code"], "response.unsolicited-bytes", "{what}");
        assert!(
            finding["message"].as_str().is_some_and(|text| text.contains("http://127.0.0.1")),
            "{finding}"
        );
        assert!(!finding["evidence"].as_array().expect("evidence").is_empty(), "{finding}");
        let text = record.to_string();
        assert!(
            !text.contains("X-Evil: 1\\r\\n\\r\\nevil!\"") && !text.contains("\"body\":\"evil!\""),
            "{what}"
        );
    }
}

#[test]
fn content_after_a_204_that_announces_it_hinders_no_test() {
    let quiet = Chatty::start(|_, answer| (answer, None));
    let (expected, ..) = verdicts(&quiet.url());
    for late in [0, 1, 8] {
        let chatter: Chatter = match late {
            0 => |method, answer| (announced(method, answer, b"ok"), None),
            1 => |method, answer| {
                (announced(method, answer, b""), Some((Duration::from_millis(1), b"ok".to_vec())))
            },
            _ => |method, answer| {
                (announced(method, answer, b""), Some((Duration::from_millis(8), b"ok".to_vec())))
            },
        };
        let server = Chatty::start(|method, answer| match method {
            "OPTIONS" => (announced(method, answer, b""), None),
            _ => (answer, None),
        });
        let (found, ..) = verdicts(&server.url());
        assert_same(&found, &expected, "without the content");
        let server = Chatty::start(chatter);
        let (mut found, ..) = verdicts(&server.url());
        found.remove("connections/unsolicited-bytes");
        assert_same(&found, &expected, &format!("{late} ms late"));
    }
}

/// The answer to OPTIONS with a Content-Length and what follows.
fn announced(method: &str, answer: Vec<u8>, content: &[u8]) -> Vec<u8> {
    if method != "OPTIONS" {
        return answer;
    }
    let head = &answer[..answer.len() - 2];
    [head, b"Content-Length: 2\r\n\r\n", content].concat()
}

#[test]
fn an_explanation_is_not_built_on_unsolicited_bytes() {
    // Whatever is answered, what follows would let everybody in.
    let server = Chatty::start(|_, answer| (answer, Some((Duration::from_micros(500), evil()))));
    let folder = Folder::new();
    let arguments = ["explain", &server.url(), "--origin", OTHER, "--json"];
    let ended = crosscheck(&folder, &arguments).with_code(1);
    let explanation: Value = serde_json::from_str(&ended.stdout).expect("JSON");
    assert_eq!(explanation["connection"]["code"], "response.unsolicited-bytes", "{explanation}");
    let attempts = explanation["experiments"].as_array().expect("experiments");
    assert!(attempts.iter().all(|attempt| attempt["outcome"] == "blocked"), "{attempts:?}");
    let ended = crosscheck(&folder, &["explain", &server.url(), "--origin", ALLOWED]).with_code(0);
    assert!(ended.stdout.contains("response.unsolicited-bytes"), "{}", ended.stdout);
}

/// A response whose field lines stand as they are given.
fn raw(lines: &str) -> Vec<u8> {
    format!("HTTP/1.1 200 OK\r\n{lines}Content-Length: 2\r\n\r\nok").chars().map(|c| c as u8).collect()
}

#[test]
fn a_response_is_what_browsers_take_it_for() {
    const ORIGIN: &str = "Access-Control-Allow-Origin: https://app.example\r\n";
    const CREDENTIALS: &str = "Access-Control-Allow-Credentials: true\r\n";
    let both = format!("{ORIGIN}{CREDENTIALS}");
    // (what is answered, the exit code of an explanation with credentials, words of it)
    let rows: Vec<(Vec<u8>, i32, &str)> = vec![
        (raw(&both), 0, ""),
        (raw(&format!("{both}Access-Control-Allow-Origin: \u{1}\r\n")), 1, "cors-check.multiple"),
        (raw(&format!("{both}Access-Control-Allow-Origin: \u{7f}\r\n")), 1, "cors-check.multiple"),
        (raw(&format!("{both}Access-Control-Allow-Origin:\r\n")), 1, "cors-check.multiple"),
        (raw(&format!("{both}Access-Control-Allow-Credentials: \u{b}\r\n")), 1, "cors-check.credentials"),
        (
            raw(&format!("{ORIGIN}Access-Control-Allow-Credentials: true\u{1f}\r\n")),
            1,
            "cors-check.credentials",
        ),
        (raw(&format!("{both}X-A: \u{1}\r\n")), 0, ""),
        (raw(&format!("{both}X\u{1}A: 1\r\n")), 0, ""),
        (raw(&format!("no field\r\n{both}")), 0, ""),
        (raw(&format!("{both}X-A: 1\0\r\n")), 4, "NUL"),
        (
            raw(
                "Access-Control-Allow-Origin:\r\n https://app.example\r\nAccess-Control-Allow-Credentials: true\r\n",
            ),
            0,
            "",
        ),
        (raw(" Access-Control-Allow-Origin: *\r\n"), 1, "cors-check.missing"),
        (
            raw(&format!("Access-Control-Allow-Origin : https://app.example\r\n{CREDENTIALS}")),
            1,
            "cors-check.missing",
        ),
        (
            raw(&format!("X-A: 1\rAccess-Control-Allow-Origin: https://app.example\r\n{CREDENTIALS}")),
            1,
            "missing",
        ),
        (raw(&both.replace("\r\n", "\n")), 0, ""),
        (format!("HTTP/1.1  200  OK\r\n{both}Content-Length: 0\r\n\r\n").into_bytes(), 0, ""),
        (format!("\r\nHTTP/1.1 200 OK\r\n{both}Content-Length: 0\r\n\r\n").into_bytes(), 0, ""),
        (
            format!("HTTP/1.1 200 OK\r\n{both}Transfer-Encoding: chunked\r\n\r\n2\nok\n0\n\n").into_bytes(),
            0,
            "",
        ),
        (
            format!("HTTP/1.1 101 Switching Protocols\r\n{both}\r\n").into_bytes(),
            4,
            "101 Switching Protocols",
        ),
        (
            format!("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 101 Switching Protocols\r\n{both}\r\n")
                .into_bytes(),
            4,
            "101 Switching Protocols",
        ),
        (
            format!(
                "HTTP/1.1 101 Switching Protocols\r\n\r\nHTTP/1.1 200 OK\r\n{both}Content-Length: 0\r\n\r\n"
            )
            .into_bytes(),
            4,
            "101 Switching Protocols",
        ),
        (
            format!("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n{both}Content-Length: 0\r\n\r\n")
                .into_bytes(),
            0,
            "",
        ),
        (
            format!("HTTP/1.1 100 Continue\r\n{both}\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
                .into_bytes(),
            1,
            "missing",
        ),
        (
            format!("HTTP/1.1 200 OK\r\n{both}Content-Length: 1\r\nContent-Length: 2\r\n\r\nok").into_bytes(),
            4,
            "Content-Length",
        ),
    ];
    for (bytes, code, words) in rows {
        let shown = bytes.escape_ascii().to_string();
        let server = Server::start(move |_| bytes.clone());
        let folder = Folder::new();
        let url = server.url("/data");
        let ended = crosscheck(
            &folder,
            &["explain", &url, "--origin", ALLOWED, "--credentials", "--request-timeout", "3000"],
        );
        assert_eq!(ended.code, code, "{shown}\n{}", ended.all());
        assert!(ended.all().contains(words), "{shown}: no {words:?} in\n{}", ended.all());
    }
}

#[test]
fn control_bytes_in_location_are_kept() {
    let server = Server::start(|request| match request.target.as_str() {
        "/data" => {
            answer("302 Found", &[("Access-Control-Allow-Origin", "*"), ("Location", "/to\u{1}there")], b"")
        }
        _ => answer("200 OK", &[("Access-Control-Allow-Origin", "*")], b""),
    });
    let folder = Folder::new();
    let url = server.url("/data");
    crosscheck(&folder, &["explain", &url, "--origin", ALLOWED]).with_code(0);
    let targets: Vec<String> = server.requests().into_iter().map(|request| request.target).collect();
    assert!(targets.contains(&"/to%01there".to_owned()), "{targets:?}");
}

#[test]
fn load_reads_what_an_explanation_reads() {
    let many = "X-A: 1\r\n".repeat(200);
    let origin = format!("Access-Control-Allow-Origin: {ALLOWED}\r\nVary: Origin\r\n");
    for head in [
        format!("HTTP/1.1  200  OK\r\n{origin}Content-Length: 2\r\n\r\nok"),
        format!("\r\nHTTP/1.1 200 OK\r\n{origin}Content-Length: 2\r\n\r\nok"),
        format!("HTTP/1.1 200 OK\r\n{many}{origin}Content-Length: 2\r\n\r\nok"),
        format!("HTTP/1.1 200 OK\r\n{origin}Transfer-Encoding: chunked\r\n\r\n2\nok\n0\n\n"),
        format!("HTTP/1.1 200 OK\r\n{origin}X-A: 1\r\n 2\r\nContent-Length: 2\r\n\r\nok"),
    ] {
        let bytes = head.clone().into_bytes();
        let server = Server::start(move |request| match request.field("origin") {
            Some(ALLOWED) => bytes.clone(),
            _ => correct(request, ALLOWED),
        });
        let folder = Folder::new();
        let plan = folder.write(
            "plan.json",
            format!(
                r#"{{ "id": "tiny", "title": "A few reads", "requests": {{ "read": {{}} }}, "origins": ["{ALLOWED}"],
                     "rate": 20, "stages": [{{ "name": "all", "for": "1s" }}] }}"#
            ),
        );
        let url = server.url("/data");
        let arguments = [
            "load",
            &plan.display().to_string(),
            "-t",
            &url,
            "--allowed-origin",
            ALLOWED,
            "--report-dir",
            "out",
        ];
        let ended = crosscheck(&folder, &arguments);
        let record: Value = serde_json::from_str(&folder.read("out/load.json")).expect("a record");
        assert_eq!(record["total"]["errors"], 0, "{head}: {}", ended.all());
        assert_eq!(record["total"]["answered"], 20, "{head}: {}", ended.all());
        assert_eq!(record["findings"].as_array().map_or(0, Vec::len), 0, "{head}: {}", ended.all());
    }
}
