// Counts the selected points that cover each pixel, then maps counts to the LUT's ramp.

@group(1) @binding(0) var<storage, read> positions: array<u32>;
@group(1) @binding(1) var<storage, read> styles: array<u32>;
@group(1) @binding(2) var<storage, read_write> pixels: array<atomic<u32>>;
@group(1) @binding(3) var<storage, read_write> peak: atomic<u32>;
// The same two buffers, for the tone map.
@group(1) @binding(2) var<storage, read> counts: array<u32>;
@group(1) @binding(3) var<storage, read> highest: u32;
// The chunks of points to go over: only some are in view.
@group(1) @binding(4) var<storage, read> chunks: array<u32>;

const WORKGROUP_SIZE = 256u;
const RAMP_END = 254.0;

fn add(pixel: vec2<i32>) {
    let slot = u32(pixel.y) * frame.viewport_dpx.x + u32(pixel.x);
    let count = atomicAdd(&pixels[slot], 1u) + 1u;
    // The peak rises rarely: a load keeps most points off its one address.
    if (atomicLoad(&peak) < count) {
        atomicMax(&peak, count);
    }
}

@compute @workgroup_size(WORKGROUP_SIZE)
fn accumulate(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) workgroups: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let point = chunks[workgroup.y * workgroups.x + workgroup.x] * WORKGROUP_SIZE + lane;
    if (point < frame.first || point >= frame.prefix) {
        return;
    }
    let position = positions[point];
    let style = styles[point];
    if (!is_drawn(position, style) || (style & SELECTED) == 0u) {
        return;
    }
    let center = center_dpx(position);
    let last = vec2<i32>(frame.viewport_dpx) - 1;
    // A single pixel's center is its own: the box below holds just that pixel.
    let radius = select(frame.radius_dpx, 0.25, is_single_pixel());
    let low = max(vec2<i32>(ceil(center - radius - 0.5)), vec2<i32>(0));
    let high = min(vec2<i32>(floor(center + radius - 0.5)), last);
    for (var y = low.y; y <= high.y; y++) {
        for (var x = low.x; x <= high.x; x++) {
            let d = vec2<f32>(f32(x), f32(y)) + 0.5 - center;
            if (dot(d, d) <= radius * radius) {
                add(vec2<i32>(x, y));
            }
        }
    }
}

@vertex
fn corner(@builtin(vertex_index) index: u32) -> @builtin(position) vec4<f32> {
    return vec4<f32>(f32(index & 1u) * 4.0 - 1.0, f32(index >> 1u) * 4.0 - 1.0, 0.0, 1.0);
}

@fragment
fn tone_map(@builtin(position) fragment: vec4<f32>) -> @location(0) vec4<f32> {
    let pixel = vec2<u32>(fragment.xy);
    let count = counts[pixel.y * frame.viewport_dpx.x + pixel.x];
    if (count == 0u) {
        return vec4<f32>(frame.background.rgb, 1.0);
    }
    // One point is the ramp's begin, the fullest pixel its end.
    let level = log2(f32(count)) / max(log2(f32(highest)), 1.0);
    let color = lut[u32(clamp(level, 0.0, 1.0) * RAMP_END + 0.5)];
    return vec4<f32>(mix(frame.background.rgb, color.rgb, color.a), 1.0);
}
