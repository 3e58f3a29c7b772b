//! The paths through the index buffer: accumulate points in it, then color its pixels.

use crate::chunks::n_points_in;
use crate::gpu::Gpu;
use crate::passes::Scene;
use crate::passes::density::DensityPass;
use crate::passes::resolve::ResolvePass;
use crate::passes::screen::{Screen, ScreenLayouts};
use crate::passes::splat::SplatPass;
use explorer_points::{DrawMode, FrameUniform};

pub(crate) struct ComputePaths {
    splat: SplatPass,
    resolve: ResolvePass,
    /// Compiled when density is first shown.
    density: Option<DensityPass>,
    layouts: ScreenLayouts,
    format: wgpu::TextureFormat,
    /// For the size drawn last.
    screen: Option<Screen>,
}

impl ComputePaths {
    /// None on a device without compute shaders.
    pub(crate) fn new(gpu: &Gpu, format: wgpu::TextureFormat) -> Option<Self> {
        let layouts = gpu.pipelines.screen.clone()?;
        Some(Self {
            splat: gpu.pipelines.splat(&gpu.device, &layouts),
            resolve: gpu.pipelines.resolve(&gpu.device, &layouts, format),
            density: None,
            layouts,
            format,
            screen: None,
        })
    }

    /// Draws a frame of the scene, and tells how many points had to be added for it.
    pub(crate) fn draw(
        &mut self,
        scene: &Scene<'_>,
        encoder: &mut wgpu::CommandEncoder,
        view: &wgpu::TextureView,
        mode: DrawMode,
    ) -> u32 {
        let (_, n_added) = self.accumulate(scene, encoder, mode);
        let screen = self.screen.as_ref().expect("accumulate leaves a screen");
        let groups = [&scene.uniforms.group, &screen.read_group];
        match mode {
            DrawMode::Points => self.resolve.encode(encoder, view, groups),
            DrawMode::Density => {
                compiled(&mut self.density, scene, &self.layouts, self.format).encode_colors(encoder, view, groups);
            }
        }
        n_added
    }

    /// Brings the index buffer up to a frame of the scene and returns it: one word per pixel, row
    /// by row; and how many points it took.
    pub(crate) fn accumulate(
        &mut self,
        scene: &Scene<'_>,
        encoder: &mut wgpu::CommandEncoder,
        mode: DrawMode,
    ) -> (&wgpu::Buffer, u32) {
        let frame = &scene.frame;
        let screen = match self.screen.take() {
            Some(screen) if screen.size_dpx == frame.viewport_dpx => screen,
            _ => Screen::new(scene.gpu, &self.layouts, scene.points, frame.viewport_dpx),
        };
        let screen = self.screen.insert(screen);
        let missing = screen.prepare(encoder, mode, frame);
        scene.uniforms.write_frame(scene.gpu, &FrameUniform { first: missing.start, ..*frame });
        let mut n_added = 0;
        if !missing.is_empty() {
            let chunks = scene.points.chunks.in_view(frame, missing);
            n_added = n_points_in(&chunks, frame.prefix);
            let n_chunks = chunks.len() as u32;
            scene.points.write_pass(scene.gpu, chunks);
            let groups = [&scene.uniforms.group, &screen.write_group];
            match mode {
                DrawMode::Points => self.splat.encode(encoder, groups, n_chunks),
                DrawMode::Density => {
                    let density = compiled(&mut self.density, scene, &self.layouts, self.format);
                    density.encode_counts(encoder, groups, n_chunks);
                }
            }
        }
        (&screen.pixels, n_added)
    }

    /// The points from `offset` on have changed.
    pub(crate) fn invalidate_from(&mut self, offset: u32) {
        if let Some(screen) = &mut self.screen {
            screen.invalidate_from(offset);
        }
    }

    /// The points' buffers are new.
    pub(crate) fn forget_points(&mut self) {
        self.screen = None;
    }
}

/// The density pass, compiled now if it was not.
fn compiled<'a>(
    density: &'a mut Option<DensityPass>,
    scene: &Scene<'_>,
    layouts: &ScreenLayouts,
    format: wgpu::TextureFormat,
) -> &'a DensityPass {
    density.get_or_insert_with(|| scene.gpu.pipelines.density(&scene.gpu.device, layouts, format))
}
