//! Cells that lie far from all others because their coordinates stand for "none": at −9999, 1e30 and the like.
//!
//! A picture that shows them shows all other cells as one dot. What lies apart for a reason of its own stays: a cell is
//! far only where nothing but a wide gap lies between it and the others.

use std::collections::HashMap;

/// Gap to all others, in extents of these, beyond which a cell at a usual mark for "none" in both axes is far.
const GAP_OF_MARKS: f64 = 0.5;

/// The same for several cells at one place, and for cells with such a mark in some axis.
const GAP_OF_PLACES: f64 = 10.0;

/// The same for cells that are few.
const GAP_OF_FEW: f64 = 50.0;

/// One cell of so many counts as few; below, one is a fair part of all.
const FEWEST_CELLS: usize = 20;

/// Few cells are at most one in so many.
const FEW: usize = 100;

/// The smallest box around some points of the plane.
#[derive(Clone)]
pub struct BoundingBox {
    pub min: [f64; 2],
    pub max: [f64; 2],
}

impl BoundingBox {
    /// The box around points; one that holds nothing where there is none.
    pub fn around(points: impl IntoIterator<Item = [f64; 2]>) -> Self {
        let mut all = Self { min: [f64::INFINITY; 2], max: [f64::NEG_INFINITY; 2] };
        points.into_iter().for_each(|point| all.add(point));
        all
    }

    fn add(&mut self, point: [f64; 2]) {
        for (axis, value) in point.into_iter().enumerate() {
            self.min[axis] = self.min[axis].min(value);
            self.max[axis] = self.max[axis].max(value);
        }
    }

    /// Length of its longer side; negative infinity where it holds nothing.
    pub fn extent(&self) -> f64 {
        (self.max[0] - self.min[0]).max(self.max[1] - self.min[1])
    }

    /// How far a point lies outside, along the axis where it does most; 0 within.
    fn distance(&self, point: [f64; 2]) -> f64 {
        let outside = |axis: usize| (self.min[axis] - point[axis]).max(point[axis] - self.max[axis]);
        outside(0).max(outside(1)).max(0.0)
    }

    /// Whether a point lies outside by more than `gap` extents of the box.
    fn is_beyond(&self, point: [f64; 2], gap: f64) -> bool {
        let extent = self.extent();
        extent > 0.0 && self.distance(point) > gap * extent
    }
}

