//! A folder to run the binary in, and a server that answers as a test dictates, byte for byte.
#![allow(dead_code, reason = "each group of tests uses a part of it")]

use std::{
    io::{Read, Write},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    process::{Command, Stdio},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

pub(crate) use crate::folder::Folder;

/// How a command ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) took: Duration,
}

impl Ended {
    /// Both outputs, for messages and searches.
    pub(crate) fn all(&self) -> String {
        format!("{}{}", self.stdout, self.stderr)
    }

    #[track_caller]
    pub(crate) fn with_code(self, code: i32) -> Self {
        assert_eq!(self.code, code, "exit code; output:\n{}", self.all());
        self
    }
}

/// The binary in a folder, with an environment that holds only these variables.
pub(crate) fn command(folder: &Folder, arguments: &[&str], environment: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_crosscheck"));
    command
        .args(arguments)
        .current_dir(folder.path())
        .env_clear()
        .env("HOME", folder.path())
        .envs(environment.iter().copied())
        .stdin(Stdio::null());
    command
}

/// Runs the binary to its end, which must come within two minutes.
pub(crate) fn crosscheck(folder: &Folder, arguments: &[&str]) -> Ended {
    crosscheck_with(folder, arguments, &[])
}

/// The same with these variables in its environment.
pub(crate) fn crosscheck_with(folder: &Folder, arguments: &[&str], environment: &[(&str, &str)]) -> Ended {
    let started = Instant::now();
    let mut child = command(folder, arguments, environment)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    let reader = |mut pipe: Box<dyn Read + Send>| {
        thread::spawn(move || {
            let mut bytes = Vec::new();
            let _ = pipe.read_to_end(&mut bytes);
            String::from_utf8_lossy(&bytes).into_owned()
        })
    };
    let stdout = reader(Box::new(child.stdout.take().expect("a pipe")));
    let stderr = reader(Box::new(child.stderr.take().expect("a pipe")));
    let status = loop {
        if let Some(status) = child.try_wait().expect("a child") {
            break status;
        }
        if started.elapsed() > Duration::from_secs(120) {
            let _ = child.kill();
            let _ = child.wait();
            panic!("{arguments:?} did not end within two minutes");
        }
        thread::sleep(Duration::from_millis(5));
    };
    Ended {
        code: status.code().unwrap_or(-1),
        stdout: stdout.join().expect("standard output"),
        stderr: stderr.join().expect("standard error"),
        took: started.elapsed(),
    }
}

/// A request as it arrived.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// The request target: path and query.
    pub(crate) target: String,
    pub(crate) fields: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// The connection it came on, and its place on it, both counted from 0.
    pub(crate) connection: usize,
    pub(crate) number: usize,
}

