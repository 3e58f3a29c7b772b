//! Icons: one stroke set on a 20 px grid, drawn in the current text color.

use crate::view::view;
use leptos::prelude::*;

/// The picture that an [`Icon`] shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Glyph {
    /// A tick.
    Check,
    /// Pointing down: a section that is open.
    ChevronDown,
    /// Pointing right: a section that is closed.
    ChevronRight,
    /// A funnel crossed out.
    ClearFilters,
    /// A cross.
    Close,
    /// Angle brackets and a slash.
    Code,
    /// Two circles that overlap.
    Compare,
    /// An arrow down to a line.
    Download,
    /// A drop of color.
    Drop,
    /// A pencil.
    Edit,
    /// Two sliders.
    Filters,
    /// Four corners.
    Fit,
    /// A cube.
    Front,
    /// A double helix.
    Genes,
    /// A question mark.
    Help,
    /// A house.
    Home,
    /// An i in a circle.
    Info,
    /// A square, half of it hatched.
    Invert,
    /// A tag.
    Label,
    /// A loop of rope.
    Lasso,
    /// Two links of a chain.
    Link,
    /// One stroke.
    Minus,
    /// A moon.
    Moon,
    /// Three dots.
    More,
    /// A ball with an arrow around it.
    Orbit,
    /// Arrows in four directions.
    Pan,
    /// Four panes.
    Panels,
    /// A window with its left part marked off.
    PanelLeft,
    /// A window with its right part marked off.
    PanelRight,
    /// Two strokes.
    Plus,
    /// A dashed rectangle.
    Rectangle,
    /// An arrow turning right.
    Redo,
    /// A magnifying glass.
    Search,
    /// Two squares that overlap, their outline.
    SelectAdd,
    /// Two squares that overlap, what they share hatched.
    SelectIntersect,
    /// A square.
    SelectNew,
    /// Two squares that overlap, one bitten off the other.
    SelectSubtract,
    /// Lines of falling length.
    Sort,
    /// Two violins.
    Spread,
    /// A crop mark.
    Subset,
    /// A sun.
    Sun,
    /// A disc, half of it hatched.
    System,
    /// A bin.
    Trash,
    /// An arrow turning left.
    Undo,
    /// Arrows outwards.
    Unsubset,
    /// An arrow up from a line.
    Upload,
    /// An exclamation mark in a triangle.
    Warning,
}

