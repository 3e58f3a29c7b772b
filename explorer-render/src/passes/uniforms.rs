//! Bind group 0 of every pass: the frame's parameters, the LUT, and the image behind the points.

use super::layout_entry;
use crate::gpu::Gpu;
use crate::render_path::Compute;
use crate::target;
use explorer_points::FrameUniform;
use std::mem::size_of;

/// Colors that a style's 8-bit index can name.
pub(crate) const LUT_LEN: usize = 256;

pub(crate) struct Uniforms {
    frame: wgpu::Buffer,
    lut: wgpu::Buffer,
    sampler: wgpu::Sampler,
    pub(crate) group: wgpu::BindGroup,
}

/// What every pass binds as group 0.
pub(super) fn layout(device: &wgpu::Device, compute: Compute) -> wgpu::BindGroupLayout {
    let visibility = match compute {
        Compute::Present => wgpu::ShaderStages::VERTEX_FRAGMENT | wgpu::ShaderStages::COMPUTE,
        Compute::Missing => wgpu::ShaderStages::VERTEX_FRAGMENT,
    };
    let entry = |binding| layout_entry(binding, visibility, wgpu::BufferBindingType::Uniform);
    let image =
        |binding, ty| wgpu::BindGroupLayoutEntry { binding, visibility: wgpu::ShaderStages::FRAGMENT, ty, count: None };
    device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor {
        label: Some("uniforms"),
        entries: &[
            entry(0),
            entry(1),
            image(
                2,
                wgpu::BindingType::Texture {
                    sample_type: wgpu::TextureSampleType::Float { filterable: true },
                    view_dimension: wgpu::TextureViewDimension::D2,
                    multisampled: false,
                },
            ),
            image(3, wgpu::BindingType::Sampler(wgpu::SamplerBindingType::Filtering)),
        ],
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
        let sampler = gpu.device.create_sampler(&wgpu::SamplerDescriptor {
            label: Some("image"),
            mag_filter: wgpu::FilterMode::Linear,
            min_filter: wgpu::FilterMode::Linear,
            ..Default::default()
        });
        let group = group(gpu, [&frame, &lut], &texture(gpu, [1; 2]), &sampler);
        Self { frame, lut, sampler, group }
    }

    /// Puts an image behind the points: RGBA bytes, row by row, as many as its size takes.
    pub(crate) fn set_image(&mut self, gpu: &Gpu, size: [u32; 2], pixels: &[u8]) {
        let image = texture(gpu, size);
        let rows = wgpu::TexelCopyBufferLayout { offset: 0, bytes_per_row: Some(size[0] * 4), rows_per_image: None };
        gpu.queue.write_texture(image.as_image_copy(), pixels, rows, image.size());
        self.group = group(gpu, [&self.frame, &self.lut], &image, &self.sampler);
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

fn texture(gpu: &Gpu, [width, height]: [u32; 2]) -> wgpu::Texture {
    gpu.device.create_texture(&wgpu::TextureDescriptor {
        label: Some("image"),
        size: wgpu::Extent3d { width, height, depth_or_array_layers: 1 },
        mip_level_count: 1,
        sample_count: 1,
        dimension: wgpu::TextureDimension::D2,
        format: wgpu::TextureFormat::Rgba8Unorm,
        usage: wgpu::TextureUsages::TEXTURE_BINDING | wgpu::TextureUsages::COPY_DST,
        view_formats: &[],
    })
}

fn group(gpu: &Gpu, buffers: [&wgpu::Buffer; 2], image: &wgpu::Texture, sampler: &wgpu::Sampler) -> wgpu::BindGroup {
    let view = target::view(image);
    let [frame, lut] = buffers.map(wgpu::Buffer::as_entire_binding);
    let resources = [frame, lut, wgpu::BindingResource::TextureView(&view), wgpu::BindingResource::Sampler(sampler)];
    let entries: Vec<_> =
        (0..).zip(resources).map(|(binding, resource)| wgpu::BindGroupEntry { binding, resource }).collect();
    let layout = &gpu.pipelines.uniforms;
    gpu.device.create_bind_group(&wgpu::BindGroupDescriptor { label: Some("uniforms"), layout, entries: &entries })
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
                ("image_opacity", offset_of!(FrameUniform, image_opacity)),
                ("image_corner_dpx", offset_of!(FrameUniform, image_corner_dpx)),
                ("image_size_dpx", offset_of!(FrameUniform, image_size_dpx)),
            ]
        );
        assert_eq!(*span as usize, size_of::<FrameUniform>());
    }
}
