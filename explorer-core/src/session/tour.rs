//! The tour: five steps that show the Explorer on the dataset that is open.

use shared_fbs::manifest::{Column, ColumnKind};

use super::{Session, is_constant};
use crate::{
    names::visible,
    state::{Action, ColorBy, Label, LabelFilter},
};

/// A step of the tour.
#[derive(Clone, Debug, PartialEq)]
pub struct TourStep {
    /// What it is about, in a word or two.
    pub title: &'static str,
    /// What to do, in sentences.
    pub text: String,
    /// The `data-testid` of what it is about.
    pub target: String,
    /// What shows it on the dataset.
    pub example: Option<Action>,
}

impl Session {
    /// The steps, by the names of the dataset.
    pub fn tour(&self) -> Vec<TourStep> {
        let shown = |column: &&Column| !column.hidden && !is_constant(column);
        let categorical = |column: &&Column| shown(column) && column.kind == ColumnKind::Categorical;
        let columns = &self.manifest().columns;
        let main = self.manifest().main_label.as_deref();
        let labeled = columns.iter().filter(categorical).find(|column| main.is_none_or(|main| column.name == main));
        let other = columns.iter().filter(categorical).find(|column| Some(column.name.as_str()) != main).or(labeled);
        vec![
            self.color_step(other),
            self.select_step(labeled),
            TourStep {
                title: "Genes",
                text: "Type a gene’s symbol: the cells are colored by its expression, and its histogram filters them. \
                       Lists of genes become gene sets."
                    .to_owned(),
                target: "gene-search".to_owned(),
                example: None,
            },
            TourStep {
                title: "Compare",
                text:
                    "With some cells selected, this finds the genes that tell them from all others. Cell sets keep a \
                       selection under a name, and are compared with each other, too."
                        .to_owned(),
                target: "compare-selection".to_owned(),
                example: None,
            },
            TourStep {
                title: "Share and undo",
                text: "The link holds all that is seen, for you and for others. Every step can be undone; ? lists the \
                       keys, and Ctrl+K or ⌘K finds anything by its name."
                    .to_owned(),
                target: "copy-link".to_owned(),
                example: None,
            },
        ]
    }

    fn color_step(&self, column: Option<&Column>) -> TourStep {
        let (example, target) = match column {
            Some(Column { name, .. }) => (format!(" “{}”, say:", visible(name)), format!("category-color-{name}")),
            None => (String::new(), "categories".to_owned()),
        };
        TourStep {
            title: "Color",
            text: format!(
                "A press on a drop colors the cells by that column:{example} its labels then show their colors and \
                 counts. Numbers have histograms."
            ),
            target,
            example: column.map(|column| Action::SetColor(ColorBy::Obs(column.name.clone()))),
        }
    }

    fn select_step(&self, column: Option<&Column>) -> TourStep {
        let label = column.and_then(|column| {
            let order = self.label_order(&column.name)?;
            let label = self.categories(&column.name)?.labels.get(*order.first()? as usize)?.clone();
            Some((column.name.clone(), label))
        });
        let by_label = match &label {
            Some((_, label)) => format!(" Labels select, too: the cells of “{}” alone, say.", visible(label)),
            None => String::new(),
        };
        TourStep {
            title: "Select",
            text: format!(
                "Drag around cells with the lasso to select them; Shift adds, Alt takes away. All counts follow.{by_label}"
            ),
            target: "tool-lasso".to_owned(),
            example: label.map(|(column, label)| Action::SetLabels {
                column,
                filter: LabelFilter::Only([Label::named(label)].into()),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use shared_fbs::{manifest::Manifest, order::Levels};

    use super::*;

    fn session(columns: Vec<Column>) -> Session {
        Session::new(Arc::new(Manifest {
            n_obs: 3,
            level_ranks: Levels::for_n_obs(3).boundaries(),
            columns,
            ..Manifest::default()
        }))
    }

    #[test]
    fn the_steps_go_by_the_columns_of_the_dataset() {
        let column = |name: &str, kind, hidden| Column {
            name: name.to_owned(),
            kind,
            hidden,
            n_categories: 3,
            max: 1.0,
            ..Column::default()
        };
        let columns = vec![
            column("cell_type_ontology_term_id", ColumnKind::Categorical, true),
            column("n_genes", ColumnKind::Continuous, false),
            column("louvain", ColumnKind::Categorical, false),
        ];
        let steps = session(columns).tour();
        assert_eq!(steps.len(), 5);
        assert_eq!(steps[0].example, Some(Action::SetColor(ColorBy::Obs("louvain".to_owned()))));
        assert_eq!(steps[0].target, "category-color-louvain");
        assert!(steps[0].text.contains("“louvain”"), "{}", steps[0].text);
        // Its labels are not loaded.
        assert_eq!(steps[1].example, None);
    }

    #[test]
    fn a_dataset_without_columns_has_the_same_steps() {
        let steps = session(Vec::new()).tour();
        assert_eq!(steps.len(), 5);
        assert!(steps.iter().all(|step| step.example.is_none() && !step.text.contains("“")), "{steps:?}");
    }
}
