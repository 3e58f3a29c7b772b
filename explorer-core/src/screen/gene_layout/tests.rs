//! Where genes lie in plots.

use crate::de::DeFilter;

use super::*;
use crate::{
    data::GeneNames,
    screen::extent::{EFFECT_ROOM, LEAST_EFFECT},
};

fn volcano(table: &DeTable, size_px: (f64, f64)) -> GeneLayout {
    GeneLayout::new(GeneAxes::Volcano, table, None, size_px)
}

fn table() -> DeTable {
    DeTable {
        effect: vec![-2.0, 0.0, 1.0],
        score: vec![-3.0, 0.0, f64::INFINITY],
        log10_pval_adj: vec![-10.0, 0.0, f64::NEG_INFINITY],
        pval_adj: vec![1e-10, 1.0, 0.0],
        pct_group: vec![10.0; 3],
        pct_reference: vec![10.0; 3],
        ..DeTable::default()
    }
}

#[test]
fn every_gene_lies_inside_the_axes_and_is_found_where_it_lies() {
    let layout = volcano(&table(), (300.0, 200.0));
    let [left, top, right, bottom] = MARGIN_PX;
    for (gene, &(x, y)) in layout.points.iter().enumerate() {
        assert!(x >= left && x <= 300.0 - right && y >= top && y <= 200.0 - bottom);
        assert_eq!(layout.nearest((x + 3.0, y - 3.0)), Some(gene as u32));
    }
    assert_eq!(layout.nearest((150.0, 60.0)), None);
}

#[test]
fn a_p_of_zero_is_at_the_top() {
    assert_eq!(volcano(&table(), (300.0, 200.0)).points[2].1, MARGIN_PX[1]);
}

#[test]
fn genes_of_one_set_alone_do_not_squeeze_the_others() {
    let mut effect: Vec<f64> = (0..200).map(|gene| f64::from(gene - 100) / 50.0).collect();
    effect.extend([-30.0, 28.0, f64::INFINITY]);
    let n_genes = effect.len();
    let pct = |absent: usize| (0..n_genes).map(|gene| if gene == absent { 0.0 } else { 10.0 }).collect::<Vec<_>>();
    let mut table = DeTable {
        log10_pval_adj: vec![-1.0; n_genes],
        pct_group: pct(200),
        pct_reference: pct(201),
        effect,
        ..DeTable::default()
    };
    table.pct_group[202] = 0.0;
    let layout = volcano(&table, (300.0, 200.0));
    assert_eq!(layout.n_beyond(), 3);
    assert!((200..203).all(|gene| layout.is_beyond(gene)));
    assert!((2.0..3.1).contains(&layout.x_ends[1]), "{}", layout.x_ends[1]);
    // Few genes and small effects still have an axis that says something.
    table.effect.iter_mut().for_each(|effect| *effect = effect.clamp(-0.02, 0.02));
    table.effect[0] = 40.0;
    assert_eq!(volcano(&table, (300.0, 200.0)).x_ends[1], LEAST_EFFECT);
}

#[test]
fn the_axis_of_effects_ends_where_significant_genes_do() {
    let table = DeTable {
        effect: (0..100).map(|gene| if gene < 20 { 2.5 } else { 9.0 }).collect(),
        log10_pval_adj: (0..100).map(|gene| if gene < 20 { -5.0 } else { -0.1 }).collect(),
        pct_group: vec![10.0; 100],
        pct_reference: vec![10.0; 100],
        ..DeTable::default()
    };
    let layout = volcano(&table, (300.0, 200.0));
    assert_eq!((layout.x_ends[1], layout.n_beyond()), (2.5 * EFFECT_ROOM, 80));
    let none = DeTable { log10_pval_adj: vec![-0.1; 100], ..table };
    assert_eq!(volcano(&none, (300.0, 200.0)).n_beyond(), 0);
}

#[test]
fn ticks_are_round_and_few() {
    assert_eq!(ticks(2.3, 3), [0.0, 1.0, 2.0]);
    assert_eq!(ticks(87.0, 4), [0.0, 50.0]);
    assert_eq!(ticks(1.0, 2), [0.0, 0.5, 1.0]);
}

#[test]
fn a_rectangle_holds_the_genes_that_are_drawn_in_it() {
    let table = table();
    let layout = volcano(&table, (300.0, 200.0));
    let held = |rect: Rect| {
        let mut genes = vec![0, 1, 2];
        let names = GeneNames::new(["a", "b", "c"].map(str::to_owned).to_vec(), None);
        table.retain(&mut genes, &names, &DeFilter { region: Some(layout.region(rect)), ..DeFilter::default() });
        genes
    };
    for (gene, &point) in (0..).zip(&layout.points) {
        assert_eq!(held(Rect::around(point, 4.0)), [gene]);
    }
    assert_eq!(held(layout.plot()), [0, 1, 2]);
    let rect = Rect::between((90.0, 150.0), (60.0, 40.0));
    let again = layout.rect(layout.region(rect)).unwrap();
    assert!(rect.0.iter().zip(again.0).all(|(a, b)| (a - b).abs() < 1e-9), "{again:?}");
}

