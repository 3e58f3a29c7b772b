//! Outlines of where a grid of numbers is at least some level, by marching squares.

use std::collections::BTreeMap;

/// A place between two neighbors of the grid that an outline passes: the first of them, and the direction of the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Crossing {
    column: i32,
    row: i32,
    is_down: bool,
}

/// Closed outlines around the grid's places whose values are at least a level above 0, in units of the grid, whose first
/// place is at (0, 0). Beyond its edges all values are 0. What is inside an odd number of outlines is at least of that
/// level.
pub(super) fn outlines(n_columns: usize, n_rows: usize, values: &[f32], level: f32) -> Vec<Vec<[f64; 2]>> {
    let (n_columns, n_rows) = (n_columns as i32, n_rows as i32);
    let value = |column: i32, row: i32| {
        let is_there = (0..n_columns).contains(&column) && (0..n_rows).contains(&row);
        if is_there { values[(row * n_columns + column) as usize] } else { 0.0 }
    };
    // From crossing to crossing, with the higher side at the left.
    let mut next = BTreeMap::new();
    for row in -1..n_rows {
        for column in -1..n_columns {
            let corners = [(0, 0), (1, 0), (1, 1), (0, 1)].map(|(right, down)| value(column + right, row + down));
            for (from, to) in steps(corners, level) {
                let crossing = |side: usize| match side {
                    0 => Crossing { column, row, is_down: false },
                    1 => Crossing { column: column + 1, row, is_down: true },
                    2 => Crossing { column, row: row + 1, is_down: false },
                    _ => Crossing { column, row, is_down: true },
                };
                next.insert(crossing(from), crossing(to));
            }
        }
    }
    let place = |Crossing { column, row, is_down }: Crossing| {
        let (right, down) = if is_down { (0, 1) } else { (1, 0) };
        let (from, to) = (value(column, row), value(column + right, row + down));
        let part = f64::from(level - from) / f64::from(to - from);
        [f64::from(column) + f64::from(right) * part, f64::from(row) + f64::from(down) * part]
    };
    let mut outlines = Vec::new();
    while let Some((first, mut at)) = next.pop_first() {
        let mut outline = vec![place(first)];
        while let Some(to) = next.remove(&at) {
            outline.push(place(at));
            at = to;
        }
        outlines.push(outline);
    }
    outlines
}

/// The steps of outlines through the square between four neighbors, from side to side: 0 at the top, then clockwise. Of
/// four that alternate the two high ones are taken for apart.
fn steps(corners: [f32; 4], level: f32) -> Vec<(usize, usize)> {
    let is_high = corners.map(|value| value >= level);
    // Clockwise around the square, where it goes from low to high and from high to low.
    let enters = (0..4).filter(|&side| !is_high[side] && is_high[(side + 1) % 4]);
    let mut steps = Vec::new();
    for enter in enters {
        let leave = (1..4).map(|on| (enter + on) % 4).find(|&side| is_high[side] && !is_high[(side + 1) % 4]);
        if let Some(leave) = leave {
            steps.push((leave, enter));
        }
    }
    steps
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn is_inside([x, y]: [f64; 2], outlines: &[Vec<[f64; 2]>]) -> bool {
        let crosses = |outline: &Vec<[f64; 2]>| {
            let next = outline.iter().cycle().skip(1);
            outline
                .iter()
                .zip(next)
                .filter(|&(a, b)| (a[1] > y) != (b[1] > y) && x < a[0] + (y - a[1]) / (b[1] - a[1]) * (b[0] - a[0]))
                .count()
        };
        outlines.iter().map(crosses).sum::<usize>() % 2 == 1
    }

    proptest! {
        #[test]
        fn what_is_inside_is_of_the_level_and_all_else_is_not(
            (n_columns, values) in (1..9_usize).prop_flat_map(|n_columns| {
                let values = prop::collection::vec(0..7_u8, n_columns..=6 * n_columns);
                (Just(n_columns), values)
            }),
        ) {
            let n_rows = values.len() / n_columns;
            let values: Vec<f32> = values[..n_rows * n_columns].iter().copied().map(f32::from).collect();
            // Between two values, so that no outline passes through a place of the grid.
            for level in [0.5, 2.5, 5.5] {
                let outlines = outlines(n_columns, n_rows, &values, level);
                for (at, &value) in values.iter().enumerate() {
                    let place = [(at % n_columns) as f64, (at / n_columns) as f64];
                    prop_assert_eq!(is_inside(place, &outlines), value >= level, "{:?} of {:?}", place, outlines);
                }
                prop_assert!(outlines.iter().all(|outline| outline.len() >= 4));
            }
        }
    }

    #[test]
    fn a_single_peak_is_a_diamond() {
        let outlines = outlines(1, 1, &[4.0], 1.0);
        let [outline] = &outlines[..] else { panic!("{outlines:?}") };
        let mut places: Vec<_> = outline.iter().map(|[x, y]| (x * 100.0, y * 100.0)).collect();
        places.sort_by(|a, b| a.partial_cmp(b).expect("they are numbers"));
        assert_eq!(places, [(-75.0, 0.0), (0.0, -75.0), (0.0, 75.0), (75.0, 0.0)]);
    }
}
