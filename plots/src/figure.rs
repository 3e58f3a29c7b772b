//! A figure: shapes, and marks that stand for numbers.

use std::fmt::Write as _;

use explorer_core::color::{Ground, Rgb, css_color};

use crate::{grid::MARGIN_PX, text};

/// Height of what has the heading of a figure.
pub const HEADING_PX: f64 = 36.0;

/// Width of the lines along letters that stand clear.
const HALO_PX: f64 = 3.0;

/// Length of a dash, and from one to the next.
const DASH_PX: f64 = 4.0;

/// The widest heading: longer ones are cut in their middle.
const MOST_HEADING_PX: f64 = 880.0;

/// Height of a line of text.
pub const LINE_PX: f64 = 20.0;

/// A figure, in CSS pixels from its upper left corner.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Figure {
    /// Width and height.
    pub size: [f64; 2],
    /// What it shows.
    pub title: String,
    /// What it is drawn on.
    pub ground: Ground,
    /// What it is made of, the lowest first.
    pub parts: Vec<Part>,
}

/// A part of a figure.
#[derive(Clone, Debug, PartialEq)]
pub enum Part {
    /// What belongs to axes and legends.
    Shape(Shape),
    /// What stands for numbers.
    Mark(Mark),
}

/// What stands for numbers. Marks lie in rows and columns, by which a keyboard leads from one to the next.
#[derive(Clone, Debug, PartialEq)]
pub struct Mark {
    /// Its row.
    pub row: usize,
    /// Its column.
    pub column: usize,
    /// What it stands for, in words and numbers.
    pub tip: String,
    /// Where the pointer is over it: left and upper edge, width and height.
    pub area: [f64; 4],
    /// What is drawn.
    pub shapes: Vec<Shape>,
}

/// Something drawn.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    /// A rectangle.
    Rect {
        /// Left and upper edge, width and height.
        area: [f64; 4],
        /// Its color.
        fill: Paint,
    },
    /// A circle.
    Circle {
        /// Its middle.
        at: [f64; 2],
        /// Its radius.
        radius: f64,
        /// Its color.
        fill: Paint,
        /// The color of its edge.
        edge: Paint,
    },
    /// Lines, as SVG's `d` writes them.
    Path {
        /// Where they lead.
        d: String,
        /// The color inside.
        fill: Option<Paint>,
        /// The color of the lines, and their width.
        stroke: Option<(Paint, f64)>,
    },
    /// A line of text, its middle at a height.
    Text {
        /// Where it is.
        at: [f64; 2],
        /// What it says.
        text: String,
        /// Which part of it is there.
        align: Align,
        /// Its color.
        fill: Paint,
        /// The color and the width of lines along its letters.
        stroke: Option<(Paint, f64)>,
        /// Whether it is a heading.
        weight: Weight,
        /// Whether it is written upwards.
        direction: Direction,
    },
    /// Colors from left to right.
    Gradient {
        /// Left and upper edge, width and height.
        area: [f64; 4],
        /// The colors, at even places.
        stops: Vec<Rgb>,
    },
}

/// How heavy a text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// As usual.
    Plain,
    /// As of headings.
    Heading,
}

/// Where a text leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// To the right.
    Right,
    /// Upwards.
    Up,
}

/// Which part of a text is at its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// Its start.
    Start,
    /// Its middle.
    Middle,
    /// Its end.
    End,
}

/// A color, or what it is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paint {
    /// That of text.
    Text,
    /// That of text that matters less.
    Muted,
    /// That of thin lines.
    Line,
    /// That of lines behind all else.
    Grid,
    /// That of what all is drawn on.
    Ground,
    /// That of what is higher in a group, or goes with something.
    Higher,
    /// That of what is lower in a group, or goes against something.
    Lower,
    /// That of what does not stand out.
    Rest,
    /// A color of its own.
    Color(Rgb),
}

impl Paint {
    /// The color, as CSS has it.
    pub fn css(self, ground: Ground) -> String {
        css_color(match (self, ground) {
            (Self::Text, ground) => ground.text(),
            (Self::Muted, Ground::Light) => [88, 100, 107],
            (Self::Muted, Ground::Dark) => [160, 170, 175],
            (Self::Line, Ground::Light) => [190, 198, 203],
            (Self::Line, Ground::Dark) => [72, 82, 88],
            (Self::Grid, Ground::Light) => [229, 233, 236],
            (Self::Grid, Ground::Dark) => [48, 56, 61],
            (Self::Ground, ground) => ground.background(),
            // As the page's style sheet has them.
            (Self::Higher, Ground::Light) => [168, 70, 31],
            (Self::Higher, Ground::Dark) => [239, 154, 114],
            (Self::Lower, Ground::Light) => [43, 98, 168],
            (Self::Lower, Ground::Dark) => [127, 176, 240],
            (Self::Rest, Ground::Light) => [179, 188, 194],
            (Self::Rest, Ground::Dark) => [76, 87, 95],
            (Self::Color(color), _) => color,
        })
    }
}

