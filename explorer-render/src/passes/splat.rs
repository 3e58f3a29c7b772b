//! Points into the index buffer.

use super::screen::ScreenLayouts;
use super::uniforms::Uniforms;
use super::{dispatch_over_points, point_pipeline, shader_source};
use crate::gpu::Gpu;
use std::ops::Range;

pub(crate) struct SplatPass {
    pipeline: wgpu::ComputePipeline,
}

impl SplatPass {
    pub(crate) const SOURCE: &'static str = shader_source!("splat.wgsl");

    pub(crate) fn new(gpu: &Gpu, uniforms: &Uniforms, layouts: &ScreenLayouts) -> Self {
        let layouts = [&uniforms.layout, &layouts.write];
        Self { pipeline: point_pipeline(gpu, Self::SOURCE, "splat", &layouts) }
    }

    /// Adds the points, which the frame's uniform names as `first..prefix`.
    pub(crate) fn encode(
        &self,
        encoder: &mut wgpu::CommandEncoder,
        groups: [&wgpu::BindGroup; 2],
        points: &Range<u32>,
    ) {
        dispatch_over_points(encoder, &self.pipeline, groups, points);
    }
}
