//! The cross-filter against its definition, computed cell by cell.

use std::collections::BTreeMap;

use explorer_core::data::{Categorical, CellIdx, Codes, Continuous};
use explorer_core::filter::{
    Binned, CellMask, Change, CrossFilter, CrossFilterError, Domain, Flipped, Groups, MAX_DIMENSIONS, Predicate,
    Source, Tally,
};
use proptest::collection::vec;
use proptest::prelude::*;

const N_OBS: usize = 300;
const N_KEYS: u8 = 5;

/// One change of the filters, as a user would make it.
#[derive(Clone, Debug)]
enum Step {
    Set(u8, Vec<bool>),
    Nudge(u8, usize),
    Clear(u8),
    Universe(Option<Vec<bool>>),
}

fn flags() -> impl Strategy<Value = Vec<bool>> {
    vec(any::<bool>(), N_OBS)
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..N_KEYS, flags()).prop_map(|(key, cells)| Step::Set(key, cells)),
        6 => (0..N_KEYS, 0..N_OBS).prop_map(|(key, cell)| Step::Nudge(key, cell)),
        2 => (0..N_KEYS).prop_map(Step::Clear),
        1 => proptest::option::of(flags()).prop_map(Step::Universe),
    ]
}

/// The filters as plain data, and every answer by its definition.
#[derive(Default)]
struct Model {
    filters: BTreeMap<u8, Vec<bool>>,
    universe: Option<Vec<bool>>,
}

impl Model {
    fn passes(&self, cell: usize, except: Option<u8>) -> bool {
        self.universe.as_ref().is_none_or(|universe| universe[cell])
            && self.filters.iter().all(|(&key, passes)| Some(key) == except || passes[cell])
    }

    fn counts(&self, except: Option<u8>, column: &Categorical) -> Vec<u32> {
        let mut counts = vec![0; column.categories.len() + 1];
        for cell in 0..N_OBS {
            let group = match &column.codes {
                Codes::U8(codes) => usize::from(codes[cell]),
                Codes::U16(codes) => usize::from(codes[cell]),
                Codes::U32(codes) => codes[cell] as usize,
            };
            counts[group] += u32::from(self.passes(cell, except));
        }
        counts
    }
}

fn mask(cells: &[bool]) -> CellMask {
    CellMask::from_fn(cells.len(), |cell| cells[cell])
}

fn categorical(codes: Codes, n: usize) -> Categorical {
    Categorical { codes, categories: (0..n).map(|label| format!("label {label}")).collect(), ordered: false }
}

/// Takes a step in the filter and in its model.
fn take(step: Step, filter: &mut CrossFilter<u8>, model: &mut Model) -> Change<u8> {
    match step {
        Step::Set(key, cells) => {
            let change = filter.set_mask(key, mask(&cells)).expect("masks are of all cells, and keys are few");
            model.filters.insert(key, cells);
            change
        }
        Step::Nudge(key, cell) => {
            let cells = model.filters.entry(key).or_insert_with(|| vec![true; N_OBS]);
            cells[cell] = !cells[cell];
            filter.set_mask(key, mask(cells)).expect("masks are of all cells, and keys are few")
        }
        Step::Clear(key) => {
            model.filters.remove(&key);
            filter.clear(&key)
        }
        Step::Universe(cells) => {
            let change =
                filter.set_universe(cells.as_deref().map(mask)).expect("masks are of all cells, and keys are few");
            model.universe = cells;
            change
        }
    }
}

