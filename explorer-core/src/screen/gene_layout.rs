//! Where the genes of a comparison's plots lie, which of them have labels, and what a rectangle holds.

use std::{collections::HashSet, fmt::Write as _};

use super::{
    OtherEffects, Standing,
    extent::{effect_extent, extent_of},
};
use crate::{
    de::{DeTable, GeneAxes, Region},
    format::short,
};

/// Space for the axes of a plot on the screen, in CSS pixels: left, top, right, bottom.
pub const MARGIN_PX: [f64; 4] = [44.0, 12.0, 12.0, 36.0];
/// A dot is found from this far.
const REACH_PX: f64 = 14.0;

/// The height of a label and of its letters.
const LABEL_PX: f64 = 13.0;
const FONT_PX: f64 = 11.0;
/// From a dot to its label, and how much farther from the head of an arrow.
const LABEL_GAP_PX: f64 = 5.0;
const ARROW_PX: f64 = 4.0;
/// A side of the squares that dots are counted in.
const SQUARE_PX: f64 = 4.0;
/// One label at most for so much of the plot, and no more than so many in all.
const LABEL_AREA_PX: f64 = 4000.0;
const MOST_LABELS: usize = 30;
/// As many genes are tried before no more labels are expected to find a place.
const MOST_TRIED: usize = 300;

/// A place, in CSS pixels.
pub type Point = (f64, f64);

/// Where every gene lies, in CSS pixels.
#[derive(Clone, Debug, PartialEq)]
pub struct GeneLayout {
    /// Width and height of the whole plot.
    pub size_px: (f64, f64),
    /// Space for the axes: left, top, right, bottom.
    margin_px: [f64; 4],
    /// What the axes are of.
    pub axes: GeneAxes,
    /// Both ends of the axis from left to right.
    pub x_ends: [f64; 2],
    /// Both ends of the axis from below to above.
    pub y_ends: [f64; 2],
    /// One per gene; not a number for those that have no place.
    pub points: Vec<Point>,
    /// Of every gene, beyond which end of an axis it lies: then it is drawn at that end.
    beyond: Vec<Option<Beyond>>,
}

/// The end of an axis that a gene lies beyond.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Beyond {
    Left,
    Right,
    Above,
    Below,
}

/// A round number of an axis.
#[derive(Clone, Debug, PartialEq)]
pub struct GeneTick {
    /// The number.
    pub value: f64,
    /// Where it lies along its axis, in CSS pixels.
    pub at_px: f64,
    /// How it is written.
    pub text: String,
}

/// A gene's name beside its dot.
#[derive(Clone, Debug, PartialEq)]
pub struct GeneLabel {
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

impl GeneLayout {
    /// The layout of a table in a plot of that size on the screen; `other` are the effects in another comparison, where
    /// the axes are of these.
    pub fn new(axes: GeneAxes, table: &DeTable, other: Option<&OtherEffects>, size_px: (f64, f64)) -> Self {
        Self::within(axes, table, other, size_px, MARGIN_PX)
    }

    /// The same with other margins than those of the screen.
    pub fn within(
        axes: GeneAxes,
        table: &DeTable,
        other: Option<&OtherEffects>,
        size_px: (f64, f64),
        margin_px: [f64; 4],
    ) -> Self {
        let around = |extent: f64| [-extent, extent];
        let ends = match axes {
            GeneAxes::Volcano => [around(effect_extent(table)), [0.0, extent_of(&table.log10_pval_adj)]],
            GeneAxes::Ma => {
                let means = (0..table.effect.len()).map(|gene| table.mean(gene)).collect::<Vec<_>>();
                let least = means.iter().copied().fold(0.0, f64::min);
                [[least, extent_of(&means)], around(effect_extent(table))]
            }
            GeneAxes::Effects => {
                let of_other = other.map_or(1.0, |other| other.extent);
                [around(effect_extent(table)), around(of_other)]
            }
        };
        let place = |gene: usize| match axes {
            GeneAxes::Volcano | GeneAxes::Ma => table.place(axes, gene),
            GeneAxes::Effects => other.map(|other| (table.effect[gene], other.effect[gene])),
        };
        let places = (0..table.effect.len()).map(|gene| place(gene).unwrap_or((f64::NAN, f64::NAN)));
        Self::of_places(axes, ends, places, size_px, margin_px)
    }

