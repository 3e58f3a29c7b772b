//! Results in a few words: titles, facts and cautions.

use std::time::Duration;

use shared_fbs::tile::Categories;

use super::{DeResult, LabelMarkers, MarkersResult, SampleAnswer, SampleMeans, SideSizes};
use crate::{
    color::{Rgb, label_colors, opaque},
    data::GeneIdx,
    de::{Design, Effect, Marker, Method, Test, Ties, caution_of_sizes},
    format::{self, plural},
    names::{isolated, visible},
    sorting::sort_by_key,
    state::{Comparison, Reference},
};

/// What was compared, and how.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DeSummary {
    /// "T cells against the rest".
    pub title: String,
    /// Sizes of the sets, method, layer, route and time: a few words each.
    pub facts: Vec<String>,
    /// More of how it was obtained, for whoever points at it.
    pub detail: Option<String>,
    /// Why the numbers are to be read with care, where there is a reason.
    pub caution: Option<String>,
    /// Whether every row is an estimate.
    pub is_estimate: bool,
}

/// A sample's means of one gene; `None` on a side where it has too few cells.
#[derive(Clone, Debug, PartialEq)]
pub struct SamplePair {
    /// What it is called.
    pub name: String,
    /// Over its cells of the group.
    pub group: Option<f32>,
    /// Over its cells of the reference.
    pub reference: Option<f32>,
}

/// What was asked, and how it was answered.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MarkersSummary {
    /// "Markers of louvain".
    pub title: String,
    /// Labels, method, layer, bytes and time: a few words each.
    pub facts: Vec<String>,
    /// What the sizes of effects are called.
    pub effect: String,
    /// Why the numbers are to be read with care, where there is a reason.
    pub caution: Option<String>,
}

/// A label and its genes.
#[derive(Clone, Debug, PartialEq)]
pub struct MarkedLabel {
    /// The label.
    pub label: String,
    /// Its color.
    pub color: Rgb,
    /// Its cells.
    pub n_cells: u64,
    /// Its genes, best first.
    pub genes: Vec<MarkerGene>,
}

/// A gene and what is known of it as a marker.
#[derive(Clone, Debug, PartialEq)]
pub struct MarkerGene {
    /// Its id.
    pub id: String,
    /// What it is shown as.
    pub label: String,
    /// What is known of it.
    pub marker: Marker,
}

impl MarkerGene {
    /// Whether the label or the id contains a text, which is in lower case.
    pub fn contains(&self, text: &str) -> bool {
        [&self.label, &self.id].into_iter().any(|name| name.to_lowercase().contains(text))
    }
}

impl Comparison {
    /// "T cells against the rest".
    pub fn title(&self) -> String {
        let [group, reference] = self.names();
        format!("{group} against {reference}")
    }

    /// What group and reference are called, in a sentence.
    pub fn names(&self) -> [&str; 2] {
        let reference = match &self.reference {
            Reference::Rest if self.universe.is_empty() => "the rest",
            Reference::Rest => "the rest of the subset",
            Reference::Set(name) => name,
        };
        [&self.group, reference]
    }
}

impl DeResult {
    /// What was compared, and how. `within` are the filters of its universe; empty where that is all cells. `sizes` are
    /// those of its sides, once they are known.
    pub fn summary(&self, within: &str, sizes: Option<SideSizes>) -> DeSummary {
        let [n_group, n_reference] = self.n_cells();
        if let Some(answer) = self.samples() {
            return self.samples_summary(answer, within, sizes);
        }
        let (method, test) = self.cells().map(|table| (table.options.method, table.test)).unwrap_or_default();
        let method = match (test, method) {
            (Test::T, Method::Welch) => "Welch's t-test",
            (Test::T, Method::CellxgeneCompatible) => "CELLxGENE-compatible t-test",
            (Test::T, Method::OverestimatedVariance) => "t-test with overestimated variance",
            (Test::Wilcoxon(Ties::Corrected), _) => "Wilcoxon rank-sum test, corrected for ties",
            (Test::Wilcoxon(Ties::Ignored), _) => "Wilcoxon rank-sum test, not corrected for ties",
        };
        let of_sets = if self.is_estimate {
            Some("An estimate from a sample of both sets; the exact table is on its way.".to_owned())
        } else {
            sizes.map_or_else(|| caution_of_sizes(n_group, n_reference), |sizes| sizes.caution(self.comparison.names()))
        };
        let reference = plural(n_reference as usize, "cell", "cells");
        let mut facts = vec![format!("{} against {reference}", format::integer(n_group))];
        facts.extend(within_text(within));
        facts.extend([
            format!("{method} on {}", self.layer),
            self.route_text(),
            format::duration(Duration::from_secs_f64(self.millis / 1000.0)),
        ]);
        DeSummary {
            title: self.shown_title(),
            facts,
            detail: self.other_routes_text(),
            caution: together([of_sets], &self.layer, &self.cautions),
            is_estimate: self.is_estimate,
        }
    }

