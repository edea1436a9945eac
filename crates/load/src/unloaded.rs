//! What an endpoint answers before the load: each distinct request once, one after the
//! other. What is wrong then is wrong without load; what changes later changes under it.

use std::time::{Duration, Instant, SystemTime};

use crosscheck_core::{
    exchange::{Received, SendContext, Transcript},
    fetch::{Agent, AgentConfig, NetworkError, Next, Purpose},
};
use crosscheck_harness::{run::together, transport::Wire};
use tokio::time::timeout;

use super::{
    judge::Knowledge,
    saving::Answers,
    trial::{Attempt, Trial},
    work::Work,
    wrong::counts_as_error,
};

/// How long that may take, and how many requests are asked at most; the others have no answer before the load.
const PATIENCE: Duration = Duration::from_secs(5);
const MOST: usize = 2_000;

/// Asks, and remembers. With `rate`, no faster than that. Asks once more, with a connection for each request, where the
/// target sends bytes that were not requested: those may have been taken for answers.
///
/// # Errors
/// Why the endpoint cannot be asked at all: its first answer did not come.
pub async fn listen(work: &Work, wire: &Wire, rate: Option<f64>) -> Result<Knowledge, String> {
    let knowledge = listen_once(work, wire, rate).await;
    wire.settle().await;
    if wire.unsolicited().is_some() { listen_once(work, wire, rate).await } else { knowledge }
}

async fn listen_once(work: &Work, wire: &Wire, rate: Option<f64>) -> Result<Knowledge, String> {
    let mut knowledge = Knowledge::new(work.templates.len());
    let started = Instant::now();
    for (index, template) in work.templates.iter().enumerate().take(MOST) {
        if started.elapsed() > PATIENCE {
            break;
        }
        let context = template.context();
        let exchange = wire.send(&template.request, &context);
        // The first shows whether there are answers at all, and takes its own time.
        let exchange = match index {
            0 => exchange.await,
            _ => match timeout(left(started), exchange).await {
                Ok(exchange) => exchange,
                Err(_) => break,
            },
        };
        match exchange.received {
            Received::Response(response) => {
                if !counts_as_error(response.status) {
                    knowledge.learn(work, index, &response);
                }
            }
            Received::Failed(failure) if index == 0 => return Err(failure.to_string()),
            Received::Failed(_) => {}
        }
        if let Some(rate) = rate {
            tokio::time::sleep(Duration::from_secs_f64(1.0 / rate.max(0.001)).min(PATIENCE)).await;
        }
    }
    for (index, trial) in work.trials.iter().enumerate().take(MOST) {
        if started.elapsed() > PATIENCE {
            break;
        }
        let tried = tried(trial, work, wire, rate);
        let tried = match index {
            0 => tried.await,
            _ => match timeout(left(started), tried).await {
                Ok(tried) => tried,
                Err(_) => break,
            },
        };
        match tried {
            Ok((held, transcript)) => knowledge.tried(held, Some(transcript)),
            Err(failure) if index == 0 => return Err(failure),
            Err(_) => knowledge.tried(false, None),
        }
    }
    if work.templates.is_empty()
        && let Some(page_request) = work.page_requests.first()
    {
        let mut agent = Agent::new(AgentConfig::default());
        let id = agent.fetch(page_request.request.clone());
        if let Next::Send(outgoing) = agent.next(id, SystemTime::now())
            && let Received::Failed(failure) =
                wire.send(&outgoing.request, &SendContext::from(&outgoing)).await.received
        {
            return Err(failure.to_string());
        }
    }
    Ok(knowledge)
}

/// What is left of the patience.
fn left(started: Instant) -> Duration {
    PATIENCE.saturating_sub(started.elapsed())
}

/// Whether a case holds before the load, and what was sent and answered.
async fn tried(
    trial: &Trial,
    work: &Work,
    wire: &Wire,
    rate: Option<f64>,
) -> Result<(bool, Transcript), String> {
    let prepared = trial.requests(0);
    let mut attempt = Attempt::new(trial, &prepared);
    let (mut answered, mut failure) = (false, None);
    loop {
        let requests = attempt.next(SystemTime::now());
        if requests.is_empty() {
            break;
        }
        let exchanges =
            together::all(requests.iter().map(|(request, context, _)| wire.send(request, context))).await;
        for exchange in &exchanges {
            match &exchange.received {
                Received::Response(_) => answered = true,
                Received::Failed(why) => failure = Some(why.to_string()),
            }
        }
        attempt.receive_exchanges(exchanges, SystemTime::now());
        if let Some(rate) = rate {
            let pause = Duration::from_secs_f64(1.0 / rate.max(0.001)).min(PATIENCE);
            tokio::time::sleep(pause * u32::try_from(requests.len()).unwrap_or(u32::MAX)).await;
        }
    }
    match failure {
        Some(failure) if !answered => Err(failure),
        _ => Ok((attempt.holds(&work.origins), attempt.transcript())),
    }
}

/// What the endpoint answers to each page request of browsers that have nothing stored; nothing, where there are too many
/// or it takes too long.
pub async fn answers(work: &Work, wire: &Wire, rate: Option<f64>) -> Vec<Answers> {
    /// More distinct requests than this say no more about caching.
    const PAGE_REQUESTS: usize = MOST;
    let started = Instant::now();
    let mut all = Vec::new();
    if work.page_requests.len() > PAGE_REQUESTS {
        return all;
    }
    for page_request in &work.page_requests {
        let mut agent = Agent::new(AgentConfig::default());
        let mut answers = Answers::default();
        let id = agent.fetch(page_request.request.clone());
        while let Next::Send(outgoing) = agent.next(id, SystemTime::now()) {
            let context = SendContext::from(&outgoing);
            let Ok(exchange) = timeout(left(started), wire.send(&outgoing.request, &context)).await else {
                return Vec::new();
            };
            let received = match exchange.received {
                Received::Response(response) => {
                    match outgoing.purpose {
                        Purpose::Preflight => answers.preflight = Some(response.clone()),
                        Purpose::Actual | Purpose::RedirectHop(_) => answers.actual = Some(response.clone()),
                    }
                    Ok(response)
                }
                Received::Failed(failure) => Err(NetworkError(failure.to_string())),
            };
            agent.receive(id, SystemTime::now(), received);
            if let Some(rate) = rate {
                tokio::time::sleep(Duration::from_secs_f64(1.0 / rate.max(0.001)).min(PATIENCE)).await;
            }
        }
        all.push(answers);
    }
    all
}
