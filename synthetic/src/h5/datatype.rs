//! What elements are (section IV.A.2.d).

/// The type of a dataset's elements. All numbers are little-endian.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Datatype {
    /// A boolean, as h5py stores one: an enumeration of two bytes.
    Bool,
    /// 8-bit signed integer.
    I8,
    /// 16-bit signed integer.
    I16,
    /// 32-bit signed integer.
    I32,
    /// 64-bit signed integer.
    I64,
    /// 32-bit float.
    F32,
    /// 64-bit float.
    F64,
    /// A reference to a UTF-8 string of any length.
    Text,
}

impl Datatype {
    /// Bytes of an element.
    pub fn bytes(self) -> usize {
        match self {
            Self::Bool | Self::I8 => 1,
            Self::I16 => 2,
            Self::I32 | Self::F32 => 4,
            Self::I64 | Self::F64 => 8,
            Self::Text => 16,
        }
    }

    /// The body of its message.
    pub fn encode(self) -> Vec<u8> {
        match self {
            Self::I8 | Self::I16 | Self::I32 | Self::I64 => integer(self.bytes(), SIGNED),
            // Sign bit, precision, exponent's place and size, mantissa's place and size, bias.
            Self::F32 => float(31, 32, [23, 8, 0, 23], 127),
            Self::F64 => float(63, 64, [52, 11, 0, 52], 1023),
            Self::Bool => {
                let mut message = start(8, [2, 0, 0], 1);
                message.extend(integer(1, SIGNED));
                // Names are padded to a multiple of 8.
                message.extend_from_slice(b"FALSE\0\0\0TRUE\0\0\0\0");
                message.extend_from_slice(&[0, 1]);
                message
            }
            Self::Text => {
                // A string, ended by a zero, in UTF-8.
                let mut message = start(9, [1, 1, 0], self.bytes());
                message.extend(integer(1, 0));
                message
            }
        }
    }
}

const SIGNED: u8 = 8;

/// Version 1, class, the class's bits, size.
fn start(class: u8, bits: [u8; 3], bytes: usize) -> Vec<u8> {
    let mut message = vec![0x10 | class, bits[0], bits[1], bits[2]];
    message.extend_from_slice(&(bytes as u32).to_le_bytes());
    message
}

fn integer(bytes: usize, sign: u8) -> Vec<u8> {
    let mut message = start(0, [sign, 0, 0], bytes);
    message.extend_from_slice(&[0, 0]);
    message.extend_from_slice(&(8 * bytes as u16).to_le_bytes());
    message
}

fn float(sign: u8, precision: u16, fields: [u8; 4], bias: u32) -> Vec<u8> {
    // The mantissa's first bit is implied.
    let mut message = start(1, [0x20, sign, 0], usize::from(precision) / 8);
    message.extend_from_slice(&[0, 0]);
    message.extend_from_slice(&precision.to_le_bytes());
    message.extend_from_slice(&fields);
    message.extend_from_slice(&bias.to_le_bytes());
    message
}

/// A number that a dataset can hold.
pub trait Scalar: Copy {
    /// The type of such elements.
    const DATATYPE: Datatype;

    /// Puts the number into the bytes of an element.
    fn put(self, element: &mut [u8]);

    /// The bytes of some numbers.
    fn bytes_of(numbers: &[Self]) -> Vec<u8> {
        let mut bytes = vec![0; size_of_val(numbers)];
        for (element, number) in bytes.chunks_exact_mut(size_of::<Self>()).zip(numbers) {
            number.put(element);
        }
        bytes
    }
}

macro_rules! scalar {
    ($($number:ty => $datatype:ident),*) => {
        $(impl Scalar for $number {
            const DATATYPE: Datatype = Datatype::$datatype;

            #[inline]
            fn put(self, element: &mut [u8]) {
                element.copy_from_slice(&self.to_le_bytes());
            }
        })*
    };
}

scalar!(i8 => I8, i16 => I16, i32 => I32, i64 => I64, f32 => F32, f64 => F64);

impl Scalar for bool {
    const DATATYPE: Datatype = Datatype::Bool;

    fn put(self, element: &mut [u8]) {
        element[0] = u8::from(self);
    }
}
