//! The compute paths draw what their CPU twins draw, pixel by pixel.
//!
//! The GPU may contract a multiply and an add, so that a dot's edge falls on the other side of a
//! pixel's center: a few pixels in a thousand may differ. Colors may differ by one step of 255.

mod common;

use common::{Scene, capture, params, renderer};
use explorer_render::{
    Backend, Camera, DrawMode, FrameParams, PickScene, PointStyle, RenderPath, Renderer, StyleChange, Viewport, cpu,
    pick_cpu,
};

/// Enough points that dots of a few pixels are splatted.
const N_POINTS: usize = 20_000;
const MOST_DIFFERENT: f64 = 0.002;

fn compute_renderer(scene: &Scene) -> Option<Renderer> {
    let mut renderer = renderer(Backend::WebGpu)?;
    scene.upload(&mut renderer);
    Some(renderer)
}

fn share_of_different(a: &[[u8; 4]], b: &[[u8; 4]]) -> f64 {
    assert_eq!(a.len(), b.len());
    let is_different = |(a, b): &(&[u8; 4], &[u8; 4])| a.iter().zip(b.iter()).any(|(a, b)| a.abs_diff(*b) > 1);
    a.iter().zip(b).filter(is_different).count() as f64 / a.len() as f64
}

#[track_caller]
fn check(renderer: &mut Renderer, scene: &Scene, params: &FrameParams) {
    let path = match params.mode {
        DrawMode::Points => RenderPath::Splat,
        DrawMode::Density => RenderPath::Density,
    };
    assert_eq!(renderer.render_path(params), path);
    let gpu = capture(renderer, params);
    let cpu = cpu::draw(params, &scene.positions, &scene.styles, &scene.lut);
    let different = share_of_different(&gpu, &cpu);
    assert!(different <= MOST_DIFFERENT, "{different} of the pixels differ");
    // Nothing is compared on an empty picture.
    let [red, green, blue] = params.background;
    assert!(cpu.iter().any(|&pixel| pixel != [red, green, blue, 255]));
}

#[test]
fn all_kinds_of_frames_equal_their_twins() {
    let scene = Scene::random(N_POINTS, 1);
    let Some(mut renderer) = compute_renderer(&scene) else { return };
    let base = params();
    let zoomed = Camera { center: [28_765.432_1, 39_876.543_2], span: 200.0 };
    for params in [
        base,
        FrameParams { point_diameter_px: 1.0, ..base },
        FrameParams { point_diameter_px: 1.6, ..base },
        FrameParams { prefix: 7_000, ..base },
        FrameParams { prefix: 0, point_diameter_px: 2.0, ..base },
        FrameParams { highlight: Some(17), ..base },
        FrameParams { unselected: ([90, 91, 92], 1.0), background: [10, 12, 14], ..base },
        FrameParams { viewport: Viewport::from_css(150.0, 201.0, 2.0), point_diameter_px: 2.2, ..base },
        FrameParams { viewport: Viewport::from_css(301.0, 99.5, 1.5), point_diameter_px: 1.5, ..base },
        FrameParams { camera: Camera { span: 9_000.0, ..base.camera }, ..base },
        FrameParams { camera: zoomed, ..base },
        FrameParams { mode: DrawMode::Density, ..base },
        FrameParams { mode: DrawMode::Density, point_diameter_px: 1.0, ..base },
        FrameParams { mode: DrawMode::Density, prefix: 5_000, ..base },
    ] {
        if params.prefix > 0 {
            check(&mut renderer, &scene, &params);
        } else {
            let [red, green, blue] = params.background;
            let empty = capture(&mut renderer, &params);
            assert!(empty.iter().all(|&pixel| pixel == [red, green, blue, 255]));
        }
    }
}

#[test]
fn points_out_of_view_are_left_out_and_missed_by_nobody() {
    let mut scene = Scene::random(N_POINTS, 6);
    // Neighbors in draw order are neighbors in the picture, as a sorted dataset has them.
    scene.positions.sort_by_key(|position| position.xy().map(|[x, y]| (x / 4096, y)));
    let Some(mut renderer) = compute_renderer(&scene) else { return };
    let base = params();
    let n_points = N_POINTS as u32;
    assert!(renderer.in_view(&base, n_points).n_points() > n_points * 9 / 10);
    for center in [[9_000.0, 50_000.0], [33_000.0, 30_000.0], [60_000.0, 4_000.0]] {
        for mode in [DrawMode::Points, DrawMode::Density] {
            let params = FrameParams { camera: Camera { center, span: 9_000.0 }, mode, ..base };
            let in_view = renderer.in_view(&params, n_points);
            assert!(in_view.n_points() < n_points / 2, "{}", in_view.n_points());
            check(&mut renderer, &scene, &params);
            let part = FrameParams { prefix: in_view.prefix(in_view.n_points() / 2), ..params };
            check(&mut renderer, &scene, &part);
            check(&mut renderer, &scene, &params);
        }
    }
}

#[test]
fn growing_and_moving_in_any_order_equals_drawing_at_once() {
    let scene = Scene::random(N_POINTS, 2);
    let Some(mut renderer) = compute_renderer(&scene) else { return };
    let base = params();
    let mut moved = base;
    moved.camera = moved.camera.panned_by(&moved.viewport, [31.5, -12.25]);
    for params in [
        FrameParams { prefix: 100, ..base },
        FrameParams { prefix: 9_000, ..base },
        base,
        FrameParams { mode: DrawMode::Density, ..base },
        base,
        FrameParams { prefix: 300, ..moved },
        moved,
        FrameParams { viewport: Viewport::from_css(100.0, 90.0, 1.0), ..moved },
        FrameParams { prefix: 200, ..moved },
    ] {
        check(&mut renderer, &scene, &params);
    }
}

