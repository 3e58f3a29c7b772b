//! The colours of cells: from the state's choice and the loaded column to one index a cell.

use std::sync::{Arc, Weak};

use explorer_core::{
    color::{ColorScale, ColorTable, MISSING, MISSING_GREY, Rgba, label_colors, label_indices, label_table},
    data::{Column, Continuous},
    state::{Analysis, ColorBy, ColorOptions, GeneMean},
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

/// Whether the colours are those that were asked for. Until they are, the former ones stay, and so
/// does their legend.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Standing {
    /// They are.
    #[default]
    Shown,
    /// They are in a part of the cells; for the others they are on their way.
    Partly,
    /// What is to colour the cells is on its way.
    Awaited,
    /// It could not be had.
    Failed,
}

#[derive(Clone, PartialEq)]
struct Asked {
    by: ColorBy,
    /// What a gene set stands for.
    mean: Option<GeneMean>,
    options: ColorOptions,
    opacity: u8,
}

/// What is to be drawn anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Repaint {
    Nothing,
    /// How the colours stand: what is asked for is not there yet.
    Legend,
    /// All cells, and the legend.
    Cells,
}

/// Keeps indices and colours of the present colouring.
pub(super) struct Painter {
    asked: Option<Asked>,
    standing: Standing,
    colors: Colors,
    indices: Option<Arc<[u8]>>,
    table: Vec<Rgba>,
    /// The part of a gene that was painted last.
    part: Weak<Continuous>,
}

impl Painter {
    pub fn new() -> Self {
        Self {
            asked: None,
            standing: Standing::Awaited,
            colors: Colors::Plain,
            indices: None,
            table: vec![PLAIN; 256],
            part: Weak::new(),
        }
    }

    /// Follows the choice as far as its data are there.
    pub fn sync(&mut self, analysis: &Analysis, opacity: f32, loaded: &Loaded) -> Repaint {
        let opacity = (opacity * 255.0).round() as u8;
        let asked = Asked {
            by: analysis.color.clone(),
            mean: analysis.color_mean(),
            options: analysis.color_options.clone(),
            opacity,
        };
        let is_new = self.asked.as_ref() != Some(&asked);
        if !is_new && self.standing == Standing::Shown {
            return Repaint::Nothing;
        }
        let part = match &asked.by {
            ColorBy::Gene(key) if loaded.gene(key).is_none() => loaded.part_of_gene(key).cloned(),
            _ => None,
        };
        if !is_new && part.as_ref().is_some_and(|part| self.part.ptr_eq(&Arc::downgrade(part))) {
            return Repaint::Nothing;
        }
        let is_painted = self.paint(&asked, loaded, part.as_deref());
        let standing = match (is_painted, &part) {
            (true, None) => Standing::Shown,
            (true, Some(_)) => Standing::Partly,
            (false, _) if loaded.has_failed(analysis) => Standing::Failed,
            (false, _) => Standing::Awaited,
        };
        self.part = part.as_ref().map(Arc::downgrade).unwrap_or_default();
        for color in &mut self.table {
            color[3] = opacity;
        }
        let before = std::mem::replace(&mut self.standing, standing);
        let is_opacity_new = self.asked.as_ref().is_none_or(|before| before.opacity != opacity);
        self.asked = Some(asked);
        match is_painted || is_opacity_new {
            true => Repaint::Cells,
            false if is_new || standing != before => Repaint::Legend,
            false => Repaint::Nothing,
        }
    }

