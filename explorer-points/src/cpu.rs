//! The shaders' twins on the CPU: the same picture, pixel by pixel, for tests and as their
//! plainest description. Single-threaded and slow.

use crate::frame::{DrawMode, FrameParams, FrameUniform, NO_HIGHLIGHT, SINGLE_PIXEL_RADIUS_DPX};
use crate::point::{PointPosition, PointStyle};

/// Set in a key where the pixel's center lies within the dot.
const CORE: u32 = 1 << 30;

/// Twin of `splat.wgsl`: for each pixel, row by row, the key of the point that won it; 0 where
/// there is none.
///
/// `positions` and `styles` are of equal length.
#[must_use]
pub fn splat(params: &FrameParams, positions: &[PointPosition], styles: &[PointStyle]) -> Vec<u32> {
    let frame = FrameUniform::new(params, positions.len() as u32);
    let [width, height] = frame.viewport_dpx;
    let mut pixels = vec![0; width as usize * height as usize];
    for (point, center, style) in drawn(&frame, positions, styles) {
        let key = order_key(style) | (0xff_ffff - point);
        let outer = if is_single_pixel(&frame) { 0.25 } else { frame.radius_dpx + 0.5 };
        for_pixels_within(&frame, center, outer, |slot, squared| {
            let is_core = is_single_pixel(&frame) || squared <= frame.radius_dpx * frame.radius_dpx;
            if is_core || squared < outer * outer {
                let core = if is_core { CORE } else { 0 };
                pixels[slot] = pixels[slot].max(key | core);
            }
        });
    }
    pixels
}

/// The image behind the points: RGBA, row by row.
#[derive(Debug, Clone, Copy)]
pub struct ImageRef<'a> {
    /// Pixels a row.
    pub width: u32,
    /// As many rows as there are pixels.
    pub pixels: &'a [[u8; 4]],
}

/// Twin of `resolve.wgsl`: colors the keys of [`splat`], over the `image` where the frame has a backdrop. RGBA, row by
/// row. `lut` holds up to 256 colors; those missing are transparent.
#[must_use]
pub fn resolve(
    params: &FrameParams,
    positions: &[PointPosition],
    styles: &[PointStyle],
    keys: &[u32],
    lut: &[[u8; 4]],
    image: Option<ImageRef<'_>>,
) -> Vec<[u8; 4]> {
    let frame = FrameUniform::new(params, positions.len() as u32);
    let width = frame.viewport_dpx[0] as usize;
    let color = |(slot, &key): (usize, &u32)| {
        let pixel = [(slot % width) as f32 + 0.5, (slot / width) as f32 + 0.5];
        let behind = behind(&frame, image, pixel);
        let Some(point) = point_of_key(key) else {
            return to_bytes(behind);
        };
        let position = positions[point as usize].xy();
        let covered = if key & CORE == 0 {
            position.map_or(0.0, |xy| coverage(&frame, center_dpx(&frame, xy), pixel))
        } else {
            1.0
        };
        to_bytes(point_color(&frame, styles[point as usize], covered, lut, behind))
    };
    keys.iter().enumerate().map(color).collect()
}

/// Twin of `density.wgsl`'s first pass: how many selected points cover each pixel.
#[must_use]
pub fn density(params: &FrameParams, positions: &[PointPosition], styles: &[PointStyle]) -> Vec<u32> {
    let frame = FrameUniform::new(params, positions.len() as u32);
    let [width, height] = frame.viewport_dpx;
    let mut counts = vec![0; width as usize * height as usize];
    let radius = if is_single_pixel(&frame) { 0.25 } else { frame.radius_dpx };
    for (_, center, style) in drawn(&frame, positions, styles) {
        if style.is_selected() {
            for_pixels_within(&frame, center, radius, |slot, squared| {
                if squared <= radius * radius {
                    counts[slot] += 1;
                }
            });
        }
    }
    counts
}

