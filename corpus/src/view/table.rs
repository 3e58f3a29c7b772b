//! How an answer is laid out: which rows are shown, in which order, and what every dot is.

use std::collections::{BTreeMap, HashMap};

use expression::{Dot, Hierarchy, Scales, order_of_genes, order_of_rows};

use super::{GeneOrder, RowOrder, View};
use crate::{DotPlot, DotRow, Gene, Term};

/// What a row is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowKind {
    /// All cells of a tissue.
    Tissue {
        /// Whether its cell types are shown.
        is_open: bool,
    },
    /// A cell type with all below it.
    CellType,
    /// What cells of the cell type above agree in.
    Option,
}

/// A row that is shown.
#[derive(Clone, Debug, PartialEq)]
pub struct TableRow {
    /// What it is of.
    pub kind: RowKind,
    /// How many rows it is below in its tissue.
    pub depth: usize,
    /// The tissue.
    pub tissue: Term,
    /// The cell type, but in the row of a tissue.
    pub cell_type: Option<Term>,
    /// What cells agree in, in a row of an option.
    pub option: Option<Term>,
    /// Its cells.
    pub n_cells: u64,
    /// A dot for every gene.
    pub dots: Vec<Dot>,
}

/// The rows and genes that are shown, in order.
#[derive(Clone, Debug, Default)]
pub struct Table {
    /// The genes.
    pub genes: Vec<Gene>,
    /// What was asked for that is no gene.
    pub unknown: Vec<String>,
    /// The rows.
    pub rows: Vec<TableRow>,
    /// From expression to color, over the dots that are shown.
    pub scales: Option<Scales>,
    /// Rows of cell types that have cells, and too few to be shown.
    pub n_hidden: usize,
}

impl TableRow {
    /// What it is called.
    pub fn label(&self) -> &str {
        let term = self.option.as_ref().or(self.cell_type.as_ref()).unwrap_or(&self.tissue);
        &term.label
    }
}

/// The rows of a cell type in a tissue: all of its cells, then by options.
#[derive(Clone, Copy)]
struct TypeRows<'a> {
    term: usize,
    depth: usize,
    row: &'a DotRow,
    options: &'a [&'a DotRow],
}

impl Table {
    /// The table of an answer. `hierarchy` is of all cell types of the organism, and `frac_bits` those of the corpus's sums.
    pub fn new(answer: &DotPlot, hierarchy: &Hierarchy, view: &View, frac_bits: u8) -> Self {
        let term_of: HashMap<&str, usize> = (0..hierarchy.len()).map(|term| (hierarchy.id(term), term)).collect();
        let (mut rows, mut n_hidden) = (Vec::new(), 0);
        for of_tissue in answer.rows.chunk_by(|a, b| a.tissue.id == b.tissue.id) {
            let Some(whole) = of_tissue.iter().find(|row| row.cell_type.is_none()) else { continue };
            let row = |kind, depth, of: &DotRow| TableRow {
                kind,
                depth,
                tissue: of.tissue.clone(),
                cell_type: of.cell_type.clone(),
                option: of.option.clone(),
                n_cells: of.n_cells,
                dots: dots(of, whole.n_cells, frac_bits),
            };
            let is_open = view.expanded.contains(&whole.tissue.id);
            rows.push(row(RowKind::Tissue { is_open }, 0, whole));
            let by_term = by_term(of_tissue, &term_of);
            let cells = |of: &BTreeMap<usize, &DotRow>| {
                let mut cells = vec![0; hierarchy.len()];
                of.iter().for_each(|(&term, row)| cells[term] = row.n_cells);
                cells
            };
            let wholes = cells(&by_term.wholes);
            let shown = hierarchy.rows(&wholes, view.least_cells);
            let redundant = hierarchy.redundant(&wholes);
            n_hidden += (wholes.iter().zip(redundant)).filter(|&(&n, is)| n > 0 && n < view.least_cells && !is).count();
            let options: Vec<Vec<&DotRow>> = {
                let redundant: BTreeMap<&str, Vec<bool>> =
                    by_term.options.iter().map(|(&option, of)| (option, hierarchy.redundant(&cells(of)))).collect();
                let is_shown = |option: &str, term: usize, row: &DotRow| {
                    row.n_cells >= view.least_cells.max(1) && !redundant[option][term]
                };
                let of_term = |term: usize| {
                    let found = by_term.options.iter().filter_map(|(&option, of)| Some((option, *of.get(&term)?)));
                    let mut of_term: Vec<&DotRow> =
                        found.filter(|(option, row)| is_shown(option, term, row)).map(|(_, row)| row).collect();
                    of_term.sort_by_cached_key(|row| row.option.as_ref().map(|term| term.label.to_lowercase()));
                    of_term
                };
                shown.iter().map(|row| of_term(row.term)).collect()
            };
            let types: Vec<TypeRows<'_>> = shown
                .iter()
                .zip(&options)
                .map(|(row, options)| TypeRows {
                    term: row.term,
                    depth: row.depth,
                    row: by_term.wholes[&row.term],
                    options,
                })
                .collect();
            for TypeRows { depth, row: whole, options, .. } in ordered(types, answer, view, frac_bits) {
                rows.push(row(RowKind::CellType, depth + 1, whole));
                rows.extend(options.iter().map(|option| row(RowKind::Option, depth + 2, option)));
            }
        }
        let mut table =
            Self { genes: answer.genes.clone(), unknown: answer.unknown.clone(), rows, scales: None, n_hidden };
        if view.gene_order == GeneOrder::Hierarchical {
            table.order_genes();
        }
        table.scales = Some(Scales::new(table.columns().iter().map(Vec::as_slice), view.scaling));
        table
    }

