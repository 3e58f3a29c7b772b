//! Values of any range: statistics as exact as those of `f64`, whatever else the layer holds.

use std::process::Command;

use explorer_core::{
    de::{DeOptions, Effect},
    filter::CellMask,
};
use shared_fbs::{manifest::ValueKind, tile};
use tessera::{
    compare::{cells_with_label, compare_cells, moments_of},
    dataset::Dataset,
};

use crate::{
    check,
    fixtures::{Fixture, Written, labels, subgroup},
    input::{Built, Noise, STORAGES, Storage, counts, log_normalized, matrix, written_and_built},
};

const N_OBS: usize = 4200;
const LABELS: [&str; 3] = ["a", "b", "c"];

/// Genes that sums in one step would get wrong: a value of another label that dwarfs all others, values of forty orders
/// of two, a large mean with a small spread, a constant, numbers below the normal ones.
fn rows() -> Vec<Vec<f32>> {
    let mut noise = Noise::new(77);
    (0..N_OBS)
        .map(|cell| {
            let unit = noise.unit() as f32;
            let is_lone = cell == 17;
            vec![
                if is_lone { 1e9 } else { 2.0 + unit },
                if is_lone { 1e30 } else { unit + (cell % 3) as f32 * 0.02 },
                if is_lone { 3e5 } else { 0.1 + unit * 1e-3 },
                (1.0 + unit) * 2f32.powi(noise.below(41) as i32 - 20),
                1e5 + ((unit - 0.5) * 0.1 * 128.0).round() / 128.0 + (cell % 3) as f32 / 128.0,
                if is_lone { 1e-30 } else { 0.3 },
                (1.0 + unit) * 1e-40,
                if noise.below(2) == 0 { 0.0 } else { (unit - 0.4) * 10f32.powi(noise.below(70) as i32 - 35) },
            ]
        })
        .collect()
}

/// A file of these values; the lone cell has the label "c".
fn fixture(rows: &[Vec<f32>], storage: Storage) -> Fixture {
    let codes: Vec<i8> = (0..N_OBS).map(|cell| if cell == 17 { 2 } else { (cell % 3) as i8 }).collect();
    Fixture::new()
        .frame("obs", &labels("cell", N_OBS), |obs| obs.categorical("cell_type", &codes, &LABELS))
        .frame("var", &labels("gene", rows[0].len()), |_| ())
        .x(rows, rows[0].len(), storage)
}

/// Mean, variance and number of values: a pass for each of the first two, in `f64`, sums carried along.
fn two_pass(values: &[f64]) -> (f64, f64, f64) {
    let sum = |values: &mut dyn Iterator<Item = f64>| {
        let (mut sum, mut lost) = (0.0f64, 0.0);
        for value in values {
            let next = sum + value;
            lost += if sum.abs() >= value.abs() { sum - next + value } else { value - next + sum };
            sum = next;
        }
        sum + lost
    };
    let n = values.len() as f64;
    let mean = sum(&mut values.iter().copied()) / n;
    (mean, sum(&mut values.iter().map(|value| (value - mean).powi(2))) / (n - 1.0), n)
}

fn label(dataset: &Dataset, label: &str) -> CellMask {
    cells_with_label(dataset, "cell_type", label).unwrap().unwrap()
}

/// The number of every column of the input among genes.
fn genes_of_columns(dataset: &Dataset) -> Vec<usize> {
    let genes = dataset.genes(&dataset.manifest().layers[0]).unwrap();
    let place = |row: u32| genes.rows.iter().position(|&other| other == row).unwrap();
    (0..genes.rows.len() as u32).map(place).collect()
}

