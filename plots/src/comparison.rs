//! Figures of comparisons: volcano and MA plots, the effects of two comparisons, leading genes with their intervals.

use explorer_core::{
    color::Ground,
    data::{GeneIdx, GeneNames},
    dataset::{Dataset, Tiles},
    de::{DeOptions, DeRecord, DeTable, Design, GeneAxes, PseudobulkTable, Regulation},
    format::{integer, p_value, plural, short, signed},
    names::visible,
    screen::{GeneLayout, OtherEffects},
    session::{ComparisonFigureData, ComparisonFigureKind, ComparisonFigureQuestion, StandingOut},
    sorting::order_by,
};

use crate::{
    answer::AnswerError,
    figure::{Figure, HEADING_PX, Paint},
    gene_dots::{GeneClass, GeneDots, ROOM_PX, SIZE_PX},
    number_rows::{self, NumberRow, NumberRows, RowForm, labels_px},
};

/// Genes of either side whose intervals are drawn.
const MOST_LEADING: usize = 15;

/// A comparison of cells, to be drawn.
#[derive(Clone, Copy)]
pub struct ComparisonFigure<'a> {
    /// What is drawn.
    pub kind: ComparisonFigureKind,
    /// The comparison.
    pub table: &'a DeTable,
    /// What the genes are called.
    pub names: &'a GeneNames,
    /// What was compared.
    pub record: &'a DeRecord,
    /// Which genes stand out.
    pub standing_out: StandingOut,
    /// Of each gene, whether it may stand out.
    pub is_shown: &'a [bool],
    /// Ids of genes that have their names in any case.
    pub chosen: &'a [String],
    /// The effects in another comparison, and what that is called.
    pub other: Option<(&'a OtherEffects, &'a str)>,
    /// What it is drawn on.
    pub ground: Ground,
}

/// Draws a comparison of cells of a dataset. `payload` is what comes with the
/// [question](ComparisonFigureQuestion::payload).
///
/// # Errors
/// [`AnswerError`].
pub async fn draw_comparison<T: Tiles>(
    dataset: &Dataset<T>,
    question: &ComparisonFigureQuestion,
    payload: &[u8],
) -> Result<Figure, AnswerError<T::Error>> {
    let layer = question.layer as usize;
    let options = DeOptions::of_layer(dataset.layer_entry(layer).map_err(|error| AnswerError::Read(error.into()))?);
    let genes = dataset.genes(layer).await.map_err(AnswerError::Read)?;
    let names = GeneNames::new(genes.ids, genes.symbols);
    let data = question.read(payload, options, names.len());
    let ComparisonFigureData { table, is_shown, other } = data.ok_or(AnswerError::Payload)?;
    let title = question.other.as_ref().map(|other| other.title.as_str());
    let figure = ComparisonFigure {
        kind: question.kind,
        table: &table,
        names: &names,
        record: &question.record,
        standing_out: question.standing_out,
        is_shown: &is_shown,
        chosen: &question.chosen,
        other: other.as_ref().zip(title),
        ground: question.ground,
    };
    Ok(figure.draw())
}

