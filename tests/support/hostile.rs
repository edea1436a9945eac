//! Endpoints that answer every request with far more than anybody needs, and how much memory a
//! program used that was run against one.
#![allow(dead_code, reason = "the benchmark and the tests use a part of it each")]

use std::{
    fs,
    io::{self, Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    process::{Child, ExitStatus},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

/// The origin that every endpoint allows.
pub(crate) const ALLOWED: &str = "https://app.example";

/// How an endpoint answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hostile {
    /// As it should: what the others are compared with.
    Healthy,
    /// 8 MB of content.
    LargeBody,
    /// Content without an end.
    EndlessBody,
    /// 250 kB of long field lines, others each time.
    LongHead,
    /// 45,000 short field lines, others each time.
    ManyLines,
    /// 240 kB in one CORS field, another value each time.
    LongCorsField,
    /// 240 kB of `Vary` and `Cache-Control`, others each time.
    LongCachingFields,
    /// 240 kB of cookies, others each time.
    ManyCookies,
    /// One cookie of 1 MB.
    LargeCookie,
    /// Redirects without an end, each with a URL of 60 kB and a head of 200 kB.
    Redirects,
    /// Chunks of one byte with extensions of 8 kB.
    ChunkExtensions,
    /// A trailer section of 10 MB.
    Trailers,
    /// 200 kB of interim responses before each answer.
    InterimResponses,
}

impl Hostile {
    pub(crate) const ALL: [Self; 13] = [
        Self::Healthy,
        Self::LargeBody,
        Self::EndlessBody,
        Self::LongHead,
        Self::ManyLines,
        Self::LongCorsField,
        Self::LongCachingFields,
        Self::ManyCookies,
        Self::LargeCookie,
        Self::Redirects,
        Self::ChunkExtensions,
        Self::Trailers,
        Self::InterimResponses,
    ];

    /// Its name on a command line.
    pub(crate) fn name(self) -> String {
        let mut name = String::new();
        for c in format!("{self:?}").chars() {
            if c.is_ascii_uppercase() && !name.is_empty() {
                name.push('-');
            }
            name.push(c.to_ascii_lowercase());
        }
        name
    }

    /// Writes the answer to the `number`th request.
    fn answer(self, request: &Asked, number: usize, to: &mut TcpStream) -> io::Result<()> {
        let bodiless = request.method == "HEAD" || request.method == "OPTIONS";
        let status = if request.method == "OPTIONS" { "204 No Content" } else { "200 OK" };
        let mut cors = String::from("Vary: Origin\r\nCache-Control: max-age=60\r\n");
        if request.origin.as_deref() == Some(ALLOWED) {
            cors.push_str(&format!("Access-Control-Allow-Origin: {ALLOWED}\r\n"));
            if request.method == "OPTIONS" {
                cors.push_str("Access-Control-Allow-Methods: GET\r\n");
            }
        }
        let plain = |more: &str, to: &mut TcpStream| {
            let (length, body) = match (status.starts_with("204"), bodiless) {
                (true, _) => ("", ""),
                (_, true) => ("Content-Length: 2\r\n", ""),
                _ => ("Content-Length: 2\r\n", "{}"),
            };
            to.write_all(format!("HTTP/1.1 {status}\r\n{cors}{more}{length}\r\n{body}").as_bytes())
        };
        let lines = |name: &str, line: usize, total: usize| -> String {
            let filler = "f".repeat(line);
            (0..total / (line + name.len() + 20))
                .map(|place| format!("{name}: {number}-{place}-{filler}\r\n"))
                .collect()
        };
        match self {
            Self::Healthy => plain("", to),
            Self::LongHead => plain(&lines("X-Filler", 8_000, 250_000), to),
            Self::ManyLines => plain(&format!("a:{:03}\r\n", number % 1000).repeat(32_000), to),
            Self::LongCorsField => plain(
                &format!("Access-Control-Allow-Origin: https://{number}-{}\r\n", "a".repeat(240_000)),
                to,
            ),
            Self::LongCachingFields => {
                let name = "n".repeat(500);
                let names: String = (0..200).map(|place| format!("x-{number}-{place}-{name}, ")).collect();
                plain(
                    &format!(
                        "Vary: {}\r\nCache-Control: max-age=60, {}\r\n",
                        names.get(..100_000).unwrap_or(&names),
                        names
                    ),
                    to,
                )
            }
            Self::ManyCookies => plain(&lines("Set-Cookie", 200, 240_000), to),
            Self::LargeCookie => plain(&format!("Set-Cookie: a={}\r\n", "c".repeat(1_000_000)), to),
            Self::InterimResponses => {
                to.write_all("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n".repeat(5_000).as_bytes())?;
                plain("", to)
            }
            Self::Redirects if request.method != "OPTIONS" => to.write_all(
                format!(
                    "HTTP/1.1 302 Found\r\n{cors}Location: /{number}?{}\r\n{}Content-Length: 0\r\n\r\n",
                    "r".repeat(60_000),
                    lines("X-Filler", 2_000, 190_000)
                )
                .as_bytes(),
            ),
            _ if bodiless => plain("", to),
            Self::Redirects => plain("", to),
            Self::LargeBody => {
                to.write_all(format!("HTTP/1.1 200 OK\r\n{cors}Content-Length: 8000000\r\n\r\n").as_bytes())?;
                (0..125).try_for_each(|_| to.write_all(&[b'b'; 64_000]))
            }
            Self::EndlessBody => {
                to.write_all(format!("HTTP/1.1 200 OK\r\n{cors}\r\n").as_bytes())?;
                // As long as the other side reads, and at most 1 GB.
                (0..16_000).try_for_each(|_| to.write_all(&[b'e'; 64_000]))
            }
            Self::ChunkExtensions => {
                to.write_all(
                    format!("HTTP/1.1 200 OK\r\n{cors}Transfer-Encoding: chunked\r\n\r\n").as_bytes(),
                )?;
                let chunk = format!("1;{}\r\nx\r\n", "e".repeat(8_000));
                (0..100_000).try_for_each(|_| to.write_all(chunk.as_bytes()))
            }
            Self::Trailers => {
                to.write_all(
                    format!("HTTP/1.1 200 OK\r\n{cors}Transfer-Encoding: chunked\r\n\r\n2\r\n{{}}\r\n0\r\n")
                        .as_bytes(),
                )?;
                (0..10_000).try_for_each(|_| to.write_all(format!("X: {}\r\n", "t".repeat(1_000)).as_bytes()))
            }
        }
    }
}

struct Asked {
    method: String,
    origin: Option<String>,
}

/// A server on loopback that answers in one way.
pub(crate) struct Endpoint {
    pub(crate) url: String,
    address: std::net::SocketAddr,
    over: Arc<AtomicBool>,
}

impl Endpoint {
    pub(crate) fn start(hostile: Hostile) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let over = Arc::new(AtomicBool::new(false));
        let ended = Arc::clone(&over);
        let number = Arc::new(AtomicUsize::new(0));
        thread::spawn(move || {
            for stream in listener.incoming() {
                if ended.load(Ordering::Relaxed) {
                    break;
                }
                let Ok(stream) = stream else { continue };
                let number = Arc::clone(&number);
                thread::spawn(move || {
                    let _ = serve(stream, hostile, &number);
                });
            }
        });
        Self { url: format!("http://{address}/data"), address, over }
    }
}

