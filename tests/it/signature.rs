//! Signatures of object stores, held to requests that the vendors' own clients signed
//! (`tests/data/signatures/`: key ids LTAIexampleid and AKIAEXAMPLE, secret `examplesecret`), and
//! to what signing and verifying say of each other.

use std::{
    fs,
    path::Path,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use bytes::Bytes;
use crosscheck::{
    message::{Fields, Request},
    signature::{
        AccessKey, Claim, Payload, Place, PostClaim, PostError, Scheme, Signable, SignatureError, Signer,
        Terms, content_md5, unchunk,
    },
};
use proptest::prelude::*;

const SECRET: &str = "examplesecret";

/// A request as it was captured.
struct Captured {
    name: String,
    method: String,
    path: String,
    query: String,
    fields: Fields,
    body: Bytes,
}

impl Captured {
    fn signable(&self) -> Signable<'_> {
        let host = self.fields.text("host").unwrap_or_default();
        // A host of one's own (CNAME) stands for the bucket too.
        let named = host.starts_with("bkt.") || self.name.contains("-cname");
        let in_host = named && !self.path.starts_with("/bkt/");
        Signable {
            method: &self.method,
            path: &self.path,
            query: &self.query,
            fields: &self.fields,
            authority: "".into(),
            bucket: in_host.then_some("bkt"),
        }
    }
}

fn data(file: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/signatures");
    fs::read_to_string(folder.join(file)).expect("readable data")
}

/// Every captured request with an `Authorization` field.
fn captures() -> Vec<Captured> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/signatures");
    let mut files: Vec<String> = fs::read_dir(folder)
        .expect("a readable folder")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .filter(|name| name.ends_with(".txt") && name != "presigned-urls.txt")
        .collect();
    files.sort();
    files
        .iter()
        .flat_map(|file| {
            data(file).split(">>> ").skip(1).map(|text| captured(file, text)).collect::<Vec<_>>()
        })
        .collect()
}

fn captured(file: &str, text: &str) -> Captured {
    let (head, body) = match text.split_once("    --body(") {
        None => (text, Bytes::new()),
        Some((head, rest)) => {
            let (length, rest) = rest.split_once(")--\n    ").expect("a body");
            let length: usize = length.parse().expect("a length");
            (head, Bytes::copy_from_slice(&rest.as_bytes()[..length]))
        }
    };
    let mut lines = head.lines();
    let first = lines.next().expect("a request line");
    let mut words = first.split(' ');
    let (method, target) = (words.next().expect("a method"), words.next().expect("a target"));
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let fields = lines
        .filter_map(|line| line.trim_start().split_once(':'))
        .map(|(name, value)| (name.to_owned(), value.trim().to_owned()))
        .collect();
    Captured {
        name: format!("{file}: {first}"),
        method: method.to_owned(),
        path: path.to_owned(),
        query: query.to_owned(),
        fields,
        body,
    }
}

fn key(id: &str) -> AccessKey {
    AccessKey::new(id, SECRET)
}

/// All captures were made within these minutes.
fn then() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_795_465_560)
}

fn verify(message: &Signable<'_>, key: &AccessKey) -> Result<Payload, SignatureError> {
    let claim = Claim::read(message)?.expect("a signed request");
    assert_eq!(claim.key_id, key.id);
    claim.verify(message, key, &Terms::at(then()))
}

#[test]
fn every_captured_request_is_verified() {
    let captures = captures();
    let mut schemes: Vec<(Scheme, usize)> = Scheme::ALL.iter().map(|scheme| (*scheme, 0)).collect();
    for captured in &captures {
        let message = captured.signable();
        let claim = Claim::read(&message).expect(&captured.name).expect(&captured.name);
        assert_eq!(claim.place, Place::Header, "{}", captured.name);
        let payload = claim.verify(&message, &key(&claim.key_id), &Terms::at(then()));
        let payload = payload.unwrap_or_else(|error| panic!("{}: {error}: {error:?}", captured.name));
        assert_eq!(payload.check(&captured.body), Ok(()), "{}", captured.name);
        if let Some(md5) = captured.fields.text("content-md5") {
            assert_eq!(md5, content_md5(&captured.body), "{}", captured.name);
        }
        schemes.iter_mut().find(|(scheme, _)| *scheme == claim.scheme).unwrap().1 += 1;
    }
    let expected = [(Scheme::OssV1, 26), (Scheme::OssV4, 33), (Scheme::SigV2, 5), (Scheme::SigV4, 18)];
    assert_eq!(schemes, expected);
    assert_eq!(captures.len(), 82);
}

