//! Asks the operations of an endpoint what tells their CORS layers, before the tests are planned.

use crosscheck_core::{
    exchange::{Purpose, SendContext},
    operation::{Layer, Operation, Sample, Survey, layer_of},
    plan::Planned,
};
use tokio::sync::Semaphore;

use super::together;
use crate::endpoint::Endpoint;

/// Asks every operation what tells its layer: by an allowed page and by a stranger.
pub(super) async fn survey(endpoint: &Endpoint, jobs: usize) -> Survey {
    let operations = endpoint.operations();
    let origins = endpoint.sample_origins();
    let origins: Vec<&str> = origins.iter().map(String::as_str).collect();
    let headers = endpoint.sample_headers();
    let room = Semaphore::new(jobs.max(1));
    let asked = operations.iter().map(|operation| async {
        // The semaphore is never closed.
        let _turn = room.acquire().await;
        layer(endpoint, operation, (&origins, &headers)).await
    });
    let layers: Vec<Layer> = together::all(asked).await;
    Survey::found(operations, &layers)
}

async fn layer(
    endpoint: &Endpoint,
    operation: &Operation,
    (origins, headers): (&[&str], &[String]),
) -> Layer {
    let samples = operation.samples(origins, headers);
    let mut exchanges = Vec::with_capacity(samples.len());
    for Sample { request, .. } in &samples {
        let purpose = if request.method == "OPTIONS" { Purpose::Preflight } else { Purpose::Raw };
        let context = SendContext { purpose, ..SendContext::RAW };
        exchanges.push(endpoint.send(request, &context, None).await);
    }
    let answers: Vec<_> =
        samples.iter().zip(&exchanges).map(|(sample, exchange)| (sample, exchange.response())).collect();
    layer_of(operation, &answers)
}

/// What is to be done: known before anything is sent, or only once the layers of the operations are known.
pub enum Plan {
    /// These tests.
    Known(Vec<Planned>),
    /// What this makes of a survey.
    BySurvey(Box<dyn FnOnce(&Survey) -> Vec<Planned> + Send>),
}

impl From<Vec<Planned>> for Plan {
    fn from(tests: Vec<Planned>) -> Self {
        Self::Known(tests)
    }
}

impl Plan {
    /// The same with a part of its tests.
    #[must_use]
    pub fn filtered(self, keep: impl FnOnce(Vec<Planned>) -> Vec<Planned> + Send + 'static) -> Self {
        match self {
            Self::Known(tests) => Self::Known(keep(tests)),
            Self::BySurvey(make) => Self::BySurvey(Box::new(move |survey| keep(make(survey)))),
        }
    }

    /// Whether the layers must be known first.
    pub(super) const fn needs_a_survey(&self) -> bool {
        matches!(self, Self::BySurvey(_))
    }

    /// The tests.
    pub(super) fn tests(self, survey: &Survey) -> Vec<Planned> {
        match self {
            Self::Known(tests) => tests,
            Self::BySurvey(make) => make(survey),
        }
    }
}
