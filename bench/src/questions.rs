//! What is asked of a dataset: sets of cells of every kind, with the plan that answers them.

use anyhow::{Context, Result};
use explorer_core::{
    data::{Categorical, CellIdx, Embedding},
    de::{LabelChoice, LayerTiles, Plan, SetParts, Sets, Sign, StoredPart, stored_sums},
    filter::{CellMask, Polygon},
};
use shared_fbs::manifest::{Layer, Manifest};
use tessera::{compare::is_quicker_than_genes, dataset::Dataset};

/// The corners of a lasso.
const CORNERS: u32 = 64;

/// A dataset, and what is asked of it.
pub struct Questions<'a> {
    /// The dataset.
    pub dataset: &'a Dataset,
    /// The layer that is compared.
    pub layer: &'a Layer,
    /// The column of labels.
    pub column: String,
    /// The label that is compared with the rest.
    pub label: String,
    /// All comparisons.
    pub all: Vec<Question>,
}

/// Two sets of cells.
pub struct Question {
    /// What they are.
    pub name: String,
    /// The group, and the reference; the rest, if there is none.
    pub sets: (CellMask, Option<CellMask>),
    /// How they are answered.
    pub by: AnsweredBy,
    /// What that reads.
    pub plan: Plan,
}

/// How a question is answered.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum AnsweredBy {
    /// From stored sums of labels, or of pairs of labels, and the cells of pairs that have none.
    Stored,
    /// By the server's own plan, over blocks and cells.
    Planned,
    /// From all values of all genes, whatever the sets.
    Genes,
}

impl Question {
    /// The sets, as plans take them.
    pub fn sets(&self) -> Sets<'_> {
        match &self.sets {
            (group, None) => Sets::GroupAndRest(group),
            (group, Some(reference)) => Sets::Two(group, reference),
        }
    }

    /// Group and reference, each by itself.
    pub fn masks(&self) -> (CellMask, CellMask) {
        let (group, reference) = &self.sets;
        let rest = || {
            let mut rest = group.clone();
            rest.invert();
            rest
        };
        (group.clone(), reference.clone().unwrap_or_else(rest))
    }
}

impl<'a> Questions<'a> {
    /// All questions about a dataset, whose cells have types, samples and an embedding.
    ///
    /// # Errors
    /// When the dataset lacks what is asked about.
    pub fn ask(dataset: &'a Dataset) -> Result<Self> {
        let manifest = dataset.manifest();
        let layer = manifest.statistics_layer().context("the dataset has no layer")?;
        let tiles = LayerTiles::of(manifest, layer).context("the layer has no tiles of cells or moments")?;
        let column = manifest.main_label.clone().context("the dataset has no column of cell types")?;
        let labels = Labels::of(dataset, layer, &column)?;
        let [(largest, _), (second, _)] = labels.by_size[..] else { unreachable!("two were asked for") };
        let stored = [largest, second].map(|label| labels.stored(label));
        let group = labels.mask(largest);
        let mut all = vec![
            Question {
                name: "two labels".to_owned(),
                plan: tiles.plan_of(&stored[..1], Some(&stored[1..])),
                sets: (group.clone(), Some(labels.mask(second))),
                by: AnsweredBy::Stored,
            },
            Question {
                name: "label, rest".to_owned(),
                plan: tiles.plan_of(&stored[..1], None),
                sets: (group.clone(), None),
                by: AnsweredBy::Stored,
            },
        ];
        if let Some(by) = &manifest.sample_column {
            let samples = categorical(dataset, by)?;
            all.push(label_by_sample(&tiles, (manifest, layer), &labels, largest, (by, &samples))?);
        }
        let embedding = dataset.embedding(None)?;
        let planned = |name: String, group: CellMask| {
            let plan = tiles.plan(Sets::GroupAndRest(&group));
            // As the server decides.
            let by =
                if is_quicker_than_genes(manifest, layer, &plan) { AnsweredBy::Planned } else { AnsweredBy::Genes };
            Question { name, sets: (group, None), by, plan }
        };
        for share in [0.01, 0.1, 0.3] {
            let name = format!("{} % lasso, rest", share * 100.0);
            all.push(planned(name, lasso(&embedding, share)));
        }
        for share in [0.01, 0.1, 0.5] {
            let name = format!("{} % at random, rest", share * 100.0);
            all.push(planned(name, scattered(manifest.n_obs, share)));
        }
        all.push(Question {
            name: "all genes of all cells".to_owned(),
            sets: (group, None),
            by: AnsweredBy::Genes,
            plan: Plan::default(),
        });
        let label = labels.column.categories[largest as usize].clone();
        Ok(Self { dataset, layer, column, label, all })
    }
}

/// A column whose labels have moments.
struct Labels {
    name: String,
    column: Categorical,
    first_tile: u32,
    /// Codes and cells of the two largest.
    by_size: Vec<(u32, u64)>,
}

