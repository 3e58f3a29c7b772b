//! What genes come to in groups of cells: out of the stored sums of labels, or out of the genes' tiles.

use shared_fbs::tile;

use super::{Dataset, DatasetError, Priority, Tiles};
use crate::{
    data::{GeneIdx, SparseVec},
    de::{FixedPoints, GeneMoments, MomentsError, Place, Summary, scatter_floats},
    grouping::{GroupTable, GroupedCells, NO_GROUP, Spread, summaries_of_tile},
};

impl<T: Tiles> Dataset<T> {
    /// Genes by the labels of a column, by its stored sums, which reads no cell: `tiles` are those of the labels. `report`
    /// hears of every batch how many labels are done since the last time; its error ends the work.
    ///
    /// # Errors
    /// The first tile that cannot be read, or the error of `report`.
    pub async fn genes_by_label(
        &self,
        layer: usize,
        tiles: &[u32],
        genes: &[GeneIdx],
        mut report: impl FnMut(usize) -> Result<(), T::Error>,
    ) -> Result<GroupTable, T::Error> {
        let entry = self.layer_entry(layer)?;
        let pack = entry.moments_pack.as_deref();
        let pack = pack.ok_or_else(|| DatasetError::unknown("moments of layer", &entry.name))?;
        let fixed = self.fixed_points(layer).await?;
        let genes: Vec<usize> = genes.iter().map(|gene| gene.0 as usize).collect();
        let mut summaries = Vec::with_capacity(tiles.len() * genes.len());
        for batch in tiles.chunks(T::PACE.parts) {
            for tile in self.read(pack, batch, Priority::Now, tile::Moments::decode).await? {
                summaries.extend(summaries_of_tile(&tile, &genes, &fixed));
            }
            report(batch.len())?;
        }
        Ok(GroupTable::new(genes.len(), summaries))
    }

    /// Genes by group, out of their tiles. `report` hears of every gene; its error ends the work.
    ///
    /// # Errors
    /// The first tile that cannot be read, or the error of `report`.
    pub async fn genes_by_group(
        &self,
        layer: usize,
        cells: &GroupedCells,
        genes: &[GeneIdx],
        mut report: impl FnMut(usize) -> Result<(), T::Error>,
    ) -> Result<GroupTable, T::Error> {
        let fixed = self.fixed_points(layer).await?;
        let name = &self.layer_entry(layer)?.name;
        let n_groups = cells.grouping.groups.len();
        let mut summaries = vec![Summary::default(); n_groups * genes.len()];
        for (at, &gene) in genes.iter().enumerate() {
            let values = self.gene(layer, gene, Priority::Now).await?;
            let of_gene = by_group(&values, cells, gene.0 as usize, &fixed);
            let of_gene = of_gene.map_err(|source| DatasetError::Sums { layer: name.clone(), source })?;
            for (group, summary) in of_gene.into_iter().enumerate() {
                summaries[group * genes.len() + at] = summary;
            }
            report(1)?;
            self.breathe().await;
        }
        Ok(GroupTable::new(genes.len(), summaries))
    }

    /// How the values of a gene lie in each group, out of its tiles.
    ///
    /// # Errors
    /// When a tile cannot be read.
    pub async fn gene_spreads(
        &self,
        layer: usize,
        cells: &GroupedCells,
        gene: GeneIdx,
    ) -> Result<Vec<Spread>, T::Error> {
        let SparseVec { indices, data, .. } = self.gene(layer, gene, Priority::Now).await?;
        let groups = &cells.grouping.groups;
        let mut values: Vec<Vec<f32>> = vec![Vec::new(); groups.len()];
        for (&cell, &value) in indices.iter().zip(&data) {
            let group = cells.codes.get(cell as usize).copied().unwrap_or(NO_GROUP);
            if let Some(values) = values.get_mut(usize::from(group)) {
                values.push(value);
            }
        }
        let mut spreads = Vec::with_capacity(groups.len());
        for (group, values) in groups.iter().zip(values) {
            spreads.push(Spread::new(group.n_cells, values));
            self.breathe().await;
        }
        Ok(spreads)
    }
}

/// One gene in each group.
fn by_group(
    values: &SparseVec,
    cells: &GroupedCells,
    gene: usize,
    fixed: &FixedPoints,
) -> Result<Vec<Summary>, MomentsError> {
    let groups = &cells.grouping.groups;
    match fixed {
        FixedPoints::Uniform(step) => {
            let mut sums = vec![GeneMoments::default(); groups.len()];
            scatter_floats(&values.indices, &values.data, &cells.codes, *step, &mut sums);
            let summary = |(sum, n_cells): (GeneMoments, u64)| fixed.summary_of(n_cells, gene, |_| sum);
            Ok(sums.into_iter().zip(groups.iter().map(|group| group.n_cells)).map(summary).collect())
        }
        FixedPoints::Banded(bands) => {
            let further = bands.further(gene);
            let n_bands = 1 + further.len();
            let band = |entry: usize| if entry == gene { 0 } else { 1 + entry - further.start };
            let mut sums = vec![GeneMoments::default(); groups.len() * n_bands];
            for (&cell, &value) in values.indices.iter().zip(&values.data) {
                let group = usize::from(cells.codes[cell as usize]);
                if group >= groups.len() {
                    continue;
                }
                match bands.place(gene, value) {
                    Place::Entry(entry, exact) => sums[group * n_bands + band(entry)].push(exact.x(), exact.square()),
                    Place::Nowhere => {}
                    Place::Unknown => return Err(MomentsError::Magnitude { gene }),
                }
            }
            let of_group =
                |(sums, n_cells): (&[GeneMoments], u64)| fixed.summary_of(n_cells, gene, |entry| sums[band(entry)]);
            Ok(sums.chunks(n_bands).zip(groups.iter().map(|group| group.n_cells)).map(of_group).collect())
        }
    }
}
