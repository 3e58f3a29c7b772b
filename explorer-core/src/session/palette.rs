//! What the command palette finds: commands, genes, columns, labels, cell sets, other datasets.

use super::Session;
use crate::{
    names::visible,
    sorting::sort_by_key,
    state::{Action, Analysis, ColorBy, Command, GeneKey, Label, LabelFilter},
};

/// Genes among what is found.
const MOST_GENES: usize = 8;

/// What a line of the palette stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PaletteItem {
    /// A command.
    Command(Command),
    /// A gene, to color by.
    Gene(GeneKey),
    /// A column, to color by.
    Column(String),
    /// A label, to select.
    Label {
        /// Its column.
        column: String,
        /// The label.
        label: Label,
    },
    /// A cell set, to select.
    CellSet(String),
    /// Another dataset, by the address of its page.
    Dataset(String),
}

impl PaletteItem {
    /// What choosing it does; `None` for a command, which is carried out as such, and a dataset, which is another page.
    pub fn action(&self) -> Option<Action> {
        match self {
            Self::Command(_) | Self::Dataset(_) => None,
            Self::Gene(gene) => Some(Action::ShowGene(gene.clone())),
            Self::Column(column) => Some(Action::SetColor(ColorBy::Obs(column.clone()))),
            Self::Label { column, label } => {
                let filter = LabelFilter::Only([label.clone()].into());
                Some(Action::SetLabels { column: column.clone(), filter })
            }
            Self::CellSet(name) => Some(Action::SelectCellSet(name.clone())),
        }
    }
}

/// A line of the palette.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaletteHit {
    /// What it stands for.
    pub item: PaletteItem,
    /// Its name.
    pub name: String,
    /// What choosing it does.
    pub detail: String,
}

/// How well a name fits, the best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    Exact,
    Prefix,
    Word,
    Within,
}

impl Fit {
    /// How a name fits a query in lower case.
    fn of(name: &str, query: &str) -> Option<Self> {
        let name = name.to_lowercase();
        if name == query {
            Some(Self::Exact)
        } else if name.starts_with(query) {
            Some(Self::Prefix)
        } else if begins_word(&name, query) {
            Some(Self::Word)
        } else {
            name.contains(query).then_some(Self::Within)
        }
    }
}

/// Whether a word of a text begins so; both in lower case.
fn begins_word(text: &str, query: &str) -> bool {
    let at_word = |at: usize| text[..at].chars().next_back().is_none_or(|before| !before.is_alphanumeric());
    text.match_indices(query).any(|(at, _)| at_word(at))
}

impl PaletteHit {
    /// Another dataset, by the address of its page and its title.
    pub fn dataset(address: String, title: &str) -> Self {
        let name = visible(title).into_owned();
        Self { item: PaletteItem::Dataset(address), name, detail: "open dataset".to_owned() }
    }
}

impl Session {
    /// What fits a query best, at most so many: of equal fit commands come first, then cell sets, columns, labels, and
    /// what there is `elsewhere`. All commands where nothing is asked. Genes are found as their search finds them, behind
    /// what fits as well. Where nothing has such a name, commands are found by what they do.
    pub fn palette(&self, query: &str, analysis: &Analysis, elsewhere: &[PaletteHit], most: usize) -> Vec<PaletteHit> {
        let query = query.trim().to_lowercase();
        if query.is_empty() {
            return commands().take(most).collect();
        }
        let named = commands().chain(cell_sets(analysis)).chain(self.columns_and_labels());
        let named = named.chain(elsewhere.iter().cloned());
        let mut hits: Vec<(Fit, PaletteHit)> =
            named.filter_map(|hit| Some((Fit::of(&hit.name, &query)?, hit))).collect();
        for gene in self.gene_hits(&query, analysis.layer.as_deref(), MOST_GENES) {
            let name = gene.label.clone();
            let fit = Fit::of(&gene.name, &query).unwrap_or(Fit::Within);
            hits.push((
                fit,
                PaletteHit { item: PaletteItem::Gene(gene.key), name, detail: "color by gene".to_owned() },
            ));
        }
        if hits.is_empty() {
            return commands_that_do(&query).take(most).collect();
        }
        // Stable: what fits as well stays in order.
        sort_by_key(&mut hits, |(fit, _)| *fit);
        hits.into_iter().take(most).map(|(_, hit)| hit).collect()
    }

