//! A figure as SVG. No style sheet and no style attribute, which a page's policy may forbid: presentation attributes alone.

use std::fmt::Write as _;

use explorer_core::{color::css_color, screen::xml_escaped};

use crate::{
    figure::{Align, Direction, Figure, Mark, Paint, Part, Shape, Weight},
    text::{FAMILY, SIZE_PX},
};

impl Figure {
    /// The file. Marks are groups of the class `mark` with their row and column, and their words as a title.
    pub fn to_svg(&self) -> String {
        let [width, height] = self.size.map(f64::ceil);
        let mut svg = String::with_capacity(256 * (self.parts.len() + 4));
        let (text, title) = (Paint::Text.css(self.ground), xml_escaped(&self.title));
        let _ = write!(
            svg,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
             viewBox=\"0 0 {width} {height}\" font-family=\"{FAMILY}\" font-size=\"{SIZE_PX}\" fill=\"{text}\">\n\
             <rect width=\"{width}\" height=\"{height}\" fill=\"{}\"/>\n<desc>{title}</desc>\n",
            Paint::Ground.css(self.ground)
        );
        for part in &self.parts {
            match part {
                Part::Shape(shape) => self.shape(&mut svg, shape),
                Part::Mark(mark) => self.mark_group(&mut svg, mark),
            }
        }
        svg.push_str("</svg>\n");
        svg
    }

    fn mark_group(&self, svg: &mut String, mark: &Mark) {
        let Mark { row, column, tip, area: [x, y, width, height], shapes } = mark;
        let _ = write!(
            svg,
            "<g class=\"mark\" data-row=\"{row}\" data-column=\"{column}\"><title>{}</title>",
            xml_escaped(tip)
        );
        shapes.iter().for_each(|shape| self.shape(svg, shape));
        // Above the shapes, so that a frame around it is seen whole.
        let _ = write!(
            svg,
            "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" fill=\"none\" \
             pointer-events=\"all\"/>"
        );
        svg.push_str("</g>\n");
    }

    fn shape(&self, svg: &mut String, shape: &Shape) {
        let css = |paint: &Paint| paint.css(self.ground);
        let _ = match shape {
            Shape::Rect { area: [x, y, width, height], fill } => write!(
                svg,
                "<rect x=\"{x:.2}\" y=\"{y:.2}\" width=\"{width:.2}\" height=\"{height:.2}\" fill=\"{}\"/>",
                css(fill)
            ),
            Shape::Circle { at: [x, y], radius, fill, edge } => write!(
                svg,
                "<circle cx=\"{x:.2}\" cy=\"{y:.2}\" r=\"{radius:.2}\" fill=\"{}\" stroke=\"{}\" stroke-width=\"0.5\"/>",
                css(fill),
                css(edge)
            ),
            Shape::Path { d, fill, stroke } => {
                let fill = fill.as_ref().map_or_else(|| "none".to_owned(), css);
                let _ = write!(svg, "<path d=\"{d}\" fill=\"{fill}\"");
                if let Some((paint, width)) = stroke {
                    let _ = write!(
                        svg,
                        " stroke=\"{}\" stroke-width=\"{width}\" stroke-linecap=\"round\" stroke-linejoin=\"round\"",
                        css(paint)
                    );
                }
                write!(svg, "/>")
            }
            Shape::Text { .. } => {
                self.words(svg, shape);
                Ok(())
            }
            Shape::Gradient { area: [x, y, width, height], stops } => {
                let step = width / stops.len().max(1) as f64;
                for (at, color) in stops.iter().enumerate() {
                    // Each reaches under the next, so that no seam shows.
                    let (left, wide) = (x + at as f64 * step, (step + 0.6).min(width - at as f64 * step));
                    let _ = write!(
                        svg,
                        "<rect x=\"{left:.2}\" y=\"{y:.2}\" width=\"{wide:.2}\" height=\"{height:.2}\" fill=\"{}\"/>",
                        css_color(*color)
                    );
                }
                Ok(())
            }
        };
        svg.push('\n');
    }

    fn words(&self, svg: &mut String, shape: &Shape) {
        let Shape::Text { at: [x, y], text, align, fill, stroke, weight, direction } = shape else { return };
        let _ = write!(svg, "<text x=\"{x:.1}\" y=\"{y:.1}\" dominant-baseline=\"central\"");
        match align {
            Align::Start => {}
            Align::Middle => svg.push_str(" text-anchor=\"middle\""),
            Align::End => svg.push_str(" text-anchor=\"end\""),
        }
        if *weight == Weight::Heading {
            svg.push_str(" font-weight=\"600\"");
        }
        if *direction == Direction::Up {
            let _ = write!(svg, " transform=\"rotate(-90 {x:.1} {y:.1})\"");
        }
        if *fill != Paint::Text {
            let _ = write!(svg, " fill=\"{}\"", fill.css(self.ground));
        }
        if let Some((paint, width)) = stroke {
            let color = paint.css(self.ground);
            let _ = write!(svg, " stroke=\"{color}\" stroke-width=\"{width}\" stroke-linejoin=\"round\"");
        }
        let _ = write!(svg, ">{}</text>", xml_escaped(text));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_files_are_escaped_and_no_style_is_needed() {
        let mut figure = Figure::new("a <b>".to_owned(), explorer_core::color::Ground::Dark);
        figure.size = [10.0, 20.2];
        figure.heading([1.0, 2.0], "T & \"B\"", Align::End);
        let shapes = vec![Shape::Rect { area: [0.0, 0.0, 1.0, 1.0], fill: Paint::Color([1, 2, 3]) }];
        figure.mark(Mark { row: 1, column: 2, tip: "<script>".to_owned(), area: [0.0; 4], shapes });
        let svg = figure.to_svg();
        assert!(svg.contains("height=\"21\"") && svg.contains("<desc>a &lt;b&gt;</desc>"), "{svg}");
        assert!(svg.contains(">T &amp; &quot;B&quot;</text>") && svg.contains("fill=\"#010203\""), "{svg}");
        assert!(svg.contains("data-row=\"1\" data-column=\"2\"><title>&lt;script&gt;</title>"), "{svg}");
        assert!(!svg.contains("style"));
    }
}
