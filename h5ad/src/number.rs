//! Numbers as files store them, decoded from raw bytes.

use super::matrix::Loss;

/// Whole numbers up to this magnitude are exact as 32-bit floats.
const EXACT_IN_F32: u64 = 1 << 24;

/// A numeric type of numpy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Number {
    kind: Kind,
    big_endian: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    I8,
    I16,
    I32,
    I64,
    U8,
    U16,
    U32,
    U64,
    F16,
    F32,
    F64,
}

/// Numbers decoded as 32-bit floats.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Singles {
    /// One value per element.
    pub(super) values: Vec<f32>,
    /// What the numbers lost; of those beyond the range no columns.
    pub(super) loss: Loss,
    /// Which elements are finite numbers beyond the range of `f32`; they became infinite.
    pub(super) beyond: Vec<usize>,
}

impl Number {
    /// The whole number of so many bytes, if there is one.
    pub(super) fn integer(bytes: usize, signed: bool, big_endian: bool) -> Option<Self> {
        let kind = match (bytes, signed) {
            (1, true) => Kind::I8,
            (2, true) => Kind::I16,
            (4, true) => Kind::I32,
            (8, true) => Kind::I64,
            (1, false) => Kind::U8,
            (2, false) => Kind::U16,
            (4, false) => Kind::U32,
            (8, false) => Kind::U64,
            _ => return None,
        };
        Some(Self { kind, big_endian })
    }

    /// The IEEE 754 float of so many bytes, if there is one.
    pub(super) fn float(bytes: usize, big_endian: bool) -> Option<Self> {
        let kind = match bytes {
            2 => Kind::F16,
            4 => Kind::F32,
            8 => Kind::F64,
            _ => return None,
        };
        Some(Self { kind, big_endian })
    }

    /// A byte without a sign.
    pub(super) const BYTE: Self = Self { kind: Kind::U8, big_endian: false };

    /// The bytes of a number of this type, cut to its range.
    pub(super) fn encode(self, value: f64) -> Vec<u8> {
        let bytes = match self.kind {
            Kind::F32 => (value as f32).to_le_bytes().to_vec(),
            Kind::F64 => value.to_le_bytes().to_vec(),
            // Of half-precision floats only those that are common as fill values.
            Kind::F16 if value.is_nan() => 0x7e00_u16.to_le_bytes().to_vec(),
            Kind::F16 => 0_u16.to_le_bytes().to_vec(),
            Kind::I8 | Kind::I16 | Kind::I32 | Kind::I64 | Kind::U8 | Kind::U16 | Kind::U32 | Kind::U64 => {
                return self.encode_integer(value as i64);
            }
        };
        self.in_order(bytes)
    }

    /// The bytes of a whole number, cut to as many as the type has.
    pub(super) fn encode_integer(self, value: i64) -> Vec<u8> {
        self.in_order(value.to_le_bytes()[..self.bytes()].to_vec())
    }

    fn in_order(self, mut bytes: Vec<u8>) -> Vec<u8> {
        if self.big_endian {
            bytes.reverse();
        }
        bytes
    }

    /// Bytes of one number.
    pub(super) fn bytes(self) -> usize {
        match self.kind {
            Kind::I8 | Kind::U8 => 1,
            Kind::I16 | Kind::U16 | Kind::F16 => 2,
            Kind::I32 | Kind::U32 | Kind::F32 => 4,
            Kind::I64 | Kind::U64 | Kind::F64 => 8,
        }
    }

