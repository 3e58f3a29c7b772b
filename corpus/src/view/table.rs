//! How an answer is laid out: the order of rows and genes, and what every dot is.

use explorer_core::{de::FixedPoint, format::integer, names::visible};
use expression::{Dot, Scales, order_of_genes, order_of_rows};

use super::{GeneOrder, RowId, RowOrder, View};
use crate::{Dimension, DotPlot, DotRow, Gene, Term};

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

/// How many of a row's cells measured the gene of a dot, in words: "measured in 3 of 40 cells"; empty where all did.
pub fn measured_in(dot: &Dot) -> String {
    match dot.n_measured {
        0 if dot.n_cells > 0 => format!("not measured in any of {} cells", integer(dot.n_cells)),
        n if n < dot.n_cells => format!("measured in {} of {} cells", integer(n), integer(dot.n_cells)),
        _ => String::new(),
    }
}

/// The rows and genes that are shown, in order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    /// The genes.
    pub genes: Vec<Gene>,
    /// The rows.
    pub rows: Vec<TableRow>,
    /// From expression to color, over the dots that are shown.
    scales: Option<Scales>,
}

impl TableRow {
    /// What it is called.
    pub fn label(&self) -> &str {
        let term = self.option.as_ref().or(self.cell_type.as_ref()).unwrap_or(&self.tissue);
        &term.label
    }

    /// What it is called in full, the tissue last.
    pub fn name(&self) -> String {
        let terms = [self.option.as_ref(), self.cell_type.as_ref(), Some(&self.tissue)];
        let names = terms.into_iter().flatten().map(|term| visible(&term.label).into_owned());
        names.collect::<Vec<_>>().join(", ")
    }

    /// Its ids; `group_by` is the dimension that options are of.
    pub fn id(&self, group_by: Option<Dimension>) -> RowId {
        RowId {
            tissue: self.tissue.id.clone(),
            cell_type: self.cell_type.as_ref().map(|term| term.id.clone()),
            option: group_by.zip(self.option.as_ref().map(|term| term.id.clone())),
        }
    }
}

