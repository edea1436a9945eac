//! Requests that a store does not take are refused at once, in the vendor's words.

use std::io::{Read, Write};

use super::served::{Reply, Served};
use crate::care::support::Folder;

#[test]
fn metadata_has_the_vendors_limits() {
    let folder = Folder::new();
    let sized =
        |prefix: &str, name: &str, length: usize| format!("{prefix}{name}: {}\r\n", "v".repeat(length));
    // OSS counts whole names, S3 without their prefix.
    let rows = [("oss", "x-oss-meta-", "x-oss-meta-a".len(), 8192), ("s3", "x-amz-meta-", "a".len(), 2048)];
    for (dialect, prefix, name, most) in rows {
        let served = Served::start(&folder, &["--dialect", dialect, "--bucket", "open:public-read-write"]);
        let ask = |line: &str, fields: String| {
            let reply = served.ask(line, &fields, b"");
            (reply.status, reply.element("Code").to_owned())
        };
        let refused = (400, "MetadataTooLarge".to_owned());
        let fits = sized(prefix, "a", most - name);
        let beyond = sized(prefix, "a", most - name + 1);
        let in_two = format!("{}{}", sized(prefix, "a", most / 2), sized(prefix, "b", most / 2));
        for line in ["PUT /open/x", "POST /open/x?uploads"] {
            assert_eq!(ask(line, fits.clone()).0, 200, "{dialect} {line}");
            assert_eq!(ask(line, beyond.clone()), refused, "{dialect} {line}");
            assert_eq!(ask(line, in_two.clone()), refused, "{dialect} {line}");
        }
        let vendor = prefix.trim_end_matches("meta-");
        let copy = format!("{vendor}copy-source: /open/x\r\n{vendor}metadata-directive: REPLACE\r\n{beyond}");
        assert_eq!(ask("PUT /open/y", copy), refused, "{dialect}");
        let form = format!(
            "--b\r\nContent-Disposition: form-data; name=\"key\"\r\n\r\nz\r\n--b\r\nContent-Disposition: form-data; \
             name=\"{prefix}a\"\r\n\r\n{}\r\n--b\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\nx\r\n--b--\r\n",
            "v".repeat(most)
        );
        let reply =
            served.ask("POST /open/", "Content-Type: multipart/form-data; boundary=b\r\n", form.as_bytes());
        assert_eq!(reply.verdict(), (400, "MetadataTooLarge"), "{dialect}");
        // What else describes an object has no such limit.
        assert_eq!(ask("PUT /open/x", sized("", "Content-Disposition", 10_000)).0, 200, "{dialect}");
    }
}

#[test]
fn keys_that_no_object_may_have_are_refused() {
    let folder = Folder::new();
    let (long, longer) = ("k".repeat(1024), "k".repeat(1025));
    let rows = [
        ("a%00b", "InvalidObjectName", "InvalidURI"),
        ("%00", "InvalidObjectName", "InvalidURI"),
        ("a%ffb", "InvalidObjectName", "InvalidURI"),
        ("%c3%28", "InvalidObjectName", "InvalidURI"),
        (&long, "InvalidObjectName", ""),
        (&longer, "InvalidObjectName", "KeyTooLongError"),
        ("a%01b", "", ""),
        ("%c3%a4", "", ""),
        ("a%2500", "", ""),
    ];
    for (dialect, oss) in [("oss", true), ("s3", false)] {
        let served = Served::start(&folder, &["--dialect", dialect, "--bucket", "open:public-read-write"]);
        for (key, in_oss, in_s3) in rows {
            let code = if oss { in_oss } else { in_s3 };
            let expected = if code.is_empty() { (200, "") } else { (400, code) };
            for line in [format!("PUT /open/{key}"), format!("POST /open/{key}?uploads")] {
                let reply = served.ask(&line, "", b"");
                assert_eq!(reply.verdict(), expected, "{dialect}: {}", line.get(..60).unwrap_or(&line));
            }
        }
        let form = b"--b\r\nContent-Disposition: form-data; name=\"key\"\r\n\r\na\0b\r\n--b\r\nContent-Disposition: form-data; \
                     name=\"file\"\r\n\r\nx\r\n--b--\r\n";
        let reply = served.ask("POST /open/", "Content-Type: multipart/form-data; boundary=b\r\n", form);
        assert_eq!(reply.verdict(), (400, if oss { "InvalidObjectName" } else { "InvalidURI" }), "{dialect}");
    }
}

