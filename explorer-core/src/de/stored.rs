//! Sets that labels tell, as signed sums of what is stored of labels and of pairs of labels.
//!
//! Of two columns only large pairs of labels may be stored. A set of pairs is then the stored ones and the cells of the
//! others; or whole labels less the pairs that do not belong to it, stored or cell by cell. Which of these ways is the
//! cheapest, [`LayerTiles::plan_of`](super::LayerTiles::plan_of) decides.

use shared_fbs::manifest::{CubeMoments, Layer, Manifest, TileRange};

use super::{SetParts, Sign, StoredPart};
use crate::{
    data::{CellIdx, Codes},
    filter::CellMask,
    sorting::sort_by_key,
};

/// So few sums, 3 MB or less at 60 000 genes, are read without a thought.
const FEW_SUMS: usize = 6;

/// Labels of a column that cells of a set may have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelChoice {
    /// Name of the column.
    pub column: String,
    /// Whether each label is one of them, by code; missing last.
    pub is_in: Vec<bool>,
    /// Cells of each label, by code; missing last.
    pub n_cells: Vec<u32>,
}

/// A way to make a set up: stored sums, and single cells besides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredSum {
    /// The stored sums.
    pub stored: Vec<StoredPart>,
    /// The cells that these leave over, if any.
    pub rest: Option<UnstoredPairs>,
}

/// The cells of pairs of labels that have no stored sum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnstoredPairs {
    /// Whether the cells are to be added or taken away.
    sign: Sign,
    /// By column and code, the labels that the pairs are made of.
    is_in: [Vec<bool>; 2],
    /// The pairs that are stored, ascending.
    stored: Vec<(u32, u32)>,
}

/// All ways to make up the cells that have one of the chosen labels in each of some columns, out of what a layer
/// stores, those of the fewest sums first; none where the layer does not store what it takes.
pub fn stored_sums(manifest: &Manifest, layer: &Layer, choices: &[LabelChoice]) -> Vec<StoredSum> {
    let total = layer.total_moments.as_ref().map(|total| StoredPart {
        tile: total.first,
        n_cells: u64::from(manifest.n_obs),
        sign: Sign::Plus,
    });
    let whole = |stored: Vec<StoredPart>| StoredSum { stored, rest: None };
    let ways: Vec<Option<StoredSum>> = match choices {
        [] => vec![total.map(|total| whole(vec![total]))],
        [of] => {
            let others = labels(layer, of, Side::Out, Sign::Minus);
            let less_others = total.zip(others).map(|(total, others)| [vec![total], others].concat());
            vec![labels(layer, of, Side::In, Sign::Plus).map(whole), less_others.map(whole)]
        }
        [of, by] => {
            let pairs = Pairs::new(layer, [of, by]);
            let less = |choice: &LabelChoice, sides: [Side; 2]| {
                let labels = labels(layer, choice, Side::In, Sign::Plus)?;
                let outside = pairs.sum(sides, Sign::Minus);
                Some(StoredSum { stored: [labels, outside.stored].concat(), ..outside })
            };
            vec![
                Some(pairs.sum([Side::In, Side::In], Sign::Plus)),
                less(of, [Side::In, Side::Out]),
                less(by, [Side::Out, Side::In]),
            ]
        }
        _ => Vec::new(),
    };
    // Single cells alone are no stored sum.
    let is_some_stored = |way: &StoredSum| !way.stored.is_empty() || way.rest.is_none();
    let mut ways: Vec<StoredSum> = ways.into_iter().flatten().filter(is_some_stored).collect();
    sort_by_key(&mut ways, |way| (way.stored.len(), way.rest.is_some()));
    ways
}

/// Of ways to make a set up that [`stored_sums`] found, one that takes no single cell and so few sums that it is not
/// worth finding out what the cells of another would cost.
pub fn sums_alone(ways: &[StoredSum]) -> Option<&StoredSum> {
    let (at, way) = ways.iter().enumerate().find(|(_, way)| way.rest.is_none())?;
    (at == 0 || way.stored.len() <= FEW_SUMS).then_some(way)
}

