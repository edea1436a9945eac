//! What the vendors' APIs do, told as stories: each line is asked after the one before it.

use super::{
    signed::{ask_as_owner, element, guarded},
    *,
};
use crate::Settings;

/// The request, its content, the status, and what the answer's content or a field has.
type Line = (&'static str, &'static str, u16, &'static str);

async fn tell(dialect: Dialect, story: &[Line]) {
    let server = guarded(Settings::new(dialect)).await;
    for (line, content, status, has) in story {
        let reply = ask_as_owner(&server, line, content.as_bytes()).await;
        assert_eq!(reply.status, *status, "{dialect:?}: {line}\n{}", reply.body);
        let (field, value) = has.split_once(" = ").unwrap_or(("", has));
        let seen = if field.is_empty() { reply.body.clone() } else { reply.look(field) };
        assert!(seen.contains(value), "{dialect:?}: {line}: {has:?} in {seen}");
    }
    server.shutdown().await;
}

/// What both vendors do in the same way.
const BOTH: &[Line] = &[
    ("GET /", "", 200, "<Name>mine</Name>"),
    ("PUT /new-one", "", 200, "location = /new-one"),
    ("PUT /A", "", 400, "<Code>InvalidBucketName</Code>"),
    ("HEAD /new-one", "", 200, ""),
    ("GET /new-one?acl", "", 200, "<AccessControlPolicy"),
    ("GET /new-one?cors", "", 404, "<Code>NoSuchCORSConfiguration</Code>"),
    ("GET /new-one?lifecycle", "", 501, "<Code>NotImplemented</Code>"),
    ("PUT /new-one/a/1 | Content-Type: text/plain | Cache-Control: no-cache", "hello", 200, "etag = \""),
    ("GET /new-one/a/1", "", 200, "cache-control = no-cache"),
    ("GET /new-one/a/1 | Range: bytes=1-3", "", 206, "ell"),
    ("PUT /new-one/a/1 | If-None-Match: *", "again", 412, "<Code>PreconditionFailed</Code>"),
    ("PUT /new-one/md5 | Content-MD5: XUFAKrxLKna5cZ2REBfFkg==", "hello", 200, ""),
    ("PUT /new-one/md5 | Content-MD5: no digest", "hello", 400, "<Code>InvalidDigest</Code>"),
    ("PUT /new-one/copy | x-oss-copy-source: /new-one/a%2F1", "", 200, "<CopyObjectResult"),
    ("GET /new-one/copy", "", 200, "hello"),
    ("PUT /new-one/copy | x-amz-copy-source: new-one/nothing", "", 404, "<Code>NoSuchKey</Code>"),
    ("PUT /new-one/a/2", "", 200, ""),
    ("GET /new-one?delimiter=/", "", 200, "<CommonPrefixes><Prefix>a/</Prefix></CommonPrefixes>"),
    ("GET /new-one?list-type=2&prefix=a/&max-keys=1", "", 200, "<IsTruncated>true</IsTruncated>"),
    ("GET /new-one?marker=a/1&prefix=a/", "", 200, "<Key>a/2</Key>"),
    ("GET /new-one?continuation-token=%20", "", 200, "<Key>a/2</Key>"),
    ("GET /new-one?list-type=2&continuation-token=!", "", 400, "<Code>InvalidArgument</Code>"),
    ("POST /new-one/a/1", "", 405, "<Code>MethodNotAllowed</Code>"),
    ("DELETE /new-one", "", 409, "<Code>BucketNotEmpty</Code>"),
    (
        "POST /new-one?delete",
        "<Delete><Object><Key>a/1</Key></Object><Object><Key>a/2</Key></Object>\
         <Object><Key>md5</Key></Object></Delete>",
        200,
        "<Deleted><Key>a/2</Key></Deleted>",
    ),
    ("POST /new-one?delete", "<Delete/>", 400, "<Code>MalformedXML</Code>"),
    ("DELETE /new-one/copy", "", 204, ""),
    ("DELETE /new-one/copy", "", 204, ""),
    ("DELETE /new-one", "", 204, ""),
    ("GET /new-one", "", 404, "<Code>NoSuchBucket</Code>"),
    ("DELETE /new-one", "", 404, "<Code>NoSuchBucket</Code>"),
];

const OSS: &[Line] = &[
    ("GET /mine?location", "", 200, "<LocationConstraint>oss-cn-hangzhou</LocationConstraint>"),
    ("GET /mine?bucketInfo", "", 200, "<Grant>private</Grant>"),
    ("GET /mine?stat", "", 200, "<ObjectCount>1</ObjectCount>"),
    ("PUT /mine/a", "hello", 200, "etag = \"5D41402ABC4B2A76B9719D911017C592\""),
    ("GET /mine/a", "", 200, "x-oss-hash-crc64ecma = 11177612005948864433"),
    ("PUT /mine/a | Content-MD5: AAAAAAAAAAAAAAAAAAAAAA==", "x", 400, "<Code>InvalidDigest</Code>"),
    ("PUT /mine/a | x-oss-forbid-overwrite: true", "x", 409, "<Code>FileAlreadyExists</Code>"),
    ("GET /mine/none", "", 404, "<EC>0026-00000001</EC>"),
    ("HEAD /mine/none", "", 404, "x-oss-err = PD94bWw"),
    ("GET /mine?max-keys=1001", "", 400, "<Code>InvalidArgument</Code>"),
    ("PUT /mine | x-oss-acl: public-read", "", 200, ""),
    ("GET /mine?acl", "", 200, "<Grant>public-read</Grant>"),
    ("PUT /mine?acl | x-oss-acl: nonsense", "", 400, "<Code>InvalidArgument</Code>"),
    ("GET /mine?cors", "", 200, "<ResponseVary>true</ResponseVary>"),
];

const S3: &[Line] = &[
    ("GET /mine?location", "", 200, "<LocationConstraint xmlns="),
    ("PUT /mine/a", "hello", 200, "etag = \"5d41402abc4b2a76b9719d911017c592\""),
    ("PUT /mine/a | Content-MD5: AAAAAAAAAAAAAAAAAAAAAA==", "x", 400, "<Code>BadDigest</Code>"),
    ("PUT /mine/a | x-amz-checksum-crc32: AAAAAA==", "x", 400, "<Code>BadDigest</Code>"),
    ("PUT /mine/a | x-amz-checksum-crc32: NhCmhg==", "hello", 200, "x-amz-checksum-crc32 = NhCmhg=="),
    ("GET /mine/a | x-amz-checksum-mode: ENABLED", "", 200, "x-amz-checksum-type = FULL_OBJECT"),
    ("GET /mine/a", "", 200, "x-amz-checksum-crc32 = -"),
    ("GET /mine?acl", "", 200, "<Permission>FULL_CONTROL</Permission>"),
    ("PUT /mine?acl", "<AccessControlPolicy/>", 501, "<Code>NotImplemented</Code>"),
    ("GET /mine?versioning", "", 200, "<VersioningConfiguration xmlns="),
];

#[tokio::test]
async fn what_both_vendors_do() {
    tell(Dialect::Oss, BOTH).await;
    tell(Dialect::S3, BOTH).await;
}

#[tokio::test]
async fn what_oss_does() {
    tell(Dialect::Oss, OSS).await;
}

#[tokio::test]
async fn what_s3_does() {
    tell(Dialect::S3, S3).await;
}

#[tokio::test]
async fn an_object_is_put_together_from_its_parts() {
    for (dialect, small) in [(Dialect::Oss, 100 * 1024), (Dialect::S3, 5 * 1024 * 1024)] {
        let server = guarded(Settings::new(dialect)).await;
        let begun = ask_as_owner(&server, "POST /mine/big?uploads | Content-Type: text/plain", b"").await;
        let id = element(&begun.body, "UploadId").to_owned();
        assert_eq!(begun.status, 200, "{}", begun.body);
        let contents = [vec![b'a'; small], vec![b'b'; 3]];
        let mut list = String::new();
        for (number, content) in (1..).zip(&contents) {
            let line = format!("PUT /mine/big?partNumber={number}&uploadId={id}");
            let part = ask_as_owner(&server, &line, content).await;
            assert_eq!(part.status, 200, "{}", part.body);
            let tag = part.look("etag");
            list.push_str(&format!("<Part><PartNumber>{number}</PartNumber><ETag>{tag}</ETag></Part>"));
        }
        let listed = ask_as_owner(&server, &format!("GET /mine/big?uploadId={id}"), b"").await;
        assert!(listed.body.contains("<PartNumber>2</PartNumber>"), "{}", listed.body);
        assert!(ask_as_owner(&server, "GET /mine?uploads", b"").await.body.contains(&id));
        let complete = format!("POST /mine/big?uploadId={id}");
        let backwards = list.replace(">1<", ">9<");
        for (parts, code) in [(backwards.as_str(), "InvalidPart"), ("", "MalformedXML")] {
            let document = format!("<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>");
            let refused = ask_as_owner(&server, &complete, document.as_bytes()).await;
            assert_eq!((refused.status, element(&refused.body, "Code")), (400, code), "{}", refused.body);
        }
        assert_eq!(ask_as_owner(&server, "GET /mine/big", b"").await.status, 404);
        let document = format!("<CompleteMultipartUpload>{list}</CompleteMultipartUpload>");
        let done = ask_as_owner(&server, &complete, document.as_bytes()).await;
        assert_eq!(done.status, 200, "{}", done.body);
        assert!(done.body.contains("-2&quot;</ETag>"), "{}", done.body);
        let read = ask_as_owner(&server, "GET /mine/big", b"").await;
        assert_eq!((read.body.len(), read.look("content-type").as_str()), (small + 3, "text/plain"));
        assert_eq!(ask_as_owner(&server, &complete, document.as_bytes()).await.status, 404);
        let begun = ask_as_owner(&server, "POST /mine/other?uploads", b"").await;
        let other = element(&begun.body, "UploadId").to_owned();
        let abort = format!("DELETE /mine/other?uploadId={other}");
        assert_eq!(ask_as_owner(&server, &abort, b"").await.status, 204);
        assert_eq!(ask_as_owner(&server, &abort, b"").await.status, 404);
        server.shutdown().await;
    }
}

#[tokio::test]
async fn content_in_chunks_with_a_checksum_behind_it_is_unwrapped() {
    let server = server(Dialect::S3).await;
    let put = |checksum: &str, length: usize| {
        let coded = format!("5\r\nhello\r\n0\r\nx-amz-checksum-crc32:{checksum}\r\n\r\n");
        format!(
            "PUT /default/chunked HTTP/1.1\r\nHost: a\r\nContent-Encoding: aws-chunked\r\n\
             x-amz-content-sha256: STREAMING-UNSIGNED-PAYLOAD-TRAILER\r\n\
             x-amz-trailer: x-amz-checksum-crc32\r\nx-amz-decoded-content-length: {length}\r\n\
             Content-Length: {}\r\nConnection: close\r\n\r\n{coded}",
            coded.len()
        )
    };
    for (checksum, length, code) in [("AAAAAA==", 5, "BadDigest"), ("NhCmhg==", 6, "IncompleteBody")] {
        let reply = client::ask(server.address(), put(checksum, length).as_bytes()).await;
        assert_eq!((reply.status, element(&reply.body, "Code")), (400, code));
    }
    assert_eq!(client::ask(server.address(), put("NhCmhg==", 5).as_bytes()).await.status, 200);
    let reply = ask(&server, "GET chunked").await;
    assert_eq!((reply.body.as_str(), reply.look("content-encoding").as_str()), ("hello", "-"));
}

#[tokio::test]
async fn a_client_that_waits_for_it_is_told_to_go_on() {
    let server = server(Dialect::S3).await;
    let text = "PUT /default/waits HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\
                Connection: close\r\n\r\nok";
    let answer = client::exchange(server.address(), text.as_bytes()).await;
    let answer = String::from_utf8_lossy(&answer);
    assert!(answer.starts_with("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n"), "{answer}");
}

#[tokio::test]
async fn names_leave_as_the_vendors_spell_them() {
    let server = server(Dialect::Oss).await;
    ask(&server, "PUT spelt | X-Oss-Meta-Key: v | Cache-Control: no-store").await;
    let reply = ask(&server, "GET spelt | Origin: {A}").await;
    let names: Vec<&str> =
        reply.lines.iter().filter_map(|line| line.split_once(':')).map(|(name, _)| name).collect();
    for name in [
        "ETag",
        "Last-Modified",
        "Content-Type",
        "Cache-Control",
        "x-oss-meta-key",
        "x-oss-request-id",
        "x-oss-hash-crc64ecma",
        "Access-Control-Allow-Origin",
        "Vary",
        "Date",
        "Content-Length",
    ] {
        assert!(names.contains(&name), "{name} among {names:?}");
    }
}
