//! Ranks, enrichment, composition, correlation and scores of files, from their tiles, against scanpy, scipy, statsmodels
//! and gseapy (`golden/statistics.py`).

use std::{env, path::PathBuf, process::Command};

use explorer_core::{
    data::{Categorical, CellIdx, Column, GeneFinder, GeneIdx, GeneNames},
    de::{Adjustment, DeOptions, DeTable, Design, Method, Ties},
    filter::CellMask,
    state::{GeneSet, gene_sets_from_text},
    statistics::{
        Composition, PrerankOptions, Ranking, SampleCounts, SampleParts, ScoreOptions, compare_samples,
        over_representation, prerank,
    },
};
use tessera::{
    compare::{cells_with_label, compare_cells},
    dataset::Dataset,
    gene_passes::{compare_by_ranks, correlate, score_genes},
};

use crate::input::{build, demo};

/// Against scipy on `f64`; 1e-12 is seen.
const RTOL_SCIPY: f64 = 1e-9;
/// Against scanpy, which keeps scores as `f32`.
const RTOL_F32: f64 = 1e-6;
/// Of log p against scanpy's, whose z is of `f64`.
const RTOL_LOG_P: f64 = 1e-9;
/// Against normalized scores of 10 000 random sets, by 10 000 others.
const RTOL_RANDOM: f64 = 0.05;

fn check(what: &str, found: f64, expected: f64, rtol: f64, atol: f64) {
    assert!((found - expected).abs() <= rtol * expected.abs() + atol, "{what}: {found}, reference {expected}");
}

/// Logarithms of p-values; of those that underflow in the reference, that ours is as small.
fn check_p(what: &str, found_log10: f64, expected: f64, rtol: f64) {
    if expected > 1e-300 {
        // The golden has nine digits.
        check(what, found_log10, expected.log10(), rtol, 3e-9);
    } else {
        assert!(found_log10 < -299.0, "{what}: log10 p {found_log10}, reference {expected}");
    }
}

fn numbers(text: &str) -> Vec<f64> {
    text.split(' ').map(|number| number.parse().unwrap()).collect()
}

/// A file of `.h5ad` files that are not in the repository, where it is at hand.
fn file(name: &str) -> Option<PathBuf> {
    if name == "pbmc68k_reduced" {
        return Some(demo());
    }
    let near = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/h5ad");
    let folder = env::var_os("TESSERA_H5AD_FILES").map_or(near, PathBuf::from);
    Some(folder.join(format!("{name}.h5ad"))).filter(|path| path.is_file())
}

/// Group and reference, as `column|group|reference`; an empty reference is the rest.
fn sides(dataset: &Dataset, [column, group, reference]: [&str; 3]) -> [CellMask; 2] {
    let labeled = |label: &str| cells_with_label(dataset, column, label).unwrap().unwrap();
    let group = labeled(group);
    let reference = if reference.is_empty() {
        let mut rest = group.clone();
        rest.invert();
        rest
    } else {
        labeled(reference)
    };
    [group, reference]
}

