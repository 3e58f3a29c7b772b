//! Posters: the first view of every embedding as pictures, for whoever shows a dataset before or without the Explorer.
//!
//! They are drawn by the twins of the renderer's shaders, of all cells and in the colors that the Explorer begins with.

mod draw;
mod png;

use std::{io::Write, sync::Arc};

use explorer_core::{
    color::Ground,
    data::{Codes, Column, MAX_UNIT, NO_POSITION, Orientation, Projection, priority_of_depth},
    dataset::{Tissue, frame, space},
    session::{Session, Slot},
    state::{Analysis, ColorBy, DataKey, PointStyle as PanelStyle},
};
use explorer_points::{PointPosition, PointStyle};
use shared_fbs::{
    manifest::{Manifest, Poster, PosterTheme},
    order::DrawOrder,
    path::poster_file,
    tile::Categories,
};
use xxhash_rust::xxh64::xxh64;

use crate::{
    BuildError, Environment,
    cell_order::CellOrder,
    columns::{TableColumn, TableValues, stored_codes},
    embeddings::Digitized,
};

use self::draw::{Picture, Points, draw};

/// The largest a poster may be, in pixels: one for the page, one for lists.
const BOXES: [[u32; 2]; 2] = [[1280, 960], [640, 480]];

/// The largest that the file of a poster may be. Where cells are many and mixed, a poster is smaller instead.
const MOST_BYTES: usize = 60_000;

/// The colors of a poster where it would else be too large: rims of dots lose their shades.
const FEW_COLORS: usize = 48;

/// How often a poster is made smaller before it is given up.
const MOST_TRIES: usize = 4;

/// The column of cell types.
#[derive(Clone, Copy)]
pub struct MainLabel<'a> {
    pub column: &'a TableColumn,
    /// The file's colors of its labels.
    pub colors: Option<&'a [u32]>,
}

/// Draws and writes the posters of all embeddings, whose positions are by row of the input, and lists them in the manifest.
/// Those of three dimensions are seen from the front.
pub fn write<'a>(
    embeddings: impl Iterator<Item = &'a Digitized>,
    main_label: Option<MainLabel<'_>>,
    order: &CellOrder,
    environment: &Environment<'_>,
    manifest: &mut Manifest,
) -> Result<(), BuildError> {
    let draw_order = DrawOrder::new(manifest.n_obs).cells();
    let paints = Ground::ALL.map(|ground| Paints::new(manifest, main_label, order, &draw_order, ground));
    let mut posters = Vec::new();
    for (index, Digitized { plane: embedding, depth, .. }) in embeddings.enumerate() {
        environment.check()?;
        let entry = &manifest.embeddings[index];
        let is_turned_over = frame(entry).is_turned_over();
        let positions = draw_order.iter().map(|&cell| {
            let row = order.rows[cell as usize] as usize;
            let (x, y) = (embedding.xs[row], embedding.ys[row]);
            match (x, is_turned_over) {
                (NO_POSITION, _) => PointPosition::NONE,
                (_, true) => PointPosition::new(x, MAX_UNIT - y),
                (_, false) => PointPosition::new(x, y),
            }
        });
        let positions: Vec<PointPosition> = positions.collect();
        let by_depth = space(entry).zip(depth.as_ref()).map(|(space, depth)| {
            let front = Projection::new(space, Orientation::FRONT);
            let placed = draw_order.iter().zip(&positions).zip(&paints[0].styles);
            let nearest_above = placed.map(|((&cell, position), &style)| {
                let z = depth.zs[order.rows[cell as usize] as usize];
                let seen = position.xy().and_then(|[x, y]| front.cell([x, y, z]));
                seen.map_or(style, |[_, _, near]| style.with_priority(priority_of_depth(near)))
            });
            nearest_above.collect::<Vec<_>>()
        });
        let styles = by_depth.as_ref().unwrap_or(&paints[0].styles);
        let spot = Tissue::all_under(manifest, entry).first().and_then(|tissue| tissue.spot_diameter);
        let spot_units = spot.map(|diameter| diameter / entry.step);
        for pictures in sizes(&Points { positions: &positions, styles, spot_units }, &paints) {
            for (picture, theme) in pictures.into_iter().zip([PosterTheme::Light, PosterTheme::Dark]) {
                let file = poster_file(xxh64(&picture.bytes, 0));
                let [width, height] = picture.size;
                let n_bytes = picture.bytes.len() as u32;
                write_file(&picture.bytes, &file, environment)?;
                posters.push(Poster { embedding: index as u32, theme, width, height, file, n_bytes });
            }
        }
    }
    manifest.posters = (!posters.is_empty()).then_some(posters);
    Ok(())
}

fn write_file(bytes: &[u8], name: &str, environment: &Environment<'_>) -> Result<(), BuildError> {
    let output = |source| environment.output_error(source);
    let mut file = environment.output.create("poster").map_err(output)?;
    file.write_all(bytes).map_err(output)?;
    file.publish(name).map_err(output)
}

