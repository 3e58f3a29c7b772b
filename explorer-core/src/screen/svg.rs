//! A saved picture as SVG: the points as an image, all text and the legend as text and shapes.

use std::fmt::Write as _;

use super::{Align, AxisMarks, AxisPlace, AxisText, Caption, HEAD_HEIGHT_PX, Mark, TextStyle};
use crate::color::{Rgb, css_color};

/// Height of the line that a title takes above the picture, in CSS pixels.
pub const TITLE_HEIGHT_PX: f64 = 40.0;

/// Where a title begins, from the left edge.
pub const TITLE_LEFT_PX: f64 = 16.0;

/// How opaque the inside of a contour is, in the color of the text.
pub const CONTOUR_FILL: f64 = 0.09;

/// How opaque its line is.
pub const CONTOUR_LINE: f64 = 0.7;

/// How wide its line is, in CSS pixels.
pub const CONTOUR_PX: f64 = 1.25;

/// How much wider the legend's text may be in the typeface of whoever opens the file.
const OTHER_TYPEFACE: f64 = 1.125;

/// What one panel shows.
#[derive(Clone, Debug)]
pub struct SvgPanel<'a> {
    /// Where its left upper corner is on the sheet, in CSS pixels.
    pub corner_px: [f64; 2],
    /// Its width and height.
    pub size_px: [f64; 2],
    /// The points, as the address of an image.
    pub image: &'a str,
    /// What it shows, above it; empty: that is not said.
    pub head: &'a str,
    /// Texts over the points and their middles, from its corner.
    pub labels: &'a [(String, [f64; 2])],
    /// Contours, each as a path from its corner.
    pub contours: &'a [String],
    /// The axes of a scatter plot.
    pub axes: &'a AxisMarks,
}

/// A picture to save.
#[derive(Clone, Debug)]
pub struct SvgPicture<'a> {
    /// Width and height of all panels, in CSS pixels.
    pub size_px: [f64; 2],
    /// The panels.
    pub panels: &'a [SvgPanel<'a>],
    /// A title above; empty: there is none.
    pub title: &'a str,
    /// Weight and size of these, and the width of their rims.
    pub label_font: (u32, f64, f64),
    /// The legend.
    pub caption: &'a Caption,
    /// What all stands on.
    pub background: Rgb,
    /// Of the text.
    pub text: Rgb,
    /// Typefaces, as CSS has them.
    pub family: &'a str,
}

