//! What the colors mean: for the legend, and for the label under the pointer.

use super::{Colors, MISSING_LABEL};
use crate::{
    color::{Blend, MAX_LABEL_COLORS, MISSING, MISSING_GRAY, opaque},
    names::visible,
    screen::{LegendEntry, LegendModel},
    state::{Action, Filters, Hover, Label, LabelFilter, ObsFilter},
};

/// Colors of a legend's gradient.
const N_STOPS: usize = 24;

impl Colors {
    /// The color index of the label that the pointer is over, where its column colors the cells.
    pub fn highlighted(&self, hover: Option<&Hover>) -> Option<u8> {
        let (Self::Labels { column, labels, .. }, Some(Hover::Label { column: hovered, label })) = (self, hover) else {
            return None;
        };
        if column != hovered {
            return None;
        }
        match label {
            Label::Missing => Some(MISSING),
            Label::Named(label) => {
                let code = labels.iter().position(|known| known == label)?;
                Some((code % MAX_LABEL_COLORS) as u8)
            }
        }
    }
}

/// Entries of the legend.
impl Colors {
    /// The column and the label of an entry of the legend; `None` where entries are no labels.
    pub fn label_of_entry(&self, at: usize) -> Option<(&str, Label)> {
        let Self::Labels { column, labels, order, has_missing, .. } = self else { return None };
        let label = match order.get(at) {
            Some(&code) => Label::named(labels[code as usize].as_str()),
            None => (*has_missing && at == order.len()).then_some(Label::Missing)?,
        };
        Some((column, label))
    }

    /// Whether the cells of each entry of the legend pass the filter on their column.
    pub fn passing_entries(&self, filters: &Filters) -> Vec<bool> {
        let entries = (0..).map_while(|at| self.label_of_entry(at));
        let passes = |(column, label): (&str, Label)| match filters.obs.get(column) {
            Some(ObsFilter::Labels(filter)) => filter.allows(&label),
            Some(ObsFilter::Range(_)) | None => true,
        };
        entries.map(passes).collect()
    }

    /// What a press on an entry of the legend asks for: its cells alone, or, where they are alone already, all again.
    pub fn only_entry(&self, at: usize, filters: &Filters) -> Option<Action> {
        let (column, label) = self.label_of_entry(at)?;
        let only = LabelFilter::Only([label].into());
        let is_alone = filters.obs.get(column).and_then(ObsFilter::labels) == Some(&only);
        let filter = if is_alone { LabelFilter::Hide([].into()) } else { only };
        Some(Action::SetLabels { column: column.to_owned(), filter })
    }
}

/// What the colors mean.
pub fn legend(colors: &Colors) -> LegendModel {
    match colors {
        Colors::Plain => LegendModel::Plain,
        Colors::Labels { column, labels, order, colors, has_missing } => {
            let entry = |label: &str, color| LegendEntry { label: visible(label).into_owned(), color: opaque(color) };
            let named = order.iter().map(|&code| code as usize).map(|code| entry(&labels[code], colors[code]));
            LegendModel::Categorical {
                title: column.clone(),
                entries: named.chain(has_missing.then(|| entry(MISSING_LABEL, MISSING_GRAY))).collect(),
            }
        }
        Colors::Numbers { name, subtitle, scale, ground, has_missing } => LegendModel::Continuous {
            title: name.clone(),
            subtitle: subtitle.clone(),
            min: f64::from(scale.domain.min),
            middle: scale.value_at(0.5),
            max: f64::from(scale.domain.max),
            stops: if scale.is_of_nothing() {
                Vec::new()
            } else {
                scale.colormap.colors(N_STOPS, *ground).into_iter().map(opaque).collect()
            },
            missing: has_missing
                .then(|| LegendEntry { label: scale.missing_name().to_owned(), color: opaque(MISSING_GRAY) }),
        },
        Colors::TwoNumbers { names, subtitle, blend, ground, has_missing } => LegendModel::TwoNumbers {
            titles: names.clone(),
            subtitle: subtitle.clone(),
            ranges: blend
                .scales
                .each_ref()
                .map(|scale| (!scale.is_of_nothing()).then(|| [scale.domain.min, scale.domain.max].map(f64::from))),
            colors: Blend::colors(*ground),
            missing: has_missing
                .then(|| LegendEntry { label: blend.scales[0].missing_name().to_owned(), color: opaque(MISSING_GRAY) }),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels() -> Colors {
        Colors::Labels {
            column: "louvain".to_owned(),
            labels: ["T", "B"].map(str::to_owned).to_vec().into(),
            order: vec![1, 0].into(),
            colors: vec![[1, 2, 3, 255], [4, 5, 6, 255]].into(),
            has_missing: true,
        }
    }

    #[test]
    fn a_label_under_the_pointer_is_emphasized_where_its_column_colors() {
        let hover = |column: &str, label| Hover::Label { column: column.to_owned(), label };
        let index = |hover: Hover| labels().highlighted(Some(&hover));
        assert_eq!(index(hover("louvain", Label::named("B"))), Some(1));
        assert_eq!(index(hover("louvain", Label::Missing)), Some(MISSING));
        assert_eq!(index(hover("louvain", Label::named("NK"))), None);
        assert_eq!(index(hover("phase", Label::named("B"))), None);
    }

    #[test]
    fn entries_of_the_legend_are_labels_in_its_order_that_select_their_cells_and_all_again() {
        let colors = labels();
        let label = |at| colors.label_of_entry(at).map(|(column, label)| (column.to_owned(), label));
        let of = |label| Some(("louvain".to_owned(), label));
        assert_eq!(
            [label(0), label(1), label(2), label(3)],
            [of(Label::named("B")), of(Label::named("T")), of(Label::Missing), None],
        );
        let none = Filters::default();
        assert_eq!(colors.passing_entries(&none), [true; 3]);
        let Some(Action::SetLabels { column, filter }) = colors.only_entry(2, &none) else { panic!("labels filter") };
        assert_eq!(filter, LabelFilter::Only([Label::Missing].into()));
        let filters = Filters { obs: [(column, ObsFilter::Labels(filter))].into(), ..Filters::default() };
        assert_eq!(colors.passing_entries(&filters), [false, false, true]);
        let Some(Action::SetLabels { filter, .. }) = colors.only_entry(2, &filters) else { panic!("labels filter") };
        assert!(filter.is_trivial());
        assert_eq!((Colors::Plain.label_of_entry(0), Colors::Plain.passing_entries(&none)), (None, Vec::new()));
    }

    #[test]
    fn every_label_has_its_color_in_the_legend_in_the_order_of_labels() {
        let entry = |label: &str, color| LegendEntry { label: label.to_owned(), color };
        let entries = vec![entry("B", [4, 5, 6]), entry("T", [1, 2, 3]), entry("missing", opaque(MISSING_GRAY))];
        assert_eq!(legend(&labels()), LegendModel::Categorical { title: "louvain".to_owned(), entries });
    }
}
