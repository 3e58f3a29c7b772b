//! Filters in a few words: for the list of those in force, for names of sets, for what a comparison is within.

use std::{borrow::Cow, collections::BTreeSet};

use super::{MISSING_LABEL, Session};
use crate::{
    format::{plural, short},
    names::visible,
    sorting::{set_of, sort_by_key},
    state::{
        CellQuery, Dimension, DimensionFilter, DimensionKey, Filters, GeneKey, Label, LabelFilter, Range, Selection,
        SelectionStep, SetValue,
    },
};

/// Labels of a filter that are named one by one.
const MOST_LABELS: usize = 3;
/// Characters of a suggested name.
const MOST_CHARS: usize = 60;

/// A filter in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActiveFilter {
    /// Its dimension.
    pub key: DimensionKey,
    /// What it is on: a column, a gene, an embedding.
    pub place: String,
    /// What passes.
    pub text: String,
}

/// Whether labels tell without their column what they are: numbers and flags do not.
fn speak(labels: &BTreeSet<Label>) -> bool {
    let is_name = |label: &Label| match label {
        Label::Missing => false,
        Label::Named(name) => {
            !matches!(name.to_lowercase().as_str(), "true" | "false" | "yes" | "no" | "none" | "unknown" | "other")
                && name.contains(char::is_alphabetic)
        }
    };
    (1..=MOST_LABELS).contains(&labels.len()) && labels.iter().all(is_name)
}

/// How the bounds of ranges are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bounds {
    /// To four digits, to be read.
    Short,
    /// By the shortest text that reads back as the same number, to be computed with.
    Exact,
}

impl Session {
    /// Every filter within the innermost subset, with the layer of those that are not on the one chosen.
    pub fn active_filters(&self, query: &CellQuery, layer: Option<&str>) -> Vec<ActiveFilter> {
        let filter = |dimension| self.active_filter(dimension, layer, Bounds::Short);
        query.filters.active_dimensions().into_iter().map(filter).collect()
    }

    /// The filters of a subset, level after level; empty where there are none.
    pub fn levels_text(&self, levels: &[Filters], bounds: Bounds) -> String {
        let filters = levels.iter().flat_map(Filters::active_dimensions);
        let text = |dimension| {
            let ActiveFilter { place, text, .. } = self.active_filter(dimension, None, bounds);
            format!("{place}: {text}")
        };
        filters.map(text).collect::<Vec<_>>().join("; ")
    }

    /// What a set of these cells may be called: after its own filters, or those of the subset where it has none.
    pub fn suggested_name(&self, query: &CellQuery) -> String {
        let filters = if query.filters.is_empty() { query.subset.last() } else { Some(&query.filters) };
        let dimensions = filters.map(Filters::active_dimensions).unwrap_or_default();
        let names = dimensions.into_iter().map(|dimension| {
            let speaks =
                matches!(dimension.filter, DimensionFilter::Labels(LabelFilter::Only(labels)) if speak(labels));
            let ActiveFilter { place, text, .. } = self.active_filter(dimension, None, Bounds::Short);
            if speaks { text } else { format!("{place} {text}") }
        });
        let name = names.collect::<Vec<_>>().join(" & ");
        match name.char_indices().nth(MOST_CHARS) {
            Some((end, _)) => format!("{}…", &name[..end]),
            None => name,
        }
    }

    /// The labels of a filter, in their order.
    fn labels_text(&self, key: &DimensionKey, filter: &LabelFilter) -> String {
        let (LabelFilter::Hide(labels) | LabelFilter::Only(labels)) = filter;
        let named = match labels.len() {
            0 => "no label".to_owned(),
            n if n > MOST_LABELS => plural(n, "label", "labels"),
            _ => self.in_order(key, labels).into_iter().map(label_text).collect::<Vec<_>>().join(", "),
        };
        match filter {
            LabelFilter::Hide(_) => format!("not {named}"),
            LabelFilter::Only(_) => named,
        }
    }

