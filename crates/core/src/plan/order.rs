//! Decides in which orders the steps of a case's requests are made.

use crate::{
    case::model::{Order, OrderWord},
    random::Rng,
};

/// Above this many interleavings `every` is sampled instead of exhausted.
pub const EXHAUSTIVE: usize = 120;

/// How many orders a sample holds.
pub const SAMPLE: usize = EXHAUSTIVE;

/// One order: names of requests. Each mention makes the next step of that request, the last
/// one carries it to its end. `a+b` mentions several at once.
pub type Steps = Vec<String>;

/// The orders of a case, and whether they are a sample.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Orders {
    /// The orders, distinct, the listed one first.
    pub orders: Vec<Steps>,
    /// How many interleavings there are in all; above [`EXHAUSTIVE`], `orders` is a sample of them.
    pub of: u128,
    /// Whether the case asks for more than one order, so that an order is part of a test's id.
    pub several: bool,
}

impl Orders {
    /// Whether `every` was too many, so that these are a sample drawn with the seed.
    pub fn sampled(&self) -> bool {
        self.of > self.orders.len() as u128
    }
}

/// The orders that `order` asks for, over `requests`: each name with the number of steps that
/// its request is expected to take.
pub(super) fn orders(order: &Order, requests: &[(&str, usize)], seed: u64) -> Orders {
    let listed = || requests.iter().map(|(name, _)| (*name).to_owned()).collect::<Steps>();
    match order {
        Order::Word(OrderWord::Listed) => Orders { orders: vec![listed()], of: 1, several: false },
        Order::Word(OrderWord::AtOnce) => {
            Orders { orders: vec![vec![listed().join("+")]], of: 1, several: false }
        }
        Order::One(steps) => Orders { orders: vec![steps.clone()], of: 1, several: false },
        Order::Several(several) => {
            Orders { orders: several.clone(), of: several.len() as u128, several: true }
        }
        Order::Word(OrderWord::Every) => {
            let of = interleavings(requests);
            let orders = if of <= EXHAUSTIVE as u128 { exhaust(requests) } else { sample(requests, seed) };
            Orders { orders, of, several: true }
        }
    }
}

/// How many interleavings there are: the multinomial coefficient, saturating.
fn interleavings(requests: &[(&str, usize)]) -> u128 {
    let mut total: u128 = 0;
    let mut count: u128 = 1;
    for (_, steps) in requests {
        for chosen in 1..=*steps as u128 {
            total += 1;
            // count × total is divisible by chosen: it is a product of binomial coefficients.
            count = match count.checked_mul(total) {
                Some(product) => product / chosen,
                None => return u128::MAX,
            };
        }
    }
    count
}

fn exhaust(requests: &[(&str, usize)]) -> Vec<Steps> {
    fn descend(left: &mut [(&str, usize)], so_far: &mut Steps, out: &mut Vec<Steps>) {
        if left.iter().all(|(_, steps)| *steps == 0) {
            out.push(so_far.clone());
            return;
        }
        for index in 0..left.len() {
            if left[index].1 == 0 {
                continue;
            }
            left[index].1 -= 1;
            so_far.push(left[index].0.to_owned());
            descend(left, so_far, out);
            so_far.pop();
            left[index].1 += 1;
        }
    }
    let mut out = Vec::new();
    descend(&mut requests.to_vec(), &mut Vec::new(), &mut out);
    out
}

/// A seeded sample without repetition: Fisher-Yates over the steps.
fn sample(requests: &[(&str, usize)], seed: u64) -> Vec<Steps> {
    let listed: Steps =
        requests.iter().flat_map(|(name, steps)| std::iter::repeat_n((*name).to_owned(), *steps)).collect();
    let mut random = Rng::new(seed);
    let mut out = vec![listed.clone()];
    // Distinct orders are many more than the sample, so a few tries for each are plenty.
    for _ in 0..SAMPLE * 20 {
        if out.len() == SAMPLE {
            break;
        }
        let mut order = listed.clone();
        for last in (1..order.len()).rev() {
            order.swap(last, random.below(last + 1));
        }
        if !out.contains(&order) {
            out.push(order);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn every(requests: &[(&str, usize)]) -> Orders {
        orders(&Order::Word(OrderWord::Every), requests, 7)
    }

    #[test]
    fn every_interleaves_steps_not_only_whole_requests() {
        // (requests with their steps, number of interleavings)
        for (requests, count) in [
            (vec![("a", 1)], 1),
            (vec![("a", 1), ("b", 1)], 2),
            (vec![("a", 2), ("b", 1)], 3),
            (vec![("a", 2), ("b", 2)], 6),
            (vec![("a", 1), ("b", 1), ("c", 1), ("d", 1)], 24),
        ] {
            let found = every(&requests);
            assert_eq!(found.orders.len(), count, "{requests:?}");
            assert_eq!(found.of, count as u128, "{requests:?}");
            assert!(!found.sampled());
            let mut distinct = found.orders.clone();
            distinct.sort();
            distinct.dedup();
            assert_eq!(distinct.len(), count, "{requests:?}");
        }
    }

    #[test]
    fn beyond_the_bound_every_is_a_reproducible_sample() {
        let requests = [("a", 2), ("b", 2), ("c", 2), ("d", 2)];
        let found = every(&requests);
        assert_eq!(found.of, 2520);
        assert!(found.sampled());
        assert_eq!(found.orders.len(), SAMPLE);
        assert_eq!(found, every(&requests));
        assert_ne!(found, orders(&Order::Word(OrderWord::Every), &requests, 8));
        for order in &found.orders {
            for (name, steps) in requests {
                assert_eq!(order.iter().filter(|mention| *mention == name).count(), steps);
            }
        }
    }

    #[test]
    fn given_orders_are_taken_as_they_are() {
        let requests = [("a", 1), ("b", 1)];
        let one = Order::One(vec!["b".into(), "a".into()]);
        assert_eq!(orders(&one, &requests, 0).orders, [["b", "a"]]);
        let listed = orders(&Order::default(), &requests, 0);
        assert_eq!((listed.orders, listed.several), (vec![vec!["a".to_owned(), "b".to_owned()]], false));
        let at_once = orders(&Order::Word(OrderWord::AtOnce), &requests, 0);
        assert_eq!((at_once.orders, at_once.several), (vec![vec!["a+b".to_owned()]], false));
    }
}
