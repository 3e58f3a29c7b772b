//! Draws one poster.

use explorer_points::{
    Bounds, Camera, DrawMode, FrameParams, PointPosition, PointStyle, Viewport, cpu, point_diameter_px,
};
use rayon::prelude::*;

use super::{Paints, png};

/// The picture of the page on a usual screen, in CSS pixels, by which the size of dots goes.
const USUAL_PX: [f64; 2] = [832.0, 856.0];

/// What a fitted embedding takes of it at most.
const USUAL_FREE_PX: [f64; 2] = [720.0, 740.0];

/// What the box of all points takes of a poster's width and height.
const FILLED: f64 = 0.96;

/// The most that a poster is wider than high, or higher than wide.
const MOST_ASPECT: f64 = 4.0;

/// The least extent of what is shown, in embedding units: closer there is nothing to see.
const LEAST_UNITS: f64 = 128.0;

/// From this diameter on the rims of dots are seen, in pixels: these are drawn finer.
const LARGE_DOT_DPX: f64 = 3.0;

/// How much finer.
const FINER: u32 = 2;

/// Points in the order of drawing.
pub struct Points<'a> {
    pub positions: &'a [PointPosition],
    pub styles: &'a [PointStyle],
    /// Width of a spot of a tissue, in embedding units.
    pub spot_units: Option<f64>,
}

/// A picture as the bytes of a PNG file.
pub struct Picture {
    /// Width and height in pixels.
    pub size: [u32; 2],
    pub bytes: Vec<u8>,
}

/// The picture of all points on both grounds, as large as fits into a box; `None` where no point has a position.
pub fn draw(points: &Points<'_>, paints: &[Paints; 2], most: [f64; 2], n_colors: usize) -> Option<[Picture; 2]> {
    let bounds = Bounds::of_positions(points.positions)?;
    let n_points = points.positions.len() as u32;
    let extent = [0, 1].map(|axis| (bounds.max[axis] - bounds.min[axis]).max(LEAST_UNITS));
    let usual = Viewport::from_css(USUAL_PX[0], USUAL_PX[1], 1.0);
    let usual_px_per_unit = (USUAL_FREE_PX[0] / extent[0]).min(USUAL_FREE_PX[1] / extent[1]);
    let shown = [extent[0].max(extent[1] / MOST_ASPECT), extent[1].max(extent[0] / MOST_ASPECT)];
    let px_per_unit = (most[0] / shown[0]).min(most[1] / shown[1]) * FILLED;
    let size = shown.map(|units| (units * px_per_unit / FILLED).round().max(1.0) as u32);

    let chosen_px = || point_diameter_px(n_points, 1.0, &usual);
    let diameter_px = points.spot_units.map_or_else(chosen_px, |units| units * usual_px_per_unit);
    let ratio = px_per_unit / usual_px_per_unit;
    let finer = if diameter_px * ratio >= LARGE_DOT_DPX { FINER } else { 1 };
    let viewport = Viewport { width_dpx: size[0], height_dpx: size[1], device_pixel_ratio: ratio }.enlarged(finer);
    let shorter_dpx = f64::from(viewport.width_dpx.min(viewport.height_dpx));
    let camera = Camera {
        center: [0, 1].map(|axis| f64::midpoint(bounds.min[axis], bounds.max[axis])),
        span: shorter_dpx / (px_per_unit * f64::from(finer)),
    };
    let params = FrameParams {
        camera,
        viewport,
        point_diameter_px: diameter_px,
        unselected: ([0; 3], 0.0),
        highlight: None,
        background: [0; 3],
        prefix: n_points,
        mode: DrawMode::Points,
        backdrop: None,
    };
    let keys = cpu::splat(&params, points.positions, points.styles);
    let picture = |paints: &Paints| {
        let params = FrameParams { background: paints.ground.background(), ..params };
        let pixels = cpu::resolve(&params, points.positions, &paints.styles, &keys, &paints.colors, None);
        let pixels = averaged(&pixels, size, finer);
        Picture { bytes: png::encode(&pixels, size, n_colors), size }
    };
    let mut pictures = paints.par_iter().map(picture).collect::<Vec<_>>().into_iter();
    pictures.next().zip(pictures.next()).map(|(light, dark)| [light, dark])
}

/// The picture with one pixel for `finer` × `finer`.
fn averaged(pixels: &[[u8; 4]], [width, height]: [u32; 2], finer: u32) -> Vec<[u8; 3]> {
    let (width, height, finer) = (width as usize, height as usize, finer as usize);
    let mean = |x: usize, y: usize| {
        let block =
            (0..finer * finer).map(|at| pixels[(y * finer + at / finer) * width * finer + x * finer + at % finer]);
        let sums =
            block.fold([0_u32; 3], |sums, pixel| [0, 1, 2].map(|channel| sums[channel] + u32::from(pixel[channel])));
        let n = (finer * finer) as u32;
        sums.map(|sum| ((sum + n / 2) / n) as u8)
    };
    (0..height).flat_map(|y| (0..width).map(move |x| (x, y))).map(|(x, y)| mean(x, y)).collect()
}
