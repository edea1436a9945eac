//! The seam where `Vary` is written: what the rules demand meets what is stored.

use crosscheck_core::{
    fetch::status::is_redirect,
    message::{Fields, Response, list},
};

use super::{Asked, Fault, Seam};

impl Seam<'_> {
    /// Adds the rules' `Vary` to an answer that may have one already.
    pub(super) fn vary(&self, response: &mut Response, demanded: Option<&str>, asked: &Asked<'_>) {
        let demanded = demanded.filter(|_| !self.drops_vary(response.status, asked));
        let fields = &mut response.fields;
        match self.fault {
            Some(Fault::VaryRemovedOnTheWay) => {
                fields.remove("vary");
                return;
            }
            Some(Fault::VaryOverwritesApp) if demanded.is_some() => fields.remove("vary"),
            Some(Fault::AppOverwritesVary) if fields.contains("vary") => return,
            Some(Fault::VaryStarAppended) if fields.text("vary").as_deref() == Some("*") => {
                if let Some(demanded) = demanded {
                    fields.set("Vary", format!("*, {demanded}"));
                }
                return;
            }
            Some(Fault::VaryWrongName) if demanded.is_some() => {
                merge(fields, "Access-Control-Allow-Origin");
                return;
            }
            Some(Fault::VaryLostWithRequestedHeaders)
                if demanded.is_some() && asked.incoming.fields.contains("access-control-request-headers") =>
            {
                merge(fields, "Access-Control-Request-Headers");
                return;
            }
            Some(Fault::VaryReflectsRequest) => {
                if let Some(reflected) = asked.incoming.fields.get("vary") {
                    fields.push("Vary", reflected);
                }
            }
            _ => {}
        }
        if let Some(demanded) = demanded {
            merge(fields, demanded);
            if self.fault == Some(Fault::VaryDuplicated) {
                fields.push("Vary", demanded.to_owned());
            }
        }
    }

    fn drops_vary(&self, status: u16, asked: &Asked<'_>) -> bool {
        match self.fault {
            Some(Fault::VaryMissing) => true,
            Some(Fault::VaryMissingWhenRefused) => asked.has_origin() && !asked.allowed,
            Some(
                Fault::VaryMissingWithoutOrigin
                | Fault::WildcardWithoutOrigin
                | Fault::FirstOriginWithoutOrigin,
            ) => !asked.has_origin(),
            Some(Fault::VaryMissingOnPreflight) => asked.preflight,
            Some(Fault::VaryMissingOnNotModified) => status == 304,
            Some(Fault::VaryMissingOnErrors) => status >= 400,
            Some(Fault::VaryMissingOnRedirects) => is_redirect(status),
            Some(Fault::VaryMissingOnParts) => status == 206,
            Some(Fault::VaryMissingOnHead) => asked.incoming.method == "HEAD",
            _ => false,
        }
    }
}

/// Adds the members of `demanded` that `Vary` does not have yet (RFC 9110 §12.5.5); to `*`
/// nothing is added.
fn merge(fields: &mut Fields, demanded: &str) {
    if !fields.contains("vary") {
        fields.push("Vary", demanded.to_owned());
        return;
    }
    let mut members = list::names(fields.lines("vary"));
    if members.iter().any(|member| member == "*") {
        return;
    }
    for member in list::text_members(demanded) {
        if !members.iter().any(|known| known.eq_ignore_ascii_case(member)) {
            members.push(member.to_owned());
        }
    }
    fields.set("Vary", members.join(", "));
}
