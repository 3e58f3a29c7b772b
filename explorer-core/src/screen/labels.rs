//! Labels over the picture, none over another.

/// Half the height that a label takes, in CSS pixels.
pub const LABEL_HALF_HEIGHT_PX: f64 = 9.0;

/// Which labels, the first before all others, can stand without touching one before, inside a
/// picture of that size, and where; each is given by its middle, which an edge moves inwards, and half its width.
pub fn unobstructed(
    labels: impl Iterator<Item = ([f64; 2], f64)>,
    [width_px, height_px]: [f64; 2],
) -> Vec<Option<[f64; 2]>> {
    let mut standing: Vec<([f64; 2], f64)> = Vec::new();
    let mut place = |([x, y], half): ([f64; 2], f64)| {
        let is_inside = (0.0..=width_px).contains(&x) && (0.0..=height_px).contains(&y);
        let x = x.min(width_px - half).max(half);
        let touches = |(other, other_half): &([f64; 2], f64)| {
            (other[0] - x).abs() < half + other_half && (other[1] - y).abs() < 2.0 * LABEL_HALF_HEIGHT_PX
        };
        if !is_inside || standing.iter().any(touches) {
            return None;
        }
        standing.push(([x, y], half));
        Some([x, y])
    };
    labels.map(&mut place).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_labels_that_touch_the_first_stands() {
        let size = [400.0, 300.0];
        let labels = [
            ([100.0, 100.0], 40.0),
            ([170.0, 110.0], 40.0), // touches the first
            ([170.0, 119.0], 40.0), // a line lower
            ([180.0, 100.0], 39.0), // beside the first, but touches the third? it is a line higher
            ([401.0, 50.0], 10.0),  // outside
        ];
        let standing: Vec<bool> = unobstructed(labels.into_iter(), size).iter().map(Option::is_some).collect();
        assert_eq!(standing, [true, false, true, true, false]);
        let at_the_edges = [([3.0, 50.0], 40.0), ([399.0, 50.0], 30.0), ([200.0, 50.0], 20.0)];
        let places = [Some([40.0, 50.0]), Some([370.0, 50.0]), Some([200.0, 50.0])];
        assert_eq!(unobstructed(at_the_edges.into_iter(), size), places);
    }
}
