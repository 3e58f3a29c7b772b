//! The plot of a link.

use crate::state::{Plot, PlotKind, PlotMean, PlotOrder, PlotScale};

use super::text::{self, Read};

/// The pairs of a plot, but for its universe.
pub(super) fn pairs(plot: &Plot) -> Vec<(&'static str, String)> {
    let Plot { kind, by, then, genes, layer, scale, mean, order, groups, samples, universe: _ } = plot;
    let mut pairs = vec![("plot", by.clone())];
    let mut push = |key, value: Option<String>| pairs.extend(value.map(|value| (key, value)));
    push("plot.kind", (*kind != PlotKind::default()).then(|| kind.name().to_owned()));
    push("plot.then", then.clone());
    push("plot.genes", (!genes.is_empty()).then(|| text::list(genes)));
    push("plot.layer", layer.clone());
    push(
        "plot.scale",
        match scale {
            PlotScale::Values => None,
            PlotScale::PerGene => Some("gene".to_owned()),
        },
    );
    push(
        "plot.mean",
        match mean {
            PlotMean::All => None,
            PlotMean::Expressing => Some("expressing".to_owned()),
        },
    );
    push(
        "plot.order",
        match order {
            PlotOrder::Given => None,
            PlotOrder::Clustered => Some("clustered".to_owned()),
        },
    );
    push("plot.groups", (!groups.is_empty()).then(|| text::list(groups)));
    push("plot.samples", samples.clone());
    pairs
}

/// Reads a pair of a plot by what follows `plot`.
pub(super) fn read(plot: &mut Plot, key: &str, value: &str) -> Read {
    match (key, value) {
        (".kind", name) => plot.kind = PlotKind::from_name(name).ok_or("the kind of a plot")?,
        (".then", column) => plot.then = Some(column.to_owned()),
        (".genes", genes) => plot.genes = text::names(genes).collect(),
        (".groups", groups) => plot.groups = text::names(groups).collect(),
        (".samples", column) => plot.samples = Some(column.to_owned()),
        (".layer", layer) => plot.layer = Some(layer.to_owned()),
        (".scale", "values") => plot.scale = PlotScale::Values,
        (".scale", "gene") => plot.scale = PlotScale::PerGene,
        (".scale", _) => return Err("what the colors of a plot are of".into()),
        (".mean", "all") => plot.mean = PlotMean::All,
        (".mean", "expressing") => plot.mean = PlotMean::Expressing,
        (".mean", _) => return Err("the means of a plot".into()),
        (".order", "given") => plot.order = PlotOrder::Given,
        (".order", "clustered") => plot.order = PlotOrder::Clustered,
        (".order", _) => return Err("the order of a plot".into()),
        _ => {}
    }
    Ok(())
}