/// Twin of `density.wgsl`'s tone map: colors the counts of [`density`] by the LUT's ramp.
#[must_use]
pub fn tone_map(params: &FrameParams, counts: &[u32], lut: &[[u8; 4]]) -> Vec<[u8; 4]> {
    let frame = FrameUniform::new(params, 0);
    let highest = counts.iter().copied().max().unwrap_or(0);
    let color = |&count: &u32| {
        if count == 0 {
            return to_bytes(background(&frame));
        }
        let level = (count as f32).log2() / (highest as f32).log2().max(1.0);
        let (rgb, alpha) = lut_entry(lut, (level.clamp(0.0, 1.0) * 254.0 + 0.5) as u8);
        to_bytes(mix(background(&frame), rgb, alpha))
    };
    counts.iter().map(color).collect()
}

/// The whole picture as the compute paths draw it. RGBA, row by row.
#[must_use]
pub fn draw(params: &FrameParams, positions: &[PointPosition], styles: &[PointStyle], lut: &[[u8; 4]]) -> Vec<[u8; 4]> {
    match params.mode {
        DrawMode::Points => {
            let keys = splat(params, positions, styles);
            resolve(params, positions, styles, &keys, lut, None)
        }
        DrawMode::Density => tone_map(params, &density(params, positions, styles), lut),
    }
}

/// The point that a key of the index buffer names.
#[must_use]
pub fn point_of_key(key: u32) -> Option<u32> {
    (key != 0).then_some(0xff_ffff - (key & 0xff_ffff))
}

/// Selection and priority, in the bits where a key has them.
pub(crate) fn order_key(style: PointStyle) -> u32 {
    u32::from(style.is_selected()) << 31 | style.priority_bits() << 24
}

pub(crate) fn is_single_pixel(frame: &FrameUniform) -> bool {
    frame.radius_dpx <= SINGLE_PIXEL_RADIUS_DPX
}

/// A point's center in device pixels; single-pixel dots sit in the middle of theirs.
pub(crate) fn center_dpx(frame: &FrameUniform, xy: [u16; 2]) -> [f32; 2] {
    let offset =
        [0, 1].map(|axis| (i32::from(xy[axis]) - frame.center_whole[axis]) as f32 - frame.center_fraction[axis]);
    let middle = frame.viewport_dpx.map(|side| side as f32 * 0.5);
    let center = [middle[0] + offset[0] * frame.dpx_per_unit, middle[1] - offset[1] * frame.dpx_per_unit];
    if is_single_pixel(frame) { center.map(|value| value.floor() + 0.5) } else { center }
}

/// The points that are drawn: index, center, style.
fn drawn<'a>(
    frame: &'a FrameUniform,
    positions: &'a [PointPosition],
    styles: &'a [PointStyle],
) -> impl Iterator<Item = (u32, [f32; 2], PointStyle)> + 'a {
    (0..frame.prefix).zip(positions.iter().zip(styles)).filter_map(|(point, (position, &style))| {
        let xy = position.xy().filter(|_| !style.is_hidden())?;
        Some((point, center_dpx(frame, xy), style))
    })
}

/// Calls `visit(pixel, squared distance of its center)` for the pixels in the box around a disc.
fn for_pixels_within(frame: &FrameUniform, center: [f32; 2], radius: f32, mut visit: impl FnMut(usize, f32)) {
    let range = |axis: usize| {
        let low = (center[axis] - radius - 0.5).ceil().max(0.0) as i32;
        let high = (center[axis] + radius - 0.5).floor() as i32;
        low..=high.min(frame.viewport_dpx[axis] as i32 - 1)
    };
    for y in range(1) {
        for x in range(0) {
            let [dx, dy] = [x as f32 + 0.5 - center[0], y as f32 + 0.5 - center[1]];
            let slot = y as usize * frame.viewport_dpx[0] as usize + x as usize;
            visit(slot, dx * dx + dy * dy);
        }
    }
}

