//! The seam where an answer leaves: which of them carry the fields that they should.

use std::time::Duration;

use crosscheck_core::{
    fetch::status::is_redirect,
    message::{Fields, Response},
};
use tokio::time::sleep;

use super::{Asked, Fault, Seam, first_origin};

impl Seam<'_> {
    /// Whether an answer with this status loses its CORS fields and `Vary` on the way.
    pub(super) fn is_bare(&self, status: u16, key: &str, asked: &Asked<'_>) -> bool {
        let actual = !asked.preflight;
        let method = asked.incoming.method.as_str();
        let made_by_proxy = matches!(status, 413 | 429 | 502..=504);
        match self.fault {
            Some(Fault::NotModifiedBare) => status == 304,
            Some(Fault::ServerErrorBare) => status >= 500,
            Some(Fault::ClientErrorBare) => actual && (400..500).contains(&status) && !made_by_proxy,
            Some(Fault::ProxyErrorBare) => made_by_proxy,
            Some(Fault::ErrorPageBare) => actual && matches!(status, 404 | 500 | 503),
            Some(Fault::RangeBare) => matches!(status, 206 | 416),
            Some(Fault::PreconditionBare) => status == 412,
            Some(Fault::RedirectBare) => is_redirect(status),
            Some(Fault::NestedPathBare) => key.contains('/'),
            Some(Fault::WritesBare) => actual && matches!(method, "PUT" | "DELETE"),
            Some(Fault::HeadBare) => method == "HEAD",
            Some(Fault::StaticFilesBare) => {
                let extension = key.rsplit_once('.').map(|(_, extension)| extension);
                actual && extension.is_some_and(|name| STATIC.contains(&name))
            }
            _ => false,
        }
    }

    /// Writes on a 304 whose origin the stored response is for.
    pub(super) fn confirm(&self, response: &mut Response, asked: &Asked<'_>) {
        const ORIGIN: &str = "Access-Control-Allow-Origin";
        if self.fault == Some(Fault::NotModifiedOtherOrigin)
            && response.status == 304
            && response.fields.contains(ORIGIN)
            && let Some(first) = first_origin(asked.policy)
        {
            response.fields.set(ORIGIN, first);
        }
    }

    /// Hands the answer's allowed origin through the one place where a careless server keeps it
    /// for all requests; another request may have been there in between.
    pub(super) async fn before_send(&self, fields: &mut Fields) {
        const ORIGIN: &str = "access-control-allow-origin";
        if self.fault != Some(Fault::SharedOriginRace) {
            return;
        }
        if let Some(origin) = fields.get(ORIGIN) {
            self.memory.keep_origin(origin);
            sleep(HANDLED).await;
            if let Some(origin) = self.memory.kept_origin() {
                fields.set("Access-Control-Allow-Origin", origin);
            }
        }
    }
}

/// How long a request is handled by a server that shares what belongs to each.
const HANDLED: Duration = Duration::from_millis(2);

const STATIC: [&str; 9] = ["css", "js", "png", "jpg", "svg", "gif", "woff", "woff2", "ico"];
