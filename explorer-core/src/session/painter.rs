//! The colors of cells: from the state's choice and the loaded column to one index per cell.

use std::sync::{Arc, Weak};

use super::{ColorChange, ColorStatus, Colors, Loaded};
use crate::{
    color::{
        Blend, ColorScale, ColorTable, Ground, MISSING, MISSING_GRAY, Rgba, label_colors, label_indices, label_table,
    },
    data::{Column, Continuous, label_order},
    filter::CellMask,
    state::{Analysis, CellOrder, ColorBy, ColorOptions, DataKey, Filters, GeneKey, GeneMean, SetValue},
};

/// The color of cells when nothing colors them.
pub(crate) const PLAIN: Rgba = [86, 124, 172, 255];

/// Colors that the file makes more transparent are this opaque, so that no cell is invisible: a tenth.
const LEAST_ALPHA: u8 = 26;

#[derive(Clone, PartialEq)]
struct Asked {
    by: ColorBy,
    /// What a gene set stands for.
    mean: Option<GeneMean>,
    options: ColorOptions,
    ground: Ground,
    opacity: u8,
    /// Whether a column of numbers is shown as labels.
    as_labels: bool,
    /// The levels of the subset in view: scales are fitted to its cells.
    subset: Vec<Filters>,
}

/// What is in view.
#[derive(Clone, Copy, Debug, Default)]
pub struct InView<'a> {
    /// The cells; `None` where these are all.
    pub cells: Option<&'a CellMask>,
    /// The levels of the subset that they are.
    pub subset: &'a [Filters],
}

/// Keeps indices and colors as they are shown.
pub struct Painter {
    /// What the cells are drawn on.
    pub ground: Ground,
    asked: Option<Asked>,
    status: ColorStatus,
    colors: Colors,
    indices: Option<Arc<[u8]>>,
    table: Vec<Rgba>,
    /// The opacity of each color as the file has it.
    alphas: Vec<u8>,
    /// Which indices are seen above which.
    priorities: [u8; 256],
    /// The part of a gene that was painted last.
    part: Weak<Continuous>,
    /// What is painted, where all of it has come.
    column: Option<Arc<Column>>,
}

impl Default for Painter {
    fn default() -> Self {
        Self {
            ground: Ground::default(),
            asked: None,
            status: ColorStatus::Loading,
            colors: Colors::Plain,
            indices: None,
            table: vec![PLAIN; 256],
            alphas: vec![u8::MAX; 256],
            priorities: [0; 256],
            part: Weak::new(),
            column: None,
        }
    }
}

/// What genes and layers are called.
pub trait Naming {
    /// What a gene is shown as.
    fn gene(&self, key: &GeneKey) -> String;

    /// The layer that the state names or takes as the default, where it has to be told.
    fn layer(&self, key: Option<&str>) -> Option<String>;
}

