// Colors each pixel by the point that won it.

@group(1) @binding(0) var<storage, read> positions: array<u32>;
@group(1) @binding(1) var<storage, read> styles: array<u32>;
@group(1) @binding(2) var<storage, read> pixels: array<u32>;

const CORE = 0x40000000u;

@vertex
fn corner(@builtin(vertex_index) index: u32) -> @builtin(position) vec4<f32> {
    return vec4<f32>(f32(index & 1u) * 4.0 - 1.0, f32(index >> 1u) * 4.0 - 1.0, 0.0, 1.0);
}

@fragment
fn resolve(@builtin(position) fragment: vec4<f32>) -> @location(0) vec4<f32> {
    let pixel = vec2<u32>(fragment.xy);
    let key = pixels[pixel.y * frame.viewport_dpx.x + pixel.x];
    if (key == 0u) {
        return vec4<f32>(behind(fragment.xy), 1.0);
    }
    let point = 0xffffffu - (key & 0xffffffu);
    var covered = 1.0;
    if ((key & CORE) == 0u) {
        covered = coverage(center_dpx(positions[point]), fragment.xy);
    }
    return vec4<f32>(point_color(styles[point], covered, behind(fragment.xy)), 1.0);
}
