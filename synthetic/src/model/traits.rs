//! What a cell is, before any of its molecules is counted.

use crate::random::{Random, Stream};

use super::Model;

/// What a cell is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Traits {
    /// The sample it is of.
    pub sample: u16,
    /// Its type.
    pub cell_type: u16,
    /// For a cell between two types: the other one, and how much of it the cell has, from 0 to a half.
    pub mixture: Option<(u16, f32)>,
    /// Whether it is two cells caught as one.
    pub is_doublet: bool,
    /// Whether it lies where no cluster is.
    pub is_outlier: bool,
    /// Where it is in the cell cycle.
    pub phase: Phase,
    /// Molecules, before any is lost.
    pub(crate) library: f64,
    /// Share of molecules that is mitochondrial.
    pub(crate) mitochondrial: f64,
}

/// Where a cell is in its cycle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// At rest or growing.
    G1,
    /// Copying its DNA.
    S,
    /// About to divide.
    G2m,
}

/// The most molecules a cell has.
const LARGEST_LIBRARY: f64 = 60_000.0;

impl Model {
    /// What a cell is.
    pub fn traits(&self, cell: usize) -> Traits {
        let sample = self.samples.of(cell);
        let of_sample = &self.samples.list[sample];
        let mut random = Random::new(self.spec.seed, Stream::Traits, cell as u64);
        let random = &mut random;
        let cell_type = of_sample.types.draw(random);
        let profile = &self.profiles.types[cell_type];

        let is_doublet = random.chance(0.02);
        let mixture = if is_doublet {
            let other = of_sample.types.draw(random);
            (other != cell_type).then(|| (other as u16, 0.3 + 0.2 * random.unit() as f32))
        } else {
            self.neighbor(random, cell_type).map(|other| (other as u16, 0.5 * libm::pow(random.unit(), 1.3) as f32))
        };
        let phase = match random.unit() {
            u if u < profile.cycling * 0.6 => Phase::S,
            u if u < profile.cycling => Phase::G2m,
            _ => Phase::G1,
        };
        let is_dying = random.chance(0.015);
        let mitochondrial = of_sample.mitochondrial * random.log_normal(0.5) * if is_dying { 8.0 } else { 1.0 };
        let library = self.median_library
            * profile.library_scale
            * of_sample.library_scale
            * random.log_normal(0.4)
            * if is_doublet { 1.7 } else { 1.0 };
        Traits {
            sample: sample as u16,
            cell_type: cell_type as u16,
            mixture,
            is_doublet,
            is_outlier: random.chance(0.001),
            phase,
            library: library.min(LARGEST_LIBRARY),
            mitochondrial: mitochondrial.min(0.7),
        }
    }

    /// The related type that a cell is on the way to or from, if it is on its way.
    fn neighbor(&self, random: &mut Random, cell_type: usize) -> Option<usize> {
        let types = &self.profiles.types;
        let relative = types[cell_type].relative.filter(|_| random.chance(0.25));
        // A type that others descend from has cells that have set out.
        let descendants = || (0..types.len()).filter(|&t| types[t].relative == Some(cell_type));
        let n = descendants().count();
        relative.or_else(|| if n > 0 && random.chance(0.15) { descendants().nth(random.below(n)) } else { None })
    }
}
