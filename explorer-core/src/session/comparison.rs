//! Comparisons: what is asked, with the cells that its sets stand for, and what it came to.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use shared_fbs::manifest::Layer;

use crate::{
    data::GeneNames,
    de::{
        Adjustment, CellSetRecord, Choice, DeOptions, DeRecord, DeTable, Method, Offer, PseudobulkTable, Route, Test,
        pseudobulk_to_csv, to_csv,
    },
    filter::CellMask,
    format,
    sorting::set_of,
    state::{Analysis, CellQuery, CellSource, Comparison, DataKey, Filters, Reference},
};

/// A comparison with the cells that its sets stand for: a set that is saved anew under the same name is another
/// question.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    /// What is compared.
    pub comparison: Comparison,
    /// Which cells that means.
    pub sides: Sides,
}

/// The cells of group and reference, by their descriptions.
#[derive(Clone, Debug, PartialEq)]
pub struct Sides {
    /// The cells of the group.
    pub group: CellSource,
    /// The cells of the reference; `None` is all others of the universe.
    pub reference: Option<CellSource>,
    /// The levels of the subset outside of which no cell is in either set; without any, all cells may be.
    pub universe: Vec<Filters>,
}

impl Sides {
    /// Those of the cells of two sets that are in a universe; the reference is the rest of it when there is none.
    pub fn new(group: CellSource, reference: Option<CellSource>, universe: Vec<Filters>) -> Self {
        let within = |source: CellSource| source.within(&universe);
        Self { group: within(group), reference: reference.map(within), universe }
    }

    /// The reference as filters on labels where it is the rest, and that can be said so.
    pub fn rest_of_labels(&self) -> Option<CellSource> {
        self.group.query()?.rest_of_labels(&self.universe).map(CellSource::Query)
    }

    /// Whether the reference is all cells of the dataset but the group's.
    pub fn is_against_all_others(&self) -> bool {
        self.reference.is_none() && self.universe.is_empty()
    }

    /// The cells of the universe; `None` where these are all.
    pub fn universe(&self) -> Option<CellSource> {
        (!self.universe.is_empty()).then(|| CellSource::Query(CellQuery::of_universe(&self.universe)))
    }

    /// The data that it takes to tell the cells of both.
    pub fn needs(&self) -> BTreeSet<DataKey> {
        let sources = [Some(self.group.clone()), self.reference.clone(), self.universe()];
        set_of(sources.iter().flatten().flat_map(CellSource::needs))
    }

    /// The cells of both sets. `cells_of` gives those of a description.
    ///
    /// # Errors
    /// Those of `cells_of`.
    pub fn masks<E>(&self, mut cells_of: impl FnMut(&CellSource) -> Result<CellMask, E>) -> Result<[CellMask; 2], E> {
        let universe = self.universe().map(|source| cells_of(&source)).transpose()?;
        let mut group = cells_of(&self.group)?;
        let mut reference = match &self.reference {
            Some(source) => cells_of(source)?,
            None => {
                let mut rest = group.clone();
                rest.invert();
                rest
            }
        };
        if let Some(universe) = universe {
            group.and(&universe);
            reference.and(&universe);
        }
        Ok([group, reference])
    }
}

impl Question {
    /// The question that a comparison is; `None` where a set that it names does not exist.
    pub fn new(comparison: &Comparison, analysis: &Analysis) -> Option<Self> {
        let source = |name: &str| analysis.cell_set(name).map(|set| set.source.clone());
        let group = source(&comparison.group)?;
        let reference = match &comparison.reference {
            Reference::Rest => None,
            Reference::Set(name) => Some(source(name)?),
        };
        let sides = Sides::new(group, reference, comparison.universe.clone());
        Some(Self { comparison: comparison.clone(), sides })
    }

    /// The same sets, whatever is asked of them.
    #[must_use]
    pub fn of_cells(mut self) -> Self {
        (self.comparison.mode, self.comparison.adjustment) = <_>::default();
        self
    }

    /// Whether another question has the same answer, but for how p-values are adjusted.
    pub fn differs_in_adjustment(&self, other: &Self) -> bool {
        let adjustment = self.comparison.adjustment;
        self.sides == other.sides && self.comparison == Comparison { adjustment, ..other.comparison.clone() }
    }