#[test]
fn no_captured_request_is_verified_when_anything_signed_is_changed() {
    for captured in captures() {
        let original = captured.signable();
        let claim = Claim::read(&original).unwrap().unwrap();
        let good = key(&claim.key_id);
        let is_mismatch = |message: &Signable<'_>, what: &str| {
            let verified = verify(message, &good);
            let mismatch = matches!(verified, Err(SignatureError::Mismatch { .. }));
            assert!(mismatch, "{}: another {what}: {verified:?}", captured.name);
        };
        let other = AccessKey::new(claim.key_id.clone(), "anothersecret");
        assert!(matches!(verify(&original, &other), Err(SignatureError::Mismatch { .. })));
        is_mismatch(&Signable { method: "POST", ..original.clone() }, "method");
        is_mismatch(&Signable { path: "/bkt/other", ..original.clone() }, "path");
        let query = format!("{}&acl", captured.query);
        is_mismatch(&Signable { query: &query, ..original.clone() }, "query");
        if claim.scheme == Scheme::SigV4 {
            let mut fields = captured.fields.clone();
            fields.set("host", "elsewhere.example");
            is_mismatch(&Signable { fields: &fields, ..original.clone() }, "host");
        }
        for name in ["x-oss-meta-k", "x-amz-meta-k", "content-md5"] {
            if captured.fields.contains(name) {
                let mut fields = captured.fields.clone();
                fields.set(name, "other");
                is_mismatch(&Signable { fields: &fields, ..original.clone() }, name);
            }
        }
        let mut fields = captured.fields.clone();
        let authorization = fields.text("authorization").unwrap();
        let last = authorization.chars().rev().find(|c| *c != '=').unwrap();
        let (before, after) = authorization.rsplit_once(last).unwrap();
        let changed = if last == '0' { '4' } else { '0' };
        fields.set("authorization", format!("{before}{changed}{after}"));
        is_mismatch(&Signable { fields: &fields, ..original.clone() }, "signature");
    }
}

/// A captured URL, and what must be sent with it.
fn presigned() -> Vec<(String, Request)> {
    let mut found = Vec::new();
    let mut client = String::new();
    for line in data("presigned-urls.txt").lines() {
        if let Some(name) = line.strip_prefix("## ") {
            name.clone_into(&mut client);
        }
        let Some(start) = line.find("http://127").filter(|_| line.contains('?')) else { continue };
        let url = line[start..].split(['\'', '"', ' ']).next().unwrap();
        let what = line.split(' ').next().unwrap();
        let put = what.ends_with("put");
        let mut request = Request::new(if put { "PUT" } else { "GET" }, url.parse().unwrap());
        // minio-py and aws-js signed no type.
        if put {
            request.fields.push("content-type", "text/plain");
        }
        found.push((format!("{client} {what}"), request));
    }
    found
}

#[test]
fn every_captured_presigned_url_is_verified() {
    let urls = presigned();
    for (name, request) in &urls {
        let bucket = (!request.url.path().starts_with("/bkt/")).then_some("bkt");
        let message = Signable::of(request, bucket);
        let claim = Claim::read(&message).expect(name).expect(name);
        assert_eq!(claim.place, Place::Query, "{name}");
        let key = key(&claim.key_id);
        // Half a minute after the first was made; the tolerance covers those that come later.
        let terms = Terms::at(UNIX_EPOCH + Duration::from_secs(1_795_465_420));
        let payload = claim.verify(&message, &key, &terms);
        assert_eq!(payload, Ok(Payload::Unsigned), "{name}");
        let late = Terms::at(UNIX_EPOCH + Duration::from_secs(1_795_466_520));
        let expired = claim.verify(&message, &key, &late);
        assert!(matches!(expired, Err(SignatureError::Expired { .. })), "{name}: {expired:?}");
        let other = Request { method: "DELETE".to_owned(), ..request.clone() };
        let mismatch = claim.verify(&Signable::of(&other, bucket), &key, &terms);
        assert!(matches!(mismatch, Err(SignatureError::Mismatch { .. })), "{name}: {mismatch:?}");
    }
    assert_eq!(urls.len(), 18);
}

