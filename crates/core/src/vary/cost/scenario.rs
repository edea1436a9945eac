use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    diagnostic::{Diagnostic, SourceText},
    document::{self, Codes, Document, Tree},
    fetch::Origin,
};

/// Who views what, how often, and how long it may be kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Scenario {
    /// The pages and others that ask, with their popularity.
    #[schemars(length(min = 1, max = 1000))]
    pub pages: Vec<Page>,
    /// How many resources there are.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub resources: u32,
    /// How unequal their popularity is: the exponent of Zipf's law. 0: all are asked for alike;
    /// 1: the second half as often as the first, the third a third as often.
    #[schemars(range(min = 0, max = 5))]
    pub zipf: f64,
    /// How long an answer is fresh, in seconds (`max-age`). 0: it is stored and always validated.
    #[schemars(range(min = 0, max = 31_536_000))]
    pub lifetime_seconds: u64,
    /// How many pages are viewed.
    #[schemars(range(min = 1, max = 10_000_000))]
    pub views: u32,
    /// How many resources each view reads.
    #[schemars(range(min = 1, max = 1000))]
    pub reads_per_view: u32,
    /// How many pages are viewed in a second.
    #[schemars(range(min = 0.001, max = 1_000_000))]
    pub views_per_second: f64,
    /// How many people view them, each with a browser of their own.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub visitors: u32,
    /// How many stored responses a shared cache has room for; the one that was not used for
    /// longest goes first. Absent: as many as come.
    #[schemars(range(min = 1))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub capacity: Option<u32>,
    /// What draws the views.
    pub seed: u64,
}

/// Who asks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Page {
    /// Its origin; absent: an image, a crawler or another client that sends none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
    /// The origin of the top-level page that it is seen on; absent: its own. Browsers keep what
    /// they store apart by the site of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site: Option<String>,
    /// How many views of all are its, in proportion to the others.
    #[serde(default = "one")]
    #[schemars(range(min = 0, max = 1_000_000))]
    pub weight: u32,
    /// Whether the endpoint allows it to read.
    #[serde(default = "yes")]
    pub allowed: bool,
}

fn one() -> u32 {
    1
}

fn yes() -> bool {
    true
}

impl Default for Scenario {
    /// Two pages of one site and one of another, one more popular than the next, and images on
    /// the first.
    fn default() -> Self {
        let page = |origin: &str, weight| Page {
            origin: Some(origin.to_owned()),
            site: None,
            weight,
            allowed: true,
        };
        let image = Page {
            origin: None,
            site: Some("https://www.shop.example".to_owned()),
            weight: 1,
            allowed: true,
        };
        Self {
            pages: vec![
                page("https://www.shop.example", 6),
                page("https://admin.shop.example", 2),
                page("https://partner.example", 1),
                image,
            ],
            resources: 200,
            zipf: 1.0,
            lifetime_seconds: 600,
            views: 20_000,
            reads_per_view: 3,
            views_per_second: 10.0,
            visitors: 2_000,
            capacity: None,
            seed: 2026,
        }
    }
}

impl Document for Scenario {
    const CODES: Codes = document::codes!("scenario");
}

/// A scenario as a text.
#[derive(Clone, Debug)]
pub struct ScenarioText {
    /// What it says.
    pub scenario: Scenario,
    tree: Tree,
}

impl ScenarioText {
    /// Reads a scenario.
    ///
    /// # Errors
    /// Everything that is wrong with it, each at its place.
    pub fn parse(source: &Arc<SourceText>) -> Result<Self, Vec<Diagnostic>> {
        let checked = document::check::<Scenario>(source)?;
        let text = Self { scenario: checked.value, tree: checked.tree };
        let problems = text.problems();
        if problems.is_empty() { Ok(text) } else { Err(problems) }
    }

    fn problems(&self) -> Vec<Diagnostic> {
        let place = self.tree.root().field("pages");
        let mut problems = Vec::new();
        for (index, page) in self.scenario.pages.iter().enumerate() {
            for (name, text) in [("origin", &page.origin), ("site", &page.site)] {
                let Some(text) = text.as_ref().filter(|text| Origin::parse(text).is_err()) else { continue };
                let span = place.nth(index).field(name).span();
                problems.push(
                    Diagnostic::error("scenario.origin", format!("`{text}` is no origin"))
                        .at(self.tree.source(), span, "scheme://host[:port] is expected")
                        .help("write it as a browser sends it, such as https://app.example"),
                );
            }
        }
        if self.scenario.pages.iter().all(|page| page.weight == 0) {
            problems.push(
                Diagnostic::error("scenario.weight", "nobody views anything: every weight is 0")
                    .at(self.tree.source(), place.head(), "")
                    .help("give at least one page a weight above 0"),
            );
        }
        problems
    }
}
