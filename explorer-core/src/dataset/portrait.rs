//! What some cells are: by their labels, their moments and those that are stored of labels.

use shared_fbs::manifest::ColumnKind;

use super::{Dataset, DatasetError, Priority, Tiles, label_tiles};
use crate::{
    data::Column,
    de::{DeOptions, Marker, Moments, Regulation, compare},
    filter::CellMask,
    statistics::{LabelShare, NearestLabel, Portrait, label_shares, nearest_labels},
};

impl<T: Tiles> Dataset<T> {
    /// What some cells of a universe are, by their moments and those of all its other cells in a layer: at most `most` labels
    /// of each categorical column, markers, and labels of `nearest_of` that they are like (none where that column has no
    /// stored moments).
    ///
    /// # Errors
    /// The first tile that cannot be read, or moments of another layer.
    ///
    /// # Panics
    /// When the masks are of another dataset.
    pub async fn portrait(
        &self,
        layer: usize,
        [cells, universe]: [&CellMask; 2],
        [inside, rest]: &[Moments; 2],
        nearest_of: Option<&str>,
        most: usize,
    ) -> Result<Portrait, T::Error> {
        let entry = self.layer_entry(layer)?;
        let fixed = self.fixed_points(layer).await?;
        let table = compare(inside, rest, &fixed, DeOptions::of_layer(entry))
            .map_err(|source| DatasetError::Sums { layer: entry.name.clone(), source })?;
        let genes: Vec<u32> = (0..table.len() as u32).collect();
        let top = table.top(&genes, Regulation::Up, most);
        let mut nearest: Vec<NearestLabel> = Vec::new();
        if let Some((column, tiles)) = nearest_of.and_then(|column| Some((column, label_tiles(entry, column)?))) {
            let names = self.categories(column).await?.labels;
            let moments = self.stored_moments(layer, &tiles.collect::<Vec<u32>>(), |_| Ok(())).await?;
            nearest = nearest_labels(inside, (&moments, &names), &fixed, most);
        }
        Ok(Portrait {
            n_cells: inside.n_cells,
            labels: self.shares_of_labels([cells, universe], most).await?,
            markers: top.into_iter().map(|gene| Marker::of(&table, gene, table.score[gene as usize])).collect(),
            nearest_of: nearest_of.unwrap_or_default().to_owned(),
            nearest,
        })
    }

    /// Of each categorical column, the labels that the cells have.
    async fn shares_of_labels(
        &self,
        [cells, universe]: [&CellMask; 2],
        most: usize,
    ) -> Result<Vec<(String, Vec<LabelShare>)>, T::Error> {
        let mut labels = Vec::new();
        for column in self.manifest().columns.iter().filter(|column| column.kind == ColumnKind::Categorical) {
            if let Column::Categorical(values) = self.column(&column.name, Priority::Soon).await? {
                labels.push((column.name.clone(), label_shares(&values, cells, universe, most)));
            }
            self.breathe().await;
        }
        Ok(labels)
    }
}
