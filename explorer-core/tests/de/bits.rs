//! Moments and statistics of made cells, bit for bit the same wherever this runs: natively here, and in a browser from
//! the tests of `explorer-wasm`.

use explorer_core::{
    data::assemble::Rebuild,
    de::{CellsPart, DeOptions, FixedPoint, FixedPoints, Summing, compare},
};
use shared_fbs::{
    frame,
    tile::{Cells, Counts, ExpressionValues},
};

const N_GENES: usize = 300;
const N_TILES: u32 = 12;
const TILE_CELLS: u32 = 64;

/// The checksums of the moments, and of the bits of every statistic.
pub const EXPECTED: [u32; 2] = [4_069_918_942, 4_016_933_329];

/// A linear congruential generator, Knuth's constants.
struct Random(u64);

impl Random {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }
}

/// Cells with counts from 1 to 70 000, mostly small, and every way of normalizing them.
fn made_tile(random: &mut Random) -> Cells {
    let (mut indptr, mut genes, mut counts) = (vec![0], Vec::new(), Vec::new());
    for _ in 0..TILE_CELLS {
        for gene in 0..N_GENES as u32 {
            if random.below(1 + u64::from(gene) / 8) == 0 {
                genes.push(gene);
                counts.push(match random.below(50) {
                    0 => 1 + random.below(70_000) as u32,
                    1..10 => 1 + random.below(40) as u32,
                    _ => 1 + random.below(4) as u32,
                });
            }
        }
        indptr.push(genes.len() as u32);
    }
    Cells { indptr, genes, values: ExpressionValues::Counts(Counts::narrowest(&counts)) }
}

/// What [`EXPECTED`] is compared with.
pub fn checksums() -> [u32; 2] {
    let mut random = Random(20_260_101);
    let n_cells = N_TILES * TILE_CELLS;
    let divisors: Vec<f32> = (0..n_cells)
        .map(|_| match random.below(3) {
            0 => 0.05 + random.below(100_000) as f32 / 50_000.0,
            1 => -((500 + random.below(20_000)) as f32),
            _ => -(0.1 + random.below(9_999) as f32 / 4_000.5),
        })
        .collect();
    let fixed = FixedPoints::Uniform(FixedPoint::for_log_counts(1_500_000));
    let mut summing = Summing::new(N_GENES);
    let mut sizes = [0, 0];
    for tile in 0..N_TILES {
        let cells = made_tile(&mut random);
        let group = random.below(u64::MAX >> 33) | random.below(u64::MAX >> 33) << 31;
        let part = CellsPart { tile, plus: [group, !group], minus: [0, 0] };
        sizes[0] += u64::from(group.count_ones());
        sizes[1] += u64::from((!group).count_ones());
        let read = Cells::decode_counts(&cells.encode(), part.wanted(), N_GENES as u32).expect("it was just encoded");
        summing.take_cells(&read, &part, Rebuild::LogNormalized(&divisors), &fixed).expect("the tile fits");
    }
    let [group, reference] = summing.finish(sizes).expect("each cell was summed up once");
    let mut bytes = Vec::new();
    for gene in group.genes.iter().chain(&reference.genes) {
        bytes.extend(gene.n_nonzero.to_le_bytes());
        bytes.extend(gene.sum.to_le_bytes());
        bytes.extend(gene.sum_sq.to_le_bytes());
    }
    let table = compare(&group, &reference, &fixed, DeOptions::default()).expect("both are of one layer");
    let statistics = [&table.effect, &table.score, &table.df, &table.pval, &table.log10_pval, &table.pval_adj];
    let statistics: Vec<u8> =
        statistics.into_iter().flatten().flat_map(|number| number.to_bits().to_le_bytes()).collect();
    [frame::checksum(&bytes), frame::checksum(&statistics)]
}
