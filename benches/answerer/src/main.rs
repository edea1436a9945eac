//! The smallest honest server of preflights: it reads the head, takes `Origin` and
//! `Access-Control-Request-Method` from it, and answers 204 with that origin. One thread, no
//! rules, no log. Load clients are measured against it, because whatever it does not spend
//! is what the client spends.
//!
//! ```text
//! bare_answerer [--listen ADDR:PORT] [--stall EVERY/FOR] [--max-age SECONDS] [--hyper] [--tls FILE]
//! ```
//!
//! `--stall 2000/200` freezes the whole server for 200 ms of every 2,000 ms: what a latency
//! report must show of that is known in closed form. `--hyper` answers from hyper rather than by hand,
//! and so in HTTP/2 too, where the client begins with its preface or agrees on it. `--tls` speaks TLS, and writes the
//! certificate to trust to a file. Prints its URL and serves until killed.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program of its own"
)]

mod by_hand;
mod by_hyper;
mod tls;

use std::{io, net::SocketAddr, path::PathBuf, process::ExitCode, time::Duration};

use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

const USAGE: &str = "usage: bare_answerer [--listen ADDR:PORT] [--stall EVERY/FOR] [--max-age SECONDS] \
                     [--hyper] [--tls FILE]";

/// What a client of HTTP/2 begins with, as far as it takes to tell (RFC 9113 §3.4).
const PREFACE: &[u8] = b"PRI ";

struct Options {
    listen: SocketAddr,
    /// Frozen for the second of every first.
    stall: Option<(Duration, Duration)>,
    /// Where the certificate is written, where TLS is spoken.
    tls: Option<PathBuf>,
    answers: Answers,
}

/// How requests are answered.
#[derive(Clone, Copy)]
struct Answers {
    max_age: u32,
    hyper: bool,
}

fn options(mut arguments: impl Iterator<Item = String>) -> Option<Options> {
    let mut options = Options {
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        stall: None,
        tls: None,
        answers: Answers { max_age: 600, hyper: false },
    };
    while let Some(name) = arguments.next() {
        if name == "--hyper" {
            options.answers.hyper = true;
            continue;
        }
        let value = arguments.next()?;
        match name.as_str() {
            "--listen" => options.listen = value.parse().ok()?,
            "--max-age" => options.answers.max_age = value.parse().ok()?,
            "--tls" => options.tls = Some(value.into()),
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
    let tls = match options.tls.as_deref().map(tls::acceptor).transpose() {
        Ok(tls) => tls,
        Err(error) => {
            eprintln!("cannot speak TLS: {error}");
            return ExitCode::from(4);
        }
    };
    match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => match runtime.block_on(serve(&options, tls)) {
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

async fn serve(options: &Options, tls: Option<TlsAcceptor>) -> io::Result<()> {
    let listener = TcpListener::bind(options.listen).await?;
    println!("{}://{}", if tls.is_some() { "https" } else { "http" }, listener.local_addr()?);
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
    let answers = options.answers;
    loop {
        // A client that went away between its connect and here is no reason to end.
        let Ok((stream, _)) = listener.accept().await else { continue };
        let tls = tls.clone();
        tokio::spawn(async move {
            // The connection's end is the client's business.
            let _ = connection(stream, tls, answers).await;
        });
    }
}

async fn connection(stream: TcpStream, tls: Option<TlsAcceptor>, answers: Answers) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let Answers { max_age, hyper } = answers;
    match tls {
        Some(tls) => {
            let stream = tls.accept(stream).await?;
            let second = stream.get_ref().1.alpn_protocol() == Some(b"h2");
            if hyper || second {
                return by_hyper::serve(stream, max_age, second).await;
            }
            by_hand::serve(stream, max_age).await
        }
        None if hyper => {
            let second = begins_with_preface(&stream).await?;
            by_hyper::serve(stream, max_age, second).await
        }
        None => by_hand::serve(stream, max_age).await,
    }
}

async fn begins_with_preface(stream: &TcpStream) -> io::Result<bool> {
    let mut first = [0; PREFACE.len()];
    // A preface goes out in one piece with what follows it.
    let length = stream.peek(&mut first).await?;
    Ok(length > 0 && PREFACE.starts_with(&first[..length]))
}