#[test]
fn ranks_are_as_scanpy_and_scipy_have_them() {
    let golden = include_str!("../golden/wilcoxon.txt");
    let (mut n_compared, mut n_rows, mut n_scores) = (0, 0, 0);
    for block in golden.split("comparison ").skip(1) {
        let mut lines = block.lines();
        let name = lines.next().unwrap();
        let [stem, layer, column, group, reference] = name.split('|').collect::<Vec<_>>()[..] else { panic!("{name}") };
        let genes: Vec<&str> = lines.next().unwrap().strip_prefix("genes ").unwrap().split(' ').collect();
        let rows: Vec<Vec<f64>> = lines.map(|line| numbers(line.strip_prefix("row ").unwrap())).collect();
        let Some(path) = file(stem) else {
            eprintln!("not compared, since {stem}.h5ad is not at hand: {name}");
            continue;
        };
        n_compared += 1;
        n_rows += rows.len();
        let built = build(&path);
        let dataset = Dataset::open(&built.path()).unwrap();
        let layer = dataset.manifest().layers.iter().find(|known| known.name == layer).unwrap();
        let [group, reference] = sides(&dataset, [column, group, reference]);
        let by_ranks = |ties: Ties| {
            compare_by_ranks(&dataset, layer, [&group, &reference], DeOptions::of_layer(layer), ties).unwrap()
        };
        let (corrected, plain) = (by_ranks(Ties::Corrected), by_ranks(Ties::Ignored));
        let options = DeOptions { method: Method::OverestimatedVariance, ..DeOptions::of_layer(layer) };
        let overestimated = compare_cells(&dataset, layer, &group, &reference, options).unwrap();
        let names = dataset.gene_names(layer).unwrap();
        for (id, row) in genes.iter().zip(&rows) {
            let [z, p, p_adj, z_plain, p_plain, p_scipy, score, p_score] = row[..] else { panic!("{row:?}") };
            let at = names.position(id).unwrap();
            let what = |statistic: &str| format!("{name} {id} {statistic}");
            check(&what("z"), corrected.score[at], z, RTOL_F32, 1e-9);
            check_p(&what("p"), corrected.log10_pval[at], p, RTOL_LOG_P);
            check_p(&what("adjusted p"), corrected.log10_pval_adj[at], p_adj, RTOL_LOG_P);
            check(&what("z without correction"), plain.score[at], z_plain, RTOL_F32, 1e-9);
            check_p(&what("p without correction"), plain.log10_pval[at], p_plain, RTOL_LOG_P);
            check_p(&what("p (scipy)"), corrected.log10_pval[at], p_scipy, RTOL_LOG_P);
            // scanpy squares values of f32 in f32. The variance of a gene that has one value in a set may come out below
            // zero there, and its score as 0 then; scipy's from variances in f64 is ours.
            if score != 0.0 {
                check(&what("t of overestimated variance"), overestimated.score[at], score, 1e-4, 1e-9);
                check_p(&what("its p"), overestimated.log10_pval[at], p_score, 2e-4);
                n_scores += 1;
            }
        }
    }
    assert!(n_compared >= 3, "the demo file is always at hand");
    assert!(10 * n_scores > 9 * n_rows, "{n_scores} of {n_rows} scores were compared");
}

/// The demo file as a dataset, its log-normalized layer's gene names, and the golden.
struct Demo {
    dataset: Dataset,
    _built: crate::input::Built,
    names: GeneNames,
    layer: usize,
}

impl Demo {
    fn new() -> Self {
        let built = build(&demo());
        let dataset = Dataset::open(&built.path()).unwrap();
        let layer = dataset.manifest().layers.iter().position(|layer| layer.name == "raw/X").unwrap();
        let names = dataset.gene_names(&dataset.manifest().layers[layer]).unwrap();
        Self { dataset, _built: built, names, layer }
    }

    fn layer(&self) -> &shared_fbs::manifest::Layer {
        &self.dataset.manifest().layers[self.layer]
    }

    fn table(&self) -> DeTable {
        let [group, reference] = sides(&self.dataset, ["louvain", "1", ""]);
        compare_cells(&self.dataset, self.layer(), &group, &reference, DeOptions::of_layer(self.layer())).unwrap()
    }

    fn sets(&self) -> (Vec<GeneSet>, Vec<Vec<GeneIdx>>) {
        let sets = gene_sets_from_text(include_str!("../golden/sets.gmt"), |_| false).unwrap();
        let finder = GeneFinder::new(&self.names);
        let genes = sets.iter().map(|set| set.genes.iter().filter_map(|gene| finder.find(gene)).collect()).collect();
        (sets, genes)
    }

    fn column(&self, name: &str) -> Categorical {
        let column = self.dataset.manifest().column(name).unwrap();
        self.dataset.categorical(column).unwrap().unwrap()
    }
}

