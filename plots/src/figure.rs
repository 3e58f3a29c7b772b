//! A figure: shapes, and marks that stand for numbers.

use explorer_core::color::{Ground, Rgb, css_color};

use crate::{grid::MARGIN_PX, text};

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
    /// That of what all is drawn on.
    Ground,
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
            (Self::Ground, ground) => ground.background(),
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
        self.push(Shape::Text { at, text: text.into(), align, fill, weight, direction });
    }

    pub(crate) fn heading(&mut self, at: [f64; 2], text: impl Into<String>, align: Align) {
        let (weight, direction) = (Weight::Heading, Direction::Right);
        self.push(Shape::Text { at, text: text.into(), align, fill: Paint::Text, weight, direction });
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
        self.push(Shape::Text { at, text: text.into(), align, fill: Paint::Text, weight, direction });
    }

    pub(crate) fn line(&mut self, from: [f64; 2], to: [f64; 2], paint: Paint) {
        let d = format!("M{:.1} {:.1}L{:.1} {:.1}", from[0], from[1], to[0], to[1]);
        self.push(Shape::Path { d, fill: None, stroke: Some((paint, 1.0)) });
    }
}
