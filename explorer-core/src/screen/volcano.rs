//! Where the genes of a volcano plot lie, which of them have labels, and what a rectangle holds.

use std::fmt::Write as _;

use crate::de::{DeTable, Region};

/// Space for the axes, in CSS pixels: left, top, right, bottom.
pub const MARGIN_PX: [f64; 4] = [44.0, 12.0, 12.0, 36.0];
/// A dot is found from this far.
const REACH_PX: f64 = 14.0;

/// Genes with an adjusted p-value up to this are what the axis of effects is for.
const LOG10_ALPHA: f64 = -1.301_029_995_663_981_2;
/// The axis of effects ends at the latest this many times beyond where all but a hundredth of those
/// genes are that both sets express.
const EFFECT_ROOM: f64 = 1.5;
/// The least effect that the axis reaches, if any gene does.
const LEAST_EFFECT: f64 = 1.0;

/// The height of a label and of its letters.
const LABEL_PX: f64 = 13.0;
const FONT_PX: f64 = 11.0;
/// From a dot to its label.
const LABEL_GAP_PX: f64 = 5.0;
/// One label at most for so much of the plot, and no more than so many in all.
const LABEL_AREA_PX: f64 = 4000.0;
const MOST_LABELS: usize = 30;
/// As many genes are tried before no more labels are expected to find a place.
const MOST_TRIED: usize = 300;

/// A place, in CSS pixels.
pub type Point = (f64, f64);

/// Where every gene lies, in CSS pixels.
#[derive(Clone, Debug, PartialEq)]
pub struct VolcanoLayout {
    /// Width and height of the whole plot.
    pub size_px: (f64, f64),
    /// The greatest |effect| and the greatest −log10 of the adjusted p on the axes.
    pub extent: (f64, f64),
    /// One per gene.
    pub points: Vec<Point>,
    /// Of every gene, whether its effect lies beyond the axis: then it is drawn at its end.
    beyond: Vec<bool>,
}

/// A gene's name beside its dot.
#[derive(Clone, Debug, PartialEq)]
pub struct VolcanoLabel {
    /// The gene, by its number.
    pub gene: usize,
    /// Where the text begins, on its base line.
    pub at: Point,
}

/// A rectangle: left, top, right, bottom.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rect(pub [f64; 4]);

impl Rect {
    /// Between two corners.
    pub fn between(a: Point, b: Point) -> Self {
        Self([a.0.min(b.0), a.1.min(b.1), a.0.max(b.0), a.1.max(b.1)])
    }

    fn around((x, y): Point, reach: f64) -> Self {
        Self([x - reach, y - reach, x + reach, y + reach])
    }

    fn grown(self, by: f64) -> Self {
        let Self([left, top, right, bottom]) = self;
        Self([left - by, top - by, right + by, bottom + by])
    }

    fn meets(self, Self(other): Self) -> bool {
        let Self(this) = self;
        this[0] < other[2] && other[0] < this[2] && this[1] < other[3] && other[1] < this[3]
    }

    fn is_inside(self, Self(outer): Self) -> bool {
        let Self(this) = self;
        this[0] >= outer[0] && this[1] >= outer[1] && this[2] <= outer[2] && this[3] <= outer[3]
    }
}

/// What stays free around a name, so that two do not read as one.
const LABEL_MARGIN_PX: f64 = 2.5;

impl VolcanoLayout {
    /// The layout of a table in a plot of that size.
    pub fn new(table: &DeTable, size_px: (f64, f64)) -> Self {
        let extent = (effect_extent(table), extent_of(&table.log10_pval_adj));
        let beyond = table.effect.iter().map(|effect| effect.abs() > extent.0).collect();
        let mut layout = Self { size_px, extent, points: Vec::new(), beyond };
        layout.points = table
            .effect
            .iter()
            .zip(&table.log10_pval_adj)
            .map(|(&effect, &log10_pval_adj)| (layout.x(effect), layout.y(-log10_pval_adj)))
            .collect();
        layout
    }

    /// The rectangle between the axes.
    pub fn plot(&self) -> Rect {
        let [left, top, right, bottom] = MARGIN_PX;
        Rect([left, top, self.size_px.0 - right, self.size_px.1 - bottom])
    }

    /// Where an effect lies; beyond the axis, at its end.
    pub fn x(&self, effect: f64) -> f64 {
        let Rect([left, _, right, _]) = self.plot();
        (left + right) / 2.0 + (effect / self.extent.0).clamp(-1.0, 1.0) * (right - left) / 2.0
    }