#[test]
fn points_that_arrive_in_pieces_make_the_same_picture() {
    let mut scene = Scene::random(N_POINTS, 3);
    let Some(mut renderer) = renderer(Backend::WebGpu) else { return };
    let params = params();
    renderer.set_point_count(N_POINTS as u32).unwrap();
    renderer.set_lut(&scene.lut);
    renderer.write_styles(0, &scene.styles, StyleChange::Order).unwrap();
    // Until a position is written there is no dot, and drawing in between breaks nothing.
    let empty = capture(&mut renderer, &params);
    assert!(empty.iter().all(|pixel| pixel == &[247, 248, 250, 255]));
    for begin in [15_000, 0, 5_000, 10_000] {
        let piece = &scene.positions[begin..begin + 5_000];
        renderer.write_positions(begin as u32, piece).unwrap();
        capture(&mut renderer, &params);
    }
    check(&mut renderer, &scene, &params);

    // Colors alone: the index buffer is kept, the picture follows.
    for style in &mut scene.styles {
        let recolored =
            PointStyle::new(style.color().wrapping_mul(7)).with_priority((style.priority_bits() << 2) as u8);
        let recolored = if style.is_selected() { recolored.selected() } else { recolored };
        *style = if style.is_hidden() { recolored.hidden() } else { recolored };
    }
    renderer.write_styles(0, &scene.styles, StyleChange::ColorsOnly).unwrap();
    check(&mut renderer, &scene, &params);
    scene.lut.reverse();
    renderer.set_lut(&scene.lut);
    check(&mut renderer, &scene, &params);

    // Another selection: the order changes.
    scene.styles.rotate_left(1);
    renderer.write_styles(0, &scene.styles, StyleChange::Order).unwrap();
    check(&mut renderer, &scene, &params);

    // Some runs of another one, in any order.
    let runs = [9_000..9_500, 40..41, 3_000..3_700, 19_990..20_000];
    for run in &runs {
        for style in &mut scene.styles[run.start as usize..run.end as usize] {
            *style = if style.is_selected() { PointStyle::new(style.color()) } else { style.selected() };
        }
    }
    renderer.write_style_runs(&scene.styles, &runs, StyleChange::Order).unwrap();
    check(&mut renderer, &scene, &params);

    // Fewer points in the same buffers: none is left over from before.
    renderer.set_point_count(6_000).unwrap();
    let empty = capture(&mut renderer, &params);
    assert!(empty.iter().all(|pixel| pixel == &[247, 248, 250, 255]));
}

#[test]
fn picking_equals_the_scan_on_the_cpu() {
    let scene = Scene::random(N_POINTS, 4);
    let Some(mut renderer) = compute_renderer(&scene) else { return };
    // The second is drawn as quads: picking brings the index buffer up to it by itself.
    for point_diameter_px in [2.3, 9.0] {
        let params = FrameParams { viewport: Viewport::from_css(150.0, 100.0, 2.0), point_diameter_px, ..params() };
        assert_eq!(pollster::block_on(renderer.pick([1e9, 0.0], 3.0)), None);
        renderer.render(&params).unwrap();
        let keys = cpu::splat(&params, &scene.positions, &scene.styles);
        let pick = PickScene { params: &params, positions: &scene.positions, styles: &scene.styles };
        let mut n_hits = 0;
        for slot in (0..keys.len()).step_by(277) {
            let at_px = [slot % 300, slot / 300].map(|dpx| (dpx as f64 + 0.5) / 2.0);
            let picked = pollster::block_on(renderer.pick(at_px, 0.0));
            assert_eq!(picked, cpu::point_of_key(keys[slot]), "{at_px:?}");
            let is_rim = keys[slot] != 0 && keys[slot] & 1 << 30 == 0;
            if !is_rim {
                assert_eq!(picked, pick_cpu(&pick, at_px, 0.0), "{at_px:?}");
                n_hits += usize::from(picked.is_some());
            }
        }
        assert!(n_hits > 50, "{n_hits}");
    }
}

#[test]
fn the_closest_zoom_does_not_jitter() {
    let scene = Scene::random(N_POINTS, 5);
    let Some(mut renderer) = compute_renderer(&scene) else { return };
    // One point alone in the corner of the square, where f32 is coarsest, at 7 dpx per unit.
    let mut positions = scene.positions.clone();
    positions.fill(explorer_render::PointPosition::NONE);
    positions[7] = explorer_render::PointPosition::new(65_534, 65_534);
    renderer.write_positions(0, &positions).unwrap();
    let mut styles = scene.styles.clone();
    styles[7] = PointStyle::new(0).selected();
    renderer.write_styles(0, &styles, StyleChange::Order).unwrap();
    renderer.set_lut(&[[0, 0, 0, 255]]);
    for step in 0..20 {
        let params = FrameParams {
            camera: Camera { center: [65_500.0 + f64::from(step) * 0.05, 65_520.0], span: 128.0 },
            viewport: Viewport::from_css(900.0, 900.0, 1.0),
            point_diameter_px: 1.0,
            ..params()
        };
        let expected = params.camera.px_from_embedding(&params.viewport, [65_534.0, 65_534.0]);
        let slot = expected[1].floor() as usize * 900 + expected[0].floor() as usize;
        let picture = capture(&mut renderer, &params);
        let dots: Vec<_> = (0..picture.len()).filter(|&slot| picture[slot][0] == 0).collect();
        assert_eq!(dots, [slot], "{expected:?}");
    }
}
