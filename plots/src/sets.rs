//! Gene sets against a comparison: the tests, as a table in HTML to be pressed and as CSV.

use std::fmt::Write as _;

use explorer_core::{
    color::Ground,
    data::{GeneIdx, GeneNames},
    dataset::{Dataset, Tiles},
    de::{DeRecord, DeTable},
    format::{first_of, integer, p_value, plural, signed, significant},
    screen::xml_escaped,
    session::{EnrichmentQuestion, SetColumn, SetSort, SetsSource},
    sorting::sort_by,
    state::{GeneSetFileError, gene_sets_from_text, gene_sets_of_several_lines},
    statistics::{Enriched, KnownSets, PrerankOptions},
};

use crate::{Figure, answer_figures::draw_sets};

/// Sets that are shown; the file has all.
const MOST_ROWS: usize = 200;

/// Genes of a set that are named in its row.
const MOST_GENES: usize = 12;

/// Names that a message gives.
const MOST_NAMED: usize = 5;

/// Why gene sets were not tested.
#[derive(Debug, thiserror::Error)]
pub enum SetsError<E> {
    /// The dataset cannot be read.
    #[error(transparent)]
    Read(E),
    /// There is none.
    #[error("There is no gene set to test. Make one from the genes of a result, or open a file of sets.")]
    None,
    /// The file holds none.
    #[error(
        "{name}: {source} A GMT file has a set in each line, with tabs between its name, a description and its genes."
    )]
    File {
        /// The file.
        name: String,
        /// Why not.
        source: GeneSetFileError,
    },
    /// The layer has none of their genes.
    #[error("No gene of the sets is in {layer}, whose genes are called like “{example}”.")]
    Foreign {
        /// The layer.
        layer: String,
        /// One of its genes.
        example: String,
    },
    /// The comparison that came with the question is none.
    #[error("The comparison cannot be read.")]
    Table,
}

/// Gene sets that were tested.
#[derive(Clone, Debug)]
pub struct TestedSets {
    /// The tests.
    found: Enriched,
    known: KnownSets,
    /// The comparison, and what it was.
    of: (DeTable, DeRecord),
    names: GeneNames,
    /// Whether the user has the sets.
    are_own: bool,
    /// What is to be said of the sets.
    pub note: String,
    /// The tests as CSV, equal to what the command line writes.
    pub csv: String,
}

/// A row of the table.
struct Row {
    set: usize,
    name: String,
    /// The columns of numbers, as they are sorted and as they are shown.
    numbers: [(f64, String); 5],
    genes: Vec<GeneIdx>,
}

/// Tests the sets of a question against its table.
///
/// # Errors
/// [`SetsError`].
pub async fn test_sets<T: Tiles>(
    dataset: &Dataset<T>,
    question: &EnrichmentQuestion,
    table: &[u8],
) -> Result<TestedSets, SetsError<T::Error>> {
    let genes = dataset.genes(question.layer as usize).await.map_err(SetsError::Read)?;
    let names = GeneNames::new(genes.ids, genes.symbols);
    let table = question.table(table).filter(|table| table.len() == names.len()).ok_or(SetsError::Table)?;
    let (sets, several, are_own) = match &question.sets {
        SetsSource::Own(sets) => (sets.clone(), None, true),
        SetsSource::File { name, text } => {
            let sets = gene_sets_from_text(text, |id| names.position(id).is_some());
            let sets = sets.map_err(|source| SetsError::File { name: name.clone(), source })?;
            (sets, gene_sets_of_several_lines(text), false)
        }
    };
    if sets.is_empty() {
        return Err(SetsError::None);
    }
    let known = KnownSets::new(sets, &names);
    if known.are_foreign() {
        let example = names.labels().first().cloned().unwrap_or_default();
        return Err(SetsError::Foreign { layer: question.record.layer.clone(), example });
    }
    let found = Enriched::new(question.enrichment, PrerankOptions::default(), &known.genes, &table);
    let csv = found.to_csv(&known.sets, &table, &names, &question.record);
    let note = note(&found, &known, &question.record.layer, several);
    let of = (table, question.record.clone());
    Ok(TestedSets { found, known, of, names, are_own, note, csv })
}

/// What was tested, and what of the sets was left out.
fn note(found: &Enriched, known: &KnownSets, layer: &str, several: Option<String>) -> String {
    let mut notes = Vec::new();
    match found {
        Enriched::Chosen { chosen, .. } => notes.push(format!("Chosen: {chosen}.")),
        Enriched::Ranking { n_tested: 0, .. } => {
            notes.push("No gene can be tested, so there is no ranking.".to_owned());
        }
        Enriched::Ranking { found, options: PrerankOptions { least_genes, most_genes, n_permutations }, .. } => {
            notes.push(format!("Ranked by score, {n_permutations} random sets."));
            let n_left_out = known.sets.len() - found.len();
            if n_left_out > 0 {
                let sets = plural(n_left_out, "set", "sets");
                notes.push(format!("Left out: {sets} with fewer than {least_genes} or more than {most_genes} genes."));
            }
        }
    }
    if !known.unknown.is_empty() {
        let genes = plural(known.unknown.len(), "gene", "genes");
        notes.push(format!("{genes} not in {layer}: {}.", first_of(&known.unknown, MOST_NAMED)));
    }
    notes.extend(several);
    notes.join(" ")
}

