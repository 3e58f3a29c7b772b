//! Kernels, timed: the same code and the same bytes natively and in the browser.

use explorer_core::{
    data::assemble::Rebuild,
    de::{CellsPart, DeOptions, FixedPoint, FixedPoints, GeneMoments, Moments, Normalization, Sign, Summing, compare},
};
use shared_fbs::{
    frame,
    tile::{self, Cells},
};

/// How long each kernel is tried. Browsers compile anew what turns out to be hot, so the first passes are slower.
const MILLIS_A_KERNEL: f64 = 1500.0;

/// Browsers tell the time to a tenth of a millisecond, so nothing shorter than this is timed.
const LEAST_TIMED_MILLIS: f64 = 20.0;

/// Timings at least.
const LEAST_PASSES: usize = 5;

/// Genes of the table whose statistics are computed.
const TABLE_GENES: u32 = 60_000;

/// Log-normalized values are below 16.
const LARGEST_LOG_VALUE: f32 = 15.999_999;

/// What the kernels work on: tiles of a real dataset.
#[derive(Clone, Debug, PartialEq)]
pub struct Input {
    /// Genes of the layer.
    pub n_genes: u32,
    /// Its fixed point: bits of fraction, dropped bits of squares.
    pub fixed: [u8; 2],
    /// The divisors of the cells of `cells`, 64 a tile; the last may have fewer.
    pub divisors: Vec<f32>,
    /// zstd frames of tiles of cells, with counts.
    pub cells: Vec<Vec<u8>>,
    /// zstd frames of tiles of moments.
    pub moments: Vec<Vec<u8>>,
}

/// How fast a kernel was.
#[derive(Clone, Debug, PartialEq)]
pub struct Measured {
    /// The kernel.
    pub name: String,
    /// What it works through.
    pub unit: String,
    /// How much of that in one pass.
    pub amount: f64,
    /// The shortest pass.
    pub min_millis: f64,
    /// The pass in the middle.
    pub median_millis: f64,
    /// A digest of the result's bits: equal bits have equal digests.
    pub digest: u64,
}

impl Input {
    /// As bytes: pieces, each after its size in four bytes, little-endian.
    pub fn encode(&self) -> Vec<u8> {
        let mut head = Vec::from(self.n_genes.to_le_bytes());
        head.extend((self.cells.len() as u32).to_le_bytes());
        head.extend(self.fixed);
        let divisors: Vec<u8> = self.divisors.iter().flat_map(|divisor| divisor.to_le_bytes()).collect();
        let mut bytes = Vec::new();
        for piece in [&head, &divisors].into_iter().chain(&self.cells).chain(&self.moments) {
            bytes.extend((piece.len() as u32).to_le_bytes());
            bytes.extend(piece);
        }
        bytes
    }

    /// Reads what [`Self::encode`] wrote; `None` for anything else.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        // Pieces come with their size in front.
        let pieces: Vec<&[u8]> = frame::split_inflated(bytes).ok()?.iter().map(|piece| &piece[4..]).collect();
        let (&head, rest) = pieces.split_first()?;
        let (&divisors, frames) = rest.split_first()?;
        let (numbers, fixed) = head.split_at_checked(8)?;
        let number = |at: usize| Some(u32::from_le_bytes(numbers[at..at + 4].try_into().ok()?));
        let (cells, moments) = frames.split_at_checked(number(4)? as usize)?;
        let (divisors, _) = divisors.as_chunks::<4>();
        let owned = |frames: &[&[u8]]| frames.iter().map(|frame| frame.to_vec()).collect();
        Some(Self {
            n_genes: number(0)?,
            fixed: fixed.try_into().ok()?,
            divisors: divisors.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect(),
            cells: owned(cells),
            moments: owned(moments),
        })
    }
}

impl Measured {
    /// Units a second, of the shortest pass.
    pub fn rate(&self) -> f64 {
        self.amount / self.min_millis * 1e3
    }

    /// One line of fields between tabs.
    pub fn to_line(&self) -> String {
        let Self { name, unit, amount, min_millis, median_millis, digest } = self;
        format!("{name}\t{unit}\t{amount}\t{min_millis}\t{median_millis}\t{digest}")
    }

