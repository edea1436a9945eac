use std::time::Duration;

/// What a server takes from a client before it stops listening to it.
#[derive(Clone, Debug)]
pub struct Limits {
    /// The longest request head in bytes; at least 8192.
    pub head_bytes: usize,
    /// The longest content in bytes.
    pub body_bytes: u64,
    /// How much the contents of all requests together may take in memory while they are handled,
    /// in bytes. What comes beyond is answered with 503.
    pub memory_bytes: usize,
    /// How long a request head may take, and how long a connection may be idle in HTTP/1.1.
    pub head_timeout: Duration,
    /// How long a content may take.
    pub body_timeout: Duration,
    /// How long an answer may wait for the client to take any of it.
    pub write_timeout: Duration,
    /// How long a connection of HTTP/2 may be without a request that begins or ends.
    pub idle_timeout: Duration,
    /// How many connections are open at once. Beyond that, whoever has gone longest without
    /// beginning or ending a request makes room, if that is more than a second.
    pub connections: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            head_bytes: 128 * 1024,
            body_bytes: 64 * 1024 * 1024,
            memory_bytes: 256 * 1024 * 1024,
            head_timeout: Duration::from_secs(30),
            body_timeout: Duration::from_secs(60),
            write_timeout: Duration::from_secs(30),
            idle_timeout: Duration::from_secs(120),
            connections: 8192,
        }
    }
}
