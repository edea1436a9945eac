//! Expectations that contradict themselves, each other, or what the client does.

use std::{
    collections::{HashMap, HashSet},
    ops::Range,
};

use super::{
    super::model::{
        Case, Client, Expect, FieldDetail, FieldExpect, Mode, OneOrMany, OutcomeName, PreflightExpect,
        PreflightState, RedirectMode, RequestSpec, ServedBy, StatusClass, StatusExpect, Through, Until,
    },
    Finder, is_open,
    request::{header_name, is_forbidden},
};
use crate::{
    document::{Place, quote},
    fetch::{header, method, reason::Reason, unsafe_request_header_names},
    message::{Fields, isomorphic},
};

const CODE: &str = "case.contradiction";

/// A request, its expectation and where both stand.
struct Claim<'a> {
    request: &'a RequestSpec,
    expect: &'a Expect,
    request_place: Place<'a>,
    place: Place<'a>,
}

pub(super) fn check(
    request: &RequestSpec,
    case: &Case,
    request_place: Place<'_>,
    place: Place<'_>,
    finder: &mut Finder<'_>,
) {
    let claim = Claim { request, expect: &request.expect, request_place, place };
    claim.outcome(finder);
    claim.readable(finder);
    claim.preflight(finder);
    claim.until(finder);
    claim.mode(finder);
    claim.served_by(case, finder);
    claim.statuses(finder);
    claim.fields(finder);
}

