use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::shell::{piped, quoted, shell};
use crate::{
    fetch::method::is_method,
    message::{Field, Request, is_token},
    redaction::{Hidden, Part, Place, parts},
};

/// Connection options that differ from the defaults.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ConnectOptions {
    /// Addresses to use instead of DNS: `host:port:address`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resolve: Vec<String>,
    /// PEM file of certificates to trust besides the system's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<String>,
    /// Whether certificates were not verified, so that anything on the way could have answered.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub insecure: bool,
    /// The proxy that requests went through, its user name and password hidden.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proxy: Option<String>,
}

impl ConnectOptions {
    /// Whether it is the usual one.
    pub fn is_usual(&self) -> bool {
        *self == Self::default()
    }

    /// What every report says where certificates were not verified.
    pub fn insecure_note(&self) -> Option<&'static str> {
        self.insecure.then_some(
            "TLS certificates were not verified (--insecure): anything between could have answered in the \
             endpoint's place",
        )
    }

    /// The options for `curl`.
    fn options(&self, request: &Request) -> impl Iterator<Item = String> {
        let resolve = self.resolve.iter().map(|over| format!("--resolve {}", shell(over)));
        let secure = request.url.scheme() == "https";
        let ca_file = self.ca_file.iter().filter(move |_| secure && !self.insecure);
        let ca_file = ca_file.map(|file| format!("--cacert {}", shell(file)));
        let insecure = (secure && self.insecure).then(|| "--insecure".to_owned());
        // Without it, curl sends http:// requests to the proxy itself.
        let tunnel = if secure { "" } else { "--proxytunnel " };
        let proxy = self.proxy.iter().map(move |proxy| format!("{tunnel}--proxy {}", shell(proxy)));
        resolve.chain(ca_file).chain(insecure).chain(proxy)
    }
}

/// A request as a `curl` command for a shell; it follows no redirects and prints the head of the answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Curl {
    /// The command: one line of printable ASCII.
    pub line: String,
    /// How many bytes of content the line expects in the file [`Curl::CONTENT_FILE`], where there are too many to
    /// paste them.
    pub content_in_file: Option<usize>,
}

/// Why `curl` cannot send a request as it was sent.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum NoCurl {
    /// Nothing can send it.
    #[error("the method is not a token")]
    Method,
    /// Nothing can send it.
    #[error("a field name is not a token")]
    FieldName,
    /// A byte that would end its line, or an argument.
    #[error("the value of {field} contains the byte 0x{byte:02X}")]
    FieldValue {
        /// The field's name.
        field: String,
        /// The byte.
        byte: u8,
    },
    /// Only the first of several would be sent.
    #[error("there is more than one Host field, and curl sends one")]
    Hosts,
    /// The content would be cut into other chunks.
    #[error("its content has a transfer coding of its own, and curl would add another")]
    TransferEncoding,
}

impl Curl {
    /// Where content is expected that is too long to be pasted.
    pub const CONTENT_FILE: &'static str = "request-body";
    /// The longest content that stands in the line, in bytes.
    pub const LONGEST_CONTENT: usize = 16 * 1024;
}

/// `curl` asks before it sends longer content; how long depends on its version.
const EXPECTS_FROM: usize = 1024;

