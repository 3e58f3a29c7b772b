//! What a dot shows, and how.

use explorer_core::color::{Colormap, Rgba};
use explorer_core::de::{FixedPoint, GeneMoments};

use crate::{Hierarchy, Mode};

/// A gene in a row: a cell type of a tissue and option, with all that is below it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Dot {
    /// Cells that express the gene.
    pub n_expressing: u64,
    /// Σ ln(CPTT + 1) over them.
    pub sum: f64,
    /// Cells of the row.
    pub n_cells: u64,
    /// Those of them whose dataset has the gene: what shares and means are of.
    pub n_measured: u64,
    /// Cells of the tissue, over all options, that measured the gene.
    pub n_tissue: u64,
}

impl Dot {
    /// The dot of a gene that adds up to `moments` over so many cells, and cells that measured it; `n_tissue` are those of
    /// the tissue that did.
    pub fn of(moments: GeneMoments, [n_cells, n_measured]: [u64; 2], n_tissue: u64, fixed: FixedPoint) -> Self {
        Self {
            n_expressing: moments.n_nonzero.into(),
            sum: libm::ldexp(moments.sum as f64, -i32::from(fixed.frac_bits())),
            n_cells,
            n_measured,
            n_tissue,
        }
    }

    /// Whether any of the cells measured the gene. Of one that none did nothing is known.
    pub fn is_measured(&self) -> bool {
        self.n_measured > 0
    }

    /// The mean of ln(CPTT + 1) over cells that express the gene; `None` where none does.
    pub fn expression(&self) -> Option<f64> {
        (self.n_expressing > 0).then(|| self.sum / self.n_expressing as f64)
    }

    /// The mean over all cells of the row that measured the gene; `None` where none did.
    pub fn mean(&self) -> Option<f64> {
        self.is_measured().then(|| self.sum / self.n_measured as f64)
    }

    /// The share of cells that express the gene, 0 to 1, of the row's that measured it; `None` where none did.
    pub fn share(&self) -> Option<f64> {
        self.is_measured().then(|| self.n_expressing as f64 / self.n_measured as f64)
    }

    /// The share that the row's expressing cells have of the cells of the tissue that measured the gene, 0 to 1; `None` where
    /// none of the row did.
    pub fn tissue_composition(&self) -> Option<f64> {
        self.is_measured().then(|| self.n_expressing as f64 / self.n_tissue.max(1) as f64)
    }
}

/// The dots of a gene in one tissue and option, rolled up, one for each term of the hierarchy: from the cells annotated with
/// exactly each term, with those that measured the gene, what it adds up to over them, and the same two numbers of cells of
/// the tissue.
///
/// In [`Mode::Compatible`] only cells of terms that express the gene themselves count in `n_cells`: the original rolls up
/// the rows of its table of expression, which has none of the others. There every cell counts as one that measured the gene.
///
/// # Panics
/// When there are not as many counts and sums as terms.
pub fn dots(
    hierarchy: &Hierarchy,
    own_cells: &[[u64; 2]],
    own: &[GeneMoments],
    n_tissue: [u64; 2],
    fixed: FixedPoint,
    mode: Mode,
) -> Vec<Dot> {
    assert_eq!(own_cells.len(), own.len(), "a count for each sum");
    let counted = |(&[n_cells, n_measured], &moments): (&[u64; 2], &GeneMoments)| match mode {
        Mode::Exact => ((n_cells, n_measured), moments),
        Mode::Compatible if moments.n_nonzero == 0 => ((0, 0), moments),
        Mode::Compatible => ((n_cells, n_cells), moments),
    };
    let own: Vec<((u64, u64), GeneMoments)> = own_cells.iter().zip(own).map(counted).collect();
    let n_tissue = match mode {
        Mode::Exact => n_tissue[1],
        Mode::Compatible => n_tissue[0],
    };
    let dot = |((n_cells, n_measured), moments)| Dot::of(moments, [n_cells, n_measured], n_tissue, fixed);
    hierarchy.roll_up(&own).into_iter().map(dot).collect()
}

/// The diameter of a dot, in CSS pixels, whole: its area grows with the share of expressing cells (0 to 1), from 4 px at
/// none to 16 px at all.
pub fn diameter_px(share: f64) -> f64 {
    // The original's: a largest radius of 7.8 px, and a fifth of 15.8 px², about half of the largest diameter, for none.
    libm::round(2.0 * (share * (7.8 * 7.8) + 0.2 * 15.8).sqrt())
}