    /// Reads what [`Self::to_line`] wrote.
    pub fn from_line(line: &str) -> Option<Self> {
        let fields: Vec<&str> = line.split('\t').collect();
        let [name, unit, amount, min_millis, median_millis, digest] = fields.as_slice() else { return None };
        Some(Self {
            name: (*name).to_owned(),
            unit: (*unit).to_owned(),
            amount: amount.parse().ok()?,
            min_millis: min_millis.parse().ok()?,
            median_millis: median_millis.parse().ok()?,
            digest: digest.parse().ok()?,
        })
    }
}

/// Runs every kernel on the calling thread. `now` gives milliseconds.
///
/// # Errors
/// A sentence, when the input's tiles are broken.
pub fn run(input: &Input, now: &dyn Fn() -> f64) -> Result<Vec<Measured>, String> {
    // Squares have the shift of a dataset of so many cells.
    let n_obs = 2u64 << input.fixed[1];
    let fixed = FixedPoint::new(input.fixed[0].into(), input.fixed[1], LARGEST_LOG_VALUE, n_obs);
    let fixed = fixed.ok_or("no builder chooses this fixed point")?;
    let fixed = FixedPoints::Uniform(fixed);
    let inflate_all =
        |frames: &[Vec<u8>]| frames.iter().map(|frame| inflate(frame)).collect::<Result<Vec<_>, String>>();
    let (cells, moments) = (inflate_all(&input.cells)?, inflate_all(&input.moments)?);
    let decode_cells = |bytes: &Vec<u8>| Cells::decode_counts(bytes, u64::MAX, input.n_genes);
    let decoded = cells.iter().map(decode_cells).collect::<Result<Vec<_>, _>>().map_err(|error| error.to_string())?;
    let n_nonzero: usize = decoded.iter().map(|cells| cells.genes.len()).sum();
    let n_moments_genes: usize = moments
        .iter()
        .map(|bytes| tile::Moments::decode(bytes).map(|tile| tile.entries.len()))
        .sum::<Result<_, _>>()
        .map_err(|error| error.to_string())?;
    let bytes_of = |tiles: &[Vec<u8>]| tiles.iter().map(Vec::len).sum::<usize>() as f64;

    let normalization = Normalization::new(input.divisors.clone(), []);
    let rebuild = Rebuild::of(Some(&normalization));
    let n_genes = input.n_genes as usize;
    let [group, reference] = table_moments();
    let table_fixed = FixedPoints::Uniform(FixedPoint::for_log_counts(1_500_000));
    let whole = |result: Result<(), _>| result.expect("the tiles were decoded before");

    Ok(vec![
        measure("cell-major scatter", "non-zeros", n_nonzero as f64, now, || {
            let mut summing = Summing::new(&fixed, n_genes);
            for (tile, cells) in decoded.iter().enumerate() {
                // Every other cell to the reference.
                let all = u64::MAX >> (64 - cells.n_cells());
                let plus = [all & 0x5555_5555_5555_5555, all & 0xaaaa_aaaa_aaaa_aaaa];
                let part = CellsPart { tile: tile as u32, plus, minus: [0; 2] };
                whole(summing.take_cells(cells, &part, rebuild, &fixed));
            }
            digest_of_sums(&summing)
        }),
        measure("cells tile decode", "non-zeros", n_nonzero as f64, now, || {
            let tiles = cells.iter().filter_map(|bytes| decode_cells(bytes).ok());
            tiles.fold(0, |digest, tile| mix(digest, tile.genes.len() as u64 + u64::from(tile.genes[0])))
        }),
        measure("moments tile decode, merge", "genes", n_moments_genes as f64, now, || {
            let mut summing = Summing::new(&fixed, n_genes);
            for (tile, bytes) in moments.iter().enumerate() {
                let signs = if tile % 2 == 0 { [Some(Sign::Plus), None] } else { [None, Some(Sign::Plus)] };
                if let Ok(tile) = tile::Moments::decode(bytes) {
                    whole(summing.take_moments(&tile, signs));
                }
            }
            digest_of_sums(&summing)
        }),
        measure("Welch table of 60 k genes", "genes", f64::from(TABLE_GENES), now, || {
            let table = compare(&group, &reference, &table_fixed, DeOptions::default());
            let table = table.expect("both are of as many genes");
            [&table.score, &table.df, &table.log10_pval, &table.pval_adj, &table.effect]
                .into_iter()
                .flatten()
                .fold(0, |digest, number| mix(digest, number.to_bits()))
        }),
        measure("ruzstd inflate, cells", "bytes", bytes_of(&cells), now, || inflated_digest(&input.cells)),
        measure("ruzstd inflate, moments", "bytes", bytes_of(&moments), now, || inflated_digest(&input.moments)),
        measure("checksum of a tile", "bytes", bytes_of(&cells), now, || {
            cells.iter().fold(0, |digest, bytes| mix(digest, u64::from(frame::checksum(bytes))))
        }),
    ])
}

