//! What there is to say of the dataset as a whole.

use shared_fbs::manifest::{Column, ColumnKind, Layer, Manifest, ValueKind};

use super::{Session, embedding_name, is_constant};
use crate::{
    format::{bytes, integer, percent, plural, short},
    names::visible,
};

/// The dataset as a whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DatasetFacts {
    /// What there is to say, by name: sizes, what it was made of, by what.
    pub rows: Vec<(String, String)>,
    /// Its layers: the place of each in the file, and what it holds.
    pub layers: Vec<(String, String)>,
    /// Columns with one value alone, and that value.
    pub constants: Vec<(String, String)>,
    /// What was mended when it was built.
    pub warnings: Vec<String>,
}

impl Session {
    /// What there is to say of the dataset.
    pub fn facts(&self) -> DatasetFacts {
        let manifest = self.manifest();
        let constants = manifest.columns.iter().filter(|column| is_constant(column) && !column.hidden);
        let value = |column: &Column| {
            if column.kind == ColumnKind::Continuous {
                return Some((column.name.clone(), short(f64::from(column.min), 4)));
            }
            let categories = self.categories(&column.name)?;
            Some((column.name.clone(), visible(categories.labels.first()?).into_owned()))
        };
        DatasetFacts {
            rows: rows(manifest),
            layers: (0..manifest.layers.len()).map(|at| layer(manifest, at)).collect(),
            constants: constants.filter_map(value).collect(),
            warnings: (manifest.warnings.iter())
                .map(|warning| format!("{}: {}", warning.place, warning.message))
                .collect(),
        }
    }
}

/// How the dataset's file was found to follow the schema, where it was validated: `valid`, `3 findings`.
pub fn schema_words(manifest: &Manifest) -> Option<String> {
    manifest.schema.as_ref().map(|verdict| match verdict.n_errors {
        0 => "valid".to_owned(),
        n => plural(n as usize, "finding", "findings"),
    })
}

fn rows(manifest: &Manifest) -> Vec<(String, String)> {
    let genes = manifest.vars.iter().map(|var| match var.name.as_str() {
        "var" => integer(u64::from(var.n_vars)),
        name => format!("{} in {name}", integer(u64::from(var.n_vars))),
    });
    let embeddings = manifest.embeddings.iter().map(|embedding| embedding_name(&embedding.key));
    let shown = manifest.columns.iter().filter(|column| !column.hidden).count();
    let n_bytes = manifest.packs.iter().map(|pack| pack.n_bytes).sum();
    let rows = [
        ("Cells", integer(u64::from(manifest.n_obs))),
        ("Genes", genes.collect::<Vec<_>>().join(", ")),
        ("Columns", integer(shown as u64)),
        ("Embeddings", embeddings.collect::<Vec<_>>().join(", ")),
        ("Images", manifest.spatial.iter().map(|library| library.name.as_str()).collect::<Vec<_>>().join(", ")),
        ("File", manifest.source.clone().unwrap_or_default()),
        ("Schema", schema_words(manifest).unwrap_or_default()),
        ("Size", bytes(n_bytes)),
        ("Format", format!("version {}", manifest.format_version)),
        ("Built by", manifest.generator.clone()),
        ("Content id", manifest.known_content_id().unwrap_or_default().to_owned()),
    ];
    let rows = rows.into_iter().filter(|(_, value)| !value.is_empty());
    rows.map(|(name, value)| (name.to_owned(), value)).collect()
}

/// The layer of an index: its name, and what it holds.
fn layer(manifest: &Manifest, at: usize) -> (String, String) {
    let Layer { name, var, kind, description, n_nonzero, .. } = &manifest.layers[at];
    let kind = match *kind {
        ValueKind::Counts => "counts",
        ValueKind::LogNormalizedCounts => "log-normalized counts",
        _ => "numbers",
    };
    let description = description.as_deref().unwrap_or(kind);
    let n_genes = manifest.vars.get(*var as usize).map_or(0, |var| var.n_vars);
    let n_values = f64::from(manifest.n_obs) * f64::from(n_genes);
    let share = if n_values > 0.0 { *n_nonzero as f64 / n_values } else { 0.0 };
    let genes = plural(n_genes as usize, "gene", "genes");
    let is_default = if at == manifest.default_layer as usize { "; shown at first" } else { "" };
    (name.clone(), format!("{description}; {genes}, {} of the values are not zero{is_default}", percent(share)))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use shared_fbs::{
        manifest::{Pack, SchemaVerdict, Var, Warning},
        order::Levels,
    };

    use super::*;

    #[test]
    fn a_dataset_is_told_by_its_sizes_layers_and_warnings() {
        let var = |name: &str, n_vars| Var { name: name.to_owned(), n_vars, ..Var::default() };
        let layer = |name: &str, var, n_nonzero| Layer { name: name.to_owned(), var, n_nonzero, ..Layer::default() };
        let pack = |n_bytes| Pack { n_bytes, ..Pack::default() };
        let session = Session::new(Arc::new(Manifest {
            n_obs: 100,
            level_ranks: Levels::for_n_obs(100).boundaries(),
            vars: vec![var("var", 20), var("raw/var", 1_500)],
            layers: vec![layer("X", 0, 500), layer("raw/X", 1, 15_000)],
            packs: vec![pack(1_000), pack(500)],
            format_version: 3,
            schema: Some(Box::new(SchemaVerdict { n_errors: 3, ..SchemaVerdict::default() })),
            warnings: vec![Warning { place: "obs/x".to_owned(), message: "it was mended".to_owned() }],
            ..Manifest::default()
        }));
        let facts = session.facts();
        let row = |name: &str| facts.rows.iter().find(|row| row.0 == name).map(|row| row.1.as_str());
        assert_eq!((row("Cells"), row("Genes")), (Some("100"), Some("20, 1,500 in raw/var")));
        assert_eq!((row("Format"), row("File")), (Some("version 3"), None));
        assert_eq!(row("Schema"), Some("3 findings"));
        assert_eq!(row("Size").map(str::to_owned), Some(bytes(1_500)));
        assert_eq!(facts.warnings, ["obs/x: it was mended"]);
        let told: Vec<_> = facts.layers.iter().map(|(name, text)| format!("{name}: {text}")).collect();
        assert_eq!(
            told,
            [
                format!("X: counts; 20 genes, {} of the values are not zero; shown at first", percent(0.25)),
                format!("raw/X: counts; 1,500 genes, {} of the values are not zero", percent(0.1)),
            ]
        );
    }
}
