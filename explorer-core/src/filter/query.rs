//! From the state's descriptions of cells to masks.

use roaring::RoaringBitmap;
use thiserror::Error;

use super::{CellMask, Polygon, Predicate, PredicateError, Source};
use crate::data::{Categorical, CellIdx, CellRows, Continuous, Embedding, Projection, number_of_label};
use crate::sorting::sort_by;
use crate::state::{
    self, CellList, CellQuery, ColumnLabel, DimensionFilter, DimensionKey, Label, LabelFilter, Selection, SelectionStep,
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

/// The cells of a selection that goes by the embedding `own`.
fn selection_mask<'a>(
    selection: &Selection,
    own: &DimensionKey,
    n_obs: usize,
    source: &dyn Fn(&DimensionKey) -> Option<Source<'a>>,
) -> Result<CellMask, QueryError> {
    let mut mask = match selection.steps().first() {
        Some(SelectionStep::Add(_)) => CellMask::none(n_obs),
        _ => CellMask::all(n_obs),
    };
    let mask_of = |outline: &state::Polygon| outline_mask(outline, own, n_obs, source);
    for step in selection.steps() {
        match step {
            SelectionStep::Add(outline) => mask.or(&mask_of(outline)?),
            SelectionStep::Subtract(outline) => mask.and_not(&mask_of(outline)?),
            SelectionStep::Intersect(outline) => mask.and(&mask_of(outline)?),
            SelectionStep::Invert => mask.invert(),
        }
    }
    Ok(mask)
}

/// The cells that an outline takes.
fn outline_mask<'a>(
    outline: &state::Polygon,
    own: &DimensionKey,
    n_obs: usize,
    source: &dyn Fn(&DimensionKey) -> Option<Source<'a>>,
) -> Result<CellMask, QueryError> {
    let other = outline.embedding().map(|key| DimensionKey::Selection(key.to_owned()));
    let key = other.as_ref().unwrap_or(own);
    let mut mask = match source(key).ok_or_else(|| QueryError::NotLoaded(key.clone()))? {
        Source::Embedding(embedding) => mask_inside(outline, embedding),
        other => Predicate::Lasso(Polygon::default()).mask(other)?,
    };
    if let Some(ColumnLabel { column, label }) = outline.only() {
        let filter = LabelFilter::Only([label.clone()].into());
        let labels = DimensionFilter::Labels(&filter);
        mask.and(&dimension_mask(&DimensionKey::Obs(column.clone()), labels, n_obs, source)?);
    }
    Ok(mask)
}