/// Sends a head, and a content only if it is told to continue; whether it was, and the answer.
fn expecting(served: &Served, fields: &str, content: &[u8]) -> (bool, Reply) {
    let mut stream = served.connect();
    let head = format!("PUT /default/big HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n{fields}\r\n");
    stream.write_all(head.as_bytes()).expect("sent");
    let mut first = [0; 25];
    stream.read_exact(&mut first).expect("an answer");
    let continues = first.starts_with(b"HTTP/1.1 100 Continue\r\n\r\n");
    let mut text = Vec::new();
    if continues {
        stream.write_all(content).expect("sent");
        stream.shutdown(std::net::Shutdown::Write).expect("half closed");
    } else {
        text.extend_from_slice(&first);
    }
    let _ = stream.read_to_end(&mut text);
    (continues, Reply::of(&String::from_utf8_lossy(&text)))
}

#[test]
fn a_content_that_will_not_be_taken_is_not_asked_for() {
    let folder = Folder::new();
    let served = Served::start(&folder, &["--max-body", "1000", "--max-memory", "60000"]);
    let (continues, reply) = expecting(&served, "Content-Length: 1000\r\n", &[b'a'; 1000]);
    assert_eq!((continues, reply.status), (true, 200));
    for length in ["1001", "7000", "9000000000"] {
        let (continues, reply) = expecting(&served, &format!("Content-Length: {length}\r\n"), b"");
        assert_eq!((continues, reply.verdict()), (false, (413, "EntityTooLarge")), "{length}");
        assert!(reply.head.contains("Connection: close"), "{}", reply.head);
    }
    let served = Served::start(&folder, &["--max-memory", "60000"]);
    let (continues, reply) = expecting(&served, "Content-Length: 100000\r\n", b"");
    assert_eq!((continues, reply.verdict()), (false, (503, "SlowDown")));
}

#[test]
fn a_content_in_bad_chunks_is_answered() {
    let folder = Folder::new();
    let served = Served::start(&folder, &["--body-timeout", "500"]);
    let long = format!("4;{}\r\n", "x".repeat(100_000));
    let rows = [
        ("zz\r\n", "InvalidRequest"),
        ("-1\r\nabcd\r\n", "InvalidRequest"),
        ("ffffffffffffffffff\r\nabcd\r\n", "InvalidRequest"),
        ("4\nabcd\r\n0\r\n\r\n", "InvalidRequest"),
        ("4\r\nabcdXX0\r\n\r\n", "InvalidRequest"),
        ("\r\n", "InvalidRequest"),
        (long.as_str(), "InvalidRequest"),
        ("4\r\nab", "RequestTimeout"),
    ];
    for (content, code) in rows {
        let head = "PUT /default/chunks HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
        let reply = Reply::of(&served.exchange(format!("{head}{content}").as_bytes()));
        let name = content.get(..20).unwrap_or(content).escape_debug().to_string();
        assert_eq!(reply.verdict(), (400, code), "{name}");
        assert!(reply.head.contains("Connection: close"), "{name}: {}", reply.head);
        assert_eq!(served.ask("GET /default/chunks", "", b"").status, 404, "{name}: nothing was stored");
    }
}

#[test]
fn documents_that_are_too_long_are_not_read() {
    let folder = Folder::new();
    for (dialect, code) in [("oss", "MalformedXML"), ("s3", "MaxMessageLengthExceeded")] {
        let served = Served::start(&folder, &["--dialect", dialect, "--bucket", "open:public-read-write"]);
        let document = format!("<Delete><Object><Key>{}</Key></Object></Delete>", "k".repeat(5_000_000));
        assert_eq!(
            served.ask("POST /open/?delete", "", document.as_bytes()).verdict(),
            (400, code),
            "{dialect}"
        );
        let document = format!("<Delete><Object><Key>{}</Key></Object></Delete>", "k".repeat(5_000));
        let long = if dialect == "oss" { "InvalidObjectName" } else { "KeyTooLongError" };
        assert_eq!(
            served.ask("POST /open/?delete", "", document.as_bytes()).verdict(),
            (400, long),
            "{dialect}"
        );
    }
}