#[test]
fn every_captured_post_policy_is_verified() {
    let text = data("presigned-urls.txt");
    let mut count = 0;
    for line in text.lines().filter(|line| line.starts_with("presign_post") || line.starts_with("postpolicy"))
    {
        // One is written as Python writes it, the other as JSON.
        let json = line.split_once(" OK ").unwrap().1.replace('\'', "\"");
        let json: serde_json::Value = serde_json::from_str(&json).expect(line);
        let fields = json.get("fields").unwrap_or(&json).as_object().unwrap();
        let form: Fields =
            fields.iter().map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned())).collect();
        let claim = PostClaim::read(&form).expect(line).expect(line);
        let policy = claim.verify(&key(&claim.key_id), &Terms::at(then())).expect(line);
        assert!(policy.starts_with(b"{\"expiration\":"), "{line}");
        let other = AccessKey::new(claim.key_id.clone(), "anothersecret");
        let verified = claim.verify(&other, &Terms::at(then()));
        assert!(matches!(verified, Err(PostError::Signature(SignatureError::Mismatch { .. }))), "{line}");
        count += 1;
    }
    assert_eq!(count, 4);
}

/// A request that nobody signed yet.
fn unsigned(method: &str, url: &str, fields: &[(&str, &str)]) -> Request {
    let mut request = Request::new(method, url.parse().unwrap());
    request.fields = fields.iter().copied().map(|(n, v)| (n.to_owned(), v.to_owned())).collect();
    request
}

