// Writes `order | point` for every pixel that a dot covers; the highest wins.
//
// Key, from the highest bit: selected 1, core 1, priority 6, 0xffffff - point 24. 0 is empty. A
// core pixel has its center within the dot and is opaque; a rim pixel is blended with the
// background when resolved, so rims lose against the cores of their equals. The earlier point is
// above: a growing prefix only fills gaps.

@group(1) @binding(0) var<storage, read> positions: array<u32>;
@group(1) @binding(1) var<storage, read> styles: array<u32>;
@group(1) @binding(2) var<storage, read_write> pixels: array<atomic<u32>>;
// The chunks of points to go over: only some are in view.
@group(1) @binding(4) var<storage, read> chunks: array<u32>;

const WORKGROUP_SIZE = 256u;
const CORE = 0x40000000u;

fn raise(pixel: vec2<i32>, key: u32) {
    let slot = u32(pixel.y) * frame.viewport_dpx.x + u32(pixel.x);
    // Most points of a dense scene lie below others: a load is cheaper than a lost atomicMax.
    if (atomicLoad(&pixels[slot]) < key) {
        atomicMax(&pixels[slot], key);
    }
}

@compute @workgroup_size(WORKGROUP_SIZE)
fn splat(
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
    if (!is_drawn(position, style)) {
        return;
    }
    let order = order_bits(style);
    let key = ((order & 0x40u) << 25u) | ((order & 0x3fu) << 24u) | (0xffffffu - point);

    let center = center_dpx(position);
    let last = vec2<i32>(frame.viewport_dpx) - 1;
    if (is_single_pixel()) {
        let pixel = vec2<i32>(floor(center));
        if (all(pixel >= vec2<i32>(0)) && all(pixel <= last)) {
            raise(pixel, key | CORE);
        }
        return;
    }
    let outer = frame.radius_dpx + 0.5;
    let low = max(vec2<i32>(ceil(center - outer - 0.5)), vec2<i32>(0));
    let high = min(vec2<i32>(floor(center + outer - 0.5)), last);
    for (var y = low.y; y <= high.y; y++) {
        for (var x = low.x; x <= high.x; x++) {
            let d = vec2<f32>(f32(x), f32(y)) + 0.5 - center;
            let squared = dot(d, d);
            if (squared < outer * outer) {
                let core = select(0u, CORE, squared <= frame.radius_dpx * frame.radius_dpx);
                raise(vec2<i32>(x, y), key | core);
            }
        }
    }
}
