use std::{sync::Arc, time::Duration};

use tokio::{task::JoinSet, time::sleep};

use super::{
    Folder, GatewayError,
    bench::{self, Bench, exchange},
    tap::Forwarded,
};
use crate::{
    message::{DictatedAnswer, OneOrMany},
    reference::DEFAULT_BUCKET,
    vary::{
        self, Way,
        situation::{self, Case, Heard, Moment, SITUATIONS, Said, Situation, Upstream},
    },
};

/// How far apart situations begin.
const STAGGER: Duration = Duration::from_millis(10);

/// How long a cache is given for what it does after it has answered.
const SETTLE: Duration = Duration::from_millis(400);

/// The path of an object that answers by itself.
const WARM_UP: &str = "warm-up.json";

/// Starts a cache in front of a store that answers as the situations say, and asks it what they ask, each
/// for a URL of its own.
///
/// # Errors
/// The store or the cache does not start, or a request brings no answer.
pub async fn situations(folder: &Folder) -> Result<Vec<Case>, GatewayError> {
    let store = bench::store(Way::Never, vary::rules(), [(WARM_UP.to_owned(), vary::LONG)])?;
    store.set_answers(DEFAULT_BUCKET, SITUATIONS.iter().flat_map(answers).collect())?;
    let bench = Arc::new(Bench::start(folder, store, WARM_UP).await?);
    let mut asking = JoinSet::new();
    for (place, situation) in SITUATIONS.iter().enumerate() {
        let bench = Arc::clone(&bench);
        asking.spawn(async move {
            sleep(STAGGER * u32::try_from(place).unwrap_or(u32::MAX)).await;
            bench.situation(situation).await.map(|heard| (place, heard))
        });
    }
    let cache = folder.name();
    let mut all = Vec::new();
    while let Some(asked) = asking.join_next().await {
        // A task that panicked is a fault of ours, and its situation is missing.
        let Ok(done) = asked else { continue };
        let (place, heard) = done?;
        let id = SITUATIONS.get(place).map_or("", |situation| situation.id);
        all.push((place, Case { cache: cache.clone(), situation: id.to_owned(), heard }));
    }
    all.sort_by_key(|(place, _)| *place);
    Ok(all.into_iter().map(|(_, case)| case).collect())
}

impl Bench {
    async fn situation(&self, situation: &Situation) -> Result<Vec<Heard>, GatewayError> {
        let url = self.url(situation.id, "1");
        let target = format!("{}?1", url.path());
        let mut heard = Vec::new();
        for moment in situation.steps {
            let Moment::Ask(method, who, fields) = moment else {
                sleep(vary::WAIT).await;
                continue;
            };
            let response =
                exchange(&self.wire, &situation::request(method, *who, fields, url.clone())).await?;
            sleep(SETTLE).await;
            let upstream: Vec<Upstream> = self.tap.take_of(&target).into_iter().map(Upstream::from).collect();
            heard.push(Heard::new(&upstream, &response));
        }
        Ok(heard)
    }
}

/// The answers of a situation, as a store is told to give them.
fn answers(situation: &Situation) -> impl Iterator<Item = DictatedAnswer> {
    let answer = |said: &Said| {
        let mut headers = indexmap::IndexMap::new();
        for (name, value) in said.fields {
            let lines: &mut Vec<String> = headers.entry((*name).to_owned()).or_default();
            lines.push((*value).to_owned());
        }
        DictatedAnswer {
            on: "*".to_owned(),
            path: Some(situation.id.to_owned()),
            origin: None,
            if_header: said.if_field.map(str::to_owned),
            times: said.times,
            status: said.status,
            headers: headers.into_iter().map(|(name, lines)| (name, OneOrMany::Many(lines))).collect(),
            body: said.body.to_owned(),
            close: false,
        }
    };
    situation.answers.iter().map(answer)
}

impl From<Forwarded> for Upstream {
    fn from(forwarded: Forwarded) -> Self {
        let Forwarded { method, conditional, ranged, .. } = forwarded;
        Self { method, conditional, ranged }
    }
}