impl Claim<'_> {
    fn contradiction(
        &self,
        finder: &mut Finder<'_>,
        message: &str,
        (span, label): (Range<usize>, &str),
        (other, other_label): (Range<usize>, &str),
    ) {
        let source = finder.source.clone();
        let diagnostic = finder.error(CODE, message, span, label);
        *diagnostic = diagnostic.clone().at(&source, other, other_label);
    }

    fn outcomes(&self) -> &[OutcomeName] {
        self.expect.outcome.as_ref().map(OneOrMany::as_slice).unwrap_or_default()
    }

    fn reasons(&self) -> &[Reason] {
        self.expect.reason.as_ref().map(OneOrMany::as_slice).unwrap_or_default()
    }

    fn at(&self, name: &str) -> Range<usize> {
        self.place.field(name).span()
    }

    fn outcome(&self, finder: &mut Finder<'_>) {
        for (name, empty) in [
            ("outcome", matches!(&self.expect.outcome, Some(OneOrMany::Many(list)) if list.is_empty())),
            ("reason", matches!(&self.expect.reason, Some(OneOrMany::Many(list)) if list.is_empty())),
            ("status", matches!(&self.expect.status, Some(OneOrMany::Many(list)) if list.is_empty())),
            ("served_by", matches!(&self.expect.served_by, Some(OneOrMany::Many(list)) if list.is_empty())),
        ] {
            if empty {
                finder.error(
                    CODE,
                    format!("`{name}` accepts nothing"),
                    self.at(name),
                    "expected at least one",
                );
            }
        }
        if !self.outcomes().is_empty()
            && !self.reasons().is_empty()
            && !self.outcomes().contains(&OutcomeName::Blocked)
        {
            self.contradiction(
                finder,
                "a reason is expected of a request that is not blocked",
                (self.at("reason"), "why it is blocked"),
                (self.at("outcome"), "it is not blocked"),
            );
        }
    }

    /// What the page reads, where there is nothing to read.
    fn readable(&self, finder: &mut Finder<'_>) {
        let expect = self.expect;
        let unreadable = !self.outcomes().is_empty() && !self.outcomes().contains(&OutcomeName::Allowed);
        let zero = expect.status.as_ref().is_some_and(|status| status.as_slice() == [0]);
        for (name, given) in
            [("status", expect.status.is_some() && !zero), ("exposed", !expect.exposed.is_empty())]
        {
            if unreadable && given {
                self.contradiction(
                    finder,
                    &format!("`{name}` is what the page reads, but it may read nothing"),
                    (self.place.field(name).key(), "read by the page"),
                    (self.at("outcome"), "not readable"),
                );
            }
        }
        let hidden: HashMap<String, usize> = expect
            .hidden
            .iter()
            .enumerate()
            .map(|(index, name)| (name.to_ascii_lowercase(), index))
            .collect();
        for (index, name) in expect.exposed.iter().enumerate() {
            if let Some(&hidden) = hidden.get(&name.to_ascii_lowercase()) {
                self.contradiction(
                    finder,
                    &format!("{} is both exposed and hidden", quote(name)),
                    (self.place.field("hidden").nth(hidden).span(), "hidden"),
                    (self.place.field("exposed").nth(index).span(), "exposed"),
                );
            }
        }
        for (list, names) in [("exposed", &expect.exposed), ("hidden", &expect.hidden)] {
            for (index, name) in names.iter().enumerate() {
                header_name(name, self.place.field(list).nth(index).span(), finder);
            }
        }
    }

    /// Whether the browser certainly makes a preflight, or certainly makes none; `None` where it
    /// depends on the endpoint or on a value.
    fn needs_preflight(&self) -> Option<bool> {
        let request = self.request;
        if request.client == Client::Raw || request.mode != Mode::Cors || request.origin.is_none() {
            return Some(false);
        }
        let refused = |reason: &Reason| reason.is_of_request();
        if self.reasons().iter().any(refused) || is_open(&request.method) {
            return None;
        }
        let method = method::normalize(&request.method);
        if method::is_forbidden(&method) || !method::is_method(&method) {
            return Some(false);
        }
        let streamed = request.stream && request.body.is_some();
        if !method::is_safelisted(&method) || self.unsafe_header().is_some() || streamed {
            return Some(true);
        }
        let open = request
            .headers
            .iter()
            .any(|(name, values)| is_open(name) || values.as_slice().iter().any(|value| is_open(value)));
        if open { None } else { Some(false) }
    }

    /// The first header that makes a preflight, of those that are known already (Fetch §2.2.2
    /// *CORS-unsafe request-header names*).
    fn unsafe_header(&self) -> Option<usize> {
        let mut fields = Fields::new();
        for (name, values) in &self.request.headers {
            let known = !is_open(name) && !values.as_slice().iter().any(|value| is_open(value));
            if known && !is_forbidden(name, values) {
                for value in values.as_slice().iter().filter_map(|value| isomorphic::encode(value)) {
                    fields.push(name.as_str(), header::normalize_value(&value).to_vec());
                }
            }
        }
        let names: HashSet<String> = unsafe_request_header_names(&fields).into_iter().collect();
        self.request.headers.keys().position(|name| names.contains(&name.to_ascii_lowercase()))
    }

    fn no_preflight_because(&self) -> (Range<usize>, &'static str) {
        let request = self.request;
        if request.client == Client::Raw {
            (self.request_place.field("client").head(), "a raw client makes no preflight of its own")
        } else if request.mode != Mode::Cors {
            (self.request_place.field("mode").head(), "only the mode `cors` has preflights")
        } else if request.origin.is_none() {
            (self.request_place.head(), "without `origin` the page is the endpoint's own")
        } else {
            (self.request_place.field("method").head(), "neither the method nor a header needs one")
        }
    }

    fn preflight(&self, finder: &mut Finder<'_>) {
        let Some(preflight) = &self.expect.preflight else { return };
        let none = *preflight == PreflightExpect::State(PreflightState::None);
        if none && self.needs_preflight() == Some(true) {
            let unsafe_method = !method::is_safelisted(&method::normalize(&self.request.method));
            let why = match self.unsafe_header() {
                Some(index) if !unsafe_method => {
                    (self.request_place.field("headers").nth(index).key(), "this header needs one")
                }
                _ => (self.request_place.field("method").head(), "this method needs one"),
            };
            let span = self.at("preflight");
            let message = "no preflight is expected, but a browser makes one";
            self.contradiction(finder, message, (span, "none expected"), why);
        }
        if !none && self.needs_preflight() == Some(false) {
            let message = "a preflight is expected, but none is made";
            let span = self.place.field("preflight").head();
            self.contradiction(finder, message, (span, "expected here"), self.no_preflight_because());
        }
        let reasons = self.reasons();
        let of_preflight = |reason: &Reason| reason.is_of_preflight();
        if none && !reasons.is_empty() && reasons.iter().all(of_preflight) {
            self.contradiction(
                finder,
                "blocked by a preflight that is not expected",
                (self.at("reason"), "the preflight failed"),
                (self.at("preflight"), "there is none"),
            );
        }
        if let PreflightExpect::Detail(detail) = preflight
            && self.outcomes() == [OutcomeName::Allowed]
            && detail.status.as_ref().is_some_and(never_ok)
        {
            self.contradiction(
                finder,
                "allowed, although the preflight's status is not 200 to 299",
                (self.place.field("preflight").field("status").span(), "blocks the request"),
                (self.at("outcome"), "not blocked"),
            );
        }
    }

    fn until(&self, finder: &mut Finder<'_>) {
        if self.request.until != Some(Until::Preflight) {
            return;
        }
        let span = self.request_place.field("until").span();
        if self.needs_preflight() == Some(false) {
            let message = "the request ends after a preflight that is never made";
            self.contradiction(finder, message, (span, "ends after it"), self.no_preflight_because());
            return;
        }
        let expect = self.expect;
        for (name, given) in [
            ("status", expect.status.is_some()),
            ("exposed", !expect.exposed.is_empty()),
            ("exposed_if_sent", !expect.exposed_if_sent.is_empty()),
            ("named_if_allowed", !expect.named_if_allowed.is_empty()),
            ("hidden", !expect.hidden.is_empty()),
            ("response", expect.response.is_some()),
            ("served_by", expect.served_by.is_some()),
        ] {
            if given {
                self.contradiction(
                    finder,
                    &format!("`{name}` is expected of a request that is never sent"),
                    (self.place.field(name).key(), "of the actual request"),
                    (span.clone(), "ends before it"),
                );
            }
        }
    }

    fn mode(&self, finder: &mut Finder<'_>) {
        let request = self.request;
        if request.client == Client::Raw || request.origin.is_none() {
            return;
        }
        let mode = || (self.request_place.field("mode").head(), "the mode");
        if request.mode == Mode::NoCors && self.outcomes() == [OutcomeName::Allowed] {
            let message = "what a `no-cors` request gets from another origin is opaque, never readable";
            self.contradiction(finder, message, (self.at("outcome"), "not readable"), mode());
        }
        let may_be_opaque = request.mode == Mode::NoCors || request.redirect == RedirectMode::Manual;
        if !may_be_opaque && self.outcomes() == [OutcomeName::Opaque] {
            finder
                .error(
                    CODE,
                    "only `no-cors` requests and manual redirects are opaque",
                    self.at("outcome"),
                    "never opaque",
                )
                .help
                .push("add `\"mode\": \"no-cors\"`, or expect `allowed` or `blocked`".to_owned());
        }
    }

    fn served_by(&self, case: &Case, finder: &mut Finder<'_>) {
        let served = self.expect.served_by.as_ref().map(OneOrMany::as_slice).unwrap_or_default();
        if !served.is_empty() && !served.contains(&ServedBy::Network) && case.through == [Through::None] {
            let through = finder.place.field("through");
            let place = if finder.place.has("through") { through.span() } else { self.at("served_by") };
            let message = "served by a cache, but there is none";
            let label = (self.at("served_by"), "expected from a cache");
            if finder.place.has("through") {
                self.contradiction(finder, message, label, (place, "no cache"));
            } else {
                finder
                    .error(CODE, message, label.0, label.1)
                    .help
                    .push("put one between: `\"through\": [\"browser\"]`".to_owned());
            }
        }
    }

    fn statuses(&self, finder: &mut Finder<'_>) {
        let mut check = |place: Place<'_>, codes: &[u16], listed: bool, zero: bool| {
            for (index, code) in codes.iter().enumerate() {
                let possible = (100..=999).contains(code) || (zero && *code == 0);
                if !possible {
                    let place = if listed { place.nth(index) } else { place };
                    finder.error(
                        "case.status",
                        format!("{code} is no status"),
                        place.span(),
                        "expected 100 to 999",
                    );
                }
            }
        };
        if let Some(status) = &self.expect.status {
            check(self.place.field("status"), status.as_slice(), matches!(status, OneOrMany::Many(_)), true);
        }
        let detail = match &self.expect.preflight {
            Some(PreflightExpect::Detail(detail)) => detail.status.as_ref(),
            _ => None,
        };
        let response = self.expect.response.as_ref().and_then(|response| response.status.as_ref());
        for (name, status) in [("preflight", detail), ("response", response)] {
            let place = self.place.field(name).field("status");
            match status {
                Some(StatusExpect::Code(code)) => check(place, &[*code], false, false),
                Some(StatusExpect::Codes(codes)) => check(place, codes, true, false),
                Some(StatusExpect::Class(_)) | None => {}
            }
        }
    }

    fn fields(&self, finder: &mut Finder<'_>) {
        let mut check = |place: Place<'_>, fields: &indexmap::IndexMap<String, FieldExpect>| {
            for (index, (name, field)) in fields.iter().enumerate() {
                let place = place.nth(index);
                header_name(name, place.key(), finder);
                if let FieldExpect::Detail(detail) = field {
                    field_detail(name, detail, place, finder);
                }
            }
        };
        if let Some(PreflightExpect::Detail(detail)) = &self.expect.preflight {
            let place = self.place.field("preflight");
            check(place.field("sent"), &detail.sent);
            check(place.field("fields"), &detail.fields);
        }
        if let Some(response) = &self.expect.response {
            check(self.place.field("response").field("fields"), &response.fields);
        }
    }
}