impl Glyph {
    /// The strokes, as the data of an SVG path on a 20 × 20 grid.
    fn strokes(self) -> &'static str {
        match self {
            Self::Check => "m4.5 10.5 3.6 3.6 7.4-8",
            Self::ChevronDown => "m5.5 8 4.5 4.5L14.5 8",
            Self::ChevronRight => "m8 5.5 4.5 4.5L8 14.5",
            Self::ClearFilters => "M3 4.5h11l-4.2 5v5.5l-2.6-1.6V9.5zM13.5 12.5l4 4M17.5 12.5l-4 4",
            Self::Close => "m5.5 5.5 9 9M14.5 5.5l-9 9",
            Self::Code => "m7 6-4 4 4 4M13 6l4 4-4 4M11.2 4 8.8 16",
            Self::Compare => {
                "M7.5 5.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9zM12.5 5.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9z"
            }
            Self::Download => "M10 3.5v9M6.5 9.2l3.5 3.5 3.5-3.5M4 16.5h12",
            Self::Drop => "M10 3c2.6 3 4.8 5.6 4.8 8.3a4.8 4.8 0 0 1-9.6 0C5.2 8.6 7.4 6 10 3z",
            Self::Edit => "m12.8 4.2 3 3-8.3 8.3-3.7.7.7-3.7z",
            Self::Filters => {
                "M3 6h7.2M13.8 6H17M12 4.2a1.8 1.8 0 1 0 0 3.6 1.8 1.8 0 0 0 0-3.6zM3 14h3.2M9.8 14H17M8 12.2a1.8 1.8 0 1 0 0 3.6 1.8 1.8 0 0 0 0-3.6z"
            }
            Self::Fit => "M4 7.5V4h3.5M12.5 4H16v3.5M16 12.5V16h-3.5M7.5 16H4v-3.5",
            Self::Front => "M4 7v8h8V7zM4 7l4-3.5h8L12 7M16 3.5v8L12 15",
            Self::Genes => {
                "M6 2.5c0 5 8 5 8 7.5s-8 2.5-8 7.5M14 2.5c0 5-8 5-8 7.5s8 2.5 8 7.5M6.7 4.8h6.6M6.7 15.2h6.6"
            }
            Self::Help => "M10 3a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM8 8.2a2 2 0 1 1 2.9 1.8c-.6.3-.9.7-.9 1.4M10 13.8v.1",
            Self::Home => "M3.5 9.5 10 4l6.5 5.5M5.5 8.2V16h9V8.2",
            Self::Info => "M10 3a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM10 9.2v4.3M10 6.6v.1",
            Self::Invert => "M4 4h12v12H4zM4 16 16 4M4 12l8-8M4 8l4-4",
            Self::Label => "M3.5 4.5h7l6 5.5-6 5.5h-7zM7 10v.1",
            Self::Lasso => {
                "M7 12.6c.9.2 1.9.3 3 .3 4 0 7-2 7-4.5S14 4 10 4 3 6 3 8.4c0 1 .5 1.9 1.3 2.7M7 13a1.7 1.7 0 1 1-2.6-2.2A1.7 1.7 0 0 1 7 13c.2 1.6-.4 2.9-2 3.7"
            }
            Self::Link => {
                "M8.3 11.7a3 3 0 0 0 4.3 0l3-3a3 3 0 0 0-4.3-4.3l-.9.9M11.7 8.3a3 3 0 0 0-4.3 0l-3 3a3 3 0 0 0 4.3 4.3l.9-.9"
            }
            Self::Minus => "M4.5 10h11",
            Self::Moon => "M16.5 11.8A6.8 6.8 0 0 1 8.2 3.5a6.8 6.8 0 1 0 8.3 8.3z",
            Self::More => {
                "M5.5 10a.5.5 0 1 1-1 0 .5.5 0 0 1 1 0zM10.5 10a.5.5 0 1 1-1 0 .5.5 0 0 1 1 0zM15.5 10a.5.5 0 1 1-1 0 .5.5 0 0 1 1 0z"
            }
            Self::Orbit => {
                "M10 6.8a3.2 3.2 0 1 0 0 6.4 3.2 3.2 0 0 0 0-6.4zM14.6 7.4c1.9.6 3 1.6 2.4 2.9-.9 1.9-5 3-9 2.4M8.6 15l-1.9-2.5 2.6-1.5M5.4 12.6C3.5 12 2.4 11 3 9.7c.5-1.1 2-1.9 4-2.3"
            }
            Self::Pan => "M10 3v14M3 10h14M8 5l2-2 2 2M8 15l2 2 2-2M5 8l-2 2 2 2M15 8l2 2-2 2",
            Self::Panels => "M3.5 4h13v12h-13zM10 4v12M3.5 10h13",
            Self::PanelLeft => "M4 4h12a1 1 0 0 1 1 1v10a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1V5a1 1 0 0 1 1-1zM8 4v12",
            Self::PanelRight => "M4 4h12a1 1 0 0 1 1 1v10a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1V5a1 1 0 0 1 1-1zM12 4v12",
            Self::Plus => "M10 4.5v11M4.5 10h11",
            Self::Rectangle => {
                "M4 6.8V5a1 1 0 0 1 1-1h1.8M9 4h2M13.2 4H15a1 1 0 0 1 1 1v1.8M16 9v2M16 13.2V15a1 1 0 0 1-1 1h-1.8M11 16H9M6.8 16H5a1 1 0 0 1-1-1v-1.8M4 11V9"
            }
            Self::Redo => "m13 4 3.5 3.5L13 11M16.5 7.5h-8a4.5 4.5 0 0 0 0 9H12",
            Self::Search => "M9 3.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11zM13 13l3.5 3.5",
            Self::SelectAdd => "M3.5 3.5h9v4h4v9h-9v-4h-4z",
            Self::SelectIntersect => "M3.5 3.5h9v9h-9zM7.5 7.5h9v9h-9zM7.5 10.5l3-3M8.5 12.5l4-4",
            Self::SelectNew => "M4.5 4.5h11v11h-11z",
            Self::SelectSubtract => "M3.5 3.5h9v4h-5v5h-4zM16.5 10v3M16.5 16v.5H16M13 16.5h-3",
            Self::Sort => "M6 4v12M3.5 13.5 6 16l2.5-2.5M11 5h6M11 9h4.5M11 13h3",
            Self::Spread => {
                "M6 2.5c0 4-3 5.5-3 8s3 3.5 3 7c0-3.5 3-4.5 3-7s-3-4-3-8zM14 2.5c0 3-2.5 4-2.5 6s2.5 4.5 2.5 9c0-4.5 2.5-7 2.5-9s-2.5-3-2.5-6z"
            }
            Self::Subset => "M6 2.5V14h11.5M2.5 6H14v11.5",
            Self::Sun => {
                "M10 6.5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7zM10 2.2v1.4M10 16.4v1.4M2.2 10h1.4M16.4 10h1.4M4.5 4.5l1 1M14.5 14.5l1 1M15.5 4.5l-1 1M5.5 14.5l-1 1"
            }
            Self::System => "M10 3a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM10 3v14M10 6h5.7M10 8.7h6.8M10 11.4h6.8M10 14h5.7",
            Self::Trash => "M4 6h12M8 6V4.2h4V6M5.5 6l.7 10h7.6l.7-10M8.6 9v4.3M11.4 9v4.3",
            Self::Undo => "M7 4 3.5 7.5 7 11M3.5 7.5h8a4.5 4.5 0 0 1 0 9H8",
            Self::Unsubset => {
                "M8 12l-4.5 4.5M3.5 12.8v3.7h3.7M12 8l4.5-4.5M12.8 3.5h3.7v3.7M8 8 3.5 3.5M3.5 7.2V3.5h3.7M12 12l4.5 4.5M16.5 12.8v3.7h-3.7"
            }
            Self::Upload => "M10 12.7v-9M6.5 7.2 10 3.7l3.5 3.5M4 16.5h12",
            Self::Warning => "M10 3.5 17.2 16H2.8zM10 8.2v3.6M10 13.8v.1",
        }
    }
}

/// One icon, hidden from assistive technology: what holds it carries the name.
#[component]
pub fn Icon(
    /// What to draw.
    #[prop(into)]
    glyph: Signal<Glyph>,
) -> impl IntoView {
    view! {
        <svg class="icon" viewBox="0 0 20 20" aria-hidden="true" focusable="false">
            <path d=move || glyph.get().strokes() />
        </svg>
    }
}

/// The product's mark: a mosaic with one tessera set apart.
#[component]
pub fn BrandMark() -> impl IntoView {
    view! {
        <svg class="brand-mark" viewBox="0 0 20 20" aria-hidden="true" focusable="false">
            <path class="brand-mark-tiles" d="M2 2h7v7H2zM2 11h7v7H2zM11 11h7v7h-7z" />
            <path class="brand-mark-tile" d="m15.2.8 4 4-4 4-4-4z" />
        </svg>
    }
}
