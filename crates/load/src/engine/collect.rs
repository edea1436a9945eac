//! Brings together what the threads tell: seconds that are complete become slices of the series and
//! lines of the log; stages are added up.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, SystemTime},
};

use super::Measured;
use crate::{
    hlog::HistogramLog,
    record::{HistogramRecord, Second},
    series::Series,
    tally::{RowTally, SecondTally, Tally},
    time::Nanos,
    work::Work,
};

/// How far a run is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Progress {
    /// Seconds since the start.
    pub elapsed: f64,
    /// Seconds that the stages take.
    pub planned: f64,
    /// The name of the stage that is under way.
    pub stage: String,
    /// Answers so far.
    pub answered: u64,
    /// Requests that went wrong on the way so far.
    pub errors: u64,
    /// Wrong answers so far.
    pub wrong: u64,
}

/// Who watches a run.
pub trait Watch {
    /// A second is complete.
    fn second(&mut self, second: &Second, progress: &Progress);
}

impl Watch for () {
    fn second(&mut self, _: &Second, _: &Progress) {}
}

/// Gathers what threads tell.
pub(super) struct Collector {
    work: Arc<Work>,
    threads: usize,
    ended: usize,
    /// Seconds that not all threads have told of: how many have, and what.
    open: BTreeMap<u64, (usize, SecondTally)>,
    series: Series,
    stages: Vec<Vec<RowTally>>,
    tally: Tally,
    progress: Progress,
    log: Option<HistogramLog>,
    cpu: Vec<f64>,
    seconds: f64,
    started: SystemTime,
}

impl Collector {
    pub(super) fn new(
        work: &Arc<Work>,
        started: SystemTime,
        threads: usize,
        log: Option<HistogramLog>,
    ) -> Self {
        let (stages, rows) = (work.timeline.stages.len().max(1), work.rows.len());
        Self {
            work: Arc::clone(work),
            threads,
            ended: 0,
            open: BTreeMap::new(),
            series: Series::default(),
            stages: vec![vec![RowTally::default(); rows]; stages],
            tally: Tally::new(stages, rows, 0),
            progress: Progress { planned: work.timeline.seconds(), ..Progress::default() },
            log,
            cpu: Vec::new(),
            seconds: 0.0,
            started,
        }
    }

    pub(super) fn second(&mut self, number: u64, second: &SecondTally, watch: &mut dyn Watch) {
        let (told, sum) = self.open.entry(number).or_default();
        *told += 1;
        sum.merge(second);
        // A second is complete when all threads have told of it, and those before it with it.
        while let Some(first) = self.open.first_entry() {
            if first.get().0 + self.ended < self.threads {
                break;
            }
            let (number, (_, sum)) = first.remove_entry();
            self.complete(number, &sum, watch);
        }
    }

    fn complete(&mut self, number: u64, sum: &SecondTally, watch: &mut dyn Watch) {
        let second = Second {
            at: number as f64,
            seconds: 1.0,
            due: sum.due,
            sent: sum.sent,
            answered: sum.answered,
            errors: sum.errors,
            wrong: sum.wrong,
            backlog: sum.backlog,
            active: sum.active,
            response: HistogramRecord::of(&sum.response),
            service: HistogramRecord::of(&sum.service),
        };
        if let Some(log) = &mut self.log {
            log.write(Duration::from_secs(number), Duration::from_secs(1), &sum.response, &sum.service);
        }
        let progress = &mut self.progress;
        progress.elapsed = number as f64 + 1.0;
        progress.answered += sum.answered;
        progress.errors += sum.errors;
        progress.wrong += sum.wrong;
        let timeline = &self.work.timeline;
        progress.stage = timeline
            .stages
            .get(timeline.stage_at(Nanos(number * Nanos::SECOND.0)))
            .map(|stage| stage.name.clone())
            .unwrap_or_default();
        watch.second(&second, progress);
        self.series.push(second);
    }

    pub(super) fn stage(&mut self, stage: usize, row: usize, tally: &RowTally) {
        if let Some(known) = self.stages.get_mut(stage).and_then(|rows| rows.get_mut(row)) {
            known.merge(tally);
        }
    }

    pub(super) fn ended(&mut self, mut tally: Tally, cpu: f64, seconds: f64) {
        for (stage, row, counted) in tally.take_stages(usize::MAX) {
            self.stage(stage, row, &counted);
        }
        self.tally.merge(tally);
        self.cpu.push(cpu);
        self.seconds = self.seconds.max(seconds);
        self.ended += 1;
    }

    pub(super) fn finish(mut self, watch: &mut dyn Watch) -> Measured {
        while let Some((number, (_, sum))) = self.open.pop_first() {
            if sum.sent + sum.due + sum.errors > 0 {
                self.complete(number, &sum, watch);
            }
        }
        Measured {
            stages: self.stages,
            tally: self.tally,
            series: self.series.finish(self.seconds),
            seconds: self.seconds,
            started: self.started,
            interrupted: false,
            cpu: self.cpu,
            incomplete: None,
        }
    }
}