#[test]
fn genes_in_one_place_are_drawn_once() {
    let mut table = table();
    table.effect = vec![0.5; 3];
    table.log10_pval_adj = vec![-1.0, -1.0, -10.0];
    let layout = volcano(&table, (300.0, 200.0));
    assert_eq!(layout.dots(&[0, 1, 2]).matches('M').count(), 2);
    assert_eq!((layout.n_beyond(), layout.arrows(&[0, 1, 2])), (0, String::new()));
    // Many others keep the axis where it is.
    table.effect = [vec![0.5; 300], vec![-90.0, 80.0, 85.0]].concat();
    table.log10_pval_adj = vec![-1.0; 303];
    (table.pct_group, table.pct_reference) = (vec![50.0; 303], vec![50.0; 303]);
    let layout = volcano(&table, (300.0, 200.0));
    let all: Vec<usize> = (0..303).collect();
    assert_eq!((layout.n_beyond(), layout.arrows(&all).matches('M').count()), (3, 2));
    assert_eq!(layout.dots(&all).matches('M').count(), 1);
}

#[test]
fn labels_keep_clear_of_each_other_and_of_the_edges() {
    let n_genes = 400;
    // Two clouds with many dots in one place.
    let effect = |gene: usize| if gene.is_multiple_of(2) { 1.0 } else { -1.0 } * (3.0 - (gene / 8) as f64 / 20.0);
    let table = DeTable {
        effect: (0..n_genes).map(effect).collect(),
        log10_pval_adj: (0..n_genes).map(|gene| -((n_genes - gene) as f64) / 8.0).collect(),
        pct_group: vec![10.0; n_genes],
        pct_reference: vec![10.0; n_genes],
        score: vec![1.0; n_genes],
        ..DeTable::default()
    };
    let names: Vec<String> = (0..n_genes).map(|gene| format!("GENE{gene}")).collect();
    let layout = volcano(&table, (420.0, 320.0));
    let genes: Vec<usize> = (0..n_genes).collect();
    let labels = layout.labels(&[], &genes, &names);
    assert!((8..=MOST_LABELS).contains(&labels.len()), "{}", labels.len());
    let rect = |label: &GeneLabel| {
        let (x, y) = label.at;
        let width = label_width_px(&names[label.gene]);
        Rect([x, y - LABEL_PX * 0.8, x + width, y + LABEL_PX * 0.2])
    };
    for (at, label) in labels.iter().enumerate() {
        assert!(rect(label).is_inside(layout.plot()));
        assert!(labels[..at].iter().all(|other| !rect(other).meets(rect(label))));
    }
}
#[test]
fn chosen_genes_have_their_names_however_they_lie() {
    let layout = volcano(&table(), (300.0, 200.0));
    let names = ["A", "B", "C"].map(str::to_owned);
    let labeled =
        |chosen: &[usize]| layout.labels(chosen, &[0, 2], &names).iter().map(|label| label.gene).collect::<Vec<_>>();
    assert_eq!((labeled(&[]), labeled(&[1])), (vec![2], vec![1, 2]));
}

#[test]
fn means_lie_across_and_effects_upright() {
    let mut table = table();
    (table.mean_group, table.mean_reference) = (vec![1.0, 2.0, 3.0], vec![3.0, 2.0, 5.0]);
    let layout = GeneLayout::new(GeneAxes::Ma, &table, None, (300.0, 200.0));
    let [left, _, right, bottom] = MARGIN_PX;
    let (x, y) = layout.points[2];
    assert!(
        x > layout.points[0].0 && x < 300.0 - right && y < layout.points[1].1 && layout.points[0].1 <= 200.0 - bottom
    );
    assert!((layout.points[0].0 - left - (300.0 - left - right) / 4.16 * 2.0).abs() < 1e-9);
    let names = GeneNames::new(["a", "b", "c"].map(str::to_owned).to_vec(), None);
    let mut genes = vec![0, 1, 2];
    let region = layout.region(Rect::around(layout.points[2], 4.0));
    table.retain(&mut genes, &names, &DeFilter { region: Some(region), ..DeFilter::default() });
    assert_eq!(genes, [2]);
    assert_eq!(volcano(&table, (300.0, 200.0)).rect(region), None);
}