impl Request {
    /// The value of the first field line of this name.
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        self.fields
            .iter()
            .find(|(given, _)| given.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    pub(crate) fn is_preflight(&self) -> bool {
        self.method == "OPTIONS" && self.field("access-control-request-method").is_some()
    }
}

/// A server on loopback that answers each request with the bytes that a test dictates. An empty answer closes the
/// connection.
pub(crate) struct Server {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<Request>>>,
    over: Arc<AtomicBool>,
}

impl Server {
    pub(crate) fn start(answer: impl Fn(&Request) -> Vec<u8> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let requests = Arc::new(Mutex::new(Vec::new()));
        let over = Arc::new(AtomicBool::new(false));
        let answer: Arc<dyn Fn(&Request) -> Vec<u8> + Send + Sync> = Arc::new(answer);
        let (seen, ended) = (Arc::clone(&requests), Arc::clone(&over));
        thread::spawn(move || {
            for (number, stream) in listener.incoming().enumerate() {
                if ended.load(Ordering::Relaxed) {
                    break;
                }
                let Ok(stream) = stream else { continue };
                let (seen, answer) = (Arc::clone(&seen), Arc::clone(&answer));
                thread::spawn(move || serve(stream, number, &seen, &*answer));
            }
        });
        Self { address, requests, over }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Every request so far, in the order of arrival.
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.requests.lock().expect("requests").clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        // Wakes the thread that accepts.
        let _ = TcpStream::connect(self.address);
    }
}

fn serve(
    mut stream: TcpStream,
    connection: usize,
    seen: &Mutex<Vec<Request>>,
    answer: &(dyn Fn(&Request) -> Vec<u8> + Send + Sync),
) {
    let _ = stream.set_read_timeout(Some(Duration::from_secs(60)));
    let mut buffer = Vec::new();
    for number in 0.. {
        let Some(request) = read(&mut stream, &mut buffer, connection, number) else { break };
        seen.lock().expect("requests").push(request.clone());
        let bytes = answer(&request);
        if bytes.is_empty() || stream.write_all(&bytes).is_err() {
            break;
        }
    }
    let _ = stream.shutdown(Shutdown::Both);
}

fn read(stream: &mut TcpStream, buffer: &mut Vec<u8>, connection: usize, number: usize) -> Option<Request> {
    let mut chunk = [0; 16 * 1024];
    let mut more = |buffer: &mut Vec<u8>| match stream.read(&mut chunk) {
        Ok(0) | Err(_) => None,
        Ok(count) => {
            buffer.extend_from_slice(chunk.get(..count)?);
            Some(())
        }
    };
    let end = loop {
        if let Some(at) = buffer.windows(4).position(|four| four == b"\r\n\r\n") {
            break at;
        }
        more(buffer)?;
    };
    let head: Vec<u8> = buffer.drain(..end + 4).collect();
    let head = head.iter().copied().map(char::from).collect::<String>();
    let mut lines = head.split("\r\n").filter(|line| !line.is_empty());
    let mut words = lines.next()?.split(' ');
    let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    let fields: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_owned(), value.trim().to_owned()))
        .collect();
    let length = fields
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .and_then(|(_, value)| value.parse().ok())
        .unwrap_or(0);
    while buffer.len() < length {
        more(buffer)?;
    }
    let body = buffer.drain(..length).collect();
    Some(Request { method, target, fields, body, connection, number })
}

/// An answer with a Content-Length.
pub(crate) fn answer(status: &str, fields: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let mut bytes = format!("HTTP/1.1 {status}\r\n").into_bytes();
    for (name, value) in fields {
        bytes.extend(format!("{name}: {value}\r\n").into_bytes());
    }
    if !status.starts_with("204") && !status.starts_with("304") {
        bytes.extend(format!("Content-Length: {}\r\n", body.len()).into_bytes());
    }
    bytes.extend_from_slice(b"\r\n");
    bytes.extend_from_slice(body);
    bytes
}

/// The flags that declare what [`correct`] allows, but for the origin.
pub(crate) const DECLARED: [&str; 8] = [
    "--allowed-method",
    "GET",
    "--allowed-method",
    "PUT",
    "--allowed-header",
    "content-type",
    "--allowed-header",
    "authorization",
];

/// What a correct endpoint answers that allows GET and PUT with `content-type` and `authorization` to `allowed`.
pub(crate) fn correct(request: &Request, allowed: &str) -> Vec<u8> {
    let origin = request.field("origin");
    let mut fields = vec![("Vary", "Origin"), ("Cache-Control", "no-cache")];
    if origin == Some(allowed) {
        fields.push(("Access-Control-Allow-Origin", allowed));
        if request.is_preflight() {
            fields.push(("Access-Control-Allow-Methods", "GET, PUT"));
            fields.push(("Access-Control-Allow-Headers", "content-type, authorization"));
        }
    }
    match request.method.as_str() {
        "OPTIONS" => answer("204 No Content", &fields, b""),
        "HEAD" => {
            let whole = answer("200 OK", &fields, b"{}");
            whole.get(..whole.len() - 2).unwrap_or_default().to_vec()
        }
        _ => answer("200 OK", &fields, b"{}"),
    }
}