proptest! {
    #[test]
    fn incremental_is_from_scratch(
        codes in vec(0u8..=6, N_OBS),
        values in vec(prop_oneof![Just(f32::NAN), -3f32..3.0], N_OBS),
        steps in vec(step(), 1..25),
        skipped in any::<u32>(),
    ) {
        let narrow = categorical(Codes::U8(codes.clone()), 6);
        let wide = categorical(Codes::U16(codes.iter().copied().map(u16::from).collect()), 6);
        let widest = categorical(Codes::U32(codes.iter().copied().map(u32::from).collect()), 6);
        let values = Continuous { values };
        let domain = Domain::of(&values, None).unwrap();
        let binned = Binned::new(&values, domain, 7);
        let bins = categorical(Codes::U8(binned.as_bytes().to_vec()), 7);

        let mut filter = CrossFilter::new(N_OBS);
        let mut model = Model::default();
        let except = |key: u8| (key < N_KEYS).then_some(key);
        let mut tallies: Vec<Tally<u8>> = (0..=N_KEYS)
            .map(|key| Tally::new(&filter, except(key), Groups::Bins(&binned)))
            .collect();
        for (index, step) in steps.into_iter().enumerate() {
            let change = take(step, &mut filter, &mut model);
            let selected = CellMask::from_fn(N_OBS, |cell| model.passes(cell, None));
            prop_assert_eq!(filter.n_selected(), selected.count());
            prop_assert_eq!(filter.selected(), selected);
            for (key, tally) in (0..=N_KEYS).zip(&mut tallies) {
                let except = except(key);
                // Some changes pass a tally by, as when a panel is folded.
                if skipped >> (index % 32) & 1 == 0 {
                    tally.update(&filter, &change, Groups::Bins(&binned));
                    prop_assert_eq!(tally.counts(), model.counts(except, &bins));
                }
                let expected = model.counts(except, &narrow);
                prop_assert_eq!(&filter.counts(except.as_ref(), &narrow), &expected);
                prop_assert_eq!(&filter.counts(except.as_ref(), &wide), &expected);
                prop_assert_eq!(&filter.counts(except.as_ref(), &widest), &expected);
                let expected = model.counts(except, &bins);
                prop_assert_eq!(filter.histogram(except.as_ref(), &binned), &expected[..7]);
            }
            let visible = Model { universe: model.universe.clone(), ..Model::default() };
            prop_assert_eq!(filter.totals(Groups::Categories(&narrow)), visible.counts(None, &narrow));
        }
    }

    #[test]
    fn what_flipped_is_the_difference_of_the_masks(steps in vec(step(), 1..25)) {
        let mut filter = CrossFilter::new(N_OBS);
        let mut model = Model::default();
        let mut before = filter.selected();
        for step in steps {
            let may_flip_many = !matches!(step, Step::Nudge(..));
            let change = take(step, &mut filter, &mut model);
            let after = filter.selected();
            let cells = after.as_bytes().iter().zip(before.as_bytes()).zip(0..).filter(|((a, b), _)| a != b);
            let cells: Vec<u32> = cells.map(|(_, cell)| cell).collect();
            if let Flipped::Runs(runs) = filter.flipped(&change) {
                prop_assert!(runs.windows(2).all(|pair| pair[0].end < pair[1].start));
                prop_assert_eq!(runs.into_iter().flatten().collect::<Vec<u32>>(), cells);
            } else {
                prop_assert!(may_flip_many);
            }
            for cell in 0..N_OBS as u32 {
                prop_assert_eq!(filter.is_selected(CellIdx(cell)), after.contains(CellIdx(cell)));
            }
            before = after;
        }
    }
}

/// A bit mask a cell fails at the 33rd filter; a count holds 255.
#[test]
fn regression_more_than_32_filters() {
    let codes = categorical(Codes::U8(vec![0; N_OBS]), 1);
    let mut filter = CrossFilter::new(N_OBS);
    for key in 0..MAX_DIMENSIONS {
        // Filter `key` fails cell `key` and, all of them, cell 299.
        let mask = CellMask::from_fn(N_OBS, |cell| cell != key && cell != 299);
        filter.set_mask(key, mask).unwrap();
        assert_eq!(filter.n_selected(), N_OBS - 2 - key);
    }
    assert_eq!(filter.counts(Some(&40), &codes), [N_OBS as u32 - 255, 0]);
    let one_more = filter.set_mask(MAX_DIMENSIONS, CellMask::all(N_OBS));
    assert!(matches!(one_more, Err(CrossFilterError::TooMany)));
    for key in 0..MAX_DIMENSIONS - 1 {
        filter.clear(&key);
    }
    assert_eq!(filter.n_selected(), N_OBS - 2);
    filter.clear(&(MAX_DIMENSIONS - 1));
    assert_eq!(filter.n_selected(), N_OBS);
}

#[test]
fn a_filter_that_cannot_be_set_changes_nothing() {
    let column = Continuous { values: vec![1.0, 2.0] };
    let mut filter = CrossFilter::new(2);
    let range = Predicate::Range { min: 2.0, max: 3.0 };
    filter.set("height", &range, Source::Continuous(&column)).unwrap();
    let labels = categorical(Codes::U8(vec![0, 0]), 1);
    assert!(filter.set("height", &range, Source::Categorical(&labels)).is_err());
    assert!(matches!(
        filter.set_mask("other", CellMask::all(3)),
        Err(CrossFilterError::Length { found: 3, expected: 2 })
    ));
    assert_eq!(filter.selected().as_bytes(), [0, 1]);
    assert_eq!(filter.keys().collect::<Vec<_>>(), [&"height"]);
}
