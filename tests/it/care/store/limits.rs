//! Whatever clients without a key do, memory and disk stay near the limits that were given.

use std::{
    collections::BTreeSet,
    io::{Read, Write},
    net::TcpStream,
    thread,
    time::Duration,
};

use super::served::{Served, request};
use crate::care::support::Folder;

const MIB: usize = 1024 * 1024;

/// What may be kept, and what requests and answers may hold besides.
const STORED: usize = 6 * MIB;
const MEMORY: usize = 16 * MIB;

/// What a process of the debug build has besides: itself, buffers of connections, and what the allocator keeps.
const BESIDES: usize = 48 * MIB;

type Attack = fn(&Served) -> BTreeSet<(u16, String)>;

/// The refusals among replies.
fn refusals(served: &Served, requests: impl IntoIterator<Item = Vec<u8>>) -> BTreeSet<(u16, String)> {
    let replies = served.ask_each(requests);
    let refused = replies.iter().filter(|reply| reply.status >= 400);
    refused.map(|reply| (reply.status, reply.element("Code").to_owned())).collect()
}

fn begin(served: &Served, key: &str) -> String {
    served.ask(&format!("POST /open/{key}?uploads"), "", b"").element("UploadId").to_owned()
}

fn full() -> BTreeSet<(u16, String)> {
    BTreeSet::from([(507, "InsufficientStorage".to_owned())])
}

fn slow_down() -> BTreeSet<(u16, String)> {
    BTreeSet::from([(503, "SlowDown".to_owned())])
}

fn parts_of_uploads(served: &Served) -> BTreeSet<(u16, String)> {
    let id = begin(served, "parts");
    let content = vec![b'a'; 2 * MIB];
    refusals(
        served,
        (1..=60).map(|number| {
            request(&format!("PUT /open/parts?partNumber={number}&uploadId={id}"), "", &content)
        }),
    )
}

fn uploads_with_long_fields(served: &Served) -> BTreeSet<(u16, String)> {
    let fields = format!("Content-Disposition: {}\r\n", "a".repeat(100_000));
    refusals(served, (0..700).map(|number| request(&format!("POST /open/{number}?uploads"), &fields, b"")))
}

fn many_uploads(served: &Served) -> BTreeSet<(u16, String)> {
    refusals(served, (0..6500).map(|number| request(&format!("POST /open/{number}?uploads"), "", b"")))
}

fn objects_with_many_fields(served: &Served) -> BTreeSet<(u16, String)> {
    let fields: String =
        (0..80).map(|number| format!("x-oss-meta-{number}: {}\r\n", "b".repeat(80))).collect();
    refusals(served, (0..600).map(|number| request(&format!("PUT /open/{number}"), &fields, b"")))
}

fn empty_objects_with_long_keys(served: &Served) -> BTreeSet<(u16, String)> {
    let long = "k".repeat(1000);
    refusals(served, (0..4000).map(|number| request(&format!("PUT /open/{long}{number}"), "", b"")))
}

/// Readers that take nothing hold what is replaced meanwhile.
fn replaced_while_read(served: &Served) -> BTreeSet<(u16, String)> {
    let content = vec![b'a'; 5 * MIB];
    let mut readers: Vec<TcpStream> = Vec::new();
    let mut found = BTreeSet::new();
    for _ in 0..20 {
        found.extend(refusals(served, [request("PUT /open/read", "", &content)]));
        let mut reader = served.connect();
        reader.write_all(&request("GET /open/read", "", b"")).expect("sent");
        // The answer has begun when its first byte is here.
        let _ = reader.read(&mut [0]);
        readers.push(reader);
    }
    found
}

/// A part that is a byte of a large object does not hold all of it.
fn small_parts_of_large_objects(served: &Served) -> BTreeSet<(u16, String)> {
    let id = begin(served, "copied");
    let content = vec![b'a'; 5 * MIB];
    let requests = (1..=20).flat_map(|number| {
        let part = format!("PUT /open/copied?partNumber={number}&uploadId={id}");
        let source = "x-oss-copy-source: /open/source\r\nx-oss-copy-source-range: bytes=5-5\r\n";
        [request("PUT /open/source", "", &content), request(&part, source, b"")]
    });
    refusals(served, requests)
}

/// Contents that are sent but for their last byte.
fn contents_under_way(served: &Served) -> BTreeSet<(u16, String)> {
    let content = vec![b'a'; 5 * MIB];
    let mut open = Vec::new();
    for _ in 0..20 {
        let mut stream = served.connect();
        let whole = request("PUT /open/same", "", &content);
        stream.write_all(whole.get(..whole.len() - 1).expect("bytes")).expect("sent");
        open.push(stream);
    }
    open.iter_mut().for_each(|stream| stream.write_all(b"a").expect("sent"));
    let answers = open.into_iter().map(|mut stream| {
        let mut answer = [0; 4096];
        let count = stream.read(&mut answer).unwrap_or(0);
        super::served::Reply::of(&String::from_utf8_lossy(answer.get(..count).unwrap_or_default()))
    });
    let refused = answers.filter(|reply| reply.status >= 400);
    refused.map(|reply| (reply.status, reply.element("Code").to_owned())).collect()
}

