//! From numbers to color indices.

use super::{ColorTable, Colormap, Ground, MISSING, Rgba, Tick, linear_ticks, log_ticks};
use crate::data::Continuous;
use crate::filter::{CellMask, Domain};
use crate::state::{Clip, ColorOptions};

/// The last index of the colormap; [`MISSING`] comes after it.
const LAST: f64 = 254.0;

/// A continuous coloring: which values get which of the 255 colors.
#[derive(Clone, Debug, PartialEq)]
pub struct ColorScale {
    /// The colors.
    pub colormap: Colormap,
    /// The values of the first and the last color; what lies beyond has the end's color.
    pub domain: Domain,
    /// Values outside are missing.
    kept: [f64; 2],
    log: bool,
    zeros_gray: bool,
    is_of_nothing: bool,
}

impl ColorScale {
    /// The scale that the options ask for, fitted to a column (to the cells of `within`, if given).
    ///
    /// Bounds that the options leave open are those of the values that are drawn: within the
    /// percentiles of `clip` (of all values, linear between ranks, as `numpy.percentile`), above
    /// zero on a logarithmic scale, other than zero when zeros are gray. A diverging colormap's
    /// open bounds are made symmetric about zero when values lie on both sides of it, and such
    /// values get a diverging colormap unless the options name another. An unknown name counts
    /// as none.
    pub fn fit(column: &Continuous, within: Option<&CellMask>, options: &ColorOptions) -> Self {
        let values = || {
            let in_set = move |cell: usize| within.is_none_or(|mask| mask.as_bytes()[cell] == 1);
            let values = column.values.iter().enumerate();
            values.filter(move |&(cell, value)| value.is_finite() && in_set(cell)).map(|(_, &value)| value)
        };
        let kept = match options.clip {
            Clip::NONE => [f64::NEG_INFINITY, f64::INFINITY],
            clip => percentiles(values().collect(), [clip.lower(), clip.upper()]),
        };
        let mut scale = Self {
            colormap: Colormap::default(),
            domain: Domain { min: 0.0, max: 0.0 },
            kept,
            log: options.log,
            zeros_gray: options.zeros_gray,
            is_of_nothing: false,
        };
        let drawn = values().filter(|&value| scale.is_drawn(value));
        let empty = [f32::INFINITY, f32::NEG_INFINITY];
        let [min, max] = drawn.fold(empty, |[min, max], value| [min.min(value), max.max(value)]);
        scale.is_of_nothing = min > max;
        let (min, max) = if scale.is_of_nothing { (0.0, 0.0) } else { (min, max) };
        let is_signed = min < 0.0 && max > 0.0;
        scale.colormap = options.colormap.as_deref().and_then(Colormap::from_name).unwrap_or(if is_signed {
            Colormap::Coolwarm
        } else {
            Colormap::default()
        });
        let (min, max) =
            if is_signed && scale.colormap.is_diverging() { (min.min(-max), max.max(-min)) } else { (min, max) };
        let asked = |bound: f32, of_data: f32| if bound.is_finite() { bound } else { of_data };
        let min = asked(options.range.min(), min);
        let max = asked(options.range.max(), max);
        scale.domain = Domain { min, max: max.max(min) };
        scale
    }

    /// Whether no value is drawn, so that the bounds are none of the data's.
    pub fn is_of_nothing(&self) -> bool {
        self.is_of_nothing
    }

    /// The color index of every cell.
    pub fn indices(&self, column: &Continuous) -> Vec<u8> {
        column.values.iter().map(|&value| self.index(value)).collect()
    }

    /// The color index of a value: 0 to 254, or [`MISSING`]. Where the domain has no width, 0.
    pub fn index(&self, value: f32) -> u8 {
        if !self.is_drawn(value) {
            return MISSING;
        }
        let place = self.place(f64::from(value));
        (place * (LAST + 1.0)).clamp(0.0, LAST) as u8
    }

    /// The colors of all indices.
    pub fn table(&self, missing: Rgba, ground: Ground) -> ColorTable {
        self.colormap.table(missing, ground)
    }

    /// About `count` marks for the legend.
    pub fn ticks(&self, count: usize) -> Vec<Tick> {
        let (min, max) = (f64::from(self.domain.min), f64::from(self.domain.max));
        if self.is_log() { log_ticks(min, max, count) } else { linear_ticks(min, max, count) }
    }

