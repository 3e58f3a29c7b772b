use super::{finish, inconsistent, root, wire};
use crate::{DecodeError, bytes};

/// What the codes of a categorical column mean.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Categories {
    /// The labels, in the file's order.
    pub labels: Vec<String>,
    /// Cells of every label; missing last: one more than `labels`.
    pub counts: Vec<u32>,
    /// 0xRRGGBBAA of every label, when the file has colors.
    pub colors: Option<Vec<u32>>,
}

impl Categories {
    /// The tile's bytes.
    pub fn encode(&self) -> Vec<u8> {
        let tile = wire::CategoriesT {
            labels: self.labels.clone(),
            counts: Some(self.counts.clone()),
            colors: self.colors.clone(),
        };
        finish(|builder| tile.pack(builder).as_union_value())
    }

    /// Reads inflated bytes.
    ///
    /// # Errors
    /// When they are broken or the parts disagree.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let tile = root::<wire::Categories>(bytes, "Categories")?.unpack();
        let counts = tile.counts.unwrap_or_default();
        if counts.len() != tile.labels.len() + 1 {
            return Err(inconsistent("Categories", "there is not one count a label and one for missing"));
        }
        if tile.colors.as_ref().is_some_and(|colors| colors.len() != tile.labels.len()) {
            return Err(inconsistent("Categories", "there is not one color a label"));
        }
        Ok(Self { labels: tile.labels, counts, colors: tile.colors })
    }
}

/// Integers, one a cell, in the narrowest width that holds them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Codes {
    /// One byte a cell.
    U8(Vec<u8>),
    /// Two bytes a cell.
    U16(Vec<u16>),
    /// Four bytes a cell.
    U32(Vec<u32>),
}

impl Codes {
    /// The tile's bytes.
    pub fn encode(&self) -> Vec<u8> {
        let (width, codes) = match self {
            Self::U8(codes) => (1, codes.clone()),
            Self::U16(codes) => (2, bytes::to_planes(codes.iter().map(|code| code.to_le_bytes()))),
            Self::U32(codes) => (4, bytes::to_planes(codes.iter().map(|code| code.to_le_bytes()))),
        };
        let tile = wire::CodesT { width, codes };
        finish(|builder| tile.pack(builder).as_union_value())
    }

    /// Reads inflated bytes.
    ///
    /// # Errors
    /// When they are broken or of an unknown width.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let tile = root::<wire::Codes>(bytes, "Codes")?;
        let planes = tile.codes().bytes();
        let codes = match tile.width() {
            1 => Some(Self::U8(planes.to_vec())),
            2 => bytes::from_planes::<2>(planes).map(|codes| Self::U16(codes.map(u16::from_le_bytes).collect())),
            4 => bytes::from_planes::<4>(planes).map(|codes| Self::U32(codes.map(u32::from_le_bytes).collect())),
            _ => None,
        };
        codes.ok_or(inconsistent("Codes", "the width is not 1, 2 or 4, or does not divide the length"))
    }
}

/// Numbers, one a cell; NaN is missing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Values(
    /// One value a cell.
    pub Vec<f32>,
);

impl Values {
    /// The tile's bytes.
    pub fn encode(&self) -> Vec<u8> {
        let values = bytes::to_planes(self.0.iter().map(|value| value.to_le_bytes()));
        finish(|builder| wire::ValuesT { values }.pack(builder).as_union_value())
    }

    /// Reads inflated bytes.
    ///
    /// # Errors
    /// When they are broken.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let tile = root::<wire::Values>(bytes, "Values")?;
        bytes::from_planes::<4>(tile.values().bytes())
            .map(|values| Self(values.map(f32::from_le_bytes).collect()))
            .ok_or(inconsistent("Values", "the length is no multiple of 4"))
    }
}

/// Text, one a cell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Strings(
    /// One text a cell; `None` is missing.
    pub Vec<Option<String>>,
);

impl Strings {
    /// The tile's bytes.
    pub fn encode(&self) -> Vec<u8> {
        let (mut lengths, mut utf8) = (Vec::new(), Vec::new());
        for text in &self.0 {
            bytes::push_varint(text.as_ref().map_or(0, |text| text.len() as u64 + 1), &mut lengths);
            utf8.extend(text.as_deref().unwrap_or_default().as_bytes());
        }
        finish(|builder| wire::StringsT { lengths, utf8 }.pack(builder).as_union_value())
    }

