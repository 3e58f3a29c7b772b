//! A seeded scene and a device, where the machine has one.

use explorer_render::{
    Backend, Camera, DrawMode, FrameParams, Gpu, PointPosition, PointStyle, RenderError, Renderer, StyleChange,
    Viewport,
};
use std::rc::Rc;

/// Points of all kinds: clustered and scattered, without position, hidden, selected, prioritized.
pub struct Scene {
    pub positions: Vec<PointPosition>,
    pub styles: Vec<PointStyle>,
    pub lut: Vec<[u8; 4]>,
}

impl Scene {
    pub fn random(n_points: usize, seed: u64) -> Self {
        let mut random = SplitMix(seed);
        let positions = (0..n_points)
            .map(|_| match random.below(20) {
                0 => PointPosition::NONE,
                1..8 => PointPosition::new(random.below(65535) as u16, random.below(65535) as u16),
                // A dense cluster, where many dots lie over each other.
                _ => PointPosition::new(
                    (20_000 + random.below(9000) + random.below(9000)) as u16,
                    (30_000 + random.below(9000) + random.below(9000)) as u16,
                ),
            })
            .collect();
        let styles = (0..n_points)
            .map(|_| {
                let mut style = PointStyle::new(random.below(256) as u8).with_priority(random.below(4) as u8 * 64);
                if random.below(3) == 0 {
                    style = style.selected();
                }
                if random.below(10) == 0 {
                    style = style.hidden();
                }
                style
            })
            .collect();
        let lut = (0..256)
            .map(|_| {
                let [red, green, blue] = [0; 3].map(|_| random.below(256) as u8);
                [red, green, blue, if random.below(8) == 0 { 128 } else { 255 }]
            })
            .collect();
        Self { positions, styles, lut }
    }

    pub fn upload(&self, renderer: &mut Renderer) {
        renderer.set_point_count(self.positions.len() as u32).expect("a test's scene is small");
        renderer.write_positions(0, &self.positions).expect("there is room for every point");
        renderer.write_styles(0, &self.styles, StyleChange::Order).expect("there is room for every point");
        renderer.set_lut(&self.lut);
    }
}

pub fn params() -> FrameParams {
    FrameParams {
        camera: Camera { center: [32_000.3, 33_000.7], span: 60_000.0 },
        viewport: Viewport::from_css(311.0, 203.0, 1.0),
        point_diameter_px: 4.3,
        unselected: ([140, 130, 120], 0.7),
        highlight: None,
        background: [247, 248, 250],
        prefix: u32::MAX,
        mode: DrawMode::Points,
        backdrop: None,
    }
}

/// A device; `None`, said plainly, where the machine has no adapter.
pub fn gpu(backend: Backend) -> Option<Rc<Gpu>> {
    match pollster::block_on(Gpu::open(backend)) {
        Ok(gpu) => Some(gpu),
        Err(error @ RenderError::NoDevice { .. }) => {
            eprintln!("no GPU adapter on this machine, nothing compared: {error}");
            None
        }
        Err(error) => panic!("{error}"),
    }
}

/// A headless renderer with a device of its own; `None` as [`gpu`].
pub fn renderer(backend: Backend) -> Option<Renderer> {
    Some(Renderer::headless(&gpu(backend)?, 8, 8).expect("an empty renderer asks for next to nothing"))
}

pub fn capture(renderer: &mut Renderer, params: &FrameParams) -> Vec<[u8; 4]> {
    let image = renderer.capture(params).expect("the frame can be drawn");
    let image = pollster::block_on(image).expect("the picture can be read");
    assert_eq!([image.width, image.height], [params.viewport.width_dpx, params.viewport.height_dpx]);
    let (pixels, rest) = image.rgba.as_chunks();
    assert!(rest.is_empty());
    pixels.to_vec()
}

/// A small seeded generator: the tests draw the same scene everywhere.
struct SplitMix(u64);

impl SplitMix {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % bound
    }
}