    /// The layout of genes by their places, on axes that end there: from left to right, from below to above.
    pub fn of_places(
        axes: GeneAxes,
        [x_ends, y_ends]: [[f64; 2]; 2],
        places: impl IntoIterator<Item = (f64, f64)>,
        size_px: (f64, f64),
        margin_px: [f64; 4],
    ) -> Self {
        let (points, beyond) = (Vec::new(), Vec::new());
        let mut layout = Self { size_px, margin_px, axes, x_ends, y_ends, points, beyond };
        for (x, y) in places {
            layout.points.push((layout.x(x), layout.y(y)));
            layout.beyond.push(layout.end_beyond(x, y));
        }
        layout
    }

    /// The end of an axis of effects that a place lies beyond; evidence and means have their largest on the axis.
    fn end_beyond(&self, x: f64, y: f64) -> Option<Beyond> {
        let (of_x, of_y) = match self.axes {
            GeneAxes::Volcano => (true, false),
            GeneAxes::Ma => (false, true),
            GeneAxes::Effects => (true, true),
        };
        match (x, y) {
            _ if of_x && x < self.x_ends[0] => Some(Beyond::Left),
            _ if of_x && x > self.x_ends[1] => Some(Beyond::Right),
            _ if of_y && y < self.y_ends[0] => Some(Beyond::Below),
            _ if of_y && y > self.y_ends[1] => Some(Beyond::Above),
            _ => None,
        }
    }

    /// The rectangle between the axes.
    pub fn plot(&self) -> Rect {
        let [left, top, right, bottom] = self.margin_px;
        Rect([left, top, self.size_px.0 - right, self.size_px.1 - bottom])
    }

    /// Where a value lies from left to right; beyond the axis, at its end.
    pub fn x(&self, value: f64) -> f64 {
        let Rect([left, _, right, _]) = self.plot();
        left + share(value, self.x_ends) * (right - left)
    }

    /// Where a value lies from below to above; beyond the axis, at its end.
    pub fn y(&self, value: f64) -> f64 {
        let Rect([_, top, _, bottom]) = self.plot();
        bottom - share(value, self.y_ends) * (bottom - top)
    }

    /// Round numbers from left to right, some `most` of either sign.
    pub fn x_ticks(&self, most: usize) -> Vec<GeneTick> {
        axis_ticks(self.x_ends, most, |value| self.x(value))
    }

    /// Round numbers from below to above, some `most` of either sign.
    pub fn y_ticks(&self, most: usize) -> Vec<GeneTick> {
        axis_ticks(self.y_ends, most, |value| self.y(value))
    }

    /// Lines where genes begin to stand out, each from one point to another: at an adjusted p-value, and at an effect of
    /// either sign, if it is not 0. Of effects in two comparisons, where both are the same.
    pub fn thresholds(&self, alpha: f64, min_abs_effect: f64) -> Vec<[Point; 2]> {
        let Rect([left, top, right, bottom]) = self.plot();
        let holds = |[least, greatest]: [f64; 2], value: &f64| least <= *value && *value <= greatest;
        let across = |value: f64| [(left, self.y(value)), (right, self.y(value))];
        let upright = |value: f64| [(self.x(value), top), (self.x(value), bottom)];
        let effects = [-min_abs_effect, min_abs_effect].into_iter().filter(|effect| *effect != 0.0);
        match self.axes {
            GeneAxes::Volcano => {
                let evidence = Some(-alpha.log10()).filter(|evidence| holds(self.y_ends, evidence)).map(across);
                evidence.into_iter().chain(effects.filter(|effect| holds(self.x_ends, effect)).map(upright)).collect()
            }
            GeneAxes::Ma => effects.filter(|effect| holds(self.y_ends, effect)).map(across).collect(),
            GeneAxes::Effects => {
                let [least, greatest] = [0, 1].map(|end| self.x_ends[end].abs().min(self.y_ends[end].abs()));
                vec![[(self.x(-least), self.y(-least)), (self.x(greatest), self.y(greatest))]]
            }
        }
    }

