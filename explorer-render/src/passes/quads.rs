//! One anti-aliased instanced quad per point.

use super::{Scene, pipeline_layout, shader_module, shader_source};
use crate::gpu::Gpu;
use crate::target;

/// Every device, WebGL2 included, has this many samples for 8-bit color.
const SAMPLES: u32 = 4;
const DEPTH_FORMAT: wgpu::TextureFormat = wgpu::TextureFormat::Depth24Plus;

pub(crate) struct QuadsPass {
    pipeline: wgpu::RenderPipeline,
    /// Compiled when an image is first shown.
    backdrop: Option<wgpu::RenderPipeline>,
    format: wgpu::TextureFormat,
    attachments: Option<Attachments>,
}

/// Multisampled color and depth of one size.
struct Attachments {
    color: wgpu::TextureView,
    depth: wgpu::TextureView,
    size_dpx: [u32; 2],
}

impl QuadsPass {
    pub(crate) const SOURCE: &'static str = shader_source!("quads.wgsl");

    pub(crate) fn new(gpu: &Gpu, format: wgpu::TextureFormat) -> Self {
        Self { pipeline: gpu.pipelines.quads(&gpu.device, format), backdrop: None, format, attachments: None }
    }

    /// Draws the frame's prefix over its background.
    pub(crate) fn draw(&mut self, scene: &Scene<'_>, encoder: &mut wgpu::CommandEncoder, view: &wgpu::TextureView) {
        let Scene { gpu, uniforms, points, frame } = scene;
        uniforms.write_frame(gpu, frame);
        let format = self.format;
        let attachments = match self.attachments.take() {
            Some(fitting) if fitting.size_dpx == frame.viewport_dpx => fitting,
            _ => Attachments::new(gpu, format, frame.viewport_dpx),
        };
        let attachments = self.attachments.insert(attachments);
        if frame.image_opacity > 0.0 {
            self.backdrop.get_or_insert_with(|| gpu.pipelines.backdrop(&gpu.device, format));
        }
        let backdrop = self.backdrop.as_ref().filter(|_| frame.image_opacity > 0.0);
        let [red, green, blue, alpha] = frame.background.map(f64::from);
        let mut pass = encoder.begin_render_pass(&wgpu::RenderPassDescriptor {
            label: Some("quads"),
            color_attachments: &[Some(wgpu::RenderPassColorAttachment {
                view: &attachments.color,
                depth_slice: None,
                resolve_target: Some(view),
                ops: wgpu::Operations {
                    load: wgpu::LoadOp::Clear(wgpu::Color { r: red, g: green, b: blue, a: alpha }),
                    store: wgpu::StoreOp::Discard,
                },
            })],
            depth_stencil_attachment: Some(wgpu::RenderPassDepthStencilAttachment {
                view: &attachments.depth,
                depth_ops: Some(wgpu::Operations { load: wgpu::LoadOp::Clear(1.0), store: wgpu::StoreOp::Discard }),
                stencil_ops: None,
            }),
            ..Default::default()
        });
        pass.set_bind_group(0, &uniforms.group, &[]);
        if let Some(backdrop) = backdrop {
            pass.set_pipeline(backdrop);
            pass.draw(0..3, 0..1);
        }
        pass.set_pipeline(&self.pipeline);
        pass.set_vertex_buffer(0, points.positions.slice(..));
        pass.set_vertex_buffer(1, points.styles.slice(..));
        // Chromium warns of a draw without instances.
        if frame.prefix > 0 {
            pass.draw(0..4, 0..frame.prefix);
        }
    }

    /// Gives the multisampled textures back while another path is taken: at 4K they are 265 MB.
    pub(crate) fn release(&mut self) {
        self.attachments = None;
    }
}

