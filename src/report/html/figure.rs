//! A plot as a drawing of its own: with its title, unit and legend, on white, in the colours of the light theme, so that it
//! can be put into a text or a talk.

use std::fmt::Write;

use super::super::plots::Plot;
use super::{escaped, legend, svg};

/// Room around the drawing.
const EDGE: f64 = 16.0;
/// From the top of the drawing to that of the plot.
const HEAD: f64 = 44.0;

/// Said in full, since nothing but a browser knows the page's variables.
const STYLE: &str = "text{font-family:'Inter Variable',Inter,'Segoe UI',sans-serif;font-size:11px;fill:#636972}\
    .title{font-size:13px;font-weight:600;fill:#17191C}.unit{font-size:12px}.key{font-size:12px;fill:#4A4F57}\
    .label{font-size:12px;fill:#4A4F57}.mark{fill:#4A4F57}.halo{stroke:#FFFFFF;stroke-width:3px;paint-order:stroke;stroke-linejoin:round}\
    .grid{stroke:#DFE2E6}.base{stroke:#C2C7CE}.level{stroke:#636972;stroke-dasharray:1 3}.line{fill:none;stroke-linejoin:round}\
    .line.load{stroke:#2583CE;stroke-width:1.5}.line.process{stroke:#AB7500;stroke-width:1.5;stroke-dasharray:4 2}\
    .line.write{stroke:#8C1C58;stroke-width:2}rect.load{fill:#2583CE}rect.process{fill:#AB7500}rect.write{fill:#8C1C58}\
    rect.before{fill:#9AA1AA}rect.after{fill:#0A7462}rect.wait1{fill:#C2C7CE}rect.wait2{fill:#636972}\
    rect.wait3{fill:#FFFFFF;stroke:#636972}";

/// The drawing, and its width and height.
pub(in crate::report) fn figure(plot: &Plot) -> (String, [f64; 2]) {
    let (body, [inner, tall]) = svg::drawing(plot);
    let (width, height) = (inner + 2.0 * EDGE, tall + HEAD + EDGE);
    // Writing to a `String` cannot fail.
    let mut head = String::new();
    let title = svg::text_width(&plot.title) * 13.0 / 11.0;
    let _ = write!(
        head,
        "<text class=\"title\" x=\"{EDGE}\" y=\"28\">{}</text><text class=\"unit\" x=\"{:.1}\" y=\"28\">{}</text>",
        escaped(&plot.title),
        EDGE + title + 8.0,
        escaped(&plot.unit)
    );
    let mut right = width - EDGE;
    for (name, ink, line) in legend(plot).into_iter().rev() {
        let class = svg::class(ink);
        right -= svg::text_width(&name);
        let _ = write!(head, "<text class=\"key\" x=\"{right:.1}\" y=\"28\">{}</text>", escaped(&name));
        right -= 22.0;
        let _ = if line {
            write!(
                head,
                "<line class=\"line {class}\" x1=\"{right:.1}\" x2=\"{:.1}\" y1=\"24\" y2=\"24\"/>",
                right + 16.0
            )
        } else {
            write!(
                head,
                "<rect class=\"{class}\" x=\"{:.1}\" y=\"19\" width=\"10\" height=\"10\" rx=\"2\"/>",
                right + 6.0
            )
        };
        right -= 8.0;
    }
    let drawing = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" role=\"img\">\
         <title>{}</title><desc>{}</desc><style>{STYLE}</style><rect width=\"{width}\" height=\"{height}\" style=\"fill:#FFFFFF\"/>\
         {head}<g transform=\"translate({EDGE} {HEAD})\">{body}</g></svg>",
        escaped(&plot.title),
        escaped(&plot.summary)
    );
    (drawing, [width, height])
}
