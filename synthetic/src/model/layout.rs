//! Where cells lie in the embeddings.

use std::f64::consts::{PI, TAU};

use crate::random::{Random, Stream};

use super::profiles::Profiles;
use super::{Model, Spec, Traits};

/// The places of all cell types.
pub struct Layout {
    places: Vec<Place>,
    /// How far each sample is off, in both coordinates.
    sample_offsets: Vec<[f64; 2]>,
    loadings: Vec<[f64; Model::N_PCS]>,
    /// Half the side of the square that holds the picture.
    extent: f64,
}

/// A cluster: a few lobes, which together make a blob of uneven density with a clear edge.
struct Place {
    center: [f64; 2],
    radius: f64,
    lobes: Vec<Lobe>,
}

/// An ellipse.
struct Lobe {
    /// From the center of the cluster.
    center: [f64; 2],
    /// The half axes, as vectors.
    axes: [[f64; 2]; 2],
}

/// The radius of all clusters together, if they were one disc.
const PICTURE_RADIUS: f64 = 8.0;

impl Layout {
    pub fn new(spec: Spec, profiles: &Profiles, n_samples: usize) -> Self {
        let total: f64 = profiles.types.iter().map(|profile| profile.size).sum();
        let radii: Vec<f64> =
            profiles.types.iter().map(|profile| PICTURE_RADIUS * libm::pow(profile.size / total, 0.45)).collect();
        let relatives: Vec<Option<usize>> = profiles.types.iter().map(|profile| profile.relative).collect();
        let centers = settle(spec, &radii, &relatives);
        let places = centers
            .into_iter()
            .zip(&radii)
            .enumerate()
            .map(|(t, (center, &radius))| Place::new(spec, t, center, radius))
            .collect::<Vec<_>>();
        let extent = places
            .iter()
            .map(|place| place.center[0].abs().max(place.center[1].abs()) + 1.1 * place.radius)
            .fold(0.0, f64::max);
        let mut random = Random::new(spec.seed, Stream::Layout, u64::MAX);
        let sample_offsets = (0..n_samples).map(|_| [0.12 * random.normal(), 0.12 * random.normal()]).collect();
        Self { places, sample_offsets, loadings: loadings(spec, &relatives), extent }
    }

    /// Where a cell lies in the picture.
    pub fn umap(&self, seed: u64, cell: usize, traits: &Traits) -> [f32; 2] {
        let mut random = Random::new(seed, Stream::Umap, cell as u64);
        let random = &mut random;
        let own = &self.places[usize::from(traits.cell_type)];
        let [x, y] = if traits.is_outlier {
            [self.extent * (2.0 * random.unit() - 1.0), self.extent * (2.0 * random.unit() - 1.0)]
        } else if random.chance(0.003) {
            // Embeddings put some cells with others' clusters.
            self.places[random.below(self.places.len())].point(random)
        } else {
            let point = own.point(random);
            match traits.mixture {
                // Doublets mostly stay with the larger share.
                Some((other, share)) if !traits.is_doublet || random.chance(0.3) => {
                    own.towards(&self.places[usize::from(other)], f64::from(share), random)
                }
                _ => point,
            }
        };
        let offset = self.sample_offsets[usize::from(traits.sample)];
        // A gentle warp of the whole picture: nothing in an embedding is straight.
        let (x, y) = (x + offset[0], y + offset[1]);
        let warped =
            [x + 0.5 * libm::sin(0.8 * y) + 0.2 * libm::sin(2.1 * y + 1.0), y + 0.5 * libm::sin(0.7 * x + 2.0)];
        warped.map(|coordinate| coordinate as f32)
    }

    /// A cell's scores on the principal components.
    pub fn pca(&self, seed: u64, cell: usize, traits: &Traits) -> [f32; Model::N_PCS] {
        let mut random = Random::new(seed, Stream::Pca, cell as u64);
        let own = &self.loadings[usize::from(traits.cell_type)];
        let (other, share) =
            traits.mixture.map_or((own, 0.0), |(other, share)| (&self.loadings[usize::from(other)], share));
        let offset = self.sample_offsets[usize::from(traits.sample)];
        std::array::from_fn(|pc| {
            let mean = own[pc] + f64::from(share) * (other[pc] - own[pc]);
            (mean + 1.2 * random.normal() + 3.0 * offset[pc % 2]) as f32
        })
    }
}