    fn columns_and_labels(&self) -> impl Iterator<Item = PaletteHit> + '_ {
        let shown = || self.columns().iter().filter(|column| !column.hidden);
        let columns = shown().map(|column| PaletteHit {
            item: PaletteItem::Column(column.name.clone()),
            name: visible(&column.name).into_owned(),
            detail: "color by column".to_owned(),
        });
        let labels = shown().filter_map(|column| Some((&column.name, self.categories(&column.name)?))).flat_map(
            |(column, categories)| {
                let hit = |label: &String| PaletteHit {
                    item: PaletteItem::Label { column: column.clone(), label: Label::named(label.as_str()) },
                    name: visible(label).into_owned(),
                    detail: format!("select {column}"),
                };
                categories.labels.iter().map(hit).collect::<Vec<_>>()
            },
        );
        columns.chain(labels)
    }
}

fn commands() -> impl Iterator<Item = PaletteHit> {
    let listed = Command::ALL.into_iter().filter(|command| !matches!(command, Command::Close | Command::ShowPalette));
    listed.map(|command| PaletteHit {
        item: PaletteItem::Command(command),
        name: command.label().to_owned(),
        detail: String::new(),
    })
}

/// Commands whose description has a word for each of the query's; the description says why they are found.
fn commands_that_do(query: &str) -> impl Iterator<Item = PaletteHit> + '_ {
    commands().filter_map(move |hit| {
        let PaletteItem::Command(command) = hit.item else { return None };
        let does = command.description();
        let text = does.to_lowercase();
        query
            .split_whitespace()
            .all(|word| begins_word(&text, word))
            .then(|| PaletteHit { detail: does.to_owned(), ..hit })
    })
}

fn cell_sets(analysis: &Analysis) -> impl Iterator<Item = PaletteHit> + '_ {
    analysis.cell_sets.iter().map(|set| PaletteHit {
        item: PaletteItem::CellSet(set.name.clone()),
        name: visible(&set.name).into_owned(),
        detail: "select cell set".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fit_from_their_beginning_at_a_word_and_within() {
        let fit = |name: &str| Fit::of(name, "cell");
        assert_eq!(fit("Cell"), Some(Fit::Exact));
        assert_eq!(fit("cell type"), Some(Fit::Prefix));
        assert_eq!(fit("T-cell"), Some(Fit::Word));
        assert_eq!(fit("excellent"), Some(Fit::Within));
        assert_eq!(fit("gene"), None);
    }

    #[test]
    fn commands_are_found_by_what_they_do() {
        let found = |query: &str| commands_that_do(query).map(|hit| hit.name).collect::<Vec<_>>();
        assert_eq!(found("contour"), ["Density"]);
        assert_eq!(found("cells contours"), ["Density"]);
        assert_eq!(found("ontour"), Vec::<String>::new());
        let hit = commands_that_do("contour").next().expect("one draws contours");
        assert_eq!(hit.detail, Command::ToggleDensity.description());
    }

    #[test]
    fn what_is_chosen_is_done_by_one_action() {
        let label = PaletteItem::Label { column: "louvain".to_owned(), label: Label::named("B") };
        let filter = LabelFilter::Only([Label::named("B")].into());
        assert_eq!(label.action(), Some(Action::SetLabels { column: "louvain".to_owned(), filter }));
        assert_eq!(PaletteItem::Command(Command::Fit).action(), None);
        assert_eq!(PaletteHit::dataset("d/x".to_owned(), "X").item.action(), None);
    }
}