    /// What a rectangle holds. Where it reaches the end of an axis, it holds all that lies beyond.
    pub fn region(&self, Rect([x0, y0, x1, y1]): Rect) -> Region {
        let Rect([left, top, right, bottom]) = self.plot();
        let value = |share: f64, [least, greatest]: [f64; 2]| match share {
            share if share <= 0.0 => f64::NEG_INFINITY,
            share if share >= 1.0 => f64::INFINITY,
            share => least + share * (greatest - least),
        };
        let x = |x: f64| value((x - left) / (right - left), self.x_ends);
        let y = |y: f64| value((bottom - y) / (bottom - top), self.y_ends);
        Region { axes: self.axes, x: [x(x0), x(x1)], y: [y(y1), y(y0)] }
    }

    /// The rectangle of a region, as far as it lies on the axes; `None` where it is of other axes.
    pub fn rect(&self, region: Region) -> Option<Rect> {
        let ([left, right], [below, above]) = (region.x, region.y);
        (region.axes == self.axes).then(|| Rect([self.x(left), self.y(above), self.x(right), self.y(below)]))
    }

    /// The gene nearest to a place, if one is within reach.
    pub fn nearest(&self, (x, y): Point) -> Option<u32> {
        let distance = |&(px, py): &Point| (px - x).powi(2) + (py - y).powi(2);
        let (gene, point) = self
            .points
            .iter()
            .zip(0_u32..)
            .map(|(point, gene)| (gene, point))
            .filter(|(_, point)| point.0.is_finite() && point.1.is_finite())
            .min_by(|a, b| distance(a.1).total_cmp(&distance(b.1)))?;
        (distance(point) <= REACH_PX * REACH_PX).then_some(gene)
    }

    /// Whether a gene's effect lies beyond its axis.
    pub fn is_beyond(&self, gene: usize) -> bool {
        self.end_of(gene).is_some()
    }

    fn end_of(&self, gene: usize) -> Option<Beyond> {
        self.beyond.get(gene).copied().flatten()
    }

    /// How many genes' effects do.
    pub fn n_beyond(&self) -> usize {
        self.beyond.iter().flatten().count()
    }

    /// Genes by what their dots stand for: first those that do not stand out, as they are not shown or have no evidence at
    /// an adjusted p-value of 10 to the power of `log10_alpha`. Then those lower and those higher in the group, and none;
    /// of effects in two comparisons those with evidence in this one alone, in the other alone, in both.
    pub fn classes(
        &self,
        table: &DeTable,
        other: Option<&OtherEffects>,
        is_shown: &[bool],
        log10_alpha: f64,
    ) -> [Vec<usize>; 4] {
        let class = |gene: usize| match (self.axes, other) {
            _ if !is_shown[gene] => 0,
            (GeneAxes::Effects, Some(other)) => match other.standing(table, gene, log10_alpha) {
                None | Some(Standing::Neither) => 0,
                Some(Standing::This) => 1,
                Some(Standing::Other) => 2,
                Some(Standing::Both) => 3,
            },
            (GeneAxes::Volcano | GeneAxes::Ma | GeneAxes::Effects, _) => {
                let stands_out = table.log10_pval_adj[gene] <= log10_alpha && table.effect[gene] != 0.0;
                if stands_out { 1 + usize::from(table.effect[gene] > 0.0) } else { 0 }
            }
        };
        let mut genes: [Vec<usize>; 4] = <_>::default();
        (0..table.len()).for_each(|gene| genes[class(gene)].push(gene));
        genes
    }

