//! What a command line changes in a plan. Pure.

use super::plan::{LoadPlan, Shape, Span, is_closed};

/// Changes to a plan; what is absent stays as it is written.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Adjust {
    /// The rate that counts as the plan's; the rates of its stages move in proportion.
    pub rate: Option<f64>,
    /// So many users in every stage, instead of any rate.
    pub users: Option<u32>,
    /// How long all stages take together; each in proportion.
    pub duration: Option<Span>,
    /// Connections.
    pub connections: Option<u32>,
    /// More budgets.
    pub budgets: Vec<String>,
}

/// What contradicts a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AdjustError {
    /// A rate for users.
    #[error("the plan has users, not a rate of arrivals")]
    RateOfUsers,
}

/// Changes a plan.
///
/// # Errors
/// A change that the plan has no place for.
pub fn adjust(plan: &mut LoadPlan, change: &Adjust) -> Result<(), AdjustError> {
    if let Some(users) = change.users {
        plan.rate = None;
        plan.users = Some(users);
        for stage in &mut plan.stages {
            stage.rate = None;
            stage.users = (stage.shape == Shape::Ramp).then_some(users);
        }
    }
    if let Some(rate) = change.rate {
        if is_closed(plan) {
            return Err(AdjustError::RateOfUsers);
        }
        let peak = plan.stages.iter().filter_map(|stage| stage.rate).fold(0.0, f64::max);
        let factor = rate / plan.rate.unwrap_or(peak).max(0.001);
        plan.rate = Some(rate);
        plan.stages.iter_mut().filter_map(|stage| stage.rate.as_mut()).for_each(|stage| *stage *= factor);
    }
    if let Some(duration) = change.duration {
        let total: f64 = plan.stages.iter().map(|stage| stage.duration.seconds()).sum();
        let factor = duration.seconds() / total.max(0.001);
        for stage in &mut plan.stages {
            let millis = (stage.duration.seconds() * factor * 1000.0).round().max(1.0);
            stage.duration = Span::nearest(millis as u64);
        }
    }
    if change.connections.is_some() {
        plan.connections = change.connections;
    }
    plan.budgets.extend(change.budgets.iter().cloned());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan() -> LoadPlan {
        serde_json::from_str(
            r#"{ "id": "a", "title": "t", "requests": { "ask": {} }, "rate": 100, "stages": [
                { "name": "up", "shape": "ramp", "for": "1s" },
                { "name": "peak", "for": "3s", "rate": 500 }
            ] }"#,
        )
        .unwrap()
    }

    #[test]
    fn rates_and_times_move_in_proportion() {
        let mut plan = plan();
        let change = Adjust { rate: Some(1000.0), duration: "2s".parse().ok(), ..Adjust::default() };
        adjust(&mut plan, &change).unwrap();
        assert_eq!(plan.rate, Some(1000.0));
        assert_eq!(plan.stages[1].rate, Some(5000.0));
        let spans: Vec<String> = plan.stages.iter().map(|stage| stage.duration.to_string()).collect();
        assert_eq!(spans, ["500ms", "1500ms"]);
    }

    #[test]
    fn users_replace_rates_and_take_none() {
        let mut plan = plan();
        adjust(&mut plan, &Adjust { users: Some(8), ..Adjust::default() }).unwrap();
        assert!(is_closed(&plan));
        assert_eq!((plan.rate, plan.stages[0].users, plan.stages[1].rate), (None, Some(8), None));
        let change = Adjust { rate: Some(1.0), ..Adjust::default() };
        assert_eq!(adjust(&mut plan, &change), Err(AdjustError::RateOfUsers));
    }
}
