//! Points counted per pixel, and counts into colors.

use super::{dispatch_over_chunks, draw_full_screen, full_screen_pipeline, point_pipeline, shader_source};

#[derive(Clone)]
pub(crate) struct DensityPass {
    accumulate: wgpu::ComputePipeline,
    tone_map: wgpu::RenderPipeline,
}

impl DensityPass {
    pub(crate) const SOURCE: &'static str = shader_source!("density.wgsl");

    pub(crate) fn new(
        device: &wgpu::Device,
        write: [&wgpu::BindGroupLayout; 2],
        read: [&wgpu::BindGroupLayout; 2],
        format: wgpu::TextureFormat,
    ) -> Self {
        Self {
            accumulate: point_pipeline(device, Self::SOURCE, "accumulate", &write),
            tone_map: full_screen_pipeline(device, Self::SOURCE, "tone_map", &read, format),
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