#[test]
fn what_is_wrong_is_said() {
    let id = "AKIAEXAMPLE";
    let v4 = "AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE/20261123/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=00";
    let oss4 =
        "OSS4-HMAC-SHA256 Credential=AKIAEXAMPLE/20261123/cn-hangzhou/oss/aliyun_v4_request,Signature=00";
    let date = ("x-amz-date", "20261123T202557Z");
    let oss_date = ("x-oss-date", "20261123T202557Z");
    let plain = "http://s.example/bkt/k";
    // (URL, fields, what is said)
    for (url, fields, said) in [
        (plain, vec![("authorization", "Basic eDp5")], "no known scheme: it begins with \"Basic\""),
        (
            plain,
            vec![("authorization", v4)],
            "no valid date: the scheme needs x-amz-date or Date, found None",
        ),
        (plain, vec![("authorization", v4), ("date", "yesterday")], "found Some(\"yesterday\")"),
        (plain, vec![("authorization", v4), date], "the header x-amz-content-sha256 is missing"),
        (plain, vec![("authorization", "AWS4-HMAC-SHA256 Signature=00"), date], "no Credential"),
        (
            plain,
            vec![("authorization", "AWS4-HMAC-SHA256 Credential=a/b"), date],
            "Credential in the Authorization header is malformed: \"a/b\"",
        ),
        (
            plain,
            vec![("authorization", "AWS4-HMAC-SHA256 x"), date],
            "a part in the Authorization header is malformed: \"x\"",
        ),
        (
            plain,
            vec![("authorization", "OSS nothing"), ("date", "Mon, 23 Nov 2026 20:25:57 GMT")],
            "id:signature in the Authorization header is malformed",
        ),
        (plain, vec![("authorization", oss4), oss_date], "the header x-oss-content-sha256 is missing"),
        (
            plain,
            vec![("authorization", v4), date, ("x-amz-content-sha256", "UNSIGNED-PAYLOAD")],
            "headers that must be signed are not: x-amz-content-sha256, x-amz-date",
        ),
        (
            plain,
            vec![
                ("authorization", &v4.replace("=host", "=host;range;x-amz-content-sha256;x-amz-date")),
                date,
                ("x-amz-content-sha256", "UNSIGNED-PAYLOAD"),
            ],
            "the header range is listed as signed but is not there",
        ),
        (
            plain,
            vec![
                ("authorization", &v4.replace("=host", "=host;x-amz-content-sha256;x-amz-date")),
                date,
                ("x-amz-content-sha256", "abc"),
            ],
            "the hash of the content is of no known form: \"abc\"",
        ),
        (
            plain,
            vec![
                ("authorization", &v4.replace("/s3/", "/ec2/")),
                date,
                ("x-amz-content-sha256", "UNSIGNED-PAYLOAD"),
            ],
            "for the service \"ec2\", expected \"s3\"",
        ),
        (
            plain,
            vec![
                ("authorization", &v4.replace("20261123", "20261122")),
                date,
                ("x-amz-content-sha256", "UNSIGNED-PAYLOAD"),
            ],
            "for the date \"20261122\", expected \"20261123\"",
        ),
        (
            plain,
            vec![
                ("authorization", &v4.replace("us-east-1", "eu-west-1")),
                date,
                ("x-amz-content-sha256", "UNSIGNED-PAYLOAD"),
            ],
            "for the region \"eu-west-1\", expected \"us-east-1\"",
        ),
        (
            plain,
            vec![
                ("authorization", v4),
                ("x-amz-date", "20261123T201057Z"),
                ("x-amz-content-sha256", "UNSIGNED-PAYLOAD"),
            ],
            "more than 900 s away",
        ),
        ("http://s.example/bkt/k?AWSAccessKeyId=AKIAEXAMPLE&Signature=x", vec![], "the query has no Expires"),
        (
            "http://s.example/bkt/k?AWSAccessKeyId=AKIAEXAMPLE&Expires=soon&Signature=x",
            vec![],
            "Expires in the query is malformed: \"soon\"",
        ),
        (
            "http://s.example/bkt/k?AWSAccessKeyId=AKIAEXAMPLE&Expires=1795465500&Signature=x",
            vec![],
            "the URL was valid until 1795465500",
        ),
        ("http://s.example/bkt/k?AWSAccessKeyId=AKIAEXAMPLE", vec![("authorization", v4)], "signed twice"),
        (
            "http://s.example/bkt/k?X-Amz-Signature=1&X-Amz-Signature=2",
            vec![],
            "X-Amz-Signature in the query is malformed: \"there twice\"",
        ),
        ("http://s.example/bkt/k?X-Amz-Signature=1", vec![], "the query has no X-Amz-Algorithm"),
        (
            "http://s.example/bkt/k?x-oss-signature=1&x-oss-signature-version=OSS2",
            vec![],
            "x-oss-signature-version in the query is malformed: \"OSS2\"",
        ),
        (
            "http://s.example/bkt/k?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAEXAMPLE/20261123/us-east-1/s3/aws4_request&X-Amz-Date=20261123T202557Z&X-Amz-SignedHeaders=host&X-Amz-Signature=00&X-Amz-Expires=604801",
            vec![],
            "X-Amz-Expires is \"604801\"; it must be from 1 to 604800 seconds",
        ),
        (
            "http://s.example/bkt/k?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAEXAMPLE/20261123/us-east-1/s3/aws4_request&X-Amz-Date=20261123T212557Z&X-Amz-SignedHeaders=host&X-Amz-Signature=00&X-Amz-Expires=60",
            vec![],
            "more than 900 s away",
        ),
    ] {
        let request = unsigned("GET", url, &fields);
        let message = Signable::of(&request, None);
        let terms = Terms { region: Some("us-east-1"), ..Terms::at(then()) };
        let found = Claim::read(&message)
            .and_then(|claim| claim.expect("something signed").verify(&message, &key(id), &terms));
        let error = found.expect_err(said).to_string();
        assert!(error.contains(said), "{error:?} does not say {said:?}");
    }
    let anonymous = unsigned("GET", "http://s.example/bkt/k?cors&Expires=1", &[]);
    assert_eq!(Claim::read(&Signable::of(&anonymous, None)), Ok(None));
}

#[test]
fn a_temporary_key_needs_its_token() {
    for scheme in Scheme::ALL.iter().copied() {
        for presigned in [false, true] {
            let temporary = key("AKIAEXAMPLE").with_token("t/o+k=");
            let signer = Signer { scheme, key: &temporary, region: "us-east-1", bucket: None };
            let mut request = unsigned("GET", "http://s.example/bkt/k", &[]);
            if presigned {
                signer.presign(&mut request, Duration::from_secs(60), then());
            } else {
                signer.sign(&mut request, Payload::of(b""), then());
            }
            let message = Signable::of(&request, None);
            assert!(verify(&message, &temporary).is_ok(), "{scheme} {presigned}");
            let lasting = verify(&message, &key("AKIAEXAMPLE"));
            assert_eq!(lasting, Err(SignatureError::Token), "{scheme} {presigned}");
        }
    }
}

