//! The colours of cells: from the state's choice and the loaded column to one index a cell.

use std::sync::Arc;

use explorer_core::{
    color::{ColorScale, ColorTable, MISSING, MISSING_GREY, Rgba, label_colors, label_indices, label_table},
    data::{Column, Continuous},
    state::{ColorBy, ColorOptions},
};

use super::loaded::Loaded;

/// The colour of cells when nothing colours them.
const PLAIN: Rgba = [86, 124, 172, 255];

/// How cells are coloured, for the legend and the lists.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Colors {
    /// One colour for all.
    #[default]
    Plain,
    /// What is to colour them has yet to arrive.
    Loading,
    /// By the labels of a column.
    Labels {
        /// The column.
        column: String,
        /// Its labels.
        labels: Arc<[String]>,
        /// Colours by code.
        colors: Arc<[Rgba]>,
    },
    /// By numbers.
    Numbers {
        /// What they are: a column's or a gene's name.
        name: String,
        /// The layer, where it is not the default.
        subtitle: String,
        /// From number to colour.
        scale: ColorScale,
        /// Whether some cell has no value, or one that is not drawn.
        has_missing: bool,
    },
}

#[derive(Clone, PartialEq)]
struct Asked {
    by: ColorBy,
    options: ColorOptions,
    opacity: u8,
}

/// Keeps indices and colours of the present colouring.
pub(super) struct Painter {
    asked: Option<Asked>,
    is_whole: bool,
    colors: Colors,
    indices: Option<Arc<[u8]>>,
    table: Vec<Rgba>,
}

impl Painter {
    pub fn new() -> Self {
        Self { asked: None, is_whole: false, colors: Colors::Plain, indices: None, table: vec![PLAIN; 256] }
    }

    /// Follows the choice as far as its data are there; says whether anything changed.
    pub fn sync(&mut self, by: &ColorBy, options: &ColorOptions, opacity: f32, loaded: &Loaded) -> bool {
        let opacity = (opacity * 255.0).round() as u8;
        let asked = Asked { by: by.clone(), options: options.clone(), opacity };
        if self.is_whole && self.asked.as_ref() == Some(&asked) {
            return false;
        }
        let is_new = self.asked.as_ref() != Some(&asked);
        let painted = self.paint(&asked, loaded);
        if !painted && !is_new {
            return false;
        }
        if !painted {
            // The former colours stay until the new ones can be shown.
            self.colors = Colors::Loading;
        }
        self.is_whole = painted;
        self.asked = Some(asked);
        true
    }

    fn paint(&mut self, asked: &Asked, loaded: &Loaded) -> bool {
        let mut table: ColorTable = [PLAIN; 256];
        match &asked.by {
            ColorBy::None => {
                self.indices = None;
                self.colors = Colors::Plain;
            }
            ColorBy::Obs(name) => match loaded.column(name) {
                None => return false,
                Some(Column::Continuous(values)) => table = self.paint_numbers(name, "", values, asked),
                Some(Column::Categorical(column)) => {
                    let Some(categories) = loaded.categories.get(name).and_then(super::Slot::ready) else {
                        return false;
                    };
                    let colors = label_colors(column.categories.len(), categories.colors.as_deref());
                    table = label_table(&colors, MISSING_GREY);
                    self.indices = Some(label_indices(column).into());
                    self.colors = Colors::Labels {
                        column: name.clone(),
                        labels: Arc::clone(&column.categories),
                        colors: colors.into(),
                    };
                }
            },
            ColorBy::Gene(key) => match loaded.gene(key) {
                None => return false,
                Some(values) => {
                    let layer = key.layer.as_ref().map(|layer| format!("layer {layer}"));
                    table = self.paint_numbers(&key.gene, &layer.unwrap_or_default(), values, asked);
                }
            },
        }
        for color in &mut table {
            color[3] = asked.opacity;
        }
        self.table = table.to_vec();
        true
    }

    fn paint_numbers(&mut self, name: &str, subtitle: &str, values: &Continuous, asked: &Asked) -> ColorTable {
        let scale = ColorScale::fit(values, None, &asked.options);
        let indices = scale.indices(values);
        let has_missing = indices.contains(&MISSING);
        self.indices = Some(indices.into());
        let table = scale.table(MISSING_GREY);
        self.colors = Colors::Numbers { name: name.to_owned(), subtitle: subtitle.to_owned(), scale, has_missing };
        table
    }

    pub fn colors(&self) -> &Colors {
        &self.colors
    }

    pub fn indices(&self) -> Option<&[u8]> {
        self.indices.as_deref()
    }

    /// Whether higher indices are to be seen above lower ones.
    pub fn is_by_value(&self) -> bool {
        matches!(self.colors, Colors::Numbers { .. })
    }

    pub fn table(&self) -> &[Rgba] {
        &self.table
    }
}
