use super::{
    BaselineRecord, CONFIDENCE, Change, Compared, Comparison, Figure, MICROS_FLOOR, RELATIVE_FLOOR, REPEATS,
    SHARE_FLOOR, Units,
    likeness::unlike,
    resample::{Sample, Unit, float, intervals, values},
};
use crate::{
    plan::Shape,
    record::{HistogramRecord, LoadRecord, PhaseRecord, RequestRecord, Second, new_latencies},
};

/// What is compared, in the order of [`measure`].
const METRICS: [Compared; 6] = [
    Compared::P50,
    Compared::P95,
    Compared::P99,
    Compared::Throughput,
    Compared::ErrorRate,
    Compared::WrongRate,
];

/// The fewest seconds of a run that say anything of its noise.
const SECONDS: usize = 4;

/// The fewest requests beyond a percentile that make it a figure.
const BEYOND: f64 = 10.0;

/// Compares today's runs with those of a baseline. `None` where either side has no run.
pub fn compare(before: &[LoadRecord], now: &[LoadRecord]) -> Option<Comparison> {
    let (first, today) = (before.first()?, now.first()?);
    let units = if before.len() >= REPEATS && now.len() >= REPEATS { Units::Runs } else { Units::Seconds };
    let mut figures = figures("total", &sample(before, units), &sample(now, units), units, None);
    let total = figures.clone();
    for request in &today.requests {
        let rows = |records: &[LoadRecord]| -> Vec<Unit> {
            let named = |record: &LoadRecord| {
                let row = record.requests.iter().find(|row| row.name == request.name)?;
                Some(whole(row, record.seconds))
            };
            records.iter().filter_map(named).collect()
        };
        let (of_before, of_now) = (Sample::of(rows(before)), Sample::of(rows(now)));
        if of_before.len() > 0 {
            // The seconds of a run are only known for all requests together; a single request is
            // at least as noisy as they.
            let least = (units == Units::Seconds).then_some(total.as_slice());
            figures.extend(self::figures(&request.name, &of_before, &of_now, units, least));
        }
    }
    Some(Comparison {
        baseline: BaselineRecord {
            started: first.started.clone(),
            crosscheck: first.crosscheck.clone(),
            target: first.target.clone(),
            runs: before.len(),
            response: together(before),
        },
        runs: now.len(),
        units,
        confidence: CONFIDENCE,
        unlike: unlike(first, today),
        figures,
        measured_again: false,
    })
}

/// The latencies of all runs in one histogram.
fn together(records: &[LoadRecord]) -> HistogramRecord {
    let mut all = new_latencies();
    for record in records {
        if let Ok(latencies) = record.total.response.decode() {
            // Both have the same bounds.
            let _ = all.add(&latencies);
        }
    }
    HistogramRecord::of(&all)
}

/// The units of these runs. Slices of a ramp, and the one in which the run ended, are like no others.
fn sample(records: &[LoadRecord], units: Units) -> Sample {
    Sample::of(match units {
        Units::Runs => records.iter().map(|record| whole(&record.total, record.seconds)).collect(),
        Units::Seconds => records
            .iter()
            .flat_map(|record| {
                let all = record.series.iter();
                let settled: Vec<&Second> = all.clone().filter(|second| is_settled(second, record)).collect();
                let chosen = if settled.len() >= SECONDS { settled } else { all.collect() };
                chosen.into_iter().map(second)
            })
            .collect(),
    })
}

/// Whether a slice lies wholly within a stage that is no ramp.
fn is_settled(second: &Second, record: &LoadRecord) -> bool {
    let within = |phase: &PhaseRecord| {
        second.at >= phase.at - 1e-6 && second.at + second.seconds <= phase.at + phase.seconds + 1e-6
    };
    record.phases.iter().any(|phase| phase.shape != Shape::Ramp && within(phase))
}

fn whole(row: &RequestRecord, seconds: f64) -> Unit {
    Unit {
        latencies: row.response.decode().map(|latencies| values(&latencies)).unwrap_or_default(),
        seconds,
        sent: row.sent,
        answered: row.answered,
        errors: row.errors,
        wrong: row.wrong,
    }
}

fn second(second: &Second) -> Unit {
    Unit {
        latencies: second.response.decode().map(|latencies| values(&latencies)).unwrap_or_default(),
        seconds: second.seconds,
        sent: second.sent,
        answered: second.answered,
        errors: second.errors,
        wrong: second.wrong,
    }
}

