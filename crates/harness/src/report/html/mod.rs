//! The record as one offline page: the verdict, what was promised, why it broke and what to change, then every test with
//! what was on the wire. Needs no network; its script only filters the tests and keeps the filter in the address.

mod causes;
mod comparison;
mod exchange;
mod near;
mod promises;
mod repeat;
mod sequence;
mod tests_list;
mod verdict;

use exchange::Wire;
use tests_list::Ids;

use super::page::Page;
use crate::run::{Outcome, comparison::Comparison, record::RunRecord};

const STYLE: &str = include_str!("run.css");
const SCRIPT: &str = include_str!("script.js");

/// The page of a run that came to this, with what differs from an earlier run where there is one.
pub fn render(record: &RunRecord, outcome: Outcome, comparison: Option<&Comparison>) -> String {
    let ids = Ids::of(record);
    let mut wire = Wire::new(&record.endpoint.connect);
    let tests = tests_list::tests(record, &mut wire);
    let page = Page {
        title: &verdict::title(record, outcome),
        style: STYLE,
        script: SCRIPT,
        skip: "Skip to the promises",
        header: verdict::header(record, outcome),
        sections: vec![
            comparison.map(|it| comparison::comparison(it, &ids)).unwrap_or_default(),
            promises::promises(record, &ids),
            causes::causes(record, &ids),
            near::near_origins(record, &ids),
            tests_list::differences(record, &ids),
            tests,
            tests_list::not_applicable(record),
            wire.data(),
            repeat::repeat(record),
        ],
        made_by: &record.crosscheck,
    };
    page.html()
}