#[test]
fn a_secret_is_never_shown() {
    let shown = format!("{:?}", key("AKIAEXAMPLE").with_token("sessiontoken"));
    assert!(shown.contains("AKIAEXAMPLE") && !shown.contains(SECRET) && !shown.contains("sessiontoken"));
}

#[test]
fn an_unsigned_trailer_is_announced_and_taken_off() {
    let key = key("AKIAEXAMPLE");
    let signer = Signer { scheme: Scheme::SigV4, key: &key, region: "us-east-1", bucket: None };
    let mut request = unsigned("PUT", "http://s.example/bkt/k", &[("x-amz-trailer", "x-amz-checksum-crc32")]);
    signer.sign(&mut request, Payload::UnsignedTrailer, then());
    assert_eq!(request.fields.text("x-amz-content-sha256").unwrap(), "STREAMING-UNSIGNED-PAYLOAD-TRAILER");
    assert_eq!(verify(&Signable::of(&request, None), &key), Ok(Payload::UnsignedTrailer));
    let coded = b"5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n";
    assert_eq!(unchunk(coded).unwrap().content, "hello");
}

/// The example of "Signature calculations for the Authorization header: transferring payload in
/// multiple chunks", and of its variant with trailing headers: 65 KiB of `a`.
const CHUNKED: [(&str, &str, &str, [&str; 3], &str); 2] = [
    (
        "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
        "content-encoding;content-length;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;\
         x-amz-storage-class",
        "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9",
        [
            "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648",
            "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497",
            "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9",
        ],
        "",
    ),
    (
        "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
        "content-encoding;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;\
         x-amz-storage-class;x-amz-trailer",
        "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e",
        [
            "b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2",
            "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7",
            "2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992",
        ],
        "x-amz-checksum-crc32c:sOO8/Q==\r\n\
         x-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n",
    ),
];

#[test]
fn signed_chunks_are_held_to_the_chain_of_their_signatures() {
    let key = AccessKey::new("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
    let terms = Terms::at(UNIX_EPOCH + Duration::from_secs(1_369_353_600));
    for (payload, listed, seed, [first, second, last], trailer) in CHUNKED {
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, \
             SignedHeaders={listed}, Signature={seed}"
        );
        let mut fields = vec![
            ("host", "s3.amazonaws.com"),
            ("x-amz-date", "20130524T000000Z"),
            ("x-amz-storage-class", "REDUCED_REDUNDANCY"),
            ("authorization", &authorization),
            ("x-amz-content-sha256", payload),
            ("content-encoding", "aws-chunked"),
            ("x-amz-decoded-content-length", "66560"),
            ("content-length", "66824"),
        ];
        if !trailer.is_empty() {
            fields.push(("x-amz-trailer", "x-amz-checksum-crc32c"));
        }
        let request = unsigned("PUT", "https://s3.amazonaws.com/examplebucket/chunkObject.txt", &fields);
        let message = Signable::of(&request, None);
        let claim = Claim::read(&message).unwrap().unwrap();
        let found = claim.verify(&message, &key, &terms).unwrap();
        assert_eq!(found.text(), payload);
        let Payload::SignedChunks(chain) = found else { panic!("{payload} are signed chunks") };

        let body = format!(
            "10000;chunk-signature={first}\r\n{}\r\n400;chunk-signature={second}\r\n{}\r\n\
             0;chunk-signature={last}\r\n{trailer}\r\n",
            "a".repeat(65_536),
            "a".repeat(1_024)
        );
        let check = |body: &str| chain.check(&unchunk(body.as_bytes()).unwrap());
        assert_eq!(check(&body), Ok(()), "{payload}");
        let wrong = "0".repeat(64);
        let of_chunk =
            |number, provided: &str| Err(SignatureError::Chunk { number, provided: provided.to_owned() });
        assert_eq!(check(&body.replace(second, &wrong)), of_chunk(2, &wrong));
        assert_eq!(check(&body.replace("aa\r\n400", "ab\r\n400")), of_chunk(1, first));
        assert_eq!(check(&body.replace(&format!(";chunk-signature={last}"), "")), of_chunk(3, ""));
        if !trailer.is_empty() {
            let of_trailer = |provided: &str| Err(SignatureError::Trailer { provided: provided.to_owned() });
            let signature = &trailer[trailer.len() - 66..trailer.len() - 2];
            assert_eq!(check(&body.replace("sOO8", "sOO9")), of_trailer(signature));
            assert_eq!(check(&body.replace(trailer, "x-amz-checksum-crc32c:sOO8/Q==\r\n")), of_trailer(""));
        }
    }
}

