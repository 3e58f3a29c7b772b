//! How values are written in attributes and labels.

/// A colour as sRGB bytes.
pub type Rgb = [u8; 3];

/// The colour as CSS reads it: `#0b6a86`.
pub(crate) fn css_color([red, green, blue]: Rgb) -> String {
    format!("#{red:02x}{green:02x}{blue:02x}")
}

/// A measured value to at most `digits` significant digits, without zeros at the end: `0.02`,
/// `−1.5`, `8042`.
pub(crate) fn short(value: f64, digits: usize) -> String {
    let text = explorer_core::format::significant(value, digits).replace('-', "−");
    if text.contains('.') && !text.contains('e') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

/// The number with its noun: `1 gene`, `2,048 genes`.
pub(crate) fn plural(count: usize, one: &str, many: &str) -> String {
    let noun = if count == 1 { one } else { many };
    format!("{} {noun}", explorer_core::format::integer(count as u64))
}

#[cfg(test)]
mod tests {
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::*;

    #[test]
    fn colours_and_counts_are_written() {
        assert_eq!(css_color([0, 106, 255]), "#006aff");
        assert_eq!(plural(1, "gene", "genes"), "1 gene");
        assert_eq!(short(0.02, 4), "0.02");
        assert_eq!(short(-1.5, 3), "−1.5");
        assert_eq!(short(8042.0, 4), "8042");
        assert_eq!(plural(2048, "gene", "genes"), "2,048 genes");
    }
}