#[test]
fn statistics_of_any_range_are_those_of_two_passes() {
    let rows = rows();
    for storage in STORAGES {
        let (written, built) = written_and_built(fixture(&rows, storage));
        check::content(&written.path(), &built.path());
        check::moments(&built.path());
        let dataset = Dataset::open(&built.path()).unwrap();
        let layer = &dataset.manifest().layers[0];
        assert_eq!((layer.kind, layer.band_bits), (ValueKind::Float, 27));
        let [a, b] = ["a", "b"].map(|name| label(&dataset, name));
        let options = DeOptions { effect: Effect::MeanDifference, ..DeOptions::default() };
        let table = compare_cells(&dataset, layer, &a, &b, options).unwrap();
        for (column, gene) in genes_of_columns(&dataset).into_iter().enumerate() {
            let of_label = |code: usize| -> Vec<f64> {
                let cells = (0..N_OBS).filter(|cell| cell % 3 == code && *cell != 17);
                cells.map(|cell| rows[cell][column].into()).collect()
            };
            let ((mean_a, var_a, n_a), (mean_b, var_b, n_b)) = (two_pass(&of_label(0)), two_pass(&of_label(1)));
            let t = (mean_a - mean_b) / (var_a / n_a + var_b / n_b).sqrt();
            let close = |found: f64, expected: f64, tolerance: f64| {
                found == expected || (found - expected).abs() <= tolerance * expected.abs()
            };
            assert!(close(table.mean_group[gene], mean_a, 1e-14), "{column}: {} {mean_a}", table.mean_group[gene]);
            assert!(close(table.mean_reference[gene], mean_b, 1e-14), "{column}");
            if var_a + var_b == 0.0 {
                assert_eq!((table.score[gene], table.pval[gene]), (0.0, 1.0), "{column}");
            } else {
                assert!(close(table.score[gene], t, 1e-8), "{storage:?} {column}: {} {t}", table.score[gene]);
            }
        }
    }
}

/// What the tile of a set of cells says of the largest values, by column of the input.
fn largest(dataset: &Dataset, tile: u32) -> Vec<f32> {
    let found = tessera::dataset::wait(dataset.reader().largest_values(0, tile)).unwrap();
    genes_of_columns(dataset).into_iter().map(|gene| found[gene]).collect()
}

#[test]
fn labels_know_their_largest_values() {
    let counts = counts(N_OBS, 5, 3);
    let floats = rows();
    let negative = floats.iter().map(|row| row.iter().map(|value| -value.abs()).collect()).collect();
    for rows in [log_normalized(&counts), counts, floats, negative] {
        let (_written, built): (Written, Built) = written_and_built(fixture(&rows, Storage::Csr));
        let dataset = Dataset::open(&built.path()).unwrap();
        let layer = &dataset.manifest().layers[0];
        let largest_of = |is_in: &dyn Fn(usize) -> bool| -> Vec<f32> {
            let of_column = |column: usize| {
                let values = (0..N_OBS).filter(|&cell| is_in(cell)).map(|cell| rows[cell][column]);
                values.fold(f32::NEG_INFINITY, f32::max)
            };
            (0..rows[0].len()).map(of_column).collect()
        };
        assert_eq!(largest(&dataset, layer.total_moments.as_ref().unwrap().first), largest_of(&|_| true));
        let first = layer.column_moments[0].tiles.as_ref().unwrap().first;
        assert_eq!(largest(&dataset, first), largest_of(&|cell| cell % 3 == 0));
        assert_eq!(largest(&dataset, first + 2), largest_of(&|cell| cell % 3 == 2 || cell == 17));
        // Blocks do without: their tiles are many.
        let pack = layer.moments_pack.as_deref().unwrap();
        let blocks = dataset.decode_range(pack, layer.block_levels[0].tiles.as_ref(), tile::Moments::decode).unwrap();
        assert!(blocks.iter().all(|block| block.max.is_none() && block.frac_bits.is_none()));
    }
}

#[test]
fn log_normalized_values_of_deeply_read_cells_are_exact() {
    // Two million counts a cell: the least value is 0.005.
    let mut noise = Noise::new(5);
    let counts: Vec<Vec<f32>> =
        (0..N_OBS).map(|_| (0..6).map(|_| noise.below(6) as f32).chain([2_000_000.0]).collect()).collect();
    let rows = log_normalized(&counts);
    let (written, built) = written_and_built(fixture(&rows, Storage::Csr));
    check::content(&written.path(), &built.path());
    check::moments(&built.path());
    let dataset = Dataset::open(&built.path()).unwrap();
    let layer = &dataset.manifest().layers[0];
    assert_eq!((layer.kind, layer.band_bits), (ValueKind::LogNormalizedCounts, 0));
    assert!(layer.frac_bits > 27, "{}", layer.frac_bits);
    let all = CellMask::all(N_OBS);
    let ([moments, _], fixed) = moments_of(&dataset, layer, &all, &CellMask::none(N_OBS)).unwrap();
    // The last gene only makes up the depth.
    for (column, gene) in genes_of_columns(&dataset).into_iter().enumerate().take(6) {
        let values: Vec<f64> = rows.iter().map(|row| row[column].into()).collect();
        let (mean, variance, _) = two_pass(&values);
        let found = fixed.summary(&moments, gene);
        assert!((found.mean - mean).abs() <= 1e-13 * mean, "{column}: {} {mean}", found.mean);
        assert!((found.variance - variance).abs() <= 1e-7 * variance, "{column}: {} {variance}", found.variance);
    }
}

