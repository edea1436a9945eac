//! Which part of a plan one of several runs performs, and where its tests belong in the whole.

use std::{collections::HashSet, fmt, str::FromStr};

use crosscheck_core::{
    plan::{Planned, Work},
    promise::Promise,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// The most shards that a plan is split into.
const MOST: u32 = 1000;

/// One of several parts of a plan, written `2/5`.
///
/// Cases are independent of each other, so that a case is the unit: all of its orders and caches are in one shard. Which
/// one depends on the case's id and the number of shards alone, so that every machine splits alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    number: u32,
    of: u32,
}

/// A text that is not a shard.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("expected I/N, such as 1/4: N from 1 to {MOST}, I from 1 to N")]
pub struct ParseShardError;

impl FromStr for Shard {
    type Err = ParseShardError;

    fn from_str(text: &str) -> Result<Self, ParseShardError> {
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let (number, of) =
            text.split_once('/').filter(|(a, b)| digits(a) && digits(b)).ok_or(ParseShardError)?;
        let parsed = |text: &str| text.parse::<u32>().map_err(|_| ParseShardError);
        let (number, of) = (parsed(number)?, parsed(of)?);
        let valid = (1..=MOST).contains(&of) && (1..=of).contains(&number);
        valid.then_some(Self { number, of }).ok_or(ParseShardError)
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.number, self.of)
    }
}

/// Which part of a plan a run performed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ShardRecord {
    /// Number of the shard, from 1.
    pub number: u32,
    /// Number of shards.
    pub of: u32,
    /// Number of tests of the whole plan, with those that are not applicable.
    pub tests: usize,
    /// Fingerprint of the whole plan: the same in every shard of one run.
    pub plan: String,
    /// Where the tests of this shard are in the whole plan, in order.
    pub parts: Vec<ShardPart>,
}

impl fmt::Display for ShardRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.number, self.of)
    }
}

/// Tests that follow each other in a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ShardPart {
    /// Place of the first, from 0.
    pub first: usize,
    /// Number of tests.
    pub count: usize,
}

/// What the other shards of a plan do.
#[derive(Clone, Debug, Default)]
pub(super) struct Rest {
    /// This shard, for the record.
    pub(super) record: Option<ShardRecord>,
    /// The promises that tests of other shards check.
    promises: HashSet<(Option<String>, Promise)>,
}

impl Rest {
    /// Whether another shard checks a promise.
    pub(super) fn checks(&self, operation: Option<&str>, promise: &Promise) -> bool {
        !self.promises.is_empty() && self.promises.contains(&(operation.map(str::to_owned), promise.clone()))
    }
}

impl Shard {
    /// Whether a case belongs to this shard.
    fn has(self, case: &str) -> bool {
        mixed(fingerprint([case])) % u64::from(self.of) == u64::from(self.number - 1)
    }

    /// The tests of this shard, and what is left to the others.
    pub(super) fn split(self, plan: Vec<Planned>) -> (Vec<Planned>, Rest) {
        let mut record = ShardRecord {
            number: self.number,
            of: self.of,
            tests: plan.len(),
            plan: format!("{:016x}", fingerprint(plan.iter().map(|planned| planned.id.as_str()))),
            parts: Vec::new(),
        };
        let (mut own, mut promises) = (Vec::new(), HashSet::new());
        for (place, planned) in plan.into_iter().enumerate() {
            if self.has(&planned.claim.id) {
                match record.parts.last_mut() {
                    Some(part) if part.first + part.count == place => part.count += 1,
                    _ => record.parts.push(ShardPart { first: place, count: 1 }),
                }
                own.push(planned);
            } else if let (Work::Perform(_), Some(promise)) = (&planned.work, &planned.claim.promise) {
                let operation = planned.claim.operation.as_ref().map(|operation| operation.name.clone());
                promises.insert((operation, promise.clone()));
            }
        }
        (own, Rest { record: Some(record), promises })
    }
}

