use std::fmt::Write;

use super::curl::template;
use crate::{
    fetch::{
        header::{is_forbidden_request_header, is_value},
        method::{is_forbidden, is_method, normalize},
    },
    message::{Field, Request, isomorphic},
    redaction::{Hidden, Part, Place, parts},
};

/// The request as a `fetch()` call, to be pasted into the console of a page of the request's origin. What a script
/// cannot set is named in comments; where that is the request itself, there is no call. What is hidden in it is taken
/// from constants of that page.
pub fn js_fetch(request: &Request, hidden: &[Hidden], credentials: &str) -> String {
    let mut out = String::new();
    let mut refused = |why: &str| {
        // Writing to a String cannot fail.
        let _ = writeln!(out, "// {why}");
    };
    let method = normalize(&request.method);
    if !is_method(&method) || is_forbidden(&method) {
        refused(&format!("no script can use the method {}", literal(&request.method)));
        return out;
    }
    if method != request.method {
        refused(&format!("fetch() sends the method as {method}"));
    }
    if !request.body.is_empty() && matches!(method.as_str(), "GET" | "HEAD") {
        refused(&format!("fetch() refuses content with {method}"));
        return out;
    }
    let (set, left): (Vec<(usize, &Field)>, Vec<(usize, &Field)>) =
        request.fields.iter().enumerate().partition(|(_, field)| can_set(field));
    if !left.is_empty() {
        let names: Vec<String> = left.iter().map(|(_, field)| in_comment(&field.name)).collect();
        refused(&format!("the browser, not the script, decides on {}", names.join(", ")));
    }
    let mut init = vec![format!("method: {}", literal(&method))];
    if !set.is_empty() {
        let lines = set.iter().map(|(index, field)| {
            let value = shown(hidden, Place::Field(*index)).unwrap_or_else(|| literal(&field.text()));
            format!("[{}, {value}]", literal(&field.name))
        });
        init.push(format!("headers: [{}]", lines.collect::<Vec<_>>().join(", ")));
    }
    if !request.body.is_empty() {
        let content = shown(hidden, Place::Body).unwrap_or_else(|| content(request));
        init.push(format!("body: {content}"));
    }
    init.push(format!("mode: {}", literal(&mode(request))));
    init.push(format!("credentials: {}", literal(credentials)));
    let url = shown(hidden, Place::Url).unwrap_or_else(|| literal(request.url.as_str()));
    let _ = write!(out, "await fetch({url}, {{ {} }})", init.join(", "));
    out
}

/// A redacted part of the request as an expression: its text, and the names of the constants that it is made of.
fn shown(hidden: &[Hidden], place: Place) -> Option<String> {
    let part = |part: &Part<'_>| match part {
        Part::Text(text) => literal(text),
        Part::Variable(name) => (*name).to_owned(),
    };
    template(hidden, place).map(|template| parts(template).iter().map(part).collect::<Vec<_>>().join(" + "))
}

/// Whether a script decides on this line. A browser sets some fields although scripts may set them, too.
fn can_set(field: &Field) -> bool {
    let usual = (field.is("accept") && field.value == "*/*") || field.is("user-agent");
    let sendable = is_method(&field.name) && is_value(&field.value);
    sendable && !usual && !is_forbidden_request_header(&field.name, &field.value)
}

/// The mode that the request had; without a word about it, the one of `fetch()`.
fn mode(request: &Request) -> String {
    let said = request.fields.text("sec-fetch-mode");
    said.filter(|mode| matches!(mode.as_str(), "same-origin" | "no-cors"))
        .unwrap_or_else(|| "cors".to_owned())
}

/// As text where that is text, and where a Content-Type keeps the browser from adding that of text.
fn content(request: &Request) -> String {
    match std::str::from_utf8(&request.body) {
        Ok(text) if request.fields.contains("content-type") => literal(text),
        _ => {
            let bytes: Vec<String> = request.body.iter().map(u8::to_string).collect();
            format!("new Uint8Array([{}])", bytes.join(", "))
        }
    }
}

/// A JavaScript string of printable ASCII, which no HTML parser ends.
fn literal(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            ' '..='~' if c != '<' => out.push(c),
            c => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    let _ = write!(out, "\\u{unit:04x}");
                }
            }
        }
    }
    out.push('"');
    out
}

/// A field name in a comment, which a line break would end.
fn in_comment(name: &str) -> String {
    isomorphic::decode(name.as_bytes()).chars().filter(char::is_ascii_graphic).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(method: &str, fields: &[(&str, &str)], body: &[u8]) -> Request {
        let url = url::Url::parse("https://api.example.com/items?q=a b").expect("a URL");
        let mut request = Request::new(method, url);
        for (name, value) in fields {
            request.fields.push(*name, value.as_bytes().to_vec());
        }
        request.body = body.to_vec().into();
        request
    }

    const URL: &str = "https://api.example.com/items?q=a%20b";

    #[test]
    fn what_a_script_cannot_set_is_named_and_not_pretended() {
        for (method, fields, body, call) in [
            (
                "PUT",
                &[
                    ("Origin", "https://a.example"),
                    ("Accept", "*/*"),
                    ("x-a", "1\"</script>"),
                    ("content-type", "a/b"),
                    ("x-a", "2"),
                ][..],
                &b"b\n"[..],
                r#"// the browser, not the script, decides on Origin, Accept
await fetch("URL", { method: "PUT", headers: [["x-a", "1\"\u003c/script>"], ["content-type", "a/b"], ["x-a", "2"]], body: "b\n", mode: "cors", credentials: "include" })"#,
            ),
            (
                "POST",
                &[("Sec-Fetch-Mode", "no-cors")],
                b"\xff\0",
                r#"// the browser, not the script, decides on Sec-Fetch-Mode
await fetch("URL", { method: "POST", body: new Uint8Array([255, 0]), mode: "no-cors", credentials: "include" })"#,
            ),
            ("GET", &[], b"x", "// fetch() refuses content with GET\n"),
            ("TRACE", &[], b"", "// no script can use the method \"TRACE\"\n"),
            ("A\nB", &[], b"", "// no script can use the method \"A\\nB\"\n"),
            (
                "get",
                &[],
                b"",
                "// fetch() sends the method as GET\nawait fetch(\"URL\", { method: \"GET\", mode: \"cors\", credentials: \"include\" })",
            ),
        ] {
            assert_eq!(js_fetch(&request(method, fields, body), &[], "include"), call.replace("URL", URL));
        }
    }
}
