//! Several pictures on one sheet, in the grid that the screen has.

/// Height of the line above each of several pictures that says what it shows, in CSS pixels.
pub const HEAD_HEIGHT_PX: f64 = 24.0;

/// Space between pictures.
const GAP_PX: f64 = 8.0;

/// How many panels stand next to each other, of so many.
pub fn n_grid_columns(n_panels: usize) -> usize {
    match n_panels {
        0 | 1 => 1,
        2..=4 => 2,
        5..=9 => 3,
        _ => 4,
    }
}

/// Where pictures lie on a sheet, in CSS pixels.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SheetPlaces {
    /// The left upper corner of each.
    pub corners: Vec<[f64; 2]>,
    /// Width and height of the sheet.
    pub size_px: [f64; 2],
}

impl SheetPlaces {
    /// Places for pictures of these sizes, row after row; each of several has a line above.
    pub fn new(sizes_px: &[[f64; 2]]) -> Self {
        let n_columns = n_grid_columns(sizes_px.len());
        let (head, gap) = if sizes_px.len() > 1 { (HEAD_HEIGHT_PX, GAP_PX) } else { (0.0, 0.0) };
        let column_width = |column: usize| {
            sizes_px.iter().skip(column).step_by(n_columns).map(|[width, _]| *width).fold(0.0, f64::max)
        };
        let lefts: Vec<f64> = (0..n_columns)
            .scan(0.0, |left, column| {
                let here = *left;
                *left += column_width(column) + gap;
                Some(here)
            })
            .collect();
        let mut places = Self::default();
        let mut top = 0.0;
        for row in sizes_px.chunks(n_columns) {
            let height = row.iter().map(|[_, height]| *height).fold(0.0, f64::max);
            for (&left, [width, _]) in lefts.iter().zip(row) {
                places.corners.push([left, top + head]);
                places.size_px[0] = places.size_px[0].max(left + width);
            }
            places.size_px[1] = top + head + height;
            top = places.size_px[1] + gap;
        }
        places
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_picture_is_the_sheet() {
        let places = SheetPlaces::new(&[[400.0, 300.0]]);
        assert_eq!(places, SheetPlaces { corners: vec![[0.0, 0.0]], size_px: [400.0, 300.0] });
    }

    #[test]
    fn several_lie_in_the_grid_of_the_screen_with_a_line_above_each() {
        let places = SheetPlaces::new(&[[400.0, 300.0], [410.0, 300.0], [400.0, 290.0]]);
        assert_eq!(places.corners, [[0.0, 24.0], [408.0, 24.0], [0.0, 356.0]]);
        assert_eq!(places.size_px, [818.0, 646.0]);
        let sixteen = SheetPlaces::new(&[[100.0, 100.0]; 16]);
        assert_eq!((sixteen.corners[4], sixteen.size_px), ([0.0, 156.0], [424.0, 520.0]));
    }
}