impl Labels {
    fn of(dataset: &Dataset, layer: &Layer, name: &str) -> Result<Self> {
        let column = categorical(dataset, name)?;
        let moments = layer.column_moments.iter().find(|moments| moments.column == name);
        let tiles = moments.and_then(|moments| moments.tiles.as_ref());
        let first_tile = tiles.with_context(|| format!("the labels of `{name}` have no moments"))?.first;
        let mut by_size: Vec<(u32, u64)> = (0..column.categories.len() as u32).map(|code| (code, 0)).collect();
        for cell in 0..column.codes.len() as u32 {
            if let Some(entry) = by_size.get_mut(column.codes.get(CellIdx(cell)) as usize) {
                entry.1 += 1;
            }
        }
        by_size.sort_by_key(|&(code, n_cells)| (std::cmp::Reverse(n_cells), code));
        by_size.truncate(2);
        anyhow::ensure!(by_size.len() == 2, "`{name}` has fewer than two labels");
        Ok(Self { name: name.to_owned(), column, first_tile, by_size })
    }

    fn mask(&self, label: u32) -> CellMask {
        with_code(&self.column, label)
    }

    fn stored(&self, label: u32) -> SetParts<'static> {
        let (tile, n_cells) = (self.first_tile + label, self.mask(label).count() as u64);
        SetParts::stored(vec![StoredPart { tile, n_cells, sign: Sign::Plus }])
    }
}

fn categorical(dataset: &Dataset, name: &str) -> Result<Categorical> {
    let column = dataset.manifest().column(name).with_context(|| format!("there is no column `{name}`"))?;
    dataset.categorical(column)?.with_context(|| format!("`{name}` is not categorical"))
}

fn with_code(column: &Categorical, code: u32) -> CellMask {
    CellMask::from_fn(column.codes.len(), |cell| column.codes.get(CellIdx(cell as u32)) == code)
}

/// A label in the two samples that have most of its cells: from stored sums of pairs of labels, as far as the builder
/// found that they pay.
fn label_by_sample(
    tiles: &LayerTiles,
    (manifest, layer): (&Manifest, &Layer),
    labels: &Labels,
    label: u32,
    samples: (&str, &Categorical),
) -> Result<Question> {
    let of_label = labels.mask(label);
    let in_sample = |sample: u32| {
        let mut mask = of_label.clone();
        mask.and(&with_code(samples.1, sample));
        mask
    };
    let mut by_size: Vec<(usize, u32)> =
        (0..samples.1.categories.len() as u32).map(|sample| (in_sample(sample).count(), sample)).collect();
    by_size.sort_unstable_by(|a, b| b.cmp(a));
    let [(_, group), (_, reference), ..] = by_size[..] else {
        anyhow::bail!("there is one sample only");
    };
    let sets = [group, reference].map(in_sample);
    // As the page decides.
    let ways = [group, reference].map(|sample| {
        let choices = [choice(&labels.name, &labels.column, label), choice(samples.0, samples.1, sample)];
        let ways = stored_sums(manifest, layer, &choices);
        ways.iter().map(|way| way.parts(&[&labels.column.codes, &samples.1.codes])).collect::<Vec<_>>()
    });
    let [group, reference] = sets.each_ref().map(SetParts::cells);
    let [of_group, of_reference] = ways;
    let plan = tiles.plan_of(&[of_group, vec![group]].concat(), Some(&[of_reference, vec![reference]].concat()));
    let [group, reference] = sets;
    Ok(Question {
        name: "label in two samples".to_owned(),
        sets: (group, Some(reference)),
        by: AnsweredBy::Stored,
        plan,
    })
}

/// One label of a column.
fn choice(name: &str, column: &Categorical, label: u32) -> LabelChoice {
    let mut n_cells = vec![0; column.categories.len() + 1];
    for cell in 0..column.codes.len() as u32 {
        n_cells[column.codes.get(CellIdx(cell)) as usize] += 1;
    }
    let is_in = (0..n_cells.len()).map(|code| code == label as usize).collect();
    LabelChoice { column: name.to_owned(), is_in, n_cells }
}

/// The cells of a round lasso about the middle of the picture that holds about this share of them.
fn lasso(embedding: &Embedding, share: f64) -> CellMask {
    let middle = |units: &[u16]| {
        let mut units = units.to_vec();
        let half = units.len() / 2;
        f64::from(*units.select_nth_unstable(half).1)
    };
    let (x, y) = (middle(&embedding.xs), middle(&embedding.ys));
    let away = |(&to_x, &to_y): (&u16, &u16)| (f64::from(to_x) - x).hypot(f64::from(to_y) - y);
    let mut distances: Vec<f64> = embedding.xs.iter().zip(&embedding.ys).map(away).collect();
    let within = ((distances.len() as f64 * share) as usize).min(distances.len() - 1);
    let radius = *distances.select_nth_unstable_by(within, f64::total_cmp).1;
    let corner = |corner: u32| {
        let (sin, cos) = (f64::from(corner) * std::f64::consts::TAU / f64::from(CORNERS)).sin_cos();
        embedding.frame.coordinates(x + radius * cos, y + radius * sin).into()
    };
    Polygon { vertices: (0..CORNERS).map(corner).collect() }.mask(embedding)
}

/// Cells drawn by a hash of their number.
fn scattered(n_obs: u32, share: f64) -> CellMask {
    let below = (share * 2f64.powi(32)) as u64;
    CellMask::from_fn(n_obs as usize, |cell| (cell as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32 < below)
}