impl StoredSum {
    /// The parts of the set, given the codes of the columns, in the order of the choices, if cells are left over.
    ///
    /// # Panics
    /// When cells are left over and these are not the codes of two columns of one dataset.
    pub fn parts(&self, codes: &[&Codes]) -> SetParts<'static> {
        let parts = SetParts::stored(self.stored.clone());
        match &self.rest {
            Some(rest) => parts.with_cells(rest.sign, rest.cells(codes)),
            None => parts,
        }
    }
}

impl UnstoredPairs {
    fn cells(&self, codes: &[&Codes]) -> CellMask {
        let &[of, by] = codes else { panic!("pairs of labels in {} columns", codes.len()) };
        assert_eq!(of.len(), by.len(), "columns of different datasets");
        let is_in = |column: usize, code: u32| self.is_in[column].get(code as usize) == Some(&true);
        CellMask::from_fn(of.len(), |cell| {
            let cell = CellIdx(cell as u32);
            let pair = (of.get(cell), by.get(cell));
            is_in(0, pair.0) && is_in(1, pair.1) && self.stored.binary_search(&pair).is_err()
        })
    }
}

/// The chosen labels, or all others.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    In,
    Out,
}

impl LabelChoice {
    fn is_on(&self, side: Side) -> Vec<bool> {
        self.is_in.iter().map(|&is_in| is_in == (side == Side::In)).collect()
    }
}

/// The sums of all labels on a side of a choice that have cells; `None` where they are not stored.
fn labels(layer: &Layer, choice: &LabelChoice, side: Side, sign: Sign) -> Option<Vec<StoredPart>> {
    let moments = layer.column_moments.iter().find(|moments| moments.column == choice.column)?;
    let tiles = moments.tiles.as_ref()?;
    let with_cells = choice.is_on(side).into_iter().zip(&choice.n_cells).enumerate();
    let with_cells = with_cells.filter(|(_, (is_on, n_cells))| *is_on && **n_cells > 0);
    with_cells
        .map(|(code, (_, &n_cells))| {
            let tile = tiles.iter().nth(code)?;
            Some(StoredPart { tile, n_cells: n_cells.into(), sign })
        })
        .collect()
}

/// The pairs of labels of two columns.
struct Pairs<'a> {
    choices: [&'a LabelChoice; 2],
    /// Those that are stored, ascending, with tile and cells of each.
    stored: Vec<((u32, u32), u32, u32)>,
    /// Cells of every label of each column that no stored pair has.
    n_left: [Vec<u32>; 2],
}