impl Painter {
    /// Follows the choice as far as its data are there. Opacity is 0 (invisible) to 1; scales are fitted to the cells of
    /// the subset that is `in_view`, as CELLxGENE's are: who makes a subset wants to see its own differences.
    pub fn sync(
        &mut self,
        analysis: &Analysis,
        opacity: f32,
        loaded: &Loaded,
        in_view: InView<'_>,
        naming: &impl Naming,
    ) -> ColorChange {
        let opacity = (opacity * 255.0).round() as u8;
        let asked = Asked {
            by: analysis.color.clone(),
            mean: analysis.color_mean(),
            options: analysis.color_options.clone(),
            ground: self.ground,
            opacity,
            as_labels: matches!(&analysis.color, ColorBy::Obs(name) if loaded.labels(name).is_some()),
            subset: in_view.subset.to_vec(),
        };
        let is_first = self.asked.is_none();
        let is_opacity_new = self.asked.as_ref().is_none_or(|before| before.opacity != opacity);
        let is_new =
            self.asked.as_ref().is_none_or(|before| *before != Asked { opacity: before.opacity, ..asked.clone() });
        if is_opacity_new {
            self.fade(opacity);
        }
        let unchanged = if is_opacity_new { ColorChange::Table } else { ColorChange::None };
        let part = match &asked.by {
            ColorBy::Gene(gene) if !loaded.is_ready(&DataKey::Gene(gene.clone())) => loaded.part_of_gene(gene).cloned(),
            ColorBy::None | ColorBy::Obs(_) | ColorBy::Gene(_) | ColorBy::GeneSet { .. } | ColorBy::TwoGenes { .. } => {
                None
            }
        };
        let is_part_painted = part.as_ref().is_some_and(|part| self.part.ptr_eq(&Arc::downgrade(part)));
        if !is_new && (self.status == ColorStatus::Shown || is_part_painted) {
            self.asked = Some(asked);
            return unchanged;
        }
        let is_painted = self.paint(&asked, analysis, loaded, part.as_deref(), in_view.cells, naming);
        let status = match (is_painted, &part) {
            (true, None) => ColorStatus::Shown,
            (true, Some(_)) => ColorStatus::Partial,
            (false, _) if loaded.has_color_failed(analysis) => ColorStatus::Failed,
            (false, _) => ColorStatus::Loading,
        };
        self.part = part.as_ref().map(Arc::downgrade).unwrap_or_default();
        let before = std::mem::replace(&mut self.status, status);
        self.asked = Some(asked);
        match is_painted || is_first {
            true => ColorChange::Cells,
            false if is_opacity_new => ColorChange::Table,
            false if is_new || status != before => ColorChange::Status,
            false => ColorChange::None,
        }
    }

    /// A column has other values from now on: what is painted by it is painted anew.
    pub fn renew(&mut self, column: &str) {
        if self.asked.as_ref().is_some_and(|asked| asked.by.column() == Some(column)) {
            self.repaint();
        }
    }

    /// Other cells are in view under the same filters: what is painted is fitted to them anew.
    pub fn repaint(&mut self) {
        self.status = ColorStatus::Loading;
    }

    /// Takes on the colors asked for; says whether the data that they take were there.
    fn paint(
        &mut self,
        asked: &Asked,
        analysis: &Analysis,
        loaded: &Loaded,
        part: Option<&Continuous>,
        visible: Option<&CellMask>,
        naming: &impl Naming,
    ) -> bool {
        let of_layer = |layer: &Option<String>| naming.layer(layer.as_deref()).map(|layer| format!("layer {layer}"));
        let mut table: ColorTable = [PLAIN; 256];
        let column = analysis.color_data().and_then(|key| loaded.column(&key));
        let numbers = match column.map(AsRef::as_ref) {
            Some(Column::Continuous(values)) => Some(values),
            Some(Column::Categorical(_)) | None => None,
        };
        match &asked.by {
            ColorBy::None => {
                self.indices = None;
                self.colors = Colors::Plain;
            }
            ColorBy::Obs(name) => match (loaded.labels(name), numbers) {
                (None, None) => return false,
                (None, Some(values)) => table = self.paint_numbers(name, "", values, asked, visible),
                (Some(column), _) => {
                    let Some(categories) = loaded.categories(name) else { return false };
                    let colors = label_colors(column.categories.len(), categories.colors.as_deref());
                    table = label_table(&colors, MISSING_GRAY);
                    let indices = label_indices(column);
                    self.colors = Colors::Labels {
                        column: name.clone(),
                        labels: Arc::clone(&column.categories),
                        order: label_order(&column.categories, column.ordered).into(),
                        colors: colors.into(),
                        has_missing: has_missing(&indices, visible),
                    };
                    self.indices = Some(indices.into());
                }
            },
            ColorBy::Gene(key) => match numbers.or(part) {
                None => return false,
                Some(values) => {
                    let (name, layer) = (naming.gene(key), of_layer(&key.layer).unwrap_or_default());
                    table = self.paint_numbers(&name, &layer, values, asked, visible);
                }
            },
            ColorBy::GeneSet { set, layer, value } => {
                let Some(values) = numbers else { return false };
                let told = [Some(set_value_name(*value).to_owned()), of_layer(layer)];
                let told: Vec<String> = told.into_iter().flatten().collect();
                table = self.paint_numbers(set, &told.join(", "), values, asked, visible);
            }
            ColorBy::TwoGenes { layer, .. } => {
                let Some(genes) = asked.by.pair() else { return false };
                let [first, second] = genes.clone().map(DataKey::Gene);
                let (Some(first), Some(second)) = (loaded.numbers(&first), loaded.numbers(&second)) else {
                    return false;
                };
                let values = [first, second];
                let blend = Blend::fit(values, visible, &asked.options);
                let indices = blend.indices(values);
                self.colors = Colors::TwoNumbers {
                    names: genes.each_ref().map(|gene| naming.gene(gene)),
                    subtitle: of_layer(layer).unwrap_or_default(),
                    blend,
                    ground: asked.ground,
                    has_missing: has_missing(&indices, visible),
                };
                self.indices = Some(indices.into());
                table = Blend::table(MISSING_GRAY, asked.ground);
            }
        }
        self.priorities = priorities(&self.colors, asked.options.order);
        self.column = column.cloned();
        self.table = table.to_vec();
        self.alphas = table.iter().map(|color| color[3].max(LEAST_ALPHA)).collect();
        self.fade(asked.opacity);
        true
    }