fn inflated_digest(frames: &[Vec<u8>]) -> u64 {
    frames
        .iter()
        .filter_map(|frame| inflate(frame).ok())
        .fold(0, |digest, bytes| mix(digest, bytes.len() as u64 + u64::from(bytes[bytes.len() / 2])))
}

/// As the page inflates a frame, natively too.
fn inflate(frame: &[u8]) -> Result<Vec<u8>, String> {
    let mut decoder = ruzstd::decoding::FrameDecoder::new();
    let mut source = frame;
    decoder.init(&mut source).map_err(|error| error.to_string())?;
    let size = decoder.content_size() as usize;
    let mut content = Vec::with_capacity(size.min(frame::MAX_INFLATED_BYTES));
    decoder.decode_all_to_vec(frame, &mut content).map_err(|error| error.to_string())?;
    Ok(content)
}

fn measure(name: &str, unit: &str, amount: f64, now: &dyn Fn() -> f64, mut pass: impl FnMut() -> u64) -> Measured {
    let (started, mut digest) = (now(), 0);
    let mut time_of = |times: u32| {
        let before = now();
        for _ in 0..times {
            digest = std::hint::black_box(pass());
        }
        (now() - before) / f64::from(times)
    };
    // Once as it comes, and once more to see how many make up a timing.
    time_of(1);
    let times = (LEAST_TIMED_MILLIS / time_of(1).max(0.05)).ceil().max(1.0) as u32;
    let mut passes = Vec::new();
    while passes.len() < LEAST_PASSES || now() - started < MILLIS_A_KERNEL {
        passes.push(time_of(times));
    }
    passes.sort_unstable_by(f64::total_cmp);
    Measured {
        name: name.to_owned(),
        unit: unit.to_owned(),
        amount,
        min_millis: passes[0],
        median_millis: passes[passes.len() / 2],
        digest,
    }
}

fn digest_of_sums(summing: &Summing) -> u64 {
    summing.to_tiles().iter().fold(0, |digest, tile| {
        let sums = tile.sums.iter().map(|&sum| sum as u64);
        sums.chain(tile.sums_sq.iter().map(|&sum| sum as u64)).fold(digest, mix)
    })
}

/// Stirs a number into a digest.
fn mix(digest: u64, number: u64) -> u64 {
    (digest.rotate_left(5) ^ number).wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

/// Moments of two sets of 150 000 and 1.35 million cells.
fn table_moments() -> [Moments; 2] {
    let mut state = 1u64;
    let mut below = |n: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((u128::from(state) * u128::from(n)) >> 64) as u64
    };
    [150_000u64, 1_350_000].map(|n_cells| {
        let gene = |_| {
            let n_nonzero = below(n_cells) as u32;
            let x = (1 << 24) + below(1 << 22) as i64;
            let sum_sq = u128::from(n_nonzero) * ((x * x) as u128 >> 14) * 3 / 2;
            GeneMoments { n_nonzero, sum: i64::from(n_nonzero) * x, sum_sq }
        };
        Moments { n_cells, entries: (0..TABLE_GENES).map(gene).collect() }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn input_survives_its_bytes() {
        let input = Input {
            n_genes: 7,
            fixed: [24, 14],
            divisors: vec![0.5, 1.25],
            cells: vec![vec![1, 2, 3], vec![]],
            moments: vec![vec![4]],
        };
        assert_eq!(Input::decode(&input.encode()), Some(input.clone()));
        assert_eq!(Input::decode(&input.encode()[1..]), None);
        assert_eq!(Input::decode(&[]), None);
    }

    #[test]
    fn lines_are_read_back() {
        let measured = Measured {
            name: "a kernel".to_owned(),
            unit: "bytes".to_owned(),
            amount: 3e6,
            min_millis: 1.5,
            median_millis: 2.0,
            digest: u64::MAX,
        };
        assert_eq!(Measured::from_line(&measured.to_line()), Some(measured.clone()));
        assert_eq!(measured.rate(), 2e9);
        assert_eq!(Measured::from_line("a kernel"), None);
    }
}
