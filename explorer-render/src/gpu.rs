//! A device: WebGPU or WebGL2 in a page, Vulkan outside of one.

use crate::error::RenderError;
use crate::passes::pipelines::Pipelines;
use crate::render_path::Compute;
use futures_channel::oneshot;
use std::rc::Rc;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Which devices may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Backend {
    /// WebGPU in a page, Vulkan outside of one.
    #[default]
    WebGpu,
    /// WebGL2 in a page. Outside of one: a Vulkan device held to WebGL2's limits.
    WebGl2,
}

/// A device with its queue, and what every renderer that draws with it shares: pipelines, compiled once.
///
/// A document has one, whatever number of pictures it shows. WebGL2's belong to one canvas each.
pub struct Gpu {
    pub(crate) device: wgpu::Device,
    pub(crate) queue: wgpu::Queue,
    pub(crate) compute: Compute,
    pub(crate) pipelines: Pipelines,
    instance: wgpu::Instance,
    adapter: wgpu::Adapter,
    backend_name: &'static str,
    health: Arc<Health>,
}

/// A surface and what it can do on the device that draws to it.
pub(crate) struct FoundSurface {
    pub(crate) surface: wgpu::Surface<'static>,
    pub(crate) capabilities: wgpu::SurfaceCapabilities,
}

#[derive(Default)]
struct Health {
    /// Why the device is gone, once it is.
    lost: Mutex<Option<String>>,
    /// Who waits to hear of that.
    waiting: Mutex<Vec<oneshot::Sender<()>>>,
    /// The first error that nobody has been told of.
    error: Mutex<Option<String>>,
}

/// More than WebGPU's defaults, asked for where the adapter has it: a storage binding of 1 GiB.
const LARGEST_BINDING_BYTES: u64 = 1 << 30;

impl Gpu {
    /// Opens a device for any number of renderers. WebGL2 has none in a page: see [`crate::Renderer::with_own_gpu`].
    ///
    /// # Errors
    /// [`RenderError::NoDevice`] says what was tried and what would help.
    pub async fn open(backend: Backend) -> Result<Rc<Self>, RenderError> {
        let attempt = Attempt::new(backend);
        let instance = attempt.instance();
        let gpu = attempt.gpu(instance, None).await.map_err(|reason| attempt.failure(&reason))?;
        Ok(Rc::new(gpu))
    }

    /// Opens a device that can draw to `target`, which takes that target.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub(crate) async fn open_for(
        target: wgpu::SurfaceTarget<'static>,
        backend: Backend,
    ) -> Result<(Rc<Self>, FoundSurface), RenderError> {
        let attempt = Attempt::new(backend);
        let instance = attempt.instance();
        // WebGL2 has no adapter without a surface.
        let surface = instance.create_surface(target).map_err(|error| attempt.failure(&error.to_string()))?;
        let gpu = attempt.gpu(instance, Some(&surface)).await.map_err(|reason| attempt.failure(&reason))?;
        let found = gpu.found(surface);
        Ok((Rc::new(gpu), found))
    }

    /// A surface for this device. A canvas that gave one kind of context never gives another.
    ///
    /// # Errors
    /// [`RenderError::NoDevice`] when the target gives none.
    pub(crate) fn surface(&self, target: wgpu::SurfaceTarget<'static>) -> Result<FoundSurface, RenderError> {
        let surface = self.instance.create_surface(target);
        let failure = |error| RenderError::NoDevice { tried: format!("{}: {error}", self.backend_name) };
        Ok(self.found(surface.map_err(failure)?))
    }

    fn found(&self, surface: wgpu::Surface<'static>) -> FoundSurface {
        FoundSurface { capabilities: surface.get_capabilities(&self.adapter), surface }
    }

    /// What draws: `WebGPU`, `WebGL2`, or `Vulkan` outside of a page.
    #[must_use]
    pub fn backend_name(&self) -> &'static str {
        self.backend_name
    }

    /// Whether the device is gone permanently.
    #[must_use]
    pub fn is_lost(&self) -> bool {
        lock(&self.health.lost).is_some()
    }

    /// Ends when the device is lost.
    pub fn lost(&self) -> impl Future<Output = ()> + use<> {
        let (sender, heard) = oneshot::channel();
        lock(&self.health.waiting).push(sender);
        if self.is_lost() {
            // Nobody will call any more.
            lock(&self.health.waiting).clear();
        }
        async move {
            // A sender dropped unheard is a device given up, which is as lost.
            let _ = heard.await;
        }
    }

    /// Gives the device up, as a driver's reset would: for tests of what comes after.
    pub fn lose(&self) {
        self.device.destroy();
    }

    /// The device's loss, or an error it reported since the last call.
    pub(crate) fn check(&self) -> Result<(), RenderError> {
        if let Some(reason) = lock(&self.health.lost).clone() {
            return Err(RenderError::DeviceLost { reason });
        }
        lock(&self.health.error).take().map_or(Ok(()), |message| Err(RenderError::Device(message)))
    }
}

