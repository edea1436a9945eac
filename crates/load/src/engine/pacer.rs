//! Wakes a thread when a request is due: one timer of the operating system for each thread, exact to
//! some tens of microseconds, where Tokio's own wheel turns once in a millisecond; or no sleep at all.

use std::{io, rc::Rc};

use super::worker::Worker;
use crate::{record::PacingKind, time::Nanos};

/// Hands out arrivals until the worker ends.
pub(super) async fn pace(worker: Rc<Worker>, kind: PacingKind) -> io::Result<()> {
    let spin = kind == PacingKind::Spin || !timer::AVAILABLE;
    let timer = if spin { None } else { Some(timer::Timer::new()?) };
    while !worker.ending.get() {
        let next = worker.dispatch();
        let Some(timer) = &timer else {
            tokio::task::yield_now().await;
            continue;
        };
        let Some(next) = next else { return Ok(()) };
        let wait = next.since(worker.now());
        if wait == Nanos::ZERO {
            tokio::task::yield_now().await;
            continue;
        }
        timer.wait(wait.duration()).await?;
    }
    Ok(())
}

#[cfg(target_os = "linux")]
pub(super) mod timer {
    use std::{io, os::fd::OwnedFd, time::Duration};

    use rustix::time::{
        Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create,
        timerfd_settime,
    };
    use tokio::io::{Interest, unix::AsyncFd};

    pub(super) const AVAILABLE: bool = true;

    /// A timer that is a file descriptor, so that it wakes what waits for connections too.
    pub(in super::super) struct Timer(AsyncFd<OwnedFd>);

    impl Timer {
        pub(in super::super) fn new() -> io::Result<Self> {
            let flags = TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC;
            let timer = timerfd_create(TimerfdClockId::Monotonic, flags)?;
            #[allow(
                deprecated,
                reason = "its successor is unsafe; what is deprecated is sound for an owned descriptor"
            )]
            let timer = AsyncFd::with_interest(timer, Interest::READABLE)?;
            Ok(Self(timer))
        }

        pub(in super::super) async fn wait(&self, wait: Duration) -> io::Result<()> {
            let zero = Timespec { tv_sec: 0, tv_nsec: 0 };
            let value = Timespec {
                tv_sec: i64::try_from(wait.as_secs()).unwrap_or(i64::MAX),
                tv_nsec: i64::from(wait.subsec_nanos()),
            };
            let spec = Itimerspec { it_interval: zero, it_value: value };
            timerfd_settime(self.0.get_ref(), TimerfdTimerFlags::empty(), &spec)?;
            // Setting it again forgets the expiry, so that it need not be read.
            self.0.readable().await?.clear_ready();
            Ok(())
        }
    }
}

#[cfg(not(target_os = "linux"))]
pub(super) mod timer {
    use std::{io, time::Duration};

    /// Elsewhere the pacer does not sleep.
    pub(super) const AVAILABLE: bool = false;

    pub(in super::super) struct Timer;

    impl Timer {
        pub(in super::super) fn new() -> io::Result<Self> {
            Err(io::ErrorKind::Unsupported.into())
        }

        pub(in super::super) async fn wait(&self, _: Duration) -> io::Result<()> {
            Err(io::ErrorKind::Unsupported.into())
        }
    }
}