/// The pipeline that draws the image before all dots.
pub(super) fn backdrop_pipeline(
    device: &wgpu::Device,
    uniforms: &wgpu::BindGroupLayout,
    format: wgpu::TextureFormat,
) -> wgpu::RenderPipeline {
    let module = shader_module(device, QuadsPass::SOURCE);
    device.create_render_pipeline(&wgpu::RenderPipelineDescriptor {
        label: Some("backdrop"),
        layout: Some(&pipeline_layout(device, &[uniforms])),
        vertex: wgpu::VertexState {
            module: &module,
            entry_point: Some("corner"),
            compilation_options: wgpu::PipelineCompilationOptions::default(),
            buffers: &[],
        },
        primitive: wgpu::PrimitiveState::default(),
        depth_stencil: Some(wgpu::DepthStencilState {
            format: DEPTH_FORMAT,
            depth_write_enabled: Some(false),
            depth_compare: Some(wgpu::CompareFunction::Always),
            stencil: wgpu::StencilState::default(),
            bias: wgpu::DepthBiasState::default(),
        }),
        multisample: wgpu::MultisampleState { count: SAMPLES, ..Default::default() },
        fragment: Some(wgpu::FragmentState {
            module: &module,
            entry_point: Some("backdrop"),
            compilation_options: wgpu::PipelineCompilationOptions::default(),
            targets: &[Some(format.into())],
        }),
        multiview_mask: None,
        cache: None,
    })
}

/// The pipeline of the pass.
pub(super) fn pipeline(
    device: &wgpu::Device,
    uniforms: &wgpu::BindGroupLayout,
    format: wgpu::TextureFormat,
) -> wgpu::RenderPipeline {
    let module = shader_module(device, QuadsPass::SOURCE);
    let word_per_instance =
        |location| wgpu::VertexAttribute { format: wgpu::VertexFormat::Uint32, offset: 0, shader_location: location };
    let attributes = [[word_per_instance(0)], [word_per_instance(1)]];
    let buffers = attributes.each_ref().map(|attributes| {
        Some(wgpu::VertexBufferLayout { array_stride: 4, step_mode: wgpu::VertexStepMode::Instance, attributes })
    });
    device.create_render_pipeline(&wgpu::RenderPipelineDescriptor {
        label: Some("quads"),
        layout: Some(&pipeline_layout(device, &[uniforms])),
        vertex: wgpu::VertexState {
            module: &module,
            entry_point: Some("quad"),
            compilation_options: wgpu::PipelineCompilationOptions::default(),
            buffers: &buffers,
        },
        primitive: wgpu::PrimitiveState { topology: wgpu::PrimitiveTopology::TriangleStrip, ..Default::default() },
        depth_stencil: Some(wgpu::DepthStencilState {
            format: DEPTH_FORMAT,
            depth_write_enabled: Some(true),
            // Strictly less: among equals the first drawn stays.
            depth_compare: Some(wgpu::CompareFunction::Less),
            stencil: wgpu::StencilState::default(),
            bias: wgpu::DepthBiasState::default(),
        }),
        multisample: wgpu::MultisampleState { count: SAMPLES, alpha_to_coverage_enabled: true, ..Default::default() },
        fragment: Some(wgpu::FragmentState {
            module: &module,
            entry_point: Some("disc"),
            compilation_options: wgpu::PipelineCompilationOptions::default(),
            targets: &[Some(wgpu::ColorTargetState {
                format,
                blend: None,
                // Alpha is coverage; the picture's stays opaque.
                write_mask: wgpu::ColorWrites::COLOR,
            })],
        }),
        multiview_mask: None,
        cache: None,
    })
}

impl Attachments {
    fn new(gpu: &Gpu, format: wgpu::TextureFormat, size_dpx: [u32; 2]) -> Self {
        let [width, height] = size_dpx;
        let multisampled = |format| {
            let texture = gpu.device.create_texture(&wgpu::TextureDescriptor {
                label: Some("quads"),
                size: wgpu::Extent3d { width, height, depth_or_array_layers: 1 },
                mip_level_count: 1,
                sample_count: SAMPLES,
                dimension: wgpu::TextureDimension::D2,
                format,
                usage: wgpu::TextureUsages::RENDER_ATTACHMENT,
                view_formats: &[],
            });
            target::view(&texture)
        };
        Self { color: multisampled(format), depth: multisampled(DEPTH_FORMAT), size_dpx }
    }
}