/// Each metric over the drawn units; absent where there is nothing to measure.
fn measure(sample: &Sample, drawn: &[usize]) -> [Option<f64>; METRICS.len()] {
    let sum = |of: fn(&Unit) -> u64| sample.sum(drawn, |unit| float(of(unit)));
    let ratio = |part: f64, whole: f64| (whole > 0.0).then(|| part / whole);
    let [p50, p95, p99] = sample.percentiles(drawn, [50.0, 95.0, 99.0]);
    [
        p50,
        p95,
        p99,
        ratio(sum(|unit| unit.answered), sample.sum(drawn, |unit| unit.seconds)),
        ratio(sum(|unit| unit.errors), sum(|unit| unit.sent)),
        ratio(sum(|unit| unit.wrong), sum(|unit| unit.answered)),
    ]
}

/// How far a metric has moved.
fn change(metric: Compared, before: f64, now: f64) -> f64 {
    if metric.is_share() { now - before } else { now / before.max(1e-9) - 1.0 }
}

/// Every figure of one request. `least`: figures whose intervals these are at least as wide as.
fn figures(
    request: &str,
    before: &Sample,
    now: &Sample,
    units: Units,
    least: Option<&[Figure]>,
) -> Vec<Figure> {
    let changes = |before_drawn: &[usize], now_drawn: &[usize]| -> [Option<f64>; METRICS.len()] {
        let (was, is) = (measure(before, before_drawn), measure(now, now_drawn));
        let mut pairs = METRICS.into_iter().zip(was.into_iter().zip(is));
        std::array::from_fn(|_| {
            let (metric, (was, is)) = pairs.next()?;
            Some(change(metric, was?, is?))
        })
    };
    // Neighbouring seconds are alike; runs are not.
    let block = if units == Units::Seconds { 2 } else { 1 };
    let drawn = intervals(before, now, block, CONFIDENCE, changes);
    let (was, is) = (measure(before, &before.whole()), measure(now, &now.whole()));
    let fewest = if units == Units::Seconds && least.is_none() { SECONDS } else { 1 };
    METRICS
        .into_iter()
        .zip(was)
        .zip(is)
        .zip(drawn)
        .filter_map(|(((metric, was), is), drawn)| {
            let (was, is) = (was?, is?);
            let middle = change(metric, was, is);
            let (mut low, mut high) = drawn.unwrap_or((middle, middle));
            if let Some(total) = least.and_then(|total| total.iter().find(|total| total.metric == metric)) {
                let half =
                    (total.interval.1 - total.change).abs().max((total.change - total.interval.0).abs());
                // Nothing gets more than a hundred per cent less.
                (low, high) = (low.min((middle - half).max(-1.0)), high.max(middle + half));
            }
            let known = enough(metric, before) && enough(metric, now);
            let verdict = if known && before.len() >= fewest && now.len() >= fewest {
                verdict(metric, was, is, (low, high))
            } else {
                Change::Unknown
            };
            Some(Figure {
                request: request.to_owned(),
                metric,
                before: was,
                now: is,
                change: middle,
                interval: (low, high),
                verdict,
            })
        })
        .collect()
}

/// Whether there are enough requests for the metric to be one.
fn enough(metric: Compared, sample: &Sample) -> bool {
    let all = sample.whole();
    match metric.percent() {
        Some(percent) => {
            let answered =
                sample.sum(&all, |unit| unit.latencies.iter().map(|(_, count)| float(*count)).sum());
            answered * (1.0 - percent / 100.0) >= BEYOND
        }
        None => sample.sum(&all, |unit| float(unit.sent)) >= BEYOND,
    }
}

/// What is said of a change with this interval.
fn verdict(metric: Compared, before: f64, now: f64, (low, high): (f64, f64)) -> Change {
    let matters = match metric {
        Compared::ErrorRate | Compared::WrongRate => (now - before).abs() >= SHARE_FLOOR,
        Compared::Throughput => (now / before.max(1e-9) - 1.0).abs() >= RELATIVE_FLOOR,
        _ => (now - before).abs() >= (before * RELATIVE_FLOOR).max(MICROS_FLOOR),
    };
    let (greater, less) = match metric {
        Compared::Throughput => (Change::Better, Change::Worse),
        _ => (Change::Worse, Change::Better),
    };
    match (low, high) {
        _ if !matters => Change::Same,
        (low, _) if low > 0.0 => greater,
        (_, high) if high < 0.0 => less,
        _ => Change::Same,
    }
}