    /// The value at a place on the scale: 0 is its lower end, 1 its upper.
    pub fn value_at(&self, place: f64) -> f64 {
        let (min, max) = (f64::from(self.domain.min), f64::from(self.domain.max));
        if self.is_log() {
            let low = libm::log(min);
            libm::exp(low + (libm::log(max) - low) * place)
        } else {
            min + (max - min) * place
        }
    }

    /// What cells in the color of [`MISSING`] have in common.
    pub fn missing_name(&self) -> &'static str {
        let is_clipped = self.kept.iter().any(|bound| bound.is_finite());
        match (is_clipped, self.log, self.zeros_gray) {
            (true, ..) => "clipped, or no value",
            (_, true, _) => "zero or less, or no value",
            (_, _, true) => "zero, or no value",
            _ => "no value",
        }
    }

    fn is_log(&self) -> bool {
        self.log && self.domain.min > 0.0
    }

    fn is_drawn(&self, value: f32) -> bool {
        let wide = f64::from(value);
        self.kept[0] <= wide
            && wide <= self.kept[1]
            && !(self.log && value <= 0.0)
            && !(self.zeros_gray && value == 0.0)
    }

    /// 0 at the lower bound, 1 at the upper.
    fn place(&self, value: f64) -> f64 {
        let (min, max) = (f64::from(self.domain.min), f64::from(self.domain.max));
        let place = if self.is_log() {
            let low = libm::log(min);
            (libm::log(value) - low) / (libm::log(max) - low)
        } else {
            (value - min) / (max - min)
        };
        // No width, or an infinite value in it.
        if place.is_nan() || max <= min { 0.0 } else { place }
    }
}

/// The extent of the finite values between two percentiles, of all cells or of those of `within`; `None` without any.
pub fn clipped_domain(column: &Continuous, within: Option<&CellMask>, clip: Clip) -> Option<Domain> {
    if clip == Clip::NONE {
        return Domain::of(column, within);
    }
    let is_in = |cell: usize| within.is_none_or(|mask| mask.as_bytes()[cell] == 1);
    let values = column.values.iter().enumerate();
    let values: Vec<f32> =
        values.filter(|&(cell, value)| value.is_finite() && is_in(cell)).map(|(_, &value)| value).collect();
    let [lower, upper] = percentiles(values.clone(), [clip.lower(), clip.upper()]);
    let kept = values.into_iter().filter(|&value| lower <= f64::from(value) && f64::from(value) <= upper);
    let [min, max] =
        kept.fold([f32::INFINITY, f32::NEG_INFINITY], |[min, max], value| [min.min(value), max.max(value)]);
    (min <= max).then_some(Domain { min, max })
}

