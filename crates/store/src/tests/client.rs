//! A client that sends bytes as they are and reads what comes back, line by line.

use std::{net::SocketAddr, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

const PATIENCE: Duration = Duration::from_secs(10);

/// What came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reply {
    /// The status; 0 where nothing came.
    pub(super) status: u16,
    /// The field lines as they stand in the head.
    pub(super) lines: Vec<String>,
    /// The content.
    pub(super) body: String,
}

impl Reply {
    /// What is seen at a point: `status`, `body`, or the lines of a field joined by ` | `,
    /// `-` where there is none.
    pub(super) fn look(&self, point: &str) -> String {
        match point {
            "status" => self.status.to_string(),
            "body" => self.body.clone(),
            name => {
                let values: Vec<&str> = self
                    .lines
                    .iter()
                    .filter_map(|line| line.split_once(':'))
                    .filter(|(found, _)| found.eq_ignore_ascii_case(name))
                    .map(|(_, value)| value.trim_ascii())
                    .collect();
                if values.is_empty() { "-".to_owned() } else { values.join(" | ") }
            }
        }
    }
}

/// Sends bytes and reads until the server closes the connection.
pub(super) async fn ask(address: SocketAddr, bytes: &[u8]) -> Reply {
    parse(&exchange(address, bytes).await)
}

/// The same, unparsed.
pub(super) async fn exchange(address: SocketAddr, bytes: &[u8]) -> Vec<u8> {
    let work = async {
        let mut stream = TcpStream::connect(address).await.expect("a connection");
        // A server that has refused already may not read on.
        let _ = stream.write_all(bytes).await;
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        answer
    };
    timeout(PATIENCE, work).await.expect("an answer in time")
}

/// Reads one answer's text.
pub(super) fn parse(answer: &[u8]) -> Reply {
    let text: String = answer.iter().copied().map(char::from).collect();
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((text.as_str(), ""));
    let mut lines = head.split("\r\n");
    let status = lines.next().and_then(|line| line.split(' ').nth(1)).and_then(|code| code.parse().ok());
    Reply {
        status: status.unwrap_or_default(),
        lines: lines.map(str::to_owned).collect(),
        body: body.to_owned(),
    }
}