impl Table {
    /// The table of an answer, whose sums are in the fixed point of the corpus.
    pub fn new(answer: &DotPlot, view: &View, fixed: FixedPoint) -> Self {
        let mut rows = Vec::with_capacity(answer.rows.len());
        for of_tissue in answer.rows.chunk_by(|a, b| a.tissue.id == b.tissue.id) {
            let Some((whole, below)) = of_tissue.split_first() else { continue };
            let laid_out = |of: &DotRow| laid_out(of, whole, view, fixed);
            rows.push(laid_out(whole));
            // A cell type and its options stay together.
            let types: Vec<Vec<TableRow>> = below
                .chunk_by(|_, next| next.option.is_some())
                .map(|of_type| of_type.iter().map(laid_out).collect())
                .collect();
            rows.extend(ordered(types, answer, view).into_iter().flatten());
        }
        let mut table = Self { genes: answer.genes.clone(), rows, scales: None };
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

    /// Least and largest expression of a gene's color scale; `None` where no dot has any, and of what is no gene.
    pub fn range(&self, gene: usize) -> Option<[f64; 2]> {
        self.scales.as_ref().filter(|_| gene < self.genes.len())?.range(gene)
    }

    /// Whether there is a dot of which no cell measured the gene.
    pub fn has_unmeasured(&self) -> bool {
        self.rows.iter().flat_map(|row| &row.dots).any(|dot| !dot.is_measured())
    }

    /// The place of a dot on its color scale, 0 to 1; `None` where no cell expresses the gene.
    pub fn place(&self, row: usize, gene: usize) -> Option<f64> {
        let expression = self.rows.get(row)?.dots.get(gene)?.expression()?;
        Some(self.scales.as_ref()?.place(gene, expression))
    }
}

fn laid_out(row: &DotRow, tissue: &DotRow, view: &View, fixed: FixedPoint) -> TableRow {
    let (kind, depth) = match (&row.cell_type, &row.option) {
        (None, _) => (RowKind::Tissue { is_open: view.expanded.contains(&row.tissue.id) }, 0),
        (Some(_), None) => (RowKind::CellType, row.depth + 1),
        (Some(_), Some(_)) => (RowKind::Option, row.depth + 2),
    };
    TableRow {
        kind,
        depth,
        tissue: row.tissue.clone(),
        cell_type: row.cell_type.clone(),
        option: row.option.clone(),
        n_cells: row.n_cells,
        dots: (0..row.moments.len()).map(|gene| row.dot(gene, tissue, fixed)).collect(),
    }
}

/// The cell types of a tissue, each with its options, as they are to be ordered.
fn ordered(mut types: Vec<Vec<TableRow>>, answer: &DotPlot, view: &View) -> Vec<Vec<TableRow>> {
    let order: Vec<usize> = match &view.rows {
        RowOrder::Ontology => return types,
        RowOrder::Hierarchical => {
            let gene = |gene: usize| types.iter().map(|of_type| of_type[0].dots[gene]).collect();
            let genes: Vec<Vec<Dot>> = (0..answer.genes.len()).map(gene).collect();
            // Without genes all are alike.
            if genes.is_empty() { (0..types.len()).collect() } else { order_of_rows(&genes) }
        }
        RowOrder::Gene(id) => {
            let gene = answer.genes.iter().position(|gene| gene.id == *id);
            let expression = |of_type: &Vec<TableRow>| of_type[0].dots[gene?].expression();
            let values: Vec<f64> =
                types.iter().map(|of_type| expression(of_type).unwrap_or(f64::NEG_INFINITY)).collect();
            let mut order: Vec<usize> = (0..types.len()).collect();
            order.sort_by(|&a, &b| values[b].total_cmp(&values[a]));
            order
        }
    };
    // What stands above what says nothing in another order.
    for row in types.iter_mut().flatten() {
        row.depth = if row.kind == RowKind::Option { 2 } else { 1 };
    }
    order.into_iter().map(|at| std::mem::take(&mut types[at])).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use explorer_core::de::GeneMoments;
    use expression::Scaling;

    use super::*;

    fn row(
        tissue: &str,
        (cell_type, depth): (&str, usize),
        option: &str,
        n_cells: u64,
        sums: [(u32, i64); 2],
    ) -> DotRow {
        let term = |id: &str| Term { id: id.to_owned(), label: id.to_lowercase() };
        let some = |id: &str| (!id.is_empty()).then(|| term(id));
        DotRow {
            tissue: term(tissue),
            cell_type: some(cell_type),
            depth,
            option: some(option),
            n_cells,
            n_measured: vec![n_cells; 2],
            moments: sums.map(|(n_nonzero, sum)| GeneMoments { n_nonzero, sum, sum_sq: 0 }).into(),
        }
    }

    /// A lung with lymphocytes, B and T cells, and some skin. Sums are of one bit below the point.
    fn answer() -> DotPlot {
        let gene = |id: &str| Gene { id: id.to_owned(), symbol: id.to_owned() };
        DotPlot {
            genes: vec![gene("A"), gene("B")],
            unknown: Vec::new(),
            rows: vec![
                row("Lung", ("", 0), "", 65, [(40, 80), (5, 20)]),
                row("Lung", ("L", 0), "", 60, [(40, 80), (4, 12)]),
                row("Lung", ("L", 0), "Well", 48, [(31, 71), (0, 0)]),
                row("Lung", ("B", 1), "", 20, [(10, 10), (4, 12)]),
                row("Lung", ("B", 1), "Sick", 12, [(9, 9), (4, 12)]),
                row("Lung", ("T", 1), "", 40, [(30, 70), (0, 0)]),
                row("Skin", ("", 0), "", 3, [(1, 4), (0, 0)]),
            ],
        }
    }

    fn fixed() -> FixedPoint {
        FixedPoint::of_bits(1, 0).unwrap()
    }

    fn labels(table: &Table) -> Vec<(&str, usize)> {
        table.rows.iter().map(|row| (row.label(), row.depth)).collect()
    }

    fn open() -> View {
        View { expanded: BTreeSet::from(["Lung".to_owned()]), ..View::default() }
    }

    #[test]
    fn rows_stand_in_the_order_of_the_answer() {
        let table = Table::new(&answer(), &open(), fixed());
        let expected = [("lung", 0), ("l", 1), ("well", 2), ("b", 2), ("sick", 3), ("t", 2), ("skin", 0)];
        assert_eq!(labels(&table), expected);
        let is_open = |row: &TableRow| row.kind == RowKind::Tissue { is_open: true };
        assert_eq!(
            table.rows.iter().map(is_open).collect::<Vec<_>>(),
            [true, false, false, false, false, false, false]
        );
    }

    #[test]
    fn dots_are_of_the_row_and_scaled_over_what_is_shown() {
        let table = Table::new(&answer(), &open(), fixed());
        let t_cells = &table.rows[5].dots[0];
        assert_eq!((t_cells.expression(), t_cells.share()), (Some(35.0 / 30.0), Some(0.75)));
        assert_eq!(t_cells.tissue_composition(), Some(30.0 / 65.0));
        assert_eq!((table.range(0), table.range(1), table.range(2)), (Some([0.5, 2.0]), Some([0.5, 2.0]), None));
        assert_eq!((table.place(6, 0), table.place(6, 1), table.place(9, 0)), (Some(1.0), None, None));
        let by_gene = Table::new(&answer(), &View { scaling: Scaling::PerGene, ..open() }, fixed());
        assert_eq!(by_gene.range(1), Some([1.5, 2.0]));
    }

    #[test]
    fn what_no_cell_measured_is_told_from_what_none_expresses() {
        let mut answer = answer();
        let table = Table::new(&answer, &open(), fixed());
        assert!(!table.has_unmeasured() && measured_in(&table.rows[5].dots[1]).is_empty());
        // T cells of a dataset without B, and some of the skin's.
        answer.rows[5].n_measured[1] = 0;
        answer.rows[0].n_measured = vec![65, 25];
        let table = Table::new(&answer, &open(), fixed());
        let told: Vec<String> = table.rows.iter().map(|row| measured_in(&row.dots[1])).collect();
        assert!(table.has_unmeasured());
        assert_eq!(
            (&*told[0], &*told[1], &*told[5]),
            ("measured in 25 of 65 cells", "", "not measured in any of 40 cells")
        );
        assert_eq!((table.rows[0].dots[1].share(), table.rows[5].dots[1].share()), (Some(0.2), None));
        assert_eq!(table.rows[3].dots[1].tissue_composition(), Some(4.0 / 25.0));
    }

    #[test]
    fn rows_are_ordered_by_a_gene_or_by_likeness_and_keep_their_options() {
        let by_gene = View { rows: RowOrder::Gene("B".to_owned()), ..open() };
        let table = Table::new(&answer(), &by_gene, fixed());
        assert_eq!(labels(&table)[1..6], [("l", 1), ("well", 2), ("b", 1), ("sick", 2), ("t", 1)]);
        let by_other = View { rows: RowOrder::Gene("A".to_owned()), ..open() };
        assert_eq!(labels(&Table::new(&answer(), &by_other, fixed()))[1..3], [("t", 1), ("l", 1)]);
        for rows in [RowOrder::Hierarchical, RowOrder::Gene("?".to_owned())] {
            let other = Table::new(&answer(), &View { rows, ..open() }, fixed());
            let mut names = [labels(&other), labels(&table)]
                .map(|labels| labels.into_iter().map(|(name, _)| name).collect::<Vec<_>>());
            names.iter_mut().for_each(|names| names.sort_unstable());
            assert_eq!(names[0], names[1]);
        }
        let genes = View { gene_order: GeneOrder::Hierarchical, ..open() };
        let mut names: Vec<String> =
            Table::new(&answer(), &genes, fixed()).genes.into_iter().map(|gene| gene.id).collect();
        names.sort();
        assert_eq!(names, ["A", "B"]);
    }

    #[test]
    fn an_empty_answer_is_an_empty_table() {
        let table = Table::new(&DotPlot::default(), &View::default(), fixed());
        assert!(table.rows.is_empty() && table.place(0, 0).is_none() && table.range(0).is_none());
    }
}
