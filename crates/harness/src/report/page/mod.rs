//! The offline page that reports of runs and of load runs share: its frame, its style and its elements. A page needs no
//! network, and is whole without its script.

mod markup;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use sha2::{Digest, Sha256};

pub use markup::{Align, Table, chip, facts, folded, moment, prose, section, shown, text};

const BASE: &str = include_str!("base.css");

/// What a page has beside the common style.
#[derive(Clone, Debug)]
pub struct Page<'a> {
    /// The title, as text.
    pub title: &'a str,
    /// Style sheet of this kind of page.
    pub style: &'a str,
    /// Script of this kind of page.
    pub script: &'a str,
    /// The words of the link that skips to the main part.
    pub skip: &'a str,
    /// The header, as HTML.
    pub header: String,
    /// The sections of the main part, as HTML. Empty ones are left out.
    pub sections: Vec<String>,
    /// The version of Crosscheck that made the record.
    pub made_by: &'a str,
}

/// What a content security policy calls a text (CSP Level 3 §2.3.1 `hash-source`).
fn hash(inline: &str) -> String {
    STANDARD.encode(Sha256::digest(inline))
}

impl Page<'_> {
    /// The whole document. Its content security policy allows its own style and script, and nothing else.
    pub fn html(&self) -> String {
        let style = format!("{BASE}{}", self.style);
        let policy = format!(
            "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'",
            hash(&style),
            hash(self.script)
        );
        format!(
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"referrer\" content=\"no-referrer\">\n<meta name=\"color-scheme\" content=\"light dark\">\n<title>{}</title>\n<style>{style}</style>\n</head>\n<body>\n<a class=\"skip\" href=\"#main\">{}</a>\n{}<main id=\"main\">\n{}</main>\n<footer><p>Crosscheck {}. This page is complete in itself: it loads nothing.</p></footer>\n<script>{}</script>\n</body>\n</html>\n",
            text(self.title),
            text(self.skip),
            self.header,
            self.sections.concat(),
            text(self.made_by),
            self.script,
        )
    }
}