impl Figure {
    /// Nothing yet.
    pub(crate) fn new(title: String, ground: Ground) -> Self {
        Self { title, ground, ..Self::default() }
    }

    pub(crate) fn push(&mut self, shape: Shape) {
        self.parts.push(Part::Shape(shape));
    }

    pub(crate) fn mark(&mut self, mark: Mark) {
        self.parts.push(Part::Mark(mark));
    }

    pub(crate) fn text(&mut self, at: [f64; 2], text: impl Into<String>, align: Align, fill: Paint) {
        let (weight, direction) = (Weight::Plain, Direction::Right);
        self.push(Shape::Text { at, text: text.into(), align, fill, stroke: None, weight, direction });
    }

    /// A text over what was drawn before: its letters stand clear of that.
    pub(crate) fn text_over(&mut self, at: [f64; 2], text: &str, align: Align) {
        let (weight, direction, stroke) = (Weight::Plain, Direction::Right, Some((Paint::Ground, HALO_PX)));
        // A text of its own, since not all programs draw the lines of a text below its letters.
        self.push(Shape::Text { at, text: text.to_owned(), align, fill: Paint::Ground, stroke, weight, direction });
        self.text(at, text, align, Paint::Text);
    }

    pub(crate) fn heading(&mut self, at: [f64; 2], text: impl Into<String>, align: Align) {
        let (weight, direction) = (Weight::Heading, Direction::Right);
        self.push(Shape::Text { at, text: text.into(), align, fill: Paint::Text, stroke: None, weight, direction });
    }

    /// A line below all that was drawn.
    pub(crate) fn say_below(&mut self, text: String) {
        let [width, height] = self.size;
        self.size = [width.max(2.0 * MARGIN_PX + text::width(&text)), height + LINE_PX];
        self.text([MARGIN_PX, height], text, Align::Start, Paint::Muted);
    }

    /// A text that ends at a place, written upwards.
    pub(crate) fn text_up(&mut self, at: [f64; 2], text: impl Into<String>, align: Align) {
        let (weight, direction) = (Weight::Plain, Direction::Up);
        self.push(Shape::Text { at, text: text.into(), align, fill: Paint::Text, stroke: None, weight, direction });
    }

    /// What a figure is of, and what it was made from: a heading in its upper left corner, for which it is made wider, and
    /// below all that was drawn texts, in as many lines as they take.
    pub(crate) fn frame(&mut self, heading: &str, source: impl IntoIterator<Item = String>) {
        // Headings are heavier than the letters that are measured.
        let heading = text::cut(heading, MOST_HEADING_PX);
        self.size[0] = self.size[0].max(text::width(&heading) * 1.06 + 2.0 * MARGIN_PX);
        let most_px = self.size[0] - 2.0 * MARGIN_PX;
        self.heading([MARGIN_PX, HEADING_PX / 2.0 + 8.0], heading, Align::Start);
        self.size[1] += 10.0;
        for line in source.into_iter().flat_map(|text| text::lines(&text, most_px)) {
            self.say_below(line);
        }
        self.size[1] += 2.0;
    }

    /// A line of dashes.
    pub(crate) fn dashed(&mut self, from: [f64; 2], to: [f64; 2], paint: Paint) {
        let [dx, dy] = [to[0] - from[0], to[1] - from[1]];
        let length = dx.hypot(dy);
        let point = |px: f64| [from[0] + dx * px / length, from[1] + dy * px / length];
        let mut d = String::new();
        let mut at = 0.0;
        while at < length {
            let [[x0, y0], [x1, y1]] = [at, (at + DASH_PX).min(length)].map(point);
            let _ = write!(d, "M{x0:.1} {y0:.1}L{x1:.1} {y1:.1}");
            at += 2.0 * DASH_PX;
        }
        self.push(Shape::Path { d, fill: None, stroke: Some((paint, 1.0)) });
    }

    pub(crate) fn line(&mut self, from: [f64; 2], to: [f64; 2], paint: Paint) {
        let d = format!("M{:.1} {:.1}L{:.1} {:.1}", from[0], from[1], to[0], to[1]);
        self.push(Shape::Path { d, fill: None, stroke: Some((paint, 1.0)) });
    }
}