/// The cells inside an outline, as they are seen from where it was drawn: all of them, those behind others included.
fn mask_inside(polygon: &state::Polygon, embedding: &Embedding) -> CellMask {
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
    if let DimensionFilter::Selection(selection) = filter {
        return selection_mask(selection, key, n_obs, source);
    }
    let source = source(key).ok_or_else(|| QueryError::NotLoaded(key.clone()))?;
    let mask = match (filter, source) {
        (DimensionFilter::Labels(labels), Source::Categorical(column)) => {
            Predicate::of_labels(labels, column).mask(source)?
        }
        (DimensionFilter::Labels(labels), Source::Continuous(column)) => number_mask(labels, column),
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
    use proptest::prelude::*;

    use super::*;
    use crate::data::{Codes, Continuous, Frame, NO_POSITION};
    use crate::state::{Action, AppState, Filters, ObsFilter, SelectMode, reduce};

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
        let key = DimensionKey::Selection("X_umap".to_owned());
        let selected = |selection: &Selection| selection_mask(selection, &key, 5, &source).unwrap().into_bytes();
        assert_eq!(selected(&selection(1)), [1, 1, 1, 0, 0]);
        assert_eq!(selected(&selection(2)), [1, 0, 1, 0, 0]);
        assert_eq!(selected(&selection(3)), [0, 1, 0, 1, 1]);
        let of_b = ColumnLabel { column: "kind".to_owned(), label: Label::named("B") };
        let around_b = SelectionStep::Add(outline(-105.0, -75.0).around(Some(of_b)));
        assert_eq!(selected(&Selection::from_iter([around_b])), [1, 1, 0, 0, 0]);
        let mut inside = selection(1);
        inside.push(SelectionStep::Intersect(outline(-92.0, -65.0)));
        assert_eq!(selected(&inside), [0, 1, 1, 0, 0]);
        inside = [SelectionStep::Intersect(outline(-92.0, -65.0))].into_iter().collect();
        assert_eq!(selected(&inside), [0, 1, 1, 1, 0]);
        let subtract_first = steps[1..2].iter().cloned().collect::<Selection>();
        assert_eq!(selected(&subtract_first), [1, 0, 1, 1, 1]);

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

    proptest! {
        #[test]
        fn outlines_do_what_they_say_to_the_cells_that_are_selected_wherever_they_are_drawn(
            places in prop::collection::vec((0_u16..40, 0_u16..40), 12),
            steps in prop::collection::vec((0_u8..5, any::<bool>(), 0_u16..40, 1_u16..30), 1..7),
        ) {
            let line = |values: Vec<u16>| Embedding {
                ys: vec![0; values.len()],
                xs: values,
                frame: Frame::new(0.0, 0.0, 1.0),
                depth: None,
            };
            let (a, b): (Vec<u16>, Vec<u16>) = places.into_iter().unzip();
            let embeddings = [line(a), line(b)];
            let source = |key: &DimensionKey| match key {
                DimensionKey::Selection(name) => Some(Source::Embedding(&embeddings[usize::from(name == "b")])),
                _ => None,
            };
            let (mut state, mut expected) = (AppState::default(), None::<Vec<u8>>);
            for (kind, in_b, from, length) in steps {
                let embedding = if in_b { "b" } else { "a" };
                let (low, high) = (f64::from(from) - 0.5, f64::from(from + length) - 0.5);
                let polygon = state::Polygon::rectangle((low, -1.0), (high, 1.0)).unwrap();
                let inside: Vec<u8> = embeddings[usize::from(in_b)]
                    .xs
                    .iter()
                    .map(|&x| u8::from((low..high).contains(&f64::from(x))))
                    .collect();
                let mode = match kind {
                    0 => SelectMode::Replace,
                    1 => SelectMode::Add,
                    2 => SelectMode::Subtract,
                    3 => SelectMode::Intersect,
                    _ => {
                        state = reduce(state, Action::InvertSelection {});
                        expected = expected.map(|cells| cells.into_iter().map(|cell| 1 - cell).collect());
                        continue;
                    }
                };
                let before = expected.take();
                expected = Some((0..12).map(|cell| match (mode, before.as_ref().map(|cells| cells[cell])) {
                    (SelectMode::Replace, _) | (SelectMode::Add | SelectMode::Intersect, None) => inside[cell],
                    (SelectMode::Add, Some(before)) => before | inside[cell],
                    (SelectMode::Intersect, Some(before)) => before & inside[cell],
                    (SelectMode::Subtract, before) => before.unwrap_or(1) & (1 - inside[cell]),
                }).collect());
                state = reduce(state, Action::Select { embedding: embedding.to_owned(), mode, polygon });
            }
            let found = query_mask(&state.view.analysis.query, 12, &source).unwrap().into_bytes();
            prop_assert_eq!(found, expected.unwrap_or_else(|| vec![1; 12]));
        }

        #[test]
        fn selections_that_narrow_each_other_are_turned_round_as_one(
            places in prop::collection::vec((0_u16..40, 0_u16..40), 12),
            spans in prop::collection::vec((0_u16..40, 1_u16..30), 3),
        ) {
            let line = |values: Vec<u16>| Embedding {
                ys: vec![0; values.len()],
                xs: values,
                frame: Frame::new(0.0, 0.0, 1.0),
                depth: None,
            };
            let (a, b): (Vec<u16>, Vec<u16>) = places.into_iter().unzip();
            let embeddings = [line(a), line(b)];
            let source = |key: &DimensionKey| match key {
                DimensionKey::Selection(name) => Some(Source::Embedding(&embeddings[usize::from(name == "b")])),
                _ => None,
            };
            let outline = |at: usize| {
                let (from, length) = spans[at];
                let (low, high) = (f64::from(from) - 0.5, f64::from(from + length) - 0.5);
                state::Polygon::rectangle((low, -1.0), (high, 1.0)).unwrap()
            };
            let a = [SelectionStep::Add(outline(0)), SelectionStep::Subtract(outline(1))];
            let b = [SelectionStep::Add(outline(2)), SelectionStep::Add(outline(1))];
            let mut state = AppState::default();
            state.view.analysis.query.filters.selections =
                [("a".to_owned(), Selection::from_iter(a)), ("b".to_owned(), Selection::from_iter(b))].into();
            let mask = |state: &AppState| query_mask(&state.view.analysis.query, 12, &source).unwrap().into_bytes();
            let inverted = reduce(state.clone(), Action::InvertSelection {});
            prop_assert!(mask(&state).iter().zip(mask(&inverted)).all(|(&before, after)| before + after == 1));
        }
    }
}
