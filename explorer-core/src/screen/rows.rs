//! Long lists of which only the rows in sight exist.

/// The rows that a scrolled list must hold: `start..end`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RowWindow {
    /// First row held.
    pub start: usize,
    /// One past the last row held.
    pub end: usize,
}

impl RowWindow {
    /// The rows in a viewport of `viewport_px`, scrolled down by `scroll_px`, among `count` rows of
    /// `row_px` each, and `overscan` more on either side.
    pub fn of(count: usize, row_px: f64, viewport_px: f64, scroll_px: f64, overscan: usize) -> Self {
        let first = (scroll_px.max(0.0) / row_px).floor() as usize;
        let past = ((scroll_px.max(0.0) + viewport_px.max(0.0)) / row_px).ceil() as usize;
        let end = past.saturating_add(overscan).min(count);
        Self { start: first.saturating_sub(overscan).min(end), end }
    }
}

/// How far to scroll so that `row` is wholly in sight, moving as little as can be.
pub fn scroll_to_show(row: usize, row_px: f64, viewport_px: f64, scroll_px: f64) -> f64 {
    let top = row as f64 * row_px;
    scroll_px.min(top).max(top + row_px - viewport_px)
}

/// The row that a key leads to from row `at` of `count`, where `page` of them are in sight; `None` for other keys.
pub fn row_by_key(key: &str, at: usize, count: usize, page: usize) -> Option<usize> {
    let last = count.checked_sub(1)?;
    let page = page.saturating_sub(1).max(1);
    let row = match key {
        "ArrowDown" => at + 1,
        "ArrowUp" => at.saturating_sub(1),
        "PageDown" => at + page,
        "PageUp" => at.saturating_sub(page),
        "Home" => 0,
        "End" => last,
        _ => return None,
    };
    Some(row.min(last))
}

/// The key by which a row is passed over that a key leads to: further on, and back from the ends.
pub fn key_onward(key: &str) -> &str {
    match key {
        "Home" | "PageDown" => "ArrowDown",
        "End" | "PageUp" => "ArrowUp",
        _ => key,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_passed_over_is_passed_over_towards_the_list() {
        let onward = |key, row| row_by_key(key_onward(key), row, 10, 5);
        assert_eq!(["Home", "ArrowDown", "PageDown"].map(|key| onward(key, 0)), [Some(1); 3]);
        assert_eq!(["End", "ArrowUp", "PageUp"].map(|key| onward(key, 9)), [Some(8); 3]);
    }

    #[test]
    fn the_window_covers_the_viewport_and_no_more_than_the_list() {
        assert_eq!(RowWindow::of(1000, 28.0, 280.0, 0.0, 0), RowWindow { start: 0, end: 10 });
        assert_eq!(RowWindow::of(1000, 28.0, 280.0, 14.0, 0), RowWindow { start: 0, end: 11 });
        assert_eq!(RowWindow::of(1000, 28.0, 280.0, 2800.0, 6), RowWindow { start: 94, end: 116 });
        assert_eq!(RowWindow::of(5, 28.0, 280.0, 0.0, 6), RowWindow { start: 0, end: 5 });
        assert_eq!(RowWindow::of(0, 28.0, 280.0, 0.0, 6), RowWindow { start: 0, end: 0 });
    }

    #[test]
    fn a_list_that_shrank_under_the_scroll_has_an_empty_window() {
        assert_eq!(RowWindow::of(3, 28.0, 280.0, 9000.0, 0), RowWindow { start: 3, end: 3 });
    }

    #[test]
    fn showing_a_row_scrolls_as_little_as_can_be() {
        assert_eq!(scroll_to_show(0, 20.0, 100.0, 0.0), 0.0);
        assert_eq!(scroll_to_show(4, 20.0, 100.0, 0.0), 0.0);
        assert_eq!(scroll_to_show(5, 20.0, 100.0, 0.0), 20.0);
        assert_eq!(scroll_to_show(2, 20.0, 100.0, 200.0), 40.0);
        assert_eq!(scroll_to_show(12, 20.0, 100.0, 200.0), 200.0);
    }

    #[test]
    fn keys_lead_from_row_to_row_and_stop_at_the_ends() {
        let lead = |key, at| row_by_key(key, at, 100, 11);
        assert_eq!([lead("ArrowDown", 4), lead("ArrowUp", 4), lead("PageDown", 4)], [Some(5), Some(3), Some(14)]);
        assert_eq!([lead("ArrowUp", 0), lead("PageUp", 7), lead("Home", 50)], [Some(0); 3]);
        assert_eq!([lead("ArrowDown", 99), lead("PageDown", 95), lead("End", 3)], [Some(99); 3]);
        assert_eq!([lead("Enter", 3), row_by_key("End", 0, 0, 11)], [None; 2]);
        assert_eq!(row_by_key("PageDown", 3, 100, 0), Some(4));
    }
}
