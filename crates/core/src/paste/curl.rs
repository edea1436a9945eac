//! The options of `curl` that say something about a request.

use base64::{Engine, engine::general_purpose::STANDARD};

use super::{
    data::Data,
    error::{Fault, Why, fault},
    headers::is_header,
    request::{Draft, Note, PastedBody, PastedRequest, url},
    shell::Word,
};
use crate::fetch::{Credentials, method::is_method};

/// What an option says about the request.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Meaning {
    Method,
    Header,
    Data,
    DataRaw,
    DataEncoded,
    Json,
    Form,
    Head,
    Get,
    User,
    Bearer,
    Cookie,
    Agent,
    Referer,
    Range,
    Upload,
    Url,
    UrlQuery,
    Insecure,
    /// Says nothing, and has a value.
    Value,
    /// Says how to connect, which is not taken over.
    Connection,
    /// Says nothing.
    Nothing,
}

impl Meaning {
    fn has_value(self) -> bool {
        !matches!(self, Self::Head | Self::Get | Self::Insecure | Self::Nothing)
    }
}

/// Options: the short one (a space: none), the long one.
const OPTIONS: &[(char, &str, Meaning)] = &[
    ('X', "request", Meaning::Method),
    ('H', "header", Meaning::Header),
    ('d', "data", Meaning::Data),
    (' ', "data-ascii", Meaning::Data),
    (' ', "data-binary", Meaning::Data),
    (' ', "data-raw", Meaning::DataRaw),
    (' ', "data-urlencode", Meaning::DataEncoded),
    (' ', "json", Meaning::Json),
    ('F', "form", Meaning::Form),
    (' ', "form-string", Meaning::Form),
    ('I', "head", Meaning::Head),
    ('G', "get", Meaning::Get),
    ('u', "user", Meaning::User),
    (' ', "oauth2-bearer", Meaning::Bearer),
    ('b', "cookie", Meaning::Cookie),
    ('A', "user-agent", Meaning::Agent),
    ('e', "referer", Meaning::Referer),
    ('r', "range", Meaning::Range),
    ('T', "upload-file", Meaning::Upload),
    (' ', "url", Meaning::Url),
    (' ', "url-query", Meaning::UrlQuery),
    ('k', "insecure", Meaning::Insecure),
    ('x', "proxy", Meaning::Connection),
    (' ', "resolve", Meaning::Connection),
    (' ', "connect-to", Meaning::Connection),
    (' ', "cacert", Meaning::Connection),
    (' ', "capath", Meaning::Connection),
    ('E', "cert", Meaning::Connection),
    (' ', "key", Meaning::Connection),
    (' ', "unix-socket", Meaning::Connection),
    ('K', "config", Meaning::Connection),
    (' ', "aws-sigv4", Meaning::Connection),
    ('o', "output", Meaning::Value),
    (' ', "output-dir", Meaning::Value),
    ('w', "write-out", Meaning::Value),
    ('D', "dump-header", Meaning::Value),
    ('c', "cookie-jar", Meaning::Value),
    ('m', "max-time", Meaning::Value),
    ('U', "proxy-user", Meaning::Value),
    ('C', "continue-at", Meaning::Value),
    ('P', "ftp-port", Meaning::Value),
    ('Q', "quote", Meaning::Value),
    ('t', "telnet-option", Meaning::Value),
    ('y', "speed-time", Meaning::Value),
    ('Y', "speed-limit", Meaning::Value),
    ('z', "time-cond", Meaning::Value),
    (' ', "connect-timeout", Meaning::Value),
    (' ', "expect100-timeout", Meaning::Value),
    (' ', "keepalive-time", Meaning::Value),
    (' ', "max-redirs", Meaning::Value),
    (' ', "max-filesize", Meaning::Value),
    (' ', "limit-rate", Meaning::Value),
    (' ', "rate", Meaning::Value),
    (' ', "retry", Meaning::Value),
    (' ', "retry-delay", Meaning::Value),
    (' ', "retry-max-time", Meaning::Value),
    (' ', "interface", Meaning::Value),
    (' ', "noproxy", Meaning::Value),
    (' ', "ciphers", Meaning::Value),
    (' ', "curves", Meaning::Value),
    (' ', "tls-max", Meaning::Value),
    (' ', "tls13-ciphers", Meaning::Value),
    (' ', "pinnedpubkey", Meaning::Value),
    (' ', "cert-type", Meaning::Value),
    (' ', "key-type", Meaning::Value),
    (' ', "pass", Meaning::Value),
    (' ', "dns-servers", Meaning::Value),
    (' ', "proto", Meaning::Value),
    (' ', "proto-default", Meaning::Value),
    (' ', "stderr", Meaning::Value),
    (' ', "trace", Meaning::Value),
    (' ', "trace-ascii", Meaning::Value),
    (' ', "trace-config", Meaning::Value),
    (' ', "hsts", Meaning::Value),
    (' ', "alt-svc", Meaning::Value),
    (' ', "parallel-max", Meaning::Value),
];

