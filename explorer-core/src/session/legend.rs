//! What the colors mean: for the legend, and for the label under the pointer.

use super::{Colors, MISSING_LABEL};
use crate::{
    color::{MAX_LABEL_COLORS, MISSING, MISSING_GRAY, opaque},
    names::visible,
    screen::{LegendEntry, LegendModel},
    state::{Hover, Label},
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
            stops: scale.colormap.colors(N_STOPS, *ground).into_iter().map(opaque).collect(),
            missing: has_missing
                .then(|| LegendEntry { label: scale.missing_name().to_owned(), color: opaque(MISSING_GRAY) }),
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
    fn every_label_has_its_color_in_the_legend_in_the_order_of_labels() {
        let entry = |label: &str, color| LegendEntry { label: label.to_owned(), color };
        let entries = vec![entry("B", [4, 5, 6]), entry("T", [1, 2, 3]), entry("missing", opaque(MISSING_GRAY))];
        assert_eq!(legend(&labels()), LegendModel::Categorical { title: "louvain".to_owned(), entries });
    }
}