/// The request as a `curl` command. The method, the target, every field line and the content are the same, byte for
/// byte; `Host` and `Content-Length` are `curl`'s own where they say the same, so that `Content-Length` may stand at
/// another place. What is hidden in the request is taken from variables of the shell, so that the line works for
/// everyone who has set them.
///
/// # Errors
/// Why `curl` cannot send it.
pub fn curl(request: &Request, hidden: &[Hidden], connect: &ConnectOptions) -> Result<Curl, NoCurl> {
    if !is_method(&request.method) {
        return Err(NoCurl::Method);
    }
    let content = Content::of(request)?;
    let mut words = vec!["curl -sS -i".to_owned()];
    if request.url.scheme() == "https" {
        // Over HTTP/2, names would be in lower case, and `Connection` would be missing.
        words.push("--http1.1".to_owned());
    }
    words.extend(connect.options(request));
    let url = target(request);
    if url.contains(['[', ']', '{', '}']) {
        words.push("-g".to_owned());
    }
    match (request.method.as_str(), content.is_sent()) {
        ("GET", false) => {}
        ("HEAD", false) => words.push("-I".to_owned()),
        // Told so, curl would wait for content that an answer to HEAD does not have.
        ("HEAD", true) => words.push("-X HEAD --max-time 10".to_owned()),
        (method, _) => words.push(format!("-X {}", shell(method))),
    }
    for (index, field) in request.fields.iter().enumerate() {
        if is_curls_own(field, request, content.is_sent()) {
            continue;
        }
        words.push(format!("-H {}", field_word(field, template(hidden, Place::Field(index)))?));
    }
    for name in added_by_curl(request, content.is_sent()) {
        words.push(format!("-H '{name}:'"));
    }
    words.extend(content.option(template(hidden, Place::Body)));
    words.push(template(hidden, Place::Url).map_or_else(|| shell(&url), shell_template));
    let line = words.join(" ");
    Ok(Curl { line: content.piped_into(line), content_in_file: content.in_file() })
}

/// The URL as `curl` takes it: what is never sent is left out.
fn target(request: &Request) -> String {
    let mut url = request.url.clone();
    url.set_fragment(None);
    // Of these, curl would make an Authorization field. An http(s) URL can always lose them.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.into()
}

/// What a part of the request is made of, where it was redacted.
pub(super) fn template(hidden: &[Hidden], place: Place) -> Option<&str> {
    hidden.iter().find(|hidden| hidden.place == place).map(|hidden| hidden.template.as_str())
}

/// A template as a word of the shell: text quoted, variables within double quotes.
fn shell_template(template: &str) -> String {
    let word = |part: &Part<'_>| match part {
        Part::Text(text) => shell(text),
        Part::Variable(name) => format!("\"${name}\""),
    };
    parts(template).iter().map(word).collect()
}

/// A field line as one word of the shell.
fn field_word(field: &Field, template: Option<&str>) -> Result<String, NoCurl> {
    if !is_token(field.name.as_bytes()) {
        return Err(NoCurl::FieldName);
    }
    if let Some(template) = template {
        // No field name contains `${`.
        return Ok(shell_template(&format!("{}: {template}", field.name)));
    }
    if let Some(byte) = field.value.iter().find(|byte| matches!(byte, 0 | b'\n')) {
        return Err(NoCurl::FieldValue { field: field.name.to_string(), byte: *byte });
    }
    let name = field.name.as_bytes();
    // curl takes `Name:` for the removal of a field; `Name;` sends it with an empty value.
    Ok(quoted(&if field.value.trim_ascii().is_empty() {
        [name, b";"].concat()
    } else {
        [name, b": ", &field.value].concat()
    }))
}

/// Whether `curl` sends this very line without being told.
fn is_curls_own(field: &Field, request: &Request, with_content: bool) -> bool {
    if field.is("host") {
        return field.value == authority(request).as_bytes();
    }
    with_content
        && field.name == "Content-Length"
        && request.fields.lines("content-length").count() == 1
        && field.value == request.body.len().to_string().as_bytes()
}

fn authority(request: &Request) -> String {
    let host = request.url.host_str().unwrap_or_default();
    request.url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// The fields that `curl` adds of its own accord and that the request has not.
fn added_by_curl(request: &Request, with_content: bool) -> impl Iterator<Item = &'static str> {
    let added = [
        ("User-Agent", true),
        ("Accept", true),
        ("Content-Type", with_content),
        ("Expect", request.body.len() >= EXPECTS_FROM),
    ];
    let fields = &request.fields;
    added.into_iter().filter(|(name, adds)| *adds && !fields.contains(name)).map(|(name, _)| name)
}

