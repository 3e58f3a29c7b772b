//! Samples as replicates: the moments of group and reference in each sample, by the same roads.

use explorer_core::{
    data::{CellIdx, Column},
    de::{Adjustment, Choice, FixedPoints, LEAST_CELLS, Moments, PseudobulkTable, SampleMoments, pseudobulk},
    filter::CellMask,
    state::{CellList, CellQuery, CellSource, Label, LabelFilter, ObsFilter},
};

use super::{
    Store,
    compare::{CompareError, Question},
    roads::{NO_ESTIMATE, only_labels},
};
use crate::{
    fetch::{Dataset, Priority},
    platform,
    worker::{Pool, Progress},
};

/// Samples compared.
#[derive(Debug)]
pub struct SampleAnswer {
    /// The statistics.
    pub table: PseudobulkTable,
    /// The column of samples.
    pub by: String,
    /// Cells of group and reference that belong to a sample.
    pub n_cells: [u64; 2],
    /// The samples that were compared.
    pub means: Vec<SampleMeans>,
}

/// A sample's means, one a gene; `None` on a side where it has too few cells.
#[derive(Debug)]
pub struct SampleMeans {
    /// What it is called.
    pub name: String,
    /// Over its cells of the group.
    pub group: Option<Vec<f32>>,
    /// Over its cells of the reference.
    pub reference: Option<Vec<f32>>,
}

/// Group and reference, to be cut by samples.
enum Sides {
    /// By filters on labels: stored sums of pairs of labels may answer.
    Queries([CellQuery; 2]),
    /// Cell by cell, with each cell's sample.
    Masks([CellMask; 2], Vec<u32>),
}

impl Store {
    /// The column of samples, where the dataset names one.
    pub fn sample_column(self) -> Option<String> {
        self.with_manifest(|manifest| manifest.sample_column.clone()).flatten()
    }

    /// Compares the samples of a question's sets; with the road to the last sample and the bytes that all took.
    pub(super) async fn compare_samples(
        self,
        dataset: &Dataset,
        pool: &Pool,
        layer: usize,
        question: &Question,
        fixed: &FixedPoints,
        on_progress: &impl Fn(Progress),
    ) -> Result<(SampleAnswer, Choice, u64), CompareError> {
        let began = platform::now_millis();
        let by = dataset.manifest().sample_column.clone().ok_or(CompareError::NoSamples)?;
        let names = dataset.categories(&by).await?.labels;
        let sides = self.sample_sides(dataset, question, &by).await?;
        let mut progress = Progress { n_parts: names.len() as u32, ..Progress::default() };
        let mut samples = Vec::with_capacity(names.len());
        let mut last = None;
        for (code, name) in (0..).zip(&names) {
            if let Some([group, reference]) = sides.of_sample(&by, name, code) {
                let of_sample = Question { comparison: question.comparison.clone(), group, reference: Some(reference) };
                let found = self.moments(dataset, pool, layer, &of_sample, &|_| {}, NO_ESTIMATE).await?;
                let [group, reference] = found.moments;
                samples.push(SampleMoments { name: name.clone(), group, reference });
                progress.n_bytes += found.n_bytes;
                last = Some(found.choice);
            }
            progress.n_done += 1;
            progress.millis = platform::now_millis() - began;
            on_progress(progress);
            platform::breathe().await;
        }
        let table = pseudobulk(&samples, fixed, Adjustment::default())?;
        let choice = last.ok_or(CompareError::NoSamples)?;
        let total = |side: fn(&SampleMoments) -> &Moments| samples.iter().map(|sample| side(sample).n_cells).sum();
        let n_cells = [total(|sample| &sample.group), total(|sample| &sample.reference)];
        let taken = samples.iter().filter(|sample| table.samples.contains(&sample.name));
        let means = taken
            .map(|sample| SampleMeans {
                name: sample.name.clone(),
                group: means(&sample.group, fixed),
                reference: means(&sample.reference, fixed),
            })
            .collect();
        Ok((SampleAnswer { table, by, n_cells, means }, choice, progress.n_bytes))
    }

    async fn sample_sides(self, dataset: &Dataset, question: &Question, by: &str) -> Result<Sides, CompareError> {
        if let Some(queries) = label_queries(question, by) {
            return Ok(Sides::Queries(queries));
        }
        let group = self.cells(dataset, &question.group).await?;
        let reference = match &question.reference {
            Some(source) => self.cells(dataset, source).await?,
            None => {
                let mut rest = group.clone();
                rest.invert();
                rest
            }
        };
        let Column::Categorical(column) = dataset.column(by, Priority::Now).await? else {
            return Err(CompareError::NoSamples);
        };
        let codes = (0..group.len()).map(|cell| column.codes.get(CellIdx(cell as u32))).collect();
        Ok(Sides::Masks([group, reference], codes))
    }
}