impl<'a> Pairs<'a> {
    fn new(layer: &Layer, choices: [&'a LabelChoice; 2]) -> Self {
        let [of, by] = choices.map(|choice| choice.column.as_str());
        let mut stored = match layer.cube.as_deref() {
            Some(cube) if [&*cube.column, &*cube.by] == [of, by] => listed(cube, |of, by| (of, by)),
            Some(cube) if [&*cube.column, &*cube.by] == [by, of] => listed(cube, |by, of| (of, by)),
            _ => Vec::new(),
        };
        stored.sort_unstable();
        let mut n_left = choices.map(|choice| choice.n_cells.clone());
        for &((of, by), _, n_cells) in &stored {
            for (n_left, code) in n_left.iter_mut().zip([of, by]) {
                if let Some(n_left) = n_left.get_mut(code as usize) {
                    *n_left = n_left.saturating_sub(n_cells);
                }
            }
        }
        Self { choices, stored, n_left }
    }

    /// The sum of all pairs of labels on a side of each choice.
    fn sum(&self, sides: [Side; 2], sign: Sign) -> StoredSum {
        let is_in = [self.choices[0].is_on(sides[0]), self.choices[1].is_on(sides[1])];
        let is_there = |column: usize, code: u32| is_in[column].get(code as usize) == Some(&true);
        let stored: Vec<_> = self.stored.iter().filter(|((of, by), ..)| is_there(0, *of) && is_there(1, *by)).collect();
        // A pair that is not stored has cells at most where both labels have some left.
        let has_left = |column: usize, code: u32| self.n_left[column].get(code as usize).is_some_and(|&left| left > 0);
        let n_labels = [0, 1].map(|column| {
            let codes = 0..is_in[column].len() as u32;
            codes.filter(|&code| is_there(column, code) && has_left(column, code)).count()
        });
        let n_stored = stored.iter().filter(|((of, by), ..)| has_left(0, *of) && has_left(1, *by)).count();
        let is_all = n_labels[0] * n_labels[1] == n_stored;
        let pairs = || stored.iter().map(|(pair, ..)| *pair).collect();
        let rest = (!is_all).then(|| UnstoredPairs { sign, stored: pairs(), is_in: is_in.clone() });
        let part = |&&(_, tile, n_cells): &&(_, u32, u32)| StoredPart { tile, n_cells: n_cells.into(), sign };
        StoredSum { stored: stored.iter().map(part).collect(), rest }
    }
}

/// The pairs of a cube as `order` puts them, with tile and cells of each.
fn listed(cube: &CubeMoments, order: impl Fn(u32, u32) -> (u32, u32)) -> Vec<((u32, u32), u32, u32)> {
    let pairs = cube.codes.iter().zip(&cube.by_codes).map(|(&code, &by)| order(code, by));
    let tiles = cube.tiles.iter().flat_map(TileRange::iter);
    pairs.zip(tiles).zip(&cube.n_cells).map(|((pair, tile), &n_cells)| (pair, tile, n_cells)).collect()
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};
    use shared_fbs::manifest::{ColumnMoments, Pack};

    use super::*;
    use crate::de::LayerTiles;

    const N_LABELS: [u8; 2] = [4, 3];

    /// Cells with labels of two columns, of which some pairs are stored.
    #[derive(Clone, Debug)]
    struct Made {
        codes: [Vec<u8>; 2],
        /// By code and code in the second column.
        is_stored: Vec<bool>,
        has_column: [bool; 2],
        is_swapped: bool,
    }

    fn made() -> impl Strategy<Value = Made> {
        let codes = vec((0..=N_LABELS[0], 0..=N_LABELS[1]), 1..80);
        (codes, vec(any::<bool>(), 20), any::<[bool; 2]>(), any::<bool>()).prop_map(
            |(codes, is_stored, has_column, is_swapped)| {
                let (of, by) = codes.into_iter().unzip();
                Made { codes: [of, by], is_stored, has_column, is_swapped }
            },
        )
    }

    impl Made {
        fn n_obs(&self) -> usize {
            self.codes[0].len()
        }

        fn mask(&self, is_in: impl Fn(u8, u8) -> bool) -> CellMask {
            CellMask::from_fn(self.n_obs(), |cell| is_in(self.codes[0][cell], self.codes[1][cell]))
        }

        fn choice(&self, column: usize, is_in: &[bool]) -> LabelChoice {
            let n_cells = |code| self.codes[column].iter().filter(|&&own| own == code).count() as u32;
            LabelChoice {
                column: ["of", "by"][column].to_owned(),
                is_in: is_in[..=usize::from(N_LABELS[column])].to_vec(),
                n_cells: (0..=N_LABELS[column]).map(n_cells).collect(),
            }
        }

