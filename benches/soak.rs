//! The reference store under a thousand connections: does its memory stay where it is?
//!
//! `cargo bench --bench soak` starts the store as a process of its own, holds `SOAK_CONNECTIONS`
//! (1000) connections open for `SOAK_SECONDS` (30), sends preflights, reads, writes and form
//! uploads over them as fast as they are answered, while slow clients trickle heads, and prints
//! the process's resident memory second by second. It fails if the last third's highest is more
//! than 5 % and 4 MiB above the middle third's, or if an answer is not the one expected.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a benchmark runs a program, prints, and stops where it cannot go on"
)]

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, ExitCode, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::sleep,
};

/// Slow clients besides the busy ones.
const SLOW: usize = 20;

#[derive(Default)]
struct Tally {
    answered: AtomicU64,
    wrong: AtomicU64,
    broken: AtomicU64,
    slow_closed: AtomicU64,
}

struct Store(Child);

impl Drop for Store {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn number(name: &str, usual: usize) -> usize {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

fn main() -> ExitCode {
    let (connections, seconds) = (number("SOAK_CONNECTIONS", 1000), number("SOAK_SECONDS", 30).max(6));
    let mut child = Command::new(env!("CARGO_BIN_EXE_crosscheck"))
        .args(["serve", "--listen", "127.0.0.1:0", "--head-timeout", "2000"])
        .env_clear()
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the binary runs");
    let mut line = String::new();
    BufReader::new(child.stdout.take().expect("a pipe")).read_line(&mut line).expect("a line");
    let address = line.trim().trim_start_matches("http://").trim_end_matches('/').to_owned();
    let store = Store(child);
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(soak(store.0.id(), &address, connections, seconds))
}

async fn soak(process: u32, address: &str, connections: usize, seconds: usize) -> ExitCode {
    let (tally, stop) = (Arc::new(Tally::default()), Arc::new(AtomicBool::new(false)));
    let mut clients = Vec::new();
    for index in 0..connections {
        let (address, tally, stop) = (address.to_owned(), Arc::clone(&tally), Arc::clone(&stop));
        clients.push(tokio::spawn(async move {
            while !stop.load(Ordering::Relaxed) {
                if busy(&address, index, &tally, &stop).await.is_err() {
                    tally.broken.fetch_add(1, Ordering::Relaxed);
                    sleep(Duration::from_millis(100)).await;
                }
            }
        }));
    }
    for _ in 0..SLOW {
        let (address, tally, stop) = (address.to_owned(), Arc::clone(&tally), Arc::clone(&stop));
        clients.push(tokio::spawn(async move {
            while !stop.load(Ordering::Relaxed) {
                slow(&address, &stop).await;
                tally.slow_closed.fetch_add(1, Ordering::Relaxed);
            }
        }));
    }
    let (started, spent) = (Instant::now(), processor_ticks(process).unwrap_or_default());
    let mut samples = Vec::new();
    for second in 1..=seconds {
        sleep(Duration::from_secs(1)).await;
        let resident = resident_kib(process).unwrap_or_default();
        samples.push(resident);
        println!("{second:>4} s {:>7} KiB {:>9} answered", resident, tally.answered.load(Ordering::Relaxed));
    }
    let elapsed = started.elapsed().as_secs_f64();
    let spent = processor_ticks(process).unwrap_or_default().saturating_sub(spent);
    stop.store(true, Ordering::Relaxed);
    for client in clients {
        client.abort();
    }
    let third = samples.len() / 3;
    let highest = |range: &[u64]| range.iter().copied().max().unwrap_or_default();
    let (middle, last) = (highest(&samples[third..2 * third]), highest(&samples[2 * third..]));
    let (answered, wrong) = (tally.answered.load(Ordering::Relaxed), tally.wrong.load(Ordering::Relaxed));
    let broken = tally.broken.load(Ordering::Relaxed);
    println!(
        "{connections} connections, {:.0} answers/s, {wrong} wrong, {broken} broken off, {} slow clients let go",
        answered as f64 / elapsed,
        tally.slow_closed.load(Ordering::Relaxed)
    );
    // A tick is 10 ms on every Linux there is (USER_HZ, time(7)).
    println!("{:.1} µs of processor time an answer", spent as f64 * 10_000.0 / answered.max(1) as f64);
    println!("highest resident memory: {middle} KiB in the middle third, {last} KiB in the last");
    let flat = last <= middle + middle / 20 + 4096;
    let held = flat && wrong == 0 && broken == 0 && answered > 0;
    println!("{}", if held { "flat" } else { "NOT flat, or not right" });
    if held { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// One connection that asks again and again.
async fn busy(address: &str, index: usize, tally: &Tally, stop: &AtomicBool) -> std::io::Result<()> {
    let request = request(address, index);
    let mut stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let mut buffer = Vec::with_capacity(8192);
    while !stop.load(Ordering::Relaxed) {
        stream.write_all(&request).await?;
        let status = answer(&mut stream, &mut buffer).await?;
        tally.answered.fetch_add(1, Ordering::Relaxed);
        if !matches!(status, 200 | 204) {
            tally.wrong.fetch_add(1, Ordering::Relaxed);
        }
    }
    Ok(())
}

/// Of ten clients seven send preflights, one reads, one writes, one uploads a form.
fn request(address: &str, index: usize) -> Vec<u8> {
    let head = |method: &str, path: &str, more: &str, length: usize| {
        format!(
            "{method} {path} HTTP/1.1\r\nHost: {address}\r\nOrigin: https://app.example\r\n{more}\
             Content-Length: {length}\r\n\r\n"
        )
        .into_bytes()
    };
    match index % 10 {
        7 => head("GET", "/default/data.json", "", 0),
        8 => {
            let mut request = head("PUT", &format!("/default/soak/{index}"), "", 4096);
            request.extend_from_slice(&[b'x'; 4096]);
            request
        }
        9 => {
            let part = |name: &str, content: &str| {
                format!("--b\r\nContent-Disposition: form-data; name={name}\r\n\r\n{content}\r\n")
            };
            let content = [
                part("\"key\"", &format!("soak/{index}")),
                part("\"file\"; filename=\"a\"", &"y".repeat(4096)),
                "--b--\r\n".to_owned(),
            ]
            .concat();
            let more = "Content-Type: multipart/form-data; boundary=b\r\n";
            let mut request = head("POST", "/default", more, content.len());
            request.extend_from_slice(content.as_bytes());
            request
        }
        _ => {
            let more =
                "Access-Control-Request-Method: PUT\r\nAccess-Control-Request-Headers: content-type\r\n";
            head("OPTIONS", &format!("/default/soak/{index}"), more, 0)
        }
    }
}

/// Reads one answer and gives its status.
async fn answer(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> std::io::Result<u16> {
    buffer.clear();
    let end = loop {
        if let Some(at) = buffer.windows(4).position(|four| four == b"\r\n\r\n") {
            break at + 4;
        }
        if stream.read_buf(buffer).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
    };
    let head = String::from_utf8_lossy(&buffer[..end]).into_owned();
    let length: usize = head
        .lines()
        .find_map(|line| line.strip_prefix("Content-Length: ").and_then(|length| length.parse().ok()))
        .unwrap_or_default();
    while buffer.len() < end + length {
        if stream.read_buf(buffer).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
    }
    Ok(head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_default())
}

/// One client that sends a head byte by byte until it is let go.
async fn slow(address: &str, stop: &AtomicBool) {
    let Ok(mut stream) = TcpStream::connect(address).await else { return };
    let mut sent = stream.write_all(b"GET /default/data.json HTTP/1.1\r\nX-Slow: ").await;
    while sent.is_ok() && !stop.load(Ordering::Relaxed) {
        sleep(Duration::from_millis(200)).await;
        sent = stream.write_all(b"a").await;
    }
}

/// What a process and its threads have spent of processor time, in ticks (proc(5)).
fn processor_ticks(process: u32) -> Option<u64> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let mut fields = stat.rsplit_once(')')?.1.split_ascii_whitespace().skip(11);
    Some(fields.next()?.parse::<u64>().ok()? + fields.next()?.parse::<u64>().ok()?)
}

/// `VmRSS` of a process (proc(5)).
fn resident_kib(process: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().split(' ').next()?.parse().ok()
}
