//! Points counted per pixel, and counts into colours.

use super::screen::ScreenLayouts;
use super::uniforms::Uniforms;
use super::{dispatch_over_chunks, draw_full_screen, full_screen_pipeline, point_pipeline, shader_source};
use crate::gpu::Gpu;

pub(crate) struct DensityPass {
    accumulate: wgpu::ComputePipeline,
    tone_map: wgpu::RenderPipeline,
}

impl DensityPass {
    pub(crate) const SOURCE: &'static str = shader_source!("density.wgsl");

    pub(crate) fn new(gpu: &Gpu, uniforms: &Uniforms, layouts: &ScreenLayouts, format: wgpu::TextureFormat) -> Self {
        let write = [&uniforms.layout, &layouts.write];
        let read = [&uniforms.layout, &layouts.read];
        Self {
            accumulate: point_pipeline(gpu, Self::SOURCE, "accumulate", &write),
            tone_map: full_screen_pipeline(gpu, Self::SOURCE, "tone_map", &read, format),
        }
    }

    /// Counts points, see [`dispatch_over_chunks`].
    pub(crate) fn encode_counts(
        &self,
        encoder: &mut wgpu::CommandEncoder,
        groups: [&wgpu::BindGroup; 2],
        n_chunks: u32,
    ) {
        dispatch_over_chunks(encoder, &self.accumulate, groups, n_chunks);
    }

    pub(crate) fn encode_colors(
        &self,
        encoder: &mut wgpu::CommandEncoder,
        view: &wgpu::TextureView,
        groups: [&wgpu::BindGroup; 2],
    ) {
        draw_full_screen(encoder, view, &self.tone_map, groups);
    }
}