    /// Reads inflated bytes.
    ///
    /// # Errors
    /// When they are broken or no UTF-8.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let tile = root::<wire::Strings>(bytes, "Strings")?;
        let wrong = || inconsistent("Strings", "the lengths do not cut the text into UTF-8 pieces");
        let (mut lengths, mut utf8) = (tile.lengths().bytes(), tile.utf8().bytes());
        let mut texts = Vec::new();
        while !lengths.is_empty() {
            let length = bytes::take_varint(&mut lengths).ok_or_else(wrong)?;
            let Some(length) = length.checked_sub(1) else {
                texts.push(None);
                continue;
            };
            let (text, rest) =
                usize::try_from(length).ok().and_then(|length| utf8.split_at_checked(length)).ok_or_else(wrong)?;
            texts.push(Some(str::from_utf8(text).map_err(|_| wrong())?.to_owned()));
            utf8 = rest;
        }
        if utf8.is_empty() { Ok(Self(texts)) } else { Err(wrong()) }
    }
}

/// The genes of one `var` table, densest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Genes {
    /// The var index.
    pub ids: Vec<String>,
    /// Symbols, when a column holds them; as many as `ids`.
    pub symbols: Option<Vec<String>>,
    /// The input's row of every gene in its var table.
    pub rows: Vec<u32>,
}

impl Genes {
    /// What people call a gene: its symbol, or its id.
    pub fn name(&self, gene: usize) -> Option<&str> {
        self.symbols.as_ref().unwrap_or(&self.ids).get(gene).map(String::as_str)
    }

    /// The tile's bytes.
    pub fn encode(&self) -> Vec<u8> {
        let tile = wire::GenesT { ids: self.ids.clone(), symbols: self.symbols.clone(), rows: Some(self.rows.clone()) };
        finish(|builder| tile.pack(builder).as_union_value())
    }

    /// Reads inflated bytes.
    ///
    /// # Errors
    /// When they are broken or the parts disagree.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let tile = root::<wire::Genes>(bytes, "Genes")?.unpack();
        let rows = tile.rows.unwrap_or_default();
        let n_vars = tile.ids.len();
        if rows.len() != n_vars || tile.symbols.as_ref().is_some_and(|symbols| symbols.len() != n_vars) {
            return Err(inconsistent("Genes", "ids, symbols and rows differ in number"));
        }
        Ok(Self { ids: tile.ids, symbols: tile.symbols, rows })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn categories_round_trip(labels: Vec<(String, u32, u32)>, missing: u32, colored: bool) {
            let mut counts: Vec<u32> = labels.iter().map(|label| label.1).collect();
            counts.push(missing);
            let colors = colored.then(|| labels.iter().map(|label| label.2).collect());
            let labels = labels.into_iter().map(|label| label.0).collect();
            let categories = Categories { labels, counts, colors };
            prop_assert_eq!(Categories::decode(&categories.encode()), Ok(categories));
        }

        #[test]
        fn codes_round_trip(a: Vec<u8>, b: Vec<u16>, c: Vec<u32>) {
            for codes in [Codes::U8(a), Codes::U16(b), Codes::U32(c)] {
                prop_assert_eq!(Codes::decode(&codes.encode()), Ok(codes));
            }
        }

        #[test]
        fn values_round_trip_bit_for_bit(bits: Vec<u32>) {
            let values = Values(bits.iter().map(|&bits| f32::from_bits(bits)).collect());
            let back = Values::decode(&values.encode()).unwrap();
            prop_assert!(back.0.iter().map(|value| value.to_bits()).eq(bits));
        }

        #[test]
        fn strings_round_trip(texts: Vec<Option<String>>) {
            let strings = Strings(texts);
            prop_assert_eq!(Strings::decode(&strings.encode()), Ok(strings));
        }

        #[test]
        fn genes_round_trip(genes: Vec<(String, String, u32)>, named: bool) {
            let genes = Genes {
                symbols: named.then(|| genes.iter().map(|gene| gene.1.clone()).collect()),
                rows: genes.iter().map(|gene| gene.2).collect(),
                ids: genes.into_iter().map(|gene| gene.0).collect(),
            };
            prop_assert_eq!(Genes::decode(&genes.encode()), Ok(genes));
        }
    }
}