#[test]
fn log_normalized_values_too_small_for_one_step_stay_floats() {
    let mut rows = log_normalized(&counts(N_OBS, 40, 8));
    // A cell of its own depth, so that it has a divisor, and one of more counts than there are.
    rows[5] = (0..40).map(|count| f64::from(count).ln_1p() as f32 * 1e-9).collect();
    for storage in STORAGES {
        let (written, built) = written_and_built(fixture(&rows, storage));
        check::content(&written.path(), &built.path());
        check::moments(&built.path());
        assert_eq!(built.report.manifest.layers[0].kind, ValueKind::Float);
    }
}

/// A file whose X is logarithms to this base, and which says so.
fn logarithms(base: f64, stated: Option<f64>) -> Fixture {
    // No cell is empty, since those cannot be normalized.
    let mut counts = counts(N_OBS, 40, 3);
    counts.iter_mut().for_each(|row| row[0] += 1.0);
    let natural = log_normalized(&counts);
    let rows: Vec<Vec<f32>> =
        natural.iter().map(|row| row.iter().map(|&value| (f64::from(value) / base.ln()) as f32).collect()).collect();
    let scaled: Vec<Vec<f32>> = rows.iter().map(|row| row.iter().map(|value| value - 1.0).collect()).collect();
    let fixture = fixture(&rows, Storage::Csr).group("layers", |group| {
        matrix(group, "counts", &counts, 40, Storage::Csr);
        matrix(group, "scaled", &scaled, 40, Storage::Dense);
    });
    match stated {
        Some(base) => fixture.group("uns", |uns| {
            subgroup(uns, "log1p", |log1p| {
                log1p.create_dataset("base").with_f64_data(&[base]);
            });
        }),
        None => fixture,
    }
}

#[test]
fn fold_changes_undo_the_logarithm_that_the_file_states() {
    let fold_changes = |fixture: Fixture| {
        let (_written, built) = written_and_built(fixture);
        let dataset = Dataset::open(&built.path()).unwrap();
        let layers = &dataset.manifest().layers;
        let bases: Vec<f64> = layers.iter().map(|layer| layer.log_base).collect();
        let [a, b] = ["a", "b"].map(|name| label(&dataset, name));
        let table = compare_cells(&dataset, &layers[0], &a, &b, DeOptions::of_layer(&layers[0])).unwrap();
        let command = Command::new(env!("CARGO_BIN_EXE_tile-server"))
            .args(["de", built.path().to_str().unwrap(), "--group", "cell_type=a", "--reference", "cell_type=b"])
            .args(["--layer", "X"])
            .output()
            .unwrap();
        let csv = String::from_utf8(command.stdout).unwrap();
        let mut written: Vec<f64> =
            crate::compare::rows_of(&csv).into_iter().map(|(_, [_, fold_change, _, _])| fold_change).collect();
        let mut found = table.effect.clone();
        written.sort_by(f64::total_cmp);
        found.sort_by(f64::total_cmp);
        assert_eq!(written, found);
        let warnings = built.report.manifest.warnings.iter().map(|warning| warning.message.clone());
        let warnings = warnings.filter(|message| message.contains("logarithm")).collect();
        (bases, table.effect, warnings)
    };
    let (bases, natural, warnings): (_, _, Vec<String>) = fold_changes(logarithms(std::f64::consts::E, None));
    assert_eq!((bases, warnings.len()), (vec![0.0; 3], 0));
    for base in [2.0, 10.0] {
        let (bases, found, _) = fold_changes(logarithms(base, Some(base)));
        assert_eq!(bases, [base, 0.0, 0.0]);
        for (found, expected) in found.iter().zip(&natural) {
            assert!((found - expected).abs() < 1e-5, "{base}: {found} {expected}");
        }
        // Values that are natural logarithms for certain are taken for what they are.
        let (bases, found, warnings) = fold_changes(logarithms(std::f64::consts::E, Some(base)));
        assert_eq!((bases, found), (vec![0.0; 3], natural.clone()));
        assert!(warnings[0].contains("natural logarithm"), "{warnings:?}");
    }
}