/// Percentiles (0 to 100) of values without NaN, linear between ranks.
fn percentiles(mut values: Vec<f32>, percentages: [f32; 2]) -> [f64; 2] {
    if values.is_empty() {
        return [f64::NEG_INFINITY, f64::INFINITY];
    }
    percentages.map(|percentage| {
        let rank = f64::from(percentage) / 100.0 * (values.len() - 1) as f64;
        let below = rank as usize;
        let (_, &mut low, rest) = values.select_nth_unstable_by(below, f32::total_cmp);
        let low = f64::from(low);
        let high = rest.iter().copied().min_by(f32::total_cmp).map_or(low, f64::from);
        low + (high - low) * (rank - below as f64)
    })
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;
    use crate::state::Range;

    fn column(values: &[f32]) -> Continuous {
        Continuous { values: values.to_vec() }
    }

    fn indices(values: &[f32], options: &ColorOptions) -> Vec<u8> {
        let column = column(values);
        ColorScale::fit(&column, None, options).indices(&column)
    }

    #[test]
    fn ends_have_the_end_colors_and_missing_is_gray() {
        let plain = ColorOptions::default();
        assert_eq!(indices(&[0.0, 1.0, 2.0, f32::NAN], &plain), [0, 127, 254, MISSING]);
        assert_eq!(indices(&[0.0, 2.0, f32::INFINITY, f32::NEG_INFINITY], &plain), [0, 254, 254, 0]);
        assert_eq!(indices(&[3.0, 3.0], &plain), [0, 0]);
        assert_eq!(indices(&[f32::NAN], &plain), [MISSING]);
        assert_eq!(indices(&[], &plain), [0u8; 0]);
        let is_of_nothing = |values: &[f32]| ColorScale::fit(&column(values), None, &plain).is_of_nothing();
        assert!(is_of_nothing(&[f32::NAN, f32::INFINITY]) && is_of_nothing(&[]) && !is_of_nothing(&[0.0]));
    }

    #[test]
    fn zeros_can_be_gray() {
        let options = ColorOptions { zeros_gray: true, ..ColorOptions::default() };
        assert_eq!(indices(&[0.0, 1.0, 3.0, -0.0], &options), [MISSING, 0, 254, MISSING]);
        assert_eq!(indices(&[0.0, 0.0], &options), [MISSING, MISSING]);
    }

    #[test]
    fn a_logarithmic_scale_has_no_place_for_zero() {
        let options = ColorOptions { log: true, ..ColorOptions::default() };
        assert_eq!(indices(&[0.0, -1.0, 1.0, 10.0, 100.0], &options), [MISSING, MISSING, 0, 127, 254]);
    }

    #[test]
    fn signed_values_diverge_from_zero() {
        let signed = column(&[-1.0, 0.0, 3.0]);
        let scale = ColorScale::fit(&signed, None, &ColorOptions::default());
        assert_eq!((scale.colormap, scale.domain), (Colormap::Coolwarm, Domain { min: -3.0, max: 3.0 }));
        assert_eq!(scale.index(0.0), 127);
        let options = ColorOptions { colormap: Some("magma".to_owned()), ..ColorOptions::default() };
        let scale = ColorScale::fit(&signed, None, &options);
        assert_eq!((scale.colormap, scale.domain), (Colormap::Magma, Domain { min: -1.0, max: 3.0 }));
    }

    #[test]
    fn an_asked_range_holds_and_a_subset_fits_its_own() {
        let values = column(&[0.0, 5.0, 10.0]);
        let range = Range::new(f32::NEG_INFINITY, 5.0).unwrap();
        let scale = ColorScale::fit(&values, None, &ColorOptions { range, ..ColorOptions::default() });
        assert_eq!(scale.indices(&values), [0, 254, 254]);
        let subset = CellMask::from_bytes(vec![0, 1, 1]);
        let scale = ColorScale::fit(&values, Some(&subset), &ColorOptions::default());
        assert_eq!(scale.domain, Domain { min: 5.0, max: 10.0 });
        let labels: Vec<String> = scale.ticks(5).into_iter().map(|tick| tick.label).collect();
        assert_eq!(labels, ["5", "6", "7", "8", "9", "10"]);
    }

    #[test]
    fn clip_makes_outliers_missing() {
        // Of 0..=100 and an outlier, the 1st and 99th percentiles are 1.01 and 99.99.
        let values: Vec<f32> = (0..=100).map(|value| value as f32).chain([1e6]).collect();
        let clip = Clip::new(1.0, 99.0).unwrap();
        let found = indices(&values, &ColorOptions { clip, ..ColorOptions::default() });
        assert_eq!(found[..3], [MISSING, MISSING, 0]);
        assert_eq!(found[99..], [254, MISSING, MISSING]);
    }

    proptest! {
        #[test]
        fn percentiles_are_those_of_the_sorted_values(values in vec(-1e6f32..1e6, 1..200), a in 0f32..=100.0, b in 0f32..=100.0) {
            let mut sorted = values.clone();
            sorted.sort_by(f32::total_cmp);
            let expected = [a, b].map(|percentage| {
                let rank = f64::from(percentage) / 100.0 * (sorted.len() - 1) as f64;
                let below = rank.floor() as usize;
                let (low, high) = (f64::from(sorted[below]), f64::from(sorted[(below + 1).min(sorted.len() - 1)]));
                low + (high - low) * (rank - below as f64)
            });
            prop_assert_eq!(percentiles(values, [a, b]), expected);
        }

        #[test]
        fn the_value_at_a_place_has_the_color_of_that_place(values in vec(0.5f32..1e3, 2..50), place in 0f64..=1.0, log: bool) {
            let options = ColorOptions { log, ..ColorOptions::default() };
            let scale = ColorScale::fit(&column(&values), None, &options);
            prop_assume!(scale.domain.max > scale.domain.min * 1.01);
            let index = f64::from(scale.index(scale.value_at(place) as f32));
            prop_assert!((index - place * LAST).abs() <= 1.5, "{index} at {place}");
        }

        #[test]
        fn larger_values_never_have_a_lower_color(values in vec(-1e3f32..1e3, 2..100), log: bool) {
            let options = ColorOptions { log, ..ColorOptions::default() };
            let mut sorted = values;
            sorted.sort_by(f32::total_cmp);
            sorted.retain(|&value| !log || value > 0.0);
            prop_assert!(indices(&sorted, &options).is_sorted());
        }
    }
}
