//! How values are written in attributes and labels.

/// A colour as sRGB bytes.
pub type Rgb = [u8; 3];

/// The colour as CSS reads it: `#0b6a86`.
pub(crate) fn css_color([red, green, blue]: Rgb) -> String {
    format!("#{red:02x}{green:02x}{blue:02x}")
}

/// The number with its noun: `1 gene`, `2,048 genes`.
pub(crate) fn plural(count: usize, one: &str, many: &str) -> String {
    let noun = if count == 1 { one } else { many };
    format!("{} {noun}", explorer_core::format::integer(count as u64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_and_counts_are_written() {
        assert_eq!(css_color([0, 106, 255]), "#006aff");
        assert_eq!(plural(1, "gene", "genes"), "1 gene");
        assert_eq!(plural(2048, "gene", "genes"), "2,048 genes");
    }
}
