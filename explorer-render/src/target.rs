//! Where a frame goes: a surface, or a texture where there is none.

use crate::error::RenderError;
use crate::gpu::{FoundSurface, Gpu};

/// What a frame is drawn to.
pub(crate) enum Target {
    /// A canvas or window.
    Surface { surface: wgpu::Surface<'static>, config: wgpu::SurfaceConfiguration },
    /// Nothing to show on.
    Headless { texture: wgpu::Texture },
}

/// A frame to draw to, now or not at all.
pub(crate) enum Acquired {
    /// Draw to it, then hand it to [`Target::present`].
    Frame(Frame),
    /// Nobody would see it.
    Skip,
}

pub(crate) struct Frame {
    pub(crate) view: wgpu::TextureView,
    surface_texture: Option<wgpu::SurfaceTexture>,
}

impl Target {
    /// A surface in a format that shows sRGB bytes as they are.
    ///
    /// # Errors
    /// [`RenderError::NoDevice`] where the surface has no such format.
    pub(crate) fn surface(found: FoundSurface) -> Result<Self, RenderError> {
        let FoundSurface { surface, capabilities } = found;
        // Preferred first; both are what colors given in sRGB need: stored unchanged.
        let format = capabilities
            .formats
            .iter()
            .copied()
            .find(|format| matches!(format, wgpu::TextureFormat::Rgba8Unorm | wgpu::TextureFormat::Bgra8Unorm))
            .ok_or_else(|| RenderError::NoDevice { tried: "the surface has no 8-bit color format".to_owned() })?;
        let config = wgpu::SurfaceConfiguration {
            usage: wgpu::TextureUsages::RENDER_ATTACHMENT,
            format,
            color_space: wgpu::SurfaceColorSpace::Auto,
            width: 0,
            height: 0,
            desired_maximum_frame_latency: 2,
            present_mode: wgpu::PresentMode::AutoVsync,
            alpha_mode: wgpu::CompositeAlphaMode::Auto,
            view_formats: Vec::new(),
        };
        Ok(Self::Surface { surface, config })
    }

    pub(crate) fn headless(gpu: &Gpu, size_dpx: [u32; 2]) -> Self {
        Self::Headless { texture: texture(gpu, wgpu::TextureFormat::Rgba8Unorm, size_dpx) }
    }

    pub(crate) fn format(&self) -> wgpu::TextureFormat {
        match self {
            Self::Surface { config, .. } => config.format,
            Self::Headless { texture } => texture.format(),
        }
    }

    /// Width and height in device pixels; 0 for a surface that never had a size.
    pub(crate) fn size_dpx(&self) -> [u32; 2] {
        match self {
            Self::Surface { config, .. } => [config.width, config.height],
            Self::Headless { texture } => [texture.width(), texture.height()],
        }
    }

    /// Takes that size, neither of it 0. Clears what a canvas shows.
    pub(crate) fn resize(&mut self, gpu: &Gpu, size_dpx: [u32; 2]) {
        match self {
            Self::Surface { surface, config } => {
                [config.width, config.height] = size_dpx;
                surface.configure(&gpu.device, config);
            }
            Self::Headless { .. } => *self = Self::headless(gpu, size_dpx),
        }
    }

    pub(crate) fn acquire(&mut self, gpu: &Gpu) -> Acquired {
        let (surface, config) = match self {
            Self::Headless { texture } => {
                return Acquired::Frame(Frame { view: view(texture), surface_texture: None });
            }
            Self::Surface { surface, config } => (surface, config),
        };
        let surface_texture = match surface.get_current_texture() {
            wgpu::CurrentSurfaceTexture::Success(texture) | wgpu::CurrentSurfaceTexture::Suboptimal(texture) => texture,
            wgpu::CurrentSurfaceTexture::Outdated | wgpu::CurrentSurfaceTexture::Lost => {
                // The surface changed under us: once more with the same configuration.
                surface.configure(&gpu.device, config);
                match surface.get_current_texture() {
                    wgpu::CurrentSurfaceTexture::Success(texture)
                    | wgpu::CurrentSurfaceTexture::Suboptimal(texture) => texture,
                    _ => return Acquired::Skip,
                }
            }
            wgpu::CurrentSurfaceTexture::Timeout
            | wgpu::CurrentSurfaceTexture::Occluded
            | wgpu::CurrentSurfaceTexture::Validation => return Acquired::Skip,
        };
        Acquired::Frame(Frame { view: view(&surface_texture.texture), surface_texture: Some(surface_texture) })
    }

    pub(crate) fn present(gpu: &Gpu, frame: Frame) {
        if let Some(surface_texture) = frame.surface_texture {
            gpu.queue.present(surface_texture);
        }
    }
}

/// A texture to draw to and copy from.
pub(crate) fn texture(gpu: &Gpu, format: wgpu::TextureFormat, [width, height]: [u32; 2]) -> wgpu::Texture {
    gpu.device.create_texture(&wgpu::TextureDescriptor {
        label: Some("picture"),
        size: wgpu::Extent3d { width, height, depth_or_array_layers: 1 },
        mip_level_count: 1,
        sample_count: 1,
        dimension: wgpu::TextureDimension::D2,
        format,
        usage: wgpu::TextureUsages::RENDER_ATTACHMENT | wgpu::TextureUsages::COPY_SRC,
        view_formats: &[],
    })
}

pub(crate) fn view(texture: &wgpu::Texture) -> wgpu::TextureView {
    texture.create_view(&wgpu::TextureViewDescriptor::default())
}