impl TestedSets {
    /// The sets of the lowest p-values as a figure.
    pub fn figure(&self, ground: Ground) -> Figure {
        draw_sets(&self.found, &self.known.sets, &self.of.0, &self.of.1, ground)
    }

    /// The table, in an order: buttons in its head have `data-sort`, those of a set `data-color` or `data-make` with the
    /// set's name, and the ids of the genes in `data-genes` with tabs between.
    pub fn to_html(&self, sort: SetSort) -> String {
        let mut rows = self.rows();
        let place = SetColumn::ALL.iter().position(|column| *column == sort.column).unwrap_or_default();
        sort_by(&mut rows, |a, b| {
            let order = match place.checked_sub(1) {
                None => a.name.cmp(&b.name),
                Some(at) => a.numbers[at].0.total_cmp(&b.numbers[at].0),
            };
            let order = if sort.is_descending { order.reverse() } else { order };
            order.then(a.set.cmp(&b.set))
        });
        let mut html = String::from("<table class=\"sets-table\"><thead><tr>");
        let [score, normalized, genes] = match &self.found {
            Enriched::Chosen { .. } => ["Hits", "Fold", "Hits by name"],
            Enriched::Ranking { .. } => ["ES", "NES", "Leading genes"],
        };
        let headings = ["Set", "Genes", score, normalized, "p", "adj. p"];
        for (column, heading) in SetColumn::ALL.into_iter().zip(headings) {
            let aria = match sort {
                SetSort { column: of, .. } if of != column => "none",
                SetSort { is_descending: true, .. } => "descending",
                SetSort { is_descending: false, .. } => "ascending",
            };
            let name = column.name();
            let _ = write!(
                html,
                "<th scope=\"col\" aria-sort=\"{aria}\"><button type=\"button\" data-sort=\"{name}\" \
                 data-testid=\"sets-sort-{name}\">{heading}</button></th>"
            );
        }
        let _ = write!(html, "<th scope=\"col\">{genes}</th></tr></thead><tbody>");
        for row in rows.iter().take(MOST_ROWS) {
            self.push_row(&mut html, row);
        }
        html.push_str("</tbody></table>");
        if rows.len() > MOST_ROWS {
            let all = integer(rows.len() as u64);
            let _ = write!(html, "<p class=\"note\">{MOST_ROWS} of {all} sets are shown; the CSV file has all.</p>");
        }
        html
    }

    fn rows(&self) -> Vec<Row> {
        let name = |set: usize| self.known.sets[set].name.clone();
        match &self.found {
            Enriched::Chosen { found, .. } => {
                let row = |(set, test): (usize, &explorer_core::statistics::OverRepresentation)| {
                    let fold = test.fold();
                    let n_hits = test.hits.len();
                    let numbers = [
                        (test.n_genes as f64, integer(test.n_genes as u64)),
                        (n_hits as f64, integer(n_hits as u64)),
                        (fold.unwrap_or(-1.0), fold.map_or_else(|| "–".to_owned(), |fold| significant(fold, 3))),
                        (test.log10_pval, p_value(test.log10_pval)),
                        (test.log10_pval_adj, p_value(test.log10_pval_adj)),
                    ];
                    Row { set, name: name(set), numbers, genes: test.hits.clone() }
                };
                found.iter().enumerate().map(row).collect()
            }
            Enriched::Ranking { found, .. } => {
                let row = |test: &explorer_core::statistics::RankedEnrichment| {
                    let numbers = [
                        (test.n_genes as f64, integer(test.n_genes as u64)),
                        (test.score, signed(test.score)),
                        (test.normalized_score, signed(test.normalized_score)),
                        (test.pval, p_value(test.pval.log10())),
                        (test.pval_adj, p_value(test.pval_adj.log10())),
                    ];
                    Row { set: test.set, name: name(test.set), numbers, genes: test.leading_edge.clone() }
                };
                found.iter().map(row).collect()
            }
        }
    }

    fn push_row(&self, html: &mut String, row: &Row) {
        let ids = |genes: &[GeneIdx]| {
            let ids: Vec<String> = genes.iter().map(|&gene| xml_escaped(self.names.id(gene))).collect();
            ids.join("\t")
        };
        let name = xml_escaped(&row.name);
        let all =
            if self.are_own { String::new() } else { format!(" data-genes=\"{}\"", ids(&self.known.genes[row.set])) };
        let _ = write!(
            html,
            "<tr data-testid=\"sets-row-{name}\"><th scope=\"row\"><button type=\"button\" data-color=\"{name}\"{all} \
             title=\"Color by the set\">{name}</button></th>"
        );
        for (_, number) in &row.numbers {
            let _ = write!(html, "<td>{number}</td>");
        }
        let labels: Vec<&str> = row.genes.iter().map(|&gene| self.names.label(gene)).collect();
        html.push_str("<td class=\"sets-genes\">");
        if !labels.is_empty() {
            let _ = write!(
                html,
                "<button type=\"button\" data-make=\"{name}\" data-genes=\"{}\" aria-label=\"Make a gene set of these \
                 genes of {name}\" title=\"Make a gene set of these genes\">+</button> {}",
                ids(&row.genes),
                xml_escaped(&first_of(&labels, MOST_GENES))
            );
        }
        html.push_str("</td></tr>");
    }
}