impl SvgPicture<'_> {
    /// The file.
    pub fn to_svg(&self) -> String {
        let top = if self.title.is_empty() { 0.0 } else { TITLE_HEIGHT_PX };
        let [width, height] = self.size_px;
        let (all_width, all_height) = (width + self.caption.width_px * OTHER_TYPEFACE, height + top);
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{all_width}\" height=\"{all_height}\" \
             viewBox=\"0 0 {all_width} {all_height}\" font-family=\"{}\" fill=\"{}\">\n",
            xml_escaped(self.family),
            css_color(self.text)
        );
        let background = css_color(self.background);
        let _ = writeln!(svg, "<rect width=\"{all_width}\" height=\"{all_height}\" fill=\"{background}\"/>");
        if !self.title.is_empty() {
            let _ = writeln!(svg, "<title>{}</title>", xml_escaped(self.title));
            let place = [TITLE_LEFT_PX, top / 2.0];
            text(&mut svg, place, self.title, TextStyle::Title.font(), Align::Start, "");
        }
        for panel in self.panels {
            self.panel(&mut svg, panel, top);
        }
        for (at, mark) in self.caption.marks.iter().enumerate() {
            self.mark(&mut svg, at, mark, [width, top]);
        }
        svg.push_str("</svg>\n");
        svg
    }

    fn panel(&self, svg: &mut String, panel: &SvgPanel<'_>, top: f64) {
        let ([left, down], [width, height]) = (panel.corner_px, panel.size_px);
        let top = top + down;
        let _ = writeln!(
            svg,
            "<image x=\"{left}\" y=\"{top}\" width=\"{width}\" height=\"{height}\" href=\"{}\"/>",
            xml_escaped(panel.image)
        );
        if !panel.contours.is_empty() {
            let color = css_color(self.text);
            let _ = write!(
                svg,
                "<g transform=\"translate({left} {top})\" fill=\"{color}\" fill-opacity=\"{CONTOUR_FILL}\" \
                 fill-rule=\"evenodd\" stroke=\"{color}\" stroke-opacity=\"{CONTOUR_LINE}\" \
                 stroke-width=\"{CONTOUR_PX}\">"
            );
            for path in panel.contours {
                let _ = write!(svg, "<path d=\"{path}\"/>");
            }
            svg.push_str("</g>\n");
        }
        if !panel.head.is_empty() {
            let place = [left + TITLE_LEFT_PX / 2.0, top - HEAD_HEIGHT_PX / 2.0];
            text(svg, place, panel.head, TextStyle::Title.font(), Align::Start, "");
        }
        let (weight, size_px, rim_px) = self.label_font;
        let background = css_color(self.background);
        let rim = format!(
            " stroke=\"{background}\" stroke-width=\"{rim_px}\" stroke-linejoin=\"round\" paint-order=\"stroke\""
        );
        for [x, y, width, height] in &panel.axes.strips {
            let (x, y, color) = (x + left, y + top, css_color(self.background));
            let _ = writeln!(svg, "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" fill=\"{color}\"/>");
        }
        for (label, [x, y]) in panel.labels {
            text(svg, [x + left, y + top], label, (weight, size_px), Align::Middle, &rim);
        }
        for [x1, y1, x2, y2] in &panel.axes.lines {
            let (x1, y1, x2, y2, color) = (x1 + left, y1 + top, x2 + left, y2 + top, css_color(self.text));
            let _ = writeln!(svg, "<line x1=\"{x1}\" y1=\"{y1}\" x2=\"{x2}\" y2=\"{y2}\" stroke=\"{color}\"/>");
        }
        for AxisText { x, y, text: words, place, whole: _ } in &panel.axes.texts {
            let (x, y) = (x + left, y + top);
            let (align, lift, more) = match place {
                AxisPlace::Below | AxisPlace::TitleX => (Align::Middle, place.font().1 / 3.0, String::new()),
                AxisPlace::Beside => (Align::End, 0.0, String::new()),
                AxisPlace::TitleY => (Align::Middle, 0.0, format!(" transform=\"rotate(-90 {x} {y})\"")),
            };
            text(svg, [x, y - lift], words, place.font(), align, &format!("{rim}{more}"));
        }
    }

    fn mark(&self, svg: &mut String, at: usize, mark: &Mark, [left, top]: [f64; 2]) {
        match mark {
            Mark::Text { x, y, text: words, style, align } => {
                text(svg, [x + left, y + top], words, style.font(), *align, "");
            }
            Mark::Swatch { x, y, size, color } => {
                let (x, y, color) = (x + left, y + top, css_color(*color));
                let _ =
                    writeln!(svg, "<rect x=\"{x}\" y=\"{y}\" width=\"{size}\" height=\"{size}\" fill=\"{color}\"/>");
            }
            Mark::Gradient { x, y, size: [width, height], stops } => {
                let _ = write!(svg, "<linearGradient id=\"colors-{at}\">");
                let last = stops.len().saturating_sub(1).max(1) as f64;
                for (number, color) in stops.iter().enumerate() {
                    let (offset, color) = (number as f64 / last, css_color(*color));
                    let _ = write!(svg, "<stop offset=\"{offset:.4}\" stop-color=\"{color}\"/>");
                }
                let (x, y) = (x + left, y + top);
                let _ = writeln!(
                    svg,
                    "</linearGradient>\n<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" \
                     fill=\"url(#colors-{at})\"/>"
                );
            }
        }
    }
}

