//! The quads path gives the splat path's picture to the eye. How a device turns coverage into
//! samples is its own, so edges are compared loosely and the dots' insides exactly.

mod common;

use common::{Scene, capture, params, renderer};
use explorer_render::{
    Backend, DrawMode, FrameParams, PointPosition, PointStyle, RenderOutcome, RenderPath, Renderer, StyleChange,
    Viewport, cpu,
};

const N_POINTS: usize = 3_000;

fn quads_renderer() -> Option<Renderer> {
    renderer(Backend::WebGl2)
}

fn mean_difference(a: &[[u8; 4]], b: &[[u8; 4]]) -> f64 {
    let sum: u64 = a.iter().flatten().zip(b.iter().flatten()).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
    sum as f64 / (a.len() * 4) as f64
}

#[test]
fn quads_look_like_the_splat_path() {
    let scene = Scene::random(N_POINTS, 11);
    let Some(mut renderer) = quads_renderer() else { return };
    scene.upload(&mut renderer);
    let base = params();
    for params in [
        FrameParams { point_diameter_px: 8.0, ..base },
        FrameParams { point_diameter_px: 3.0, ..base },
        FrameParams { prefix: 500, ..base },
        FrameParams { highlight: Some(3), ..base },
        FrameParams { viewport: Viewport::from_css(150.0, 120.0, 2.0), ..base },
        // Density needs compute shaders: points are drawn instead.
        FrameParams { mode: DrawMode::Density, ..base },
    ] {
        assert_eq!(renderer.render_path(&params), RenderPath::Quads);
        let quads = capture(&mut renderer, &params);
        let points = FrameParams { mode: DrawMode::Points, ..params };
        let twin = cpu::draw(&points, &scene.positions, &scene.styles, &scene.lut);
        let difference = mean_difference(&quads, &twin);
        assert!(difference < 6.0, "mean difference {difference} of 255");
        assert!(quads.iter().all(|pixel| pixel[3] == 255), "the picture is opaque");
    }
}

#[test]
fn dots_of_one_pixel_are_the_same_on_both_paths() {
    let scene = Scene::random(N_POINTS, 12);
    let Some(mut renderer) = quads_renderer() else { return };
    scene.upload(&mut renderer);
    let params = FrameParams { point_diameter_px: 1.0, ..params() };
    let quads = capture(&mut renderer, &params);
    let twin = cpu::draw(&params, &scene.positions, &scene.styles, &scene.lut);
    let different =
        quads.iter().zip(&twin).filter(|(a, b)| a.iter().zip(b.iter()).any(|(a, b)| a.abs_diff(*b) > 1)).count();
    assert!(different <= 2, "{different} pixels differ");
}

#[test]
fn a_dot_is_round_where_it_should_be_and_selected_ones_are_above() {
    for backend in [Backend::WebGpu, Backend::WebGl2] {
        let Some(mut renderer) = renderer(backend) else { return };
        // Two dots around the middle of the picture, the earlier one to the left.
        let positions = [PointPosition::new(32_447, 32_767), PointPosition::new(33_087, 32_767)];
        renderer.set_point_count(2).unwrap();
        renderer.write_positions(0, &positions).unwrap();
        renderer.set_lut(&[[200, 30, 20, 255], [20, 60, 210, 255]]);
        let params = FrameParams {
            camera: explorer_render::Camera { center: [32_767.0, 32_767.0], span: 6_400.0 },
            viewport: Viewport::from_css(100.0, 100.0, 1.0),
            point_diameter_px: 20.0,
            unselected: ([0; 3], 0.0),
            ..params()
        };
        let (left, right) = (PointStyle::new(0), PointStyle::new(1));
        for (styles, middle) in [
            ([left, right], [200, 30, 20, 255]),
            ([left, right.selected()], [20, 60, 210, 255]),
            ([left, right.with_priority(4)], [20, 60, 210, 255]),
            ([left.selected(), right.with_priority(255)], [200, 30, 20, 255]),
            ([left.hidden(), right], [20, 60, 210, 255]),
        ] {
            renderer.write_styles(0, &styles, StyleChange::Order).unwrap();
            let picture = capture(&mut renderer, &params);
            assert_eq!(picture[50 * 100 + 50], middle, "{backend:?}");
            // 5 px left and right of the middle are the centers; the dots end 10 px further.
            assert_eq!(picture[50 * 100 + 57], [20, 60, 210, 255]);
            assert_eq!(picture[50 * 100 + 67], [247, 248, 250, 255]);
            assert_eq!(picture[39 * 100 + 56], [247, 248, 250, 255]);
        }
        let drawn = RenderOutcome::Drawn { path: RenderPath::Quads, n_added: 2 };
        assert_eq!(renderer.render(&params), Ok(drawn));
        pollster::block_on(renderer.frame_done());
        renderer.poll();
        assert!(!renderer.is_lost());
    }
}
