//! A store in a process of its own, and a client that sends bytes as they are.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    process::{Child, Stdio},
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

use crate::care::support::{Folder, command};

/// A running `crosscheck serve` at a free port of loopback.
pub(crate) struct Served {
    child: Child,
    address: SocketAddr,
    told: Arc<Mutex<String>>,
}

impl Served {
    pub(crate) fn start(folder: &Folder, arguments: &[&str]) -> Self {
        let mut all = vec!["serve", "--listen", "127.0.0.1:0"];
        all.extend(arguments);
        Self::start_as(folder, &all)
    }

    /// The same with all arguments of the command line.
    pub(super) fn start_as(folder: &Folder, arguments: &[&str]) -> Self {
        let mut child = command(folder, arguments, &[])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary starts");
        let told = Arc::new(Mutex::new(String::new()));
        let (stderr, kept) = (child.stderr.take().expect("a pipe"), Arc::clone(&told));
        thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                let mut told = kept.lock().expect("what was told");
                told.push_str(&line);
                told.push('\n');
            }
        });
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("a pipe")).read_line(&mut line).expect("a line");
        let port = line.trim().trim_end_matches('/').rsplit(':').next().and_then(|port| port.parse().ok());
        let Some(port) = port else {
            let _ = child.wait();
            panic!("not a URL: {line:?}; {}", told.lock().expect("what was told"));
        };
        Self { child, address: SocketAddr::from(([127, 0, 0, 1], port)), told }
    }

    /// What is on standard error when it is up.
    pub(super) fn told(&self) -> String {
        for _ in 0..1000 {
            let told = self.told.lock().expect("what was told").clone();
            if told.contains("Ctrl-C") {
                return told;
            }
            thread::sleep(Duration::from_millis(5));
        }
        panic!("the store did not say that it is up");
    }

    /// Its port on loopback.
    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    pub(super) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).expect("a connection");
        stream.set_read_timeout(Some(Duration::from_secs(30))).expect("a timeout");
        stream.set_write_timeout(Some(Duration::from_secs(30))).expect("a timeout");
        stream
    }

    /// Sends bytes on a connection of their own, and reads until it is closed.
    pub(super) fn exchange(&self, bytes: &[u8]) -> String {
        let mut stream = self.connect();
        // A server that has refused already may not read on.
        let _ = stream.write_all(bytes);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        answer.iter().copied().map(char::from).collect()
    }

    /// A request with a content, on a connection of its own.
    pub(super) fn ask(&self, line: &str, fields: &str, content: &[u8]) -> Reply {
        Reply::of(&self.exchange(&request(line, &format!("{fields}Connection: close\r\n"), content)))
    }

    /// Many requests on one connection, each sent when the one before is answered: their statuses.
    pub(super) fn ask_each(&self, requests: impl IntoIterator<Item = Vec<u8>>) -> Vec<Reply> {
        let mut stream = self.connect();
        let mut replies = Vec::new();
        for bytes in requests {
            let reply = stream.write_all(&bytes).ok().and_then(|()| read_reply(&mut stream));
            let closed = reply.as_ref().is_none_or(|reply| reply.head.contains("\r\nConnection: close"));
            replies.extend(reply);
            if closed {
                stream = self.connect();
            }
        }
        replies
    }

    /// The most memory that it ever had, in bytes.
    pub(super) fn peak(&self) -> usize {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("a process");
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a peak");
        line.trim().trim_end_matches(" kB").parse::<usize>().expect("a number") * 1024
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(super) fn request(line: &str, fields: &str, content: &[u8]) -> Vec<u8> {
    let head =
        format!("{line} HTTP/1.1\r\nHost: store.test\r\n{fields}Content-Length: {}\r\n\r\n", content.len());
    [head.as_bytes(), content].concat()
}

/// An answer, or nothing of one: then the status is 0.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) head: String,
    pub(super) body: String,
}

impl Reply {
    pub(super) fn of(text: &str) -> Self {
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((text, ""));
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
        Self { status, head: head.to_owned(), body: body.to_owned() }
    }

    /// The text of the first element of this name.
    pub(super) fn element(&self, name: &str) -> &str {
        let rest = self.body.split_once(&format!("<{name}>")).map_or("", |(_, rest)| rest);
        rest.split_once('<').map_or("", |(text, _)| text)
    }

    /// Status and error code.
    pub(super) fn verdict(&self) -> (u16, &str) {
        (self.status, self.element("Code"))
    }
}

fn read_reply(stream: &mut TcpStream) -> Option<Reply> {
    let (mut text, mut buffer) = (String::new(), [0; 16 * 1024]);
    loop {
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: "));
            if body.len() >= length.and_then(|length| length.parse().ok()).unwrap_or(0) {
                return Some(Reply::of(&text));
            }
        }
        let count = stream.read(&mut buffer).ok().filter(|count| *count > 0)?;
        text.extend(buffer.get(..count)?.iter().copied().map(char::from));
    }
}
