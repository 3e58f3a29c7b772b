//! What a model promises: the same cells however they are asked for, and cells that look like cells.

use proptest::prelude::*;
use synthetic::{Csr, Model, Spec};

fn model(n_cells: usize, n_genes: usize, seed: u64) -> Model {
    Model::new(Spec { n_cells, n_genes, seed }).expect("the numbers are within bounds")
}

/// Rows of several matrices, one after another.
fn rows(matrices: &[Csr]) -> Vec<(Vec<u32>, Vec<u32>)> {
    let of_matrix = |matrix: &Csr| {
        (0..matrix.n_obs())
            .map(|cell| matrix.row(cell))
            .map(|(genes, counts)| (genes.to_vec(), counts.to_vec()))
            .collect()
    };
    matrices.iter().flat_map(|matrix: &Csr| -> Vec<_> { of_matrix(matrix) }).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn any_partition_gives_the_same_cells(
        seed: u64,
        n_cells in 10_usize..900,
        n_genes in 50_usize..400,
        cut in 0.0_f64..1.0,
        threads in 1_usize..4,
    ) {
        let model = model(n_cells, n_genes, seed);
        let cut = (cut * n_cells as f64) as usize;
        let ranges = [0..cut, cut..n_cells];
        let whole = model.matrix(0..n_cells);
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let parts = pool.install(|| ranges.clone().map(|range| model.matrix(range)));
        prop_assert_eq!(rows(&parts), rows(std::slice::from_ref(&whole)));

        prop_assert_eq!(ranges.clone().map(|range| model.umap(range)).concat(), model.umap(0..n_cells));
        prop_assert_eq!(ranges.clone().map(|range| model.pca(range)).concat(), model.pca(0..n_cells));
        prop_assert_eq!(ranges.clone().map(|range| model.cell_types(range)).concat(), model.cell_types(0..n_cells));
        prop_assert_eq!(ranges.clone().map(|range| model.obs_names(range)).concat(), model.obs_names(0..n_cells));
        let last = cut..n_cells;
        let columns = model.obs(last.clone(), &parts[1]);
        let of_all = model.obs(0..n_cells, &whole);
        for (part, all) in columns.iter().zip(&of_all) {
            prop_assert_eq!(format!("{:?}", tail(&all.values, cut)), format!("{:?}", part.values));
        }
    }

    #[test]
    fn counts_are_a_sound_matrix(seed: u64, n_cells in 10_usize..300, n_genes in 50_usize..400) {
        let matrix = model(n_cells, n_genes, seed).matrix(0..n_cells);
        prop_assert_eq!(matrix.indptr.len(), n_cells + 1);
        prop_assert_eq!(*matrix.indptr.last().unwrap(), matrix.nnz() as u64);
        for cell in 0..n_cells {
            let (genes, counts) = matrix.row(cell);
            prop_assert!(genes.windows(2).all(|pair| pair[0] < pair[1]));
            prop_assert!(genes.iter().all(|&gene| (gene as usize) < n_genes));
            prop_assert!(counts.iter().all(|&count| count > 0));
            prop_assert_eq!(counts.iter().sum::<u32>(), matrix.library_sizes[cell]);
        }
    }
}

/// The values of a column from some cell on.
fn tail(values: &synthetic::Values, from: usize) -> synthetic::Values {
    use synthetic::Values::{Bool, Categorical, F32, F64, I32, I64, NullableI64, Text};
    match values.clone() {
        Categorical { codes, categories, ordered } => {
            Categorical { codes: codes[from..].to_vec(), categories, ordered }
        }
        Bool(values) => Bool(values[from..].to_vec()),
        I32(values) => I32(values[from..].to_vec()),
        I64(values) => I64(values[from..].to_vec()),
        NullableI64 { values, mask } => NullableI64 { values: values[from..].to_vec(), mask: mask[from..].to_vec() },
        F32(values) => F32(values[from..].to_vec()),
        F64(values) => F64(values[from..].to_vec()),
        Text(values) => Text(values[from..].to_vec()),
    }
}

#[test]
fn a_seed_means_the_same_cells_on_every_machine() {
    // FNV-1a over genes and counts: changes only when the model does.
    let hash = |seed| {
        let matrix = model(700, 765, seed).matrix(0..700);
        let numbers = matrix.indices.iter().chain(&matrix.data);
        numbers.fold(0xCBF2_9CE4_8422_2325_u64, |hash, &n| (hash ^ u64::from(n)).wrapping_mul(0x0100_0000_01B3))
    };
    assert_eq!(hash(1), 14_282_252_750_547_652_898);
    assert_ne!(hash(1), hash(2));
}

#[test]
fn impossible_sizes_are_refused() {
    for (n_cells, n_genes) in [(0, 1_000), (9, 1_000), (1_000, 0), (1_000, 49), (2_000_000_000, 1_000)] {
        let error = Model::new(Spec { n_cells, n_genes, seed: 1 }).err().unwrap().to_string();
        assert!(error.contains("a dataset has from"), "{error}");
    }
}