/// Keys, queries and field values as awkward as they come.
fn awkward() -> impl Strategy<Value = String> {
    "[a-zA-Z0-9 /+=&%~*'!äß雪-]{0,12}"
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn what_is_signed_is_verified(
        object in awkward(),
        parameter in awkward(),
        meta in "[ -~]{0,16}",
        body in awkward(),
        in_host in any::<bool>(),
        presigned in any::<bool>(),
        token in proptest::option::of("[a-zA-Z0-9+/=]{1,12}"),
        scheme in proptest::sample::select(Scheme::ALL),
    ) {
        let mut key = key("LTAIexampleid");
        if let Some(token) = token {
            key = key.with_token(token);
        }
        let bucket = in_host.then_some("bkt");
        let base = if in_host { "http://bkt.s.example:8080/" } else { "http://s.example/bkt/" };
        let mut url: url::Url = base.parse().unwrap();
        url.path_segments_mut().unwrap().pop_if_empty().extend(object.split('/'));
        url.query_pairs_mut().append_pair("response-content-type", &parameter).append_key_only("acl");
        let mut request = Request::new("PUT", url);
        request.fields.push("Content-Type", "text/plain");
        request.fields.push("X-Oss-Meta-K", meta.clone());
        request.fields.push("x-amz-meta-k", meta);
        request.body = body.into_bytes().into();
        let signer = Signer { scheme, key: &key, region: "cn-hangzhou", bucket };
        if presigned {
            signer.presign(&mut request, Duration::from_secs(60), then());
        } else {
            let payload = payload_of(&request);
            signer.sign(&mut request, payload, then());
        }
        let payload = verify(&Signable::of(&request, bucket), &key);
        prop_assert!(payload.is_ok(), "{:?}", payload);
        prop_assert_eq!(payload.unwrap().check(&request.body), Ok(()));

        let mut other = request.clone();
        other.fields.set("content-type", "text/html");
        let mismatch = verify(&Signable::of(&other, bucket), &key);
        let is_mismatch = matches!(mismatch, Err(SignatureError::Mismatch { .. }));
        prop_assert!(is_mismatch, "{:?}", mismatch);
        if !presigned && scheme == Scheme::SigV4 {
            let hash = matches!(payload_of(&request).check(b"other content"), Err(SignatureError::PayloadHash { .. }));
            prop_assert!(hash);
        }
    }

    #[test]
    fn a_signed_policy_is_verified(
        policy in awkward(),
        scheme in proptest::sample::select(Scheme::ALL),
        token in proptest::option::of("[a-zA-Z0-9+/=]{1,12}"),
    ) {
        let mut key = key("LTAIexampleid");
        if let Some(token) = token {
            key = key.with_token(token);
        }
        let signer = Signer { scheme, key: &key, region: "cn-hangzhou", bucket: None };
        let form = signer.sign_policy(policy.as_bytes(), then());
        let claim = PostClaim::read(&form).unwrap().unwrap();
        prop_assert_eq!(claim.scheme, scheme);
        prop_assert_eq!(claim.verify(&key, &Terms::at(then())), Ok(policy.into_bytes()));
    }

    #[test]
    fn nothing_makes_the_reader_panic(
        authorization in "((OSS|AWS|OSS4-HMAC-SHA256|AWS4-HMAC-SHA256) )?[ -~]{0,40}",
        query in "(([A-Za-z-]{0,16}|X-Amz-Date|X-Amz-Expires|Expires|x-oss-date)=[ -~]{0,16}&){0,5}",
    ) {
        let fields: Fields = [("authorization", authorization), ("date", "Mon, 23 Nov 2026 20:25:57 GMT".to_owned())]
            .into_iter()
            .collect();
        let message =
            Signable { method: "GET", path: "/", query: &query, fields: &fields, authority: "".into(), bucket: None };
        if let Ok(Some(claim)) = Claim::read(&message) {
            let verified = claim.verify(&message, &key("k"), &Terms::at(then()));
            prop_assert!(verified.is_err());
        }
    }
}

fn payload_of(request: &Request) -> Payload {
    Payload::of(&request.body)
}
