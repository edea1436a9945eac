//! The histogram log: one line for each second, in the form that HdrHistogram's own tools read.

use std::{
    fs::File,
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hdrhistogram::serialization::{Serializer as _, V2DeflateSerializer};

use super::record::Latencies;

/// A histogram log as it is written. Values are microseconds; lines without a tag are of the time from
/// due to answered, those tagged `service` of the time from sent to answered.
pub struct HistogramLog {
    path: PathBuf,
    out: BufWriter<File>,
    serializer: V2DeflateSerializer,
    error: Option<io::Error>,
}

impl HistogramLog {
    /// Begins a log of a run that starts at `start`.
    ///
    /// # Errors
    /// What the file system says.
    pub fn create(path: &Path, start: SystemTime) -> io::Result<Self> {
        let mut out = BufWriter::new(File::create(path)?);
        let seconds = start.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64();
        writeln!(out, "#[Histogram log format version 1.3]")?;
        writeln!(out, "#[Latencies in microseconds; interval maxima in milliseconds]")?;
        writeln!(out, "#[StartTime: {seconds:.3} (seconds since epoch)]")?;
        writeln!(out, "#[BaseTime: {seconds:.3} (seconds since epoch)]")?;
        writeln!(
            out,
            "\"StartTimestamp\",\"Interval_Length\",\"Interval_Max\",\"Interval_Compressed_Histogram\""
        )?;
        Ok(Self { path: path.to_owned(), out, serializer: V2DeflateSerializer::new(), error: None })
    }

    /// Writes the histograms of an interval. The first error is kept for [`HistogramLog::finish`].
    pub fn write(&mut self, at: Duration, length: Duration, response: &Latencies, service: &Latencies) {
        let result =
            self.line("", at, length, response).and_then(|()| self.line("Tag=service,", at, length, service));
        if let Err(error) = result {
            self.error.get_or_insert(error);
        }
    }

    fn line(&mut self, tag: &str, at: Duration, length: Duration, latencies: &Latencies) -> io::Result<()> {
        let mut bytes = Vec::new();
        self.serializer
            .serialize(latencies, &mut bytes)
            .map_err(|error| io::Error::other(error.to_string()))?;
        let max = latencies.max() as f64 / 1e3;
        let (at, length) = (at.as_secs_f64(), length.as_secs_f64());
        writeln!(self.out, "{tag}{at:.3},{length:.3},{max:.3},{}", STANDARD.encode(&bytes))
    }

    /// Ends the log.
    ///
    /// # Errors
    /// What the file system said, and of which file.
    pub fn finish(mut self) -> Result<(), (PathBuf, io::Error)> {
        let result = self.error.take().map_or_else(|| self.out.flush(), Err);
        result.map_err(|error| (self.path, error))
    }
}
