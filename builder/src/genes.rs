//! The tables of genes: `var` and that of `raw`, numbered by density.

use std::io;

use shared_fbs::{
    manifest::{Pack, Var, Warning},
    tile::Genes,
};

use super::{
    BuildError, Output,
    columns::{self, ColumnPacks, TableColumn},
    labels,
    layer::{self, Scan},
    pack::{CAREFUL_LEVEL, Frame as PackFrame, PackWriter},
};
use h5ad::{Frame, FrameColumn, H5ad, MatrixLocation};

/// Names that columns of gene symbols go by, CELLxGENE's first.
const SYMBOL_COLUMNS: [&str; 8] =
    ["feature_name", "gene_symbols", "gene_symbol", "gene_names", "gene_name", "GeneSymbol", "hgnc_symbol", "symbol"];

/// The tables of genes of one input; each is numbered by the first layer that uses it.
pub struct GeneTables {
    var: Table,
    raw: Option<Table>,
}

struct Table {
    name: &'static str,
    ids: Vec<String>,
    symbols: Option<Vec<String>>,
    index_name: Option<String>,
    columns: Vec<TableColumn>,
    /// The input's row of every gene, once numbered.
    rows: Option<Vec<u32>>,
}

impl GeneTables {
    /// Reads the tables.
    pub fn new(file: &H5ad, warnings: &mut Vec<Warning>) -> Result<Self, BuildError> {
        let var = Table::new("var", file.var()?, warnings);
        let raw = match file.raw_var()? {
            Some(frame) => Some(Table::new("raw", frame, warnings)),
            None => raw_without_names(file, var.ids.len(), warnings),
        };
        Ok(Self { var, raw })
    }

    /// The table (its place in the manifest) and the gene order of a layer of `var` or of `raw`.
    pub fn number(&mut self, is_raw: bool, scan: &Scan) -> (u32, &[u32]) {
        let (place, table) = match &mut self.raw {
            Some(raw) if is_raw => (1, raw),
            _ => (0, &mut self.var),
        };
        (place, table.rows.get_or_insert_with(|| layer::genes_by_density(scan)))
    }

    /// Writes the tables.
    pub fn write(self, output: &dyn Output) -> io::Result<(Vec<Var>, Pack)> {
        let mut pack = PackWriter::create(output, "var")?;
        let mut vars = Vec::new();
        for table in [Some(self.var), self.raw].into_iter().flatten() {
            let rows = table.rows.unwrap_or_else(|| (0..table.ids.len() as u32).collect());
            let arrange =
                |texts: &[String]| -> Vec<String> { rows.iter().map(|&row| texts[row as usize].clone()).collect() };
            let genes = Genes { ids: arrange(&table.ids), symbols: table.symbols.as_deref().map(arrange), rows };
            let n_vars = genes.ids.len() as u32;
            let tile = pack.push(&PackFrame::new(&genes.encode(), CAREFUL_LEVEL))?;
            let mut packs = ColumnPacks { values: &mut pack, postings: None };
            let columns = table.columns.iter().map(|column| {
                let hidden = labels::is_hidden(&column.name, &table.columns);
                columns::write(column, &genes.rows, None, hidden, &mut packs)
            });
            let columns = columns.collect::<io::Result<Vec<_>>>()?;
            let (name, index_name) = (table.name.to_owned(), table.index_name);
            vars.push(Var { name, n_vars, tile, index_name, columns, ..Var::default() });
        }
        Ok((vars, pack.finish()?))
    }
}

/// The genes of a `raw` that does not name them: those of `var` when there are as many (then `None`),
/// else numbers.
fn raw_without_names(file: &H5ad, n_vars: usize, warnings: &mut Vec<Warning>) -> Option<Table> {
    let raw = file.matrices().iter().find(|info| info.location == MatrixLocation::Raw)?;
    let place = "raw/var".to_owned();
    if raw.n_cols == n_vars {
        let message = "is missing; raw has as many genes as var, so they are taken for the same".to_owned();
        warnings.push(Warning { place, message });
        return None;
    }
    let message = "is missing; the genes of raw go by their numbers, from 0".to_owned();
    warnings.push(Warning { place, message });
    let ids = (0..raw.n_cols).map(|gene| gene.to_string()).collect();
    Some(Table { name: "raw", ids, symbols: None, index_name: None, columns: Vec::new(), rows: None })
}

impl Table {
    fn new(name: &'static str, mut frame: Frame, warnings: &mut Vec<Warning>) -> Self {
        columns::make_unique(&mut frame.index, name, warnings);
        let symbols = SYMBOL_COLUMNS.iter().find_map(|wanted| {
            let (_, column) = frame.columns.iter().find(|(name, _)| name == wanted)?;
            texts(column).map(|symbols| {
                // A gene without a symbol goes by its id.
                symbols.into_iter().zip(&frame.index).map(|(symbol, id)| symbol.unwrap_or_else(|| id.clone())).collect()
            })
        });
        let columns = columns::plan(frame.columns, name, warnings);
        Self { name, ids: frame.index, symbols, index_name: frame.index_name, columns, rows: None }
    }
}

fn texts(column: &FrameColumn) -> Option<Vec<Option<String>>> {
    match column {
        FrameColumn::Strings(texts) => Some(texts.clone()),
        FrameColumn::Categorical { codes, categories, .. } => Some(
            codes
                .iter()
                .map(|&code| usize::try_from(code).ok().and_then(|code| categories.get(code).cloned()))
                .collect(),
        ),
        _ => None,
    }
}
