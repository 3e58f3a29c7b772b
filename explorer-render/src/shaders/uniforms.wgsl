// What every pass shares: the frame's parameters and the points' encoding. Put before each shader.
// Twins: FrameUniform in frame.rs, PointPosition and PointStyle in point.rs, cpu.rs.

struct Frame {
    viewport_dpx: vec2<u32>,
    center_whole: vec2<i32>,
    center_fraction: vec2<f32>,
    dpx_per_unit: f32,
    radius_dpx: f32,
    background: vec4<f32>,
    unselected: vec4<f32>,
    first: u32,
    prefix: u32,
    highlight: u32,
    image_opacity: f32,
    image_corner_dpx: vec2<f32>,
    image_size_dpx: vec2<f32>,
}

@group(0) @binding(0) var<uniform> frame: Frame;
@group(0) @binding(1) var<uniform> lut: array<vec4<f32>, 256>;
@group(0) @binding(2) var image: texture_2d<f32>;
@group(0) @binding(3) var image_sampler: sampler;

const NO_POSITION = 0xffffu;
const SELECTED = 0x100u;
const HIDDEN = 0x200u;
const SINGLE_PIXEL_RADIUS_DPX = 0.75;
const NO_HIGHLIGHT = 0xffffffffu;

fn is_drawn(position: u32, style: u32) -> bool {
    return (position & 0xffffu) != NO_POSITION && (style & HIDDEN) == 0u;
}

fn is_single_pixel() -> bool {
    return frame.radius_dpx <= SINGLE_PIXEL_RADIUS_DPX;
}

// A point's center in device pixels from the top left corner. A dot of a single pixel sits in the
// middle of it.
fn center_dpx(position: u32) -> vec2<f32> {
    let embedding = vec2<i32>(i32(position & 0xffffu), i32(position >> 16u));
    let offset = vec2<f32>(embedding - frame.center_whole) - frame.center_fraction;
    let middle = vec2<f32>(frame.viewport_dpx) * 0.5;
    let center = middle + vec2<f32>(offset.x, -offset.y) * frame.dpx_per_unit;
    return select(center, floor(center) + 0.5, is_single_pixel());
}

// How much of the pixel around `pixel` the dot around `center` covers.
fn coverage(center: vec2<f32>, pixel: vec2<f32>) -> f32 {
    let covered = clamp(frame.radius_dpx + 0.5 - distance(center, pixel), 0.0, 1.0);
    return select(covered, 1.0, is_single_pixel());
}

// Selection and priority: the higher is drawn above. 7 bits.
fn order_bits(style: u32) -> u32 {
    return (select(0u, 64u, (style & SELECTED) != 0u)) | ((style >> 18u) & 0x3fu);
}

// The image at a place in device pixels.
fn image_at(place: vec2<f32>) -> vec4<f32> {
    return textureSampleLevel(image, image_sampler, (place - frame.image_corner_dpx) / frame.image_size_dpx, 0.0);
}

// What lies behind the points at a pixel: the image over the background.
fn behind(pixel: vec2<f32>) -> vec3<f32> {
    let share = (pixel - frame.image_corner_dpx) / frame.image_size_dpx;
    if (frame.image_opacity <= 0.0 || any(share < vec2<f32>(0.0)) || any(share >= vec2<f32>(1.0))) {
        return frame.background.rgb;
    }
    // Four places of the pixel: an image is often drawn at half its size.
    let color = (image_at(pixel + vec2<f32>(-0.25, -0.25)) + image_at(pixel + vec2<f32>(0.25, -0.25))
        + image_at(pixel + vec2<f32>(-0.25, 0.25)) + image_at(pixel + vec2<f32>(0.25, 0.25))) * 0.25;
    return mix(frame.background.rgb, color.rgb, color.a * frame.image_opacity);
}

// The color of a point over what is behind it.
fn point_color(style: u32, covered: f32, behind: vec3<f32>) -> vec3<f32> {
    let color_index = style & 0xffu;
    let emphasized = (style & SELECTED) != 0u
        && (frame.highlight == NO_HIGHLIGHT || frame.highlight == color_index);
    let color = lut[color_index];
    let rgb = mix(color.rgb, frame.unselected.rgb, select(frame.unselected.a, 0.0, emphasized));
    return mix(behind, rgb, color.a * covered);
}
