//! Rows and genes by their likeness.

use explorer_core::grouping::cluster_order;

use crate::Dot;

/// The order of rows of one tissue in which like ones stand together: by complete linkage over 1 − Pearson's r of the genes'
/// expression, where a row that does not express a gene has 0. `genes` holds for each gene a dot for each row.
///
/// # Panics
/// When genes have different numbers of dots.
pub fn order_of_rows(genes: &[Vec<Dot>]) -> Vec<usize> {
    let n_rows = genes.first().map_or(0, Vec::len);
    assert!(genes.iter().all(|dots| dots.len() == n_rows), "a dot for each row");
    let rows = (0..n_rows).map(|row| genes.iter().map(|dots| value(&dots[row])).collect());
    cluster_order(&rows.collect::<Vec<_>>())
}

/// The same of genes, by their expression in the rows that are shown.
pub fn order_of_genes(genes: &[Vec<Dot>]) -> Vec<usize> {
    cluster_order(&genes.iter().map(|dots| dots.iter().map(value).collect()).collect::<Vec<_>>())
}

fn value(dot: &Dot) -> f64 {
    dot.expression().unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn like_rows_and_like_genes_stand_together() {
        let dots = |values: [f64; 4]| -> Vec<Dot> {
            let dot =
                |sum: f64| Dot { n_expressing: u64::from(sum > 0.0), sum, n_cells: 1, n_measured: 1, n_tissue: 4 };
            values.map(dot).into()
        };
        let genes = [dots([3.0, 0.0, 2.9, 0.1]), dots([0.0, 2.0, 0.0, 2.1]), dots([2.8, 0.1, 3.0, 0.0])];
        let place = |order: &[usize], of: usize| order.iter().position(|&other| other == of).unwrap();
        let rows = order_of_rows(&genes);
        assert_eq!(place(&rows, 0).abs_diff(place(&rows, 2)), 1);
        let by_gene = order_of_genes(&genes);
        assert_eq!(place(&by_gene, 0).abs_diff(place(&by_gene, 2)), 1);
        assert!(order_of_rows(&[]).is_empty());
    }
}
