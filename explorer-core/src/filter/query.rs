//! From the state's descriptions of cells to masks.

use roaring::RoaringBitmap;
use thiserror::Error;

use super::{CellMask, Polygon, Predicate, PredicateError, Source};
use crate::data::{Categorical, CellIdx, CellRows, Continuous, Embedding, Projection, number_of_label};
use crate::sorting::sort_by;
use crate::state::{
    self, CellList, CellQuery, DimensionFilter, DimensionKey, Label, LabelFilter, Selection, SelectionStep,
};

/// Why a description gives no mask.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum QueryError {
    /// A column or embedding is not at hand.
    #[error("{0:?} is not loaded")]
    NotLoaded(DimensionKey),
    /// A filter does not suit its column.
    #[error(transparent)]
    Predicate(#[from] PredicateError),
}

impl From<&state::Polygon> for Polygon {
    fn from(polygon: &state::Polygon) -> Self {
        Self { vertices: polygon.points().map(|(x, y)| [x, y]).collect() }
    }
}

impl From<state::Range> for Predicate {
    fn from(range: state::Range) -> Self {
        Self::Range { min: range.min(), max: range.max() }
    }
}

impl Predicate {
    /// The labels of a column that a filter allows.
    pub fn of_labels(filter: &LabelFilter, column: &Categorical) -> Self {
        let labels = column.categories.iter().map(Label::named).chain([Label::Missing]);
        let codes = labels.zip(0..).filter(|(label, _)| filter.allows(label)).map(|(_, code)| code);
        Self::Categories { allowed: codes.collect::<RoaringBitmap>() }
    }
}

/// The cells whose number, as a label, a filter allows: whether a column of numbers is shown as labels is the page's own
/// affair, and a filter means the same cells either way.
fn number_mask(filter: &LabelFilter, column: &Continuous) -> CellMask {
    let (LabelFilter::Hide(labels) | LabelFilter::Only(labels)) = filter;
    let number = |label: &Label| match label {
        Label::Named(label) => number_of_label(label),
        Label::Missing => None,
    };
    let mut named: Vec<f32> = labels.iter().filter_map(number).collect();
    sort_by(&mut named, f32::total_cmp);
    let names_missing = labels.contains(&Label::Missing);
    let is_named = |value: f32| match value.is_nan() {
        true => names_missing,
        // Adding zero turns −0 into 0.
        false => named.binary_search_by(|number| number.total_cmp(&(value + 0.0))).is_ok(),
    };
    let keeps_named = matches!(filter, LabelFilter::Only(_));
    CellMask::from_fn(column.values.len(), |cell| is_named(column.values[cell]) == keeps_named)
}

/// The cells of a selection.
pub fn selection_mask(selection: &Selection, embedding: &Embedding) -> CellMask {
    let n_obs = embedding.xs.len();
    let mut mask = match selection.steps().first() {
        Some(SelectionStep::Add(_)) => CellMask::none(n_obs),
        _ => CellMask::all(n_obs),
    };
    for step in selection.steps() {
        match step {
            SelectionStep::Add(polygon) => mask.or(&mask_of(polygon, embedding)),
            SelectionStep::Subtract(polygon) => mask.and_not(&mask_of(polygon, embedding)),
            SelectionStep::Intersect(polygon) => mask.and(&mask_of(polygon, embedding)),
            SelectionStep::Invert => mask.invert(),
        }
    }
    mask
}

/// The cells inside an outline, as they are seen from where it was drawn: all of them, those behind others included.
fn mask_of(polygon: &state::Polygon, embedding: &Embedding) -> CellMask {
    let outline = Polygon::from(polygon);
    match &embedding.depth {
        Some(depth) if !polygon.orientation().is_front() => {
            outline.mask(&Projection::new(depth.space, polygon.orientation()).plane(embedding))
        }
        Some(_) | None => outline.mask(embedding),
    }
}

/// The cells of a list. Rows that the input does not have are left out.
pub fn list_mask(list: &CellList, n_obs: usize, rows: &CellRows) -> CellMask {
    let mut mask = vec![0; n_obs];
    for CellIdx(cell) in rows.cells_of(list.rows()) {
        mask[cell as usize] = 1;
    }
    CellMask::from_bytes(mask)
}

/// The cells that pass the filter of one dimension. `source` gives the column or embedding of a
/// dimension; of a subset, it is asked for the dimensions within.
///
/// # Errors
/// [`QueryError`].
pub fn dimension_mask<'a>(
    key: &DimensionKey,
    filter: DimensionFilter<'_>,
    n_obs: usize,
    source: &dyn Fn(&DimensionKey) -> Option<Source<'a>>,
) -> Result<CellMask, QueryError> {
    if let DimensionFilter::Subset(filters) = filter {
        let mut mask = CellMask::all(n_obs);
        for dimension in filters.active_dimensions() {
            mask.and(&dimension_mask(&dimension.key, dimension.filter, n_obs, source)?);
        }
        return Ok(mask);
    }
    let source = source(key).ok_or_else(|| QueryError::NotLoaded(key.clone()))?;
    let mask = match (filter, source) {
        (DimensionFilter::Labels(labels), Source::Categorical(column)) => {
            Predicate::of_labels(labels, column).mask(source)?
        }
        (DimensionFilter::Labels(labels), Source::Continuous(column)) => number_mask(labels, column),
        (DimensionFilter::Selection(selection), Source::Embedding(embedding)) => selection_mask(selection, embedding),
        (DimensionFilter::Cells(list), Source::Rows(rows)) => list_mask(list, n_obs, rows),
        (DimensionFilter::Range(range), _) => Predicate::from(range).mask(source)?,
        (DimensionFilter::Labels(_), _) => Predicate::Categories { allowed: RoaringBitmap::new() }.mask(source)?,
        (DimensionFilter::Selection(_) | DimensionFilter::Cells(_) | DimensionFilter::Subset(_), _) => {
            Predicate::Lasso(Polygon::default()).mask(source)?
        }
    };
    Ok(mask)
}

