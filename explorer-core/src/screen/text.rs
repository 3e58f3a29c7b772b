//! Text that has to fit.

/// The text, cut with an ellipsis where it is wider than `most_px`.
pub fn fitted(text: &str, most_px: f64, width: impl Fn(&str) -> f64) -> String {
    if width(text) <= most_px {
        return text.to_owned();
    }
    let mut kept: Vec<char> = text.chars().collect();
    loop {
        kept.pop();
        let cut = format!("{}…", kept.iter().collect::<String>().trim_end());
        if kept.is_empty() || width(&cut) <= most_px {
            return cut;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_wide_is_cut() {
        let width = |text: &str| text.chars().count() as f64;
        assert_eq!(fitted("CD4 T", 5.0, width), "CD4 T");
        assert_eq!(fitted("CD4 T cell", 5.0, width), "CD4…");
        assert_eq!(fitted("CD4", 0.5, width), "…");
    }
}