/// Heads that never end; the server closes what it has no memory for.
fn heads_under_way(served: &Served) -> BTreeSet<(u16, String)> {
    let head = format!("GET /open/x HTTP/1.1\r\nX-Long: {}", "a".repeat(120_000));
    let mut open: Vec<TcpStream> = Vec::new();
    for _ in 0..600 {
        let mut stream = served.connect();
        let _ = stream.write_all(head.as_bytes());
        open.push(stream);
    }
    thread::sleep(Duration::from_millis(300));
    BTreeSet::new()
}

/// Lists of keys that grow sixfold when they are written as XML, to readers that take nothing.
fn long_answers_under_way(served: &Served) -> BTreeSet<(u16, String)> {
    let key = "%22".repeat(1000);
    let keys = (0..900).map(|number| request(&format!("PUT /open/{key}{number:03}"), "", b""));
    assert_eq!(refusals(served, keys), BTreeSet::new());
    let mut open = Vec::new();
    let mut found = BTreeSet::new();
    for _ in 0..20 {
        let mut stream = served.connect();
        stream.write_all(&request("GET /open/?max-keys=1000", "", b"")).expect("sent");
        let mut start = [0; 15];
        stream.read_exact(&mut start).expect("an answer");
        if !start.starts_with(b"HTTP/1.1 200") {
            let mut rest = [0; 4096];
            let count = stream.read(&mut rest).unwrap_or(0);
            let text = [start.as_slice(), rest.get(..count).unwrap_or_default()].concat();
            let reply = super::served::Reply::of(&String::from_utf8_lossy(&text));
            found.insert((reply.status, reply.element("Code").to_owned()));
        }
        open.push(stream);
    }
    found
}