    /// Where −log10 of an adjusted p lies; beyond the axis, at its end.
    pub fn y(&self, evidence: f64) -> f64 {
        let Rect([_, top, _, bottom]) = self.plot();
        bottom - (evidence / self.extent.1).clamp(0.0, 1.0) * (bottom - top)
    }

    /// What a rectangle holds. Where it reaches the end of an axis, it holds all that lies beyond.
    pub fn region(&self, Rect([x0, y0, x1, y1]): Rect) -> Region {
        let Rect([left, top, right, bottom]) = self.plot();
        let effect = |x: f64| match x {
            x if x <= left => f64::NEG_INFINITY,
            x if x >= right => f64::INFINITY,
            x => (2.0 * (x - left) / (right - left) - 1.0) * self.extent.0,
        };
        let evidence = |y: f64| match y {
            y if y <= top => f64::INFINITY,
            y if y >= bottom => f64::NEG_INFINITY,
            y => (bottom - y) / (bottom - top) * self.extent.1,
        };
        Region { effect: [effect(x0), effect(x1)], evidence: [evidence(y1), evidence(y0)] }
    }

    /// The rectangle of a region, as far as it lies on the axes.
    pub fn rect(&self, region: Region) -> Rect {
        let ([least, greatest], [weakest, strongest]) = (region.effect, region.evidence);
        Rect([self.x(least), self.y(strongest), self.x(greatest), self.y(weakest)])
    }

    /// The gene nearest to a place, if one is within reach.
    pub fn nearest(&self, (x, y): Point) -> Option<u32> {
        let distance = |&(px, py): &Point| (px - x).powi(2) + (py - y).powi(2);
        let (gene, point) = self
            .points
            .iter()
            .zip(0_u32..)
            .map(|(point, gene)| (gene, point))
            .min_by(|a, b| distance(a.1).total_cmp(&distance(b.1)))?;
        (distance(point) <= REACH_PX * REACH_PX).then_some(gene)
    }

    /// Whether a gene's effect lies beyond the axis.
    pub fn is_beyond(&self, gene: usize) -> bool {
        self.beyond.get(gene) == Some(&true)
    }

    /// How many genes' effects do.
    pub fn n_beyond(&self) -> usize {
        self.beyond.iter().filter(|is_beyond| **is_beyond).count()
    }

    /// One path for any number of genes on the axis: dots are strokes of no length, which round caps
    /// make discs. Of those in one place one is drawn, since tens of thousands lie near the foot.
    pub fn dots(&self, genes: &[usize]) -> String {
        let mut path = String::new();
        let row = half_px(self.size_px.0) + 1;
        let mut is_drawn = vec![false; row * (half_px(self.size_px.1) + 1)];
        for (x, y) in genes.iter().filter(|gene| !self.is_beyond(**gene)).filter_map(|&gene| self.points.get(gene)) {
            let (x, y) = (half_px(*x), half_px(*y));
            if !std::mem::replace(&mut is_drawn[y * row + x], true) {
                let half = |half_px: usize| if half_px % 2 == 1 { ".5" } else { "" };
                // Whole numbers are written many times as fast as others.
                let _ = write!(path, "M{}{} {}{}h0", x / 2, half(x), y / 2, half(y));
            }
        }
        path
    }

    /// The same for those beyond it: heads of arrows that point there.
    pub fn arrows(&self, genes: &[usize]) -> String {
        let mut path = String::new();
        let middle = self.x(0.0);
        let mut is_drawn = [(); 2].map(|()| vec![false; half_px(self.size_px.1) + 1]);
        for (x, y) in genes.iter().filter(|gene| self.is_beyond(**gene)).filter_map(|&gene| self.points.get(gene)) {
            let is_left = *x < middle;
            let half_y = half_px(*y);
            if !std::mem::replace(&mut is_drawn[usize::from(is_left)][half_y], true) {
                let back = if is_left { 5.0 } else { -5.0 };
                let y = half_y as f64 / 2.0;
                let (tail, above, below) = (x + back, y - 4.0, y + 4.0);
                let _ = write!(path, "M{tail} {above}L{x} {y}L{tail} {below}");
            }
        }
        path
    }

