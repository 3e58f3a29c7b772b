//! The values of genes in two sets of cells, which may share some.

use explorer_core::{
    data::{GeneIdx, SparseVec},
    dataset::{Dataset, Priority, Tiles},
    grouping::Spread,
    session::PlotQuestion,
};

use crate::{Drawn, PlotError, csv, spreads::Spreads, violin};

/// Draws the values of a question's genes in two sets, its groups. `labels` has a byte for each cell: bit 0 the first set,
/// bit 1 the second.
///
/// # Errors
/// [`PlotError`].
pub async fn draw_two_sets<T: Tiles>(
    dataset: &Dataset<T>,
    question: &PlotQuestion,
    labels: &[u8],
) -> Result<Drawn, PlotError<T::Error>> {
    if labels.len() != dataset.n_obs() {
        return Err(PlotError::Cells { found: labels.len(), expected: dataset.n_obs() });
    }
    if question.genes.is_empty() {
        return Err(PlotError::NoGenes);
    }
    let mut genes = Vec::with_capacity(question.genes.len());
    for gene in &question.genes {
        let values = dataset.gene(question.layer as usize, GeneIdx(gene.index), Priority::Now).await;
        let SparseVec { indices, data, .. } = values.map_err(PlotError::Read)?;
        let groups = question.grouping.groups.iter().enumerate();
        let spread = |(set, group): (usize, &explorer_core::grouping::Group)| {
            let is_in = |cell: u32| labels[cell as usize] & (1 << set) != 0;
            let values = indices.iter().zip(&data).filter(|(cell, _)| is_in(**cell)).map(|(_, value)| *value);
            Spread::new(group.n_cells, values.collect())
        };
        genes.push(groups.map(spread).collect());
    }
    let spreads = Spreads::new(question, genes);
    Ok(Drawn {
        figure: violin::draw(&spreads),
        tables: vec![spreads.table()],
        csv: csv::of_spreads(&spreads),
        cautions: Vec::new(),
    })
}