    /// Gives the colors the opacity that is asked for, in proportion to the file's.
    fn fade(&mut self, opacity: u8) {
        for (color, &alpha) in self.table.iter_mut().zip(&self.alphas) {
            color[3] = (f32::from(alpha) * f32::from(opacity) / 255.0).round() as u8;
        }
    }

    fn paint_numbers(
        &mut self,
        name: &str,
        subtitle: &str,
        values: &Continuous,
        asked: &Asked,
        visible: Option<&CellMask>,
    ) -> ColorTable {
        let scale = ColorScale::fit(values, visible, &asked.options);
        let indices = scale.indices(values);
        let has_missing = has_missing(&indices, visible);
        self.indices = Some(indices.into());
        let table = scale.table(MISSING_GRAY, asked.ground);
        self.colors = Colors::Numbers {
            name: name.to_owned(),
            subtitle: subtitle.to_owned(),
            scale,
            ground: asked.ground,
            has_missing,
        };
        table
    }

    /// How cells are colored.
    pub fn colors(&self) -> &Colors {
        &self.colors
    }

    /// Whether that is what was asked for.
    pub fn status(&self) -> ColorStatus {
        self.status
    }

    /// What is painted, where all of it has come; `None` where nothing colors the cells.
    pub fn column(&self) -> Option<&Arc<Column>> {
        self.column.as_ref()
    }

    /// An index per cell into the table; `None` where all cells have the first color.
    pub fn indices(&self) -> Option<&[u8]> {
        self.indices.as_deref()
    }

    /// Which indices are to be seen above which: the higher of these above the lower.
    pub fn priorities(&self) -> &[u8; 256] {
        &self.priorities
    }

    /// Colors and their table as they would be on another background.
    pub fn on(&self, ground: Ground) -> (Colors, Vec<Rgba>) {
        let mut colors = self.colors.clone();
        let mut table = self.table.clone();
        let seen = match &mut colors {
            Colors::Numbers { scale, ground: own, .. } => {
                *own = ground;
                scale.table(MISSING_GRAY, ground)
            }
            Colors::TwoNumbers { ground: own, .. } => {
                *own = ground;
                Blend::table(MISSING_GRAY, ground)
            }
            Colors::Plain | Colors::Labels { .. } => return (colors, table),
        };
        for (entry, [red, green, blue, _]) in table.iter_mut().zip(seen) {
            *entry = [red, green, blue, entry[3]];
        }
        (colors, table)
    }

