//! How far a build has come, and how long the rest takes.

use std::collections::BTreeMap;

/// Stages of a build that tell how far they are, each by what its name begins with, and how much of the time an entry of a
/// matrix takes in it.
const STAGES: [(&str, f64); 3] = [("reading ", 3.0), ("writing cells of ", 4.0), ("writing genes of ", 3.0)];

/// The one stage where a dataset is copied.
const COPYING: &str = "copying";

/// Below this share the time left is anybody's guess.
const LEAST_SHARE: f64 = 0.03;

/// How far a build has come, from the stages that it tells.
#[derive(Default)]
pub struct Estimate {
    /// Entries of each matrix, by its name.
    matrices: BTreeMap<String, f64>,
    /// What is done, by the stage's name.
    done: BTreeMap<String, f64>,
    /// What is copied, from 0 to 1.
    copied: f64,
}

impl Estimate {
    /// Nothing is done of these matrices, each with its number of entries.
    pub fn new(matrices: impl IntoIterator<Item = (String, f64)>) -> Self {
        Self { matrices: matrices.into_iter().collect(), ..Self::default() }
    }

    /// A stage has come so far, from 0 to 1.
    pub fn note(&mut self, stage: &str, share: f64) {
        if stage == COPYING {
            self.copied = share;
        }
        for (kind, weight) in STAGES {
            if let Some(n_entries) = stage.strip_prefix(kind).and_then(|matrix| self.matrices.get(matrix)) {
                self.done.insert(stage.to_owned(), share * weight * n_entries);
            }
        }
    }

    /// What is done of all, from 0 to 1.
    pub fn share(&self) -> f64 {
        let per_entry: f64 = STAGES.iter().map(|(_, weight)| weight).sum();
        let total = self.matrices.values().sum::<f64>() * per_entry;
        if total > 0.0 { self.done.values().sum::<f64>() / total } else { self.copied }
    }

    /// What to tell when a build, in the stage of this name, has taken so many seconds.
    pub fn text(&self, stage: &str, seconds: f64) -> String {
        let share = self.share();
        let percent = (share * 100.0).round();
        let mut parts = vec![stage.to_owned()];
        if percent > 0.0 {
            parts.push(format!("{percent}%"));
        }
        if share >= LEAST_SHARE {
            parts.push(time_left(seconds * (1.0 - share) / share));
        }
        parts.join(" · ")
    }
}

fn time_left(seconds: f64) -> String {
    if seconds < 5.0 {
        "a few seconds left".to_owned()
    } else if seconds < 90.0 {
        format!("about {} s left", 5.0 * (seconds / 5.0).ceil())
    } else {
        format!("about {} min left", (seconds / 60.0).ceil())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matrices_weigh_by_their_entries_and_stages_by_their_time() {
        let mut estimate = Estimate::new([("X".to_owned(), 300.0), ("raw/X".to_owned(), 100.0)]);
        assert_eq!(estimate.text("reading cells", 9.0), "reading cells");
        estimate.note("reading X", 1.0);
        assert!((estimate.share() - 0.225).abs() < 1e-9);
        estimate.note("writing cells of X", 0.5);
        estimate.note("writing cells of X", 1.0);
        assert!((estimate.share() - 0.525).abs() < 1e-9);
        // What has no entries tells nothing.
        estimate.note("reading obs", 1.0);
        assert_eq!(estimate.text("writing cells of X", 21.0), "writing cells of X · 53% · about 20 s left");
    }

    #[test]
    fn a_dataset_that_is_copied_has_no_matrices_to_tell_by() {
        let mut estimate = Estimate::new([]);
        assert_eq!(estimate.text("copying", 1.0), "copying");
        estimate.note("copying", 0.5);
        assert_eq!(estimate.text("copying", 10.0), "copying · 50% · about 10 s left");
    }

    #[test]
    fn the_time_left_is_told_no_more_exactly_than_it_is_known() {
        let told = [4.9, 5.0, 61.0, 90.0, 200.0].map(time_left);
        let expected =
            ["a few seconds left", "about 5 s left", "about 65 s left", "about 2 min left", "about 4 min left"];
        assert_eq!(told, expected);
    }
}