/// FNV-1a over texts, each with its end: stable from version to version and from machine to machine.
fn fingerprint<'t>(texts: impl IntoIterator<Item = &'t str>) -> u64 {
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    for byte in texts.into_iter().flat_map(|text| text.bytes().chain([0])) {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    hash
}

/// Spreads a hash over all bits, so that its remainder is even for any number of shards.
const fn mixed(mut hash: u64) -> u64 {
    hash = (hash ^ (hash >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    hash = (hash ^ (hash >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    hash ^ (hash >> 33)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crosscheck_core::{
        case::model::Kind,
        plan::{Claim, Planned, Work},
    };
    use proptest::prelude::*;

    use super::*;

    fn planned(case: &str, order: usize, promise: Option<Promise>) -> Planned {
        let claim = Claim {
            id: case.to_owned(),
            title: "t".to_owned(),
            kind: Kind::Must,
            source: Vec::new(),
            file: "f.json".to_owned(),
            line: 1,
            sampled_of: None,
            promise,
            operation: None,
        };
        let work = Work::NotApplicable("a plan alone".to_owned());
        Planned { id: format!("{case}[{order}]"), claim: Arc::new(claim), work }
    }

    proptest! {
        #[test]
        fn the_shards_are_exactly_the_plan(cases in prop::collection::vec(("[a-z/]{1,9}", 1usize..5), 0..60), of in 1u32..9) {
            let plan: Vec<Planned> = cases
                .iter()
                .enumerate()
                .flat_map(|(number, (case, orders))| {
                    (0..*orders).map(move |order| planned(&format!("{case}-{number}"), order, None))
                })
                .collect();
            let mut places: Vec<Option<&str>> = vec![None; plan.len()];
            let mut owner = std::collections::HashMap::new();
            let mut plans = HashSet::new();
            for number in 1..=of {
                let (own, rest) = Shard { number, of }.split(plan.clone());
                let record = rest.record.unwrap();
                let own_places: Vec<usize> =
                    record.parts.iter().flat_map(|part| part.first..part.first + part.count).collect();
                prop_assert_eq!(own_places.len(), own.len());
                plans.insert(record.plan.clone());
                for (place, test) in own_places.iter().zip(&own) {
                    prop_assert_eq!(&plan[*place].id, &test.id);
                    prop_assert!(places[*place].replace(&plan[*place].id).is_none(), "in two shards");
                    let first = owner.entry(test.claim.id.clone()).or_insert(number);
                    prop_assert_eq!(*first, number, "a case in two shards");
                }
            }
            prop_assert!(places.iter().all(Option::is_some), "a test in no shard");
            prop_assert_eq!(plans.len(), 1);
        }

        #[test]
        fn no_text_panics(text in ".{0,12}") {
            if let Ok(shard) = text.parse::<Shard>() {
                prop_assert_eq!(shard.to_string().parse(), Ok(shard));
            }
        }
    }

    #[test]
    fn a_shard_is_written_as_two_numbers() {
        for (text, valid) in [
            ("1/1", true),
            ("3/4", true),
            ("1000/1000", true),
            ("0/4", false),
            ("5/4", false),
            ("1/0", false),
            ("1/1001", false),
            ("1", false),
            ("1/", false),
            ("+1/4", false),
            ("a/b", false),
            ("1/4/2", false),
            ("99999999999/99999999999", false),
        ] {
            assert_eq!(text.parse::<Shard>().is_ok(), valid, "{text}");
        }
    }

    #[test]
    fn cases_are_spread_evenly_and_always_in_the_same_way() {
        let mut counts = [0usize; 4];
        for case in 0..4000 {
            let of = (1..=4).filter(|number| Shard { number: *number, of: 4 }.has(&format!("a/case-{case}")));
            of.for_each(|number| counts[number as usize - 1] += 1);
        }
        assert!(counts.iter().all(|count| (850..1150).contains(count)), "{counts:?}");
        // Shards of different machines, and of different versions, must fit together.
        let of = |case: &str| (1..=8).find(|number| Shard { number: *number, of: 8 }.has(case));
        let found = ["origin/denied/reads", "cache/two-origins", "promises/origins/reads"].map(of);
        assert_eq!(found, SPREAD);
    }

    const SPREAD: [Option<u32>; 3] = [Some(5), Some(3), Some(1)];
}
