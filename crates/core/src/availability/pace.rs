use std::{collections::HashSet, fmt, time::Duration};

use super::Unavailable;
use crate::{
    exchange::Stage,
    message::{Request, is_safe_method},
};

/// How often one request is sent again, by what it was answered.
const REPEATS: u32 = 4;
const GATEWAY_REPEATS: u32 = 2;

/// The wait before the first repeat, where the answer names none; it doubles each time.
const FIRST_WAIT: Duration = Duration::from_millis(250);
const LONGEST_WAIT: Duration = Duration::from_secs(2);

/// So many such answers in a row, whatever was requested, and the endpoint is given up.
const IN_A_ROW: u32 = 8;

/// Before anything was answered, it is given up sooner: after so many answers, or before waiting longer than this.
const FIRST_IN_A_ROW: u32 = 4;
const FIRST_PATIENCE: Duration = Duration::from_secs(3);

/// So many requests in a row without an answer, after others were answered, and it is asked whether it still answers.
const LOST_IN_A_ROW: u32 = 10;

/// The slowest pace that throttling leads to, and the fastest.
const SLOWEST: Duration = Duration::from_secs(1);
const FASTEST: Duration = Duration::from_millis(10);

/// What was set for a run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// The least time between two requests.
    pub interval: Duration,
    /// How long the whole run may take.
    pub deadline: Duration,
}

/// When a request may be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turn {
    /// Since the start.
    pub at: Duration,
}

/// What to do with an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// It speaks for the endpoint.
    Take,
    /// Send the request again, after this wait.
    Again(Duration),
    /// It stays so: the request has no answer.
    GiveUp,
    /// The same, and it is time to ask with another request whether the endpoint still answers; what came of it goes to
    /// [`Pace::confirmed`].
    Confirm,
}

/// Why a run ended before everything was requested.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// It only says that it cannot answer now.
    Unavailable {
        /// What it says.
        why: Unavailable,
        /// The last status, and the request that was answered with it.
        status: u16,
        /// Method and URL.
        request: String,
        /// How often in a row.
        times: u32,
        /// The wait that it asks for, where that is longer than the run waits.
        wait: Option<Duration>,
        /// Whether it ever answered otherwise.
        before: bool,
    },
    /// It answers nothing any more.
    Gone {
        /// How often in a row.
        times: u32,
        /// What happened last.
        failure: String,
        /// The last request that it answered: method, URL and origin.
        last: String,
    },
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unavailable { why, status, request, times, wait, before } => {
                let so_far = if *before { "stopped answering" } else { "never answered with success" };
                write!(f, "the endpoint {so_far}: {request} was answered with status {status}")?;
                match wait {
                    Some(wait) => write!(
                        f,
                        ", and Retry-After asks to wait {} s, longer than the run waits",
                        wait.as_secs()
                    )?,
                    None => write!(f, ", {times} such answers in a row")?,
                }
                write!(f, "; {}", why.help())
            }
            Self::Gone { times, failure, last } => write!(
                f,
                "the endpoint stopped answering: {times} requests in a row without an answer ({failure}); the last \
                 request before was {last}; look at the server's log for it"
            ),
        }
    }
}

/// How much a run was slowed down.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Throttled {
    /// Answers that only said that the endpoint cannot answer now.
    pub answers: u64,
    /// How long was waited before requests were sent again.
    pub waited: Duration,
    /// The least time between two requests at the end.
    pub interval: Duration,
}

/// When requests may be sent, whether they are sent again, and when an endpoint is given up.
#[derive(Debug)]
pub struct Pace {
    limits: Limits,
    interval: Duration,
    next: Duration,
    paused_until: Duration,
    alone: bool,
    sent: u32,
    answered: bool,
    throttled: Throttled,
    in_a_row: u32,
    lost: u32,
    last_failure: String,
    last_answered: Option<String>,
    /// Requests that stayed unavailable while others were answered: method and path.
    stays: HashSet<(String, String)>,
    /// What the endpoint is suspected of until that is confirmed.
    suspected: Option<Ended>,
    ended: Option<Ended>,
}