impl ComparisonFigure<'_> {
    /// Draws it.
    pub fn draw(&self) -> Figure {
        match self.kind {
            ComparisonFigureKind::Volcano => self.dots(GeneAxes::Volcano),
            ComparisonFigureKind::Ma => self.dots(GeneAxes::Ma),
            ComparisonFigureKind::Effects => self.dots(GeneAxes::Effects),
            ComparisonFigureKind::Intervals => self.intervals(),
        }
    }

    fn dots(&self, axes: GeneAxes) -> Figure {
        let Self { table, names, record, standing_out, ground, .. } = *self;
        let StandingOut { max_pval_adj, min_abs_effect } = standing_out;
        let other = self.other.map(|(other, _)| other);
        let layout = GeneLayout::within(axes, table, other, SIZE_PX, ROOM_PX);
        let what = match axes {
            GeneAxes::Volcano => "Volcano plot",
            GeneAxes::Ma => "MA plot",
            GeneAxes::Effects => "Effects in two comparisons",
        };
        let beyond = match (layout.n_beyond(), axes) {
            (0, _) => String::new(),
            (beyond, GeneAxes::Ma) => format!(", {} off the axis", plural(beyond, "gene", "genes")),
            (beyond, GeneAxes::Volcano | GeneAxes::Effects) => {
                format!(", ‹ › {} off the axis", plural(beyond, "gene", "genes"))
            }
        };
        let effect = table.options.effect.title();
        let title = title(record);
        let titles = match axes {
            GeneAxes::Volcano => [format!("{effect}{beyond}"), "−log₁₀ adjusted p".to_owned()],
            GeneAxes::Ma => [format!("mean of both means{beyond}"), effect.to_owned()],
            GeneAxes::Effects => {
                let other = self.other.map(|(_, title)| visible(title).into_owned()).unwrap_or_default();
                [format!("{effect}, {title}{beyond}"), format!("{effect}, {other}")]
            }
        };
        let of_classes = match axes {
            GeneAxes::Volcano | GeneAxes::Ma => &["not significant", "lower", "higher"][..],
            GeneAxes::Effects => &["in neither", "only across", "only upright", "in both"],
        };
        let paints = [Paint::Rest, Paint::Lower, Paint::Higher, Paint::Text];
        let genes = layout.classes(table, other, self.is_shown, max_pval_adj.log10());
        let class = |((label, paint), genes): ((&&str, Paint), &Vec<usize>)| GeneClass {
            label: format!("{label}: {}", integer(genes.len() as u64)),
            paint,
            genes: foremost(genes, &table.score),
        };
        let classes = of_classes.iter().zip(paints).zip(&genes).map(class).collect();
        let chosen: Vec<usize> = self.chosen.iter().filter_map(|id| names.position(id)).collect();
        let dots = GeneDots {
            thresholds: layout.thresholds(max_pval_adj, min_abs_effect),
            layout: &layout,
            titles,
            classes,
            chosen: &chosen,
            names: names.labels(),
        };
        let mut figure = Figure::new(format!("{what}: {title}"), ground);
        dots.draw(&mut figure, |gene| self.tip(gene));
        figure.frame(&title, [colored(standing_out)].into_iter().chain(self.source()));
        figure
    }

    /// The genes of the highest scores and of the lowest.
    fn intervals(&self) -> Figure {
        let Self { table, names, record, standing_out, ground, .. } = *self;
        let shown: Vec<u32> = (0..table.len() as u32).filter(|&gene| self.is_shown[gene as usize]).collect();
        let mut leading = table.top(&shown, Regulation::Up, MOST_LEADING);
        leading.extend(table.top(&shown, Regulation::Down, MOST_LEADING).into_iter().rev());
        let row = |gene: u32| {
            let at = gene as usize;
            let paint = match table.effect[at] > 0.0 {
                _ if table.pval_adj[at] > standing_out.max_pval_adj => Paint::Rest,
                true => Paint::Higher,
                false => Paint::Lower,
            };
            NumberRow {
                label: names.label(GeneIdx(gene)).to_owned(),
                value: table.effect[at],
                interval: Some(table.interval(at)).filter(|ends| ends.iter().all(|end| end.is_finite())),
                note: format!("p {}", p_value(table.log10_pval_adj[at])),
                tip: self.tip(at),
                paint,
            }
        };
        let rows: Vec<NumberRow> = leading.into_iter().map(row).collect();
        let effect = table.options.effect.title();
        let of_scale = match rows.iter().filter(|row| row.interval.is_none()).count() {
            0 => format!("{effect} with its 95 % interval"),
            without => format!("{effect} with its 95 % interval, {} without one", plural(without, "gene", "genes")),
        };
        let (heading, form, threshold) = (String::new(), RowForm::Dots, None);
        let part = NumberRows { heading, title: of_scale, form, threshold, rows };
        let title = title(record);
        let mut figure = Figure::new(format!("Effects of leading genes: {title}"), ground);
        number_rows::draw(&mut figure, &part, (HEADING_PX + 8.0, labels_px([&part]), 0));
        let method = "The genes of the highest scores and of the lowest; p is adjusted".to_owned();
        figure.frame(&title, [method].into_iter().chain(self.source()));
        figure
    }

    fn tip(&self, gene: usize) -> String {
        let table = self.table;
        let name = self.names.label(GeneIdx(gene as u32));
        let mut tip = format!(
            "{name}: {} {}, adjusted p {}, means {} and {}",
            table.options.effect.title(),
            signed(table.effect[gene]),
            p_value(table.log10_pval_adj[gene]),
            short(table.mean_group[gene], 3),
            short(table.mean_reference[gene], 3),
        );
        match table.interval(gene) {
            [low, high] if low.is_finite() && high.is_finite() => {
                tip += &format!(", 95 % interval {} to {}", signed(low), signed(high));
            }
            _ => {}
        }
        if let Some((other, _)) = self.other {
            let (effect, log10_pval_adj) = (other.effect[gene], other.log10_pval_adj[gene]);
            tip += &format!("; in the other comparison {}, adjusted p {}", signed(effect), p_value(log10_pval_adj));
        }
        tip
    }

    /// How it was made.
    fn source(&self) -> Vec<String> {
        let method = format!("{}, adjusted by {}", self.table.method(), self.table.options.adjustment.title());
        source_of(self.record, &method)
    }
}