    /// The dots of each gene, row by row.
    fn columns(&self) -> Vec<Vec<Dot>> {
        (0..self.genes.len()).map(|gene| self.rows.iter().map(|row| row.dots[gene]).collect()).collect()
    }

    fn order_genes(&mut self) {
        let order = order_of_genes(&self.columns());
        self.genes = order.iter().map(|&gene| self.genes[gene].clone()).collect();
        for row in &mut self.rows {
            row.dots = order.iter().map(|&gene| row.dots[gene]).collect();
        }
    }

    /// The place of a dot on its color scale, 0 to 1; `None` where no cell expresses the gene.
    pub fn place(&self, row: usize, gene: usize) -> Option<f64> {
        let expression = self.rows.get(row)?.dots.get(gene)?.expression()?;
        Some(self.scales.as_ref()?.place(gene, expression))
    }
}

/// The rows of cell types of a tissue, by their terms.
struct ByTerm<'a> {
    wholes: BTreeMap<usize, &'a DotRow>,
    /// By the id of the option.
    options: BTreeMap<&'a str, BTreeMap<usize, &'a DotRow>>,
}

fn by_term<'a>(rows: &'a [DotRow], term_of: &HashMap<&str, usize>) -> ByTerm<'a> {
    let mut by_term = ByTerm { wholes: BTreeMap::new(), options: BTreeMap::new() };
    for row in rows {
        let Some(&term) = row.cell_type.as_ref().and_then(|term| term_of.get(term.id.as_str())) else { continue };
        match &row.option {
            None => by_term.wholes.insert(term, row),
            Some(option) => by_term.options.entry(&option.id).or_default().insert(term, row),
        };
    }
    by_term
}

fn ordered<'a>(types: Vec<TypeRows<'a>>, answer: &DotPlot, view: &View, frac_bits: u8) -> Vec<TypeRows<'a>> {
    let dots_of = |of: &TypeRows<'_>| dots(of.row, 0, frac_bits);
    let order: Vec<usize> = match &view.rows {
        RowOrder::Ontology => return types,
        RowOrder::Hierarchical => {
            let rows: Vec<Vec<Dot>> = types.iter().map(dots_of).collect();
            let gene = |gene: usize| rows.iter().map(|dots| dots[gene]).collect();
            let genes: Vec<Vec<Dot>> = (0..answer.genes.len()).map(gene).collect();
            // Without genes all are alike.
            if genes.is_empty() { (0..types.len()).collect() } else { order_of_rows(&genes) }
        }
        RowOrder::Gene(id) => {
            let gene = answer.genes.iter().position(|gene| gene.id == *id);
            let expression = |of: &TypeRows<'_>| dots_of(of)[gene?].expression();
            let values: Vec<f64> = types.iter().map(|of| expression(of).unwrap_or(f64::NEG_INFINITY)).collect();
            let mut order: Vec<usize> = (0..types.len()).collect();
            order.sort_by(|&a, &b| values[b].total_cmp(&values[a]));
            order
        }
    };
    // What stands above what says nothing in another order.
    order.into_iter().map(|at| TypeRows { depth: 0, ..types[at] }).collect()
}