/// Over which dots colors are scaled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scaling {
    /// All dots that are shown.
    #[default]
    Global,
    /// Those of the same gene.
    PerGene,
}

/// From expression to a place on the color scale, 0 to 1.
#[derive(Clone, Debug, PartialEq)]
pub struct Scales {
    /// Least and largest expression of each gene's scale.
    ranges: Vec<[f64; 2]>,
}

impl Scales {
    /// The scales of genes, by the dots of each. In [`Mode::Exact`] these are the dots that are shown; the original takes
    /// those of hidden rows too, so that who compares gives all.
    pub fn new<'a>(genes: impl IntoIterator<Item = &'a [Dot]>, scaling: Scaling) -> Self {
        let range = |dots: &[Dot]| {
            let expressed = dots.iter().filter_map(Dot::expression);
            expressed.fold([f64::INFINITY, f64::NEG_INFINITY], |[low, high], value| [low.min(value), high.max(value)])
        };
        let mut ranges: Vec<[f64; 2]> = genes.into_iter().map(range).collect();
        if scaling == Scaling::Global {
            let all = ranges
                .iter()
                .fold([f64::INFINITY, f64::NEG_INFINITY], |all, range| [all[0].min(range[0]), all[1].max(range[1])]);
            ranges.fill(all);
        }
        Self { ranges }
    }

    /// Least and largest expression of a gene's scale; `None` where no dot has any.
    ///
    /// # Panics
    /// When there is no such gene.
    pub fn range(&self, gene: usize) -> Option<[f64; 2]> {
        let [low, high] = self.ranges[gene];
        (low <= high).then_some([low, high])
    }

    /// The place of an expression of a gene between the least (0) and the largest (1); 1 where all are equal.
    ///
    /// # Panics
    /// When there is no such gene.
    pub fn place(&self, gene: usize, expression: f64) -> f64 {
        let [low, high] = self.ranges[gene];
        if high > low { ((expression - low) / (high - low)).clamp(0.0, 1.0) } else { 1.0 }
    }
}

/// The color of a place on the scale, 0 to 1: magma reversed, from cream to black.
pub fn dot_color(place: f64) -> Rgba {
    Colormap::Magma.color(1.0 - place)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dot(n_expressing: u64, sum: f64) -> Dot {
        Dot { n_expressing, sum, n_cells: 50, n_measured: 40, n_tissue: 100 }
    }

    #[test]
    fn a_dot_tells_means_and_shares() {
        let some = dot(10, 25.0);
        assert_eq!((some.expression(), some.mean()), (Some(2.5), Some(0.625)));
        assert_eq!((some.share(), some.tissue_composition()), (Some(0.25), Some(0.1)));
        let none = dot(0, 0.0);
        assert_eq!((none.expression(), none.mean(), none.share()), (None, Some(0.0), Some(0.0)));
        let unmeasured = Dot { n_measured: 0, ..none };
        assert_eq!((unmeasured.mean(), unmeasured.share(), unmeasured.tissue_composition()), (None, None, None));
    }

    #[test]
    fn diameters_are_the_originals() {
        assert_eq!([0.0, 0.25, 0.5, 0.75, 1.0].map(diameter_px), [4.0, 9.0, 12.0, 14.0, 16.0]);
    }

    #[test]
    fn colors_are_scaled_to_all_dots_or_to_those_of_the_gene() {
        let genes = [[dot(10, 10.0), dot(10, 30.0), dot(0, 0.0)], [dot(1, 5.0), dot(1, 5.0), dot(1, 5.0)]];
        let of = |scaling| Scales::new(genes.iter().map(<[Dot; 3]>::as_slice), scaling);
        let global = of(Scaling::Global);
        assert_eq!((global.range(0), global.place(0, 3.0), global.place(1, 5.0)), (Some([1.0, 5.0]), 0.5, 1.0));
        let per_gene = of(Scaling::PerGene);
        assert_eq!((per_gene.place(0, 3.0), per_gene.place(0, 1.0), per_gene.place(1, 5.0)), (1.0, 0.0, 1.0));
        assert_eq!(Scales::new([&[dot(0, 0.0)][..]], Scaling::Global).range(0), None);
    }

    #[test]
    fn colors_go_from_cream_to_black() {
        assert_eq!((dot_color(0.0), dot_color(1.0)), ([252, 253, 191, 255], [0, 0, 4, 255]));
    }
}
