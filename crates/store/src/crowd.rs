//! Decides who makes room when more clients come than there are places: whoever has gone longest
//! without beginning or ending a request. So clients that are slow on purpose keep nobody out.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::sync::Notify;

/// How long a client is left in peace after it has begun or ended a request.
pub(super) const PEACE: Duration = Duration::from_secs(1);

/// All connections of a server.
#[derive(Debug)]
pub(super) struct Crowd {
    started: Instant,
    next: AtomicU64,
    seats: Mutex<HashMap<u64, Arc<Seat>>>,
}

/// One connection.
#[derive(Debug)]
struct Seat {
    /// When it last began or ended a request, in milliseconds.
    mark: AtomicU64,
    leave: Notify,
}

/// A connection's place in the crowd, for as long as it is open.
#[derive(Debug)]
pub(super) struct Place {
    crowd: Arc<Crowd>,
    number: u64,
    seat: Arc<Seat>,
}

impl Crowd {
    pub(super) fn new() -> Self {
        Self { started: Instant::now(), next: AtomicU64::new(0), seats: Mutex::default() }
    }

    /// Takes a connection in.
    pub(super) fn enter(self: &Arc<Self>) -> Place {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let seat = Arc::new(Seat { mark: AtomicU64::new(self.now()), leave: Notify::new() });
        self.seats().insert(number, Arc::clone(&seat));
        Place { crowd: Arc::clone(self), number, seat }
    }

    /// Asks one connection to leave, if one has been slow for long enough.
    pub(super) fn make_room(&self) {
        let seats = self.seats();
        let slowest = seats.values().min_by_key(|seat| seat.mark.load(Ordering::Relaxed));
        let long = u64::try_from(PEACE.as_millis()).unwrap_or(u64::MAX);
        if let Some(seat) = slowest
            && self.now().saturating_sub(seat.mark.load(Ordering::Relaxed)) > long
        {
            seat.leave.notify_one();
        }
    }

    fn now(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn seats(&self) -> MutexGuard<'_, HashMap<u64, Arc<Seat>>> {
        self.seats.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    /// Notes that a request begins or ends.
    pub(super) fn mark(&self) {
        self.seat.mark.store(self.crowd.now(), Ordering::Relaxed);
    }

    /// How long ago a request began or ended.
    pub(super) fn idle(&self) -> Duration {
        Duration::from_millis(self.crowd.now().saturating_sub(self.seat.mark.load(Ordering::Relaxed)))
    }

    /// Resolves when it is asked to leave.
    pub(super) async fn asked_to_leave(&self) {
        self.seat.leave.notified().await;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.crowd.seats().remove(&self.number);
    }
}
