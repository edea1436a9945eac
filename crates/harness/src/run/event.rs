use super::record::{RunRecord, TestRecord};

/// What happens during a run, as it happens. Sinks only listen.
#[derive(Debug)]
pub enum Event<'a> {
    /// The run begins with this many tests to be performed and this many that are not applicable.
    Started {
        /// Name of the endpoint.
        target: &'a str,
        /// When the run began, RFC 3339.
        started: &'a str,
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

/// Listens where there is something that listens.
impl<S: Sink> Sink for Option<S> {
    fn event(&mut self, event: &Event<'_>) {
        if let Some(sink) = self {
            sink.event(event);
        }
    }
}

/// Both listen, the first one first.
impl<A: Sink, B: Sink> Sink for (A, B) {
    fn event(&mut self, event: &Event<'_>) {
        self.0.event(event);
        self.1.event(event);
    }
}