impl Place {
    fn new(spec: Spec, cell_type: usize, center: [f64; 2], radius: f64) -> Self {
        let mut random = Random::new(spec.seed, Stream::Layout, cell_type as u64);
        let n_lobes = 3 + random.below(5);
        let lobes = (0..n_lobes)
            .map(|_| {
                let (distance, direction) = (0.6 * radius * libm::sqrt(random.unit()), TAU * random.unit());
                let (turn, size) = (TAU * random.unit(), radius * (0.3 + 0.25 * random.unit()));
                let stretch = 1.0 + 0.5 * random.unit();
                let axis = |turn: f64, length: f64| [length * libm::cos(turn), length * libm::sin(turn)];
                Lobe {
                    center: axis(direction, distance),
                    axes: [axis(turn, size * stretch), axis(turn + PI / 2.0, size / stretch)],
                }
            })
            .collect();
        Self { center, radius, lobes }
    }

    /// A point of the cluster.
    fn point(&self, random: &mut Random) -> [f64; 2] {
        let lobe = &self.lobes[random.below(self.lobes.len())];
        let (distance, angle) = (libm::sqrt(random.unit()), TAU * random.unit());
        let (along, across) = (distance * libm::cos(angle), distance * libm::sin(angle));
        let blur = 0.02 + 0.04 * self.radius;
        std::array::from_fn(|i| {
            let of_lobe = lobe.center[i] + along * lobe.axes[0][i] + across * lobe.axes[1][i];
            self.center[i] + of_lobe + blur * random.normal()
        })
    }

    /// A point on the way from here to another cluster, which is a slight arc.
    fn towards(&self, other: &Self, share: f64, random: &mut Random) -> [f64; 2] {
        let way = [other.center[0] - self.center[0], other.center[1] - self.center[1]];
        // The same arc seen from both ends: which side it bends to must not depend on the direction.
        let side = if (self.center[0], self.center[1]) < (other.center[0], other.center[1]) { 1.0 } else { -1.0 };
        let bend = 0.18 * side * libm::sin(PI * share);
        // Wide where it leaves the cluster, narrow half way.
        let width = 0.06 + 0.05 * self.radius.min(other.radius) + 0.8 * self.radius * (0.5 - share) * (0.5 - share);
        [
            self.center[0] + share * way[0] - bend * way[1] + width * random.normal(),
            self.center[1] + share * way[1] + bend * way[0] + width * random.normal(),
        ]
    }
}

/// Places discs so that relatives are neighbors and none overlap much: springs and repulsion, step by step.
fn settle(spec: Spec, radii: &[f64], relatives: &[Option<usize>]) -> Vec<[f64; 2]> {
    const STEPS: usize = 1_500;
    const GAP: f64 = 0.65;
    let n = radii.len();
    let mut random = Random::new(spec.seed, Stream::Layout, u64::MAX - 1);
    let mut at: Vec<[f64; 2]> = Vec::with_capacity(n);
    for relative in relatives {
        let near = relative.map_or([0.0; 2], |r: usize| at[r]);
        let spread = if relative.is_some() { 1.0 } else { PICTURE_RADIUS };
        at.push(near.map(|coordinate| coordinate + spread * random.normal()));
    }
    for step in 0..STEPS {
        let pace = 0.5 * (1.0 - step as f64 / STEPS as f64);
        let mut moves = vec![[0.0; 2]; n];
        for a in 0..n {
            for b in 0..a {
                let apart = [at[a][0] - at[b][0], at[a][1] - at[b][1]];
                let distance = libm::hypot(apart[0], apart[1]).max(1e-6);
                let related = relatives[a] == Some(b);
                let rest = radii[a] + radii[b] + GAP;
                let force = match distance - rest {
                    over if over < 0.0 => -over,
                    over if related => -0.3 * over,
                    _ => 0.0,
                };
                for i in 0..2 {
                    moves[a][i] += 0.5 * force * apart[i] / distance;
                    moves[b][i] -= 0.5 * force * apart[i] / distance;
                }
            }
        }
        for (place, step) in at.iter_mut().zip(&moves) {
            for i in 0..2 {
                place[i] += pace * (step[i] - 0.004 * place[i]);
            }
        }
    }
    at
}

/// Mean scores of each type: relatives are alike, later components carry less.
fn loadings(spec: Spec, relatives: &[Option<usize>]) -> Vec<[f64; Model::N_PCS]> {
    let mut all: Vec<[f64; Model::N_PCS]> = Vec::with_capacity(relatives.len());
    for (t, relative) in relatives.iter().enumerate() {
        let mut random = Random::new(spec.seed, Stream::Loadings, t as u64);
        all.push(std::array::from_fn(|pc| {
            let sigma = 14.0 * libm::pow((pc + 1) as f64, -0.6);
            match relative {
                Some(r) => 0.8 * all[*r][pc] + 0.4 * sigma * random.normal(),
                None => sigma * random.normal(),
            }
        }));
    }
    all
}
