//! A plot as inline SVG: a frame with axes, and lines, bands, bars and dots in it. Colours are
//! classes of the style sheet, so that they follow light and dark.

use std::fmt::Write;

use crosscheck_harness::report::page::text;

use super::scale::Scale;

/// The plot's own units; the page scales it.
const WIDTH: f64 = 920.0;
const LEFT: f64 = 90.0;
const RIGHT: f64 = 28.0;
const TOP: f64 = 12.0;
const BOTTOM: f64 = 44.0;

/// A plot under construction.
pub(super) struct Plot {
    id: String,
    title: String,
    describe: String,
    height: f64,
    x: Scale,
    y: Scale,
    /// What lies under the grid.
    ground: String,
    body: String,
    legend: Vec<(String, String, Shape)>,
    slots: Vec<(f64, String)>,
}

/// How a legend's sign looks.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// A stroke.
    Line,
    /// A filled square.
    Area,
}

/// Writes the values at an axis.
pub(super) type Label<'a> = &'a dyn Fn(f64) -> String;

impl Plot {
    /// An empty plot. `title` names it, `describe` says in a sentence what it shows.
    pub(super) fn new(id: &str, title: &str, describe: &str, height: f64, x: Scale, y: Scale) -> Self {
        Self {
            id: id.to_owned(),
            title: title.to_owned(),
            describe: describe.to_owned(),
            height,
            x,
            y,
            ground: String::new(),
            body: String::new(),
            legend: Vec::new(),
            slots: Vec::new(),
        }
    }

    /// The axes: their names, the values written at the lower one, and how those at the left are written.
    pub(super) fn axes(mut self, x_label: &str, y_label: &str, x: &[(f64, String)], y: Label<'_>) -> Self {
        for tick in self.y.ticks() {
            let at = self.py(tick);
            let _ = write!(
                self.body,
                "<path class=\"grid\" d=\"M{LEFT} {at:.1}H{:.1}\"/><text class=\"tick\" x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
                WIDTH - RIGHT,
                LEFT - 7.0,
                at + 4.0,
                text(&y(tick))
            );
        }
        for (tick, label) in x {
            let at = self.px(*tick);
            let _ = write!(
                self.body,
                "<path class=\"grid\" d=\"M{at:.1} {TOP}V{:.1}\"/><text class=\"tick\" x=\"{at:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>",
                self.height - BOTTOM,
                self.height - BOTTOM + 21.0,
                text(label)
            );
        }
        let _ = writeln!(
            self.body,
            "<text class=\"axis\" x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text><text class=\"axis\" transform=\"translate(13 {:.1}) rotate(-90)\" text-anchor=\"middle\">{}</text>",
            WIDTH - RIGHT,
            self.height - 5.0,
            text(x_label),
            TOP + self.inner() / 2.0,
            text(&match self.y {
                Scale::Linear { .. } => y_label.to_owned(),
                Scale::Log { .. } => format!("{y_label} (logarithmic)"),
            })
        );
        self
    }

    fn inner(&self) -> f64 {
        self.height - TOP - BOTTOM
    }

    fn px(&self, x: f64) -> f64 {
        LEFT + self.x.at(x) * (WIDTH - LEFT - RIGHT)
    }

    fn py(&self, y: f64) -> f64 {
        self.height - BOTTOM - self.y.at(y) * self.inner()
    }

    /// A line through points; a gap of the values (`None`) is a gap of the line.
    pub(super) fn line(&mut self, class: &str, name: &str, points: &[(f64, Option<f64>)]) {
        let mut path = String::new();
        for part in points.split(|(_, y)| y.is_none()) {
            for (index, (x, y)) in part.iter().enumerate() {
                let pen = if index == 0 { 'M' } else { 'L' };
                let _ = write!(path, "{pen}{:.1} {:.1}", self.px(*x), self.py(y.unwrap_or_default()));
            }
            // A single point has no length: it is drawn as a dot by its round cap.
            if part.len() == 1 {
                path.push_str("h0.1");
            }
        }
        let _ = writeln!(self.body, "<path class=\"line {class}\" d=\"{path}\"/>");
        self.named(class, name, Shape::Line);
    }

    /// The area between two lines.
    pub(super) fn band(&mut self, class: &str, name: &str, points: &[(f64, Option<(f64, f64)>)]) {
        for part in points.split(|(_, y)| y.is_none()) {
            let known: Vec<(f64, f64, f64)> =
                part.iter().filter_map(|(x, y)| y.map(|(low, high)| (*x, low, high))).collect();
            if known.is_empty() {
                continue;
            }
            let mut path = String::new();
            for (index, (x, _, high)) in known.iter().enumerate() {
                let pen = if index == 0 { 'M' } else { 'L' };
                let _ = write!(path, "{pen}{:.1} {:.1}", self.px(*x), self.py(*high));
            }
            for (x, low, _) in known.iter().rev() {
                let _ = write!(path, "L{:.1} {:.1}", self.px(*x), self.py(*low));
            }
            let _ = writeln!(self.body, "<path class=\"area {class}\" d=\"{path}Z\"/>");
        }
        self.named(class, name, Shape::Area);
    }