/// A line of text, its middle at a height.
fn text(svg: &mut String, [x, y]: [f64; 2], words: &str, (weight, size): (u32, f64), align: Align, more: &str) {
    let anchor = match align {
        Align::Start => "start",
        Align::Middle => "middle",
        Align::End => "end",
    };
    let _ = writeln!(
        svg,
        "<text x=\"{x}\" y=\"{y}\" font-size=\"{size}\" font-weight=\"{weight}\" text-anchor=\"{anchor}\" \
         dominant-baseline=\"central\"{more}>{}</text>",
        xml_escaped(words)
    );
}

/// Text as XML may hold it: what has a meaning there is written otherwise, and characters that it cannot hold at all are
/// replaced.
pub fn xml_escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\t' | '\n' | '\r' => out.push(' '),
            '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            _ => out.push(char),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::screen::{LegendEntry, LegendModel};

    #[test]
    fn a_picture_has_its_points_as_an_image_and_its_words_as_text() {
        let entries = vec![LegendEntry { label: "CD4+ <T> & \"B\"\u{1}".to_owned(), color: [255, 0, 16] }];
        let legend = LegendModel::Categorical { title: "cell type".to_owned(), entries };
        let caption = Caption::new(&legend, 300.0, |text, _| text.chars().count() as f64 * 7.0);
        let labels = [("NK".to_owned(), [12.5, 30.0])];
        let titles = ["CD3D".to_owned(), "n_genes".to_owned()];
        let axes = AxisMarks::new([400.0, 300.0], [(0.0, 4.0), (0.0, 3000.0)], titles, 0.0);
        let panel = SvgPanel {
            corner_px: [0.0, 0.0],
            size_px: [400.0, 300.0],
            image: "data:image/png;base64,AAAA",
            head: "",
            labels: &labels,
            contours: &["M1 2L3 4Z".to_owned()],
            axes: &axes,
        };
        let picture = SvgPicture {
            size_px: [400.0, 300.0],
            panels: std::slice::from_ref(&panel),
            title: "PBMC ∞",
            label_font: (600, 12.0, 3.0),
            caption: &caption,
            background: [255; 3],
            text: [0; 3],
            family: "Inter, \"Helvetica\"",
        };
        let svg = picture.to_svg();
        let width = 400.0 + caption.width_px * OTHER_TYPEFACE;
        assert!(svg.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\""));
        assert!(svg.contains(&format!("width=\"{width}\" height=\"340\"")), "{svg}");
        assert!(svg.contains(">CD4+ &lt;T&gt; &amp; &quot;B&quot;\u{fffd}</text>"), "{svg}");
        assert!(
            svg.contains("<image x=\"0\" y=\"40\" width=\"400\" height=\"300\" href=\"data:image/png;base64,AAAA\"/>")
        );
        assert!(svg.contains("x=\"12.5\" y=\"70\"") && svg.contains(">NK</text>"));
        assert!(svg.contains("PBMC ∞</title>") && svg.contains("Inter, &quot;Helvetica&quot;"));
        assert!(svg.contains("fill=\"#ff0010\"") || svg.contains("fill=\"rgb(255 0 16)\""), "{svg}");
        assert!(svg.contains("translate(0 40)") && svg.contains("<path d=\"M1 2L3 4Z\"/>"), "{svg}");
        assert!(svg.contains(">CD3D</text>") && svg.contains("rotate(-90 11 168)"), "{svg}");
        let strip = svg.find("height=\"300\" fill=").expect("axes have a strip of their own");
        assert!(svg.find("<image").is_some_and(|image| image < strip), "{svg}");
        let plain = SvgPanel { labels: &[], contours: &[], axes: &AxisMarks::default(), ..panel.clone() };
        let plain =
            SvgPicture { title: "", panels: &[plain], caption: &Caption::default(), ..picture.clone() }.to_svg();
        assert!(plain.contains("width=\"400\" height=\"300\"") && !plain.contains("<text"));
        let second = SvgPanel { corner_px: [408.0, 24.0], head: "pca", ..panel.clone() };
        let two =
            SvgPicture { title: "", size_px: [808.0, 324.0], panels: &[panel.clone(), second], ..picture }.to_svg();
        assert_eq!((two.matches("<image").count(), two.matches(">pca</text>").count()), (2, 1));
    }
}