fn coverage(frame: &FrameUniform, center: [f32; 2], pixel: [f32; 2]) -> f32 {
    let [dx, dy] = [center[0] - pixel[0], center[1] - pixel[1]];
    (frame.radius_dpx + 0.5 - (dx * dx + dy * dy).sqrt()).clamp(0.0, 1.0)
}

fn point_color(frame: &FrameUniform, style: PointStyle, covered: f32, lut: &[[u8; 4]], behind: [f32; 3]) -> [f32; 3] {
    let color_index = style.color();
    let emphasized =
        style.is_selected() && (frame.highlight == NO_HIGHLIGHT || frame.highlight == u32::from(color_index));
    let (own, alpha) = lut_entry(lut, color_index);
    let [red, green, blue, share] = frame.unselected;
    let rgb = if emphasized { own } else { mix(own, [red, green, blue], share) };
    mix(behind, rgb, alpha * covered)
}

/// Where the image is looked at for a pixel, in pixels from its middle.
const TAPS: [[f32; 2]; 4] = [[-0.25, -0.25], [0.25, -0.25], [-0.25, 0.25], [0.25, 0.25]];

/// Twin of `behind`: what lies behind the points at a pixel.
fn behind(frame: &FrameUniform, image: Option<ImageRef<'_>>, pixel: [f32; 2]) -> [f32; 3] {
    let background = background(frame);
    let Some(image) = image.filter(|image| frame.image_opacity > 0.0 && !image.pixels.is_empty()) else {
        return background;
    };
    let share =
        |at: [f32; 2]| [0, 1].map(|axis| (at[axis] - frame.image_corner_dpx[axis]) / frame.image_size_dpx[axis]);
    if !share(pixel).iter().all(|share| (0.0..1.0).contains(share)) {
        return background;
    }
    let taps = TAPS.map(|tap| sampled(image, share([pixel[0] + tap[0], pixel[1] + tap[1]])));
    let [red, green, blue, alpha] = [0, 1, 2, 3].map(|channel| taps.iter().map(|tap| tap[channel]).sum::<f32>() / 4.0);
    mix(background, [red, green, blue], alpha * frame.image_opacity)
}

/// The image at a share of its width and height, between its pixels as a linear sampler has it.
fn sampled(image: ImageRef<'_>, share: [f32; 2]) -> [f32; 4] {
    let width = image.width.max(1);
    let size = [width, image.pixels.len() as u32 / width];
    let at = [0, 1].map(|axis| share[axis] * size[axis] as f32 - 0.5);
    let low = at.map(f32::floor);
    let texel = |x: f32, y: f32| {
        let [x, y] = [(x, size[0]), (y, size[1])].map(|(at, side)| (at.max(0.0) as u32).min(side - 1));
        image.pixels[(y * width + x) as usize].map(|channel| f32::from(channel) / 255.0)
    };
    let part = [0, 1].map(|axis| at[axis] - low[axis]);
    [0, 1, 2, 3].map(|channel| {
        let row = |y: f32| texel(low[0], y)[channel] * (1.0 - part[0]) + texel(low[0] + 1.0, y)[channel] * part[0];
        row(low[1]) * (1.0 - part[1]) + row(low[1] + 1.0) * part[1]
    })
}

fn lut_entry(lut: &[[u8; 4]], color_index: u8) -> ([f32; 3], f32) {
    let [red, green, blue, alpha] =
        lut.get(usize::from(color_index)).copied().unwrap_or_default().map(|channel| f32::from(channel) / 255.0);
    ([red, green, blue], alpha)
}

fn background(frame: &FrameUniform) -> [f32; 3] {
    let [red, green, blue, _] = frame.background;
    [red, green, blue]
}

fn mix(from: [f32; 3], to: [f32; 3], amount: f32) -> [f32; 3] {
    [0, 1, 2].map(|channel| from[channel] * (1.0 - amount) + to[channel] * amount)
}

fn to_bytes([red, green, blue]: [f32; 3]) -> [u8; 4] {
    let byte = |channel: f32| (channel * 255.0).round() as u8;
    [byte(red), byte(green), byte(blue), 255]
}