/// The lines of the golden behind a heading, up to the next.
fn golden(heading: &str, prefix: &str) -> Vec<&'static str> {
    let lines = include_str!("../golden/statistics.txt").lines();
    let behind = lines.skip_while(|line| *line != heading).skip(1);
    let found: Vec<&str> = behind.map_while(|line| line.strip_prefix(prefix)).collect();
    assert!(!found.is_empty(), "nothing stands behind {heading}");
    found
}

#[test]
fn sets_are_over_represented_as_scipy_and_statsmodels_have_it() {
    let demo = Demo::new();
    let (sets, genes) = demo.sets();
    let table = demo.table();
    let is_tested: Vec<bool> = table.degenerate.iter().map(Option::is_none).collect();
    let is_chosen: Vec<bool> =
        (0..table.len()).map(|gene| table.pval_adj[gene] <= 0.05 && table.effect[gene] > 0.0).collect();
    let found = over_representation(&genes, &is_tested, &is_chosen, Adjustment::BenjaminiHochberg);
    let lines = golden("enrichment louvain|1|", "set ");
    assert_eq!(lines.len(), sets.len());
    for ((line, set), found) in lines.iter().zip(&sets).zip(found) {
        let (name, rest) = line.split_once(' ').unwrap();
        let [n_genes, n_hits, pval, pval_adj] = numbers(rest)[..] else { panic!("{line}") };
        assert_eq!((name, found.n_genes as f64, found.hits.len() as f64), (set.name.as_str(), n_genes, n_hits));
        check(name, found.pval, pval, RTOL_SCIPY, 0.0);
        check(name, found.pval_adj, pval_adj, RTOL_SCIPY, 0.0);
    }
}

#[test]
fn rankings_are_enriched_as_gseapy_has_it() {
    let demo = Demo::new();
    let (sets, genes) = demo.sets();
    let options = PrerankOptions { least_genes: 5, n_permutations: 10_000, ..PrerankOptions::default() };
    let found = prerank(&Ranking::new(&demo.table().score), &genes, options);
    let lines = golden("prerank louvain|1|", "set ");
    assert_eq!(lines.len(), found.len());
    for line in lines {
        let fields: Vec<&str> = line.split(' ').collect();
        let [name, score, normalized, pval] = fields[..4] else { panic!("{line}") };
        let found = found.iter().find(|found| sets[found.set].name == name).unwrap();
        check(name, found.score, score.parse().unwrap(), RTOL_SCIPY, 1e-8);
        check(name, found.normalized_score, normalized.parse().unwrap(), RTOL_RANDOM, 0.0);
        let pval: f64 = pval.parse().unwrap();
        // Five standard deviations of each side's share of about 5 000 random sets.
        let deviation = (pval.max(2e-4) * (1.0 - pval) / 5000.0).sqrt();
        check(name, found.pval, pval, 0.0, 5.0 * 2_f64.sqrt() * deviation + 4e-4);
        let edge: Vec<&str> = found.leading_edge.iter().map(|&gene| demo.names.id(gene)).collect();
        let (mut edge, mut expected) = (edge, fields[4..].to_vec());
        edge.sort_unstable();
        expected.sort_unstable();
        assert_eq!(edge, expected, "{name}");
    }
}