/// The request of one command. `words` begins with `curl`.
pub(super) fn request(words: &[Word]) -> Result<PastedRequest, Fault> {
    let mut command = Command::default();
    let start = words.first().map_or(0, |word| word.at);
    let mut words = words.iter().skip(1);
    let mut only_urls = false;
    while let Some(word) = words.next() {
        let text = word.text();
        if only_urls || !text.starts_with('-') || text == "-" {
            command.urls.push((text, word.at));
        } else if text == "--" {
            only_urls = true;
        } else if let Some(long) = text.strip_prefix("--") {
            let (name, inline) = match long.split_once('=') {
                Some((name, value)) if known(name).is_some() => (name, Some(value.as_bytes().to_vec())),
                _ => (long, None),
            };
            let meaning = known(name).unwrap_or(Meaning::Nothing);
            let value = match (meaning.has_value(), inline) {
                (false, _) => Vec::new(),
                (true, Some(value)) => value,
                (true, None) => value(&mut words, &text, word.at)?,
            };
            command.take(meaning, &value, &text, word.at)?;
        } else {
            short(&mut command, word, &mut words)?;
        }
    }
    command.finish(start)
}

fn known(name: &str) -> Option<Meaning> {
    OPTIONS.iter().find(|(_, long, _)| *long == name).map(|(_, _, meaning)| *meaning)
}

fn value<'a>(words: &mut impl Iterator<Item = &'a Word>, option: &str, at: usize) -> Result<Vec<u8>, Fault> {
    let missing = || fault(Why::NoValue(option.to_owned()), at);
    words.next().map(|word| word.bytes.clone()).ok_or_else(missing)
}

/// `-sSLX PUT`, `-XPUT`, `-H 'a: b'`.
fn short<'a>(
    command: &mut Command,
    word: &Word,
    words: &mut impl Iterator<Item = &'a Word>,
) -> Result<(), Fault> {
    let mut at = 1;
    while let Some(byte) = word.bytes.get(at) {
        at += 1;
        let found = OPTIONS.iter().find(|(short, ..)| *short != ' ' && u32::from(*short) == u32::from(*byte));
        let meaning = found.map_or(Meaning::Nothing, |(_, _, meaning)| *meaning);
        let option = format!("-{}", char::from(*byte));
        if !meaning.has_value() {
            command.take(meaning, &[], &option, word.at)?;
            continue;
        }
        let rest = word.bytes.get(at..).unwrap_or_default();
        let value = if rest.is_empty() { value(words, &option, word.at)? } else { rest.to_vec() };
        return command.take(meaning, &value, &option, word.at);
    }
    Ok(())
}

#[derive(Default)]
struct Command {
    urls: Vec<(String, usize)>,
    method: Option<String>,
    headers: Vec<(String, String)>,
    data: Data,
    query: Vec<String>,
    json: bool,
    form: bool,
    head: bool,
    get: bool,
    upload: Option<String>,
    cookies: bool,
    referrer: Option<String>,
    insecure: bool,
    notes: Vec<Note>,
}

