//! Finding columns and labels by what is typed.

use std::collections::BTreeSet;

use super::{Session, is_constant};
use crate::state::Label;

/// What a search of columns found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FoundColumns {
    /// The columns whose names, or one of whose labels, contain the query.
    pub columns: BTreeSet<String>,
    /// What is meant, most likely.
    pub best: Option<BestFound>,
}

/// What a search of columns means, most likely.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BestFound {
    /// A column, to color by.
    Column(String),
    /// A label, to select.
    Label(String, Label),
}

impl Session {
    /// The columns shown whose names or labels contain a text, in any case. Meant is what is the text, else a name that
    /// begins with it, else one that contains it; of equals the column, and the first.
    pub fn find_columns(&self, query: &str) -> FoundColumns {
        let query = query.trim().to_lowercase();
        let mut found = FoundColumns::default();
        let mut best_fit = None;
        if query.is_empty() {
            return found;
        }
        let mut consider = |name: &str, of_column: &str, best: &dyn Fn() -> BestFound| {
            let name = name.to_lowercase();
            let fit = match name.find(&query) {
                None => return,
                Some(_) if name == query => 0,
                Some(0) => 1,
                Some(_) => 2,
            };
            found.columns.insert(of_column.to_owned());
            if best_fit.is_none_or(|before| fit < before) {
                (best_fit, found.best) = (Some(fit), Some(best()));
            }
        };
        let shown = || {
            self.columns
                .iter()
                .filter(|column| !column.hidden && !is_constant(column))
                .map(|column| column.name.as_str())
        };
        for column in shown() {
            consider(column, column, &|| BestFound::Column(column.to_owned()));
        }
        for column in shown() {
            let Some(categories) = self.loaded.categories(column) else { continue };
            for label in &categories.labels {
                consider(label, column, &|| BestFound::Label(column.to_owned(), Label::named(label.as_str())));
            }
        }
        found
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
    };

    #[test]
    fn columns_are_found_by_their_names_and_labels() {
        let manifest = Manifest { n_obs: 1, level_ranks: Levels::for_n_obs(1).boundaries(), ..Manifest::default() };
        let mut session = Session::new(Arc::new(manifest));
        for (name, labels) in [("cell_type", ["T cell", "Monocyte"]), ("donor", ["T", "D2"]), ("type", ["a", "b"])] {
            let categories = labels.iter().map(|&label| label.to_owned()).collect();
            let labels = Categorical { codes: Codes::U8(vec![0]), categories, ordered: false };
            session.add_column(&LabelColumn::new(name, labels)).expect("the name is free");
        }
        let found = |query: &str| {
            let FoundColumns { columns, best } = session.find_columns(query);
            (columns.into_iter().collect::<Vec<_>>().join(" "), best)
        };
        let column = |name: &str| Some(BestFound::Column(name.to_owned()));
        let label = |column: &str, name: &str| Some(BestFound::Label(column.to_owned(), Label::named(name)));
        assert_eq!(found("TYPE"), ("cell_type type".to_owned(), column("type")));
        assert_eq!(found("mono"), ("cell_type".to_owned(), label("cell_type", "Monocyte")));
        assert_eq!(found("t"), ("cell_type donor type".to_owned(), label("donor", "T")));
        assert_eq!(found("ell"), ("cell_type".to_owned(), column("cell_type")));
        assert_eq!(found(" "), (String::new(), None));
    }
}
