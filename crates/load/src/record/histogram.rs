use crate::time::Micros;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use hdrhistogram::{
    Histogram,
    serialization::{Deserializer, Serializer as _, V2DeflateSerializer},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Latencies in microseconds, to three digits.
pub type Latencies = Histogram<u64>;

/// The greatest latency that is told apart, in microseconds: an hour. Greater ones count as it.
pub(crate) const LARGEST_MICROS: u64 = 3_600_000_000;

/// An empty histogram of latencies. It grows with the greatest value that it sees, so that
/// recording takes no memory once the endpoint has been at its slowest.
#[allow(clippy::expect_used, reason = "the number of digits is a constant, and a test holds it")]
pub fn new_latencies() -> Latencies {
    Histogram::new(3).expect("a number of digits that HdrHistogram accepts")
}

/// Records a latency.
pub fn record(latencies: &mut Latencies, latency: Micros) {
    // Refused are only values that a histogram cannot grow to; an hour is far from that.
    let _ = latencies.record(latency.0.min(LARGEST_MICROS));
}

/// A histogram: its figures in microseconds, and the encoded whole.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct HistogramRecord {
    /// Number of values.
    pub count: u64,
    /// Minimum.
    pub min: u64,
    /// Mean.
    pub mean: f64,
    /// The standard deviation.
    pub stdev: f64,
    /// The median.
    pub p50: u64,
    /// The 75th percentile.
    pub p75: u64,
    /// The 90th percentile.
    pub p90: u64,
    /// The 95th percentile.
    pub p95: u64,
    /// The 99th percentile.
    pub p99: u64,
    /// The 99.9th percentile.
    pub p99_9: u64,
    /// The 99.99th percentile.
    pub p99_99: u64,
    /// The 99.999th percentile.
    pub p99_999: u64,
    /// Maximum.
    pub max: u64,
    /// The histogram in HdrHistogram's V2 form, deflated, as base64: any of its tools reads it.
    /// Empty where there are no values.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub hdr: String,
}

/// A text that is no histogram.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no histogram in HdrHistogram's V2 form: {0}")]
pub struct HistogramError(String);

impl HistogramRecord {
    /// The figures of a histogram, and the whole of it.
    pub fn of(histogram: &Latencies) -> Self {
        if histogram.is_empty() {
            return Self::default();
        }
        let at = |percent: f64| histogram.value_at_percentile(percent).min(histogram.max());
        let mut bytes = Vec::new();
        // Writing to memory does not fail.
        let hdr = match V2DeflateSerializer::new().serialize(histogram, &mut bytes) {
            Ok(_) => STANDARD.encode(&bytes),
            Err(_) => String::new(),
        };
        Self {
            count: histogram.len(),
            min: histogram.min(),
            mean: histogram.mean(),
            stdev: histogram.stdev(),
            p50: at(50.0),
            p75: at(75.0),
            p90: at(90.0),
            p95: at(95.0),
            p99: at(99.0),
            p99_9: at(99.9),
            p99_99: at(99.99),
            p99_999: at(99.999),
            max: histogram.max(),
            hdr,
        }
    }

    /// The whole histogram.
    ///
    /// # Errors
    /// What keeps `hdr` from being one.
    pub fn decode(&self) -> Result<Latencies, HistogramError> {
        if self.hdr.is_empty() {
            return Ok(new_latencies());
        }
        let bytes = STANDARD.decode(&self.hdr).map_err(|error| HistogramError(error.to_string()))?;
        let read: Latencies = Deserializer::new()
            .deserialize(&mut bytes.as_slice())
            .map_err(|error| HistogramError(error.to_string()))?;
        let mut latencies = new_latencies();
        latencies.add(&read).map_err(|error| HistogramError(error.to_string()))?;
        Ok(latencies)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_histogram_comes_back_from_its_record() {
        let mut latencies = new_latencies();
        for value in [0, 1, 250, 250, 1_000, 123_456, LARGEST_MICROS, u64::MAX] {
            record(&mut latencies, Micros(value));
        }
        let record = HistogramRecord::of(&latencies);
        assert_eq!((record.count, record.min, record.p50), (8, 0, 250));
        let back = record.decode().unwrap();
        assert_eq!(back, latencies);
        // Only the bound up to which it may grow is another.
        assert_eq!(HistogramRecord { hdr: record.hdr.clone(), ..HistogramRecord::of(&back) }, record);
        let broken = HistogramRecord { hdr: "AAAA".to_owned(), ..record };
        assert!(broken.decode().is_err());
    }

    #[test]
    fn nothing_is_a_histogram_too() {
        let record = HistogramRecord::of(&new_latencies());
        assert_eq!(record, HistogramRecord::default());
        assert_eq!(record.decode().unwrap().len(), 0);
    }
}
