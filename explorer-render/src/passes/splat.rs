//! Points into the index buffer.

use super::{dispatch_over_chunks, point_pipeline, shader_source};

#[derive(Clone)]
pub(crate) struct SplatPass {
    pipeline: wgpu::ComputePipeline,
}

impl SplatPass {
    pub(crate) const SOURCE: &'static str = shader_source!("splat.wgsl");

    pub(crate) fn new(device: &wgpu::Device, layouts: [&wgpu::BindGroupLayout; 2]) -> Self {
        Self { pipeline: point_pipeline(device, Self::SOURCE, "splat", &layouts) }
    }

    /// Adds points, see [`dispatch_over_chunks`].
    pub(crate) fn encode(&self, encoder: &mut wgpu::CommandEncoder, groups: [&wgpu::BindGroup; 2], n_chunks: u32) {
        dispatch_over_chunks(encoder, &self.pipeline, groups, n_chunks);
    }
}
