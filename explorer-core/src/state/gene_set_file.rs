//! Gene sets as the CSV file that CELLxGENE reads and writes, with a column of ids.

use std::borrow::Cow;

use super::GeneSet;
use crate::csv::{self, OpenQuote};

/// The columns, in the order they are written.
const COLUMNS: [&str; 5] = ["gene_set_name", "gene_set_description", "gene_symbol", "gene_description", "gene_id"];

/// Why a file holds no gene sets.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GeneSetFileError {
    /// The first line names no such column.
    #[error("The file has no column “{0}” in its first line; that of gene sets begins {head}.", head = COLUMNS.join(","))]
    NoColumn(&'static str),
    /// A quotation mark is not closed.
    #[error("The file ends within quotation marks that begin in line {0}.")]
    OpenQuote(usize),
    /// The bytes are text of another encoding, or no text.
    #[error("The file is not UTF-8 text, which CSV files are; save it as CSV in UTF-8.")]
    NotText,
    /// There is no line below the first.
    #[error("The file has no gene set.")]
    Empty,
}

/// The sets as CSV: one line a gene, under a line that names the columns. A set without genes has a
/// line of its own. What genes are described as is not known, and left empty. `symbol_of` gives the symbol of an id.
pub fn gene_sets_to_csv(sets: &[GeneSet], symbol_of: impl Fn(&str) -> String) -> String {
    let mut text = COLUMNS.join(",") + "\n";
    for set in sets {
        let genes = if set.genes.is_empty() { &[String::new()][..] } else { &set.genes };
        for gene in genes {
            for field in [set.name.as_str(), &set.description, &symbol_of(gene), ""] {
                csv::push_field(&mut text, field);
                text.push(',');
            }
            csv::push_field(&mut text, gene);
            text.push('\n');
        }
    }
    text
}

