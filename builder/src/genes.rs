//! The tables of genes: `var` and that of `raw`, numbered by density.

use std::{collections::BTreeSet, io};

use explorer_core::format;
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

/// Names that columns of gene symbols go by, in any case; CELLxGENE's first.
const SYMBOL_COLUMNS: [&str; 11] = [
    "feature_name",
    "gene_symbols",
    "gene_symbol",
    "genesymbol",
    "gene_names",
    "gene_name",
    "gene_short_name",
    "hgnc_symbol",
    "mgi_symbol",
    "symbols",
    "symbol",
];

/// What stands in place of a symbol that is missing, in any case.
const NO_SYMBOL: [&str; 5] = ["", "nan", "none", "na", "<na>"];

/// The places of the tables in the input.
const VAR: &str = "var";
const RAW_VAR: &str = "raw/var";

/// The tables of genes of one input; each is numbered by the first layer that uses it.
pub struct GeneTables {
    var: Table,
    raw: Option<Table>,
}

/// The genes of a layer.
pub struct NumberedGenes<'a> {
    /// Their table, by index in the manifest.
    pub var: u32,
    /// The input's row of every gene.
    pub rows: &'a [u32],
    /// The id of every gene, by row of the input.
    pub ids: &'a [String],
}

struct Table {
    place: &'static str,
    index_name: Option<String>,
    ids: Vec<String>,
    symbols: Option<Symbols>,
    columns: Vec<TableColumn>,
    /// The input's row of every gene, once numbered.
    rows: Option<Vec<u32>>,
}

struct Symbols {
    column: String,
    symbols: Vec<String>,
}

impl GeneTables {
    /// Reads the tables. Symbols are taken from the column of a name, in either table, or from the first of those with
    /// a usual name.
    pub fn new(file: &H5ad, symbols: Option<&str>, warnings: &mut Vec<Warning>) -> Result<Self, BuildError> {
        let (var, raw) = (file.var()?, file.raw_var()?);
        if let Some(name) = symbols {
            let frames = || [Some(&var), raw.as_ref()].into_iter().flatten();
            if !frames().any(|frame| text_columns(frame).any(|(column, _)| column == name)) {
                let known: BTreeSet<&str> = frames().flat_map(text_columns).map(|(column, _)| column).collect();
                return Err(BuildError::NoSuchSymbols { name: name.to_owned(), known: format::listed(known) });
            }
        }
        let var = Table::new(VAR, var, symbols, warnings);
        let raw = match raw {
            Some(frame) => Some(Table::new(RAW_VAR, frame, symbols, warnings)),
            None => raw_without_names(file, var.ids.len(), warnings),
        };
        Ok(Self { var, raw })
    }

    /// The genes of a layer of `var` or of `raw`.
    pub fn number(&mut self, is_raw: bool, scan: &Scan) -> NumberedGenes<'_> {
        let (var, table) = match &mut self.raw {
            Some(raw) if is_raw => (1, raw),
            _ => (0, &mut self.var),
        };
        let rows = table.rows.get_or_insert_with(|| layer::genes_by_density(scan));
        NumberedGenes { var, rows, ids: &table.ids }
    }

    /// Writes the tables.
    pub fn write(self, output: &dyn Output) -> io::Result<(Vec<Var>, Pack)> {
        let mut pack = PackWriter::create(output, "var")?;
        let mut vars = Vec::new();
        for table in [Some(self.var), self.raw].into_iter().flatten() {
            let rows = table.rows.unwrap_or_else(|| (0..table.ids.len() as u32).collect());
            let arrange =
                |texts: &[String]| -> Vec<String> { rows.iter().map(|&row| texts[row as usize].clone()).collect() };
            let (symbols_column, symbols) =
                table.symbols.map(|symbols| (symbols.column, arrange(&symbols.symbols))).unzip();
            let genes = Genes { ids: arrange(&table.ids), symbols, rows };
            let n_vars = genes.ids.len() as u32;
            let tile = pack.push(&PackFrame::new(&genes.encode(), CAREFUL_LEVEL))?;
            let mut packs = ColumnPacks { values: &mut pack, postings: None };
            let columns = table.columns.iter().map(|column| {
                let hidden = labels::is_hidden(&column.name, &table.columns);
                columns::write(column, &genes.rows, None, hidden, &mut packs)
            });
            let columns = columns.collect::<io::Result<Vec<_>>>()?;
            let name = table.place.to_owned();
            vars.push(Var { name, n_vars, tile, index_name: table.index_name, symbols: symbols_column, columns });
        }
        Ok((vars, pack.finish()?))
    }
}

