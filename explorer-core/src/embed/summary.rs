//! What a host is told of selections and results.

use serde_json::{Value, json};

use super::{DatasetInfo, ResultSummary, SelectionInfo};
use crate::{
    data::{CellRows, GeneIdx, GeneNames},
    de::{Direction, Marker, SortKey},
    format::plural,
    session::{Answer, Bounds, DeResult, LabelMarkers, MarkersResult, Session},
    state::{AppState, Reference},
};

/// Genes of a comparison that are told.
const MOST_GENES: usize = 100;

/// Genes of each label that are told, of markers.
const MOST_MARKERS: usize = 10;

/// Labels that are told, of markers.
const MOST_LABELS: usize = 60;

/// Ids that a message names.
const MOST_IDS: usize = 5;

/// Which cells are selected.
pub fn description_of(session: &Session, state: &AppState) -> SelectionInfo {
    let query = &state.view.analysis.query;
    let levels: Vec<_> = query.subset.iter().chain([&query.filters]).cloned().collect();
    let (n, _, total) = session.numbers();
    SelectionInfo { n, total, description: session.levels_text(&levels, Bounds::Short) }
}

/// The rows in the input of the cells that are selected, the first of them where there are more than `most`: a roaring
/// bitmap in its portable format.
pub fn selected_rows(session: &Session, rows: &CellRows, most: u64) -> Vec<u8> {
    let mut selected = rows.rows_of(session.selected().iter());
    if let Some(first_left_out) = u32::try_from(most).ok().and_then(|most| selected.select(most)) {
        selected.remove_range(first_left_out..);
    }
    selected.optimize();
    let mut bytes = Vec::with_capacity(selected.serialized_size());
    selected.serialize_into(&mut bytes).expect("writing to memory does not fail");
    bytes
}

/// That no cell has some ids.
pub fn no_ids(ids: &[String]) -> String {
    let named: Vec<String> = ids.iter().take(MOST_IDS).map(|id| format!("“{id}”")).collect();
    let more = if ids.len() > MOST_IDS { ", …" } else { "" };
    let are = if ids.len() == 1 { "is no cell's" } else { "are no cells'" };
    format!("{} {are}: {}{more}", plural(ids.len(), "id", "ids"), named.join(", "))
}

impl DatasetInfo {
    /// What the open dataset of that id is called, and what is in it.
    pub fn of(id: &str, session: &Session) -> Self {
        let manifest = session.manifest();
        let genes = session.layer(None).and_then(|layer| manifest.vars.get(layer.var as usize));
        Self {
            id: id.to_owned(),
            title: manifest.title.clone().unwrap_or_else(|| id.to_owned()),
            content: manifest.known_content_id().unwrap_or_default().to_owned(),
            n_obs: u64::from(manifest.n_obs),
            n_vars: genes.map_or(0, |genes| u64::from(genes.n_vars)),
            embeddings: manifest.embeddings.iter().map(|embedding| embedding.key.clone()).collect(),
        }
    }
}

/// What a comparison came to: its genes by falling score.
pub fn found_genes(result: &DeResult) -> ResultSummary {
    let genes = match &result.answer {
        Answer::Cells(table) => {
            let order = table.order(SortKey::Score, Direction::Descending);
            let gene = |&gene: &u32| {
                let at = gene as usize;
                json!({
                    "id": result.names.ids()[at],
                    "symbol": result.names.symbol(GeneIdx(gene)),
                    "score": table.score[at],
                    "effect": table.effect[at],
                    "pval_adj": table.pval_adj[at],
                })
            };
            order.iter().take(MOST_GENES).map(gene).collect()
        }
        // Samples are few: their table is for the eye.
        Answer::Samples(_) => Vec::new(),
    };
    ResultSummary::Comparison {
        group: result.comparison.group.clone(),
        reference: match &result.comparison.reference {
            Reference::Rest => None,
            Reference::Set(name) => Some(name.clone()),
        },
        n: result.n_cells(),
        genes,
    }
}

/// The markers that were found.
pub fn found_markers(result: &MarkersResult) -> ResultSummary {
    let names = |genes: &[Marker], names: &GeneNames| -> Vec<Value> {
        let gene = |marker: &Marker| {
            json!({
                "id": names.ids()[marker.gene as usize],
                "symbol": names.symbol(GeneIdx(marker.gene)),
                "score": marker.score,
                "effect": marker.effect,
            })
        };
        genes.iter().take(MOST_MARKERS).map(gene).collect()
    };
    let label = |found: &LabelMarkers| json!({ "label": found.label, "n": found.n_cells, "genes": names(&found.markers, &result.names) });
    ResultSummary::Markers {
        column: result.asked.column.clone(),
        labels: result.labels.iter().take(MOST_LABELS).map(label).collect(),
    }
}