#[cfg(test)]
mod tests {
    use explorer_core::{
        de::CellSetRecord,
        state::{Enrichment, GeneSet},
    };

    use super::*;
    use crate::figure::{Mark, Part, Shape};

    fn tested() -> TestedSets {
        let names = GeneNames::new((0..20).map(|gene| format!("G{gene}")).collect(), None);
        let table = DeTable {
            effect: vec![1.0; 20],
            score: vec![1.0; 20],
            pval_adj: (0..20).map(|gene| if gene < 5 { 0.01 } else { 0.5 }).collect(),
            degenerate: vec![None; 20],
            ..DeTable::default()
        };
        let set = |name: &str, genes: &[u32]| GeneSet {
            name: name.to_owned(),
            genes: genes.iter().map(|gene| format!("G{gene}")).collect(),
            ..GeneSet::default()
        };
        let sets = vec![set("a \"<b>\"", &[0, 1, 2, 9]), set("c", &[7, 8, 9, 10, 11]), set("d", &[3, 4, 30])];
        let known = KnownSets::new(sets, &names);
        let found = Enriched::new(Enrichment::default(), PrerankOptions::default(), &known.genes, &table);
        let note = note(&found, &known, "X", gene_sets_of_several_lines("d\t\tG3\nd\t\tG4"));
        let set = || CellSetRecord { name: "B".to_owned(), n_cells: 9 };
        let (dataset, layer, within) = <_>::default();
        let record = DeRecord { dataset, group: set(), reference: set(), layer, within, cautions: Vec::new() };
        TestedSets { found, known, of: (table, record), names, are_own: false, note, csv: String::new() }
    }

    #[test]
    fn the_table_is_in_the_order_asked_for_and_its_names_are_text() {
        let tested = tested();
        let order = |column, is_descending| {
            let html = tested.to_html(SetSort { column, is_descending });
            let names = html.split("data-color=\"").skip(1).filter_map(|rest| Some(rest.split_once('"')?.0.to_owned()));
            names.collect::<Vec<_>>()
        };
        let escaped = "a &quot;&lt;b&gt;&quot;";
        assert_eq!(order(SetColumn::Pval, false), [escaped, "d", "c"]);
        assert_eq!(order(SetColumn::Genes, true), ["c", escaped, "d"]);
        assert_eq!(order(SetColumn::Normalized, true), ["d", escaped, "c"]);
        assert_eq!(order(SetColumn::Name, true), ["d", "c", escaped]);
    }

    #[test]
    fn a_row_has_its_numbers_and_its_genes() {
        let html = tested().to_html(SetSort::default());
        let row = html.split("<tr ").nth(2).unwrap();
        // scipy.stats.hypergeom.sf(1, 20, 2, 5): 10 / 190; adjusted over three sets.
        assert!(row.contains("<td>2</td><td>2</td><td>4.00</td><td>0.053</td><td>0.079</td>"), "{row}");
        assert!(row.contains("data-color=\"d\" data-genes=\"G3\tG4\""), "{row}");
        assert!(
            row.contains("data-make=\"d\" data-genes=\"G3\tG4\"") && row.contains("</button> G3, G4</td>"),
            "{row}"
        );
        assert!(!html.split("<tr ").nth(3).unwrap().contains("data-make"), "nothing can be made of no hit");
    }

    #[test]
    fn the_figure_has_a_bar_for_each_set_with_hits_as_long_as_its_evidence() {
        let tested = tested();
        let figure = tested.figure(Ground::Light);
        let bars: Vec<(String, f64)> = figure
            .parts
            .iter()
            .filter_map(|part| match part {
                Part::Mark(Mark { tip, shapes, .. }) => match shapes[..] {
                    [Shape::Rect { area: [_, _, width, _], .. }] => Some((tip.clone(), width)),
                    _ => None,
                },
                Part::Shape(_) => None,
            })
            .collect();
        let Enriched::Chosen { found, .. } = &tested.found else { panic!("chosen genes were asked for") };
        let [a, d] = [0, 2].map(|set| -found[set].log10_pval_adj);
        assert!(
            matches!(&bars[..], [first, second] if first.0.starts_with("a \"<b>\": 3 of 4 genes, 3.00×") && second.0.starts_with("d: 2 of 2")),
            "{bars:?}"
        );
        assert!((bars[1].1 / bars[0].1 - d / a).abs() < 1e-9, "{bars:?} {a} {d}");
    }

    #[test]
    fn what_is_left_out_is_told() {
        let note = tested().note;
        assert_eq!(
            note,
            "Chosen: 5 of 20; higher in the group; adjusted p at most 0.05; effect at least 0. 1 gene not in X: G30. \
             Several lines have one name, and make one set: d."
        );
    }
}
