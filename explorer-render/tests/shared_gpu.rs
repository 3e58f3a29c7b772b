//! Several renderers on one device: each draws its own points, and a lost device is lost to all.

mod common;

use common::{Scene, capture, gpu, params, renderer};
use explorer_render::{Backend, FrameParams, RenderError, Renderer};
use std::rc::Rc;

#[test]
fn renderers_of_one_device_draw_as_each_alone() {
    for backend in [Backend::WebGpu, Backend::WebGl2] {
        let Some(gpu) = gpu(backend) else { return };
        let scenes = [Scene::random(6_000, 31), Scene::random(9_000, 32)];
        let alone = scenes.each_ref().map(|scene| {
            let mut renderer = renderer(backend).expect("there was a device a moment ago");
            scene.upload(&mut renderer);
            capture(&mut renderer, &params())
        });
        let mut renderers = scenes.each_ref().map(|scene| {
            let mut renderer = Renderer::headless(&gpu, 8, 8).expect("the device is open");
            scene.upload(&mut renderer);
            renderer
        });
        // In turn, each with its own camera in between.
        for _ in 0..2 {
            for (renderer, alone) in renderers.iter_mut().zip(&alone) {
                assert!(Rc::ptr_eq(renderer.gpu(), &gpu));
                capture(renderer, &FrameParams { point_diameter_px: 2.0, ..params() });
                assert_eq!(capture(renderer, &params()), *alone, "{backend:?}");
            }
        }
    }
}

#[test]
fn a_lost_device_is_lost_to_all_its_renderers_and_all_who_wait() {
    let Some(gpu) = gpu(Backend::WebGpu) else { return };
    let mut renderers = [0; 2].map(|_| Renderer::headless(&gpu, 8, 8).expect("the device is open"));
    let waiting = [gpu.lost(), gpu.lost()];
    gpu.lose();
    renderers[0].poll();
    for lost in waiting {
        pollster::block_on(lost);
    }
    pollster::block_on(gpu.lost());
    for renderer in &mut renderers {
        assert!(renderer.is_lost());
        assert!(matches!(renderer.render(&params()), Err(RenderError::DeviceLost { .. })));
    }
    assert!(Renderer::headless(&gpu, 8, 8).is_ok_and(|renderer| renderer.is_lost()), "it is told when it draws");
}