    /// Whether the cells of its sets go by a column.
    pub fn uses_column(&self, name: &str) -> bool {
        self.sides.needs().iter().any(|key| key.column() == Some(name))
    }

    /// How the cells of a layer are compared.
    pub fn options(&self, layer: &Layer) -> DeOptions {
        DeOptions {
            // Samples have a table of their own.
            method: self.comparison.mode.test().map_or(Method::Welch, |(method, _)| method),
            adjustment: self.comparison.adjustment,
            ..DeOptions::of_layer(layer)
        }
    }
}

/// What a comparison came to.
#[derive(Clone, Debug)]
pub struct DeResult {
    /// The question.
    pub comparison: Comparison,
    /// The answer.
    pub answer: Answer,
    /// What the genes are called.
    pub names: Arc<GeneNames>,
    /// Whether it is an estimate from a sample of both sets, which the exact result will replace.
    pub is_estimate: bool,
    /// Which way the moments were obtained, and what the others would have cost.
    pub choice: Choice,
    /// Bytes that this took.
    pub n_bytes: u64,
    /// How long it took.
    pub millis: f64,
    /// The layer, by its place in the file.
    pub layer: String,
    /// Why the numbers are not all that the file would give, as the layer has it.
    pub cautions: Vec<String>,
}

/// The statistics of a comparison.
#[derive(Clone, Debug)]
pub enum Answer {
    /// Cells compared: one row per gene.
    Cells(Arc<DeTable>),
    /// Samples compared.
    Samples(Arc<SampleAnswer>),
}

/// Samples compared.
#[derive(Clone, Debug)]
pub struct SampleAnswer {
    /// The statistics.
    pub table: Arc<PseudobulkTable>,
    /// The column of samples.
    pub by: String,
    /// Cells of group and reference that belong to a sample.
    pub n_cells: [u64; 2],
    /// The samples that were compared.
    pub means: Arc<[SampleMeans]>,
}

/// A sample's means, one per gene; `None` on a side where it has too few cells.
#[derive(Debug)]
pub struct SampleMeans {
    /// What it is called.
    pub name: String,
    /// Over its cells of the group.
    pub group: Option<Vec<f32>>,
    /// Over its cells of the reference.
    pub reference: Option<Vec<f32>>,
}

impl DeResult {
    /// The same result, its p-values adjusted otherwise: nothing else is computed anew.
    #[must_use]
    pub fn adjusted(&self, adjustment: Adjustment) -> Self {
        let answer = match &self.answer {
            Answer::Cells(table) => Answer::Cells(Arc::new(table.adjusted(adjustment))),
            Answer::Samples(answer) => {
                let table = Arc::new(answer.table.adjusted(adjustment));
                Answer::Samples(Arc::new(SampleAnswer { table, ..SampleAnswer::clone(answer) }))
            }
        };
        Self { comparison: Comparison { adjustment, ..self.comparison.clone() }, answer, ..self.clone() }
    }

    /// The table as CSV, with a record of how it was made. `within` are the filters of its universe; empty where that is
    /// all cells.
    pub fn csv(&self, dataset: &str, within: &str) -> String {
        let record = self.record(dataset, within);
        match &self.answer {
            Answer::Cells(table) => to_csv(table, &self.names, &record),
            Answer::Samples(answer) => pseudobulk_to_csv(&answer.table, &self.names, &record, &answer.by),
        }
    }

    /// What was compared, for files; `within` as for [`Self::csv`].
    pub fn record(&self, dataset: &str, within: &str) -> DeRecord {
        let reference = match &self.comparison.reference {
            Reference::Rest => "rest",
            Reference::Set(name) => name,
        };
        let [n_group, n_reference] = self.n_cells();
        DeRecord {
            dataset: dataset.to_owned(),
            group: CellSetRecord { name: self.comparison.group.clone(), n_cells: n_group },
            reference: CellSetRecord { name: reference.to_owned(), n_cells: n_reference },
            layer: self.layer.clone(),
            within: within.to_owned(),
            cautions: self.cautions.clone(),
        }
    }

