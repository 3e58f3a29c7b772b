//! A point as the GPU holds it: 8 bytes, a position and a style.

use bytemuck::{Pod, Zeroable};

/// The most points that can be drawn: the index buffer has 24 bits for a point, one value of which
/// says "empty". At this number each array is 64 MiB, half of what every WebGPU device can bind.
pub const MAX_POINTS: u32 = (1 << 24) - 1;

/// Where a point lies: 16-bit embedding units, `x | y << 16`. `x = 0xffff` means nowhere: such a
/// point is never drawn or picked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Pod, Zeroable)]
#[repr(transparent)]
pub struct PointPosition(u32);

impl PointPosition {
    /// No position.
    pub const NONE: Self = Self(u32::MAX);

    /// The position `x`, `y`, each `0..=65534`.
    #[must_use]
    pub const fn new(x: u16, y: u16) -> Self {
        Self(x as u32 | (y as u32) << 16)
    }

    /// `[x, y]`, or `None` where the point has no position.
    #[must_use]
    pub const fn xy(self) -> Option<[u16; 2]> {
        let x = self.0 as u16;
        if x == u16::MAX { None } else { Some([x, (self.0 >> 16) as u16]) }
    }

    /// Reads packed words as positions, without a copy.
    #[must_use]
    pub fn from_words(words: &[u32]) -> &[Self] {
        bytemuck::cast_slice(words)
    }
}

/// How a point looks: `color index | flags << 8 | priority << 16`; the highest byte is unused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Pod, Zeroable)]
#[repr(transparent)]
pub struct PointStyle(u32);

impl PointStyle {
    const SELECTED: u32 = 1 << 8;
    const HIDDEN: u32 = 1 << 9;

    /// A point of that color (an index into the LUT), unselected, visible, of priority 0.
    #[must_use]
    pub const fn new(color: u8) -> Self {
        Self(color as u32)
    }

    /// The same, selected: drawn above all unselected points and never dimmed for its flag.
    #[must_use]
    pub const fn selected(self) -> Self {
        Self(self.0 | Self::SELECTED)
    }

    /// The same, not drawn at all.
    #[must_use]
    pub const fn hidden(self) -> Self {
        Self(self.0 | Self::HIDDEN)
    }

    /// The same with a priority: among points of equal selection the higher one is drawn above.
    /// Its six highest bits count; among equals the earlier point is above.
    #[must_use]
    pub const fn with_priority(self, priority: u8) -> Self {
        Self(self.0 & !0xff_0000 | (priority as u32) << 16)
    }

    /// The color's index in the LUT.
    #[must_use]
    pub const fn color(self) -> u8 {
        self.0 as u8
    }

    /// Whether the point is selected.
    #[must_use]
    pub const fn is_selected(self) -> bool {
        self.0 & Self::SELECTED != 0
    }

    /// Whether the point is hidden.
    #[must_use]
    pub const fn is_hidden(self) -> bool {
        self.0 & Self::HIDDEN != 0
    }

    /// The priority's six bits that count.
    #[must_use]
    pub const fn priority_bits(self) -> u32 {
        self.0 >> 18 & 0x3f
    }

    /// Reads packed words as styles, without a copy.
    #[must_use]
    pub fn from_words(words: &[u32]) -> &[Self] {
        bytemuck::cast_slice(words)
    }
}

/// What differs between the styles on the GPU and those that replace them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StyleChange {
    /// Color indices only: the index buffer stays valid, the next frame costs pixels.
    ColorsOnly,
    /// Flags or priorities too: the points are splatted anew.
    Order,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_pack_as_documented() {
        assert_eq!(PointPosition::from_words(&[0x0002_0001])[0].xy(), Some([1, 2]));
        assert_eq!(PointPosition::new(65534, 65534).xy(), Some([65534, 65534]));
        assert_eq!(PointPosition::from_words(&[0x0000_ffff])[0].xy(), None);
        assert_eq!(PointPosition::NONE.xy(), None);
    }

    #[test]
    fn styles_pack_as_documented() {
        let style = PointStyle::new(7).selected().with_priority(0xff);
        assert_eq!(bytemuck::cast::<_, u32>(style), 0xff_01_07);
        assert_eq!(
            (style.color(), style.is_selected(), style.is_hidden(), style.priority_bits()),
            (7, true, false, 63)
        );
        assert!(PointStyle::new(0).hidden().is_hidden());
        assert_eq!(style.with_priority(4).priority_bits(), 1);
    }
}
