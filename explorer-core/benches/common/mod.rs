//! Made cells, the same on every run, shaped like an atlas in storage order: cells of one kind lie
//! side by side.

#![allow(dead_code, reason = "each bench takes what it needs")]

use explorer_core::data::{Categorical, Codes, Continuous, Embedding, Frame};

/// Cells of the benches: small, middling, the reference's largest, the largest atlas.
pub const SIZES: [usize; 5] = [10_000, 100_000, 1_000_000, 1_500_000, 4_300_000];

/// A generator of Marsaglia's xorshift kind: good enough to scatter points.
pub struct Random(u64);

impl Random {
    /// A stream of its own for each seed.
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// 0 to 1.
    pub fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// 0 to `n`, exclusive.
    pub fn below(&mut self, n: u64) -> u64 {
        self.bits() % n
    }
}

/// Values of a skewed distribution, 1 % missing.
pub fn continuous(n_obs: usize, seed: u64) -> Continuous {
    let mut random = Random::new(seed);
    let value = |_| if random.below(100) == 0 { f32::NAN } else { (random.unit() * random.unit() * 100.0) as f32 };
    Continuous { values: (0..n_obs).map(value).collect() }
}

/// Labels in long runs.
pub fn categorical(n_obs: usize, n_categories: usize, seed: u64) -> Categorical {
    let mut random = Random::new(seed);
    let mut code = 0;
    let codes: Vec<u16> = (0..n_obs)
        .map(|_| {
            if random.below(200) == 0 {
                code = random.below(n_categories as u64 + 1) as u16;
            }
            code
        })
        .collect();
    let codes =
        if n_categories < 256 { Codes::U8(codes.iter().map(|&code| code as u8).collect()) } else { Codes::U16(codes) };
    Categorical { codes, categories: (0..n_categories).map(|label| format!("label {label}")).collect(), ordered: false }
}

/// Forty clusters; cells of one lie side by side.
pub fn embedding(n_obs: usize) -> Embedding {
    let mut random = Random::new(5);
    let centers: Vec<[f64; 3]> =
        (0..40).map(|_| [0.1 + 0.8 * random.unit(), 0.1 + 0.8 * random.unit(), 0.03 + 0.07 * random.unit()]).collect();
    let (xs, ys) = (0..n_obs)
        .map(|cell| {
            let [x, y, radius] = centers[cell * 40 / n_obs];
            let mut along = |center: f64| {
                let offset = (0..4).map(|_| random.unit() - 0.5).sum::<f64>() * radius;
                ((center + offset).clamp(0.0, 1.0) * 65_534.0) as u16
            };
            (along(x), along(y))
        })
        .unzip();
    Embedding { xs, ys, frame: Frame::new(-12.0, -15.0, 30.0 / 65_535.0), depth: None }
}

/// A wobbly circle about the middle, with half the width of the embedding.
pub fn lasso(n_vertices: usize, embedding: &Embedding) -> Vec<[f64; 2]> {
    (0..n_vertices)
        .map(|vertex| {
            let angle = std::f64::consts::TAU * vertex as f64 / n_vertices as f64;
            let radius = 16_000.0 * (1.0 + 0.2 * (7.0 * angle).sin());
            let (x, y) = (32_000.0 + radius * angle.cos(), 32_000.0 + radius * angle.sin());
            embedding.frame.coordinates(x, y).into()
        })
        .collect()
}
