//! Outlines over the picture.

use std::fmt::Write as _;

/// A closed path through points, as SVG writes it.
pub fn closed_path(points: impl Iterator<Item = [f64; 2]>) -> String {
    let mut text = String::new();
    for ([x, y], command) in points.zip(std::iter::once('M').chain(std::iter::repeat('L'))) {
        write!(text, "{command}{x:.1} {y:.1}").expect("writing to memory does not fail");
    }
    if !text.is_empty() {
        text.push('Z');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_closed_and_none_is_empty() {
        assert_eq!(closed_path([[0.0, 1.0], [2.26, 3.0]].into_iter()), "M0.0 1.0L2.3 3.0Z");
        assert_eq!(closed_path(std::iter::empty()), "");
    }
}