    /// Names beside their dots, none over another, over another's dot, or out of the plot. Of `genes`
    /// those farthest up and out have the first choice, right and left by turns.
    pub fn labels(&self, genes: &[usize], names: &[String]) -> Vec<VolcanoLabel> {
        let middle = self.x(0.0);
        let Rect([left, top, right, bottom]) = self.plot();
        let prominence = |gene: &usize| {
            let (x, y) = self.points[*gene];
            (x - middle).abs() / (right - left) * (bottom - y) / (bottom - top)
        };
        let named = genes.iter().copied().filter(|&gene| gene < self.points.len() && gene < names.len());
        let (ups, downs): (Vec<usize>, Vec<usize>) = named.partition(|&gene| self.points[gene].0 > middle);
        let mut sides = [ups, downs].map(|genes| {
            let mut ranked: Vec<(f64, usize)> = genes.into_iter().map(|gene| (-prominence(&gene), gene)).collect();
            let foremost = |a: &(f64, usize), b: &(f64, usize)| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1));
            if ranked.len() > MOST_TRIED {
                ranked.select_nth_unstable_by(MOST_TRIED, foremost);
                ranked.truncate(MOST_TRIED);
            }
            ranked.sort_unstable_by(foremost);
            ranked.into_iter().map(|(_, gene)| gene)
        });
        let by_turns = (0..MOST_TRIED).filter_map(|turn| sides[turn % 2].next());
        let most = (((right - left) * (bottom - top) / LABEL_AREA_PX) as usize).min(MOST_LABELS);
        let mut taken: Vec<Rect> = Vec::new();
        let mut labels = Vec::new();
        for gene in by_turns {
            if labels.len() == most {
                break;
            }
            let dot = self.points[gene];
            let width = label_width_px(&names[gene]);
            let (beside, half) = (dot.1 + LABEL_PX / 3.0, width / 2.0);
            let places = [
                (dot.0 + LABEL_GAP_PX, beside),
                (dot.0 - LABEL_GAP_PX - width, beside),
                (dot.0 - half, dot.1 - LABEL_GAP_PX),
                (dot.0 - half, dot.1 + LABEL_GAP_PX + LABEL_PX * 0.7),
            ];
            let rect = |(x, y): Point| Rect([x, y - LABEL_PX * 0.8, x + width, y + LABEL_PX * 0.2]);
            let is_free = |place: &&Point| {
                let rect = rect(**place);
                rect.is_inside(self.plot()) && !taken.iter().any(|&other| other.meets(rect.grown(LABEL_MARGIN_PX)))
            };
            if let Some(&at) = places.iter().find(is_free) {
                taken.extend([rect(at), Rect::around(dot, 2.0)]);
                labels.push(VolcanoLabel { gene, at });
            }
        }
        labels
    }
}

/// How wide a label is at most. Capitals and digits, of which most names of genes are made, are wide; sans-serif letters of
/// any font are about so.
fn label_width_px(name: &str) -> f64 {
    let ems = |letter: char| match letter {
        'M' | 'W' | 'm' | 'w' | '@' => 0.92,
        'I' | 'J' | 'i' | 'j' | 'l' | 'f' | 't' | 'r' | '.' | ',' | ':' | ' ' | '-' | '(' | ')' | '/' | '|' => 0.5,
        'a'..='z' => 0.62,
        // A letter of a script of wide ones takes the height of the line.
        letter if letter > '\u{2e80}' => 1.05,
        _ => 0.75,
    };
    name.chars().map(ems).sum::<f64>() * FONT_PX
}

/// The nearest half pixel, in halves: closer dots are not told apart.
fn half_px(px: f64) -> usize {
    (px * 2.0).round() as usize
}

/// The end of an axis that holds all of these.
fn extent_of(values: &[f64]) -> f64 {
    let greatest = values.iter().map(|value| value.abs()).filter(|value| value.is_finite()).fold(0.0, f64::max);
    if greatest > 0.0 { greatest * 1.04 } else { 1.0 }
}

