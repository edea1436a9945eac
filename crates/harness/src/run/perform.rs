//! Performs one test: walks its order and really sends what the walk asks for.

use std::{sync::Arc, time::SystemTime};

use crosscheck_core::{
    exchange::Transcript,
    fetch::Profile,
    interleave::{Place, Prepared, RequestError, Walk},
    plan::Test,
};

use super::{keeper::Keeper, together};
use crate::endpoint::Endpoint;

/// Performs a test at a place where everything that it needs is set up.
pub(super) async fn perform(
    test: &Test,
    place: &Place,
    (endpoint, keeper): (&Endpoint, &Keeper),
    profile: Profile,
) -> Result<Transcript, RequestError> {
    let prepared = Prepared::new(&test.case, place, profile)?;
    Ok(walk(&prepared, test, &test.order, (endpoint, keeper)).await)
}

/// Really sends an order of a case's requests, which may leave some out.
pub(super) async fn walk(
    prepared: &Prepared,
    test: &Test,
    order: &[String],
    (endpoint, keeper): (&Endpoint, &Keeper),
) -> Transcript {
    let mut walk = Walk::new(prepared, order, test.through);
    let mut waiting = keeper.waiting();
    loop {
        let answers = {
            let requests = walk.next(SystemTime::now());
            if requests.len() == 0 {
                break;
            }
            let case = Some(test.case.as_ref());
            together::all(requests.map(|(request, context)| endpoint.send(request, context, case))).await
        };
        for answer in &answers {
            waiting.add(answer).await;
        }
        walk.receive(answers.into_iter().map(Arc::new), SystemTime::now());
    }
    walk.transcript()
}
