//! Performs one test: walks its order and really sends what the walk asks for.

use std::{sync::Arc, time::SystemTime};

use crosscheck_core::{
    case::model::Through,
    exchange::Transcript,
    fetch::Profile,
    interleave::{Place, Prepared, RequestError, Walk},
    plan::Test,
};

use super::{keeper::Keeper, together};
use crate::transport::Wire;

/// Performs a test at a place where everything that it needs is set up.
pub(super) async fn perform(
    test: &Test,
    place: &Place,
    (wire, keeper): (&Wire, &Keeper),
    profile: Profile,
) -> Result<Transcript, RequestError> {
    let prepared = Prepared::new(&test.case, place, profile)?;
    Ok(walk(&prepared, &test.order, test.through, (wire, keeper)).await)
}

/// Really sends an order of a case's requests, which may leave some out.
pub(super) async fn walk(
    prepared: &Prepared,
    order: &[String],
    through: Through,
    (wire, keeper): (&Wire, &Keeper),
) -> Transcript {
    let mut walk = Walk::new(prepared, order, through);
    let mut waiting = keeper.waiting();
    loop {
        let answers = {
            let requests = walk.next(SystemTime::now());
            if requests.len() == 0 {
                break;
            }
            together::all(requests.map(|(request, context)| wire.send(request, context))).await
        };
        for answer in &answers {
            waiting.add(answer).await;
        }
        walk.receive(answers.into_iter().map(Arc::new), SystemTime::now());
    }
    walk.transcript()
}
