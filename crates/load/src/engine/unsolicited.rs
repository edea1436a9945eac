//! Bytes that an endpoint sends although nothing was requested.

use crosscheck_core::{message::Request, verdict::Code};

use super::evidence::lines_of;
use crate::{
    record::Sample,
    tally::{Answer, Tally},
    wrong::{Requested, Wrong},
};

/// What is wrong with unsolicited bytes.
pub(super) fn unsolicited_bytes() -> Wrong {
    Wrong {
        reason: Code::ResponseUnsolicitedBytes,
        message: "unsolicited bytes came after the answer: on a kept connection they would be taken for the next answer".to_owned(),
        section: Code::ResponseUnsolicitedBytes.anchor().map(str::to_owned),
        expected: "nothing after the answer".to_owned(),
        crossed: false,
        answer: None,
    }
}

/// Counts that an answer brought such bytes, with its lines as evidence.
pub(super) fn count(
    tally: &mut Tally,
    answer: &Answer,
    connection: u64,
    request: &Request,
    lines: &[String],
) {
    let wrong = unsolicited_bytes();
    // Which request it was makes no difference.
    let requested = Requested { index: 0, ok_unloaded: None };
    let none = || None;
    tally.wrong(answer, &wrong, requested, none, || Sample {
        at: answer.done.seconds(),
        connection,
        origin: request.fields.text("origin").unwrap_or_default(),
        sent: lines_of(request, lines),
        received: lines.to_vec(),
        expected: wrong.expected.clone(),
    });
}
