//! The smallest honest server of preflights: it reads the head, takes `Origin` and
//! `Access-Control-Request-Method` from it, and answers 204 with that origin. One thread, no
//! rules, no log. Load clients are measured against it, because whatever it does not spend
//! is what the client spends.
//!
//! ```text
//! bare_answerer [--listen ADDR:PORT] [--stall EVERY/FOR] [--max-age SECONDS]
//! ```
//!
//! `--stall 2000/200` freezes the whole server for 200 ms of every 2,000 ms: what a latency
//! report must show of that is known in closed form. Prints its URL and serves until killed.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program of its own"
)]

use std::{io, net::SocketAddr, process::ExitCode, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

const USAGE: &str = "usage: bare_answerer [--listen ADDR:PORT] [--stall EVERY/FOR] [--max-age SECONDS]";

/// More than any preflight's head.
const HEAD: usize = 16 * 1024;

struct Options {
    listen: SocketAddr,
    /// Frozen for the second of every first.
    stall: Option<(Duration, Duration)>,
    max_age: u32,
}

fn options(mut arguments: impl Iterator<Item = String>) -> Option<Options> {
    let mut options = Options { listen: SocketAddr::from(([127, 0, 0, 1], 0)), stall: None, max_age: 600 };
    while let Some(name) = arguments.next() {
        let value = arguments.next()?;
        match name.as_str() {
            "--listen" => options.listen = value.parse().ok()?,
            "--max-age" => options.max_age = value.parse().ok()?,
            "--stall" => {
                let (every, long) = value.split_once('/')?;
                let (every, long) = (every.parse().ok()?, long.parse().ok()?);
                let stall = (Duration::from_millis(every), Duration::from_millis(long));
                options.stall = (stall.0 > stall.1).then_some(stall);
                options.stall?;
            }
            _ => return None,
        }
    }
    Some(options)
}

fn main() -> ExitCode {
    let Some(options) = options(std::env::args().skip(1)) else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => match runtime.block_on(serve(&options)) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("cannot serve at {}: {error}", options.listen);
                ExitCode::from(4)
            }
        },
        Err(error) => {
            eprintln!("no runtime: {error}");
            ExitCode::from(4)
        }
    }
}

async fn serve(options: &Options) -> io::Result<()> {
    let listener = TcpListener::bind(options.listen).await?;
    println!("http://{}", listener.local_addr()?);
    if let Some((every, long)) = options.stall {
        tokio::spawn(async move {
            let mut turns = tokio::time::interval(every);
            turns.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
            loop {
                turns.tick().await;
                // The only thread sleeps, and with it every connection.
                std::thread::sleep(long);
            }
        });
    }
    let max_age = options.max_age;
    loop {
        // A client that went away between its connect and here is no reason to end.
        let Ok((stream, _)) = listener.accept().await else { continue };
        tokio::spawn(async move {
            // The connection's end is the client's business.
            let _ = connection(stream, max_age).await;
        });
    }
}

/// Answers one connection's requests, pipelined ones too, until it is closed or makes no sense.
async fn connection(mut stream: TcpStream, max_age: u32) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut input = vec![0; HEAD];
    let mut filled = 0;
    let mut output = Vec::with_capacity(1024);
    loop {
        let mut taken = 0;
        while let Some(length) = answer(&input[taken..filled], max_age, &mut output)? {
            taken += length;
        }
        if !output.is_empty() {
            stream.write_all(&output).await?;
            output.clear();
        }
        input.copy_within(taken..filled, 0);
        filled -= taken;
        let read = stream.read(&mut input[filled..]).await?;
        if read == 0 {
            return Ok(());
        }
        filled += read;
    }
}

/// Appends the answer to the first request of `input`; gives that request's length, or none
/// where it is not all there yet. Requests have no content here.
fn answer(input: &[u8], max_age: u32, output: &mut Vec<u8>) -> io::Result<Option<usize>> {
    let mut fields = [httparse::EMPTY_HEADER; 32];
    let mut request = httparse::Request::new(&mut fields);
    let status = request.parse(input).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
    let httparse::Status::Complete(length) = status else { return Ok(None) };
    let value = |name: &str| {
        request.headers.iter().find(|field| field.name.eq_ignore_ascii_case(name)).map(|field| field.value)
    };
    output.extend_from_slice(b"HTTP/1.1 204 No Content\r\n");
    if let Some(origin) = value("origin") {
        line(output, b"Access-Control-Allow-Origin", origin);
    }
    if let Some(method) = value("access-control-request-method") {
        line(output, b"Access-Control-Allow-Methods", method);
        if let Some(names) = value("access-control-request-headers") {
            line(output, b"Access-Control-Allow-Headers", names);
        }
        line(output, b"Access-Control-Max-Age", max_age.to_string().as_bytes());
    }
    line(output, b"Vary", b"Origin");
    output.extend_from_slice(b"\r\n");
    Ok(Some(length))
}

fn line(output: &mut Vec<u8>, name: &[u8], value: &[u8]) {
    for part in [name, b": ", value, b"\r\n"] {
        output.extend_from_slice(part);
    }
}
