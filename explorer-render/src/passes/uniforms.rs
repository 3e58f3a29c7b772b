//! Bind group 0 of every pass: the frame's parameters and the LUT.

use super::{bind_buffers, layout_entry};
use crate::gpu::Gpu;
use crate::render_path::Compute;
use explorer_points::FrameUniform;
use std::mem::size_of;

/// Colors that a style's 8-bit index can name.
pub(crate) const LUT_LEN: usize = 256;

pub(crate) struct Uniforms {
    frame: wgpu::Buffer,
    lut: wgpu::Buffer,
    pub(crate) group: wgpu::BindGroup,
}

/// What every pass binds as group 0.
pub(super) fn layout(device: &wgpu::Device, compute: Compute) -> wgpu::BindGroupLayout {
    let visibility = match compute {
        Compute::Present => wgpu::ShaderStages::VERTEX_FRAGMENT | wgpu::ShaderStages::COMPUTE,
        Compute::Missing => wgpu::ShaderStages::VERTEX_FRAGMENT,
    };
    let entry = |binding| layout_entry(binding, visibility, wgpu::BufferBindingType::Uniform);
    device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor {
        label: Some("uniforms"),
        entries: &[entry(0), entry(1)],
    })
}

impl Uniforms {
    pub(crate) fn new(gpu: &Gpu) -> Self {
        let buffer = |label, size_bytes: usize| {
            gpu.device.create_buffer(&wgpu::BufferDescriptor {
                label: Some(label),
                size: size_bytes as u64,
                usage: wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::COPY_DST,
                mapped_at_creation: false,
            })
        };
        let frame = buffer("frame", size_of::<FrameUniform>());
        let lut = buffer("lut", LUT_LEN * size_of::<[f32; 4]>());
        let group = bind_buffers(gpu, &gpu.pipelines.uniforms, &[&frame, &lut]);
        Self { frame, lut, group }
    }

    /// Takes effect with the next submission.
    pub(crate) fn write_frame(&self, gpu: &Gpu, frame: &FrameUniform) {
        gpu.queue.write_buffer(&self.frame, 0, bytemuck::bytes_of(frame));
    }

    /// RGBA bytes; colors beyond those given are transparent.
    pub(crate) fn write_lut(&self, gpu: &Gpu, colors: &[[u8; 4]]) {
        let mut lut = [[0.0; 4]; LUT_LEN];
        for (entry, color) in lut.iter_mut().zip(colors) {
            *entry = color.map(|channel| f32::from(channel) / 255.0);
        }
        gpu.queue.write_buffer(&self.lut, 0, bytemuck::cast_slice(&lut));
    }
}

#[cfg(test)]
mod tests {
    use std::mem::offset_of;

    use super::*;

    #[test]
    fn the_uniform_has_the_layout_of_its_wgsl_twin() {
        let module = naga::front::wgsl::parse_str(include_str!("../shaders/uniforms.wgsl")).unwrap();
        let (_, frame) = module.types.iter().find(|(_, ty)| ty.name.as_deref() == Some("Frame")).unwrap();
        let naga::TypeInner::Struct { members, span } = &frame.inner else {
            panic!("Frame is not a struct");
        };
        let wgsl: Vec<_> =
            members.iter().map(|member| (member.name.as_deref().unwrap(), member.offset as usize)).collect();
        assert_eq!(
            wgsl,
            [
                ("viewport_dpx", offset_of!(FrameUniform, viewport_dpx)),
                ("center_whole", offset_of!(FrameUniform, center_whole)),
                ("center_fraction", offset_of!(FrameUniform, center_fraction)),
                ("dpx_per_unit", offset_of!(FrameUniform, dpx_per_unit)),
                ("radius_dpx", offset_of!(FrameUniform, radius_dpx)),
                ("background", offset_of!(FrameUniform, background)),
                ("unselected", offset_of!(FrameUniform, unselected)),
                ("first", offset_of!(FrameUniform, first)),
                ("prefix", offset_of!(FrameUniform, prefix)),
                ("highlight", offset_of!(FrameUniform, highlight)),
                ("padding", offset_of!(FrameUniform, padding)),
            ]
        );
        assert_eq!(*span as usize, size_of::<FrameUniform>());
    }
}
