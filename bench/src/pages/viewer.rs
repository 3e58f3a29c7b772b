//! A viewer: where its page is, and how a person works it.

use std::process::Child;

use e2e::{Graphics, TileServer};
use fantoccini::key::Key;

/// A viewer with its data, ready to be visited.
pub struct Viewer {
    /// What it is called, version and all.
    pub name: String,
    /// What it draws with.
    pub graphics: Graphics,
    /// Its page.
    pub url: String,
    /// The selector of the element that shows the points, the first of several.
    pub picture: &'static str,
    /// The selector of what has the size of all viewers' pictures: that element, or all of them.
    pub pictures: &'static str,
    /// An expression of JavaScript that is true once the page takes its picture for whole.
    pub is_whole: String,
    /// How dragging comes to move the picture.
    pub pan: Mode,
    /// How dragging comes to draw a lasso.
    pub lasso: Mode,
    /// How to color by the second column, and by the first again.
    pub recolor: [Act; 2],
    /// How to color by everything else that its memory is measured with.
    pub colors: Vec<Act>,
    /// How to open another panel, and to close it.
    pub panels: Vec<Act>,
    /// The selector of the text that says how many points are selected.
    pub count: Option<&'static str>,
    /// The histogram that is brushed, where there is one.
    pub histogram: Option<Histogram>,
    /// What it is served by.
    pub server: Server,
    /// Remarks that belong to all its numbers.
    pub notes: Vec<String>,
}

/// What a tool is chosen by.
#[derive(Clone, Copy, Debug, Default)]
pub struct Mode {
    /// The selector of its button.
    pub button: Option<&'static str>,
    /// Keys that are held meanwhile.
    pub keys: &'static [Key],
}

/// How a page is told something.
pub enum Act {
    /// By pressing what this selector finds.
    Press(String),
    /// By typing into what the selector finds.
    Type {
        /// The selector.
        into: &'static str,
        /// What is typed.
        text: String,
    },
    /// By JavaScript.
    Call(&'static str),
}

/// Selectors of a histogram.
pub struct Histogram {
    /// What is dragged over.
    pub brush: &'static str,
    /// What takes the brush away.
    pub clear: &'static str,
}

/// The process that serves a viewer; it ends when this is dropped.
pub enum Server {
    /// Ours.
    Tiles {
        /// It ends when dropped.
        _running: Box<TileServer>,
    },
    /// Another.
    Other(Child),
    /// This process, which does nothing but send files.
    Files,
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Self::Other(child) = self {
            // Both fail only when the program has ended already.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl Server {
    /// The process, where it is one of its own.
    pub fn id(&self) -> Option<u32> {
        match self {
            Self::Tiles { .. } => super::memory::find("tile-server"),
            Self::Other(child) => Some(child.id()),
            Self::Files => None,
        }
    }
}
