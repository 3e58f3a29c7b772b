//! One pass per file, named after its shader.

pub(crate) mod density;
pub(crate) mod pipelines;
pub(crate) mod quads;
pub(crate) mod resolve;
pub(crate) mod screen;
pub(crate) mod splat;
pub(crate) mod uniforms;

use crate::gpu::Gpu;
use crate::points::PointBuffers;
use explorer_points::FrameUniform;
use uniforms::Uniforms;

/// What every pass draws from.
pub(crate) struct Scene<'a> {
    pub(crate) gpu: &'a Gpu,
    pub(crate) uniforms: &'a Uniforms,
    pub(crate) points: &'a PointBuffers,
    pub(crate) frame: FrameUniform,
}

/// The source of a shader after what all of them share.
macro_rules! shader_source {
    ($file:literal) => {
        concat!(include_str!("../shaders/uniforms.wgsl"), include_str!(concat!("../shaders/", $file)))
    };
}
pub(crate) use shader_source;

/// Workgroups per row of a dispatch; half of what every device allows.
const ROW_OF_WORKGROUPS: u32 = 1 << 15;

/// Columns and rows of workgroups for so many chunks.
fn workgroups(n_chunks: u32) -> [u32; 2] {
    [n_chunks.min(ROW_OF_WORKGROUPS), n_chunks.div_ceil(ROW_OF_WORKGROUPS)]
}

/// How many workgroups run for so many chunks, those at the end of the last row included.
pub(crate) fn n_workgroups(n_chunks: u32) -> u32 {
    workgroups(n_chunks).into_iter().product()
}

/// A compute pipeline that runs once per point.
fn point_pipeline(
    device: &wgpu::Device,
    source: &'static str,
    entry_point: &str,
    layouts: &[&wgpu::BindGroupLayout],
) -> wgpu::ComputePipeline {
    let module = shader_module(device, source);
    device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
        label: Some(entry_point),
        layout: Some(&pipeline_layout(device, layouts)),
        module: &module,
        entry_point: Some(entry_point),
        compilation_options: wgpu::PipelineCompilationOptions::default(),
        cache: None,
    })
}

/// Runs a [`point_pipeline`] over the points that the frame's uniform names as `first..prefix`, as far as they are in
/// the chunks last written to the points' `pass`.
fn dispatch_over_chunks(
    encoder: &mut wgpu::CommandEncoder,
    pipeline: &wgpu::ComputePipeline,
    groups: [&wgpu::BindGroup; 2],
    n_chunks: u32,
) {
    let [columns, rows] = workgroups(n_chunks);
    let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor::default());
    pass.set_pipeline(pipeline);
    for (index, group) in (0..).zip(groups) {
        pass.set_bind_group(index, group, &[]);
    }
    pass.dispatch_workgroups(columns, rows, 1);
}

/// A pipeline that colors every pixel of the target by one fragment shader.
fn full_screen_pipeline(
    device: &wgpu::Device,
    source: &'static str,
    entry_point: &str,
    layouts: &[&wgpu::BindGroupLayout],
    format: wgpu::TextureFormat,
) -> wgpu::RenderPipeline {
    let module = shader_module(device, source);
    device.create_render_pipeline(&wgpu::RenderPipelineDescriptor {
        label: Some(entry_point),
        layout: Some(&pipeline_layout(device, layouts)),
        vertex: wgpu::VertexState {
            module: &module,
            entry_point: Some("corner"),
            compilation_options: wgpu::PipelineCompilationOptions::default(),
            buffers: &[],
        },
        primitive: wgpu::PrimitiveState::default(),
        depth_stencil: None,
        multisample: wgpu::MultisampleState::default(),
        fragment: Some(wgpu::FragmentState {
            module: &module,
            entry_point: Some(entry_point),
            compilation_options: wgpu::PipelineCompilationOptions::default(),
            targets: &[Some(format.into())],
        }),
        multiview_mask: None,
        cache: None,
    })
}

/// Draws a [`full_screen_pipeline`].
fn draw_full_screen(
    encoder: &mut wgpu::CommandEncoder,
    view: &wgpu::TextureView,
    pipeline: &wgpu::RenderPipeline,
    groups: [&wgpu::BindGroup; 2],
) {
    let mut pass = encoder.begin_render_pass(&wgpu::RenderPassDescriptor {
        color_attachments: &[Some(wgpu::RenderPassColorAttachment {
            view,
            depth_slice: None,
            resolve_target: None,
            ops: wgpu::Operations { load: wgpu::LoadOp::Clear(wgpu::Color::BLACK), store: wgpu::StoreOp::Store },
        })],
        ..Default::default()
    });
    pass.set_pipeline(pipeline);
    for (index, group) in (0..).zip(groups) {
        pass.set_bind_group(index, group, &[]);
    }
    pass.draw(0..3, 0..1);
}