    /// Bars from one value to another over a stretch of the lower axis: from, to, low, high.
    pub(super) fn bars(&mut self, class: &str, name: &str, bars: &[(f64, f64, f64, f64)]) {
        let mut path = String::new();
        for (from, to, low, high) in bars {
            let (left, right) = (self.px(*from), self.px(*to));
            let (lower, upper) = (self.py(*low), self.py(*high));
            let _ = write!(path, "M{left:.1} {lower:.1}V{upper:.1}H{right:.1}V{lower:.1}Z");
        }
        if !path.is_empty() {
            let _ = writeln!(self.body, "<path class=\"area {class}\" d=\"{path}\"/>");
        }
        self.named(class, name, Shape::Area);
    }

    /// A stretch of the lower axis with its name at the top.
    pub(super) fn stretch(&mut self, from: f64, to: f64, label: &str, odd: bool) {
        let (left, right) = (self.px(from), self.px(to));
        if odd {
            let _ = writeln!(
                self.ground,
                "<rect class=\"stretch\" x=\"{left:.1}\" y=\"{TOP}\" width=\"{:.1}\" height=\"{:.1}\"/>",
                (right - left).max(0.0),
                self.inner()
            );
        }
        // A name that would run into the next one's stretch is left to the table of stages.
        #[allow(clippy::cast_precision_loss, reason = "names are short")]
        if right - left > label.chars().count() as f64 * 7.5 + 8.0 {
            let _ = writeln!(
                self.body,
                "<text class=\"note\" x=\"{:.1}\" y=\"{:.1}\">{}</text>",
                left + 4.0,
                TOP + 12.0,
                text(label)
            );
        }
    }

    /// A name in the legend; an empty one is left out.
    fn named(&mut self, class: &str, name: &str, shape: Shape) {
        if !name.is_empty() && !self.legend.iter().any(|(_, known, _)| known == name) {
            self.legend.push((class.to_owned(), name.to_owned(), shape));
        }
    }

    /// What is told of each place on the lower axis when it is pointed at.
    pub(super) fn tell(&mut self, slots: Vec<(f64, String)>) {
        self.slots = slots;
    }

    /// The figure: the plot with its legend, and whatever stands in for it as a table.
    pub(super) fn html(&self, table: &str) -> String {
        let mut out = format!(
            "<figure id=\"{0}\" class=\"plot\"><div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"{2}\"><svg viewBox=\"0 0 {WIDTH} {1}\" role=\"img\" aria-labelledby=\"{0}-t {0}-d\"><title id=\"{0}-t\">{2}</title><desc id=\"{0}-d\">{3}</desc>\n{4}{5}",
            self.id,
            self.height,
            text(&self.title),
            text(&self.describe),
            self.ground,
            self.body
        );
        let _ = write!(
            out,
            "<path class=\"frame\" d=\"M{LEFT} {TOP}V{:.1}H{:.1}\"/>",
            self.height - BOTTOM,
            WIDTH - RIGHT
        );
        if !self.slots.is_empty() {
            let _ = write!(
                out,
                "<path class=\"cursor\" d=\"M0 {TOP}V{:.1}\" visibility=\"hidden\"/>",
                self.height - BOTTOM
            );
        }
        out.push_str("</svg></div>\n");
        if !self.legend.is_empty() {
            out.push_str("<ul class=\"legend\">");
            for (class, name, shape) in &self.legend {
                let sign = match shape {
                    Shape::Line => format!(
                        "<svg viewBox=\"0 0 22 12\" aria-hidden=\"true\"><path class=\"line {class}\" d=\"M1 6H21\"/></svg>"
                    ),
                    Shape::Area => format!(
                        "<svg viewBox=\"0 0 22 12\" aria-hidden=\"true\"><path class=\"area {class}\" d=\"M4 0H18V12H4Z\"/></svg>"
                    ),
                };
                let _ = write!(out, "<li>{sign}{}</li>", text(name));
            }
            out.push_str("</ul>\n");
        }
        if !self.slots.is_empty() {
            out.push_str("<p class=\"readout\" role=\"status\" hidden></p><ol class=\"slots\" hidden>");
            for (x, told) in &self.slots {
                let _ = write!(out, "<li data-x=\"{:.1}\">{}</li>", self.px(*x), text(told));
            }
            out.push_str("</ol>\n");
        }
        if !table.is_empty() {
            out.push_str(&crosscheck_harness::report::page::folded("The same as a table", table));
        }
        out.push_str("</figure>\n");
        out
    }
}
