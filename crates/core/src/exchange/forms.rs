//! A request in forms that a person can run elsewhere.

use crate::message::{Request, isomorphic};

/// The request as a `curl` command for a POSIX shell; follows no redirects, prints the head.
pub fn curl(request: &Request) -> String {
    let mut command = String::from("curl -sS -i");
    match request.method.as_str() {
        "GET" => {}
        "HEAD" => command.push_str(" -I"),
        method => {
            command.push_str(" -X ");
            command.push_str(&shell(method));
        }
    }
    for field in &request.fields {
        if field.is("host") || field.is("content-length") || field.is("connection") {
            continue;
        }
        let value = field.text();
        // curl drops `Name:` as a removal; `Name;` sends the field with an empty value.
        let line =
            if value.is_empty() { format!("{};", field.name) } else { format!("{}: {value}", field.name) };
        command.push_str(" -H ");
        command.push_str(&shell(&line));
    }
    if !request.body.is_empty() {
        command.push_str(" --data-binary ");
        command.push_str(&shell(&isomorphic::decode(&request.body)));
    }
    command.push(' ');
    command.push_str(&shell(request.url.as_str()));
    command
}

/// The request as a `fetch()` call, to be pasted into the console of a page of `origin`.
pub fn js_fetch(request: &Request, credentials: &str) -> String {
    let browser_made = |name: &str| {
        ["host", "origin", "accept", "user-agent", "connection", "content-length"]
            .iter()
            .any(|made| name.eq_ignore_ascii_case(made))
    };
    let headers: serde_json::Map<String, serde_json::Value> = request
        .fields
        .iter()
        .filter(|field| !browser_made(&field.name))
        .map(|field| (field.name.to_string(), field.text().into()))
        .collect();
    let mut init = serde_json::Map::new();
    init.insert("method".to_owned(), request.method.clone().into());
    if !headers.is_empty() {
        init.insert("headers".to_owned(), headers.into());
    }
    if !request.body.is_empty() {
        init.insert("body".to_owned(), isomorphic::decode(&request.body).into());
    }
    init.insert("credentials".to_owned(), credentials.into());
    let url = serde_json::Value::from(request.url.as_str());
    format!("await fetch({url}, {})", serde_json::Value::from(init))
}

/// A word as a POSIX shell reads it.
pub fn shell(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@%+,".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(method: &str, fields: &[(&str, &str)], body: &str) -> Request {
        let url = url::Url::parse("https://api.example.com/items?q=a b").expect("a URL");
        let mut request = Request::new(method, url);
        for (name, value) in fields {
            request.fields.push(*name, value.as_bytes().to_vec());
        }
        request.body = body.as_bytes().to_vec().into();
        request
    }

    #[test]
    fn curl_sends_the_same_request() {
        for (method, fields, body, command) in [
            ("GET", vec![], "", "curl -sS -i 'https://api.example.com/items?q=a%20b'"),
            (
                "OPTIONS",
                vec![("Host", "api.example.com"), ("Origin", "https://a.example")],
                "",
                "curl -sS -i -X OPTIONS -H 'Origin: https://a.example' 'https://api.example.com/items?q=a%20b'",
            ),
            (
                "HEAD",
                vec![("Origin", "")],
                "",
                "curl -sS -i -I -H 'Origin;' 'https://api.example.com/items?q=a%20b'",
            ),
            (
                "PUT",
                vec![],
                "it's",
                r"curl -sS -i -X PUT --data-binary 'it'\''s' 'https://api.example.com/items?q=a%20b'",
            ),
        ] {
            assert_eq!(curl(&request(method, &fields, body)), command);
        }
    }

    #[test]
    fn fetch_leaves_to_the_browser_what_only_it_sends() {
        let request = request("PUT", &[("Origin", "https://a.example"), ("x-a", "1\"</script>")], "b");
        assert_eq!(
            js_fetch(&request, "include"),
            r#"await fetch("https://api.example.com/items?q=a%20b", {"method":"PUT","headers":{"x-a":"1\"</script>"},"body":"b","credentials":"include"})"#
        );
    }
}