/// The cells that a query describes.
///
/// # Errors
/// [`QueryError`].
pub fn query_mask<'a>(
    query: &CellQuery,
    n_obs: usize,
    source: &dyn Fn(&DimensionKey) -> Option<Source<'a>>,
) -> Result<CellMask, QueryError> {
    let mut mask = CellMask::all(n_obs);
    for dimension in query.active_dimensions() {
        mask.and(&dimension_mask(&dimension.key, dimension.filter, n_obs, source)?);
    }
    Ok(mask)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Codes, Continuous, Frame, NO_POSITION};
    use crate::state::{Filters, ObsFilter};

    #[test]
    fn a_query_is_all_its_levels_and_filters() {
        let kind = Categorical {
            codes: Codes::U8(vec![0, 0, 1, 1, 2]),
            categories: ["B".to_owned(), "T".to_owned()].into(),
            ordered: false,
        };
        let size = Continuous { values: vec![1.0, 2.0, 3.0, f32::NAN, 5.0] };
        let umap = Embedding {
            xs: vec![0, 10, 20, 30, NO_POSITION],
            ys: vec![5, 5, 5, 5, NO_POSITION],
            frame: Frame::new(-100.0, 0.0, 1.0),
            depth: None,
        };
        let source = |key: &DimensionKey| match key {
            DimensionKey::Obs(name) if name == "kind" => Some(Source::Categorical(&kind)),
            DimensionKey::Obs(name) if name == "size" => Some(Source::Continuous(&size)),
            DimensionKey::Selection(_) => Some(Source::Embedding(&umap)),
            _ => None,
        };
        let mask = |query: &CellQuery| query_mask(query, 5, &source).map(CellMask::into_bytes);
        let obs = |name: &str, filter| Filters { obs: [(name.to_owned(), filter)].into(), ..Filters::default() };
        let no_t = ObsFilter::Labels(LabelFilter::Hide([Label::named("T")].into()));
        let to_three = ObsFilter::Range(state::Range::new(2.0, 3.0).unwrap());
        let outline = |x0: f64, x1: f64| state::Polygon::rectangle((x0, 0.0), (x1, 10.0)).unwrap();

        assert_eq!(mask(&CellQuery::default()).unwrap(), [1; 5]);
        let mut query = CellQuery { subset: vec![obs("kind", no_t.clone())], filters: obs("size", to_three) };
        assert_eq!(mask(&query).unwrap(), [0, 1, 0, 0, 0]);
        query.subset = vec![];
        assert_eq!(mask(&query).unwrap(), [0, 1, 1, 0, 0]);

        let steps = [
            SelectionStep::Add(outline(-105.0, -75.0)),
            SelectionStep::Subtract(outline(-92.0, -85.0)),
            SelectionStep::Invert,
        ];
        let selection = |n: usize| steps[..n].iter().cloned().collect::<Selection>();
        assert_eq!(selection_mask(&selection(1), &umap).as_bytes(), [1, 1, 1, 0, 0]);
        assert_eq!(selection_mask(&selection(2), &umap).as_bytes(), [1, 0, 1, 0, 0]);
        assert_eq!(selection_mask(&selection(3), &umap).as_bytes(), [0, 1, 0, 1, 1]);
        let mut inside = selection(1);
        inside.push(SelectionStep::Intersect(outline(-92.0, -65.0)));
        assert_eq!(selection_mask(&inside, &umap).as_bytes(), [0, 1, 1, 0, 0]);
        inside = [SelectionStep::Intersect(outline(-92.0, -65.0))].into_iter().collect();
        assert_eq!(selection_mask(&inside, &umap).as_bytes(), [0, 1, 1, 1, 0]);
        let subtract_first = steps[1..2].iter().cloned().collect::<Selection>();
        assert_eq!(selection_mask(&subtract_first, &umap).as_bytes(), [1, 0, 1, 1, 1]);

        let only_two = ObsFilter::Labels(LabelFilter::Only([Label::named("2"), Label::Missing].into()));
        query.filters = obs("size", only_two);
        let numbers = mask(&query).unwrap();
        query.filters = obs("size", ObsFilter::Labels(LabelFilter::Hide([Label::named("2"), Label::Missing].into())));
        assert!(numbers.iter().zip(mask(&query).unwrap()).all(|(&only, rest)| only + rest == 1));
        query.filters = obs("kind", ObsFilter::Range(state::Range::ALL));
        assert!(matches!(mask(&query), Err(QueryError::Predicate(_))));
        query.filters = obs("elsewhere", no_t);
        assert!(matches!(mask(&query), Err(QueryError::NotLoaded(_))));
    }
}