impl Health {
    /// What a device says of itself from now on.
    fn of(device: &wgpu::Device) -> Arc<Self> {
        let health = Arc::new(Self::default());
        let lost = Arc::clone(&health);
        device.set_device_lost_callback(move |_, message| {
            lock(&lost.lost).get_or_insert(message);
            for waiting in lock(&lost.waiting).drain(..) {
                // Who waited may have gone.
                let _ = waiting.send(());
            }
        });
        let failed = Arc::clone(&health);
        device.on_uncaptured_error(Arc::new(move |error: wgpu::Error| {
            lock(&failed.error).get_or_insert_with(|| error.to_string());
        }));
        health
    }
}

/// What a panic elsewhere left is as good as any other state of these.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One way to a device.
struct Attempt {
    name: &'static str,
    backends: wgpu::Backends,
    compute: Compute,
}

impl Attempt {
    #[cfg(target_arch = "wasm32")]
    fn new(backend: Backend) -> Self {
        match backend {
            Backend::WebGpu => {
                Self { name: "WebGPU", backends: wgpu::Backends::BROWSER_WEBGPU, compute: Compute::Present }
            }
            Backend::WebGl2 => Self { name: "WebGL2", backends: wgpu::Backends::GL, compute: Compute::Missing },
        }
    }

    #[cfg(not(target_arch = "wasm32"))]
    fn new(backend: Backend) -> Self {
        let (name, compute) = match backend {
            Backend::WebGpu => ("Vulkan", Compute::Present),
            Backend::WebGl2 => ("Vulkan within WebGL2's limits", Compute::Missing),
        };
        Self { name, backends: wgpu::Backends::VULKAN, compute }
    }

    fn failure(&self, reason: &str) -> RenderError {
        RenderError::NoDevice { tried: format!("{}: {reason}", self.name) }
    }

    fn instance(&self) -> wgpu::Instance {
        wgpu::Instance::new(wgpu::InstanceDescriptor {
            backends: self.backends,
            ..wgpu::InstanceDescriptor::new_without_display_handle()
        })
    }

    async fn gpu(
        &self,
        instance: wgpu::Instance,
        compatible_surface: Option<&wgpu::Surface<'static>>,
    ) -> Result<Gpu, String> {
        let adapter = instance
            .request_adapter(&wgpu::RequestAdapterOptions {
                power_preference: wgpu::PowerPreference::HighPerformance,
                compatible_surface,
                ..Default::default()
            })
            .await
            .map_err(|error| error.to_string())?;
        let required_limits = self.limits(&adapter.limits());
        let (device, queue) = adapter
            .request_device(&wgpu::DeviceDescriptor { label: Some("points"), required_limits, ..Default::default() })
            .await
            .map_err(|error| error.to_string())?;
        let (pipelines, health) = (Pipelines::new(&device, self.compute), Health::of(&device));
        let (compute, backend_name) = (self.compute, self.name);
        Ok(Gpu { device, queue, compute, pipelines, instance, adapter, backend_name, health })
    }

    /// What every device of the kind has, and larger pictures where the adapter can.
    fn limits(&self, adapter: &wgpu::Limits) -> wgpu::Limits {
        let limits = match self.compute {
            Compute::Present => wgpu::Limits::defaults(),
            Compute::Missing => wgpu::Limits::downlevel_webgl2_defaults(),
        };
        let mut limits = limits.using_resolution(adapter.clone());
        if self.compute == Compute::Present {
            let larger = |least: u64, most: u64| most.min(LARGEST_BINDING_BYTES).max(least);
            limits.max_buffer_size = larger(limits.max_buffer_size, adapter.max_buffer_size);
            limits.max_storage_buffer_binding_size =
                larger(limits.max_storage_buffer_binding_size, adapter.max_storage_buffer_binding_size);
        }
        limits
    }
}
