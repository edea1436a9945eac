use std::{collections::BTreeMap, sync::Arc, time::Duration};

use serde::{Deserialize, Serialize};
use tokio::{task::JoinSet, time::sleep};
use url::Url;

use super::{
    Folder, GatewayError,
    bench::{self, Bench, exchange},
};
use crate::vary::{self, Answer, Ask, Order, Seen, Step, Way, Who};

/// How many ask at once for what nobody has asked for yet, half of them of each allowed origin.
const BURST: usize = 16;

/// How long the store then takes.
const SLOW: Duration = Duration::from_millis(150);

/// How far apart orders begin that wait together.
const STAGGER: Duration = Duration::from_millis(5);

/// How long a cache is given for what it does after it has answered.
const SETTLE: Duration = Duration::from_millis(300);

/// What a cache did in front of a store that says `Vary` in one way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Findings {
    /// What became of each order.
    pub seen: Vec<Seen>,
    /// What became of many first requests at once.
    pub burst: Burst,
    /// Whether the store was asked with GET for a HEAD.
    pub head_as_get: bool,
    /// Whether the store was asked with preconditions whether a stale response is still right.
    pub validates: bool,
}

/// What became of many first requests at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Burst {
    /// How many asked.
    pub asked: usize,
    /// How many requests reached the store.
    pub forwarded: usize,
    /// How many of the pages, all of which may read, could not.
    pub blocked: usize,
}

/// Starts a cache in front of a store that says `Vary` in this way, and asks it in these orders,
/// each time for a URL that nobody has asked for yet.
///
/// # Errors
/// The store or the cache does not start, or a request brings no answer.
pub async fn find(folder: &Folder, way: Way, orders: &[Order]) -> Result<Findings, GatewayError> {
    let objects = [(LONG.to_owned(), vary::LONG), (SHORT.to_owned(), vary::SHORT)];
    let bench = Arc::new(Bench::start(folder, bench::store(way, vary::rules(), objects)?, SHORT).await?);
    let mut seen = Vec::with_capacity(orders.len());
    for (number, order) in orders.iter().enumerate().filter(|(_, order)| !order.has_stale()) {
        seen.push(bench.straight(number, order).await?);
    }
    let waiting: Vec<(usize, &Order)> =
        orders.iter().enumerate().filter(|(_, order)| order.has_stale()).collect();
    let (waited, validates) = bench.waiting(&waiting).await?;
    seen.extend(waited);
    let head_as_get = bench.head_as_get().await?;
    let burst = bench.burst().await?;
    Ok(Findings { seen, burst, head_as_get, validates })
}

/// An order on its way.
struct Underway {
    order: Order,
    url: Url,
    answers: Vec<Answer>,
    /// The ids of the answers so far.
    known: Vec<Option<String>>,
}

impl Bench {
    async fn ask(&self, underway: &mut Underway, ask: Ask) -> Result<(), GatewayError> {
        let response = exchange(&self.wire, &ask.request(underway.url.clone())).await?;
        let id = response.fields.text(self.id_field);
        let new = !underway.known.contains(&id);
        underway.known.push(id);
        underway.answers.push(Answer::of(ask.who, &response, new));
        Ok(())
    }

    fn begin(&self, path: &str, number: usize, order: &Order) -> Underway {
        Underway {
            order: order.clone(),
            url: self.url(path, &number.to_string()),
            answers: Vec::new(),
            known: Vec::new(),
        }
    }

    /// An order in which nothing becomes stale.
    async fn straight(&self, number: usize, order: &Order) -> Result<Seen, GatewayError> {
        let mut underway = self.begin(LONG, number, order);
        for ask in order.asks() {
            self.ask(&mut underway, ask).await?;
        }
        Ok(Seen { order: order.clone(), answers: underway.answers, forwarded: self.tap.take().len() })
    }

    /// All orders in which something becomes stale, at once, so that all wait together; and
    /// whether any request to the store had preconditions.
    async fn waiting(
        self: &Arc<Self>,
        orders: &[(usize, &Order)],
    ) -> Result<(Vec<Seen>, bool), GatewayError> {
        self.tap.take();
        let mut asking = JoinSet::new();
        for (place, (number, order)) in orders.iter().enumerate() {
            let (bench, mut underway) = (Arc::clone(self), self.begin(SHORT, *number, order));
            asking.spawn(async move {
                // Not all in the same moment.
                sleep(STAGGER * u32::try_from(place).unwrap_or(u32::MAX)).await;
                for step in underway.order.0.clone() {
                    match step {
                        Step::Ask(ask) => bench.ask(&mut underway, ask).await?,
                        Step::Stale => sleep(vary::WAIT).await,
                    }
                    sleep(SETTLE).await;
                }
                Ok::<_, GatewayError>((place, underway))
            });
        }
        let mut all = BTreeMap::new();
        while let Some(asked) = asking.join_next().await {
            // A task that panicked is a fault of ours, and its order is missing.
            let Ok(done) = asked else { continue };
            let (place, underway) = done?;
            all.insert(place, underway);
        }
        let (mut forwarded, mut validates) = (BTreeMap::<String, usize>::new(), false);
        for request in self.tap.take() {
            validates |= request.conditional;
            *forwarded.entry(request.target).or_default() += 1;
        }
        let seen = all.into_values().map(|underway| {
            let target = format!("{}?{}", underway.url.path(), underway.url.query().unwrap_or_default());
            let forwarded = forwarded.get(&target).copied().unwrap_or_default();
            Seen { order: underway.order, answers: underway.answers, forwarded }
        });
        Ok((seen.collect(), validates))
    }

    async fn head_as_get(&self) -> Result<bool, GatewayError> {
        self.tap.take();
        exchange(&self.wire, &Ask::head(Who::A).request(self.url(LONG, "head"))).await?;
        Ok(self.tap.take().iter().any(|request| request.method == "GET"))
    }

    async fn burst(&self) -> Result<Burst, GatewayError> {
        self.tap.take();
        self.tap.delay(SLOW);
        let url = self.url(LONG, "burst");
        let mut asking = JoinSet::new();
        for number in 0..BURST {
            let who = if number % 2 == 0 { Who::A } else { Who::B };
            let (wire, request) = (Arc::clone(&self.wire), Ask::get(who).request(url.clone()));
            asking.spawn(async move { exchange(&wire, &request).await.map(|response| (who, response)) });
        }
        let mut blocked = 0;
        while let Some(asked) = asking.join_next().await {
            // A task that panicked is a fault of ours, and brought no answer.
            let Ok(answer) = asked else { continue };
            let (who, response) = answer?;
            blocked += usize::from(Answer::of(who, &response, true).blocked.is_some());
        }
        self.tap.delay(Duration::ZERO);
        sleep(SETTLE).await;
        Ok(Burst { asked: BURST, forwarded: self.tap.take().len(), blocked })
    }
}

/// The path of an object that is fresh for long, and of one that soon is not.
const LONG: &str = "long.json";
const SHORT: &str = "short.json";
