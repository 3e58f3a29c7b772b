//! Cells that lie far from all others because their coordinates stand for "none": at −9999, 1e30 and the like.
//!
//! A picture that shows them shows all other cells as one dot. What lies apart for a reason of its own stays: a cell is
//! far only where nothing but a wide gap lies between it and the others.

/// Gap to all others, in extents of these, beyond which a cell at a usual mark for "none" in all axes is far.
const GAP_OF_MARKS: f64 = 0.5;

/// The same for several cells at one place, and for cells with such a mark in some axis.
const GAP_OF_PLACES: f64 = 10.0;

/// The same for cells that are few.
const GAP_OF_FEW: f64 = 50.0;

/// One cell of so many counts as few; below, one is a fair part of all.
const FEWEST_CELLS: usize = 20;

/// Few cells are at most one in so many.
const FEW: usize = 100;

/// Coordinates of cells, cell after cell.
#[derive(Clone, Copy)]
pub struct Coordinates<'a> {
    /// As many a cell as there are dimensions.
    pub values: &'a [f64],
    pub n_dims: usize,
}

impl<'a> Coordinates<'a> {
    /// The coordinates of one cell.
    pub fn of(self, cell: usize) -> &'a [f64] {
        &self.values[cell * self.n_dims..][..self.n_dims]
    }

    /// Number of cells.
    pub fn n_cells(self) -> usize {
        self.values.len() / self.n_dims
    }
}

/// The smallest box around some cells.
#[derive(Clone)]
pub struct BoundingBox {
    pub min: Vec<f64>,
    pub max: Vec<f64>,
}

impl BoundingBox {
    /// The box around cells; one that holds nothing where there is none.
    pub fn around<'a>(n_dims: usize, points: impl IntoIterator<Item = &'a [f64]>) -> Self {
        let mut all = Self { min: vec![f64::INFINITY; n_dims], max: vec![f64::NEG_INFINITY; n_dims] };
        points.into_iter().for_each(|point| all.add(point));
        all
    }

    fn add(&mut self, point: &[f64]) {
        for (axis, &value) in point.iter().enumerate() {
            self.min[axis] = self.min[axis].min(value);
            self.max[axis] = self.max[axis].max(value);
        }
    }

    /// Length of its longest side among the first `n_dims`; negative infinity where it holds nothing.
    pub fn extent(&self, n_dims: usize) -> f64 {
        let sides = self.min.iter().zip(&self.max).take(n_dims).map(|(min, max)| max - min);
        sides.fold(f64::NEG_INFINITY, f64::max)
    }

    /// How far a point lies outside, along the axis where it does most; 0 within.
    fn distance(&self, point: &[f64]) -> f64 {
        let outside =
            point.iter().zip(&self.min).zip(&self.max).map(|((&value, min), max)| (min - value).max(value - max));
        outside.fold(0.0, f64::max)
    }

    /// Whether a point lies outside by more than `gap` extents of the box.
    fn is_beyond(&self, point: &[f64], gap: f64) -> bool {
        let extent = self.extent(point.len());
        extent > 0.0 && self.distance(point) > gap * extent
    }
}

/// Takes the cells that lie far from all others off those that are `placed`, and gives them, ascending.
pub fn take_far(coordinates: Coordinates<'_>, placed: &mut [bool]) -> Vec<usize> {
    let mut far = Vec::new();
    for find in [marked, at_one_place, few] {
        // What lay between may have hidden more of them.
        loop {
            let found = find(coordinates, placed);
            if found.is_empty() {
                break;
            }
            found.iter().for_each(|&cell| placed[cell] = false);
            far.extend(found);
        }
    }
    far.sort_unstable();
    far
}

fn cells(placed: &[bool]) -> impl Iterator<Item = usize> + '_ {
    placed.iter().enumerate().filter(|(_, placed)| **placed).map(|(cell, _)| cell)
}