#[test]
fn compositions_are_as_scipy_has_them() {
    let demo = Demo::new();
    let (parts, groups, samples) = (demo.column("bulk_labels"), demo.column("phase"), demo.column("louvain"));
    let cells = CellMask::all(parts.codes.len());
    let composition = Composition::count(&parts, &groups, &cells);
    let test = composition.chi_squared().unwrap();
    let expected = golden(
        "# part: share of the group, of the reference, p of Fisher's exact test over cells",
        "chi_squared bulk_labels|phase ",
    );
    let [statistic, df, pval] = numbers(expected[0])[..] else { panic!("{expected:?}") };
    check("chi squared", test.statistic, statistic, 1e-8, 0.0);
    check("p of chi squared", test.pval, pval, 1e-7, 0.0);
    assert_eq!(test.df as f64, df);

    let g1 = groups.categories.iter().position(|label| label == "G1").unwrap();
    let lines: Vec<&str> = include_str!("../golden/statistics.txt").lines().collect();
    let of_kind = |kind: &str| -> Vec<(&str, Vec<f64>)> {
        let found = lines.iter().filter_map(|line| line.strip_prefix(kind)?.split_once('|'));
        found.map(|(name, rest)| (name, numbers(rest))).collect()
    };
    let by_cells = composition.by_cells(g1);
    let (of_cells, of_pairs) = (of_kind("cells "), of_kind("paired "));
    assert_eq!((of_cells.len(), of_pairs.len()), (parts.categories.len(), parts.categories.len()));
    let number_of = |name: &str| parts.categories.iter().position(|label| label == name).unwrap();
    for (name, expected) in of_cells {
        let test = by_cells[number_of(name)];
        check(name, test.shares[0], expected[0], 1e-8, 0.0);
        check(name, test.shares[1], expected[1], 1e-8, 0.0);
        check(name, test.pval, expected[2], RTOL_SCIPY, 0.0);
    }

    let by_sample = SampleCounts::count([&parts, &groups], ("louvain", &samples), &cells);
    let found = compare_samples(&by_sample.of_group(g1)).unwrap();
    let n_samples = lines.iter().find_map(|line| line.strip_prefix("samples ")).unwrap();
    assert_eq!((found.design, found.n_samples[0].to_string().as_str()), (Design::Paired, n_samples));
    for (name, expected) in of_pairs {
        let test = found.tests[number_of(name)];
        check(name, test.score, expected[0], 1e-8, 1e-10);
        check(name, test.pval, expected[1], 1e-7, 0.0);
    }
}

#[test]
fn compositions_of_samples_of_one_side_each_are_as_scipy_has_them() {
    let lines: Vec<&str> = include_str!("../golden/statistics.txt").lines().collect();
    let of_kind = |kind: &str| lines.iter().filter_map(|line| line.strip_prefix(kind)).map(numbers).collect::<Vec<_>>();
    let counts = |row: &Vec<f64>| row.iter().map(|&count| count as u64).collect::<Vec<_>>();
    let sample =
        |name: usize, group: Vec<u64>, reference: Vec<u64>| SampleParts { name: name.to_string(), group, reference };
    let of_group: Vec<SampleParts> =
        of_kind("of_group ").iter().enumerate().map(|(at, row)| sample(at, counts(row), vec![0; 4])).collect();
    let of_reference: Vec<SampleParts> = of_kind("of_reference ")
        .iter()
        .enumerate()
        .map(|(at, row)| sample(100 + at, vec![0; 4], counts(row)))
        .collect();
    let samples: Vec<SampleParts> = [of_group, of_reference].concat();
    let found = compare_samples(&samples).unwrap();
    assert_eq!((found.design, found.n_samples), (Design::Unpaired, [5, 4]));
    let expected = of_kind("unpaired ");
    assert_eq!(expected.len(), 4);
    for (test, row) in found.tests.iter().zip(expected) {
        check("t", test.score, row[0], 1e-8, 0.0);
        check("df", test.df, row[1], 1e-8, 0.0);
        check("p", test.pval, row[2], 1e-7, 0.0);
    }
}

