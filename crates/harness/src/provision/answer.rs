use std::fmt;

use crosscheck_core::message::Response;
use quick_xml::{Reader, events::Event};

/// What a store said when it did not do what it was asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StoreAnswer {
    /// The HTTP status.
    pub status: u16,
    /// `Code`; empty where the answer has none.
    pub code: String,
    /// `Message`, or the beginning of a content that is no error document.
    pub message: String,
    /// OSS's `EC`, its fine-grained code.
    pub ec: Option<String>,
    /// By what the vendor's support finds the request.
    pub request_id: Option<String>,
}

/// How much of a content is shown that is no error document.
const SHOWN: usize = 200;

impl StoreAnswer {
    /// Reads an answer.
    pub fn of(response: &Response) -> Self {
        let request_id = ["x-oss-request-id", "x-amz-request-id"];
        let mut answer = Self {
            status: response.status,
            request_id: request_id.iter().find_map(|name| response.fields.text(name)),
            ec: response.fields.text("x-oss-ec"),
            ..Self::default()
        };
        let text = String::from_utf8_lossy(&response.body);
        if !answer.read(&text) {
            answer.message = text.chars().take(SHOWN).collect::<String>().trim().to_owned();
        }
        answer
    }

    /// Reads an error document; `false`: it is none.
    fn read(&mut self, text: &str) -> bool {
        let mut reader = Reader::from_str(text);
        let mut path: Vec<String> = Vec::new();
        let mut found = false;
        loop {
            match reader.read_event() {
                Ok(Event::Start(start)) => path.push(start.local_name().as_ref().to_owned()),
                Ok(Event::End(_)) => {
                    path.pop();
                }
                Ok(Event::Text(words))
                    if path.len() == 2 && path.first().is_some_and(|root| root == "Error") =>
                {
                    let words = words.xml10_content().into_owned();
                    match path.last().map(String::as_str) {
                        Some("Code") => {
                            self.code = words;
                            found = true;
                        }
                        Some("Message") => self.message.push_str(&words),
                        Some("EC") => self.ec = Some(words),
                        _ => {}
                    }
                }
                Ok(Event::Eof) | Err(_) => return found,
                Ok(_) => {}
            }
        }
    }
}

impl fmt::Display for StoreAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "status {}", self.status)?;
        if !self.code.is_empty() {
            write!(f, " {}", self.code)?;
        }
        if !self.message.is_empty() {
            write!(f, ": {}", self.message)?;
        }
        if let Some(ec) = &self.ec {
            write!(f, " (EC {ec})")?;
        }
        if let Some(id) = &self.request_id {
            write!(f, " (request {id})")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_document_is_read() {
        let mut response = Response::new(403).with_field("x-oss-request-id", "5C");
        response.body = "<?xml version=\"1.0\"?>\n<Error>\n  <Code>AccessDenied</Code>\n  <Message>No.</Message><EC>0003-1</EC></Error>".into();
        let answer = StoreAnswer::of(&response);
        assert_eq!(answer.to_string(), "status 403 AccessDenied: No. (EC 0003-1) (request 5C)");
    }

    #[test]
    fn what_is_no_error_document_is_shown() {
        for (body, shown) in [
            ("", "status 502"),
            ("Bad Gateway\n", "status 502: Bad Gateway"),
            ("<html><Code>x</Code></html>", "status 502: <html><Code>x</Code></html>"),
            ("<Error><Code>", "status 502: <Error><Code>"),
        ] {
            let mut response = Response::new(502);
            response.body = body.into();
            assert_eq!(StoreAnswer::of(&response).to_string(), shown);
        }
    }
}
