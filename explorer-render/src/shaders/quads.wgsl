// One instanced quad per point, no storage buffers: runs on WebGL2 too. The depth test puts selected
// points and higher priorities above; among equals the first drawn stays, as in the splat pass.

struct Corner {
    @builtin(position) clip: vec4<f32>,
    // From the dot's center, device pixels.
    @location(0) offset_dpx: vec2<f32>,
    @location(1) @interpolate(flat) style: u32,
}

@vertex
fn quad(
    @builtin(vertex_index) index: u32,
    @location(0) position: u32,
    @location(1) style: u32,
) -> Corner {
    var out: Corner;
    if (!is_drawn(position, style)) {
        // All corners in one place outside the clip volume: nothing to rasterize.
        out.clip = vec4<f32>(2.0, 2.0, 2.0, 1.0);
        return out;
    }
    let side = vec2<f32>(f32(index & 1u), f32(index >> 1u)) * 2.0 - 1.0;
    let half_dpx = select(frame.radius_dpx + 0.5, 0.5, is_single_pixel());
    let place = center_dpx(position) + side * half_dpx;
    let unit = place / vec2<f32>(frame.viewport_dpx);
    let depth = f32(127u - order_bits(style)) / 128.0;
    out.clip = vec4<f32>(unit.x * 2.0 - 1.0, 1.0 - unit.y * 2.0, depth, 1.0);
    out.offset_dpx = side * half_dpx;
    out.style = style;
    return out;
}

// Alpha is the coverage: the pipeline turns it into samples and writes color alone.
@fragment
fn disc(in: Corner) -> @location(0) vec4<f32> {
    let covered = coverage(vec2<f32>(0.0), in.offset_dpx);
    if (covered <= 0.0) {
        discard;
    }
    return vec4<f32>(point_color(in.style, 1.0, behind(in.clip.xy)), covered);
}

@vertex
fn corner(@builtin(vertex_index) index: u32) -> @builtin(position) vec4<f32> {
    return vec4<f32>(f32(index & 1u) * 4.0 - 1.0, f32(index >> 1u) * 4.0 - 1.0, 0.0, 1.0);
}

// The image, before all dots.
@fragment
fn backdrop(@builtin(position) fragment: vec4<f32>) -> @location(0) vec4<f32> {
    return vec4<f32>(behind(fragment.xy), 1.0);
}