/// Samples compared, to be drawn as a volcano plot.
#[derive(Clone, Copy)]
pub struct SamplesFigure<'a> {
    /// The comparison.
    pub table: &'a PseudobulkTable,
    /// What the genes are called.
    pub names: &'a GeneNames,
    /// What was compared.
    pub record: &'a DeRecord,
    /// The column of samples.
    pub by: &'a str,
    /// Which genes stand out.
    pub standing_out: StandingOut,
    /// Ids of genes that have their names in any case.
    pub chosen: &'a [String],
    /// What it is drawn on.
    pub ground: Ground,
}

impl SamplesFigure<'_> {
    /// Draws it.
    pub fn draw(&self) -> Figure {
        let Self { table, names, record, standing_out, .. } = *self;
        let StandingOut { max_pval_adj, min_abs_effect } = standing_out;
        let extent = |numbers: &[f64]| {
            let finite = numbers.iter().map(|number| number.abs()).filter(|number| number.is_finite());
            Some(finite.fold(0.0, f64::max) * 1.04).filter(|extent| *extent > 0.0).unwrap_or(1.0)
        };
        let most = extent(&table.difference);
        let ends = [[-most, most], [0.0, extent(&table.log10_pval_adj)]];
        let places = table.difference.iter().zip(&table.log10_pval_adj).map(|(&x, &log10_p)| (x, -log10_p));
        let layout = GeneLayout::of_places(GeneAxes::Volcano, ends, places, SIZE_PX, ROOM_PX);
        let mut genes: [Vec<usize>; 3] = <_>::default();
        for gene in 0..table.score.len() {
            let difference = table.difference[gene];
            let stands_out = table.log10_pval_adj[gene] <= max_pval_adj.log10() && difference.abs() >= min_abs_effect;
            genes[if stands_out { 1 + usize::from(difference > 0.0) } else { 0 }].push(gene);
        }
        let [others, lower, higher] = genes;
        let class = |label: &str, paint: Paint, genes: &[usize]| GeneClass {
            label: format!("{label}: {}", integer(genes.len() as u64)),
            paint,
            genes: foremost(genes, &table.score),
        };
        let chosen: Vec<usize> = self.chosen.iter().filter_map(|id| names.position(id)).collect();
        let dots = GeneDots {
            thresholds: layout.thresholds(max_pval_adj, min_abs_effect),
            layout: &layout,
            titles: ["mean difference of samples".to_owned(), "−log₁₀ adjusted p".to_owned()],
            classes: vec![
                class("not significant", Paint::Rest, &others),
                class("lower", Paint::Lower, &lower),
                class("higher", Paint::Higher, &higher),
            ],
            chosen: &chosen,
            names: names.labels(),
        };
        let title = title(record);
        let mut figure = Figure::new(format!("Volcano plot: {title}"), self.ground);
        dots.draw(&mut figure, |gene| {
            let (difference, p) = (signed(table.difference[gene]), p_value(table.log10_pval_adj[gene]));
            format!("{}: difference {difference}, adjusted p {p}", names.label(GeneIdx(gene as u32)))
        });
        let (n, by) = (table.samples.len(), self.by);
        let method = match table.design {
            Design::Paired => format!("Paired t-test over {} of {by}", plural(n, "sample", "samples")),
            Design::Unpaired => {
                let n_others = plural(n - table.n_group, "sample", "samples");
                format!("Welch's t-test over {} against {n_others} of {by}", table.n_group)
            }
        };
        let method = format!("{method}, adjusted by {}", table.adjustment.title());
        figure.frame(&title, [colored(standing_out)].into_iter().chain(source_of(record, &method)));
        figure
    }
}

/// Which genes have a color.
fn colored(StandingOut { max_pval_adj, min_abs_effect }: StandingOut) -> String {
    let least = match min_abs_effect {
        0.0 => String::new(),
        least => format!(" and an effect of at least {}", short(least, 3)),
    };
    format!("Colored: adjusted p of at most {}{least}", short(max_pval_adj, 3))
}

/// Genes by their scores, the largest of either sign first.
fn foremost(genes: &[usize], scores: &[f64]) -> Vec<usize> {
    let score = |at: usize| scores[genes[at]].abs();
    let order = order_by(genes.len(), |a, b| score(b).total_cmp(&score(a)));
    order.into_iter().map(|at| genes[at]).collect()
}

