//! What is refused, and that a refusal breaks nothing.

mod common;

use common::{Scene, capture, params, renderer};
use explorer_render::{Backend, FrameParams, MAX_POINTS, PointPosition, RenderError, StyleChange, Viewport};

#[test]
fn refusals_leave_the_renderer_as_it_was() {
    let Some(mut renderer) = renderer(Backend::WebGpu) else { return };
    let scene = Scene::random(6_000, 21);
    scene.upload(&mut renderer);
    let before = capture(&mut renderer, &params());

    let n_points = MAX_POINTS + 1;
    assert_eq!(renderer.set_point_count(n_points), Err(RenderError::TooManyPoints { n_points }));
    assert_eq!(
        renderer.write_positions(5_999, &[PointPosition::NONE; 2]),
        Err(RenderError::OutOfRange { offset: 5_999, len: 2, n_points: 6_000 })
    );
    assert!(renderer.write_styles(6_001, &[], StyleChange::Order).is_err());
    assert_eq!(renderer.write_styles(6_000, &[], StyleChange::Order), Ok(()));
    let (styles, beyond) = (scene.styles.as_slice(), 5_990..6_001);
    let out_of_range = Err(RenderError::OutOfRange { offset: 5_990, len: 11, n_points: 6_000 });
    assert_eq!(renderer.write_style_runs(styles, &[beyond], StyleChange::Order), out_of_range);
    let huge =
        FrameParams { viewport: Viewport { width_dpx: 1 << 20, height_dpx: 10, device_pixel_ratio: 1.0 }, ..params() };
    let too_large = RenderError::ViewportTooLarge { width_dpx: 1 << 20, height_dpx: 10 };
    assert_eq!(renderer.render(&huge), Err(too_large.clone()));
    assert_eq!(renderer.capture(&huge).err(), Some(too_large));

    assert_eq!(capture(&mut renderer, &params()), before);
    assert_eq!(renderer.n_points(), 6_000);
}

#[test]
fn no_points_are_an_empty_picture() {
    for backend in [Backend::WebGpu, Backend::WebGl2] {
        let Some(mut renderer) = renderer(backend) else { return };
        let picture = capture(&mut renderer, &params());
        assert!(picture.iter().all(|pixel| pixel == &[247, 248, 250, 255]));
        assert_eq!(pollster::block_on(renderer.pick([5.0, 5.0], 5.0)), None);
    }
}

#[test]
fn a_lost_device_is_told_and_nothing_panics() {
    let Some(mut renderer) = renderer(Backend::WebGpu) else { return };
    let scene = Scene::random(6_000, 22);
    scene.upload(&mut renderer);
    renderer.render(&params()).unwrap();
    pollster::block_on(renderer.frame_done());
    assert!(!renderer.is_lost());
    renderer.gpu().lose();
    renderer.poll();
    assert!(renderer.is_lost());
    assert!(matches!(renderer.render(&params()), Err(RenderError::DeviceLost { .. })));
    assert!(matches!(renderer.capture(&params()).err(), Some(RenderError::DeviceLost { .. })));
    scene.upload(&mut renderer);
    assert_eq!(pollster::block_on(renderer.pick([50.0, 50.0], 5.0)), None);
    pollster::block_on(renderer.frame_done());
}

#[test]
fn a_warm_up_leaves_nothing_behind() {
    for backend in [Backend::WebGpu, Backend::WebGl2] {
        let Some(mut renderer) = renderer(backend) else { return };
        renderer.warm_up().expect("a device that was opened draws");
        let picture = capture(&mut renderer, &params());
        assert!(picture.iter().all(|pixel| pixel == &[247, 248, 250, 255]));
        let scene = Scene::random(6_000, 21);
        scene.upload(&mut renderer);
        let before = capture(&mut renderer, &params());
        renderer.warm_up().expect("a device that has drawn draws again");
        assert_eq!(capture(&mut renderer, &params()), before);
        assert_eq!(renderer.n_points(), 6_000);
    }
}
