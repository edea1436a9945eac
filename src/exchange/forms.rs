//! A request in forms that a person can run elsewhere.

use crate::{
    message::{Request, isomorphic},
    redaction::{Hidden, Part, Place, parts},
};

/// The request as a `curl` command for a POSIX shell; follows no redirects, prints the head. What is hidden in it is
/// taken from variables, so that the command works for everyone who has set them.
pub fn curl(request: &Request, hidden: &[Hidden]) -> String {
    let mut command = String::from("curl -sS -i");
    match request.method.as_str() {
        "GET" => {}
        "HEAD" => command.push_str(" -I"),
        method => {
            command.push_str(" -X ");
            command.push_str(&shell(method));
        }
    }
    for (index, field) in request.fields.iter().enumerate() {
        if field.is("host") || field.is("content-length") || field.is("connection") {
            continue;
        }
        let value = field.text();
        // curl drops `Name:` as a removal; `Name;` sends the field with an empty value.
        let line =
            if value.is_empty() { format!("{};", field.name) } else { format!("{}: {value}", field.name) };
        command.push_str(" -H ");
        command.push_str(&match template(hidden, Place::Field(index)) {
            // No field name contains `${`.
            Some(template) => shell_template(&format!("{}: {template}", field.name)),
            None => shell(&line),
        });
    }
    if !request.body.is_empty() {
        command.push_str(" --data-binary ");
        command.push_str(&match template(hidden, Place::Body) {
            Some(template) => shell_template(template),
            None => shell(&isomorphic::decode(&request.body)),
        });
    }
    command.push(' ');
    command.push_str(&match template(hidden, Place::Url) {
        Some(template) => shell_template(template),
        None => shell(request.url.as_str()),
    });
    command
}

/// What a part of the request is made of, where it was redacted.
fn template(hidden: &[Hidden], place: Place) -> Option<&str> {
    hidden.iter().find(|hidden| hidden.place == place).map(|hidden| hidden.template.as_str())
}

/// A template as a word for a POSIX shell: text quoted, variables within double quotes.
fn shell_template(template: &str) -> String {
    let word = |part: &Part<'_>| match part {
        Part::Text(text) => shell(text),
        Part::Variable(name) => format!("\"${name}\""),
    };
    parts(template).iter().map(word).collect()
}

/// A template as an expression of JavaScript: a template literal, in which variables stand as they do here.
fn js_template(template: &str) -> String {
    let word = |part: &Part<'_>| match part {
        Part::Text(text) => text.replace('\\', "\\\\").replace('`', "\\`").replace("${", "\\${"),
        Part::Variable(name) => format!("${{{name}}}"),
    };
    format!("`{}`", parts(template).iter().map(word).collect::<String>())
}

/// The request as a `fetch()` call, to be pasted into the console of a page of `origin`. What is hidden in it is taken
/// from constants of that page.
pub fn js_fetch(request: &Request, hidden: &[Hidden], credentials: &str) -> String {
    let browser_made = |name: &str| {
        ["host", "origin", "accept", "user-agent", "connection", "content-length"]
            .iter()
            .any(|made| name.eq_ignore_ascii_case(made))
    };
    let text = |place: Place, text: &str| {
        template(hidden, place).map_or_else(|| serde_json::Value::from(text).to_string(), js_template)
    };
    let headers: Vec<String> = request
        .fields
        .iter()
        .enumerate()
        .filter(|(_, field)| !browser_made(&field.name))
        .map(|(index, field)| {
            let name = serde_json::Value::from(field.name.as_str());
            format!("{name}:{}", text(Place::Field(index), &field.text()))
        })
        .collect();
    let mut init = vec![format!("\"method\":{}", serde_json::Value::from(request.method.as_str()))];
    if !headers.is_empty() {
        init.push(format!("\"headers\":{{{}}}", headers.join(",")));
    }
    if !request.body.is_empty() {
        init.push(format!("\"body\":{}", text(Place::Body, &isomorphic::decode(&request.body))));
    }
    init.push(format!("\"credentials\":{}", serde_json::Value::from(credentials)));
    format!("await fetch({}, {{{}}})", text(Place::Url, request.url.as_str()), init.join(","))
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
            assert_eq!(curl(&request(method, &fields, body), &[]), command);
        }
    }

    #[test]
    fn fetch_leaves_to_the_browser_what_only_it_sends() {
        let request = request("PUT", &[("Origin", "https://a.example"), ("x-a", "1\"</script>")], "b");
        assert_eq!(
            js_fetch(&request, &[], "include"),
            r#"await fetch("https://api.example.com/items?q=a%20b", {"method":"PUT","headers":{"x-a":"1\"</script>"},"body":"b","credentials":"include"})"#
        );
    }

    #[test]
    fn what_is_hidden_is_taken_from_variables() {
        let request = request(
            "PUT",
            &[("Origin", "https://a.example"), ("Authorization", "***"), ("X-Key", "***")],
            "***",
        );
        let hide = |place, template: &str| Hidden { place, template: template.to_owned() };
        let hidden = [
            hide(Place::Url, "https://api.example.com/items?sig=${SIG}&q=1"),
            hide(Place::Field(1), "Bearer ${API_TOKEN}"),
            hide(Place::Field(2), "it's `$${x}` ${X_KEY}"),
            hide(Place::Body, "a=${API_TOKEN}"),
        ];
        assert_eq!(
            curl(&request, &hidden),
            concat!(
                r#"curl -sS -i -X PUT -H 'Origin: https://a.example' -H 'Authorization: Bearer '"$API_TOKEN" "#,
                r#"-H 'X-Key: it'\''s `''${''x}` '"$X_KEY" --data-binary a="$API_TOKEN" "#,
                r#"'https://api.example.com/items?sig='"$SIG"'&q=1'"#
            )
        );
        assert_eq!(
            js_fetch(&request, &hidden, "omit"),
            concat!(
                r#"await fetch(`https://api.example.com/items?sig=${SIG}&q=1`, {"method":"PUT","headers":{"#,
                r#""Authorization":`Bearer ${API_TOKEN}`,"X-Key":`it's \`\${x}\` ${X_KEY}`},"#,
                r#""body":`a=${API_TOKEN}`,"credentials":"omit"})"#
            )
        );
    }
}
