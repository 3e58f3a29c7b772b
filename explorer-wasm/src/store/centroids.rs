//! Where the labels that colour the cells stand in the picture.

use std::sync::Arc;

use explorer_core::{
    color::{Centroid, label_centroids},
    data::Column,
};
use leptos::prelude::*;

use super::{Colors, Store, session::Session};

/// A label and the middle of its cells in view.
#[derive(Clone, Debug, PartialEq)]
pub struct LabelCentroid {
    /// The column.
    pub column: String,
    /// The label.
    pub label: String,
    /// The middle, in the embedding's coordinates.
    pub x: f64,
    /// The same, upwards.
    pub y: f64,
    /// Cells in view with the label.
    pub n_cells: u32,
}

impl Store {
    /// The labels to write over the picture: none unless they are asked for, and colour the cells.
    pub fn label_centroids(self) -> Memo<Arc<[LabelCentroid]>> {
        let asked = self.part(|state| (state.view.panels.labels, state.view.analysis.embedding.clone()));
        // What they hang on: a filter that moves leaves them where they are.
        let basis = Memo::new(move |_| {
            self.painted.track();
            self.arrived.track();
            let (labels, embedding) = asked.get();
            let basis = |session: &Session| {
                let Colors::Labels { column, .. } = session.colors() else { return None };
                let (_, entry) = session.dataset.embedding_to_show(embedding.as_deref())?;
                session.loaded.embedding(&entry.key)?;
                Some((column.clone(), entry.key.clone(), session.engine.subset().to_vec()))
            };
            if labels { self.with_session(basis).flatten() } else { None }
        });
        Memo::new(move |_| {
            let centroids = basis.with(|basis| {
                let (column, embedding, _) = basis.as_ref()?;
                self.with_session(|session| session.label_centroids(column, embedding)).flatten()
            });
            centroids.unwrap_or_default().into()
        })
    }
}

impl Session {
    fn label_centroids(&self, name: &str, embedding: &str) -> Option<Vec<LabelCentroid>> {
        let Column::Categorical(column) = self.loaded.column(name)? else { return None };
        let centroids = label_centroids(column, self.loaded.embedding(embedding)?, self.engine.visible());
        let labelled = column.categories.iter().zip(centroids);
        let centroids = labelled.filter_map(|(label, centroid)| {
            let Centroid { x, y, n_cells } = centroid?;
            Some(LabelCentroid { column: name.to_owned(), label: label.clone(), x, y, n_cells })
        });
        Some(centroids.collect())
    }
}