/// Whether files have the number where they have none.
fn is_mark(value: f64) -> bool {
    let magnitude = value.abs();
    let is_nines = |least: f64| {
        [99.0, 999.0, 9999.0, 99_999.0, 999_999.0].into_iter().any(|nines| magnitude == nines && nines >= least)
    };
    let is_least_integer = [i16::MIN.into(), i32::MIN.into(), i64::MIN as f64].contains(&value);
    magnitude >= 1e20 || is_least_integer || is_nines(if value < 0.0 { 99.0 } else { 9999.0 })
}

/// Cells at such numbers, far from the others.
fn marked(coordinates: Coordinates<'_>, placed: &[bool]) -> Vec<usize> {
    // −1 alone says little, but in all axes, and apart from the others, it does.
    let is_all_marks = |point: &[f64]| {
        let first = point[0];
        (is_mark(first) || first == -1.0) && point.iter().all(|&value| value == first)
    };
    let has_mark = |point: &[f64]| is_all_marks(point) || point.iter().any(|&value| is_mark(value));
    let point = |cell: usize| coordinates.of(cell);
    let others = cells(placed).map(point).filter(|point| !has_mark(point));
    let others = BoundingBox::around(coordinates.n_dims, others);
    let gap = |point: &[f64]| if is_all_marks(point) { GAP_OF_MARKS } else { GAP_OF_PLACES };
    let is_far = |cell: &usize| has_mark(point(*cell)) && others.is_beyond(point(*cell), gap(point(*cell)));
    cells(placed).filter(is_far).collect()
}

/// Several cells at one place, which is the last in some direction and far from the others.
fn at_one_place(coordinates: Coordinates<'_>, placed: &[bool]) -> Vec<usize> {
    let all = BoundingBox::around(coordinates.n_dims, cells(placed).map(|cell| coordinates.of(cell)));
    let ends = (0..coordinates.n_dims).flat_map(|axis| [(axis, all.min[axis]), (axis, all.max[axis])]);
    for (axis, end) in ends {
        let Some(place) = cells(placed).map(|cell| coordinates.of(cell)).find(|point| point[axis] == end) else {
            continue;
        };
        let others = cells(placed).map(|cell| coordinates.of(cell)).filter(|&point| point != place);
        if BoundingBox::around(coordinates.n_dims, others).is_beyond(place, GAP_OF_PLACES) {
            let at_place: Vec<usize> = cells(placed).filter(|&cell| coordinates.of(cell) == place).collect();
            if at_place.len() > 1 {
                return at_place;
            }
        }
    }
    Vec::new()
}