/// The sets of a CSV file, in order, each gene once. Lines that begin with `#` are comments; lines
/// without a set's name are skipped; of descriptions of one set the first counts. A gene goes by its id where the file
/// gives one that `is_known`, else by its symbol.
///
/// # Errors
/// [`GeneSetFileError`].
pub fn gene_sets_from_csv(text: &str, is_known: impl Fn(&str) -> bool) -> Result<Vec<GeneSet>, GeneSetFileError> {
    // How text of two bytes a character reads as if it were UTF-8, without a byte order mark and with one.
    if text.contains('\0') || text.starts_with("\u{fffd}\u{fffd}") {
        return Err(GeneSetFileError::NotText);
    }
    let records = csv::records(text).map_err(|OpenQuote { line }| GeneSetFileError::OpenQuote(line))?;
    let mut lines = records.into_iter();
    let head = lines.next().unwrap_or_default();
    let column = |name: &str| head.iter().position(|field| field.trim().eq_ignore_ascii_case(name));
    let [name_column, description_column, symbol_column, _, id_column] = COLUMNS;
    let name_at = column(name_column).ok_or(GeneSetFileError::NoColumn(name_column))?;
    let (symbol_at, id_at) = match (column(symbol_column), column(id_column)) {
        (None, None) => return Err(GeneSetFileError::NoColumn(symbol_column)),
        columns => columns,
    };
    let description_at = column(description_column);
    let mut sets: Vec<GeneSet> = Vec::new();
    for line in lines {
        let field = |at: usize| line.get(at).map_or(Cow::Borrowed(""), |field| csv::unguarded(field.trim()));
        let name = field(name_at);
        let [description, symbol, id] =
            [description_at, symbol_at, id_at].map(|at| at.map_or(Cow::Borrowed(""), field));
        let gene = if symbol.is_empty() || is_known(&id) { id } else { symbol };
        if name.is_empty() {
            continue;
        }
        let at = sets.iter().position(|set| set.name == name).unwrap_or_else(|| {
            sets.push(GeneSet { name: name.clone().into_owned(), ..GeneSet::default() });
            sets.len() - 1
        });
        let set = &mut sets[at];
        if set.description.is_empty() {
            set.description = description.into_owned();
        }
        if !gene.is_empty() && !set.genes.iter().any(|known| *known == gene) {
            set.genes.push(gene.into_owned());
        }
    }
    if sets.is_empty() { Err(GeneSetFileError::Empty) } else { Ok(sets) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn set(name: &str, description: &str, genes: &[&str]) -> GeneSet {
        let genes = genes.iter().map(|&gene| gene.to_owned()).collect();
        GeneSet { name: name.to_owned(), description: description.to_owned(), genes }
    }

    #[test]
    fn files_of_cellxgene_are_read() {
        let text = "# exported\r\ngene_set_name,gene_set_description,gene_symbol,gene_description\r\n\
                    T cells,\"CD3, and more\",CD3D,\"the \"\"delta\"\" chain\"\r\nT cells,,CD3E,\r\n\
                    B cells,,MS4A1,\r\nT cells,again,CD3D,\r\n,,LYZ,\r\nnone yet,,,\r\n";
        let sets = gene_sets_from_csv(text, |_| false).unwrap();
        let expected = [
            set("T cells", "CD3, and more", &["CD3D", "CD3E"]),
            set("B cells", "", &["MS4A1"]),
            set("none yet", "", &[]),
        ];
        assert_eq!(sets, expected);
        let other_order = "\u{feff}Gene_Symbol,gene_set_name\nLYZ,myeloid";
        assert_eq!(gene_sets_from_csv(other_order, |_| false).unwrap(), [set("myeloid", "", &["LYZ"])]);
    }

    #[test]
    fn other_files_are_refused_with_a_reason() {
        let refused = |text| gene_sets_from_csv(text, |_| true).unwrap_err();
        assert_eq!(refused(""), GeneSetFileError::NoColumn("gene_set_name"));
        assert_eq!(refused("gene_set_name,gene\nT,CD3D"), GeneSetFileError::NoColumn("gene_symbol"));
        assert_eq!(refused("gene_set_name,gene_symbol\n\n"), GeneSetFileError::Empty);
        assert_eq!(refused("gene_set_name,gene_symbol\n\"T\n,CD3D"), GeneSetFileError::OpenQuote(2));
        let wide: String = "gene_set_name,gene_symbol".chars().flat_map(|c| [c, '\0']).collect();
        assert_eq!(refused(&wide), GeneSetFileError::NotText);
        assert_eq!(refused("\u{fffd}\u{fffd}g"), GeneSetFileError::NotText);
    }

    #[test]
    fn sets_are_written_one_gene_a_line() {
        let sets = [set("T, all", "", &["CD3D", "E2"]), set("none", "yet", &[])];
        let text = gene_sets_to_csv(&sets, |id| if id == "E2" { "CD3E" } else { id }.to_owned());
        assert_eq!(
            text,
            "gene_set_name,gene_set_description,gene_symbol,gene_description,gene_id\n\
             \"T, all\",,CD3D,,CD3D\n\"T, all\",,CD3E,,E2\nnone,yet,,,\n"
        );
    }

    #[test]
    fn a_gene_goes_by_its_id_where_the_dataset_has_that_and_else_by_its_symbol() {
        let text = "gene_set_name,gene_symbol,gene_id\nT,CD3D,E1\nT,CD3E,E2\nT,,E3\nT,CD4,";
        let genes = |is_known: fn(&str) -> bool| gene_sets_from_csv(text, is_known).unwrap().remove(0).genes;
        assert_eq!(genes(|id| id == "E2"), ["CD3D", "E2", "E3", "CD4"]);
        let by_id = "gene_set_name,gene_id\nT,E1";
        assert_eq!(gene_sets_from_csv(by_id, |_| true).unwrap(), [set("T", "", &["E1"])]);
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(
            sets in prop::collection::btree_map(
                "[-a-z,\"\n#é=+@']{1,6}",
                ("[a-z,\"\n# ]{0,8}", prop::collection::btree_set("[-A-Z0-9,\"\n#=@]{1,5}", 0..4)),
                1..4,
            ),
        ) {
            let trimmed = |text: &str| text.trim().to_owned();
            let mut sets: Vec<GeneSet> = sets
                .iter()
                .map(|(name, (description, genes))| GeneSet {
                    name: trimmed(name),
                    description: trimmed(description),
                    genes: genes.iter().map(|gene| trimmed(gene)).filter(|gene| !gene.is_empty()).collect(),
                })
                .filter(|set| !set.name.is_empty())
                .collect();
            sets.dedup_by(|a, b| a.name == b.name);
            for set in &mut sets {
                let mut seen = std::collections::HashSet::new();
                set.genes.retain(|gene| seen.insert(gene.clone()));
            }
            let mut names = std::collections::HashSet::new();
            sets.retain(|set| names.insert(set.name.clone()));
            prop_assume!(!sets.is_empty());
            let text = gene_sets_to_csv(&sets, str::to_owned);
            prop_assert_eq!(gene_sets_from_csv(&text, |id| !id.is_empty()), Ok(sets));
        }

        #[test]
        fn no_text_panics(text in any::<String>()) {
            let _ = gene_sets_from_csv(&text, |_| false);
        }
    }
}
