//! Columns with a role: cell types, samples, columns to hide, and the colors of labels.

use explorer_core::{color, format};
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

/// How many labels a message names.
const MOST_NAMED: usize = 3;

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
        let known = columns.iter().filter(|column| n_labels(column).is_some()).map(|column| column.name.as_str());
        BuildError::NoSuchColumn { name: name.to_owned(), known: format::listed(known) }
    })
}

/// Whether a column repeats another in a form that only machines want: `x_ontology_term_id`
/// beside `x`.
pub fn is_hidden(name: &str, columns: &[TableColumn]) -> bool {
    name.strip_suffix("_ontology_term_id").is_some_and(|label| columns.iter().any(|column| column.name == label))
}

/// The colors that the file gives a column's labels, as 0xRRGGBBAA. Labels whose color is none get the page's own, which
/// is said; where all are none, or there are too few, nothing tells which color belongs to which label.
pub fn colors(column: &TableColumn, uns: &Uns, warnings: &mut Vec<Warning>) -> Option<Vec<u32>> {
    let TableValues::Labels { categories, .. } = &column.values else { return None };
    let (stated, n_labels) = (uns.colors.get(&column.name)?, categories.len());
    let mut note = |message: String| {
        warnings.push(Warning { place: format!("uns/{}_colors", column.name), message });
    };
    if stated.len() < n_labels {
        let n_colors = format::plural(stated.len(), "color", "colors");
        let n_labels = format::plural(n_labels, "label", "labels");
        note(format!("has {n_colors} for {n_labels}; the page's own are taken"));
        return None;
    }
    let parsed: Vec<Option<u32>> =
        stated[..n_labels].iter().map(|text| color::parse(text).map(u32::from_be_bytes)).collect();
    let bad: Vec<String> = parsed
        .iter()
        .zip(stated.iter().zip(categories))
        .filter(|(color, _)| color.is_none())
        .map(|(_, (text, label))| format!("`{label}` (`{text}`)"))
        .collect();
    if bad.is_empty() {
        return Some(parsed.into_iter().flatten().collect());
    }
    let labels = format::first_of(&bad, MOST_NAMED);
    if bad.len() == n_labels {
        note(format!("holds colors for no label: {labels}; the page's own are taken"));
        return None;
    }
    note(format!("holds no color for {labels}; the page's own is taken"));
    let own = color::label_colors(n_labels, None);
    Some(parsed.iter().zip(own).map(|(color, own)| color.unwrap_or(u32::from_be_bytes(own))).collect())
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
        let messages: Vec<&str> = warnings.iter().map(|warning| warning.message.as_str()).collect();
        assert_eq!(
            messages,
            [
                "has 1 color for 3 labels; the page's own are taken",
                "holds colors for no label: `0` (`no color`); the page's own are taken",
            ]
        );
    }

    #[test]
    fn good_colors_stay_beside_bad_ones() {
        let uns = Uns {
            colors: [("a".to_owned(), ["#ff8000", "nan", "red"].map(str::to_owned).to_vec())].into(),
            ..Uns::default()
        };
        let mut warnings = Vec::new();
        let found = colors(&column("a", 3), &uns, &mut warnings).unwrap();
        let own = color::label_colors(3, None).into_iter().map(u32::from_be_bytes).collect::<Vec<_>>();
        assert_eq!(found, [0xff80_00ff, own[1], 0xff00_00ff]);
        assert_eq!(warnings[0].message, "holds no color for `1` (`nan`); the page's own is taken");
    }
}