fn field_detail(name: &str, detail: &FieldDetail, place: Place<'_>, finder: &mut Finder<'_>) {
    let absent = detail.present == Some(false) || detail.lines == Some(0);
    let some = detail.present == Some(true)
        || detail.lines.is_some_and(|lines| lines > 0)
        || !detail.contains.is_empty()
        || detail.any_of.as_ref().is_some_and(|values| !values.contains(&None));
    if absent && some {
        let message = format!("{} is expected to be absent and to have a value", quote(name));
        finder.error(CODE, message, place.key(), "absent or not?");
    }
    if detail.any_of.as_ref().is_some_and(Vec::is_empty) {
        finder.error(CODE, "`any_of` accepts nothing", place.field("any_of").span(), "expected at least one");
    }
    let lacks: HashSet<&String> = detail.lacks.iter().collect();
    if let Some(index) = detail.contains.iter().position(|member| lacks.contains(member)) {
        let message = format!("{} is expected both to have and to lack a member", quote(name));
        finder.error(CODE, message, place.field("contains").nth(index).span(), "this one");
    }
    if detail.or_wildcard && detail.contains.is_empty() {
        let message = "`or_wildcard` without `contains` says nothing";
        finder.warning(
            "case.idle",
            message,
            place.field("or_wildcard").key(),
            "stands for members of `contains`",
        );
    }
    if *detail == FieldDetail::default() {
        finder.warning("case.idle", "an empty expectation says nothing", place.key(), "nothing is looked at");
    }
}

/// Whether a status expectation accepts no *ok status* (Fetch §2.2.3).
fn never_ok(status: &StatusExpect) -> bool {
    let ok = |code: &u16| (200..300).contains(code);
    match status {
        StatusExpect::Code(code) => !ok(code),
        StatusExpect::Codes(codes) => !codes.iter().any(ok),
        StatusExpect::Class(class) => !matches!(class, StatusClass::Successful | StatusClass::NotServerError),
    }
}