impl Drop for Endpoint {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        // Wakes the thread that accepts.
        let _ = TcpStream::connect(self.address);
    }
}

fn serve(mut stream: TcpStream, hostile: Hostile, number: &AtomicUsize) -> io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    stream.set_write_timeout(Some(Duration::from_secs(30)))?;
    let mut buffer = Vec::new();
    let mut chunk = [0; 16 * 1024];
    loop {
        let end = loop {
            if let Some(at) = buffer.windows(4).position(|four| four == b"\r\n\r\n") {
                break at;
            }
            match stream.read(&mut chunk)? {
                0 => return Ok(()),
                count => buffer.extend_from_slice(&chunk[..count]),
            }
        };
        let head: Vec<u8> = buffer.drain(..end + 4).collect();
        let head = String::from_utf8_lossy(&head).into_owned();
        let value = |name: &str| {
            let line = head.lines().find(|line| line.to_ascii_lowercase().starts_with(name));
            line.and_then(|line| line.split_once(':')).map(|(_, value)| value.trim().to_owned())
        };
        let length: usize = value("content-length:").and_then(|length| length.parse().ok()).unwrap_or(0);
        while buffer.len() < length {
            match stream.read(&mut chunk)? {
                0 => return Ok(()),
                count => buffer.extend_from_slice(&chunk[..count]),
            }
        }
        buffer.drain(..length);
        let method = head.split(' ').next().unwrap_or_default().to_owned();
        let asked = Asked { method, origin: value("origin:") };
        let number = number.fetch_add(1, Ordering::Relaxed);
        if let Err(error) = hostile.answer(&asked, number, &mut stream) {
            let _ = stream.shutdown(Shutdown::Both);
            return Err(error);
        }
        if hostile == Hostile::EndlessBody && asked.method == "GET" {
            return stream.shutdown(Shutdown::Both);
        }
    }
}

/// How a program ended, and the most memory that it had at once.
#[derive(Debug)]
pub(crate) struct Used {
    pub(crate) status: Option<ExitStatus>,
    pub(crate) peak_bytes: u64,
    pub(crate) took: Duration,
}

/// Waits for a program, at most so long, and looks at its memory meanwhile.
pub(crate) fn watch(mut child: Child, most: Duration) -> Used {
    let started = Instant::now();
    let mut peak_bytes = 0;
    let path = format!("/proc/{}/status", child.id());
    loop {
        let text = fs::read_to_string(&path).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kilobytes: Option<u64> = line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok());
        peak_bytes = peak_bytes.max(kilobytes.unwrap_or(0) * 1024);
        if let Ok(Some(status)) = child.try_wait() {
            return Used { status: Some(status), peak_bytes, took: started.elapsed() };
        }
        if started.elapsed() > most {
            let _ = child.kill();
            let _ = child.wait();
            return Used { status: None, peak_bytes, took: started.elapsed() };
        }
        thread::sleep(Duration::from_millis(2));
    }
}
