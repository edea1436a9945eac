//! What this machine lets a run have, asked before anything is sent: file descriptors and ports.

use crosscheck_core::diagnostic::Diagnostic;

/// Descriptors that the harness needs besides its connections.
const RESERVE: u64 = 64;

/// Raises the limit on open files as far as the system lets us, and says what is missing. Where the store is
/// `embedded`, both ends of each connection are open in this process. `fewer` is what asks for fewer.
///
/// # Errors
/// What to raise.
pub fn check(connections: usize, fewer: &str, embedded: bool, loopback: bool) -> Result<(), Diagnostic> {
    let ends = if embedded { 2 } else { 1 };
    let needed = connections as u64 * ends + RESERVE;
    let most = descriptors(needed);
    if needed > most {
        let both = if embedded { ", both of whose ends are here," } else { "" };
        let message = format!(
            "{connections} connections{both} need {needed} open files, and this process may have {most}"
        );
        return Err(Diagnostic::error("load.open-files", message)
            .help(format!("raise the limit: `ulimit -n {needed}`, or LimitNOFILE= of the service"))
            .help(format!("or ask for fewer: {fewer} {}", (most.saturating_sub(RESERVE) / ends).max(1))));
    }
    if let Some((first, last)) = ports() {
        let ports = u64::from(last.saturating_sub(first)) + 1;
        if connections as u64 > ports {
            let message = format!(
                "{connections} connections to one address need as many ports, and this machine gives out {ports} ({first} to {last})"
            );
            let help = format!(
                "widen the range: `sysctl -w net.ipv4.ip_local_port_range=\"1024 65535\"`, or ask for fewer with {fewer}"
            );
            return Err(Diagnostic::error("load.ports", message).help(help));
        }
    }
    if loopback && let Some(most) = listen_backlog().filter(|most| connections as u64 > *most) {
        let message =
            format!("{connections} connections at once, but servers here queue at most {most} new ones");
        let warning = Diagnostic {
            severity: crosscheck_core::diagnostic::Severity::Warning,
            ..Diagnostic::error("load.listen-queue", message)
        };
        return Err(warning.help("raise it if connections are reset: `sysctl -w net.core.somaxconn=65535`"));
    }
    Ok(())
}

#[cfg(unix)]
fn descriptors(needed: u64) -> u64 {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let soft = limit.current.unwrap_or(u64::MAX);
    if soft >= needed {
        return soft;
    }
    let hard = limit.maximum.unwrap_or(u64::MAX);
    let wanted = needed.min(hard);
    match setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), maximum: limit.maximum }) {
        Ok(()) => wanted,
        Err(_) => soft,
    }
}

#[cfg(not(unix))]
fn descriptors(_: u64) -> u64 {
    u64::MAX
}

/// The ports that the system gives to connections, where it says so.
fn ports() -> Option<(u16, u16)> {
    let text = std::fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range").ok()?;
    let mut words = text.split_ascii_whitespace().map(str::parse);
    Some((words.next()?.ok()?, words.next()?.ok()?))
}

fn listen_backlog() -> Option<u64> {
    std::fs::read_to_string("/proc/sys/net/core/somaxconn").ok()?.trim().parse().ok()
}
