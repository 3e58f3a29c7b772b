//! Samples as replicates: the moments of group and reference in each sample, by the same routes.

use std::sync::Arc;

use explorer_core::{
    data::Column,
    de::{Choice, FixedPoints, Moments, SampleMoments, SampleSides, pseudobulk, sample_means},
    session::{Progress, Question, SampleAnswer, SampleMeans, Sides},
};

use super::{Store, access::DataAccess, compare::CompareError, routes::NO_ESTIMATE};
use crate::{fetch::Priority, platform};

impl Store {
    /// The column of samples, where the dataset names one.
    pub fn sample_column(&self) -> Option<String> {
        self.with_manifest(|manifest| manifest.sample_column.clone()).flatten()
    }
}

impl DataAccess {
    /// Compares the samples of a question's sets; with the route to the last sample and the bytes that all took.
    pub(super) async fn compare_samples(
        &self,
        layer: usize,
        question: &Question,
        fixed: &FixedPoints,
        on_progress: &dyn Fn(Progress),
    ) -> Result<(SampleAnswer, Choice, u64), CompareError> {
        let began = platform::now_millis();
        let by = self.dataset.manifest().sample_column.clone().ok_or(CompareError::NoSamples)?;
        let names = self.dataset.categories(&by).await?.labels;
        let sides = self.sample_sides(question, &by).await?;
        let mut progress = Progress { n_parts: names.len() as u32, ..Progress::default() };
        let mut samples = Vec::with_capacity(names.len());
        let mut last = None;
        for (code, name) in (0..).zip(&names) {
            if let Some([group, reference]) = sides.of_sample(&by, name, code) {
                let of_sample = Sides { group, reference: Some(reference), universe: Vec::new() };
                let found = self.moments(layer, &of_sample, &|_| {}, NO_ESTIMATE).await?;
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
        let table = pseudobulk(&samples, fixed, question.comparison.adjustment)?;
        let choice = last.ok_or(CompareError::NoSamples)?;
        let total = |side: fn(&SampleMoments) -> &Moments| samples.iter().map(|sample| side(sample).n_cells).sum();
        let n_cells = [total(|sample| &sample.group), total(|sample| &sample.reference)];
        let taken = samples.iter().filter(|sample| table.samples.contains(&sample.name));
        let means = taken
            .map(|sample| SampleMeans {
                name: sample.name.clone(),
                group: sample_means(&sample.group, fixed),
                reference: sample_means(&sample.reference, fixed),
            })
            .collect();
        Ok((SampleAnswer { table: Arc::new(table), by, n_cells, means }, choice, progress.n_bytes))
    }

    async fn sample_sides(&self, question: &Question, by: &str) -> Result<SampleSides, CompareError> {
        let Sides { group, reference, .. } = &question.sides;
        let rest = question.sides.rest_of_labels();
        if let Some(sides) = SampleSides::of_labels(group, reference.as_ref().or(rest.as_ref()), by) {
            return Ok(sides);
        }
        let sides = self.masks(&question.sides).await?;
        let Column::Categorical(column) = self.dataset.column(by, Priority::Now).await? else {
            return Err(CompareError::NoSamples);
        };
        Ok(SampleSides::Masks([sides.group, sides.reference], column.codes, self.rows().await?))
    }
}
