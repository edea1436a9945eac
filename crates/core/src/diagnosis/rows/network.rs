//! The page, the network, the input: nothing of the server's CORS configuration was seen.

use super::{Judged, Proof};
use crate::{
    diagnosis::{Edit, Facts},
    exchange::{PROXY_HELP, Stage},
    fetch::Reason,
};

fn host(facts: &Facts<'_>) -> String {
    let url = facts.seen.decisive_exchange().map_or(&facts.page.url, |exchange| &exchange.sent.url);
    url.host_str().unwrap_or_default().to_owned()
}

fn port(facts: &Facts<'_>) -> String {
    let url = facts.seen.decisive_exchange().map_or(&facts.page.url, |exchange| &exchange.sent.url);
    url.port_or_known_default().map(|port| port.to_string()).unwrap_or_default()
}

pub(super) fn name_not_resolved(facts: &Facts<'_>) -> Judged {
    let Some(failure) = facts.seen.failure().filter(|failure| failure.stage == Stage::Resolve) else {
        return Ok(None);
    };
    let host = host(facts);
    Ok(Some(
        Proof::new(format!("the name {host} is not in DNS"))
            .about(host.clone())
            .shown_by(failure.to_string())
            .cured_by(format!(
                "check the spelling of {host}, its DNS record, and whether this machine resolves it"
            ))
            .edit(Edit::Remedy { what: format!("the name {host} resolves") }),
    ))
}

pub(super) fn endpoint_down(facts: &Facts<'_>) -> Judged {
    let Some(failure) = facts.seen.failure() else { return Ok(None) };
    let (host, port) = (host(facts), port(facts));
    let (sentence, cure) = match failure.stage {
        Stage::Connect => (
            format!("nothing accepts connections at {host}, port {port}"),
            format!("check that the server is running and listens at {host}:{port}"),
        ),
        Stage::Proxy => ("the proxy did not open a connection".to_owned(), PROXY_HELP.to_owned()),
        Stage::Gone
        | Stage::Deadline
        | Stage::Body
        | Stage::Send
        | Stage::Parse
        | Stage::HeadTooLarge
        | Stage::BodyTooLarge => (
            format!("{host}:{port} does not answer the request"),
            format!("check that the server at {host}:{port} answers this request at all"),
        ),
        // A connection that ends before an answer may be the CORS layer's doing.
        Stage::Head => {
            let without = facts.of(crate::diagnosis::Experiment::WithoutOrigin)?;
            if without.is_some_and(|without| without.response().is_some()) {
                return Ok(None);
            }
            (
                format!("{host}:{port} closes the connection without an answer"),
                format!("check that the server at {host}:{port} is running and answers HTTP"),
            )
        }
        _ => return Ok(None),
    };
    Ok(Some(
        Proof::new(sentence)
            .about(format!("{host}:{port}"))
            .shown_by(failure.to_string())
            .cured_by(cure)
            .edit(Edit::Remedy { what: format!("{host}:{port} answers") }),
    ))
}

pub(super) fn tls(facts: &Facts<'_>) -> Judged {
    let Some(failure) = facts.seen.failure().filter(|failure| failure.stage == Stage::Tls) else {
        return Ok(None);
    };
    let host = host(facts);
    Ok(Some(
        Proof::new(format!("the TLS certificate of {host} is not accepted"))
            .about(host.clone())
            .shown_by(failure.message.clone())
            .cured_by(format!(
                "give {host} a certificate that browsers trust, for this name and not expired; for a test authority: \
                 --ca-file FILE here, and the same authority in the browser"
            ))
            .edit(Edit::Remedy { what: format!("the certificate of {host} is trusted") }),
    ))
}

pub(super) fn mixed_content(facts: &Facts<'_>) -> Judged {
    if facts.reason() != Some(Reason::RequestMixedContent) {
        return Ok(None);
    }
    let mut https = facts.page.url.clone();
    if https.set_scheme("https").is_err() {
        return Ok(None);
    }
    Ok(Some(
        Proof::new("mixed content: a page loaded over https may not request plain http")
            .about(facts.page.url.to_string())
            .cured_by(format!("serve the API over https and request {https}"))
            .edit(Edit::UseUrl { url: https.to_string() }),
    ))
}

pub(super) fn refused_by_browser(facts: &Facts<'_>) -> Judged {
    let Some(reason) = facts.reason().filter(|reason| reason.is_of_request()) else { return Ok(None) };
    if reason == Reason::RequestMixedContent {
        return Ok(None);
    }
    Ok(Some(
        Proof::new(format!("the browser does not send the request: {}", reason.meaning()))
            .about(facts.subject())
            .cured_by("change the request in the page: no server can allow it")
            .edit(Edit::Remedy { what: "the page makes a request that browsers send".to_owned() }),
    ))
}