    fn in_order<'a>(&self, key: &DimensionKey, labels: &'a BTreeSet<Label>) -> Vec<&'a Label> {
        let mut ordered: Vec<&Label> = labels.iter().collect();
        if let DimensionKey::Obs(column) = key
            && let (Some(order), Some(categories)) = (self.label_order(column), self.loaded().categories(column))
        {
            let place = |label: &&Label| {
                let mut known = order.iter().map(|&code| Label::named(categories.labels[code as usize].as_str()));
                known.position(|known| known == **label).unwrap_or(usize::MAX)
            };
            sort_by_key(&mut ordered, place);
        }
        ordered
    }

    fn active_filter(
        &self,
        Dimension { key, filter }: Dimension<'_>,
        layer: Option<&str>,
        bounds: Bounds,
    ) -> ActiveFilter {
        let text = match filter {
            DimensionFilter::Labels(labels) => self.labels_text(&key, labels),
            DimensionFilter::Range(range) => range_text(range, bounds),
            DimensionFilter::Selection(selection) => selection_text(selection),
            DimensionFilter::Cells(list) => plural(list.rows().len() as usize, "cell", "cells"),
            DimensionFilter::Subset(level) => self.levels_text(std::slice::from_ref(level), bounds),
        };
        let in_layer = |own: Option<&str>| match own == layer {
            true => String::new(),
            false => format!(" in {}", self.layer_name(own)),
        };
        let place = match &key {
            DimensionKey::Obs(column) => column.clone(),
            DimensionKey::Gene(gene) => self.gene_label(gene) + &in_layer(gene.layer.as_deref()),
            DimensionKey::Mean(mean) => {
                let genes = match mean.genes() {
                    [gene] => self.gene_label(&GeneKey { layer: mean.layer().map(str::to_owned), gene: gene.clone() }),
                    genes => plural(genes.len(), "gene", "genes"),
                };
                let what = match mean.value() {
                    SetValue::Mean => "mean",
                    SetValue::Score => "score",
                };
                format!("{what} of {genes}{}", in_layer(mean.layer()))
            }
            DimensionKey::Selection(embedding) => self.places_text(embedding, filter),
            DimensionKey::Cells => "list".to_owned(),
            DimensionKey::Subset(_) => "subset".to_owned(),
        };
        ActiveFilter { key, place, text }
    }

    /// What the outlines of a selection are drawn in, that which it goes by first.
    fn places_text(&self, own: &str, filter: DimensionFilter<'_>) -> String {
        let DimensionFilter::Selection(selection) = filter else { return self.projection_name(own) };
        let mut keys: Vec<&str> = Vec::new();
        for key in selection.outlines().map(|outline| outline.embedding().unwrap_or(own)) {
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
        keys.into_iter().map(|key| self.projection_name(key)).collect::<Vec<_>>().join(" and ")
    }
}

/// What an embedding is called: its key without the prefix that all have.
pub fn embedding_name(key: &str) -> &str {
    key.strip_prefix("X_").unwrap_or(key)
}

/// What a label is shown as.
pub fn label_text(label: &Label) -> Cow<'_, str> {
    match label {
        Label::Named(name) => visible(name),
        Label::Missing => MISSING_LABEL.into(),
    }
}

fn range_text(range: Range, bounds: Bounds) -> String {
    let number = |bound: f32| match bounds {
        Bounds::Short => short(f64::from(bound), 4),
        Bounds::Exact => {
            let text = format!("{bound:?}");
            text.strip_suffix(".0").map(str::to_owned).unwrap_or(text)
        }
    };
    match (range.min().is_finite(), range.max().is_finite()) {
        // Zeros alone, say.
        (true, true) if range.min() >= range.max() => number(range.min()),
        (true, true) => format!("{} to {}", number(range.min()), number(range.max())),
        (true, false) => format!("≥ {}", number(range.min())),
        (false, true) => format!("≤ {}", number(range.max())),
        (false, false) => "any number".to_owned(),
    }
}