/// What was compared.
pub(crate) fn title(record: &DeRecord) -> String {
    let reference = if record.reference.name == "rest" { "the rest" } else { &record.reference.name };
    format!("{} against {}", visible(&record.group.name), visible(reference))
}

/// How a comparison was made, in two lines, and why it is to be read with care.
pub(crate) fn source_of(record: &DeRecord, method: &str) -> Vec<String> {
    let n_cells = [&record.group, &record.reference].map(|set| integer(set.n_cells));
    let of = [&record.dataset, &record.layer, &record.within].map(String::as_str);
    let of: Vec<_> = of.into_iter().filter(|of| !of.is_empty()).map(visible).collect();
    let mut lines = vec![format!("{method}; {} cells against {}", n_cells[0], n_cells[1]), of.join(" · ")];
    lines.extend(record.cautions.iter().map(|caution| format!("With care: {caution}")));
    lines
}

#[cfg(test)]
mod tests {
    use explorer_core::de::{CellSetRecord, Effect, LogBase};

    use super::*;
    use crate::figure::{Align, Part, Shape};

    const EFFECTS: [f64; 5] = [2.0, -1.5, 0.5, 0.0, -3.0];
    const LOG10_PVALS: [f64; 5] = [-20.0, -8.0, -0.2, 0.0, -15.0];

    fn table() -> DeTable {
        let options = DeOptions { effect: Effect::MeanDifference, log_base: LogBase::NATURAL, ..DeOptions::default() };
        DeTable {
            options,
            n_group: 40,
            n_reference: 60,
            effect: EFFECTS.to_vec(),
            effect_error: vec![0.1; 5],
            score: vec![9.0, -6.0, 0.8, 0.0, -8.0],
            df: vec![1e9; 5],
            pval: LOG10_PVALS.map(|log10_p| 10_f64.powf(log10_p)).to_vec(),
            log10_pval: LOG10_PVALS.to_vec(),
            pval_adj: LOG10_PVALS.map(|log10_p| 10_f64.powf(log10_p)).to_vec(),
            log10_pval_adj: LOG10_PVALS.to_vec(),
            mean_group: vec![4.0, 1.0, 1.5, 0.0, 1.0],
            mean_reference: vec![2.0, 2.5, 1.0, 0.0, 4.0],
            pct_group: vec![50.0; 5],
            pct_reference: vec![50.0; 5],
            degenerate: vec![None; 5],
            ..DeTable::default()
        }
    }

    fn figure(kind: ComparisonFigureKind) -> Figure {
        let names = GeneNames::new((0..5).map(|gene| format!("GENE{gene}")).collect(), None);
        let set = |name: &str, n_cells| CellSetRecord { name: name.to_owned(), n_cells };
        let record = DeRecord {
            dataset: "cells".to_owned(),
            group: set("B", 40),
            reference: set("rest", 60),
            layer: "X".to_owned(),
            within: String::new(),
            cautions: vec!["Some values were rounded.".to_owned()],
        };
        let other = OtherEffects { effect: vec![1.0; 5], log10_pval_adj: vec![-9.0; 5], extent: 2.0 };
        let of = ComparisonFigure {
            kind,
            table: &table(),
            names: &names,
            record: &record,
            standing_out: StandingOut::default(),
            is_shown: &[true; 5],
            chosen: &["GENE2".to_owned()],
            other: Some((&other, "T against the rest")).filter(|_| kind == ComparisonFigureKind::Effects),
            ground: Ground::Light,
        };
        of.draw()
    }

    fn texts(figure: &Figure) -> Vec<(&str, [f64; 2], Align)> {
        figure
            .parts
            .iter()
            .filter_map(|part| match part {
                Part::Shape(Shape::Text { text, at, align, .. }) => Some((text.as_str(), *at, *align)),
                Part::Shape(_) | Part::Mark(_) => None,
            })
            .collect()
    }

    /// Where numbers lie, by what two ticks of an axis say: those that end, or have their middle, at their place.
    fn axis(figure: &Figure, numbers: [&str; 2], align: Align) -> impl Fn(f64) -> f64 {
        let along = usize::from(align == Align::End);
        let place = |number: &str| {
            let is_it = |text: &&(&str, [f64; 2], Align)| text.0 == number && text.2 == align;
            texts(figure).iter().find(is_it).unwrap_or_else(|| panic!("no tick {number}")).1[along]
        };
        let [from, to] = numbers.map(place);
        let [least, greatest] = numbers.map(|number| number.replace('−', "-").parse::<f64>().unwrap());
        move |number| from + (to - from) * (number - least) / (greatest - least)
    }

