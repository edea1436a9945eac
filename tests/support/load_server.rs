//! A small server for load: it answers preflights and reads rightly, until its way says otherwise.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Condvar, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

/// What is wrong with it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Way {
    /// Nothing.
    Right,
    /// It answers nothing for the first part of each period.
    Stalls { every: Duration, stall: Duration },
    /// One answer in so many carries the origin of whoever asked before, on any connection.
    Mixes(u64),
    /// One answer in so many comes from a replica with another max-age.
    Drifts(u64),
    /// One answer in so many is followed by bytes that nobody asked for.
    Babbles(u64),
    /// One answer in so many is this status.
    Status(u64, u16),
    /// It closes the connection after each answer, and says so.
    Closes,
    /// It closes its side of the connection after each answer without a word, and still hears what is sent.
    ClosesSilently,
    /// One answer in so many comes twice, the second time after this long.
    Repeats(u64, Duration),
    /// It answers when two requests are there at once, or one has waited for long.
    Pairs,
    /// It closes instead of answering, one time in so many.
    Breaks(u64),
    /// It resets every connection once there is load.
    Resets,
    /// It takes its time for each of the first so many answers.
    SlowAtFirst(u64, Duration),
    /// It leaves one request in so many without an answer, on a connection that stays open.
    Swallows(u64),
    /// It never answers once there is load.
    Silent,
    /// It ends after so many answers.
    Ends(u64),
}

pub(crate) struct LoadServer {
    pub(crate) address: SocketAddr,
    stop: Arc<AtomicBool>,
    answers: Arc<AtomicU64>,
    strays: Arc<AtomicU64>,
    pairs: Arc<AtomicU64>,
}

struct Shared {
    way: Way,
    start: Instant,
    last: Mutex<String>,
    stop: Arc<AtomicBool>,
    answers: Arc<AtomicU64>,
    strays: Arc<AtomicU64>,
    waiting: Mutex<u64>,
    met: Condvar,
    pairs: Arc<AtomicU64>,
}

/// So many answers are right before the way begins: the calm moment.
pub(crate) const CALM: u64 = 8;

impl LoadServer {
    pub(crate) fn start(way: Way) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let stop = Arc::new(AtomicBool::new(false));
        let answers = Arc::new(AtomicU64::new(0));
        let (strays, pairs) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
        let shared = Arc::new(Shared {
            way,
            start: Instant::now(),
            last: Mutex::new("https://nobody.example".to_owned()),
            stop: Arc::clone(&stop),
            answers: Arc::clone(&answers),
            strays: Arc::clone(&strays),
            waiting: Mutex::new(0),
            met: Condvar::new(),
            pairs: Arc::clone(&pairs),
        });
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if shared.stop.load(Ordering::Relaxed) {
                    return;
                }
                let Ok(stream) = stream else { continue };
                let shared = Arc::clone(&shared);
                std::thread::spawn(move || {
                    let _ = shared.serve(stream);
                });
            }
        });
        Self { address, stop, answers, strays, pairs }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/items", self.address)
    }

    /// How many requests it answered.
    pub(crate) fn answers(&self) -> u64 {
        self.answers.load(Ordering::Relaxed)
    }

    /// How many connections brought a request after their end.
    pub(crate) fn strays(&self) -> u64 {
        self.strays.load(Ordering::Relaxed)
    }

    /// How often two requests were there at once.
    pub(crate) fn pairs(&self) -> u64 {
        self.pairs.load(Ordering::Relaxed)
    }
}

impl Drop for LoadServer {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        let _ = TcpStream::connect(self.address);
    }
}

impl Shared {
    /// Waits for another request, but not for long.
    fn meet(&self) {
        let mut waiting = self.waiting.lock().expect("a lock");
        if *waiting > 0 {
            *waiting = 0;
            self.pairs.fetch_add(1, Ordering::Relaxed);
            self.met.notify_all();
            return;
        }
        *waiting = 1;
        let long = Duration::from_millis(200);
        let (mut waiting, late) =
            self.met.wait_timeout_while(waiting, long, |here| *here > 0).expect("a lock");
        if late.timed_out() {
            *waiting = 0;
        }
    }