/// The end of the axis of effects: where the significant genes lie, or all where none is. Genes that one set does not
/// express at all have effects that tell of the pseudocount alone; they would squeeze all others into the middle.
fn effect_extent(table: &DeTable) -> f64 {
    let is_in_both = |gene: &usize| {
        let expressed = |pct: &[f64]| pct.get(*gene).is_some_and(|&pct| pct > 0.0);
        expressed(&table.pct_group) && expressed(&table.pct_reference)
    };
    let in_both: Vec<usize> = (0..table.effect.len()).filter(is_in_both).collect();
    let effects = |is_shown: &dyn Fn(usize) -> bool| -> Vec<f64> {
        let shown = in_both.iter().filter(|gene| is_shown(**gene)).map(|&gene| table.effect[gene].abs());
        shown.filter(|effect| effect.is_finite()).collect()
    };
    let all = extent_of(&table.effect);
    let mut effects = match effects(&|gene| table.log10_pval_adj[gene] <= LOG10_ALPHA) {
        none if none.is_empty() => effects(&|_| true),
        significant => significant,
    };
    if effects.is_empty() {
        return all;
    }
    let rank = (effects.len() - 1) * 99 / 100;
    let (_, &mut most, _) = effects.select_nth_unstable_by(rank, f64::total_cmp);
    all.min((most * EFFECT_ROOM).max(LEAST_EFFECT))
}

/// Round numbers from 0 up to `extent`, at most `most` of them beyond 0.
pub fn ticks(extent: f64, most: usize) -> Vec<f64> {
    let rough = extent / most.max(1) as f64;
    let power = 10_f64.powf(rough.log10().floor());
    let step =
        [1.0, 2.0, 5.0, 10.0].into_iter().map(|factor| factor * power).find(|&step| step >= rough).unwrap_or(rough);
    (0..).map(|index| f64::from(index) * step).take_while(|&tick| tick <= extent).collect()
}

#[cfg(test)]
mod tests {
    use crate::de::DeFilter;

    use super::*;
    use crate::data::GeneNames;

    fn table() -> DeTable {
        DeTable {
            effect: vec![-2.0, 0.0, 1.0],
            score: vec![-3.0, 0.0, f64::INFINITY],
            log10_pval_adj: vec![-10.0, 0.0, f64::NEG_INFINITY],
            pval_adj: vec![1e-10, 1.0, 0.0],
            pct_group: vec![10.0; 3],
            pct_reference: vec![10.0; 3],
            ..DeTable::default()
        }
    }

    #[test]
    fn every_gene_lies_inside_the_axes_and_is_found_where_it_lies() {
        let layout = VolcanoLayout::new(&table(), (300.0, 200.0));
        let [left, top, right, bottom] = MARGIN_PX;
        for (gene, &(x, y)) in layout.points.iter().enumerate() {
            assert!(x >= left && x <= 300.0 - right && y >= top && y <= 200.0 - bottom);
            assert_eq!(layout.nearest((x + 3.0, y - 3.0)), Some(gene as u32));
        }
        assert_eq!(layout.nearest((150.0, 60.0)), None);
    }

    #[test]
    fn a_p_of_zero_is_at_the_top() {
        assert_eq!(VolcanoLayout::new(&table(), (300.0, 200.0)).points[2].1, MARGIN_PX[1]);
    }

    #[test]
    fn genes_of_one_set_alone_do_not_squeeze_the_others() {
        let mut effect: Vec<f64> = (0..200).map(|gene| f64::from(gene - 100) / 50.0).collect();
        effect.extend([-30.0, 28.0, f64::INFINITY]);
        let n_genes = effect.len();
        let pct = |absent: usize| (0..n_genes).map(|gene| if gene == absent { 0.0 } else { 10.0 }).collect::<Vec<_>>();
        let mut table = DeTable {
            log10_pval_adj: vec![-1.0; n_genes],
            pct_group: pct(200),
            pct_reference: pct(201),
            effect,
            ..DeTable::default()
        };
        table.pct_group[202] = 0.0;
        let layout = VolcanoLayout::new(&table, (300.0, 200.0));
        assert_eq!(layout.n_beyond(), 3);
        assert!((200..203).all(|gene| layout.is_beyond(gene)));
        assert!((2.0..3.1).contains(&layout.extent.0), "{}", layout.extent.0);
        // Few genes and small effects still have an axis that says something.
        table.effect.iter_mut().for_each(|effect| *effect = effect.clamp(-0.02, 0.02));
        table.effect[0] = 40.0;
        assert_eq!(VolcanoLayout::new(&table, (300.0, 200.0)).extent.0, LEAST_EFFECT);
    }

