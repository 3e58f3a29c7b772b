//! What the selected cells of each label are made of: by what colors the cells.

use super::{Colors, Session};
use crate::{
    color::{MAX_LABEL_COLORS, MISSING, opaque},
    data::{CellIdx, Column},
    screen::BarPart,
    state::DimensionKey,
};

/// Steps that a scale of numbers is cut into.
const N_STEPS: usize = 16;

/// Columns of more labels are not broken down: their parts would take more memory than they tell.
const MOST_LABELS: usize = 4_096;

/// What the selected cells of each label are made of, by code, the missing label last. Selected are, as in the counts
/// beside, the cells that pass all filters but the column's own.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Breakdown {
    /// Their colors, in the order of the legend.
    pub parts: Vec<Vec<BarPart>>,
    /// The mean of their finite numbers, where numbers color the cells; else empty.
    pub means: Vec<Option<f64>>,
}

impl Session {
    /// How the labels of a column are made up of what colors the cells; `None` where that is nothing or the column
    /// itself, and while its labels are not there.
    pub fn breakdown(&self, column: &str) -> Option<Breakdown> {
        let labels = self.loaded.labels(column)?;
        let indices = self.painter.indices()?;
        let n_labels = labels.categories.len() + 1;
        let places = Places::of(self.colors(), column).filter(|_| n_labels <= MOST_LABELS)?;
        let numbers = match (self.colors(), self.painter.column().map(AsRef::as_ref)) {
            (Colors::Numbers { .. }, Some(Column::Continuous(numbers))) => Some(numbers),
            // Numbers that are shown as labels have no mean.
            (Colors::Plain | Colors::Labels { .. } | Colors::Numbers { .. } | Colors::TwoNumbers { .. }, _) => None,
        };
        let n_places = places.colors.len();
        let mut counts = vec![0_u32; n_labels * n_places];
        let mut sums = vec![(0.0, 0_u32); n_labels];
        let own = DimensionKey::Obs(column.to_owned());
        self.engine.filter().for_each_passing(Some(&own), |cell| {
            let code = labels.codes.get(CellIdx(cell as u32)) as usize;
            counts[code * n_places + usize::from(places.of_index[usize::from(indices[cell])])] += 1;
            if let Some(value) = numbers.map(|numbers| numbers.values[cell]).filter(|value| value.is_finite()) {
                let (sum, n) = &mut sums[code];
                *sum += f64::from(value);
                *n += 1;
            }
        });
        let table = self.painter.table();
        let parts = counts.chunks(n_places).map(|counts| {
            let total: u32 = counts.iter().sum();
            let there = counts.iter().zip(&places.colors).filter(|(count, _)| **count > 0);
            let part = |(&count, &index): (&u32, &u8)| BarPart {
                fraction: (f64::from(count) / f64::from(total)) as f32,
                color: opaque(table[usize::from(index)]),
            };
            there.map(part).collect()
        });
        let mean = |(sum, n): (f64, u32)| (n > 0).then(|| sum / f64::from(n));
        let means = if numbers.is_some() { sums.into_iter().map(mean).collect() } else { Vec::new() };
        Some(Breakdown { parts: parts.collect(), means })
    }
}

/// Where in a bar each color index stands.
struct Places {
    of_index: [u8; 256],
    /// The index that gives each place its color.
    colors: Vec<u8>,
}

