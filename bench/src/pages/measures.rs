//! What is measured of a viewer, and the arithmetic of it.

/// What was measured of a viewer at one size: seconds and bytes, nothing where it cannot do the thing.
#[derive(Clone, Debug, Default)]
pub struct Measures {
    /// From navigation to the first picture.
    pub first_picture: Option<f64>,
    /// From navigation to the last change of the picture.
    pub complete_picture: Option<f64>,
    /// Between animation frames with a drawing while the pointer drags the picture: the median.
    pub pan_median: Option<f64>,
    /// The 95th percentile of these.
    pub pan_p95: Option<f64>,
    /// From the pointer's release after panning to the last change of the picture.
    pub rest: Option<f64>,
    /// From asking for another column, for the first time, to the last change of the picture.
    pub recolor_first: Option<f64>,
    /// The same between columns that were shown before: the median.
    pub recolor: Option<f64>,
    /// From the pointer's release after a lasso to the count of the selection.
    pub lasso_count: Option<f64>,
    /// From the pointer's release after a lasso to the last change of the picture.
    pub lasso_picture: Option<f64>,
    /// From the pointer's move over a histogram to the count of the selection.
    pub brush_count: Option<f64>,
    /// Bytes transferred until the picture was complete.
    pub transferred: Option<f64>,
    /// Memory of the page's process with the picture complete, its share of what it shares with others.
    pub page_memory: Option<f64>,
    /// The same after the cells were colored by everything that the viewer offers, in turn.
    pub colored_memory: Option<f64>,
    /// The same of the browser's graphics process, with the picture complete.
    pub graphics_memory: Option<f64>,
    /// The most memory that the server held.
    pub server_memory: Option<f64>,
    /// How the page answered to each gesture.
    pub reactions: Vec<Reaction>,
    /// Why something is missing.
    pub notes: Vec<String>,
}

/// How a page answered while something was done in it.
#[derive(Clone, Debug, PartialEq)]
pub struct Reaction {
    /// What was done.
    pub gesture: &'static str,
    /// Seconds of the longest task of the main thread; browsers tell of tasks over 50 ms alone.
    pub longest_task: Option<f64>,
    /// Seconds from the slowest press, release or key to the next frame; browsers tell of 16 ms or more.
    pub slowest_input: Option<f64>,
}

/// Seconds that frames took while the pointer moved, from milliseconds at which frames began.
///
/// A frame with a drawing lasts until the next frame with one, or, after the pointer's release, until the next frame of
/// any kind: what is drawn at rest is no motion, and what the browser could not begin earlier is the last frame's fault.
pub fn frame_times(drawn: &[f64], all: &[f64], released: f64) -> Vec<f64> {
    let in_motion: Vec<f64> = drawn.iter().copied().filter(|&began| began <= released).collect();
    let followed = in_motion.windows(2).map(|pair| pair[1] - pair[0]);
    let last = in_motion.last().and_then(|&last| Some(all.iter().find(|&&began| began > last)? - last));
    followed.chain(last).map(|millis| millis / 1e3).collect()
}

/// The value that this share of all values does not exceed; the nearest rank.
pub fn percentile(values: &[f64], share: f64) -> Option<f64> {
    let mut values = values.to_vec();
    values.sort_unstable_by(f64::total_cmp);
    let rank = (values.len() as f64 * share).ceil() as usize;
    values.get(rank.saturating_sub(1)).copied()
}

/// The value in the middle.
pub fn median(values: &[f64]) -> Option<f64> {
    percentile(values, 0.5)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_of_the_nearest_rank() {
        let values: Vec<f64> = (1..=20).rev().map(f64::from).collect();
        assert_eq!(median(&values), Some(10.0));
        assert_eq!(percentile(&values, 0.95), Some(19.0));
        assert_eq!(percentile(&[7.0], 0.95), Some(7.0));
        assert_eq!(percentile(&[], 0.5), None);
    }

    #[test]
    fn frames_without_a_drawing_lengthen_the_one_before() {
        let all = [0.0, 16.0, 32.0, 48.0, 64.0];
        assert_eq!(frame_times(&[0.0, 16.0, 48.0], &all, 50.0), [0.016, 0.032, 0.016]);
    }

    #[test]
    fn what_is_drawn_at_rest_is_no_motion() {
        let all = [0.0, 16.0, 32.0, 500.0];
        assert_eq!(frame_times(&[0.0, 16.0, 500.0], &all, 20.0), [0.016, 0.016]);
    }

    #[test]
    fn a_frame_that_held_the_browser_up_is_as_long_as_that() {
        assert_eq!(frame_times(&[0.0, 3000.0], &[0.0, 3000.0], 640.0), [3.0]);
        assert!(frame_times(&[], &[0.0], 10.0).is_empty());
    }
}