    /// The middles of all dots, from left to right.
    fn dots(figure: &Figure) -> Vec<[f64; 2]> {
        let dot = |d: &str| d.strip_suffix("h.01")?.split_once(' ').map(|(x, y)| [x, y].map(|px| px.parse().unwrap()));
        let mut dots: Vec<[f64; 2]> = figure
            .parts
            .iter()
            .filter_map(|part| match part {
                Part::Shape(Shape::Path { d, .. }) if d.contains("h.01") => Some(d.split('M').filter_map(dot)),
                Part::Shape(_) | Part::Mark(_) => None,
            })
            .flatten()
            .collect();
        dots.sort_by(|a, b| a[0].total_cmp(&b[0]));
        dots
    }

    fn expect(mut places: Vec<[f64; 2]>, dots: &[[f64; 2]]) {
        places.sort_by(|a, b| a[0].total_cmp(&b[0]));
        assert_eq!(places.len(), dots.len(), "{dots:?}");
        for (place, dot) in places.iter().zip(dots) {
            // Dots lie at half pixels.
            assert!((0..2).all(|at| (place[at] - dot[at]).abs() <= 0.26), "{place:?} {dot:?}");
        }
    }

    #[test]
    fn a_volcano_has_every_gene_where_its_numbers_say() {
        let figure = figure(ComparisonFigureKind::Volcano);
        let (x, y) = (axis(&figure, ["0", "2"], Align::Middle), axis(&figure, ["0", "20"], Align::End));
        expect(
            EFFECTS.iter().zip(LOG10_PVALS).map(|(&effect, log10_p)| [x(effect), y(-log10_p)]).collect(),
            &dots(&figure),
        );
        let said: Vec<&str> = texts(&figure).into_iter().map(|text| text.0).collect();
        for text in [
            "B against the rest",
            "higher: 1",
            "lower: 2",
            "not significant: 2",
            "mean difference",
            "Welch's t-test, adjusted by Benjamini-Hochberg; 40 cells against 60",
            "cells · X",
            "With care: Some values were rounded.",
            "GENE0",
            "GENE2",
        ] {
            assert!(said.contains(&text), "no {text} in {said:?}");
        }
        assert!(!said.contains(&"GENE3"), "a gene without evidence has a name");
    }

    #[test]
    fn an_ma_plot_has_means_across_and_effects_of_two_comparisons_the_other_upright() {
        let ma = figure(ComparisonFigureKind::Ma);
        let (x, y) = (axis(&ma, ["0", "2"], Align::Middle), axis(&ma, ["−2", "2"], Align::End));
        let table = table();
        expect((0..5).map(|gene| [x(table.mean(gene)), y(EFFECTS[gene])]).collect(), &dots(&ma));
        let effects = figure(ComparisonFigureKind::Effects);
        let (x, y) = (axis(&effects, ["0", "2"], Align::Middle), axis(&effects, ["0", "1"], Align::End));
        expect(EFFECTS.iter().map(|&effect| [x(effect), y(1.0)]).collect(), &dots(&effects));
        assert!(texts(&effects).iter().any(|text| text.0 == "in both: 3"), "{:?}", texts(&effects));
    }

    #[test]
    fn intervals_reach_from_end_to_end_of_each_leading_gene() {
        let figure = figure(ComparisonFigureKind::Intervals);
        let x = axis(&figure, ["0", "2"], Align::Middle);
        let rows: Vec<(String, f64, [f64; 2])> = figure
            .parts
            .iter()
            .filter_map(|part| {
                let Part::Mark(mark) = part else { return None };
                let [Shape::Path { d, .. }, Shape::Circle { at, .. }] = &mark.shapes[..] else { return None };
                let ends = d.split(['M', 'L']).filter_map(|point| point.split_once(' ')?.0.parse::<f64>().ok());
                let ends: Vec<f64> = ends.collect();
                Some((mark.tip.split(':').next()?.to_owned(), at[0], [ends[0], ends[1]]))
            })
            .collect();
        let genes: Vec<&str> = rows.iter().map(|row| row.0.as_str()).collect();
        assert_eq!(genes, ["GENE0", "GENE2", "GENE1", "GENE4"], "the highest scores first, the lowest last");
        for (name, at, ends) in &rows {
            let gene: usize = name[4..].parse().unwrap();
            assert!((at - x(EFFECTS[gene])).abs() < 0.1, "{name}");
            let interval = table().interval(gene).map(&x);
            assert!((0..2).all(|end| (ends[end] - interval[end]).abs() < 0.1), "{name}: {ends:?} {interval:?}");
        }
    }
}
