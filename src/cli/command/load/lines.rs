//! What a run shows while it lasts.

use super::super::super::environment;
use crate::{
    load::{
        engine::{Progress, Watch},
        record::Second,
    },
    report::{load::live, paint::Paint},
};

/// One line that is written anew each second, where somebody watches.
pub(super) struct Lines {
    pub(super) live: bool,
    pub(super) paint: Paint,
}

impl Watch for Lines {
    #[allow(clippy::print_stderr, reason = "progress goes to standard error")]
    fn second(&mut self, second: &Second, progress: &Progress) {
        if !self.live {
            return;
        }
        let moment = live::Moment {
            slice: second,
            stage: &progress.stage,
            elapsed: progress.elapsed,
            planned: progress.planned,
            errors: progress.errors,
            wrong: progress.wrong,
        };
        eprint!("\r\x1b[2K{}", self.paint.finish(&live::line(&moment, columns(), self.paint)));
    }
}

impl Drop for Lines {
    /// The report takes the place of the line.
    #[allow(clippy::print_stderr, reason = "progress goes to standard error")]
    fn drop(&mut self) {
        if self.live {
            eprint!("\r\x1b[2K");
        }
    }
}

/// How wide the terminal is.
fn columns() -> usize {
    #[cfg(unix)]
    if let Ok(size) = rustix::termios::tcgetwinsize(std::io::stderr())
        && size.ws_col > 0
    {
        return usize::from(size.ws_col);
    }
    environment::variable("COLUMNS").and_then(|text| text.parse().ok()).unwrap_or(80)
}