#[test]
fn correlations_are_as_scipy_has_them() {
    let demo = Demo::new();
    let dataset = &demo.dataset;
    let genes: Vec<&str> = golden("# see statistics.py", "genes ")[0].split(' ').collect();
    let lyz = GeneFinder::new(&demo.names).find("LYZ").unwrap();
    let of_gene = dataset.gene(demo.layer(), lyz).unwrap().to_continuous();
    let Column::Continuous(of_column) = dataset.column("percent_mito").unwrap() else { panic!("numbers") };
    let [cluster, _] = sides(dataset, ["louvain", "1", ""]);
    for (name, numbers_of, itself, cells) in
        [("LYZ", of_gene, Some(lyz), CellMask::all(cluster.len())), ("obs/percent_mito", of_column, None, cluster)]
    {
        let table = correlate(dataset, demo.layer(), (&numbers_of, itself), &cells, Adjustment::default()).unwrap();
        assert_eq!(table.n_cells, cells.count() as u64);
        let rows = golden(&format!("correlation {name}"), "row ");
        assert_eq!(rows.len(), genes.len());
        for (gene, row) in genes.iter().zip(rows) {
            let [r, p] = numbers(row)[..] else { panic!("{row}") };
            let at = demo.names.position(gene).unwrap();
            // A gene with itself is no test, and neither is one that does not vary, of which the golden has 0.
            if *gene == name || (r, p) == (0.0, 1.0) {
                assert!(table.r[at].is_nan() && table.pval_adj[at] == 1.0, "{name} {gene}");
            } else {
                check(&format!("{name} {gene} r"), table.r[at], r, 1e-8, 1e-12);
                check_p(&format!("{name} {gene} p"), table.log10_pval[at], p, 1e-7);
            }
        }
    }
}

#[test]
fn scores_are_those_of_scanpy_where_nothing_is_left_to_chance() {
    let demo = Demo::new();
    let (sets, genes) = demo.sets();
    let rows = demo.dataset.rows().unwrap();
    for name in ["MONOCYTES", "EVERY_17"] {
        let at = sets.iter().position(|set| set.name == name).unwrap();
        let options = ScoreOptions { n_controls: 10_000, ..ScoreOptions::default() };
        let [scores, means] = score_genes(&demo.dataset, demo.layer(), &genes[at], options).unwrap();
        let expected: Vec<f64> =
            golden(&format!("score {name}"), "row ").iter().map(|row| row.parse().unwrap()).collect();
        assert_eq!(expected.len(), scores.len());
        for (cell, (score, mean)) in (0..).map(CellIdx).zip(scores.iter().zip(&means)) {
            check(name, *score, expected[rows.row_of(cell).unwrap().0 as usize], 1e-8, 1e-9);
            assert!(score <= mean);
        }
    }
}

/// What a command prints, without the lines that begin with `#`.
fn output(arguments: &[&str]) -> (String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_tile-server")).args(arguments).output().unwrap();
    let (out, err) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert!(output.status.success(), "{arguments:?}: {err}");
    (out, err)
}