fn selection_text(selection: &Selection) -> String {
    let is_outline = |step: &&SelectionStep| !matches!(step, SelectionStep::Invert);
    let outlines = match selection.steps().iter().filter(is_outline).count() {
        1 => "outline".to_owned(),
        n => plural(n, "outline", "outlines"),
    };
    // What begins with all cells, or is turned round at the end, is what lies outside.
    let is_turned = |step: &&SelectionStep| matches!(step, SelectionStep::Invert);
    let is_outside = selection.steps().iter().filter(is_turned).count() % 2
        != usize::from(matches!(selection.steps().first(), Some(SelectionStep::Subtract(_))));
    let outlines = if is_outside { format!("outside {outlines}") } else { outlines };
    let labels = set_of(selection.outlines().map(|outline| outline.only().map(|only| label_text(&only.label))));
    match labels.first() {
        Some(Some(label)) if labels.len() == 1 => format!("{outlines} around {label} alone"),
        Some(_) | None => outlines,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::{ColumnLabel, Polygon, ViewSpec};

    #[test]
    fn filters_are_told_in_a_few_words() {
        let link = "f.louvain=B,T&f.phase=-~m&f.donor=a,b,c,d&r.n_genes=200..inf&r.score=-1..2.5&g.LYZ=0.5..inf\
                    &g.raw/X:LYZ=-inf..3&m.CD3D,CD3E=1..2&v=1";
        let query = ViewSpec::from_link(link).view.analysis.query;
        let manifest = shared_fbs::manifest::Manifest {
            level_ranks: shared_fbs::order::Levels::for_n_obs(0).boundaries(),
            ..Default::default()
        };
        let session = Session::new(std::sync::Arc::new(manifest));
        let told: Vec<String> = session
            .active_filters(&query, None)
            .into_iter()
            .map(|ActiveFilter { place, text, .. }| format!("{place}: {text}"))
            .collect();
        let expected = [
            "donor: 4 labels",
            "louvain: B, T",
            "n_genes: ≥ 200",
            "phase: not missing",
            "score: -1 to 2.5",
            "LYZ: ≥ 0.5",
            "LYZ in raw/X: ≤ 3",
            "mean of 2 genes: 1 to 2",
        ];
        assert_eq!(told.iter().map(|text| text.replace('\u{2212}', "-")).collect::<Vec<_>>(), expected);
        assert!(session.suggested_name(&query).starts_with("donor 4 labels & B, T & n_genes ≥ 200"));
        assert_eq!(session.suggested_name(&query).chars().count(), MOST_CHARS + 1);
        assert_eq!(session.suggested_name(&CellQuery::default()), "");
        let of = |link: &str| session.suggested_name(&ViewSpec::from_link(link).view.analysis.query);
        assert_eq!(of("f.louvain=1,2&v=1"), "louvain 1, 2");
        assert_eq!(of("f.louvain=1,T&v=1"), "louvain 1, T");
        assert_eq!(of("f.is_doublet=False&v=1"), "is_doublet False");
    }

    #[test]
    fn filters_name_their_layer_where_another_is_chosen() {
        let manifest = shared_fbs::manifest::Manifest {
            layers: ["X", "raw/X"]
                .map(|name| shared_fbs::manifest::Layer { name: name.to_owned(), ..Default::default() })
                .to_vec(),
            level_ranks: shared_fbs::order::Levels::for_n_obs(0).boundaries(),
            ..Default::default()
        };
        let session = Session::new(std::sync::Arc::new(manifest));
        let query = ViewSpec::from_link("g.LYZ=0.5..inf&g.raw/X:LYZ=-inf..3&m.CD3D,CD3E=1..2&v=1").view.analysis.query;
        let places = |layer| -> Vec<String> {
            session.active_filters(&query, layer).into_iter().map(|filter| filter.place).collect()
        };
        assert_eq!(places(None), ["LYZ", "LYZ in raw/X", "mean of 2 genes"]);
        assert_eq!(places(Some("raw/X")), ["LYZ in X", "LYZ", "mean of 2 genes in X"]);
    }

    #[test]
    fn exact_bounds_read_back_as_the_same_numbers() {
        for bound in [0.1_f32, 1_234.567_9, 3.0, 1e-12, f32::MAX, f32::MIN_POSITIVE] {
            let text = range_text(Range::new(bound, f32::INFINITY).unwrap(), Bounds::Exact);
            let read = text.trim_start_matches("≥ ").parse::<f32>();
            assert_eq!(read, Ok(bound), "{text}");
        }
        assert_eq!(range_text(Range::new(-1.0, 2.5).unwrap(), Bounds::Exact), "-1 to 2.5");
        assert_eq!(range_text(Range::new(0.0, 1_234.567_9).unwrap(), Bounds::Short), "0 to 1235");
    }

    #[test]
    fn an_outline_says_where_it_was_drawn_and_which_side_is_meant() {
        let outline = || Polygon::rectangle((0.0, 0.0), (1.0, 1.0)).unwrap();
        let text = |steps: Vec<SelectionStep>| selection_text(&Selection::from(steps));
        assert_eq!(text(vec![SelectionStep::Add(outline())]), "outline");
        assert_eq!(text(vec![SelectionStep::Subtract(outline())]), "outside outline");
        assert_eq!(text(vec![SelectionStep::Add(outline()), SelectionStep::Invert]), "outside outline");
        assert_eq!(text(vec![SelectionStep::Add(outline()), SelectionStep::Add(outline())]), "2 outlines");
        let around = |label: &str| {
            let only = ColumnLabel { column: "kind".to_owned(), label: Label::named(label) };
            SelectionStep::Add(outline().around(Some(only)))
        };
        assert_eq!(text(vec![around("T")]), "outline around T alone");
        assert_eq!(text(vec![around("T"), around("B")]), "2 outlines");
    }
}