/// A form whose key names its file two thousand times.
fn forms_that_grow(served: &Served) -> BTreeSet<(u16, String)> {
    let field = |name: &str, value: &str| {
        format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    let name = "n".repeat(18_000);
    let form = format!(
        "{}--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\nx\r\n--b--\r\n",
        field("key", &"${filename}".repeat(100))
    );
    let many = format!(
        "{}--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{}\"\r\n\r\nx\r\n--b--\r\n",
        field("key", &"${filename}".repeat(1800)),
        "n".repeat(3 * MIB)
    );
    let fields = "Content-Type: multipart/form-data; boundary=b\r\n";
    refusals(served, [form, many].map(|form| request("POST /open/", fields, form.as_bytes())))
}

/// Contents of S3 that are cut into chunks of a byte.
fn crumbs(served: &Served) -> BTreeSet<(u16, String)> {
    let fields = "x-amz-content-sha256: STREAMING-UNSIGNED-PAYLOAD-TRAILER\r\n";
    let chunks = [b"1\r\na\r\n".repeat(MIB), b"0\r\n\r\n".to_vec()].concat();
    let trailers = [b"0\r\n".to_vec(), b"a:\r\n".repeat(MIB)].concat();
    refusals(served, [chunks, trailers].map(|content| request("PUT /open/crumbs", fields, &content)))
}

#[test]
fn memory_stays_near_its_limits_whatever_clients_without_a_key_do() {
    let of_keys = BTreeSet::from([
        (400, "InvalidObjectName".to_owned()),
        (400, "MaxPOSTPreDataLengthExceeded".to_owned()),
    ]);
    let of_chunks = BTreeSet::from([(400, "IncompleteBody".to_owned())]);
    let rows: [(&str, Attack, BTreeSet<(u16, String)>); 12] = [
        ("parts of uploads", parts_of_uploads, full()),
        ("uploads with long fields", uploads_with_long_fields, full()),
        ("many uploads", many_uploads, full()),
        ("objects with many fields", objects_with_many_fields, full()),
        ("empty objects with long keys", empty_objects_with_long_keys, full()),
        ("replaced while read", replaced_while_read, slow_down()),
        ("small parts of large objects", small_parts_of_large_objects, BTreeSet::new()),
        ("contents under way", contents_under_way, slow_down()),
        ("heads under way", heads_under_way, BTreeSet::new()),
        ("long answers under way", long_answers_under_way, slow_down()),
        ("forms that grow", forms_that_grow, of_keys),
        ("crumbs", crumbs, of_chunks),
    ];
    let folder = Folder::new();
    let (stored, memory, body) = (STORED.to_string(), MEMORY.to_string(), (8 * MIB).to_string());
    let arguments = [
        "--bucket",
        "open:public-read-write",
        "--max-stored",
        &stored,
        "--max-memory",
        &memory,
        "--max-body",
        &body,
    ];
    let mut wrong = Vec::new();
    for (name, attack, refused) in rows {
        let served = Served::start(&folder, &arguments);
        let found = attack(&served);
        let peak = served.peak();
        if peak > STORED + MEMORY + BESIDES {
            wrong.push(format!("{name}: {} MiB", peak / MIB));
        }
        if found != refused {
            wrong.push(format!("{name}: {found:?} instead of {refused:?}"));
        }
        if served.ask("GET /default/data.json", "", b"").status != 200 {
            wrong.push(format!("{name}: it does not go on"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_goes_gives_its_room_back() {
    let folder = Folder::new();
    let served = Served::start(&folder, &["--bucket", "open:public-read-write", "--max-stored", "2000000"]);
    let large = vec![b'a'; 900_000];
    let put = |key: &str| served.ask(&format!("PUT /open/{key}"), "", &large).status;
    let status = |line: &str, content: &[u8]| served.ask(line, "", content).status;
    for round in 0..3 {
        let id = begin(&served, "whole");
        let part = |number: usize| format!("PUT /open/whole?partNumber={number}&uploadId={id}");
        assert_eq!(status(&part(1), &large), 200, "{round}");
        assert_eq!(status(&part(1), &large), 200, "{round}: a part in its own place");
        assert_eq!(status(&part(2), &large), 200, "{round}");
        assert_eq!(put("other"), 507, "{round}: the parts count");
        assert_eq!(status(&format!("DELETE /open/whole?uploadId={id}"), b""), 204, "{round}");
        assert_eq!(put("other"), 200, "{round}: what was given up does not");
        assert_eq!(put("other"), 200, "{round}: an object in its own place");
        let id = begin(&served, "whole");
        assert_eq!(status(&format!("PUT /open/whole?partNumber=1&uploadId={id}"), &large), 200, "{round}");
        let complete = format!("POST /open/whole?uploadId={id}");
        assert_eq!(served.ask(&complete, "x-oss-complete-all: yes\r\n", b"").status, 200, "{round}");
        assert_eq!(put("third"), 507, "{round}: an object weighs as much as its parts");
        assert_eq!(status("DELETE /open/whole", b""), 204, "{round}");
        assert_eq!(put("third"), 200, "{round}");
        for key in ["other", "third"] {
            assert_eq!(status(&format!("DELETE /open/{key}"), b""), 204, "{round}");
        }
    }
}

#[test]
fn rules_count_and_give_their_room_back() {
    let folder = Folder::new();
    let served = Served::start(&folder, &["--max-stored", "150000"]);
    let rules = |headers: usize| {
        let headers: String =
            (0..headers).map(|number| format!("<AllowedHeader>x-{number}</AllowedHeader>")).collect();
        format!(
            "<CORSConfiguration><CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod>{headers}\
             </CORSRule></CORSConfiguration>"
        )
    };
    let object = vec![b'a'; 100_000];
    let ask = |line: &str, content: &[u8]| served.ask(line, "", content).status;
    assert_eq!(ask("PUT /default/?cors", rules(450).as_bytes()), 200);
    assert_eq!(ask("PUT /default/large", &object), 507, "the rules count");
    assert_eq!(ask("PUT /default/?cors", rules(1).as_bytes()), 200);
    assert_eq!(ask("PUT /default/large", &object), 200, "fewer rules count less");
    assert_eq!(ask("PUT /default/?cors", rules(450).as_bytes()), 507);
    assert_eq!(ask("DELETE /default/?cors", b""), 204);
}

#[test]
fn a_folder_stays_near_the_limit_too() {
    let folder = Folder::new();
    let arguments = ["--data", "kept", "--bucket", "open:public-read-write", "--max-stored", "8388608"];
    let served = Served::start(&folder, &arguments);
    let file = folder.path().join("kept/store.redb");
    let empty = std::fs::metadata(&file).expect("a file").len() as usize;
    for round in 0..120_usize {
        // Sizes differ, so that what is free does not always fit.
        let content = vec![b'a'; 300_000 + 70_000 * (round % 9)];
        let status = served.ask(&format!("PUT /open/{}", round % 60), "", &content).status;
        assert!([200, 507].contains(&status), "{status}");
        if round % 5 == 4 {
            assert_eq!(served.ask(&format!("DELETE /open/{}", round % 20), "", b"").status, 204);
        }
    }
    uploads_with_long_fields(&served);
    let (length, limit) = (std::fs::metadata(&file).expect("a file").len() as usize, 4 * 8 * MIB + empty);
    assert!(length < limit, "{length} bytes of at most {limit}");
    assert!(served.peak() < 2 * 8 * MIB + BESIDES, "{} MiB", served.peak() / MIB);
}
