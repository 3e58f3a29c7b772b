//! Numbers as they are in the file, which the `f32` that the page draws from may round.

use std::fmt;

use roaring::RoaringBitmap;
use shared_fbs::{manifest::NumberKind, tile};

/// One number a cell (or gene), in the type of the file.
#[derive(Clone, Debug, PartialEq)]
pub enum Numbers {
    /// Whole numbers; `None` is missing.
    Int(Vec<Option<i64>>),
    /// Whole numbers of which some are beyond `i64`; `None` is missing.
    Uint(Vec<Option<u64>>),
    /// Numbers of 32 bits; NaN is missing.
    Float32(Vec<f32>),
    /// Numbers of 64 bits; NaN is missing.
    Float64(Vec<f64>),
}

/// One number in the type of the file. It is written in full: no digit of the file is lost.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Number {
    /// A whole number.
    Int(i64),
    /// A whole number that is not negative.
    Uint(u64),
    /// A number of 32 bits.
    Float32(f32),
    /// A number of 64 bits.
    Float64(f64),
}

impl Numbers {
    /// How many there are.
    pub fn len(&self) -> usize {
        match self {
            Self::Int(values) => values.len(),
            Self::Uint(values) => values.len(),
            Self::Float32(values) => values.len(),
            Self::Float64(values) => values.len(),
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What they are.
    pub fn kind(&self) -> NumberKind {
        match self {
            Self::Int(_) => NumberKind::Int,
            Self::Uint(_) => NumberKind::Uint,
            Self::Float32(_) => NumberKind::Float32,
            Self::Float64(_) => NumberKind::Float64,
        }
    }

    /// The number at a place; `None` where it is missing or there is no such place.
    pub fn get(&self, at: usize) -> Option<Number> {
        match self {
            Self::Int(values) => values.get(at).copied().flatten().map(Number::Int),
            Self::Uint(values) => values.get(at).copied().flatten().map(Number::Uint),
            Self::Float32(values) => values.get(at).copied().filter(|value| !value.is_nan()).map(Number::Float32),
            Self::Float64(values) => values.get(at).copied().filter(|value| !value.is_nan()).map(Number::Float64),
        }
    }

    /// The least and the largest finite number; `None` where there is none.
    pub fn extremes(&self) -> Option<(Number, Number)> {
        fn of<T: Copy + PartialOrd>(values: impl Iterator<Item = T>) -> Option<(T, T)> {
            values.fold(None, |extremes, value| match extremes {
                None => Some((value, value)),
                Some((min, max)) => {
                    Some((if value < min { value } else { min }, if value > max { value } else { max }))
                }
            })
        }
        fn both<T>((min, max): (T, T), number: fn(T) -> Number) -> (Number, Number) {
            (number(min), number(max))
        }
        match self {
            Self::Int(values) => of(values.iter().copied().flatten()).map(|ends| both(ends, Number::Int)),
            Self::Uint(values) => of(values.iter().copied().flatten()).map(|ends| both(ends, Number::Uint)),
            Self::Float32(values) => {
                of(values.iter().copied().filter(|value| value.is_finite())).map(|ends| both(ends, Number::Float32))
            }
            Self::Float64(values) => {
                of(values.iter().copied().filter(|value| value.is_finite())).map(|ends| both(ends, Number::Float64))
            }
        }
    }

    /// The nearest `f32` of each; NaN where missing.
    pub fn to_f32(&self) -> Vec<f32> {
        match self {
            Self::Int(values) => values.iter().map(|value| value.map_or(f32::NAN, |value| value as f32)).collect(),
            Self::Uint(values) => values.iter().map(|value| value.map_or(f32::NAN, |value| value as f32)).collect(),
            Self::Float32(values) => values.clone(),
            Self::Float64(values) => values.iter().map(|&value| value as f32).collect(),
        }
    }

    /// Whether [`Numbers::to_f32`] loses nothing.
    pub fn fit_f32(&self) -> bool {
        match self {
            Self::Int(values) => values.iter().flatten().all(|&value| (value as f32) as i128 == i128::from(value)),
            Self::Uint(values) => values.iter().flatten().all(|&value| (value as f32) as u128 == u128::from(value)),
            Self::Float32(_) => true,
            Self::Float64(values) => fit_f32(values),
        }
    }

    /// The numbers at these places, in that order.
    ///
    /// # Panics
    /// When there is no such place.
    #[must_use]
    pub fn arranged(&self, places: &[u32]) -> Self {
        fn take<T: Copy>(values: &[T], places: &[u32]) -> Vec<T> {
            places.iter().map(|&place| values[place as usize]).collect()
        }
        match self {
            Self::Int(values) => Self::Int(take(values, places)),
            Self::Uint(values) => Self::Uint(take(values, places)),
            Self::Float32(values) => Self::Float32(take(values, places)),
            Self::Float64(values) => Self::Float64(take(values, places)),
        }
    }

    /// The tiles of 64-bit numbers, of so many each.
    pub fn to_tiles(&self, numbers_per_tile: usize) -> Vec<tile::Numbers> {
        match self {
            Self::Int(values) => optional_tiles(values, numbers_per_tile, i64::cast_unsigned),
            Self::Uint(values) => optional_tiles(values, numbers_per_tile, |value| value),
            Self::Float32(values) => {
                let wide: Vec<f64> = values.iter().copied().map(f64::from).collect();
                float_tiles(&wide, numbers_per_tile)
            }
            Self::Float64(values) => float_tiles(values, numbers_per_tile),
        }
    }

    /// The numbers of tiles, in order; `None` where such numbers take no tile of 64-bit numbers.
    pub fn from_tiles(kind: NumberKind, tiles: &[tile::Numbers]) -> Option<Self> {
        Some(match kind {
            NumberKind::Int => Self::Int(tiles.iter().flat_map(|tile| present(tile, u64::cast_signed)).collect()),
            NumberKind::Uint => Self::Uint(tiles.iter().flat_map(|tile| present(tile, |bits| bits)).collect()),
            NumberKind::Float64 => {
                let float = |value: Option<f64>| value.unwrap_or(f64::NAN);
                Self::Float64(tiles.iter().flat_map(|tile| present(tile, f64::from_bits)).map(float).collect())
            }
            _ => return None,
        })
    }

    /// The numbers that `f32` holds exactly, in the type of the file.
    pub fn from_f32(kind: NumberKind, values: Vec<f32>) -> Self {
        let present = |value: &f32| (!value.is_nan()).then_some(*value);
        match kind {
            NumberKind::Int => Self::Int(values.iter().map(|value| present(value).map(|value| value as i64)).collect()),
            NumberKind::Uint => {
                Self::Uint(values.iter().map(|value| present(value).map(|value| value as u64)).collect())
            }
            NumberKind::Float64 => Self::Float64(values.into_iter().map(f64::from).collect()),
            _ => Self::Float32(values),
        }
    }
}

impl Number {
    /// The number that an `f32` stands for exactly, in the type of the file; `None` where it is missing (NaN).
    pub fn from_f32(kind: NumberKind, value: f32) -> Option<Self> {
        (!value.is_nan()).then(|| match kind {
            NumberKind::Int => Self::Int(value as i64),
            NumberKind::Uint => Self::Uint(value as u64),
            NumberKind::Float64 => Self::Float64(value.into()),
            _ => Self::Float32(value),
        })
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Int(value) => write!(f, "{value}"),
            Self::Uint(value) => write!(f, "{value}"),
            Self::Float32(value) => float(f, f64::from(*value), value, value),
            Self::Float64(value) => float(f, *value, value, value),
        }
    }
}

/// The shortest digits that give the number back: written out where that is readable, else in scientific notation.
fn float(
    f: &mut fmt::Formatter<'_>,
    value: f64,
    plain: &dyn fmt::Display,
    scientific: &dyn fmt::LowerExp,
) -> fmt::Result {
    let magnitude = value.abs();
    if magnitude == 0.0 || (1e-4..1e16).contains(&magnitude) || magnitude.is_infinite() {
        write!(f, "{plain}")
    } else {
        write!(f, "{scientific:e}")
    }
}

/// Whether every number is one of 32 bits, or missing.
pub fn fit_f32(values: &[f64]) -> bool {
    values.iter().all(|&value| value.is_nan() || f64::from(value as f32) == value)
}

fn optional_tiles<T: Copy>(
    values: &[Option<T>],
    numbers_per_tile: usize,
    bits: impl Fn(T) -> u64,
) -> Vec<tile::Numbers> {
    let tile = |values: &[Option<T>]| tile::Numbers {
        bits: values.iter().map(|value| value.map_or(0, &bits)).collect(),
        missing: (0..).zip(values).filter(|(_, value)| value.is_none()).map(|(place, _)| place).collect(),
    };
    values.chunks(numbers_per_tile).map(tile).collect()
}

fn float_tiles(values: &[f64], numbers_per_tile: usize) -> Vec<tile::Numbers> {
    let tile = |values: &[f64]| tile::Numbers {
        bits: values.iter().map(|value| value.to_bits()).collect(),
        missing: RoaringBitmap::new(),
    };
    values.chunks(numbers_per_tile).map(tile).collect()
}

fn present<T>(tile: &tile::Numbers, number: impl Fn(u64) -> T) -> impl Iterator<Item = Option<T>> {
    (0..).zip(&tile.bits).map(move |(place, &bits)| (!tile.missing.contains(place)).then(|| number(bits)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn numbers_survive_tiles(
            ints: Vec<Option<i64>>,
            uints: Vec<Option<u64>>,
            floats in prop::collection::vec(any::<f64>(), 0..50),
            per_tile in 1_usize..9,
        ) {
            for numbers in [Numbers::Int(ints), Numbers::Uint(uints), Numbers::Float64(floats)] {
                let tiles = numbers.to_tiles(per_tile);
                let again = Numbers::from_tiles(numbers.kind(), &tiles).unwrap();
                prop_assert_eq!(again.len(), numbers.len());
                prop_assert!((0..numbers.len()).all(|at| again.get(at) == numbers.get(at)));
            }
        }

        #[test]
        fn what_fits_f32_comes_back_from_it(ints: Vec<Option<i32>>, wide: Vec<i64>, floats: Vec<f32>) {
            let narrow = Numbers::Float64(floats.into_iter().map(f64::from).collect());
            prop_assert!(narrow.fit_f32());
            let ints = ints.into_iter().map(|value| value.map(i64::from)).chain(wide.into_iter().map(Some));
            for numbers in [narrow, Numbers::Int(ints.collect())].into_iter().filter(Numbers::fit_f32) {
                let again = Numbers::from_f32(numbers.kind(), numbers.to_f32());
                prop_assert!((0..numbers.len()).all(|at| again.get(at) == numbers.get(at)));
            }
        }
    }

    #[test]
    fn the_ends_of_the_types_do_not_fit_f32() {
        assert!(!Numbers::Int(vec![Some(i64::MAX)]).fit_f32());
        assert!(Numbers::Int(vec![Some(i64::MIN), None, Some(1 << 24)]).fit_f32());
        assert!(!Numbers::Uint(vec![Some(u64::MAX)]).fit_f32());
        assert!(!Numbers::Float64(vec![1e300]).fit_f32());
        assert!(Numbers::Float64(vec![f64::INFINITY, f64::NAN, 0.5]).fit_f32());
    }

    #[test]
    fn extremes_are_of_the_finite_numbers() {
        let floats = Numbers::Float64(vec![f64::NAN, 1_700_000_003.25, f64::INFINITY, 1_700_000_000.0]);
        assert_eq!(floats.extremes(), Some((Number::Float64(1_700_000_000.0), Number::Float64(1_700_000_003.25))));
        let ints = Numbers::Int(vec![None, Some(i64::MAX), Some(i64::MAX - 1)]);
        assert_eq!(ints.extremes(), Some((Number::Int(i64::MAX - 1), Number::Int(i64::MAX))));
        assert_eq!(Numbers::Float32(vec![f32::NAN]).extremes(), None);
    }

    #[test]
    fn numbers_are_written_in_full() {
        let written = [
            (Number::Int(i64::MIN), "-9223372036854775808"),
            (Number::Uint(u64::MAX), "18446744073709551615"),
            (Number::Float32(0.1), "0.1"),
            (Number::Float64(1_700_000_003.25), "1700000003.25"),
            (Number::Float64(0.1), "0.1"),
            (Number::Float64(1e300), "1e300"),
            (Number::Float64(1e-40), "1e-40"),
            (Number::Float64(f64::NEG_INFINITY), "-inf"),
            (Number::Float64(0.0), "0"),
        ];
        for (number, text) in written {
            assert_eq!(number.to_string(), text);
        }
        assert_eq!(Number::from_f32(NumberKind::Int, 3.0), Some(Number::Int(3)));
        assert_eq!(Number::from_f32(NumberKind::Float64, f32::NAN), None);
    }
}