    /// Cells of group and reference.
    pub fn n_cells(&self) -> [u64; 2] {
        match &self.answer {
            Answer::Cells(table) => [table.n_group, table.n_reference],
            Answer::Samples(answer) => answer.n_cells,
        }
    }

    /// The table of cells, where cells were compared.
    pub fn cells(&self) -> Option<&Arc<DeTable>> {
        match &self.answer {
            Answer::Cells(table) => Some(table),
            Answer::Samples(_) => None,
        }
    }

    /// The answer of samples, where these were compared.
    pub fn samples(&self) -> Option<&Arc<SampleAnswer>> {
        match &self.answer {
            Answer::Cells(_) => None,
            Answer::Samples(answer) => Some(answer),
        }
    }

    /// Whether values were ranked, for which every gene is read.
    fn is_by_ranks(&self) -> bool {
        self.cells().is_some_and(|table| match table.test {
            Test::T => false,
            Test::Wilcoxon(_) => true,
        })
    }

    /// Which way the moments were obtained, in a few words.
    pub fn route_text(&self) -> String {
        let bytes = format::bytes(self.n_bytes);
        match self.choice.taken().route {
            _ if self.is_by_ranks() => format!("from the ranks of all genes, {bytes} read"),
            _ if self.is_estimate => format!("estimated from a sample of cells, {bytes} read"),
            Route::Labels => format!("from precomputed sums, {bytes} read"),
            Route::Blocks => format!("from precomputed sums and single cells, {bytes} read"),
            Route::Genes => format!("from all genes, {bytes} read"),
            Route::Server => format!("computed by the server, {bytes} sent"),
        }
    }

    /// What the other ways would have cost, for whoever wants to know why this one was taken.
    pub fn other_routes_text(&self) -> Option<String> {
        let name = |route| match route {
            Route::Labels => "precomputed sums",
            Route::Blocks => "precomputed sums and single cells",
            Route::Genes => "every gene",
            Route::Server => "the server",
        };
        let expected = |offer: &Offer| {
            let millis = Duration::from_secs_f64(offer.millis / 1000.0);
            format!("{}: {}, about {}", name(offer.route), format::bytes(offer.n_bytes), format::duration(millis))
        };
        if self.is_by_ranks() {
            return None;
        }
        let [taken, others @ ..] = self.choice.offers.as_slice() else { return None };
        let others: Vec<String> = others.iter().map(expected).collect();
        (!others.is_empty())
            .then(|| format!("Taken as the quickest. Expected of {}; of {}.", expected(taken), others.join("; of ")))
    }
}

/// How far a computation has come.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Progress {
    /// Genes, or parts of a plan, done.
    pub n_done: u32,
    /// Genes or parts in all.
    pub n_parts: u32,
    /// Bytes fetched.
    pub n_bytes: u64,
    /// Time since the start.
    pub millis: f64,
}

impl Progress {
    /// The share that is done, 0 to 1; `None` before it is known of how many parts.
    pub fn fraction(self) -> Option<f64> {
        (self.n_parts > 0).then(|| f64::from(self.n_done) / f64::from(self.n_parts))
    }

