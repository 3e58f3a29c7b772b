//! A rectangle that is typed: from and to along both axes.

use super::{BoundError, number};

/// Why what was typed is no rectangle.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum RectangleError {
    /// A bound is no number.
    #[error("{axis} {end}: {error}")]
    Bound {
        /// `x` or `y`.
        axis: &'static str,
        /// `from` or `to`.
        end: &'static str,
        /// What is wrong.
        error: BoundError,
    },
    /// The rectangle has no area.
    #[error("{axis} must go from a number to a greater one.")]
    Empty {
        /// `x` or `y`.
        axis: &'static str,
    },
}

/// Two opposite corners, from what was typed into the fields of x from, x to, y from and y to.
///
/// # Errors
/// [`RectangleError`], of the first field that is wrong.
pub fn typed_rectangle(fields: [&str; 4]) -> Result<[(f64, f64); 2], RectangleError> {
    let span = |axis, from: &str, to: &str| {
        let bound = |text: &str| match number::<f64>(text) {
            Ok(value) if value.is_finite() => Ok(value),
            Ok(_) => Err(BoundError::NotANumber(text.trim().to_owned())),
            Err(error) => Err(error),
        };
        let wrong = |end| move |error| RectangleError::Bound { axis, end, error };
        let (from, to) = (bound(from).map_err(wrong("from"))?, bound(to).map_err(wrong("to"))?);
        if from < to { Ok((from, to)) } else { Err(RectangleError::Empty { axis }) }
    };
    let [x_from, x_to, y_from, y_to] = fields;
    let (x, y) = (span("x", x_from, x_to)?, span("y", y_from, y_to)?);
    Ok([(x.0, y.0), (x.1, y.1)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_numbers_are_two_corners() {
        assert_eq!(typed_rectangle(["−1.5", "2", " 0", "1e1 "]), Ok([(-1.5, 0.0), (2.0, 10.0)]));
    }

    #[test]
    fn the_first_field_that_is_wrong_is_named() {
        let told = |fields| typed_rectangle(fields).map_err(|error| error.to_string());
        assert_eq!(told(["", "2", "a", "3"]), Err("x from: “” is not a number.".to_owned()));
        assert_eq!(told(["1", "2", "0", "inf"]), Err("y to: “inf” is not a number.".to_owned()));
        assert_eq!(told(["1", "2", "3", "3"]), Err("y must go from a number to a greater one.".to_owned()));
    }
}