#[test]
fn cells_have_as_many_genes_as_real_ones_and_densities_spread() {
    for n_genes in [20_000, 60_000] {
        let model = model(100_000, n_genes, 5);
        // Samples lie one after another: some cells of each.
        let matrices: Vec<Csr> = (0..50).map(|i| model.matrix(i * 2_000..i * 2_000 + 20)).collect();
        let n_cells = 1_000;
        let nnz: usize = matrices.iter().map(Csr::nnz).sum();
        let mean = nnz as f64 / f64::from(n_cells);
        assert!((1_800.0..2_100.0).contains(&mean), "{mean} genes a cell of {n_genes}");

        let mut cells_of_gene = vec![0_u32; n_genes];
        matrices.iter().flat_map(|matrix| &matrix.indices).for_each(|&gene| cells_of_gene[gene as usize] += 1);
        let share = |is: &dyn Fn(f64) -> bool| {
            let n = cells_of_gene.iter().filter(|&&cells| is(f64::from(cells) / f64::from(n_cells))).count();
            n as f64 / n_genes as f64
        };
        assert!(share(&|density| density > 0.9) > 0.001, "some genes are in nearly every cell");
        assert!((0.02..0.3).contains(&share(&|density| (0.1..0.5).contains(&density))));
        assert!(share(&|density| density < 0.01) > 0.3, "many genes are hardly ever seen");

        let mut libraries: Vec<u32> = matrices.iter().flat_map(|matrix| matrix.library_sizes.clone()).collect();
        libraries.sort_unstable();
        let ratio = f64::from(libraries[950]) / f64::from(libraries[50]);
        assert!((3.0..15.0).contains(&ratio), "library sizes spread {ratio}-fold");
    }
}

#[test]
fn types_express_their_programs() {
    let model = model(4_000, 3_000, 3);
    let matrix = model.matrix(0..4_000);
    let types = model.cell_types(0..4_000);
    let n_types = model.cell_type_names().len();
    let mut counts = vec![vec![0.0_f64; 3_000]; n_types];
    let mut libraries = vec![0.0_f64; n_types];
    for (cell, &cell_type) in types.iter().enumerate() {
        let (genes, data) = matrix.row(cell);
        libraries[usize::from(cell_type)] += f64::from(matrix.library_sizes[cell]);
        for (&gene, &count) in genes.iter().zip(data) {
            counts[usize::from(cell_type)][gene as usize] += f64::from(count);
        }
    }
    let all: f64 = libraries.iter().sum();
    for cell_type in 0..n_types {
        let program = model.program(cell_type);
        assert!(program.len() >= 5, "{} genes of type {cell_type}", program.len());
        let sum = |counts: &[f64]| program.iter().map(|&gene| counts[gene as usize]).sum::<f64>();
        let inside = sum(&counts[cell_type]) / libraries[cell_type];
        let total: f64 = counts.iter().map(|counts| sum(counts)).sum();
        let outside = (total - sum(&counts[cell_type])) / (all - libraries[cell_type]);
        assert!(inside > 2.0 * outside, "type {cell_type}: {inside} inside, {outside} outside");
    }
}

#[test]
fn clusters_lie_apart_and_some_cells_between_them() {
    let model = model(20_000, 50, 8);
    let points = model.umap(0..20_000);
    let types = model.cell_types(0..20_000);
    let n_types = model.cell_type_names().len();
    let mut centers = vec![[0.0_f64; 3]; n_types];
    for (&[x, y], &cell_type) in points.iter().zip(&types) {
        let center = &mut centers[usize::from(cell_type)];
        *center = [center[0] + f64::from(x), center[1] + f64::from(y), center[2] + 1.0];
    }
    let nearest = |&[x, y]: &[f32; 2]| {
        let distance = |t: usize| {
            let [sum_x, sum_y, n] = centers[t];
            (sum_x / n - f64::from(x)).hypot(sum_y / n - f64::from(y))
        };
        (0..n_types).min_by(|&a, &b| distance(a).total_cmp(&distance(b))).unwrap()
    };
    let right =
        points.iter().zip(&types).filter(|(point, cell_type)| nearest(point) == usize::from(**cell_type)).count();
    assert!((14_000..19_900).contains(&right), "{right} of 20 000 cells lie nearest to their own type's center");
    let (on_the_way, outliers) = (0..20_000).map(|cell| model.traits(cell)).fold((0, 0), |(way, out), traits| {
        (way + usize::from(traits.mixture.is_some()), out + usize::from(traits.is_outlier))
    });
    assert!((1_000..8_000).contains(&on_the_way) && (2..100).contains(&outliers), "{on_the_way}, {outliers}");
}

#[test]
fn samples_differ_as_batches_do() {
    let model = model(10_000, 1_000, 4);
    let matrix = model.matrix(0..10_000);
    let samples = model.sample_codes(0..10_000);
    // The share that each gene has in the two largest samples: the same genes, not the same shares.
    let profile = |sample: u16| {
        let mut counts = vec![0.5_f64; 1_000];
        for cell in (0..10_000).filter(|&cell| samples[cell] == sample) {
            let (genes, data) = matrix.row(cell);
            genes.iter().zip(data).for_each(|(&gene, &count)| counts[gene as usize] += f64::from(count));
        }
        let total: f64 = counts.iter().sum();
        counts.into_iter().map(|count| (count / total).ln()).collect::<Vec<f64>>()
    };
    let mut sizes = vec![0; 1 + usize::from(*samples.iter().max().unwrap())];
    samples.iter().for_each(|&sample| sizes[usize::from(sample)] += 1);
    let mut order: Vec<u16> = (0..sizes.len() as u16).collect();
    order.sort_by_key(|&sample| std::cmp::Reverse(sizes[usize::from(sample)]));
    let (a, b) = (profile(order[0]), profile(order[1]));
    let correlation = correlation(&a, &b);
    assert!((0.8..0.995).contains(&correlation), "{correlation}");
}

fn correlation(a: &[f64], b: &[f64]) -> f64 {
    let mean = |x: &[f64]| x.iter().sum::<f64>() / x.len() as f64;
    let (mean_a, mean_b) = (mean(a), mean(b));
    let sum = |f: &dyn Fn(f64, f64) -> f64| a.iter().zip(b).map(|(&a, &b)| f(a - mean_a, b - mean_b)).sum::<f64>();
    sum(&|a, b| a * b) / (sum(&|a, _| a * a) * sum(&|_, b| b * b)).sqrt()
}