    /// Takes on the colours asked for; says whether what they need was there.
    fn paint(&mut self, asked: &Asked, loaded: &Loaded, part: Option<&Continuous>) -> bool {
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
            ColorBy::Gene(key) => match loaded.gene(key).or(part) {
                None => return false,
                Some(values) => {
                    let layer = key.layer.as_ref().map(|layer| format!("layer {layer}"));
                    table = self.paint_numbers(&key.gene, &layer.unwrap_or_default(), values, asked);
                }
            },
            ColorBy::GeneSet { set, layer } => {
                let Some(mean) = &asked.mean else { return false };
                let Some(values) = loaded.mean(mean) else { return false };
                let layer = layer.as_ref().map(|layer| format!(", layer {layer}")).unwrap_or_default();
                table = self.paint_numbers(set, &format!("mean of genes{layer}"), values, asked);
            }
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

    pub fn standing(&self) -> Standing {
        self.standing
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

#[cfg(test)]
mod tests {
    use explorer_core::state::GeneKey;
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::*;
    use crate::{fetch::FetchError, store::Slot};

    #[test]
    fn colours_and_legend_stay_together_until_others_can_be_shown() {
        let mut loaded = Loaded { n_obs: 3, ..Loaded::default() };
        let mut painter = Painter::new();
        let mut sync = |name: &str, loaded: &Loaded| {
            let analysis = Analysis { color: ColorBy::Obs(name.to_owned()), ..Analysis::default() };
            let changed = painter.sync(&analysis, 1.0, loaded);
            let Colors::Numbers { name, .. } = painter.colors() else { return (changed, painter.standing(), None) };
            (changed, painter.standing(), Some((name.clone(), painter.indices().map(<[u8]>::to_vec))))
        };
        assert_eq!(sync("a", &loaded), (Repaint::Cells, Standing::Awaited, None));
        let column = Column::Continuous(Continuous { values: vec![0.0, 1.0, f32::NAN] });
        loaded.columns.insert("a".to_owned(), Slot::Ready(Arc::new(column)));
        let shown = Some(("a".to_owned(), Some(vec![0, 254, MISSING])));
        assert_eq!(sync("a", &loaded), (Repaint::Cells, Standing::Shown, shown.clone()));
        assert_eq!(sync("a", &loaded), (Repaint::Nothing, Standing::Shown, shown.clone()));
        assert_eq!(sync("b", &loaded), (Repaint::Legend, Standing::Awaited, shown.clone()));
        loaded.columns.insert("b".to_owned(), Slot::Failed(FetchError::Network));
        assert_eq!(sync("b", &loaded), (Repaint::Legend, Standing::Failed, shown.clone()));
        assert_eq!(sync("b", &loaded), (Repaint::Nothing, Standing::Failed, shown));
    }

    #[test]
    fn a_part_of_a_gene_is_painted_once_and_then_the_whole() {
        let mut loaded = Loaded { n_obs: 3, ..Loaded::default() };
        let mut painter = Painter::new();
        let key = GeneKey { layer: None, gene: "LYZ".to_owned() };
        let analysis = Analysis { color: ColorBy::Gene(key.clone()), ..Analysis::default() };
        let mut sync = |loaded: &Loaded| {
            let changed = painter.sync(&analysis, 1.0, loaded);
            (changed, painter.standing(), painter.indices().map(<[u8]>::to_vec))
        };
        assert_eq!(sync(&loaded), (Repaint::Cells, Standing::Awaited, None));
        let part = Continuous { values: vec![0.0, 2.0, f32::NAN] };
        loaded.partial_gene = Some((key.clone(), Arc::new(part)));
        let painted = Some(vec![0, 254, MISSING]);
        assert_eq!(sync(&loaded), (Repaint::Cells, Standing::Partly, painted.clone()));
        assert_eq!(sync(&loaded), (Repaint::Nothing, Standing::Partly, painted));
        let whole = Continuous { values: vec![0.0, 2.0, 4.0] };
        loaded.partial_gene = None;
        loaded.genes.insert(key, Slot::Ready(Arc::new(whole)));
        assert_eq!(sync(&loaded), (Repaint::Cells, Standing::Shown, Some(vec![0, 127, 254])));
        assert_eq!(sync(&loaded).0, Repaint::Nothing);
    }
}
