//! Gene sets as GMT files (MSigDB's): a line per set, fields between tabs: name, description, genes.

use std::collections::{HashMap, HashSet};

use super::{GeneSet, GeneSetFileError, gene_sets_from_csv};
use crate::{format::first_of, sorting::set_of};

/// How many names a sentence has.
const MOST_NAMED: usize = 10;

/// Sets of a GMT file or of a CSV file of gene sets, whichever the text is: a GMT file has a tab in its first line.
/// `is_known` as in [`gene_sets_from_csv`].
///
/// # Errors
/// [`GeneSetFileError`].
pub fn gene_sets_from_text(text: &str, is_known: impl Fn(&str) -> bool) -> Result<Vec<GeneSet>, GeneSetFileError> {
    match is_gmt(text) {
        Some(true) => gene_sets_from_gmt(text),
        Some(false) => gene_sets_from_csv(text, is_known),
        None => Err(GeneSetFileError::Empty),
    }
}

/// Whether a text is a GMT file; `None` where it has no line.
fn is_gmt(text: &str) -> Option<bool> {
    let first = lines(text).find(|line| !line.trim().is_empty())?;
    Some(first.contains('\t') && !first.contains("gene_set_name"))
}

/// The lines of a file but those that are comments.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    // Old programs of the Macintosh end lines by CR alone; an empty line is no set.
    text.trim_start_matches('\u{feff}').split(['\n', '\r']).filter(|line| !line.starts_with('#'))
}

/// Name, description and genes of each line of a GMT file that has a name. Genes may be empty.
fn sets(text: &str) -> impl Iterator<Item = (&str, &str, impl Iterator<Item = &str>)> {
    let set = |line| {
        let mut fields = str::split(line, '\t').map(str::trim);
        let (name, description) = (fields.next().unwrap_or_default(), fields.next().unwrap_or_default());
        (!name.is_empty()).then_some((name, description, fields))
    };
    lines(text).filter_map(set)
}

/// That several lines of a GMT file have one name and make one set, in a sentence; `None` of a CSV file, whose sets have a
/// line a gene.
pub fn gene_sets_of_several_lines(text: &str) -> Option<String> {
    if is_gmt(text) != Some(true) {
        return None;
    }
    let (mut seen, mut several) = (set_of([]), set_of([]));
    for (name, ..) in sets(text) {
        if !seen.insert(name) {
            several.insert(name.to_owned());
        }
    }
    let several: Vec<String> = several.into_iter().collect();
    let named = first_of(&several, MOST_NAMED);
    (!several.is_empty()).then(|| format!("Several lines have one name, and make one set: {named}."))
}

/// The sets of a GMT file, in order, each gene once; lines of one name make one set. Lines without a name, and empty
/// fields, are skipped.
///
/// # Errors
/// [`GeneSetFileError::NotText`] and [`GeneSetFileError::Empty`].
pub fn gene_sets_from_gmt(text: &str) -> Result<Vec<GeneSet>, GeneSetFileError> {
    if text.contains('\0') || text.starts_with("\u{fffd}\u{fffd}") {
        return Err(GeneSetFileError::NotText);
    }
    let mut found: Vec<GeneSet> = Vec::new();
    // By name its place, and the genes that it has.
    let mut known: HashMap<&str, (usize, HashSet<&str>)> = HashMap::new();
    for (name, description, genes) in sets(text) {
        let (at, seen) = known.entry(name).or_insert_with(|| {
            found.push(GeneSet { name: name.to_owned(), description: description.to_owned(), genes: Vec::new() });
            (found.len() - 1, HashSet::new())
        });
        let new = genes.filter(|gene| !gene.is_empty() && seen.insert(gene));
        found[*at].genes.extend(new.map(str::to_owned));
    }
    if found.is_empty() { Err(GeneSetFileError::Empty) } else { Ok(found) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn files_of_msigdb_are_read() {
        let text = "T_CELLS\thttps://example.org/t\tCD3D\tCD3E\tCD3D\t\r\n\r\n# a comment\nB_CELLS\t\tMS4A1\n\tno name\tX\n\
                    T_CELLS\tagain\tCD4\n";
        let sets = gene_sets_from_text(text, |_| false).unwrap();
        let several = "Several lines have one name, and make one set: T_CELLS.";
        assert_eq!((sets.len(), gene_sets_of_several_lines(text).as_deref()), (2, Some(several)));
        assert_eq!(gene_sets_of_several_lines("T\t\tCD3D\nB\t\tMS4A1\n"), None);
        assert_eq!((sets[0].name.as_str(), sets[0].description.as_str()), ("T_CELLS", "https://example.org/t"));
        assert_eq!(
            (sets[0].genes.join(" "), sets[1].genes.join(" ")),
            ("CD3D CD3E CD4".to_owned(), "MS4A1".to_owned())
        );
    }

    #[test]
    fn many_sets_are_read_in_one_go_and_lines_end_by_cr_too() {
        let text: String = (0..100_000).map(|set| format!("set{set}\t\tCD3D\r")).collect();
        let began = std::time::Instant::now();
        assert_eq!(gene_sets_from_gmt(&text).unwrap().len(), 100_000);
        assert!(began.elapsed().as_secs() < 5, "{:?}", began.elapsed());
    }

    #[test]
    fn a_csv_file_is_read_as_one() {
        let sets = gene_sets_from_text("gene_set_name,gene_symbol\nT,CD3D", |_| false).unwrap();
        assert_eq!(sets[0].genes, ["CD3D"]);
        assert!(gene_sets_of_several_lines("gene_set_name,gene_symbol\nT,CD3D\nT,CD3E").is_none());
        assert_eq!(gene_sets_from_text("CD3D\nCD3E", |_| false), Err(GeneSetFileError::NoColumn("gene_set_name")));
        assert_eq!(gene_sets_from_gmt("\n"), Err(GeneSetFileError::Empty));
        assert_eq!(gene_sets_from_text("# none\n\n", |_| false), Err(GeneSetFileError::Empty));
    }

    proptest! {
        #[test]
        fn no_text_panics(text in any::<String>()) {
            let _ = gene_sets_from_text(&text, |_| false);
        }
    }
}