    /// The colors that indices stand for.
    pub fn table(&self) -> &[Rgba] {
        &self.table
    }
}

/// The priority of each color index. Cells without a value lie lowest.
fn priorities(colors: &Colors, order: CellOrder) -> [u8; 256] {
    let height: fn(u8) -> u8 = match colors {
        Colors::Plain | Colors::Labels { .. } => return [0; 256],
        Colors::Numbers { .. } => |index| index,
        Colors::TwoNumbers { .. } => Blend::height,
    };
    std::array::from_fn(|index| match (index as u8, order) {
        (MISSING, _) | (_, CellOrder::Random) => 0,
        (index, CellOrder::Highest) => height(index),
        (index, CellOrder::Lowest) => MISSING - 1 - height(index),
    })
}

/// Whether a cell in view has no color of its own.
fn has_missing(indices: &[u8], visible: Option<&CellMask>) -> bool {
    match visible {
        None => indices.contains(&MISSING),
        Some(mask) => {
            indices.iter().zip(mask.as_bytes()).any(|(&index, &is_visible)| index == MISSING && is_visible != 0)
        }
    }
}

/// What is told of the genes of a set.
fn set_value_name(value: SetValue) -> &'static str {
    match value {
        SetValue::Mean => "mean of genes",
        SetValue::Score => "score over control genes",
    }
}

#[cfg(test)]
mod tests {
    use shared_fbs::tile::Categories;

    use super::*;
    use crate::{
        data::{Categorical, Codes},
        session::Slot,
    };

    /// Genes by their ids, and layers as the state names them.
    struct Ids;

    impl Naming for Ids {
        fn gene(&self, key: &GeneKey) -> String {
            key.gene.clone()
        }

        fn layer(&self, key: Option<&str>) -> Option<String> {
            key.map(str::to_owned)
        }
    }

    #[test]
    fn colors_and_legend_stay_together_until_others_can_be_shown() {
        let mut loaded = Loaded::new(3);
        let mut painter = Painter::default();
        let mut sync = |name: &str, loaded: &Loaded| {
            let analysis = Analysis { color: ColorBy::Obs(name.to_owned()), ..Analysis::default() };
            let changed = painter.sync(&analysis, 1.0, loaded, InView::default(), &Ids);
            let Colors::Numbers { name, .. } = painter.colors() else { return (changed, painter.status(), None) };
            (changed, painter.status(), Some((name.clone(), painter.indices().map(<[u8]>::to_vec))))
        };
        assert_eq!(sync("a", &loaded), (ColorChange::Cells, ColorStatus::Loading, None));
        let key = |name: &str| DataKey::Column(name.to_owned());
        loaded.arrive(key("a"), Slot::Ready(Continuous { values: vec![0.0, 1.0, f32::NAN] }.into()));
        let shown = Some(("a".to_owned(), Some(vec![0, 254, MISSING])));
        assert_eq!(sync("a", &loaded), (ColorChange::Cells, ColorStatus::Shown, shown.clone()));
        assert_eq!(sync("a", &loaded), (ColorChange::None, ColorStatus::Shown, shown.clone()));
        assert_eq!(sync("b", &loaded), (ColorChange::Status, ColorStatus::Loading, shown.clone()));
        loaded.arrive(key("b"), Slot::Failed);
        assert_eq!(sync("b", &loaded), (ColorChange::Status, ColorStatus::Failed, shown.clone()));
        assert_eq!(sync("b", &loaded), (ColorChange::None, ColorStatus::Failed, shown));
    }

