//! Points into the index buffer.

use super::screen::ScreenLayouts;
use super::uniforms::Uniforms;
use super::{dispatch_over_chunks, point_pipeline, shader_source};
use crate::gpu::Gpu;

pub(crate) struct SplatPass {
    pipeline: wgpu::ComputePipeline,
}

impl SplatPass {
    pub(crate) const SOURCE: &'static str = shader_source!("splat.wgsl");

    pub(crate) fn new(gpu: &Gpu, uniforms: &Uniforms, layouts: &ScreenLayouts) -> Self {
        let layouts = [&uniforms.layout, &layouts.write];
        Self { pipeline: point_pipeline(gpu, Self::SOURCE, "splat", &layouts) }
    }

    /// Adds points, see [`dispatch_over_chunks`].
    pub(crate) fn encode(&self, encoder: &mut wgpu::CommandEncoder, groups: [&wgpu::BindGroup; 2], n_chunks: u32) {
        dispatch_over_chunks(encoder, &self.pipeline, groups, n_chunks);
    }
}