    #[test]
    fn the_axis_of_effects_ends_where_significant_genes_do() {
        let table = DeTable {
            effect: (0..100).map(|gene| if gene < 20 { 2.5 } else { 9.0 }).collect(),
            log10_pval_adj: (0..100).map(|gene| if gene < 20 { -5.0 } else { -0.1 }).collect(),
            pct_group: vec![10.0; 100],
            pct_reference: vec![10.0; 100],
            ..DeTable::default()
        };
        let layout = VolcanoLayout::new(&table, (300.0, 200.0));
        assert_eq!((layout.extent.0, layout.n_beyond()), (2.5 * EFFECT_ROOM, 80));
        let none = DeTable { log10_pval_adj: vec![-0.1; 100], ..table };
        assert_eq!(VolcanoLayout::new(&none, (300.0, 200.0)).n_beyond(), 0);
    }

    #[test]
    fn ticks_are_round_and_few() {
        assert_eq!(ticks(2.3, 3), [0.0, 1.0, 2.0]);
        assert_eq!(ticks(87.0, 4), [0.0, 50.0]);
        assert_eq!(ticks(1.0, 2), [0.0, 0.5, 1.0]);
    }

    #[test]
    fn a_rectangle_holds_the_genes_that_are_drawn_in_it() {
        let table = table();
        let layout = VolcanoLayout::new(&table, (300.0, 200.0));
        let held = |rect: Rect| {
            let mut genes = vec![0, 1, 2];
            let names = GeneNames::new(["a", "b", "c"].map(str::to_owned).to_vec(), None);
            table.retain(&mut genes, &names, &DeFilter { region: Some(layout.region(rect)), ..DeFilter::default() });
            genes
        };
        for (gene, &point) in (0..).zip(&layout.points) {
            assert_eq!(held(Rect::around(point, 4.0)), [gene]);
        }
        assert_eq!(held(layout.plot()), [0, 1, 2]);
        let rect = Rect::between((90.0, 150.0), (60.0, 40.0));
        let again = layout.rect(layout.region(rect));
        assert!(rect.0.iter().zip(again.0).all(|(a, b)| (a - b).abs() < 1e-9), "{again:?}");
    }

    #[test]
    fn genes_in_one_place_are_drawn_once() {
        let mut table = table();
        table.effect = vec![0.5; 3];
        table.log10_pval_adj = vec![-1.0, -1.0, -10.0];
        let layout = VolcanoLayout::new(&table, (300.0, 200.0));
        assert_eq!(layout.dots(&[0, 1, 2]).matches('M').count(), 2);
        assert_eq!((layout.n_beyond(), layout.arrows(&[0, 1, 2])), (0, String::new()));
        // Many others keep the axis where it is.
        table.effect = [vec![0.5; 300], vec![-90.0, 80.0, 85.0]].concat();
        table.log10_pval_adj = vec![-1.0; 303];
        (table.pct_group, table.pct_reference) = (vec![50.0; 303], vec![50.0; 303]);
        let layout = VolcanoLayout::new(&table, (300.0, 200.0));
        let all: Vec<usize> = (0..303).collect();
        assert_eq!((layout.n_beyond(), layout.arrows(&all).matches('M').count()), (3, 2));
        assert_eq!(layout.dots(&all).matches('M').count(), 1);
    }

    #[test]
    fn labels_keep_clear_of_each_other_and_of_the_edges() {
        let n_genes = 400;
        // Two clouds with many dots in one place.
        let effect = |gene: usize| if gene.is_multiple_of(2) { 1.0 } else { -1.0 } * (3.0 - (gene / 8) as f64 / 20.0);
        let table = DeTable {
            effect: (0..n_genes).map(effect).collect(),
            log10_pval_adj: (0..n_genes).map(|gene| -((n_genes - gene) as f64) / 8.0).collect(),
            pct_group: vec![10.0; n_genes],
            pct_reference: vec![10.0; n_genes],
            score: vec![1.0; n_genes],
            ..DeTable::default()
        };
        let names: Vec<String> = (0..n_genes).map(|gene| format!("GENE{gene}")).collect();
        let layout = VolcanoLayout::new(&table, (420.0, 320.0));
        let genes: Vec<usize> = (0..n_genes).collect();
        let labels = layout.labels(&genes, &names);
        assert!((8..=MOST_LABELS).contains(&labels.len()), "{}", labels.len());
        let rect = |label: &VolcanoLabel| {
            let (x, y) = label.at;
            let width = label_width_px(&names[label.gene]);
            Rect([x, y - LABEL_PX * 0.8, x + width, y + LABEL_PX * 0.2])
        };
        for (at, label) in labels.iter().enumerate() {
            assert!(rect(label).is_inside(layout.plot()));
            assert!(labels[..at].iter().all(|other| !rect(other).meets(rect(label))));
        }
    }
}