/// At most one cell in a hundred, the farthest from the middle, where a wide gap parts them from the next.
fn few(coordinates: Coordinates<'_>, placed: &[bool]) -> Vec<usize> {
    let mut by_distance: Vec<usize> = cells(placed).collect();
    let n_cells = by_distance.len();
    if n_cells < FEWEST_CELLS {
        return Vec::new();
    }
    let median = |axis: usize| {
        let mut values: Vec<f64> = by_distance.iter().map(|&cell| coordinates.of(cell)[axis]).collect();
        *values.select_nth_unstable_by(n_cells / 2, f64::total_cmp).1
    };
    let middle: Vec<f64> = (0..coordinates.n_dims).map(median).collect();
    let middle = BoundingBox { min: middle.clone(), max: middle };
    let distance = |cell: usize| middle.distance(coordinates.of(cell));
    let n_near = n_cells - (n_cells / FEW).max(1);
    by_distance.select_nth_unstable_by(n_near, |&a, &b| distance(a).total_cmp(&distance(b)));
    let (near, rest) = by_distance.split_at_mut(n_near);
    rest.sort_unstable_by(|&a, &b| distance(a).total_cmp(&distance(b)));
    let mut others = BoundingBox::around(coordinates.n_dims, near.iter().map(|&cell| coordinates.of(cell)));
    let mut last = near.iter().map(|&cell| distance(cell)).fold(0.0, f64::max);
    for (at, &cell) in rest.iter().enumerate() {
        let extent = others.extent(coordinates.n_dims);
        if extent > 0.0 && distance(cell) - last > GAP_OF_FEW * extent {
            return rest[at..].to_vec();
        }
        others.add(coordinates.of(cell));
        last = distance(cell);
    }
    Vec::new()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The cells that are far of points in the plane.
    fn far_of(points: &[[f64; 2]]) -> Vec<usize> {
        let coordinates = Coordinates { values: points.as_flattened(), n_dims: 2 };
        take_far(coordinates, &mut vec![true; points.len()])
    }

    /// Points of a picture 10 wide, away from zero as its owner likes.
    fn cloud(n: usize, origin: f64) -> Vec<[f64; 2]> {
        (0..n).map(|at| [origin + (at * 7 % 101) as f64 / 10.0, origin + (at * 13 % 89) as f64 / 10.0]).collect()
    }

    #[test]
    fn usual_marks_are_far_one_by_one_or_many() {
        for mark in [-9999.0, -999.0, 1e30, -1e30, f64::from(f32::MAX), -99999.0, f64::from(i32::MIN)] {
            for n_marked in [1, 30] {
                let points = [cloud(40, 0.0), vec![[mark; 2]; n_marked]].concat();
                assert_eq!(far_of(&points), (40..40 + n_marked).collect::<Vec<_>>(), "{n_marked} at {mark}");
            }
        }
        let one_axis = [cloud(40, 0.0), vec![[3.0, -9999.0], [-9999.0, 4.0]]].concat();
        assert_eq!(far_of(&one_axis), [40, 41]);
        let several = [cloud(40, 0.0), vec![[-9999.0; 2], [1e30; 2], [-1.0; 2]]].concat();
        assert_eq!(far_of(&several), [40, 41]);
    }

    #[test]
    fn minus_one_and_zero_are_far_only_apart_from_all_others() {
        let with = |origin: f64, place: f64| far_of(&[cloud(60, origin), vec![[place; 2]; 3]].concat());
        assert_eq!(with(500.0, -1.0), [60, 61, 62]);
        assert_eq!(with(1.3e7, 0.0), [60, 61, 62]);
        assert!(with(0.0, -1.0).is_empty());
        assert!(with(-5.0, -1.0).is_empty());
        assert!(with(50.0, 0.0).is_empty());
    }

    #[test]
    fn few_cells_beyond_a_wide_gap_are_far_and_ordinary_outliers_are_not() {
        let with = |outliers: &[[f64; 2]]| far_of(&[cloud(400, 0.0), outliers.to_vec()].concat());
        assert_eq!(with(&[[12_345.0, -7.0]]), [400]);
        assert_eq!(with(&[[12_345.0, -7.0], [-23_456.0, 99.0]]), [400, 401]);
        assert!(with(&[[40.0, 40.0]]).is_empty());
        assert!(with(&[[300.0, -3.0]]).is_empty());
        // Each is an outlier of the others, but no gap parts them.
        assert!(with(&[[100.0, 0.0], [400.0, 0.0], [900.0, 0.0]]).is_empty());
        // Of three cells each is a third.
        assert!(far_of(&[[0.0, 0.0], [1.0, 1.0], [1000.0, 1000.0]]).is_empty());
    }

    #[test]
    fn two_clusters_are_both_drawn() {
        let points = [cloud(100, 0.0), cloud(100, 2000.0)].concat();
        assert!(far_of(&points).is_empty());
        assert!(far_of(&[[5.0, 5.0]; 30]).is_empty());
        assert!(far_of(&[]).is_empty());
    }

    proptest! {
        #[test]
        fn what_is_near_stays_wherever_the_origin_is(
            points in prop::collection::vec([-50.0..50.0_f64, -50.0..50.0_f64], 20..200),
            origin in prop_oneof![Just(0.0), Just(1.3e7), Just(3e9)],
        ) {
            let points: Vec<[f64; 2]> = points.iter().map(|[x, y]| [x + origin, y + origin]).collect();
            let far = far_of(&points);
            // Random points may be so close together that one is far from them.
            prop_assert!(far.len() <= points.len() / 100 + 1);
        }
    }
}