    /// One path for any number of genes on the axis: dots are strokes of next to no length, which round caps make discs
    /// (those of no length at all are not drawn on a canvas). Of those in one place one is drawn, since tens of thousands lie near the foot.
    pub fn dots(&self, genes: &[usize]) -> String {
        let mut path = String::new();
        let row = half_px(self.size_px.0) + 1;
        let mut is_drawn = vec![false; row * (half_px(self.size_px.1) + 1)];
        let on_axes = genes.iter().filter(|gene| !self.is_beyond(**gene)).filter_map(|&gene| self.points.get(gene));
        for (x, y) in on_axes.filter(|(x, y)| x.is_finite() && y.is_finite()) {
            let (x, y) = (half_px(*x), half_px(*y));
            if !std::mem::replace(&mut is_drawn[y * row + x], true) {
                let half = |half_px: usize| if half_px % 2 == 1 { ".5" } else { "" };
                // Whole numbers are written many times as fast as others.
                let _ = write!(path, "M{}{} {}{}h.01", x / 2, half(x), y / 2, half(y));
            }
        }
        path
    }

    /// The same for those beyond it: heads of arrows that point there.
    pub fn arrows(&self, genes: &[usize]) -> String {
        let mut path = String::new();
        let mut drawn = HashSet::new();
        for &gene in genes {
            let (Some(end), Some(&(x, y))) = (self.end_of(gene), self.points.get(gene)) else { continue };
            let (half_x, half_y) = (half_px(x), half_px(y));
            if !(x.is_finite() && y.is_finite() && drawn.insert((half_x, half_y))) {
                continue;
            }
            let (x, y) = (half_x as f64 / 2.0, half_y as f64 / 2.0);
            let (one, other) = match end {
                Beyond::Left => ((x + 5.0, y - 4.0), (x + 5.0, y + 4.0)),
                Beyond::Right => ((x - 5.0, y - 4.0), (x - 5.0, y + 4.0)),
                Beyond::Above => ((x - 4.0, y + 5.0), (x + 4.0, y + 5.0)),
                Beyond::Below => ((x - 4.0, y - 5.0), (x + 4.0, y - 5.0)),
            };
            let _ = write!(path, "M{} {}L{x} {y}L{} {}", one.0, one.1, other.0, other.1);
        }
        path
    }

