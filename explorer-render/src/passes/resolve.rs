//! The index buffer into colors.

use super::{draw_full_screen, full_screen_pipeline, shader_source};

#[derive(Clone)]
pub(crate) struct ResolvePass {
    pipeline: wgpu::RenderPipeline,
}

impl ResolvePass {
    pub(crate) const SOURCE: &'static str = shader_source!("resolve.wgsl");

    pub(crate) fn new(
        device: &wgpu::Device,
        layouts: [&wgpu::BindGroupLayout; 2],
        format: wgpu::TextureFormat,
    ) -> Self {
        Self { pipeline: full_screen_pipeline(device, Self::SOURCE, "resolve", &layouts, format) }
    }

    pub(crate) fn encode(
        &self,
        encoder: &mut wgpu::CommandEncoder,
        view: &wgpu::TextureView,
        groups: [&wgpu::BindGroup; 2],
    ) {
        draw_full_screen(encoder, view, &self.pipeline, groups);
    }
}