impl Sides {
    /// Group and reference within a sample; `None` where neither has a cell, as far as that is known.
    fn of_sample(&self, by: &str, name: &str, code: u32) -> Option<[CellSource; 2]> {
        match self {
            Self::Queries(queries) => Some(queries.clone().map(|mut query| {
                let only = LabelFilter::Only([Label::named(name)].into());
                query.filters.obs.insert(by.to_owned(), ObsFilter::Labels(only));
                CellSource::Query(query)
            })),
            Self::Masks(masks, codes) => {
                let [group, reference] = masks.each_ref().map(|mask| {
                    let cells = mask.as_bytes().iter().zip(codes).enumerate();
                    let cells = cells.filter(|(_, (is_in, own))| **is_in == 1 && **own == code);
                    CellList::new(cells.map(|(cell, _)| cell as u32).collect())
                });
                let is_empty = group.cells().is_empty() && reference.cells().is_empty();
                (!is_empty).then_some([CellSource::Cells(group), CellSource::Cells(reference)])
            }
        }
    }
}

/// Group and reference as filters on the labels of columns other than the samples', where they are that.
fn label_queries(question: &Question, by: &str) -> Option<[CellQuery; 2]> {
    let of_labels = |source: &CellSource| {
        let CellSource::Query(query) = source else { return None };
        let filters = only_labels(query)?;
        filters.iter().all(|(column, _)| *column != by).then(|| query.clone())
    };
    let group = of_labels(&question.group)?;
    let reference = match &question.reference {
        Some(reference) => of_labels(reference)?,
        None => {
            // The rest of one filter is its opposite; that of several is no filter.
            let [(column, filter)] = only_labels(&group)?[..] else { return None };
            let opposite = match filter.clone() {
                LabelFilter::Hide(labels) => LabelFilter::Only(labels),
                LabelFilter::Only(labels) => LabelFilter::Hide(labels),
            };
            let mut rest = CellQuery::default();
            rest.filters.obs.insert(column.clone(), ObsFilter::Labels(opposite));
            rest
        }
    };
    Some([group, reference])
}

fn means(moments: &Moments, fixed: &FixedPoints) -> Option<Vec<f32>> {
    let mean = |(gene, moments_of): (usize, &explorer_core::de::GeneMoments)| {
        moments_of.summary(moments.n_cells, fixed.get(gene)).mean as f32
    };
    (moments.n_cells >= LEAST_CELLS).then(|| moments.genes.iter().enumerate().map(mean).collect())
}

#[cfg(test)]
mod tests {
    use explorer_core::state::{Comparison, Reference, TestMode};
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::*;

    fn labels(pairs: &[(&str, LabelFilter)]) -> CellSource {
        let mut query = CellQuery::default();
        for (column, filter) in pairs {
            query.filters.obs.insert((*column).to_owned(), ObsFilter::Labels(filter.clone()));
        }
        CellSource::Query(query)
    }

    fn question(group: CellSource, reference: Option<CellSource>) -> Question {
        let comparison =
            Comparison { group: "a".to_owned(), reference: Reference::Rest, mode: TestMode::Samples, layer: None };
        Question { comparison, group, reference }
    }

    #[test]
    fn sets_of_labels_are_cut_by_filters_and_others_cell_by_cell() {
        let only = |label: &str| LabelFilter::Only([Label::named(label)].into());
        let hide = |label: &str| LabelFilter::Hide([Label::named(label)].into());
        let b = labels(&[("type", only("B"))]);
        let sides = Sides::Queries(label_queries(&question(b.clone(), None), "donor").unwrap_or_default());
        let expected = [
            labels(&[("donor", only("d1")), ("type", only("B"))]),
            labels(&[("donor", only("d1")), ("type", hide("B"))]),
        ];
        assert_eq!(sides.of_sample("donor", "d1", 0), Some(expected));
        let of_samples = labels(&[("donor", only("d1"))]);
        assert!(label_queries(&question(of_samples, None), "donor").is_none());
        let two = labels(&[("type", only("B")), ("phase", only("S"))]);
        assert!(label_queries(&question(two.clone(), None), "donor").is_none());
        assert!(label_queries(&question(two, Some(b)), "donor").is_some());

        let masks = [vec![1, 1, 0, 0], vec![0, 0, 1, 0]].map(CellMask::from_bytes);
        let sides = Sides::Masks(masks, vec![0, 1, 0, 2]);
        let cells = |cells: &[u32]| CellSource::Cells(CellList::new(cells.iter().copied().collect()));
        assert_eq!(sides.of_sample("donor", "d0", 0), Some([cells(&[0]), cells(&[2])]));
        assert_eq!(sides.of_sample("donor", "d1", 1), Some([cells(&[1]), cells(&[])]));
        assert_eq!(sides.of_sample("donor", "d2", 2), None);
    }
}