    fn serve(&self, mut stream: TcpStream) -> std::io::Result<()> {
        stream.set_nodelay(true)?;
        let mut buffer = Vec::new();
        let mut part = [0; 4096];
        loop {
            if self.way == Way::Resets && self.answers.load(Ordering::Relaxed) >= 2 {
                // What is closed before all is read is reset.
                stream.peek(&mut part)?;
                return Ok(());
            }
            let end = loop {
                if let Some(end) = buffer.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
                    break end + 4;
                }
                let read = stream.read(&mut part)?;
                if read == 0 || self.stop.load(Ordering::Relaxed) {
                    return Ok(());
                }
                buffer.extend_from_slice(&part[..read]);
            };
            let head = String::from_utf8_lossy(&buffer[..end]).into_owned();
            buffer.drain(..end);
            let number = self.answers.load(Ordering::Relaxed);
            if let Way::Stalls { every, stall } = self.way {
                let at = Duration::from_nanos((self.start.elapsed().as_nanos() % every.as_nanos()) as u64);
                if at < stall {
                    std::thread::sleep(stall - at);
                }
            }
            if self.way == Way::Pairs {
                self.meet();
            }
            if let Way::SlowAtFirst(many, time) = self.way
                && number < many
            {
                std::thread::sleep(time);
            }
            let hit = |every: u64| number >= CALM && number.is_multiple_of(every);
            match self.way {
                Way::Breaks(every) if hit(every) => {
                    self.answers.fetch_add(1, Ordering::Relaxed);
                    return Ok(());
                }
                Way::Swallows(every) if hit(every) => {
                    self.answers.fetch_add(1, Ordering::Relaxed);
                    continue;
                }
                Way::Silent if number >= 1 => {
                    std::thread::sleep(Duration::from_secs(5));
                    return Ok(());
                }
                Way::Ends(after) if number >= after => {
                    self.stop.store(true, Ordering::Relaxed);
                    return Ok(());
                }
                _ => {}
            }
            let field = |name: &str| {
                head.lines()
                    .find_map(|line| line.split_once(": ").filter(|(key, _)| key.eq_ignore_ascii_case(name)))
                    .map(|(_, value)| value.to_owned())
            };
            let origin = field("origin").unwrap_or_default();
            let before = std::mem::replace(&mut *self.last.lock().expect("a lock"), origin.clone());
            let allowed = if matches!(self.way, Way::Mixes(every) if hit(every)) { before } else { origin };
            let age = if matches!(self.way, Way::Drifts(every) if hit(every)) { 60 } else { 600 };
            let status = match self.way {
                Way::Status(every, status) if hit(every) => status,
                _ if head.starts_with("OPTIONS") => 204,
                _ => 200,
            };
            let mut answer = format!("HTTP/1.1 {status} X\r\nVary: Origin\r\n");
            if allowed.ends_with("evil.example") || allowed.is_empty() {
                answer.push_str("X-Refused: yes\r\n");
            } else {
                answer.push_str(&format!("Access-Control-Allow-Origin: {allowed}\r\n"));
            }
            if head.starts_with("OPTIONS") {
                answer.push_str(&format!("Access-Control-Max-Age: {age}\r\n"));
                for (asked, answered) in [
                    ("access-control-request-method", "Access-Control-Allow-Methods"),
                    ("access-control-request-headers", "Access-Control-Allow-Headers"),
                ] {
                    if let Some(value) = field(asked) {
                        answer.push_str(&format!("{answered}: {value}\r\n"));
                    }
                }
            }
            if self.way == Way::Closes {
                answer.push_str("Connection: close\r\n");
            }
            answer.push_str(if status == 204 { "\r\n" } else { "Content-Length: 2\r\n\r\nok" });
            if matches!(self.way, Way::Babbles(every) if hit(every)) {
                answer.push_str("HTTP/1.1 200 OK\r\n");
            }
            self.answers.fetch_add(1, Ordering::Relaxed);
            stream.write_all(answer.as_bytes())?;
            if self.way == Way::Closes {
                return Ok(());
            }
            if self.way == Way::ClosesSilently {
                stream.shutdown(std::net::Shutdown::Write)?;
                let stray = stream.read(&mut part)? > 0;
                self.strays.fetch_add(u64::from(stray), Ordering::Relaxed);
                return Ok(());
            }
            if let Way::Repeats(every, after) = self.way
                && hit(every)
            {
                std::thread::sleep(after);
                stream.write_all(answer.as_bytes())?;
            }
        }
    }
}