fn dots(row: &DotRow, n_tissue: u64, frac_bits: u8) -> Vec<Dot> {
    let dot = |moments: &explorer_core::de::GeneMoments| Dot {
        n_expressing: moments.n_nonzero.into(),
        sum: libm::ldexp(moments.sum as f64, -i32::from(frac_bits)),
        n_cells: row.n_cells,
        n_tissue,
    };
    row.moments.iter().map(dot).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use explorer_core::de::GeneMoments;
    use expression::{Ontology, Scaling};

    use super::*;

    fn term(id: &str) -> Term {
        Term { id: id.to_owned(), label: id.to_lowercase() }
    }

    fn row(tissue: &str, cell_type: &str, option: &str, n_cells: u64, moments: &[(u32, i64)]) -> DotRow {
        let some = |id: &str| (!id.is_empty()).then(|| term(id));
        DotRow {
            tissue: term(tissue),
            cell_type: some(cell_type),
            option: some(option),
            n_cells,
            n_annotated: n_cells,
            moments: moments.iter().map(|&(n, sum)| GeneMoments { n_nonzero: n, sum, sum_sq: 0 }).collect(),
        }
    }

    fn gene(id: &str) -> Gene {
        Gene { id: id.to_owned(), symbol: id.to_owned() }
    }

    /// A lung with immune cells, of which T cells are all, and few epithelial ones.
    fn answer() -> DotPlot {
        DotPlot {
            genes: vec![gene("A"), gene("B")],
            unknown: vec!["X".to_owned()],
            rows: vec![
                row("Lung", "", "", 65, &[(40, 80), (5, 20)]),
                row("Lung", "CL:B", "", 20, &[(10, 10), (4, 12)]),
                row("Lung", "CL:B", "sick", 12, &[(9, 9), (4, 12)]),
                row("Lung", "CL:B", "well", 8, &[(1, 1), (0, 0)]),
                row("Lung", "CL:E", "", 5, &[(0, 0), (1, 8)]),
                row("Lung", "CL:L", "", 60, &[(40, 80), (4, 12)]),
                row("Lung", "CL:L", "sick", 12, &[(9, 9), (4, 12)]),
                row("Lung", "CL:L", "well", 48, &[(31, 71), (0, 0)]),
                row("Lung", "CL:T", "", 40, &[(30, 70), (0, 0)]),
                row("Skin", "", "", 3, &[(1, 4), (0, 0)]),
            ],
        }
    }

    fn hierarchy() -> Hierarchy {
        let term = |id: &str, parents: &[&str]| {
            (id.to_owned(), id.to_owned(), parents.iter().map(|&parent| parent.to_owned()).collect())
        };
        let ontology = Ontology::new([
            term("CL:0000000", &[]),
            term("CL:L", &["CL:0000000"]),
            term("CL:T", &["CL:L"]),
            term("CL:B", &["CL:L"]),
            term("CL:E", &["CL:0000000"]),
        ]);
        Hierarchy::new(&ontology.unwrap(), &["CL:B", "CL:E", "CL:L", "CL:T"])
    }

    fn labels(table: &Table) -> Vec<(&str, usize)> {
        table.rows.iter().map(|row| (row.label(), row.depth)).collect()
    }

    fn open() -> View {
        View { expanded: BTreeSet::from(["Lung".to_owned()]), ..View::default() }
    }

    #[test]
    fn rows_follow_the_ontology_and_few_cells_are_hidden() {
        let table = Table::new(&answer(), &hierarchy(), &open(), 1);
        // The twelve sick lymphocytes are B cells all, which are shown in their place; eight well B cells are too few.
        let expected = [("lung", 0), ("cl:l", 1), ("well", 2), ("cl:b", 2), ("sick", 3), ("cl:t", 2), ("skin", 0)];
        assert_eq!(labels(&table), expected);
        assert_eq!(table.n_hidden, 1);
        let all = Table::new(&answer(), &hierarchy(), &View { least_cells: 0, ..open() }, 1);
        assert_eq!(all.rows.len(), 9);
        assert_eq!((all.n_hidden, &all.unknown[..]), (0, &["X".to_owned()][..]));
    }

    #[test]
    fn dots_are_of_the_row_and_scaled_over_what_is_shown() {
        let table = Table::new(&answer(), &hierarchy(), &open(), 1);
        let t_cells = &table.rows[5].dots[0];
        assert_eq!((t_cells.expression(), t_cells.share()), (Some(35.0 / 30.0), 0.75));
        assert_eq!(t_cells.tissue_composition(), 30.0 / 65.0);
        // B in the epithelium, 4, is hidden: the largest is that of A in the skin, 2, and of B in the lung.
        let scale = table.scales.as_ref().unwrap();
        assert_eq!(scale.range(0), Some([0.5, 2.0]));
        assert_eq!((table.place(6, 0), table.place(6, 1), table.place(9, 0)), (Some(1.0), None, None));
        let by_gene = Table::new(&answer(), &hierarchy(), &View { scaling: Scaling::PerGene, ..open() }, 1);
        assert_eq!(by_gene.scales.unwrap().range(1), Some([1.5, 2.0]));
    }

    #[test]
    fn rows_are_ordered_by_a_gene_or_by_likeness_and_keep_their_options() {
        let by_gene = View { rows: RowOrder::Gene("B".to_owned()), ..open() };
        let table = Table::new(&answer(), &hierarchy(), &by_gene, 1);
        assert_eq!(
            labels(&table)[1..6],
            [("cl:l", 1), ("well", 2), ("cl:b", 1), ("sick", 2), ("cl:t", 1)]
        );
        let alike = Table::new(&answer(), &hierarchy(), &View { rows: RowOrder::Hierarchical, ..open() }, 1);
        assert_eq!(alike.rows.len(), table.rows.len());
        let unknown = View { rows: RowOrder::Gene("?".to_owned()), ..open() };
        assert_eq!(Table::new(&answer(), &hierarchy(), &unknown, 1).rows.len(), table.rows.len());
        let genes = View { gene_order: GeneOrder::Hierarchical, ..open() };
        let mut names: Vec<String> = Table::new(&answer(), &hierarchy(), &genes, 1).genes.into_iter().map(|g| g.id).collect();
        names.sort();
        assert_eq!(names, ["A", "B"]);
    }

    #[test]
    fn an_empty_answer_is_an_empty_table() {
        let table = Table::new(&DotPlot::default(), &hierarchy(), &View::default(), 1);
        assert!(table.rows.is_empty() && table.place(0, 0).is_none());
    }
}
