//! The index buffer into colours.

use super::screen::ScreenLayouts;
use super::uniforms::Uniforms;
use super::{draw_full_screen, full_screen_pipeline, shader_source};
use crate::gpu::Gpu;

pub(crate) struct ResolvePass {
    pipeline: wgpu::RenderPipeline,
}

impl ResolvePass {
    pub(crate) const SOURCE: &'static str = shader_source!("resolve.wgsl");

    pub(crate) fn new(gpu: &Gpu, uniforms: &Uniforms, layouts: &ScreenLayouts, format: wgpu::TextureFormat) -> Self {
        let layouts = [&uniforms.layout, &layouts.read];
        Self { pipeline: full_screen_pipeline(gpu, Self::SOURCE, "resolve", &layouts, format) }
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