    /// The title, with names that keep to themselves.
    fn shown_title(&self) -> String {
        let [group, reference] = self.comparison.names().map(isolated);
        format!("{group} against {reference}")
    }

    /// What was compared where samples were.
    fn samples_summary(&self, answer: &SampleAnswer, within: &str, sizes: Option<SideSizes>) -> DeSummary {
        let table = &answer.table;
        let n_samples = table.samples.len();
        let (test, samples) = match table.design {
            Design::Paired => {
                let samples = plural(n_samples, "sample", "samples");
                ("paired t-test", format!("{samples} of {} with cells in both sets", answer.by))
            }
            Design::Unpaired => ("Welch's t-test", {
                let of_reference = plural(n_samples - table.n_group, "sample", "samples");
                format!("{} against {of_reference} of {}", table.n_group, answer.by)
            }),
        };
        let mut facts = vec![samples];
        facts.extend(within_text(within));
        facts.extend([
            format!("{test} of their means on {}", self.layer),
            format!("{} read", format::bytes(self.n_bytes)),
            format::duration(Duration::from_secs_f64(self.millis / 1000.0)),
        ]);
        let cautions = [sizes.and_then(SideSizes::caution_of_samples), table.caution()];
        DeSummary {
            title: format!("{}, by samples", self.shown_title()),
            facts,
            caution: together(cautions, &self.layer, &self.cautions),
            ..DeSummary::default()
        }
    }
}

/// All reasons for care in one text: sentences, and what the layer itself has of them.
fn together<const N: usize>(sentences: [Option<String>; N], layer: &str, of_layer: &[String]) -> Option<String> {
    let of_layer = of_layer.iter().map(|caution| format!("In {}, {caution}.", isolated(layer)));
    let all: Vec<String> = sentences.into_iter().flatten().chain(of_layer).collect();
    (!all.is_empty()).then(|| all.join(" "))
}

fn within_text(within: &str) -> Option<String> {
    (!within.is_empty()).then(|| format!("in the subset {}", isolated(within)))
}

impl SampleAnswer {
    /// The means of a gene in each sample that was compared.
    pub fn pairs(&self, gene: u32) -> Vec<SamplePair> {
        let of = |means: &Option<Vec<f32>>| means.as_ref().and_then(|means| means.get(gene as usize).copied());
        let pair = |sample: &SampleMeans| SamplePair {
            name: sample.name.clone(),
            group: of(&sample.group),
            reference: of(&sample.reference),
        };
        self.means.iter().map(pair).collect()
    }
}

impl MarkersResult {
    /// How they were found. `within` are the filters of their universe; empty where that is all cells.
    pub fn summary(&self, within: &str) -> MarkersSummary {
        let others = if self.asked.universe.is_empty() { "all other cells" } else { "the other cells in view" };
        let mut facts = vec![plural(self.labels.len(), "label", "labels")];
        facts.extend(within_text(within));
        facts.extend([
            format!("each against {others}, Welch's t-test on {}", self.layer),
            match self.n_bytes {
                0 => "from data at hand".to_owned(),
                n_bytes => format!("{} read", format::bytes(n_bytes)),
            },
            format::duration(Duration::from_secs_f64(self.millis / 1000.0)),
        ]);
        MarkersSummary {
            title: String::new(),
            facts,
            effect: match self.effect {
                Effect::Log2FoldChange => "log2 fold change".to_owned(),
                Effect::MeanDifference => "difference of means".to_owned(),
            },
            caution: together([], &self.layer, &self.cautions),
        }
    }

    /// The labels with the names of their genes, in the colors of the column's labels, and in their `order`, where these
    /// are known.
    pub fn marked(&self, categories: Option<&Categories>, order: &[u32]) -> Vec<MarkedLabel> {
        let own = categories.and_then(|categories| categories.colors.as_deref());
        let n_labels = self.labels.iter().map(|label| label.code + 1).max().unwrap_or(0);
        let colors = label_colors(categories.map_or(n_labels, |categories| categories.labels.len()), own);
        let mut labels: Vec<&LabelMarkers> = self.labels.iter().collect();
        sort_by_key(&mut labels, |label| order.iter().position(|&code| code as usize == label.code));
        let marked = labels.into_iter().map(|label| {
            let gene = |marker: &Marker| MarkerGene {
                id: self.names.id(GeneIdx(marker.gene)).to_owned(),
                label: self.names.label(GeneIdx(marker.gene)).to_owned(),
                marker: *marker,
            };
            MarkedLabel {
                label: visible(&label.label).into_owned(),
                color: opaque(colors.get(label.code).copied().unwrap_or_default()),
                n_cells: u64::from(label.n_cells),
                genes: label.markers.iter().map(gene).collect(),
            }
        });
        marked.collect()
    }
}