fn shader_module(device: &wgpu::Device, source: &'static str) -> wgpu::ShaderModule {
    device.create_shader_module(wgpu::ShaderModuleDescriptor {
        label: None,
        source: wgpu::ShaderSource::Wgsl(source.into()),
    })
}

fn pipeline_layout(device: &wgpu::Device, layouts: &[&wgpu::BindGroupLayout]) -> wgpu::PipelineLayout {
    let layouts: Vec<_> = layouts.iter().copied().map(Some).collect();
    device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
        label: None,
        bind_group_layouts: &layouts,
        immediate_size: 0,
    })
}

fn layout_entry(
    binding: u32,
    visibility: wgpu::ShaderStages,
    ty: wgpu::BufferBindingType,
) -> wgpu::BindGroupLayoutEntry {
    wgpu::BindGroupLayoutEntry {
        binding,
        visibility,
        ty: wgpu::BindingType::Buffer { ty, has_dynamic_offset: false, min_binding_size: None },
        count: None,
    }
}

/// Binds whole buffers in the order of the layout.
fn bind_buffers(gpu: &Gpu, layout: &wgpu::BindGroupLayout, buffers: &[&wgpu::Buffer]) -> wgpu::BindGroup {
    let entries: Vec<_> = (0..)
        .zip(buffers)
        .map(|(binding, buffer)| wgpu::BindGroupEntry { binding, resource: buffer.as_entire_binding() })
        .collect();
    gpu.device.create_bind_group(&wgpu::BindGroupDescriptor { label: None, layout, entries: &entries })
}

#[cfg(test)]
mod tests {
    use super::density::DensityPass;
    use super::quads::QuadsPass;
    use super::resolve::ResolvePass;
    use super::splat::SplatPass;
    use super::*;
    use crate::chunks::CHUNK;
    use explorer_points::MAX_POINTS;
    use naga::back::glsl;
    use naga::valid::{Capabilities, ModuleInfo, ValidationFlags, Validator};

    fn validated(source: &str) -> (naga::Module, ModuleInfo) {
        let module =
            naga::front::wgsl::parse_str(source).unwrap_or_else(|error| panic!("{}", error.emit_to_string(source)));
        // No capability: what every WebGPU device has is enough.
        let info = Validator::new(ValidationFlags::all(), Capabilities::empty())
            .validate(&module)
            .unwrap_or_else(|error| panic!("{}", error.emit_to_string(source)));
        (module, info)
    }

    #[test]
    fn every_shader_is_valid() {
        for source in [SplatPass::SOURCE, ResolvePass::SOURCE, DensityPass::SOURCE, QuadsPass::SOURCE] {
            validated(source);
        }
    }

    #[test]
    fn quads_translate_to_webgl2() {
        let (module, info) = validated(QuadsPass::SOURCE);
        for (shader_stage, entry_point) in [
            (naga::ShaderStage::Vertex, "quad"),
            (naga::ShaderStage::Fragment, "disc"),
            (naga::ShaderStage::Vertex, "corner"),
            (naga::ShaderStage::Fragment, "backdrop"),
        ] {
            let options = glsl::Options {
                version: glsl::Version::Embedded { version: 300, is_webgl: true },
                ..Default::default()
            };
            let pipeline = glsl::PipelineOptions { shader_stage, entry_point: entry_point.to_owned(), multiview: None };
            let mut text = String::new();
            glsl::Writer::new(
                &mut text,
                &module,
                &info,
                &options,
                &pipeline,
                naga::proc::BoundsCheckPolicies::default(),
            )
            .and_then(|mut writer| writer.write())
            .unwrap_or_else(|error| panic!("{entry_point}: {error}"));
            assert!(text.starts_with("#version 300 es"));
        }
    }

    #[test]
    fn workgroups_cover_all_chunks_within_every_device_s_limits() {
        for n_chunks in [0, 1, 256, (1 << 15) - 1, 1 << 15, (1 << 15) + 1, MAX_POINTS.div_ceil(CHUNK)] {
            let [columns, rows] = workgroups(n_chunks);
            assert!(n_workgroups(n_chunks) >= n_chunks);
            assert!(columns <= 65535 && rows <= 65535);
        }
    }
}
