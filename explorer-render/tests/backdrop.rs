//! An image behind the points is drawn as its twin on the CPU draws it. Devices filter textures in 8 bits between pixels,
//! so that colors may differ by a few steps of 255.

mod common;

use common::{Scene, capture, params, renderer};
use explorer_render::{Backdrop, Backend, Bounds, FrameParams, RenderError, RenderPath, cpu};

const SIZE: [u32; 2] = [37, 23];
/// The steps of 255 that filtering may be off by.
const MOST_STEPS: u8 = 4;
const MOST_DIFFERENT: f64 = 0.004;

fn image() -> Vec<[u8; 4]> {
    let pixel = |at: u32| {
        let (x, y) = (at % SIZE[0], at / SIZE[0]);
        [(x * 6) as u8, (y * 10) as u8, (x * y % 200) as u8, if x < 30 { 255 } else { 90 }]
    };
    (0..SIZE[0] * SIZE[1]).map(pixel).collect()
}

fn frames() -> [FrameParams; 3] {
    let bounds = Bounds { min: [-5_000.0, 12_000.0], max: [47_000.0, 55_000.0] };
    let base = FrameParams { backdrop: Some(Backdrop { bounds, opacity: 0.8 }), ..params() };
    let small = Bounds { min: [30_000.0, 30_000.0], max: [33_000.0, 32_000.0] };
    [
        base,
        FrameParams { prefix: 0, ..base },
        FrameParams { backdrop: Some(Backdrop { bounds: small, opacity: 1.0 }), ..base },
    ]
}

#[track_caller]
fn check(backend: Backend, n_points: usize, path: RenderPath) {
    let scene = Scene::random(n_points, 3);
    let Some(mut renderer) = renderer(backend) else { return };
    scene.upload(&mut renderer);
    let pixels = image();
    renderer.set_image(SIZE, pixels.as_flattened()).expect("every device has room for a small image");
    let image = Some(cpu::ImageRef { width: SIZE[0], pixels: &pixels });
    for frame in frames() {
        assert_eq!(renderer.render_path(&frame), path);
        let drawn = capture(&mut renderer, &frame);
        let keys = cpu::splat(&frame, &scene.positions, &scene.styles);
        let twin = cpu::resolve(&frame, &scene.positions, &scene.styles, &keys, &scene.lut, image);
        // Quads have soft edges of their own: what lies around dots is compared alone.
        let compared: Vec<usize> = (0..keys.len()).filter(|&at| path == RenderPath::Splat || keys[at] == 0).collect();
        let differs = |at: &&usize| drawn[**at].iter().zip(twin[**at]).any(|(a, b)| a.abs_diff(b) > MOST_STEPS);
        let different = compared.iter().filter(differs).count() as f64 / compared.len() as f64;
        assert!(different <= MOST_DIFFERENT, "{different} of the pixels differ");
        let [red, green, blue] = frame.background;
        assert!(compared.iter().filter(|&&at| twin[at] != [red, green, blue, 255]).count() > 20);
    }
    let without = FrameParams { backdrop: None, prefix: 0, ..frames()[0] };
    let [red, green, blue] = without.background;
    assert!(capture(&mut renderer, &without).iter().all(|&pixel| pixel == [red, green, blue, 255]));
}

#[test]
fn splats_lie_on_the_image_of_the_twin() {
    check(Backend::WebGpu, 20_000, RenderPath::Splat);
}

#[test]
fn quads_lie_on_the_image_of_the_twin() {
    check(Backend::WebGl2, 300, RenderPath::Quads);
    check(Backend::WebGpu, 300, RenderPath::Quads);
}

#[test]
fn an_image_that_no_device_can_hold_is_refused() {
    let Some(mut renderer) = renderer(Backend::WebGpu) else { return };
    let limit = renderer.largest_image();
    let refused = |result: Result<(), RenderError>| matches!(result, Err(RenderError::ImageTooLarge { .. }));
    assert!(refused(renderer.set_image([limit + 1, 1], &vec![0; 4 * (limit as usize + 1)])));
    assert!(refused(renderer.set_image([2, 2], &[0; 15])));
    assert!(refused(renderer.set_image([0, 2], &[])));
}
