//! Moments and statistics of made cells, bit for bit the same wherever this runs: natively here, and in a browser from
//! the tests of `explorer-wasm`.

use explorer_core::{
    data::assemble::Rebuild,
    de::{
        Bands, CellsPart, DeOptions, Effect, Exponents, FixedPoint, FixedPoints, Moments, Normalization, Summing,
        compare,
    },
};
use shared_fbs::{
    frame,
    tile::{Cells, Counts, ExpressionValues},
};

const N_GENES: usize = 300;
const N_TILES: u32 = 12;
const TILE_CELLS: u32 = 64;

/// The checksums of the moments, and of the bits of every statistic: of log-normalized counts, and of real numbers of
/// any magnitude.
pub const EXPECTED: [[u32; 2]; 2] = [[4_069_918_942, 4_016_933_329], [674_246_862, 983_210_573]];

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
pub fn checksums() -> [[u32; 2]; 2] {
    [of_log_counts(), of_real_numbers()]
}

fn of_log_counts() -> [u32; 2] {
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
    let tiles = (0..N_TILES).map(|_| {
        let cells = made_tile(&mut random);
        let group = random.below(u64::MAX >> 33) | random.below(u64::MAX >> 33) << 31;
        (cells, group)
    });
    let normalization = Normalization::new(divisors, []);
    checksums_of(tiles, Rebuild::of(Some(&normalization)), &fixed, DeOptions::default())
}

fn of_real_numbers() -> [u32; 2] {
    let mut random = Random(20_260_102);
    let mut exponents = vec![Exponents::default(); N_GENES];
    let tiles: Vec<(Cells, u64)> = (0..N_TILES)
        .map(|_| {
            let counts = made_tile(&mut random);
            let ExpressionValues::Counts(numbers) = &counts.values else { unreachable!("it is made of counts") };
            // Of some genes all values are alike, of others they spread over 2^200.
            let values = numbers.to_u32().into_iter().zip(&counts.genes).map(|(count, gene)| {
                let order = random.below(1 + 200 * u64::from(gene % 3 == 0));
                // Two to the power of -100 to 100.
                let scale = f64::from_bits((923 + order) << 52);
                let value = ((f64::from(count) * 0.37 - 1.0) * scale) as f32;
                exponents[*gene as usize].insert(value);
                value
            });
            let values = ExpressionValues::Floats(values.collect());
            let group = random.below(u64::MAX >> 33) | random.below(u64::MAX >> 33) << 31;
            (Cells { values, ..counts }, group)
        })
        .collect();
    let fixed = FixedPoints::Banded(Bands::new(&exponents, 1_500_000));
    let options = DeOptions { effect: Effect::MeanDifference, ..DeOptions::default() };
    checksums_of(tiles.into_iter(), Rebuild::Plain, &fixed, options)
}

/// The checksums of a comparison of a group of cells of every tile with the others.
fn checksums_of(
    tiles: impl Iterator<Item = (Cells, u64)>,
    rebuild: Rebuild<'_>,
    fixed: &FixedPoints,
    options: DeOptions,
) -> [u32; 2] {
    let mut summing = Summing::new(fixed, N_GENES);
    let mut sizes = [0, 0];
    for (tile, (cells, group)) in (0..).zip(tiles) {
        let part = CellsPart { tile, plus: [group, !group], minus: [0, 0] };
        sizes[0] += u64::from(group.count_ones());
        sizes[1] += u64::from((!group).count_ones());
        let decode = match &cells.values {
            ExpressionValues::Counts(_) => Cells::decode_counts,
            ExpressionValues::Floats(_) => Cells::decode_floats,
        };
        let read = decode(&cells.encode(), part.wanted(), N_GENES as u32).expect("it was just encoded");
        summing.take_cells(&read, &part, rebuild, fixed).expect("the tile fits");
    }
    let [group, reference] = summing.finish(sizes).expect("each cell was summed up once");
    let table = compare(&group, &reference, fixed, options).expect("both are of one layer");
    let statistics = [&table.effect, &table.score, &table.df, &table.pval, &table.log10_pval, &table.pval_adj];
    let statistics: Vec<u8> =
        statistics.into_iter().flatten().flat_map(|number| number.to_bits().to_le_bytes()).collect();
    [frame::checksum(&bytes_of(&[group, reference])), frame::checksum(&statistics)]
}

fn bytes_of(moments: &[Moments; 2]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for entry in moments.iter().flat_map(|moments| &moments.entries) {
        bytes.extend(entry.n_nonzero.to_le_bytes());
        bytes.extend(entry.sum.to_le_bytes());
        // Squares of log-normalized counts stay within 64 bits; only what goes beyond takes more bytes here.
        bytes.extend((entry.sum_sq as u64).to_le_bytes());
        let high = (entry.sum_sq >> 64) as u64;
        if high > 0 {
            bytes.extend(high.to_le_bytes());
        }
    }
    bytes
}
