use std::{
    io::{self, Read},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex, PoisonError},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use tokio::time::sleep;

use super::GatewayError;

/// How long a cache may take to listen.
const START: Duration = Duration::from_secs(30);

/// How long it may take to end before it is ended the hard way.
const END: Duration = Duration::from_secs(5);

/// How long the last words of a cache that ended may take.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// How much of what it says is kept, in bytes.
const KEPT: usize = 4096;

/// A folder with a cache's configuration and its `start` script: `start PORT ORIGIN_PORT` runs
/// the cache in the foreground on that port of 127.0.0.1, in front of the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folder(PathBuf);

impl Folder {
    /// The folder at a path.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    /// Its name: the last part of the path.
    pub fn name(&self) -> String {
        let path = self.0.canonicalize().unwrap_or_else(|_| self.0.clone());
        path.file_name()
            .map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned())
    }

    fn script(&self) -> PathBuf {
        let script = self.0.join("start");
        script.canonicalize().unwrap_or(script)
    }

    /// Starts the cache in front of a port and waits until it listens.
    pub(super) async fn start(&self, origin: u16) -> Result<Running, GatewayError> {
        let path = self.script();
        let port = free_port().map_err(GatewayError::Listen)?;
        let mut child = Command::new(&path)
            .args([port.to_string(), origin.to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| GatewayError::Start { path: path.clone(), error })?;
        let said = Arc::new(Mutex::new(Vec::new()));
        let listener = child.stderr.take().map(|stderr| {
            let said = Arc::clone(&said);
            thread::spawn(move || listen(stderr, &said))
        });
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let mut running = Running { child, address, said, listener };
        running.wait(&path).await?;
        Ok(running)
    }
}

/// A cache that runs. Dropping it ends it.
#[derive(Debug)]
pub(super) struct Running {
    child: Child,
    pub(super) address: SocketAddr,
    said: Arc<Mutex<Vec<u8>>>,
    /// Ends when nobody can say anything any more.
    listener: Option<JoinHandle<()>>,
}

impl Running {
    async fn wait(&mut self, path: &Path) -> Result<(), GatewayError> {
        let since = Instant::now();
        while since.elapsed() < START {
            if TcpStream::connect_timeout(&self.address, Duration::from_millis(500)).is_ok() {
                return Ok(());
            }
            if self.child.try_wait().ok().flatten().is_some() {
                let ended = Instant::now();
                let speaks = || self.listener.as_ref().is_some_and(|listener| !listener.is_finished());
                while speaks() && ended.elapsed() < LAST_WORDS {
                    sleep(Duration::from_millis(10)).await;
                }
                return Err(GatewayError::Ended { path: path.to_owned(), said: self.said() });
            }
            sleep(Duration::from_millis(50)).await;
        }
        Err(GatewayError::Silent { path: path.to_owned(), waited: START, said: self.said() })
    }

    /// The end of what it wrote to standard error.
    pub(super) fn said(&self) -> String {
        let said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&said).into_owned()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // The script ends its server and clears up when it is told to end; a kill would not let it.
        let told = Command::new("sh")
            .args(["-c", "kill \"$0\"", &self.child.id().to_string()])
            .stderr(Stdio::null())
            .status();
        let since = Instant::now();
        while told.is_ok() && since.elapsed() < END {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            thread::sleep(Duration::from_millis(10));
        }
        // It may be gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Keeps the end of what a process says, until it says no more.
fn listen(mut stderr: impl Read, said: &Mutex<Vec<u8>>) {
    let mut buffer = [0; 1024];
    while let Ok(count @ 1..) = stderr.read(&mut buffer) {
        let mut said = said.lock().unwrap_or_else(PoisonError::into_inner);
        said.extend_from_slice(buffer.get(..count).unwrap_or_default());
        let surplus = said.len().saturating_sub(KEPT);
        said.drain(..surplus);
    }
}

fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}
