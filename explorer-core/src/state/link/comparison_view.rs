//! What a link shows of the comparison that is open.

use crate::state::{ChosenDirection, ChosenGenes, ComparisonPlot, ComparisonView, Enrichment, EnrichmentBy};

use super::text::{self, Read};

/// The pairs, by what follows `de.`.
pub(super) fn pairs(view: &ComparisonView) -> Vec<(&'static str, String)> {
    let ComparisonView { plot, with, gene, sets } = view;
    let mut pairs = Vec::new();
    let mut push = |key, value: Option<String>| pairs.extend(value.map(|value| (key, value)));
    push("plot", (*plot != ComparisonPlot::default()).then(|| plot.name().to_owned()));
    push("with", with.map(|with| with.to_string()));
    push("gene", gene.clone());
    if let Some(Enrichment { by, chosen }) = sets {
        let ChosenGenes { direction, max_pval, min_effect } = chosen;
        let usual = ChosenGenes::default();
        push("sets", Some(by.name().to_owned()));
        push("sets.direction", (*direction != usual.direction).then(|| direction.name().to_owned()));
        push("sets.pval", (*max_pval != usual.max_pval).then(|| text::number(*max_pval)));
        push("sets.effect", (*min_effect != usual.min_effect).then(|| text::number(*min_effect)));
    }
    pairs
}

/// What has been read of it.
#[derive(Default)]
pub(super) struct ComparisonViewDraft {
    view: ComparisonView,
    by: Option<EnrichmentBy>,
    chosen: ChosenGenes,
}

impl ComparisonViewDraft {
    /// Reads a pair by what follows `de.`.
    pub fn read(&mut self, key: &str, value: &str) -> Read {
        let bound = |value: &str| value.parse().ok().filter(|bound: &f64| *bound >= 0.0);
        match key {
            "plot" => self.view.plot = ComparisonPlot::from_name(value).ok_or("the plot of a comparison")?,
            "with" => self.view.with = Some(value.parse().map_err(|_| "what a comparison is held against")?),
            "gene" => self.view.gene = Some(value.to_owned()),
            "sets" => self.by = Some(EnrichmentBy::from_name(value).ok_or("how gene sets are tested")?),
            "sets.direction" => {
                self.chosen.direction = ChosenDirection::from_name(value).ok_or("which genes are chosen")?;
            }
            "sets.pval" => self.chosen.max_pval = bound(value).ok_or("the p-value of chosen genes")?,
            "sets.effect" => self.chosen.min_effect = bound(value).ok_or("the effect of chosen genes")?,
            _ => {}
        }
        Ok(())
    }

    pub fn finish(self) -> ComparisonView {
        let sets = self.by.map(|by| Enrichment { by, chosen: self.chosen });
        ComparisonView { sets, ..self.view }
    }
}
