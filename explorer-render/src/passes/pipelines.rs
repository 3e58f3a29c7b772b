//! What all renderers of a device share: how buffers are bound, and pipelines, each compiled when it is first needed.

use super::density::DensityPass;
use super::quads;
use super::resolve::ResolvePass;
use super::screen::ScreenLayouts;
use super::splat::SplatPass;
use super::uniforms;
use crate::render_path::Compute;
use std::cell::{OnceCell, RefCell};

pub(crate) struct Pipelines {
    pub(crate) uniforms: wgpu::BindGroupLayout,
    pub(crate) screen: Option<ScreenLayouts>,
    splat: OnceCell<SplatPass>,
    resolve: ByFormat<ResolvePass>,
    density: ByFormat<DensityPass>,
    quads: ByFormat<wgpu::RenderPipeline>,
    backdrop: ByFormat<wgpu::RenderPipeline>,
    /// Formats in which the compute passes have drawn, so that the device has really compiled them.
    drawn: ByFormat<()>,
}

impl Pipelines {
    pub(crate) fn new(device: &wgpu::Device, compute: Compute) -> Self {
        Self {
            uniforms: uniforms::layout(device, compute),
            screen: (compute == Compute::Present).then(|| ScreenLayouts::new(device)),
            splat: OnceCell::new(),
            resolve: ByFormat::default(),
            density: ByFormat::default(),
            quads: ByFormat::default(),
            backdrop: ByFormat::default(),
            drawn: ByFormat::default(),
        }
    }

    pub(crate) fn splat(&self, device: &wgpu::Device, screen: &ScreenLayouts) -> SplatPass {
        self.splat.get_or_init(|| SplatPass::new(device, [&self.uniforms, &screen.write])).clone()
    }

    pub(crate) fn resolve(
        &self,
        device: &wgpu::Device,
        screen: &ScreenLayouts,
        format: wgpu::TextureFormat,
    ) -> ResolvePass {
        self.resolve.get(format, || ResolvePass::new(device, [&self.uniforms, &screen.read], format))
    }

    pub(crate) fn density(
        &self,
        device: &wgpu::Device,
        screen: &ScreenLayouts,
        format: wgpu::TextureFormat,
    ) -> DensityPass {
        let (write, read) = ([&self.uniforms, &screen.write], [&self.uniforms, &screen.read]);
        self.density.get(format, || DensityPass::new(device, write, read, format))
    }

    pub(crate) fn quads(&self, device: &wgpu::Device, format: wgpu::TextureFormat) -> wgpu::RenderPipeline {
        self.quads.get(format, || quads::pipeline(device, &self.uniforms, format))
    }

    pub(crate) fn backdrop(&self, device: &wgpu::Device, format: wgpu::TextureFormat) -> wgpu::RenderPipeline {
        self.backdrop.get(format, || quads::backdrop_pipeline(device, &self.uniforms, format))
    }

    /// Draws unless that has been done for the format.
    pub(crate) fn draw_once(&self, format: wgpu::TextureFormat, draw: impl FnOnce()) {
        self.drawn.get(format, draw);
    }
}

/// One thing for each format of a target; nearly always one in all.
struct ByFormat<T>(RefCell<Vec<(wgpu::TextureFormat, T)>>);

impl<T> Default for ByFormat<T> {
    fn default() -> Self {
        Self(RefCell::default())
    }
}

impl<T: Clone> ByFormat<T> {
    fn get(&self, format: wgpu::TextureFormat, make: impl FnOnce() -> T) -> T {
        let found = self.0.borrow().iter().find(|(of, _)| *of == format).map(|(_, thing)| thing.clone());
        found.unwrap_or_else(|| {
            let made = make();
            self.0.borrow_mut().push((format, made.clone()));
            made
        })
    }
}