        /// The manifest with one layer, and the cells of every tile of moments.
        fn manifest(&self) -> (Manifest, Vec<CellMask>) {
            let mut sets = vec![CellMask::all(self.n_obs())];
            let mut layer = Layer { total_moments: Some(TileRange { first: 0, count: 1 }), ..Layer::default() };
            for column in [0, 1].into_iter().filter(|&column| self.has_column[column]) {
                let labels = (0..=N_LABELS[column]).map(|label| self.mask(|of, by| [of, by][column] == label));
                let mut labels: Vec<CellMask> = labels.collect();
                labels.pop_if(|missing| missing.count() == 0);
                let tiles = TileRange { first: sets.len() as u32, count: labels.len() as u32 };
                layer
                    .column_moments
                    .push(ColumnMoments { column: ["of", "by"][column].to_owned(), tiles: Some(tiles) });
                sets.extend(labels);
            }
            let all = (0..=N_LABELS[0]).flat_map(|of| (0..=N_LABELS[1]).map(move |by| (of, by)));
            let mut cube = CubeMoments { column: "of".to_owned(), by: "by".to_owned(), ..CubeMoments::default() };
            let first = sets.len() as u32;
            for (pair, _) in all.zip(&self.is_stored).filter(|(_, is_stored)| **is_stored) {
                let cells = self.mask(|of, by| (of, by) == pair);
                if cells.count() > 0 {
                    cube.codes.push(pair.0.into());
                    cube.by_codes.push(pair.1.into());
                    cube.n_cells.push(cells.count() as u32);
                    sets.push(cells);
                }
            }
            cube.tiles = Some(TileRange { first, count: cube.codes.len() as u32 });
            if self.is_swapped {
                (cube.column, cube.by) = (cube.by, cube.column);
                (cube.codes, cube.by_codes) = (cube.by_codes, cube.codes);
            }
            layer.cube = Some(Box::new(cube));
            (Manifest { n_obs: self.n_obs() as u32, layers: vec![layer], ..Manifest::default() }, sets)
        }

        /// How often each cell is in a set when its parts are added up.
        fn covered(&self, parts: &SetParts<'_>, tiles: &[CellMask]) -> Vec<i32> {
            let mut covered = vec![0; self.n_obs()];
            let mut add = |mask: &CellMask, sign: Sign| {
                let one = if sign == Sign::Plus { 1 } else { -1 };
                mask.iter().for_each(|cell| covered[cell.0 as usize] += one);
            };
            for part in &parts.stored {
                assert_eq!(tiles[part.tile as usize].count() as u64, part.n_cells);
                add(&tiles[part.tile as usize], part.sign);
            }
            if let Some((sign, cells)) = &parts.cells {
                add(cells, *sign);
            }
            covered
        }
    }

    proptest! {
        #[test]
        fn every_way_adds_up_to_the_set(made in made(), of in vec(any::<bool>(), 5), by in vec(any::<bool>(), 5)) {
            let (manifest, tiles) = made.manifest();
            let codes = made.codes.clone().map(Codes::U8);
            let choices = [made.choice(0, &of), made.choice(1, &by)];
            let is_of = |label: u8| of[usize::from(label)];
            let is_by = |label: u8| by[usize::from(label)];
            let cases: [(&[LabelChoice], CellMask); 4] = [
                (&[], CellMask::all(made.n_obs())),
                (&choices[..1], made.mask(|of, _| is_of(of))),
                (&choices[1..], made.mask(|_, by| is_by(by))),
                (&choices, made.mask(|of, by| is_of(of) && is_by(by))),
            ];
            for (choices, expected) in cases {
                let ways = stored_sums(&manifest, &manifest.layers[0], choices);
                prop_assert!(ways.is_sorted_by_key(|way| way.stored.len()));
                for way in ways {
                    let covered = made.covered(&way.parts(&[&codes[0], &codes[1]]), &tiles);
                    prop_assert!(covered.iter().map(|&times| times as u8).eq(expected.as_bytes().iter().copied()));
                    // What is left over may turn out to be nothing, but not without need.
                    let is_complete = way.rest.is_none();
                    prop_assert!(is_complete || choices.len() == 2 && made.is_stored.contains(&false));
                }
            }
        }
    }

