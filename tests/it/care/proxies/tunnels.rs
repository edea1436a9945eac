//! A small HTTP proxy that opens tunnels, relays `http://` requests, and keeps the heads that it gets.

use std::{
    io::{Read, Write, copy},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

use base64::{Engine, engine::general_purpose::STANDARD};

/// What it does with a request.
pub(super) enum Manner {
    /// Carries it.
    Pass,
    /// Carries it to this host at this address, and every other to where its text says.
    PassTo(String, SocketAddr),
    /// Carries it if it has this `user:password`.
    Login(String),
    /// Answers with this status.
    Refuse(&'static str),
    /// Answers nothing, and keeps the connection.
    Silent,
}

pub(super) struct Tunnels {
    address: SocketAddr,
    heads: Arc<Mutex<Vec<String>>>,
}

impl Tunnels {
    /// Starts at a free port of loopback. `to`: where every host is.
    pub(super) fn start(manner: Manner, to: Option<SocketAddr>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let heads = Arc::new(Mutex::new(Vec::new()));
        let (kept, manner) = (Arc::clone(&heads), Arc::new(manner));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (kept, manner) = (Arc::clone(&kept), Arc::clone(&manner));
                thread::spawn(move || carry(stream, &manner, to, &kept));
            }
        });
        Self { address, heads }
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The heads of all requests so far.
    pub(super) fn heads(&self) -> Vec<String> {
        self.heads.lock().expect("heads").clone()
    }
}

fn carry(
    mut client: TcpStream,
    manner: &Manner,
    to: Option<SocketAddr>,
    heads: &Mutex<Vec<String>>,
) -> Option<()> {
    client.set_read_timeout(Some(Duration::from_secs(60))).ok()?;
    let head = read_head(&mut client)?;
    heads.lock().expect("heads").push(head.clone());
    let mut words = head.split(' ');
    let (method, target) = (words.next()?, words.next()?);
    let status = match manner {
        Manner::Silent => {
            thread::sleep(Duration::from_secs(60));
            return None;
        }
        Manner::Refuse(status) => Some(*status),
        Manner::Login(login) => {
            let expected = format!("proxy-authorization: Basic {}", STANDARD.encode(login));
            let known = head.lines().any(|line| line.eq_ignore_ascii_case(&expected));
            (!known).then_some("407 Proxy Authentication Required")
        }
        Manner::Pass | Manner::PassTo(..) => None,
    };
    if let Some(status) = status {
        let answer = format!("HTTP/1.1 {status}\r\nContent-Length: 3\r\nConnection: close\r\n\r\nno\n");
        client.write_all(answer.as_bytes()).ok()?;
        return None;
    }
    let authority = target.trim_start_matches("http://").split('/').next()?;
    let to = match manner {
        Manner::PassTo(host, to) if authority.split(':').next() == Some(host) => Some(*to),
        _ => to,
    };
    let mut server = match to {
        Some(to) => TcpStream::connect(to).ok()?,
        None => TcpStream::connect(authority.replace("localhost", "127.0.0.1")).ok()?,
    };
    if method == "CONNECT" {
        client.write_all(b"HTTP/1.1 200 Connection established\r\nVia: 1.1 tunnels\r\n\r\n").ok()?;
    } else {
        // One request for each connection; the rest of the head stays as it is.
        let path = target.trim_start_matches("http://").trim_start_matches(authority);
        let lines = head.replacen(target, path, 1);
        let lines = lines.lines().filter(|line| !line.to_ascii_lowercase().starts_with("proxy-"));
        let lines: Vec<&str> = lines.filter(|line| !line.is_empty()).collect();
        server.write_all(format!("{}\r\nConnection: close\r\n\r\n", lines.join("\r\n")).as_bytes()).ok()?;
    }
    let (mut from_client, mut to_server) = (client.try_clone().ok()?, server.try_clone().ok()?);
    thread::spawn(move || {
        let _ = copy(&mut from_client, &mut to_server);
        let _ = to_server.shutdown(Shutdown::Write);
    });
    let _ = copy(&mut server, &mut client);
    let _ = client.shutdown(Shutdown::Both);
    Some(())
}

fn read_head(client: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        if client.read(&mut byte).ok()? == 0 {
            return None;
        }
        head.push(byte[0]);
    }
    String::from_utf8(head).ok()
}