    #[test]
    fn a_part_of_a_gene_is_painted_once_and_then_the_whole() {
        let mut loaded = Loaded::new(3);
        let mut painter = Painter::default();
        let key = GeneKey { layer: None, gene: "LYZ".to_owned() };
        let analysis = Analysis { color: ColorBy::Gene(key.clone()), ..Analysis::default() };
        let mut sync = |loaded: &Loaded| {
            let changed = painter.sync(&analysis, 1.0, loaded, InView::default(), &Ids);
            (changed, painter.status(), painter.indices().map(<[u8]>::to_vec))
        };
        assert_eq!(sync(&loaded), (ColorChange::Cells, ColorStatus::Loading, None));
        let part = Continuous { values: vec![0.0, 2.0, f32::NAN] };
        loaded.arrive_in_part(key.clone(), part);
        let painted = Some(vec![0, 254, MISSING]);
        assert_eq!(sync(&loaded), (ColorChange::Cells, ColorStatus::Partial, painted.clone()));
        assert_eq!(sync(&loaded), (ColorChange::None, ColorStatus::Partial, painted));
        let whole = Continuous { values: vec![0.0, 2.0, 4.0] };
        loaded.arrive(DataKey::Gene(key), Slot::Ready(whole.into()));
        assert_eq!(sync(&loaded), (ColorChange::Cells, ColorStatus::Shown, Some(vec![0, 127, 254])));
        assert_eq!(sync(&loaded).0, ColorChange::None);
    }

    #[test]
    fn numbers_follow_the_background_and_opacity_stays() {
        let mut loaded = Loaded::new(2);
        let column = Continuous { values: vec![0.0, 1.0] };
        loaded.arrive(DataKey::Column("a".to_owned()), Slot::Ready(column.into()));
        let mut painter = Painter::default();
        let analysis = Analysis { color: ColorBy::Obs("a".to_owned()), ..Analysis::default() };
        painter.sync(&analysis, 0.5, &loaded, InView::default(), &Ids);
        let (colors, table) = painter.on(Ground::Dark);
        assert!(table[0] != painter.table()[0] && table.iter().all(|color| color[3] == 128));
        painter.ground = Ground::Dark;
        assert_eq!(painter.sync(&analysis, 0.5, &loaded, InView::default(), &Ids), ColorChange::Cells);
        assert_eq!((painter.colors(), painter.table()), (&colors, &table[..]));
    }

    #[test]
    fn the_files_opacity_of_a_label_is_kept_in_proportion() {
        let mut loaded = Loaded::new(3);
        let labels = Categories {
            labels: ["a", "b", "c"].map(str::to_owned).into(),
            counts: vec![1, 1, 1, 0],
            colors: Some(vec![0xff00_00ff, 0x00ff_0080, 0x0000_ff00]),
        };
        loaded.arrive(DataKey::Categories("a".to_owned()), Slot::Ready(labels.into()));
        let column = Categorical {
            codes: Codes::U8(vec![0, 1, 2]),
            categories: ["a", "b", "c"].map(str::to_owned).into(),
            ordered: false,
        };
        loaded.arrive(DataKey::Column("a".to_owned()), Slot::Ready(Column::Categorical(column).into()));
        let mut painter = Painter::default();
        let analysis = Analysis { color: ColorBy::Obs("a".to_owned()), ..Analysis::default() };
        for (opacity, expected) in [(1.0, [255, 128, 26]), (0.5, [128, 64, 13])] {
            painter.sync(&analysis, opacity, &loaded, InView::default(), &Ids);
            assert_eq!([0, 1, 2].map(|label: usize| painter.table()[label][3]), expected);
        }
    }

    #[test]
    fn opacity_changes_the_table_alone() {
        let loaded = Loaded::new(3);
        let mut painter = Painter::default();
        let analysis = Analysis::default();
        assert_eq!(painter.sync(&analysis, 1.0, &loaded, InView::default(), &Ids), ColorChange::Cells);
        assert_eq!(painter.sync(&analysis, 0.5, &loaded, InView::default(), &Ids), ColorChange::Table);
        assert!(painter.table().iter().all(|color| color[3] == 128));
        assert_eq!(painter.sync(&analysis, 0.5, &loaded, InView::default(), &Ids), ColorChange::None);
    }
}
