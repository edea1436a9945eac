//! The orders in which a cache is asked.

use super::{Ask, Order, Step, Who};

/// How many requests an order has at most.
pub const LONGEST: usize = 3;

/// Who asks in orders without waiting: everybody with GET, and with HEAD those whose answers
/// differ.
const ASKS: [Ask; 8] = [
    Ask::get(Who::A),
    Ask::get(Who::B),
    Ask::get(Who::Denied),
    Ask::get(Who::Null),
    Ask::get(Who::Nobody),
    Ask::head(Who::A),
    Ask::head(Who::B),
    Ask::head(Who::Nobody),
];

/// Every order of up to [`LONGEST`] requests; and with GET, every order of two or three requests
/// in which stored responses become stale after the first.
pub fn every() -> Vec<Order> {
    let mut orders = Vec::new();
    for length in 1..=LONGEST {
        orders.extend(words(&ASKS, length).into_iter().map(Order));
    }
    let gets = Who::ALL.map(Ask::get);
    for length in 2..=LONGEST {
        orders.extend(words(&gets, length).into_iter().map(|mut steps| {
            steps.insert(1, Step::Stale);
            Order(steps)
        }));
    }
    orders
}

/// Every sequence of this many requests.
fn words(asks: &[Ask], length: usize) -> Vec<Vec<Step>> {
    let mut words: Vec<Vec<Step>> = vec![Vec::new()];
    for _ in 0..length {
        words = words
            .iter()
            .flat_map(|word| {
                asks.iter().map(move |ask| word.iter().copied().chain([Step::Ask(*ask)]).collect())
            })
            .collect();
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_order_once() {
        let orders = every();
        assert_eq!(orders.len(), 8 + 64 + 512 + 25 + 125);
        let mut distinct = orders.clone();
        distinct.sort();
        distinct.dedup();
        assert_eq!(distinct.len(), orders.len());
    }
}
