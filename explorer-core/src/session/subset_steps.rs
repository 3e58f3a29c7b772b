//! The subset step by step: what each level leaves of the cells, and what it was made by.

use super::Session;
use crate::state::{CellQuery, CellSource, Filters};

/// A step of the subset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubsetStep {
    /// The filters that it was made by, in a few words.
    pub name: String,
    /// The cells that are left; `None` while what that takes is not loaded.
    pub n_cells: Option<u64>,
}

/// Why a subset of these steps has no cell: which step leaves none of those before it, and what to call cells (`spots`).
pub fn why_empty(steps: &[SubsetStep], cells: &str) -> String {
    let Some(at) = steps.iter().position(|step| step.n_cells == Some(0)) else {
        return format!("The subset has no {cells}.");
    };
    let name = |step: &SubsetStep| format!("“{}”", step.name);
    let before: Vec<String> = steps[..at].iter().map(name).collect();
    let (before, last) = (before.join(" and "), name(&steps[at]));
    if before.is_empty() {
        return format!("The subset has no {cells}: none are in {last}.");
    }
    format!("The subset has no {cells}: none of those in {before} are in {last}.")
}

impl Session {
    /// The steps of a subset, the outermost first.
    pub fn subset_steps(&self, levels: &[Filters]) -> Vec<SubsetStep> {
        let step = |at: usize| {
            let own = CellQuery { subset: Vec::new(), filters: levels[at].clone() };
            let within = CellSource::Query(CellQuery::of_universe(&levels[..=at]));
            SubsetStep {
                name: self.suggested_name(&own),
                n_cells: self.cells_of(&within).map(|cells| cells.count() as u64),
            }
        };
        (0..levels.len()).map(step).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use shared_fbs::{manifest::Manifest, order::Levels};

    use super::*;
    use crate::{
        data::{Categorical, Codes},
        session::LabelColumn,
        state::{Label, LabelFilter, ObsFilter},
    };

    #[test]
    fn a_subset_without_cells_says_which_steps_exclude_each_other() {
        let step = |name: &str, n_cells| SubsetStep { name: name.to_owned(), n_cells };
        let [t, b, late] = [step("T", Some(3)), step("B", Some(0)), step("late", None)];
        let told =
            |steps: &[&SubsetStep]| why_empty(&steps.iter().map(|&step| step.clone()).collect::<Vec<_>>(), "spots");
        assert_eq!(told(&[&t, &b, &b]), "The subset has no spots: none of those in “T” are in “B”.");
        assert_eq!(told(&[&t, &t, &b]), "The subset has no spots: none of those in “T” and “T” are in “B”.");
        assert_eq!(told(&[&b]), "The subset has no spots: none are in “B”.");
        assert_eq!(told(&[&late]), "The subset has no spots.");
    }

    #[test]
    fn each_step_is_named_after_its_filter_and_counts_what_is_left() {
        let mut session = Session::new(Arc::new(Manifest {
            n_obs: 5,
            level_ranks: Levels::for_n_obs(5).boundaries(),
            ..Manifest::default()
        }));
        for (name, labels, codes) in
            [("type", ["T", "B"], vec![0, 0, 0, 1, 1]), ("phase", ["G1", "S"], vec![0, 1, 1, 1, 0])]
        {
            let categories = labels.map(str::to_owned).into();
            let column = LabelColumn::new(name, Categorical { codes: Codes::U8(codes), categories, ordered: false });
            session.add_column(&column).expect("the name is free");
        }
        let level = |column: &str, label: &str| {
            let filter = ObsFilter::Labels(LabelFilter::Only([Label::named(label)].into()));
            Filters { obs: [(column.to_owned(), filter)].into(), ..Filters::default() }
        };
        let steps = session.subset_steps(&[level("type", "T"), level("phase", "S"), level("unknown", "x")]);
        let told: Vec<_> = steps.iter().map(|step| (step.name.as_str(), step.n_cells)).collect();
        assert_eq!(told, [("T", Some(3)), ("S", Some(2)), ("x", None)]);
        assert_eq!(session.subset_steps(&[]), []);
    }
}
