//! Where a run is made: what the machine is, and what the process uses of it.

use std::fs;

use super::record::Machine;

/// This machine, as far as it says what it is.
pub fn machine() -> Machine {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let field = |text: &str, name: &str| {
        text.lines()
            .find_map(|line| line.split_once(':').filter(|(key, _)| key.trim() == name))
            .map(|(_, value)| value.trim().to_owned())
            .unwrap_or_default()
    };
    let kernel = read("/proc/sys/kernel/osrelease");
    let kilobytes = field(&read("/proc/meminfo"), "MemTotal");
    Machine {
        os: format!("{} {}", std::env::consts::OS, kernel.trim()).trim().to_owned(),
        arch: std::env::consts::ARCH.to_owned(),
        processor: field(&read("/proc/cpuinfo"), "model name"),
        processors: std::thread::available_parallelism().map_or(1, usize::from),
        memory: number(&kilobytes) * 1024,
    }
}

/// The most memory that the process had resident, in bytes; 0 where that is not known.
pub fn memory_peak() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    number(line) * 1024
}

fn number(text: &str) -> u64 {
    text.split_ascii_whitespace().next().and_then(|word| word.parse().ok()).unwrap_or(0)
}
