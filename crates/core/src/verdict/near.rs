//! How bad it is that an origin near an allowed one was let in: who can send it, and whether the
//! answer allows credentials.

use super::{Finding, Oracle, Weight};
use crate::{
    exchange::{Failure, Stage, Transcript},
    plan::Test,
    policy::Reach,
};

/// Says of every finding about such an origin how bad it is. What no browser can send lets no
/// page read: a warning that the comparison is loose.
pub(super) fn weigh(test: &Test, transcript: &Transcript, findings: &mut [Finding]) {
    let Some(near) = &test.near else { return };
    for finding in findings.iter_mut().filter(|finding| finding.oracle != Oracle::Harness) {
        let answer = finding.request.as_deref().and_then(|name| transcript.actual(name));
        let credentials = answer.and_then(|step| step.exchange.response()).is_some_and(|response| {
            response.fields.text("access-control-allow-credentials").as_deref() == Some("true")
        });
        finding.severity = Some(near.severity(credentials));
        finding.reach = Some(near.reach);
        if near.reach == Reach::None {
            finding.weight = finding.weight.min(Weight::Warning);
        }
    }
}

/// Whether a server that hangs up has refused the origin: a field value with such bytes is no
/// HTTP (RFC 9110 §5.5), and some servers do not answer what is no HTTP.
pub(super) fn may_be_hung_up_on(test: &Test, failure: &Failure) -> bool {
    let control = |byte: &u8| byte.is_ascii_control() && *byte != b'\t';
    matches!(failure.stage, Stage::Send | Stage::Head)
        && test.near.as_ref().is_some_and(|near| near.bytes().iter().any(control))
}