    /// How far it has come, in a few words.
    pub fn text(self) -> String {
        let Self { n_done, n_parts, n_bytes, millis } = self;
        if n_done == 0 {
            return "Preparing".to_owned();
        }
        let share = f64::from(n_done) / f64::from(n_parts.max(1));
        let left = Duration::from_secs_f64(millis / 1000.0 * (1.0 - share) / share);
        let so_far = format!("{} %, {}", (100.0 * share).floor(), format::bytes(n_bytes));
        if left.as_secs() < 2 { so_far } else { format!("{so_far}, about {} left", format::duration(left)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        de::Ties,
        state::{CellQuery, CellSet, TestMode},
    };

    fn comparison(reference: Reference) -> Comparison {
        Comparison {
            group: "T".to_owned(),
            reference,
            mode: TestMode::Welch,
            adjustment: Adjustment::default(),
            layer: None,
            universe: Vec::new(),
        }
    }

    fn result(is_estimate: bool) -> DeResult {
        let offer = |route, n_bytes, millis| Offer { route, n_bytes, millis };
        DeResult {
            comparison: comparison(Reference::Rest),
            answer: Answer::Cells(Arc::default()),
            names: Arc::default(),
            is_estimate,
            choice: Choice {
                offers: vec![offer(Route::Blocks, 2_000_000, 500.0), offer(Route::Genes, 90_000_000, 9e3)],
            },
            n_bytes: 1_500_000,
            millis: 400.0,
            layer: "X".to_owned(),
            cautions: vec!["3 values count as zero".to_owned()],
        }
    }

    #[test]
    fn a_question_holds_the_cells_of_its_sets() {
        let set = |name: &str| CellSet { name: name.to_owned(), source: CellSource::Query(CellQuery::default()) };
        let analysis = Analysis { cell_sets: vec![set("T")], ..Analysis::default() };
        let rest = Question::new(&comparison(Reference::Rest), &analysis).expect("its set exists");
        assert_eq!((rest.sides.is_against_all_others(), rest.comparison.names()), (true, ["T", "the rest"]));
        let other = comparison(Reference::Set("B".to_owned()));
        assert_eq!(Question::new(&other, &analysis), None);
    }

    #[test]
    fn the_way_that_was_taken_is_told_with_what_the_others_would_have_cost() {
        assert_eq!(result(false).route_text(), "from precomputed sums and single cells, 1.5 MB read");
        assert_eq!(result(true).route_text(), "estimated from a sample of cells, 1.5 MB read");
        let ranked = DeTable { test: Test::Wilcoxon(Ties::Corrected), ..DeTable::default() };
        let by_ranks = DeResult { answer: Answer::Cells(Arc::new(ranked)), ..result(false) };
        assert_eq!(by_ranks.route_text(), "from the ranks of all genes, 1.5 MB read");
        assert_eq!(by_ranks.other_routes_text(), None);
        let others = result(false).other_routes_text().expect("there was another way");
        let expected = "Taken as the quickest. Expected of precomputed sums and single cells: 2.0 MB, about 500 ms; of \
                        every gene: 90 MB, about 9.0 s.";
        assert_eq!(others, expected);
    }

    #[test]
    fn another_adjustment_is_of_the_same_answer() {
        let table = DeTable {
            pval: vec![0.01, 0.02],
            log10_pval: vec![-2.0, -1.7],
            pval_adj: vec![0.02, 0.02],
            ..DeTable::default()
        };
        let found = DeResult { answer: Answer::Cells(Arc::new(table)), ..result(false) };
        let adjusted = found.adjusted(Adjustment::Bonferroni);
        let table = adjusted.cells().expect("cells were compared");
        assert_eq!((table.pval_adj.as_slice(), table.options.adjustment), (&[0.02, 0.04][..], Adjustment::Bonferroni));
        let asked = |mode, adjustment| Question {
            comparison: Comparison { mode, adjustment, ..comparison(Reference::Rest) },
            sides: Sides::new(CellSource::Query(CellQuery::default()), None, Vec::new()),
        };
        let usual = asked(TestMode::Welch, Adjustment::BenjaminiHochberg);
        assert!(usual.differs_in_adjustment(&asked(TestMode::Welch, Adjustment::Bonferroni)));
        assert!(!usual.differs_in_adjustment(&asked(TestMode::Wilcoxon, Adjustment::Bonferroni)));
        assert_eq!(asked(TestMode::Wilcoxon, Adjustment::Bonferroni).of_cells(), usual);
    }

    #[test]
    fn progress_tells_the_time_left_where_that_is_long() {
        let progress = Progress { n_done: 1, n_parts: 4, n_bytes: 2_000_000, millis: 4_000.0 };
        assert_eq!(progress.text(), "25 %, 2.0 MB, about 12 s left");
        assert_eq!(Progress { millis: 400.0, ..progress }.text(), "25 %, 2.0 MB");
        assert_eq!(Progress::default().text(), "Preparing");
        assert_eq!((progress.fraction(), Progress::default().fraction()), (Some(0.25), None));
    }
}