impl Command {
    fn take(&mut self, meaning: Meaning, value: &[u8], option: &str, at: usize) -> Result<(), Fault> {
        let text = String::from_utf8_lossy(value).into_owned();
        let mut header = |name: &str, value: String| self.headers.push((name.to_owned(), value));
        match meaning {
            Meaning::Method if is_method(&text) => self.method = Some(text),
            Meaning::Method => return Err(fault(Why::Method, at)),
            Meaning::Header => self.header(&text, at)?,
            Meaning::Data => self.data.push(value),
            Meaning::DataRaw => self.data.push_raw(value),
            Meaning::DataEncoded => self.data.push_encoded(&text),
            Meaning::Json => {
                self.json = true;
                self.data.push_json(value);
            }
            Meaning::Form => self.form = true,
            Meaning::Head => self.head = true,
            Meaning::Get => self.get = true,
            Meaning::User => header("authorization", format!("Basic {}", STANDARD.encode(value))),
            Meaning::Bearer => header("authorization", format!("Bearer {text}")),
            Meaning::Cookie => self.cookies = true,
            Meaning::Agent => header("user-agent", text),
            Meaning::Referer => self.referrer = Some(text),
            Meaning::Range => header("range", format!("bytes={text}")),
            Meaning::Upload => self.upload = Some(text),
            Meaning::Url => self.urls.push((text, at)),
            Meaning::UrlQuery => self.query.push(text.trim_start_matches('+').to_owned()),
            Meaning::Insecure => self.insecure = true,
            Meaning::Connection => self.notes.push(Note::Unused(option.to_owned())),
            Meaning::Value | Meaning::Nothing => {}
        }
        Ok(())
    }

    /// `Name: value`; `Name;` for an empty value; `Name:` for none; `@file`.
    fn header(&mut self, text: &str, at: usize) -> Result<(), Fault> {
        if let Some(file) = text.strip_prefix('@') {
            self.notes.push(Note::HeaderFile(file.to_owned()));
            return Ok(());
        }
        // Chromium writes pseudo-fields of HTTP/2 in some versions.
        let (colon, rest) = text.strip_prefix(':').map_or(("", text), |rest| (":", rest));
        let (name, value) = match (rest.split_once(':'), rest.strip_suffix(';')) {
            (Some((name, value)), _) => (name.trim(), value.trim()),
            (None, Some(name)) => (name.trim(), ""),
            (None, None) => return Err(fault(Why::Header, at)),
        };
        if !is_header(name, value) {
            return Err(fault(Why::Header, at));
        }
        if !value.is_empty() || rest.ends_with(';') {
            self.headers.push((format!("{colon}{name}"), value.to_owned()));
        }
        Ok(())
    }

    fn finish(mut self, end: usize) -> Result<PastedRequest, Fault> {
        let Some((text, at)) = self.urls.first().cloned() else {
            return Err(fault(Why::NoUrl("curl command"), end));
        };
        if self.urls.len() > 1 {
            self.notes.push(Note::Urls(self.urls.len()));
        }
        // As curl takes a URL without a scheme.
        let whole = if text.contains("://") { text } else { format!("http://{text}") };
        let mut url = url(&whole, None, at)?;
        if self.get {
            self.query.push(self.data.query());
            self.data = Data::default();
        }
        self.query.retain(|part| !part.is_empty());
        if !self.query.is_empty() {
            let query = url.query().map(str::to_owned).into_iter().chain(self.query).collect::<Vec<_>>();
            url.set_query(Some(&query.join("&")));
        }
        let has = |headers: &[(String, String)], name: &str| {
            headers.iter().any(|(given, _)| given.eq_ignore_ascii_case(name))
        };
        if self.data.given && !has(&self.headers, "content-type") {
            let content_type =
                if self.json { "application/json" } else { "application/x-www-form-urlencoded" };
            self.headers.push(("content-type".to_owned(), content_type.to_owned()));
        }
        let implied = match (self.head, self.upload.is_some(), self.data.given || self.form) {
            (true, ..) => "HEAD",
            (_, true, _) => "PUT",
            (_, _, true) => "POST",
            _ => "GET",
        };
        let mut draft = Draft::new(url);
        if self.form {
            self.notes.push(Note::Form);
            draft.body = Some(PastedBody::Missing);
        } else {
            draft.body = self.upload.map(PastedBody::File).or_else(|| self.data.body());
        }
        draft.method = Some(self.method.unwrap_or_else(|| implied.to_owned()));
        draft.headers = self.headers;
        draft.credentials = self.cookies.then_some(Credentials::Include);
        draft.referrer = self.referrer;
        draft.insecure = self.insecure;
        draft.notes = self.notes;
        Ok(draft.finish())
    }
}