/// The genes of a `raw` that does not name them: those of `var` when there are as many (then `None`),
/// else numbers.
fn raw_without_names(file: &H5ad, n_vars: usize, warnings: &mut Vec<Warning>) -> Option<Table> {
    let raw = file.matrices().iter().find(|info| info.location == MatrixLocation::Raw)?;
    let place = RAW_VAR.to_owned();
    if raw.n_cols == n_vars {
        let message = "is missing; raw has as many genes as var, so they are taken for the same".to_owned();
        warnings.push(Warning { place, message });
        return None;
    }
    let message = "is missing; the genes of raw go by their numbers, from 0".to_owned();
    warnings.push(Warning { place, message });
    let ids = (0..raw.n_cols).map(|gene| gene.to_string()).collect();
    Some(Table { place: RAW_VAR, index_name: None, ids, symbols: None, columns: Vec::new(), rows: None })
}

impl Table {
    fn new(place: &'static str, mut frame: Frame, symbols: Option<&str>, warnings: &mut Vec<Warning>) -> Self {
        columns::make_unique(&mut frame.index, place, warnings);
        let symbols = Symbols::of(&frame, symbols);
        let columns = columns::plan(frame.columns, place, warnings);
        Self { place, index_name: frame.index_name, ids: frame.index, symbols, columns, rows: None }
    }
}

impl Symbols {
    /// Those of the column of a name, or of the first with a usual name.
    fn of(frame: &Frame, name: Option<&str>) -> Option<Self> {
        let named = |is_it: &dyn Fn(&str) -> bool| text_columns(frame).find(|(name, _)| is_it(name));
        let asked = name.and_then(|wanted| named(&|name| name == wanted));
        let usual = || SYMBOL_COLUMNS.iter().find_map(|usual| named(&|name| name.eq_ignore_ascii_case(usual)));
        let (column, texts) = asked.or_else(usual)?;
        let symbols = texts.zip(&frame.index).map(|(text, id)| symbol_or_id(text, id)).collect();
        Some(Self { column: column.to_owned(), symbols })
    }
}

/// The symbols of the genes of `var`, from its first column with a usual name; `None` where none has one. A gene without a
/// symbol goes by its id.
pub fn gene_symbols(var: &Frame) -> Option<Vec<String>> {
    Symbols::of(var, None).map(|symbols| symbols.symbols)
}

/// A gene without a symbol goes by its id.
fn symbol_or_id(text: Option<&str>, id: &str) -> String {
    let symbol = text.unwrap_or_default().trim();
    let is_missing = NO_SYMBOL.iter().any(|missing| symbol.eq_ignore_ascii_case(missing));
    if is_missing { id } else { symbol }.to_owned()
}

/// The columns that hold text, each with one text a row.
fn text_columns(frame: &Frame) -> impl Iterator<Item = (&str, impl Iterator<Item = Option<&str>>)> {
    frame.columns.iter().filter_map(|(name, column)| {
        let texts: Box<dyn Iterator<Item = Option<&str>>> = match column {
            FrameColumn::Strings(texts) => Box::new(texts.iter().map(Option::as_deref)),
            FrameColumn::Categorical { codes, categories, .. } => Box::new(
                codes
                    .iter()
                    .map(|&code| usize::try_from(code).ok().and_then(|code| categories.get(code)).map(String::as_str)),
            ),
            FrameColumn::Booleans(_)
            | FrameColumn::Integers(_)
            | FrameColumn::Unsigned(_)
            | FrameColumn::Singles(_)
            | FrameColumn::Doubles(_)
            | FrameColumn::Unsupported { .. } => return None,
        };
        Some((name.as_str(), texts))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gene_without_a_symbol_goes_by_its_id() {
        let missing = [None, Some(""), Some(" "), Some("nan"), Some("NaN"), Some("None"), Some("<NA>")];
        assert!(missing.iter().all(|&text| symbol_or_id(text, "E1") == "E1"));
        assert_eq!(symbol_or_id(Some(" LYZ "), "E1"), "LYZ");
    }
}