    /// numpy's name of the type.
    pub(super) fn name(self) -> &'static str {
        match self.kind {
            Kind::I8 => "int8",
            Kind::I16 => "int16",
            Kind::I32 => "int32",
            Kind::I64 => "int64",
            Kind::U8 => "uint8",
            Kind::U16 => "uint16",
            Kind::U32 => "uint32",
            Kind::U64 => "uint64",
            Kind::F16 => "float16",
            Kind::F32 => "float32",
            Kind::F64 => "float64",
        }
    }

    /// Whether the type is a float.
    pub(super) fn is_float(self) -> bool {
        matches!(self.kind, Kind::F16 | Kind::F32 | Kind::F64)
    }

    /// Decodes as 64-bit floats.
    pub(super) fn doubles(self, bytes: &[u8]) -> Vec<f64> {
        let big = self.big_endian;
        match self.kind {
            Kind::I8 => each(bytes, big, i8::from_le_bytes, f64::from),
            Kind::I16 => each(bytes, big, i16::from_le_bytes, f64::from),
            Kind::I32 => each(bytes, big, i32::from_le_bytes, f64::from),
            Kind::I64 => each(bytes, big, i64::from_le_bytes, |v| v as f64),
            Kind::U8 => each(bytes, big, u8::from_le_bytes, f64::from),
            Kind::U16 => each(bytes, big, u16::from_le_bytes, f64::from),
            Kind::U32 => each(bytes, big, u32::from_le_bytes, f64::from),
            Kind::U64 => each(bytes, big, u64::from_le_bytes, |v| v as f64),
            Kind::F16 => each(bytes, big, half, f64::from),
            Kind::F32 => each(bytes, big, f32::from_le_bytes, f64::from),
            Kind::F64 => each(bytes, big, f64::from_le_bytes, |v| v),
        }
    }

    /// Decodes as 32-bit floats and tells what was lost.
    pub(super) fn singles(self, bytes: &[u8]) -> Singles {
        let big = self.big_endian;
        let mut lost = Lost::default();
        let values = match self.kind {
            Kind::I8 => each(bytes, big, i8::from_le_bytes, f32::from),
            Kind::I16 => each(bytes, big, i16::from_le_bytes, f32::from),
            Kind::I32 => each(bytes, big, i32::from_le_bytes, |v| lost.whole(i64::from(v).into(), v as f32)),
            Kind::I64 => each(bytes, big, i64::from_le_bytes, |v| lost.whole(v.into(), v as f32)),
            Kind::U8 => each(bytes, big, u8::from_le_bytes, f32::from),
            Kind::U16 => each(bytes, big, u16::from_le_bytes, f32::from),
            Kind::U32 => each(bytes, big, u32::from_le_bytes, |v| lost.whole(v.into(), v as f32)),
            Kind::U64 => each(bytes, big, u64::from_le_bytes, |v| lost.whole(v.into(), v as f32)),
            Kind::F16 => each(bytes, big, half, |v| v),
            Kind::F32 => each(bytes, big, f32::from_le_bytes, |v| v),
            Kind::F64 => each(bytes, big, f64::from_le_bytes, |v| lost.double(v)),
        };
        Singles { values, loss: lost.loss, beyond: lost.beyond }
    }

    /// Decodes whole numbers of 64 bits without a sign, which the type must be.
    pub(super) fn unsigned(self, bytes: &[u8]) -> Vec<u64> {
        each(bytes, self.big_endian, u64::from_le_bytes, |v| v)
    }

    /// Whether every value of the type is exact as a 32-bit float.
    pub(super) fn fits_single(self) -> bool {
        !matches!(self.kind, Kind::I32 | Kind::U32 | Kind::I64 | Kind::U64 | Kind::F64)
    }

    /// Decodes integers; an unsigned one beyond `i64` comes as `i64::MAX`. Floats are cut to whole numbers.
    pub(super) fn integers(self, bytes: &[u8]) -> Vec<i64> {
        let big = self.big_endian;
        match self.kind {
            Kind::I8 => each(bytes, big, i8::from_le_bytes, i64::from),
            Kind::I16 => each(bytes, big, i16::from_le_bytes, i64::from),
            Kind::I32 => each(bytes, big, i32::from_le_bytes, i64::from),
            Kind::I64 => each(bytes, big, i64::from_le_bytes, |v| v),
            Kind::U8 => each(bytes, big, u8::from_le_bytes, i64::from),
            Kind::U16 => each(bytes, big, u16::from_le_bytes, i64::from),
            Kind::U32 => each(bytes, big, u32::from_le_bytes, i64::from),
            Kind::U64 => each(bytes, big, u64::from_le_bytes, |v| i64::try_from(v).unwrap_or(i64::MAX)),
            Kind::F16 => each(bytes, big, half, |v| v as i64),
            Kind::F32 => each(bytes, big, f32::from_le_bytes, |v| v as i64),
            Kind::F64 => each(bytes, big, f64::from_le_bytes, |v| v as i64),
        }
    }
}

/// Takes in numbers that become 32-bit floats, one after another, and keeps what they lose.
#[derive(Default)]
struct Lost {
    loss: Loss,
    beyond: Vec<usize>,
    n_taken: usize,
}

impl Lost {
    fn whole(&mut self, value: i128, single: f32) -> f32 {
        let magnitude = value.unsigned_abs();
        if magnitude > u128::from(EXACT_IN_F32) {
            let difference = (single as i128 - value).unsigned_abs();
            if difference > 0 {
                self.loss.n_rounded += 1;
                self.loss.largest_relative = self.loss.largest_relative.max(difference as f64 / magnitude as f64);
            }
        }
        single
    }

    fn double(&mut self, value: f64) -> f32 {
        let single = value as f32;
        let difference = (f64::from(single) - value).abs();
        // Of NaN and of infinities it is NaN. Counted without a branch, since zeros among other values are hard to
        // predict: that would take three times as long.
        self.loss.n_rounded += u64::from(difference > 0.0);
        if difference > self.loss.largest_relative * value.abs() {
            self.note_worse(value, single, difference);
        }
        self.n_taken += 1;
        single
    }

