//! Columns with a role: cell types, samples, columns to hide, and the colors of labels.

use explorer_core::color;
use shared_fbs::manifest::Warning;

use super::{
    BuildError,
    columns::{TableColumn, TableValues},
};
use h5ad::Uns;

/// Names that columns of cell types go by: CELLxGENE's first, then those of common pipelines.
const MAIN_LABELS: [&str; 12] = [
    "cell_type",
    "celltype",
    "cell_types",
    "CellType",
    "cell_ontology_class",
    "bulk_labels",
    "louvain",
    "leiden",
    "clusters",
    "cluster",
    "seurat_clusters",
    "cell_subclass",
];

/// Names that columns of samples go by.
const SAMPLES: [&str; 8] = ["donor_id", "sample_id", "sample", "donor", "patient", "individual", "batch", "library_id"];

/// The column of cell types: the first of the names that people use, else the categorical column
/// with the most labels among those with 2 to 100.
pub fn main_label(columns: &[TableColumn]) -> Option<usize> {
    let usual = MAIN_LABELS.iter().find_map(|name| position(columns, name));
    usual.or_else(|| {
        let candidates = columns.iter().enumerate().filter_map(|(i, column)| {
            let n_labels = n_labels(column)?;
            (2..=100).contains(&n_labels).then_some((n_labels, std::cmp::Reverse(i)))
        });
        candidates.max().map(|(_, std::cmp::Reverse(i))| i)
    })
}

/// The column of samples, if one has a name that people use.
pub fn sample_column(columns: &[TableColumn]) -> Option<usize> {
    SAMPLES.iter().find_map(|name| position(columns, name))
}

/// The categorical column of a name that the user gave.
pub fn named(columns: &[TableColumn], name: &str) -> Result<usize, BuildError> {
    position(columns, name).ok_or_else(|| {
        let known: Vec<&str> =
            columns.iter().filter(|column| n_labels(column).is_some()).map(|column| column.name.as_str()).collect();
        BuildError::NoSuchColumn { name: name.to_owned(), known: known.join(", ") }
    })
}

/// Whether a column repeats another in a form that only machines want: `x_ontology_term_id`
/// beside `x`.
pub fn is_hidden(name: &str, columns: &[TableColumn]) -> bool {
    name.strip_suffix("_ontology_term_id").is_some_and(|label| columns.iter().any(|column| column.name == label))
}

/// The colors that the file gives a column's labels, as 0xRRGGBBAA.
pub fn colors(column: &TableColumn, uns: &Uns, warnings: &mut Vec<Warning>) -> Option<Vec<u32>> {
    let n_labels = n_labels(column)?;
    let colors = uns.colors.get(&column.name)?;
    let mut leave_out = |message: String| {
        warnings.push(Warning { place: format!("uns/{}_colors", column.name), message });
        None
    };
    if colors.len() < n_labels {
        return leave_out(format!("has {} colors for {n_labels} labels; they are left out", colors.len()));
    }
    let parsed: Option<Vec<u32>> =
        colors[..n_labels].iter().map(|text| color::parse(text).map(u32::from_be_bytes)).collect();
    parsed.or_else(|| leave_out("holds something that is no color; the colors are left out".to_owned()))
}

fn position(columns: &[TableColumn], name: &str) -> Option<usize> {
    columns.iter().position(|column| column.name == name && n_labels(column).is_some())
}

fn n_labels(column: &TableColumn) -> Option<usize> {
    match &column.values {
        TableValues::Labels { categories, .. } => Some(categories.len()),
        TableValues::Numbers(_) | TableValues::Text(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use shared_fbs::manifest::NumberKind;

    use super::*;

    fn column(name: &str, n_labels: usize) -> TableColumn {
        let categories = (0..n_labels).map(|label| label.to_string()).collect();
        let values = TableValues::Labels { codes: Vec::new(), categories, ordered: false, number: NumberKind::None };
        TableColumn { name: name.to_owned(), values }
    }

    #[test]
    fn the_main_label_is_found() {
        let columns = [column("phase", 3), column("louvain", 11), column("cell_type", 5)];
        assert_eq!(main_label(&columns), Some(2));
        assert_eq!(main_label(&columns[..2]), Some(1));
        assert_eq!(main_label(&[column("a", 1), column("b", 7), column("c", 7), column("d", 500)]), Some(1));
        assert_eq!(main_label(&[]), None);
    }

    #[test]
    fn ontology_terms_hide_beside_their_label() {
        let columns = [column("tissue", 2), column("tissue_ontology_term_id", 2)];
        assert!(is_hidden("tissue_ontology_term_id", &columns));
        assert!(!is_hidden("disease_ontology_term_id", &columns));
    }

    #[test]
    fn unusable_colors_are_noted() {
        let uns = |colors: &[&str]| Uns {
            colors: [("a".to_owned(), colors.iter().map(|&color| color.to_owned()).collect())].into(),
            ..Uns::default()
        };
        let mut warnings = Vec::new();
        let found = colors(&column("a", 1), &uns(&["#ff8000", "#000000"]), &mut warnings);
        assert_eq!((found, warnings.len()), (Some(vec![0xff80_00ff]), 0));
        assert_eq!(colors(&column("a", 3), &uns(&["#ff8000"]), &mut warnings), None);
        assert_eq!(colors(&column("a", 1), &uns(&["no color"]), &mut warnings), None);
        assert_eq!(warnings.len(), 2);
    }
}