/// How the points are painted on one ground.
struct Paints {
    ground: Ground,
    /// In the order of drawing.
    styles: Vec<PointStyle>,
    colors: Vec<[u8; 4]>,
}

impl Paints {
    /// As the Explorer's session paints them when the dataset is opened.
    fn new(
        manifest: &Manifest,
        main_label: Option<MainLabel<'_>>,
        order: &CellOrder,
        draw_order: &[u32],
        ground: Ground,
    ) -> Self {
        let mut session = Session::new(Arc::new(manifest.clone()));
        session.set_ground(ground);
        if let Some(MainLabel { column, colors }) = main_label
            && let TableValues::Labels { codes, categories, ordered, .. } = &column.values
        {
            let codes = Codes::U32(stored_codes(codes, categories.len(), &order.rows));
            let counts = vec![0; categories.len() + 1];
            let head = Categories { labels: categories.clone(), counts, colors: colors.map(<[u32]>::to_vec) };
            let labels =
                explorer_core::data::Categorical { codes, categories: categories.as_slice().into(), ordered: *ordered };
            session.arrive(DataKey::Categories(column.name.clone()), Slot::Ready(head.into()));
            session.arrive(DataKey::Column(column.name.clone()), Slot::Ready(Column::Categorical(labels).into()));
        }
        let analysis = Analysis { color: ColorBy::first_of(manifest), ..Analysis::default() };
        session.follow(&analysis, PanelStyle::default().opacity());
        let paint = session.paint();
        let style = |&cell: &u32| PointStyle::new(paint.style(explorer_core::data::CellIdx(cell)).color).selected();
        Self { ground, styles: draw_order.iter().map(style).collect(), colors: paint.table.to_vec() }
    }
}

/// The pictures of an embedding, largest first, each on both grounds; of boxes that give nearly the same size the first
/// alone.
fn sizes(points: &Points<'_>, paints: &[Paints; 2]) -> Vec<[Picture; 2]> {
    let mut sizes: Vec<[Picture; 2]> = Vec::new();
    for most in BOXES {
        let smaller = sizes.last().map_or(u32::MAX, |[last, _]| last.size[0] * 3 / 4);
        if let Some(pictures) = fitting(points, paints, most)
            && pictures[0].size[0] < smaller
        {
            sizes.push(pictures);
        }
    }
    sizes
}

/// The largest pictures within a box whose files are not too large.
fn fitting(points: &Points<'_>, paints: &[Paints; 2], most: [u32; 2]) -> Option<[Picture; 2]> {
    let (mut scale, mut n_colors) = (1.0, png::MOST_COLORS);
    for _ in 0..MOST_TRIES {
        let pictures = draw(points, paints, most.map(|side| f64::from(side) * scale), n_colors)?;
        let n_bytes = pictures.iter().map(|picture| picture.bytes.len()).max().unwrap_or_default();
        if n_bytes <= MOST_BYTES {
            return Some(pictures);
        }
        if n_colors > FEW_COLORS {
            n_colors = FEW_COLORS;
        } else {
            scale *= 0.97 / (n_bytes as f64 / MOST_BYTES as f64).sqrt();
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Points of 30 colors, each color around places of its own, or all mixed.
    fn points(n_points: u32, spread: f64) -> (Vec<PointPosition>, [Paints; 2]) {
        let mut state = 1_u64;
        let mut random = move || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 40) as f64 / f64::from(1 << 24)
        };
        let (mut positions, mut styles) = (Vec::new(), Vec::new());
        for _ in 0..n_points {
            let color = (random() * 30.0) as u8;
            let center = [f64::from(color % 6) / 6.0 + 0.08, f64::from(color / 6) / 5.0 + 0.1];
            let bell = [0, 1].map(|axis| center[axis] + spread * (random() + random() + random() - 1.5));
            let [x, y] = bell.map(|place| (place.clamp(0.0, 1.0) * 65_534.0) as u16);
            positions.push(PointPosition::new(x, y));
            styles.push(PointStyle::new(color).selected());
        }
        let colors: Vec<[u8; 4]> = (0..30_u8).map(|at| [at * 8, 255 - at * 5, at.wrapping_mul(47), 255]).collect();
        let paints = Ground::ALL.map(|ground| Paints { ground, styles: styles.clone(), colors: colors.clone() });
        (positions, paints)
    }

    #[test]
    fn posters_of_crowds_are_small_enough() {
        for spread in [0.1, 1.0] {
            let (positions, paints) = points(100_000, spread);
            let points = Points { positions: &positions, styles: &paints[0].styles, spot_units: None };
            let sizes = sizes(&points, &paints);
            assert!(!sizes.is_empty(), "{spread}");
            for pictures in &sizes {
                assert!(pictures.iter().all(|picture| picture.bytes.len() <= MOST_BYTES), "{spread}");
                assert!(pictures[0].size == pictures[1].size && pictures[0].size[0] >= 200, "{:?}", pictures[0].size);
            }
        }
    }
}