    /// Notes a number that lost more than those before it, or all.
    #[cold]
    fn note_worse(&mut self, value: f64, single: f32, difference: f64) {
        if single == 0.0 {
            self.loss.n_rounded -= 1;
            self.loss.n_vanished += 1;
        } else if difference.is_infinite() {
            self.loss.n_rounded -= 1;
            self.loss.largest_beyond = self.loss.largest_beyond.max(value.abs());
            self.beyond.push(self.n_taken);
        } else {
            self.loss.largest_relative = difference / value.abs();
        }
    }
}

/// Decodes elements of `W` bytes each; bytes after the last whole element are left out.
fn each<const W: usize, T, U>(
    bytes: &[u8],
    big_endian: bool,
    decode: impl Fn([u8; W]) -> T,
    mut convert: impl FnMut(T) -> U,
) -> Vec<U> {
    let (elements, _) = bytes.as_chunks::<W>();
    if big_endian {
        let reversed = |mut element: [u8; W]| {
            element.reverse();
            element
        };
        elements.iter().map(|element| convert(decode(reversed(*element)))).collect()
    } else {
        elements.iter().map(|element| convert(decode(*element))).collect()
    }
}

/// Decodes an IEEE 754 half-precision float.
fn half(bytes: [u8; 2]) -> f32 {
    let bits = u16::from_le_bytes(bytes);
    let sign = if bits >> 15 == 0 { 1.0 } else { -1.0 };
    let exponent = i32::from(bits >> 10 & 0x1f);
    let mantissa = f32::from(bits & 0x3ff);
    sign * match exponent {
        0 => mantissa * 2f32.powi(-24),
        31 if mantissa == 0.0 => f32::INFINITY,
        31 => f32::NAN,
        _ => (mantissa / 1024.0 + 1.0) * 2f32.powi(exponent - 15),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const I64_BIG: Number = Number { kind: Kind::I64, big_endian: true };
    const F64: Number = Number { kind: Kind::F64, big_endian: false };

    #[test]
    fn halves_decode() {
        let cases = [
            (0x0000, 0.0),
            (0x3c00, 1.0),
            (0xc000, -2.0),
            (0x7bff, 65504.0),
            (0x0001, 5.960_464_5e-8),
            (0x0400, 6.103_515_6e-5),
            (0x3555, 0.333_251_95),
            (0x7c00, f32::INFINITY),
            (0xfc00, f32::NEG_INFINITY),
        ];
        for (bits, value) in cases {
            assert_eq!(half(u16::to_le_bytes(bits)), value, "{bits:#06x}");
        }
        assert!(half(u16::to_le_bytes(0x7e00)).is_nan());
    }

    #[test]
    fn big_endian_integers_decode() {
        let bytes: Vec<u8> = [1i64, -2, i64::MAX].iter().flat_map(|v| v.to_be_bytes()).collect();
        assert_eq!(I64_BIG.integers(&bytes), [1, -2, i64::MAX]);
        let Singles { loss, .. } = I64_BIG.singles(&bytes);
        assert_eq!((loss.n_rounded, loss.largest_relative), (1, 2f64.powi(-63)));
    }

    #[test]
    fn singles_tell_what_they_lose() {
        let singles = |values: &[f64]| F64.singles(&values.iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<_>>());
        let exact = singles(&[0.5, -16_777_216.0, f64::NAN, f64::NEG_INFINITY, f64::from(f32::MAX), -0.0]);
        assert_eq!((exact.loss, exact.beyond), (Loss::default(), vec![]));
        let rounded = singles(&[16_777_217.0, 3.0, 0.1, 1e-300]);
        assert_eq!((rounded.loss.n_rounded, rounded.loss.n_vanished), (2, 1));
        assert!(rounded.loss.largest_relative < 6e-8);
        assert_eq!(singles(&[16_777_217.0]).loss.largest_relative, 1.0 / 16_777_217.0);
        let beyond = singles(&[1.0, -1e300, f64::INFINITY, 1e39]);
        assert_eq!(beyond.values, [1.0, f32::NEG_INFINITY, f32::INFINITY, f32::INFINITY]);
        assert_eq!((beyond.beyond, beyond.loss.largest_beyond, beyond.loss.n_rounded), (vec![1, 3], 1e300, 0));
        let unsigned = Number { kind: Kind::U64, big_endian: false };
        let halfway = unsigned.singles(&((1_u64 << 40) + (1 << 16)).to_le_bytes());
        assert_eq!(halfway.loss.n_rounded, 1);
        assert_eq!(unsigned.singles(&(1_u64 << 40).to_le_bytes()).loss, Loss::default());
    }
}