impl Pace {
    /// A pace at which nothing was sent yet.
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            interval: limits.interval,
            next: Duration::ZERO,
            paused_until: Duration::ZERO,
            alone: false,
            sent: 0,
            answered: false,
            throttled: Throttled::default(),
            in_a_row: 0,
            lost: 0,
            last_failure: String::new(),
            last_answered: None,
            stays: HashSet::new(),
            suspected: None,
            ended: None,
        }
    }

    /// Whether requests are sent one after the other.
    pub const fn is_alone(&self) -> bool {
        self.alone
    }

    /// Why nothing is sent any more.
    pub const fn ended(&self) -> Option<&Ended> {
        self.ended.as_ref()
    }

    /// How much the run was slowed down; `None`: not at all.
    pub fn throttled(&self) -> Option<Throttled> {
        (self.throttled.answers > 0).then_some(Throttled { interval: self.interval, ..self.throttled })
    }

    /// Whether the last requests had no answer, after others had.
    pub const fn is_doubtful(&self) -> bool {
        self.answered && self.lost > 0
    }

    /// The next free turn. `None`: the endpoint was given up.
    pub fn turn(&mut self, now: Duration) -> Option<Turn> {
        if self.ended.is_some() {
            return None;
        }
        let at = now.max(self.next).max(self.paused_until);
        self.next = at + self.interval;
        self.sent = self.sent.saturating_add(1);
        Some(Turn { at })
    }

    /// When a pause ends that began after a turn was given.
    pub fn pause(&self, now: Duration) -> Option<Duration> {
        self.paused_until.checked_sub(now).filter(|left| !left.is_zero())
    }

    /// Takes in an answer. `sent`: when its request went out; `number`: how often that was sent before; `wait`: what its
    /// `Retry-After` asks for.
    pub fn answer(
        &mut self,
        (sent, now): (Duration, Duration),
        request: &Request,
        status: u16,
        wait: Option<Duration>,
        number: u32,
    ) -> Step {
        self.lost = 0;
        let Some(why) = Unavailable::of(status) else {
            self.answered = true;
            self.in_a_row = 0;
            self.last_answered = Some(described(request));
            return Step::Take;
        };
        let key = (request.method.clone(), request.url.path().to_owned());
        self.throttled.answers += 1;
        self.in_a_row += 1;
        let most = if self.answered { IN_A_ROW } else { FIRST_IN_A_ROW };
        let known = self.stays.contains(&key);
        let asked = wait;
        let wait = wait.unwrap_or_else(|| FIRST_WAIT.saturating_mul(1 << number.min(8)).min(LONGEST_WAIT));
        let patience = match self.answered {
            true => self.limits.deadline.saturating_sub(now),
            false => FIRST_PATIENCE.saturating_sub(self.throttled.waited),
        };
        let too_long = wait > patience;
        // An answer that was under way when the pause began says nothing new.
        let news = sent >= self.paused_until;
        if (self.in_a_row >= most && news) || (too_long && !known) {
            let ended = Ended::Unavailable {
                why,
                status,
                request: named(request),
                times: self.in_a_row,
                wait: asked.filter(|_| too_long),
                before: self.answered,
            };
            if !self.answered {
                self.ended = Some(ended);
                return Step::GiveUp;
            }
            // It may be this path alone.
            self.stays.insert(key);
            self.suspected = Some(ended);
            return Step::Confirm;
        }
        let repeats = match why {
            Unavailable::Gateway if !is_safe_method(&request.method) => 0,
            Unavailable::Gateway if self.answered => GATEWAY_REPEATS,
            _ => REPEATS,
        };
        if known || number >= repeats {
            self.stays.insert(key);
            return Step::GiveUp;
        }
        if why != Unavailable::Gateway && news {
            self.slow_down(now);
            self.paused_until = now + wait;
            self.throttled.waited += wait;
        } else if why == Unavailable::Gateway {
            self.throttled.waited += wait;
        }
        Step::Again(wait)
    }

    /// Halves the pace, and sends one request after the other from now on.
    fn slow_down(&mut self, now: Duration) {
        let so_far = now / self.sent.max(1);
        let usual = if self.interval.is_zero() { so_far } else { self.interval };
        self.interval = usual.saturating_mul(2).clamp(FASTEST, SLOWEST).max(self.limits.interval);
        self.alone = true;
    }

    /// Takes in that a request got no answer. Whether it is time to ask if the endpoint answers at all.
    pub fn failure(&mut self, stage: Stage, message: &str) -> bool {
        use Stage::{Connect, Deadline, Head, Proxy, Resolve, Send, Tls};
        if !matches!(stage, Resolve | Connect | Proxy | Tls | Send | Head | Deadline) {
            return false;
        }
        self.lost += 1;
        message.clone_into(&mut self.last_failure);
        self.answered && self.ended.is_none() && self.lost.is_multiple_of(LOST_IN_A_ROW)
    }

    /// Takes in what came of asking whether it still answers: a status, or none.
    pub fn confirmed(&mut self, status: Option<u16>) {
        let suspected = self.suspected.take();
        match status.map(Unavailable::of) {
            Some(None) => (self.lost, self.in_a_row) = (0, 0),
            Some(Some(_)) if suspected.is_none() => self.lost = 0,
            Some(Some(_)) => self.ended = self.ended.take().or(suspected),
            None => {
                let gone = || Ended::Gone {
                    times: self.lost.max(1),
                    failure: self.last_failure.clone(),
                    last: self.last_answered.clone().unwrap_or_default(),
                };
                self.ended = self.ended.take().or_else(|| Some(gone()));
            }
        }
    }
}

fn named(request: &Request) -> String {
    format!("{} {}", request.method, request.url)
}

/// A request as the report names it: method, URL and origin.
fn described(request: &Request) -> String {
    match request.fields.text("origin") {
        Some(origin) => format!("{} from {origin}", named(request)),
        None => named(request),
    }
}

#[cfg(test)]
mod tests;