/// Takes the cells that lie far from all others off those that are `placed`, and gives them, ascending.
pub fn take_far(points: &[[f64; 2]], placed: &mut [bool]) -> Vec<usize> {
    let mut far = Vec::new();
    let find = |placed: &[bool]| {
        let ways = [marked, at_shared_places, at_one_place, few];
        ways.into_iter().map(|find| find(points, placed)).find(|found| !found.is_empty())
    };
    // What is found may have hidden more of them, from any of the ways.
    while let Some(found) = find(placed) {
        found.iter().for_each(|&cell| placed[cell] = false);
        far.extend(found);
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
fn marked(points: &[[f64; 2]], placed: &[bool]) -> Vec<usize> {
    // −1 alone says little, but in both axes of several cells, and apart from the others, it does.
    let n_minus_ones = cells(placed).filter(|&cell| points[cell] == [-1.0; 2]).take(2).count();
    let is_all_marks = |[x, y]: [f64; 2]| x == y && (is_mark(x) || x == -1.0 && n_minus_ones > 1);
    let has_mark = |point: [f64; 2]| is_all_marks(point) || point.into_iter().any(is_mark);
    let others = cells(placed).map(|cell| points[cell]).filter(|&point| !has_mark(point));
    let others = BoundingBox::around(others);
    let gap = |point: [f64; 2]| if is_all_marks(point) { GAP_OF_MARKS } else { GAP_OF_PLACES };
    let is_far = |point: [f64; 2]| has_mark(point) && others.is_beyond(point, gap(point));
    cells(placed).filter(|&cell| is_far(points[cell])).collect()
}

/// Cells at places that several share, far from those that have a place of their own, where these are most.
fn at_shared_places(points: &[[f64; 2]], placed: &[bool]) -> Vec<usize> {
    let place = |cell: usize| points[cell].map(f64::to_bits);
    let mut n_at: HashMap<[u64; 2], usize> = HashMap::new();
    cells(placed).for_each(|cell| *n_at.entry(place(cell)).or_default() += 1);
    let is_shared = |&cell: &usize| n_at.get(&place(cell)).is_some_and(|&n_cells| n_cells > 1);
    let n_shared = cells(placed).filter(is_shared).count();
    if n_shared == 0 || 2 * n_shared >= cells(placed).count() {
        return Vec::new();
    }
    let others = BoundingBox::around(cells(placed).filter(|cell| !is_shared(cell)).map(|cell| points[cell]));
    cells(placed).filter(|cell| is_shared(cell) && others.is_beyond(points[*cell], GAP_OF_PLACES)).collect()
}

/// Several cells at one place, which is the last in some direction and far from the others.
fn at_one_place(points: &[[f64; 2]], placed: &[bool]) -> Vec<usize> {
    let all = BoundingBox::around(cells(placed).map(|cell| points[cell]));
    for (axis, end) in [(0, all.min[0]), (0, all.max[0]), (1, all.min[1]), (1, all.max[1])] {
        let Some(place) = cells(placed).map(|cell| points[cell]).find(|point| point[axis] == end) else { continue };
        let others = cells(placed).map(|cell| points[cell]).filter(|&point| point != place);
        if BoundingBox::around(others).is_beyond(place, GAP_OF_PLACES) {
            let at_place: Vec<usize> = cells(placed).filter(|&cell| points[cell] == place).collect();
            if at_place.len() > 1 {
                return at_place;
            }
        }
    }
    Vec::new()
}

/// At most one cell in a hundred, the farthest from the middle, where a wide gap parts them from the next.
fn few(points: &[[f64; 2]], placed: &[bool]) -> Vec<usize> {
    let mut by_distance: Vec<usize> = cells(placed).collect();
    let n_cells = by_distance.len();
    if n_cells < FEWEST_CELLS {
        return Vec::new();
    }
    let median = |axis: usize| {
        let mut values: Vec<f64> = by_distance.iter().map(|&cell| points[cell][axis]).collect();
        *values.select_nth_unstable_by(n_cells / 2, f64::total_cmp).1
    };
    let middle = BoundingBox::around([[median(0), median(1)]]);
    let distance = |cell: usize| middle.distance(points[cell]);
    let by = |&a: &usize, &b: &usize| distance(a).total_cmp(&distance(b));
    let n_near = n_cells - (n_cells / FEW).max(1);
    by_distance.select_nth_unstable_by(n_near, by);
    let (near, rest) = by_distance.split_at_mut(n_near);
    rest.sort_unstable_by(by);
    let mut others = BoundingBox::around(near.iter().map(|&cell| points[cell]));
    let mut last = near.iter().map(|&cell| distance(cell)).fold(0.0, f64::max);
    for (at, &cell) in rest.iter().enumerate() {
        let extent = others.extent();
        if extent > 0.0 && distance(cell) - last > GAP_OF_FEW * extent {
            return rest[at..].to_vec();
        }
        others.add(points[cell]);
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
        take_far(points, &mut vec![true; points.len()])
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
    fn marks_of_different_size_do_not_hide_each_other() {
        let with = |others: &[([f64; 2], usize)]| {
            let others = others.iter().flat_map(|&(place, n_cells)| vec![place; n_cells]);
            far_of(&cloud(285, 0.0).into_iter().chain(others).collect::<Vec<_>>()).len()
        };
        assert_eq!(with(&[([-9999.0; 2], 10), ([-100_000.0; 2], 5)]), 15);
        assert_eq!(with(&[([-9999.0; 2], 10), ([1e9; 2], 1)]), 11);
        assert_eq!(with(&[([-9999.0; 2], 10), ([1e6; 2], 5), ([1e9, -1.0], 1)]), 16);
    }

    #[test]
    fn a_single_cell_at_minus_one_is_a_cell() {
        assert!(far_of(&[[-1.0; 2], [0.0; 2], [1.0; 2]]).is_empty());
        let points = [cloud(50, 2.0), vec![[-1.0; 2]]].concat();
        assert!(far_of(&points).is_empty());
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