impl Places {
    /// Those of labels in their order, or of steps of a scale; cells without a value come last. `None` where the column
    /// itself colors the cells, or nothing does.
    fn of(colors: &Colors, column: &str) -> Option<Self> {
        let mut of_index = [0; 256];
        let mut colors = match colors {
            Colors::Plain | Colors::TwoNumbers { .. } => return None,
            Colors::Labels { column: by, .. } if by == column => return None,
            Colors::Labels { order, .. } => {
                let mut colors: Vec<u8> = Vec::new();
                for index in order.iter().map(|code| (*code as usize % MAX_LABEL_COLORS) as u8) {
                    if colors.len() < MAX_LABEL_COLORS {
                        of_index[usize::from(index)] = colors.len() as u8;
                        colors.push(index);
                    }
                }
                colors
            }
            Colors::Numbers { .. } => {
                for (index, place) in of_index.iter_mut().enumerate() {
                    *place = (index * N_STEPS / usize::from(MISSING)) as u8;
                }
                (0..N_STEPS).map(|step| ((2 * step + 1) * usize::from(MISSING) / (2 * N_STEPS)) as u8).collect()
            }
        };
        of_index[usize::from(MISSING)] = colors.len() as u8;
        colors.push(MISSING);
        Some(Self { of_index, colors })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;
    use shared_fbs::{
        manifest::{Column as ColumnEntry, ColumnKind, Manifest},
        order::Levels,
    };

    use super::*;
    use crate::{
        data::{Categorical, Codes, Continuous},
        screen::{Bars, LegendModel},
        session::{LabelColumn, Slot, legend},
        state::{Analysis, ColorBy, DataKey, Label, LabelFilter, ObsFilter, ViewSpec},
    };

    /// Cells with a cell type, an ordered stage and a number, in columns of these names.
    fn session(types: Vec<u8>, stages: Vec<u8>, numbers: Vec<f32>) -> Session {
        let n_obs = types.len() as u32;
        let entry = |name: &str| ColumnEntry { name: name.to_owned(), kind: ColumnKind::Continuous, ..<_>::default() };
        let mut session = Session::new(Arc::new(Manifest {
            n_obs,
            level_ranks: Levels::for_n_obs(n_obs).boundaries(),
            columns: vec![entry("number")],
            ..Manifest::default()
        }));
        let mut add = |name: &str, labels: &[&str], codes: Vec<u8>, ordered| {
            let categories = labels.iter().map(|&label| label.to_owned()).collect();
            let column = LabelColumn::new(name, Categorical { codes: Codes::U8(codes), categories, ordered });
            session.add_column(&column).expect("the name is free");
        };
        add("type", &["T", "B"], types, false);
        add("stage", &["young", "adult"], stages, true);
        let key = DataKey::Column("number".to_owned());
        session.arrive(key, Slot::Ready(Continuous { values: numbers }.into()));
        session
    }

    fn colored(by: &str) -> Analysis {
        Analysis { color: ColorBy::Obs(by.to_owned()), ..Analysis::default() }
    }

    fn few() -> Session {
        let numbers = vec![1.0, 3.0, f32::INFINITY, 8.0, f32::NAN];
        session(vec![0, 0, 0, 1, 2], vec![1, 0, 0, 1, 2], numbers)
    }

    #[test]
    fn bars_go_by_the_order_of_the_coloring_column() {
        let mut session = few();
        session.follow(&colored("stage"), 1.0);
        let LegendModel::Categorical { entries, .. } = legend(session.colors()) else {
            panic!("labels color the cells")
        };
        let named: Vec<_> = entries.iter().map(|entry| entry.label.as_str()).collect();
        assert_eq!(named, ["young", "adult", "missing"]);
        let parts = session.breakdown("type").expect("all is there").parts;
        let part = |at: usize, fraction: f32| BarPart { fraction, color: entries[at].color };
        assert_eq!(parts, [vec![part(0, 2.0 / 3.0), part(1, 1.0 / 3.0)], vec![part(1, 1.0)], vec![part(2, 1.0)]]);
        assert_eq!(session.breakdown("stage"), None, "a column says nothing of itself");
        session.follow(&Analysis::default(), 1.0);
        assert_eq!(session.breakdown("type"), None);
    }

    #[test]
    fn labels_have_the_means_of_what_is_selected_by_all_other_columns() {
        let mut session = few();
        let mut analysis = colored("number");
        session.follow(&analysis, 1.0);
        let means = |session: &Session| session.breakdown("type").expect("all is there").means;
        assert_eq!(means(&session), [Some(2.0), Some(8.0), None]);
        let mut only = |column: &str, label: &str| {
            let filter = LabelFilter::Only([Label::named(label)].into());
            analysis.query.filters.obs.insert(column.to_owned(), ObsFilter::Labels(filter));
            session.follow(&analysis, 1.0);
            means(&session)
        };
        assert_eq!(only("type", "B"), [Some(2.0), Some(8.0), None], "a filter of its own");
        assert_eq!(only("stage", "young"), [Some(3.0), None, None]);
    }

    #[test]
    fn whole_numbers_are_labels_on_demand_and_filters_mean_the_same_cells() {
        let mut session = session(vec![0, 0, 1, 1], vec![0; 4], vec![2.0, 10.0, 2.0, f32::NAN]);
        let mut analysis = Analysis { as_labels: ["number".to_owned()].into(), ..colored("number") };
        assert!(session.follow(&analysis, 1.0).selection);
        let LegendModel::Categorical { entries, .. } = legend(session.colors()) else {
            panic!("labels color the cells")
        };
        assert_eq!(entries.iter().map(|entry| entry.label.as_str()).collect::<Vec<_>>(), ["2", "10", "missing"]);
        assert!(session.breakdown("type").is_some_and(|all| all.means.is_empty() && all.parts.len() == 3));
        let counts = session.label_counts("number").expect("its labels are counted");
        assert_eq!((counts.total, session.label_order("number").as_deref()), (vec![2, 1, 1], Some(&[0, 1][..])));
        let two = LabelFilter::Only([Label::named("2")].into());
        analysis.query.filters.obs.insert("number".to_owned(), ObsFilter::Labels(two));
        session.follow(&analysis, 1.0);
        assert_eq!(session.numbers().0, 2);
        analysis.as_labels.clear();
        session.follow(&analysis, 1.0);
        assert_eq!((session.numbers().0, session.label_counts("number")), (2, None));
        assert!(matches!(session.colors(), Colors::Numbers { .. }));
        assert!(session.histogram(&DimensionKey::Obs("number".to_owned())).is_some());
    }

    #[test]
    fn numbers_that_cannot_be_labels_are_told() {
        let session = session(vec![0; 2], vec![0; 2], vec![0.5, 1.0]);
        let mut view = ViewSpec::default();
        assert_eq!(session.mended(&view), None);
        view.analysis.as_labels.insert("number".to_owned());
        let (mended, told) = session.mended(&view).expect("halves are no labels");
        assert!(mended.analysis.as_labels.is_empty() && told[0].contains("“number” cannot be labels"), "{told:?}");
    }

    #[test]
    fn a_scale_is_of_the_cells_in_view() {
        let mut session = session(vec![0, 0, 1, 1], vec![0; 4], vec![1.0, 2.0, 100.0, f32::NAN]);
        let mut analysis = colored("number");
        let scale = |session: &Session| match session.colors() {
            Colors::Numbers { scale, has_missing, .. } => (scale.domain.min, scale.domain.max, *has_missing),
            Colors::Plain | Colors::Labels { .. } | Colors::TwoNumbers { .. } => panic!("numbers color the cells"),
        };
        session.follow(&analysis, 1.0);
        assert_eq!(scale(&session), (1.0, 100.0, true));
        let query = &mut analysis.query;
        let t = ObsFilter::Labels(LabelFilter::Only([Label::named("T")].into()));
        query.filters.obs.insert("type".to_owned(), t);
        session.follow(&analysis, 1.0);
        assert_eq!(scale(&session), (1.0, 100.0, true), "a filter changes no color");
        let query = &mut analysis.query;
        query.subset.push(std::mem::take(&mut query.filters));
        session.follow(&analysis, 1.0);
        assert_eq!(scale(&session), (1.0, 2.0, false));
        analysis.query.subset.clear();
        session.follow(&analysis, 1.0);
        assert_eq!(scale(&session), (1.0, 100.0, true));
    }

    #[test]
    fn bars_and_brush_agree_on_infinities_and_on_no_numbers() {
        let numbers = vec![0.0, 1.0, 2.0, f32::INFINITY, f32::NEG_INFINITY, f32::NAN];
        let mut session = session(vec![0; 6], vec![0; 6], numbers);
        let key = DimensionKey::Obs("number".to_owned());
        let bars = Bars::from(session.histogram(&key).expect("it is counted"));
        let axis = bars.axis();
        for (low, high) in [(0.0, 1.0), (0.5, 1.0), (0.0, 0.25)] {
            let range = axis.range((low, high)).expect("low comes first");
            let mut analysis = Analysis::default();
            analysis.query.filters.obs.insert("number".to_owned(), ObsFilter::Range(range));
            session.follow(&analysis, 1.0);
            let n_bins = bars.total.len() as f64;
            let under: u32 = bars.total[(low * n_bins) as usize..(high * n_bins) as usize].iter().sum();
            assert_eq!(session.numbers().0, u64::from(under), "{low} to {high}");
        }
        let mut empty = self::session(vec![0; 2], vec![0; 2], vec![f32::NAN; 2]);
        let bars = Bars::from(empty.histogram(&key).expect("it is known that there are none"));
        assert!(bars.total.is_empty() && bars.nothing().is_some());
    }

    proptest! {
        #[test]
        fn parts_and_means_are_those_of_a_count_by_hand(
            cells in prop::collection::vec((0..3_u8, 0..3_u8, prop::option::of(0..9_i8)), 1..200),
        ) {
            let numbers = cells.iter().map(|(.., number)| number.map_or(f32::NAN, f32::from)).collect();
            let types: Vec<u8> = cells.iter().map(|cell| cell.0).collect();
            let mut session = session(types, cells.iter().map(|cell| cell.1).collect(), numbers);
            session.follow(&colored("stage"), 1.0);
            for (code, parts) in (0..).zip(session.breakdown("type").unwrap().parts) {
                let of_code: Vec<_> = cells.iter().filter(|cell| cell.0 == code).collect();
                let shares = (0..3).map(|stage| of_code.iter().filter(|cell| cell.1 == stage).count());
                let expected: Vec<f32> =
                    shares.filter(|&n| n > 0).map(|n| (n as f64 / of_code.len() as f64) as f32).collect();
                prop_assert_eq!(parts.iter().map(|part| part.fraction).collect::<Vec<_>>(), expected);
            }
            session.follow(&colored("number"), 1.0);
            for (code, mean) in (0..).zip(session.breakdown("type").unwrap().means) {
                let values: Vec<f64> =
                    cells.iter().filter(|cell| cell.0 == code).filter_map(|cell| cell.2.map(f64::from)).collect();
                let expected = (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64);
                prop_assert_eq!(mean, expected);
            }
        }
    }
}