    /// Names beside their dots, none over another, over a dot of another of `genes`, or out of the plot. `chosen` have the first choice;
    /// then those of `genes` that are farthest out, from both sides by turns.
    pub fn labels(&self, chosen: &[usize], genes: &[usize], names: &[String]) -> Vec<GeneLabel> {
        let Rect([left, top, right, bottom]) = self.plot();
        let (zero_x, zero_y) = (self.x(0.0), self.y(0.0));
        let prominence = |gene: &usize| {
            let (x, y) = self.points[*gene];
            let (aside, up) = ((x - zero_x).abs() / (right - left), (y - zero_y).abs() / (bottom - top));
            match self.axes {
                GeneAxes::Volcano => aside * up,
                GeneAxes::Ma => up,
                GeneAxes::Effects => aside + up,
            }
        };
        let is_first_side = |gene: usize| match self.axes {
            GeneAxes::Volcano | GeneAxes::Effects => self.points[gene].0 > zero_x,
            GeneAxes::Ma => self.points[gene].1 < zero_y,
        };
        let is_named = |gene: &usize| {
            self.points.get(*gene).is_some_and(|(x, y)| x.is_finite() && y.is_finite()) && *gene < names.len()
        };
        let named = genes.iter().copied().filter(is_named).filter(|gene| !chosen.contains(gene));
        let (ups, downs): (Vec<usize>, Vec<usize>) = named.partition(|&gene| is_first_side(gene));
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
        let by_turns = chosen.iter().copied().filter(is_named).take(MOST_LABELS).chain(by_turns);
        let most = (((right - left) * (bottom - top) / LABEL_AREA_PX) as usize).min(MOST_LABELS);
        // Squares with a dot of `genes`: a name over that of another does not tell whose it is.
        let n_across = square(self.size_px.0) + 1;
        let mut dotted = vec![false; n_across * (square(self.size_px.1) + 1)];
        for gene in genes.iter().filter(|gene| is_named(gene)) {
            let (x, y) = self.points[*gene];
            dotted[square(y) * n_across + square(x)] = true;
        }
        let covers_a_dot = |Rect([left, top, right, bottom]): Rect, own: Point| {
            let mut squares =
                (square(top)..=square(bottom)).flat_map(|y| (square(left)..=square(right)).map(move |x| (x, y)));
            squares.any(|(x, y)| dotted[y * n_across + x] && (x, y) != (square(own.0), square(own.1)))
        };
        let mut taken: Vec<Rect> = Vec::new();
        let mut labels = Vec::new();
        for gene in by_turns {
            if labels.len() == most {
                break;
            }
            let dot = self.points[gene];
            let width = label_width_px(&names[gene]);
            let (beside, half) = (dot.1 + LABEL_PX / 3.0, width / 2.0);
            let gap = LABEL_GAP_PX + if self.is_beyond(gene) { ARROW_PX } else { 0.0 };
            let places = [
                (dot.0 + gap, beside),
                (dot.0 - gap - width, beside),
                (dot.0 - half, dot.1 - gap),
                (dot.0 - half, dot.1 + gap + LABEL_PX * 0.7),
            ];
            let rect = |(x, y): Point| Rect([x, y - LABEL_PX * 0.8, x + width, y + LABEL_PX * 0.2]);
            let is_free = |place: &&Point| {
                let rect = rect(**place);
                rect.is_inside(self.plot())
                    && !taken.iter().any(|&other| other.meets(rect.grown(LABEL_MARGIN_PX)))
                    && (chosen.contains(&gene) || !covers_a_dot(rect, dot))
            };
            if let Some(&at) = places.iter().find(is_free) {
                taken.extend([rect(at), Rect::around(dot, 2.0)]);
                labels.push(GeneLabel { gene, at });
            }
        }
        labels
    }
}

/// Numbers from here on are told in thousands, as there is no room for more digits.
const MOST_IN_FULL: f64 = 10_000.0;

/// Round numbers between both ends of an axis.
fn axis_ticks([least, greatest]: [f64; 2], most: usize, at_px: impl Fn(f64) -> f64) -> Vec<GeneTick> {
    let above = ticks(greatest, most);
    let below = if least < 0.0 { ticks(-least, most) } else { Vec::new() };
    let values = below.iter().skip(1).rev().map(|tick| -tick).chain(above);
    let text = |value: f64| match value.abs() < MOST_IN_FULL {
        true => short(value, 3),
        false => format!("{} k", short(value / 1000.0, 3)),
    };
    values.map(|value| GeneTick { value, at_px: at_px(value), text: text(value) }).collect()
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

/// Where between both ends of an axis a value lies, from 0 to 1.
fn share(value: f64, [least, greatest]: [f64; 2]) -> f64 {
    ((value - least) / (greatest - least)).clamp(0.0, 1.0)
}

/// Which square a place lies in, along one side.
fn square(px: f64) -> usize {
    (px / SQUARE_PX) as usize
}

/// The nearest half pixel, in halves: closer dots are not told apart.
fn half_px(px: f64) -> usize {
    (px * 2.0).round() as usize
}

/// Round numbers from 0 up to `extent`, at most `most` of them beyond 0.
fn ticks(extent: f64, most: usize) -> Vec<f64> {
    let rough = extent / most.max(1) as f64;
    let power = 10_f64.powf(rough.log10().floor());
    let step =
        [1.0, 2.0, 5.0, 10.0].into_iter().map(|factor| factor * power).find(|&step| step >= rough).unwrap_or(rough);
    (0..).map(|index| f64::from(index) * step).take_while(|&tick| tick <= extent).collect()
}

#[cfg(test)]
mod tests;
