//! Gene sets as the CSV file that CELLxGENE reads and writes.

use std::borrow::Cow;

use super::GeneSet;
use crate::csv::{self, OpenQuote};

/// The columns, in the order they are written.
const COLUMNS: [&str; 4] = ["gene_set_name", "gene_set_description", "gene_symbol", "gene_description"];

/// Why a file holds no gene sets.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GeneSetFileError {
    /// The first line names no such column.
    #[error("The file has no column “{0}” in its first line; that of gene sets begins {head}.", head = COLUMNS.join(","))]
    NoColumn(&'static str),
    /// A quotation mark is not closed.
    #[error("The file ends within quotation marks that begin in line {0}.")]
    OpenQuote(usize),
    /// There is no line below the first.
    #[error("The file has no gene set.")]
    Empty,
}

/// The sets as CSV: one line a gene, under a line that names the columns. A set without genes has a
/// line of its own. What genes are described as is not known, and left empty.
pub fn gene_sets_to_csv(sets: &[GeneSet]) -> String {
    let mut text = COLUMNS.join(",") + "\n";
    for set in sets {
        let genes = if set.genes.is_empty() { &[String::new()][..] } else { &set.genes };
        for gene in genes {
            for field in [&set.name, &set.description, gene] {
                csv::push_field(&mut text, field);
                text.push(',');
            }
            text.push('\n');
        }
    }
    text
}

/// The sets of a CSV file, in order, each gene once. Lines that begin with `#` are comments; lines
/// without a set's name are skipped; of descriptions of one set the first counts.
///
/// # Errors
/// [`GeneSetFileError`].
pub fn gene_sets_from_csv(text: &str) -> Result<Vec<GeneSet>, GeneSetFileError> {
    let records = csv::records(text).map_err(|OpenQuote { line }| GeneSetFileError::OpenQuote(line))?;
    let mut lines = records.into_iter();
    let head = lines.next().unwrap_or_default();
    let column = |name: &str| head.iter().position(|field| field.trim().eq_ignore_ascii_case(name));
    let [name_column, description_column, symbol_column, _] = COLUMNS;
    let name_at = column(name_column).ok_or(GeneSetFileError::NoColumn(name_column))?;
    let symbol_at = column(symbol_column).ok_or(GeneSetFileError::NoColumn(symbol_column))?;
    let description_at = column(description_column);
    let mut sets: Vec<GeneSet> = Vec::new();
    for line in lines {
        let field = |at: usize| line.get(at).map_or(Cow::Borrowed(""), |field| csv::unguarded(field.trim()));
        let (name, gene) = (field(name_at), field(symbol_at));
        let description = description_at.map_or(Cow::Borrowed(""), field);
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
        let sets = gene_sets_from_csv(text).unwrap();
        let expected = [
            set("T cells", "CD3, and more", &["CD3D", "CD3E"]),
            set("B cells", "", &["MS4A1"]),
            set("none yet", "", &[]),
        ];
        assert_eq!(sets, expected);
        let other_order = "\u{feff}Gene_Symbol,gene_set_name\nLYZ,myeloid";
        assert_eq!(gene_sets_from_csv(other_order).unwrap(), [set("myeloid", "", &["LYZ"])]);
    }

    #[test]
    fn other_files_are_refused_with_a_reason() {
        let refused = |text| gene_sets_from_csv(text).unwrap_err();
        assert_eq!(refused(""), GeneSetFileError::NoColumn("gene_set_name"));
        assert_eq!(refused("gene_set_name,gene\nT,CD3D"), GeneSetFileError::NoColumn("gene_symbol"));
        assert_eq!(refused("gene_set_name,gene_symbol\n\n"), GeneSetFileError::Empty);
        assert_eq!(refused("gene_set_name,gene_symbol\n\"T\n,CD3D"), GeneSetFileError::OpenQuote(2));
    }

    #[test]
    fn sets_are_written_one_gene_a_line() {
        let text = gene_sets_to_csv(&[set("T, all", "", &["CD3D", "CD3E"]), set("none", "yet", &[])]);
        assert_eq!(
            text,
            "gene_set_name,gene_set_description,gene_symbol,gene_description\n\
             \"T, all\",,CD3D,\n\"T, all\",,CD3E,\nnone,yet,,\n"
        );
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
            prop_assert_eq!(gene_sets_from_csv(&gene_sets_to_csv(&sets)), Ok(sets));
        }

        #[test]
        fn no_text_panics(text in any::<String>()) {
            let _ = gene_sets_from_csv(&text);
        }
    }
}
