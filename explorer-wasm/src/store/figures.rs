//! Figures of answers, as files: the worker of plots draws them, on light.

use std::sync::Arc;

use explorer_core::{
    color::Ground,
    dataset::DatasetError,
    de::DeRecord,
    screen::OtherEffects,
    session::{
        Bounds, ComparisonFigureKind, ComparisonFigureQuestion, DeResult, OtherComparison, StandingOut, WorkerQuestion,
    },
};
use gloo_file::Blob;

use super::{
    Store,
    access::DataAccess,
    answers::{AskedSets, SpreadAnswer},
    inquiries::Answered,
    plots::{AskedPlot, PlotError},
};
use crate::json;

/// A file of a figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FigureFile {
    /// Of shapes.
    Svg,
    /// Of pixels, so many for each of the screen's along a side.
    Png(u32),
}

/// A figure of a comparison of cells.
#[derive(Clone, Debug)]
pub struct AskedFigure {
    /// What it shows.
    pub kind: ComparisonFigureKind,
    /// The comparison's result.
    pub result: Arc<DeResult>,
    /// The genes that may stand out.
    pub shown: Arc<[u32]>,
    /// Which of them do.
    pub standing_out: StandingOut,
    /// Ids of genes that have their names in any case.
    pub chosen: Vec<String>,
    /// The effects in another comparison, and what that is called.
    pub other: Option<(Arc<OtherEffects>, String)>,
}

impl Store {
    /// A plot as a file; why not, in a sentence. The same holds for all below.
    pub async fn plot_file(self, asked: AskedPlot, file: FigureFile) -> Result<Blob, String> {
        self.drawn(async |access: &DataAccess| access.plot_worker_question(&asked).await, file).await
    }

    /// A figure of a comparison.
    pub async fn comparison_file(self, asked: AskedFigure, file: FigureFile) -> Result<Blob, String> {
        self.drawn(async |access: &DataAccess| access.comparison_question(&asked), file).await
    }

    /// The plot of one gene in both sets of a comparison.
    pub async fn spread_file(self, answer: Arc<SpreadAnswer>, file: FigureFile) -> Result<Blob, String> {
        let question = async |access: &DataAccess| {
            let (_, question) = access.spread_question(&answer.asked, Ground::Light).await?;
            Ok(question)
        };
        self.drawn(question, file).await
    }

    /// A figure of gene sets against a comparison.
    pub async fn sets_file(self, asked: AskedSets, file: FigureFile) -> Result<Blob, String> {
        let question = async |access: &DataAccess| {
            let (question, table) = access.sets_question(&asked)?;
            Ok((WorkerQuestion::FigureOf(Box::new(question)), table))
        };
        self.drawn(question, file).await
    }

    /// The figure of an answer about some cells.
    pub async fn answer_file(self, answer: Arc<Answered>, file: FigureFile) -> Result<Blob, String> {
        let (question, payload) = answer.asked_of_worker.clone();
        let asked = (WorkerQuestion::FigureOf(Box::new(question)), payload);
        self.drawn(async |_: &DataAccess| Ok(asked), file).await
    }

    async fn drawn(
        self,
        question: impl AsyncFnOnce(&DataAccess) -> Result<(WorkerQuestion, Vec<u8>), PlotError>,
        file: FigureFile,
    ) -> Result<Blob, String> {
        let Some(access) = self.access() else { return Err("The dataset is not open.".to_owned()) };
        let blob = async {
            let (question, payload) = question(&access).await?;
            let text = json::text_of(&question).ok_or(PlotError::Question)?;
            match file {
                FigureFile::Svg => {
                    let [svg, _, _] = access.pool.plot(text, payload, 1, &|_| {}).await?;
                    Ok(Blob::new_with_options(svg.as_str(), Some("image/svg+xml")))
                }
                FigureFile::Png(scale) => Ok(access.pool.plot_as_png(text, payload, scale).await?.into()),
            }
        };
        blob.await.map_err(|error: PlotError| error.to_string())
    }
}

impl DataAccess {
    /// The layer of a comparison, by its index, and what was compared.
    pub(super) fn compared(&self, result: &DeResult) -> Result<(u32, DeRecord), DatasetError> {
        let (layer, _) = self.dataset.statistics_layer(Some(&result.layer))?;
        let universe = &result.comparison.universe;
        let within = self.read(|session| session.levels_text(universe, Bounds::Exact)).unwrap_or_default();
        let manifest = self.dataset.manifest();
        let title = manifest.title.clone().or_else(|| manifest.source.clone()).unwrap_or_default();
        Ok((layer as u32, result.record(&title, &within)))
    }

    fn comparison_question(&self, asked: &AskedFigure) -> Result<(WorkerQuestion, Vec<u8>), PlotError> {
        let AskedFigure { kind, result, shown, standing_out, chosen, other } = asked;
        let (layer, record) = self.compared(result)?;
        let table = result.cells().ok_or(PlotError::Question)?;
        let payload = ComparisonFigureQuestion::payload(table, shown, other.as_ref().map(|(other, _)| &**other));
        let other = other.as_ref().map(|(other, title)| OtherComparison { title: title.clone(), extent: other.extent });
        let question = ComparisonFigureQuestion {
            kind: *kind,
            standing_out: *standing_out,
            chosen: chosen.clone(),
            other,
            mode: result.comparison.mode,
            adjustment: table.options.adjustment,
            layer,
            record,
            ground: Ground::Light,
        };
        Ok((WorkerQuestion::Comparison(Box::new(question)), payload))
    }
}