#[test]
fn the_commands_write_what_the_library_says() {
    let built = build(&demo());
    let path = built.path();
    let place = path.to_str().unwrap();
    let sets = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/sets.gmt");
    let first = |text: &str| text.lines().filter(|line| !line.starts_with('#')).nth(1).unwrap().to_owned();

    let (ranked, _) = output(&["de", place, "--group", "louvain=1", "--method", "wilcoxon", "--adjust", "bonferroni"]);
    assert!(
        ranked.contains("# method: Wilcoxon rank-sum test, corrected for ties\n# adjustment: Bonferroni\n"),
        "{}",
        &ranked[..400]
    );
    let (markers, _) = output(&["markers", place, "--column", "louvain", "--method", "wilcoxon", "--top", "1"]);
    let of_label = markers.lines().find(|line| line.starts_with("1,")).unwrap();
    assert_eq!(of_label.split(',').nth(1), first(&ranked).split(',').next());
    assert_eq!(of_label.split(',').nth(3), first(&ranked).split(',').nth(1));

    let (chosen, warning) = output(&["enrich", place, "--group", "bulk_labels=CD14+ Monocyte", "--sets", sets]);
    assert!(first(&chosen).starts_with("MONOCYTES,10,"), "{chosen}");
    assert!(warning.contains("6 genes of the sets are not in raw/X"), "{warning}");
    let ranking = ["--by", "ranking", "--min-size", "5"];
    let (ranking, warning) =
        output(&[&["enrich", place, "--group", "bulk_labels=CD19+ B", "--sets", sets], &ranking[..]].concat());
    assert!(ranking.contains("\nB_CELLS,7,") && warning.contains("1 set is left out"), "{ranking}{warning}");

    let (cells, _) = output(&["composition", place, "--of", "bulk_labels", "--by", "phase"]);
    assert!(
        cells.contains("of cells, which are not independent") && cells.contains("# all groups and parts: chi-squared ")
    );
    let (samples, warning) =
        output(&["composition", place, "--of", "bulk_labels", "--by", "phase", "--samples", "louvain"]);
    assert!(samples.contains(",paired,") && !samples.contains("chi-squared"), "{samples}");
    let left_out = "G1: 5 samples with fewer than 10 cells in the group or in the reference are left out: 6 (38 in the \
                    group, 4 in the reference), ";
    assert!(warning.contains(left_out), "{warning}");
    assert!(warning.contains("G2M: a comparison of compositions needs two samples or more"), "{warning}");

    let folder = tempfile::tempdir().unwrap();
    let picture = folder.path().join("bars.svg");
    let drawn = ["--out", picture.to_str().unwrap()];
    output(&[&["composition", place, "--of", "bulk_labels", "--by", "phase"], &drawn[..]].concat());
    let svg = std::fs::read_to_string(&picture).unwrap();
    assert!(svg.starts_with("<svg ") && svg.contains("CD14+ Monocyte in G1: 21.8%, 109 of 501 cells"), "{svg}");

    let (correlated, _) =
        output(&["correlate", place, "--gene", "lyz", "--label", "louvain=1", "--label", "louvain=2"]);
    assert!(!correlated.contains("\nLYZ,") && first(&correlated).split(',').nth(1).unwrap().starts_with("0."));
    assert!(correlated.contains("# cells: louvain=1 + louvain=2 ("));
    let (described, _) = output(&["describe", place, "--label", "louvain=2", "--column", "bulk_labels", "--top", "3"]);
    let row = |start: &str| described.lines().find(|line| line.starts_with(start)).unwrap().to_owned();
    assert!(row("label,louvain,2,").contains(",1,"), "{described}");
    // Their first label is the one they are most like.
    let likely = row("label,bulk_labels,").split(',').nth(2).unwrap().to_owned();
    assert!(row("nearest label,bulk_labels,").contains(&likely), "{described}");
    assert_eq!(described.lines().filter(|line| line.starts_with("marker,")).count(), 3);
    let (scores, _) = output(&["score", place, "--sets", sets]);
    assert!(scores.lines().any(|line| line.starts_with("cell_id,T_CELLS_score,T_CELLS_mean,")), "{}", &scores[..600]);
    assert_eq!(scores.lines().filter(|line| !line.starts_with('#')).count(), 701);
}

#[test]
fn what_a_command_cannot_do_is_said() {
    let built = build(&demo());
    let path = built.path();
    let place = path.to_str().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("sets.csv");
    std::fs::write(&file, "gene\nCD3D\n").unwrap();
    let file = file.to_str().unwrap();
    let sets = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/generate.py");
    for (arguments, code, said) in [
        (vec!["enrich", place, "--group", "louvain=1", "--sets", file], 3, "has no column “gene_set_name”"),
        (vec!["score", place, "--sets", sets], 3, "has no column “gene_set_name”"),
        (vec!["composition", place, "--of", "n_genes", "--by", "phase"], 2, "no categorical column `n_genes`"),
        (vec!["correlate", place, "--gene", "NONE"], 2, "has no gene `NONE`"),
        (vec!["correlate", place, "--column", "phase"], 2, "no column of numbers `phase`"),
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_tile-server")).args(&arguments).output().unwrap();
        let said_of_it = String::from_utf8(output.stderr).unwrap();
        assert_eq!(
            (output.status.code(), said_of_it.contains(said)),
            (Some(code), true),
            "{arguments:?}: {said_of_it}"
        );
    }
}