    #[test]
    fn ways_to_large_and_small_pairs() {
        // A label with two large pairs and a small one, and a small label.
        let of = [vec![0; 14], vec![1; 4]].concat();
        let by = [vec![0; 6], vec![1; 6], vec![2; 2], vec![0, 1, 1, 2]].concat();
        let mut is_stored = vec![false; 20];
        (is_stored[0], is_stored[1]) = (true, true);
        let made = Made { codes: [of, by], is_stored, has_column: [true, true], is_swapped: false };
        let (manifest, _) = made.manifest();
        let sums = |of: [bool; 2], by: [bool; 3]| {
            let of = made.choice(0, &[of[0], of[1], false, false, false]);
            let by = made.choice(1, &[by[0], by[1], by[2], false]);
            let ways = stored_sums(&manifest, &manifest.layers[0], &[of, by]);
            let shape = |way: &StoredSum| (way.stored.len(), way.rest.is_none());
            (ways.iter().map(shape).collect::<Vec<_>>(), sums_alone(&ways).map(|way| way.stored.len()))
        };
        // The pair; its sample less the small label; the label less another pair and the small one.
        assert_eq!(sums([true, false], [true, false, false]), (vec![(1, true), (1, false), (2, false)], Some(1)));
        // The small label: its sample less the large one, or the small label less other samples.
        assert_eq!(sums([false, true], [true, false, false]), (vec![(1, false), (2, true)], Some(2)));
        // A small pair has no sum, but what it belongs to has.
        assert_eq!(sums([true, false], [false, false, true]), (vec![(1, false), (3, true)], Some(3)));
        assert_eq!(sums([true, true], [true, false, false]).1, Some(1));
    }

    #[test]
    fn a_plan_takes_the_cheapest_way() {
        let mask = CellMask::from_fn(640, |cell| cell < 100);
        let pack = |name: &str, n_tiles: u32| Pack {
            name: name.to_owned(),
            n_tiles,
            n_bytes: u64::from(n_tiles) * 100,
            ..Pack::default()
        };
        let layer = Layer {
            cells_pack: Some("cells".to_owned()),
            moments_pack: Some("moments".to_owned()),
            total_moments: Some(TileRange { first: 0, count: 1 }),
            ..Layer::default()
        };
        let manifest =
            Manifest { n_obs: 640, packs: vec![pack("cells", 10), pack("moments", 9)], ..Manifest::default() };
        let tiles = LayerTiles::of(&manifest, &layer).unwrap();
        let part = |tile: u32, n_cells: u64, sign: Sign| StoredPart { tile, n_cells, sign };
        let plan = |ways: &[SetParts<'_>]| {
            let plan = tiles.plan_of(ways, None);
            (plan.moments.iter().map(|part| part.tile).collect::<Vec<_>>(), plan.cells.len(), plan.n_cells)
        };
        let by_cells = || SetParts::cells(&mask);
        let three = SetParts::stored((1..4).map(|tile| part(tile, 33, Sign::Plus)).collect());
        assert_eq!(plan(&[three, by_cells()]), (vec![0], 2, [100, 540]));
        assert_eq!(plan(&[by_cells(), SetParts::stored(vec![part(5, 100, Sign::Plus)])]), (vec![0, 5], 0, [100, 540]));
        // The rest of all but a few are the few.
        let less = SetParts::stored(vec![part(0, 640, Sign::Plus), part(6, 540, Sign::Minus)]);
        assert_eq!(plan(&[less]), (vec![0, 6], 0, [100, 540]));
        let few = CellMask::from_fn(640, |cell| cell == 7);
        let with_few = SetParts::stored(vec![part(5, 101, Sign::Plus)]).with_cells(Sign::Minus, few);
        assert_eq!(plan(&[with_few]), (vec![0, 5], 1, [100, 540]));
    }
}
