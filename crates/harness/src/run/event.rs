use super::record::{RunRecord, TestRecord};

/// What happens during a run, as it happens. Sinks only listen.
#[derive(Debug)]
pub enum Event<'a> {
    /// The run begins with this many tests to be performed and this many that are not applicable.
    Started {
        /// Tests to be performed.
        tests: usize,
        /// Tests whose needs the endpoint cannot meet.
        not_applicable: usize,
    },
    /// What was done is done again from the start.
    Restarted,
    /// Time passes: about once a second while tests run.
    Tick,
    /// A test has its verdict.
    Finished(&'a TestRecord),
    /// The run is over.
    Ended(&'a RunRecord),
}

/// Listens to a run.
pub trait Sink: Send {
    /// Takes note of what happened.
    fn event(&mut self, event: &Event<'_>);
}

/// Listens to nothing.
impl Sink for () {
    fn event(&mut self, _: &Event<'_>) {}
}
