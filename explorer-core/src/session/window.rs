//! What the picture shows of an embedding.

/// A part of an embedding, in its 16-bit units.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Window {
    /// Lowest x and y.
    pub min: [f64; 2],
    /// Highest x and y.
    pub max: [f64; 2],
}

impl Window {
    /// This and half of it on every side: where the picture may soon be.
    #[must_use]
    pub fn with_margin(&self) -> Self {
        let half = [0, 1].map(|axis| (self.max[axis] - self.min[axis]) / 2.0);
        Self {
            min: [0, 1].map(|axis| self.min[axis] - half[axis]),
            max: [0, 1].map(|axis| self.max[axis] + half[axis]),
        }
    }

    /// Whether a position is inside.
    pub fn holds(&self, x: u16, y: u16) -> bool {
        let inside = |axis: usize, at: u16| (self.min[axis]..=self.max[axis]).contains(&f64::from(at));
        inside(0, x) && inside(1, y)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_edges_are_inside() {
        let window = Window { min: [10.0, 20.0], max: [30.0, 40.0] };
        assert!(window.holds(10, 40) && window.holds(30, 20));
        assert!(!window.holds(9, 30) && !window.holds(20, 41));
    }

    #[test]
    fn the_margin_doubles_it_about_its_center() {
        let wide = Window { min: [10.0, 20.0], max: [30.0, 60.0] }.with_margin();
        assert_eq!(wide, Window { min: [0.0, 0.0], max: [40.0, 80.0] });
    }
}