/// How the content gets into the request.
enum Content<'a> {
    /// There is none.
    None,
    /// As an argument.
    Word(&'a [u8]),
    /// From a pipe: no argument can hold a NUL.
    Pipe(&'a [u8]),
    /// From a file that has this many bytes. This is also the way for content of which the evidence has only a part.
    File(usize),
}

impl<'a> Content<'a> {
    fn of(request: &'a Request) -> Result<Self, NoCurl> {
        if request.fields.lines("host").count() > 1 {
            return Err(NoCurl::Hosts);
        }
        let body: &[u8] = &request.body;
        if body.is_empty() {
            // Only with content, be it empty, does curl send a length.
            let says_so = request.fields.lines("content-length").eq([&b"0"[..]]);
            return Ok(if says_so && request.method != "HEAD" { Self::Word(body) } else { Self::None });
        }
        if request.fields.contains("transfer-encoding") {
            return Err(NoCurl::TransferEncoding);
        }
        Ok(match body {
            long if long.len() > Curl::LONGEST_CONTENT => Self::File(long.len()),
            binary if binary.contains(&0) => Self::Pipe(binary),
            text => Self::Word(text),
        })
    }

    fn is_sent(&self) -> bool {
        !matches!(self, Self::None)
    }

    fn option(&self, template: Option<&str>) -> Option<String> {
        match self {
            Self::None => None,
            Self::Word(_) if template.is_some() => {
                template.map(|template| format!("--data-raw {}", shell_template(template)))
            }
            // Unlike `--data` and `--data-binary`, it reads no file where the content begins with `@`.
            Self::Word(bytes) => Some(format!("--data-raw {}", quoted(bytes))),
            Self::Pipe(_) => Some("--data-binary @-".to_owned()),
            Self::File(_) => Some(format!("--data-binary @{}", Curl::CONTENT_FILE)),
        }
    }

    fn piped_into(&self, line: String) -> String {
        match self {
            Self::Pipe(bytes) => format!("{} | {line}", piped(bytes)),
            _ => line,
        }
    }

    fn in_file(&self) -> Option<usize> {
        match self {
            Self::File(length) => Some(*length),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(method: &str, url: &str, fields: &[(&str, &[u8])], body: &[u8]) -> Request {
        let mut request = Request::new(method, url::Url::parse(url).expect("a URL"));
        for (name, value) in fields {
            request.fields.push(*name, value.to_vec());
        }
        request.body = body.to_vec().into();
        request
    }

    const USUAL: [(&str, &[u8]); 3] = [("Host", b"a.example"), ("User-Agent", b"u"), ("Accept", b"*/*")];

    #[test]
    fn curl_is_told_what_it_would_do_otherwise() {
        let url = "http://a.example/items";
        for (method, url, fields, body, options) in [
            ("GET", url, &[] as &[(&str, &[u8])], &b""[..], ""),
            ("GET", "http://u:p@a.example/items#f", &[], b"", ""),
            ("GET", "https://a.example/items", &[], b"", " --http1.1"),
            ("GET", "http://a.example/items?q[]={1,2}", &[], b"", " -g"),
            ("HEAD", url, &[], b"", " -I"),
            ("HEAD", url, &[], b"x", " -X HEAD --max-time 10 -H 'Content-Type:' --data-raw x"),
            ("OPTIONS", url, &[], b"", " -X OPTIONS"),
            ("M!", url, &[], b"", " -X 'M!'"),
            ("GET", url, &[("X", &b""[..])][..], b"", " -H 'X;'"),
            ("GET", url, &[("X", b" \t")], b"", " -H 'X;'"),
            ("GET", url, &[("x", b"\xe9\x01'")], b"", r" -H $'x: \351\001\047'"),
            ("GET", url, &[("x", b"@/etc/passwd")], b"", " -H 'x: @/etc/passwd'"),
            ("PUT", url, &[("Content-Length", b"0")], b"", " -X PUT -H 'Content-Type:' --data-raw ''"),
            ("PUT", url, &[("Content-Length", b"2")], b"it", " -X PUT -H 'Content-Type:' --data-raw it"),
            (
                "PUT",
                url,
                &[("content-length", b"2"), ("Content-Type", b"a/b")],
                b"@x",
                " -X PUT -H 'content-length: 2' -H 'Content-Type: a/b' --data-raw @x",
            ),
        ] {
            let mut all = USUAL.to_vec();
            all.extend_from_slice(fields);
            let sent = request(method, url, &all, body);
            let line = curl(&sent, &[], &ConnectOptions::default()).expect("a line").line;
            let url = url.replace("u:p@", "").replace("#f", "");
            // The usual fields stand before those of the row.
            let (before, after) = options.split_at(options.find(" -H").unwrap_or(options.len()));
            let expected =
                format!("curl -sS -i{before} -H 'User-Agent: u' -H 'Accept: */*'{after} {}", shell(&url));
            assert_eq!(line, expected);
        }
    }

    #[test]
    fn fields_of_its_own_are_taken_from_curl() {
        let line = |fields: &[(&str, &[u8])], body: &[u8]| {
            curl(&request("POST", "http://a.example/", fields, body), &[], &ConnectOptions::default())
                .expect("a line")
                .line
        };
        assert_eq!(
            line(&[("Host", b"b.example")], b""),
            "curl -sS -i -X POST -H 'Host: b.example' -H 'User-Agent:' -H 'Accept:' http://a.example/"
        );
        assert!(line(&[], &[b'x'; 2000]).contains(" -H 'Content-Type:' -H 'Expect:' --data-raw x"));
    }

    #[test]
    fn the_endpoint_is_reached_as_it_was() {
        let connect = ConnectOptions {
            resolve: vec!["a.example:443:127.0.0.1".to_owned()],
            ca_file: Some("our ca.pem".to_owned()),
            ..ConnectOptions::default()
        };
        let through = ConnectOptions {
            insecure: true,
            proxy: Some("http://***@proxy.example:3128".to_owned()),
            ..connect.clone()
        };
        let line = |connect: &ConnectOptions, url: &str| {
            curl(&request("GET", url, &USUAL, b""), &[], connect).expect("a line").line
        };
        for (connect, url, options) in [
            (&connect, "https://a.example/", "--cacert 'our ca.pem'"),
            (&connect, "http://a.example/", ""),
            (&through, "https://a.example/", "--insecure --proxy 'http://***@proxy.example:3128'"),
            (&through, "http://a.example/", "--proxytunnel --proxy 'http://***@proxy.example:3128'"),
        ] {
            let options = if options.is_empty() { String::new() } else { format!("{options} ") };
            let version = if url.starts_with("https:") { "--http1.1 " } else { "" };
            let begins = format!("curl -sS -i {version}--resolve a.example:443:127.0.0.1 {options}-H ");
            let line = line(connect, url);
            assert!(line.starts_with(&begins), "{line}");
        }
    }

    #[test]
    fn content_that_no_argument_holds_comes_from_a_pipe_or_a_file() {
        let send = |body: &[u8]| {
            curl(&request("PUT", "http://a.example/", &USUAL, body), &[], &ConnectOptions::default())
                .expect("a line")
        };
        let zero = send(b"a\0b");
        assert!(zero.line.starts_with(r"printf 'a\000b' | curl "), "{}", zero.line);
        assert!(zero.line.ends_with(" --data-binary @- http://a.example/"), "{}", zero.line);
        let long = send(&[b'x'; Curl::LONGEST_CONTENT + 1]);
        assert_eq!(long.content_in_file, Some(Curl::LONGEST_CONTENT + 1));
        assert!(long.line.ends_with(" --data-binary @request-body http://a.example/"), "{}", long.line);
    }

    #[test]
    fn what_curl_cannot_send_is_refused_with_the_reason() {
        for (method, fields, body, error) in [
            ("GE T", &[][..], &b""[..], NoCurl::Method),
            ("GET", &[("a b", &b"1"[..])], b"", NoCurl::FieldName),
            ("GET", &[("A", b"1\0")], b"", NoCurl::FieldValue { field: "A".to_owned(), byte: 0 }),
            ("GET", &[("Host", b"a"), ("host", b"b")], b"", NoCurl::Hosts),
            ("PUT", &[("Transfer-Encoding", b"chunked")], b"0\r\n\r\n", NoCurl::TransferEncoding),
        ] {
            let request = request(method, "http://a.example/", fields, body);
            assert_eq!(curl(&request, &[], &ConnectOptions::default()), Err(error));
        }
    }
}
